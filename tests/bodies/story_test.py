#!/usr/bin/env python3
"""The story, in both bodies: the same lines, and with det=1 the same output and the same trace."""
import os
import re
import sys

sys.path.insert(0, 'tests/tools')
from body import boot, case, expect, expect_equal, hosted, main, qemu, work_file

RAM = '64M'
LINES = [
    r'--- Fork Test ---',
    r'\[parent\] fork\(\) returned child PID=(\d+)',
    r"\[child\] I'm the child! PID=(\d+)",
    r'\[parent\] Child exited with status=0',
    r'--- Spawn Test ---',
    r'\[hello\] I was spawned!',
    r'\[hello\] My PID is: (\d+)',
    r'\[hello\] Goodbye!',
    r'=== Init complete ===',
]


def told(machine):
    """What a machine that told the story printed: from the first line of it to the last."""
    machine.expect(0, LINES[-1])
    at = machine.lines.index(LINES[0])
    lines = machine.lines[at:at + len(LINES)]
    pids = []
    for line, pattern in zip(lines, LINES):
        match = re.fullmatch(pattern, line)
        expect(match, f'{line!r} where a line like {pattern!r} belongs')
        pids += match.groups()
    expect_equal(pids[0], pids[1], "the child's PID")
    expect(pids[2] != pids[0], 'the spawned process has the PID of the forked one')
    return lines


@case
def hosted_tells_it():
    told(boot(hosted('/bin/story', ram=RAM)))


@case
def hosted_release_tells_it():
    told(boot(hosted('/bin/story', variant='hosted-release', ram=RAM)))


@case
def qemu_tells_it():
    told(boot(qemu('/bin/story', ram=RAM)))


@case
def it_can_be_init():
    told(boot(hosted(ram=RAM, cmdline='init=/bin/story')))


def traced(make, name):
    """Boots the story deterministically; its lines and its trace."""
    path = work_file(name)
    if os.path.exists(path):
        os.remove(path)
    lines = told(boot(make('/bin/story', ram=RAM, cmdline=f'det=1 trace={path}')))
    with open(path, encoding='utf-8', errors='replace') as file:
        return lines, file.read().split('\n')


def without_free_memory(trace):
    """The trace without what depends on how much memory is free: how many pages the story can take,
    each with a call of clock_gettime, where the last of them fails, and the time after that."""
    said = []
    for line in trace:
        line = re.sub(r'^\[ *\d+\.\d+\] ', '', line)
        line = re.sub(r'(clock_gettime\(1, )0x[0-9a-f]+\) = (0 \{\d+ \d+\}|-ENOMEM)', r'\1', line)
        if 'clock_gettime' not in line or said[-1:] != [line]:
            said.append(line)
    return said


def expect_same_trace(one, other):
    for number, (a, b) in enumerate(zip(one, other), 1):
        expect_equal(a, b, f'line {number} of the trace')
    expect_equal(len(one), len(other), 'the number of lines of the trace')


@case
def with_det_both_bodies_do_the_same():
    hosted_lines, hosted_trace = traced(hosted, 'hosted.trace')
    qemu_lines, qemu_trace = traced(qemu, 'qemu.trace')
    expect_equal(hosted_lines, qemu_lines, 'what is printed')
    start = next(at for at, line in enumerate(hosted_trace) if '--- Spawn Test ---' in line)
    expect_same_trace(hosted_trace[:start], qemu_trace[:start])
    expect_same_trace(without_free_memory(hosted_trace), without_free_memory(qemu_trace))


@case
def with_det_a_second_run_does_the_same():
    expect_same_trace(traced(hosted, 'first.trace')[1], traced(hosted, 'second.trace')[1])


main()
