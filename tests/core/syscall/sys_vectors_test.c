/* readv and writev that wait: the vectors that they go on with. */
#include "abi/errno.h"
#include "abi/linux.h"
#include "base/inject.h"
#include "fs/file.h"
#include "fs/transfer.h"
#include "proc/deliver.h"
#include "proc/process.h"
#include "proc/process_check.h"
#include "proc/signal.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

#define PIPE_AT (CALLS_DATA + 64)

static struct process *init;
static uint64_t reader;
static uint64_t writer;

static void begin(void)
{
    init = calls_begin();
    EXPECT_EQ(CALL(init, pipe2, PIPE_AT, 0), 0);
    reader = (uint64_t)calls_get_int(PIPE_AT);
    writer = (uint64_t)calls_get_int(PIPE_AT + 4);
}

/* A call that waits goes on with the vectors that it has read, whatever becomes of them. */
TEST(sys_readv_goes_on_when_its_vectors_change)
{
    const struct abi_iovec vectors[] = {{CALLS_DATA + 512, 2}, {CALLS_DATA + 520, 6}};
    const struct abi_iovec none[2] = {{CALLS_NOWHERE, 0}, {CALLS_NOWHERE, 0}};
    const uaddr_t at = CALLS_DATA + PAGE_SIZE;
    char bytes[4];

    begin();
    struct thread *made = calls_thread(init->thread);
    calls_put(CALLS_DATA + 100, "abcdefgh", 8);
    for (unsigned is_gone = 0; is_gone <= 1; is_gone++) {
        calls_put(at, vectors, sizeof(vectors));
        EXPECT_EQ(CALL(init, readv, reader, at, 2), CALL_BLOCKED);
        EXPECT_EQ(transfer_kept_by_all(), 1);
        calls_put(at, none, sizeof(none));
        if (is_gone) {
            EXPECT_EQ(CALL_IN(made, munmap, at, PAGE_SIZE), 0);
        }
        process_check();
        EXPECT_EQ(CALL_IN(made, write, writer, CALLS_DATA + 100 + 4 * is_gone, 4), 4);
        EXPECT_EQ(calls_rerun(init), 4);
        EXPECT_EQ(transfer_kept_by_all(), 0);
        calls_get(CALLS_DATA + 512, bytes, 2);
        calls_get(CALLS_DATA + 520, bytes + 2, 2);
        EXPECT_MEMEQ(bytes, is_gone ? "efgh" : "abcd", 4);
    }
    fixture_end();
}

TEST(sys_writev_goes_on_when_its_vectors_are_gone)
{
    const uaddr_t at = CALLS_DATA + 20 * PAGE_SIZE;
    const uint64_t len = 20 * PAGE_SIZE;
    const struct abi_iovec vectors[] = {{CALLS_DATA, len - 5}, {CALLS_DATA + 100, 5}};
    char bytes[5];

    begin();
    struct thread *made = calls_thread(init->thread);
    calls_put(CALLS_DATA + 100, "ABCDE", 5);
    calls_put(at, vectors, sizeof(vectors));
    EXPECT_EQ(CALL(init, writev, writer, at, 2), CALL_BLOCKED);
    EXPECT_EQ(CALL_IN(made, munmap, at, PAGE_SIZE), 0);
    EXPECT_EQ(CALL_IN(made, read, reader, CALLS_DATA + PAGE_SIZE, 16 * PAGE_SIZE), 16 * PAGE_SIZE);
    EXPECT_EQ(calls_rerun(init), len);
    EXPECT_EQ(transfer_kept_by_all(), 0);
    EXPECT_EQ(CALL_IN(made, read, reader, CALLS_DATA + PAGE_SIZE, len), 4 * PAGE_SIZE);
    calls_get(CALLS_DATA + 5 * PAGE_SIZE - 5, bytes, 5);
    EXPECT_MEMEQ(bytes, "ABCDE", 5);
    fixture_end();
}

enum { MANY_VECTORS = 40 };

static int read_many(void *context)
{
    (void)context;
    return (int)CALL(init, readv, reader, CALLS_DATA + PAGE_SIZE, MANY_VECTORS);
}

static void leave_it(void *context)
{
    (void)context;
    EXPECT_EQ(transfer_kept_by_all(), 0);
}

