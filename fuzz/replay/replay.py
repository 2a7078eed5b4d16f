#!/usr/bin/env python3
"""Runs programs hosted, in QEMU and on Linux, and compares them line by line.

    replay.py [--words=WORDS] FILE.repro...

A line for each instruction, with what became of it; where two machines, or a machine and what the
file expects, do not agree, all are told side by side. Status 0: all agree; 1: not; 2: it could not
be tried.

Hosted and in QEMU everything is the same that is decided at a call, in an allocation or in a window
of one: the schedule, failures, events. Only the mode of the TLB is not: QEMU's forgets what it
likes. If the digest of all events is the same, the two have gone the same way step by step.

Linux has its own schedule, and nothing fails there. So hosted runs a program once more without
failures, with the dull schedule and with enough memory, and Linux is compared with that; and with
what the file expects, where that run gave the same.
"""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '../../tests/tools'))
import cpio
import debian
import machine

TOOL = machine.built('hosted-test', 'fuzz/replay/replay')
IMAGE = machine.built('aarch64-test', 'fuzz/replay/replay.image')
RUNNER = machine.built('aarch64-test', 'fuzz/replay/linux')
PLACE = f'build/fuzz/replay{machine.SUFFIX}'
HOSTED_LOG = 'hosted.log'  # what sanitizers have printed
SECONDS = 120
EXACT = ('-icount', 'shift=0,sleep=off', '-smp', '1')


class Trouble(Exception):
    """What keeps a machine from being tried."""


class Line:
    """What a machine says of an instruction."""

    def __init__(self, fields):
        number, self.judged, kind, self.actual, self.expected, self.insn = fields
        self.number = int(number)
        self.is_address = kind == 'address'

    def is_as_on(self, other):
        """Whether it is the same as on Linux: addresses are other numbers there, and who traces a
        process is told how it has ended even if nobody else is."""
        return (self.actual == other.actual or self.is_address and other.is_address or
                self.actual == 'gone' and other.actual.startswith(('ended', 'signal')))


    def waits(self):
        """How it begins if the call has waited."""
        return 'blocked' if self.actual.startswith('blocked') else ''

    def is_unfinished(self):
        """Whether more would become of it, if all who wait went on."""
        return self.actual in ('blocked', 'blocked, stopped', 'stopped')


class Run:
    """What a machine says of a program."""

    def __init__(self):
        self.lines = []
        self.found = None   # 'check: details'
        self.digest = None  # None: it has not come to its end
        self.stop = None    # (number, why): nothing can be said from there on


def _run(command, seconds=SECONDS):
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as error:
        said = (error.stdout or b'').decode(errors='replace')
        raise Trouble(f'no end after {seconds} s: {said[-500:]}') from None
    except OSError as error:
        raise Trouble(f'{error}; ./setup installs what is missing') from None


def _why(done):
    return done.stderr.decode(errors='replace').strip().removeprefix('replay: ')


def _tool(*arguments):
    done = _run([TOOL, *arguments])
    if done.returncode != 0:
        raise Trouble(_why(done))
    return done.stdout


def _words_of(programs, *options):
    """The tool's arguments for [(path, words for the kernel)]."""
    return [*options, *[argument for path, words in programs
                        for argument in (f'--words={words}', path)]]


def _parse(answers, name, arguments):
    """What a machine has printed, as a Run for each program."""
    path = f'{PLACE}/{name}.answers'
    with open(path, 'wb') as file:
        file.write(answers.replace(b'\r\n', b'\n'))
    runs, said = [], _panics(answers)
    for line in _tool('show', path, *arguments).decode(errors='replace').split('\n'):
        word, _, rest = line.partition(' ')
        if word == '~program':
            runs.append(Run())
        elif word == '~done':
            return runs
        elif word == '~found':
            panic = said.get(len(runs) - 1) if rest.startswith('kernel.panic') else None
            runs[-1].found = runs[-1].found or (f'kernel.panic: {panic}' if panic else rest)
        elif word == '~stop':
            number, _, why = rest.partition(' ')
            runs[-1].stop = (int(number), why)
        elif word == '~end':
            runs[-1].digest = rest
        elif line and runs:
            runs[-1].lines.append(Line(line.split('\t')))
    raise Trouble(f'{name} has not come to the end: {answers[-500:].decode(errors="replace")}')


