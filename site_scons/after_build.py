"""What `scons run` and its like do once SCons is done: they become the program that they name.

SCons would change a program's exit status, empty its environment and print on Ctrl-C, so it is
replaced: by exec, at exit, with the environment that SCons itself was started with.
"""
import atexit
import os
import signal
import sys

import SCons.Script.Main
from SCons.Script import Action, GetBuildFailures, GetOption

_environment = dict(os.environ)
_command = None    # what to become once its sources are built
_otherwise = None  # what to become when they are not


def become(env, name, sources, command):
    """`scons NAME` builds sources and becomes what the function command gives."""
    def is_built(target, source, env):
        global _command
        _command = command

    env.AlwaysBuild(env.Alias(name, sources, Action(is_built, cmdstr=None)))


def become_anyway(command):
    """When the build breaks, or one of its own scripts does: build the rest, become command()."""
    global _otherwise
    _otherwise = command
    SCons.Script.Main.OptionsParser.values.keep_going = True


def _was_interrupted():
    return any('interrupted' in str(failure.errstr) or failure.status in (-signal.SIGINT, 130)
               for failure in GetBuildFailures())


@atexit.register
def _exec():
    make_command = _command or _otherwise
    if not make_command or GetOption('clean') or GetOption('no_exec') or GetOption('help'):
        return
    if not _command and _was_interrupted():
        return
    try:
        command = make_command()
    except ValueError as error:
        print(f'scons: {error}', file=sys.stderr)
        os._exit(2)
    sys.stdout.flush()
    sys.stderr.flush()
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)  # Python ignores the first two, and exec keeps that
    try:
        os.execvpe(command[0], command, _environment)
    except OSError as error:
        print(f'{command[0]}: {error.strerror}; ./setup installs what is missing', file=sys.stderr)
        os._exit(127)
