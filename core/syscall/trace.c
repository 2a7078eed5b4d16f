#include "syscall/trace.h"

#include "base/print.h"
#include "base/string.h"
#include "proc/clock.h"
#include "proc/process.h"
#include "syscall/describe.h"

enum {
    INPUTS_BYTES = 32 * 1024, /* for the longest vectors of arguments that describe_inputs shows */
    LINE_BYTES = 4096,
};

enum event_kind {
    EVENT_NONE,
    EVENT_SWITCH,
    EVENT_CALL,
    EVENT_BLOCK,
    EVENT_FAULT,
    EVENT_EXIT,
};

/* What the ring keeps of an event. */
struct event {
    nsec_t time;
    enum event_kind kind;
    int tid;
    uint64_t number; /* of a call; of a fault: the address; of an exit: the status */
    uint64_t args[3];
    int64_t result;
};

static struct {
    struct event ring[TRACE_RING_EVENTS];
    uint64_t count; /* of events ever kept */
    bool has_text;
    struct text inputs; /* of the call that is being made */
    char inputs_bytes[INPUTS_BYTES];
    uint64_t args[SYSCALL_ARGS_MAX]; /* as they were at its beginning */
    uint64_t number;
    bool was_pending;
} trace;

bool trace_init(const char *path)
{
    trace.count = 0;
    trace.has_text = path && *path;
    trace.inputs = (struct text){trace.inputs_bytes, sizeof(trace.inputs_bytes), 0};
    return !trace.has_text || plat_trace_open(path);
}

bool trace_has_text(void)
{
    return trace.has_text;
}

static struct event *keep(enum event_kind kind, int tid)
{
    struct event *event = &trace.ring[trace.count++ % TRACE_RING_EVENTS];

    *event = (struct event){.time = clock_now(), .kind = kind, .tid = tid};
    return event;
}

/* The beginning of a line: when, and who. */
static void start_line(int tid)
{
    char bytes[64];
    struct text text = {bytes, sizeof(bytes), 0};
    nsec_t now = clock_now();

    text_printf(&text, "[%5lu.%09lu] %d ", now / NSEC_PER_SEC, now % NSEC_PER_SEC, tid);
    plat_trace_write(bytes, text.len);
}

static void write_line(int tid, const char *format, ...) PRINTF_LIKE(2, 3);

static void write_line(int tid, const char *format, ...)
{
    char bytes[256];
    struct text text = {bytes, sizeof(bytes), 0};
    va_list args;

    va_start(args, format);
    text_vprintf(&text, format, args);
    va_end(args);
    start_line(tid);
    plat_trace_write(bytes, text.len);
    plat_trace_write("\n", 1);
}

/* The call that is being made, and what became of it. */
static void write_call(int tid, const char *rest, size_t len)
{
    start_line(tid);
    plat_trace_write(trace.inputs.bytes, trace.inputs.len);
    plat_trace_write(rest, len);
    plat_trace_write("\n", 1);
}

void trace_switch(int tid, const char *name)
{
    (void)keep(EVENT_SWITCH, tid);
    if (trace.has_text) {
        write_line(tid, "runs (%s)", name);
    }
}

static const char *const access_names[] = {
    [PLAT_READ] = "read",
    [PLAT_WRITE] = "write",
    [PLAT_FETCH] = "fetch",
};

