#!/usr/bin/env python3
"""The harnesses, with the driver of our own: their seeds and a few thousand random inputs find
nothing; what is wrong on purpose is found, and left behind as an input that finds it again."""
import functools
import glob
import hashlib
import os
import re
import subprocess
import sys

sys.path.insert(0, 'tests/tools')
import body
from body import Wrong, boot, case, expect, expect_equal, main
import machine

SEEDS = 'build/fuzz/seeds'
RUNS = {'el0': 1000, 'frame': 4000, 'space': 3000, 'uaccess': 2000, 'elf': 3000, 'cpio': 3000,
        'fdt': 20000}

# Bugs of the kernel that a harness can meet, and what sees each, a pattern.
PLANTED = {
    'space': {
        't-1': 'tlb.stale', 't-2': 'tlb.publish', 't-3': 'tlb.break-before-make',
        't-4': 'frame.freed-while-cached', 'f-96': 'space.contents', 'x-31': 'space.(write|rights)',
        'x-30': 'space.references', 'k-13': 'space.references',
        'seed-1': 'space.references|frame.freed-while-mapped',
        'l-69': 'space.references', 'k-4': 'frame.marked-while-table',
        'a-56': 'check_leaf: .*refs == 1', 'n-99': 'check_leaf: .*refs == 1',
    },
    'elf': {'k-8': 'elf.mapped'},
}


def harness(name, *words):
    """The command that runs a harness; what it finds goes to a folder of its own."""
    place = os.path.join('build/tests/fuzz', name) + os.sep
    os.makedirs(place, exist_ok=True)
    return [machine.built('hosted-test', f'fuzz/{name}'), f'-artifact_prefix={place}', *words]


def run(name, *words):
    return boot(harness(name, *words))


def finds_nothing(name):
    seeds = len(os.listdir(f'{SEEDS}/{name}'))
    said = f'{seeds} files and {RUNS[name]} random inputs of seed 1: nothing found'
    run(name, f'-runs={RUNS[name]}', f'{SEEDS}/{name}').expect(0, said)


def finds(name, word, check):
    """Something is found, and again from what was left behind, but not without the word."""
    for old in glob.glob(f'build/tests/fuzz/{name}/crash-*'):
        os.remove(old)
    said = run(name, word, f'-runs={RUNS[name]}', f'{SEEDS}/{name}').output
    expect(re.search(check, said), f'{check} does not fire: {said[-1500:]}')
    left = glob.glob(f'build/tests/fuzz/{name}/crash-*')
    expect_equal(len(left), 1, 'the number of inputs left behind')
    with open(left[0], 'rb') as file:
        expect_equal(left[0].rsplit('-', 1)[1], hashlib.sha1(file.read()).hexdigest(), 'its name')
    again = run(name, word, left[0])
    expect(again.status != 0 and re.search(check, again.output),
           f'not again: {again.output[-1500:]}')
    run(name, left[0]).expect(0, '1 files and 0 random inputs')


def make_cases():
    for name in RUNS:
        case_of(f'{name}_finds_nothing', finds_nothing, name)
        case_of(f'{name}_sees_its_own_mistake', finds, name, '--mistake', f'eft: REPORT {name}.')
        for bug, check in PLANTED.get(name, {}).items():
            case_of(f'{name}_finds_{bug.replace("-", "_")}', finds, name, f'--plant={bug}', check)


def case_of(name, function, *words):
    made = functools.partial(function, *words)
    made.__name__ = name
    case(made)


make_cases()


@case
def each_harness_has_a_test():
    sources = {os.path.basename(path)[:-len('.c')] for path in glob.glob('fuzz/*.c')}
    expect_equal(sources - {'syscall'}, set(RUNS), 'the harnesses')
    for name in RUNS:
        expect(os.path.exists(f'fuzz/{name}.options'), f'fuzz/{name}.options is not there')


@case
def the_seed_of_a_run_decides_all_of_it():
    # Of a harness that ends at an input that depends on the seed.
    first, second = (run('fdt', '--mistake', '-runs=9000', f'-seed={seed}', f'{SEEDS}/fdt/machine')
                     for seed in (1, 1))
    expect_equal(first.output, second.output, 'the output of the second run')


@case
def wrong_words_are_said():
    for words, said in ((['-runs=x'], 'that is no number'), (['-foo=1'], 'there are -runs='),
                        (['--foo'], 'there are --plant=ID and --mistake'),
                        (['--plant=z-9'], 'no such bug: z-9'),
                        (['/no/such/file'], 'cannot be read')):
        run('fdt', *words).expect(2, said)


@case
def scons_fuzz_says_what_it_cannot_do():
    for words, said in ((['HARNESS=nobody'], "HARNESS is 'nobody'; it can be"),
                        (['HARNESS=space', 'TIME=soon'], "TIME is 'soon'; it can be 60s"),
                        (['TIME=5s'], 'which harness?')):
        done = subprocess.run(['scons', '-Q', 'fuzz', *words], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=body.SECONDS,
                              check=False)
        if done.returncode != 2 or said not in done.stdout or done.stdout.count('\n') != 1:
            raise Wrong(f'{words}: status {done.returncode}: {done.stdout}')


main()
