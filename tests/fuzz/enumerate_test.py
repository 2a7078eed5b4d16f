#!/usr/bin/env python3
"""Enumeration: it goes through what there is, finds what is planted without any randomness, and
finds nothing where nothing is."""
import re
import sys

sys.path.insert(0, 'tests/tools')
from body import boot, case, expect, expect_equal, main, work_file
from machine import built
from schedules import Bounds, program_of, schedules, text_of

PROGRAM = built('hosted-test', 'fuzz/enumerate')
TINY = ('fork', 'exit0', 'wait')


def enumerate_with(*words, status=0):
    return boot([PROGRAM, '--quiet', *words]).expect(status)


def counts(ended):
    """The numbers of the last line."""
    return {name: float(value) for name, value in re.findall(r'(\w+)=([\d.]+)', ended.lines[-2])}


def compare(bounds):
    """Each schedule is there once, and no other."""
    ended = enumerate_with('--print', f'--calls={bounds.calls}',
                           f'--processes={bounds.processes}',
                           f'--preemptions={bounds.preemptions}',
                           f'--alphabet={",".join(bounds.alphabet)}')
    own = list(schedules(bounds))
    have = sorted(ended.lines[:-2])
    want = sorted(text_of(schedule) for schedule in own)
    expect(len(want) == len(set(want)), 'the count has a schedule twice')
    expect_equal(sorted(set(have) - set(want))[:5], [], 'what only enumerate has')
    expect_equal(sorted(set(want) - set(have))[:5], [], 'what only the count has')
    expect_equal(len(have), len(want), 'the number of schedules')
    said = counts(ended)
    expect_equal(said['schedules'], len(want), 'schedules')
    expect_equal(said['programs'], len({program_of(each) for each in own}), 'programs')
    return len(want)


@case
def all_schedules_of_a_tiny_alphabet():
    count = sum(compare(Bounds(calls, processes, preemptions, TINY))
                for calls in range(6) for processes in range(1, 4) for preemptions in range(4))
    print(f'{count} schedules')


@case
def all_schedules_of_another():
    for preemptions in range(3):
        compare(Bounds(5, 3, preemptions, ('fork', 'exit1', 'wait-child', 'kill-child')))
        compare(Bounds(5, 4, preemptions, ('fork', 'exit0', 'wait-nohang')))


@case
def all_schedules_of_threads():
    letters = ('thread', 'leave', 'exit0', 'futex-wait', 'futex-wake')
    count = sum(compare(Bounds(calls, 3, preemptions, letters))
                for calls in range(6) for preemptions in range(3))
    print(f'{count} schedules')


@case
def nothing_is_found_among_threads_and_processes():
    ended = enumerate_with('--calls=4', '--processes=3', '--alphabet=' + ','.join((
        'fork', 'thread', 'leave', 'exit0', 'exec', 'futex-wait', 'futex-wake', 'wait',
        'kill-child')))
    ended.expect(0, 'found nothing')
    print(ended.lines[-2])


@case
def all_schedules_of_the_whole_alphabet():
    print(f'{compare(Bounds())} schedules')


@case
def the_count_can_fail():
    """A tiny alphabet against the count of another."""
    ended = enumerate_with('--print', '--calls=3', '--alphabet=fork,exit0,wait-nohang')
    want = {text_of(schedule) for schedule in schedules(Bounds(calls=3, alphabet=TINY))}
    expect(set(ended.lines[:-2]) != want, 'another alphabet is the same')


@case
def nothing_is_found_where_nothing_is():
    ended = enumerate_with()
    ended.expect(0, 'found nothing')
    print(ended.lines[-2])


def finds(plant, *words):
    """Twice the same, since nothing is drawn."""
    folder = work_file('findings')
    ended = [boot([PROGRAM, '--quiet', f'--words=plant={plant}', f'--findings={folder}', *words])
             for _ in range(2)]
    for each in ended:
        expect(each.status != 0, f'{plant} is not found: {each.output[-2000:]}')
    found = [[line for line in each.lines if line.startswith('eft: FOUND')] for each in ended]
    expect(found[0] and found[0] == found[1], f'{plant} is found differently: {found}')
    print(f'{plant}: {found[0][0]}')


@case
def it_finds_an_exit_that_wakes_nobody():
    finds('seed-2')


@case
def it_finds_a_wait_that_does_not_look_again():
    finds('seed-3')


@case
def it_finds_an_exec_that_leaves_threads():
    finds('thr-1', '--calls=4', '--alphabet=fork,thread,exec,wait')


@case
def it_finds_a_wait_that_takes_another_child():
    finds('k-16')


main()
