#include "proc/sched.h"

#include "abi/linux.h"
#include "base/cpu.h"
#include "base/random.h"
#include "platform/hosted/choice.h"
#include "platform/hosted/vclock.h"
#include "proc/clock.h"
#include "proc/process.h"
#include "proc/signal.h"
#include "test.h"
#include "tests/core/fixture.h"

enum { THREADS = 5 };

static struct thread *threads[THREADS]; /* the first is init's */
static struct waitq queue;

/* What the next choices of each kind are; 0 when they are used up. */
static unsigned next_thread;
static unsigned next_spurious;
static uint32_t thread_bound;

static uint32_t choose(unsigned kind, uint32_t bound, uint32_t answer)
{
    if (kind == PLAT_CHOOSE_THREAD) {
        answer = next_thread;
        thread_bound = bound;
        next_thread = 0;
    } else if (kind == PLAT_CHOOSE_SPURIOUS) {
        answer = next_spurious;
        next_spurious = 0;
    }
    EXPECT(answer < bound);
    return answer;
}

static void begin(bool is_det)
{
    fixture_begin(FIXTURE_FRAMES_MAX);
    clock_init(is_det);
    waitq_init(&queue);
    threads[0] = fixture_process(NULL)->thread;
    for (unsigned i = 1; i < THREADS; i++) {
        threads[i] = fixture_process(threads[0]->process)->thread;
    }
    choice_hook = choose;
}

static void end(void)
{
    choice_hook = NULL;
    fixture_end();
}

static void expect_choice(unsigned i)
{
    EXPECT(sched_choose() == threads[i]);
    EXPECT(cpu_this()->current == threads[i]);
    sched_check();
}

static void block(unsigned i)
{
    (void)!sched_block(threads[i], WAIT_CHILD, 0, &queue, PLAT_NEVER);
    sched_check();
}

TEST(sched_first_in_first_out)
{
    begin(true);
    for (unsigned i = 0; i < 2 * THREADS; i++) {
        expect_choice(i % THREADS);
        sched_end_slice();
    }
    end();
}

TEST(sched_current_thread_goes_on)
{
    begin(true);
    expect_choice(0);
    expect_choice(0);
    expect_choice(0);
    end();
}

TEST(sched_only_thread_goes_on_after_its_slice)
{
    fixture_begin(100);
    threads[0] = fixture_process(NULL)->thread;
    expect_choice(0);
    sched_end_slice();
    expect_choice(0);
    EXPECT(!cpu_this()->needs_resched);
    fixture_end();
}

TEST(sched_nothing_is_ready)
{
    fixture_begin(100);
    EXPECT(sched_choose() == NULL);
    EXPECT(!sched_has_ready());
    threads[0] = fixture_process(NULL)->thread;
    EXPECT(sched_has_ready());
    waitq_init(&queue);
    expect_choice(0);
    EXPECT(sched_has_ready());
    block(0);
    EXPECT(!sched_has_ready());
    EXPECT(sched_choose() == NULL);
    sched_wake(threads[0]);
    EXPECT(sched_has_ready());
    fixture_end();
}

TEST(sched_slice_is_a_number_of_calls_with_det)
{
    begin(true);
    expect_choice(0);
    for (unsigned i = 0; i < SCHED_SLICE_CALLS; i++) {
        expect_choice(0);
        sched_count_call();
    }
    expect_choice(1);
    for (unsigned i = 0; i < SCHED_SLICE_CALLS - 1; i++) {
        sched_count_call();
    }
    expect_choice(1);
    sched_count_call();
    expect_choice(2);
    end();
}

TEST(sched_slice_is_a_time_without_det)
{
    begin(false);
    expect_choice(0);
    EXPECT_EQ(vclock_deadline(), SCHED_SLICE_NS);
    for (unsigned i = 0; i < 2 * SCHED_SLICE_CALLS; i++) {
        sched_count_call();
    }
    expect_choice(0);
    vclock_run(100);
    sched_end_slice();
    expect_choice(1);
    EXPECT_EQ(vclock_deadline(), SCHED_SLICE_NS + clock_now());
    end();
}

