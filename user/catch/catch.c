#include "catch/catch.h"

struct caught caught[CAUGHT_MAX];
volatile unsigned caught_count;
void (*volatile in_handler)(int signal, struct abi_siginfo *info, struct abi_ucontext *uc);

void forget_caught(void)
{
    caught_count = 0;
    in_handler = NULL;
}

static void note(int signal, struct abi_siginfo *info, struct abi_ucontext *uc)
{
    if (caught_count < CAUGHT_MAX) {
        struct caught *c = &caught[caught_count++];
        c->signal = signal;
        c->tid = (int)sys_gettid();
        c->info = *info;
        c->info_address = ADDR(info);
        c->context = ADDR(uc);
        c->mask = mask_now();
        c->saved = uc->uc_sigmask;
    }
    if (in_handler)
        in_handler(signal, info, uc);
}

void catch_masked(int signal, uint64_t flags, uint64_t mask)
{
    const struct abi_sigaction action = {
        .handler = ADDR(note), .flags = flags | SA_SIGINFO, .mask = mask};

    sys_rt_sigaction(signal, &action, NULL, 8);
}

void catch_signal(int signal, uint64_t flags)
{
    catch_masked(signal, flags, 0);
}

void ignore_signal(int signal)
{
    set_handler(signal, SIG_IGN, 0);
}

void default_signal(int signal)
{
    set_handler(signal, SIG_DFL, 0);
}

bool caught_only(unsigned n, int signal)
{
    return caught_count == n && caught[0].signal == signal;
}

void block(uint64_t set)
{
    sys_rt_sigprocmask(SIG_BLOCK, &set, NULL, 8);
}

void unblock(uint64_t set)
{
    sys_rt_sigprocmask(SIG_UNBLOCK, &set, NULL, 8);
}

void set_mask(uint64_t set)
{
    sys_rt_sigprocmask(SIG_SETMASK, &set, NULL, 8);
}

uint64_t mask_now(void)
{
    uint64_t set = 0;

    sys_rt_sigprocmask(SIG_BLOCK, NULL, &set, 8);
    return set;
}

uint64_t pending_now(void)
{
    uint64_t set = 0;

    sys_rt_sigpending(&set, 8);
    return set;
}

long queue_signal(int pid, int signal, uint64_t value)
{
    struct abi_siginfo info = {0};

    info.si_signo = signal;
    info.si_code = SI_QUEUE;
    info.si_pid = (int)sys_getpid();
    info.si_value = value;
    return CALL(NR_RT_SIGQUEUEINFO, pid, signal, &info);
}

void raise_process(int signal)
{
    sys_kill((int)sys_getpid(), signal);
}

void raise_thread(int signal)
{
    sys_tgkill((int)sys_getpid(), (int)sys_gettid(), signal);
}

long await_change(int pid, unsigned options)
{
    int status = -1;
    long got = sys_wait4(pid, &status, options, NULL);

    return got < 0 ? got : got == 0 ? 0x100000 : status;
}

void sleep_ms(int64_t milliseconds)
{
    struct abi_timespec time = ms(milliseconds);

    sys_nanosleep(&time, NULL);
}

void settle(void)
{
    nap();
}
