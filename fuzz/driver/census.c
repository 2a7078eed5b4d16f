#include "fuzz/driver/census.h"

#include <assert.h>

#include "abi/linux.h"
#include "base/string.h"
#include "fuzz/input/insn.h"
#include "fuzz/run/run.h"

enum { TIDS_MAX = 512, FIRST_SIGNAL_STATUS = 1, LAST_SIGNAL_STATUS = 64 };

enum state { STATE_FREE, STATE_HANDLER, STATE_WAITS, STATE_STOPPED, STATE_COUNT };

enum thing {
    HANDLER_CALLED,
    HANDLER_RETURNS,
    FRAME_FORGED,
    FORGED_ACCEPTED,
    FORGED_ENDS,
    MASK_IN_HANDLER,
    HANDLER_IN_HANDLER,
    INTERRUPTED_CALL,
    RESTARTED_CALL,
    ENDED_BY_SIGNAL,
    ENDED_WHILE_WAITING,
    EXIT_OF_MANY,
    EXEC_OF_MANY,
    EXEC_OF_ANOTHER,
    EXEC_AND_EXIT,
    SIGNAL_OF_MANY,
    THREAD_ENDED, /* and in which state, from here on */
    THINGS = THREAD_ENDED + STATE_COUNT,
};

static const char *const names[THINGS] = {
    [HANDLER_CALLED] = "a handler is called",
    [HANDLER_RETURNS] = "a handler returns",
    [FRAME_FORGED] = "rt_sigreturn from a frame that was written to",
    [FORGED_ACCEPTED] = "  and goes on",
    [FORGED_ENDS] = "  and ends by it",
    [MASK_IN_HANDLER] = "the mask is changed in a handler",
    [HANDLER_IN_HANDLER] = "a handler is called in a handler",
    [INTERRUPTED_CALL] = "a call that waits gives EINTR",
    [RESTARTED_CALL] = "a call that waits is made again behind a handler",
    [ENDED_BY_SIGNAL] = "a process ends by a signal",
    [ENDED_WHILE_WAITING] = "  in a call that waits",
    [EXIT_OF_MANY] = "exit_group by one of several threads",
    [EXEC_OF_MANY] = "execve by one of several threads",
    [EXEC_OF_ANOTHER] = "  that is not the first",
    [EXEC_AND_EXIT] = "execve by one of several threads, and exit_group by one",
    [SIGNAL_OF_MANY] = "a signal ends a process of several threads",
    [THREAD_ENDED + STATE_FREE] = "another ends a thread that waits for nothing",
    [THREAD_ENDED + STATE_HANDLER] = "another ends a thread in a handler",
    [THREAD_ENDED + STATE_WAITS] = "another ends a thread that waits in a call",
    [THREAD_ENDED + STATE_STOPPED] = "another ends a thread that is stopped",
};

static struct {
    uint64_t programs;
    uint64_t in[THINGS]; /* programs in which it happened */
} * counted;

/* Of the program that runs. */
static struct {
    bool is_over; /* what comes now is how every program ends */
    bool has[THINGS];
    struct {
        int pid; /* 0: there is none */
        unsigned handlers;
        bool is_forged;
        enum state state;
    } threads[TIDS_MAX];
} now;

static void see(enum thing thing)
{
    if (!now.has[thing]) {
        now.has[thing] = true;
        counted->in[thing]++;
    }
}

static enum state state_of(int tid)
{
    bool is_idle = now.threads[tid].state == STATE_FREE;

    return is_idle && now.threads[tid].handlers > 0 ? STATE_HANDLER : now.threads[tid].state;
}

/* All threads of the process but one end; how many those are. */
static unsigned end_others(const struct event *event)
{
    unsigned count = 0;

    for (int tid = 1; tid < TIDS_MAX; tid++) {
        if (tid != event->tid && now.threads[tid].pid == event->pid) {
            see(THREAD_ENDED + state_of(tid));
            now.threads[tid].pid = 0;
            count++;
        }
    }
    return count;
}

