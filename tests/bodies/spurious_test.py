#!/usr/bin/env python3
"""Waiting calls that are woken for no reason, at every point: user programs do the same as on a
machine that never does that, which does the same as Linux (checks_test.py)."""
import functools
import re
import subprocess
import sys

sys.path.insert(0, 'tests/tools')
import machine
import programs
from body import case, expect, expect_equal, hosted, main, work_file

NAMES = ['interrupt', 'signals', 'threads']
LIBRARY = 'hosted-release'


@functools.cache
def initrd():
    return programs.initrd('spurious.cpio', programs.user('init', 'cat', *NAMES))


@functools.cache
def spurious():
    """The program that boots a machine which wakes everybody."""
    program = work_file('spurious')
    archive = machine.built(LIBRARY, 'libeft.a')
    subprocess.run(['gcc', '-O1', '-Ilib', '-o', program, 'tests/bodies/programs/spurious.c',
                    archive, '-lm'], check=True)
    return program


def run(*words):
    """What is printed, and how many were woken for no reason."""
    done = subprocess.run([spurious(), initrd(), *words], timeout=100, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    expect_equal(done.returncode, 0, 'the status')
    wakes = int(re.search(r'(\d+) wakes for no reason', done.stderr).group(1))
    print(f'{words[0]}: {wakes} wakes')
    return done.stdout, wakes


def lines(text):
    return re.sub(r'(?m)^(ok|not ok) \d+ ', r'\1 ', text).split('\n')


def survives(name, least):
    path = f'/bin/{name}'
    want, _ = programs.told(programs.in_turn(hosted, [[path]], initrd()))[path]
    text, wakes = run(f'-- /bin/in_turn {path}')
    text = text.split(f'[{path}: status 0]')[0].rstrip('\n')
    for have, wanted in zip(lines(text) + [''], lines(want) + ['']):
        expect_equal(have, wanted, 'a line')
    expect(wakes > least, f'only {wakes} wakes')


@case
def each_waiting_call_survives_spurious_wakes():
    survives('interrupt', 10000)


@case
def signals_survive_spurious_wakes():
    survives('signals', 1000)


@case
def threads_survive_spurious_wakes():
    survives('threads', 1000)


@case
def the_console_survives_spurious_wakes():
    text, wakes = run('-- /bin/cat', 'one', 'two', 'three')
    echoed = [line for line in ('one', 'two', 'three') for _ in range(2)]
    expect_equal(text.split('\n')[:-1], echoed, 'what is echoed, and what is read')
    expect(wakes >= 4, f'only {wakes} wakes')


main()
