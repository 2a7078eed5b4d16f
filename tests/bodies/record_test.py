#!/usr/bin/env python3
"""Records of whole runs: what is replayed is the same run, and what is not is told."""
import os
import re
import struct
import sys
import time

sys.path.insert(0, 'tests/tools')
import machine
from body import HOSTED, Terminal, boot, case, expect, expect_equal, hosted, main, work_file

STORY_END = '=== Init complete ==='
MASK = (1 << 64) - 1
THREAD = 0  # PLAT_CHOOSE_THREAD
HEAD = struct.Struct('<QHHI')  # of a chunk: sum, kind, check, size
MAGIC = b'Eft record 1\n'


def with_options(command, *options):
    return [command[0], *options, *command[1:]]


def read(path):
    with open(path, 'rb') as file:
        return file.read()


def hash_of(ended):
    """The parts of the trace hash that --hash has printed."""
    match = re.search(r'eft: trace hash (\w+): registers (\w+) of (\d+) traps, choices (\w+) of '
                      r'(\d+), console (\w+) of (\d+) bytes', ended.output)
    expect(match, f'--hash says what the run comes to: {ended.output[-300:]}')
    return dict(zip(('all', 'registers', 'traps', 'choices', 'count', 'console', 'bytes'),
                    match.groups()))


def without_ours(output):
    """What the kernel printed, without the lines that eft itself adds to it."""
    return re.sub(r'eft: (trace hash|the replay|\S+ ends here).*\n', '', output)


def replay(record, *options, variant=HOSTED, cwd='.'):
    """Replays in another directory, without a terminal."""
    eft = os.path.abspath(machine.built(variant, 'eft'))
    record = os.path.relpath(record, cwd)
    return boot(['env', '-C', cwd, eft, '--replay', record, '--hash', *options])


def expect_same(first, record, status, *options, **words):
    again = replay(record, *options, **words).expect(status, 'eft: the replay was the same')
    expect_equal(hash_of(again), hash_of(first), 'the hash of the replay')
    expect_equal(without_ours(again.output), without_ours(first.output), 'what the replay prints')


def run(name, *options, args=('/bin/story',), typed='', **words):
    """A run with a record; gives how it ended, and the record."""
    record = work_file(f'{name}.record')
    command = with_options(hosted(*args, **words), '--record', record, '--hash', *options)
    return boot(command, typed), record


@case
def seeds_are_replayed():
    for seed in range(1, 4):
        first, record = run(f'seed-{seed}', '--seed', str(seed))
        expect_same(first.expect(0, STORY_END), record, 0)


@case
def any_machine_is_replayed():
    for number, options in enumerate((('--tlb', 'natural', '--seed', '9'), ('--tlb', 'none'),
                                      ('--asid-bits', '1', '--ram', '16M'), ('--time', 'real'))):
        first, record = run(f'machine-{number}', *options)
        expect_same(first.expect(0, STORY_END), record, 0, cwd='/')


@case
def words_for_the_kernel_are_replayed():
    first, record = run('words', cmdline='det=7', args=('/bin/echo', 'two words', ''))
    expect_same(first.expect(0, 'two words'), record, 0, cwd='/')


@case
def a_pipe_is_replayed():
    first, record = run('pipe', '--time', 'real', args=(),
                        typed='hello\necho some words\nexit 3\n')
    expect_same(first.expect(3, 'some words'), record, 3, cwd='/')


@case
def a_session_on_a_terminal_is_replayed():
    record = work_file('session.record')
    with Terminal(with_options(hosted(), '--record', record, '--hash')) as session:
        said = session.wait_for('$ ')
        session.type('story\r')
        said += session.wait_for(STORY_END + '\n')
        session.type('sleep 1\recho do\x7fone\r')
        said += session.wait_for('done\n')
        session.type('exit 4\r')
        first = session.end()
    first.output = said + first.output
    expect_equal(first.status, 4, 'its status')
    expect_same(first, record, 4, cwd='/')


@case
def both_builds_go_the_same_way():
    first, record = run('asan', '--seed', '5', variant='hosted')
    expect_same(first.expect(0, STORY_END), record, 0, variant='hosted-release')
    first, record = run('release', '--seed', '5', variant='hosted-release')
    expect_same(first.expect(0, STORY_END), record, 0, variant='hosted')


@case
def a_trace_only_watches():
    traces = [work_file(f'{name}.trace') for name in ('first', 'again', 'late')]
    first, record = run('traced', '--seed', '2', '--trace', traces[0])
    expect_same(first.expect(0, STORY_END), record, 0, '--trace', os.path.abspath(traces[1]))
    expect(read(traces[0]) and read(traces[0]) == read(traces[1]), 'the replay has the same trace')
    first, record = run('untraced', '--seed', '2')
    expect_same(first, record, 0, '--trace', os.path.abspath(traces[2]))
    expect(read(traces[0]) == read(traces[2]), 'a replay can be traced when the run was not')


@case
def seeds_are_schedules():
    hashes = [hash_of(boot(with_options(hosted('/bin/story'), '--hash', '--seed', seed))
                      .expect(0, STORY_END)) for seed in ('1', '2', '1')]
    expect_equal(hashes[2], hashes[0], 'the same seed again')
    expect(hashes[0]['registers'] != hashes[1]['registers'], 'another seed, other registers')
    expect(hashes[0]['choices'] != hashes[1]['choices'], 'another seed, other choices')


