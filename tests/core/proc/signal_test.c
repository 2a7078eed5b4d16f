#include "proc/signal.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/inject.h"
#include "proc/process.h"
#include "proc/process_check.h"
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

    (void)!sched_block(thread, WAIT_CHILD, -1, &process->child_wait, PLAT_NEVER);
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

/* ---- masks, and what is pending ---- */

static void set_action(struct process *process, int signal, uint64_t handler, uint64_t flags)
{
    const struct abi_sigaction action = {.handler = handler, .flags = flags};

    EXPECT_EQ(signal_set_action(process, signal, &action), 0);
}

TEST(signal_that_is_blocked_waits)
{
    begin();
    block(child);
    child->limits[RLIMIT_SIGPENDING].rlim_cur = SIGNAL_MAX;
    signal_set_mask(child->thread, UINT64_MAX);
    for (int signal = 1; signal <= SIGNAL_MAX; signal++) {
        if (signal != SIGKILL && signal != SIGSTOP) {
            signal_send(child, signal);
        }
    }
    EXPECT_EQ(child->thread->state, THREAD_BLOCKED);
    EXPECT_EQ(child->signals.fatal, 0);
    EXPECT_EQ(fixture_take(child->thread), 0);
    /* A stop has dropped the SIGCONT that came before. */
    EXPECT_EQ(child->signals.pending.set,
              ~(signal_bit(SIGKILL) | signal_bit(SIGSTOP) | signal_bit(SIGCONT)));
    signal_send(child, SIGKILL);
    EXPECT_EQ(fixture_take(child->thread), SIGKILL);
    fixture_end();
}

TEST(signal_that_was_blocked_is_taken)
{
    begin();
    signal_set_mask(child->thread, signal_bit(SIGTERM) | signal_bit(SIGUSR1));
    signal_send(child, SIGTERM);
    signal_send(child, SIGUSR1);
    signal_set_mask(child->thread, signal_bit(SIGUSR1));
    EXPECT_EQ(fixture_take(child->thread), SIGTERM);
    EXPECT_EQ(child->signals.pending.set, signal_bit(SIGUSR1));
    fixture_end();
}

/* What a fault may have raised comes first, then the lowest number. */
TEST(signal_order_in_which_they_are_taken)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGSYS};

    begin();
    for (unsigned i = 0; i < ARRAY_LEN(faults); i++) {
        signal_set_mask(child->thread, UINT64_MAX);
        signal_send(child, SIGHUP);
        signal_send(child, faults[i]);
        signal_set_mask(child->thread, 0);
        EXPECT_EQ(fixture_take(child->thread), faults[i]);
    }
    signal_set_mask(child->thread, UINT64_MAX);
    signal_send(child, SIGTERM);
    signal_send(child, SIGCHLD);
    signal_send(child, SIGHUP);
    signal_send(child, SIGUSR1);
    set_action(child, SIGHUP, 0x1000, 0);
    signal_set_mask(child->thread, 0);
    EXPECT_EQ(fixture_take(child->thread), SIGUSR1);
    fixture_end();
}

/* Behind one that is yet to be taken the next waits for its turn; SIGKILL does not. */
TEST(signal_behind_another_waits_for_its_turn)
{
    begin();
    block(child);
    signal_send(child, SIGQUIT);
    EXPECT_EQ(child->signals.fatal, 0);
    EXPECT_EQ(child->thread->state, THREAD_READY);
    signal_send(child, SIGTERM);
    EXPECT_EQ(child->signals.fatal, 0);
    EXPECT_EQ(fixture_take(child->thread), SIGQUIT);
    signal_send(child, SIGQUIT);
    signal_send(child, SIGKILL);
    EXPECT_EQ(fixture_take(child->thread), SIGKILL);
    fixture_end();
}

