/*
 * Clocks that show the time that a process, or a thread, has used, and the timers that wait for it
 * to use more. Such a clock goes on where time is charged (usage.h), and its timers expire behind
 * that, between two steps of whoever used it.
 */
#ifndef PROC_CPU_CLOCK_H
#define PROC_CPU_CLOCK_H

#include "base/types.h"
#include "proc/timer.h"

struct process;
struct thread;

enum cpu_time {
    CPU_TIME_SUM, /* in user mode and in the kernel */
    CPU_TIME_USER,
    CPU_TIMES,
};

/* What waits for the times of one process or thread. */
struct cpu_clock {
    struct timers timers[CPU_TIMES];
    nsec_t quiet_until; /* none comes before the sum is this */
};

void cpu_clock_begin(struct cpu_clock *clock);

/* Whose time it was is no more: nothing that waits for it will come. */
void cpu_clock_end(struct cpu_clock *clock);

/* What has been charged. */
nsec_t cpu_clock_of_process(const struct process *process, enum cpu_time time);
nsec_t cpu_clock_of_thread(const struct thread *thread, enum cpu_time time);

/* Does what the times of a thread, the last that time was charged to, and its process have made
 * due, but not so soon again that the program comes to nothing else. false: nothing. */
bool cpu_clock_expire(struct thread *thread);

/* While a clock of the process expires: sends it a signal of the kernel's own, near the thread that
 * has used the time, as Linux does. */
void cpu_clock_signal(struct process *process, int signal);

/* When, by the machine's clock, that is to interrupt the thread if it runs in user mode from now
 * on, where all time has been charged. PLAT_NEVER: there is nothing. */
nsec_t cpu_clock_next(const struct thread *thread);

#endif
