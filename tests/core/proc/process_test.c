#include "proc/process.h"
#include "proc/process_check.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/random.h"
#include "base/string.h"
#include "mm/frame.h"
#include "mm/pt.h"
#include "proc/clock.h"
#include "proc/sched.h"
#include "test.h"
#include "tests/core/fixture.h"

#define VA ((uaddr_t)3 << 30)

static struct process *init;

static void begin(void)
{
    fixture_begin(FIXTURE_FRAMES_MAX);
    init = fixture_process(NULL);
}

static bool is_on(const struct list *list, const struct process *process)
{
    LIST_FOR(link, list) {
        if (link == &process->sibling) {
            return true;
        }
    }
    return false;
}

/* A process whose thread waits for a child. */
static void wait_for_child(struct process *process)
{
    (void)!sched_block(fixture_run(process), WAIT_CHILD, -1, &process->child_wait, PLAT_NEVER);
}

TEST(process_new_one_is_seen_by_nobody)
{
    struct process *process = NULL;

    begin();
    EXPECT_EQ(process_create(NULL, 0, &process), 0);
    EXPECT_EQ(process->state, PROCESS_NEW);
    EXPECT_EQ(process->thread->tid, process->pid->number);
    EXPECT_EQ(process->exit_signal, SIGCHLD);
    EXPECT(process_find(process->pid->number) == NULL);
    process_discard(process);
    fixture_end();
}

TEST(process_discard_with_a_space)
{
    struct process *process = NULL;

    begin();
    EXPECT_EQ(process_create(NULL, 0, &process), 0);
    EXPECT_EQ(space_create(&process->space), 0);
    process_discard(process);
    EXPECT_EQ(space_count(), 1);
    fixture_end();
}

TEST(process_may_share_its_space)
{
    struct process *other = NULL;

    begin();
    fixture_map(init->space, VA, VA + PAGE_SIZE, PROT_READ | PROT_WRITE);
    fixture_run(init);
    EXPECT_EQ(fixture_store(VA, 1), 0);
    EXPECT_EQ(process_create(NULL, 0, &other), 0);
    other->space = space_get(init->space);
    EXPECT_EQ(process_inherit(other, init->thread, 0), 0);
    process_start(other, init->thread, 0);
    EXPECT_EQ(space_count(), 1);
    process_check();
    fixture_run(other);
    EXPECT_EQ(fixture_store(VA, 2), 0);
    process_exit(other, 0);
    process_check();
    uint8_t byte = 0;
    fixture_run(init);
    EXPECT_EQ(fixture_load(VA, &byte), 0);
    EXPECT_EQ(byte, 2);
    fixture_end();
}

TEST(process_init_is_the_first)
{
    begin();
    EXPECT(process_first() == init);
    EXPECT_EQ(init->pid->number, 1);
    EXPECT(init->parent == NULL);
    EXPECT(init->group == init->pid);
    EXPECT(init->session == init->pid);
    EXPECT(process_find(1) == init);
    fixture_end();
}

TEST(process_child_is_its_parents)
{
    begin();
    struct process *child = fixture_process(init);
    struct process *grandchild = fixture_process(child);
    EXPECT(child->parent == init && is_on(&init->children, child));
    EXPECT(grandchild->parent == child && is_on(&child->children, grandchild));
    EXPECT(grandchild->group == init->pid);
    EXPECT(grandchild->session == init->pid);
    EXPECT(process_find(3) == grandchild);
    EXPECT_EQ(grandchild->thread->state, THREAD_READY);
    process_check();
    fixture_end();
}

TEST(process_exit_leaves_a_zombie_with_its_status)
{
    begin();
    struct process *child = fixture_process(init);
    process_exit(child, wait_status_exited(42));
    EXPECT_EQ(child->state, PROCESS_ZOMBIE);
    EXPECT_EQ(child->wait_status, 42 << 8);
    EXPECT(is_on(&init->zombies, child) && list_is_empty(&init->children));
    EXPECT(child->thread == NULL && child->space == NULL);
    EXPECT_EQ(thread_count(), 1);
    EXPECT_EQ(space_count(), 1);
    EXPECT(process_find(2) == child);
    process_check();
    process_reap(child, true);
    EXPECT(process_find(2) == NULL);
    EXPECT(pid_find(2) == NULL);
    fixture_end();
}

