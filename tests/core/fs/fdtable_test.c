#include "fs/fdtable.h"

#include "abi/errno.h"
#include "base/inject.h"
#include "base/random.h"
#include "test.h"
#include "tests/core/fixture.h"

enum { LIMIT = FDTABLE_MAX };

static const struct file_ops nothing;
static struct fdtable *table;

static void begin(void)
{
    fixture_begin(FIXTURE_FRAMES_MAX);
    EXPECT_EQ(fdtable_create(&table), 0);
}

static void end(void)
{
    fdtable_put(table);
    EXPECT_EQ(file_count(), 0);
    EXPECT_EQ(fdtable_count(), 0);
    fixture_end();
}

/* A new file behind the lowest free number from min on. */
static int add(unsigned min)
{
    struct file *file = file_create(&nothing, NULL, O_RDONLY);
    int fd = -1;

    EXPECT(file != NULL);
    EXPECT_EQ(fdtable_reserve(table, min, LIMIT, &fd), 0);
    EXPECT(fdtable_find(table, fd) == NULL);
    fdtable_install(table, fd, file, false);
    return fd;
}

static void check(void)
{
    file_check_begin();
    fdtable_check(table);
    file_check_end();
}

TEST(fdtable_gives_the_lowest_number)
{
    begin();
    for (int fd = 0; fd < 70; fd++) {
        EXPECT_EQ(add(0), fd);
    }
    EXPECT_EQ(fdtable_close(table, 40), 0);
    EXPECT_EQ(fdtable_close(table, 3), 0);
    EXPECT_EQ(add(4), 40);
    EXPECT_EQ(add(0), 3);
    EXPECT_EQ(add(0), 70);
    EXPECT_EQ(add(1000), 1000);
    check();
    end();
}

TEST(fdtable_numbers_that_are_none)
{
    static const int none[] = {-1, 1, 32, LIMIT - 1, LIMIT, INT32_MIN, INT32_MAX};

    begin();
    EXPECT_EQ(add(0), 0);
    for (unsigned i = 0; i < ARRAY_LEN(none); i++) {
        EXPECT(fdtable_find(table, none[i]) == NULL);
        EXPECT(fdtable_find_open(table, none[i]) == NULL);
        EXPECT_EQ(fdtable_close(table, none[i]), -EBADF);
    }
    end();
}

TEST(fdtable_limit)
{
    int fd = -1;

    begin();
    for (unsigned i = 0; i < LIMIT; i++) {
        add(0);
    }
    EXPECT_EQ(fdtable_reserve(table, 0, LIMIT, &fd), -EMFILE);
    EXPECT_EQ(fdtable_reserve(table, 0, UINT64_MAX, &fd), -EMFILE);
    EXPECT_EQ(fdtable_close(table, 1000), 0);
    EXPECT_EQ(fdtable_reserve(table, 0, 1000, &fd), -EMFILE);
    EXPECT_EQ(fd, -1);
    EXPECT_EQ(fdtable_reserve(table, 0, 1001, &fd), 0);
    EXPECT_EQ(fd, 1000);
    fdtable_release(table, fd);
    end();
}

TEST(fdtable_reserved_number_is_given_up)
{
    int first = -1;
    int second = -1;

    begin();
    EXPECT_EQ(fdtable_reserve(table, 0, LIMIT, &first), 0);
    EXPECT_EQ(fdtable_reserve(table, 0, LIMIT, &second), 0);
    EXPECT_EQ(first, 0);
    EXPECT_EQ(second, 1);
    fdtable_release(table, first);
    fdtable_release(table, second);
    EXPECT_EQ(add(0), 0);
    end();
}

TEST(fdtable_fork_shares_descriptions)
{
    struct fdtable *copy = NULL;

    begin();
    EXPECT_EQ(add(0), 0);
    EXPECT_EQ(add(100), 100);
    fdtable_set_close_on_exec(table, 100, true);
    EXPECT_EQ(fdtable_fork(table, &copy), 0);
    EXPECT(fdtable_find(copy, 0) == fdtable_find(table, 0));
    EXPECT_EQ(fdtable_find(copy, 100)->refs, 2);
    EXPECT(fdtable_closes_on_exec(copy, 100));
    fdtable_exec(copy);
    EXPECT(fdtable_find(copy, 100) == NULL);
    EXPECT(fdtable_find(copy, 0) != NULL);
    EXPECT_EQ(fdtable_close(table, 0), 0);
    EXPECT_EQ(fdtable_find(copy, 0)->refs, 1);
    fdtable_put(copy);
    check();
    end();
}

static int fork_table(void *context)
{
    return fdtable_fork(table, context);
}

static void drop_copy(void *context)
{
    struct fdtable **copy = context;

    fdtable_put(*copy);
}

TEST(fdtable_fork_without_memory)
{
    struct fdtable *copy;

    begin();
    for (unsigned fd = 0; fd < LIMIT; fd += 31) {
        add(fd);
    }
    fixture_fail_each(fork_table, drop_copy, &copy);
    check();
    end();
}

static int reserve(void *context)
{
    return fdtable_reserve(table, 0, LIMIT, context);
}

static void give_up(void *context)
{
    const int *fd = context;

    fdtable_release(table, *fd);
}

TEST(fdtable_reserve_without_memory)
{
    int fd;

    begin();
    fixture_fail_each(reserve, give_up, &fd);
    end();
}

TEST(fdtable_replace_closes_what_was_there)
{
    begin();
    EXPECT_EQ(add(0), 0);
    EXPECT_EQ(add(0), 1);
    struct file *file = fdtable_find(table, 0);
    EXPECT_EQ(fdtable_replace(table, 1, file, true), 0);
    EXPECT_EQ(file_count(), 1);
    EXPECT_EQ(fdtable_replace(table, 500, file, false), 0);
    EXPECT_EQ(fdtable_replace(table, 0, file, false), 0);
    EXPECT_EQ(file->refs, 3);
    EXPECT(fdtable_closes_on_exec(table, 1));
    inject_arm(1, true);
    EXPECT_EQ(fdtable_replace(table, 900, file, false), -ENOMEM);
    inject_arm(0, false);
    EXPECT_EQ(file->refs, 3);
    check();
    end();
}

TEST(fdtable_next_in_order)
{
    begin();
    EXPECT_EQ(fdtable_next(table, 0), -1);
    add(5);
    add(700);
    EXPECT_EQ(fdtable_next(table, 0), 5);
    EXPECT_EQ(fdtable_next(table, 5), 5);
    EXPECT_EQ(fdtable_next(table, 6), 700);
    EXPECT_EQ(fdtable_next(table, 701), -1);
    EXPECT_EQ(fdtable_next(table, UINT32_MAX), -1);
    end();
}

/* Against an array of what must be there. */
TEST(fdtable_does_as_its_model)
{
    static struct file *model[LIMIT];
    struct random random = {7};

    begin();
    for (unsigned round = 0; round < 20000; round++) {
        int fd = (int)(random_next(&random) % 100);
        if (random_next(&random) % 2) {
            EXPECT_EQ(fdtable_close(table, fd), model[fd] ? 0 : -EBADF);
            model[fd] = NULL;
        } else {
            int lowest = fd;
            while (lowest < LIMIT - 1 && model[lowest]) {
                lowest++;
            }
            if (model[lowest]) {
                continue;
            }
            EXPECT_EQ(add((unsigned)fd), lowest);
            model[lowest] = fdtable_find(table, lowest);
        }
    }
    for (int fd = 0; fd < LIMIT; fd++) {
        EXPECT(fdtable_find(table, fd) == model[fd]);
    }
    check();
    end();
}
