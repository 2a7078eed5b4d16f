/*
 * Long work opens windows in which the machine looks for interrupts, so that a tick or a key never
 * waits for all of it.
 */
#include "abi/errno.h"
#include "abi/linux.h"
#include "mm/uaccess.h"
#include "platform/hosted/choice.h"
#include "proc/process.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

#define AT(n) ((uaddr_t)0x30000000 + (uaddr_t)(n)*PAGE_SIZE)
#define MIB2 ((uaddr_t)2 << 20)

enum { RW = PROT_READ | PROT_WRITE, MANY = 200 };

static struct process *init;
static unsigned windows;

/* In each window the machine asks whether something has arrived at the console. */
static uint32_t count_windows(unsigned kind, uint32_t bound, uint32_t answer)
{
    (void)bound;
    windows += kind == CHOOSE_CONSOLE;
    return answer;
}

static void begin(void)
{
    init = calls_begin();
}

static void watch(void)
{
    fixture_run(init);
    windows = 0;
    choice_hook = count_windows;
}

/* What was done since watch had at least so many. */
static void expect_windows(unsigned least)
{
    choice_hook = NULL;
    test_note("%u windows", windows);
    EXPECT(windows >= least);
    fixture_end();
}

/* Pages that are there, a page in each of so many tables or all in one. */
static void touch_many(uaddr_t step)
{
    for (unsigned i = 0; i < MANY; i++) {
        uaddr_t at = AT(0) + i * step;
        fixture_map(init->space, at, at + PAGE_SIZE, RW);
        EXPECT_EQ(fixture_store(at, 1), 0);
    }
}

/* Regions that do not become one. */
static void map_many_regions(uaddr_t start)
{
    for (unsigned i = 0; i < MANY; i++) {
        fixture_map(init->space, start + 2 * i * PAGE_SIZE, start + (2 * i + 1) * PAGE_SIZE, RW);
    }
}

TEST(windows_in_fork_of_many_pages)
{
    begin();
    touch_many(PAGE_SIZE);
    watch();
    EXPECT_EQ(CALL(init, clone, SIGCHLD), 2);
    expect_windows(2 * MANY / 8); /* in each of its two passes */
}

TEST(windows_in_fork_of_many_regions)
{
    begin();
    map_many_regions(AT(0));
    watch();
    EXPECT_EQ(CALL(init, clone, SIGCHLD), 2);
    expect_windows(2 * MANY);
}

TEST(windows_in_unmap_of_many_tables)
{
    begin();
    touch_many(MIB2);
    watch();
    EXPECT_EQ(CALL(init, munmap, AT(0), MANY * MIB2), 0);
    expect_windows(2 * MANY); /* tables, and regions */
}

TEST(windows_in_unmap_of_many_regions)
{
    begin();
    map_many_regions(AT(0));
    watch();
    EXPECT_EQ(CALL(init, munmap, AT(0), 2 * MANY * PAGE_SIZE), 0);
    expect_windows(MANY);
}

TEST(windows_in_unmap_of_many_pages)
{
    begin();
    touch_many(PAGE_SIZE);
    watch();
    EXPECT_EQ(CALL(init, munmap, AT(0), MANY * PAGE_SIZE), 0);
    expect_windows(MANY / 64);
}

TEST(windows_in_exit)
{
    begin();
    struct process *child = calls_child(CALL(init, clone, SIGCHLD));
    fixture_run(child);
    fixture_map(child->space, AT(0), AT(MANY), RW);
    for (unsigned i = 0; i < MANY; i++) {
        EXPECT_EQ(fixture_store(AT(i), 1), 0);
    }
    watch();
    EXPECT_EQ(CALL(child, exit, 0), CALL_GONE);
    expect_windows(MANY / 64);
}

TEST(windows_in_mprotect_of_many_pages)
{
    begin();
    touch_many(PAGE_SIZE);
    watch();
    EXPECT_EQ(CALL(init, mprotect, AT(0), MANY * PAGE_SIZE, PROT_READ), 0);
    expect_windows(MANY / 8);
}

