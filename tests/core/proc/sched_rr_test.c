/* How turns are taken is tested in sched_test.c; here the policy by itself. */
#include "proc/sched_rr.h"

#include "proc/process.h"
#include "proc/sched.h"
#include "test.h"
#include "tests/core/fixture.h"

TEST(sched_rr_walks_in_the_order_of_turns)
{
    fixture_begin(FIXTURE_FRAMES_MAX);
    EXPECT_EQ(sched_select("rr"), 0);
    EXPECT(sched_rr.next(NULL) == NULL);
    struct process *init = fixture_process(NULL);
    struct process *child = fixture_process(init);
    sched_set_nice(child->thread, -20); /* which counts for nothing */
    EXPECT(sched_rr.next(NULL) == init->thread);
    EXPECT(sched_rr.next(init->thread) == child->thread);
    EXPECT(sched_rr.next(child->thread) == NULL);
    EXPECT(sched_choose() == init->thread);
    fixture_end();
}

TEST(sched_policy_that_is_none)
{
    fixture_begin(FIXTURE_FRAMES_MAX);
    EXPECT_EQ(sched_select(""), -22);
    EXPECT_EQ(sched_select("fifo"), -22);
    fixture_end();
}
