#include "fs/transfer.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/inject.h"
#include "base/string.h"
#include "proc/process.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

#define BUFFER_AT (CALLS_DATA + 8 * PAGE_SIZE)

static struct process *init;
static struct transfer transfer;

static void begin(void)
{
    init = calls_begin();
}

static int set_vectors(unsigned count, const struct abi_iovec *vectors)
{
    calls_put(CALLS_DATA, vectors, count * sizeof(*vectors));
    int error = transfer_vectors(&transfer, init->thread, CALLS_DATA, count);
    return error ? error : transfer_keep(init->thread, count);
}

static void end(void)
{
    init->thread->call.done = 0;
    transfer_forget(init->thread);
    fixture_end();
}

TEST(transfer_range_ends_with_user_memory)
{
    begin();
    EXPECT_EQ(transfer_range(&transfer, init->thread, BUFFER_AT, 10), 0);
    EXPECT_EQ(transfer_left(&transfer), 10);
    EXPECT_EQ(transfer_range(&transfer, init->thread, BUFFER_AT, USER_END - BUFFER_AT), 0);
    EXPECT_EQ(transfer_left(&transfer), TRANSFER_MAX);
    EXPECT_EQ(transfer_range(&transfer, init->thread, USER_END, 0), 0);
    EXPECT_EQ(transfer_range(&transfer, init->thread, BUFFER_AT, USER_END), -EFAULT);
    EXPECT_EQ(transfer_range(&transfer, init->thread, BUFFER_AT, UINT64_MAX), -EFAULT);
    EXPECT_EQ(transfer_range(&transfer, init->thread, USER_END + 1, 0), -EFAULT);
    end();
}

TEST(transfer_vectors_that_make_no_sense)
{
    const struct abi_iovec huge[] = {{BUFFER_AT, 1}, {BUFFER_AT, (uint64_t)INT64_MAX + 1}};
    const struct abi_iovec beyond[] = {{BUFFER_AT, 1}, {USER_END - 1, 2}};
    const struct abi_iovec long_ones[] = {{BUFFER_AT, (uint64_t)3 << 30}, {BUFFER_AT, 3 << 20}};

    begin();
    EXPECT_EQ(set_vectors(2, huge), -EINVAL);
    EXPECT_EQ(set_vectors(2, beyond), -EFAULT);
    EXPECT_EQ(transfer_vectors(&transfer, init->thread, CALLS_NOWHERE, 1), -EFAULT);
    EXPECT_EQ(transfer_vectors(&transfer, init->thread, CALLS_NOWHERE, 0), 0);
    EXPECT_EQ(transfer_vectors(&transfer, init->thread, CALLS_DATA, 1025), -EINVAL);
    EXPECT_EQ(set_vectors(2, long_ones), 0);
    EXPECT_EQ(transfer_left(&transfer), TRANSFER_MAX);
    end();
}

TEST(transfer_goes_through_ranges)
{
    char bytes[8] = {0};
    const struct abi_iovec vectors[] = {
        {CALLS_NOWHERE, 0}, {BUFFER_AT, 3}, {CALLS_NOWHERE, 0}, {BUFFER_AT + 10, 4}};

    begin();
    calls_put(BUFFER_AT, "abc-------defg", 14);
    EXPECT_EQ(set_vectors(4, vectors), 0);
    EXPECT_EQ(transfer_left(&transfer), 7);
    EXPECT_EQ(transfer_piece(&transfer), 3);
    EXPECT_EQ(transfer_from_user(&transfer, bytes, 7), 0);
    EXPECT_MEMEQ(bytes, "abcdefg", 7);
    transfer_advance(&transfer, 4);
    EXPECT_EQ(transfer_piece(&transfer), 3);
    EXPECT_EQ(transfer_to_user(&transfer, "xyz", 3), 0);
    transfer_advance(&transfer, 3);
    EXPECT_EQ(transfer_left(&transfer), 0);
    EXPECT_EQ(transfer_result(&transfer, -EFAULT), 7);
    calls_get(BUFFER_AT + 10, bytes, 4);
    EXPECT_MEMEQ(bytes, "dxyz", 4);
    end();
}

