"""The tests that tests/tools/runner.py runs, and the list of them that it reads."""
import glob
import json
import os
import shlex
import sys

import SCons.Node
from SCons.Script import Flatten

import kernel_image
import machine

QUICK_SECONDS = 300  # a machine may be slow, and a first run fetches packages
LONG_SECONDS = 3600

LIST = 'build/tests.json'
TOOLS = [machine.SCRIPT, 'examples/harness.c', 'lib/eft.h', 'tests/tools/body.py',
         'tests/tools/cpio.py', 'tests/tools/debian.py', 'tests/tools/machine.py',
         *sorted(glob.glob('tests/bodies/programs/*.c'))]

coverage_programs = []
_tests = []


def add(name, command, inputs, debug, tier=None, cached=True):
    """Adds a test: a program that runs cases and prints a line for each (see runner.py).

    name is its path below tests/ without _test; one that ends in _long is of the long tier. inputs
    are the nodes that must be built; if cached, they are all that the result depends on. debug is
    the command that reruns {case} under gdb, with a word before it that says so."""
    tier = tier or ('long' if name.endswith('_long') else 'quick')
    _tests.append({'name': name, 'tier': tier, 'command': command, 'inputs': Flatten(inputs),
                   'debug': debug, 'cached': cached,
                   'environment': {'EFT_SUFFIX': machine.SUFFIX},
                   'seconds': QUICK_SECONDS if tier == 'quick' else LONG_SECONDS})


def scripts(env, sources):
    """env.Scripts(sources): Python programs that start $MACHINES (tests/tools/body.py)."""
    for source in sources:
        path = source.srcnode().path
        build = f'EFT_SUFFIX={machine.SUFFIX} ' if machine.SUFFIX else ''
        add(path[len('tests/'):-len('_test.py')], [sys.executable, path],
            [path, TOOLS, env['MACHINES']], f'under gdb: {build}python3 {path} --gdb {{case}}',
            cached=not path.startswith(('tests/docs/', 'tests/mutation/')))  # they read all sources


def image(env, name, objects):
    """env.TestImage(name, objects): tests that stand in for core and run in this variant's body."""
    path = f'#{env["PLACE"]}/tests/platform/{name}'
    if env['PLATFORM'] == 'aarch64':
        made = kernel_image.build(env, f'{path}.elf', f'{path}.image', objects + env['BODY'] +
                                  env['MAIN'] + env['CORE'])
        command = machine.qemu(made[0].path, None)
        debug = shlex.join(machine.under_gdb(command, f'{name}.elf'))
    else:
        made = env.Program(path, objects + env['BODY'] + env['MAIN'] + env['CORE'])
        command = machine.hosted(made[0].path, machine.initramfs())
        debug = shlex.join(['gdb', '--args', *command])
    if not env['COVER']:
        add(f'platform/{name}.{env["PLATFORM"]}', command, [made, machine.initramfs()],
            f'under gdb: {debug}')


def crash_image(env, name):
    """env.CrashImage(name): an image that crashes as its command line says, for NAME_test.py."""
    if env['PLATFORM'] != 'aarch64':
        return
    path = f'#{env["PLACE"]}/tests/platform/{name}'
    made = kernel_image.build(env, f'{path}.elf', f'{path}.image',
                              env.Compile([f'{name}.c']) + env['BODY'] + env['MAIN'] +
                              env['CORE'])
    script = f'tests/platform/{name}_test.py'
    add(f'platform/{name}', [sys.executable, script], [script, TOOLS, made],
        f'under gdb: python3 {script} --gdb {{case}}')


def add_check(kind, inputs):
    """One of the checks of `scons check`."""
    command = [sys.executable, 'tests/tools/check.py', kind]
    add(f'check/{kind}', command, inputs, f'again: python3 tests/tools/check.py {kind} {{case}}',
        tier='check', cached=False)


def programs(env, sources):
    """env.Tests(sources): a test program from each source, with the framework and the kernel."""
    made = []
    for source in sources:
        stem = str(source.name)[:-len('.c')]
        program = env.Program(stem, env.Compile([source]) + env['FRAMEWORK'] + env['BODY'] +
                              env['CORE'])
        made += program
        if env['COVER']:
            coverage_programs.extend(program)
        else:
            path = program[0].path
            name = source.srcnode().path[len('tests/'):-len('_test.c')]
            add(name, [path], program, f'under gdb: gdb --args {path} --no-fork {{case}}')
    return made


def nodes(tiers, match=''):
    """What the tests of these tiers need built."""
    chosen = [test for test in _tests if test['tier'] in tiers]
    named = [test for test in chosen if match.strip('*') in test['name']]
    inputs = [node for test in named or chosen for node in test['inputs']]
    return [node for node in inputs if not isinstance(node, str)]


def runner(tiers, match, broken=False):
    """The command that runs the tests, once their list is written; to be called after the build."""
    write(LIST)
    command = [sys.executable, 'tests/tools/runner.py', LIST, '--tier', ','.join(tiers)]
    return command + (['--match', match] if match else []) + (['--broken'] if broken else [])


def write(path):
    """Writes the list; a test says which of its inputs the build did not bring up to date."""
    built = (SCons.Node.up_to_date, SCons.Node.executed)
    for test in _tests:
        test['unbuilt'] = [str(node) for node in test['inputs'] if not isinstance(node, str) and
                           node.has_builder() and node.get_state() not in built]
        test['inputs'] = sorted({str(node) for node in test['inputs']})
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as file:
        json.dump(sorted(_tests, key=lambda test: test['name']), file, indent=1)
