/* sigaction(2), and what each signal does by default (signal(7)). */
#include "signals.h"

static long act(int signal, const struct abi_sigaction *action, struct abi_sigaction *old)
{
    return sys_rt_sigaction(signal, action, old, 8);
}

static void check_action_errors(void)
{
    static const int wrong[] = {0, -1, 65, SIGKILL, SIGSTOP};
    struct abi_sigaction action = {.handler = SIG_IGN}, old = {0};
    unsigned good = 0;

    for (unsigned i = 0; i < COUNT(wrong); i++)
        good += act(wrong[i], &action, NULL) == -EINVAL;
    check_is(good, COUNT(wrong), "action: 0, -1, 65, SIGKILL and SIGSTOP give EINVAL");
    action.handler = SIG_DFL;
    check_is(act(SIGKILL, &action, NULL), -EINVAL, "action: SIGKILL cannot even be made default");
    check_is(act(SIGKILL, NULL, &old), 0, "action: but SIGKILL's action can be asked for");
    check_is((long)old.handler, SIG_DFL, "action: and is the default");
    check_is(act(0, NULL, &old), -EINVAL, "action: signal 0 cannot be asked for");
    check_is(sys_rt_sigaction(SIGUSR1, NULL, &old, 4), -EINVAL,
             "action: a set of 4 bytes gives EINVAL");
    check_is(sys_rt_sigaction(SIGUSR1, NULL, &old, 16), -EINVAL, "action: so does one of 16");
    check_is(act(SIGUSR1, (const struct abi_sigaction *)BAD_ADDRESS, NULL), -EFAULT,
             "action: a bad address of the new action gives EFAULT");
    check_is(act(SIGUSR1, NULL, (struct abi_sigaction *)BAD_ADDRESS), -EFAULT,
             "action: and one of the old action too");
}

static void check_action_kept(void)
{
    const struct abi_sigaction wanted = {
        .handler = 0x1230, .flags = SA_SIGINFO | SA_RESTART | SA_NODEFER, .mask = ~0ull};
    struct abi_sigaction got = {0};
    unsigned good = 0;

    for (int signal = 1; signal <= 64; signal++)
        good += signal != SIGKILL && signal != SIGSTOP && act(signal, &wanted, NULL) == 0;
    check_is(good, 62, "action: 62 signals can have a handler");
    act(SIGUSR1, NULL, &got);
    check_is((long)got.handler, 0x1230, "action: the handler is told back");
    check_is((long)got.flags, SA_SIGINFO | SA_RESTART | SA_NODEFER, "action: so are the flags");
    check_is((long)got.mask, (long)~(bit(SIGKILL) | bit(SIGSTOP)),
             "action: and the mask, without SIGKILL and SIGSTOP");
    struct abi_sigaction odd = {.handler = SIG_IGN, .flags = ~0ull};
    act(SIGUSR1, &odd, NULL);
    act(SIGUSR1, NULL, &got);
    check_is((long)(got.flags & SA_UNSUPPORTED), 0, "action: SA_UNSUPPORTED is never told back");
    check_is((long)(got.flags & 0xff), SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO,
             "action: of the unknown flags none is told back");
    for (int signal = 1; signal <= 64; signal++)
        default_signal(signal);
    struct abi_sigaction before = {.handler = 7};
    act(SIGUSR1, &odd, &before);
    check_is((long)before.handler, SIG_DFL, "action: the old action is that before the call");
    default_signal(SIGUSR1);
}

static int ignores_pending(uint64_t signal)
{
    block(bit((int)signal));
    raise_process((int)signal);
    if (!(pending_now() & bit((int)signal)))
        return 2;
    ignore_signal((int)signal);
    if (pending_now() & bit((int)signal))
        return 3;
    default_signal((int)signal);
    unblock(bit((int)signal));
    return 1;
}

static int ignored_is_not_kept(uint64_t signal)
{
    ignore_signal((int)signal);
    raise_process((int)signal);
    default_signal((int)signal);
    return 1;
}

static int blocked_and_ignored(uint64_t signal)
{
    block(bit((int)signal));
    ignore_signal((int)signal);
    raise_process((int)signal);
    return (pending_now() & bit((int)signal)) != 0;
}

static int default_drops_chld(uint64_t unused)
{
    (void)unused;
    catch_signal(SIGCHLD, 0);
    block(bit(SIGCHLD));
    raise_process(SIGCHLD);
    if (!(pending_now() & bit(SIGCHLD)))
        return 2;
    default_signal(SIGCHLD);
    return !(pending_now() & bit(SIGCHLD));
}

static void check_pending_and_actions(void)
{
    check_is(run_fork(ignores_pending, SIGUSR1), exited(1),
             "action: ignoring a signal drops it where it is pending");
    check_is(run_fork(ignores_pending, 40), exited(1), "action: so it is with a real-time signal");
    check_is(run_fork(ignored_is_not_kept, SIGTERM), exited(1),
             "action: what is ignored when it comes never takes effect");
    check_is(run_fork(blocked_and_ignored, SIGTERM), exited(1),
             "action: an ignored signal that is blocked stays pending");
    check_is(run_fork(default_drops_chld, 0), exited(1),
             "action: a default action that ignores drops what is pending");
}

/* Once only: what sa_handler gets without SA_SIGINFO. */
static volatile int plain_signal, plain_count;

static void plain(int signal)
{
    plain_signal = signal;
    plain_count++;
}

