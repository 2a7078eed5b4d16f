#!/usr/bin/env python3
"""Ten thousand processes at once, in 512 MiB; what each costs the kernel in memory, and that one
more costs no more time beside them than without them."""
import re
import sys

sys.path.insert(0, 'tests/tools')
from body import boot, case, each, expect, main, qemu

COUNT = 10000
KERNEL_BYTES = 24 * 1024  # that a live forked child may take, its own pages aside
EXACT = ('-icount', 'shift=0,sleep=off')  # an instruction takes one nanosecond


def run(command):
    """The figures that it prints: times without and beside the others, bytes of the kernel's."""
    ended = boot(command).expect(0, f'{COUNT} children lived\n')
    found = re.search(r'(\d+) ns each without them, (\d+) ns beside them\n'
                      r'a child: \d+ bytes, of which (\d+) of', ended.output)
    return map(int, found.groups())


@each
def ten_thousand_live(make):
    _, _, kernel = run(make('/bin/many', str(COUNT), ram='512M'))
    print(f'{kernel} bytes of the kernel a child')
    expect(kernel < KERNEL_BYTES, f'{kernel} bytes a child')


@case
def fork_exit_and_wait_do_not_depend_on_how_many_live():
    alone, beside, _ = run(qemu('/bin/many', str(COUNT), ram='512M', more=EXACT))
    print(f'{alone} instructions without others, {beside} beside {COUNT}')
    expect(beside < alone * 1.1, f'{beside} instructions beside {COUNT}, {alone} without')


main()
