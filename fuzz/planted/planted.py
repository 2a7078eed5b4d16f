"""Measures the fuzzer by the bugs that are planted in the kernel (README.md): for each, whether the
random driver finds it from nothing, how soon, and by which check.

    planted.py [--budget SECONDS] [--profile calls|failures|schedules] [--bug ID] [--jobs N]
    planted.py --lost [--budget SECONDS] [--jobs N]

The same seeds and the same budget find nothing where nothing is planted; that comes first. --lost
says of each check which bugs nothing else finds.
"""
import argparse
import concurrent.futures
import re
import statistics
import subprocess
import sys

STORM = 'build/fuzz/storm'
SEEDS = (11, 22, 33, 44, 55)  # fixed before the first measurement
PROFILES = ('calls', 'failures', 'schedules')
LIST = 'fuzz/planted/README.md'
NOTHING = 'nothing'
CHECKS = ['model'] + re.findall(r'CHECK\(\w+,\s*"([a-z.]+)"',
                                open('fuzz/check/check.def', encoding='utf-8').read())
FOUND = re.compile(r'found (\S+): executions=(\d+) events=(\d+) cpu=([\d.]+) '
                   r'instructions=\d+ minimised=(\d+)')


def bugs():
    """The names of all planted bugs but the one that only MemorySanitizer can see."""
    with open(LIST, encoding='utf-8') as file:
        found = re.findall(r'^\| ([a-z]+-\d+) \|', file.read(), re.M)
    return [bug for bug in found if bug != 'leak-2']


def search(bug, profile, seed, budget, without=()):
    """What one run of the driver finds: check, executions, CPU seconds, instructions; or None."""
    words = [] if bug == NOTHING else [f'--words=plant={bug}']
    words += [f'--without={",".join(without)}'] if without else []
    done = subprocess.run([STORM, '--quiet', f'--seed={seed}', f'--seconds={budget}',
                           f'--profile={profile}', *words], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=600 + 10 * budget)
    found = FOUND.search(done.stdout)
    if done.returncode not in (0, 1) or (done.returncode == 1) != bool(found):
        raise RuntimeError(f'{bug}, seed {seed}: {done.stdout}{done.stderr}')
    return found and (found[1], int(found[2]), float(found[4]), int(found[5]))


def cell(results):
    """A cell of the table: found how often, median executions and seconds, by what, how small."""
    found = [result for result in results if result]
    if not found:
        return f'0/{len(results)}'
    executions = statistics.median(result[1] for result in found)
    seconds = statistics.median(result[2] for result in found)
    smallest = min(result[3] for result in found)
    checks = ', '.join(sorted({f'`{result[0]}`' for result in found}))
    return (f'{len(found)}/{len(results)} in {executions:.0f}, {seconds:.1f} s: {checks}, '
            f'{smallest} insns')


def finders(bug, budget):
    """All checks that find a bug, each when those before it are switched off; and whether what
    cannot be switched off does: the machine's own checks, sanitizers, assertions of the kernel."""
    off = []
    while True:
        found = search(bug, 'schedules', SEEDS[0], budget, off)
        if not found:
            return off, False
        check = 'model' if found[0].startswith('model.') else found[0]
        if check in off or check not in CHECKS:
            return off, True
        off.append(check)


def print_lost(pool, chosen, budget):
    """For each check the bugs that it alone finds, and how many it finds with others."""
    found = dict(zip(chosen, pool.map(lambda bug: finders(bug, budget), chosen)))
    print('| check | lost without it | found by others too |')
    print('|---|---|---|')
    for check in CHECKS:
        alone = [bug for bug, (by, always) in found.items() if by == [check] and not always]
        others = [bug for bug, (by, always) in found.items() if check in by and bug not in alone]
        print(f'| `{check}` | {", ".join(alone)} | {len(others)} |')


def positive(text):
    """For argparse: a number of at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError('it is 1 at least')
    return number


def main():
    """Prints the table; 1: something was found where nothing is planted, or a bug by no profile."""
    parser = argparse.ArgumentParser()
    parser.add_argument('--budget', type=positive, default=60)
    parser.add_argument('--profile', choices=PROFILES)
    parser.add_argument('--bug', choices=bugs(), metavar='BUG')
    parser.add_argument('--jobs', type=positive, default=2)
    parser.add_argument('--lost', action='store_true')
    options = parser.parse_args()
    profiles = [options.profile] if options.profile else PROFILES
    chosen = [NOTHING] + ([options.bug] if options.bug else bugs())
    missed = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        if options.lost:
            print_lost(pool, chosen[1:], options.budget)
            return 0
        futures = {(bug, profile): [pool.submit(search, bug, profile, seed, options.budget)
                                    for seed in SEEDS] for bug in chosen for profile in profiles}
        print(f'| bug | {" | ".join(profiles)} |')
        print(f'|---|{"---|" * len(profiles)}', flush=True)
        for bug in chosen:
            results = [[future.result() for future in futures[bug, profile]]
                       for profile in profiles]
            print(f'| {bug} | {" | ".join(map(cell, results))} |', flush=True)
            if any(map(any, results)) == (bug == NOTHING):
                missed.append(bug)
    known = len(chosen) - 1
    print(f'\n{known - len([bug for bug in missed if bug != NOTHING])} of {known} found')
    if missed:
        print(f'not as it should be: {", ".join(missed)}')
    return 1 if missed else 0


if __name__ == '__main__':
    sys.exit(main())
