#!/usr/bin/env python3
"""Nothing runs for more than 50,000 instructions with interrupts masked, whatever a program asks
for: the test image measures it, under QEMU's -icount shift=0, where an instruction takes a
nanosecond."""
import re
import subprocess
import sys

sys.path.insert(0, 'tests/tools')
from body import archive, boot, case, expect, main, qemu, work_file

LIMIT = 50_000


def check_windows(name):
    program = work_file(name)
    subprocess.run(['aarch64-linux-gnu-gcc', '-static', '-O2', '-pthread', '-o', program,
                    f'tests/bodies/programs/{name}.c'], check=True)
    with open(program, 'rb') as file:
        initrd = work_file(f'{name}.cpio', archive({'init': file.read()}))
    ended = boot(qemu(variant='aarch64-test', initrd=initrd, ram='256M', cmdline='aarch64.masked',
                      more=('-icount', 'shift=0,sleep=off', '-smp', '1')))
    ended.expect(0, 'all the work is done')
    longest = int(re.search(r'masked for (\d+) ns at the longest', ended.output).group(1))
    print(f'{longest} instructions at the longest')
    expect(0 < longest < LIMIT, f'interrupts were masked for {longest} instructions')


@case
def windows_come_often_enough():
    check_windows('long_work')


@case
def windows_come_often_enough_with_signals():
    check_windows('long_signals')


main()
