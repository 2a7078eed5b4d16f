#include "syscall/describe_futex.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "proc/process.h"
#include "syscall/describe.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

enum { TEXT_MAX = 256 };

static char bytes[TEXT_MAX + 1];

/* All of the call but what is told when it has ended: nothing, since it writes nothing. */
static const char *told(const struct process *process, const uint64_t *args)
{
    struct text text = {bytes, TEXT_MAX, 0};
    const struct described described = {
        .call = syscall_find(NR_futex), .number = NR_futex, .args = args};

    describe_begin(&text, &described, process->space);
    bytes[text.len] = '\0';
    return bytes;
}

#define TOLD(...) told(init, (const uint64_t[SYSCALL_ARGS_MAX]){CALLS_DATA, __VA_ARGS__})

/* The cases, from the sources of strace. */
TEST(describe_futex_operations)
{
    const struct abi_timespec time = {1, 5};
    struct process *init = calls_begin();

    calls_put(CALLS_DATA, &time, sizeof(time));
    EXPECT_STREQ(TOLD(FUTEX_WAIT, 3, 0, 1, 2), "futex(0x20000000, FUTEX_WAIT, 3, NULL");
    EXPECT_STREQ(TOLD(FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0xffffffff, CALLS_DATA),
                 "futex(0x20000000, FUTEX_WAIT_PRIVATE, 4294967295, {tv_sec=1, tv_nsec=5}");
    EXPECT_STREQ(TOLD(FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, 9, 9, 9),
                 "futex(0x20000000, FUTEX_WAKE_PRIVATE, 1");
    EXPECT_STREQ(TOLD(FUTEX_FD, 1, 9), "futex(0x20000000, FUTEX_FD, 1");
    EXPECT_STREQ(TOLD(FUTEX_REQUEUE, 1, 2, 0x1000, 9),
                 "futex(0x20000000, FUTEX_REQUEUE, 1, 2, 0x1000");
    EXPECT_STREQ(TOLD(FUTEX_CMP_REQUEUE | FUTEX_PRIVATE_FLAG, 1, INT32_MAX, 0x1000, 9),
                 "futex(0x20000000, FUTEX_CMP_REQUEUE_PRIVATE, 1, 2147483647, 0x1000, 9");
    EXPECT_STREQ(TOLD(FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 1, 0, 9, 0xffffffff),
                 "futex(0x20000000, FUTEX_WAIT_BITSET|FUTEX_CLOCK_REALTIME, 1, NULL, "
                 "FUTEX_BITSET_MATCH_ANY");
    EXPECT_STREQ(TOLD(FUTEX_WAKE_BITSET, 1, 9, 9, 6),
                 "futex(0x20000000, FUTEX_WAKE_BITSET, 1, 0x6");
    EXPECT_STREQ(TOLD(FUTEX_LOCK_PI, 9, 0), "futex(0x20000000, FUTEX_LOCK_PI, NULL");
    EXPECT_STREQ(TOLD(FUTEX_UNLOCK_PI, 9, 9), "futex(0x20000000, FUTEX_UNLOCK_PI");
    EXPECT_STREQ(TOLD(FUTEX_TRYLOCK_PI, 9, 9), "futex(0x20000000, FUTEX_TRYLOCK_PI");
    EXPECT_STREQ(TOLD(FUTEX_WAIT_REQUEUE_PI, 1, 0, 0x1000),
                 "futex(0x20000000, FUTEX_WAIT_REQUEUE_PI, 1, NULL, 0x1000");
    EXPECT_STREQ(TOLD(99, 1, 2, 3, 4), "futex(0x20000000, 0x63 /* FUTEX_??? */, 1, 0x2, 0x3, 0x4");
    EXPECT_STREQ(TOLD((uint32_t)-1, 1, 2, 3, 4),
                 "futex(0x20000000, 0xffffffffffffffff /* FUTEX_??? */, 1, 0x2, 0x3, 0x4");
    fixture_end();
}

TEST(describe_futex_wake_op)
{
    struct process *init = calls_begin();

    EXPECT_STREQ(TOLD(FUTEX_WAKE_OP, 1, 2, 0x1000, FUTEX_OP_CMP_GT << 24 | 1),
                 "futex(0x20000000, FUTEX_WAKE_OP, 1, 2, 0x1000, "
                 "FUTEX_OP_SET<<28|0<<12|FUTEX_OP_CMP_GT<<24|0x1");
    EXPECT_STREQ(TOLD(FUTEX_WAKE_OP, 1, 2, 0x1000, FUTEX_OP_XOR << 28 | 7 << 12),
                 "futex(0x20000000, FUTEX_WAKE_OP, 1, 2, 0x1000, "
                 "FUTEX_OP_XOR<<28|0x7<<12|FUTEX_OP_CMP_EQ<<24|0");
    EXPECT_STREQ(TOLD(FUTEX_WAKE_OP, 1, 2, 0x1000, 0xd9ffffff),
                 "futex(0x20000000, FUTEX_WAKE_OP, 1, 2, 0x1000, FUTEX_OP_OPARG_SHIFT<<28|"
                 "0x5<<28 /* FUTEX_OP_??? */|0xfff<<12|0x9<<24 /* FUTEX_OP_CMP_??? */|0xfff");
    fixture_end();
}

TEST(describe_robust_list)
{
    const uint64_t told[2] = {0x5000, 24};
    const uint64_t args[SYSCALL_ARGS_MAX] = {0, CALLS_DATA, CALLS_DATA + 8};
    const struct process *init = calls_begin();
    struct text text = {bytes, TEXT_MAX, 0};
    const struct described described = {
        .call = syscall_find(NR_get_robust_list), .number = NR_get_robust_list, .args = args};

    calls_put(CALLS_DATA, told, sizeof(told));
    describe_begin(&text, &described, init->space);
    describe_end(&text, &described, init->space, 0);
    bytes[text.len] = '\0';
    EXPECT_STREQ(bytes, "get_robust_list(0, [0x5000], [24])      = 0");
    fixture_end();
}
