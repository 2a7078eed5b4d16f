#!/usr/bin/env python3
"""The shell and the console, in both bodies: on a terminal as a person uses them, and on a pipe."""
import re
import sys

sys.path.insert(0, 'tests/tools')
import machine
from body import Terminal, archive, boot, each, expect, expect_equal, main, work_file

RAM = '64M'
PROMPT = '$ '


def user(name):
    with open(machine.built('user', name), 'rb') as file:
        return file.read()


def shell(make):
    return Terminal(make(ram=RAM))


def command(terminal, line, printed):
    """Types a line at a prompt and checks all that is printed up to the next prompt."""
    terminal.type(line + '\r')
    expect_equal(terminal.wait_for(PROMPT), f'{line}\n{printed}{PROMPT}', f'what {line!r} gives')


@each
def runs_programs_and_shows_how_they_end(make):
    with shell(make) as terminal:
        terminal.wait_for(PROMPT)
        command(terminal, 'echo one  two', 'one two\n')
        command(terminal, '/bin/echo', '\n')
        command(terminal, '', '')
        command(terminal, 'nothing', 'sh: nothing: not found\nnothing 5: status 127\n')
        command(terminal, '/bin', 'sh: /bin: EACCES\n/bin 6: status 126\n')
        command(terminal, '&', 'sh: nothing stands before &\n')
        command(terminal, 'exit 256', 'sh: exit takes one number from 0 to 255\n')
        command(terminal, 'exit 1 2', 'sh: exit takes one number from 0 to 255\n')
        command(terminal, 'echo ' + 'x' * 70, 'x' * 70 + '\n')
        terminal.type('help\r')
        expect('Ctrl-C' in terminal.wait_for(PROMPT), 'help says what Ctrl-C does')
        terminal.type('exit 7\r')
        terminal.end().expect(7)


@each
def runs_programs_in_the_background(make):
    with shell(make) as terminal:
        terminal.wait_for(PROMPT)
        terminal.type('hello&\r')
        terminal.type('wait\r')
        terminal.type('exit\r')
        # In what order the shell and the program come to speak is the scheduler's.
        terminal.end().expect(0, 'background 3: hello\n', '[hello] Goodbye!\n',
                              'background 3: done\n')


@each
def edits_a_line(make):
    with shell(make) as terminal:
        terminal.wait_for(PROMPT)
        terminal.type('exho\x7f\x7f\bcho a\x7f\x7f ab\x7fc\r')
        terminal.wait_for('\nac\n$ ')
        terminal.type('this goes\x15echo killed\r')
        terminal.wait_for('\nkilled\n$ ')
        terminal.type('exi\x04t 4\r')  # in the middle of a line, Ctrl-D hands over what there is
        terminal.end().expect(4)


def wait_until_it_sleeps(terminal):
    """Asks with Ctrl-T; the program may be on its way there."""
    said = ''
    for _ in range(100):
        if 'sleeps for' not in said:
            terminal.type('\x14')
            said = terminal.wait_for('free\n')
    expect('sleeps for' in said, f'nobody sleeps: {said}')


@each
def ctrl_c_ends_the_foreground_program(make):
    with shell(make) as terminal:
        terminal.wait_for(PROMPT)
        terminal.type('sleep 1000\r')
        terminal.wait_for('sleep 1000\n')
        wait_until_it_sleeps(terminal)
        terminal.type('\x03')
        terminal.wait_for('sleep 3: signal 2 (interrupt)\n')
        terminal.wait_for(PROMPT)
        command(terminal, 'echo still here', 'still here\n')
        terminal.type('exit\r')
        terminal.end().expect(0)


@each
def ctrl_c_drops_the_line_where_nothing_runs(make):
    with shell(make) as terminal:
        terminal.wait_for(PROMPT)
        terminal.type('exit 9\x03\x03\x03')
        terminal.type('echo new line\r')
        terminal.wait_for('\nnew line\n')
        terminal.wait_for(PROMPT)
        terminal.type('exit 5\r')
        terminal.end().expect(5)