def _panics(answers):
    """{program: what it panicked with}; the words are on the console, before ~found."""
    words, program = {}, -1
    for line in answers.decode(errors='replace').split('\n'):
        if line.startswith('~program '):
            program = int(line.split()[1])
        elif line.startswith('eft: panic: ') or line.startswith('eft: exception'):
            words.setdefault(program, line.removeprefix('eft: ').removeprefix('panic: ').strip())
    return words


def _pack(name, arguments):
    os.makedirs(PLACE, exist_ok=True)
    path = f'{PLACE}/{name}.pack'
    _tool('pack', path, *arguments)
    return path


def hosted(programs, *options):
    """Runs [(path, words)] in processes of this host."""
    os.makedirs(PLACE, exist_ok=True)
    arguments = _words_of(programs, *options)
    done = _run([TOOL, 'run', *arguments])
    with open(f'{PLACE}/{HOSTED_LOG}', 'ab' if options else 'wb') as file:
        file.write(done.stderr)
    if done.returncode != 0:
        raise Trouble(_why(done))
    return _parse(done.stdout, 'hosted', arguments)


def qemu(programs):
    """Runs them in one boot of the image for AArch64."""
    arguments = _words_of(programs)
    command = machine.qemu(IMAGE, _pack('qemu', arguments), ram='128M')
    return _parse(_run(command).stdout, 'qemu', arguments)


def linux(programs):
    """Runs them in one boot of Linux, without what it cannot do."""
    arguments = _words_of(programs, '--dull')
    with open(RUNNER, 'rb') as runner, open(_pack('linux', arguments), 'rb') as pack:
        files = {'init': runner.read(), 'pack': pack.read()}
    archive = f'{PLACE}/linux.cpio'
    with open(archive, 'wb') as file:
        file.write(cpio.archive(files))
    try:
        command = [*machine.linux(debian.kernel(), archive), *EXACT]
    except debian.Missing as error:
        raise Trouble(f'no Linux kernel: {error}') from None
    return _parse(_run(command).stdout, 'linux', arguments)


def draw(folder, seed, count):
    """Makes random programs in a folder; their paths."""
    return _tool('draw', folder, str(seed), str(count)).decode().split()


# ---- what is known of Linux ----

def _operation(insn):
    return insn.split('(')[0].split()[-1]


