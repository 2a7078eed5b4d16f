#include "fuzz/check/check.h"

#include "fuzz/check/calls.h"
#include "fuzz/check/checks.h"
#include "fuzz/check/files.h"
#include "fuzz/check/frames.h"
#include "fuzz/check/objects.h"
#include "fuzz/check/processes.h"
#include "fuzz/check/state.h"
#include "fuzz/check/timers.h"
#include "fuzz/check/users.h"
#include "fuzz/check/waits.h"

#include "base/string.h"

enum { CHECK_EVERY = 12 }; /* events between two looks at everything */

uint64_t check_enabled = UINT64_MAX;

static unsigned events_left;
static bool has_looked; /* at the processes, since the last step */

/* A step that has begun. It may be that nothing is told of it, when it was a page fault. */
static struct {
    int pid; /* whose; 0: none */
    const struct space *space;
} begun;

static const char *const names[] = {
#define CHECK(id, name, meaning) name,
#include "fuzz/check/check.def"
#undef CHECK
};

const char *check_name(unsigned check)
{
    return check < CHECK_COUNT ? names[check] : NULL;
}

int check_find(const char *name)
{
    for (int i = 0; i < CHECK_COUNT; i++) {
        if (str_equal(name, names[i])) {
            return i;
        }
    }
    return -1;
}

static const struct space *space_of(int pid)
{
    const struct process *process = pid != 0 ? look_process(pid) : NULL;

    return process ? process->space : NULL;
}

/* What the step has changed. */
static void follow_step(void)
{
    if (begun.pid != 0) {
        frames_follow(space_of(begun.pid), begun.space);
    }
    begun.pid = 0;
    begun.space = NULL;
}

void check_begin(void)
{
    begun.pid = 0;
    begun.space = NULL;
    look_begin();
    look_at_processes();
    has_looked = true;
    frames_begin();
    state_begin();
    calls_begin();
    objects_begin();
    events_left = CHECK_EVERY;
}

void check_before(int tid, uint32_t nr)
{
    const struct thread *thread;

    if (!has_looked) {
        look_at_processes();
        follow_step();
    }
    has_looked = false;
    thread = look_tid(tid);
    begun.pid = thread ? thread->process->pid->number : 0;
    begun.space = space_of(begun.pid);
    calls_before(tid, nr);
}

/* Those that are made behind every step. */
static void check_step(void)
{
    look_at_processes();
    has_looked = true;
    processes_check();
    files_check();
    waits_check();
    follow_step();
}

/* And the others. */
static void check_rest(void)
{
    events_left = CHECK_EVERY;
    frames_check_all();
    users_check();
    timers_check();
    state_check_remembered(false);
}

void check_after(const struct event *event)
{
    check_step();
    calls_after(event);
    processes_check_waited(event);
    if (--events_left == 0) {
        check_rest();
    }
}

void check_all(void)
{
    check_step();
    check_rest();
}

void check_at_rest(void)
{
    frames_forget_tables();
    check_all();
    waits_check_at_rest();
}

void check_at_end(void)
{
    check_all();
    state_check_remembered(true);
    if (process_first()->state == PROCESS_ZOMBIE) {
        objects_check_at_end();
    }
}
