"""How the two bodies of Eft are started: used by SConstruct and by the tests that are scripts."""
import os
import shlex

QEMU = ('qemu-system-aarch64', '-display', 'none', '-serial', 'mon:stdio', '-nodefaults',
        '-net', 'none', '-no-reboot', '-semihosting-config', 'enable=on,target=native')

CONSOLE = 'build/qemu-gdb.log'
SCRIPT = 'core/eft-gdb.py'  # for gdb

# Which compiler's build is meant, as the end of the folders' names: "" or "-clang".
SUFFIX = os.environ.get('EFT_SUFFIX', '')


def built(variant, name):
    return f'build/{variant}{"" if variant == "hosted-arm64" else SUFFIX}/{name}'


def initramfs():
    return f'build/initramfs{SUFFIX}.cpio'


def hosted(eft, initrd, ram=None, cmdline='', args=()):
    """The command that boots the hosted body."""
    command = [eft]
    if initrd:
        command += ['--initrd', initrd]
    if ram:
        command += ['--ram', ram]
    if cmdline:
        command += ['--cmdline', cmdline]
    return command + (['--', *args] if args else [])


def quote(word):
    """A word of the kernel's command line; it knows "..." and nothing else."""
    if '"' in word:
        raise ValueError(f"no word of the kernel's command line can hold a quote: {word}")
    return f'"{word}"' if ' ' in word or not word else word


def qemu(image, initrd, ram=None, cmdline='', args=(), machine='virt', cpu='cortex-a72', more=()):
    """The command that boots the AArch64 body."""
    command = [*QEMU, '-M', machine, '-cpu', cpu, '-m', ram or '512M', '-kernel', image]
    if initrd:
        command += ['-initrd', initrd]
    if args:
        cmdline = ' '.join([cmdline, '--', *map(quote, args)]).strip()
    if cmdline:
        command += ['-append', cmdline]
    return command + list(more)


def linux(kernel, initrd, args=()):
    """The command that boots a Linux kernel with the same programs. Its time is virtual: it goes
    with the instructions, and where all wait it goes on to what is waited for."""
    words = ' '.join(['console=ttyAMA0 quiet panic=-1', '--', *map(quote, args)])
    return [*QEMU, '-M', 'virt', '-cpu', 'cortex-a72', '-m', '512M', '-kernel', kernel,
            '-icount', 'shift=0,sleep=off', '-initrd', initrd, '-append', words]


def under_gdb(command, elf='eft.elf'):
    """A machine's command under gdb, with the script that knows the kernel."""
    if 'qemu' in command[0]:
        return qemu_under_gdb(command, elf)
    return ['gdb', '-x', SCRIPT, '--args', *command]


def qemu_under_gdb(command, elf):
    """A QEMU command under gdb, stopped before its first instruction; elf lies beside the image.
    Its standard input and output are gdb's, so that its console is a file."""
    elf = os.path.join(os.path.dirname(command[command.index('-kernel') + 1]), elf)
    command = [word if word != 'mon:stdio' else f'file:{CONSOLE}' for word in command]
    target = shlex.join(command + ['-S', '-gdb', 'stdio'])
    return ['gdb-multiarch', elf, '-x', SCRIPT, '-ex', f'echo The console is {CONSOLE}.\\n',
            '-ex', f'target remote | {target}']
