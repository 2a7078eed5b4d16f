/* sigaltstack(2). */
#include "signals.h"

enum { STACK_BYTES = 16 * PAGE };

static long alt(const struct abi_sigaltstack *stack, struct abi_sigaltstack *old)
{
    return CALL(NR_SIGALTSTACK, stack, old);
}

static long alt_of(uint64_t at, uint64_t bytes, unsigned flags)
{
    return alt(&(struct abi_sigaltstack){.ss_sp = at, .ss_size = bytes, .ss_flags = (int)flags},
               NULL);
}

static uint64_t area;

static bool on_area(uint64_t address)
{
    return address >= area && address < area + STACK_BYTES;
}

static long inside_result, inside_flags, inside_disable;

static void tries_inside(int signal, struct abi_siginfo *info, struct abi_ucontext *uc)
{
    struct abi_sigaltstack old = {.ss_flags = 99};

    (void)signal, (void)info, (void)uc;
    inside_result = alt_of(area, STACK_BYTES, 0);
    inside_disable = alt_of(0, 0, SS_DISABLE);
    alt(NULL, &old);
    inside_flags = old.ss_flags;
}

static void check_use(void)
{
    struct abi_sigaltstack old = {.ss_flags = 99};

    area = ADDR(map_private(STACK_BYTES));
    check_is(alt(NULL, &old), 0, "altstack: one can ask");
    check_is(old.ss_flags, SS_DISABLE, "altstack: at first there is none");
    check_is(alt_of(area, STACK_BYTES, 0), 0, "altstack: one can be set");
    alt(NULL, &old);
    check(old.ss_sp == area && old.ss_size == STACK_BYTES && old.ss_flags == 0,
          "altstack: and is told back");
    forget_caught();
    catch_signal(SIGUSR1, 0);
    raise_process(SIGUSR1);
    check(!on_area(caught[0].context), "altstack: a handler without SA_ONSTACK is not on it");
    forget_caught();
    in_handler = tries_inside;
    catch_signal(SIGUSR1, SA_ONSTACK);
    raise_process(SIGUSR1);
    check(on_area(caught[0].context), "altstack: one with SA_ONSTACK is");
    check(caught[0].info_address + 8 * PAGE > area + STACK_BYTES, "altstack: at its upper end");
    check_is(inside_result, -EPERM, "altstack: on it, it cannot be set: EPERM");
    check_is(inside_disable, -EPERM, "altstack: nor be disabled");
    check_is(inside_flags, SS_ONSTACK, "altstack: and is told as SS_ONSTACK");
    alt(NULL, &old);
    check_is(old.ss_flags, 0, "altstack: afterwards it is not in use");
}

static volatile uint64_t nested_context;

static void nests(int signal, struct abi_siginfo *info, struct abi_ucontext *uc)
{
    (void)info;
    if (signal == SIGUSR1)
        raise_process(SIGUSR2);
    else
        nested_context = ADDR(uc);
}

static void check_nesting(void)
{
    forget_caught();
    in_handler = nests;
    catch_signal(SIGUSR1, SA_ONSTACK);
    catch_signal(SIGUSR2, SA_ONSTACK);
    raise_process(SIGUSR1);
    check(on_area(nested_context) && nested_context < caught[0].context,
          "altstack: a nested handler goes on below the first");
    catch_signal(SIGUSR2, 0);
    raise_process(SIGUSR1);
    check(on_area(nested_context), "altstack: even without SA_ONSTACK");
    default_signal(SIGUSR2);
}

static void check_altstack_errors(void)
{
    struct abi_sigaltstack old = {0};

    check_is(alt_of(area, MINSIGSTKSZ - 1, 0), -ENOMEM, "altstack: too small a one gives ENOMEM");
    check_is(alt_of(area, MINSIGSTKSZ, 0), 0, "altstack: one of MINSIGSTKSZ will do");
    check_is(alt_of(area, STACK_BYTES, SS_ONSTACK), 0, "altstack: the flag SS_ONSTACK is passed");
    check_is(alt_of(area, STACK_BYTES, 4), -EINVAL, "altstack: an unknown flag gives EINVAL");
    check_is(alt_of(area, STACK_BYTES, SS_ONSTACK | SS_DISABLE), -EINVAL,
             "altstack: so do both flags together");
    check_is(alt((struct abi_sigaltstack *)BAD_ADDRESS, NULL), -EFAULT,
             "altstack: a bad address gives EFAULT");
    check_is(alt(NULL, (struct abi_sigaltstack *)BAD_ADDRESS), -EFAULT,
             "altstack: for the old one too");
    check_is(alt_of(0, 0, SS_DISABLE), 0, "altstack: it can be disabled, whatever its size");
    alt(NULL, &old);
    check(old.ss_flags == SS_DISABLE && old.ss_sp == 0 && old.ss_size == 0,
          "altstack: then nothing is left of it");
}

