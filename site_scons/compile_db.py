"""compile_commands.json for editors and clang-tidy: one entry a file, as the first variant that has
the file compiles it."""
import json
import os

_compiled = {}  # path: environment, object, source


def compile_all(env, sources):
    """env.Compile(sources): objects, with an entry for each source in C."""
    objects = []
    for source in sources:
        path = env.File(source).srcnode().path
        name = os.path.basename(path)
        # access.c and access.S may stand side by side.
        made = env.Object(f'{name}.o', source) if name.endswith('.S') else env.Object(source)
        objects += made
        if name.endswith('.c'):
            _compiled.setdefault(path, (env, made[0], env.File(source).srcnode()))
    return objects


def write(path):
    """Writes the file if it would change."""
    entries = [{'directory': os.getcwd(), 'file': name, 'output': made.path,
                'command': env.subst('$CCCOM', target=[made], source=[source])}
               for name, (env, made, source) in sorted(_compiled.items())]
    text = json.dumps(entries, indent=1) + '\n'
    if os.path.exists(path):
        with open(path, encoding='utf-8') as file:
            if file.read() == text:
                return
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)
