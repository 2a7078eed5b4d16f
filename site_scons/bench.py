"""`scons bench BENCH=NAME`: what is measured, and the programs that it takes."""
import subprocess
import sys

from SCons.Script import ARGUMENTS, COMMAND_LINE_TARGETS, Exit

import after_build

VARIANTS = ('fuzz', 'fuzz-asan', 'fuzz-plain')
NAMES = ('fuzz', 'el0')
NAME = ARGUMENTS.get('BENCH', 'fuzz')


def has_unicorn(env):
    """Whether there is a libunicorn to compile against."""
    command = [env['CC'], '-E', '-include', 'unicorn/unicorn.h', '-x', 'c', '/dev/null']
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          check=False).returncode == 0


def fork_programs(environment, sanitize, libraries):
    """The one that compares with the host, with the library of each kind."""
    made = []
    for name, flags, library in (('fork', ['-O2'], libraries['hosted-release']),
                                 ('fork-checked', ['-O1'] + sanitize, libraries['hosted'])):
        env = environment('gcc', False, flags)
        env.Append(CPPPATH=['#'], LIBS=['m'])
        source = env.Object(f'#build/bench/{name}.o', '#tests/bench/fork.c')
        made += env.Program(f'#build/bench/{name}', [source, library])
    return made


def loops(environment):
    """The program of loops, for AArch64, and what runs it under libunicorn where that is there."""
    env = environment('gcc', True, ['-O2', '-ffreestanding', '-fno-stack-protector',
                                    '-fno-tree-vectorize', '-fno-tree-loop-distribute-patterns'])
    made = env.Program('#build/bench/loops', env.Object('#build/bench/loops.o',
                                                        '#tests/bench/loops.c'),
                       LINKFLAGS=['-static', '-nostdlib'])
    host = environment('gcc', False, ['-O2'])
    if has_unicorn(host):
        made += host.Program('#build/bench/unicorn', host.Object('#build/bench/unicorn.o',
                                                                 '#tests/bench/unicorn.c'),
                             LIBS=['unicorn'])
    return made


def command():
    return [sys.executable, f'tests/bench/{NAME}_bench.py']


def add(root, programs):
    """scons bench. programs: of each name."""
    if 'bench' in COMMAND_LINE_TARGETS and NAME not in NAMES:
        print(f"scons: BENCH is '{NAME}'; it can be {', '.join(NAMES)}", file=sys.stderr)
        Exit(2)
    after_build.become(root, 'bench', programs.get(NAME, []), command)
