/* Making, replacing and ending processes. */
#include "abi/eft.h"
#include "abi/errno.h"
#include "abi/linux.h"
#include "base/cpu.h"
#include "base/inject.h"
#include "base/string.h"
#include "mm/pt.h"
#include "mm/uaccess.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/elf_builder.h"
#include "tests/core/fixture.h"

#define READ_ONLY (CALLS_DATA_END + PAGE_SIZE) /* a page that may not be written */

enum { FORK = SIGCHLD, IMAGE_PAGES = 3 };

static struct process *init;

static void begin(void)
{
    init = calls_begin();
    fixture_map(init->space, READ_ONLY, READ_ONLY + PAGE_SIZE, PROT_READ);
}

/* ---- what a C library does at its start ---- */

TEST(sys_set_tid_address_is_kept)
{
    begin();
    EXPECT_EQ(CALL(init, set_tid_address, 0x1234), 1);
    EXPECT_EQ(init->thread->clear_tid, 0x1234);
    fixture_end();
}

TEST(sys_set_robust_list_looks_at_the_length)
{
    begin();
    EXPECT_EQ(CALL(init, set_robust_list, CALLS_NOWHERE, 24), 0);
    EXPECT_EQ(CALL(init, set_robust_list, CALLS_NOWHERE, 23), -EINVAL);
    fixture_end();
}

/* ---- exit ---- */

TEST(sys_exit_leaves_the_low_eight_bits)
{
    begin();
    struct process *child = calls_fork(init);
    EXPECT_EQ(CALL(child, exit, 0x123), CALL_GONE);
    EXPECT_EQ(child->wait_status, 0x2300);
    child = calls_fork(init);
    EXPECT_EQ(CALL(child, exit_group, (uint64_t)-1), CALL_GONE);
    EXPECT_EQ(child->wait_status, 0xff00);
    fixture_end();
}
