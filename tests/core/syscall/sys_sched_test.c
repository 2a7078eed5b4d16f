/* sched_yield, getpriority, setpriority. */
#include "abi/errno.h"
#include "abi/linux.h"
#include "base/cpu.h"
#include "proc/process.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

static struct process *init;

static struct process *fork_from(struct process *parent)
{
    return calls_child(CALL(parent, clone, SIGCHLD));
}

TEST(sys_sched_yield_ends_the_slice)
{
    init = calls_begin();
    EXPECT_EQ(CALL(init, sched_yield), 0);
    EXPECT(cpu_this()->needs_resched);
    fixture_end();
}

TEST(sys_setpriority_of_a_process_and_its_children)
{
    init = calls_begin();
    EXPECT_EQ(CALL(init, getpriority, PRIO_PROCESS, 0), 20);
    EXPECT_EQ(CALL(init, setpriority, PRIO_PROCESS, 0, 5), 0);
    EXPECT_EQ(CALL(init, getpriority, PRIO_PROCESS, 1), 15);
    struct process *child = fork_from(init);
    EXPECT_EQ(child->thread->nice, 5);
    EXPECT_EQ(CALL(init, setpriority, PRIO_PROCESS, 2, (uint64_t)-100), 0);
    EXPECT_EQ(child->thread->nice, NICE_MIN);
    EXPECT_EQ(CALL(init, getpriority, PRIO_PROCESS, 2), 40);
    EXPECT_EQ(CALL(init, setpriority, PRIO_PROCESS, 2, 100), 0);
    EXPECT_EQ(CALL(init, getpriority, PRIO_PROCESS, 2), 1);
    EXPECT_EQ(init->thread->nice, 5);
    fixture_end();
}

TEST(sys_setpriority_of_groups_and_all)
{
    init = calls_begin();
    struct process *leader = fork_from(init);
    EXPECT_EQ(CALL(leader, setpgid, 0, 0), 0);
    struct process *member = fork_from(leader);
    EXPECT_EQ(CALL(init, setpriority, PRIO_PGRP, 2, 3), 0);
    EXPECT_EQ(leader->thread->nice, 3);
    EXPECT_EQ(member->thread->nice, 3);
    EXPECT_EQ(CALL(member, setpriority, PRIO_PROCESS, 0, (uint64_t)-3), 0);
    EXPECT_EQ(CALL(init, getpriority, PRIO_PGRP, 2), 23); /* the most urgent one's */
    EXPECT_EQ(CALL(init, getpriority, PRIO_PGRP, 0), 20);
    EXPECT_EQ(CALL(init, setpriority, PRIO_USER, 0, 7), 0);
    EXPECT_EQ(CALL(init, getpriority, PRIO_USER, 0), 13);
    EXPECT_EQ(member->thread->nice, 7);
    fixture_end();
}

TEST(sys_setpriority_of_a_zombie)
{
    init = calls_begin();
    struct process *child = fork_from(init);
    EXPECT_EQ(CALL(child, setpriority, PRIO_PROCESS, 0, 4), 0);
    CALL(child, exit_group, 0);
    EXPECT_EQ(CALL(init, getpriority, PRIO_PROCESS, 2), 16);
    EXPECT_EQ(CALL(init, setpriority, PRIO_PROCESS, 2, (uint64_t)-6), 0);
    EXPECT_EQ(CALL(init, getpriority, PRIO_PROCESS, 2), 26);
    EXPECT_EQ(CALL(init, getpriority, PRIO_USER, 0), 26);
    fixture_end();
}

TEST(sys_setpriority_of_nobody)
{
    init = calls_begin();
    EXPECT_EQ(CALL(init, getpriority, 3, 0), -EINVAL);
    EXPECT_EQ(CALL(init, setpriority, (uint64_t)-1, 0, 0), -EINVAL);
    EXPECT_EQ(CALL(init, getpriority, PRIO_PROCESS, 99), -ESRCH);
    EXPECT_EQ(CALL(init, setpriority, PRIO_PROCESS, (uint64_t)-1, 0), -ESRCH);
    EXPECT_EQ(CALL(init, setpriority, PRIO_PGRP, 99, 0), -ESRCH);
    EXPECT_EQ(CALL(init, getpriority, PRIO_USER, 5), -ESRCH);
    fixture_end();
}