static struct abi_sigaltstack frame_stack;

static void looks_and_uses(int signal, struct abi_siginfo *info, struct abi_ucontext *uc)
{
    struct abi_sigaltstack old = {.ss_flags = 99};

    (void)signal, (void)info;
    frame_stack = uc->uc_stack;
    alt(NULL, &old);
    inside_flags = old.ss_flags;
    inside_result = alt_of(area, MINSIGSTKSZ, 0);
}

static void check_autodisarm(void)
{
    struct abi_sigaltstack old = {0};

    check_is(alt_of(area, STACK_BYTES, SS_AUTODISARM), 0, "altstack: SS_AUTODISARM is a flag");
    alt(NULL, &old);
    check_is((long)(uint32_t)old.ss_flags, SS_AUTODISARM, "altstack: which is told back");
    forget_caught();
    in_handler = looks_and_uses;
    catch_signal(SIGUSR1, SA_ONSTACK);
    raise_process(SIGUSR1);
    check(on_area(caught[0].context), "altstack: with it the handler is on the stack");
    check_is(inside_flags, SS_DISABLE, "altstack: which is none while the handler runs");
    check_is(inside_result, 0, "altstack: so that another can be set");
    check(frame_stack.ss_sp == area && (uint32_t)frame_stack.ss_flags == SS_AUTODISARM,
          "altstack: the frame holds the one that was");
    alt(NULL, &old);
    check(old.ss_sp == area && old.ss_size == STACK_BYTES &&
              (uint32_t)old.ss_flags == SS_AUTODISARM,
          "altstack: sigreturn gives it back");
    alt_of(0, 0, SS_DISABLE);
}

static int overflows(uint64_t with_stack)
{
    if (with_stack)
        alt_of(area, STACK_BYTES, 0);
    in_handler = NULL;
    catch_signal(SIGSEGV, SA_ONSTACK);
    __asm__ volatile("mov sp, %0\n"
                     "str xzr, [sp]\n" ::"r"((uint64_t)BAD_ADDRESS & ~15ull)
                     : "memory");
    return 1;
}

static void leaves(int signal, struct abi_siginfo *info, struct abi_ucontext *uc)
{
    (void)signal, (void)info, (void)uc;
    sys_leave(66);
}

static int escapes(uint64_t with_stack)
{
    if (with_stack)
        alt_of(area, STACK_BYTES, 0);
    in_handler = leaves;
    catch_signal(SIGSEGV, SA_ONSTACK);
    __asm__ volatile("mov sp, %0\n"
                     "str xzr, [sp]\n" ::"r"((uint64_t)BAD_ADDRESS & ~15ull)
                     : "memory");
    return 1;
}

static int small_stack(uint64_t unused)
{
    (void)unused;
    alt_of(area, MINSIGSTKSZ, 0);
    in_handler = leaves;
    catch_signal(SIGSEGV, SA_ONSTACK);
    catch_signal(SIGUSR1, SA_ONSTACK);
    sys_munmap(area, PAGE);
    raise_process(SIGUSR1);
    return 1;
}

static int see_altstack(uint64_t unused)
{
    struct abi_sigaltstack old = {0};

    (void)unused;
    alt(NULL, &old);
    return old.ss_sp == area && old.ss_flags == 0;
}

void check_altstack(void)
{
    const char *words[] = {"signals", "-altstack", NULL};

    check_use();
    check_nesting();
    check_altstack_errors();
    check_autodisarm();
    forget_caught();
    alt_of(0, 0, SS_DISABLE);
    check_is(run_fork(overflows, 0), SIGSEGV, "altstack: without one a lost stack ends a process");
    check_is(run_fork(escapes, 1), exited(66), "altstack: with one its SIGSEGV is handled");
    check_is(run_fork(escapes, 0), SIGSEGV, "altstack: (and not without)");
    check_is(run_fork(small_stack, 0), SIGSEGV,
             "altstack: a frame that cannot be written ends the process");
    alt_of(area, STACK_BYTES, 0);
    check_is(run_fork(see_altstack, 0), exited(1), "altstack: a child of fork has it");
    check_is(run_helper(words), exited(1), "altstack: after execve there is none");
    alt_of(0, 0, SS_DISABLE);
    default_signal(SIGUSR1);
    default_signal(SIGSEGV);
    sys_munmap(area, STACK_BYTES);
}
