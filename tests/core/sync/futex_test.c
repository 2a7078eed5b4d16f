#include "sync/futex.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "test.h"
#include "tests/core/fixture.h"

enum { THREADS = 4 };

static struct thread *threads[THREADS];
static struct futex_key keys[2];

static void begin(void)
{
    fixture_begin(200);
    threads[0] = fixture_process(NULL)->thread;
    for (unsigned i = 1; i < THREADS; i++) {
        threads[i] = fixture_process(threads[0]->process)->thread;
    }
    for (unsigned i = 0; i < ARRAY_LEN(keys); i++) {
        EXPECT_EQ(futex_find_private(threads[0]->process->space, 0x1000 + 4 * i, &keys[i]), 0);
    }
}

/* As a call does: it is on the queue before it blocks. */
static void block(unsigned i, unsigned key, uint32_t bitset)
{
    struct thread *thread = fixture_run(threads[i]->process);

    futex_wait(thread, &keys[key], bitset);
    (void)!sched_block(thread, WAIT_FUTEX, 0, NULL, PLAT_NEVER);
}

static void expect_woken(unsigned i, bool is_woken)
{
    EXPECT_EQ(threads[i]->futex.is_woken, is_woken);
    EXPECT_EQ(threads[i]->futex.is_waiting, !is_woken);
    EXPECT_EQ(threads[i]->state, is_woken ? THREAD_READY : THREAD_BLOCKED);
}

TEST(futex_wakes_in_order)
{
    begin();
    block(2, 0, 1);
    block(1, 1, 1);
    block(3, 0, 1);
    futex_check();
    EXPECT_EQ(futex_wake(&keys[0], 1, 1), 1);
    expect_woken(2, true);
    expect_woken(1, false);
    expect_woken(3, false);
    EXPECT_EQ(futex_wake(&keys[0], 5, UINT32_MAX), 1);
    expect_woken(3, true);
    EXPECT_EQ(futex_wake(&keys[0], 5, UINT32_MAX), 0);
    expect_woken(1, false);
    futex_check();
    fixture_end();
}

TEST(futex_bits_are_asked_for)
{
    begin();
    block(1, 0, 4);
    block(2, 0, 3);
    EXPECT_EQ(futex_wake(&keys[0], 5, 8), 0);
    EXPECT_EQ(futex_wake(&keys[0], 5, 2), 1);
    expect_woken(1, false);
    expect_woken(2, true);
    fixture_end();
}

TEST(futex_requeue_keeps_bits_and_order)
{
    begin();
    block(3, 1, 1);
    block(1, 0, 4);
    block(2, 0, 2);
    EXPECT_EQ(futex_requeue(&keys[0], 0, &keys[1], 5), 2);
    futex_check();
    EXPECT_EQ(futex_wake(&keys[0], 5, UINT32_MAX), 0);
    EXPECT_EQ(futex_wake(&keys[1], 5, 2), 1);
    expect_woken(2, true);
    EXPECT_EQ(futex_wake(&keys[1], 1, UINT32_MAX), 1);
    expect_woken(3, true);
    EXPECT_EQ(futex_wake(&keys[1], 1, UINT32_MAX), 1);
    expect_woken(1, true);
    fixture_end();
}

TEST(futex_who_leaves_is_not_woken)
{
    begin();
    block(1, 0, 1);
    block(2, 0, 1);
    futex_leave(threads[1]);
    futex_leave(threads[1]);
    EXPECT_EQ(futex_wake(&keys[0], 9, 1), 1);
    EXPECT_EQ(threads[1]->state, THREAD_BLOCKED);
    expect_woken(2, true);
    futex_leave(threads[2]);
    EXPECT(!threads[2]->futex.is_woken);
    sched_wake(threads[1]);
    fixture_end();
}