TEST(sched_any_ready_thread_can_be_chosen)
{
    begin(true);
    next_thread = 3;
    expect_choice(3);
    EXPECT_EQ(thread_bound, THREADS);
    next_thread = 1; /* the current one is choice 0 */
    expect_choice(0);
    EXPECT_EQ(thread_bound, THREADS);
    next_thread = THREADS - 1; /* behind them: 1 2 4 3 */
    expect_choice(3);
    sched_end_slice();
    next_thread = THREADS - 1; /* 1 2 4 0 3 */
    expect_choice(3);
    end();
}

TEST(sched_run_next_takes_it_once)
{
    begin(true);
    sched_run_next(threads[3]->tid);
    expect_choice(3);
    sched_end_slice();
    expect_choice(0);
    sched_run_next(999);
    expect_choice(0);
    end();
}

TEST(sched_run_next_of_the_current_thread)
{
    begin(true);
    expect_choice(0);
    sched_run_next(threads[0]->tid);
    next_thread = 2;
    expect_choice(0);
    end();
}

TEST(sched_run_next_of_a_blocked_thread_is_forgotten)
{
    begin(true);
    expect_choice(0);
    block(0);
    sched_run_next(threads[0]->tid);
    expect_choice(1);
    sched_wake(threads[0]);
    expect_choice(1);
    end();
}

TEST(sched_blocked_thread_is_not_chosen)
{
    begin(true);
    expect_choice(0);
    block(0);
    EXPECT_EQ(threads[0]->state, THREAD_BLOCKED);
    EXPECT(threads[0]->call.is_pending);
    EXPECT_EQ(threads[0]->call.reason, WAIT_CHILD);
    EXPECT(sched_blocked()->next == &threads[0]->block_link);
    for (unsigned i = 1; i < 2 * THREADS; i++) {
        expect_choice((i - 1) % (THREADS - 1) + 1);
        sched_end_slice();
    }
    end();
}

TEST(sched_woken_thread_goes_behind_the_others)
{
    begin(true);
    expect_choice(0);
    block(0);
    sched_wake(threads[0]);
    sched_wake(threads[0]);
    EXPECT_EQ(threads[0]->state, THREAD_READY);
    EXPECT(list_is_empty(sched_blocked()));
    for (unsigned i = 1; i < THREADS; i++) {
        expect_choice(i);
        sched_end_slice();
    }
    expect_choice(0);
    EXPECT(threads[0]->waitq == &queue); /* until its call is rerun */
    sched_end_wait(threads[0]);
    EXPECT(threads[0]->waitq == NULL);
    EXPECT_EQ(threads[0]->call.reason, WAIT_NOTHING);
    EXPECT(list_is_empty(&queue.threads));
    end();
}

TEST(sched_end_wait_takes_the_timer_too)
{
    begin(true);
    expect_choice(0);
    (void)!sched_block(threads[0], WAIT_TIME, 0, NULL, 5000);
    EXPECT(timer_is_armed(&threads[0]->timer));
    EXPECT(threads[0]->waitq == NULL);
    sched_wake(threads[0]);
    sched_end_wait(threads[0]);
    EXPECT(!timer_is_armed(&threads[0]->timer));
    EXPECT(!clock_jump());
    end();
}

TEST(sched_wait_for_an_event_or_a_time)
{
    begin(true);
    expect_choice(0);
    (void)!sched_block(threads[0], WAIT_CONSOLE, 7, &queue, 5000);
    EXPECT_EQ(threads[0]->call.arg, 7);
    EXPECT(clock_jump());
    EXPECT_EQ(threads[0]->state, THREAD_READY);
    sched_end_wait(threads[0]);
    EXPECT(list_is_empty(&queue.threads));
    end();
}

TEST(sched_wakes_for_no_reason_when_it_is_told_to)
{
    begin(true);
    for (unsigned i = 0; i < 3; i++) {
        expect_choice(i);
        block(i);
    }
    expect_choice(3);
    next_spurious = 2; /* the second that has blocked */
    expect_choice(3);
    EXPECT_EQ(threads[0]->state, THREAD_BLOCKED);
    EXPECT_EQ(threads[1]->state, THREAD_READY);
    EXPECT_EQ(threads[2]->state, THREAD_BLOCKED);
    end();
}