TEST(signal_with_a_handler_is_taken_and_nothing_happens)
{
    begin();
    set_action(child, SIGTERM, 0x1000, 0);
    block(child);
    signal_send(child, SIGTERM);
    EXPECT_EQ(child->thread->state, THREAD_READY);
    EXPECT_EQ(child->signals.pending.set, signal_bit(SIGTERM));
    EXPECT_EQ(fixture_take(child->thread), 0);
    EXPECT_EQ(child->signals.pending.set, 0);
    fixture_end();
}

TEST(signal_that_is_ignored)
{
    begin();
    set_action(child, SIGTERM, SIG_IGN, 0);
    block(child);
    signal_send(child, SIGTERM);
    EXPECT_EQ(child->thread->state, THREAD_BLOCKED);
    EXPECT_EQ(child->signals.pending.set, 0);
    set_action(child, SIGTERM, SIG_DFL, 0);
    signal_send(child, SIGTERM);
    EXPECT_EQ(child->signals.fatal, SIGTERM);
    fixture_end();
}

/* Of what is sent to init, only what it handles reaches it; what it blocks is pending (kill(2),
 * sigpending(2)). */
TEST(signal_to_init)
{
    begin();
    signal_set_mask(init->thread, signal_bit(SIGUSR1) | signal_bit(SIGUSR2));
    signal_send(init, SIGUSR1);
    signal_send(init, SIGUSR2);
    EXPECT_EQ(init->signals.pending.set, signal_bit(SIGUSR1) | signal_bit(SIGUSR2));
    set_action(init, SIGUSR1, SIG_DFL, 0); /* ends others, and so stays */
    EXPECT_EQ(init->signals.pending.set, signal_bit(SIGUSR1) | signal_bit(SIGUSR2));
    signal_set_mask(init->thread, 0);
    EXPECT_EQ(fixture_take(init->thread), 0);
    EXPECT_EQ(init->signals.pending.set, 0);
    set_action(init, SIGTERM, 0x1000, 0);
    signal_send(init, SIGTERM);
    EXPECT_EQ(init->signals.pending.set, signal_bit(SIGTERM));
    EXPECT_EQ(fixture_take(init->thread), 0);
    fixture_end();
}

/* ---- actions ---- */

TEST(signal_actions_are_the_childs_own)
{
    begin();
    set_action(child, SIGUSR1, 0x1000, SA_NOCLDSTOP);
    set_action(child, SIGUSR2, SIG_IGN, 0);
    struct process *grandchild = fixture_process(child);
    EXPECT(grandchild->signals.actions->table == child->signals.actions->table);
    process_check();
    EXPECT_EQ(signal_action(grandchild, SIGUSR1).handler, 0x1000);
    EXPECT_EQ(signal_action(grandchild, SIGUSR1).flags, SA_NOCLDSTOP);
    set_action(grandchild, SIGUSR1, SIG_DFL, 0);
    EXPECT(grandchild->signals.actions->table != child->signals.actions->table);
    EXPECT_EQ(signal_action(grandchild, SIGUSR2).handler, SIG_IGN);
    EXPECT_EQ(signal_action(child, SIGUSR1).handler, 0x1000);
    struct signal_table *table = child->signals.actions->table;
    set_action(child, SIGUSR1, 0x2000, 0); /* the only user left: in place */
    EXPECT(child->signals.actions->table == table);
    EXPECT_EQ(signal_action(grandchild, SIGUSR1).handler, SIG_DFL);
    process_check();
    fixture_end();
}

TEST(signal_fork_takes_over_mask_and_not_what_is_pending)
{
    begin();
    signal_set_mask(child->thread, signal_bit(SIGUSR1));
    signal_send(child, SIGUSR1);
    struct process *grandchild = fixture_process(child);
    EXPECT_EQ(grandchild->thread->signal_mask, signal_bit(SIGUSR1));
    EXPECT_EQ(grandchild->signals.pending.set, 0);
    fixture_end();
}

