#!/usr/bin/env python3
"""Failing allocations: the corpus and what was once found bear each of them, and bugs that need one
are found."""
import glob
import re
import sys

sys.path.insert(0, 'tests/tools')
from body import boot, case, expect, expect_equal, main, work_file
from machine import built

PROGRAM = built('hosted-test', 'fuzz/sweep')

LIFE = b"""store(0x10002000, 7)
store(0x10003000, 7)
r2 = fork()
@r2 store(0x10002000, 8)
@r2 exit_group(42)
wait4(r2, &status, 0)
pipe2(&fds, 0)
execve(&path_long, &argv_three, 0)
store(0x10002000, 9)
"""


def sweep(*words):
    """The end of a sweep, and the numbers of its last line."""
    ended = boot([PROGRAM, f'--findings={work_file("findings")}', *words])
    print(ended.lines[-2])
    return ended, {name: int(value) for name, value in re.findall(r'(\w+)=(\d+)', ended.lines[-2])}


def finds(plant, check):
    ended, counts = sweep(f'--words=plant={plant}', work_file('life.repro', LIFE))
    expect_equal(ended.status, 1, 'the status')
    expect(counts['findings'] > 0, 'nothing is found')
    expect(f'FOUND {check}: ' in ended.output, f'{check} did not see it: {ended.output[-2000:]}')
    expect('(fail_nth: ' in ended.output, 'no allocation had to fail for it')
    expect(re.search(r'the program is in \S+\.repro', ended.output), 'no program was written')


# What allocates, and how many allocations of one call must have failed, at least: objects, their
# descriptors, the pages that answers and frames go to.
ALLOCATES = {
    'clone': 20, 'clone3': 18, 'execve': 12, 'spawn': 20, 'unshare': 3, 'close_range': 2,
    'dup': 3, 'dup3': 1, 'fcntl': 1, 'openat': 1, 'pipe2': 5, 'write': 3, 'readv': 2,
    'pidfd_open': 2, 'pidfd_send_signal': 1, 'signalfd4': 4, 'timerfd_create': 3,
    'timerfd_settime': 1, 'timerfd_gettime': 1, 'timer_create': 5, 'timer_settime': 1,
    'timer_gettime': 1, 'setitimer': 1, 'getitimer': 1, 'clock_gettime': 1, 'clock_getres': 1,
    'nanosleep': 1, 'futex': 3, 'get_robust_list': 2, 'kill': 3, 'tkill': 1, 'tgkill': 1,
    'rt_sigqueueinfo': 1, 'rt_tgsigqueueinfo': 1, 'rt_sigaction': 5, 'rt_sigprocmask': 3,
    'rt_sigpending': 1, 'rt_sigtimedwait': 1, 'rt_sigsuspend': 1, 'sigaltstack': 1,
    'prlimit64': 1, 'wait4': 2, 'waitid': 2, 'exit': 1, 'exit_group': 1, 'mmap': 4, 'munmap': 2,
    'mremap': 2, 'mprotect': 2, 'madvise': 2, 'load': 2, 'store': 2,
}


@case
def each_call_that_allocates_fails_at_each_allocation():
    files = sorted(glob.glob('fuzz/corpus/*.repro') + glob.glob('fuzz/regress/*.repro'))
    ended, _ = sweep('--calls', *files)
    ended.expect(0)
    rows = re.findall(r'^(\w+) +\d+ failures, up to allocation (\d+)$', ended.output, re.MULTILINE)
    last = {name: int(number) for name, number in rows}
    for name, least in ALLOCATES.items():
        expect(last.get(name, 0) >= least,
               f'of {name} allocation {last.get(name, 0)} was the last to fail, not {least}')


@case
def programs_bear_each_failing_allocation():
    files = sorted(glob.glob('fuzz/corpus/*.repro') + glob.glob('fuzz/regress/*.repro'))
    ended, counts = sweep(work_file('life.repro', LIFE), *files)
    ended.expect(0)
    expect_equal(counts['programs'], 1 + len(files), 'programs')
    expect(counts['failures'] > 50, 'few allocations have failed')
    expect(counts['runs'] > counts['failures'] + counts['programs'], 'not all was tried')


@case
def it_finds_a_fork_that_leaves_half_a_child():
    finds('x-27', 'process.tree')


@case
def it_finds_a_fork_that_forgets_a_page():
    finds('x-30', 'frame.references')


@case
def it_finds_a_fork_that_gives_back_too_little():
    finds('k-13', 'frame.writable')


@case
def it_finds_an_exec_without_a_way_back():
    finds('x-28', 'model.memory')


@case
def what_is_no_program_is_refused():
    ended = boot([PROGRAM, work_file('wrong.repro', b'r0 = fork(\n')])
    expect_equal(ended.status, 2, 'the status')
    expect('wrong.repro: ' in ended.output, 'nobody says where')
    boot([PROGRAM]).expect(2, 'usage: sweep')
    boot([PROGRAM, '/nowhere.repro']).expect(2, '/nowhere.repro')


main()
