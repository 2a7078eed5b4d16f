#include "fuzz/run/actor.h"

#include "base/inject.h"
#include "fuzz/input/image.h"
#include "fuzz/run/body.h"
#include "platform/platform.h"
#include "proc/clock.h"
#include "proc/sched.h"
#include "proc/signal.h"
#include "syscall/table.h"

enum { REG_NUMBER = 8, REG_LOADED = 9, LOG2_SPAN = 8 };

static unsigned log2_size(uint64_t size)
{
    return size == 8 ? 3 : size == 4 ? 2 : size == 2 ? 1 : 0;
}

struct process *actor_find(int pid)
{
    struct process *process = pid > 0 ? process_find(pid) : NULL;

    return process && process->state == PROCESS_LIVE ? process : NULL;
}

static bool has_signal(const struct process *process)
{
    const struct signals *signals = &process->signals;

    return signals->fatal || (signals->pending & ~process->thread->signal_mask);
}

bool actor_is_free(const struct process *process)
{
    const struct thread *thread = process->thread;

    return thread->state == THREAD_READY && !thread->call.is_pending && !has_signal(process);
}

bool actor_wants_to_run(const struct process *process)
{
    const struct thread *thread = process->thread;

    return thread->state == THREAD_READY && (thread->call.is_pending || has_signal(process));
}

void actor_set(struct process *process, const struct insn *insn, const uint64_t *args)
{
    struct plat_user *user = &process->thread->user;

    for (unsigned i = 0; i < INPUT_ARGS; i++) {
        user->x[i] = 0;
    }
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
        user->pc = IMAGE_CODE + IMAGE_LOAD + LOG2_SPAN * log2_size(args[1]);
        break;
    case OP_STORE:
        user->x[0] = args[2];
        user->x[1] = args[0];
        user->x[2] = args[1];
        user->x[REG_NUMBER] = IMAGE_NO_CALL;
        user->pc = IMAGE_CODE + IMAGE_STORE + LOG2_SPAN * log2_size(args[2]);
        break;
    default: /* OP_JUMP: to where there is nothing that ends well but the code page */
        user->x[REG_NUMBER] = IMAGE_NO_CALL;
        user->pc = args[0];
        break;
    }
}

/* ---- a step ---- */

/* What is known of a process before a step. */
struct before {
    uint64_t pc;
    unsigned exec_count;
    uint64_t refusals;
    bool was_pending;
};

/* Whether pc is at a load or a store; which, and its arguments. */
static bool tell_access(const struct plat_user *user, uint64_t pc, struct event *event)
{
    uint64_t at = pc - IMAGE_CODE;
    bool is_load = at >= IMAGE_LOAD && at < IMAGE_STORE;
    uint64_t first = is_load ? IMAGE_LOAD : IMAGE_STORE;

    if (at < IMAGE_LOAD || at >= IMAGE_STORE + 4 * LOG2_SPAN) {
        event->args[0] = pc;
        return false;
    }
    uint64_t size = UINT64_C(1) << (at - first) / LOG2_SPAN;
    event->tried = is_load ? EVENT_LOADED : EVENT_STORED;
    event->args[0] = user->x[1];
    event->args[1] = is_load ? size : user->x[2];
    event->args[2] = is_load ? 0 : size;
    return true;
}

/* A process that goes on only to take a signal has nothing to do if that does not end it. */
static void rest(struct process *process)
{
    struct plat_user *user = &process->thread->user;

    if (!process->thread->call.is_pending && has_signal(process)) {
        user->x[REG_NUMBER] = IMAGE_NO_CALL;
        user->pc = IMAGE_CODE + IMAGE_CALL;
    }
}

void actor_tell(int pid, struct event *event)
{
    rest(actor_find(pid));
    const struct thread *thread = actor_find(pid)->thread;
    const struct plat_user *user = &thread->user;
    uint64_t at = user->pc - IMAGE_CODE;

    *event = (struct event){.kind = EVENT_SKIPPED,
                            .pid = pid,
                            .nr = EVENT_NO_CALL,
                            .tried = EVENT_SKIPPED,
                            .is_rerun = thread->call.is_pending};
    if (!thread->call.is_pending && at != IMAGE_CALL) {
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

static enum actor_progress look(const struct process *process, const struct before *before,
                                struct event *event)
{
    const struct thread *thread = process->thread;
    uint64_t at = before->pc - IMAGE_CODE;

    if (thread->state == THREAD_BLOCKED) {
        event->kind = EVENT_BLOCKED;
        event->result = thread->vfork_child ? thread->vfork_child->pid->number : 0;
        return ACTOR_WAITS;
    }
    if (thread->call.is_pending) {
        event->kind = EVENT_AGAIN;
        return ACTOR_GOES_ON;
    }
    if (process->exec_count != before->exec_count) {
        event->kind = EVENT_RESULT;
        event->result = 0;
        return ACTOR_DONE;
    }
    if (!before->was_pending && thread->user.pc == before->pc) {
        return ACTOR_GOES_ON; /* a page came first */
    }
    if (before->was_pending || at == IMAGE_CALL) {
        event->kind = EVENT_RESULT;
        event->result = (int64_t)thread->user.x[0];
        return ACTOR_DONE;
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
    struct process *process = actor_find(event->pid);
    const struct thread *thread = process->thread;
    const struct before before = {
        .pc = thread->user.pc,
        .exec_count = process->exec_count,
        .refusals = inject_refusals(),
        .was_pending = thread->call.is_pending,
    };

    sched_run_next(event->pid);
    kernel_step();
    event->was_refused = inject_refusals() != before.refusals;
    event->now_ns = clock_now();
    process = process_find(event->pid);
    if (process && process->state == PROCESS_LIVE) {
        return look(process, &before, event);
    }
    event->kind = EVENT_ENDED;
    event->wait_status = process ? process->wait_status : EVENT_STATUS_LOST;
    return ACTOR_ENDED;
}
