#!/usr/bin/env python3
"""Runs the tests that a list names (site_scons/test_list.py writes it) and sums them up.

    runner.py LIST --tier TIER[,TIER] [--match PATTERN] [--broken]

Each test is a program that prints `ok NAME`, `not ok NAME: reason` or `skip NAME: reason` for each
of its cases. Tests run side by side, each with a time limit and in a process group of its own. A
test that passed is not run again until one of its inputs changes: it counts as passed and is shown
as cached. The last line is `N passed, N failed` with `, N skipped` where some were.
"""
import argparse
import concurrent.futures
import fnmatch
import hashlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time

CACHE = 'build/test-cache'
LINE = re.compile(r'^(ok|not ok|skip) ([^\s:]+)(?:: (.*))?$')
CLOSING = re.compile(r'\d+ passed, \d+ failed(, \d+ skipped)?')
TAIL_LINES = 40  # of a failed test's other output

running = set()  # processes; each leads a process group


class Result:
    """What a test's cases came to, and what else it printed."""

    def __init__(self):
        self.passed = []
        self.failed = {}   # case: reason
        self.skipped = {}  # case: reason
        self.noise = []
        self.seconds = 0.0
        self.cached = False


def content_hash(paths, memo={}):
    for path in paths:
        if path not in memo:
            with open(path, 'rb') as file:
                memo[path] = hashlib.sha256(file.read()).hexdigest()
    return [memo[path] for path in paths]


def key_of(test, cases):
    what = [test['command'], test['environment'], cases, test['inputs'],
            content_hash(test['inputs'])]
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()


def cache_path(test):
    suffix = test['environment']['EFT_SUFFIX']
    return os.path.join(CACHE, test['name'].replace('/', '.') + suffix + '.json')


def cache_load(test, key):
    try:
        with open(cache_path(test), encoding='utf-8') as file:
            found = json.load(file)
    except (OSError, ValueError):
        return None
    if found['key'] != key:
        return None
    result = Result()
    result.passed, result.cached = found['passed'], True
    return result


def cache_store(test, key, result):
    os.makedirs(CACHE, exist_ok=True)
    with open(cache_path(test), 'w', encoding='utf-8') as file:
        json.dump({'key': key, 'passed': result.passed}, file)


def run_program(command, environment, seconds):
    """Its output and status; the status is None when it did not end in time."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, process_group=0,
                               env={**os.environ, **environment})
    running.add(process)
    try:
        output, _ = process.communicate(timeout=seconds)
        status = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        status = None
    running.discard(process)
    return output.decode(errors='replace'), status


def judge(output, status, seconds):
    """The result that the lines and the end of a test program make."""
    result = Result()
    closed = False
    for line in output.splitlines():
        match = LINE.match(line)
        if not match:
            if CLOSING.fullmatch(line):
                closed = True
            else:
                result.noise.append(line)
            continue
        word, case, reason = match.groups()
        if word == 'ok':
            result.passed.append(case)
        elif word == 'skip':
            result.skipped[case] = reason or 'no reason given'
        else:
            result.failed[case] = reason or 'no reason given'
    if status is None:
        result.failed['(end)'] = f'no end after {seconds} s'
    elif not closed:
        result.failed['(end)'] = f'it stopped half-way with status {status}'
    elif status != 0 and not result.failed:
        result.failed['(end)'] = f'status {status}, though no case failed'
    elif not result.passed and not result.failed and not result.skipped:
        result.failed['(end)'] = 'it has no cases'
    return result


def run_test(test, cases):
    if test['unbuilt']:
        result = Result()
        result.failed['(build)'] = 'not built: ' + ', '.join(test['unbuilt'])
        return result
    key = test['cached'] and key_of(test, cases)
    result = cache_load(test, key) if key else None
    if result:
        return result
    started = time.monotonic()
    try:
        output, status = run_program(test['command'] + cases, test['environment'], test['seconds'])
        result = judge(output, status, test['seconds'])
    except OSError as error:
        result = Result()
        result.failed['(start)'] = str(error)
    result.seconds = time.monotonic() - started
    if os.environ.get('CI') == 'true':
        for case, reason in result.skipped.items():
            result.failed[case] = f'skipped ({reason}), which CI does not allow'
        result.skipped = {}
    if key and not result.failed and not result.skipped:
        cache_store(test, key, result)
    return result


def cases_of(test):
    """The names of a test's cases; none if it cannot tell."""
    if test['unbuilt']:
        return []
    try:
        output, status = run_program(test['command'] + ['--list'], test['environment'], 60)
    except OSError:
        return []
    return output.split() if status == 0 else []


def is_match(pattern, *names):
    """A shell pattern for the whole of a name, or a part of one."""
    return any(fnmatch.fnmatchcase(name, pattern) or pattern in name for name in names)


def select(tests, pattern):
    """Pairs of a test and the cases of it to run; no cases: all."""
    if not pattern:
        return [(test, []) for test in tests]
    chosen = []
    for test in tests:
        if is_match(pattern, test['name']):
            chosen.append((test, []))
            continue
        cases = [case for case in cases_of(test)
                 if is_match(pattern, case, f"{test['name']}.{case}")]
        if cases:
            chosen.append((test, cases))
    return chosen


def show(test, result):
    word = 'FAIL' if result.failed else 'ok'
    how = 'cached' if result.cached else f'{result.seconds:.1f} s'
    count = len(result.passed) + len(result.failed) + len(result.skipped)
    print(f"  {word:5} {test['name']:40} {count:4} {'case ' if count == 1 else 'cases'}  {how}")
    for case, reason in result.skipped.items():
        print(f"        skipped {test['name']}.{case}: {reason}")
    for case, reason in result.failed.items():
        print(f"        {test['name']}.{case}: {reason}")
        if not test['unbuilt']:
            name = '' if case.startswith('(') else shlex.quote(case)
            print(f"        {test['debug'].replace('{case}', name)}")
    if result.failed:
        for line in result.noise[-TAIL_LINES:]:
            print(f'        | {line}')
    sys.stdout.flush()


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument('list')
    parser.add_argument('--tier', required=True)
    parser.add_argument('--match', default='')
    parser.add_argument('--broken', action='store_true', help='the build failed')
    parser.add_argument('--jobs', type=int, default=os.cpu_count())
    return parser.parse_args()


def load_list(path, tiers):
    try:
        with open(path, encoding='utf-8') as file:
            return [test for test in json.load(file) if test['tier'] in tiers]
    except OSError:
        return []


def main():
    options = parse_arguments()
    chosen = select(load_list(options.list, options.tier.split(',')), options.match)
    passed = failed = skipped = cached = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        waiting = {pool.submit(run_test, test, cases): test for test, cases in chosen}
        for future in concurrent.futures.as_completed(waiting):
            result = future.result()
            show(waiting[future], result)
            passed += len(result.passed)
            failed += len(result.failed)
            skipped += len(result.skipped)
            cached += len(result.passed) if result.cached else 0
    if options.broken:
        print('  FAIL  the build: see above')
        failed += 1
    elif not chosen:
        print(f"  FAIL  no test matches '{options.match}'")
        failed += 1
    if cached:
        print(f'{cached} of the passed are cached: nothing that they use has changed')
    print(f'{passed} passed, {failed} failed' + (f', {skipped} skipped' if skipped else ''))
    return 1 if failed else 0


if __name__ == '__main__':
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        for child in running:
            os.killpg(child.pid, signal.SIGKILL)
        os._exit(130)
