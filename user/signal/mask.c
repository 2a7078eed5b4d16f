/* sigprocmask(2), sigpending(2), and the mask around handlers. */
#include "signals.h"

static long change(int how, uint64_t set, uint64_t *old)
{
    return sys_rt_sigprocmask(how, &set, old, 8);
}

static void check_procmask(void)
{
    uint64_t old = 1;

    set_mask(0);
    check_is(change(SIG_BLOCK, bit(SIGUSR1), &old), 0, "mask: SIG_BLOCK adds");
    check_is((long)old, 0, "mask: and tells what was before");
    change(SIG_BLOCK, bit(SIGUSR2), &old);
    check_is((long)old, (long)bit(SIGUSR1), "mask: SIG_BLOCK keeps what was");
    change(SIG_UNBLOCK, bit(SIGUSR1), NULL);
    check_is((long)mask_now(), (long)bit(SIGUSR2), "mask: SIG_UNBLOCK takes away");
    change(SIG_SETMASK, ~0ull, NULL);
    check_is((long)mask_now(), (long)~(bit(SIGKILL) | bit(SIGSTOP)),
             "mask: SIGKILL and SIGSTOP are never blocked");
    set_mask(0);
    check_is(change(7, 0, NULL), -EINVAL, "mask: an unknown change gives EINVAL");
    check_is(sys_rt_sigprocmask(7, NULL, &old, 8), 0, "mask: but is not looked at without a set");
    check_is(sys_rt_sigprocmask(SIG_BLOCK, NULL, &old, 4), -EINVAL, "mask: 4 bytes give EINVAL");
    check_is(sys_rt_sigprocmask(SIG_BLOCK, (uint64_t *)BAD_ADDRESS, NULL, 8), -EFAULT,
             "mask: a bad address of the set gives EFAULT");
    check_is(sys_rt_sigprocmask(SIG_BLOCK, NULL, (uint64_t *)BAD_ADDRESS, 8), -EFAULT,
             "mask: and one of the old set too");
    check_is(sys_rt_sigpending((uint64_t *)BAD_ADDRESS, 8), -EFAULT,
             "mask: sigpending with a bad address gives EFAULT");
    uint64_t set[2] = {0, 0x5555};
    check_is(sys_rt_sigpending(set, 9), -EINVAL, "mask: sigpending of 9 bytes gives EINVAL");
    raise_thread(SIGWINCH);
    block(bit(SIGUSR1));
    raise_thread(SIGUSR1);
    check_is(sys_rt_sigpending(set, 4), 0, "mask: sigpending of 4 bytes gives those");
    check(set[0] == bit(SIGUSR1) && set[1] == 0x5555, "mask: and no more than it was asked for");
    ignore_signal(SIGUSR1);
    default_signal(SIGUSR1);
    unblock(bit(SIGUSR1));
}

static volatile uint64_t mask_after;

static void check_mask_in_handlers(void)
{
    forget_caught();
    set_mask(bit(SIGTERM));
    catch_masked(SIGUSR1, 0, bit(SIGUSR2) | bit(40) | bit(SIGKILL));
    raise_process(SIGUSR1);
    check_is((long)caught[0].mask, (long)(bit(SIGTERM) | bit(SIGUSR1) | bit(SIGUSR2) | bit(40)),
             "mask: in a handler: what was, the signal, and the action's mask");
    check_is((long)caught[0].saved, (long)bit(SIGTERM), "mask: the frame holds what was");
    check_is((long)mask_now(), (long)bit(SIGTERM), "mask: which is back after the handler");
    forget_caught();
    catch_masked(SIGUSR1, SA_NODEFER, bit(40));
    raise_process(SIGUSR1);
    check_is((long)caught[0].mask, (long)(bit(SIGTERM) | bit(40)),
             "mask: with SA_NODEFER without the signal");
    set_mask(0);
    default_signal(SIGUSR1);
}

static void changes_saved(int signal, struct abi_siginfo *info, struct abi_ucontext *uc)
{
    (void)signal, (void)info;
    uc->uc_sigmask = ~0ull;
}

static void changes_own(int signal, struct abi_siginfo *info, struct abi_ucontext *uc)
{
    (void)signal, (void)info, (void)uc;
    set_mask(bit(SIGINT));
}

static void check_mask_changed_inside(void)
{
    forget_caught();
    in_handler = changes_saved;
    catch_signal(SIGUSR1, 0);
    raise_process(SIGUSR1);
    check_is((long)mask_now(), (long)~(bit(SIGKILL) | bit(SIGSTOP)),
             "mask: sigreturn takes it from the frame, and never blocks SIGKILL and SIGSTOP");
    set_mask(0);
    forget_caught();
    in_handler = changes_own;
    raise_process(SIGUSR1);
    check_is((long)mask_now(), 0, "mask: what a handler sets ends with it");
    default_signal(SIGUSR1);
}

static void raises_other(int signal, struct abi_siginfo *info, struct abi_ucontext *uc)
{
    (void)info, (void)uc;
    if (signal == SIGUSR1) {
        raise_process(SIGUSR2);
        mask_after = mask_now();
    }
}

static void check_nested(void)
{
    forget_caught();
    in_handler = raises_other;
    catch_signal(SIGUSR1, 0);
    catch_signal(SIGUSR2, 0);
    raise_process(SIGUSR1);
    check(caught_count == 2 && caught[0].signal == SIGUSR1 && caught[1].signal == SIGUSR2,
          "mask: another signal comes inside a handler");
    check_is((long)caught[1].mask, (long)(bit(SIGUSR1) | bit(SIGUSR2)),
             "mask: in which both are blocked");
    check(caught[1].context < caught[0].context, "mask: and whose frame lies below");
    check_is((long)mask_after, (long)bit(SIGUSR1), "mask: then the first one's mask is back");
    forget_caught();
    in_handler = raises_other;
    catch_masked(SIGUSR1, 0, bit(SIGUSR2));
    raise_process(SIGUSR1);
    check(caught_count == 2 && caught[1].context == caught[0].context,
          "mask: one that the action's mask blocks comes after the handler");
    check_is((long)caught[1].mask, (long)bit(SIGUSR2), "mask: with a mask of its own");
    default_signal(SIGUSR1);
    default_signal(SIGUSR2);
}

static void sends_many(int signal, struct abi_siginfo *info, struct abi_ucontext *uc)
{
    (void)signal, (void)info, (void)uc;
    if (caught_count < 60)
        raise_process(34 + (int)(caught_count % 25));
}

static void check_deeply_nested(void)
{
    unsigned good = 0;

    forget_caught();
    in_handler = sends_many;
    for (int signal = 34; signal < 60; signal++)
        catch_signal(signal, SA_NODEFER);
    raise_process(34);
    for (unsigned i = 1; i < caught_count; i++)
        good += caught[i].context < caught[i - 1].context;
    check_is(caught_count, 60, "mask: handlers nest sixty deep");
    check_is(good, 59, "mask: each with a frame below the last one's");
    for (int signal = 34; signal < 60; signal++)
        default_signal(signal);
}

static volatile unsigned seen_at_unblock;

void check_mask(void)
{
    check_procmask();
    check_mask_in_handlers();
    check_mask_changed_inside();
    check_nested();
    check_deeply_nested();
    forget_caught();
    catch_signal(SIGUSR1, 0);
    block(bit(SIGUSR1));
    raise_process(SIGUSR1);
    unblock(bit(SIGUSR1));
    seen_at_unblock = caught_count;
    check_is(seen_at_unblock, 1, "mask: unblocking delivers before sigprocmask returns");
    default_signal(SIGUSR1);
}
