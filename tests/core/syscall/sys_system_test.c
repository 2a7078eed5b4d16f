/* uname, getrandom, prlimit64. */
#include "abi/errno.h"
#include "abi/linux.h"
#include "base/entropy.h"
#include "base/string.h"
#include "mm/frame.h"
#include "mm/limit.h"
#include "proc/clock.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

#define BUFFER_AT (CALLS_DATA + PAGE_SIZE)

static struct process *init;

static void begin(void)
{
    init = calls_begin();
}

/* ---- names ---- */

TEST(sys_uname)
{
    struct abi_utsname name;

    begin();
    EXPECT_EQ(CALL(init, uname, BUFFER_AT), 0);
    calls_get(BUFFER_AT, &name, sizeof(name));
    EXPECT_STREQ(name.sysname, "Eft");
    EXPECT_STREQ(name.machine, "aarch64");
    EXPECT_EQ(CALL(init, uname, CALLS_NOWHERE), -EFAULT);
    fixture_end();
}

/* ---- random bytes ---- */

TEST(sys_getrandom_fills_a_buffer)
{
    uint8_t first[1000];
    uint8_t second[1000];

    begin();
    EXPECT_EQ(CALL(init, getrandom, BUFFER_AT, sizeof(first), 0), sizeof(first));
    calls_get(BUFFER_AT, first, sizeof(first));
    EXPECT_EQ(CALL(init, getrandom, BUFFER_AT, sizeof(second), 1), sizeof(second));
    calls_get(BUFFER_AT, second, sizeof(second));
    EXPECT(memcmp(first, second, sizeof(first)) != 0);
    entropy_init(true, 1); /* as the fixture did */
    EXPECT_EQ(CALL(init, getrandom, BUFFER_AT, sizeof(second), 0), sizeof(second));
    calls_get(BUFFER_AT, second, sizeof(second));
    EXPECT_MEMEQ(first, second, sizeof(first));
    fixture_end();
}

TEST(sys_getrandom_as_far_as_memory_goes)
{
    begin();
    EXPECT_EQ(CALL(init, getrandom, CALLS_DATA_END - 600, 1000, 0), 512);
    EXPECT_EQ(CALL(init, getrandom, CALLS_DATA_END - 10, 1000, 0), -EFAULT);
    EXPECT_EQ(CALL(init, getrandom, CALLS_NOWHERE, 0, 0), 0);
    EXPECT_EQ(CALL(init, getrandom, CALLS_NOWHERE, 1, 0), -EFAULT);
    fixture_end();
}

TEST(sys_getrandom_flags)
{
    begin();
    EXPECT_EQ(CALL(init, getrandom, BUFFER_AT, 1, 2), 1);
    EXPECT_EQ(CALL(init, getrandom, BUFFER_AT, 1, 4), 1);
    EXPECT_EQ(CALL(init, getrandom, BUFFER_AT, 1, 6), -EINVAL);
    EXPECT_EQ(CALL(init, getrandom, BUFFER_AT, 1, 8), -EINVAL);
    fixture_end();
}

/* ---- limits ---- */

TEST(sys_prlimit64_tells_limits)
{
    struct abi_rlimit limit;

    begin();
    EXPECT_EQ(CALL(init, prlimit64, 0, RLIMIT_STACK, 0, BUFFER_AT), 0);
    calls_get(BUFFER_AT, &limit, sizeof(limit));
    EXPECT_EQ(limit.rlim_cur, LIMIT_STACK_USUAL);
    EXPECT_EQ(CALL(init, prlimit64, 1, 0, 0, BUFFER_AT), 0);
    calls_get(BUFFER_AT, &limit, sizeof(limit));
    EXPECT_EQ(limit.rlim_max, RLIM_INFINITY);
    EXPECT_EQ(CALL(init, prlimit64, 0, 0, 0, 0), 0);
    fixture_end();
}

TEST(sys_prlimit64_that_fails)
{
    begin();
    EXPECT_EQ(CALL(init, prlimit64, 999, 0, 0, BUFFER_AT), -ESRCH);
    EXPECT_EQ(CALL(init, prlimit64, 0, RLIMIT_NLIMITS, 0, BUFFER_AT), -EINVAL);
    EXPECT_EQ(CALL(init, prlimit64, 0, (uint64_t)-1, 0, BUFFER_AT), -EINVAL);
    EXPECT_EQ(CALL(init, prlimit64, 0, 0, CALLS_NOWHERE, 0), -EFAULT);
    EXPECT_EQ(CALL(init, prlimit64, 0, 0, 0, CALLS_NOWHERE), -EFAULT);
    fixture_end();
}

static int64_t set_limit(struct process *process, unsigned resource, uint64_t soft, uint64_t hard)
{
    const struct abi_rlimit limit = {soft, hard};

    calls_put(BUFFER_AT, &limit, sizeof(limit));
    return CALL(process, prlimit64, 0, resource, BUFFER_AT, BUFFER_AT + sizeof(limit));
}

TEST(sys_prlimit64_sets_what_a_child_inherits)
{
    struct abi_rlimit old;

    begin();
    EXPECT_EQ(set_limit(init, RLIMIT_AS, 5, 6), 0);
    calls_get(BUFFER_AT + sizeof(old), &old, sizeof(old));
    EXPECT_EQ(old.rlim_cur, RLIM_INFINITY);
    struct process *child = calls_child(CALL(init, clone, SIGCHLD));
    EXPECT_EQ(child->limits[RLIMIT_AS].rlim_cur, 5);
    EXPECT_EQ(child->limits[RLIMIT_AS].rlim_max, 6);
    EXPECT_EQ(set_limit(init, RLIMIT_AS, 7, 6), -EINVAL);
    EXPECT_EQ(set_limit(init, RLIMIT_NOFILE, 7, FDTABLE_MAX + 1), -EPERM);
    EXPECT_EQ(init->limits[RLIMIT_AS].rlim_cur, 5);
    fixture_end();
}

/* So that who queues signals is refused before memory is short. */
TEST(sys_prlimit64_of_signals_follows_memory)
{
    begin();
    EXPECT(init->limits[RLIMIT_SIGPENDING].rlim_cur >= 10);
    EXPECT(init->limits[RLIMIT_SIGPENDING].rlim_cur <= 10 + frame_total_count() / 64);
    fixture_end();
}

TEST(sys_sysinfo_counts_memory_and_processes)
{
    struct abi_sysinfo info;

    begin();
    EXPECT_EQ(CALL(init, sysinfo, BUFFER_AT), 0);
    calls_get(BUFFER_AT, &info, sizeof(info));
    EXPECT_EQ(info.totalram, frame_total_count() * PAGE_SIZE);
    EXPECT(info.freeram >= frame_free_count() * PAGE_SIZE); /* the answer itself took frames */
    EXPECT(info.freeram < info.totalram);
    EXPECT_EQ(info.mem_unit, 1);
    EXPECT_EQ(info.procs, 1);
    EXPECT_EQ(info.pad1[0] | info.pad1[1] | info.pad1[2], 0);
    EXPECT_EQ(info.pad2, 0);
    (void)CALL(init, clone, SIGCHLD);
    EXPECT_EQ(CALL(init, sysinfo, BUFFER_AT), 0);
    calls_get(BUFFER_AT, &info, sizeof(info));
    EXPECT_EQ(info.procs, 2);
    EXPECT_EQ(CALL(init, sysinfo, CALLS_NOWHERE), -EFAULT);
    fixture_end();
}
