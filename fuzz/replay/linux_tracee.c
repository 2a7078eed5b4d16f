#include "fuzz/replay/linux_tracee.h"

#include <elf.h>
#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "fuzz/input/image.h"
#include "fuzz/input/insn.h"
#include "fuzz/replay/linux_timers.h"
#include "fuzz/replay/linux_world.h"

/*
 * A process is resumed to its next stop: where a call begins or ends, where a signal reaches it, at
 * a fork or an exec. Between two instructions of the program all stand where a call has ended, or
 * wait in one.
 *
 * A handler is called by Linux, which makes its frame; the process stands at its beginning then.
 * Who is stopped listens for SIGCONT, and a call that it is in is made again by Linux.
 *
 * Who sleeps does so until tracee_tick: nanosleep has become ppoll, which waits for nothing, and a
 * futex or an rt_sigtimedwait that waits with a time-out has none.
 *
 * A timer goes by Linux's clock. What is done until the first comes, there or in the run that this
 * is compared with, is as though there were none; then nothing is compared any more.
 */

enum {
    TRACEES_MAX = 4 * INPUT_INSNS_MAX,
    NO_INSN = -1,
    NAP_NS = 100000,
    STILL_ROUNDS = 3,    /* so often all must be found waiting */
    SECONDS_MAX = 1,     /* of the machine's own time, which passes quickly while all wait */
    CALL_STEP_NS = 1000, /* that a call takes, for sleeps that begin one after the other */
    REG_NUMBER = 8,
    REG_TIMEOUT = 3, /* of futex */
    REG_LOADED = 9,
    NR_PPOLL = 73,
    RESTART_FIRST = -516, /* what a call gives that a signal has interrupted: ERESTARTSYS ... */
    RESTART_LAST = -512,
    CLONE_PTRACE_NOT = 0x00800000, /* CLONE_UNTRACED */
    NSEC_PER_SEC = 1000000000,
};

enum tracee_state {
    STANDS, /* can be given something to do */
    ENTERS, /* so too, but at the beginning of the call that is none */
    RUNS,   /* or waits */
    HALTED, /* by a signal */
    ENDED,
};

struct tracee {
    pid_t host;    /* as its tracer sees it */
    pid_t process; /* so too, of which it is a thread */
    int pid;       /* as it sees itself */
    enum tracee_state state;
    int insn;           /* what it does, or NO_INSN */
    bool is_poked;      /* goes on only to take its signals */
    bool is_woken;      /* its sleep is over */
    bool is_stopping;   /* will come to a stop that is about nothing else */
    bool is_caught;     /* in a handler, then */
    bool is_returning;  /* from one */
    uint64_t wakes_ns;  /* 0: it does not sleep */
    int64_t wakes_with; /* what its call gives then */
    uint64_t rest_at;   /* where what is left of its sleep is told, or 0 */
    uint64_t fds_at;    /* where the call writes two descriptors, or 0 */
    uint64_t timer_ns;  /* when the timer that the call sets comes; 0: it sets none */
};

struct registers { /* of NT_PRSTATUS */
    uint64_t x[31];
    uint64_t sp;
    uint64_t pc;
    uint64_t pstate;
};

static struct {
    struct run *run;
    struct tracee tracees[TRACEES_MAX];
    unsigned count;
    uint64_t now_ns;
    bool is_over;
    bool is_ending; /* all are killed */
    const char *complaint;
} all;

static void complain(const char *why)
{
    if (!all.complaint) {
        all.complaint = why;
    }
}

static struct outcome *outcome_of(const struct tracee *tracee)
{
    static struct outcome nobody;

    return tracee->insn == NO_INSN ? &nobody : &all.run->outcomes[tracee->insn];
}

/* ---- registers and memory ---- */

static void get_registers(const struct tracee *tracee, struct registers *registers)
{
    struct iovec vector = {registers, sizeof(*registers)};

    if (ptrace(PTRACE_GETREGSET, tracee->host, NT_PRSTATUS, &vector) != 0) {
        complain("a process is gone");
    }
}

