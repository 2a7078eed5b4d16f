#include "syscall/trace.h"

#include "abi/linux.h"
#include "base/print.h"
#include "base/string.h"
#include "platform/scratch.h"
#include "proc/clock.h"
#include "proc/process.h"
#include "syscall/describe.h"
#include "syscall/names.h"

enum {
    FILE_LINE_BYTES = 48 * 1024, /* a program's arguments and environment, as far as shown */
    FILE_END_BYTES = 20 * 1024,  /* of these: kept for what is told when the call has ended */
    CONSOLE_LINE_BYTES = 8 * 1024,
    CONSOLE_END_BYTES = 3 * 1024,
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

/* A place where lines go. */
struct sink {
    bool is_on;
    bool is_whole;       /* every event, and a hash of what is not shown */
    struct text line;    /* which is being made */
    size_t capacity;     /* of its bytes */
    size_t kept_for_end; /* of these, while the beginning of a call is told */
    void (*write)(const char *bytes, size_t len);
};

static char file_line[FILE_LINE_BYTES];
static char console_line[CONSOLE_LINE_BYTES];

SCRATCH(file_line);
SCRATCH(console_line);

static struct {
    struct event ring[TRACE_RING_EVENTS];
    uint64_t count; /* of events ever kept */
    struct sink sinks[2];
    bool in_call; /* a call has begun, and has neither ended nor blocked */
    int tid;      /* its thread */
    bool was_pending;
    unsigned number;
    uint64_t args[SYSCALL_ARGS_MAX]; /* as they were at its beginning */
} trace;

#define FOR_SINKS(sink)                                                                            \
    for (struct sink *sink = trace.sinks; sink < trace.sinks + ARRAY_LEN(trace.sinks); sink++)     \
        if (sink->is_on)

bool trace_init(const char *path, bool to_console)
{
    bool has_file = path && *path;

    memset(&trace, 0, sizeof(trace));
    trace.sinks[0] = (struct sink){
        .is_on = has_file,
        .is_whole = true,
        .line.bytes = file_line,
        .capacity = sizeof(file_line),
        .kept_for_end = FILE_END_BYTES,
        .write = plat_trace_write,
    };
    trace.sinks[1] = (struct sink){
        .is_on = to_console,
        .line.bytes = console_line,
        .capacity = sizeof(console_line),
        .kept_for_end = CONSOLE_END_BYTES,
        .write = plat_console_write,
    };
    return !has_file || plat_trace_open(path);
}

bool trace_has_text(void)
{
    return trace.sinks[0].is_on;
}

static struct event *keep(enum event_kind kind, int tid)
{
    struct event *event = &trace.ring[trace.count++ % TRACE_RING_EVENTS];