TEST(transfer_piece_ends_with_a_page)
{
    begin();
    EXPECT_EQ(transfer_range(&transfer, init->thread, BUFFER_AT + PAGE_SIZE - 5, 100), 0);
    EXPECT_EQ(transfer_piece(&transfer), 5);
    transfer_advance(&transfer, 5);
    EXPECT_EQ(transfer_piece(&transfer), 95);
    end();
}

TEST(transfer_goes_on_in_a_rerun)
{
    const struct abi_iovec vectors[] = {{BUFFER_AT, 3}, {BUFFER_AT + 10, 4}};
    const struct abi_iovec others[] = {{BUFFER_AT + 20, 1}, {CALLS_NOWHERE, 1}};
    char bytes[2];

    begin();
    EXPECT_EQ(set_vectors(2, vectors), 0);
    transfer_advance(&transfer, 5);
    EXPECT_EQ(set_vectors(2, others), 0); /* which its call has not read */
    EXPECT_EQ(transfer_left(&transfer), 2);
    EXPECT_EQ(transfer_to_user(&transfer, "ab", 2), 0);
    calls_get(BUFFER_AT + 12, bytes, 2);
    EXPECT_MEMEQ(bytes, "ab", 2);
    EXPECT_EQ(transfer_vectors(&transfer, init->thread, CALLS_NOWHERE, 2), 0);
    EXPECT_EQ(transfer_left(&transfer), 2);
    end();
}

/* As many as there may be, in objects of a few. */
TEST(transfer_keeps_all_vectors)
{
    enum { COUNT = 1024 };
    struct abi_iovec vectors[COUNT];
    char bytes[2];

    begin();
    for (unsigned i = 0; i < COUNT; i++) {
        vectors[i] = (struct abi_iovec){BUFFER_AT + COUNT - 1 - i, 1};
    }
    EXPECT_EQ(set_vectors(COUNT, vectors), 0);
    EXPECT_EQ(transfer_vectors(&transfer, init->thread, CALLS_NOWHERE, COUNT), 0);
    EXPECT_EQ(transfer_left(&transfer), COUNT);
    EXPECT_EQ(transfer_kept(init->thread), transfer_kept_by_all());
    for (unsigned i = 0; i < COUNT; i++) {
        EXPECT_EQ(transfer_peek(init->thread, i)->iov_base, vectors[i].iov_base);
    }
    EXPECT(!transfer_peek(init->thread, COUNT));
    transfer_advance(&transfer, COUNT - 2);
    EXPECT_EQ(transfer_to_user(&transfer, "ab", 2), 0);
    calls_get(BUFFER_AT, bytes, 2);
    EXPECT_MEMEQ(bytes, "ba", 2);
    transfer_forget(init->thread);
    EXPECT_EQ(transfer_kept_by_all(), 0);
    end();
}

/* All of a copy or nothing of it. */
TEST(transfer_to_user_that_fails_has_written_nothing)
{
    char bytes[4];
    const struct abi_iovec vectors[] = {{BUFFER_AT, 3}, {CALLS_DATA_END - 2, 4}};
    const struct abi_iovec untouched[] = {{BUFFER_AT, 3}, {BUFFER_AT + PAGE_SIZE, 4}};

    begin();
    calls_put(BUFFER_AT, "old", 4);
    EXPECT_EQ(set_vectors(2, vectors), 0);
    EXPECT_EQ(transfer_to_user(&transfer, "abcdefg", 7), -EFAULT);
    EXPECT_EQ(transfer_to_user(&transfer, "abcdefg", 6), -EFAULT);
    transfer_forget(init->thread);
    EXPECT_EQ(set_vectors(2, untouched), 0);
    inject_arm(1, true);
    EXPECT_EQ(transfer_to_user(&transfer, "abcdefg", 7), -ENOMEM);
    inject_arm(0, false);
    calls_get(BUFFER_AT, bytes, 4);
    EXPECT_STREQ(bytes, "old");
    EXPECT_EQ(transfer_result(&transfer, -EFAULT), -EFAULT);
    EXPECT_EQ(transfer_to_user(&transfer, "abcdefg", 7), 0);
    end();
}
