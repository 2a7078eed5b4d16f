"""How all of core becomes one object, and the kernel a library."""
import os
import sys

from SCons.Script import Action, Chmod, Copy, Exit

# Of one object out of several. Where the compiler sees all of them at once, it makes the code now.
LINK = '$LD -r -o $TARGET $SOURCES'
LINK_WHOLE = '$CC $LINKFLAGS -r -nostdlib -flinker-output=nolto-rel -o $TARGET $SOURCES'

# All of core's variables lie between two symbols of the linker's, __start_eft_state and
# __stop_eft_state: a snapshot copies what is between them.
_RENAME = '${BIN}objcopy --rename-section .bss=eft_state $TARGET'
GATHER = Action(_RENAME, cmdstr=None)


def see_whole(env):
    """All of the kernel, and all of the machine, become one unit of the compiler's: calls from file
    to file are most of what a system call costs. Objects have code and symbols of their own too."""
    env.Append(CCFLAGS=['-flto=auto', '-ffat-lto-objects'], LINKFLAGS=['-flto=auto'])
    env.Replace(JOIN=LINK_WHOLE)


def gathered(env):
    """The command that makes one object of all of core."""
    return f'{env["JOIN"]} && {_RENAME}'


def build(env, place, core, body):
    """libeft.a: one object, which exports eft_* alone."""
    body = [node for node in body if node.name != 'main.o']
    objects = env.SConscript('#lib/SConscript', variant_dir=f'{place}/lib', duplicate=False,
                             exports='env')
    whole = env.Make('LINK', f'{place}/libeft.o', core + body + objects,
                     env['JOIN'] +
                     " && ${BIN}objcopy --wildcard --keep-global-symbol='eft_*' $TARGET")
    return env.StaticLibrary(f'{place}/libeft.a', whole)


PKG_CONFIG = """prefix={prefix}

Name: Eft
Description: A Unix kernel with processes, as a library
Version: 0.1
Cflags: -I${{prefix}}/include
Libs: -L${{prefix}}/lib -left -lm
"""


def install(env, prefix, eft, archive, initramfs):
    """`scons install`: the release build, below prefix."""
    def write_pkg_config(target, source, env):
        with open(str(target[0]), 'w', encoding='utf-8') as file:
            file.write(PKG_CONFIG.format(prefix=prefix))

    if not prefix:
        print('scons: where to? PREFIX=/usr/local', file=sys.stderr)
        Exit(2)
    prefix = os.path.abspath(prefix)
    for path, source, mode in (('lib/libeft.a', archive, 0o644), ('bin/eft', eft, 0o755),
                               ('include/eft.h', 'lib/eft.h', 0o644),
                               ('share/eft/initramfs.cpio', initramfs, 0o644)):
        env.Command(f'{prefix}/{path}', source, [Copy('$TARGET', '$SOURCE'),
                                                 Chmod('$TARGET', mode)])
    env.Command(f'{prefix}/lib/pkgconfig/eft.pc', env.Value(prefix), write_pkg_config)
    env.Alias('install', prefix)
