#!/usr/bin/env python3
"""Signals at every window of every call that waits, in the schedules that the quick test leaves
out."""
import sys

sys.path.insert(0, 'tests/tools')
from body import case, main
from waiting import bears


@case
def who_is_woken_goes_on_when_its_turn_comes():
    bears('lazy')


@case
def who_is_woken_goes_on_at_the_end():
    bears('given')


@case
def by_priority():
    bears('pct changes=2 seed=5', 0.6)


main()
