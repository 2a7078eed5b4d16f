/* RLIMIT_NPROC, getrlimit(2): how many threads a user may have. */
#include "users.h"

enum { USER = 4321 };

static void set_limit(uint64_t limit)
{
    const struct abi_rlimit wanted = {limit, limit};

    sys_prlimit64(0, RLIMIT_NPROC, &wanted, NULL);
}

static int answers(uint64_t value)
{
    return (int)value;
}

/* As many as the limit says, a zombie with them. */
static int fills(uint64_t unused)
{
    (void)unused;
    set_limit(3);
    become(USER, USER, USER);
    int first = start_fork(answers, 0), second = start_fork(answers, 0);
    await_end(first);
    await_end(second);
    if (first < 0 || second < 0 || start_fork(answers, 0) != -EAGAIN)
        return 2;
    await(first);
    if (run_fork(answers, 7) != exited(7))
        return 3;
    await(second);
    return 1;
}

static int root_fills(uint64_t unused)
{
    (void)unused;
    set_limit(1);
    return run_fork(answers, 1) == exited(1);
}

/* Whose effective user is root is not bound, nor whose real one is. */
static int half_root_fills(uint64_t is_real)
{
    set_limit(1);
    if (is_real)
        become(0, USER, USER);
    else
        become(USER, 0, USER);
    return run_fork(answers, 1) == exited(1);
}

static int others_count(uint64_t unused)
{
    (void)unused;
    set_limit(2);
    become(USER + 1, USER + 1, USER + 1);
    return run_fork(answers, 1) == exited(1);
}

/* setuid does not fail, and the program that comes then does. */
static int becomes_too_many(uint64_t unused)
{
    const char *const words[] = {"users", "-one", NULL};

    (void)unused;
    set_limit(1);
    if (become(USER, USER, USER) != 0)
        return 2;
    if (execute("", words, environment) != -ENOENT)
        return 3;
    if (execute("/none", words, environment) != -EAGAIN)
        return 4;
    return execute(self, words, environment) == -EAGAIN ? 1 : 5;
}

/* An exec that comes as far as its file forgives, though that is not there. */
static int is_forgiven(uint64_t unused)
{
    const char *const words[] = {"users", "-one", NULL};
    struct abi_rlimit limit = {1, 100};

    (void)unused;
    sys_prlimit64(0, RLIMIT_NPROC, &limit, NULL);
    become(USER, USER, USER);
    if (execute(self, words, environment) != -EAGAIN)
        return 2;
    limit.rlim_cur = 100;
    sys_prlimit64(0, RLIMIT_NPROC, &limit, NULL);
    if (execute("/none", words, environment) != -ENOENT)
        return 3;
    limit.rlim_cur = 1;
    sys_prlimit64(0, RLIMIT_NPROC, &limit, NULL);
    execute(self, words, environment);
    return 4;
}

static int becomes_one(uint64_t unused)
{
    const char *const words[] = {"users", "-one", NULL};

    (void)unused;
    set_limit(1);
    become(USER + 2, USER + 2, USER + 2);
    execute(self, words, environment);
    return 2;
}

void check_nproc(void)
{
    check_is(run_fork(fills, 0), exited(1), "nproc: a user's threads and zombies count");
    check_is(run_fork(root_fills, 0), exited(1), "nproc: not those of root");
    check_is(run_fork(half_root_fills, 0), exited(1), "nproc: nor of who acts as root");
    check_is(run_fork(half_root_fills, 1), exited(1), "nproc: nor of whose real user is root");
    int first = start_user(USER), second = start_user(USER), third = start_user(USER);
    check_is(run_fork(others_count, 0), exited(1), "nproc: another's do not count");
    check_is(run_fork(becomes_too_many, 0), exited(1),
             "nproc: who becomes a user with too many cannot run a program");
    check_is(run_fork(is_forgiven, 0), exited(1),
             "nproc: until an exec finds that they are not too many, which may fail");
    check_is(run_fork(becomes_one, 0), exited(1), "nproc: and one with none can");
    end_child(first);
    end_child(second);
    end_child(third);
}
