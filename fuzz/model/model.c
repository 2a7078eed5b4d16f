#include "fuzz/model/model.h"

#include "fuzz/input/image.h"
#include "fuzz/model/anon.h"
#include "fuzz/model/ask.h"
#include "fuzz/model/calls.h"
#include "fuzz/model/compare.h"
#include "fuzz/model/deliver.h"
#include "fuzz/model/family.h"
#include "fuzz/model/files.h"
#include "fuzz/model/frames.h"
#include "fuzz/model/give_up.h"
#include "fuzz/model/memory.h"
#include "fuzz/model/program.h"
#include "fuzz/model/same.h"
#include "fuzz/model/signals.h"
#include "fuzz/model/timers.h"
#include "fuzz/model/used.h"

enum { KEY_INTERRUPT = 3, KEY_STOP = 26, KEY_QUIT = 28 }; /* Ctrl-C, Ctrl-Z, Ctrl-\ */

struct world world;
enum model_plant model_planted;

static struct {
    uint64_t results;
    uint64_t events;
} allowed;

struct proc *world_find_thread(int tid)
{
    for (unsigned i = 0; i < world.proc_count; i++) {
        if (world.procs[i].tid == tid && world.procs[i].life != LIFE_NONE) {
            return &world.procs[i];
        }
    }
    return NULL;
}

struct proc *world_find(int pid)
{
    struct proc *proc = world_find_thread(pid);

    return proc && is_process(proc) ? proc : NULL;
}

void model_begin(const struct model_eyes *eyes)
{
    files_read_archive();
    give_up_begin();
    world.eyes = eyes;
    same_begin();
    world.is_over = false;
    world.lost = NULL;
    world.now = 0;
    world.proc_count = 0;
    world.space_count = 0;
    world.object_count = 0;
    world.file_count = 0;
    world.pipe_count = 0;
    world.moment = 0;
    world.timer_count = 0;
    world.alarm_count = 0;
    world.table_count = 0;
    world.context_count = 0;
    world.actions_count = 0;
    world.page_count = 0;
    world.free_count = 0;
    world.typed = 0;
    world.must_not_wait = false;
    world.interrupted = INTERRUPT_NOT;
    world.event = 0;
    world.current = NULL;
    world.has_plain_keys = false;
    world.ends = 0;
    world.serials = 0;
    world.last_number = 0;
    world.lost_numbers = 0;
    world.places = 0;
    world.has_signals = true;
    struct proc *init = family_add(NULL, 1, 0);
    world.foreground = 0;
    files_open_console(init);
    ask_begin(&(struct event){.kind = EVENT_RESULT, .pid = 1, .nr = EVENT_NO_CALL});
    program_start_init(init);
    memory_look(memory_of(init), IMAGE_CODE, world.code, CODE_BYTES);
}

/* ---- events ---- */

/* mremap may have done a part when there is no memory. */
enum { MREMAP = 216, CLONE = 220, EXECVE = 221, EXECVEAT = 281, CLONE3 = 435, SPAWN = 4096 };

/* A process that was made in part, and given up, may have had a number. */
static bool may_have_lost_number(const struct event *event)
{
    bool makes_process = event->nr == CLONE || event->nr == CLONE3 || event->nr == SPAWN;

    return makes_process && (event->was_refused || event->nr == SPAWN) &&
           (event->kind == EVENT_ENDED || event->result < 0);
}