void trace_fault(int tid, const struct plat_trap *trap, enum trace_fault outcome)
{
    static const char *const kinds[] = {
        [PLAT_FAULT_TRANSLATION] = "translation", [PLAT_FAULT_ACCESS_FLAG] = "access flag",
        [PLAT_FAULT_PERMISSION] = "permission",   [PLAT_FAULT_ADDRESS_SIZE] = "address size",
        [PLAT_FAULT_ALIGNMENT] = "alignment",     [PLAT_FAULT_BUS] = "bus",
    };
    static const char *const outcomes[] = {
        [TRACE_FAULT_RESOLVED] = "resolved",
        [TRACE_FAULT_REFUSED] = "refused",
        [TRACE_FAULT_NO_MEMORY] = "no memory",
    };
    const struct plat_fault *fault = &trap->fault;
    struct event *event = keep(EVENT_FAULT, tid);

    event->number = fault->addr;
    event->args[0] = (uint64_t)fault->access;
    event->result = (int64_t)outcome;
    if (trace.has_text) {
        /* Above user space the walk ends where the machine likes. */
        write_line(tid, "fault: %s 0x%lx, %s, level %u: %s", access_names[fault->access],
                   fault->addr, kinds[fault->kind], fault->addr < USER_END ? fault->level : 0,
                   outcomes[outcome]);
    }
}

void trace_exit(int tid, int wait_status)
{
    struct event *event = keep(EVENT_EXIT, tid);

    event->number = (uint64_t)wait_status;
    if (trace.has_text) {
        write_line(tid, "ends, status 0x%x", (unsigned)wait_status);
    }
}

void trace_power_off(int wait_status)
{
    if (trace.has_text) {
        write_line(0, "power off, status 0x%x", (unsigned)wait_status);
    }
}

void trace_call_begin(struct thread *thread)
{
    trace.number = (uint32_t)thread->user.x[8];
    trace.was_pending = thread->call.is_pending;
    memcpy(trace.args, thread->user.x, sizeof(trace.args));
    if (trace.has_text) {
        trace.inputs.len = 0;
        describe_inputs(&trace.inputs, syscall_find(trace.number), thread);
    }
}

void trace_call_block(struct thread *thread)
{
    if (trace.was_pending) {
        return; /* it was rerun for no reason, and has been told of */
    }
    struct event *event = keep(EVENT_BLOCK, thread->tid);
    event->number = trace.number;
    memcpy(event->args, trace.args, sizeof(event->args));
    if (trace.has_text) {
        write_call(thread->tid, " blocks", 7);
    }
}

void trace_call_end(struct thread *thread, int64_t result)
{
    struct event *event = keep(EVENT_CALL, thread->tid);

    event->number = trace.number;
    memcpy(event->args, trace.args, sizeof(event->args));
    event->result = result;
    if (trace.has_text) {
        static char bytes[LINE_BYTES];
        struct text outputs = {bytes, sizeof(bytes), 0};
        describe_outputs(&outputs, syscall_find(trace.number), thread, trace.args, result);
        write_call(thread->tid, outputs.bytes, outputs.len);
    }
}

static void print_event(const struct event *event)
{
    const struct syscall *call = syscall_find(event->number);
    const char *name = call ? call->name : "call";

    kprintf("[%5lu.%09lu] %d ", event->time / NSEC_PER_SEC, event->time % NSEC_PER_SEC, event->tid);
    switch (event->kind) {
    case EVENT_SWITCH:
        kprintf("runs\n");
        break;
    case EVENT_CALL:
        kprintf("%s(0x%lx, 0x%lx, 0x%lx) = %ld\n", name, event->args[0], event->args[1],
                event->args[2], event->result);
        break;
    case EVENT_BLOCK:
        kprintf("%s(0x%lx, 0x%lx, 0x%lx) blocks\n", name, event->args[0], event->args[1],
                event->args[2]);
        break;
    case EVENT_FAULT:
        kprintf("fault: %s 0x%lx: %s\n", access_names[event->args[0]], event->number,
                event->result == TRACE_FAULT_RESOLVED ? "resolved" : "not resolved");
        break;
    case EVENT_EXIT:
        kprintf("ends, status 0x%lx\n", event->number);
        break;
    case EVENT_NONE:
        break;
    }
}

void trace_print_last(void)
{
    uint64_t first = trace.count > TRACE_RING_EVENTS ? trace.count - TRACE_RING_EVENTS : 0;

    kprintf("the last %lu events:\n", trace.count - first);
    for (uint64_t i = first; i < trace.count; i++) {
        print_event(&trace.ring[i % TRACE_RING_EVENTS]);
    }
}
