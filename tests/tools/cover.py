#!/usr/bin/env python3
"""What the tests of the coverage build reach: a table of lines and branches a file, and HTML.

    cover.py PROGRAM...      (the test programs and eft, of the coverage build)
    cover.py --missing PATH... -- PROGRAM...
                             (after a run: the branches of these files that it has not reached)

A branch counts twice, for true and for false. Two kinds are no branches of the kernel and do not
count: what an assertion says, which has no second side, and the planted bugs, which are compiled
for tests only: the statements that name PLANTED, what these alone do, and functions whose comment
speaks of a planted bug.

Ends with status 1 when a folder that has a least share of branches does not reach it.
"""
import concurrent.futures
import glob
import json
import os
import re
import shutil
import subprocess
import sys

PLACE = 'build/cover'
EFT = 'build/hosted-cov/eft'
EXPANSION = 1  # llvm's number for the region of a macro's use
FOLDERS = ('core/', 'platform/hosted/')
LEAST_BRANCHES = {'core/fs': 98.0, 'core/mm': 99.0, 'core/proc': 97.0, 'core/sync': 100.0,
                  'core/syscall': 98.5}


# Planted bugs are found by assertions and sanitizers, neither of which this build has.
WITHOUT_BUGS = {'build/hosted-cov/tests/fuzz/planted_test': ['planted_each*', 'planted_without*']}


def run_test(command):
    """Runs a test; all the processes that it starts add to profiles of its own."""
    name = '-'.join(command).replace('/', '.').replace('*', '').strip('.')
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env={**os.environ, 'EFT_HOSTED': 'hosted-cov',
                               'LLVM_PROFILE_FILE': os.path.join(PLACE, f'{name}.%m.profraw')},
                          check=False)
    if done.returncode:
        print(f'{" ".join(command)} failed, its coverage counts nevertheless:')
        print('\n'.join(line for line in done.stdout.split('\n') if line.startswith('not ok')))
    return done.returncode == 0


def commands(programs):
    """How to run the tests: each program, and each case of a script that starts the hosted body."""
    # Tests that end in an assertion cannot: this build has left the failing side out.
    yield from ([program, '--no-deaths', *WITHOUT_BUGS.get(program, [])]
                for program in programs if program != EFT)
    for script in glob.glob('tests/bodies/*_test.py'):
        listed = subprocess.run([sys.executable, script, '--list'], stdout=subprocess.PIPE,
                                text=True, check=True).stdout.split()
        yield from ([sys.executable, script, case] for case in listed if case.startswith('hosted_'))


# ---- which branches count ----

def sources(path, texts={}):
    """The lines of a file, the first of them is 1."""
    if path not in texts:
        with open(path, encoding='utf-8') as file:
            texts[path] = [''] + file.read().split('\n')
    return texts[path]


def planted_lines(path, found={}):
    """The lines of the statements that name PLANTED, and of what is done for them alone."""
    if path in found:
        return found[path]
    text = sources(path)
    lines = found[path] = set()
    for first in (at for at, line in enumerate(text) if 'PLANTED(' in line):
        last = first
        while not re.search(r'[;{]$', text[last]):
            last += 1
        while not re.search(r'[;{}/]$', text[first - 1]) and text[first - 1]:
            first -= 1
        statement = ' '.join(text[first:last + 1])
        if statement.endswith('{') and '||' not in statement and '!PLANTED' not in statement:
            closing = re.match(' *', text[first]).group() + '}'
            while not text[last].startswith(closing):
                last += 1
        lines.update(range(first, last + 1))
    return lines


def is_for_a_bug(path, line):
    """Whether the comment above a function, the body of which begins there, names a planted bug."""
    text = sources(path)
    above = line
    while text[above - 1]:
        above -= 1
    return 'planted bug' in ' '.join(text[above:line])


