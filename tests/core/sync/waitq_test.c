#include "sync/waitq.h"

#include "proc/process.h"
#include "proc/sched.h"
#include "test.h"
#include "tests/core/fixture.h"

enum { THREADS = 3 };

static struct thread *threads[THREADS];
static struct waitq queue;

static void begin(void)
{
    fixture_begin(200);
    waitq_init(&queue);
    threads[0] = fixture_process(NULL)->thread;
    for (unsigned i = 1; i < THREADS; i++) {
        threads[i] = fixture_process(threads[0]->process)->thread;
    }
}

static void block(unsigned i)
{
    (void)!sched_block(fixture_run(threads[i]->process), WAIT_CONSOLE, 0, &queue, PLAT_NEVER);
}

TEST(waitq_wakes_all_in_order)
{
    begin();
    block(2);
    block(0);
    waitq_wake_all(&queue);
    EXPECT_EQ(threads[0]->state, THREAD_READY);
    EXPECT_EQ(threads[2]->state, THREAD_READY);
    EXPECT(sched_choose() == threads[1]);
    sched_end_slice();
    EXPECT(sched_choose() == threads[2]);
    sched_end_slice();
    EXPECT(sched_choose() == threads[0]);
    fixture_end();
}

TEST(waitq_woken_thread_stays_on_it)
{
    begin();
    block(0);
    waitq_wake_all(&queue);
    EXPECT(threads[0]->waitq == &queue);
    EXPECT(queue.threads.next == &threads[0]->wait_link);
    waitq_wake_all(&queue);
    waitq_remove(threads[0]);
    EXPECT(threads[0]->waitq == NULL);
    EXPECT(list_is_empty(&queue.threads));
    fixture_end();
}

TEST(waitq_nobody_waits)
{
    begin();
    waitq_wake_all(&queue);
    waitq_remove(threads[0]);
    EXPECT(list_is_empty(&queue.threads));
    fixture_end();
}

TEST(waitq_remove_from_the_middle)
{
    begin();
    block(0);
    block(1);
    block(2);
    waitq_remove(threads[1]);
    waitq_wake_all(&queue);
    EXPECT_EQ(threads[0]->state, THREAD_READY);
    EXPECT_EQ(threads[1]->state, THREAD_BLOCKED);
    EXPECT_EQ(threads[2]->state, THREAD_READY);
    sched_wake(threads[1]);
    fixture_end();
}

TEST_DIES(waitq_second_queue_of_a_thread, "waitq_add: !thread->waitq")
{
    begin();
    block(0);
    waitq_add(&queue, threads[0]);
}