/* A call that cannot keep them has done nothing. */
TEST(sys_readv_without_memory_for_its_vectors)
{
    struct abi_iovec vectors[MANY_VECTORS];

    begin();
    EXPECT_EQ(CALL(init, close, writer), 0); /* what is read is nothing */
    for (unsigned i = 0; i < MANY_VECTORS; i++) {
        vectors[i] = (struct abi_iovec){CALLS_DATA + 512, 1};
    }
    calls_put(CALLS_DATA + PAGE_SIZE, vectors, sizeof(vectors));
    fixture_fail_each(read_many, leave_it, NULL);
    fixture_end();
}

/* Nothing is kept of what is over at once. */
TEST(sys_writev_that_need_not_wait_needs_no_memory)
{
    const struct abi_iovec vectors[] = {{CALLS_DATA + 512, 3}, {CALLS_DATA + 516, 4}};

    begin();
    calls_put(CALLS_DATA + 512, "one two\n", 8);
    calls_put(CALLS_DATA + 256, vectors, sizeof(vectors));
    fixture_catch_output();
    inject_arm(1, true);
    EXPECT_EQ(CALL(init, writev, 1, CALLS_DATA + 256, 2), 7);
    EXPECT(!inject_has_fired());
    EXPECT_STREQ(fixture_output(), "onetwo\n");
    EXPECT_EQ(CALL(init, writev, writer, CALLS_DATA + 256, 2), -ENOMEM);
    EXPECT(inject_has_fired());
    inject_arm(0, false);
    EXPECT_EQ(transfer_kept_by_all(), 0);
    fixture_end();
}

/* One that others run in between keeps them, though it does not wait. */
TEST(sys_writev_of_much_keeps_its_vectors)
{
    const struct abi_iovec vectors[] = {{CALLS_DATA, FILE_STRETCH}, {CALLS_DATA, 1}};
    const uaddr_t at = CALLS_DATA + 20 * PAGE_SIZE;

    begin();
    calls_put(at, vectors, sizeof(vectors));
    for (uaddr_t page = CALLS_DATA; page < CALLS_DATA + FILE_STRETCH; page += PAGE_SIZE) {
        calls_put(page, "", 1); /* so that it is there */
    }
    fixture_catch_output();
    inject_arm(1, true);
    EXPECT_EQ(CALL(init, writev, 1, at, 1), FILE_STRETCH);
    EXPECT_EQ(CALL(init, writev, 1, at, 2), -ENOMEM);
    inject_arm(0, false);
    EXPECT_EQ(CALL(init, writev, 1, at, 2), FILE_STRETCH + 1);
    EXPECT_EQ(transfer_kept_by_all(), 0);
    fixture_end();
}

/* They go with who waits, */
TEST(sys_exit_group_lets_go_of_vectors)
{
    const struct abi_iovec vector = {CALLS_DATA, 2};

    begin();
    struct process *child = calls_child(CALL(init, clone, SIGCHLD));
    struct thread *made = calls_thread(child->thread);
    fixture_run_thread(child->thread);
    calls_put(CALLS_DATA + 256, &vector, sizeof(vector));
    EXPECT_EQ(CALL(child, readv, reader, CALLS_DATA + 256, 1), CALL_BLOCKED);
    EXPECT_EQ(transfer_kept_by_all(), 1);
    EXPECT_EQ(CALL_IN(made, exit_group, 0), CALL_GONE);
    EXPECT_EQ(transfer_kept_by_all(), 0);
    process_check();
    fixture_end();
}

/* and when it gives up waiting: a call that is made again reads them again. */
TEST(sys_readv_that_gives_up_lets_go_of_vectors)
{
    const struct abi_sigaction action = {.handler = 0x400000};
    const struct abi_iovec vector = {CALLS_DATA, 2};

    begin();
    struct process *child = calls_child(CALL(init, clone, SIGCHLD));
    fixture_run(child);
    calls_put(CALLS_DATA + 256, &vector, sizeof(vector));
    EXPECT_EQ(CALL(child, readv, reader, CALLS_DATA + 256, 1), CALL_BLOCKED);
    EXPECT_EQ(transfer_kept_by_all(), 1);
    child->thread->user.sp = CALLS_DATA + 8 * PAGE_SIZE;
    EXPECT_EQ(signal_set_action(child, SIGUSR1, &action), 0);
    EXPECT_EQ(CALL(init, kill, (uint64_t)child->thread->tid, SIGUSR1), 0);
    fixture_run(child);
    EXPECT(deliver_signals(child->thread));
    EXPECT_EQ(calls_rerun(child), CALL_INTERRUPTED);
    EXPECT_EQ(transfer_kept_by_all(), 0);
    process_check();
    fixture_end();
}
