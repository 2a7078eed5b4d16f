#include "fuzz/run/actor.h"

#include "abi/errno.h"
#include "abi/signal.h"
#include "base/cpu.h"
#include "base/inject.h"
#include "base/string.h"
#include "fuzz/check/peek.h"
#include "fuzz/input/image.h"
#include "fuzz/run/body.h"
#include "platform/platform.h"
#include "proc/clock.h"
#include "proc/deliver.h"
#include "proc/sched.h"
#include "proc/signal.h"
#include "syscall/table.h"

enum {
    REG_NUMBER = 8,
    REG_LOADED = 9,
    REG_LAST = 30,
    CALL_SIGRETURN = 139,
    FP_FIRST = 0,
    FP_LAST = 31,
};

#define PATTERN_FACTOR UINT64_C(0x9e3779b97f4a7c15)
#define PATTERN_BITS (UINT64_C(0x55) << 40) /* in each: no address of user memory */
#define PSTATE_NZCV (UINT64_C(15) << 28)
#define FPSR_FLAGS UINT64_C(0x0800009f) /* of conditions */

static unsigned log2_size(uint64_t size)
{
    return size == 8 ? 3 : size == 4 ? 2 : size == 2 ? 1 : 0;
}

struct thread *actor_find(int tid)
{
    return tid > 0 ? thread_find(tid) : NULL;
}

struct thread *actor_of(const struct process *process)
{
    if (process->thread || list_is_empty(&process->threads)) {
        return process->thread;
    }
    return CONTAINER_OF(process->threads.next, struct thread, process_link);
}

static bool has_signal(const struct thread *thread)
{
    return signal_is_due(thread);
}

bool actor_is_free(const struct thread *thread)
{
    return thread->state == THREAD_READY && !thread->call.is_pending && !has_signal(thread);
}

bool actor_wants_to_run(const struct thread *thread)
{
    return thread->state == THREAD_READY && (thread->call.is_pending || has_signal(thread));
}

/* Takes the FP registers away from whoever has them. */
static void take_fp(struct cpu *cpu)
{
    if (cpu->fp_owner) {
        thread_sync_fp(cpu->fp_owner);
        plat_fp_use(NULL);
        cpu->fp_owner = NULL;
    }
}

/* FP registers, at both ends. Now and then they are those of the CPU, as though the process had
 * used them just now, and those in memory what it had before. */
static void fill_fp(struct thread *thread, uint64_t pattern)
{
    struct cpu *cpu = cpu_this();
    bool is_owner = (pattern >> 33) % 4 == 0;

    if (is_owner || cpu->fp_owner == thread) {
        take_fp(cpu);
    }
    const uint64_t stale = thread->fp.v[FP_FIRST][0];
    thread->fp.v[FP_FIRST][0] = pattern;
    thread->fp.v[FP_FIRST][1] = ~pattern;
    thread->fp.v[FP_LAST][0] = pattern + 1;
    thread->fp.v[FP_LAST][1] = pattern + 2;
    thread->fp.fpsr = pattern & FPSR_FLAGS;
    if (is_owner) {
        plat_fp_use(&thread->fp);
        cpu->fp_owner = thread;
        thread->fp.v[FP_FIRST][0] = stale;
    }
}

/* Gives registers that no operation uses what they have in no other process, and had in this one
 * never before: some each time, and all when a program begins and now and then. The checks can tell
 * then if something is wrong with them. sp stays. */
static void fill_registers(struct thread *thread)
{
    struct plat_user *user = &thread->user;
    bool is_new = user->x[REG_LAST] == 0;
    uint64_t pattern = (user->x[REG_LAST] + (uint64_t)thread->tid) * PATTERN_FACTOR;

    pattern ^= pattern >> 29;
    user->x[REG_LAST] = pattern | PATTERN_BITS;
    user->tpidr = ~pattern | PATTERN_BITS;
    user->pstate = (pattern >> 5) & PSTATE_NZCV;
    if (is_new || pattern % 4 == 0) {
        for (unsigned i = REG_LOADED; i < REG_LAST; i++) {
            user->x[i] = (pattern + i) | PATTERN_BITS;
        }
        fill_fp(thread, pattern);
    }
}

