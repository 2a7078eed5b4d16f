#!/usr/bin/env python3
"""An exception in the kernel: the fault in words, the registers, a backtrace with names, and an end
with a status that is not 0. The image crash.c does what its command line says."""
import re
import sys

sys.path.insert(0, 'tests/tools')
import machine
from body import boot, case, expect, main

STATUS = 134
IMAGE = machine.built('aarch64-test', 'tests/platform/crash.image')


def crashes(how, *texts, more=()):
    """Boots the image to crash in that way, and checks what the report says."""
    ended = boot(machine.qemu(IMAGE, None, ram='64M', cmdline=how, more=more))
    ended.expect(STATUS, 'here core tells of its processes', 'kernel_step+0x', 'boot_start+0x',
                 *texts)
    return ended


def excepts(how, cause, place, function):
    ended = crashes(how, 'exception in the kernel: ' + cause, place, f'{function}+0x')
    for register in ('x0 ', 'x30', 'sp ', 'pc ', 'pstate'):
        expect(re.search(f'{register} +[0-9a-f]+', ended.output), f'{register} is not there')
    expect('and an exception in its report' in ended.output, 'the second exception is not told of')
    expect(ended.output.count('here core tells') == 1, 'the report was printed again')


@case
def write_to_null():
    excepts('null', 'data abort, translation fault, level 1: write to 0x8', 'page of NULL',
            'crash_null')


@case
def stack_overflow():
    excepts('overflow', 'data abort, translation fault, level 3: write to', 'stack overflow',
            'crash_deeper')


@case
def write_to_text():
    excepts('text', 'data abort, permission fault, level 3: write to', 'kernel text', 'crash_text')


@case
def write_to_constants():
    excepts('rodata', 'data abort, permission fault, level 3: write to', 'kernel image',
            'crash_rodata')


@case
def jump_to_data():
    excepts('data', 'instruction abort, permission fault, level 3: fetch from', 'kernel image',
            'crash_data')


@case
def write_to_the_image_in_the_linear_map():
    excepts('alias', 'data abort, translation fault, level 3: write to', 'linear map',
            'crash_alias')


@case
def undefined_instruction():
    excepts('undefined', 'undefined instruction', 'class 0x0', 'crash_undefined')


@case
def panic():
    crashes('panic', 'the number is 42', 'crash_panic+0x')


@case
def assertion():
    crashes('assert', 'crash_assert: zero == 1')


@case
def at_el2_with_gicv3():
    crashes('null', 'page of NULL', more=['-M', 'virt,virtualization=on,gic-version=3'])


main()
