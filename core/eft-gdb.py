"""Eft under gdb: `eft ps`, `eft pt PID VA`, `eft frame PA` and `eft trace`, for both bodies.

    gdb -x core/eft-gdb.py --args build/hosted/eft

scons gdb and scons qemu-gdb load it. It reads the kernel's memory and calls nothing, so that it
works wherever the kernel stands: in a breakpoint, or behind a sanitizer's report. In QEMU the
kernel's memory can be read from where the MMU is on, and not from user mode.
"""
import os

import gdb

PAGE = 4096
LEVELS = (1, 2, 3)
ADDRESS = (1 << 48) - PAGE
HOSTED_RAM = 0x40000000       # RAM_BASE of platform/hosted/ram.h
LINEAR = 0xffffff8000000000   # LINEAR_VA of platform/aarch64/layout.h
LOAD = 0x40200000             # where QEMU's virt machine puts the image

UNREADABLE = ': is the kernel up, with its MMU on, and not in user mode?'

# Where the kernel says that something is wrong: before it prints, so that all is as it was.
REPORTS = {True: ('report', 'last_words', 'panic'), False: ('panic', 'report_exception')}


def is_hosted():
    return gdb.lookup_global_symbol('vtlb_mode') is not None


def static(file, name):
    """A variable of one file of the kernel."""
    try:
        return gdb.parse_and_eval(f"'{file}'::{name}")
    except gdb.error as error:
        raise gdb.GdbError(f'eft: there is no {name} of {file}: {error}')


def read(address, size):
    try:
        return bytes(gdb.selected_inferior().read_memory(address, size))
    except gdb.MemoryError:
        raise gdb.GdbError(f'eft: cannot read 0x{address:x}{UNREADABLE}')


def read_physical(pa, size):
    if not is_hosted():
        return read(LINEAR + pa, size)
    ram = static('ram.c', 'ram_area')
    base, length = int(ram['bytes']), int(ram['size'])
    if not HOSTED_RAM <= pa <= HOSTED_RAM + length - size:
        raise gdb.GdbError(f'eft: 0x{pa:x} is not in RAM')
    return read(base + pa - HOSTED_RAM, size)


def descriptors(table):
    """All descriptors of the table at a physical address."""
    return memoryview(read_physical(table, PAGE)).cast('Q')