static void run_call(struct proc *proc, const struct event *event)
{
    call_model *call = calls_find(event->nr);
    struct doing *doing = &proc->doing;

    if (event->is_rerun && doing->nr != event->nr) {
        ask_object("process %d: %s is rerun, but it was in %s", (int64_t)proc->pid,
                   calls_name(event->nr), calls_name(doing->nr));
        return;
    }
    if (!event->is_rerun) {
        *doing = (struct doing){.nr = event->nr, .file = -1};
    }
    if (event->was_refused && event->nr != MREMAP && ask_result(-ENOMEM)) {
        call = NULL; /* nothing has changed, but that it does not wait; and stacks */
        if (proc->is_one_too_many && (event->nr == EXECVE || event->nr == EXECVEAT)) {
            give_up_for(GIVE_UP_MEMORY); /* whether it is still */
        }
        memory_adopt_growth(proc);
        proc->waited = 0;
    } else if (call) {
        call(proc, event);
    } else if (!calls_are_there(event->nr)) {
        (void)ask_result(-ENOSYS);
    } else if (!ask_any_error()) {
        give_up_for(GIVE_UP_CALL);
    }
    if (may_have_lost_number(event)) {
        family_lose_number();
    }
    doing->interrupt = world.interrupted;
    if (doing->interrupt) {
        files_let_go(doing);
        doing->has_spans = false;
        doing->place = 0;
        doing->waits = WAITS_NOT;
    } else if (event->kind == EVENT_BLOCKED) {
        used_wait(proc);
    } else if (event->kind != EVENT_AGAIN) {
        files_let_go(doing);
        *doing = (struct doing){.nr = event->nr, .file = -1};
    }
}

static void run_load(struct proc *proc, const struct event *event)
{
    uint64_t size = event->args[1];
    uint64_t value = 0;
    int signal = memory_fault(proc, event->args[0], size, ACCESS_READ);

    if (signal) {
        (void)family_may_end(proc, signal);
        return;
    }
    memory_look(memory_of(proc), event->args[0], &value, size);
    if (ask_access() && (uint64_t)event->result != value) {
        ask_object("process %d: %x was read at %x, where %x was written", (int64_t)proc->pid,
                   (uint64_t)event->result, event->args[0], value);
    }
}

static void run_store(struct proc *proc, const struct event *event)
{
    uint64_t size = event->args[2];
    int signal = memory_fault(proc, event->args[0], size, ACCESS_WRITE);

    if (signal) {
        (void)family_may_end(proc, signal);
    } else if (ask_access()) {
        memory_store(memory_of(proc), event->args[0], &event->args[1], size);
    }
}

/* Where there are no instructions to speak of, they end the process. */
static bool ends_wildly(struct proc *proc)
{
    return family_may_end(proc, SIGILL) || family_may_end(proc, SIGTRAP) ||
           family_may_end(proc, SIGSEGV) || family_may_end(proc, SIGBUS);
}

/* Fetches the instruction. false: that ends the process, or it has been ended. */
static bool fetch(struct proc *proc, const struct event *event)
{
    uint64_t at = event->pc - IMAGE_CODE;
    uint8_t code[CODE_BYTES];
    int signal = memory_fault(proc, event->pc, sizeof(uint32_t), ACCESS_FETCH);

    if (event->was_refused && family_may_end(proc, SIGKILL)) {
        return false;
    }
    if (signal) {
        (void)family_may_end(proc, signal);
        return false;
    }
    memory_look(memory_of(proc), IMAGE_CODE, code, sizeof(code));
    bool is_break = at % IMAGE_SPAN == 12 && at > IMAGE_LOAD; /* between the operations */
    bool is_same = bytes_same(code, world.code, sizeof(code));
    if (is_same && !is_break && at < CODE_BYTES) {
        return true;
    }
    bool has_ended = ends_wildly(proc);
    if (!has_ended && !is_same) {
        give_up_for(GIVE_UP_CODE);
    }
    return !has_ended;
}

static void run_access(struct proc *proc, const struct event *event)
{
    enum event_kind tried = event->kind == EVENT_ENDED ? event->tried : event->kind;

    switch (tried) {
    case EVENT_LOADED:
        run_load(proc, event);
        break;
    case EVENT_STORED:
        run_store(proc, event);
        break;
    default: /* a jump: what it does has been looked at */
        break;
    }
}