def function_branches(function):
    """The branches of a function that count: where each is, and how often it went either way."""
    names = [os.path.relpath(name) for name in function['filenames']]
    if (not names[0].startswith(FOLDERS) or
            is_for_a_bug(names[0], function['regions'][0][0])):
        return
    expanded = {region[6]: (region[5], region[0], region[1])
                for region in function['regions'] if region[7] == EXPANSION}
    for branch in function['branches']:
        file, via, place = branch[6], (), tuple(branch[:4])
        while file in expanded:
            file, *at = expanded[file]
            via = (tuple(at), *via)
        line, column = via[0] if via else place[:2]
        text = sources(names[0])[line]
        if not text[column - 1:].startswith('ASSERT(') and line not in planted_lines(names[0]):
            yield (names[0], line, via, place), (branch[4], branch[5])


def branches(exported):
    """All that count, by where they are. A function may be there several times."""
    found = {}
    for function in exported['functions']:
        for place, (taken, not_taken) in function_branches(function):
            before = found.get(place, (0, 0))
            found[place] = (before[0] + taken, before[1] + not_taken)
    return found


def print_missing(found, paths):
    for place, (taken, not_taken) in sorted(found.items()):
        if place[0].startswith(paths) and not (taken and not_taken):
            print(f'{place[0]}:{place[1]}: {taken}:{not_taken}  '
                  f'{"" if place[2] else sources(place[0])[place[1]][place[3][1] - 1:]}')


# ---- the table ----

def percent(covered, count):
    return f'{100 * covered / count:6.1f} %' if count else '     - '


def row(name, lines, branches):
    print(f'{name:44} {lines[0]:5}/{lines[1]:<5} {percent(*lines)}   '
          f'{branches[0]:5}/{branches[1]:<5} {percent(*branches)}')


def table(files, found):
    """Prints a row for each file and folder. Returns whether all folders reach what they must."""
    folders = {}
    sides = {path: [0, 0] for path in files}
    for place, counts in found.items():
        sides[place[0]][0] += sum(count > 0 for count in counts)
        sides[place[0]][1] += 2
    print(f'{"":44} {"lines":>11} {"":>8}   {"branches":>11}')
    for path in sorted(files):
        lines = files[path]['lines']['covered'], files[path]['lines']['count']
        if not lines[1]:
            continue
        row(path, lines, sides[path])
        total = folders.setdefault(os.path.dirname(path), [0, 0, 0, 0])
        for at, value in enumerate((*lines, *sides[path])):
            total[at] += value
    print()
    for folder, total in sorted(folders.items()):
        row(folder, total[:2], total[2:])
    reached = True
    for folder, least in LEAST_BRANCHES.items():
        total = folders.get(folder, [0, 0, 0, 1])
        share = 100 * total[2] / total[3] if total[3] else 100
        if share < least:
            print(f'{folder}: {share:.1f} % of the branches, fewer than {least} %')
            reached = False
    return reached


def export(programs, merged):
    """What llvm-cov says of a run; and the words for it that name the programs and the run."""
    objects = [programs[0]] + [word for program in programs[1:] for word in ('-object', program)]
    words = [*objects, f'-instr-profile={merged}', '-ignore-filename-regex=(^|/)tests/']
    exported = subprocess.run(['llvm-cov', 'export', '-skip-expansions', *words],
                              stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(exported.stdout)['data'][0], words


def main():
    programs = sys.argv[1:]
    merged = os.path.join(PLACE, 'merged.profdata')
    if programs[0] == '--missing':
        end = programs.index('--')
        exported, _ = export(programs[end + 1:], merged)
        print_missing(branches(exported), tuple(programs[1:end]))
        return 0
    shutil.rmtree(PLACE, ignore_errors=True)
    os.makedirs(PLACE)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        passed = all(list(pool.map(run_test, commands(programs))))
    subprocess.run(['llvm-profdata', 'merge', '-sparse', '-o', merged,
                    *glob.glob(f'{PLACE}/*.profraw')], check=True)
    exported, words = export(programs, merged)
    files = {os.path.relpath(file['filename']): file['summary'] for file in exported['files']}
    reached = table({path: summary for path, summary in files.items() if path.startswith(FOLDERS)},
                    branches(exported))
    subprocess.run(['llvm-cov', 'show', '-format=html', f'-output-dir={PLACE}',
                    '-show-branches=count', *words], check=True)
    print(f'Line by line: {PLACE}/index.html')
    return 0 if reached and passed else 1


if __name__ == '__main__':
    sys.exit(main())