TEST(process_wait_status_has_eight_bits)
{
    EXPECT_EQ(wait_status_exited(0), 0);
    EXPECT_EQ(wait_status_exited(255), 0xff00);
    EXPECT_EQ(wait_status_exited(256), 0);
    EXPECT_EQ(wait_status_exited(-1), 0xff00);
    EXPECT_EQ(wait_status_exited(INT32_MIN + 3), 0x300);
}

TEST(process_zombies_in_the_order_in_which_they_end)
{
    struct process *children[3];

    begin();
    for (unsigned i = 0; i < 3; i++) {
        children[i] = fixture_process(init);
    }
    process_exit(children[1], 0);
    process_exit(children[2], 0);
    process_exit(children[0], 0);
    EXPECT(init->zombies.next == &children[1]->sibling);
    EXPECT(init->zombies.next->next == &children[2]->sibling);
    EXPECT(init->zombies.prev == &children[0]->sibling);
    fixture_end();
}

TEST(process_exit_of_the_one_in_use)
{
    begin();
    struct process *child = fixture_process(init);
    fixture_map(child->space, VA, VA + 10 * PAGE_SIZE, PROT_READ | PROT_WRITE);
    fixture_run(child);
    EXPECT_EQ(fixture_store(VA, 1), 0);
    process_exit(child, 0);
    EXPECT(sched_choose() == init->thread);
    fixture_end();
}

TEST(process_exit_wakes_the_waiting_parent)
{
    begin();
    struct process *child = fixture_process(init);
    wait_for_child(init);
    process_exit(child, 0);
    EXPECT_EQ(init->thread->state, THREAD_READY);
    EXPECT(sched_choose() == init->thread);
    fixture_end();
}

TEST(process_exit_wakes_nobody_else)
{
    begin();
    struct process *parent = fixture_process(init);
    struct process *child = fixture_process(parent);
    wait_for_child(init);
    process_exit(child, 0);
    EXPECT_EQ(init->thread->state, THREAD_BLOCKED);
    fixture_end();
}

TEST(process_orphans_go_to_init)
{
    begin();
    struct process *parent = fixture_process(init);
    struct process *live = fixture_process(parent);
    struct process *second = fixture_process(parent);
    struct process *grandchild = fixture_process(live);
    process_exit(parent, 0);
    EXPECT(live->parent == init && is_on(&init->children, live));
    EXPECT(second->parent == init && is_on(&init->children, second));
    EXPECT(grandchild->parent == live);
    process_check();
    fixture_end();
}

/* Init does not hear of the end of the process itself, which is its parent's child. */
TEST(process_zombies_of_the_dead_go_to_init)
{
    begin();
    struct process *parent = fixture_process(init);
    struct process *middle = fixture_process(parent);
    struct process *child = fixture_process(middle);
    process_exit(child, wait_status_exited(5));
    wait_for_child(init);
    process_exit(middle, 0);
    EXPECT_EQ(init->thread->state, THREAD_READY);
    EXPECT(child->parent == init && is_on(&init->zombies, child));
    EXPECT(middle->parent == parent && is_on(&parent->zombies, middle));
    EXPECT_EQ(child->wait_status, 5 << 8);
    process_check();
    process_reap(child, true);
    fixture_end();
}

TEST(process_live_orphans_do_not_wake_init)
{
    begin();
    struct process *parent = fixture_process(init);
    struct process *middle = fixture_process(parent);
    (void)fixture_process(middle);
    wait_for_child(init);
    process_exit(middle, 0);
    EXPECT_EQ(init->thread->state, THREAD_BLOCKED);
    fixture_end();
}

/* The nearest ancestor that is a subreaper inherits, if it still is one; its own orphans go to the
 * next. */
TEST(process_orphans_go_to_the_nearest_subreaper)
{
    begin();
    struct process *far = fixture_process(init);
    struct process *near = fixture_process(far);
    struct process *between = fixture_process(near);
    struct process *parent = fixture_process(between);
    struct process *live = fixture_process(parent);
    struct process *dead = fixture_process(parent);
    far->is_subreaper = true;
    near->is_subreaper = true;
    process_exit(dead, wait_status_exited(1));
    wait_for_child(near);
    process_exit(parent, 0);
    EXPECT(live->parent == near && is_on(&near->children, live));
    EXPECT(dead->parent == near && is_on(&near->zombies, dead));
    EXPECT_EQ(near->thread->state, THREAD_READY);
    process_exit(near, 0);
    EXPECT(live->parent == far && dead->parent == far && between->parent == far);
    far->is_subreaper = false;
    process_exit(between, 0);
    EXPECT(parent->parent == init); /* between left its zombie */
    process_exit(far, 0);
    EXPECT(live->parent == init && dead->parent == init);
    process_check();
    fixture_end();
}

