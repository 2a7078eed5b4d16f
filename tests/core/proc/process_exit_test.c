/* What a parent is told of a child's end, and what is left of it. */
#include "abi/linux.h"
#include "base/cpu.h"
#include "proc/process.h"
#include "proc/process_check.h"
#include "proc/sched.h"
#include "test.h"
#include "tests/core/fixture.h"

static struct process *init;

static void begin(void)
{
    fixture_begin(FIXTURE_FRAMES_MAX);
    init = fixture_process(NULL);
}

/* A process whose thread waits for a child. */
static void wait_for_child(struct process *process)
{
    (void)!sched_block(fixture_run(process), WAIT_CHILD, -1, &process->child_wait, PLAT_NEVER);
}

static void set_action(struct process *process, int signal, uint64_t handler, uint64_t flags)
{
    const struct abi_sigaction action = {.handler = handler, .flags = flags};

    EXPECT_EQ(signal_set_action(process, signal, &action), 0);
}

TEST(process_exit_sends_its_signal)
{
    begin();
    struct process *parent = fixture_process(init);
    static const int sent[] = {SIGCHLD, SIGUSR1, SIGUSR2, 0, SIGNAL_MAX + 1};
    signal_set_mask(parent->thread, UINT64_MAX);
    for (unsigned i = 0; i < ARRAY_LEN(sent); i++) {
        struct process *child = fixture_process(parent);
        child->exit_signal = sent[i];
        process_exit(child, 0);
    }
    EXPECT_EQ(parent->signals.pending.set,
              signal_bit(SIGCHLD) | signal_bit(SIGUSR1) | signal_bit(SIGUSR2));
    fixture_end();
}

/* A program that was put in the parent's place has not asked for that signal. */
TEST(process_exit_sends_a_new_program_no_signal_but_sigchld)
{
    begin();
    struct process *parent = fixture_process(init);
    struct process *child = fixture_process(parent);
    child->exit_signal = SIGUSR1;
    process_note_exec(parent);
    process_exit(child, 0);
    EXPECT_EQ(parent->signals.fatal, 0);
    EXPECT_EQ(child->exit_signal, SIGUSR1); /* for its wait it is a clone still */
    child = fixture_process(parent);
    child->exit_signal = SIGUSR1;
    process_exit(child, 0);
    EXPECT_EQ(parent->signals.fatal, SIGUSR1);
    fixture_end();
}

TEST(process_exit_leaves_nothing_if_sigchld_is_ignored)
{
    begin();
    struct process *parent = fixture_process(init);
    set_action(parent, SIGCHLD, SIG_IGN, 0);
    signal_set_mask(parent->thread, signal_bit(SIGCHLD));
    struct process *child = fixture_process(parent);
    int number = child->pid->number;
    wait_for_child(parent);
    process_exit(child, 0);
    EXPECT(process_find(number) == NULL);
    EXPECT_EQ(parent->thread->state, THREAD_READY);
    EXPECT_EQ(parent->signals.pending.set, 0); /* it is not sent at all */
    struct process *clone = fixture_process(parent);
    clone->exit_signal = 0;
    process_exit(clone, 0); /* sends no SIGCHLD that could be ignored */
    EXPECT_EQ(clone->state, PROCESS_ZOMBIE);
    process_check();
    fixture_end();
}

TEST(process_exit_leaves_nothing_if_sa_nocldwait_is_set)
{
    begin();
    struct process *parent = fixture_process(init);
    set_action(parent, SIGCHLD, 0x1000, SA_NOCLDWAIT);
    struct process *child = fixture_process(parent);
    int number = child->pid->number;
    child->usage.faults = 5;
    process_exit(child, 0);
    EXPECT(process_find(number) == NULL);
    EXPECT_EQ(parent->signals.pending.set, signal_bit(SIGCHLD)); /* but it is told */
    EXPECT_EQ(parent->children_usage.faults, 0);                 /* it has not waited */
    fixture_end();
}

/* An heir that wants no zombies has none left to it either. */
TEST(process_zombies_of_the_dead_that_the_heir_does_not_want)
{
    begin();
    set_action(init, SIGCHLD, SIG_IGN, 0);
    struct process *parent = fixture_process(init);
    struct process *dead = fixture_process(parent);
    struct process *second = fixture_process(parent);
    process_exit(dead, 0);
    process_exit(second, 0);
    process_exit(parent, 0);
    EXPECT(list_is_empty(&init->zombies));
    EXPECT_EQ(thread_count(), 1);
    process_check();
    fixture_end();
}

TEST(process_death_signal_of_the_parent)
{
    begin();
    struct process *parent = fixture_process(init);
    struct process *told = fixture_process(parent);
    struct process *untold = fixture_process(parent);
    told->thread->death_signal = SIGHUP;
    process_exit(parent, 0);
    EXPECT_EQ(told->signals.fatal, SIGHUP);
    EXPECT_EQ(untold->signals.fatal, 0);
    EXPECT_EQ(told->thread->death_signal, SIGHUP);
    fixture_end();
}

TEST(process_reap_leaves_nothing_that_names_it)
{
    begin();
    struct process *child = fixture_process(init);
    cpu_this()->limits = child->limits;
    process_exit(child, 0);
    EXPECT(cpu_this()->limits == child->limits);
    process_reap(child, true);
    EXPECT(cpu_this()->limits == NULL);
    fixture_end();
}