@each
def ctrl_c_never_ends_a_shell(make):
    with shell(make) as terminal:
        terminal.wait_for(PROMPT)
        terminal.type('sh\r')
        terminal.wait_for(PROMPT)
        terminal.type('\x03')
        terminal.wait_for(PROMPT)
        terminal.type('exit 3\r')
        terminal.wait_for('sh 3: status 3\n')
        terminal.type('exit 4\r')
        terminal.end().expect(4)


@each
def ctrl_z_stops_the_foreground_program_and_fg_goes_on(make):
    with shell(make) as terminal:
        terminal.wait_for(PROMPT)
        command(terminal, 'fg', 'sh: nothing was stopped\n')
        terminal.type('sleep 1000\r')
        terminal.wait_for('sleep 1000\n')
        wait_until_it_sleeps(terminal)
        terminal.type('\x1a')
        terminal.wait_for('sleep 3: stopped; fg goes on with it\n')
        terminal.wait_for(PROMPT)
        command(terminal, 'echo still here', 'still here\n')
        terminal.type('fg\r')
        terminal.wait_for('fg\nsleep\n')
        wait_until_it_sleeps(terminal)
        terminal.type('\x1c')
        terminal.wait_for('sleep 3: signal 3')
        terminal.wait_for(PROMPT)
        terminal.type('exit 6\r')
        terminal.end().expect(6)


def stopped(terminal, line, pid):
    """Starts a program that sleeps, and stops it with Ctrl-Z."""
    terminal.type(line + '\r')
    terminal.wait_for(line + '\n')
    wait_until_it_sleeps(terminal)
    terminal.type('\x1a')
    terminal.wait_for(f'sleep {pid}: stopped; fg goes on with it\n')
    terminal.wait_for(PROMPT)


@each
def wait_ends_when_a_job_stops(make):
    with shell(make) as terminal:
        terminal.wait_for(PROMPT)
        stopped(terminal, 'sleep 1000', 3)
        command(terminal, 'wait', '')  # it does not wait for what is stopped
        command(terminal, 'bg', 'background 3: sleep\n')
        terminal.type('sh -c "sleep 0; kill -STOP 3" &\rwait\r')
        terminal.wait_for('sleep 3: stopped; fg goes on with it\n')
        terminal.type('echo still  here\r')
        terminal.wait_for('still here\n')
        terminal.wait_for(PROMPT)
        command(terminal, 'jobs', '%1 3 stopped sleep\n')
        terminal.type('fg\r')
        terminal.wait_for('fg\nsleep\n')
        wait_until_it_sleeps(terminal)
        terminal.type('\x03')
        terminal.wait_for('sleep 3: signal 2 (interrupt)\n')
        terminal.wait_for(PROMPT)
        command(terminal, 'jobs', '')
        terminal.type('exit 6\r')
        terminal.end().expect(6)


@each
def a_stopped_job_that_is_killed_is_gone(make):
    with shell(make) as terminal:
        terminal.wait_for(PROMPT)
        stopped(terminal, 'sleep 1000', 3)
        stopped(terminal, 'sleep 1001', 4)
        command(terminal, 'jobs', '%1 3 stopped sleep\n%2 4 stopped sleep\n')
        command(terminal, 'kill -KILL 4; sleep 0', 'background 4: signal 9 (killed)\n')
        command(terminal, 'jobs', '%1 3 stopped sleep\n')
        command(terminal, 'sh -c "kill -9 3; sleep 0"; fg',
                'background 3: signal 9 (killed)\nsh: nothing was stopped\n')
        command(terminal, 'jobs', '')
        terminal.type('exit 6\r')
        terminal.end().expect(6)