static void set_registers(const struct tracee *tracee, struct registers *registers)
{
    struct iovec vector = {registers, sizeof(*registers)};

    if (ptrace(PTRACE_SETREGSET, tracee->host, NT_PRSTATUS, &vector) != 0) {
        complain("a process is gone");
    }
}

static bool peek(const struct tracee *tracee, uint64_t address, void *bytes, size_t len)
{
    struct iovec here = {bytes, len};
    struct iovec there = {(void *)(uintptr_t)address, len};

    return process_vm_readv(tracee->host, &here, 1, &there, 1, 0) == (ssize_t)len;
}

/* What a line of /proc/PID/status says, behind its name. */
static uint64_t status_field(const char *status, const char *name, int base)
{
    const char *line = strstr(status, name);

    return line ? strtoull(line + strlen(name), NULL, base) : 0;
}

/* ---- who there is ---- */

static struct tracee *find_host(pid_t host)
{
    for (unsigned i = 0; i < all.count; i++) {
        if (all.tracees[i].host == host && all.tracees[i].state != ENDED) {
            return &all.tracees[i];
        }
    }
    return NULL;
}

static int own_pid(pid_t host)
{
    const char *line = strstr(world_read_proc(host, "status"), "\nNSpid:");
    int pid = 0;

    for (char *at = line ? strpbrk(line, "\t") : NULL; at && *at == '\t';) {
        pid = (int)strtol(at, &at, 10);
    }
    return pid;
}

static pid_t process_of(pid_t host)
{
    return (pid_t)status_field(world_read_proc(host, "status"), "\nTgid:", 10);
}

static struct tracee *add(pid_t host)
{
    struct tracee *tracee = find_host(host);

    if (tracee) {
        return tracee;
    }
    if (all.count == TRACEES_MAX) {
        world_give_up("too many processes");
    }
    tracee = &all.tracees[all.count++];
    *tracee = (struct tracee){.host = host,
                              .process = process_of(host),
                              .pid = own_pid(host),
                              .state = RUNS,
                              .insn = NO_INSN,
                              .is_stopping = true};
    return tracee;
}

struct tracee *tracee_find_free(int pid)
{
    for (unsigned i = 0; i < all.count; i++) {
        struct tracee *tracee = &all.tracees[i];
        if (tracee->pid == pid && (tracee->state == STANDS || tracee->state == ENTERS)) {
            return tracee;
        }
    }
    return NULL;
}

bool tracee_waits(int pid)
{
    for (unsigned i = 0; i < all.count; i++) {
        if (all.tracees[i].pid == pid && all.tracees[i].state == RUNS) {
            return true;
        }
    }
    return false;
}

/* ---- stops ---- */

static void resume(struct tracee *tracee, int request, int signal)
{
    tracee->state = RUNS;
    ptrace(request, tracee->host, 0, (long)signal);
}

static void stand(struct tracee *tracee, enum tracee_state state)
{
    tracee->state = state;
    tracee->insn = NO_INSN;
    tracee->wakes_ns = 0;
    tracee->rest_at = 0;
    tracee->fds_at = 0;
    tracee->is_poked = false;
    tracee->is_woken = false;
    tracee->is_stopping = false;
    tracee->is_caught = false;
}

static void end_access(struct tracee *tracee)
{
    bool is_load = all.run->input->insns[tracee->insn].op == OP_LOAD;
    struct outcome *outcome = outcome_of(tracee);
    struct registers registers = {0};

    get_registers(tracee, &registers);
    outcome->kind = is_load ? EVENT_LOADED : EVENT_STORED;
    outcome->pid = tracee->pid;
    outcome->result = is_load ? (int64_t)registers.x[REG_LOADED] : 0;
}

/* false: there is no time at that address. */
static bool read_time(const struct tracee *tracee, uint64_t at, uint64_t *ns)
{
    const uint64_t seconds_max = INT64_MAX / NSEC_PER_SEC;
    struct timespec time;

    if (!peek(tracee, at, &time, sizeof(time)) || time.tv_sec < 0 || time.tv_nsec < 0 ||
        time.tv_nsec >= NSEC_PER_SEC) {
        return false;
    }
    uint64_t seconds = (uint64_t)time.tv_sec;
    *ns = (seconds < seconds_max ? seconds : seconds_max) * NSEC_PER_SEC + (uint64_t)time.tv_nsec;
    return true;
}

