"""Programs of random instructions, in both bodies and in qemu-aarch64: with floating point in every
mode of FPCR. A program prints a hash of all registers after so many blocks, and of memory in the
end (tests/differential/program/): the same on all machines, line by line."""
import os
import subprocess

import machine
from body import archive, boot, expect_equal, hosted, qemu, work_file

PROGRAM = machine.built('hosted-test', 'tests/differential/program/program')
RUNTIME = 'tests/differential/program/runtime.S'
BLOCKS = 4000  # of 24 instructions
A_LINE = 50
LINES = BLOCKS // A_LINE + 1
ATOMICS = {'cpu': 'max', 'cmdline': 'hwcap=atomics'}  # in place of a Cortex-A72


def made(seed, *words):
    """The path of a program."""
    text, program = work_file(f'generated{seed}.S'), work_file(f'generated{seed}')
    with open(text, 'w', encoding='ascii') as file:
        subprocess.run([PROGRAM, str(seed), str(BLOCKS), str(A_LINE), *words], stdout=file,
                       check=True)
    subprocess.run(['aarch64-linux-gnu-gcc', '-nostdlib', '-static', '-o', program, text, RUNTIME],
                   check=True)
    return program


def initrd(program):
    with open(program, 'rb') as file:
        return work_file(f'{os.path.basename(program)}.cpio', archive({'init': file.read()}))


def lines_of(command):
    ended = boot(command)
    ended.expect(0)
    return [line for line in ended.lines if line]


def compare(seed, *words, cpu='cortex-a72', cmdline=''):
    """Runs the program with that seed on all machines. words: what program.c is told."""
    program = made(seed, *words)
    done = subprocess.run(['qemu-aarch64', '-cpu', cpu, program], check=True, timeout=60,
                          text=True, stdout=subprocess.PIPE)
    other = done.stdout.split()
    expect_equal(len(other), LINES, 'how many lines qemu-aarch64 printed')
    bodies = {'hosted': hosted(initrd=initrd(program), cmdline=cmdline),
              'QEMU': qemu(initrd=initrd(program), cpu=cpu, cmdline=cmdline)}
    for name, command in bodies.items():
        lines = lines_of(command)
        for number, pair in enumerate(zip(lines, other), 1):
            expect_equal(*pair, f'line {number} of {name}')
        expect_equal(len(lines), LINES, f'how many lines {name} printed')
