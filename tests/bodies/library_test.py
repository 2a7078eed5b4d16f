#!/usr/bin/env python3
"""libeft.a as others use it: outside of this tree, with nothing but the archive and its header."""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, 'tests/tools')
import machine
from body import case, expect, expect_equal, main

SANITIZE = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all']
STRICT = ['-Wall', '-Wextra', '-Werror', '-pedantic']
SECONDS = 100
BUILT_WITH = 'clang' if machine.SUFFIX else 'gcc'
# A freed block is given to malloc again soon, so that what leaks can be told from what waits.
ENVIRONMENT = {**os.environ, 'ASAN_OPTIONS': 'quarantine_size_mb=1'}


def run(command, **words):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=SECONDS, check=False, **words)
    expect(done.returncode == 0, f'{command[0]}: status {done.returncode}: {done.stdout[-2000:]}')
    return done.stdout


def build_and_run(variant, source, compiler, flags, *args):
    """Compiles source in a folder that holds it, the archive and the header, and runs it there."""
    with tempfile.TemporaryDirectory() as place:
        for path in (source, 'lib/eft.h', machine.built(variant, 'libeft.a')):
            shutil.copy(path, place)
        run([compiler, '-O1', '-o', 'program', *flags, '-I.', os.path.basename(source), '-L.',
             '-left', '-lm'], cwd=place)
        return run(['./program', *args], cwd=place, env=ENVIRONMENT)


def harness(variant, compiler, *flags):
    said = build_and_run(variant, 'examples/harness.c', compiler, ['-std=c11', *STRICT, *flags])
    expect('NO:' not in said and 'counts from the beginning' in said, said)


@case
def the_harness_with_gcc():
    harness('hosted-release', 'gcc')


@case
def the_harness_with_clang():
    harness('hosted-release', 'clang')


@case
def the_harness_sanitized():
    harness('hosted', BUILT_WITH, *SANITIZE)


@case
def the_harness_is_short():
    with open('examples/harness.c', encoding='utf-8') as file:
        expect(len(file.readlines()) < 80, 'it has 80 lines or more')


@case
def the_header_is_for_c11_and_for_cpp11():
    for language in (['-x', 'c', '-std=c11'], ['-x', 'c++', '-std=c++11']):
        run(['clang', *language, *STRICT, '-fsyntax-only', 'lib/eft.h'])
    run(['gcc', '-x', 'c', '-std=c11', *STRICT, '-fsyntax-only', 'lib/eft.h'])


@case
def only_eft_names_are_exported():
    for variant in ('hosted', 'hosted-release'):
        lines = run(['nm', '--defined-only', '--extern-only', '--no-sort',
                     machine.built(variant, 'libeft.a')]).split('\n')
        names = [line.split()[-1] for line in lines if len(line.split()) == 3]
        expect(len(names) > 15, f'{variant}: exports {names}')
        expect_equal([name for name in names if not name.startswith('eft_')], [],
                     f'what {variant} exports beside eft_*')
        members = run(['ar', 't', machine.built(variant, 'libeft.a')]).split()
        expect_equal(members, ['libeft.o'], 'what is in the archive')


@case
def all_state_of_core_is_gathered():
    """A snapshot of core is what lies in one section: it has no other variables."""
    lines = run(['readelf', '--sections', '--wide', machine.built('hosted-release', 'core.o')])
    for line in lines.split('\n'):
        words = line.replace('[ ', '[').split()
        if len(words) > 7 and words[7].startswith('WA') and int(words[5], 16) > 0:
            expect(words[1] in ('eft_state', 'eft_scratch') or words[1].startswith('.data.rel.ro'),
                   f'core has variables in {words[1]}')


