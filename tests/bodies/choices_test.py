#!/usr/bin/env python3
"""What can vary in the hosted body, and that a record of it is replayed: the same words, the same
trace."""
import sys

sys.path.insert(0, 'tests/tools')
from body import boot, case, expect, expect_equal, hosted, main, work_file

STORY_END = '=== Init complete ==='


def with_options(command, *options):
    return [command[0], *options, *command[1:]]


def read(path):
    with open(path, 'rb') as file:
        return file.read()


def run(name, *options, args=('/bin/story',), typed=''):
    """Runs with a trace; gives how it ended, and the trace."""
    trace = work_file(f'{name}.trace')
    ended = boot(with_options(hosted(*args), '--trace', trace, *options), typed)
    return ended, read(trace)


def expect_replayed(name, *options, status=0, replay=(), **words):
    record = work_file(f'{name}.record')
    first, first_trace = run(f'{name}-first', '--record', record, *options, **words)
    first.expect(status)
    words['typed'] = ''
    again, again_trace = run(f'{name}-again', '--replay', record, *replay, **words)
    again.expect(status)
    expect_equal(again.output, first.output, 'what the replay prints')
    expect(again_trace == first_trace, 'the trace of the replay is that of the run')
    expect(first_trace, 'there is a trace')
    return first


@case
def seeds_are_replayed():
    for seed in range(1, 4):
        expect_replayed(f'seed-{seed}', '--seed', str(seed)).expect(0, STORY_END)


@case
def real_time_and_input_are_replayed():
    typed = 'hello\necho some words\nexit 3\n'
    ended = expect_replayed('typed', '--time', 'real', status=3, replay=('--time', 'real'), args=(),
                            typed=typed)
    ended.expect(3, 'some words')


@case
def seeds_differ():
    _, first = run('one', '--seed', '1')
    _, other = run('two', '--seed', '2')
    expect(first != other, 'two seeds give two schedules')


@case
def any_tlb_will_do():
    for options in (('--tlb', 'natural'), ('--tlb', 'natural', '--seed', '9'), ('--tlb', 'none'),
                    ('--asid-bits', '1'), ('--asid-bits', '1', '--tlb', 'natural')):
        boot(with_options(hosted('/bin/story'), *options)).expect(0, STORY_END)


@case
def version():
    boot(with_options(hosted(), '--version')).expect(0, 'eft ')


main()
