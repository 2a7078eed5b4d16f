#!/usr/bin/env python3
"""Signals, threads and waiting calls: programs that check a kernel, the same files on Linux and in
both bodies. Time is virtual in all three."""
import functools
import sys

sys.path.insert(0, 'tests/tools')
import debian
import programs
from body import Skip, case, expect, expect_equal, linux, main

PROGRAMS = ['signals', 'threads', 'interrupt']
PAIRS = 20 * 13  # of interrupt: calls that wait, and what happens to them


LIBRARIES = ['glibc', 'musl']


@functools.cache
def initrd():
    files = programs.user('init', *PROGRAMS)
    for library in LIBRARIES:
        try:
            files[f'bin/{library}'] = programs.compiled('pthreads', library)
        except debian.Missing:
            pass  # its cases say so
    return programs.initrd('checks.cpio', files)


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


def threads_of_a_library_on_linux(library):
    try:
        programs.compiled('pthreads', library)
    except debian.Missing as error:
        raise Skip(f'no {library}: {error}') from None
    text, status = on_linux(library)
    expect_equal(status, 11, f'the status, after {text}')
    expect('and of what they add: 499500' in text, f'a thousand threads: {text}')


@case
def threads_of_glibc_on_linux():
    threads_of_a_library_on_linux('glibc')


@case
def threads_of_musl_on_linux():
    threads_of_a_library_on_linux('musl')


main()