TEST(process_limit_of_the_parent)
{
    struct process *process = NULL;

    begin();
    init->limits[RLIMIT_NPROC].rlim_cur = 2;
    init->thread->cred->user = (struct cred_ids){5, 5, 5, 5};
    EXPECT_EQ(process_create(init->thread, 0, &process), 0);
    process_discard(process);
    (void)fixture_process(init);
    EXPECT_EQ(process_create(init->thread, 0, &process), -EAGAIN);
    init->thread->cred->user.effective = 0;
    EXPECT_EQ(process_create(init->thread, 0, &process), 0);
    process_discard(process);
    init->thread->cred->user.real = 0;
    EXPECT_EQ(process_create(init->thread, 0, &process), 0);
    process_discard(process);
    EXPECT_EQ(process_create(NULL, 0, &process), 0);
    process_discard(process);
    fixture_end();
}

TEST(process_exit_of_init_ends_the_machine)
{
    fixture_catch_output();
    begin();
    struct process *child = fixture_process(init);
    process_exit(child, 0);
    (void)fixture_process(init);
    process_exit(init, wait_status_exited(3));
    EXPECT_EQ(init->state, PROCESS_ZOMBIE);
    EXPECT_STREQ(fixture_output(), "");
    process_check();
    fixture_end();
}

TEST(process_end_of_init_by_a_signal_is_said)
{
    fixture_catch_output();
    begin();
    process_exit(init, SIGSEGV);
    EXPECT_STREQ(fixture_output(), "eft: init was ended by signal 11\n");
    fixture_end();
}

TEST(process_group_keeps_its_number)
{
    begin();
    struct process *leader = fixture_process(init);
    struct process *member = fixture_process(init);
    process_set_group(leader, leader->pid);
    process_set_group(member, leader->pid);
    process_exit(leader, 0);
    process_reap(leader, true);
    EXPECT(process_find(2) == NULL);
    EXPECT(pid_find(2) == member->group);
    process_check();
    process_set_group(member, init->group);
    EXPECT(pid_find(2) == NULL);
    fixture_end();
}

TEST(process_set_group_to_the_same)
{
    begin();
    struct process *child = fixture_process(init);
    process_set_group(child, child->pid);
    process_set_group(child, child->pid);
    EXPECT(child->group == child->pid);
    process_check();
    fixture_end();
}

TEST(process_name_is_the_last_component)
{
    static const char *const names[][2] = {
        {"/bin/sh", "sh"}, {"sh", "sh"},   {"/", "/"},
        {"", ""},          {"a/b/c", "c"}, {"/bin/a-name-that-is-too-long", "a-name-that-is-"},
    };

    begin();
    for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
        process_set_name(init, names[i][0]);
        EXPECT_STREQ(init->name, names[i][1]);
    }
    fixture_end();
}

static int create(void *process)
{
    return process_create(NULL, 0, process);
}

static void discard(void *process)
{
    process_discard(*(struct process **)process);
}

TEST(process_create_without_memory)
{
    struct process *process;

    fixture_begin(100);
    fixture_fail_each(create, discard, &process);
    fixture_end();
}

TEST(process_create_without_a_number)
{
    static struct pid *pids[PID_MAX];
    struct process *process = NULL;

    fixture_begin(FIXTURE_FRAMES_MAX);
    for (unsigned i = 0; i < PID_MAX; i++) {
        EXPECT_EQ(pid_create(0, &pids[i]), 0);
    }
    uint64_t used = fixture_frames_used();
    EXPECT_EQ(process_create(NULL, 0, &process), -EAGAIN);
    EXPECT_EQ(fixture_frames_used(), used);
    EXPECT_EQ(thread_count(), 0);
    for (unsigned i = 0; i < PID_MAX; i++) {
        pid_put(pids[i]);
    }
    fixture_end();
}

