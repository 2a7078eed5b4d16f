/* setuid(2), setreuid(2), setresuid(2), setfsuid(2), getresuid(2), and the same of groups. */
#include "users.h"

enum call { SETUID, SETREUID, SETRESUID };

/* A process with these three IDs makes a call, and has the others then. */
struct change {
    const char *what;
    struct three before;
    enum call call;
    int args[3];
    int result;
    struct three after;
};

static const struct change changes[] = {
    {"setuid: root sets all", {0, 0, 0}, SETUID, {5}, 0, {5, 5, 5}},
    {"setuid: so does who has only the effective 0", {1, 0, 3}, SETUID, {5}, 0, {5, 5, 5}},
    {"setuid: the real 0 alone may go back", {0, 2, 3}, SETUID, {0}, 0, {0, 0, 3}},
    {"setuid: and nothing else", {0, 2, 3}, SETUID, {5}, -EPERM, {0, 2, 3}},
    {"setuid: others take the real one", {1, 2, 3}, SETUID, {1}, 0, {1, 1, 3}},
    {"setuid: or the saved one", {1, 2, 3}, SETUID, {3}, 0, {1, 3, 3}},
    {"setuid: the effective one is not asked for", {1, 2, 3}, SETUID, {2}, -EPERM, {1, 2, 3}},
    {"setuid: no other", {1, 2, 3}, SETUID, {0}, -EPERM, {1, 2, 3}},
    {"setuid: -1 is none", {0, 0, 0}, SETUID, {-1}, -EINVAL, {0, 0, 0}},
    {"setreuid: root takes any", {0, 0, 0}, SETREUID, {5, 6}, 0, {5, 6, 6}},
    {"setreuid: -1 keeps both", {0, 0, 7}, SETREUID, {-1, -1}, 0, {0, 0, 7}},
    {"setreuid: another effective one is saved", {0, 0, 0}, SETREUID, {-1, 6}, 0, {0, 6, 6}},
    {"setreuid: the real one is not", {1, 2, 3}, SETREUID, {-1, 1}, 0, {1, 1, 3}},
    {"setreuid: any real one is followed by the saved", {1, 2, 3}, SETREUID, {1, -1}, 0, {1, 2, 2}},
    {"setreuid: others swap", {1, 2, 3}, SETREUID, {2, 1}, 0, {2, 1, 1}},
    {"setreuid: take the saved as the effective", {1, 2, 3}, SETREUID, {-1, 3}, 0, {1, 3, 3}},
    {"setreuid: but not as the real", {1, 2, 3}, SETREUID, {3, -1}, -EPERM, {1, 2, 3}},
    {"setreuid: nothing is half done", {1, 2, 3}, SETREUID, {2, 9}, -EPERM, {1, 2, 3}},
    {"setresuid: root takes any", {0, 0, 0}, SETRESUID, {5, 6, 7}, 0, {5, 6, 7}},
    {"setresuid: -1 keeps", {1, 2, 3}, SETRESUID, {-1, -1, -1}, 0, {1, 2, 3}},
    {"setresuid: others permute", {1, 2, 3}, SETRESUID, {2, 3, 1}, 0, {2, 3, 1}},
    {"setresuid: another real one: EPERM", {1, 2, 3}, SETRESUID, {9, -1, -1}, -EPERM, {1, 2, 3}},
    {"setresuid: another effective one", {1, 2, 3}, SETRESUID, {-1, 9, -1}, -EPERM, {1, 2, 3}},
    {"setresuid: another saved one", {1, 2, 3}, SETRESUID, {1, 1, 9}, -EPERM, {1, 2, 3}},
    {"setresuid: the effective 0 is enough", {1, 0, 3}, SETRESUID, {8, 9, 7}, 0, {8, 9, 7}},
};

static long make(const struct change *change, bool of_group)
{
    unsigned a = (unsigned)change->args[0], b = (unsigned)change->args[1];
    unsigned c = (unsigned)change->args[2];

    switch (change->call) {
    case SETUID:
        return of_group ? sys_setgid(a) : sys_setuid(a);
    case SETREUID:
        return of_group ? sys_setregid(a, b) : sys_setreuid(a, b);
    default:
        return of_group ? sys_setresgid(a, b, c) : sys_setresuid(a, b, c);
    }
}

static bool are(const struct three *wanted, bool of_group)
{
    struct three have = {-1, -1, -1};
    long result = of_group ? sys_getresgid(&have.real, &have.effective, &have.saved)
                           : sys_getresuid(&have.real, &have.effective, &have.saved);

    return result == 0 && have.real == wanted->real && have.effective == wanted->effective &&
           have.saved == wanted->saved;
}

