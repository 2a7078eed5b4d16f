/* Several threads that could take a signal, and which of them does (signal(7), sigwaitinfo(2)). */
#include "threads.h"

enum { RT = 40, RT_LATER = 41 };

static volatile int waiting, taken;

static long takes(uint64_t set)
{
    __atomic_add_fetch(&waiting, 1, __ATOMIC_SEQ_CST);
    long got = CALL(NR_RT_SIGTIMEDWAIT, &set, NULL, NULL, 8);
    __atomic_add_fetch(&taken, 1, __ATOMIC_SEQ_CST);
    return got;
}

/* Waits until so many have come to where they wait. */
static void await_waiting(int count)
{
    while (waiting < count)
        nap();
    settle();
}

static void check_two_waiters(void)
{
    struct thread threads[3] = {{0}};
    int self_pid = (int)sys_getpid();

    waiting = taken = 0;
    block(bit(RT));
    for (unsigned i = 0; i < COUNT(threads); i++)
        thread_start(&threads[i], takes, bit(RT));
    await_waiting(COUNT(threads));
    for (unsigned i = 0; i < COUNT(threads); i++)
        queue_signal(self_pid, RT, i);
    settle();
    check_is(taken, COUNT(threads), "crowd: each of three in sigtimedwait takes one of three");
    check_is((long)pending_now(), 0, "crowd: and nothing is left");
    for (unsigned i = 0; taken < (int)COUNT(threads) && i < COUNT(threads); i++)
        queue_signal(self_pid, RT, i);
    for (unsigned i = 0; i < COUNT(threads); i++)
        thread_join(&threads[i]);
    ignore_signal(RT);
    default_signal(RT);
    unblock(bit(RT));
}

/* ---- a signal that its taker comes to block ---- */

static volatile int taken_in_handler;

static void waits_for_taker(int signal, struct abi_siginfo *info, struct abi_ucontext *uc)
{
    (void)signal, (void)info, (void)uc;
    in_handler = NULL;
    sleep_ms(50);
    taken_in_handler = taken;
}

/* Nobody comes in between, urgent as it is. */
static long sends_two(uint64_t unused)
{
    int urgency = 50;

    (void)unused;
    CALL(NR_SCHED_SETSCHEDULER, 0, SCHED_FIFO, &urgency);
    settle();
    queue_signal((int)sys_getpid(), RT_LATER, 1);
    raise_process(SIGUSR1);
    return 0;
}

static void check_retarget(void)
{
    struct thread waiter = {0}, sender = {0};

    waiting = taken = 0;
    forget_caught();
    catch_masked(SIGUSR1, 0, bit(RT_LATER));
    catch_signal(RT_LATER, 0);
    in_handler = waits_for_taker;
    block(bit(RT_LATER) | bit(SIGUSR1));
    thread_start(&waiter, takes, bit(RT_LATER));
    await_waiting(1);
    thread_start(&sender, sends_two, 0);
    unblock(bit(RT_LATER) | bit(SIGUSR1));
    sleep_ms(100);
    in_handler = NULL;
    thread_join(&sender);
    check_is(taken_in_handler, 1,
             "crowd: what a handler's mask blocks is taken by one that waits for it");
    if (!taken)
        sys_tgkill((int)sys_getpid(), waiter.tid, RT_LATER);
    thread_join(&waiter);
    default_signal(SIGUSR1);
    default_signal(RT_LATER);
}

/* ---- whose infos are believed ---- */

static long queues_as_kernel(uint64_t to)
{
    struct abi_siginfo info = {.si_code = SI_USER};
    int self_pid = (int)sys_getpid(), tid = (int)sys_gettid();

    switch (to) {
    case 0:
        return CALL(NR_RT_SIGQUEUEINFO, self_pid, SIGWINCH, &info);
    case 1:
        return CALL(NR_RT_SIGQUEUEINFO, tid, SIGWINCH, &info);
    case 2:
        return CALL(NR_RT_TGSIGQUEUEINFO, self_pid, self_pid, SIGWINCH, &info);
    default:
        return CALL(NR_RT_TGSIGQUEUEINFO, self_pid, tid, SIGWINCH, &info);
    }
}

static void check_forged_infos(void)
{
    check_is(thread_run(queues_as_kernel, 0), -EPERM,
             "crowd: a thread may not queue SI_USER to its process");
    check_is(thread_run(queues_as_kernel, 1), 0, "crowd: but by its own number");
    check_is(thread_run(queues_as_kernel, 2), -EPERM, "crowd: nor to another of its threads");
    check_is(thread_run(queues_as_kernel, 3), 0, "crowd: but to itself");
}

