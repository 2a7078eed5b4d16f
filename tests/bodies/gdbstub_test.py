#!/usr/bin/env python3
"""Programs in the hosted body under gdb: eft --gdb, with gdb-multiarch and with a client of this
test's own, which also says what no gdb would."""
import functools
import random
import re
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, 'tests/tools')
import machine
from body import HOSTED, SECONDS, archive, case, expect, expect_equal, hosted, main, work_file

SOURCE = 'tests/bodies/programs/debugged.c'


@functools.cache
def program():
    """The debugged program, and an initramfs with it."""
    path = work_file('debugged')
    subprocess.run(['aarch64-linux-gnu-gcc', '-static', '-O1', '-g', '-mno-outline-atomics',
                    '-o', path, SOURCE], check=True)
    files = {'bin/debugged': path}
    for name in ('init', 'hello', 'sh', 'story'):
        inside = name if name == 'init' else f'bin/{name}'
        files[inside] = f'build/user{machine.SUFFIX}/{name}'
    content = {}
    for inside, outside in files.items():
        with open(outside, 'rb') as file:
            content[inside] = file.read()
    return path, work_file('debugged.cpio', archive(content))


class Machine:
    """A machine that waits for a debugger."""

    def __init__(self, *args, options=(), command=None):
        command = command or hosted(*args, initrd=program()[1])
        command = [command[0], '--gdb', '0', *options, *command[1:]]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        line = self.process.stderr.readline().decode()
        match = re.fullmatch(r'eft: waiting for gdb: target remote (127\.0\.0\.1):(\d+)\n', line)
        expect(match, f'it says where it waits: {line}')
        self.address = (match.group(1), int(match.group(2)))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def end(self):
        """Its status, and what it printed."""
        out, err = self.process.communicate(timeout=SECONDS)
        return self.process.returncode, (out + err).decode(errors='replace')

    def gdb(self, *orders, elf=None):
        """What gdb-multiarch prints, connected and given orders."""
        typed = [word for order in ('set confirm off', 'set width 0',
                                    'target remote %s:%d' % self.address, *orders)
                 for word in ('-ex', order)]
        done = subprocess.run(['gdb-multiarch', '-nx', '-q', '-batch', *typed,
                               elf or program()[0]], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS,
                              check=False)
        return done.stdout.decode(errors='replace')


class Client:
    """Speaks the protocol by itself."""

    def __init__(self, address):
        self.socket = socket.create_connection(address, timeout=SECONDS)
        self.buffer = b''
        self.has_acks = True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def raw(self, data):
        self.socket.sendall(data)

    def byte(self):
        if not self.buffer:
            self.buffer = self.socket.recv(65536)
            expect(self.buffer, 'the machine keeps the connection')
        byte, self.buffer = self.buffer[:1], self.buffer[1:]
        return byte

    def receive(self):
        while self.byte() != b'$':
            pass
        text = b''
        while (byte := self.byte()) != b'#':
            text += byte
        total = int(self.byte() + self.byte(), 16)
        expect_equal(total, sum(text) & 255, f'the sum of {text}')
        if self.has_acks:
            self.raw(b'+')
        return text.decode()

    def send(self, text):
        data = text.encode()
        self.raw(b'$' + data + b'#%02x' % (sum(data) & 255))

    def ask(self, text):
        self.send(text)
        return self.receive()


def address_of(symbol):
    out = subprocess.run(['nm', program()[0]], stdout=subprocess.PIPE, check=True, text=True)
    return int(re.search(rf'^(\w+) \w {symbol}$', out.stdout, re.MULTILINE).group(1), 16)


def expect_in_order(said, *patterns):
    at = 0
    for pattern in patterns:
        match = re.compile(pattern, re.MULTILINE).search(said, at)
        expect(match, f'gdb did not print {pattern!r} here: {said[at:][-3000:]}')
        at = match.end()


# ---- with gdb ----

