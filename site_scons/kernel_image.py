"""Links an image for AArch64: twice, so that a backtrace can name functions without a debugger."""

SCRIPT = '#platform/aarch64/kernel.ld'
SYMBOLS = '#platform/aarch64/symbols.py'
LINK = ('${CROSS}ld -nostdlib -static --build-id=none -z noexecstack -z max-page-size=4096 '
        '-T platform/aarch64/kernel.ld -o $TARGET $SOURCES')


def link(env, target, objects):
    made = env.Make('LINK', target, objects, LINK)
    env.Depends(made, SCRIPT)
    return made


def build(env, elf, image, objects):
    """ELF, with symbols, and IMAGE, for -kernel."""
    none = env.Make('GEN', elf + '.none.S', SYMBOLS, '$PYTHON $SOURCE < /dev/null > $TARGET')
    first = link(env, elf + '.first', objects + env.Object(none))
    names = env.Make('GEN', elf + '.names.S', [first, SYMBOLS],
                     '${CROSS}nm -n $SOURCE | $PYTHON ${SOURCES[1]} > $TARGET')
    linked = link(env, elf, objects + env.Object(names))
    return env.Make('COPY', image, linked, '${CROSS}objcopy -O binary $SOURCE $TARGET')
