#!/usr/bin/env python3
"""Programs on three kernels: hosted, in QEMU, on Linux. Each machine boots once and runs all."""
import functools
import glob
import os
import re
import sys

sys.path.insert(0, 'tests/tools')
sys.path.insert(0, 'fuzz/replay')
import replay
from body import Skip, case, expect, expect_equal, main, work_file

CORPUS = sorted(glob.glob('fuzz/corpus/*.repro') + glob.glob('fuzz/regress/*.repro'))
PLANTED = sorted(glob.glob('fuzz/planted/*.repro'))
WRONG = ('fuzz/corpus/fork_exit_wait.repro', r'(wait4\(.*\)) -> 2\b', r'\1 -> 3')
RANDOM_COUNT = 100

# Planted bugs that QEMU does not find: what only the simulated TLB sees, what only sanitizers do,
# and what a frame held before, which is zeros in RAM that was never used.
NOT_IN_QEMU = {'t-1', 't-2', 't-3', 't-4', 'a-50', 'l-76', 'leak-1'}

replay.PLACE = os.path.dirname(work_file('any'))


def bug_of(path):
    return os.path.basename(path)[:-len('.repro')]


@functools.cache
def wrong_file():
    path, expected, other = WRONG
    with open(path, encoding='utf-8') as file:
        text, count = re.subn(expected, other, file.read(), count=1)
    expect_equal(count, 1, f'the number of lines of {path} that could be made wrong')
    return work_file('wrong.repro', text.encode())


TIMERS = """\
timer_create(CLOCK_MONOTONIC, NULL, &id)
timer_settime(0, 0, &timer_second)
setitimer(0, &itimer_long)
r0 = fork()
@r0 rt_sigtimedwait(&set_term, &info, &time_short, 8)
wait4(r0, &status, WNOHANG)
tick()
@r0 exit_group(3)
wait4(r0, &status, 0)
tick()
getpid()
"""


@functools.cache
def timers_file():
    return work_file('timers.repro', TIMERS.encode())


@functools.cache
def verdicts():
    """On the corpus, a wrong expectation, and the planted bugs' programs without and with them."""
    programs = [(path, '') for path in CORPUS + [wrong_file(), timers_file()] + PLANTED]
    programs += [(path, f'plant={bug_of(path)}') for path in PLANTED]
    try:
        return dict(zip(programs, replay.replay(programs)))
    except replay.Trouble as trouble:
        if 'Linux' not in str(trouble):
            raise
    return dict(zip(programs, replay.replay(programs, machines=('hosted', 'qemu'))))


def needs_linux():
    if not any(verdict.compared for verdict in verdicts().values()):
        raise Skip('no Linux kernel')


def agrees(paths, name):
    for path in paths:
        verdict = verdicts()[path, '']
        expect(name not in verdict.found, f'{path}: {verdict.found}')
        expect(not verdict.wrong[name], '\n'.join([path, *verdict.lines]))


@case
def corpus_is_as_expected_hosted():
    expect(len(CORPUS) >= 20, f'there are only {len(CORPUS)}')
    agrees(CORPUS, 'hosted')


@case
def corpus_is_as_expected_in_qemu():
    agrees(CORPUS, 'qemu')


@case
def corpus_is_as_on_linux():
    needs_linux()
    agrees(CORPUS, 'linux')
    compared = sum(verdicts()[path, ''].compared for path in CORPUS)
    agreed = sum(verdicts()[path, ''].agreed for path in CORPUS)
    expect(agreed > 0.8 * compared, f'of {compared} instructions only {agreed} agree')


@case
def qemu_goes_the_same_way_event_by_event():
    for (path, words), verdict in verdicts().items():
        expect(words or verdict.is_exact, f'{path}: the digests differ')


@case
def random_programs_go_the_same_way_in_qemu():
    drawn = replay.draw(os.path.dirname(work_file('any')), 20, RANDOM_COUNT)
    found = replay.replay([(path, '') for path in drawn], machines=('hosted', 'qemu'))
    for path, verdict in zip(drawn, found):
        expect(verdict.is_well() and verdict.is_exact,
               '\n'.join([path, str(verdict.found), *verdict.lines]))


@case
def a_wrong_expectation_fails_hosted():
    expect(verdicts()[wrong_file(), ''].wrong['hosted'], 'it should not be as expected')


@case
def a_wrong_expectation_fails_in_qemu():
    expect(verdicts()[wrong_file(), ''].wrong['qemu'], 'it should not be as expected')


@case
def a_wrong_expectation_fails_on_linux():
    needs_linux()
    expect(verdicts()[wrong_file(), ''].wrong['linux'], 'it should not be as expected')


@case
def differences_from_linux_are_named():
    needs_linux()
    text = '\n'.join(verdicts()['fuzz/corpus/spawn.repro', ''].lines)
    expect("linux:  ENOSYS (spawn is a call of Eft's own)" in text, text)


@case
def until_a_timer_comes_it_changes_nothing():
    """A sleep that is over before it counts as one; what comes behind the timer does not."""
    needs_linux()
    verdict = verdicts()[timers_file(), '']
    text = '\n'.join(verdict.lines)
    expect_equal((verdict.compared, verdict.agreed), (9, 9), f'what is compared: {text}')
    expect('rt_sigtimedwait(&set_term, &info, &time_short, 8) -> blocked, EAGAIN\n' in text, text)
    expect_equal(text.count("not compared: a timer, which goes by Linux's time"), 2, text)


@case
def what_linux_gives_is_told_beside_a_finding():
    needs_linux()
    text = '\n'.join(verdicts()['fuzz/planted/sig-4.repro', 'plant=sig-4'].lines)
    expect('linux:  EPERM (not compared: ' in text, text)


@case
def words_that_nobody_knows_are_said():
    try:
        replay.hosted([(CORPUS[0], 'plant=nobody')])
    except replay.Trouble as trouble:
        expect('plant=nobody: no such bug' in str(trouble), str(trouble))
    else:
        expect(False, 'it is carried out')


@case
def nonsense_is_not_drawn():
    folder = os.path.dirname(work_file('any'))
    for seed, count, why in (('x', 1, 'x: is no seed'), (1, 'y', 'y: is no number of programs'),
                             (1, -1, '-1: is no number of programs'),
                             (1, 0, '0: is no number of programs')):
        try:
            drawn = replay.draw(folder, seed, count)
        except replay.Trouble as trouble:
            expect_equal(str(trouble), why, 'what is said')
        else:
            expect(False, f'{drawn} is drawn from seed {seed}')


@case
def bugs_that_are_found_hosted_are_found_in_qemu():
    found = [verdicts()[path, f'plant={bug_of(path)}'].found for path in PLANTED]
    expect(sum('qemu' in one for one in found) > 25, 'QEMU finds few of them')
    missed = {bug_of(path) for path, one in zip(PLANTED, found)
              if 'hosted' in one and 'qemu' not in one}
    expect_equal(missed, NOT_IN_QEMU, 'what only hosted finds')


@case
def without_the_bugs_nothing_is_found():
    agrees(PLANTED, 'hosted')
    agrees(PLANTED, 'qemu')


main()
