#!/usr/bin/env python3
"""Many programs of random instructions, in both bodies and in qemu-aarch64."""
import sys

sys.path.insert(0, 'tests/tools')
from body import case, main
from generated import ATOMICS, compare


@case
def hundred_programs():
    for seed in range(100, 200):
        compare(seed)


@case
def forty_programs_with_atomics():
    for seed in range(200, 240):
        compare(seed, 'atomics', **ATOMICS)


main()