@case
def debugs_a_program():
    with Machine('/bin/debugged') as eft:
        said = eft.gdb('info threads', 'break main', 'continue', 'print counter', 'next', 'stepi',
                       'break add_one', 'continue', 'backtrace', 'info registers x0 sp pc',
                       'finish', 'print counter', 'break in_child', 'continue', 'backtrace',
                       'info threads', 'print word', 'delete', 'continue')
        expect_in_order(said, r'Thread 2 \(debugged\) +0x\w+ in _start \(\)|_start',
                        r'Breakpoint 1, main \(argc=1, argv=0x\w+\) at .*debugged\.c:\d+',
                        r'= 41$', r'Breakpoint \d, add_one \(value=41\)', r'#1 +0x\w+ in main \(',
                        r'^x0 +0x29', r'^pc +0x\w+', r'Value returned is \$\d = 42', r'= 42$',
                        r'Breakpoint \d, in_child \(\)',
                        r'#0 +in_child \(\)', r'#1 +0x\w+ in main \(', r'\(init, in a call\)',
                        r'\* \d+ +Thread 3 \(debugged\)', r'"forty-two"',
                        r'exited with code 07\]')
        expect_equal(eft.end()[0], 7, 'the status')


@case
def debugs_the_story():
    story = f'build/user{machine.SUFFIX}/story.elf'
    with Machine('/bin/story') as eft:
        said = eft.gdb('break main', 'continue', 'step', 'backtrace', 'info registers', 'continue',
                       elf=story)
        expect_in_order(said, r'Breakpoint 1, main \(argc=1', r'^#0 ', r'^x0 +0x', r'^sp +0x7f',
                        r'^fpcr ', r'exited normally\]')
        status, output = eft.end()
        expect_equal(status, 0, 'the status')
        expect('=== Init complete ===' in output, output)


@case
def changes_registers_and_memory():
    """What is written in the child stays the child's: code and data, which fork shares."""
    with Machine('/bin/debugged') as eft:
        said = eft.gdb('break in_child', 'continue', 'set var counter = 1000',
                       'set var *(char *) word = 70', 'print word', 'print $x1 = 12345',
                       'print $x1', 'print $d3 = 2.5', 'print $d3', 'continue')
        expect_in_order(said, 'in_child', '"Forty-two"', '= 12345$', '= 12345$', r'f = 2\.5,',
                        r'f = 2\.5,', 'exited with code 07')
        output = eft.end()[1]
        expect('child: counter 1000, Forty-two\n' in output, output)
        expect('parent: counter 43, sum 42, 1.5, forty-two\n' in output, output)


@case
def stops_where_a_signal_ends_it():
    with Machine('/bin/debugged', 'crash') as eft:
        said = eft.gdb('continue', 'backtrace', 'info threads', 'continue')
        expect_in_order(said, r'received signal SIGSEGV', r'#0 +0x\w+ in crash \(\)|#0 +crash \(\)',
                        r'#1 +0x\w+ in main \(argc=2', r'exited with code 0213\]')
        expect_equal(eft.end()[0], 128 + signal.SIGSEGV, 'the status')


@case
def steps_through_exclusives():
    """A loop of ldxr and stxr gets to its end by single steps."""
    with Machine('/bin/debugged') as eft:
        said = eft.gdb('break add_one', 'continue', 'finish', 'stepi 40', 'delete', 'continue')
        expect_in_order(said, 'add_one', 'Value returned is', 'exited with code 07')
        expect('parent: counter 43' in eft.end()[1], 'it has counted once')


@case
def follows_a_program_that_starts_later():
    command = hosted(initrd=program()[1])
    with Machine(command=command) as eft:
        eft.process.stdin.write(b'hello\ndebugged\nexit 3\n')
        eft.process.stdin.close()
        eft.process.stdin = None
        said = eft.gdb('monitor program debugged', 'break add_one', 'continue', 'continue',
                       'backtrace 1', 'delete', 'continue', 'monitor nonsense')
        expect_in_order(said, r'add_one \(value=41\)', r'exited with code 03\]')


@case
def a_program_that_is_not_there():
    with Machine('/bin/nothing') as eft:
        eft.gdb('info threads')
        expect_equal(eft.end()[0], 127, 'the status')
    with Machine('/bin/nothing') as eft, Client(eft.address) as client:
        expect('PacketSize' in client.ask('qSupported'), 'a query is answered')
        expect_equal(client.ask('g'), 'E01', 'there are no registers')
        expect_equal(client.ask('?'), 'W7f', 'it has ended')


