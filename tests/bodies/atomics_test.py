#!/usr/bin/env python3
"""The atomic instructions of ARMv8.1-A: announced to programs if the kernel is asked to and the
machine has them, which the hosted one has then. What they do is the same in both bodies."""
import functools
import sys

sys.path.insert(0, 'tests/tools')
from body import archive, boot, case, hosted, main, qemu, work_file
from programs import compiled

ALWAYS = 'hwcap 83\n'
ANNOUNCED = 'hwcap 183\n'
ALL_RIGHT = '78000 right, 0 wrong\n'
WORD = 'hwcap=atomics'


@functools.cache
def initrd():
    return work_file('atomics.cpio', archive({'init': compiled('atomics')}))


def run(make, *text, **words):
    boot(make(initrd=initrd(), **words)).expect(0, ''.join(text))


@case
def hosted_has_none():
    run(hosted, ALWAYS, 'undefined\n')


@case
def hosted_has_them_when_asked_to():
    run(hosted, ANNOUNCED, ALL_RIGHT, cmdline=WORD)


@case
def cortex_a72_has_none():
    run(qemu, ALWAYS, 'undefined\n', cmdline=WORD)


@case
def later_cpu_has_them():
    run(qemu, ANNOUNCED, ALL_RIGHT, cmdline=WORD, cpu='max')


@case
def later_cpu_is_not_announced():
    run(qemu, ALWAYS, ALL_RIGHT, cpu='max')


@case
def nothing_else_is_announced():
    boot(hosted(initrd=initrd(), cmdline='hwcap=sve')).expect(
        1, 'eft: hwcap=sve: there is nothing to announce but atomics\n')


main()