static bool would_block(struct proc *proc)
{
    switch (proc->doing.waits) {
    case WAITS_CHILD:
        return wait_would_block(proc);
    case WAITS_VFORK:
        return proc->vfork_child != NULL;
    case WAITS_TIME:
        return world.now < proc->doing.deadline;
    case WAITS_SIGNAL:
        return signal_would_block(proc);
    case WAITS_READING:
        return anon_would_block(proc);
    case WAITS_TIMERFD:
        return world.files[proc->doing.file].count == 0;
    case WAITS_FUTEX:
        return futex_would_block(proc);
    case WAITS_BYTES:
    case WAITS_ROOM:
    case WAITS_CONSOLE:
        return bytes_would_block(proc);
    default:
        return true;
    }
}

/* Whether there is a signal that it takes before it executes anything. */
static bool takes_before(struct proc *proc)
{
    for (uint64_t due = signals_pending(proc) & ~proc->mask; due != 0; due &= due - 1) {
        int signal = signals_first(due & -due);
        struct queue *queue = proc->mine.set & due & -due ? &proc->mine : &proc->process->shared;
        if (!signals_do_nothing(proc, signal) && !signals_may_pass(proc, queue, signal)) {
            return true;
        }
    }
    return false;
}

/* A fault that has a handler is told of when that is called. Other signals may have come since. */
static void note_fault(struct proc *proc, const struct event *event)
{
    bool is_load = event->tried == EVENT_LOADED;
    bool has_been = event->faults & ~proc->mine.set;
    int signal = 0;

    if (image_is_at_rest(event->pc) || event->was_refused || (!has_been && takes_before(proc))) {
        return;
    }
    signal = memory_fault(proc, event->pc, sizeof(uint32_t), ACCESS_FETCH);
    if (signal == 0 && event->tried != EVENT_SKIPPED) {
        signal = memory_fault(proc, event->args[0], event->args[is_load ? 1 : 2],
                              is_load ? ACCESS_READ : ACCESS_WRITE);
    }
    if (signal != 0) {
        (void)signals_force(proc, signal);
    }
}

/* The call that it waits in is made once more, and may not wait; then the signals are taken. */
static void interrupt(struct proc *proc, const struct event *event)
{
    if (event->kind == EVENT_ENDED) {
        give_up_for(GIVE_UP_HANDLER); /* how the call ended is not known */
        return;
    }
    world.must_not_wait = true;
    run_call(proc, event);
    world.must_not_wait = false;
    bool is_undecided = world.interrupted != INTERRUPT_NOT;
    world.interrupted = INTERRUPT_NOT;
    if (!is_undecided && (event->kind == EVENT_AGAIN || !ask_is_answered())) {
        return;
    }
    enum delivery delivery = deliver(proc, event, false);
    if (is_undecided && delivery != DELIVERY_ENDS) {
        deliver_ask(proc, delivery);
    }
    if (event->is_handled != deliver_was_handled()) {
        ask_object("process %d: %s handler was called", (int64_t)proc->pid,
                   event->is_handled ? "a" : "no");
    }
}

/* Handlers' frames hide what a call has written in front of them: where sp is, and in front of
 * where it was. */
static void note_covered(const struct event *event)
{
    enum { MOST = 4 * (sizeof(struct abi_sigframe) + 16) };
    uint64_t sp = event->is_handled ? world.eyes->sp(event->tid) : 0;

    world.covered[0].start = sp;
    world.covered[0].end = sp ? sp + MOST : 0;
    world.covered[1].start = sp && event->sp > MOST ? event->sp - MOST : 0;
    world.covered[1].end = sp ? event->sp : 0;
}

static const char *run_event(const struct event *event)
{
    struct proc *proc = world_find_thread(event->tid ? event->tid : event->pid);

    if (!proc || !is_thread(proc) || proc->pid != event->pid) {
        ask_object("thread %d of process %d does something, but is not there", (int64_t)event->tid,
                   (int64_t)event->pid);
        return ask_text();
    }
    world.current = proc;
    note_covered(event);
    if ((event->kind == EVENT_CAUGHT || event->kind == EVENT_ENDED) && !event->is_rerun) {
        note_fault(proc, event);
    }
    switch (deliver(proc, event, event->is_rerun)) {
    case DELIVERY_ENDS:
        return ask_text();
    case DELIVERY_HANDLER:
        deliver_begin_handler(proc);
        return ask_text();
    case DELIVERY_STOPS:
        deliver_ask(proc, DELIVERY_STOPS);
        return ask_text();
    case DELIVERY_INTERRUPTS:
        interrupt(proc, event);
        return ask_text();
    default:
        break;
    }
    world.moment = world.now;
    if (!event->is_rerun && !fetch(proc, event)) {
        return ask_text();
    }
    if (event->nr == EVENT_NO_CALL) {
        run_access(proc, event);
    } else {
        run_call(proc, event);
    }
    return ask_text();
}

