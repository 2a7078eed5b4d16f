/* Entering user mode, FP ownership, and copies to and from user memory. */
#include "user.h"

#include <string.h>

#include "rig.h"

#define VA ((uaddr_t)0x40201000)
#define END ((uaddr_t)1 << PLAT_USER_BITS)

static paddr_t root, page, next;

/* Two pages in a row, and the last page of the space. */
static void start(void)
{
    rig_start(VTLB_ADVERSARIAL);
    root = rig_table();
    page = rig_page();
    rig_page(); /* so that the two are not neighbours in RAM */
    next = rig_page();
    rig_map(root, VA, page | RIG_RW);
    rig_map(root, VA + PLAT_PAGE_SIZE, next | RIG_RO);
    rig_map(root, END - PLAT_PAGE_SIZE, next | RIG_RO);
    plat_space_use(root, 1);
}

/* As on hardware, where the first fetch faults; a script fetches nothing. */
TEST(run_without_a_space)
{
    rig_start(VTLB_ADVERSARIAL);
    rig_enter();
}

TEST_DIES(run_with_wrong_pstate, "REPORT user.pstate")
{
    struct plat_user user = {.pc = SCRIPT_PC(RIG_PROGRAM, 0), .pstate = 0x80000005};
    struct plat_trap trap;

    start();
    plat_user_run(&user, &trap);
}

TEST(run_with_flags)
{
    struct plat_user user = {.pc = SCRIPT_PC(RIG_PROGRAM, 0), .pstate = 0xf0000000};
    struct plat_trap trap;

    start();
    plat_user_run(&user, &trap);
    EXPECT_EQ(user.pstate, 0xf0000000);
}

TEST_DIES(sync_of_fp_not_owned, "REPORT fp.not-owned")
{
    struct plat_fp fp;

    start();
    plat_fp_sync(&fp);
}

TEST(read_across_pages)
{
    uint8_t bytes[16];
    struct plat_fault fault;

    start();
    memset(plat_phys_ptr(page + 4088, 8), 1, 8);
    memset(plat_phys_ptr(next, 8), 2, 8);
    EXPECT_EQ(plat_user_read(bytes, VA + 4088, 16, &fault), 16);
    EXPECT_EQ(bytes[7], 1);
    EXPECT_EQ(bytes[8], 2);
    EXPECT_EQ(bytes[15], 2);
}

TEST(read_up_to_a_hole)
{
    static uint8_t bytes[3 * PLAT_PAGE_SIZE];
    struct plat_fault fault;

    start();
    EXPECT_EQ(plat_user_read(bytes, VA + 1, sizeof(bytes), &fault), 2 * PLAT_PAGE_SIZE - 1);
    EXPECT_EQ(fault.addr, VA + 2 * PLAT_PAGE_SIZE);
    EXPECT_EQ(fault.access, PLAT_READ);
    EXPECT_EQ(fault.kind, PLAT_FAULT_TRANSLATION);
}

TEST(write_up_to_what_may_not_be_written)
{
    uint8_t bytes[16];
    struct plat_fault fault;

    start();
    memset(bytes, 5, sizeof(bytes));
    EXPECT_EQ(plat_user_write(VA + 4088, bytes, 16, &fault), 8);
    EXPECT_EQ(fault.addr, VA + 4096);
    EXPECT_EQ(fault.access, PLAT_WRITE);
    EXPECT_EQ(fault.kind, PLAT_FAULT_PERMISSION);
    EXPECT_EQ(*(uint8_t *)plat_phys_ptr(page + 4095, 1), 5);
    EXPECT_EQ(*(uint8_t *)plat_phys_ptr(next, 1), 0);
}

TEST(nothing_is_copied)
{
    uint8_t byte;
    struct plat_fault fault;

    start();
    EXPECT_EQ(plat_user_read(&byte, 0, 0, &fault), 0);
    EXPECT_EQ(plat_user_write(END, &byte, 0, &fault), 0);
}

TEST(read_to_the_end)
{
    uint8_t bytes[8];
    struct plat_fault fault;

    start();
    EXPECT_EQ(plat_user_read(bytes, END - 8, 8, &fault), 8);
}

TEST_DIES(read_past_the_end, "REPORT user.range")
{
    uint8_t bytes[8];
    struct plat_fault fault;

    start();
    plat_user_read(bytes, END - 7, 8, &fault);
}

TEST_DIES(write_that_wraps, "REPORT user.range")
{
    struct plat_fault fault;

    start();
    plat_user_write(VA, "", SIZE_MAX, &fault);
}

TEST(read_without_a_space)
{
    uint8_t byte;
    struct plat_fault fault;

    start();
    plat_space_use(0, 0);
    EXPECT_EQ(plat_user_read(&byte, VA, 1, &fault), 0);
    EXPECT_EQ(fault.kind, PLAT_FAULT_TRANSLATION);
    EXPECT_EQ(fault.level, 0);
}

TEST(cas)
{
    struct plat_fault fault;
    uint32_t seen = 99;

    start();
    EXPECT_EQ(plat_user_cas32(VA + 4, 0, 7, &seen, &fault), PLAT_CAS_DONE);
    EXPECT_EQ(seen, 0);
    EXPECT_EQ(plat_user_cas32(VA + 4, 0, 8, &seen, &fault), PLAT_CAS_DIFFERS);
    EXPECT_EQ(seen, 7);
    EXPECT_EQ(*(uint32_t *)plat_phys_ptr(page + 4, 4), 7);
    EXPECT_EQ(plat_user_cas32(VA + 4096, 0, 8, &seen, &fault), PLAT_CAS_FAULT);
    EXPECT_EQ(seen, 7); /* untouched */
    EXPECT_EQ(fault.kind, PLAT_FAULT_PERMISSION);
    EXPECT_EQ(fault.access, PLAT_WRITE);
}

TEST_DIES(cas_off_a_word, "REPORT user.range")
{
    struct plat_fault fault;
    uint32_t seen;

    start();
    plat_user_cas32(VA + 2, 0, 7, &seen, &fault);
}
