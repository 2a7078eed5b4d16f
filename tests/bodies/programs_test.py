#!/usr/bin/env python3
"""The same programs in both bodies and on Linux: the very same files, and the same answers.

Linux is Debian's cloud kernel in QEMU (tests/tools/debian.py). Each machine is booted once and
runs all programs in turn.
"""
import functools
import glob
import os
import re
import subprocess
import sys

sys.path.insert(0, 'tests/tools')
import debian
import programs
from body import Skip, case, expect, expect_equal, hosted, linux, main, qemu, work_file
from programs import compiled, content

USER = ['init', 'sh', 'echo', 'hello', 'sleep', 'lifecycle']
FILES = 'user/life/files'
SECTIONS = ['fork', 'clone', 'vfork', 'wait', 'waitid', 'usage', 'group', 'orphan', 'limit',
            'memory', 'file', 'fault', 'pipe', 'descriptor', 'spawn',
            'exec', 'script']
LIBRARIES = ['glibc', 'musl']  # each the name of a program too
MACHINES = {'hosted': hosted, 'qemu': qemu, 'linux': linux}


@functools.cache
def initrd():
    files = programs.user(*USER)
    for library in LIBRARIES:
        try:
            files[f'bin/{library}'] = compiled('process_calls', library)
        except debian.Missing:
            pass  # its cases say so
    plain = []
    for path in glob.glob(f'{FILES}/*'):
        name = f'etc/lifecycle/{os.path.basename(path)}'
        files[name] = content(path)
        if not os.access(path, os.X_OK):
            plain.append(name)
    return programs.initrd('programs.cpio', files, plain)


@functools.cache
def told(name):
    """What each program printed on that machine, and its status: {path: (text, status)}."""
    commands = [['/bin/lifecycle', *SECTIONS], ['/bin/glibc'], ['/bin/musl']]
    return programs.told(programs.in_turn(MACHINES[name], commands, initrd()))


def lifecycle_holds(text, status):
    return programs.checks_hold(text, status)


@case
def lifecycle_holds_on_linux():
    lifecycle_holds(*told('linux')['/bin/lifecycle'])


@case
def lifecycle_holds_hosted():
    lifecycle_holds(*told('hosted')['/bin/lifecycle'])


@case
def lifecycle_holds_in_qemu():
    lifecycle_holds(*told('qemu')['/bin/lifecycle'])


@case
def lifecycle_checks_the_same_everywhere():
    """But for what Linux does not have, which is skipped there by name."""
    def checks(name):
        return [line for line in told(name)['/bin/lifecycle'][0].split('\n')
                if re.match(r'(ok|skip) (?!.*\bspawn\b)', line)]
    for one, other in zip(checks('hosted') + [''], checks('linux') + ['']):
        expect_equal(one, other, 'what hosted and Linux check')
    expect_equal(checks('hosted'), checks('qemu'), 'what hosted and QEMU check')


@case
def lifecycle_holds_as_a_program_of_this_host():
    """Built with the host's C library and headers, on the host's own kernel."""
    program = work_file('lifecycle-host')
    subprocess.run(['gcc', '-O2', '-Wall', '-Wextra', '-D_GNU_SOURCE',
                    '-fno-stack-protector', '-Iuser', '-Icore/include', '-o', program,
                    *sorted(glob.glob('user/life/*.c') + glob.glob('user/check/*.c')),
                    'user/lib/print.c', 'user/lib/str.c'],
                   check=True)
    done = subprocess.run([program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=60,
                          text=True, check=False)
    *_, skipped = lifecycle_holds(done.stdout.strip(), done.returncode)
    expect(0 < skipped < 20, f'{skipped} checks are skipped, each by name')


def library_program_is_as_on_linux(library, name):
    try:
        compiled('process_calls', library)
    except debian.Missing as error:
        raise Skip(f'no {library}: {error}') from None
    text, status = told(name)[f'/bin/{library}']
    expect_equal(status, 11, f'the status, after {text}')
    want, _ = told('linux')[f'/bin/{library}']
    expect_equal(text, want, 'what it prints')


@case
def a_program_with_glibc_is_as_on_linux_hosted():
    library_program_is_as_on_linux('glibc', 'hosted')


@case
def a_program_with_glibc_is_as_on_linux_in_qemu():
    library_program_is_as_on_linux('glibc', 'qemu')


@case
def a_program_with_musl_is_as_on_linux_hosted():
    library_program_is_as_on_linux('musl', 'hosted')


@case
def a_program_with_musl_is_as_on_linux_in_qemu():
    library_program_is_as_on_linux('musl', 'qemu')


main()