/* Its call ends at a time, or before; unless that has been set already. */
static void sleep_until(struct tracee *tracee, uint64_t wakes_ns, int64_t result)
{
    if (tracee->wakes_ns == 0) {
        tracee->wakes_ns = wakes_ns;
        tracee->wakes_with = result;
    }
}

/* Makes a nanosleep that is one into a call that waits for good. */
static void begin_sleep(struct tracee *tracee, const uint64_t *args)
{
    struct registers registers = {0};
    int number = NR_PPOLL;
    struct iovec vector = {&number, sizeof(number)};
    uint64_t duration = 0;

    /* One that goes on behind a stop has nothing left of what it was called with. */
    if (tracee->wakes_ns == 0 && (!read_time(tracee, args[0], &duration) || duration == 0)) {
        return;
    }
    sleep_until(tracee, all.now_ns + duration, 0);
    tracee->rest_at = tracee->rest_at ? tracee->rest_at : args[1];
    get_registers(tracee, &registers);
    memset(registers.x, 0, 5 * sizeof(registers.x[0]));
    set_registers(tracee, &registers);
    ptrace(PTRACE_SETREGSET, tracee->host, NT_ARM_SYSTEM_CALL, &vector);
}

/* The same for rt_sigtimedwait. */
static void begin_sigtimedwait(struct tracee *tracee, const uint64_t *args)
{
    struct registers registers = {0};
    uint64_t duration;

    if (!read_time(tracee, args[2], &duration) || duration == 0) {
        return;
    }
    sleep_until(tracee, all.now_ns + duration, -EAGAIN);
    get_registers(tracee, &registers);
    registers.x[2] = 0;
    set_registers(tracee, &registers);
}

/* Makes a futex that waits for some time wait for good. A time that has passed here has passed for
 * Linux too, whose clock is ahead. */
static void begin_futex(struct tracee *tracee, const uint64_t *args)
{
    struct registers registers = {0};
    unsigned command = (unsigned)args[1] & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
    uint64_t wakes_ns;

    if ((command != FUTEX_WAIT && command != FUTEX_WAIT_BITSET) ||
        !read_time(tracee, args[REG_TIMEOUT], &wakes_ns)) {
        return;
    }
    wakes_ns += command == FUTEX_WAIT ? all.now_ns : 0;
    if (wakes_ns <= all.now_ns) {
        return;
    }
    sleep_until(tracee, wakes_ns, -ETIMEDOUT);
    get_registers(tracee, &registers);
    registers.x[REG_TIMEOUT] = 0;
    set_registers(tracee, &registers);
}

/* A clock that shows more whether somebody runs or not. */
static bool goes_by_itself(uint64_t clock)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME ||
           clock == CLOCK_TAI;
}

static void begin_call(struct tracee *tracee, uint64_t number, const uint64_t *args)
{
    unsigned op = tracee->insn == NO_INSN ? OP_CALL : all.run->input->insns[tracee->insn].op;

    if (op == OP_LOAD || op == OP_STORE) {
        end_access(tracee);
    }
    if (op != OP_CALL) {
        stand(tracee, ENTERS);
        return;
    }
    tracee->fds_at = number == NR_pipe2 ? args[0] : 0;
    tracee->is_returning = number == NR_rt_sigreturn;
    if (number == NR_nanosleep) {
        begin_sleep(tracee, args);
    }
    if (number == NR_clock_nanosleep && !(args[1] & TIMER_ABSTIME) && goes_by_itself(args[0])) {
        begin_sleep(tracee, args + 2);
    }
    if (number == NR_futex) {
        begin_futex(tracee, args);
    }
    if (number == NR_timer_create) {
        timers_made(args[0]);
    }
    if (number == NR_rt_sigtimedwait) {
        begin_sigtimedwait(tracee, args);
    }
    tracee->timer_ns = timers_duration(tracee->host, number, args);
    if (number == NR_clone && (args[0] & CLONE_PTRACE_NOT)) {
        complain("a process that cannot be traced");
    }
    resume(tracee, PTRACE_SYSCALL, 0);
    if (tracee->wakes_ns != 0 && tracee->wakes_ns <= all.now_ns) { /* while it was stopped */
        tracee->is_woken = true;
        ptrace(PTRACE_INTERRUPT, tracee->host, 0, 0);
    }
}

