/* RLIMIT_SIGPENDING, getrlimit(2): how many signals may wait that are charged to a user. */
#include "users.h"

enum { USER = 5001, RT = 40 };

static void set_limit(uint64_t limit)
{
    const struct abi_rlimit wanted = {limit, limit};

    sys_prlimit64(0, RLIMIT_SIGPENDING, &wanted, NULL);
}

/* How many it can queue to itself, which then wait. */
static int queue_all(void)
{
    int self_pid = (int)sys_getpid();
    int count = 0;

    while (count < 50 && queue_signal(self_pid, RT, 0) == 0)
        count++;
    return queue_signal(self_pid, RT, 0) == -EAGAIN ? count : 100;
}

static void take(int signal)
{
    uint64_t set = bit(signal);

    CALL(NR_RT_SIGTIMEDWAIT, &set, NULL, NULL, 8);
}

/* It sleeps with all signals blocked, and has some of them. */
static int start_queue(unsigned user, int count)
{
    uint64_t mask = mask_now();

    block(~0ull);
    int pid = start_user(user);
    set_mask(mask);
    for (int i = 0; i < count; i++)
        queue_signal(pid, RT, 0);
    return pid;
}

struct queuing {
    struct three ids;
    uint64_t limit;
};

static int queues(uint64_t at)
{
    const struct queuing *wanted = (const struct queuing *)at;

    block(~0ull);
    set_limit(wanted->limit);
    become((unsigned)wanted->ids.real, (unsigned)wanted->ids.effective,
           (unsigned)wanted->ids.saved);
    return queue_all();
}

static void check_users(void)
{
    static const struct queuing own = {{USER, USER, USER}, 5};
    static const struct queuing others = {{USER + 1, USER + 1, USER + 1}, 2};
    static const struct queuing real = {{USER, USER + 1, USER + 1}, 5};
    static const struct queuing effective = {{USER + 1, USER, USER}, 5};
    int first = start_queue(USER, 3);

    check_is(run_fork(queues, ADDR(&own)), exited(2), "queued: those of all a user's processes");
    check_is(run_fork(queues, ADDR(&others)), exited(2), "queued: another's do not count");
    check_is(run_fork(queues, ADDR(&real)), exited(2), "queued: it is the real user that counts");
    check_is(run_fork(queues, ADDR(&effective)), exited(5), "queued: and not the effective one");
    end_child(first);
    check_is(run_fork(queues, ADDR(&own)), exited(5), "queued: those of who has ended do not");
}

/* ---- whose they are ---- */

static int sends(uint64_t to)
{
    set_limit(0);
    return queue_signal((int)to, RT, 0) == 0 && queue_signal((int)to, RT, 0) == 0;
}

static int changes(uint64_t unused)
{
    (void)unused;
    block(~0ull);
    set_limit(2);
    become(USER, 0, 0);
    if (queue_all() != 2)
        return 2;
    become(USER + 1, 0, 0);
    if (queue_all() != 2)
        return 3;
    take(RT); /* what came first goes first */
    take(RT);
    if (queue_all() != 0)
        return 4;
    become(USER, 0, 0);
    return queue_all() == 2 ? 1 : 5;
}

static int answers(uint64_t value)
{
    return (int)value;
}

static int hears_of_child(uint64_t unused)
{
    (void)unused;
    block(~0ull);
    set_limit(2);
    become(USER, USER, USER);
    await_end(start_fork(answers, 0));
    if (queue_all() != 1)
        return 2;
    await_end(start_fork(answers, 0));
    take(SIGCHLD);
    return queue_all() == 1 ? 1 : 3;
}

/* ---- timers ---- */

static long create_timer(int *id)
{
    const struct abi_sigevent event = {.sigev_signo = RT, .sigev_notify = SIGEV_SIGNAL};

    return CALL(NR_TIMER_CREATE, CLOCK_MONOTONIC, &event, id);
}

/* The time that it tells of has passed when the call ends. */
static void let_come(int id)
{
    const struct abi_itimerspec soon = {{0, 0}, {0, 1000}};

    CALL(NR_TIMER_SETTIME, id, 0, &soon, NULL);
    nap();
}