/* Random trees of processes: whoever ends, each is where it belongs. */
TEST(process_agrees_with_a_model)
{
    enum { PROCESSES = 40, STEPS = 3000 };
    struct model {
        struct process *process; /* NULL: none */
        unsigned parent;         /* 0 is init */
        bool is_zombie;
    } model[PROCESSES] = {0};
    struct random random = {9};

    begin();
    model[0].process = init;
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned i = 1 + (unsigned)(random_next(&random) % (PROCESSES - 1));
        unsigned parent = (unsigned)(random_next(&random) % PROCESSES);
        struct model *one = &model[i];
        bool can_be_parent = model[parent].process && !model[parent].is_zombie;
        test_note("step %u", step);
        if (!one->process && can_be_parent) {
            *one = (struct model){fixture_process(model[parent].process), parent, false};
        } else if (one->process && !one->is_zombie) {
            process_exit(one->process, (int)(i << 8));
            one->is_zombie = true;
            for (unsigned k = 1; k < PROCESSES; k++) {
                if (model[k].process && model[k].parent == i) {
                    model[k].parent = 0;
                }
            }
        } else if (one->process) {
            EXPECT_EQ(one->process->wait_status, i << 8);
            process_reap(one->process, true);
            one->process = NULL;
        }
        for (unsigned k = 1; k < PROCESSES; k++) {
            const struct process *process = model[k].process;
            if (process) {
                struct process *its_parent = model[model[k].parent].process;
                EXPECT(process->parent == its_parent);
                EXPECT(is_on(model[k].is_zombie ? &its_parent->zombies : &its_parent->children,
                             process));
            }
        }
        process_check();
    }
    fixture_end();
}

TEST_DIES(process_start_without_a_space, "process_start: process->space")
{
    struct process *process = NULL;

    begin();
    EXPECT_EQ(process_create(NULL, 0, &process), 0);
    process_start(process, init->thread, 0);
}

TEST_DIES(process_second_init, "process_start: !processes.init")
{
    begin();
    (void)fixture_process(NULL);
}

TEST_DIES(process_exit_twice, "process_exit: process->state == PROCESS_LIVE")
{
    begin();
    struct process *child = fixture_process(init);
    process_exit(child, 0);
    process_exit(child, 0);
}

TEST_DIES(process_reap_of_a_live_one, "process_reap: process->state == PROCESS_ZOMBIE")
{
    begin();
    process_reap(fixture_process(init), true);
}

TEST_DIES(process_check_looks_at_the_scheduler, "sched_check: ")
{
    begin();
    fixture_process(init)->thread->state = THREAD_BLOCKED;
    process_check();
}

TEST_DIES(process_check_sees_a_wrong_parent, "check_process: child->parent == process")
{
    begin();
    struct process *child = fixture_process(init);
    struct process *grandchild = fixture_process(child);
    grandchild->parent = init;
    process_check();
}

TEST_DIES(process_check_sees_one_that_is_on_no_list, "process_check: ")
{
    begin();
    list_remove(&fixture_process(init)->sibling);
    process_check();
}

TEST_DIES(process_check_sees_a_zombie_with_a_child,
          "check_process: !process->parent || list_is_empty(&process->children)")
{
    begin();
    struct process *dead = fixture_process(init);
    struct process *child = fixture_process(init);
    process_exit(dead, 0);
    list_remove(&child->sibling);
    list_append(&dead->children, &child->sibling);
    child->parent = dead;
    process_check();
}

TEST_DIES(process_check_sees_half_a_vfork, "check_threads: ")
{
    begin();
    fixture_process(init)->thread->vfork_parent = init->thread;
    process_check();
}

TEST_DIES(process_check_sees_the_other_half_of_a_vfork, "check_threads: ")
{
    begin();
    init->thread->vfork_child = fixture_process(init)->thread;
    process_check();
}

TEST_DIES(process_check_sees_a_lost_frame, "process_check: user_refs == census.user_refs")
{
    paddr_t pa;

    begin();
    EXPECT_EQ(frame_alloc(FRAME_USER, &pa), 0);
    process_check();
}

TEST_DIES(process_check_sees_a_frame_with_too_few_references,
          "process_check: user_refs == census.user_refs")
{
    struct space *child = NULL;
    struct process *other = NULL;
    struct pt_leaf leaf;

    begin();
    fixture_map(init->space, VA, VA + PAGE_SIZE, PROT_READ | PROT_WRITE);
    fixture_run(init);
    EXPECT_EQ(fixture_store(VA, 1), 0);
    EXPECT_EQ(space_fork(init->space, &child), 0);
    EXPECT_EQ(process_create(NULL, 0, &other), 0);
    other->space = child;
    EXPECT_EQ(process_inherit(other, init->thread, 0), 0);
    process_start(other, init->thread, 0);
    EXPECT(pt_find(child->root, VA, &leaf));
    frame_put(leaf.pa);
    process_check();
}
