"""Files from Debian's packages for arm64 that tests need: a Linux kernel to compare with, musl, and
busybox.

They are fetched once, without root: apt gets a state of its own under build/, with the sources that
this machine is configured for. About 46 MB are downloaded, and 33 MB kept.
"""
import fcntl
import glob
import os
import re
import shutil
import subprocess

PLACE = 'build/debian'
SECONDS = 100  # for each step; a test has little more
KERNEL = 'linux-image-cloud-arm64'  # a package that depends on the newest kernel


class Missing(Exception):
    """What could not be had, and why."""


def _run(command, folder=None):
    try:
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Missing(str(error)) from None
    if done.returncode != 0:
        lines = done.stderr.strip().split('\n') or ['']
        raise Missing(f'{" ".join(command[:1] + command[-1:])}: {lines[-1]}')
    return done.stdout


def _apt(tool, state):
    """The start of a command of apt's that keeps all that it writes in this folder."""
    for folder in ('lists/partial', 'cache/archives/partial'):
        os.makedirs(f'{state}/{folder}', exist_ok=True)
    options = {
        'APT::Architecture': 'arm64', 'APT::Architectures': 'arm64', 'APT::Sandbox::User': 'root',
        'Dir::State': state, 'Dir::State::lists': f'{state}/lists',
        'Dir::State::status': '/dev/null', 'Dir::Cache': f'{state}/cache',
        'Acquire::Languages': 'none', 'Acquire::Retries': '2', 'Acquire::http::Timeout': '20',
    }
    return [tool, '-qq', *[word for name, value in options.items()
                           for word in ('-o', f'{name}={value}')]]


def _fetch(folder):
    """Fills the folder with vmlinuz, musl/ and busybox."""
    state = os.path.abspath(f'{folder}/apt')
    packages = f'{state}/packages'
    os.makedirs(packages, exist_ok=True)
    trouble = None  # one of several sources may be out of reach; what is needed may be there
    try:
        _run([*_apt('apt-get', state), '-o', 'APT::Update::Error-Mode=any', 'update'])
    except Missing as error:
        trouble = error
    try:
        depends = _run([*_apt('apt-cache', state), 'depends', KERNEL])
    except Missing as error:
        raise (trouble or error) from None
    kernel = re.search(r'Depends: (linux-image-\S+)', depends)
    if not kernel:
        raise Missing(f'{KERNEL} names no kernel')
    _run([*_apt('apt-get', state), 'download', kernel.group(1), 'musl-dev',
          'busybox-static'], packages)
    for package in glob.glob(f'{packages}/*.deb'):
        _run(['dpkg-deb', '-x', package, f'{state}/files'])
    images = glob.glob(f'{state}/files/boot/vmlinuz-*')
    parts = [f'{state}/files/{part}' for part in ('usr/include/aarch64-linux-musl', 'bin/busybox')]
    if not images or not all(map(os.path.exists, parts)):
        raise Missing('the packages do not have what they had')
    os.rename(parts[1], f'{folder}/busybox')
    os.rename(images[0], f'{folder}/vmlinuz')
    os.makedirs(f'{folder}/musl')
    os.rename(f'{state}/files/usr/include/aarch64-linux-musl', f'{folder}/musl/include')
    os.rename(f'{state}/files/usr/lib/aarch64-linux-musl', f'{folder}/musl/lib')
    shutil.rmtree(state)


def _have(name):
    """The path of what is fetched under that name. Tests run side by side: one fetches."""
    path = f'{PLACE}/files/{name}'
    if os.path.exists(path):
        return path
    os.makedirs(PLACE, exist_ok=True)
    with open(f'{PLACE}/lock', 'w', encoding='utf-8') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(path):
            shutil.rmtree(f'{PLACE}/new', ignore_errors=True)
            os.makedirs(f'{PLACE}/new')
            _fetch(f'{PLACE}/new')
            shutil.rmtree(f'{PLACE}/files', ignore_errors=True)
            os.rename(f'{PLACE}/new', f'{PLACE}/files')
    return path


def kernel():
    """The path of a Linux kernel that QEMU's -kernel takes."""
    return _have('vmlinuz')


def busybox():
    """The path of a static busybox for arm64."""
    return _have('busybox')


def musl_command(source, program):
    """The command that makes a static program with musl."""
    place = _have('musl')
    compiler = 'aarch64-linux-gnu-gcc'
    library = subprocess.run([compiler, '-print-libgcc-file-name'], check=True, text=True,
                             stdout=subprocess.PIPE).stdout.strip()
    parts = [f'{place}/lib/{name}' for name in ('crt1.o', 'crti.o', 'libc.a', 'crtn.o')]
    return [compiler, '-O2', '-static', '-nostdinc', '-isystem', f'{place}/include', '-nostdlib',
            '-o', program, *parts[:2], source, parts[2], library, parts[2], parts[3]]