TEST(signal_handlers_go_and_the_rest_stays)
{
    begin();
    set_action(child, SIGUSR1, 0x1000, 0);
    set_action(child, SIGUSR2, SIG_IGN, SA_NOCLDSTOP);
    set_action(child, SIGCHLD, SIG_DFL, SA_NOCLDWAIT);
    EXPECT(signal_wants_no_zombies(child));
    signal_reset_handlers(child);
    EXPECT_EQ(signal_action(child, SIGUSR1).handler, SIG_DFL);
    EXPECT_EQ(signal_action(child, SIGUSR2).handler, SIG_IGN);
    EXPECT_EQ(signal_action(child, SIGUSR2).flags, 0);
    EXPECT(!signal_wants_no_zombies(child));
    process_check();
    fixture_end();
}

TEST(signal_set_action_without_memory)
{
    const struct abi_sigaction action = {.handler = 0x2000};

    begin();
    set_action(child, SIGUSR1, 0x1000, 0);
    struct process *grandchild = fixture_process(child);
    inject_arm(1, false);
    EXPECT_EQ(signal_set_action(grandchild, SIGUSR1, &action), -ENOMEM);
    inject_arm(0, false);
    EXPECT_EQ(signal_action(grandchild, SIGUSR1).handler, 0x1000);
    process_check();
    fixture_end();
}

TEST_DIES(signal_check_sees_a_set_that_is_wrong, "signal_check: ")
{
    begin();
    set_action(child, SIGUSR1, 0x1000, 0);
    child->signals.actions->ignored = signal_bit(SIGUSR2);
    process_check();
}

TEST_DIES(signal_check_sees_a_handler_without_a_table, "signal_check: own->handled == 0")
{
    begin();
    child->signals.actions->handled = signal_bit(SIGUSR2);
    process_check();
}

TEST_DIES(signal_check_sees_a_table_that_was_not_counted, "signal_check_tables: ")
{
    begin();
    set_action(child, SIGUSR1, 0x1000, 0);
    fixture_process(init)->signals.actions = child->signals.actions;
    process_check();
}

TEST(signal_infos_are_counted)
{
    const struct abi_siginfo info = {.si_signo = SIGRTMIN, .si_code = SI_QUEUE};

    begin();
    child->thread->signal_mask = UINT64_MAX;
    EXPECT_EQ(signal_send_info(child, NULL, &info), 0);
    EXPECT_EQ(signal_send_info(child, NULL, &info), 0);
    EXPECT_EQ(signal_send_info(child, child->thread, &info), 0);
    EXPECT_EQ(pending_check(&child->signals.pending), 2);
    EXPECT_EQ(pending_check(&child->thread->pending), 1);
    process_check();
}

TEST_DIES(signal_infos_of_nobody, "infos == pending_count()")
{
    const struct abi_siginfo info = {.si_signo = SIGRTMIN, .si_code = SI_QUEUE};
    const struct pending_charge charge = {0, UINT64_MAX};
    struct pending stray;

    begin();
    pending_begin(&stray);
    EXPECT_EQ(pending_add(&stray, &info, &charge), 0);
    process_check();
}

TEST_DIES(signal_info_that_is_another_users, "user->count == user->seen")
{
    const struct abi_siginfo info = {.si_signo = SIGRTMIN, .si_code = SI_QUEUE};

    begin();
    child->thread->signal_mask = UINT64_MAX;
    EXPECT_EQ(signal_send_info(child, NULL, &info), 0);
    CONTAINER_OF(child->signals.pending.queue.next, struct pending_info, link)->user->count++;
    process_check();
}

TEST_DIES(signal_info_without_its_bit, "pending->set & bit")
{
    const struct abi_siginfo info = {.si_signo = SIGRTMIN, .si_code = SI_QUEUE};

    begin();
    child->thread->signal_mask = UINT64_MAX;
    EXPECT_EQ(signal_send_info(child, NULL, &info), 0);
    child->signals.pending.set = 0;
    process_check();
}
