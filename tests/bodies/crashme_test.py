#!/usr/bin/env python3
"""Random instructions, as a program's, in both bodies: whatever they do, each program ends, and the
kernel is still there and does the rest."""
import os
import re
import sys

sys.path.insert(0, 'tests/tools')
import programs
from body import PLACE, boot, case, each, expect, hosted, main, work_file

SEED = 1


def width_of():
    """How many bits each field of a pattern has."""
    with open('platform/hosted/el0/decode.h', encoding='utf-8') as file:
        text = file.read()
    fields = {name: int(bits) for name, bits in re.findall(r'FIELD\((\w+), (\d+)\)', text)}
    return {**fields, **dict.fromkeys(re.findall(r'REGISTER\((\w+), ', text), 5)}


def lines():
    """A mask and a value for each line of the interpreter's table, in C."""
    widths, made = width_of(), []
    with open('platform/hosted/el0/table.def', encoding='utf-8') as file:
        patterns = re.findall(r'^[A-Z_]+\("([^"]*)"', file.read(), re.MULTILINE)
    for pattern in patterns:
        mask, value, bit = 0, 0, 32
        for part in pattern.split():
            bits = part if set(part) <= set('01x') else 'x' * widths[part]
            for digit in bits:
                bit -= 1
                mask |= (digit != 'x') << bit
                value |= (digit == '1') << bit
        made.append(f'{{{mask:#010x}, {value:#010x}}},\n')
    return ''.join(made)


def initrd():
    work_file('lines.h', lines().encode())
    include = os.path.join(PLACE, os.path.basename(sys.argv[0]))
    crashme = programs.compiled('crashme', more=[f'-I{include}'])
    return programs.initrd('crashme.cpio', {**programs.user('init'), 'bin/crashme': crashme})


def runs_random_instructions(make, count, *options):
    eft, *words = make('/bin/crashme', str(SEED), str(count), initrd=initrd())
    ended = boot([eft, *options, *words])
    total = re.search(rf'{count} children: (\d+) exited, (\d+) were killed, (\d+) ended by other',
                      ended.output)
    expect(ended.status == 0 and total, f'it ends with {ended.status}: {ended.output[-2000:]}')
    expect(sum(map(int, total.groups())) == count, total.group(0))


@each
def survives_random_instructions(make):
    runs_random_instructions(make, 100)


@case
def nothing_wrong_is_remembered():
    runs_random_instructions(hosted, 30, '--check-hits')


main()
