#include "fuzz/model/deliver.h"

#include "fuzz/input/image.h"
#include "fuzz/model/ask.h"
#include "fuzz/model/family.h"
#include "fuzz/model/frames.h"
#include "fuzz/model/memory.h"
#include "fuzz/model/signals.h"

/* Of the handlers that were called last. */
static struct {
    uint64_t sp;
    uint64_t pc;
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
    return event->is_handled || event->kind == EVENT_CAUGHT || event->kind == EVENT_ENDED ||
           event->kind == EVENT_STOPPED;
}

enum delivery deliver(struct proc *proc, const struct event *event, bool in_call)
{
    const int *fatal = &proc->process->fatal;
    enum delivery delivery = DELIVERY_NONE;
    struct queue *queue;

    last.sp = event->sp;
    for (;;) {
        if (event->was_refused && event->kind == EVENT_ENDED && family_may_end(proc, SIGKILL)) {
            return DELIVERY_ENDS;
        }
        int signal = *fatal ? *fatal : signals_next(proc, &queue);
        if (signal == 0) {
            return delivery;
        }
        if (!*fatal && signals_do_nothing(proc, signal)) {
            (void)signals_take(queue, signal);
            continue;
        }
        if (!*fatal && !has_taken(event) && signals_may_pass(proc, queue, signal)) {
            return delivery;
        }
        if (!*fatal && is_handled(proc, signal)) {
            if (in_call) {
                return DELIVERY_INTERRUPTS;
            }
            const struct said said = signals_take(queue, signal);
            push(proc, event, &said);
            delivery = DELIVERY_HANDLER;
            continue;
        }
        (void)family_may_end(proc, signal);
        return DELIVERY_ENDS;
    }
}

void deliver_check_sp(const struct proc *proc)
{
    uint64_t sp = world.eyes->sp(proc->tid);

    if (sp != last.sp) {
        ask_object("process %d: its stack pointer is %x in a handler, and should be %x",
                   (int64_t)proc->pid, sp, last.sp);
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
    } else if (ask_caught()) {
        deliver_check_sp(proc);
    }
}

enum interrupt deliver_interrupts(struct proc *proc)
{
    struct queue *queue;
    int signal = signals_next(proc, &queue);

    return proc->actions[signal - 1].flags & SA_RESTART ? INTERRUPT_RESTARTS : INTERRUPT_ENDS;
}

bool deliver_would(struct proc *proc)
{
    struct queue *queue;

    return proc->process->fatal || signals_next(proc, &queue) != 0;
}
