#!/usr/bin/env python3
"""The kernel word strace: the calls of a program, on the console, as strace(1) writes them."""
import re
import sys

sys.path.insert(0, 'tests/tools')
from body import boot, case, each, expect, expect_equal, hosted, main, qemu

RAM = '64M'

# Addresses depend on how large a program is; times do not, with det=1.
HELLO = r'''
[pid    1]     0.000001 clone(child_stack=NULL, flags=SIGCHLD) = 2
[pid    1]     0.000002 wait4(-1,  <unfinished ...>
[pid    2]     0.000003 execve("/bin/hello", ["/bin/hello"], ADDRESS /* 2 vars */) = 0
[hello] I was spawned!
[pid    2]     0.000004 write(1, "[hello] I was spawned!\n", 23) = 23
[pid    2]     0.000005 getpid()        = 2
[hello] My PID is: 2
[pid    2]     0.000006 write(1, "[hello] My PID is: 2\n", 21) = 21
[hello] Goodbye!
[pid    2]     0.000007 write(1, "[hello] Goodbye!\n", 17) = 17
[pid    2]     0.000008 exit_group(0)   = ?
[pid    2]     0.000008 +++ exited with 0 +++
[pid    1]     0.000008 <... wait4 resumed>[{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 2
'''.strip()


def straced(make, *program):
    ended = boot(make(*program, ram=RAM, cmdline='det=1 frames=8192 strace'))
    ended.expect(0)
    return re.sub('0x[0-9a-f]{6,}', 'ADDRESS', ended.output)


@each
def hello(make):
    output = straced(make, '/bin/hello')
    expect(HELLO in output, f'it printed {output!r}')


@case
def both_bodies_print_the_same():
    expect_equal(straced(hosted, '/bin/story').split('\n'),
                 straced(qemu, '/bin/story').split('\n'), 'what is printed')


@case
def the_option_says_the_word():
    command = hosted('/bin/hello', ram=RAM, cmdline='det=1')
    ended = boot(command[:1] + ['--strace'] + command[1:])
    ended.expect(0, '+++ exited with 0 +++')


@each
def without_the_word_there_is_none(make):
    ended = boot(make('/bin/hello', ram=RAM))
    ended.expect(0, 'Goodbye')
    expect('[pid' not in ended.output, f'it printed {ended.output!r}')


main()