static int has_timers(uint64_t unused)
{
    int first = -1, second = -1, third = -1;

    (void)unused;
    block(~0ull);
    set_limit(2);
    become(USER, 0, 0);
    if (create_timer(&first) != 0 || create_timer(&second) != 0)
        return 2;
    if (create_timer(&third) != -EAGAIN || queue_all() != 0)
        return 3;
    let_come(first);
    become(USER + 1, 0, 0);
    let_come(second);
    if (create_timer(&third) != 0 || queue_all() != 1)
        return 4;
    CALL(NR_TIMER_DELETE, first);
    become(USER, 0, 0);
    if (queue_all() != 0)
        return 5; /* its signal waits yet */
    take(RT);
    return queue_all() == 1 ? 1 : 6;
}

/* ---- of who has ended ---- */

/* A user ends while three signals wait that were sent to the process. */
static int ends_with(uint64_t unused)
{
    block(~0ull);
    become(USER, USER, USER);
    for (int i = 0; i < 3; i++)
        queue_signal((int)sys_getpid(), RT, 0);
    return (int)unused;
}

/* The same, sent to its thread. */
static int ends_with_own(uint64_t unused)
{
    int pid = (int)sys_getpid();
    struct abi_siginfo info = {.si_signo = RT, .si_code = SI_QUEUE};

    block(~0ull);
    become(USER, USER, USER);
    for (int i = 0; i < 3; i++)
        CALL(NR_RT_TGSIGQUEUEINFO, pid, pid, RT, &info);
    return (int)unused;
}

/* With three timers, one of which has come. */
static int ends_with_timers(uint64_t unused)
{
    int id = -1;

    block(~0ull);
    become(USER, USER, USER);
    for (int i = 0; i < 3; i++)
        create_timer(&id);
    let_come(id);
    return (int)unused;
}

static void check_ended(void)
{
    static const struct queuing own = {{USER, USER, USER}, 5};
    static const struct {
        child_function run;
        int left;
        const char *name;
    } ends[] = {
        {ends_with, 2, "queued: those of a zombie count, until it is waited for"},
        {ends_with_own, 2, "queued: those of its thread do, too"},
        {ends_with_timers, 4, "queued: of its timers those do that have come"},
    };

    for (int i = 0; i < 3; i++) {
        int pid = start_fork(ends[i].run, 0);
        await_end(pid);
        queue_signal(pid, RT, 0); /* which it does not get any more */
        int among = run_fork(queues, ADDR(&own));
        await(pid);
        check(among == exited(ends[i].left) && run_fork(queues, ADDR(&own)) == exited(5),
              ends[i].name);
    }
}

/* By a signal that ends it at once. */
static void check_ended_by(void)
{
    static const struct queuing own = {{USER, USER, USER}, 5};
    static const struct abi_rlimit none = {0, 0};
    int pid = start_user(USER);

    sys_prlimit64(pid, RLIMIT_SIGPENDING, &none, NULL);
    check_is(queue_signal(pid, RT, 0), -EAGAIN, "queued: one that would end it is refused, too");
    end_child(pid);
    pid = start_user(USER);
    sys_kill(pid, SIGTERM);
    await_end(pid);
    check_is(run_fork(queues, ADDR(&own)), exited(4), "queued: one that has ended it counts");
    await(pid);
    check_is(run_fork(queues, ADDR(&own)), exited(5), "queued: until it is waited for");
}

void check_queued(void)
{
    check_users();
    int idle = start_queue(USER, 0);
    check_is(run_fork(sends, (uint64_t)idle), exited(1), "queued: whoever sends is not charged");
    end_child(idle);
    check_is(run_fork(changes, 0), exited(1), "queued: who becomes another leaves them behind");
    check_is(run_fork(hears_of_child, 0), exited(1), "queued: one of a child's end counts");
    check_is(run_fork(has_timers, 0), exited(1), "queued: a timer is its maker's");
    check_ended();
    check_ended_by();
}
