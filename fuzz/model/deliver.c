#include "fuzz/model/deliver.h"

#include "fuzz/input/image.h"
#include "fuzz/model/anon.h"
#include "fuzz/model/ask.h"
#include "fuzz/model/family.h"
#include "fuzz/model/frames.h"
#include "fuzz/model/memory.h"
#include "fuzz/model/signals.h"

/* Of the handlers that were called last. */
static struct {
    uint64_t sp;
    uint64_t pc;
    bool was_handled; /* there are any */
    bool gives_eintr; /* the call that was interrupted for them */
} last;

static bool is_handled(const struct proc *proc, int signal)
{
    return proc->actions[signal - 1].handler > SIG_IGN;
}

/* A frame cannot be written: that is a fault, by which the process ends unless it has a handler for
 * that which has a stack of its own. */
static void lose_frame(struct proc *proc, int signal)
{
    if (signal == SIGSEGV || !signals_force(proc, SIGSEGV)) {
        proc->process->fatal = SIGSEGV;
    }
}

static void push(struct proc *proc, const struct event *event, const struct said *said)
{
    int signal = (int32_t)said->head[0];
    uint64_t handler = proc->actions[signal - 1].handler;
    uint64_t frame;

    if (!frames_can_push(proc, signal, last.sp, &frame)) {
        lose_frame(proc, signal);
    } else {
        frames_push(proc, said, last.sp, frame,
                    event->kind == EVENT_ENDED ? family_witness(proc) : proc);
        last.sp = frame;
        last.pc = handler;
    }
}

/* Whether the thread has taken something that it is to be seen by. */
static bool has_taken(const struct event *event)
{
    return event->is_handled || event->is_stopped || event->kind == EVENT_CAUGHT ||
           event->kind == EVENT_ENDED;
}

/* A handler is called: what becomes of the call that was interrupted for it, or in which the
 * process was stopped before. */
static void end_call(struct proc *proc, uint64_t flags)
{
    enum interrupt how = proc->doing.interrupt;

    if (how != INTERRUPT_NOT) {
        last.gives_eintr =
            how != INTERRUPT_ANEW && !(how == INTERRUPT_AS_ASKED && (flags & SA_RESTART));
        proc->doing = (struct doing){.nr = proc->doing.nr, .file = -1};
    }
}

/* No handler is called: a call that was interrupted is made again as though it was not made before,
 * or goes on. What sigsuspend has blocked is not blocked any more. true: so there may be a handler
 * after all. */
static bool call_is_made_again(struct proc *proc)
{
    struct doing *doing = &proc->doing;

    if (doing->interrupt != INTERRUPT_AS_ASKED && doing->interrupt != INTERRUPT_UNLESS_HANDLED) {
        return false;
    }
    *doing = (struct doing){.nr = doing->nr, .file = -1, .interrupt = INTERRUPT_ANEW};
    if (proc->has_saved_mask) {
        proc->mask = proc->saved_mask;
        proc->has_saved_mask = false;
    }
    return true;
}

/* A read of signals that can go on does so before any is taken, but does not wait again if there is
 * another one to be taken. */
static bool reads_first(const struct proc *proc, enum delivery *delivery)
{
    uint64_t awaited = anon_awaited(proc);

    if (proc->process->fatal || !(signals_pending(proc) & awaited)) {
        return false;
    }
    bool has_others = signals_must_stop(proc) || (signals_pending(proc) & ~(proc->mask | awaited));
    *delivery = has_others ? DELIVERY_INTERRUPTS : DELIVERY_NONE;
    return true;
}

/* There was no memory, and the process has ended for that: of the frame that it was about to write,
 * where others can see it, there may be a part. */
static bool ends_for_memory(struct proc *proc, const struct event *event)
{
    struct proc *witness = family_witness(proc);

    if (!event->was_refused || event->kind != EVENT_ENDED || !family_may_end(proc, SIGKILL)) {
        return false;
    }
    if (witness) {
        memory_adopt_growth(witness);
        frames_adopt(witness, proc, event->sp);
    }
    return true;
}