# Variables of the hosted machine that no snapshot holds, on purpose.
NOT_IN_SNAPSHOTS = {
    # Hooks and handles of the host, and what they have yet to write.
    'choice_hook', 'machine_on_stop', 'report_hook', 'report_death_hook', 'is_reporting',
    'script_watch', 'programs', 'terminal_sink', 'terminal_source', 'tracefile_sink', 'tracefile',
    'tty', 'stack', 'in', 'out', 'options', 'has_machine', 'has_kernel', 'order', 'resting',
    'nothing',
    # RAM, the registry and the TLB's entries are saved in a way of their own, and stay in place.
    'bytes_map', 'frames_map', 'touched_map', 'stamps_map', 'stored_map', 'ram', 'ram_area', 'map',
    'room', 'tables', 'asid_root', 'set', 'buckets', 'vtlb_mode', 'vtlb_now', 'vtlb_all_flushed',
    # The snapshots themselves.
    'base', 'last_id', 'closed', 'scale', 'offset',
    # Caches, and the table that the interpreter compiles once.
    'mmu_epoch', 'mmu_write_epoch', 'loaded', 'loaded_count', 'candidates', 'compiled', 'first',
    'lines', 'el0_clock_base', 'el0_landing', 'pages', 'hosts', 'oldest',
    'the_cpu',
    # Whether the CPU has instructions that may be missing: as long as the machine does.
    'el0_has_atomics', 'had_atomics',
    # Whether somebody of the host's will ask for a sum.
    'has_registers',
}


@case
def all_state_of_the_machine_is_saved_or_known_not_to_be():
    unknown, known = [], 0
    for folder in ('platform/hosted', 'lib'):
        built = machine.built('hosted-release', folder.split('/', maxsplit=1)[0])
        for source in glob.glob(f'{folder}/**/*.c', recursive=True):
            name = os.path.relpath(source, folder)[:-len('.c')]
            if name == 'main' or name.startswith('gdb'):  # of the program eft
                continue
            with open(source, encoding='utf-8') as file:
                parts = re.findall(r'^SNAPSHOT_PART\w*\((\w+)[,)]', file.read(), re.MULTILINE)
            for line in run(['objdump', '--syms', f'{built}/{name}.o']).split('\n'):
                words = line.split()
                if len(words) < 5 or 'O' not in words[1:-3] or \
                        words[-3] not in ('.data', '.bss', '.data.rel', '.data.rel.local'):
                    continue
                names = words[-1].split('.')  # gcc: VARIABLE.N; clang: FUNCTION.VARIABLE
                variable = names[1] if len(names) > 1 and not names[1].isdigit() else names[0]
                if variable not in parts and variable not in NOT_IN_SNAPSHOTS:
                    unknown.append(f'{source}: {variable}')
                known += 1
    expect(known > 50, f'only {known} variables are seen')
    expect_equal(unknown, [], 'variables that no snapshot holds')


def replays(variant, compiler, *flags):
    said = build_and_run(variant, 'tests/bodies/programs/library_replay.c', compiler,
                         ['-std=gnu11', *flags], os.path.abspath(machine.initramfs()))
    expect_equal(said.count('the same after each snapshot'), 3, 'machines that went on exactly')


@case
def what_follows_a_snapshot_follows_again():
    replays('hosted-release', 'gcc')


@case
def what_follows_a_snapshot_follows_again_sanitized():
    replays('hosted', BUILT_WITH, *SANITIZE)


@case
def install():
    with tempfile.TemporaryDirectory() as prefix:
        run(['scons', '-Q', f'CC={BUILT_WITH}', f'PREFIX={prefix}', 'install'])
        environment = {**os.environ, 'PKG_CONFIG_PATH': f'{prefix}/lib/pkgconfig'}
        flags = [f'-I{prefix}/include', f'-L{prefix}/lib', '-left', '-lm']
        if shutil.which('pkg-config'):
            flags = run(['pkg-config', '--cflags', '--libs', 'eft'], env=environment).split()
        program = os.path.join(prefix, 'harness')
        run(['gcc', '-o', program, 'examples/harness.c', *flags])
        run([program])
        run([f'{prefix}/bin/eft', '--', '/bin/story'])


main()
