#include "proc/sched_priority.h"

#include "abi/linux.h"
#include "base/cpu.h"
#include "platform/hosted/choice.h"
#include "proc/clock.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "test.h"
#include "tests/core/fixture.h"

enum { THREADS = 4 };

static struct thread *threads[THREADS];
static struct waitq queue;
static unsigned wanted_choice;
static uint32_t seen_bound;

static uint32_t choose(unsigned kind, uint32_t bound, uint32_t answer)
{
    if (kind != PLAT_CHOOSE_THREAD) {
        return answer;
    }
    seen_bound = bound;
    return wanted_choice;
}

static void begin(void)
{
    fixture_begin(FIXTURE_FRAMES_MAX);
    clock_init(true);
    waitq_init(&queue);
    EXPECT_EQ(sched_select("priority"), 0);
    threads[0] = fixture_process(NULL)->thread;
    for (unsigned i = 1; i < THREADS; i++) {
        threads[i] = fixture_process(threads[0]->process)->thread;
    }
    wanted_choice = 0;
    choice_hook = choose;
}

static void end(void)
{
    choice_hook = NULL;
    fixture_end();
    sched_init();
}

static void expect_choice(unsigned i)
{
    EXPECT(sched_choose() == threads[i]);
    sched_check();
}

TEST(sched_priority_equals_take_turns)
{
    begin();
    for (unsigned i = 0; i < 2 * THREADS; i++) {
        expect_choice(i % THREADS);
        expect_choice(i % THREADS);
        sched_end_slice();
    }
    end();
}

TEST(sched_priority_lower_nice_first)
{
    begin();
    sched_set_nice(threads[2], -20);
    sched_set_nice(threads[1], 19);
    sched_set_nice(threads[3], -1);
    expect_choice(2);
    sched_end_slice();
    expect_choice(2); /* whatever its slice */
    (void)!sched_block(threads[2], WAIT_NOTHING, 0, &queue, PLAT_NEVER);
    expect_choice(3);
    (void)!sched_block(threads[3], WAIT_NOTHING, 0, &queue, PLAT_NEVER);
    expect_choice(0);
    (void)!sched_block(threads[0], WAIT_NOTHING, 0, &queue, PLAT_NEVER);
    expect_choice(1);
    (void)!sched_block(threads[1], WAIT_NOTHING, 0, &queue, PLAT_NEVER);
    EXPECT(sched_choose() == NULL);
    end();
}

TEST(sched_priority_a_more_urgent_one_that_wakes_runs_at_once)
{
    begin();
    sched_set_nice(threads[1], -5);
    expect_choice(1);
    (void)!sched_block(threads[1], WAIT_NOTHING, 0, &queue, PLAT_NEVER);
    expect_choice(0);
    sched_wake(threads[1]);
    expect_choice(1);
    EXPECT_EQ(threads[0]->preemptions, 1);
    end();
}

TEST(sched_priority_follows_a_new_nice_value)
{
    begin();
    expect_choice(0);
    sched_set_nice(threads[0], 10); /* the current one, which waits nowhere */
    expect_choice(1);
    sched_set_nice(threads[0], -10); /* it waits now */
    expect_choice(0);
    end();
}

/* The choice is among those that are equally urgent, the current one first. */
TEST(sched_priority_choices_are_among_equals)
{
    begin();
    sched_set_nice(threads[3], 1);
    wanted_choice = 2;
    expect_choice(2);
    EXPECT_EQ(seen_bound, 3);
    wanted_choice = 1;
    expect_choice(0); /* 2 goes on, 0 and 1 wait */
    wanted_choice = 0;
    expect_choice(0);
    sched_run_next(threads[3]->tid); /* who drives the machine is not bound by it */
    expect_choice(3);
    end();
}

TEST(sched_priority_walks_all_levels)
{
    unsigned seen = 0;

    begin();
    sched_set_nice(threads[1], NICE_MIN);
    sched_set_nice(threads[3], NICE_MAX);
    for (struct thread *thread = sched_priority.next(NULL); thread;
         thread = sched_priority.next(thread)) {
        seen++;
    }
    EXPECT_EQ(seen, THREADS);
    end();
}