void actor_set(struct thread *thread, const struct insn *insn, const uint64_t *args)
{
    struct plat_user *user = &thread->user;

    for (unsigned i = 0; i < INPUT_ARGS; i++) {
        user->x[i] = 0;
    }
    fill_registers(thread);
    switch ((enum operation)insn->op) {
    case OP_CALL:
        for (unsigned i = 0; i < INPUT_ARGS; i++) {
            user->x[i] = args[i];
        }
        user->x[REG_NUMBER] = insn->nr;
        user->pc = IMAGE_CODE + IMAGE_CALL;
        break;
    case OP_LOAD:
        user->x[0] = args[1];
        user->x[1] = args[0];
        user->x[REG_NUMBER] = IMAGE_NO_CALL;
        user->pc = IMAGE_CODE + IMAGE_LOAD + IMAGE_SPAN * log2_size(args[1]);
        break;
    case OP_STORE:
        user->x[0] = args[2];
        user->x[1] = args[0];
        user->x[2] = args[1];
        user->x[REG_NUMBER] = IMAGE_NO_CALL;
        user->pc = IMAGE_CODE + IMAGE_STORE + IMAGE_SPAN * log2_size(args[2]);
        break;
    default: /* OP_JUMP: to where there is nothing that ends well but the code page */
        user->x[REG_NUMBER] = IMAGE_NO_CALL;
        user->pc = args[0];
        break;
    }
}

/* ---- a step ---- */

/* What is known of a thread before a step. */
struct before {
    uint64_t pc;
    uint64_t sp;
    uint32_t nr;
    uint64_t handlers; /* that have been called */
    unsigned exec_count;
    uint64_t refusals;
    uint64_t forgiven;
    bool was_pending;
};

/* Whether pc is at a load or a store; which, and its arguments. */
static bool tell_access(const struct plat_user *user, uint64_t pc, struct event *event)
{
    uint64_t at = pc - IMAGE_CODE;
    bool is_load = at >= IMAGE_LOAD && at < IMAGE_STORE;
    uint64_t first = is_load ? IMAGE_LOAD : IMAGE_STORE;

    if (at < IMAGE_LOAD || at >= IMAGE_STORE + 4 * IMAGE_SPAN) {
        event->args[0] = pc;
        return false;
    }
    uint64_t size = UINT64_C(1) << (at - first) / IMAGE_SPAN;
    event->tried = is_load ? EVENT_LOADED : EVENT_STORED;
    event->args[0] = user->x[1];
    event->args[1] = is_load ? size : user->x[2];
    event->args[2] = is_load ? 0 : size;
    return true;
}

static bool has_other_code(const struct process *process)
{
    uint32_t stubs[IMAGE_STUB_WORDS];
    const uint32_t *made = image_stubs();
    uint32_t others = 0;

    if (!run_peek_into(process, IMAGE_CODE, stubs, sizeof(stubs))) {
        return false;
    }
    for (unsigned i = 0; i < IMAGE_STUB_WORDS; i++) { /* ASan would look at a memcmp */
        others |= stubs[i] ^ made[i];
    }
    return others != 0;
}

void actor_tell(int tid, struct event *event)
{
    const struct thread *thread = actor_find(tid);
    const struct plat_user *user = &thread->user;

    *event = (struct event){
        .kind = EVENT_SKIPPED,
        .pid = thread->process->pid->number,
        .tid = tid,
        .nr = EVENT_NO_CALL,
        .tried = EVENT_SKIPPED,
        .pc = user->pc,
        .sp = user->sp,
        .faults = thread->pending.set & (signal_bit(SIGSEGV) | signal_bit(SIGBUS)),
        .is_rerun = thread->call.is_pending,
        .has_other_code = !thread->call.is_pending && has_other_code(thread->process),
        .is_anew = thread->call.restart != RESTART_NOT && thread->call.restart != RESTART_GOES_ON};
    if (!thread->call.is_pending && image_is_at_rest(user->pc)) {
        event->nr = IMAGE_NO_CALL;
        return;
    }
    if (!thread->call.is_pending && user->pc != IMAGE_CODE + IMAGE_CALL) {
        (void)tell_access(user, user->pc, event);
        return;
    }
    const struct syscall *call = syscall_find((uint32_t)user->x[REG_NUMBER]);
    event->nr = (uint32_t)user->x[REG_NUMBER];
    for (unsigned i = 0; i < INPUT_ARGS; i++) {
        event->args[i] =
            call && i < call->arg_count ? syscall_argument(user->x[i], call->kinds[i]) : user->x[i];
    }
}

/* Behind rt_sigreturn a thread goes on where the frame says. */
static bool is_done(const struct thread *thread, const struct before *before)
{
    return before->nr != CALL_SIGRETURN || image_is_at_rest(thread->user.pc);
}

/* Where the outermost of the handlers that were called will return to: the context in its frame.
 * false: there is none in memory. */
static bool find_interrupted(const struct thread *thread, uint64_t sp,
                             struct abi_sigcontext *context)
{
    const size_t len = offsetof(struct abi_sigcontext, reserved);
    uint64_t at = thread->user.sp;

