"""How fast programs run in the hosted body: `scons bench BENCH=el0`. The same files in the same
run: Eft's release, Eft with its checks, qemu-aarch64, and libunicorn where no kernel is needed.
Medians, by CPU time, without what a start takes; nothing here fails because the machine is slow."""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

from measure import line, run

sys.path.insert(0, 'tests/tools')
import debian  # noqa: E402 pylint: disable=wrong-import-position

UNICORN = 'build/bench/unicorn'
SLOW = 20  # so many times fewer rounds for a machine that is slow

AWK = '''BEGIN { for (i = 0; i < n; i++) { s += i * 3 % 7; t = t + (i * i) % 11
    if (i % 1000 == 0) a[i] = s }
for (k in a) c++; print s, t, c }
'''
SHELL = '''i=0; s=0
while [ $i -lt $1 ]; do i=$((i+1)); s=$((s+i%7)); done
echo $s
'''
FILES = {'etc/sum.awk': AWK, 'etc/sum.sh': SHELL}
# Rounds, and the words that say them; a word that begins with / is a file's.
PROGRAMS = {
    'registers': (60_000_000, ('/bin/loops', 'registers')),
    'copying words': (40_000, ('/bin/loops', 'words')),
    'copying vectors': (60_000, ('/bin/loops', 'vectors')),
    'system calls': (3_000_000, ('/bin/loops', 'calls')),
    'busybox awk': (300_000, ('/bin/busybox', 'awk', '-f', '/etc/sum.awk', '-v', 'n={}')),
    'busybox sh': (30_000, ('/bin/busybox', 'sh', '/etc/sum.sh')),
}
ALONE = ('registers', 'copying words', 'copying vectors')  # they need no kernel


def make_files(folder):
    """The files of the programs, and an initramfs of the same."""
    os.makedirs(f'{folder}/bin')
    os.makedirs(f'{folder}/etc')
    shutil.copy(debian.busybox(), f'{folder}/bin/busybox')
    shutil.copy('build/bench/loops', f'{folder}/bin/loops')
    for path, text in FILES.items():
        with open(f'{folder}/{path}', 'w', encoding='utf-8') as file:
            file.write(text)
    members = [f'{path}={folder}/{path}' for path in (*FILES, 'bin/busybox', 'bin/loops')]
    subprocess.run([sys.executable, 'tests/tools/cpio.py', f'{folder}/initramfs.cpio',
                    'init=build/user/init', *members], check=True)


def machines(folder, name):
    """What runs that program: its name, how much slower it is at least, and the words in front."""
    initramfs = ('--initrd', f'{folder}/initramfs.cpio', '--time', 'virtual', '--')
    made = [('qemu-aarch64', 1, ('qemu-aarch64',)),
            ('Eft, release', 1, ('build/hosted-release/eft', *initramfs)),
            ('Eft, ASan+UBSan', SLOW, ('build/hosted/eft', *initramfs))]
    if name in ALONE and os.path.exists(UNICORN):
        made.append(('libunicorn', SLOW, (UNICORN,)))
    return made


def command(folder, front, words, rounds):
    """Eft has the files in its root; for the others they are in the folder."""
    place = '' if front[0].endswith('eft') else folder
    placed = [place + word if word.startswith('/') else word for word in words]
    if '{}' not in words[-1]:
        placed.append('{}')
    placed[-1] = placed[-1].format(rounds)
    return (*front, *placed)


def rate(folder, machine, words, rounds):
    """Rounds a CPU-second without the start, and what the program printed."""
    _, slowness, front = machine
    _, start = run(*command(folder, front, words, 0))
    text, seconds = run(*command(folder, front, words, rounds // slowness))
    return rounds // slowness / (seconds - start), text


def compare(folder, times, name):
    """A line for each machine, beside the first."""
    rounds, words = PROGRAMS[name]
    made = machines(folder, name)
    rates = {machine: [] for machine in made}
    printed = {}
    for _ in range(times):
        for machine in made:
            value, text = rate(folder, machine, words, rounds)
            rates[machine].append(value)
            if printed.setdefault(machine[1], text) != text:
                sys.exit(f'{name}: {machine[0]} printed {text!r}, not {printed[machine[1]]!r}')
    medians = {machine[0]: statistics.median(values) for machine, values in rates.items()}
    first = medians[made[0][0]]
    for machine, median in medians.items():
        line(f'{name}: {machine}', f'{1e9 / median:,.1f}', f'ns a round, {median / first:.3f}')


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--times', type=int, default=5, help='measurements of each figure')
    parser.add_argument('names', nargs='*', metavar='PROGRAM', help=', '.join(PROGRAMS))
    args = parser.parse_args()
    unknown = [name for name in args.names if name not in PROGRAMS]
    if unknown:
        parser.error(f'no program: {unknown[0]}')
    with tempfile.TemporaryDirectory() as folder:
        make_files(folder)
        for name in args.names or PROGRAMS:
            compare(folder, args.times, name)


if __name__ == '__main__':
    try:
        main()
    except debian.Missing as error:
        sys.exit(f'el0_bench.py: {error}')
