#!/usr/bin/env python3
"""Signals, threads and waiting calls: programs that check a kernel, the same files on Linux and in
both bodies. Time is virtual in all three."""
import functools
import sys

sys.path.insert(0, 'tests/tools')
import programs
from body import case, expect_equal, linux, main

PROGRAMS = ['signals', 'threads', 'interrupt']
PAIRS = 20 * 13  # of interrupt: calls that wait, and what happens to them


@functools.cache
def initrd():
    return programs.initrd('checks.cpio', programs.user('init', *PROGRAMS))


@functools.cache
def on_linux(name):
    """What it printed there, and its status."""
    command = programs.in_turn(linux, [[f'/bin/{name}']], initrd())
    return programs.told(command)[f'/bin/{name}']


@case
def signals_holds_on_linux():
    programs.checks_hold(*on_linux('signals'))


@case
def threads_holds_on_linux():
    programs.checks_hold(*on_linux('threads'))


@case
def interrupt_tells_of_each_pair_on_linux():
    text, status = on_linux('interrupt')
    expect_equal(status, 0, 'its status')
    expect_equal(len(text.split('\n')), PAIRS, 'the number of lines')


main()
