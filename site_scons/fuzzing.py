"""The fuzzer: how its parts are compiled."""
FUZZER = ['-fsanitize=fuzzer-no-link']
BODIES = ('_hosted.c', '_aarch64.c')

# What the checks and the model are compiled without: they look on, and are not looked at.
WATCHING = ('-fsanitize', '-fno-sanitize', '-fprofile', '-fcoverage', '-O')


def is_variant(name):
    """Whether a variant is made for the harnesses alone."""
    return name.split('-')[0] == 'fuzz'


def onlooker(env):
    """For code that is never instrumented."""
    kept = [flag for flag in env['CCFLAGS'] if not str(flag).startswith(WATCHING)]
    free = [flag for flag in env['FREESTANDING'] if not str(flag).startswith(WATCHING)]
    return env.Clone(CCFLAGS=kept + ['-O2'], FREESTANDING=free + ['-O2'])


def part(env, sources):
    """env.Part(sources): what of them belongs to this body. Freestanding, but for NAME_hosted.c."""
    free = env.Clone(CCFLAGS=env['FREESTANDING'])
    own = [source for source in sources if source.name.endswith(f'_{env["PLATFORM"]}.c')]
    return (free.Compile([source for source in sources if not source.name.endswith(BODIES)]) +
            env.Compile(own))
