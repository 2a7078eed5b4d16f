#!/usr/bin/env python3
"""Wrong options, a wrong initramfs or too little RAM: one clear line and a status that is not 0."""
import sys

sys.path.insert(0, 'tests/tools')
import machine
from body import archive, boot, case, each, expect, expect_equal, hosted, main, work_file

RAM = '64M'


def says(command, status, line):
    """The machine prints this line, and nothing else."""
    ended = boot(command).expect(status, line)
    expect_equal(ended.output.strip().count('\n'), 0, f'the line breaks in {ended.output!r}')


def good_archive():
    with open(machine.initramfs(), 'rb') as file:
        return file.read()


@case
def hosted_options():
    eft = machine.built('hosted', 'eft')
    says([eft, '--nonsense'], 2, "--nonsense")
    says([eft, '--initrd'], 2, "'--initrd' requires an argument")
    says([eft, 'word'], 2, "'word'")
    says([eft, '--ram', 'much'], 2, "'much' is not a number")
    says([eft, '--ram', '100G'], 2, 'too much RAM')
    says([eft, '--initrd', '/none'], 2, '/none: No such file or directory')
    says([eft, '--initrd', '/'], 2, '/: Is a directory')


@case
def hosted_help():
    ended = boot([machine.built('hosted', 'eft'), '--help']).expect(0, 'usage: eft ')
    for option in ('--initrd', '--ram', '--cmdline', '--seed', '--time', '--record', '--replay',
                   '--trace', '-- PROGRAM'):
        expect(option in ended.output, f'--help tells of {option}')


@each
def initramfs_missing_or_empty(make):
    if make is hosted:
        says(make(initrd=work_file('empty', b'')), 2, 'is empty')
    else:
        says(make(initrd=None), 1, 'no initramfs')
        says(make(initrd=work_file('empty', b'')), 1, 'no initramfs')


@each
def initramfs_corrupted(make):
    good = good_archive()
    says(make(initrd=work_file('short', good[:len(good) // 2])), 1, 'it is cut short')
    says(make(initrd=work_file('magic', b'X' + good[1:])), 1, 'at byte 0: no cpio header')
    size = 54  # where the first header has the size of its file
    huge = good[:size] + b'FFFFFFFF' + good[size + 8:]
    says(make(initrd=work_file('size', huge)), 1, 'it is cut short')
    words = good[:size] + b'no hexad' + good[size + 8:]
    says(make(initrd=work_file('digits', words)), 1, 'eft: initramfs: at byte 0')


@each
def too_little_ram(make):
    status = 2 if make is hosted else 1
    ended = boot(make(ram='1M'))
    expect_equal(ended.status, status, 'the status')
    expect('not enough space' in ended.output or 'too little RAM' in ended.output, ended.output)


@each
def init_that_cannot_start(make):
    says(make(ram=RAM, cmdline='init=/none'), 1, 'cannot start /none: no such file')
    broken = work_file('broken', archive({'init': b'no program'}))
    says(make(ram=RAM, initrd=broken), 1, 'cannot start /init')


@each
def init_that_is_truncated(make):
    with open(machine.built('user', 'init'), 'rb') as file:
        init = file.read()
    for size in (0, 1, 63, 64, 200, 4096, len(init) // 2):
        path = work_file(f'init-{size}', archive({'init': init[:size]}))
        says(make(ram=RAM, initrd=path), 1, 'cannot start /init')


@each
def words_that_make_no_sense(make):
    says(make(ram=RAM, cmdline='det=x'), 1, 'det=x: not a number')
    says(make(ram=RAM, cmdline='trace=/none/trace'), 1, 'trace=/none/trace: cannot write')
    says(make(ram=RAM, cmdline='x' * 3000), 1, 'the command line has more than')


main()
