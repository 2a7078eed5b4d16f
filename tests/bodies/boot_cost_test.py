#!/usr/bin/env python3
"""What a boot costs in instructions, from power on to init's main: with QEMU's -icount shift=0 an
instruction takes one nanosecond of virtual time, whatever else the machine does."""
import os
import re
import sys

sys.path.insert(0, 'tests/tools')
import machine
from body import archive, boot, case, expect, main, qemu, work_file

LIMIT = 2_000_000


def instructions(ram):
    with open(os.path.join(f'build/user{machine.SUFFIX}', 'ticks'), 'rb') as file:
        initrd = work_file('ticks.cpio', archive({'init': file.read()}))
    ended = boot(qemu(initrd=initrd, ram=ram, more=('-icount', 'shift=0,sleep=off', '-smp', '1')))
    match = re.search(r'ticks: (\d+) ns', ended.expect(0).output)
    return int(match.group(1))


@case
def it_does_not_grow_with_ram():
    small, large = instructions('256M'), instructions('4G')
    print(f'{small} instructions with 256M, {large} with 4G')
    expect(small < LIMIT, f'{small} instructions to boot with 256M')
    expect(large < LIMIT, f'{large} instructions to boot with 4G')


main()
