#!/usr/bin/env python3
"""Signals, threads and waiting calls: programs that check a kernel, the same files on Linux and in
both bodies. Time is virtual in all three."""
import functools
import re
import sys

sys.path.insert(0, 'tests/tools')
import debian
import programs
from body import Skip, case, each, expect, expect_equal, hosted, linux, main, qemu

# The sections, or the calls of interrupt.
SECTIONS = {
    'signals': ['action', 'default', 'queue', 'mask', 'frame', 'forged', 'altstack', 'info',
                'fault', 'wait', 'stop', 'child', 'orphan', 'kill', 'inherit', 'restart', 'itimer',
                'timer', 'bounds', 'clock', 'timerfd', 'signalfd', 'pidfd', 'files'],
    'threads': ['start', 'flags', 'share', 'end', 'fork', 'exec', 'deliver', 'stop', 'wait',
                'futex', 'requeue', 'robust', 'crowd', 'pidfd', 'sched', 'barrier',
                'absent'],
    'interrupt': ['read-pipe', 'readv-pipe', 'write-pipe', 'write-long', 'writev-pipe',
                  'writev-long', 'wait4', 'waitid', 'vfork', 'nanosleep', 'clock_nanosleep',
                  'clock_nanosleep-until', 'clock_nanosleep-used', 'clock_nanosleep-used-until',
                  'timerfd', 'futex', 'futex-for', 'futex-timeout', 'futex-until', 'sigsuspend',
                  'sigtimedwait', 'sigtimedwait-for', 'sigtimedwait-timeout', 'signalfd'],
    'users': ['set', 'groups', 'signal', 'info', 'death', 'exec', 'nproc',
              'limits', 'queued', 'files'],
}
# The program of users once more, as that of another user and group: (mode, user, group).
PROGRAMS = {'bin/users-both': (0o6755, 8, 9), 'bin/users-user': (0o6705, 8, 9)}
# And what else is not root's.
OWNED = {**PROGRAMS, 'box': (0o750, 8, 9), 'box/file': (0o640, 8, 9), 'odd': (0o077, 8, 9)}
LONG = ('signals', 'cpu')  # seconds of instructions: a build that checks takes a minute
HAPPENINGS = 20  # what interrupt does to each call
LIBRARIES = ['glibc', 'musl']


@functools.cache
def initrd():
    files = programs.user('init', *SECTIONS)
    files |= {path: files['bin/users'] for path in PROGRAMS}
    files |= {'box/file': b'some text', 'odd': b'some text'}
    for library in LIBRARIES:
        try:
            files[f'bin/{library}'] = programs.compiled('pthreads', library)
        except debian.Missing:
            pass  # its cases say so
    return programs.initrd('checks.cpio', files, owned=OWNED)


@functools.cache
def told(make, name, *words):
    """What the program printed on that machine, and its status. QEMU's time goes with the
    instructions, as the hosted machine's does by itself."""
    more = {'more': ('-icount', 'shift=0,sleep=off')} if make is qemu else {}
    if make is hosted and (name, *words) == LONG:
        more = {'variant': 'hosted-release'}
    command = programs.in_turn(make, [[f'/bin/{name}', *words]], initrd(), **more)
    return programs.told(command)[f'/bin/{name}']


def same_as_on_linux(make, name, *words):
    """The same lines, but for the numbers of checks."""
    def lines(text):
        return re.sub(r'(?m)^(ok|not ok) \d+ ', r'\1 ', text).split('\n')
    text, status = told(make, name, *words)
    want, _ = told(linux, name, *words)
    for have, wanted in zip(lines(text) + [''], lines(want) + ['']):
        expect_equal(have, wanted, 'a line')
    expect_equal(status, 0, 'its status')


@case
def signals_holds_on_linux():
    programs.checks_hold(*told(linux, 'signals', *SECTIONS['signals']))


@each
def signals_checks_the_same(make):
    same_as_on_linux(make, 'signals', *SECTIONS['signals'])


@case
def limits_of_cpu_time_hold_on_linux():
    programs.checks_hold(*told(linux, *LONG))


@each
def limits_of_cpu_time_check_the_same(make):
    same_as_on_linux(make, *LONG)


@case
def threads_holds_on_linux():
    programs.checks_hold(*told(linux, 'threads', *SECTIONS['threads']))


@each
def threads_checks_the_same(make):
    same_as_on_linux(make, 'threads', *SECTIONS['threads'])


@case
def users_holds_on_linux():
    programs.checks_hold(*told(linux, 'users', *SECTIONS['users']))


@each
def users_checks_the_same(make):
    same_as_on_linux(make, 'users', *SECTIONS['users'])


@case
def interrupt_tells_of_each_pair_on_linux():
    text, status = told(linux, 'interrupt')
    expect_equal(status, 0, 'its status')
    pairs = [line.split(', ')[0] for line in text.split('\n')]
    expect_equal(pairs, [call for call in SECTIONS['interrupt'] for _ in range(HAPPENINGS)],
                 'the calls that it tells of')


@each
def interrupt_tells_the_same(make):
    same_as_on_linux(make, 'interrupt')


def library_threads(make, library):
    try:
        programs.compiled('pthreads', library)
    except debian.Missing as error:
        raise Skip(f'no {library}: {error}') from None
    text, status = told(make, library)
    expect_equal(status, 11, f'the status, after {text}')
    expect('and of what they add: 499500' in text, f'a thousand threads: {text}')
    expect_equal(text, told(linux, library)[0], 'what it prints')


@case
def threads_of_glibc_on_linux():
    library_threads(linux, 'glibc')


@case
def threads_of_musl_on_linux():
    library_threads(linux, 'musl')


@each
def threads_of_glibc(make):
    library_threads(make, 'glibc')


@each
def threads_of_musl(make):
    library_threads(make, 'musl')


main()