# What differs on purpose, or since nothing could make it the same: its name, the operations (none:
# all), and when: by what Eft and Linux gave, and the instruction, as text.
DIFFERENCES = (
    ("spawn is a call of Eft's own", ('spawn',), lambda eft, linux, insn: linux == 'ENOSYS'),
    ('on Eft no futex hands a priority on', ('futex',),
     lambda eft, linux, insn: eft == 'ENOSYS' and '_PI' in insn),
    ('who kills itself does not return on Linux', ('kill', 'tkill', 'tgkill'),
     lambda eft, linux, insn: eft == '0' and linux == 'signal 9'),
    ('clocks go their own way', ('times', 'clock_gettime'),
     lambda eft, linux, insn: not linux.isupper()),
    ('it is later on Linux', ('clock_nanosleep',),
     lambda eft, linux, insn: eft.startswith('blocked') and linux == '0' and ', 1, ' in insn),
    ('Eft has no rseq, which is for other barriers', ('membarrier',),
     lambda eft, linux, insn: eft.isdigit() and linux.isdigit() and 'QUERY' in insn),
    ('who is traced keeps what it ignores', ('read', 'readv'),
     lambda eft, linux, insn: eft.startswith('blocked') and linux.split()[-1] == '128'),
    ('who is traced is interrupted by what it ignores', ('rt_sigtimedwait',),
     lambda eft, linux, insn: eft in ('blocked', 'blocked, EAGAIN') and
     linux == 'blocked, EINTR'),
    ('whether a vfork or its child is first to end', ('clone', 'clone3'),
     lambda eft, linux, insn: eft.startswith('blocked, signal ') and
     re.fullmatch(r'blocked, \d+', linux)),
    ('how far a chunk that cannot be written goes', ('getrandom',),
     lambda eft, linux, insn: eft.isdigit() and linux.isdigit()),
    ('Eft does not have all of madvise', ('madvise',),
     lambda eft, linux, insn: eft == 'EINVAL' and re.search(
         'FORK|POPULATE|REMOVE|POISON|OFFLINE', insn)),
    ('Eft has no namespaces', ('clone', 'clone3'),
     lambda eft, linux, insn: eft == 'EINVAL'),
    ('on Eft waitid writes nothing when it fails', ('waitid',),
     lambda eft, linux, insn: linux == 'EFAULT'),
    ("the console of Linux's first process is no terminal of its session", ('ioctl',),
     lambda eft, linux, insn: linux == 'ENOTTY' and 'TIOC' in insn),
    ('a terminal of Linux takes all ranges or none', ('writev',),
     lambda eft, linux, insn: linux == 'EFAULT'),
    ('Eft does not take the tags off addresses', ('munmap', 'mprotect', 'madvise', 'mremap'),
     lambda eft, linux, insn: re.search(r'\(0x[0-9a-f]{15,16}\b', insn)),
    ("something of Linux's own is mapped there", ('munmap', 'mprotect', 'madvise', 'mremap'),
     lambda eft, linux, insn: linux == 'EINVAL' and re.search(r'\(r\d', insn)),
    ("something of Linux's own is mapped behind the first mapping", ('mmap', 'mremap'),
     lambda eft, linux, insn: linux == 'ENOMEM' and re.match(r'0x7ff7ef[0-9a-f]{4}$', eft) and
     re.search(r'\(r\d', insn)),
    ("something of Linux's own is read behind the first mapping", ('write', 'writev'),
     lambda eft, linux, insn: eft.isdigit() and linux.isdigit() and
     int(linux) == int(eft) + 4096 and re.search(r', r\d', insn)),
    ("something of Linux's own lies behind the first mapping", ('mprotect', 'madvise'),
     lambda eft, linux, insn: eft == 'ENOMEM' and linux == '0' and re.search(r'\(r\d', insn)),
    ('addresses have 39 bits on Eft and 48 on Linux', (), lambda eft, linux, insn:
     eft in ('EFAULT', 'EINVAL', 'ENOMEM') and any(
         1 << 39 <= int(number, 16) < 1 << 48 for number in re.findall('0x[0-9a-f]+', insn))),
    ('addresses have 39 bits on Eft and 48 on Linux', ('readv', 'writev'),  # those at this place
     lambda eft, linux, insn: eft == 'EFAULT' and '0x10001000' in insn),
    ('Eft has no clock that wakes the machine', ('timer_create', 'clock_nanosleep'),
     lambda eft, linux, insn: eft == 'EOPNOTSUPP' and '_ALARM' in insn),
    ('which of several children is told of', ('wait4', 'waitid'),
     lambda eft, linux, insn: linux.split()[-1].isdigit() and eft.split()[-1].isdigit() and
     '(-1' in insn),
    ('Eft has no pipes of packets', ('pipe2',),
     lambda eft, linux, insn: eft == 'EINVAL' and 'O_DIRECT' in insn),
    ('what lies beside a mapping', ('load', 'store'), lambda eft, linux, insn: re.search(
        r'\(r\d+[+-]\d{4}', insn)),
    ('what the machine is', ('load',), lambda eft, linux, insn: re.search(
        r'&(time|times|usage|file_status|system|utsname)\b', insn)),
    ('who leaves no zombie is seen to end by who traces it', (),
     lambda eft, linux, insn: re.search(r'\bgone$', eft) and
     re.search(r'\b(signal|ended) \d+$', linux)),
    ('which of two mistakes is told', (),
     lambda eft, linux, insn: eft.isupper() and linux.isupper()),
)


