#include "proc/pid.h"

#include "abi/errno.h"
#include "base/inject.h"
#include "base/random.h"
#include "test.h"
#include "tests/core/fixture.h"

static struct pid *pids[PID_MAX + 1];

static void begin(void)
{
    fixture_begin(2000);
}

static struct pid *create(void)
{
    struct pid *pid = NULL;

    EXPECT_EQ(pid_create(0, &pid), 0);
    EXPECT_EQ(pid->refs, 1);
    EXPECT(!pid->process);
    EXPECT(list_is_empty(&pid->members));
    return pid;
}

/* Takes all numbers that are left. */
static void create_all(void)
{
    for (size_t used = pid_check(); used < PID_MAX; used++) {
        struct pid *pid = create();
        EXPECT(!pids[pid->number]);
        pids[pid->number] = pid;
    }
}

static void put(int number)
{
    pid_put(pids[number]);
    pids[number] = NULL;
}

static void end(void)
{
    for (int number = 1; number <= PID_MAX; number++) {
        if (pids[number]) {
            put(number);
        }
    }
    fixture_end();
}

TEST(pid_numbers_go_up_from_one)
{
    begin();
    for (int number = 1; number <= 200; number++) {
        pids[number] = create();
        EXPECT_EQ(pids[number]->number, number);
    }
    end();
}

TEST(pid_number_is_not_reused_at_once)
{
    begin();
    pid_put(create());
    pids[2] = create();
    EXPECT_EQ(pids[2]->number, 2);
    end();
}

TEST(pid_is_found_while_it_is_used)
{
    begin();
    pids[1] = create();
    EXPECT(pid_find(1) == pids[1]);
    EXPECT(pid_find(2) == NULL);
    pid_get(pids[1]);
    pid_put(pids[1]);
    EXPECT(pid_find(1) == pids[1]);
    put(1);
    EXPECT(pid_find(1) == NULL);
    end();
}

TEST(pid_find_of_what_is_no_number)
{
    static const int numbers[] = {0, -1, PID_MAX + 1, INT32_MAX, INT32_MIN, 1 + 1024, 1 - 1024};

    begin();
    pids[1] = create();
    for (unsigned i = 0; i < ARRAY_LEN(numbers); i++) {
        EXPECT(pid_find(numbers[i]) == NULL);
    }
    end();
}

TEST(pid_all_in_use)
{
    struct pid *pid = NULL;

    begin();
    create_all();
    EXPECT_EQ(pid_check(), PID_MAX);
    EXPECT_EQ(pid_create(0, &pid), -EAGAIN);
    EXPECT(pid == NULL);
    EXPECT_EQ(pids[PID_MAX]->number, PID_MAX);
    end();
}

TEST(pid_the_only_free_number_is_found)
{
    static const int numbers[] = {1, 2, 63, 64, 65, 127, 1000, PID_MAX - 1, PID_MAX};

    begin();
    create_all();
    for (unsigned i = 0; i < ARRAY_LEN(numbers); i++) {
        put(numbers[i]);
        pids[numbers[i]] = create();
        EXPECT_EQ(pids[numbers[i]]->number, numbers[i]);
    }
    end();
}

TEST(pid_numbers_wrap_around)
{
    begin();
    create_all(); /* the last one given out is PID_MAX */
    put(5);
    put(3);
    put(PID_MAX);
    pids[3] = create();
    EXPECT_EQ(pids[3]->number, 3);
    pids[5] = create();
    EXPECT_EQ(pids[5]->number, 5);
    pids[PID_MAX] = create();
    EXPECT_EQ(pids[PID_MAX]->number, PID_MAX);
    end();
}

TEST(pid_held_by_somebody_else_is_left_out)
{
    begin();
    create_all();
    put(10);
    pid_get(pids[11]); /* as a group does: the process that had it is gone */
    pid_put(pids[11]);
    put(12);
    pids[10] = create();
    EXPECT_EQ(pids[10]->number, 10);
    pids[12] = create();
    EXPECT_EQ(pids[12]->number, 12);
    end();
}

TEST(pid_agrees_with_a_model)
{
    enum { AT_ONCE = 100, STEPS = 100000 };
    struct random random = {6};
    int last = 0;

    begin();
    for (unsigned step = 0; step < STEPS; step++) {
        int number = (int)(random_next(&random) % AT_ONCE) + last - AT_ONCE;
        if (number > 0 && pids[number]) {
            put(number);
            continue;
        }
        struct pid *pid = create();
        EXPECT(!pids[pid->number]);
        /* The next one that is free, which is not far away. */
        EXPECT(pid->number > last || pid->number < AT_ONCE);
        last = pid->number;
        pids[last] = pid;
        if (step % 1000 == 0) {
            (void)pid_check();
        }
    }
    EXPECT(pid_check() > 0);
    end();
}

static int create_one(void *pid)
{
    return pid_create(0, pid);
}

static void put_one(void *pid)
{
    pid_put(*(struct pid **)pid);
}

TEST(pid_create_without_memory)
{
    struct pid *pid;

    begin();
    fixture_fail_each(create_one, put_one, &pid);
    end();
}

TEST(pid_number_is_not_lost_for_lack_of_memory)
{
    begin();
    struct pid *pid = NULL;
    inject_arm(1, false);
    EXPECT_EQ(pid_create(0, &pid), -ENOMEM);
    pids[1] = create();
    EXPECT_EQ(pids[1]->number, 1);
    end();
}

TEST(pid_init_begins_again)
{
    begin();
    (void)create();
    (void)create();
    pid_init();
    EXPECT_EQ(pid_check(), 0);
    EXPECT_EQ(create()->number, 1);
}

TEST_DIES(pid_put_while_a_group_has_members, "pid_put: list_is_empty(&pid->members)")
{
    struct list link;

    begin();
    struct pid *pid = create();
    list_append(&pid->members, &link);
    pid_put(pid);
}

TEST_DIES(pid_put_while_a_process_has_it, "pid_put: !pid->process")
{
    begin();
    struct pid *pid = create();
    pid->process = (struct process *)pid;
    pid_put(pid);
}

TEST_DIES(pid_check_sees_a_wrong_number, "pid_check: ")
{
    begin();
    create()->number = 7;
    (void)pid_check();
}

TEST_DIES(pid_check_sees_two_with_one_number, "pid_check: pid_find(pid->number) == pid")
{
    begin();
    struct pid *first = create();
    struct pid *second = create();
    second->number = first->number;
    list_remove(&second->hash_link);
    list_append(&first->hash_link, &second->hash_link);
    (void)pid_check();
}
