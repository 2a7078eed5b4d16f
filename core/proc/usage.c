#include "proc/usage.h"

#include "base/cpu.h"
#include "proc/clock.h"
#include "proc/process.h"

void usage_begin(struct thread *thread)
{
    struct cpu *cpu = cpu_this();

    if (cpu->charged != thread) {
        cpu->charged = thread;
        cpu->charged_until = clock_now();
    }
}

void usage_pause(void)
{
    cpu_this()->charged = NULL;
}

/* The time since the last charge. */
static nsec_t take_time(void)
{
    struct cpu *cpu = cpu_this();
    nsec_t now = clock_now();
    nsec_t passed = now - cpu->charged_until;

    cpu->charged_until = now;
    return passed;
}

void usage_charge_user(struct thread *thread)
{
    nsec_t passed = take_time();

    thread->user_time += passed;
    thread->process->usage.user += passed;
}

void usage_charge_system(struct thread *thread)
{
    nsec_t passed = take_time();

    thread->system_time += passed;
    thread->process->usage.system += passed;
}

void usage_charge_process(const struct process *process)
{
    struct thread *last = cpu_this()->charged;

    if (last && last->process == process) {
        usage_charge_system(last);
    }
}

bool usage_charge_last(void)
{
    struct thread *last = cpu_this()->charged;

    if (!last) {
        return false;
    }
    usage_charge_system(last);
    return cpu_clock_expire(last);
}

void usage_end_thread(struct thread *thread)
{
    struct usage *own = &thread->process->usage;

    own->waits += thread->waits;
    own->preemptions += thread->preemptions;
    if (cpu_this()->charged == thread) {
        usage_pause(); /* another thread may get its place in memory */
    }
}

void usage_leave_space(struct process *process)
{
    struct usage *own = &process->usage;

    own->peak_pages = max_u64(own->peak_pages, process->space->resident_peak);
}

static int64_t ticks_of(nsec_t time)
{
    return (int64_t)(time / (NSEC_PER_SEC / CLOCK_TICKS_PER_SEC));
}

struct abi_siginfo usage_tell_end(const struct process *zombie, int signal)
{
    int ended_by = zombie->wait_status & 0x7f;
    struct abi_siginfo info =
        signal_info_of(signal, ended_by ? CLD_KILLED : CLD_EXITED, zombie, process_cred(zombie));

    info.si_status = ended_by ? ended_by : zombie->wait_status >> 8;
    info.si_utime = ticks_of(zombie->usage.user);
    info.si_stime = ticks_of(zombie->usage.system);
    return info;
}

static void add(struct usage *sum, const struct usage *more)
{
    sum->user += more->user;
    sum->system += more->system;
    sum->faults += more->faults;
    sum->waits += more->waits;
    sum->preemptions += more->preemptions;
    sum->peak_pages = max_u64(sum->peak_pages, more->peak_pages);
}

void usage_add_child(struct process *process, const struct process *child)
{
    add(&process->children_usage, &child->usage);
    add(&process->children_usage, &child->children_usage);
}

static struct abi_timeval timeval_of(nsec_t time)
{
    return (struct abi_timeval){
        .tv_sec = (int64_t)(time / NSEC_PER_SEC),
        .tv_usec = (int64_t)(time % NSEC_PER_SEC / 1000),
    };
}

static struct abi_rusage rusage_of(const struct usage *usage)
{
    return (struct abi_rusage){
        .ru_utime = timeval_of(usage->user),
        .ru_stime = timeval_of(usage->system),
        .ru_maxrss = (int64_t)(usage->peak_pages * (PAGE_SIZE / 1024)),
        .ru_minflt = (int64_t)usage->faults,
        .ru_nvcsw = (int64_t)usage->waits,
        .ru_nivcsw = (int64_t)usage->preemptions,
    };
}

/* With what its space and its thread know. */
static struct usage own_usage(const struct process *process)
{
    struct usage usage = process->usage;

    if (process->state == PROCESS_LIVE) {
        usage.peak_pages = max_u64(usage.peak_pages, process->space->resident_peak);
        LIST_FOR(link, &process->threads) {
            const struct thread *thread = CONTAINER_OF(link, struct thread, process_link);
            usage.waits += thread->waits;
            usage.preemptions += thread->preemptions;
        }
    }
    return usage;
}

struct abi_rusage usage_of(const struct process *process)
{
    const struct usage own = own_usage(process);

    return rusage_of(&own);
}

struct abi_rusage usage_of_thread(const struct thread *thread)
{
    const struct process *process = thread->process;
    const struct usage own = {
        .user = thread->user_time,
        .system = thread->system_time,
        .faults = thread->faults,
        .waits = thread->waits,
        .preemptions = thread->preemptions,
        .peak_pages = max_u64(process->usage.peak_pages, process->space->resident_peak),
    };

    return rusage_of(&own);
}

struct abi_rusage usage_of_children(const struct process *process)
{
    return rusage_of(&process->children_usage);
}

struct abi_rusage usage_of_both(const struct process *process)
{
    struct usage both = own_usage(process);

    add(&both, &process->children_usage);
    return rusage_of(&both);
}
