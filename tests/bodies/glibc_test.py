#!/usr/bin/env python3
"""A static glibc program, compiled as for Linux, in both bodies; at a fixed address, and
position-independent."""
import subprocess
import sys

sys.path.insert(0, 'tests/tools')
from body import archive, boot, each, main, work_file

SOURCE = 'tests/bodies/programs/glibc_hello.c'


def initramfs(kind):
    program = work_file(f'hello{kind}')
    subprocess.run(['aarch64-linux-gnu-gcc', kind, '-O2', '-o', program, SOURCE], check=True)
    with open(program, 'rb') as file:
        return work_file(f'hello{kind}.cpio', archive({'init': file.read()}))


def run(make, kind):
    ended = boot(make('pear', 'apple', 'quince', initrd=initramfs(kind)))
    ended.expect(7, 'hello from glibc: -42 xxxxxxxxxx 1048564 3.141593 3.333333e+99 0.1\n',
                 'apple pear quince pid 1, home /\n')


@each
def runs_a_static_program(make):
    run(make, '-static')


@each
def runs_a_static_pie(make):
    run(make, '-static-pie')


main()
