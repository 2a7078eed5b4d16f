/* What is said of each process. */
#include <string.h>

#include "base/string.h"
#include "proc/print_processes.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "test.h"
#include "tests/core/fixture.h"

static struct process *init;

static void begin(void)
{
    fixture_begin(FIXTURE_FRAMES_MAX);
    init = fixture_process(NULL);
}

TEST(process_list_says_what_each_does)
{
    static const char expected[] = "  PID PPID  PGRP  NAME            STATE\n"
                                   "    1     0     1  init            waits for child of group 1\n"
                                   "    2     1     2  sleeper         sleeps for 1500 ms more\n"
                                   "    4     2     2  dead            zombie, status 0x300\n"
                                   "    3     1     1  reader          waits for the console\n"
                                   "    5     1     1  late            sleeps for 0 ms more\n"
                                   "    6     1     1  runner          runs, pc 0x1234\n"
                                   "    7     1     1  idler           waits\n"
                                   "    8     1     1  vforker         waits for child 9 to leave"
                                   " its memory\n"
                                   "    9     8     1  held            is held, pc 0x0\n";
    static const char *const names[] = {"init",   "sleeper", "reader",  "dead", "late",
                                        "runner", "idler",   "vforker", "held"};
    struct process *all[ARRAY_LEN(names)];
    struct waitq queue;

    begin();
    waitq_init(&queue);
    for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
        all[i] = i == 0 ? init : fixture_process(i == 3 ? all[1] : i == 8 ? all[7] : init);
        process_set_name(all[i], names[i]);
    }
    process_set_group(all[1], all[1]->pid);
    process_set_group(all[3], all[1]->pid);
    process_exit(all[3], wait_status_exited(3));
    (void)!sched_block(fixture_run(init), WAIT_CHILD, -1, &init->child_wait, PLAT_NEVER);
    all[1]->thread->call.deadline = 1500000000;
    (void)!sched_block(fixture_run(all[1]), WAIT_TIME, 0, NULL, 1500000000);
    (void)!sched_block(fixture_run(all[2]), WAIT_CONSOLE, 0, &queue, PLAT_NEVER);
    (void)!sched_block(fixture_run(all[4]), WAIT_TIME, 0, NULL, 1);
    (void)!sched_block(fixture_run(all[6]), WAIT_NOTHING, 0, &queue, PLAT_NEVER);
    all[7]->thread->vfork_child = all[8]->thread;
    all[8]->thread->vfork_parent = all[7]->thread;
    (void)!sched_block(fixture_run(all[7]), WAIT_VFORK, 9, NULL, PLAT_NEVER);
    sched_hold(fixture_run(all[8]));
    all[5]->thread->user.pc = 0x1234;
    fixture_catch_output();
    print_processes();
    const char *output = fixture_output();
    EXPECT_MEMEQ(output, expected, sizeof(expected) - 1);
    EXPECT(str_starts(output + sizeof(expected) - 1, "79", NULL)); /* of 8000 frames free */
    fixture_end();
}

TEST(process_list_says_what_each_waits_for)
{
    static const struct {
        enum wait_reason reason;
        int64_t arg;
        const char *text;
    } waits[] = {
        {WAIT_CHILD, 0, " waits for a child\n"},
        {WAIT_CHILD, 12, " waits for child 12\n"},
        {WAIT_CHILD, -12, " waits for child of group 12\n"},
        {WAIT_PIPE_BYTES, 3, " reads from pipe 3\n"},
        {WAIT_PIPE_ROOM, 4, " writes to pipe 4\n"},
        {WAIT_CPU_TIME, 5, " sleeps until 5 has used more time\n"},
        {WAIT_SIGNAL, 0, " waits for a signal\n"},
        {WAIT_SIGNALFD, 0, " reads signals\n"},
        {WAIT_TIMERFD, 0, " reads a timer\n"},
        {WAIT_FUTEX, 0x1230, " waits for the futex at 0x1230\n"},
    };
    struct waitq queue;

    begin();
    waitq_init(&queue);
    struct process *child = fixture_process(init);
    for (unsigned i = 0; i < ARRAY_LEN(waits); i++) {
        struct thread *thread = fixture_run(child);
        (void)!sched_block(thread, waits[i].reason, waits[i].arg, &queue, PLAT_NEVER);
        fixture_catch_output();
        print_processes();
        EXPECT(strstr(fixture_output(), waits[i].text) != NULL);
        sched_wake(thread);
        sched_end_wait(thread);
    }
    fixture_end();
}

TEST(process_list_has_all_threads)
{
    static const char expected[] = "  PID PPID  PGRP  NAME            STATE\n"
                                   "    1     0     1  init            its first thread has ended\n"
                                   "    2              (thread)        runs, pc 0x1234\n"
                                   "    3              (thread)        is held, pc 0x0\n";
    struct thread *made[2];

    begin();
    process_set_name(init, "init");
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_EQ(thread_create(init, 0, &made[i]), 0);
        EXPECT_EQ(thread_inherit(made[i], init->thread, 0), 0);
        sched_add(made[i]);
    }
    made[0]->user.pc = 0x1234;
    sched_hold(made[1]);
    process_end_thread(init->thread, 0);
    fixture_catch_output();
    print_processes();
    EXPECT_MEMEQ(fixture_output(), expected, sizeof(expected) - 1);
    fixture_end();
}

TEST(process_list_says_whom_each_acts_for)
{
    begin();
    struct process *child = fixture_process(init);
    struct cred *cred = cred_copy(child->thread->cred);
    EXPECT(cred != NULL);
    cred->user.effective = 5;
    thread_set_cred(child->thread, cred);
    process_exit(child, 0x300);
    fixture_catch_output();
    print_processes();
    EXPECT(strstr(fixture_output(), "zombie, status 0x300, user 5\n") != NULL);
    EXPECT(strstr(fixture_output(), "user 0") == NULL);
    fixture_end();
}
