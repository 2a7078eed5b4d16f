#include "proc/thread.h"

#include "abi/errno.h"
#include "base/cpu.h"
#include "mm/pool.h"
#include "proc/clock.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "test.h"
#include "tests/core/fixture.h"

static struct process *process;
static struct thread *thread;

static void begin(void)
{
    fixture_begin(200);
    EXPECT_EQ(process_create(NULL, 0, &process), 0);
    thread = process->thread;
}

static void end(void)
{
    process_discard(process);
    EXPECT_EQ(thread_count(), 0);
    fixture_end();
}

/* EL0 uses FP: the registers are the thread's from here on, and hold a value. */
static void own_fp(uint64_t value)
{
    struct plat_fp fp = {.v = {{value, 0}}};

    plat_fp_use(&fp);
    cpu_this()->fp_owner = thread;
}

TEST(thread_new_one_is_empty)
{
    const struct plat_user zeroes = {0};

    begin();
    EXPECT_EQ(thread_count(), 1);
    EXPECT_EQ(thread->state, THREAD_NEW);
    EXPECT_MEMEQ(&thread->user, &zeroes, sizeof(zeroes));
    EXPECT(!thread->call.is_pending);
    thread_check();
    end();
}

TEST(thread_destroy_while_it_is_current)
{
    begin();
    sched_add(thread);
    EXPECT(sched_choose() == thread);
    end();
    EXPECT(cpu_this()->current == NULL);
    EXPECT(sched_choose() == NULL);
}

TEST(thread_destroy_while_it_is_ready)
{
    begin();
    sched_add(thread);
    end();
    EXPECT(sched_choose() == NULL);
}

TEST(thread_destroy_while_it_waits)
{
    struct waitq queue;

    begin();
    waitq_init(&queue);
    sched_add(thread);
    EXPECT(sched_choose() == thread);
    (void)!sched_block(thread, WAIT_TIME, 0, &queue, 5000);
    end();
    EXPECT(list_is_empty(&queue.threads));
    EXPECT(list_is_empty(sched_blocked()));
    EXPECT(!clock_jump());
}

TEST(thread_sync_fp_of_the_owner)
{
    begin();
    own_fp(77);
    EXPECT_EQ(thread->fp.v[0][0], 0);
    thread_sync_fp(thread);
    EXPECT_EQ(thread->fp.v[0][0], 77);
    end();
}

TEST(thread_sync_fp_of_another)
{
    begin();
    struct thread *other;
    EXPECT_EQ(thread_create(process, 0, &other), 0);
    own_fp(77);
    thread_sync_fp(other);
    EXPECT_EQ(other->fp.v[0][0], 0);
    thread_destroy(other);
    EXPECT(cpu_this()->fp_owner == thread);
    end();
}

TEST(thread_destroy_of_the_fp_owner)
{
    begin();
    own_fp(77);
    end();
    EXPECT(cpu_this()->fp_owner == NULL);
}

TEST_DIES(thread_destroy_takes_the_fp_registers_from_el0, "fp.not-owned")
{
    struct plat_fp fp;

    begin();
    own_fp(77);
    end();
    plat_fp_sync(&fp);
}

static int create(void *made)
{
    return thread_create(process, 0, made);
}

static void destroy(void *made)
{
    thread_destroy(*(struct thread **)made);
}

TEST(thread_create_without_memory)
{
    struct thread *made;

    begin();
    fixture_fail_each(create, destroy, &made);
    end();
}
