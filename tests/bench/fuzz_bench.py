"""How fast the fuzzer is: `scons bench BENCH=fuzz`. Medians, by CPU time, of what is done again and
again in turn; nothing here fails because the machine is slow."""
import argparse
import glob
import os
import re
import statistics
import tempfile

from measure import line, median, run

VARIANTS = (('ASan+UBSan', 'fuzz'), ('ASan', 'fuzz-asan'), ('plain', 'fuzz-plain'))
WATCHED = (('with all checks', '3'), ('with the model alone', '1'), ('with the checks alone', '2'),
           ('with neither', '0'))
PLANTED = 'own-9'  # takes thousands of executions: the start hardly counts
SEEDS = (1, 2, 3, 4, 5)
PROGRAMS = 500
FINDING_SECONDS = 60


def through_libfuzzer(program, folder, rounds):
    """Executions a CPU-second of a target on files, without what it takes to start."""
    files = sorted(glob.glob(f'{folder}/*'))
    _, start = run(program, '-runs=1', *files)
    _, end = run(program, f'-runs={1 + rounds}', *files)
    return rounds * len(files) / (end - start)


def find(seed, folder):
    """A run of libFuzzer from nothing that finds a planted bug: executions, CPU-seconds, check."""
    text, seconds = run('build/fuzz/syscall', f'--plant={PLANTED}', f'-seed={seed}',
                        f'-max_total_time={FINDING_SECONDS}', f'-artifact_prefix={folder}/',
                        '-print_final_stats=1', '-max_len=1040', expect=())
    runs = re.findall(r'^stat::number_of_executed_units: (\d+)', text, re.MULTILINE)
    check = re.search(r'REPORT ([\w.-]+)', text)
    return int(runs[-1]) if runs else 0, seconds, check[1] if check else 'nothing'


def show_rates(args, files):
    for name, variant in VARIANTS:
        place = f'build/{variant}'
        empty = median(args.times, lambda: through_libfuzzer(f'{place}/bench/empty', files, 400))
        line(f'{name}: empty target', f'{empty:,.0f}', 'a CPU-second')
        target = median(args.times, lambda: through_libfuzzer(f'{place}/syscall', files, 10))
        line(f'{name}: 30 calls, all checks, the target itself', f'{target:,.0f}', 'a CPU-second')
        for watched, number in WATCHED:
            rate = median(args.times, lambda: float(run(
                f'{place}/bench/programs', 'run', number, args.seconds)[0].split()[0]))
            line(f'{name}: 30 calls, {watched}', f'{rate:,.0f}', 'a CPU-second')
        reset = median(args.times, lambda: float(run(
            f'{place}/bench/programs', 'reset', args.seconds)[0]))
        line(f'{name}: reset behind a program', f'{reset:.2f}', 'us')


def show_findings(folder):
    found = [find(seed, folder) for seed in SEEDS]
    for seed, (runs, seconds, check) in zip(SEEDS, found):
        line(f'{PLANTED} planted, seed {seed}: {check}, in {seconds:.1f} CPU-seconds',
             f'{runs / seconds:,.0f}', 'a CPU-second')
    line(f'{PLANTED} planted: executions until it is found',
         f'{statistics.median(runs for runs, _, _ in found):,.0f}', '')


def show_fork(args):
    host = median(args.times, lambda: float(run('build/bench/fork', 'host')[0]))
    line('fork, exit and wait4: the host', f'{host:.1f}', 'us')
    for name, program in (('Eft, release', 'fork'), ('Eft, ASan+UBSan', 'fork-checked')):
        eft = median(args.times, lambda: float(run(f'build/bench/{program}')[0]))
        line(f'fork, exit and wait4: {name}', f'{eft:.1f}', f'us, 1/{host / eft:.1f} of the host')


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--times', type=int, default=5, help='measurements of each figure')
    parser.add_argument('--seconds', default='1', help='of each measurement of programs')
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = f'{folder}/programs'
        os.mkdir(files)
        run('build/fuzz/bench/programs', 'write', files, str(PROGRAMS))
        show_rates(args, files)
        show_findings(folder)
        show_fork(args)


if __name__ == '__main__':
    main()