@case
def a_report_ends_it_by_a_signal():
    command = hosted(variant='hosted-test', cmdline='plant=t-1 init=/bin/story')
    with Machine(command=command) as eft:
        said = eft.gdb('info threads', 'continue')
        expect_in_order(said, r'Thread 1 \(story\)', 'terminated with signal SIGABRT')
        expect('REPORT tlb.stale' in eft.end()[1], 'and the report is printed')


@case
def interrupts_what_runs():
    """A program that makes no call: gdb comes in between all the same."""
    path = work_file('spins')
    subprocess.run(['aarch64-linux-gnu-gcc', '-static', '-O1', '-x', 'c', '-o', path, '-'],
                   input=b'int main(void) { for (volatile int i = 1; i;) {} }', check=True)
    with open(path, 'rb') as file:
        initrd = work_file('spins.cpio', archive({'init': file.read()}))
    command = hosted(initrd=initrd, cmdline='init=/init')
    with Machine(command=command) as eft, Client(eft.address) as client:
        client.ask('?')
        for orders in (('vCont;c',), ('Z0,4,4', 'c')):  # at full speed, and by single instructions
            for order in orders[:-1]:
                expect_equal(client.ask(order), 'OK', order)
            client.send(orders[-1])
            time.sleep(0.2)
            client.raw(b'\x03')
            expect(client.receive().startswith('T02thread:1'), 'it stops')
        client.send('k')
        expect_equal(eft.end()[0], 137, 'the status')


@case
def detaching_lets_it_run():
    with Machine('/bin/debugged') as eft:
        eft.gdb('break main', 'continue', 'detach')
        expect_equal(eft.end()[0], 7, 'the status')


@case
def killing_ends_it():
    with Machine('/bin/debugged') as eft:
        eft.gdb('break main', 'continue', 'kill')
        expect_equal(eft.end()[0], 137, 'the status')


# ---- that it changes nothing ----

def hash_in(output):
    return re.search(r'eft: trace hash .*', output).group(0)


@case
def a_debugged_run_is_the_same_run():
    """Stops, steps, and looks at all there is do not move the trace hash; nor do they in a
    replay."""
    record = work_file('debugged.record')
    command = hosted('/bin/debugged', initrd=program()[1])
    plain = subprocess.run([command[0], '--hash', '--seed', '3', '--record', record,
                            *command[1:]],
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, timeout=SECONDS, check=False)
    looks = ('break add_one', 'continue', 'stepi 50', 'info registers', 'info all-registers',
             'x/32x $sp', 'break in_child', 'continue', 'info threads', 'delete', 'continue')
    for options, boots in ((('--hash', '--seed', '3'), command),
                           (('--hash', '--replay', record), [command[0]])):
        with Machine(options=options, command=boots) as eft:
            if '--replay' not in options:
                eft.process.stdin.close()
                eft.process.stdin = None
            expect_in_order(eft.gdb(*looks), 'add_one', 'in_child', 'exited with code 07')
            status, output = eft.end()
            expect_equal(status, 7, f'the status ({output})')
            expect_equal(hash_in(output), hash_in(plain.stdout.decode()), 'the hash')


# ---- without gdb ----

@case
def interrupts_what_waits():
    """A shell that waits for a key, as the whole machine does."""
    command = hosted(initrd=program()[1])
    with Machine(command=command) as eft, Client(eft.address) as client:
        expect(client.ask('?').startswith('T05thread:'), 'it stops where the shell begins')
        client.send('vCont;c')
        time.sleep(0.3)
        client.raw(b'\x03')
        expect_equal(client.receive()[:4], 'T02t', 'an interrupt')
        threads = client.ask('qfThreadInfo')
        expect_equal(threads, 'm1,2', 'the threads')
        expect_equal(bytes.fromhex(client.ask('qThreadExtraInfo,2')), b'sh, in a call', 'the name')
        client.ask('Hg2')
        expect_equal(client.ask('P0=0000000000000001'), 'E01', 'registers of a call')
        expect(client.ask('p20') != 'E01', 'which can be read')
        eft.process.stdin.write(b'exit 5\n')
        eft.process.stdin.flush()
        client.send('c')
        expect_equal(client.receive(), 'W05', 'the end')
        expect_equal(eft.end()[0], 5, 'the status')


