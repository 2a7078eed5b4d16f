#include "syscall/dispatch.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/cpu.h"
#include "base/panic.h"
#include "base/print.h"
#include "mm/fault.h"
#include "proc/clock.h"
#include "proc/deliver.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "proc/sigframe.h"
#include "syscall/table.h"
#include "syscall/trace.h"

/* Makes the call in the thread's registers, for the first time or again. */
static void make_call(struct thread *thread)
{
    const struct syscall *call = syscall_find((uint32_t)thread->user.x[8]);
    uint64_t args[SYSCALL_ARGS_MAX] = {0};

    for (unsigned i = 0; call && i < call->arg_count; i++) {
        args[i] = syscall_argument(thread->user.x[i], call->kinds[i]);
    }
    trace_call_begin(thread);
    int64_t result = call ? call->handler(thread, args) : -ENOSYS;
    if (result == CALL_GONE) {
        return;
    }
    if (result == CALL_BLOCKED) {
        usage_charge_system(thread);
        trace_call_block(thread);
        if (signal_is_due(thread)) {
            sched_wake(thread); /* it came while the call was made */
        }
        return;
    }
    if (result == CALL_AGAIN) {
        trace_call_block(thread);
        thread->call.is_pending = true;
        sched_end_slice();
        return;
    }
    if (result == CALL_INTERRUPTED) {
        ASSERT(thread->call.restart != RESTART_NOT);
        return;
    }
    thread->call = (struct call){0};
    if (result == CALL_NO_RESULT) {
        trace_call_end(thread, 0);
        return;
    }
    thread->user.x[0] = (uint64_t)result;
    trace_call_end(thread, result);
}

void dispatch_rerun(struct thread *thread)
{
    sched_end_wait(thread);
    thread->call.restart = RESTART_NOT;
    make_call(thread);
}

/* A fault of the program's own: its handler is called, or the process ends. */
static void raise(struct thread *thread, int signal, int code, const char *name, uaddr_t addr)
{
    struct abi_siginfo info = {.si_signo = signal, .si_code = code};

    info.si_addr = addr;
    trace_signal(thread->tid, signal, name, addr);
    if (!signal_force(thread, &info)) {
        plat_user_ends(signal);
        process_exit(thread->process, signal);
    }
}

/* The same for an access that its memory does not allow. */
static void raise_access(struct thread *thread, const struct plat_fault *fault)
{
    struct space *space = thread->process->space;

    if (fault_is_bus(space, fault->addr, fault->access)) {
        raise(thread, SIGBUS, BUS_ADRERR, "BUS_ADRERR", fault->addr);
    } else if (region_find(&space->regions, fault->addr)) {
        raise(thread, SIGSEGV, SEGV_ACCERR, "SEGV_ACCERR", fault->addr);
    } else {
        raise(thread, SIGSEGV, SEGV_MAPERR, "SEGV_MAPERR", fault->addr);
    }
}

static void handle_fault(struct thread *thread, const struct plat_trap *trap)
{
    const struct plat_fault *fault = &trap->fault;
    int error = -EFAULT;

    if (fault->kind == PLAT_FAULT_ALIGNMENT || fault->kind == PLAT_FAULT_BUS) {
        trace_fault(thread->tid, trap, TRACE_FAULT_REFUSED);
        if (fault->kind == PLAT_FAULT_ALIGNMENT) {
            sigframe_note_fault(thread, fault->addr, trap->esr);
            raise(thread, SIGBUS, BUS_ADRALN, "BUS_ADRALN", fault->addr);
        } else {
            sigframe_note_fault(thread, 0, trap->esr);
            raise(thread, SIGBUS, BUS_OBJERR, "BUS_OBJERR", fault->addr);
        }
        return;
    }
    uint64_t stale = fault_stale_count();
    error = fault_resolve(thread->process->space, fault->addr, fault->access);
    if (fault_stale_count() != stale) {
        return; /* the machine may or may not remember lesser rights: no event of the program's */
    }
    if (error == -ENOMEM) {
        trace_fault(thread->tid, trap, TRACE_FAULT_NO_MEMORY);
        kprintf("eft: out of memory: ended process %d (%s)\n", thread->tid, thread->name);
        process_exit(thread->process, SIGKILL);
    } else if (error) {
        trace_fault(thread->tid, trap, TRACE_FAULT_REFUSED);
        sigframe_note_fault(thread, fault->addr, trap->esr);
        raise_access(thread, fault);
    } else {
        thread->process->usage.faults++;
        thread->faults++;
        trace_fault(thread->tid, trap, TRACE_FAULT_RESOLVED);
    }
}

/* The first use of FP registers since another thread had them. */
static void handle_fp(struct thread *thread)
{
    plat_fp_use(&thread->fp);
    cpu_this()->fp_owner = thread;
}

void dispatch_trap(struct thread *thread, const struct plat_trap *trap)
{
    switch (trap->kind) {
    case PLAT_TRAP_SYSCALL:
        clock_count_call();
        sched_count_call();
        make_call(thread);
        return;
    case PLAT_TRAP_FAULT:
        handle_fault(thread, trap);
        return;
    case PLAT_TRAP_UNDEFINED:
        sigframe_note_fault(thread, 0, 0);
        raise(thread, SIGILL, ILL_ILLOPC, "ILL_ILLOPC", thread->user.pc);
        return;
    case PLAT_TRAP_BREAKPOINT:
        raise(thread, SIGTRAP, TRAP_BRKPT, "TRAP_BRKPT", thread->user.pc);
        return;
    case PLAT_TRAP_FP:
        handle_fp(thread);
        return;
    case PLAT_TRAP_IRQ:
        return;
    }
}
