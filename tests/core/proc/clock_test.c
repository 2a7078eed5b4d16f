#include "proc/clock.h"

#include "base/random.h"
#include "platform/hosted/vclock.h"
#include "proc/clock_id.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "test.h"
#include "tests/core/fixture.h"

enum { THREADS = 8 };

static struct thread *threads[THREADS];

static void begin(bool is_det)
{
    struct process *init;

    fixture_begin(FIXTURE_FRAMES_MAX);
    init = fixture_process(NULL);
    for (unsigned i = 0; i < THREADS; i++) {
        threads[i] = fixture_process(init)->thread;
    }
    clock_init(is_det);
}

/* It waits for a point in time. */
static void sleep_until(unsigned i, nsec_t deadline)
{
    (void)!sched_block(fixture_run(threads[i]->process), WAIT_TIME, 0, NULL, deadline);
}

/* For whom it is to go on. */
static void expect_awake(unsigned i, bool is_awake)
{
    EXPECT_EQ(threads[i]->state, is_awake ? THREAD_READY : THREAD_BLOCKED);
    EXPECT_EQ(timer_is_armed(&threads[i]->timer), !is_awake);
}

TEST(clock_det_counts_calls)
{
    begin(true);
    EXPECT(clock_is_det());
    EXPECT_EQ(clock_now(), 0);
    vclock_run(1000000);
    EXPECT_EQ(clock_now(), 0);
    clock_count_call();
    clock_count_call();
    EXPECT_EQ(clock_now(), 2 * CLOCK_DET_STEP);
    fixture_end();
}

TEST(clock_is_the_machines_without_det)
{
    begin(false);
    EXPECT(!clock_is_det());
    EXPECT_EQ(clock_now(), 0);
    clock_count_call();
    EXPECT_EQ(clock_now(), 0);
    vclock_run(1000);
    EXPECT_EQ(clock_now(), plat_clock_now());
    EXPECT(clock_now() >= 1000);
    fixture_end();
}

TEST(clock_jump_goes_to_the_first_deadline)
{
    begin(true);
    sleep_until(0, 5000);
    sleep_until(1, 3000);
    sleep_until(2, 3000);
    EXPECT(clock_jump());
    EXPECT_EQ(clock_now(), 3000);
    expect_awake(0, false);
    expect_awake(1, true);
    expect_awake(2, true);
    EXPECT(clock_jump());
    EXPECT_EQ(clock_now(), 5000);
    expect_awake(0, true);
    EXPECT(!clock_jump());
    EXPECT_EQ(clock_now(), 5000);
    fixture_end();
}

TEST(clock_jump_does_not_go_back)
{
    begin(true);
    for (unsigned i = 0; i < 5; i++) {
        clock_count_call();
    }
    sleep_until(0, 2 * CLOCK_DET_STEP);
    EXPECT(clock_jump());
    EXPECT_EQ(clock_now(), 5 * CLOCK_DET_STEP);
    expect_awake(0, true);
    fixture_end();
}

TEST(clock_det_needs_no_timer)
{
    begin(true);
    sleep_until(0, 5000);
    EXPECT_EQ(vclock_deadline(), PLAT_NEVER);
    fixture_end();
}

TEST(clock_arms_the_timer_for_what_comes_first)
{
    begin(false);
    clock_set_slice(4000);
    EXPECT_EQ(vclock_deadline(), 4000);
    clock_set_slice(PLAT_NEVER);
    clock_arm(&threads[0]->timer, 9000);
    EXPECT_EQ(vclock_deadline(), 9000);
    clock_arm(&threads[1]->timer, 7000);
    EXPECT_EQ(vclock_deadline(), 7000);
    clock_arm(&threads[2]->timer, 8000);
    EXPECT_EQ(vclock_deadline(), 7000);
    clock_set_slice(6000);
    EXPECT_EQ(vclock_deadline(), 6000);
    clock_set_slice(PLAT_NEVER);
    clock_disarm(&threads[1]->timer);
    EXPECT_EQ(vclock_deadline(), 8000);
    clock_disarm(&threads[2]->timer);
    clock_disarm(&threads[2]->timer);
    clock_disarm(&threads[0]->timer);
    EXPECT_EQ(vclock_deadline(), PLAT_NEVER);
    fixture_end();
}