/* A signal has interrupted its sleep. */
static void tell_rest(const struct tracee *tracee)
{
    uint64_t left = tracee->wakes_ns > all.now_ns ? tracee->wakes_ns - all.now_ns : 0;
    struct timespec rest = {(time_t)(left / NSEC_PER_SEC), (long)(left % NSEC_PER_SEC)};
    struct iovec here = {&rest, sizeof(rest)};
    struct iovec there = {(void *)(uintptr_t)tracee->rest_at, sizeof(rest)};

    if (tracee->rest_at && process_vm_writev(tracee->host, &here, 1, &there, 1, 0) < 0) {
        complain("a sleep that cannot tell what is left");
    }
}

/* An rt_sigreturn that has found no frame has raised a signal. */
static bool is_bad_frame(const struct tracee *tracee)
{
    const char *status = world_read_proc(tracee->host, "status");

    return status_field(status, "\nSigPnd:", 16) >> (SIGSEGV - 1) & 1;
}

static void end_call(struct tracee *tracee, int64_t result)
{
    struct outcome *outcome = outcome_of(tracee);
    struct registers registers = {0};
    int32_t fds[2];

    if (tracee->is_woken) {
        get_registers(tracee, &registers);
        registers.x[0] = (uint64_t)tracee->wakes_with;
        set_registers(tracee, &registers);
        result = tracee->wakes_with;
    } else if (result >= RESTART_FIRST && result <= RESTART_LAST) {
        tell_rest(tracee);
        resume(tracee, PTRACE_SYSCALL, 0);
        return;
    }
    outcome->kind = EVENT_RESULT;
    outcome->pid = tracee->pid;
    outcome->result = result;
    if (tracee->timer_ns && result == 0) {
        timers_set(tracee->timer_ns, all.now_ns);
    }
    if (tracee->fds_at && result == 0 && peek(tracee, tracee->fds_at, fds, sizeof(fds))) {
        outcome->parts[0] = fds[0];
        outcome->parts[1] = fds[1];
    }
    get_registers(tracee, &registers);
    if (tracee->is_returning && is_bad_frame(tracee)) {
        tracee->is_poked = true;
        resume(tracee, PTRACE_CONT, 0);
        return;
    }
    if (tracee->is_returning && !image_is_at_rest(registers.pc)) {
        tracee->is_returning = false;
        resume(tracee, PTRACE_SYSCALL, 0); /* to what the handler has interrupted */
        return;
    }
    stand(tracee, STANDS); /* this stop is also the one that tracee_tick has asked for */
}

static void on_call(struct tracee *tracee)
{
    struct __ptrace_syscall_info info;
    long len = ptrace(PTRACE_GET_SYSCALL_INFO, tracee->host, sizeof(info), &info);

    if (len <= 0) {
        complain("a process is gone");
    } else if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
        uint64_t args[INPUT_ARGS];
        for (unsigned i = 0; i < INPUT_ARGS; i++) {
            args[i] = info.entry.args[i];
        }
        begin_call(tracee, info.entry.nr, args);
    } else {
        end_call(tracee, info.exit.rval);
    }
}

/* What the process itself has caused, and not another. */
static bool is_fault(int signal, const siginfo_t *info)
{
    return info->si_code > 0 && (signal == SIGSEGV || signal == SIGBUS || signal == SIGILL ||
                                 signal == SIGTRAP || signal == SIGFPE || signal == SIGSYS);
}

static bool is_caught(const struct tracee *tracee, int signal)
{
    const char *status = world_read_proc(tracee->host, "status");

    return status_field(status, "\nSigCgt:", 16) >> (signal - 1) & 1;
}

