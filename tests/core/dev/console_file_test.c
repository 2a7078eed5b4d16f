/* Reading, writing and the terminal's requests are in sys_file_test.c; here is what only another
 * way of opening shows. */
#include "dev/console_file.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/string.h"
#include "fs/transfer.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

#define BUFFER_AT (CALLS_DATA + PAGE_SIZE)

TEST(console_file_that_does_not_wait)
{
    struct process *init = calls_begin();

    fixture_catch_output();
    EXPECT_EQ(CALL(init, fcntl, 0, F_SETFL, O_NONBLOCK), 0);
    EXPECT_EQ(CALL(init, read, 0, BUFFER_AT, 10), -EAGAIN);
    fixture_type("a\n");
    EXPECT_EQ(CALL(init, read, 2, BUFFER_AT, 10), 2);
    EXPECT_EQ(CALL(init, fcntl, 2, F_SETFL, 0), 0);
    EXPECT_EQ(CALL(init, read, 0, BUFFER_AT, 10), CALL_BLOCKED);
    fdtable_find(init->thread->fds, 0)->flags |= O_NONBLOCK; /* by another process */
    sched_wake(init->thread);
    EXPECT_EQ(calls_rerun(init), CALL_BLOCKED);
    fixture_end();
}

TEST(console_file_reads_into_ranges)
{
    const struct abi_iovec vectors[] = {{BUFFER_AT, 2}, {BUFFER_AT + 10, 0}, {BUFFER_AT + 4, 5}};
    char bytes[9];
    struct process *init = calls_begin();

    fixture_catch_output();
    calls_put(CALLS_DATA, vectors, sizeof(vectors));
    calls_put(BUFFER_AT, "---------", 9);
    EXPECT_EQ(CALL(init, readv, 0, CALLS_DATA, 3), CALL_BLOCKED);
    sched_wake(init->thread);
    EXPECT_EQ(calls_rerun(init), CALL_BLOCKED);
    fixture_type("hello\n");
    EXPECT_EQ(calls_rerun(init), 6);
    calls_get(BUFFER_AT, bytes, sizeof(bytes));
    EXPECT_MEMEQ(bytes, "he--llo\n-", 9);
    EXPECT_EQ(CALL(init, readv, 0, CALLS_DATA, 0), 0);
    EXPECT(console_file_ops.seek == NULL);
    fixture_end();
}

/* Others may run after as many bytes as file.h says, wherever they begin in their page. */
TEST(console_file_writes_in_stretches)
{
    enum { LEN = 2 * FILE_STRETCH + 3 };
    struct process *init = calls_begin();
    struct thread *thread = init->thread;
    struct file *file = fdtable_find(thread->fds, 1);

    fixture_catch_output();
    for (uint64_t inside = 0; inside < PAGE_SIZE; inside += 63) {
        struct transfer transfer;
        thread->call.done = 0;
        EXPECT_EQ(transfer_range(&transfer, thread, CALLS_DATA + inside, LEN), 0);
        EXPECT_EQ(console_file_ops.write(file, &transfer, NULL), CALL_AGAIN);
        EXPECT_EQ(thread->call.done, FILE_STRETCH);
        EXPECT_EQ(console_file_ops.write(file, &transfer, NULL), CALL_AGAIN);
        EXPECT_EQ(thread->call.done, 2 * FILE_STRETCH);
        EXPECT_EQ(console_file_ops.write(file, &transfer, NULL), LEN);
        (void)fixture_output(); /* which holds so much */
    }
    thread->call.done = 0;
    fixture_end();
}
