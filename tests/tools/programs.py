"""Programs that run on three machines, each booted once: Eft hosted, Eft in QEMU, and Linux in
QEMU. in_turn (tests/bodies/programs/in_turn.c) runs them one after the other."""
import re
import subprocess

import debian
import machine
from body import archive, boot, expect, expect_equal, work_file

TOTAL = re.compile(r'(\w+): (\d+) checks: (\d+) hold, (\d+) differ from Linux as meant, '
                   r'(\d+) failed; (\d+) skipped')


def content(path):
    with open(path, 'rb') as file:
        return file.read()


def compiled(name, library='glibc', more=()):
    """A program of tests/bodies/programs/, as bytes; debian.Missing where the library cannot be
    had. more: words for the compiler."""
    source, program = f'tests/bodies/programs/{name}.c', work_file(f'{name}-{library}')
    command = ['aarch64-linux-gnu-gcc', '-static', '-O2', '-o', program, source]
    if library == 'musl':
        command = debian.musl_command(source, program)
    subprocess.run([*command, *more], check=True)
    return content(program)


def initrd(name, files, plain=(), owned=None):
    """An archive of those files {path: bytes} and of in_turn; owned: cpio.archive."""
    return work_file(name, archive({'bin/in_turn': compiled('in_turn'), **files}, plain, owned))


def user(*names):
    """Programs of user/, as files in bin/; init as /init."""
    return {f'bin/{name}' if name != 'init' else 'init': content(machine.built('user', name))
            for name in names}


def told(command):
    """Boots a machine whose program is in_turn. What each program printed, and its status:
    {path: (text, status)}. Nobody types."""
    ended = boot(command, stays_open=True)
    programs, lines = {}, []
    for line in ended.lines:
        end = re.fullmatch(r'\[(\S+): status (\d+)\]', line)
        if end:
            programs[end.group(1)] = ('\n'.join(lines), int(end.group(2)))
            lines = []
        else:
            lines.append(line)
    expect('all' in programs, f'it did not come to the end: {ended.output[-2000:]}')
    return programs


def in_turn(make, commands, archive_path, **words):
    """The machine's command that runs those commands, lists of words, in turn."""
    arguments = []
    for command in commands:
        arguments += ['then', *command] if arguments else command
    return make('/bin/in_turn', *arguments, initrd=archive_path, **words)


def checks_hold(text, status):
    """Of a program that is made with user/check/: [checks, hold, differ, failed, skipped]."""
    wrong = [line for line in text.split('\n') if line.startswith('not ok')]
    expect_equal(wrong, [], 'what does not hold')
    expect_equal(status, 0, 'its status')
    total = TOTAL.fullmatch(text.split('\n')[-1])
    expect(total, f'the last line says how many checks there are: {text[-200:]}')
    return [int(number) for number in total.groups()[1:]]