/* What of a signal reaches a process. Init, which nothing stops, would be stopped if it is traced.
 * Here the parent of many is no init for Linux but a process like others, so that other groups are
 * orphaned: from there on nothing is compared. */
static int what_arrives(const struct tracee *tracee, int signal)
{
    bool asks_group = signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;

    if (asks_group && !is_caught(tracee, signal)) {
        complain("a signal that stops, unless the group is orphaned");
    }
    if (signal == SIGSTOP &&
        status_field(world_read_proc(tracee->host, "status"), "\nThreads:", 10) > 1) {
        complain("a stop of threads"); /* those that stand here are stopped already */
    }
    return tracee == &all.tracees[0] && signal == SIGSTOP ? 0 : signal;
}

/* What tells init of an end is another thread's here, as the first is stopped by its tracer. */
static bool is_told_of_end(const struct tracee *tracee)
{
    return all.is_ending && tracee->process == all.tracees[0].process;
}

/* What has become of the call that was interrupted for a handler is in its frame. */
static void note_handler(struct tracee *tracee)
{
    struct outcome *outcome = outcome_of(tracee);
    static struct {
        siginfo_t info;
        ucontext_t context;
    } frame;
    struct registers registers = {0};

    if (is_told_of_end(tracee)) {
        return;
    }
    get_registers(tracee, &registers);
    outcome->kind = EVENT_CAUGHT;
    outcome->pid = tracee->pid;
    if (peek(tracee, registers.sp, &frame, sizeof(frame)) &&
        frame.context.uc_mcontext.pc == IMAGE_CODE + IMAGE_CALL + sizeof(uint32_t)) {
        outcome->kind = EVENT_RESULT;
        outcome->result = (int64_t)frame.context.uc_mcontext.regs[0];
    }
}

/* Here init is a process like others: a stopped job that comes to it is not orphaned. */
static void look_at_jobs(void)
{
    for (unsigned i = 0; i < all.count && !all.is_ending; i++) {
        if (all.tracees[i].state == HALTED) {
            complain("an end, while a process is stopped");
        }
    }
}

/* Whether others of its process go on. */
static bool has_others(const struct tracee *tracee)
{
    for (unsigned i = 0; i < all.count; i++) {
        if (&all.tracees[i] != tracee && all.tracees[i].process == tracee->process &&
            all.tracees[i].state != ENDED) {
            return true;
        }
    }
    return false;
}

static bool is_in(const struct tracee *tracee, unsigned number)
{
    const struct insn *insn = tracee->insn == NO_INSN ? NULL : &all.run->input->insns[tracee->insn];

    return insn && insn->op == OP_CALL && insn->nr == number;
}

/* Only itself, and not all of its process. */
static bool is_exit(const struct tracee *tracee)
{
    return is_in(tracee, NR_exit);
}

static void note_end(const struct tracee *tracee, int status)
{
    struct outcome *outcome = outcome_of(tracee);

    outcome->kind = is_exit(tracee) && has_others(tracee) ? EVENT_LEFT : EVENT_ENDED;
    outcome->pid = tracee->pid;
    outcome->result = 0;
    outcome->wait_status = status;
}

static void on_end(struct tracee *tracee, int status)
{
    note_end(tracee, status);
    tracee->state = ENDED;
    look_at_jobs();
    all.is_over = all.is_over || tracee == &all.tracees[0];
}

/* A fault that has no handler ends init; but not if init is traced. */
static bool is_end_of_init(const struct tracee *tracee, int signal)
{
    siginfo_t info = {0};

    ptrace(PTRACE_GETSIGINFO, tracee->host, 0, &info);
    return tracee->process == all.tracees[0].process && is_fault(signal, &info) &&
           !is_caught(tracee, signal);
}

static void on_signal(struct tracee *tracee, int signal)
{
    int arriving = what_arrives(tracee, signal);

    if (arriving != 0 && is_end_of_init(tracee, signal)) {
        on_end(tracee, signal);
        all.is_over = true;
        return;
    }
    tracee->is_caught = arriving != 0 && is_caught(tracee, signal);
    if (tracee->is_poked || tracee->is_caught) {
        tracee->is_stopping = ptrace(PTRACE_INTERRUPT, tracee->host, 0, 0) == 0;
    }
    resume(tracee, tracee->is_poked ? PTRACE_CONT : PTRACE_SYSCALL, arriving);
}