def entries(head, member):
    """The structs of type `struct process` on a list, of which member is the link."""
    process = gdb.lookup_type('struct process')
    offset = next(field.bitpos // 8 for field in process.fields() if field.name == member)
    link = head['next']
    while int(link) != int(head.address):
        yield gdb.Value(int(link) - offset).cast(process.pointer()).dereference()
        link = link['next']


def processes():
    """All of them, zombies too, from init on."""
    init = static('process.c', 'processes')['init']
    if int(init) == 0:
        raise gdb.GdbError('eft: there are no processes yet')
    found = [init.dereference()]
    while found:
        process = found.pop(0)
        yield process
        found = [*entries(process['children'], 'sibling'),
                 *entries(process['zombies'], 'sibling')] + found


def process_of(pid):
    for process in processes():
        if int(process['pid']['number']) == pid:
            return process
    raise gdb.GdbError(f'eft: there is no process {pid}')


def word(value, prefix):
    """The name of an enum's value, as a word: WAIT_CHILD is child."""
    return str(value).replace(prefix, '').lower()


def text(value):
    return value.string(errors='replace')


def state_of(process):
    state = word(process['state'], 'PROCESS_')
    if state == 'zombie':
        return f"zombie, status 0x{int(process['wait_status']):x}"
    thread = process['thread']
    if int(thread) == 0:
        return state
    pc = int(thread['user']['pc'])
    if word(thread['state'], 'THREAD_') != 'blocked':
        return f'{word(thread["state"], "THREAD_")}, pc 0x{pc:x}'
    call = thread['call']
    return f"waits for {word(call['reason'], 'WAIT_')} ({int(call['arg'])}), pc 0x{pc:x}"


def number(text_):
    return int(gdb.parse_and_eval(text_)) & (1 << 64) - 1


class Eft(gdb.Command):
    """Looks into the kernel: eft ps, eft pt PID VA, eft frame PA, eft trace."""

    def __init__(self):
        super().__init__('eft', gdb.COMMAND_DATA, gdb.COMPLETE_NONE, True)


class Command(gdb.Command):
    """What the commands share: their name, and the number of their arguments."""
    name = ''
    count = 0

    def __init__(self):
        super().__init__(f'eft {self.name}', gdb.COMMAND_DATA, gdb.COMPLETE_NONE)

    def invoke(self, argument, _from_tty):
        words = gdb.string_to_argv(argument)
        if len(words) != self.count:
            raise gdb.GdbError(self.__doc__.split('.')[0])
        try:
            self.show(*map(number, words))
        except gdb.MemoryError as error:  # values are read when they are looked at
            raise gdb.GdbError(f'eft: {error}{UNREADABLE}')

    def show(self, *_):
        raise NotImplementedError


class Ps(Command):
    """eft ps: the processes. Each with its parent, and what it waits for."""
    name = 'ps'

    def show(self):
        found = list(processes())
        print('  PID  PPID  PGRP  NAME            STATE')
        for process in found:
            parent = process['parent']
            print(f"{int(process['pid']['number']):5} "
                  f"{int(parent['pid']['number']) if int(parent) else 0:5} "
                  f"{int(process['group']['number']):5}  {text(process['name']):15} "
                  f'{state_of(process)}')


def flags_of(descriptor):
    """What a leaf says, Arm ARM D8.3."""
    rights = 'r' + ('-' if descriptor >> 7 & 1 else 'w') + ('-' if descriptor >> 54 & 1 else 'x')
    words = [rights if descriptor >> 6 & 1 else 'EL1 only']
    words += ['' if descriptor >> 10 & 1 else 'AF=0', 'nG' if descriptor >> 11 & 1 else 'global']
    return ' '.join(filter(None, words))


def describe(descriptor, level):
    if descriptor & 1:
        if level < LEVELS[-1] and descriptor & 2:
            return f'table 0x{descriptor & ADDRESS:x}'
        return f'page 0x{descriptor & ADDRESS:x} {flags_of(descriptor)}'
    if descriptor >> 55 & 1:
        return f'parked: holds page 0x{descriptor & ADDRESS:x}, without rights'
    return 'invalid' if descriptor == 0 else 'invalid, with something in it'


class Pt(Command):
    """eft pt PID VA: how a process's address is translated. Each descriptor, decoded."""
    name = 'pt'
    count = 2

    def show(self, pid, va):
        process = process_of(pid)
        if int(process['space']) == 0:
            raise gdb.GdbError(f'eft: process {pid} has no memory any more')
        table = int(process['space']['root'])
        print(f"process {pid} ({text(process['name'])}), va 0x{va:x}, root 0x{table:x}")
        if va >> 39:
            print('above user space: nothing is mapped there')
            return
        for level in LEVELS:
            index = va >> 12 + 9 * (LEVELS[-1] - level) & 511
            descriptor = descriptors(table)[index]
            print(f'level {level}: table 0x{table:x} [{index:3}] = 0x{descriptor:016x}  '
                  f'{describe(descriptor, level)}')
            if not descriptor & 1:
                return
            table = descriptor & ADDRESS
        print(f'pa 0x{table + va % PAGE:x}')


def leaves(table, level=LEVELS[0], base=0):
    """(va, descriptor) of all that is mapped below a table."""
    for index, descriptor in enumerate(descriptors(table)):
        va = base + (index << 12 + 9 * (LEVELS[-1] - level))
        if level == LEVELS[-1] and descriptor:
            yield va, descriptor
        elif descriptor & 1:
            yield from leaves(descriptor & ADDRESS, level + 1, va)


class Frame(Command):
    """eft frame PA: who owns a frame. Its kind, references, and the processes that map it."""
    name = 'frame'
    count = 1

    def show(self, pa):
        frames = static('frame.c', 'frames')
        base, size = int(frames['ram']['base']), int(frames['ram']['size'])
        page = pa - pa % PAGE
        if not base <= page < base + size:
            raise gdb.GdbError(f'eft: 0x{pa:x} is not in RAM')
        given = [frames['ranges'][i] for i in range(int(frames['range_count']))]
        if not any(int(r['base']) <= page < int(r['base']) + int(r['size']) for r in given):
            print(f'frame 0x{page:x}: not handed out: image, initramfs, device tree or frame table')
            return
        # Behind the watermark, in this range or a later one, nothing was ever used.
        last = given[int(frames['range'])]
        end = int(frames['watermark'])
        if page >= end and page >= int(last['base']):
            print(f'frame 0x{page:x}: free, and never used')
            return
        frame = frames['table'][(page - base) // PAGE]
        kinds = {field.enumval: word(field.name, 'FRAME_')
                 for field in gdb.lookup_type('enum frame_kind').fields()}
        print(f"frame 0x{page:x}: {kinds.get(int(frame['kind']), '?')}, "
              f"{int(frame['refs'])} references, {int(frame['entries'])} entries")
        self.show_users(page)

    def show_users(self, page):
        for process in processes():
            space = process['space']
            for va, descriptor in leaves(int(space['root'])) if int(space) else ():
                if descriptor & ADDRESS == page:
                    print(f"  process {int(process['pid']['number'])} "
                          f"({text(process['name'])}) at 0x{va:x}: {describe(descriptor, 3)}")


def call_names():
    table = static('table.c', 'syscalls')
    first, last = table.type.range()
    return {int(table[i]['number']): text(table[i]['name']) for i in range(first, last + 1)}


class Trace(Command):
    """eft trace: the last events. Switches, calls, faults and ends, oldest first."""
    name = 'trace'

    def show(self):
        trace = static('trace.c', 'trace')
        ring, count = trace['ring'], int(trace['count'])
        size = ring.type.range()[1] + 1
        names = call_names()
        for at in range(max(0, count - size), count):
            event = ring[at % size]
            time = int(event['time'])
            print(f"[{time // 10**9:5}.{time % 10**9:09}] {int(event['tid'])} "
                  f'{self.describe(event, names)}')

    @staticmethod
    def describe(event, names):
        kind = word(event['kind'], 'EVENT_')
        if kind in ('call', 'block'):
            args = ', '.join(f'0x{int(event["args"][i]):x}' for i in range(3))
            end = ' blocks' if kind == 'block' else f" = {int(event['result'])}"
            return f"{names.get(int(event['number']), 'call')}({args}){end}"
        if kind == 'fault':
            access = ('read', 'write', 'fetch')[int(event['args'][0])]
            outcome = ('resolved', 'refused', 'no memory')[int(event['result'])]
            return f"fault: {access} 0x{int(event['number']):x}: {outcome}"
        return f"ends, status 0x{int(event['number']):x}" if kind == 'exit' else 'runs'


def load_early_symbols():
    """The first instructions of the image run where the loader has put it, before the MMU is on:
    head.S alone has symbols there too."""
    place = os.path.dirname(gdb.objfiles()[0].filename)
    while place and not os.path.exists(f'{place}/platform/head.S.o'):
        place = place.rpartition('/')[0]
    if place:
        early = f'{place}/platform/head.S.o'
        gdb.execute(f'add-symbol-file {early} -s .head 0x{LOAD:x}', to_string=True)


def start():
    Eft()
    for command in (Ps, Pt, Frame, Trace):
        command()
    if not gdb.objfiles():
        return
    if not is_hosted():
        load_early_symbols()
    for name in REPORTS[is_hosted()]:
        gdb.Breakpoint(name)


start()
