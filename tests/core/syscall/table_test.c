#include "syscall/table.h"

#include "base/string.h"
#include "test.h"
#include "tests/core/calls.h"

TEST(table_is_in_the_order_of_numbers)
{
    const struct syscall *all;
    size_t count = syscall_all(&all);

    EXPECT(count > 30);
    for (size_t i = 0; i < count; i++) {
        EXPECT(i == 0 || all[i - 1].number < all[i].number);
        EXPECT(all[i].handler != NULL);
        EXPECT(all[i].arg_count <= SYSCALL_ARGS_MAX);
        EXPECT(syscall_find(all[i].number) == &all[i]);
    }
}

TEST(table_says_what_each_call_takes)
{
    const struct syscall *call = syscall_find(NR_write);

    EXPECT_STREQ(call->name, "write");
    EXPECT_EQ(call->number, 64);
    EXPECT_EQ(call->arg_count, 3);
    EXPECT_EQ(call->kinds[0], KIND_FD);
    EXPECT_EQ(call->kinds[1], KIND_IN_BYTES);
    EXPECT_EQ(call->kinds[2], KIND_SIZE);
    EXPECT_EQ(call->on_failure, ON_FAILURE_NOTHING);
    EXPECT_EQ(syscall_find(NR_mprotect)->on_failure, ON_FAILURE_PREFIX);
    EXPECT_EQ(syscall_find(NR_getpid)->arg_count, 0);
    EXPECT_EQ(syscall_find(NR_mmap)->arg_count, 6);
}

TEST(table_has_no_other_calls)
{
    static const uint64_t numbers[] = {
        0, 28, 30, 92, 244, 4095, 4097, UINT64_MAX, (uint64_t)1 << 32 | 64};

    for (unsigned i = 0; i < ARRAY_LEN(numbers); i++) {
        EXPECT(syscall_find(numbers[i]) == NULL);
    }
}

/* Of an int only half of the register counts. */
TEST(table_arguments_have_types)
{
    EXPECT_EQ(syscall_argument(0x1ffffffff, KIND_PID), UINT64_MAX);
    EXPECT_EQ(syscall_argument(0x1ffffffff, KIND_MODE), 0xffffffff);
    EXPECT_EQ(syscall_argument(0x1ffffffff, KIND_SIZE), 0x1ffffffff);
    EXPECT(syscall_kind_is_output(KIND_OUT_BYTES));
    EXPECT(!syscall_kind_is_output(KIND_IN_BYTES));
}
