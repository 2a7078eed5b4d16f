#include "fuzz/model/used.h"

#include "fuzz/model/ask.h"
#include "fuzz/model/memory.h"

enum { USEC_PER_SEC = 1000000, NSEC_PER_USEC = 1000, PAGE_KIB = 4 };

void used_wait(struct proc *proc)
{
    if (!proc->doing.has_waited) {
        proc->doing.has_waited = true;
        proc->alone.waits++;
        proc->process->own.waits++;
    }
}

static bool is_time(const struct abi_timeval *time)
{
    return time->tv_sec >= 0 && time->tv_usec >= 0 && time->tv_usec < USEC_PER_SEC;
}

static int64_t usec_of(const struct abi_timeval *time)
{
    return time->tv_sec * USEC_PER_SEC + time->tv_usec;
}

/* What there is nothing of here: swapping, blocks, messages, signals that are handled. */
static bool has_others(const struct abi_rusage *usage)
{
    return usage->ru_ixrss || usage->ru_idrss || usage->ru_isrss || usage->ru_majflt ||
           usage->ru_nswap || usage->ru_inblock || usage->ru_oublock || usage->ru_msgsnd ||
           usage->ru_msgrcv || usage->ru_nsignals;
}

static void object(const struct proc *proc, const char *what)
{
    ask_object("process %d: it was told %s", (int64_t)proc->pid, what);
}

/* Looks at what is at an address, and keeps it as what it cannot become less than. */
static void look(const struct proc *proc, uint64_t at, struct used *used)
{
    struct abi_rusage usage;

    if (memory_is_covered(at, sizeof(usage)) ||
        !world.eyes->peek(proc->pid, at, &usage, sizeof(usage))) {
        return;
    }
    const int64_t told[USED_COUNT] = {usec_of(&usage.ru_utime), usec_of(&usage.ru_stime),
                                      usage.ru_maxrss, usage.ru_minflt, usage.ru_nivcsw};
    int64_t passed = (int64_t)(world.now / NSEC_PER_USEC);
    if (!is_time(&usage.ru_utime) || !is_time(&usage.ru_stime) || told[0] + told[1] > passed) {
        object(proc, "of more time than has passed");
    }
    if (has_others(&usage)) {
        object(proc, "of the use of what there is not");
    }
    if (usage.ru_nvcsw != used->waits) {
        object(proc, "a wrong number of waits");
    }
    for (unsigned i = 0; i < USED_COUNT; i++) {
        if (told[i] < used->least[i]) {
            object(proc, "that less was used than before");
        }
        if (used->is_none && told[i] != 0) {
            object(proc, "what children have used, of whom it has waited for none");
        }
        used->least[i] = told[i];
    }
}

void used_look_at_thread(struct proc *proc, uint64_t at)
{
    look(proc, at, &proc->alone);
}

void used_look_at_own(struct proc *proc, uint64_t at)
{
    struct used *own = &proc->process->own;

    if (own->least[USED_MEMORY] == 0) {
        own->least[USED_MEMORY] = PAGE_KIB; /* what it executes is there */
    }
    look(proc, at, own);
}

void used_look_at_children(struct proc *proc, uint64_t at)
{
    struct proc *process = proc->process;

    process->children.is_none = !process->has_waited_for;
    look(proc, at, &process->children);
}

static void add(struct used *sum, const struct used *more)
{
    sum->waits += more->waits;
    for (unsigned i = 0; i < USED_COUNT; i++) {
        if (i != USED_MEMORY) {
            sum->least[i] += more->least[i];
        } else if (sum->least[i] < more->least[i]) {
            sum->least[i] = more->least[i];
        }
    }
}

struct used used_of_both(const struct proc *child)
{
    struct used both = child->own;

    add(&both, &child->children);
    return both;
}

void used_look_at_child(const struct proc *proc, uint64_t at, struct used *both)
{
    look(proc, at, both);
}

void used_add(struct proc *proc, const struct used *both)
{
    add(&proc->process->children, both);
    proc->process->has_waited_for = true;
}