    for (unsigned i = 0; i < SIGNAL_MAX; i++) {
        uint64_t context_at = at + offsetof(struct abi_sigframe, uc.uc_mcontext);
        if (!run_peek_into(thread->process, context_at, context, len)) {
            return false;
        }
        if (context->sp == sp) {
            return true;
        }
        at = context->sp;
    }
    return false;
}

/* A call that waited has ended if the handler returns behind it. */
static void look_at_interrupted(const struct thread *thread, const struct before *before,
                                struct event *event)
{
    static struct abi_sigcontext context;

    event->kind = EVENT_CAUGHT;
    if (before->was_pending && find_interrupted(thread, before->sp, &context) &&
        context.pc == before->pc) {
        event->kind = EVENT_RESULT;
        event->result = (int64_t)context.regs[0];
    }
}

/* Whether nothing has been executed. Who rests comes back to the same place, and so does who goes
 * back from a handler to a call that is made again. */
static bool is_still_there(const struct thread *thread, const struct before *before)
{
    if (before->nr == CALL_SIGRETURN &&
        (thread->user.sp != before->sp || (uint32_t)thread->user.x[REG_NUMBER] != CALL_SIGRETURN)) {
        return false;
    }
    if (before->was_pending || thread->user.pc != before->pc) {
        return false;
    }
    return !image_is_at_rest(before->pc) || (int64_t)thread->user.x[0] != -ENOSYS;
}

static enum actor_progress look(const struct thread *thread, const struct before *before,
                                struct event *event)
{
    bool is_call = before->was_pending || before->nr != EVENT_NO_CALL;

    if (event->is_handled) {
        look_at_interrupted(thread, before, event);
        return ACTOR_DONE;
    }
    if (thread->state == THREAD_BLOCKED) {
        event->kind = EVENT_BLOCKED;
        event->result = thread->vfork_child ? thread->vfork_child->tid : 0;
        return ACTOR_WAITS;
    }
    if (event->is_stopped) {
        if (before->was_pending && !thread->call.is_pending) {
            event->kind = EVENT_RESULT;
            event->result = (int64_t)thread->user.x[0];
            return ACTOR_DONE;
        }
        event->kind = EVENT_STOPPED;
        return ACTOR_WAITS;
    }
    if (thread->call.is_pending) {
        event->kind = EVENT_AGAIN;
        return ACTOR_GOES_ON;
    }
    if (is_still_there(thread, before)) {
        return ACTOR_GOES_ON; /* a page came first */
    }
    if (is_call || event->has_other_code) {
        event->kind = EVENT_RESULT;
        event->result = (int64_t)thread->user.x[0];
        return is_done(thread, before) ? ACTOR_DONE : ACTOR_GOES_ON;
    }
    if (tell_access(&thread->user, before->pc, event)) {
        /* A load or a store is done with the first of the two instructions, and the step ends
         * behind the second; a fetch between them does not fault. */
        event->kind = event->tried;
        event->result = event->kind == EVENT_LOADED ? (int64_t)thread->user.x[REG_LOADED] : 0;
    }
    return ACTOR_DONE; /* a jump that found something to execute */
}

enum actor_progress actor_step(struct event *event)
{
    struct thread *thread = actor_find(event->tid);
    const struct process *process = thread->process;
    bool rests = !thread->call.is_pending && image_is_at_rest(thread->user.pc);
    const struct before before = {
        .pc = thread->user.pc,
        .sp = thread->user.sp,
        .nr = event->nr,
        .handlers = deliver_handlers(),
        .exec_count = process->exec_count,
        .refusals = inject_refusals(),
        .forgiven = inject_forgiven(),
        .was_pending = thread->call.is_pending,
    };

    if (rests && (int64_t)thread->user.x[0] == -ENOSYS) {
        thread->user.x[0] = 0; /* else nobody could tell that it has made the call again */
    }
    sched_run_next(event->tid);
    kernel_step();
    event->was_refused = inject_refusals() != before.refusals;
    event->has_lost_info = inject_forgiven() != before.forgiven;
    event->is_handled = deliver_handlers() != before.handlers;
    event->now_ns = clock_now();
    process = process_find(event->pid);
    if (!process || process->state != PROCESS_LIVE) {
        event->kind = EVENT_ENDED;
        event->wait_status = process ? process->wait_status : EVENT_STATUS_LOST;
        return ACTOR_ENDED;
    }
    if (process->exec_count != before.exec_count) {
        event->kind = EVENT_RESULT; /* the thread has the process's number now */
        return ACTOR_DONE;
    }
    thread = actor_find(event->tid);
    if (!thread) {
        event->kind = EVENT_LEFT;
        return ACTOR_ENDED;
    }
    event->is_stopped = thread->state == THREAD_STOPPED;
    return look(thread, &before, event);
}