/* The file system's ID follows the effective one, unless nothing was asked for. */
static bool follows(const struct change *change, bool of_group)
{
    long fs = of_group ? sys_setfsgid(KEEP) : sys_setfsuid(KEEP);

    return fs == change->after.effective;
}

static int changes_user(uint64_t index)
{
    const struct change *change = &changes[index];

    become((unsigned)change->before.real, (unsigned)change->before.effective,
           (unsigned)change->before.saved);
    if (make(change, false) != change->result)
        return 2;
    return are(&change->after, false) && follows(change, false) ? 1 : 3;
}

/* Whether it may depends on the user: one that is 0 where a group would be. */
static int changes_group(uint64_t index)
{
    const struct change *change = &changes[index];
    const struct three *before = &change->before;

    sys_setresgid((unsigned)before->real, (unsigned)before->effective, (unsigned)before->saved);
    if (before->effective != 0)
        become(9, 9, 9);
    if (make(change, true) != change->result)
        return 2;
    return are(&change->after, true) && follows(change, true) ? 1 : 3;
}

static int sets_fs(uint64_t unused)
{
    (void)unused;
    if (sys_setfsuid(7) != 0 || sys_setfsuid(KEEP) != 7 || sys_setfsuid(0) != 7)
        return 2;
    become(1, 2, 3);
    if (sys_setfsuid(9) != 2 || sys_setfsuid(3) != 2 || sys_setfsuid(1) != 3)
        return 3;
    if (sys_setfsuid(0) != 1 || sys_setfsuid(KEEP) != 1)
        return 4;
    if (sys_setresuid(KEEP, 2, KEEP) != 0 || sys_setfsuid(KEEP) != 2)
        return 5;
    return 1;
}

static int sets_fs_group(uint64_t unused)
{
    (void)unused;
    if (sys_setfsgid(7) != 0 || sys_setfsgid(KEEP) != 7)
        return 2;
    become(1, 1, 1);
    return sys_setfsgid(9) == 7 && sys_setfsgid(0) == 7 && sys_setfsgid(7) == 0 &&
                   sys_setfsgid(KEEP) == 0
               ? 1
               : 3;
}

/* An ID is a number of 32 bits, which in a register has no sign. */
static int sets_high(uint64_t unused)
{
    (void)unused;
    become(0xfffffffe, 0x80000000, 0xfffff001);
    return sys_getuid() == 0xfffffffel && sys_geteuid() == 0x80000000l && sys_getgid() == 0 &&
           sys_getegid() == 0;
}

static volatile int *shared;

static int thread_sets(uint64_t unused)
{
    (void)unused;
    become(5, 5, 5);
    shared[0] = (int)sys_getuid();
    CALL(NR_EXIT, 0);
    return 0;
}

/* The call is for one thread alone; libraries make it in all (nptl(7)). */
static int one_of_two(uint64_t unused)
{
    static char stack[4096] __attribute__((aligned(16)));
    const struct start how = {
        .flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD,
        .stack = ADDR(stack) + sizeof(stack),
    };

    (void)unused;
    shared[0] = -1;
    start_clone(&how, thread_sets, 0);
    while (shared[0] < 0)
        sleep_ms(1);
    return shared[0] == 5 && sys_getuid() == 0;
}

static int inherits(uint64_t unused)
{
    const struct three ids = {1, 2, 3};

    (void)unused;
    return are(&ids, false) && sys_setfsuid(KEEP) == 3 ? 1 : 2;
}

static int forks(uint64_t unused)
{
    (void)unused;
    become(1, 2, 3);
    sys_setfsuid(3);
    return run_fork(inherits, 0) == exited(1) ? 1 : 2;
}

void check_set(void)
{
    shared = map_shared(PAGE);
    for (unsigned i = 0; i < COUNT(changes); i++)
        check_is(run_fork(changes_user, i), exited(1), changes[i].what);
    for (unsigned i = 0; i < COUNT(changes); i++) {
        /* A real group 0 has no power, and an effective one neither. */
        bool is_same = changes[i].before.effective != 0 || changes[i].before.real == 0;
        if (is_same)
            check_is(run_fork(changes_group, i), exited(1), changes[i].what);
    }
    check_is(run_fork(sets_fs, 0), exited(1), "setfsuid: gives what there was, and no error");
    check_is(run_fork(sets_fs_group, 0), exited(1), "setfsgid: so it does");
    check_is(run_fork(sets_high, 0), exited(1), "getuid: an ID is never an error");
    check_is(sys_getresuid((int *)BAD_ADDRESS, NULL, NULL), -EFAULT,
             "getresuid: a bad address gives EFAULT");
    check_is(run_fork(one_of_two, 0), exited(1), "setresuid: it is for one thread alone");
    check_is(run_fork(forks, 0), exited(1), "fork: the child has its parent's");
}
