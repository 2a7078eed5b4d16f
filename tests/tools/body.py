"""For tests that start whole machines: one body of Eft or the other, on a pipe or on a terminal.

A test script defines functions under @case, and ends with main(). A case fails by an exception. It
prints what test.c prints, and `--gdb CASE` starts the first machine of a case under gdb.
"""
import functools
import os
import pty
import select
import signal
import subprocess
import sys
import time
import traceback

import cpio
import debian
import machine

SECONDS = 60  # for a machine to end, or to say what it must
PLACE = f'build/tests/bodies/work{machine.SUFFIX}'

_cases = {}


class Wrong(Exception):
    """What does not hold."""


class Skip(Exception):
    """Why a case cannot be made here."""


def case(function):
    _cases[function.__name__] = function
    return function


def each(function):
    """Like @case, for both bodies: function gets hosted or qemu, which make the command."""
    for make in (hosted, qemu):
        _cases[f'{make.__name__}_{function.__name__}'] = functools.partial(function, make)
    return function


def expect(holds, what):
    if not holds:
        raise Wrong(what)


def expect_equal(have, want, what):
    if have != want:
        raise Wrong(f'{what} is {have!r}, expected {want!r}')


def work_file(name, content=None):
    """The path of a file of this test's own, with that content if one is given."""
    folder = os.path.join(PLACE, os.path.basename(sys.argv[0]))
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name)
    if content is not None:
        with open(path, 'wb') as file:
            file.write(content)
    return path


def archive(files, plain=(), owned=None):
    """An initramfs with these files, {path: bytes}; those in plain may not be executed. owned:
    cpio.archive."""
    return cpio.archive(files, plain, owned)


# Which build the hosted body is of; tests/tools/cover.py takes another.
HOSTED = os.environ.get('EFT_HOSTED', 'hosted')


def hosted(*args, variant=HOSTED, initrd=machine.initramfs(), **words):
    """The command for the hosted body; words as of machine.hosted."""
    return machine.hosted(machine.built(variant, 'eft'), initrd, args=args, **words)


def qemu(*args, variant='aarch64', initrd=machine.initramfs(), **words):
    """The command for the AArch64 body; words as of machine.qemu."""
    return machine.qemu(machine.built(variant, 'Image'), initrd, args=args, **words)


def linux(*args, initrd=machine.initramfs()):
    """The command for a Linux kernel on the same machine."""
    try:
        return machine.linux(debian.kernel(), initrd, args=args)
    except debian.Missing as error:
        raise Skip(f'no Linux kernel: {error}') from None


def _debug(command):
    if '--gdb' not in sys.argv:
        return
    command = machine.under_gdb(command)
    os.execvp(command[0], command)


class Ended:
    """A machine that has ended: its status and all that it printed, with plain newlines."""

    def __init__(self, status, output):
        self.status = status
        self.output = output.replace('\r\n', '\n')
        self.lines = self.output.split('\n')

    def expect(self, status, *texts):
        """Checks the status, and that all of texts were printed."""
        for text in texts:
            if text not in self.output:
                raise Wrong(f'it did not print {text!r}, but: {self.output[-2000:]}')
        if self.status != status:
            raise Wrong(f'status {self.status}, expected {status}: {self.output[-2000:]}')
        return self


def boot(command, typed='', stays_open=False):
    """Runs a machine to its end, with typed on its standard input, which is no terminal, and ends
    behind that or stays open."""
    _debug(command)
    reading, writing = os.pipe()
    os.write(writing, typed.encode())
    if not stays_open:
        os.close(writing)
    try:
        done = subprocess.run(command, stdin=reading, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        said = (error.stdout or b'').decode(errors='replace')
        raise Wrong(f'no end after {SECONDS} s: {said[-2000:]}') from None
    finally:
        os.close(reading)
        if stays_open:
            os.close(writing)
    return Ended(done.returncode, done.stdout.decode(errors='replace'))


class Terminal:
    """A machine on a terminal of its own, to type at."""

    def __init__(self, command):
        _debug(command)
        self.child, self.fd = pty.fork()
        if self.child == 0:
            os.execvp(command[0], command)
        self.said = ''  # what has not been waited for yet

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            os.kill(self.child, signal.SIGKILL)
            os.waitpid(self.child, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
        os.close(self.fd)

    def type(self, text):
        os.write(self.fd, text.encode())

    def _read(self, deadline):
        """Adds what is printed next; False at the end."""
        ready, _, _ = select.select([self.fd], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            raise Wrong(f'nothing more after {SECONDS} s than: {self.said[-2000:]!r}')
        try:
            got = os.read(self.fd, 4096)
        except OSError:  # the way in which Linux says that nobody holds the other side
            got = b''
        self.said += got.decode(errors='replace').replace('\r\n', '\n')
        return bool(got)

    def wait_for(self, text):
        """Returns what was printed up to and with text."""
        deadline = time.monotonic() + SECONDS
        while text not in self.said:
            if not self._read(deadline):
                raise Wrong(f'it ended before it printed {text!r}: {self.said[-2000:]!r}')
        head, _, self.said = self.said.partition(text)
        return head + text

    def end(self):
        """Waits for the end. Returns it, with what was printed since the last wait."""
        deadline = time.monotonic() + SECONDS
        while self._read(deadline):
            pass
        _, status = os.waitpid(self.child, 0)
        return Ended(os.waitstatus_to_exitcode(status), self.said)


def main():
    names = [name for name in sys.argv[1:] if not name.startswith('--')]
    if '--list' in sys.argv:
        print('\n'.join(_cases))
        return
    failed = skipped = 0
    chosen = [name for name in _cases if not names or name in names]
    for name in chosen:
        try:
            _cases[name]()
            print(f'ok {name}', flush=True)
        except Skip as reason:
            skipped += 1
            print(f'skip {name}: {reason}', flush=True)
        except Exception as error:  # pylint: disable=broad-except
            failed += 1
            first, *rest = str(error).split('\n')
            print('\n'.join([f'not ok {name}: {first}', *rest]), flush=True)
            if not isinstance(error, Wrong):
                traceback.print_exc(file=sys.stdout)
    tail = f', {skipped} skipped' if skipped else ''
    print(f'{len(chosen) - failed - skipped} passed, {failed} failed{tail}')
    sys.exit(1 if failed else 0)
