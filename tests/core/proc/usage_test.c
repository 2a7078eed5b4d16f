#include "proc/usage.h"

#include "base/cpu.h"
#include "proc/clock.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "test.h"
#include "tests/core/fixture.h"

static struct process *init;
static struct process *child;

static void begin(void)
{
    fixture_begin(300);
    init = fixture_process(NULL);
    child = fixture_process(init);
}

/* Time with det: a step a call. */
static void pass(unsigned steps)
{
    while (steps-- > 0) {
        clock_count_call();
    }
}

TEST(usage_time_is_charged_to_whom_it_passes_for)
{
    begin();
    usage_begin(init->thread);
    pass(2);
    usage_charge_user(init->thread);
    pass(3);
    usage_charge_system(init->thread);
    pass(1);
    usage_begin(init->thread); /* the same goes on: nothing is lost */
    usage_charge_system(init->thread);
    pass(4);
    usage_begin(child->thread);
    usage_charge_user(child->thread);
    EXPECT_EQ(init->usage.user, 2 * CLOCK_DET_STEP);
    EXPECT_EQ(init->usage.system, 4 * CLOCK_DET_STEP);
    EXPECT_EQ(child->usage.user, 0);
    fixture_end();
}

TEST(usage_while_the_cpu_is_idle_is_nobodys)
{
    begin();
    usage_begin(init->thread);
    usage_pause();
    pass(100);
    usage_begin(init->thread);
    pass(1);
    usage_charge_system(init->thread);
    EXPECT_EQ(init->usage.system, CLOCK_DET_STEP);
    fixture_end();
}

/* A new thread may lie where the one was that ran last. */
TEST(usage_of_a_thread_in_the_place_of_another)
{
    begin();
    usage_begin(child->thread);
    process_exit(child, 0);
    EXPECT(cpu_this()->charged == NULL);
    fixture_end();
}

TEST(usage_of_a_live_process)
{
    begin();
    init->usage = (struct usage){.user = 3 * NSEC_PER_SEC + 4567, .system = 1999, .faults = 7};
    init->thread->waits = 5;
    init->thread->preemptions = 6;
    init->space->resident_peak = 10;
    const struct abi_rusage usage = usage_of(init);
    EXPECT_EQ(usage.ru_utime.tv_sec, 3);
    EXPECT_EQ(usage.ru_utime.tv_usec, 4);
    EXPECT_EQ(usage.ru_stime.tv_sec, 0);
    EXPECT_EQ(usage.ru_stime.tv_usec, 1);
    EXPECT_EQ(usage.ru_minflt, 7);
    EXPECT_EQ(usage.ru_nvcsw, 5);
    EXPECT_EQ(usage.ru_nivcsw, 6);
    EXPECT_EQ(usage.ru_maxrss, 40);
    EXPECT_EQ(usage.ru_majflt, 0);
    fixture_end();
}

/* What the space and the thread have counted is not lost with them. */
TEST(usage_of_a_zombie)
{
    begin();
    child->usage.user = 2000000;
    child->thread->waits = 5;
    child->thread->preemptions = 6;
    child->space->resident_peak = 10;
    process_exit(child, 0);
    const struct abi_rusage usage = usage_of(child);
    EXPECT_EQ(usage.ru_utime.tv_usec, 2000);
    EXPECT_EQ(usage.ru_nvcsw, 5);
    EXPECT_EQ(usage.ru_nivcsw, 6);
    EXPECT_EQ(usage.ru_maxrss, 40);
    fixture_end();
}

/* Sums go up the tree with each wait; of memory it is the most that one had. */
TEST(usage_adds_what_was_waited_for)
{
    begin();
    struct process *grandchild = fixture_process(child);
    struct process *unseen = fixture_process(child);
    grandchild->usage = (struct usage){.user = 1000, .faults = 1, .peak_pages = 50};
    unseen->usage = (struct usage){.user = 1000000, .faults = 1000};
    child->usage = (struct usage){.user = 2000, .faults = 2, .peak_pages = 20};
    process_exit(grandchild, 0);
    process_reap(grandchild, true);
    EXPECT_EQ(child->children_usage.faults, 1);
    EXPECT_EQ(usage_of(child).ru_minflt, 2);
    EXPECT_EQ(usage_of_both(child).ru_minflt, 3);
    EXPECT_EQ(usage_of_both(child).ru_maxrss, 200);
    process_exit(unseen, 0);
    process_reap(unseen, false);
    process_exit(child, 0);
    EXPECT_EQ(usage_of_children(init).ru_minflt, 0);
    process_reap(child, true);
    EXPECT_EQ(usage_of_children(init).ru_minflt, 3);
    EXPECT_EQ(usage_of_children(init).ru_utime.tv_usec, 3);
    EXPECT_EQ(usage_of_children(init).ru_maxrss, 200);
    EXPECT_EQ(usage_of(init).ru_minflt, 0);
    fixture_end();
}
