/* prctl(2), PR_SET_PDEATHSIG: what becomes of it when users change. */
#include "users.h"

static long death_signal(void)
{
    int signal = -1;

    sys_prctl(PR_GET_PDEATHSIG, ADDR(&signal), 0, 0, 0);
    return signal;
}

/* Which IDs: 0 to 2 of the user, 3 to 5 of the group, 6 and 7 those of the file system. */
static int changes(uint64_t which)
{
    const unsigned id = 5;

    sys_prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
    switch (which) {
    case 0:
        sys_setresuid(id, KEEP, KEEP);
        break;
    case 1:
        sys_setresuid(KEEP, id, KEEP);
        break;
    case 2:
        sys_setresuid(KEEP, KEEP, id);
        break;
    case 3:
        sys_setresgid(id, KEEP, KEEP);
        break;
    case 4:
        sys_setresgid(KEEP, id, KEEP);
        break;
    case 5:
        sys_setresgid(KEEP, KEEP, id);
        break;
    case 6:
        sys_setfsuid(id);
        break;
    default:
        sys_setfsgid(id);
        break;
    }
    return (int)death_signal();
}

static volatile int *shared;

/* A child of somebody who goes, with another user or the same. */
static int waits_for_end(uint64_t user)
{
    become((unsigned)user, (unsigned)user, (unsigned)user);
    sys_prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
    shared[0] = 1;
    for (;;)
        sleep_ms(1000);
    return 0;
}

static int leaves_child(uint64_t user)
{
    shared[0] = 0;
    shared[1] = start_fork(waits_for_end, user);
    while (!shared[0])
        sleep_ms(1);
    become(6, 6, 6);
    return 0;
}

/* What the child's state is when its parent has gone: SIGTERM, or 0: it goes on. */
static int left_by(uint64_t user)
{
    sys_prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    run_fork(leaves_child, user);
    settle();
    long status = await_change(shared[1], WNOHANG);
    if (status != 0x100000)
        return status == SIGTERM ? 1 : 2;
    end_child(shared[1]);
    return 3;
}

void check_death(void)
{
    static const char *const names[] = {
        "pdeathsig: stays when the real user changes",
        "pdeathsig: goes with another effective user",
        "pdeathsig: stays when the saved user changes",
        "pdeathsig: stays when the real group changes",
        "pdeathsig: goes with another effective group",
        "pdeathsig: stays when the saved group changes",
        "pdeathsig: goes with another user for files",
        "pdeathsig: goes with another group for files",
    };

    shared = map_shared(PAGE);
    for (unsigned i = 0; i < COUNT(names); i++)
        check_is(run_fork(changes, i), exited(i == 0 || i == 2 || i == 3 || i == 5 ? SIGTERM : 0),
                 names[i]);
    check_is(run_fork(left_by, 6), exited(1), "pdeathsig: a parent of the same user sends it");
    check_is(run_fork(left_by, 5), exited(3), "pdeathsig: another user's does not");
}
