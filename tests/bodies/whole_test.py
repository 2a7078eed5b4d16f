#!/usr/bin/env python3
"""Whole programs that were not made for Eft, in both bodies and on Linux: Debian's static busybox
with a text, and what the C library computes. Each prints the same everywhere."""
import functools
import random
import sys

sys.path.insert(0, 'tests/tools')
import debian
import programs
from body import Skip, case, expect, expect_equal, hosted, linux, main, qemu
from programs import compiled, content

SCRIPT = 'tests/bodies/programs/busybox.sh'
MACHINES = {'hosted': hosted, 'qemu': qemu, 'linux': linux}
COMMANDS = [['/bin/library'], ['/bin/busybox', 'sh', '/etc/busybox.sh', '/etc/text']]
LINES = {'/bin/library': 9, '/bin/busybox': 90}  # printed at least


def text():
    """Lines of words and of two numbers."""
    chance = random.Random(7)
    words = [''.join(chance.choices('abcdefghijklmnop', k=chance.randint(2, 9)))
             for _ in range(1500)]
    lines = [' '.join([*chance.choices(words, k=chance.randint(1, 9)),
                       str(chance.randint(-9999, 9999)), f'{chance.uniform(-1e3, 1e3):.3f}'])
             for _ in range(1500)]
    return '\n'.join(lines) + '\n'


@functools.cache
def told(name):
    """What each program printed on that machine, and its status: {path: (text, status)}."""
    try:
        busybox = content(debian.busybox())
    except debian.Missing as error:
        raise Skip(f'no busybox: {error}') from None
    files = {**programs.user('init'), 'bin/busybox': busybox, 'bin/sh': busybox,
             'bin/library': compiled('library', more=['-D_GNU_SOURCE', '-lm']),
             'etc/busybox.sh': content(SCRIPT), 'etc/text': text().encode()}
    archive = programs.initrd('whole.cpio', files, ['etc/busybox.sh', 'etc/text'])
    return programs.told(programs.in_turn(MACHINES[name], COMMANDS, archive))


def is_as_on_linux(name, path):
    printed, status = told(name)[path]
    wanted, _ = told('linux')[path]
    expect_equal(printed.split('\n'), wanted.split('\n'), 'what it prints')
    expect_equal(status, 0, 'its status')
    lines = printed.count('\n') + 1
    expect(lines >= LINES[path], f'only {lines} lines')


@case
def busybox_is_as_on_linux_hosted():
    is_as_on_linux('hosted', '/bin/busybox')


@case
def busybox_is_as_on_linux_in_qemu():
    is_as_on_linux('qemu', '/bin/busybox')


@case
def the_library_is_as_on_linux_hosted():
    is_as_on_linux('hosted', '/bin/library')


@case
def the_library_is_as_on_linux_in_qemu():
    is_as_on_linux('qemu', '/bin/library')


main()
