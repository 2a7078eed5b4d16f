#!/usr/bin/env python3
"""Schedulers: the same programs under each, in both bodies; and a name that is none's."""
import sys

sys.path.insert(0, 'tests/tools')
from body import boot, each, expect, main


@each
def priorities_run_the_story(make):
    boot(make('/bin/story', cmdline='sched=priority')).expect(0, '=== Init complete ===\n')


@each
def the_schedulers_name_is_checked(make):
    boot(make('/bin/story', cmdline='sched=fair')).expect(
        1, 'eft: sched=fair: no such scheduler; there are rr and priority\n')


@each
def priorities_decide_who_runs(make):
    """Whoever is less nice has all turns, until it has ended."""
    orders = {}
    for name in ('rr', 'priority'):
        ended = boot(make('/bin/turns', cmdline=f'det=1 sched={name}')).expect(0)
        orders[name] = ended.lines[0]
        print(f'{name}: {orders[name]}')
    expect(orders['priority'] == 'aaaabbbbcccc', 'priorities are not strict')
    expect(orders['rr'] != orders['priority'], 'the schedulers do the same')
    expect(sorted(orders['rr']) == sorted(orders['priority']), 'somebody had no turn')


main()
