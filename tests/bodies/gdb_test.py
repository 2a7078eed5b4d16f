#!/usr/bin/env python3
"""The kernel under gdb, in both bodies: the script core/eft-gdb.py, and where it has gdb stop."""
import re
import subprocess
import sys

sys.path.insert(0, 'tests/tools')
import machine
from body import SECONDS, Wrong, case, each, expect, hosted, main, qemu


def debug(command, *orders):
    """What gdb prints when it starts a machine and is given orders, after the script's own."""
    command = machine.under_gdb(command)
    split = command.index('--args') if '--args' in command else len(command)
    typed = [word for order in orders for word in ('-ex', order)]
    command = [command[0], '-nx', '-q', '-batch', *command[1:split], *typed, *command[split:]]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=SECONDS, check=False)
    said = done.stdout.decode(errors='replace')
    if 'Python Exception' in said:
        raise Wrong(f'the script fails: {said[-2000:]}')
    return said


def expect_in_order(said, *patterns):
    at = 0
    for pattern in patterns:
        match = re.compile(pattern, re.MULTILINE).search(said, at)
        expect(match, f'gdb did not print {pattern!r} here: {said[at:][-3000:]}')
        at = match.end()


def go(make):
    return 'run' if make is hosted else 'continue'


@each
def tells_of_processes(make):
    """Where the story reaps its first child: three processes, in three states."""
    said = debug(make('/bin/story', ram='64M'), 'tbreak process_reap', go(make), 'eft ps',
                 'eft trace', 'kill')
    expect_in_order(said, r'process_reap \(process=', r'  PID  PPID  PGRP  NAME +STATE',
                    r'^    1     0     1  init +waits for child \(-?\d+\), pc 0x',
                    r'^    2     1     1  story +ready, pc 0x',
                    r'^    3     2     1  story +zombie, status 0x0',
                    r'^\[ +0\.\d{9}\] 1 runs$', r'\] 2 execve\(0x.* = 0$',
                    r'\] 2 fault: fetch 0x\w+: resolved$', r'\] 2 wait4\(.* blocks$',
                    r'\] 3 ends, status 0x0$')


@each
def walks_tables(make):
    said = debug(make('/bin/story', ram='64M'), 'tbreak process_reap', go(make),
                 'eft pt 2 0x400000', 'eft pt 2 0x7fffff8e00', 'eft pt 2 0x123456789a',
                 'eft pt 1 1ul<<40', 'eft pt 3 0x400000', 'eft pt 77 0', 'eft pt', 'kill')
    expect_in_order(
        said, r'^process 2 \(story\), va 0x400000, root 0x',
        r'^level 1: table 0x\w+ \[  0\] = 0x\w{13}003  table 0x', r'^level 2: .*\[  2\].* table 0x',
        r'^level 3: .*\[  0\] = 0x\w+  page 0x\w+ r-[-x] nG$', r'^pa 0x',
        r'^level 1: .*\[511\]', r'^level 2: .*\[511\]', r'^level 3: .*\[504\].* page 0x\w+ rw- nG$',
        r'^pa 0x\w+e00$', r'^level 1: .*\[ 72\] = 0x0{16}  invalid$', 'above user space',
        'process 3 has no memory', 'there is no process 77', 'eft pt PID VA')


def frame_of(said):
    return int(re.search(r'^pa (0x\w+)$', said, re.MULTILINE).group(1), 16)


@each
def tells_who_owns_a_frame(make):
    """A stack page of the story, the table above it, and a frame that nobody has."""
    start = ('/bin/story',)
    said = debug(make(*start, ram='64M'), 'tbreak process_reap', go(make), 'eft pt 2 0x7fffff8e00',
                 'kill')
    page = frame_of(said)
    root = int(re.search(r'root (0x\w+)', said).group(1), 16)
    said = debug(make(*start, ram='64M'), 'tbreak process_reap', go(make), f'eft frame {page}',
                 f'eft frame {root}', 'eft frame 0x43000000', 'eft frame 0x1000', 'kill')
    expect_in_order(said, rf'^frame 0x{page & ~4095:x}: user, 1 references, 0 entries',
                    r'^  process 2 \(story\) at 0x7fffff8000: page 0x\w+ rw- nG$',
                    rf'^frame 0x{root:x}: table, 1 references, [1-9]\d* entries',
                    r'^frame 0x43000000: free, and never used', '0x1000 is not in RAM')


@each
def says_when_it_is_too_early(make):
    said = debug(make('/bin/story'), 'tbreak kernel_boot', go(make), 'eft ps', 'kill')
    expect_in_order(said, 'kernel_boot', 'eft: there are no processes yet')


@case
def qemu_has_symbols_before_and_after_the_mmu():
    said = debug(qemu('/bin/hello', ram='64M'), 'tbreak start', 'continue', 'info symbol $pc',
                 'eft ps', 'stepi', 'tbreak high_half', 'continue', 'tbreak kernel_boot',
                 'continue', 'backtrace', 'kill')
    expect_in_order(said, r'start \(\) at platform/aarch64/head\.S:\d+', r'start in section \.head',
                    'is the kernel up, with its MMU on', r'head\.S:\d+|adrp',
                    r'high_half \(\) at platform/aarch64/head\.S:\d+',
                    r'kernel_boot \(boot=', r'#1 .* in boot_run \(')


@case
def hosted_stops_at_a_report():
    """Before anything is printed: the kernel is still as it was."""
    said = debug(hosted('/bin/hello'), 'tbreak process_reap', 'run',
                 'print report("test.report", -1, "words %d", 5)', 'backtrace 2', 'kill')
    expect_in_order(said, r'Breakpoint \d+, report \(name=', r'#0 +report \(')


@case
def hosted_stops_at_a_sanitizers_report():
    """A free frame is poisoned: who reads it ends in AddressSanitizer's report, and in gdb."""
    said = debug(hosted('/bin/hello', variant='hosted'), 'tbreak process_reap', 'run',
                 'print hash_bytes(0, plat_phys_ptr(0x43000000, 16), 16)', 'backtrace 1',
                 'eft frame 0x43000000', 'kill')
    expect_in_order(said, 'AddressSanitizer: use-after-poison', r'Breakpoint \d+, last_words \(',
                    r'#0 +last_words \(', 'free, and never used')


main()
