#!/usr/bin/env python3
"""What the tests of the coverage build reach: a table of lines and branches a file, and HTML.

    cover.py PROGRAM...      (the test programs and eft, of the coverage build)

Ends with status 1 when a folder that has a least share of branches does not reach it.
"""
import concurrent.futures
import glob
import json
import os
import shutil
import subprocess
import sys

PLACE = 'build/cover'
EFT = 'build/hosted-cov/eft'
FOLDERS = ('core/', 'platform/hosted/')
LEAST_BRANCHES = {'core/mm': 95.0, 'core/proc': 95.0}


def run_test(command):
    """Runs a test; all the processes that it starts add to profiles of its own."""
    name = '-'.join(command).replace('/', '.').strip('.')
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
    yield from ([program, '--no-deaths'] for program in programs if program != EFT)
    for script in glob.glob('tests/bodies/*_test.py'):
        listed = subprocess.run([sys.executable, script, '--list'], stdout=subprocess.PIPE,
                                text=True, check=True).stdout.split()
        yield from ([sys.executable, script, case] for case in listed if case.startswith('hosted_'))


def percent(covered, count):
    return f'{100 * covered / count:6.1f} %' if count else '     - '


def row(name, lines, branches):
    print(f'{name:44} {lines[0]:5}/{lines[1]:<5} {percent(*lines)}   '
          f'{branches[0]:5}/{branches[1]:<5} {percent(*branches)}')


def table(files):
    """Prints a row for each file and folder. Returns whether all folders reach what they must."""
    folders = {}
    print(f'{"":44} {"lines":>11} {"":>8}   {"branches":>11}')
    for path in sorted(files):
        summary = files[path]
        lines, branches = ((summary[kind]['covered'], summary[kind]['count'])
                           for kind in ('lines', 'branches'))
        if not lines[1]:
            continue
        row(path, lines, branches)
        total = folders.setdefault(os.path.dirname(path), [0, 0, 0, 0])
        for at, value in enumerate((*lines, *branches)):
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


def main():
    programs = sys.argv[1:]
    shutil.rmtree(PLACE, ignore_errors=True)
    os.makedirs(PLACE)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        passed = all(list(pool.map(run_test, commands(programs))))
    merged = os.path.join(PLACE, 'merged.profdata')
    subprocess.run(['llvm-profdata', 'merge', '-sparse', '-o', merged,
                    *glob.glob(f'{PLACE}/*.profraw')], check=True)
    objects = [programs[0]] + [word for program in programs[1:] for word in ('-object', program)]
    common = [*objects, f'-instr-profile={merged}', '-ignore-filename-regex=(^|/)tests/']
    exported = subprocess.run(['llvm-cov', 'export', '-summary-only', *common],
                              stdout=subprocess.PIPE, check=True, text=True)
    files = {os.path.relpath(file['filename']): file['summary']
             for file in json.loads(exported.stdout)['data'][0]['files']}
    reached = table({path: summary for path, summary in files.items() if path.startswith(FOLDERS)})
    subprocess.run(['llvm-cov', 'show', '-format=html', f'-output-dir={PLACE}',
                    '-show-branches=count', *common], check=True)
    print(f'Line by line: {PLACE}/index.html')
    return 0 if reached and passed else 1


if __name__ == '__main__':
    sys.exit(main())
