#!/usr/bin/env python3
"""Signals at every window of every call that waits: each call, with what a signal does, has each
key and a timer come in each of its windows, while it waits and behind it. Checks and model bear it,
and bugs that need such a moment are found."""
import re
import sys

sys.path.insert(0, 'tests/tools')
from body import case, expect, expect_equal, main
from waiting import bears, programs, sweep


@case
def each_call_bears_a_signal_in_each_window():
    bears('eager')


def finds(plant, name, *checks):
    """With the bug, and only when something comes."""
    ended, counts = sweep(programs([name], 'eager'), f'--words=plant={plant}')
    expect_equal(ended.status, 1, 'the status')
    expect(counts['findings'] > 0, 'nothing is found')
    expect(any(f'FOUND {check}: ' in ended.output for check in checks),
           f'{checks} did not see it: {ended.output[-2000:]}')
    expect(re.search(r'with (\(window: \d+ )?(timer|interrupt|quit|stop)\b', ended.output),
           'nothing had to come for it')


@case
def it_finds_a_wait_whose_child_a_handler_has_reaped():
    finds('k-20', 'wait4', 'model.call')


@case
def it_finds_a_fork_whose_child_a_key_misses():
    finds('l-86', 'futex', 'model.call', 'model.end', 'model.memory')


@case
def it_finds_a_waiter_that_stays_on_its_queue():
    finds('fut-1', 'futex-for', 'wait.condition')


main()
