#!/usr/bin/env python3
"""Turns `nm` output on stdin into the assembly of the kernel's own symbol table.

The first link has an empty table (no input), the second one the functions of the first. The table
lies behind everything that it names, so the two links agree; report.c reads it.
"""
import sys

IMAGE = 0xffffffc000000000


def functions(lines):
    """(offset, name) of each text symbol, one a place, by rising offset."""
    found = {}
    for line in lines:
        fields = line.split()
        if len(fields) == 3 and fields[1] in 'tT' and not fields[2].startswith('$'):
            found.setdefault(int(fields[0], 16) - IMAGE, fields[2])
    return sorted(found.items())


def main():
    symbols = functions(sys.stdin)
    print('    .section .symbols, "a"')
    print('    .balign 8')
    print('    .global symbols_count, symbols_table, symbols_names')
    print(f'symbols_count:\n    .quad {len(symbols)}')
    print('symbols_table:')
    name_offset = 0
    for offset, name in symbols:
        print(f'    .long {offset:#x}, {name_offset}')
        name_offset += len(name) + 1
    print('symbols_names:')
    for _, name in symbols:
        print(f'    .asciz "{name}"')


main()
