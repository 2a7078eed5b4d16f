#!/usr/bin/env python3
"""Programs from one form into another, as tools/convert has it: what is in the corpus comes back
from bytes, but for what is expected."""
import glob
import os
import re
import subprocess
import sys

sys.path.insert(0, 'tests/tools')
from body import boot, case, expect, expect_equal, main, work_file
from machine import built

PROGRAM = built('hosted-test', 'fuzz/convert')


def instructions(text):
    """The lines of a program without comments and without what is expected."""
    lines = [re.sub(r' -> .*', '', line) for line in text.splitlines()]
    return [line.strip() for line in lines if not line.startswith('#')]


@case
def the_corpus_comes_back_from_bytes():
    files = sorted(glob.glob('fuzz/corpus/*.repro'))
    expect(len(files) >= 12, 'there is no corpus')
    folder = os.path.dirname(work_file('bytes', b''))
    boot([PROGRAM, '--bytes', folder, *files]).expect(0)
    for path in files:
        with open(path, encoding='utf-8') as file:
            wanted = instructions(file.read())
        name = os.path.basename(path)[:-len('.repro')]
        ended = boot([PROGRAM, os.path.join(folder, name)])
        ended.expect(0)
        expect_equal(instructions(ended.output), wanted, path)


@case
def it_prints_c():
    ended = boot([PROGRAM, '--c', 'fuzz/corpus/fork_exit_wait.repro'])
    ended.expect(0)
    expect('int main(int argc, char **argv)' in ended.output, 'that is no C program')
    expect('SYS_exit_group, (long)(42)' in ended.output, 'the child does not exit')


@case
def what_is_wrong_is_refused():
    boot([PROGRAM]).expect(2, 'usage: convert')
    boot([PROGRAM, '/nowhere.repro']).expect(2, '/nowhere.repro: cannot be read')
    boot([PROGRAM, '/']).expect(2, '/: cannot be read')
    long = b'#' * 70000 + b'\nr0 = fork()\n'
    boot([PROGRAM, work_file('long.repro', long)]).expect(2, 'long.repro: is too long')
    boot([PROGRAM, work_file('wrong.repro', b'r0 = fork(\n')]).expect(2, 'wrong.repro: line 1: ')
    lines = b'# A program of several lines, in a file of the wrong name.\nr0 = fork()\n'
    text = work_file('program.txt', lines)
    boot([PROGRAM, text]).expect(2, "program.txt: is text, and its name does not end in .repro\n")
    wrong = work_file('wrong.repro', b'getpid()\n# check: wait.nothing\n')
    boot([PROGRAM, wrong]).expect(2, "wrong.repro: line 2: there is no check 'wait.nothing'\n")


@case
def every_name_that_is_reported_can_be_expected():
    """Of the simulated machine, the run and the driver: what a finding is saved with is read."""
    names = set()
    ours = r'"((?:model|run|kernel)\.[a-z]+|sanitizer)"'
    for place, pattern in (('platform/hosted', r'report\("([a-z.-]+)"'), ('fuzz/run', ours),
                           ('fuzz/driver', ours), ('fuzz/model', ours)):
        for path in glob.glob(f'{place}/**/*.c', recursive=True):
            with open(path, encoding='utf-8') as file:
                names |= set(re.findall(pattern, file.read()))
    expect(names >= {'tlb.stale', 'user.leak', 'run.progress', 'model.memory', 'sanitizer',
                     'kernel.panic', 'run.determinism'}, f'only {sorted(names)} are reported')
    for name in sorted(names):
        program = work_file('named.repro', f'# check: {name}\ngetpid()\n'.encode())
        ended = boot([PROGRAM, program]).expect(0)
        expect(f'# check: {name}\n' in ended.output, f'{name} does not come back')


@case
def tools_say_what_they_do():
    """--help is no mistake: the usage on standard output."""
    for tool in ('convert', 'enumerate', 'replay/replay', 'storm', 'sweep'):
        program = built('hosted-test', f'fuzz/{tool}')
        asked = subprocess.run([program, '--help'], capture_output=True, text=True, check=False)
        name = os.path.basename(tool)
        expect_equal((asked.returncode, asked.stderr), (0, ''), f'what {tool} gives')
        expect(asked.stdout.startswith(f'usage: {name}'), f'{tool} says {asked.stdout!r}')


main()