static uint64_t action_told_inside;

static void asks_action(int signal, struct abi_siginfo *info, struct abi_ucontext *uc)
{
    (void)info, (void)uc;
    action_told_inside = signal_handler(signal);
}

static volatile int depth, deepest;

static void raises_again(int signal, struct abi_siginfo *info, struct abi_ucontext *uc)
{
    (void)info, (void)uc;
    if (++depth > deepest)
        deepest = depth;
    if (caught_count < 3)
        raise_process(signal);
    depth--;
}

static void count_depth(uint64_t flags, uint64_t mask)
{
    forget_caught();
    depth = deepest = 0;
    in_handler = raises_again;
    catch_masked(SIGUSR1, flags, mask);
    raise_process(SIGUSR1);
    default_signal(SIGUSR1);
}

static int resethand_twice(uint64_t unused)
{
    (void)unused;
    catch_signal(SIGUSR1, SA_RESETHAND);
    raise_process(SIGUSR1);
    raise_process(SIGUSR1);
    return 0;
}

static void check_handler_flags(void)
{
    set_handler(SIGUSR1, ADDR(plain), 0);
    raise_process(SIGUSR1);
    check(plain_count == 1 && plain_signal == SIGUSR1, "action: a handler gets the signal");
    count_depth(0, 0);
    check(deepest == 1 && caught_count == 3, "action: a handler's signal waits for its end");
    count_depth(SA_NODEFER, 0);
    check(deepest == 3 && caught_count == 3, "action: with SA_NODEFER it does not");
    count_depth(SA_NODEFER, bit(SIGUSR1));
    check(deepest == 1 && caught_count == 3, "action: with SA_NODEFER and itself in the mask");
    forget_caught();
    in_handler = asks_action;
    catch_signal(SIGUSR2, SA_RESETHAND);
    raise_process(SIGUSR2);
    check(caught_count == 1 && action_told_inside == SIG_DFL,
          "action: SA_RESETHAND makes it the default before the handler runs");
    check((caught[0].mask & bit(SIGUSR2)) != 0, "action: and the signal is blocked in it");
    check_is(run_fork(resethand_twice, 0), signalled(SIGUSR1), "action: the second one ends it");
    forget_caught();
    catch_signal(SIGTRAP, SA_RESETHAND);
    raise_process(SIGTRAP);
    check_is((long)signal_handler(SIGTRAP), SIG_DFL, "action: SA_RESETHAND works with SIGTRAP");
    default_signal(SIGUSR1);
}

void check_action(void)
{
    check_action_errors();
    check_action_kept();
    check_pending_and_actions();
    check_handler_flags();
}

/* ---- default actions ---- */

enum kind { IGNORES, STOPS, CONTINUES, ENDS, DUMPS };

static enum kind default_of(int signal)
{
    switch (signal) {
    case SIGCHLD:
    case SIGURG:
    case SIGWINCH:
        return IGNORES;
    case SIGCONT:
        return CONTINUES;
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
        return STOPS;
    case SIGQUIT:
    case SIGILL:
    case SIGTRAP:
    case SIGABRT:
    case SIGBUS:
    case SIGFPE:
    case SIGSEGV:
    case SIGXCPU:
    case SIGXFSZ:
    case SIGSYS:
        return DUMPS;
    default:
        return ENDS;
    }
}

static int raises(uint64_t signal)
{
    sys_setpgid(0, 0); /* a group that is not orphaned: its parent is in another one */
    raise_process((int)signal);
    return 3;
}

static void check_one_default(int signal)
{
    static const char *const say[] = {
        [IGNORES] = "default: a signal that is ignored: URG, WINCH, CHLD",
        [STOPS] = "default: a signal that stops",
        [CONTINUES] = "default: SIGCONT continues, and else does nothing",
        [ENDS] = "default: a signal that ends the process",
        [DUMPS] = "default: a signal that ends the process, without a core where the limit is 0",
    };
    int child = start_fork(raises, (uint64_t)signal);
    long status = await_change(child, WUNTRACED);

    switch (default_of(signal)) {
    case STOPS:
        check_is(status, stopped(signal), say[STOPS]);
        sys_kill(child, SIGKILL);
        await(child);
        break;
    case ENDS:
    case DUMPS:
        check_is(status, signal, say[default_of(signal)]);
        break;
    default:
        check_is(status, exited(3), say[default_of(signal)]);
    }
}

static int blocked_end(uint64_t signal)
{
    block(~0ull);
    raise_process((int)signal);
    return 4;
}

void check_default(void)
{
    struct abi_rlimit none = {0, RLIM_INFINITY}, all = {RLIM_INFINITY, RLIM_INFINITY};
    unsigned good = 0;

    sys_prlimit64(0, RLIMIT_CORE, &none, NULL);
    for (int signal = 1; signal <= 64; signal++)
        check_one_default(signal);
    for (int signal = 1; signal <= 64; signal++) {
        int want = signal == SIGKILL ? SIGKILL : signal == SIGSTOP ? 0 : exited(4);
        good += want && run_whole(blocked_end, (uint64_t)signal) == want;
    }
    check_is(good, 63, "default: a blocked signal does nothing, but for SIGKILL");
    sys_prlimit64(0, RLIMIT_CORE, &all, NULL);
    check_is(run_whole(raises, SIGTERM), SIGTERM, "default: SIGTERM never leaves a core");
    sys_prlimit64(0, RLIMIT_CORE, &none, NULL);
}