TEST(sched_remove_in_every_state)
{
    begin(true);
    expect_choice(0);
    block(0);
    expect_choice(1);
    for (unsigned i = 0; i < 3; i++) { /* blocked, current, ready */
        sched_remove(threads[i]);
        EXPECT_EQ(threads[i]->state, THREAD_NEW);
        sched_remove(threads[i]); /* and new */
        sched_check();
    }
    expect_choice(3);
    for (unsigned i = 0; i < 3; i++) {
        sched_add(threads[i]);
    }
    end();
}

TEST(sched_init_begins_again)
{
    begin(true);
    expect_choice(0);
    block(0);
    sched_run_next(threads[1]->tid);
    sched_init();
    cpu_this()->current = NULL;
    sched_check();
    EXPECT(!sched_has_ready());
    EXPECT(list_is_empty(sched_blocked()));
    EXPECT(sched_choose() == NULL);
}

/* Every thread that is ready runs, however the choices fall; none that is blocked does. */
TEST(sched_agrees_with_a_model)
{
    bool is_blocked[THREADS] = {false};
    struct random random = {8};

    begin(true);
    for (unsigned step = 0; step < 20000; step++) {
        unsigned ready = 0;
        for (unsigned i = 0; i < THREADS; i++) {
            ready += !is_blocked[i];
        }
        next_thread = ready ? (unsigned)(random_next(&random) % ready) : 0;
        struct thread *chosen = sched_choose();
        EXPECT_EQ(chosen != NULL, ready > 0);
        unsigned i = 0;
        while (chosen && threads[i] != chosen) {
            i++;
        }
        if (chosen) {
            EXPECT(!is_blocked[i]);
            sched_end_wait(chosen);
            if (random_next(&random) % 2) {
                block(i);
                is_blocked[i] = true;
            } else if (random_next(&random) % 2) {
                sched_end_slice();
            }
        }
        unsigned wakes = (unsigned)(random_next(&random) % THREADS);
        sched_wake(threads[wakes]);
        is_blocked[wakes] = false;
        sched_check();
    }
    end();
}

TEST(sched_held_threads_do_not_run)
{
    begin(true);
    expect_choice(0);
    sched_hold(threads[0]); /* the current one */
    sched_hold(threads[1]); /* one on the queue */
    sched_check();
    sched_run_next(threads[1]->tid);
    expect_choice(2);
    sched_wake(threads[1]);
    sched_run_next(threads[1]->tid);
    expect_choice(1);
    sched_wake(threads[0]);
    end();
}

TEST(sched_held_threads_can_be_ended)
{
    begin(true);
    for (unsigned i = 0; i < THREADS; i++) {
        sched_hold(threads[i]);
    }
    EXPECT(!sched_has_ready());
    EXPECT(sched_choose() == NULL);
    signal_send(threads[2]->process, SIGKILL);
    expect_choice(2);
    process_exit(threads[3]->process, 0);
    sched_check();
    end();
}

TEST_DIES(sched_hold_twice, "sched_hold: thread->state == THREAD_READY")
{
    begin(true);
    sched_hold(threads[1]);
    sched_hold(threads[1]);
}

TEST_DIES(sched_add_twice, "sched_add: thread->state == THREAD_NEW")
{
    begin(true);
    sched_add(threads[0]);
}

TEST_DIES(sched_block_of_another_thread, "sched_block: cpu->current == thread")
{
    begin(true);
    expect_choice(0);
    block(1);
}

TEST_DIES(sched_check_sees_a_thread_that_waits_for_nothing,
          "sched_check: thread->waitq || timer_is_armed")
{
    begin(true);
    expect_choice(0);
    block(0);
    waitq_remove(threads[0]);
    sched_check();
}

TEST_DIES(sched_check_sees_a_wrong_state, "sched_check: thread->state == THREAD_READY")
{
    begin(true);
    threads[1]->state = THREAD_BLOCKED;
    sched_check();
}