@case
def memory_by_the_protocol():
    with Machine('/bin/debugged') as eft, Client(eft.address) as client:
        client.ask('?')
        counter = address_of('counter')
        expect_equal(client.ask(f'm{counter:x},4'), '29000000', 'counter')
        expect_equal(client.ask(f'M{counter:x},4:2a000000'), 'OK', 'a write')
        expect_equal(client.ask(f'm{counter:x},4'), '2a000000', 'what was written')
        for wrong in ('m', 'm,', 'm0,4', 'mfffffffffffffff0,40', f'M{counter:x},4:2a', 'M0,1:00',
                      f'M{counter:x}', 'p', 'p45', 'pffffffff', 'P', 'P0', 'P45=00', 'P0=0', 'G00',
                      'Z0,', 'Tffff', 'qThreadExtraInfo,77', 'qXfer:features:read:target.xml:'):
            expect_equal(client.ask(wrong), 'E01', f'the answer to {wrong}')
        for unknown in ('', 'b', 'Z2,0,4', 'vUnknown', 'qUnknown', 'vMustReplyEmpty', 'X0,0:'):
            expect_equal(client.ask(unknown), '', f'the answer to {unknown}')
        xml = client.ask('qXfer:features:read:target.xml:0,fff')
        expect(xml[0] in 'lm' and 'org.gnu.gdb.aarch64.core' in xml, 'a description')
        registers = client.ask('g')
        expect_equal(client.ask('G' + registers), 'OK', 'all registers')
        for number in range(64):
            expect_equal(client.ask(f'Z0,{0x1000 + number * 4:x},4'), 'OK', 'a breakpoint')
        expect_equal(client.ask('Z0,9000,4'), 'E01', 'one too many')
        client.send('k')
        expect_equal(eft.end()[0], 137, 'the status')


@case
def survives_garbage():
    """Whatever comes, the machine answers what it understands behind it."""
    chance = random.Random(4)
    with Machine('/bin/debugged') as eft, Client(eft.address) as client:
        client.ask('?')
        client.raw(b'$m0,4#00')
        expect_equal(client.byte(), b'-', 'the answer to a wrong sum')
        client.raw(b'$' + b'g' * 100000 + b'#%02x' % (100000 * ord('g') & 255))
        expect_equal(client.receive(), '', 'what is too long is not known')
        expect_equal(client.ask('QStartNoAckMode'), 'OK', 'no more acknowledgements')
        client.has_acks = False
        for _ in range(300):
            words = ['m', 'M', 'p', 'P', 'g', 'G', 'Z0', 'z0', 'H', 'T', 'q', 'Q', 'vCont?', 'x',
                     ',', ';', ':', '=', '0', 'f' * 16, '-1', 'qRcmd,', 'qXfer:', '}', '*']
            client.send(''.join(chance.choice(words) for _ in range(chance.randrange(1, 9)))
                        .replace('k', '').replace('#', ''))
        client.raw(bytes(chance.choice(b'abc+-$#\x00\xff') for _ in range(5000)) + b'#00')
        client.send('qC')
        while not client.receive().startswith('QC'):
            pass
        client.send('k')
        expect_equal(eft.end()[0], 137, 'the status')


@case
def a_client_that_goes_lets_it_run():
    with Machine('/bin/debugged') as eft:
        with Client(eft.address) as client:
            client.ask('?')
        expect_equal(eft.end()[0], 7, 'the status')


@case
def wrong_ports():
    eft = machine.built(HOSTED, 'eft')
    for port, words in (('x', 'is not a number'), ('65536', 'is not a port')):
        done = subprocess.run([eft, '--gdb', port], stderr=subprocess.PIPE, check=False)
        expect_equal(done.returncode, 2, 'the status')
        expect(words in done.stderr.decode(), done.stderr)
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        taken.listen()
        done = subprocess.run([eft, '--gdb', str(taken.getsockname()[1])], stderr=subprocess.PIPE,
                              check=False, timeout=SECONDS)
        expect_equal(done.returncode, 2, 'the status')
        expect(b'Address already in use' in done.stderr, done.stderr)


main()
