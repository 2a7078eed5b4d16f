/* execve(2), credentials(7): the IDs that a program has, and what it is told of them. */
#include "users.h"

/* The same program, of user 8 and group 9, with both bits; the first with one that its group may
 * not execute. */
#define SET_BOTH "/bin/users-both"
#define SET_USER "/bin/users-user"

static int runs(const char *path, const char *const *words)
{
    execute(path, words, environment);
    return 99;
}

static int saves(uint64_t unused)
{
    (void)unused;
    become(1, 2, 3);
    sys_setfsuid(3);
    return runs(self, (const char *const[]){"users", "-ids", "1", "2", "2", "0", "0", "0", NULL});
}

static int keeps(uint64_t unused)
{
    (void)unused;
    sys_setresgid(4, 5, 6);
    become(1, 2, 2);
    return runs(self, (const char *const[]){"users", "-ids", "1", "2", "2", "4", "5", "5", NULL});
}

static int gains(uint64_t unused)
{
    (void)unused;
    sys_setresgid(4, 4, 4);
    become(1, 1, 1);
    return runs(SET_BOTH,
                (const char *const[]){"users", "-ids", "1", "8", "8", "4", "9", "9", NULL});
}

static int gains_user(uint64_t unused)
{
    (void)unused;
    become(1, 1, 1);
    return runs(SET_USER,
                (const char *const[]){"users", "-ids", "1", "8", "8", "0", "0", "0", NULL});
}

static int root_becomes(uint64_t unused)
{
    (void)unused;
    return runs(SET_BOTH,
                (const char *const[]){"users", "-ids", "0", "8", "8", "0", "9", "9", NULL});
}

static int tells(uint64_t which)
{
    static const char *const words[][7] = {
        {"users", "-auxv", "0", "0", "0", "0", "0"}, {"users", "-auxv", "1", "1", "4", "4", "0"},
        {"users", "-auxv", "1", "8", "4", "9", "1"}, {"users", "-auxv", "1", "2", "0", "0", "1"},
        {"users", "-auxv", "0", "0", "4", "5", "1"},
    };
    const char *all[8] = {0};

    if (which == 1 || which == 2) {
        sys_setresgid(4, 4, 4);
        become(1, 1, 1);
    } else if (which == 3) {
        become(1, 2, 2);
    } else if (which == 4) {
        sys_setresgid(4, 5, 5);
    }
    for (unsigned i = 0; i < 7; i++)
        all[i] = words[which][i];
    return runs(which == 2 ? SET_BOTH : self, all);
}

static int clears_signal(uint64_t unused)
{
    (void)unused;
    become(1, 1, 1);
    sys_prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
    return runs(SET_BOTH, (const char *const[]){"users", "-death", "0", NULL});
}

static int keeps_signal(uint64_t unused)
{
    (void)unused;
    become(1, 1, 1);
    sys_prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
    return runs(self, (const char *const[]){"users", "-death", "15", NULL});
}

static int rests(uint64_t unused)
{
    (void)unused;
    for (;;)
        sleep_ms(1000);
    return 0;
}

/* Who shares the directory could lead it astray. */
static int shares_directory(uint64_t unused)
{
    const struct start how = {.flags = CLONE_FS | SIGCHLD};

    (void)unused;
    become(1, 1, 1);
    int companion = start_clone(&how, rests, 0);
    int child = start_fork(gains_user, 0); /* it has its own */
    if (await(child) != exited(1))
        return 2;
    /* The companion is somebody else's now, and still there when this has run. */
    sys_prctl(PR_SET_NAME, ADDR("sharer"), 0, 0, 0);
    char number[16];
    unsigned at = sizeof(number) - 1;
    number[at] = '\0';
    for (unsigned value = (unsigned)companion; value > 0; value /= 10)
        number[--at] = (char)('0' + value % 10);
    return runs(SET_USER, (const char *const[]){"users", "-shared", &number[at], NULL});
}

/* ---- PR_SET_NO_NEW_PRIVS ---- */

static long privileges_are_kept(void)
{
    return sys_prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
}