@each
def jobs_go_on_where_one_wants(make):
    with shell(make) as terminal:
        terminal.wait_for(PROMPT)
        stopped(terminal, 'sleep 1000 | sleep 1001', 3)
        stopped(terminal, 'sleep 1002', 5)
        command(terminal, 'bg 1', 'background 4: sleep\n')
        command(terminal, 'jobs', '%1 3 runs sleep\n%2 5 stopped sleep\n')
        command(terminal, 'kill -STOP 3; sleep 0', '')  # the other half of it runs
        command(terminal, 'jobs', '%1 3 runs sleep\n%2 5 stopped sleep\n')
        command(terminal, 'kill -STOP %1; sleep 0', 'sleep 3: stopped; fg goes on with it\n')
        command(terminal, 'kill -CONT %1; sleep 0', '')
        command(terminal, 'jobs', '%1 3 runs sleep\n%2 5 stopped sleep\n')
        terminal.type('kill %1; wait\r')
        terminal.wait_for('background 4: signal 15 (terminated)\n')
        terminal.wait_for(PROMPT)
        command(terminal, 'bg', 'background 5: sleep\n')
        terminal.type('fg\r')
        terminal.wait_for('fg\nsleep\n')
        wait_until_it_sleeps(terminal)
        terminal.type('\x03')
        terminal.wait_for('sleep 5: signal 2 (interrupt)\n')
        terminal.wait_for(PROMPT)
        command(terminal, 'fg 1', 'sh: 1: no such job\n')
        command(terminal, 'kill', 'sh: kill takes a signal, like -9 or -KILL, and PIDs or jobs\n')
        command(terminal, 'kill -9 99', 'sh: kill 99: ESRCH\n')
        command(terminal, 'kill x', 'sh: x: no PID, and no job\n')
        terminal.type('exit 6\r')
        terminal.end().expect(6)


@each
def a_job_stops_of_which_a_part_has_ended(make):
    with shell(make) as terminal:
        terminal.wait_for(PROMPT)
        stopped(terminal, 'sleep 1000 | sleep 0', 3)
        command(terminal, 'jobs', '%1 3 stopped sleep\n')
        command(terminal, 'jobs | cat', '%1 3 stopped sleep\n')  # and not itself
        terminal.type('exit 6\r')
        terminal.end().expect(6)


@each
def many_jobs_leave_room_for_programs(make):
    with shell(make) as terminal:
        terminal.wait_for(PROMPT)
        for pid in range(3, 19):
            command(terminal, 'sleep 1000 &', f'background {pid}: sleep\n')
        command(terminal, 'hello & hello &', 'sh: more than 16 jobs\n' * 2)
        command(terminal, 'echo still here', 'still here\n')
        terminal.type('sh -c "echo is up; sleep 1001"\r')
        terminal.wait_for('\nis up\n')
        terminal.type('\x1a')
        terminal.wait_for('sh: more than 16 jobs: sh goes on\n')
        terminal.type('\x03')
        terminal.wait_for('sh 20: signal 2 (interrupt)\n')
        terminal.wait_for(PROMPT)
        command(terminal, 'kill %7; sleep 0', 'background 9: signal 15 (terminated)\n')
        terminal.type('sleep 1002 &\r')
        terminal.wait_for(PROMPT)
        command(terminal, 'hello &', 'sh: more than 16 jobs\n')
        terminal.type('jobs\r')
        said = terminal.wait_for(PROMPT)
        expect('%7 ' in said and '%16 ' in said and '%17 ' not in said, f'the jobs: {said}')
        terminal.type('exit 6\r')
        terminal.end().expect(6)


@each
def ctrl_c_drops_what_was_typed_ahead(make):
    with shell(make) as terminal:
        terminal.wait_for(PROMPT)
        terminal.type('sleep 1000\r')
        terminal.wait_for('sleep 1000\n')
        terminal.type('exit 9\r')
        terminal.wait_for('exit 9\n')
        wait_until_it_sleeps(terminal)
        terminal.type('\x03')
        terminal.wait_for('sleep 3: signal 2 (interrupt)\n')
        terminal.wait_for(PROMPT)
        terminal.type('exit 5\r')
        terminal.end().expect(5)


@each
def ctrl_d_ends_the_shell(make):
    with shell(make) as terminal:
        terminal.wait_for(PROMPT)
        terminal.type('sh\r')
        terminal.wait_for(PROMPT)
        terminal.type('exit 3\r')
        terminal.wait_for('sh 3: status 3\n')
        terminal.wait_for(PROMPT)
        terminal.type('\x04')
        terminal.end().expect(3)