# Calls that on Linux have done all when they find that they cannot write what they should: Eft
# writes first, and a failed call has changed nothing.
WRITE_LAST = ('rt_sigaction', 'rt_sigprocmask', 'sigaltstack', 'wait4', 'waitid', 'prlimit64')


def is_behind(line):
    """Whether the two kernels may have different states behind a line, though both failed."""
    operation = _operation(line.insn)
    return (operation == 'spawn' or  # which takes a PID and gives it back
            operation in WRITE_LAST and line.actual.endswith('EFAULT') or
            'FUTEX_WAKE_OP' in line.insn and line.actual == 'ENOSYS')


def _is_large(value):
    return value.startswith('0x') and int(value, 16) >= 1 << 48


def difference(dull, line, has_threads, has_handlers):
    """The name of a known difference between what hosted and what Linux gave, or None."""
    operation = _operation(line.insn)
    if has_handlers and operation == 'load' and _is_large(dull.actual) and \
            re.fullmatch('[0-9a-fx]+', line.actual):
        return "registers that no operation uses, in a handler's frame"
    if has_threads and dull.actual == 'blocked' and \
            re.fullmatch(r'blocked, (signal|ended) \d+', line.actual):
        return 'of the threads that end together all are seen to by who traces them'
    if has_threads and operation in ('wait4', 'waitid') and \
            sorted(re.sub(r'\d+', 'N', x.actual) for x in (dull, line)) == \
            ['blocked, ECHILD', 'blocked, N']:
        return 'which of several threads is told'
    for name, operations, holds in DIFFERENCES:
        if (not operations or operation in operations) and \
                holds(dull.actual, line.actual, line.insn):
            return name
    return None


# ---- comparing ----

class Verdict:
    """A program on all machines: what to print, and where it is not as it should be."""

    def __init__(self):
        self.lines = []
        self.wrong = {'hosted': [], 'qemu': [], 'linux': []}  # numbers of instructions
        self.found = {}  # machine: what it found
        self.is_exact = None
        self.compared = self.agreed = 0  # instructions, with Linux

    def is_well(self):
        return not self.found and not any(self.wrong.values())


class LinuxView:
    """Linux beside the dull run of a program."""

    def __init__(self, dull, run):
        self.dull, self.run = dull, run
        self.behind = None  # why nothing more can be compared
        self.has_handlers = any(re.search(r'&action_(handle|restart|onstack)', line.insn)
                                for line in dull.lines)
        self.has_threads = any('CLONE_THREAD' in line.insn or 'clone_thread' in line.insn
                               for line in dull.lines)

    def look(self, line, verdict):
        """What to say of Linux for a line of hosted's."""
        number = line.number
        if self.run.stop and number >= self.run.stop[0]:
            self.behind = self.behind or self.run.stop[1]
        if self.behind:
            return f'not compared: {self.behind}'
        dull, real = self.dull.lines[number], self.run.lines[number]
        if self.dull.found:
            return f'{real.actual} (not compared: hosted has found something)'
        if self.run.stop and real.is_unfinished() and dull.actual.startswith(real.waits()):
            return f'{real.actual}, and nobody has waited for its end'
        verdict.compared += 1
        if not dull.is_as_on(real):
            name = difference(dull, real, self.has_threads, self.has_handlers)
            if not name:
                verdict.wrong['linux'].append(number)
                self.behind = 'behind a difference'
                return f'{real.actual}, NOT {dull.actual}'
            if is_behind(real) or not (real.actual.isupper() and dull.actual.isupper()):
                self.behind = f'behind: {name}'
            return f'{real.actual} ({name})'
        if is_behind(real):
            self.behind = 'behind: Linux may have done what it says it has not'
        if dull.actual != line.actual:
            return f'{real.actual} (decided by the schedule or by a failure)'
        if (dull if real.actual != dull.actual else real).judged == 'other':
            verdict.wrong['linux'].append(number)
            return f'{real.actual}, NOT {line.expected}'
        verdict.agreed += 1
        return real.actual