static void on_fork(struct tracee *parent, bool is_vfork)
{
    unsigned long host = 0;

    if (ptrace(PTRACE_GETEVENTMSG, parent->host, 0, &host) == 0) {
        const struct tracee *child = add((pid_t)host);
        if (is_vfork) {
            outcome_of(parent)->result = child->pid;
        }
    }
    resume(parent, PTRACE_SYSCALL, 0);
}

/* A thread that runs a program has its process's number from then on, and the first one is gone;
 * who traces them is told nothing else of that. */
static void on_exec(struct tracee *first)
{
    unsigned long host = 0;

    if (ptrace(PTRACE_GETEVENTMSG, first->host, 0, &host) == 0 && (pid_t)host != first->host) {
        struct tracee *thread = add((pid_t)host);
        first->insn = thread->insn;
        first->wakes_ns = 0;
        first->fds_at = 0;
        thread->state = ENDED;
    }
    resume(first, PTRACE_SYSCALL, 0);
}

/* Init ends, with all its threads: one of them may have said so. Or the first thread only, as
 * another gives the process a new program. */
static void on_end_of_init(int status)
{
    for (unsigned i = 1; i < all.count; i++) {
        struct tracee *tracee = &all.tracees[i];
        bool runs = tracee->process == all.tracees[0].process && tracee->state == RUNS;
        if (runs && (is_in(tracee, NR_execve) || is_in(tracee, NR_execveat))) {
            complain("a program of another thread");
            return;
        }
        if (runs) {
            note_end(tracee, status);
        }
    }
    on_end(&all.tracees[0], status);
}

static void on_exit_begun(struct tracee *tracee)
{
    unsigned long status = 0;

    if (tracee == &all.tracees[0] && is_exit(tracee) && has_others(tracee)) {
        complain("the end of the first thread of init");
    } else if (tracee == &all.tracees[0] &&
               ptrace(PTRACE_GETEVENTMSG, tracee->host, 0, &status) == 0) {
        on_end_of_init((int)status);
        tracee->state = STANDS; /* and goes on when all is over */
    } else {
        resume(tracee, PTRACE_CONT, 0);
    }
}

static void halt(struct tracee *tracee)
{
    tracee->state = HALTED;
    tracee->is_stopping = tracee->is_poked; /* who was in no call stands when it goes on */
    outcome_of(tracee)->kind = EVENT_STOPPED;
    outcome_of(tracee)->pid = tracee->pid;
    ptrace(PTRACE_LISTEN, tracee->host, 0, 0);
}

static void on_stop(struct tracee *tracee, int status)
{
    int event = status >> 16;
    int signal = WSTOPSIG(status);

    if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE) {
        on_fork(tracee, event == PTRACE_EVENT_VFORK);
    } else if (event == PTRACE_EVENT_EXEC) {
        on_exec(tracee);
    } else if (event == PTRACE_EVENT_EXIT) {
        on_exit_begun(tracee);
    } else if (event == PTRACE_EVENT_STOP && signal != SIGTRAP) {
        halt(tracee);
    } else if (event == PTRACE_EVENT_STOP && tracee->is_stopping) {
        if (tracee->is_caught) {
            note_handler(tracee);
        }
        stand(tracee, STANDS); /* a new one, or one that was to come here */
    } else if (event == PTRACE_EVENT_STOP) {
        resume(tracee, tracee->is_poked ? PTRACE_CONT : PTRACE_SYSCALL,
               0); /* SIGCONT tells of itself */
    } else if (event != 0) {
        resume(tracee, PTRACE_SYSCALL, 0);
    } else if (signal == (SIGTRAP | 0x80)) {
        on_call(tracee);
    } else {
        on_signal(tracee, signal);
    }
}

/* Whether what happens next can be taken for what the program does. */
static bool goes_on(void)
{
    if (timers_come() || timers_come_by(all.now_ns)) {
        complain("a timer, which goes by Linux's time");
    }
    return !all.is_over && !all.complaint;
}

