#!/usr/bin/env python3
"""Programs from one form into another, as tools/convert has it: what is in the corpus comes back
from bytes, but for what is expected."""
import glob
import os
import re
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


main()
