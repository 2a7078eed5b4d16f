#!/usr/bin/env python3
"""Enumeration with one call more than in the quick tests, and with no bound on preemptions."""
import sys

sys.path.insert(0, 'tests/tools')
import body
from body import boot, case, main
from machine import built

PROGRAM = built('hosted-test', 'fuzz/enumerate')
body.SECONDS = 3000


def finds_nothing(*words):
    ended = boot([PROGRAM, '--quiet', *words]).expect(0, 'found nothing')
    print(ended.lines[-2])


@case
def programs_of_six_calls():
    finds_nothing('--calls=6')


@case
def schedules_with_any_preemptions():
    finds_nothing('--calls=5', '--processes=4', '--preemptions=64')


main()