static bool take_stops(void)
{
    int status;
    pid_t host;
    bool has_any = false;

    while (goes_on() && (host = waitpid(-1, &status, __WALL | WNOHANG)) > 0) {
        has_any = true;
        if (WIFSTOPPED(status)) {
            on_stop(add(host), status);
        } else if (find_host(host)) {
            on_end(find_host(host), status);
        }
    }
    return has_any;
}

/* ---- until nobody goes on ---- */

/* The first thread of a process is a zombie until the last has ended, and nobody is told of it. */
static void note_left(struct tracee *tracee)
{
    outcome_of(tracee)->kind = EVENT_LEFT;
    outcome_of(tracee)->pid = tracee->pid;
    tracee->state = ENDED;
}

static bool is_waiting(struct tracee *tracee)
{
    const char *state = strrchr(world_read_proc(tracee->host, "stat"), ')');

    if (!state) {
        complain("a program of another thread"); /* which has its number now */
    } else if (state[2] == 'Z' && is_exit(tracee) && has_others(tracee)) {
        note_left(tracee);
    }
    return state && (state[2] == 'S' || state[2] == 'D' || tracee->state == ENDED);
}

static bool has_signal(const struct tracee *tracee)
{
    const char *status = world_read_proc(tracee->host, "status");
    uint64_t pending =
        status_field(status, "\nSigPnd:", 16) | status_field(status, "\nShdPnd:", 16);

    return pending & ~status_field(status, "\nSigBlk:", 16);
}

/* Lets those who stand take their signals. Who finds that another thread has taken the one of their
 * process goes on in user mode and has to come back. */
static bool poke(void)
{
    bool has_any = false;

    for (unsigned i = 0; i < all.count; i++) {
        struct tracee *tracee = &all.tracees[i];
        bool stands = tracee->state == STANDS || tracee->state == ENTERS;
        if (stands && has_signal(tracee)) {
            tracee->is_poked = true;
            resume(tracee, PTRACE_CONT, 0);
            has_any = true;
        } else if (tracee->state == RUNS && tracee->is_poked && !tracee->is_stopping &&
                   !has_signal(tracee)) {
            tracee->is_stopping = ptrace(PTRACE_INTERRUPT, tracee->host, 0, 0) == 0;
        }
    }
    return has_any;
}

static bool are_all_waiting(void)
{
    for (unsigned i = 0; i < all.count; i++) {
        if (all.tracees[i].state == RUNS && !is_waiting(&all.tracees[i])) {
            return false;
        }
    }
    return true;
}

static void note_who_waits(void)
{
    for (unsigned i = 0; i < all.count; i++) {
        const struct tracee *tracee = &all.tracees[i];
        if (tracee->state == RUNS) {
            outcome_of(tracee)->kind = EVENT_BLOCKED;
            outcome_of(tracee)->has_blocked = true;
            outcome_of(tracee)->pid = tracee->pid;
        }
    }
}

