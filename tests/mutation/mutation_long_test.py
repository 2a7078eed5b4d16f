#!/usr/bin/env python3
"""Removes each flush, publish, synchronisation and wake-up of core in turn: a test must fail for
each.

The tree is copied below build/, one call is taken out, what depends on it is built again, and the
tests of core and the scenarios run until the first that fails. A mutant that no test kills fails
this one; so does one that does not build, which would prove nothing. --list prints the calls."""
import fnmatch
import glob
import os
import re
import shutil
import subprocess
import sys

PLACE = 'build/mutation'
SOURCES = 'core/**/*.c'
CALL = re.compile(r'^(\s*)((?:plat_tlb_\w+|plat_pte_publish|plat_icache_sync|waitq_wake_all|'
                  r'sched_wake|tlb_flush_\w+|tlb_batch_note)\([^;]*\);)', re.MULTILINE)
PRAGMA = '_Pragma("GCC diagnostic ignored \\"-Wunused-value\\"")'
SECONDS = 300  # for one test program: a mutant may hang


def calls():
    """(path, offset, end, name) for each call that is a statement."""
    for path in sorted(glob.glob(SOURCES, recursive=True)):
        with open(path, encoding='utf-8') as file:
            text = file.read()
        for match in CALL.finditer(text):
            line = text.count('\n', 0, match.start(2)) + 1
            name = re.sub(r'\W+', '_', f'{path[len("core/"):-len(".c")]}_{line}_'
                          f'{match.group(2).split("(")[0]}')
            yield path, match.start(2), match.end(2), name


def copy_tree():
    os.makedirs(PLACE, exist_ok=True)
    for name in ('core', 'platform', 'lib', 'examples', 'fuzz', 'tests', 'user',
                 'site_scons'):
        shutil.copytree(name, f'{PLACE}/{name}', dirs_exist_ok=True)
    shutil.copy('SConstruct', PLACE)


def build():
    """Builds the test programs of the copy. Returns whether it went well, and what was said."""
    environment = {key: value for key, value in os.environ.items() if key != 'CI'}
    tests = 'build/hosted-test/tests'
    done = subprocess.run(['scons', '-j2', f'{tests}/core', f'{tests}/scenario'], cwd=PLACE,
                          env=environment, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    return done.returncode == 0, done.stdout


def programs():
    """The test programs, those first that kill most."""
    pattern = f'{PLACE}/build/hosted-test/tests/**/*_test'
    found = [path for path in glob.glob(pattern, recursive=True) if os.access(path, os.X_OK)]
    return sorted(found, key=lambda path: ('scenario/' not in path, path))


def first_failure():
    """The name of the first test program that fails, or None."""
    for program in programs():
        try:
            done = subprocess.run([os.path.abspath(program)], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return f'{os.path.basename(program)} (no end)'
        if done.returncode != 0:
            return os.path.basename(program)
    return None


def try_mutant(path, start, end):
    """Returns what is wrong: None if a test failed, as it must."""
    with open(path, encoding='utf-8') as file:
        text = file.read()
    # A statement stays, so that an if keeps its body; what it named stays used.
    call = text[start:end]
    arguments = call[call.index('(') + 1:call.rindex(')')]
    body = f'(void)sizeof(({arguments}, 0));' if arguments.strip() else ';'
    with open(f'{PLACE}/{path}', 'w', encoding='utf-8') as file:
        file.write(f'{text[:start]}{{ {PRAGMA} {body} }}{text[end:]}')
    try:
        went_well, said = build()
        if not went_well:
            return f'the mutant does not build: {said[-1500:]}'
        killer = first_failure()
        if killer:
            print(f'   killed by {killer}')
        return None if killer else f'no test fails without {call}'
    finally:
        shutil.copy(path, f'{PLACE}/{path}')


def main():
    patterns = [word for word in sys.argv[1:] if not word.startswith('--')]
    chosen = [call for call in calls()
              if not patterns or any(fnmatch.fnmatch(call[3], pattern) for pattern in patterns)]
    if '--list' in sys.argv:
        print('\n'.join(call[3] for call in chosen))
        return 0
    copy_tree()
    went_well, said = build()
    killer = first_failure() if went_well else 'the build'
    if killer:
        print(f'not ok unchanged: {killer} fails\n{said[-1500:]}\n0 passed, 1 failed')
        return 1
    failed = 0
    for path, start, end, name in chosen:
        wrong = try_mutant(path, start, end)
        print(f'not ok {name}: {wrong}' if wrong else f'ok {name}', flush=True)
        failed += bool(wrong)
    print(f'{len(chosen) - failed} passed, {failed} failed')
    return failed > 0


sys.exit(main())