@each
def ctrl_t_shows_what_runs(make):
    with shell(make) as terminal:
        terminal.wait_for(PROMPT)
        said = ''
        for _ in range(10):  # the shell may still be on its way from the prompt to read
            if 'waits for the console' not in said:
                terminal.type('\x14')
                said = terminal.wait_for('free\n')
        expect('waits for the console' in said, f'Ctrl-T does not show the shell: {said}')
        expect('init' in said and 'waits for a child' in said, f'nor init: {said}')
        terminal.type('exit\r')
        terminal.end().expect(0)


@each
def ctrl_a_leaves_and_helps(make):
    with shell(make) as terminal:
        terminal.wait_for(PROMPT)
        terminal.type('\x01h')
        terminal.wait_for('this help')
        terminal.type('\x01x')
        terminal.end()


@each
def reads_a_pipe(make):
    """The console echoes a line when it comes, which is before the prompt or behind it."""
    ended = boot(make(ram=RAM), 'echo piped\nexit 6\necho never\n')
    ended.expect(6, 'piped\n')
    answers = re.findall(r'^(?:\$ )*(piped|never)\r?$', ended.output, re.MULTILINE)
    expect(answers == ['piped'], f'echo ran {answers}, and nothing runs after exit')


LINES = {
    'echo a "b  c" \'d  e\' \\$x $HOME f"$?"g': 'a b  c d  e $x / f0g\n',
    'ls /dev | cat': 'null\nzero\ntty\nconsole\n',
    'cat /bin | cat; cat /none': 'cat: /bin: EISDIR\ncat: /none: ENOENT\n',
    'false || echo no && echo yes': 'no\nyes\n',
    'true && ! false && echo both; echo last': 'both\nlast\n',
    'false && echo never; echo $?': '1\n',
    'nothing || echo $?': 'sh: nothing: not found\n127\n',
    'sh -c "exit 4" || echo $?': '4\n',
    'sh -c "sh -c \'exit 5\'; echo $? \\$?"': '0 5\n',
    'echo a > /dev/null; echo b >&2 # c': 'b\n',
    'echo a >/dev/console 2>&1': 'a\n',
    'echo b < /none; echo $?': 'sh: /none: ENOENT\n1\n',
    'echo exit 9 | sh; echo $?': '$ 9\n',
    'echo a | true | echo b': 'b\n',
    'echo a | | echo b': 'sh: unexpected: |\n',
    'echo $?': '2\n',
    'echo "a': 'sh: a quote is not closed\n',
    'echo *': 'sh: one of ( ) * ? [: more than this shell knows\n',
    'echo `a`': 'sh: `: more than this shell knows\n',
    'if true': 'sh: unexpected: if\n',
    'A=1': 'sh: unexpected: A=1\n',
    'echo a &&': 'sh: something is missing at the end\n',
}


@each
def runs_lists_and_redirections(make):
    files = {f'bin/{name}': user(name) for name in ('sh', 'echo', 'cat', 'ls')}
    script = '\n'.join([*LINES, 'exit 6', 'echo never']).encode()
    initrd = work_file('lines.cpio', archive({**files, 'init': user('init'), 'lines': script}))
    ended = boot(make('/bin/sh', '/lines', ram=RAM, initrd=initrd)).expect(6)
    expect_equal(ended.output, ''.join(LINES.values()), 'what the shell prints')


@each
def runs_a_text_given_to_it(make):
    boot(make('/bin/sh', '-c', 'echo one; false || exit 7; echo never', ram=RAM)).expect(7, 'one\n')
    boot(make('/bin/sh', '-c', 'sleep 0 & wait; nothing', ram=RAM)).expect(127, 'not found')
    boot(make('/bin/sh', '-x', ram=RAM)).expect(2, 'sh: takes -c and a text, or a file')
    boot(make('/bin/sh', '/none', ram=RAM)).expect(127, 'sh: /none: ENOENT')
    boot(make('/bin/sh', '-c', 'echo never; echo |', ram=RAM)).expect(2, 'missing at the end')


@each
def ends_with_the_status_of_the_program_given(make):
    boot(make('/bin/sh', ram=RAM), 'exit 42\n').expect(42)
    boot(make('/bin/echo', 'a', 'b  c', '', ram=RAM)).expect(0, 'a b  c \n')
    boot(make('/bin/none', ram=RAM)).expect(127, 'init: /bin/none: ENOENT')


main()