TEST(futex_keys)
{
    const struct space *space;
    const struct space *other;
    struct futex_key key;

    begin();
    space = threads[0]->process->space;
    other = threads[1]->process->space;
    EXPECT(!futex_key_is(&keys[0], &keys[1]));
    EXPECT_EQ(futex_find_private(other, 0x1000, &key), 0);
    EXPECT(!futex_key_is(&keys[0], &key));
    EXPECT_EQ(futex_find_private(space, 0x1000, &key), 0);
    EXPECT(futex_key_is(&keys[0], &key));
    EXPECT_EQ(futex_find_private(space, 0x1002, &key), -EINVAL);
    EXPECT_EQ(futex_find_private(space, USER_END, &key), -EFAULT);
    EXPECT_EQ(futex_find_shared(space, 0x1000, &key), -EFAULT);
    EXPECT_EQ(futex_find_shared(space, 0x1001, &key), -EINVAL);
    fixture_map(threads[0]->process->space, 0x100000, 0x101000, PROT_READ | PROT_WRITE);
    EXPECT_EQ(futex_find_shared(space, 0x100000, &key), 0);
    EXPECT_EQ(key.kind, FUTEX_SPACE);
    EXPECT_EQ(futex_find_private(space, 0x100000, &keys[0]), 0);
    EXPECT(!futex_key_is(&keys[0], &key));
    fixture_map(threads[0]->process->space, 0x100000, 0x101000, PROT_READ);
    EXPECT_EQ(futex_find_shared(space, 0x100000, &key), -EFAULT);
    fixture_end();
}

/* What is read from a file is one word for all; the zeroes behind its bytes are nobody's. */
TEST(futex_key_of_a_file)
{
    static const uint8_t file[100];
    const struct region region = {.start = 0x100000,
                                  .end = 0x102000,
                                  .prot = PROT_READ,
                                  .file = file,
                                  .file_len = sizeof(file)};
    struct futex_key key;
    struct futex_key other;

    begin();
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_EQ(space_map(threads[i]->process->space, &region), 0);
    }
    EXPECT_EQ(futex_find_shared(threads[0]->process->space, 0x100004, &key), 0);
    EXPECT_EQ(futex_find_shared(threads[1]->process->space, 0x100004, &other), 0);
    EXPECT_EQ(key.kind, FUTEX_FILE);
    EXPECT(futex_key_is(&key, &other));
    EXPECT_EQ(futex_find_shared(threads[0]->process->space, 0x101000, &key), -EFAULT);
    fixture_end();
}

/* Keys that share a queue are still two. */
TEST(futex_keys_on_one_queue)
{
    begin();
    while (futex_queue(&keys[1]) != futex_queue(&keys[0])) {
        keys[1].place += 4;
    }
    block(1, 1, 1);
    block(2, 0, 1);
    block(3, 0, 1);
    EXPECT_EQ(futex_requeue(&keys[0], 1, &keys[1], 1), 2);
    expect_woken(1, false);
    expect_woken(2, true);
    expect_woken(3, false);
    EXPECT_EQ(futex_wake(&keys[0], 9, 1), 0);
    EXPECT_EQ(futex_wake(&keys[1], 1, 1), 1);
    expect_woken(1, true);
    EXPECT_EQ(futex_wake(&keys[1], 1, 1), 1);
    fixture_end();
}

TEST(futex_queue_is_the_one_of_the_key)
{
    begin();
    EXPECT(list_is_empty(futex_queue(&keys[0])));
    block(1, 0, 1);
    EXPECT(futex_queue(&keys[0])->next == &threads[1]->futex.link);
    futex_leave(threads[1]);
    EXPECT(list_is_empty(futex_queue(&keys[0])));
    sched_wake(threads[1]);
    fixture_end();
}

TEST_DIES(futex_waits_twice, "futex_wait: !thread->futex.is_waiting")
{
    begin();
    block(1, 0, 1);
    futex_wait(threads[1], &keys[1], 1);
}

TEST_DIES(futex_check_finds_a_wrong_queue, "futex_check: queue_of")
{
    begin();
    block(1, 0, 1);
    while (futex_queue(&threads[1]->futex.key) == futex_queue(&keys[0])) {
        threads[1]->futex.key.place += 4;
    }
    futex_check();
}
