#!/usr/bin/env python3
"""What `scons check` looks at besides the tests; prints a line for each thing as a test does.

    check.py format|style|tidy|headers|seam
"""
import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys

CODE = ('core', 'platform', 'lib', 'examples', 'user', 'tests', 'fuzz')
TEXT = ('.c', '.h', '.S', '.def', '.ld', '.py', '')
CACHE = 'build/test-cache'
CROSS = 'aarch64-linux-gnu-'
FREESTANDING_HEADERS = {'stdarg.h', 'stdbool.h', 'stddef.h', 'stdint.h', 'limits.h', 'stdalign.h',
                        'stdnoreturn.h', 'float.h', 'iso646.h'}
LIBC_HEADERS = ('assert.h', 'ctype.h', 'errno.h', 'pthread.h', 'setjmp.h', 'signal.h', 'stdio.h',
                'stdlib.h', 'string.h', 'sys/mman.h', 'sys/types.h', 'time.h', 'unistd.h')
MEMORY_FUNCTIONS = {'memcpy', 'memmove', 'memset', 'memcmp'}


def files(folders, *ends):
    """The files below folders whose names end so, sorted."""
    found = []
    for folder in folders:
        for path, _, names in os.walk(folder):
            found += [os.path.join(path, name) for name in names
                      if name.endswith(ends) and '__pycache__' not in path]
    return sorted(found)


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def includes_of(path):
    return re.findall(r'^\s*#\s*include\s+[<"](.*?)[>"]', read(path), re.MULTILINE)


def run(command, text=None):
    """Status and output of a command."""
    done = subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    return done.returncode, done.stdout


# Each check is a function that takes a file and gives what is wrong with it, as a text, or ''.

def format_of(path):
    status, output = run(['clang-format', '--dry-run', '-Werror', path])
    return output if status else ''


def style_of(path):
    wrong = []
    lines = read(path).split('\n')
    for number, line in enumerate(lines, 1):
        if len(line) > 100:
            wrong.append(f'{path}:{number}: {len(line)} columns')
        if '\t' in line:
            wrong.append(f'{path}:{number}: a tab')
        if line != line.rstrip():
            wrong.append(f'{path}:{number}: blanks at the end')
        if re.search(r'\b(TO' r'DO|FIX' r'ME|XX' r'X)\b', line):
            wrong.append(f'{path}:{number}: something is unfinished')
    if lines[-1] != '':
        wrong.append(f'{path}: no newline at the end')
    return '\n'.join(wrong + own_header_first(path))


def own_header_first(path):
    """A .c of the kernel or of the runtime includes the header of its name first; the families of
    files that define one header's functions include that."""
    name = os.path.basename(path)[:-len('.c')]
    if path.startswith('core/syscall/sys_'):
        name = 'handlers'
    if not path.startswith(('core/', 'platform/', 'lib/', 'user/lib/')) or \
            not path.endswith('.c') or name == 'main':
        return []
    first = includes_of(path)[:1]
    return [] if first and os.path.basename(first[0]) == name + '.h' else \
        [f'{path}: does not include {name}.h first']


class Compiling:
    """How compile_commands.json has each file compiled."""

    def __init__(self):
        entries = json.loads(read('compile_commands.json'))
        self.words = {entry['file']: shlex.split(entry['command']) for entry in entries}
        self.clang_include = run(['clang', '-print-file-name=include'])[1].strip()

    def command(self, path):
        """The compiler and its flags, without the file and the output."""
        words = self.words[path]
        return [word for before, word in zip([''] + words, words)
                if word not in ('-c', '-o', path) and before != '-o']

    def flags(self, path):
        """The flags for clang, whatever compiler they are written for."""
        compiler, *words = self.command(path)
        target = ['--target=aarch64-linux-gnu'] if compiler.startswith(CROSS) else []
        return target + [self.clang_include if before == '-isystem' else word
                         for before, word in zip([''] + words, words)
                         if word not in ('-Werror', '-fno-tree-loop-distribute-patterns')]

    def neighbour(self, header):
        """A file that is compiled as the header's users are."""
        folder = 'core' if header.startswith('core/') else os.path.dirname(header)
        while folder:
            for path in sorted(self.words):
                if path.startswith(folder + '/'):
                    return path
            folder = os.path.dirname(folder)
        return min(self.words)


class Tidy(Compiling):
    """clang-tidy on a file; that a file is clean is remembered."""

    def __init__(self):
        super().__init__()
        self.config = read('.clang-tidy') + run(['clang-tidy', '--version'])[1]

    def __call__(self, path):
        flags = self.flags(path)
        status, used = run(['clang', *flags, '-MM', '-MT', 'x', '-w', '-Qunused-arguments', path])
        if status:
            return used
        used = used.replace('\\\n', ' ').split()[1:]
        key = hashlib.sha256(repr([self.config, flags] + [read(name) for name in used]).encode())
        stamp = os.path.join(CACHE, 'tidy-' + path.replace('/', '.'))
        if os.path.exists(stamp) and read(stamp) == key.hexdigest():
            return ''
        status, output = run(['clang-tidy', '--quiet', path, '--', *flags])
        if status:
            return re.sub(r'(?m)^\d+ (warnings?|errors?).* generated\.\n', '', output)
        os.makedirs(CACHE, exist_ok=True)
        with open(stamp, 'w', encoding='utf-8') as file:
            file.write(key.hexdigest())
        return ''


