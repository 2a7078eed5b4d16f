"""The fuzzer: how its parts and its harnesses are built, and what `scons fuzz` runs."""
import configparser
import glob
import os
import re
import shlex
import sys

from SCons.Script import ARGUMENTS, COMMAND_LINE_TARGETS, Exit

import test_list

PLACE = 'build/fuzz'
SANITIZERS = {'address': 'fuzz', 'memory': 'fuzz-msan'}  # variants
FINDINGS = f'{PLACE}/findings/'
SEEDS = f'{PLACE}/seeds'
HARNESSES = sorted(os.path.basename(path)[:-len('.c')] for path in glob.glob('fuzz/*.c'))
BODIES = ('_hosted.c', '_aarch64.c')

# OSS-Fuzz brings its own flags and its own engine.
ENGINE = os.environ.get('LIB_FUZZING_ENGINE')
FUZZER = ['-fsanitize-coverage=inline-8bit-counters,pc-table']  # no callbacks at comparisons

# MiB of the host's memory that is kept when it is freed. libFuzzer takes and frees some for each
# input: with the 256 that ASan would keep, that is memory which no cache has, a tenth of the time.
QUARANTINE = 4

SEEING = ('-fsanitize=fuzzer', '-fsanitize-coverage')

# What the checks and the model are compiled without: they look on, and are not looked at.
# MemorySanitizer has to know what they write, but does not check what they read.
WATCHING = ('-fsanitize', '-fno-sanitize', '-fprofile', '-fcoverage', '-O')
FRAMES = '-fno-omit-frame-pointer'  # the history of frames follows them from the machine upwards
UNCHECKED = {'gcc': ['-O2', '-fno-tree-loop-distribute-patterns'], 'clang': ['-O2']}
MSAN = '-fsanitize=memory'
# They and the machine call each other for everything: optimised as one program they are 6 % faster.
# The kernel stays apart, since its objects are edited before they are linked. What has been made
# of a file is kept for all programs that have it in them.
TOGETHER = [] if ENGINE else ['-flto=thin']
LINKED = 'build/lto'
LINK_TOGETHER = TOGETHER and TOGETHER + ['-O2', f'-Wl,-plugin-opt=cache-dir={LINKED}']
UNCHECKED_MSAN = [MSAN, '-fsanitize-ignorelist=fuzz/unchecked.txt']


def is_variant(name):
    """Whether a variant is made for the harnesses alone."""
    return name.split('-')[0] == 'fuzz'


def flags(sanitizers):
    """How a harness for libFuzzer is compiled."""
    return shlex.split(os.environ.get('CFLAGS', '')) if ENGINE else ['-O2'] + sanitizers + FUZZER


def unsee(env):
    """From here on nothing counts as covered, or as compared: the kernel has been compiled."""
    env.Replace(CCFLAGS=[flag for flag in env['CCFLAGS'] if not str(flag).startswith(SEEING)])


def onlooker(env, watching=WATCHING + (FRAMES,)):
    """For code that is never instrumented. No loop of it becomes a call of memcpy, which looks."""
    more = UNCHECKED['gcc' if 'gcc' in env['CC'] else 'clang']
    if MSAN in env['CCFLAGS']:
        more = more + UNCHECKED_MSAN
    elif is_variant(os.path.basename(env['PLACE'])):
        more = more + TOGETHER
    kept = [flag for flag in env['CCFLAGS'] if not str(flag).startswith(watching)]
    free = [flag for flag in env['FREESTANDING'] if not str(flag).startswith(watching)]
    return env.Clone(CCFLAGS=kept + more, FREESTANDING=free + more)


def machine(env):
    """For the machine around the kernel, where a variant is made for the harnesses: with the same
    calls into ASan, and no instrumentation. What MSan does not see it takes for uninitialised."""
    flags = ' '.join(map(str, env['CCFLAGS']))
    if not is_variant(os.path.basename(env['PLACE'])) or 'memory' in flags:
        return env
    made = onlooker(env, WATCHING)
    made.Append(CPPDEFINES={'SANITIZER_ASAN': int('address' in flags),
                            'SANITIZER_QUARANTINE': QUARANTINE})
    return made


def part(env, sources):
    """env.Part(sources): what of them belongs to this body. Freestanding, but for NAME_hosted.c."""
    free = env.Clone(CCFLAGS=env['FREESTANDING'])
    own = [source for source in sources if source.name.endswith(f'_{env["PLATFORM"]}.c')]
    return (free.Compile([source for source in sources if not source.name.endswith(BODIES)]) +
            env.Compile(own))


