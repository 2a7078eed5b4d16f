#include "proc/signal.h"

#include "abi/linux.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "test.h"
#include "tests/core/fixture.h"

static struct process *init;
static struct process *child;

static void begin(void)
{
    fixture_begin(200);
    init = fixture_process(NULL);
    child = fixture_process(init);
}

/* Its thread waits for nothing in particular. */
static void block(struct process *process)
{
    struct thread *thread = fixture_run(process);

    sched_block(thread, WAIT_CHILD, -1, &process->child_wait, PLAT_NEVER);
}

TEST(signal_default_actions)
{
    static const int harmless[] = {SIGCHLD, SIGCONT, SIGURG,  SIGWINCH,
                                   SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};

    for (int signal = 1; signal <= SIGNAL_MAX; signal++) {
        bool is_fatal = true;
        for (unsigned i = 0; i < ARRAY_LEN(harmless); i++) {
            is_fatal &= signal != harmless[i];
        }
        test_note("signal %d", signal);
        EXPECT_EQ(signal_is_fatal(signal), is_fatal);
    }
}

TEST(signal_is_noted_and_wakes)
{
    begin();
    block(child);
    signal_send(child, SIGTERM);
    EXPECT_EQ(child->signals.fatal, SIGTERM);
    EXPECT_EQ(child->thread->state, THREAD_READY);
    EXPECT_EQ(child->state, PROCESS_LIVE); /* it ends when it would return to user mode */
    fixture_end();
}

TEST(signal_that_is_harmless_does_nothing)
{
    begin();
    block(child);
    signal_send(child, SIGCHLD);
    EXPECT_EQ(child->signals.fatal, 0);
    EXPECT_EQ(child->thread->state, THREAD_BLOCKED);
    fixture_end();
}

TEST(signal_first_one_counts)
{
    begin();
    signal_send(child, SIGTERM);
    signal_send(child, SIGINT);
    EXPECT_EQ(child->signals.fatal, SIGTERM);
    signal_send(child, SIGKILL);
    EXPECT_EQ(child->signals.fatal, SIGTERM);
    fixture_end();
}

TEST(signal_never_ends_init)
{
    begin();
    block(init);
    signal_send(init, SIGKILL);
    EXPECT_EQ(init->signals.fatal, 0);
    EXPECT_EQ(init->thread->state, THREAD_BLOCKED);
    fixture_end();
}

TEST(signal_to_a_zombie)
{
    begin();
    process_exit(child, wait_status_exited(3));
    signal_send(child, SIGKILL);
    EXPECT_EQ(child->signals.fatal, 0);
    EXPECT_EQ(child->wait_status, 3 << 8);
    fixture_end();
}

TEST(signal_to_a_group)
{
    begin();
    struct process *second = fixture_process(init);
    struct process *other = fixture_process(init);
    struct process *dead = fixture_process(init);
    process_set_group(child, child->pid);
    process_set_group(second, child->pid);
    process_set_group(dead, child->pid);
    process_exit(dead, 0);
    signal_send_group(child->pid, SIGINT);
    EXPECT_EQ(child->signals.fatal, SIGINT);
    EXPECT_EQ(second->signals.fatal, SIGINT);
    EXPECT_EQ(other->signals.fatal, 0);
    EXPECT_EQ(init->signals.fatal, 0);
    fixture_end();
}