enum delivery deliver(struct proc *proc, const struct event *event, bool in_call)
{
    const int *fatal = &proc->process->fatal;
    enum delivery delivery = DELIVERY_NONE;
    struct queue *queue;

    if (in_call && reads_first(proc, &delivery)) {
        return delivery;
    }
    last.sp = event->sp;
    last.was_handled = false;
    last.gives_eintr = false;
    for (;;) {
        bool is_in_call = in_call && proc->doing.interrupt == INTERRUPT_NOT;
        if (!is_in_call && ends_for_memory(proc, event)) {
            return DELIVERY_ENDS;
        }
        int signal = *fatal ? *fatal : signals_next(proc, &queue);
        bool must_stop = signals_must_stop(proc);
        if (*fatal) {
            (void)family_may_end(proc, signal);
            return DELIVERY_ENDS;
        }
        if (!signal && !must_stop) {
            if (call_is_made_again(proc)) {
                continue;
            }
            return delivery;
        }
        bool does_nothing = signal && signals_do_nothing(proc, signal);
        bool is_caught = signal && is_handled(proc, signal);
        bool ends = !must_stop && !does_nothing && !is_caught && !signals_stop(signal);
        if ((ends || (is_caught && !must_stop)) && !has_taken(event) &&
            signals_may_pass(proc, queue, signal)) {
            (void)call_is_made_again(proc);
            return delivery;
        }
        if (ends) {
            (void)signals_take(queue, signal);
            (void)family_may_end(proc, signal);
            return DELIVERY_ENDS;
        }
        if (is_in_call) {
            return DELIVERY_INTERRUPTS;
        }
        if (must_stop) {
            proc->is_stopped = true;
            signals_look_if_stopped(proc->process);
            return DELIVERY_STOPS;
        }
        if (is_caught) {
            end_call(proc, proc->actions[signal - 1].flags);
            const struct said said = signals_take(queue, signal);
            push(proc, event, &said);
            last.was_handled = true;
            in_call = false;
            delivery = DELIVERY_HANDLER;
            continue;
        }
        (void)signals_take(queue, signal);
        if (!does_nothing && (signal == SIGSTOP || family_is_watched(proc->process->group))) {
            proc->process->stop = signal;
        }
    }
}

bool deliver_was_handled(void)
{
    return last.was_handled;
}

static void check_sp(const struct proc *proc)
{
    uint64_t sp = world.eyes->sp(proc->tid);

    if (sp != last.sp) {
        ask_object("process %d: its stack pointer is %x in a handler, and should be %x",
                   (int64_t)proc->pid, sp, last.sp);
    }
}

void deliver_ask(const struct proc *proc, enum delivery delivery)
{
    if (last.was_handled) {
        (void)(last.gives_eintr ? ask_result(-EINTR) : ask_caught());
        check_sp(proc);
    } else {
        (void)(delivery == DELIVERY_STOPS ? ask_stopped() : ask_again());
    }
}

void deliver_begin_handler(struct proc *proc)
{
    uint8_t code[CODE_BYTES];
    int signal = memory_fault(proc, last.pc, sizeof(uint32_t), ACCESS_FETCH);

    memory_look(memory_of(proc), IMAGE_CODE, code, sizeof(code));
    bool is_place = image_is_at_rest(last.pc) && bytes_same(code, world.code, sizeof(code));
    if (signal != 0 && !signals_force(proc, signal)) {
        (void)family_may_end(proc, signal);
    } else if (signal == 0 && !is_place) {
        give_up_for(GIVE_UP_HANDLER); /* it does something */
    } else {
        deliver_ask(proc, DELIVERY_HANDLER);
    }
}

bool deliver_would(struct proc *proc)
{
    struct queue *queue;
    int signal = signals_next(proc, &queue);

    return proc->process->fatal ||
           (!proc->is_stopped &&
            (signals_must_stop(proc) ||
             (signal != 0 && (queue == &proc->mine || !signals_wait_for_vfork(proc, signal)))));
}