/* ---- names ---- */

static long names_itself(uint64_t unused)
{
    char name[16];

    (void)unused;
    sys_prctl(PR_SET_NAME, ADDR("a thread"), 0, 0, 0);
    sys_prctl(PR_GET_NAME, ADDR(name), 0, 0, 0);
    return str_equal(name, "a thread");
}

static void check_names(void)
{
    char name[16];

    sys_prctl(PR_SET_NAME, ADDR("the process"), 0, 0, 0);
    check_is(thread_run(names_itself, 0), 1, "crowd: a thread has a name");
    sys_prctl(PR_GET_NAME, ADDR(name), 0, 0, 0);
    check(str_equal(name, "the process"), "crowd: which is nobody else's");
}

/* ---- stopped while it waits ---- */

static volatile int *shared;

static void tells(int signal, struct abi_siginfo *info, struct abi_ucontext *uc)
{
    (void)signal, (void)info, (void)uc;
    shared[1] = (int)sys_gettid();
}

static long waits_on_word(uint64_t unused)
{
    (void)unused;
    shared[0] = (int)sys_gettid();
    while (!shared[1])
        futex(&shared[2], FUTEX_WAIT, 0, NULL, NULL, 0);
    return 0;
}

static int has_waiting_thread(uint64_t unused)
{
    struct thread thread = {0};

    (void)unused;
    in_handler = tells;
    catch_signal(SIGUSR1, 0);
    thread_start(&thread, waits_on_word, 0);
    thread_join(&thread);
    return 1;
}

static void check_stopped_waiter(void)
{
    shared = map_shared(PAGE);
    int child = start_fork(has_waiting_thread, 0);

    while (!shared[0])
        nap();
    settle();
    sys_kill(child, SIGSTOP);
    await_change(child, WUNTRACED);
    sys_tgkill(child, shared[0], SIGUSR1);
    settle();
    check_is(shared[1], 0, "crowd: a thread of a stopped process takes no signal");
    sys_kill(child, SIGCONT);
    settle();
    check_is(shared[1], shared[0], "crowd: it takes it when the process goes on");
    if (!shared[1])
        sys_kill(child, SIGKILL);
    await(child);
}

/* ---- a leader that has ended ---- */

static long stays_behind(uint64_t unused)
{
    (void)unused;
    for (;; sleep_ms(1))
        shared[0]++;
    return 0;
}

static int leader_leaves(uint64_t unused)
{
    struct thread thread = {0};

    (void)unused;
    thread_start(&thread, stays_behind, 0);
    thread_exit(0);
}

static void check_ended_leader(void)
{
    shared = map_shared(PAGE);
    int child = start_fork(leader_leaves, 0);

    while (!shared[0])
        nap();
    check_is(sys_tgkill(child, child, SIGKILL), 0, "crowd: SIGKILL to a leader that has ended");
    settle();
    check_is(await_change(child, WNOHANG), 0x100000, "crowd: does nothing to the others");
    sys_kill(child, SIGSTOP);
    await_change(child, WUNTRACED);
    int before = shared[0];
    sys_tgkill(child, child, SIGCONT);
    settle();
    check(shared[0] != before, "crowd: SIGCONT lets them go on");
    sys_tgkill(child, child, SIGSTOP);
    settle();
    before = shared[0];
    settle();
    check(shared[0] != before, "crowd: SIGSTOP does not stop them");
    sys_kill(child, SIGKILL);
    check_is(await(child), SIGKILL, "crowd: SIGKILL to the process ends them");
}

/* ---- two that wait for one child ---- */

static long waits_for_any(uint64_t unused)
{
    (void)unused;
    __atomic_add_fetch(&waiting, 1, __ATOMIC_SEQ_CST);
    return sys_wait4(-1, NULL, 0, NULL);
}

static int exits_soon(uint64_t unused)
{
    (void)unused;
    sleep_ms(60);
    return 0;
}

static void check_one_child(void)
{
    struct thread threads[2] = {{0}};
    unsigned got = 0, none = 0;
    int child = start_fork(exits_soon, 0);

    waiting = 0;
    for (unsigned i = 0; i < COUNT(threads); i++)
        thread_start(&threads[i], waits_for_any, 0);
    for (unsigned i = 0; i < COUNT(threads); i++) {
        long result = thread_join(&threads[i]);
        got += result == child;
        none += result == -ECHILD;
    }
    check(got == 1 && none == 1, "crowd: of two that wait for one child one gets ECHILD");
}

