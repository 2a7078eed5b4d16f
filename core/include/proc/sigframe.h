/*
 * The frame of a signal's handler, as Linux/AArch64 lays it out (arch/arm64/kernel/signal.c of
 * Linux 6.1), and what belongs to it: the alternate stack, the code that a handler returns to, and
 * what is known of the last fault.
 *
 * From sp upwards: siginfo_t, ucontext_t (whose reserved part holds the records: FP and SIMD
 * registers, ESR, end), then a frame record of the x29 and x30 that were interrupted, to which x29
 * points. Bytes of it that have no meaning are not written.
 */
#ifndef PROC_SIGFRAME_H
#define PROC_SIGFRAME_H

#include "abi/linux.h"
#include "base/types.h"
#include "mm/space.h"
#include "proc/signal.h"
#include "proc/thread.h"

/* Makes the thread, whose space is in use, call the handler of action with info. mask is what
 * rt_sigreturn puts back. The caller blocks what the action says. Disarms an alternate stack that
 * is to be disarmed.
 *
 * Nothing of the thread has changed when it fails. -EFAULT: the stack cannot be written; Linux
 * sends SIGSEGV, with the default action if this signal is SIGSEGV itself. -ENOMEM: no memory for
 * a page of the stack; to Linux that is EFAULT too, but for the OOM killer, which comes first: it
 * is a fault that finds no memory, and ends the process as any other does. */
MUST_CHECK int sigframe_push(struct thread *thread, const struct abi_siginfo *info,
                             const struct abi_sigaction *action, signal_set_t mask);

/* Undoes that, from the frame that sp points to, which may be anything: rt_sigreturn(2). *mask is
 * what the thread blocks from now on. Never gives more than a program may have: of PSTATE there are
 * N, Z, C and V, of FPCR and FPSR what the CPU has.
 *
 * Any error (-EFAULT, -EINVAL, -ENOMEM) means SIGSEGV for the frame. What comes before the mistake
 * has been taken over, as on Linux: first *mask, then x0 to x30, sp and pc (0 what cannot be read),
 * then the FP registers, then the alternate stack. */
MUST_CHECK int sigframe_pop(struct thread *thread, signal_set_t *mask);

/* The thread has had a synchronous fault: its handler's frame tells the address and the ESR, and so
 * do those of all handlers until the next fault. Both 0: what came now has neither (an undefined
 * instruction, a bad frame). Of what lies above user space less is told, as on Linux. */
void sigframe_note_fault(struct thread *thread, uaddr_t address, uint32_t esr);

/* The alternate stack, as sigaltstack(2) tells it: SS_ONSTACK, the thread is on it. */
struct abi_sigaltstack sigframe_altstack(const struct thread *thread);

/* Another one. -EPERM: the thread is on it; -EINVAL: flags; -ENOMEM: smaller than MINSIGSTKSZ. */
int sigframe_set_altstack(struct thread *thread, const struct abi_sigaltstack *wanted);

/* A new thread knows of the same last fault as the one it comes from (NULL: none), and has the same
 * alternate stack, unless both run in the same memory at once (clone(2), with these flags). A new
 * program has none, and what it was told to do with one is kept. */
void sigframe_inherit(struct thread *thread, const struct thread *from, uint64_t flags);
void sigframe_exec(struct thread *thread);

/* Maps the trampoline, to which a handler returns that has no SA_RESTORER: two instructions that
 * make the call rt_sigreturn, as in the vDSO of Linux. It is private memory as any other. -ENOMEM.
 */
MUST_CHECK int sigframe_map_trampoline(struct space *space);

#endif