TEST(windows_in_the_search_for_a_gap)
{
    begin();
    map_many_regions(SPACE_MMAP_TOP - 2 * MANY * PAGE_SIZE);
    watch();
    EXPECT(CALL(init, mmap, 0, 2 * PAGE_SIZE, RW, MAP_PRIVATE | MAP_ANONYMOUS, 0, 0) > 0);
    expect_windows(MANY);
}

TEST(windows_in_exec_of_long_strings)
{
    begin();
    uaddr_t path = calls_put_text(CALLS_DATA, "/bin/prog");
    for (uaddr_t at = CALLS_DATA + PAGE_SIZE; at < CALLS_DATA + 17 * PAGE_SIZE; at += 8) {
        calls_put(at, "xxxxxxxx", 8);
    }
    calls_put(CALLS_DATA + 17 * PAGE_SIZE, "", 1);
    calls_put(CALLS_DATA + 100, (uint64_t[]){CALLS_DATA + PAGE_SIZE, 0}, 16);
    watch();
    (void)CALL(init, execve, path, CALLS_DATA + 100, 0);
    expect_windows(16 * PAGE_SIZE / 64); /* to measure, and then to copy */
}

TEST(windows_in_exit_with_many_children)
{
    begin();
    struct process *parent = fixture_process(init);
    for (unsigned i = 0; i < MANY; i++) {
        struct process *child = fixture_process(parent);
        if (i % 2) {
            process_exit(child, 0);
        }
    }
    watch();
    process_exit(parent, 0);
    expect_windows(MANY);
}

TEST(windows_in_kill_of_all)
{
    begin();
    struct process *killer = fixture_process(init);
    for (unsigned i = 0; i < MANY; i++) {
        (void)fixture_process(init);
    }
    watch();
    EXPECT_EQ(CALL(killer, kill, (uint64_t)-1, SIGTERM), 0);
    expect_windows(MANY);
}

TEST(windows_in_long_reads_and_writes)
{
    begin();
    fixture_catch_output();
    watch();
    EXPECT_EQ(CALL(init, write, 1, CALLS_DATA, 8 * PAGE_SIZE), 8 * PAGE_SIZE);
    EXPECT_EQ(CALL(init, getrandom, CALLS_DATA, 16 * PAGE_SIZE, 0), 16 * PAGE_SIZE);
    expect_windows(8 * 8 + 16 * 16);
}

/* A list in a circle is as long as any. */
TEST(windows_of_a_robust_list)
{
    const struct abi_robust_list_head head = {.list = AT(0) + 64, .futex_offset = 8};

    begin();
    struct process *child = calls_fork(init);
    fixture_run(child);
    fixture_map(child->space, AT(0), AT(1), RW);
    calls_put(AT(0), &head, sizeof(head));
    calls_put(AT(0) + 64, &head.list, sizeof(head.list));
    EXPECT_EQ(CALL(child, set_robust_list, AT(0), sizeof(head)), 0);
    watch();
    calls_exit(child, 0);
    expect_windows(ROBUST_LIST_LIMIT);
}

static void make_waiters(void)
{
    EXPECT_EQ(CALL(init, mmap, AT(0), PAGE_SIZE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED,
                   (uint64_t)-1, 0),
              AT(0));
    for (unsigned i = 0; i < MANY; i++) {
        EXPECT_EQ(CALL(calls_fork(init), futex, AT(0), FUTEX_WAIT, 0, 0), CALL_BLOCKED);
    }
}

TEST(windows_of_a_wake)
{
    begin();
    make_waiters();
    watch();
    EXPECT_EQ(CALL(init, futex, AT(0), FUTEX_WAKE, INT32_MAX), MANY);
    expect_windows(MANY);
}

TEST(windows_of_a_requeue)
{
    begin();
    make_waiters();
    watch();
    EXPECT_EQ(CALL(init, futex, AT(0), FUTEX_REQUEUE, 1, INT32_MAX, AT(0) + 4), MANY);
    expect_windows(MANY);
}
