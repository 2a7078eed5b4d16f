"""Programs in which a process, in a group of its own that somebody looks after, waits in a call:
for each call that waits and each thing that a signal can do. A key can reach it, and a timer of its
is armed."""
import re
import sys

sys.path.insert(0, 'tests/tools')
from body import boot, expect, expect_equal, work_file
from machine import built

PROGRAM = built('hosted-test', 'fuzz/sweep')
KILLABLE, BY_KEYS = 'SIGUSR1', ('SIGINT', 'SIGQUIT', 'SIGTSTP')

# What comes before the call, the call itself, and what ends its wait; by r0.
PIPE = '@r0 r9 = pipe2(&fds, 0)'
CHILD = '@r0 r9 = fork()'
SECOND = '&time_second'
GIVE = '@r0 r8 = fork()'
CALLS = {
    'read-pipe': ([PIPE, GIVE], 'read(r9[0], &buffer, 8)', '@r8 write(r9[1], &text, 3)'),
    'readv-pipe': ([PIPE, GIVE], 'readv(r9[0], &iov_apart, 2)', '@r8 write(r9[1], &text, 3)'),
    'write-pipe': ([PIPE, '@r0 r7 = mmap(0, 0x20000, 3, 0x22, -1, 0)',
                    '@r0 write(r9[1], r7, 0x10000)', GIVE],
                   'write(r9[1], &text, 3)', '@r8 read(r9[0], r7, 0x10000)'),
    'write-long': ([PIPE, '@r0 r7 = mmap(0, 0x20000, 3, 0x22, -1, 0)', GIVE],
                   'write(r9[1], r7, 0x20000)', '@r8 read(r9[0], r7, 0x8000)'),
    'read-console': ([], 'read(0, &buffer, 8)', 'type(10)'),
    'wait4': ([CHILD], 'wait4(-1, &status, 0)', '@r9 exit_group(3)'),
    'waitid': ([CHILD], 'waitid(1, r9, &info, 4, 0)', '@r9 exit_group(3)'),
    'vfork': ([], 'clone(0x4111, 0, 0, 0, 0)', 'tick()'),
    'nanosleep': ([], f'nanosleep({SECOND}, 0x10002000)', 'tick()'),
    'clock_nanosleep': ([], f'clock_nanosleep(1, 0, {SECOND}, 0x10002000)', 'tick()'),
    'clock_nanosleep-until': ([], f'clock_nanosleep(0, 1, {SECOND}, 0)', 'tick()'),
    'timerfd': (['@r0 r9 = timerfd_create(1, 0)', '@r0 timerfd_settime(r9, 0, &timer_second, 0)'],
                'read(r9, &buffer, 8)', 'tick()'),
    'futex': ([GIVE], 'futex(&futex, 0, 0, 0, 0, 0)', '@r8 futex(&futex, 1, 1, 0, 0, 0)'),
    'futex-for': ([], f'futex(&futex, 0, 0, {SECOND}, 0, 0)', 'tick()'),
    'futex-until': ([], f'futex(&futex, 9, 0, {SECOND}, 0, 1)', 'tick()'),
    'sigsuspend': ([], 'rt_sigsuspend(&set_child, 8)', 'kill(r0, SIGUSR1)'),
    'sigtimedwait': ([], 'rt_sigtimedwait(&set_child, &info, 0, 8)', 'kill(r0, SIGCHLD)'),
    'sigtimedwait-for': ([], f'rt_sigtimedwait(&set_child, &info, {SECOND}, 8)', 'tick()'),
    'signalfd': (['@r0 r9 = signalfd4(-1, &set_child, 8, 0)'], 'read(r9, &buffer, 128)',
                 'kill(r0, SIGCHLD)'),
}
# What the signals do, and what the timer sends.
WAYS = {
    'caught': ('&action_handle', '&event_user'),
    'restarted': ('&action_restart', '&event_user'),
    'ignored': ('&action_ignore', '&event_user'),
    'fatal': (None, '&event_user'),
    'stopped': (None, '&event_stop'),
    'queued': ('&action_onstack', '&event_queued'),
}


def text_of(name, way, schedule):
    before, call, release = CALLS[name]
    action, event = WAYS[way]
    lines = [f'# config: schedule={schedule}', 'r1 = fork()', '@r1 r0 = fork()',
             '@r0 setpgid(0, 0)', '@r0 store(&status, r0, 4)', '@r0 ioctl(0, 0x5410, &status)']
    for signal in (*BY_KEYS, '40' if way == 'queued' else KILLABLE) if action else ():
        lines.append(f'@r0 rt_sigaction({signal}, {action}, 0, 8)')
    lines += ['@r0 sigaltstack(&altstack_zeros, 0)'] if way == 'queued' else []
    lines += [*before, f'@r0 timer_create(1, {event}, &id)',
              '@r0 timer_settime(0, 0, &timer_once, 0)', '@r0 ' + call, release,
              'kill(r0, SIGCONT)', '@r0 rt_sigreturn()', '@r0 getpid()', 'wait4(-1, &status, 1)']
    return '\n'.join(lines) + '\n'


def programs(names, schedule):
    return [work_file(f'{name}-{way}.repro', text_of(name, way, schedule).encode())
            for name in names for way in WAYS]


def sweep(files, *words):
    """Everything that can come, in every window: the end, and the numbers of its last line."""
    ended = boot([PROGRAM, '--windows', f'--findings={work_file("findings")}', *words, *files])
    print(ended.lines[-2])
    counts = re.findall(r'(\w+)=(\d+)', ended.lines[-2])
    return ended, {name: int(value) for name, value in counts}


def bears(schedule, least=1.0):
    files = programs(CALLS, schedule)
    ended, counts = sweep(files)
    ended.expect(0)
    expect_equal(counts['programs'], len(files), 'programs')
    expect(counts['waits'] >= least * len(files), 'few calls have waited')
    expect(counts['interrupts'] > 40 * len(files), 'few interrupts came')