class Alone(Compiling):
    """A header compiles by itself, and twice, with both compilers."""

    def __call__(self, path):
        like = self.neighbour(path)
        source = f'#include "{os.path.abspath(path)}"\n' * 2
        said = ''
        for command in (self.command(like), ['clang', *self.flags(like), '-Werror']):
            status, output = run([*command, '-fsyntax-only', '-x', 'c', '-'], source)
            said += output if status else ''
        return said


class Libc(Compiling):
    """A header of the C library is not found from a file that is compiled as core is."""

    def __call__(self, header):
        like = self.neighbour('core/')
        status, _ = run([*self.command(like), '-fsyntax-only', '-x', 'c', '-'],
                        f'#include <{header}>\n')
        return '' if status else f'a file of core can include <{header}>'


def seam_includes(path):
    """core sees its own headers and the compiler's freestanding ones; user/ only core's abi/."""
    wrong = []
    if path == 'user/lib/host.h':
        return ''  # what stands in for abi/ on a host
    for name in includes_of(path):
        if path.startswith('core/'):
            fine = name in FREESTANDING_HEADERS or os.path.exists(f'core/include/{name}')
        else:
            fine = name in FREESTANDING_HEADERS or name.startswith('abi/') or \
                any(os.path.exists(f'{place}/{name}')
                    for place in ('user', 'user/lib', os.path.dirname(path)))
        if not fine:
            wrong.append(f'{path}: includes {name}')
    return '\n'.join(wrong)


def seam_conditionals(path):
    """No #if on a platform: only include guards and the two kinds of test build."""
    wrong = []
    guard = os.path.relpath(path, 'core/include').upper().replace('/', '_').replace('.', '_')
    for number, line in enumerate(read(path).split('\n'), 1):
        match = re.match(r'\s*#\s*(if|ifdef|ifndef|elif)\b(.*)', line)
        if not match or (match.group(1) == 'ifndef' and match.group(2).strip() == guard):
            continue
        rest = set(re.findall(r'[A-Za-z_]\w*', match.group(2))) - {'EFT_TEST', 'EFT_COVER'}
        if rest:
            wrong.append(f'{path}:{number}: {line.strip()}')
    return '\n'.join(wrong)


def seam_undefined(linked):
    """All of core, linked with itself, leaves only the seam and the four memory functions."""
    _, output = run([CROSS + 'nm' if 'aarch64' in linked else 'nm', '-u', linked])
    names = {line.split()[-1] for line in output.split('\n') if line.strip()}
    allowed = MEMORY_FUNCTIONS | (set() if 'aarch64' in linked else {'_GLOBAL_OFFSET_TABLE_'})
    extra = sorted(name for name in names - allowed if not name.startswith('plat_'))
    if extra or not names:
        return f'{linked}: leaves undefined: {" ".join(extra) or "nothing at all?"}'
    return ''


def seam_sources(linked):
    """The same sources, all of core, are in every body: as it names its files in symbols, or in its
    debug information (where all is compiled at once there are no symbols)."""
    _, symbols = run(['readelf', '--symbols', '--wide', linked])
    _, units = run(['readelf', '--debug-dump=info', '--dwarf-depth=1', '--wide', linked])
    found = (re.findall(r' FILE .* (\S+\.c)$', symbols, re.MULTILINE) +
             re.findall(r'DW_AT_name .*: core/(?:\S+/)?(\S+\.c)$', units, re.MULTILINE))
    have = sorted(set(found))
    want = sorted(os.path.basename(path) for path in files(['core'], '.c'))
    if have == want:
        return ''
    return f'{linked}: differs from core/: {" ".join(sorted(set(have) ^ set(want)))}'


def work():
    """For each check, its cases: a name, and a function with its argument."""
    c_files = files(CODE, '.c', '.h')
    core = files(['core'], '.c', '.h')
    suffix = os.environ.get('EFT_SUFFIX', '')
    linked = [f'build/{name}{suffix}/core.o' for name in ('hosted-release', 'aarch64')]
    kind = sys.argv[1]
    if kind == 'format':
        return [(path, format_of, path) for path in c_files]
    if kind == 'style':
        more = files(CODE + ('site_scons',), '.S', '.def', '.ld', '.py', 'SConscript')
        return [(path, style_of, path) for path in c_files + more + ['SConstruct', 'setup']]
    if kind == 'tidy':
        tidy = Tidy()
        return [(path, tidy, path) for path in sorted(tidy.words)]
    if kind == 'headers':
        alone = Alone()
        return [(path, alone, path) for path in files(CODE, '.h')]
    if kind == 'seam':
        return ([(f'includes.{path}', seam_includes, path)
                 for path in core + files(['user'], '.c', '.h')] +
                [(f'conditionals.{path}', seam_conditionals, path) for path in core] +
                [(f'libc.{name}', Libc(), name) for name in LIBC_HEADERS] +
                [(f'undefined.{path}', seam_undefined, path) for path in linked] +
                [(f'sources.{path}', seam_sources, path) for path in linked])
    sys.exit(__doc__)


def main():
    cases = work()
    chosen = sys.argv[2:]
    if chosen == ['--list']:
        print('\n'.join(name for name, _, _ in cases))
        return 0
    failed = 0
    cases = [case for case in cases if not chosen or case[0] in chosen]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for (name, _, _), wrong in zip(cases, pool.map(lambda case: case[1](case[2]), cases)):
            if wrong:
                failed += 1
                first, *rest = wrong.strip().split('\n')
                print('\n'.join([f'not ok {name}: {first}', *rest]))
            else:
                print(f'ok {name}')
    print(f'{len(cases) - failed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