/* ---- the urgent first ---- */

static volatile int word, order[3], woken;

static long waits_urgently(uint64_t priority)
{
    int urgency = (int)(priority & 0xff);

    CALL(NR_SCHED_SETSCHEDULER, 0, urgency ? SCHED_FIFO : SCHED_OTHER, &urgency);
    __atomic_add_fetch(&waiting, 1, __ATOMIC_SEQ_CST);
    futex(&word, FUTEX_WAIT, 0, NULL, NULL, 0);
    order[__atomic_fetch_add(&woken, 1, __ATOMIC_SEQ_CST)] = urgency;
    return 0;
}

static void check_urgent_first(void)
{
    static const int priorities[] = {0, 10, 20};
    struct thread threads[3] = {{0}};

    waiting = woken = word = 0;
    for (unsigned i = 0; i < COUNT(threads); i++) {
        thread_start(&threads[i], waits_urgently, (uint64_t)priorities[i]);
        await_waiting((int)i + 1);
    }
    for (unsigned i = 0; i < COUNT(threads); i++) {
        futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0);
        settle();
        thread_join(&threads[order[i] / 10]);
    }
    check(order[0] == 20 && order[1] == 10 && order[2] == 0,
          "crowd: of those who wait for a word the most urgent is woken first");
}

/* ---- what waits for a leader that has ended: nobody takes it, and its user is charged ---- */

enum { USER = 6001, PLACES = 5 };

static long queue_to(int pid, int signal)
{
    struct abi_siginfo info = {.si_code = SI_QUEUE};

    return CALL(NR_RT_TGSIGQUEUEINFO, pid, pid, signal, &info);
}

static void become_limited(uint64_t limit)
{
    const struct abi_rlimit wanted = {limit, limit};

    block(~0ull);
    sys_prlimit64(0, RLIMIT_SIGPENDING, &wanted, NULL);
    sys_setresuid(USER, USER, USER);
}

/* How many places its user has. */
static int finds_places(uint64_t unused)
{
    int pid = (int)sys_getpid(), count = 0;

    (void)unused;
    become_limited(PLACES);
    while (count < PLACES && queue_to(pid, RT) == 0)
        count++;
    return count;
}

static int places(void)
{
    return run_fork(finds_places, 0) / exited(1);
}

static long waits_for_go(uint64_t what)
{
    uint64_t set = bit(RT_LATER);

    if (what == 0)
        ignore_signal(RT);
    while (CALL(NR_RT_SIGTIMEDWAIT, &set, NULL, NULL, 8) != RT_LATER)
        ;
    if (what == 1)
        become_helper((const char *const[]){"threads", "-alone", NULL});
    return thread_sleeps(0);
}

/* Three wait for it when it ends; there is room for one more. */
static int leaves_three(uint64_t what)
{
    struct thread other = {0};
    int pid = (int)sys_getpid();

    become_limited(PLACES - 1);
    for (int i = 0; i < 3; i++)
        queue_to(pid, RT);
    thread_start(&other, waits_for_go, what);
    thread_exit(0);
}

static void check_queue_of_ended(void)
{
    int child = start_fork(leaves_three, 2);

    settle();
    check_is(places(), PLACES - 3, "crowd: a leader ends, and what waits for it is still charged");
    check_is(queue_to(child, RT), 0, "crowd: one more is queued to it");
    check_is(queue_to(child, RT), -EAGAIN, "crowd: and no more than its limit");
    sys_tgkill(child, child, SIGKILL);
    check_is(places(), PLACES - 4, "crowd: SIGKILL does and is not charged");
    sys_kill(child, SIGKILL);
    await_end(child);
    check_is(places(), PLACES - 4, "crowd: until the process is waited for");
    await(child);
    check_is(places(), PLACES, "crowd: then it is not");
    child = start_fork(leaves_three, 0);
    settle();
    check_is(places(), PLACES, "crowd: what is ignored then is dropped");
    sys_kill(child, SIGKILL);
    await(child);
    child = start_fork(leaves_three, 1);
    settle();
    queue_signal(child, RT_LATER, 0);
    settle();
    check_is(places(), PLACES, "crowd: so is all when another thread becomes the leader");
    sys_kill(child, SIGKILL);
    await(child);
}

void check_crowd(void)
{
    check_two_waiters();
    check_retarget();
    check_forged_infos();
    check_names();
    check_stopped_waiter();
    check_ended_leader();
    check_queue_of_ended();
    check_one_child();
    check_urgent_first();
}