def shared(driver):
    """What of the driver is not for harnesses alone."""
    own = ('alone.o', 'harness.o', 'options.o', 'spaces.o')
    return [node for node in driver if node.name not in own]


def engine():
    """What links a program with libFuzzer, or with what stands in for it."""
    return shlex.split(ENGINE or '-fsanitize=fuzzer')


def harness(env, source, driver):
    """A program from a source. Where the variant is made for it libFuzzer, or what stands in for
    it, drives it; elsewhere a driver of our own."""
    env = env.Clone()
    name = source.name[:-len('.c')]
    place = env['PLACE']
    if is_variant(os.path.basename(place)):
        env.Append(LINKFLAGS=engine())
        driver = [node for node in driver if node.name != 'alone.o']
        if ENGINE:
            env['LINK'] = os.environ.get('CXX', 'clang++')
    else:
        place += '/fuzz'
    return env.Program(f'#{place}/{name}', env.Compile([source]) + driver + env['FUZZ'] +
                       env['BODY'] + env['CORE'])


# Tests that need more than the harnesses of one variant.
SCRIPTS = ['harness_test.py', 'libfuzzer_long_test.py', 'replay_test.py']


def add_tests(env, harnesses, seeds):
    """The tests that run harnesses: with our own driver, and with libFuzzer."""
    needed = (harnesses['hosted-test'], harnesses['fuzz'] + harnesses['fuzz-msan'],
              harnesses['hosted-test'] + harnesses['aarch64-test'] +
              [env.File('#fuzz/replay/replay.py')] +
              env.Glob('#fuzz/corpus/*.repro') + env.Glob('#fuzz/regress/*.repro') +
              env.Glob('#fuzz/planted/*.repro'))
    for script, programs in zip(SCRIPTS, needed):
        env['MACHINES'] = programs + seeds
        test_list.scripts(env, [env.File(f'#tests/fuzz/{script}')])


# ---- scons fuzz ----

def _complain(text):
    print(f'scons: {text}', file=sys.stderr)
    Exit(2)


def _seconds(text):
    match = re.fullmatch(r'([1-9]\d*)([smh]?)', text)
    if not match:
        _complain(f"TIME is '{text}'; it can be 60s, 10m, 2h")
    return int(match[1]) * {'': 1, 's': 1, 'm': 60, 'h': 3600}[match[2]]


def variant():
    """The variant whose harnesses are meant."""
    return SANITIZERS.get(ARGUMENTS.get('SANITIZER'), 'fuzz')


def asked():
    """The harness that `scons fuzz` is to run, or None, and libFuzzer's flags for it."""
    if 'fuzz' not in COMMAND_LINE_TARGETS:
        return None, []
    name = ARGUMENTS.get('HARNESS')
    more = []
    if name and name not in HARNESSES:
        _complain(f"HARNESS is '{name}'; it can be {', '.join(HARNESSES)}")
    if not name and ('TIME' in ARGUMENTS or 'FLAGS' in ARGUMENTS):
        _complain(f"which harness? HARNESS={' or '.join(HARNESSES)}")
    if 'TIME' in ARGUMENTS:
        more.append(f'-max_total_time={_seconds(ARGUMENTS["TIME"])}')
    if ARGUMENTS.get('SANITIZER', 'address') not in SANITIZERS:
        _complain(f"SANITIZER is '{ARGUMENTS['SANITIZER']}'; it can be {' or '.join(SANITIZERS)}")
    try:
        return name, more + shlex.split(ARGUMENTS.get('FLAGS', ''))
    except ValueError as error:
        return _complain(f'FLAGS: {error}')


def options(name):
    """What NAME.options says, as flags; the fuzzers of OSS-Fuzz read the file itself."""
    parser = configparser.ConfigParser()
    parser.read(f'fuzz/{name}.options')
    return [f'-{key}={value}' for key, value in
            (parser.items('libfuzzer') if parser.has_section('libfuzzer') else [])
            if key != 'dict']


def command(name, more):
    """What runs a harness: its corpus grows, and its seeds are looked at."""
    corpus = f'{PLACE}/corpus/{name}'
    for folder in (corpus, FINDINGS):
        os.makedirs(folder, exist_ok=True)
    words = [f'build/{variant()}/{name}', f'-artifact_prefix={FINDINGS}', '-print_final_stats=1',
             *options(name)]
    if os.path.exists(f'fuzz/{name}.dict'):
        words.append(f'-dict=fuzz/{name}.dict')
    return words + more + [corpus, f'{SEEDS}/{name}']
