/* Handlers that note what comes to them, and the small things that checks of signals need. */
#ifndef CATCH_CATCH_H
#define CATCH_CATCH_H

#include "catch/calls.h"
#include "check/check.h"

enum { CAUGHT_MAX = 128 };

/* What a handler was called with and what it saw, the oldest first; forget_caught clears all.
 * The address of the frame is only good while the handler runs. */
struct caught {
    int signal;
    int tid;
    struct abi_siginfo info;
    uint64_t info_address;
    uint64_t context;
    uint64_t mask;  /* inside the handler */
    uint64_t saved; /* to be restored at its end */
};

extern struct caught caught[CAUGHT_MAX];
extern volatile unsigned caught_count;

/* What the handler does, after it has noted; NULL: nothing more. */
extern void (*volatile in_handler)(int signal, struct abi_siginfo *info, struct abi_ucontext *uc);

void forget_caught(void);

/* Calls the noting handler for the signal; SA_SIGINFO is added to flags. */
void catch_signal(int signal, uint64_t flags);
void catch_masked(int signal, uint64_t flags, uint64_t mask);
void ignore_signal(int signal);
void default_signal(int signal);

/* n signals were caught since forget_caught, the first of which is `signal`. */
bool caught_only(unsigned n, int signal);

static inline uint64_t bit(int signal)
{
    return 1ull << (signal - 1);
}

void block(uint64_t set);
void unblock(uint64_t set);
void set_mask(uint64_t set);
uint64_t mask_now(void);
uint64_t pending_now(void);

/* rt_sigqueueinfo(2) with SI_QUEUE and a value. */
long queue_signal(int pid, int signal, uint64_t value);

/* To this process; to this thread. */
void raise_process(int signal);
void raise_thread(int signal);

/* Waits for a change of the child: the whole wait status, -errno, or 0x100000 if none is there
 * yet (WNOHANG). */
long await_change(int pid, unsigned options);

static inline struct abi_timespec ms(int64_t milliseconds)
{
    return (struct abi_timespec){milliseconds / 1000, milliseconds % 1000 * 1000000};
}

void sleep_ms(int64_t milliseconds);

/* Gives others time to come to where they wait. */
void settle(void);

#endif
