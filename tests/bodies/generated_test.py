#!/usr/bin/env python3
"""A few programs of random instructions, in both bodies and in qemu-aarch64."""
import sys

sys.path.insert(0, 'tests/tools')
from body import case, main
from generated import ATOMICS, compare


@case
def one_program():
    compare(1)


@case
def another_program():
    compare(2)


@case
def program_with_atomics():
    compare(3, 'atomics', **ATOMICS)


main()
