#!/usr/bin/env python3
"""The random driver: what it finds, or is given, it makes smaller; it finds nothing where nothing
is."""
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, 'tests/tools')
import body
from body import boot, case, expect, expect_equal, main, work_file
from machine import built

PROGRAM = built('hosted-test', 'fuzz/storm')
BUG = '--words=plant=own-11'

# Four of these are needed to find the bug.
LONG = b"""r0 = pipe2(&fds, 0)
getpid()
r1 = fork()
read(r0[0], &buffer, 100)
@r1 write(r0[1], &text, 14)
load(&buffer)
close(r0[1])
wait4(r1, NULL, 0)
"""


def minimised(path):
    """The program that is left of one in a file."""
    saved = work_file('saved.repro')
    boot([PROGRAM, BUG, f'--save={saved}', path]).expect(1, 'instructions=8 minimised=4')
    with open(saved, encoding='utf-8') as file:
        return file.read()


# The signal to the process goes to its first thread, which cannot look as long as it waits for the
# other to let go of its memory; that waits for the signal, and sleeps on. (Linux does so, but not
# for who traces all threads, which is why no regression says it.)
IN_VFORK = b"""r0 = clone(CLONE_VM|CLONE_SIGHAND|CLONE_VFORK|CLONE_THREAD) -> blocked
@r0 rt_sigaction(SIGUSR1, &action_restart, NULL, 8) -> 0
@r0 r1 = fork() -> 3
@r0 rt_sigtimedwait(&set_term, NULL, NULL, 8) -> blocked
@r1 kill(1, SIGUSR1) -> 0
"""


@case
def a_signal_may_go_to_who_waits_in_vfork():
    boot([PROGRAM, work_file('vfork.repro', IN_VFORK)]).expect(0, 'found nothing')


@case
def it_finds_what_is_planted():
    boot([PROGRAM, BUG, '--runs=2000', '--quiet']).expect(1, 'found frame.references: ')


@case
def it_finds_nothing_where_nothing_is():
    boot([PROGRAM, '--runs=300']).expect(0, 'found nothing: executions=300')


@case
def a_program_that_was_found_is_made_smaller():
    text = work_file('long.repro', LONG)
    left = minimised(text)
    expect('# check: frame.references' in left, left)
    expect_equal(minimised(text), left, 'the second time')
    boot([PROGRAM, text]).expect(0, 'found nothing: executions=1 ')


@case
def so_are_bytes_that_libfuzzer_has_left():
    text = work_file('long.repro', LONG)
    folder = text.rpartition('/')[0]
    boot([built('hosted-test', 'fuzz/convert'), '--bytes', folder, text]).expect(0)
    expect_equal(minimised(f'{folder}/long'), minimised(text), 'what is left')


@case
def a_finding_is_written_wherever_it_is_run():
    place = tempfile.mkdtemp()
    done = subprocess.run([os.path.abspath(PROGRAM), BUG, '--runs=2000'], cwd=place, check=False,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          timeout=body.SECONDS)
    left = os.listdir(f'{place}/build/fuzz/findings')
    shutil.rmtree(place)
    expect(done.returncode != 0, 'it finds nothing')
    expect(len(left) == 1 and left[0].endswith('.repro'), f'there is {left}')


@case
def what_is_wrong_is_refused():
    for word in ('--foo', '--runs=x', '--profile=none', '--without=', '--without=,'):
        boot([PROGRAM, word]).expect(2, f'storm: {word}')
    boot([PROGRAM, '--without=none']).expect(2, 'storm: no check none')
    boot([PROGRAM, '/nowhere']).expect(2, 'storm: /nowhere: cannot be read')
    boot([PROGRAM, '/']).expect(2, 'storm: /: cannot be read')
    boot([PROGRAM, work_file('wrong.repro', b'r0 = fork(\n')]).expect(2, 'wrong.repro: line 1: ')


main()