static void keep_privileges(void)
{
    sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static int has_kept(uint64_t unused)
{
    (void)unused;
    return (int)privileges_are_kept();
}

static int kept_by_program(uint64_t unused)
{
    (void)unused;
    keep_privileges();
    return runs(self, (const char *const[]){"users", "-kept", NULL});
}

static int sets_kept(uint64_t unused)
{
    (void)unused;
    if (privileges_are_kept() != 0)
        return 2;
    if (sys_prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0) != -EINVAL ||
        sys_prctl(PR_SET_NO_NEW_PRIVS, 2, 0, 0, 0) != -EINVAL ||
        sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0) != -EINVAL ||
        sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 1, 0) != -EINVAL ||
        sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 1) != -EINVAL)
        return 3;
    if (sys_prctl(PR_GET_NO_NEW_PRIVS, 1, 0, 0, 0) != -EINVAL || privileges_are_kept() != 0)
        return 4;
    keep_privileges();
    if (privileges_are_kept() != 1 || sys_prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0) != -EINVAL)
        return 5;
    return privileges_are_kept() == 1 && run_fork(has_kept, 0) == exited(1) ? 1 : 6;
}

/* Whom one acts for, and the program that is run then. */
struct keeping {
    const char *what;
    struct three users;
    const char *path;
    const char *ids[6];
    const char *secure;
};

static const struct keeping keepings[] = {
    {"exec: the bits of a file give nothing",
     {1, 1, 1},
     SET_BOTH,
     {"1", "1", "1", "0", "0", "0"},
     "0"},
    {"exec: nor do they to root", {0, 0, 0}, SET_BOTH, {"0", "0", "0", "0", "0", "0"}, "0"},
    {"exec: who acts for another does so no more",
     {1, 2, 2},
     "",
     {"1", "1", "1", "0", "0", "0"},
     "1"},
    {"exec: even if that is to act for root", {0, 2, 2}, "", {"0", "0", "0", "0", "0", "0"}, "1"},
    {"exec: and if root does", {1, 0, 0}, "", {"1", "1", "1", "0", "0", "0"}, "1"},
};

static int runs_kept(uint64_t index)
{
    const struct keeping *keeping = &keepings[index / 2];
    const char *const *ids = keeping->ids;
    const char *path = keeping->path[0] ? keeping->path : self;

    keep_privileges();
    become((unsigned)keeping->users.real, (unsigned)keeping->users.effective,
           (unsigned)keeping->users.saved);
    if (index % 2)
        return runs(path, (const char *const[]){"users", "-auxv", ids[0], ids[1], ids[3], ids[4],
                                                keeping->secure, NULL});
    return runs(path, (const char *const[]){"users", "-ids", ids[0], ids[1], ids[2], ids[3], ids[4],
                                            ids[5], NULL});
}

static void check_kept(void)
{
    check_is(run_fork(sets_kept, 0), exited(1), "exec: PR_SET_NO_NEW_PRIVS is there for good");
    check_is(run_fork(kept_by_program, 0), exited(1), "exec: in the next program too");
    for (unsigned i = 0; i < COUNT(keepings); i++) {
        check_is(run_fork(runs_kept, 2 * i), exited(1), keepings[i].what);
        check_is(run_fork(runs_kept, 2 * i + 1), exited(1), "exec: and is told so");
    }
}

void check_exec(void)
{
    check_is(run_fork(saves, 0), exited(1), "exec: the effective user is saved, and for files");
    check_is(run_fork(keeps, 0), exited(1), "exec: so is the effective group");
    check_is(run_fork(gains, 0), exited(1), "exec: a file of another's with both bits");
    check_is(run_fork(gains_user, 0), exited(1), "exec: a group that may not execute it");
    check_is(run_fork(root_becomes, 0), exited(1), "exec: root acts for others, too");
    check_is(run_fork(tells, 0), exited(1), "exec: the vector tells of root");
    check_is(run_fork(tells, 1), exited(1), "exec: of a user");
    check_is(run_fork(tells, 2), exited(1), "exec: and of one who acts for another: AT_SECURE");
    check_is(run_fork(tells, 3), exited(1), "exec: who did so before it still does");
    check_is(run_fork(tells, 4), exited(1), "exec: a group is enough");
    check_is(run_fork(clears_signal, 0), exited(1), "exec: PDEATHSIG goes with another user");
    check_is(run_fork(keeps_signal, 0), exited(1), "exec: and else stays");
    check_is(run_fork(shares_directory, 0), exited(1),
             "exec: nothing is gained where others share the directory");
    check_kept();
}