TEST(clock_expire_wakes_whose_time_has_come)
{
    begin(false);
    sleep_until(0, 1000);
    sleep_until(1, 2000);
    sleep_until(2, 2001);
    clock_set_slice(PLAT_NEVER);
    vclock_run(2000);
    EXPECT(vclock_take());
    EXPECT(!clock_expire());
    expect_awake(0, true);
    expect_awake(1, true);
    expect_awake(2, false);
    EXPECT_EQ(vclock_deadline(), 2001);
    fixture_end();
}

TEST(clock_expire_says_that_the_slice_is_over)
{
    begin(false);
    clock_set_slice(1000);
    vclock_run(999);
    EXPECT(!clock_expire());
    EXPECT_EQ(vclock_deadline(), 1000);
    vclock_run(1);
    EXPECT(vclock_take());
    EXPECT(clock_expire());
    EXPECT_EQ(vclock_deadline(), PLAT_NEVER);
    EXPECT(!clock_expire());
    fixture_end();
}

/* The timer has fired and is off; it must be set again even to what it was set to before. */
TEST(clock_expire_sets_the_timer_again)
{
    begin(false);
    clock_arm(&threads[0]->timer, 1000);
    clock_arm(&threads[1]->timer, 2000);
    vclock_run(1000);
    EXPECT(vclock_take());
    EXPECT_EQ(vclock_deadline(), PLAT_NEVER);
    EXPECT(!clock_expire());
    EXPECT_EQ(vclock_deadline(), 2000);
    vclock_run(500);
    plat_timer_set(PLAT_NEVER); /* as if it had fired early */
    EXPECT(!clock_expire());
    EXPECT_EQ(vclock_deadline(), 2000);
    clock_disarm(&threads[1]->timer);
    fixture_end();
}

TEST(clock_deadline_at_the_end_of_time)
{
    begin(true);
    sleep_until(0, CLOCK_LAST);
    EXPECT(clock_jump());
    EXPECT_EQ(clock_now(), CLOCK_LAST);
    expect_awake(0, true);
    fixture_end();
}

TEST(clock_wakes_in_the_order_of_deadlines)
{
    struct random random = {7};
    nsec_t deadlines[THREADS];

    begin(true);
    for (unsigned round = 0; round < 200; round++) {
        test_note("round %u", round);
        nsec_t now = clock_now();
        for (unsigned i = 0; i < THREADS; i++) {
            deadlines[i] = now + 1 + random_next(&random) % 6;
            sleep_until(i, deadlines[i]);
        }
        while (clock_jump()) {
            for (unsigned i = 0; i < THREADS; i++) {
                expect_awake(i, deadlines[i] <= clock_now());
            }
        }
    }
    fixture_end();
}

TEST(clock_init_forgets_timers)
{
    begin(false);
    clock_arm(&threads[0]->timer, 1000);
    clock_init(false);
    EXPECT_EQ(vclock_deadline(), PLAT_NEVER);
    vclock_run(2000);
    EXPECT(!clock_expire());
    EXPECT(timer_is_armed(&threads[0]->timer));
}

TEST_DIES(clock_second_timer_of_a_thread, "timer_arm: !timer->set")
{
    begin(true);
    clock_arm(&threads[0]->timer, 1);
    clock_arm(&threads[0]->timer, 2);
}

TEST_DIES(clock_jump_without_det, "clock_jump: clock.is_det")
{
    begin(false);
    clock_jump();
}

TEST(clock_forward_to_the_end_of_time)
{
    uint64_t count;

    EXPECT_EQ(clock_forward(10, 7, 9, &count), 10);
    EXPECT_EQ(count, 0);
    EXPECT_EQ(clock_forward(10, 7, 24, &count), 31);
    EXPECT_EQ(count, 3);
    EXPECT_EQ(clock_forward(1, CLOCK_LAST - 1, CLOCK_LAST, &count), CLOCK_LAST);
    EXPECT_EQ(count, 2);
    EXPECT_EQ(clock_forward(CLOCK_LAST - 9, 10, CLOCK_LAST - 5, &count), CLOCK_LAST);
}
