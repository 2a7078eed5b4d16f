#!/usr/bin/env python3
"""A static glibc program, compiled as for Linux, in both bodies; at a fixed address, and
position-independent."""
import signal
import subprocess
import sys

sys.path.insert(0, 'tests/tools')
import machine
from body import archive, boot, each, main, work_file

def compiled(name, kind):
    program = work_file(f'{name}{kind}')
    subprocess.run(['aarch64-linux-gnu-gcc', kind, '-O2', '-o', program,
                    f'tests/bodies/programs/{name}.c'], check=True)
    with open(program, 'rb') as file:
        return file.read()


def run(make, kind):
    initrd = work_file(f'hello{kind}.cpio', archive({'init': compiled('glibc_hello', kind)}))
    ended = boot(make('pear', 'apple', 'quince', initrd=initrd))
    ended.expect(7, 'hello from glibc: -42 xxxxxxxxxx 1048564 3.141593 3.333333e+99 0.1\n',
                 'apple pear quince pid 1, home /\n')


@each
def runs_a_static_program(make):
    run(make, '-static')


@each
def ends_with_128_and_the_signal(make):
    with open(f'build/user{machine.SUFFIX}/init', 'rb') as file:
        init = file.read()
    files = {'init': init, 'bin/trap': compiled('trap', '-static')}
    initrd = work_file('trap.cpio', archive(files))
    boot(make('/bin/trap', initrd=initrd)).expect(128 + signal.SIGTRAP)


@each
def runs_a_static_pie(make):
    run(make, '-static-pie')


main()