static time_t seconds(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

void tracee_settle(void)
{
    const struct timespec nap = {.tv_nsec = NAP_NS};
    time_t end = seconds() + SECONDS_MAX;
    unsigned still = 0;

    while (still < STILL_ROUNDS && !all.is_over && !all.complaint) {
        if (seconds() > end) {
            complain("somebody does not come to rest"); /* a timer's signals, one after the other */
        }
        bool has_moved = take_stops();
        world_drain();
        has_moved = (!all.is_over && poke()) || has_moved;
        still = !has_moved && are_all_waiting() ? still + 1 : 0;
        nanosleep(&nap, NULL);
    }
    if (!all.is_over) {
        note_who_waits();
    }
}

/* ---- what is asked for ---- */

void tracee_begin(struct run *run, pid_t init)
{
    memset(&all, 0, sizeof(all));
    timers_begin();
    all.run = run;
    stand(add(init), STANDS);
}

bool tracee_is_over(void)
{
    return all.is_over;
}

const char *tracee_complaint(void)
{
    return all.complaint;
}

static unsigned log2_size(uint64_t size)
{
    return size == 8 ? 3 : size == 4 ? 2 : size == 2 ? 1 : 0;
}

static void set_operation(struct registers *registers, const struct insn *insn,
                          const uint64_t *args)
{
    for (unsigned i = 0; i < INPUT_ARGS; i++) {
        registers->x[i] = insn->op == OP_CALL ? args[i] : 0;
    }
    registers->x[REG_NUMBER] = insn->op == OP_CALL ? insn->nr : IMAGE_NO_CALL;
    if (insn->op == OP_CALL) {
        registers->pc = IMAGE_CODE + IMAGE_CALL;
    } else if (insn->op == OP_LOAD) {
        registers->x[1] = args[0];
        registers->pc = IMAGE_CODE + IMAGE_LOAD + IMAGE_SPAN * log2_size(args[1]);
    } else if (insn->op == OP_STORE) {
        registers->x[1] = args[0];
        registers->x[2] = args[1];
        registers->pc = IMAGE_CODE + IMAGE_STORE + IMAGE_SPAN * log2_size(args[2]);
    } else {
        registers->pc = args[0];
    }
}

/* From the beginning of the call that is none to its end. */
static void leave_no_call(struct tracee *tracee)
{
    int status = 0;

    if (tracee->state == ENTERS) {
        resume(tracee, PTRACE_SYSCALL, 0);
        if (waitpid(tracee->host, &status, __WALL) != tracee->host ||
            status >> 8 != (SIGTRAP | 0x80)) {
            complain("a process does not come back from no call");
        }
    }
}

/* Ends the sleeps that are over. */
static void wake(void)
{
    for (unsigned i = 0; i < all.count; i++) {
        struct tracee *tracee = &all.tracees[i];
        if (tracee->state == RUNS && tracee->wakes_ns != 0 && tracee->wakes_ns <= all.now_ns) {
            tracee->is_woken = true;
            ptrace(PTRACE_INTERRUPT, tracee->host, 0, 0);
        }
    }
    tracee_settle();
}

void tracee_do(struct tracee *tracee, unsigned insn, const uint64_t *args)
{
    struct registers registers = {0};

    leave_no_call(tracee);
    get_registers(tracee, &registers);
    set_operation(&registers, &all.run->input->insns[insn], args);
    set_registers(tracee, &registers);
    tracee->insn = (int)insn;
    all.now_ns += CALL_STEP_NS;
    resume(tracee, PTRACE_SYSCALL, 0);
    tracee_settle();
    wake();
}

bool tracee_tick(void)
{
    uint64_t next_ns = UINT64_MAX;

    for (unsigned i = 0; i < all.count; i++) {
        const struct tracee *tracee = &all.tracees[i];
        if (tracee->state == RUNS && tracee->wakes_ns != 0 && tracee->wakes_ns < next_ns) {
            next_ns = tracee->wakes_ns;
        }
    }
    if (timers_come_by(next_ns)) {
        complain("a timer, which goes by Linux's time");
        return false;
    }
    if (next_ns == UINT64_MAX) {
        return false;
    }
    all.now_ns = next_ns;
    wake();
    return true;
}

void tracee_kill_all_but_init(void)
{
    all.is_ending = true;
    for (unsigned i = 1; i < all.count && !all.is_over && !all.complaint; i++) {
        if (all.tracees[i].state != ENDED && all.tracees[i].process != all.tracees[0].process) {
            kill(all.tracees[i].host, SIGKILL);
            tracee_settle();
        }
    }
}

void tracee_end(void)
{
    int status;
    pid_t host;

    do {
        for (unsigned i = 0; i < all.count; i++) {
            if (all.tracees[i].state != ENDED || i == 0) {
                kill(all.tracees[i].host, SIGKILL);
                ptrace(PTRACE_CONT, all.tracees[i].host, 0, 0); /* if it is about to end already */
            }
        }
        host = waitpid(-1, &status, __WALL);
        if (host > 0 && WIFSTOPPED(status)) {
            ptrace(PTRACE_CONT, host, 0, 0);
        }
    } while (host > 0);
}
