#!/usr/bin/env python3
"""The story, in both bodies: the same lines, and with det=1 the same output and the same trace.
Also in the hosted body that is compiled for arm64 hosts, under qemu-user."""
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
    """Boots the story deterministically, with as many frames in both bodies; its lines and its
    trace."""
    path = work_file(name)
    if os.path.exists(path):
        os.remove(path)
    lines = told(boot(make('/bin/story', ram=RAM, cmdline=f'det=1 frames=8192 trace={path}')))
    with open(path, encoding='utf-8', errors='replace') as file:
        return lines, file.read().split('\n')


def expect_same_trace(one, other):
    for number, (a, b) in enumerate(zip(one, other), 1):
        expect_equal(a, b, f'line {number} of the trace')
    expect_equal(len(one), len(other), 'the number of lines of the trace')


@case
def with_det_both_bodies_do_the_same():
    hosted_lines, hosted_trace = traced(hosted, 'hosted.trace')
    qemu_lines, qemu_trace = traced(qemu, 'qemu.trace')
    expect_equal(hosted_lines, qemu_lines, 'what is printed')
    expect(len(hosted_trace) > 1000, 'the trace is short')
    expect_same_trace(hosted_trace, qemu_trace)


def hosted_on_arm64(*args, **words):
    return ['qemu-aarch64', *hosted(*args, variant='hosted-arm64', **words)]


@case
def an_arm64_host_does_the_same():
    told(boot(hosted_on_arm64('/bin/story', ram=RAM)))
    expect_same_trace(traced(hosted, 'here.trace')[1], traced(hosted_on_arm64, 'arm64.trace')[1])


@case
def with_det_a_second_run_does_the_same():
    expect_same_trace(traced(hosted, 'first.trace')[1], traced(hosted, 'second.trace')[1])


main()
