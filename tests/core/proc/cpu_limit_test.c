#include "proc/cpu_limit.h"

#include "proc/clock.h"
#include "proc/process.h"
#include "proc/process_check.h"
#include "test.h"
#include "tests/core/fixture.h"

static struct process *child;

static void begin(uint64_t now, uint64_t most)
{
    fixture_begin(300);
    child = fixture_process(fixture_process(NULL));
    child->limits[RLIMIT_CPU] = (struct abi_rlimit){now, most};
    cpu_limit_set(child);
}

/* Whether SIGXCPU comes, when so much has been used. */
static bool comes(nsec_t used)
{
    child->usage.user = used;
    bool has_come = fixture_expire(child->thread);
    EXPECT_EQ(has_come, (child->signals.pending.set & signal_bit(SIGXCPU)) != 0);
    pending_drop(&child->signals.pending, UINT64_MAX);
    return has_come;
}

TEST(cpu_limit_is_told_each_second)
{
    begin(1, 4);
    EXPECT(!comes(NSEC_PER_SEC - 1));
    EXPECT_EQ(child->limits[RLIMIT_CPU].rlim_cur, 1);
    EXPECT(comes(NSEC_PER_SEC));
    EXPECT_EQ(child->limits[RLIMIT_CPU].rlim_cur, 2);
    EXPECT(!comes(2 * NSEC_PER_SEC - 1));
    EXPECT(comes(2 * NSEC_PER_SEC));
    EXPECT_EQ(child->limits[RLIMIT_CPU].rlim_max, 4);
    process_check();
    fixture_end();
}

TEST(cpu_limit_ends_at_the_hard_one)
{
    begin(2, 2);
    child->usage.user = NSEC_PER_SEC;
    child->usage.system = NSEC_PER_SEC;
    EXPECT(fixture_expire(child->thread));
    EXPECT_EQ(child->signals.fatal, SIGKILL);
    EXPECT(!fixture_expire(child->thread));
    fixture_end();
}

TEST(cpu_limit_that_has_passed)
{
    begin(RLIM_INFINITY, RLIM_INFINITY);
    EXPECT(!comes(10 * NSEC_PER_SEC));
    child->limits[RLIMIT_CPU].rlim_cur = 2;
    cpu_limit_set(child);
    EXPECT(comes(10 * NSEC_PER_SEC + 1));
    EXPECT_EQ(child->limits[RLIMIT_CPU].rlim_cur, 3);
    EXPECT(!comes(10 * NSEC_PER_SEC + 2)); /* not so soon again */
    EXPECT(comes(10 * NSEC_PER_SEC + 200000));
    EXPECT_EQ(child->limits[RLIMIT_CPU].rlim_cur, 4);
    fixture_end();
}

TEST(cpu_limit_of_a_child)
{
    begin(2, 3);
    child->usage.user = NSEC_PER_SEC;
    child = fixture_process(child);
    EXPECT(!comes(2 * NSEC_PER_SEC - 1)); /* of its own time */
    EXPECT(comes(2 * NSEC_PER_SEC));
    process_check();
    fixture_end();
}

TEST_DIES(cpu_limit_that_nobody_watches, "timer_is_armed(timer)")
{
    begin(1, 1);
    timer_disarm(&child->cpu_limit);
    process_check();
}

TEST(cpu_limit_of_a_zombie)
{
    begin(1, 1);
    EXPECT(timer_is_armed(&child->cpu_limit));
    process_exit(child, 0);
    EXPECT(!timer_is_armed(&child->cpu_limit));
    cpu_limit_set(child);
    EXPECT(!timer_is_armed(&child->cpu_limit));
    fixture_end();
}