/* Three keys send a signal to the foreground group, unless init is in it, or the console was told
 * that they are keys like others. */
static void press_key(uint64_t key)
{
    const struct proc *init = world_find(1);
    int signal = key == KEY_INTERRUPT ? SIGINT
                 : key == KEY_QUIT    ? SIGQUIT
                 : key == KEY_STOP    ? SIGTSTP
                                      : 0;

    if (!signal || world.has_plain_keys || (init && init->group == world.foreground)) {
        return;
    }
    for (unsigned i = 0; i < world.proc_count; i++) {
        if (is_process(&world.procs[i]) && world.procs[i].group == world.foreground) {
            signals_send(&world.procs[i], signal);
        }
    }
}

const char *model_event(const struct event *event)
{
    struct proc *killed = world_find(event->pid);

    if (give_up_why()) {
        return NULL;
    }
    ask_begin(event);
    world.event++;
    world.moment = world.now;
    world.now = event->now_ns;
    world.was_refused = event->was_refused;
    if (event->has_lost_info) {
        give_up_for(GIVE_UP_MEMORY);
        return NULL;
    }
    switch (event->kind) {
    case EVENT_TIME:
        world.moment = world.now;
        timers_pass();
        return NULL;
    case EVENT_NO_TIMERS:
        timers_stop();
        return NULL;
    case EVENT_SKIPPED:
        return NULL;
    case EVENT_TYPED:
        world.typed++;
        press_key(event->args[0]);
        return NULL;
    case EVENT_KILLED:
        if (killed) {
            signals_send(killed, SIGKILL);
        }
        return NULL;
    default:
        break;
    }
    const char *text = run_event(event);
    bool is_over = event->kind == EVENT_ENDED || event->kind == EVENT_LEFT;
    if (event->kind == EVENT_BLOCKED || is_over || event->is_stopped) {
        world.current = NULL;
    }
    const struct proc *thread = world_find_thread(event->tid);
    if (!thread && !is_over) {
        thread = world_find(event->pid); /* in whose place it is, as it has run a program */
    }
    if (!text && thread && is_thread(thread) && event->is_stopped != thread->is_stopped) {
        ask_object("thread %d is%s stopped, and should%s be", (int64_t)event->tid,
                   event->is_stopped ? "" : " not", thread->is_stopped ? "" : " not");
        text = ask_text();
    }
    if (give_up_why()) {
        return NULL;
    }
    allowed.events++;
    allowed.results += ask_count();
    return text ? text : world.lost;
}

bool model_overlooked(void)
{
    return same_was_overlooked();
}

const char *model_compare(bool is_complete)
{
    ask_begin(&(struct event){.kind = EVENT_TIME});
    if (!world.is_over && !give_up_why()) {
        compare_all(is_complete);
    }
    return ask_objection();
}

const char *model_at_rest(void)
{
    ask_begin(&(struct event){.kind = EVENT_TIME});
    for (unsigned i = 0; i < world.proc_count && !give_up_why(); i++) {
        struct proc *proc = &world.procs[i];
        bool may_wait = proc->is_stopped || would_block(proc);
        if (is_thread(proc) && (deliver_would(proc) || !may_wait)) {
            ask_object("process %d should not be waiting in %s", (int64_t)proc->pid,
                       calls_name(proc->doing.nr));
            break;
        }
    }
    return ask_objection();
}

void model_allowed(uint64_t *results, uint64_t *events)
{
    *results = allowed.results;
    *events = allowed.events;
}