static void end_process(const struct event *event)
{
    int signal = event->wait_status & 0x7f;
    unsigned others = end_others(event);

    if (event->nr == NR_rt_sigreturn && now.threads[event->tid].is_forged) {
        see(FRAME_FORGED);
        see(FORGED_ENDS);
    }
    if (signal >= FIRST_SIGNAL_STATUS && signal <= LAST_SIGNAL_STATUS) {
        see(ENDED_BY_SIGNAL);
        if (event->is_rerun) {
            see(ENDED_WHILE_WAITING);
        }
        if (others) {
            see(SIGNAL_OF_MANY);
        }
    } else if (others) {
        see(EXIT_OF_MANY);
    }
    now.threads[event->tid].pid = 0;
}

static void end_call(const struct event *event)
{
    int tid = event->tid;
    bool succeeds = event->result >= 0;
    bool is_in_handler = now.threads[tid].handlers > 0;

    switch (event->nr) {
    case NR_rt_sigreturn:
        if (is_in_handler) {
            see(HANDLER_RETURNS);
            now.threads[tid].handlers--;
        }
        if (now.threads[tid].is_forged) {
            see(FRAME_FORGED);
            see(FORGED_ACCEPTED);
            now.threads[tid].is_forged = false;
        }
        break;
    case NR_rt_sigprocmask:
        if (is_in_handler && succeeds && event->args[1]) {
            see(MASK_IN_HANDLER);
        }
        break;
    case NR_clone:
        if (succeeds && (event->args[0] & CLONE_THREAD) && event->result < TIDS_MAX) {
            now.threads[event->result] = (typeof(now.threads[0])){.pid = event->pid};
        }
        break;
    case NR_execve:
        if (succeeds && end_others(event)) {
            see(EXEC_OF_MANY);
            if (tid != event->pid) {
                see(EXEC_OF_ANOTHER);
            }
        }
        if (succeeds) {
            now.threads[tid].pid = 0;
        }
        break;
    default:
        break;
    }
}

static void look_at_handlers(const struct event *event)
{
    see(HANDLER_CALLED);
    if (now.threads[event->tid].handlers++ > 0) {
        see(HANDLER_IN_HANDLER);
    }
    if (event->is_rerun) {
        see(event->kind == EVENT_RESULT ? INTERRUPTED_CALL : RESTARTED_CALL);
    }
}

static void take(const struct event *event)
{
    int tid = event->tid;

    now.is_over |= event->kind == EVENT_KILLED || (event->pid == 1 && event->nr == NR_exit_group);
    if (now.is_over || tid <= 0 || tid >= TIDS_MAX) {
        return;
    }
    if (now.threads[tid].pid != event->pid) {
        now.threads[tid] = (typeof(now.threads[0])){.pid = event->pid};
    }
    now.threads[tid].state = event->kind == EVENT_BLOCKED                        ? STATE_WAITS
                             : event->kind == EVENT_STOPPED || event->is_stopped ? STATE_STOPPED
                                                                                 : STATE_FREE;
    if (event->kind == EVENT_STORED && now.threads[tid].handlers > 0 &&
        event->args[0] - event->sp < sizeof(struct abi_sigframe)) {
        now.threads[tid].is_forged = true;
    }
    if (event->kind == EVENT_ENDED) {
        end_process(event);
    } else if (event->kind == EVENT_LEFT) {
        now.threads[tid].pid = 0;
    } else if (event->is_handled) {
        look_at_handlers(event);
    } else if (event->kind == EVENT_RESULT) {
        end_call(event);
    }
    if (now.has[EXEC_OF_MANY] && now.has[EXIT_OF_MANY]) {
        see(EXEC_AND_EXIT);
    }
}

void census_start(void *memory)
{
    static_assert(sizeof(*counted) <= CENSUS_BYTES, "there is room");
    counted = memory;
    run_listener = take;
}

void census_begin(void)
{
    counted->programs++;
    memset(&now, 0, sizeof(now));
}

const char *census_name(unsigned thing)
{
    return thing < THINGS ? names[thing] : NULL;
}

double census_share(unsigned thing)
{
    return (double)counted->in[thing] / (double)counted->programs;
}
