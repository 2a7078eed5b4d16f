#!/usr/bin/env python3
"""What can be chosen for the machine of the hosted body."""
import sys

sys.path.insert(0, 'tests/tools')
from body import boot, case, hosted, main

STORY_END = '=== Init complete ==='


def with_options(command, *options):
    return [command[0], *options, *command[1:]]


@case
def any_tlb_will_do():
    for options in (('--tlb', 'natural'), ('--tlb', 'natural', '--seed', '9'), ('--tlb', 'none'),
                    ('--asid-bits', '1'), ('--asid-bits', '1', '--tlb', 'natural')):
        boot(with_options(hosted('/bin/story'), *options)).expect(0, STORY_END)


@case
def version():
    boot(with_options(hosted(), '--version')).expect(0, 'eft ')


main()
