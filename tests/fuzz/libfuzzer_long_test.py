#!/usr/bin/env python3
"""The harnesses as libFuzzer drives them, and as OSS-Fuzz builds them."""
import glob
import os
import shutil
import subprocess
import sys
import zipfile

sys.path.insert(0, 'tests/tools')
from body import boot, case, expect, expect_equal, main

PLACE = 'build/tests/libfuzzer'
HARNESSES = sorted(os.path.basename(path)[:-len('.c')] for path in glob.glob('fuzz/*.c'))
RUNS = 3000


def run(name, *words, variant='fuzz'):
    corpus = f'{PLACE}/corpus'  # what is new goes there
    shutil.rmtree(corpus, ignore_errors=True)
    os.makedirs(corpus)
    return boot([f'build/{variant}/{name}', f'-artifact_prefix={PLACE}/', '-seed=1', *words,
                 corpus, f'build/fuzz/seeds/{name}'])


@case
def each_runs_and_finds_nothing():
    for name in HARNESSES:
        run(name, f'-runs={RUNS}', '-max_len=1024').expect(0, 'Done')


@case
def nobody_sees_what_was_never_written():
    for name in HARNESSES:
        run(name, f'-runs={RUNS}', '-max_len=1024', variant='fuzz-msan').expect(0, 'Done')


@case
def what_was_never_written_is_seen():
    for name, bug in (('space', 'leak-1'), ('syscall', 'leak-1'), ('syscall', 'leak-2')):
        ended = run(name, f'--plant={bug}', '-runs=100000', '-max_len=1024', variant='fuzz-msan')
        expect('user.leak: the byte at va' in ended.output,
               f'{name} does not find {bug}: {ended.output[-2000:]}')


@case
def a_finding_is_left_behind():
    shutil.rmtree(PLACE, ignore_errors=True)
    ended = run('space', '--plant=t-1', '-runs=200000', '-max_len=512')
    expect('eft: REPORT tlb.stale' in ended.output, f'not found: {ended.output[-2000:]}')
    left = glob.glob(f'{PLACE}/crash-*')
    expect_equal(len(left), 1, 'the number of inputs left behind')
    again = boot(['build/fuzz/space', '--plant=t-1', left[0]])
    expect('eft: REPORT tlb.stale' in again.output, f'not again: {again.output[-2000:]}')
    boot(['build/fuzz/space', left[0]]).expect(0, 'Executed')


@case
def as_oss_fuzz_builds():
    out = os.path.abspath(f'{PLACE}/out')
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    flags = '-O1 -fno-omit-frame-pointer -gline-tables-only -fsanitize=address,fuzzer-no-link'
    done = subprocess.run(['fuzz/oss-fuzz/build.sh'], check=False, text=True, timeout=1800,
                          env={**os.environ, 'CC': 'clang', 'CXX': 'clang++', 'CFLAGS': flags,
                               'CXXFLAGS': flags, 'LIB_FUZZING_ENGINE': '-fsanitize=fuzzer',
                               'OUT': out},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    expect_equal(done.returncode, 0, f'the status of build.sh ({done.stdout[-1500:]})')
    for name in HARNESSES:
        boot([f'{out}/{name}', '-runs=100']).expect(0, 'Done')
        with zipfile.ZipFile(f'{out}/{name}_seed_corpus.zip') as corpus:
            expect(corpus.namelist(), f'{name} has no seeds')
    expect(os.path.exists(f'{out}/elf.dict') and os.path.exists(f'{out}/elf.options'),
           'no dictionary or no options')


main()
