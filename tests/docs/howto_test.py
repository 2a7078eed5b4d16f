#!/usr/bin/env python3
"""Follows docs/howto.md in a copy of the tree: applies each patch, builds, runs each command and
looks for what it is said to print."""
import os
import re
import shlex
import shutil
import subprocess
import sys

sys.path.insert(0, 'tests/tools')
from body import Wrong, case, expect, main

PAGE = 'docs/howto.md'
PLACE = 'build/howto'
SOURCES = ('core', 'platform', 'lib', 'examples', 'fuzz', 'user', 'tests', 'site_scons',
           'SConstruct')
BUILT = ('build/hosted', 'build/user')  # so that only what a recipe changes is built again
BLOCK = re.compile(r'^```(diff|console)\n(.*?)^```$', re.MULTILINE | re.DOTALL)
HEADING = re.compile(r'^## (.*)$', re.MULTILINE)
SECONDS = 250


def recipes():
    """(heading, [(kind, text), ...]) for each recipe."""
    with open(PAGE, encoding='utf-8') as file:
        parts = HEADING.split(file.read())[1:]
    return [(title, BLOCK.findall(text)) for title, text in zip(parts[::2], parts[1::2])]


def copy_tree():
    shutil.rmtree(PLACE, ignore_errors=True)
    for name in SOURCES + BUILT:
        if os.path.isdir(name):
            shutil.copytree(name, f'{PLACE}/{name}')
        else:
            shutil.copy2(name, PLACE)
    if os.path.exists('.sconsign.dblite'):
        shutil.copy2('.sconsign.dblite', PLACE)


def say(command, text=''):
    """What a command prints in the copy; it must succeed."""
    environment = {key: value for key, value in os.environ.items() if key not in ('CI', 'CC')}
    done = subprocess.run(command, cwd=PLACE, input=text, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=SECONDS, check=False, env=environment)
    if done.returncode != 0:
        raise Wrong(f'{command}: status {done.returncode}: {done.stdout[-2000:]}')
    return done.stdout


def follow_console(text):
    command, *expected = text.strip('\n').split('\n')
    expect(command.startswith('$ '), f'{command!r} is no command')
    words = shlex.split(command[2:])
    if words[0].startswith('build/'):
        say(['scons', '-j2', words[0]])
    output = say(words)
    for line in expected:
        expect(line in output, f'{command}: no line {line!r}, but {output[-1500:]}')
    print(f'{command}: {len(expected)} lines as described')


@case
def every_recipe_does_what_it_says():
    copy_tree()
    followed = 0
    for title, blocks in recipes():
        expect(any(kind == 'diff' for kind, _ in blocks), f'{title}: there is no patch')
        for kind, text in blocks:
            if kind == 'diff':
                said = say(['patch', '-p1', '--no-backup-if-mismatch', '--fuzz=0'], text)
                print(f'{title}: {said.strip().splitlines()[-1]}')
            else:
                follow_console(text)
            followed += 1
    expect(followed >= 7, f'only {followed} steps were found in {PAGE}')


main()