def compare(own, in_qemu, dull, on_linux):
    """The verdict on one program."""
    verdict = Verdict()
    view = LinuxView(dull, on_linux) if on_linux else None
    for name, run in (('hosted', own), ('qemu', in_qemu)):
        if run and run.found:
            verdict.found[name] = run.found
    for line in own.lines:
        said = [f'{line.number:3} {line.insn} -> {line.actual}']
        if line.judged == 'other':
            verdict.wrong['hosted'].append(line.number)
            said.append(f'hosted: {line.actual}, NOT {line.expected}')
        if in_qemu:
            there = in_qemu.lines[line.number]
            if there.judged == 'other' or there.actual != line.actual:
                want = there.expected if there.judged == 'other' else line.actual
                verdict.wrong['qemu'].append(line.number)
                said.append(f'qemu:   {there.actual}, NOT {want}')
        if view:
            remark = view.look(line, verdict)
            if remark != line.actual:
                said.append(f'linux:  {remark}')
        verdict.lines += [said[0], *[' ' * 8 + text for text in said[1:]]]
    if in_qemu and not verdict.found:
        verdict.is_exact = own.digest == in_qemu.digest
        if not verdict.is_exact:
            verdict.wrong['qemu'].append(len(own.lines))
    return verdict


def replay(programs, machines=('hosted', 'qemu', 'linux')):
    """Verdicts on [(path, words)], with one boot of each machine for all."""
    own = hosted(programs)
    nobody = [None] * len(programs)
    in_qemu = qemu(programs) if 'qemu' in machines else nobody
    with_linux = 'linux' in machines
    dull = hosted(programs, '--dull') if with_linux else nobody
    on_linux = linux(programs) if with_linux else nobody
    return [compare(*runs) for runs in zip(own, in_qemu, dull, on_linux)]


def _print(path, verdict):
    print(f'{path}:')
    print('\n'.join(verdict.lines))
    for name, what in verdict.found.items():
        more = f' ({PLACE}/{HOSTED_LOG})' if 'printed' in what or 'its report' in what else ''
        print(f'{name} FOUND {what}{more}')
    for name, numbers in verdict.wrong.items():
        if numbers:
            print(f'{name}: not as it should be: {", ".join(map(str, numbers))}')
    exact = {True: 'QEMU went the same way, event by event', None: 'QEMU: see above',
             False: 'QEMU went another way: the digests of all events differ'}
    print(f'{exact[verdict.is_exact]} (the mode of the TLB aside); Linux: '
          f'{verdict.compared} instructions compared, {verdict.agreed} agree')
    print('all agree' if verdict.is_well() else 'NOT all agree', flush=True)


def main():
    words, programs = '', []
    if '--help' in sys.argv[1:]:
        print(__doc__)
        return 0
    for argument in sys.argv[1:]:
        if argument.startswith('--words='):
            words = argument.removeprefix('--words=')
        elif argument.startswith('-'):
            print(f"replay: there is no option '{argument}'", file=sys.stderr)
            return 2
        else:
            programs.append((argument, words))
    if not programs:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        verdicts = replay(programs)
    except Trouble as error:
        print(f'replay: {error}', file=sys.stderr)
        return 2
    for (path, _), verdict in zip(programs, verdicts):
        _print(path, verdict)
    return 0 if all(verdict.is_well() for verdict in verdicts) else 1


if __name__ == '__main__':
    sys.exit(main())
