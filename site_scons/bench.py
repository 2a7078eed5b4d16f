"""`scons bench BENCH=NAME`: what is measured, and the programs that it takes."""
import sys

from SCons.Script import ARGUMENTS, COMMAND_LINE_TARGETS, Exit

import after_build

VARIANTS = ('fuzz', 'fuzz-asan', 'fuzz-plain')
NAMES = ('fuzz',)


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


def command():
    return [sys.executable, 'tests/bench/fuzz_bench.py']


def add(root, programs):
    """scons bench"""
    if 'bench' in COMMAND_LINE_TARGETS and ARGUMENTS.get('BENCH', 'fuzz') not in NAMES:
        print(f"scons: BENCH is '{ARGUMENTS['BENCH']}'; it can be {', '.join(NAMES)}",
              file=sys.stderr)
        Exit(2)
    after_build.become(root, 'bench', programs, command)