    *event = (struct event){.time = clock_now(), .kind = kind, .tid = tid};
    return event;
}

/* The beginning of a line: when, and who. */
static void start_line(struct sink *sink, int tid)
{
    nsec_t now = clock_now();
    uint64_t seconds = now / NSEC_PER_SEC;

    sink->line.len = 0;
    sink->line.capacity = sink->capacity - 1; /* and the newline */
    if (sink->is_whole) {
        text_printf(&sink->line, "[%5lu.%09lu] %d ", seconds, now % NSEC_PER_SEC, tid);
    } else {
        text_printf(&sink->line, "[pid %4d] %5lu.%06lu ", tid, seconds, now % NSEC_PER_SEC / 1000);
    }
}

static void end_line(struct sink *sink)
{
    sink->line.capacity = sink->capacity;
    text_char(&sink->line, '\n');
    sink->write(sink->line.bytes, sink->line.len);
}

/* A line that is no call's: to the file, or to all. */
static void write_line(bool to_all, int tid, const char *format, ...) PRINTF_LIKE(3, 4);

static void write_line(bool to_all, int tid, const char *format, ...)
{
    FOR_SINKS(sink)
    {
        if (sink->is_whole || to_all) {
            va_list args;
            va_start(args, format);
            start_line(sink, tid);
            text_vprintf(&sink->line, format, args);
            va_end(args);
            end_line(sink);
        }
    }
}

void trace_switch(int tid, const char *name)
{
    (void)keep(EVENT_SWITCH, tid);
    write_line(false, tid, "runs (%s)", name);
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
    /* Above user space the walk ends where the machine likes. */
    write_line(false, tid, "fault: %s 0x%lx, %s, level %u: %s", access_names[fault->access],
               fault->addr, kinds[fault->kind], fault->addr < USER_END ? fault->level : 0,
               outcomes[outcome]);
}

void trace_signal(int tid, int signal, const char *code, uaddr_t addr)
{
    char bytes[16];
    struct text name = {bytes, sizeof(bytes), 0};

    names_put_signal(&name, signal);
    write_line(true, tid, "--- %.*s {si_signo=%.*s, si_code=%s, si_addr=0x%lx} ---", (int)name.len,
               name.bytes, (int)name.len, name.bytes, code, addr);
}

void trace_exit(int tid, int wait_status)
{
    struct event *event = keep(EVENT_EXIT, tid);
    int signal = wait_status & 0x7f;

    event->number = (uint64_t)wait_status;
    if (trace.in_call && trace.tid == tid) {
        trace.in_call = false;
        FOR_SINKS(sink)
        {
            describe_gone(&sink->line);
            end_line(sink);
        }
    }
    FOR_SINKS(sink)
    {
        start_line(sink, tid);
        if (signal) {
            text_printf(&sink->line, "+++ killed by ");
            names_put_signal(&sink->line, signal);
            text_printf(&sink->line,
                        wait_status & WAIT_CORE_DUMPED ? " (core dumped) +++" : " +++");
        } else {
            text_printf(&sink->line, "+++ exited with %d +++", wait_status >> 8 & 0xff);
        }
        end_line(sink);
    }
}

void trace_power_off(int wait_status)
{
    write_line(false, 0, "power off, status 0x%x", (unsigned)wait_status);
}

/* The call that is being made, for a sink. */
static struct described described_for(const struct sink *sink)
{
    return (struct described){
        .call = syscall_find(trace.number),
        .number = trace.number,
        .args = trace.args,
        .is_whole = sink->is_whole,
    };
}

void trace_call_begin(struct thread *thread)
{
    trace.in_call = true;
    trace.tid = thread->tid;
    trace.number = (uint32_t)thread->user.x[8];
    trace.was_pending = thread->call.is_pending;
    memcpy(trace.args, thread->user.x, sizeof(trace.args));
    FOR_SINKS(sink)
    {
        struct described described = described_for(sink);
        start_line(sink, thread->tid);
        if (trace.was_pending) {
            text_printf(&sink->line, "<... %s resumed>", described.call->name);
        } else {
            sink->line.capacity -= sink->kept_for_end;
            describe_begin(&sink->line, &described, thread->process->space);
            sink->line.capacity += sink->kept_for_end;
        }
    }
}

void trace_call_block(struct thread *thread)
{
    trace.in_call = false;
    if (trace.was_pending) {
        return; /* it was rerun for no reason, and has been told of */
    }
    struct event *event = keep(EVENT_BLOCK, thread->tid);
    event->number = trace.number;
    memcpy(event->args, trace.args, sizeof(event->args));
    FOR_SINKS(sink)
    {
        text_printf(&sink->line, " <unfinished ...>");
        end_line(sink);
    }
}

void trace_call_end(struct thread *thread, int64_t result)
{
    struct event *event = keep(EVENT_CALL, thread->tid);

    trace.in_call = false;
    event->number = trace.number;
    memcpy(event->args, trace.args, sizeof(event->args));
    event->result = result;
    FOR_SINKS(sink)
    {
        struct described described = described_for(sink);
        describe_end(&sink->line, &described, thread->process->space, result);
        end_line(sink);
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