@case
def a_killed_session_is_a_prefix():
    record = work_file('killed.record')
    with Terminal(with_options(hosted(), '--record', record)) as session:
        session.wait_for('$ ')
        session.type('hello\r')
        session.wait_for('Goodbye!')
        session.wait_for('$ ')
        time.sleep(0.3)  # it waits for a key, and has written what was before
        # SIGKILL, by the end of the block
    again = replay(record).expect(0, 'Goodbye!', 'and all was the same')
    expect(again.output.split('Goodbye!')[1].startswith('\n'), 'the last line is whole')


# Changing a record from outside needs its sums.

def step(total, word):
    total = ((total ^ word) * 0xd6e8feb86659fd93) & MASK
    return total ^ total >> 32


def hash_bytes(start, data):
    total = step(start, len(data))
    for at in range(0, len(data), 8):
        total = step(total, int.from_bytes(data[at:at + 8], 'little'))
    return total


def chunks_of(data):
    at = len(MAGIC)
    while at < len(data):
        _, kind, _, size = HEAD.unpack_from(data, at)
        at += HEAD.size
        yield chr(kind), data[at:at + size]
        at += size


def make_record(chunks):
    data = MAGIC
    for kind, contents in chunks:
        size = len(contents)
        check = hash_bytes(ord(kind), size.to_bytes(4, 'little')) & 0xffff
        data += HEAD.pack(hash_bytes(ord(kind) << 32 | size, contents), ord(kind), check, size)
        data += contents
    return data


def entries_of(choices):
    """The choices of a chunk, each as its kind and its bytes."""
    at = 0
    while at < len(choices):
        length = choices[at] & 7
        yield choices[at] >> 3, choices[at:at + 1 + length]
        at += 1 + length


def flip_one(chunks):
    """Makes the first thread that was not the dull choice the dull one."""
    is_done = False
    for kind, contents in chunks:
        if kind == 'C' and not is_done:
            entries = list(entries_of(contents))
            for number, (what, entry) in enumerate(entries):
                if what == THREAD and len(entry) > 1:
                    entries[number] = (what, bytes([THREAD << 3]))
                    is_done = True
                    break
            contents = b''.join(entry for _, entry in entries)
        yield kind, contents
    expect(is_done, 'a thread was chosen')


@case
def a_flipped_choice_shows_in_the_registers():
    first, record = run('flipped', '--seed', '1')
    data = read(record)
    chunks = list(chunks_of(data))
    expect(make_record(chunks) == data, 'this test makes records as eft does')
    other = work_file('flipped-one.record', make_record(flip_one(chunks)))
    again = replay(other)
    expect_equal(again.status, 1, 'its status')
    match = re.search(r'eft: the replay of \S+ differs from trap (\d+) on: ', again.output)
    expect(match, f'it says from where on it differs: {again.output[-300:]}')
    expect(0 < int(match.group(1)) < int(hash_of(first)['traps']), 'on the way')
    expect(hash_of(again)['registers'] != hash_of(first)['registers'], 'other registers')


@case
def damaged_files():
    _, record = run('whole', '--seed', '1')
    data = read(record)
    for at in (20, len(MAGIC) + 1, len(data) // 3, len(data) // 2, len(data) - 1):
        broken = work_file('damaged.record', data[:at] + bytes([data[at] ^ 1]) + data[at + 1:])
        replay(broken).expect(2, 'eft: ', ' is damaged, at byte ')
    replay(work_file('cut.record', data[:1000])).expect(2, 'is cut off before the run begins')
    replay(work_file('empty.record', b'')).expect(2, 'is not a record')
    replay('README.md').expect(2, 'is not a record')
    replay('build').expect(2, 'cannot read')
    replay('nowhere').expect(2, 'cannot read')


@case
def options_that_do_not_fit():
    _, record = run('options', '--seed', '1')
    before = read(record)
    eft = machine.built(HOSTED, 'eft')
    for options in (('--ram', '32M'), ('--seed', '1'), ('--cmdline', ''), ('--time', 'real'),
                    ('--record', record), ('--', '/bin/story')):
        boot([eft, '--replay', record, *options]).expect(2, 'eft: --replay')
    boot([eft, '--record', record, '--ram', '1K']).expect(2, 'eft: too little RAM')
    boot([eft, '--record', record, '--initrd', 'nowhere']).expect(2, 'cannot read the initramfs')
    expect(read(record) == before, 'the record is as it was')
    boot(with_options(hosted('/bin/hello'), '--record', '/')).expect(2, 'cannot write /')


@case
def a_record_of_another_kernel_says_so():
    _, record = run('mine', '--seed', '1')
    chunks = [(kind, bytes([contents[0] ^ 1]) + contents[1:] if kind == 'M' else contents)
              for kind, contents in chunks_of(read(record))]
    again = replay(work_file('other.record', make_record(chunks)))
    again.expect(0, 'was recorded by another kernel', 'eft: the replay was the same')


main()
