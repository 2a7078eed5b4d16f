#include "gdbstub.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "el0/el0.h"
#include "gdbdata.h"
#include "gdbregs.h"
#include "gdbwire.h"
#include "machine.h"

/*
 * RUNNING -> stop: says why, and answers packets -> RUNNING, as a packet says: all threads go on,
 * and one of them perhaps for one instruction only. All of it is inside plat_user_run,
 * plat_cpu_idle or plat_user_ends.
 *
 * Breakpoints are compared with pc before each instruction, so nothing of them is in the memory of
 * a program; only processes that run the program, or step, go by single instructions.
 */

enum {
    BREAKPOINTS_MAX = 64,
    NAME_MAX_BYTES = 16, /* as the kernel keeps them */
    STATUS_KILLED = 137,
    TEXT_MAX = GDBWIRE_PACKET_MAX,
};

static struct {
    char program[NAME_MAX_BYTES];
    bool wants_start; /* stop when the program begins */
    bool is_awaited;  /* gdb waits to be told of a stop: it has let the machine run */
    uint64_t breakpoints[BREAKPOINTS_MAX];
    unsigned breakpoint_count;
    int stepping;     /* the thread that is to execute one instruction; 0: none */
    bool has_stepped; /* it did, and is to stop when it is in user mode again */
    int stopped;      /* the thread that the last stop is about */
    int selected;     /* by H, for registers and memory */
    int last_signal;
} stub;

/* ---- threads ---- */

static bool runs_program(const struct debug_thread *thread)
{
    return strcmp(thread->name, stub.program) == 0;
}

/* The thread that gdb means; any if there is no such one. */
static bool find_thread(int tid, struct debug_thread *thread)
{
    return debug_find(tid, thread) || debug_find(stub.stopped, thread) ||
           debug_find(debug_next(0), thread);
}

/* A thread id of a packet; *text moves behind it. -1 (all) and 0 (any) give 0. */
static int get_tid(const char **text)
{
    uint64_t number;

    if (**text == '-') {
        (*text)++;
        gdbwire_get_number(text, &number);
        return 0;
    }
    return gdbwire_get_number(text, &number) && number <= INT32_MAX ? (int)number : 0;
}

static void set_program(const char *name)
{
    const char *slash = strrchr(name, '/');

    name = slash ? slash + 1 : name;
    memset(stub.program, 0, sizeof(stub.program));
    memcpy(stub.program, name, strnlen(name, sizeof(stub.program) - 1));
    stub.wants_start = true;
}

static void send_ok(bool ok)
{
    gdbwire_send(ok ? "OK" : "E01");
}

/* ---- breakpoints ---- */

static unsigned find_breakpoint(uint64_t addr)
{
    unsigned i = 0;

    while (i < stub.breakpoint_count && stub.breakpoints[i] != addr) {
        i++;
    }
    return i;
}

static bool insert_breakpoint(uint64_t addr)
{
    if (find_breakpoint(addr) < stub.breakpoint_count) {
        return true;
    }
    if (stub.breakpoint_count == BREAKPOINTS_MAX) {
        return false;
    }
    stub.breakpoints[stub.breakpoint_count++] = addr;
    return true;
}

static bool remove_breakpoint(uint64_t addr)
{
    unsigned i = find_breakpoint(addr);

    if (i < stub.breakpoint_count) {
        stub.breakpoints[i] = stub.breakpoints[--stub.breakpoint_count];
    }
    return true;
}

/* Zn,ADDR,KIND or z: software and hardware breakpoints are one; watching data is left to gdb. */
static void change_breakpoint(const char *packet)
{
    const char *text = packet + 3;
    uint64_t addr;

    if ((packet[1] != '0' && packet[1] != '1') || packet[2] != ',') {
        gdbwire_send("");
    } else if (!gdbwire_get_number(&text, &addr)) {
        send_ok(false);
    } else {
        send_ok(*packet == 'Z' ? insert_breakpoint(addr) : remove_breakpoint(addr));
    }
}

/* ---- queries ---- */

/* Adds to the text of a packet, as far as there is room. */
static void add(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(char *text, const char *format, ...)
{
    size_t len = strlen(text);
    va_list args;

    va_start(args, format);
    vsnprintf(text + len, TEXT_MAX - len, format, args);
    va_end(args);
}

/* The part OFFSET,LENGTH of a document: l and the rest of it, or m and a part. */
static void send_part(const char *document, const char *text)
{
    static char part[TEXT_MAX];
    size_t size = strlen(document);
    uint64_t offset;
    uint64_t len;

    if (!gdbwire_get_range(&text, &offset, &len) || offset > size) {
        send_ok(false);
        return;
    }
    bool is_last = len >= size - offset;
    snprintf(part, sizeof(part), "%c%.*s", is_last ? 'l' : 'm',
             (int)(is_last ? size - offset : len), document + offset);
    gdbwire_send(part);
}

/* The list of threads, which gdb reads by several packets: the first, and the rest of them. */
static void send_threads(bool is_first)
{
    static char text[TEXT_MAX];
    static int last;
    static bool is_done;

    if (is_first) {
        last = 0;
        is_done = false;
    }
    text[0] = '\0';
    while (!is_done && strlen(text) < TEXT_MAX / 2) {
        int tid = debug_next(last);
        is_done = tid == 0;
        last = tid;
        if (tid) {
            add(text, "%c%x", *text ? ',' : 'm', (unsigned)tid);
        }
    }
    gdbwire_send(*text ? text : "l");
}

static void send_thread_text(const char *id)
{
    char text[80];
    char hex[2 * sizeof(text) + 1];
    struct debug_thread thread;

    if (!debug_find(get_tid(&id), &thread)) {
        send_ok(false);
        return;
    }
    snprintf(text, sizeof(text), "%s%s", thread.name, thread.is_in_call ? ", in a call" : "");
    gdbwire_put_hex(hex, text, strlen(text));
    gdbwire_send(hex);
}

/* monitor: a line of gdb's user for us; the answer is shown as it is. */
static void obey(const char *hex_line)
{
    static const char help[] = "program NAME: debugs the program of that name, from its start on\n";
    char line[80] = {0};
    char text[2 * sizeof(help)];

    gdbwire_get_hex(hex_line, line, sizeof(line) - 1);
    if (strncmp(line, "program ", 8) == 0 && line[8]) {
        set_program(line + 8);
        send_ok(true);
        return;
    }
    gdbwire_put_hex(text, help, strlen(help));
    gdbwire_send(text);
}

/* What follows prefix in packet, or NULL. */
static const char *behind(const char *packet, const char *prefix)
{
    size_t len = strlen(prefix);

    return strncmp(packet, prefix, len) == 0 ? packet + len : NULL;
}

static void answer_query(const char *packet)
{
    char text[128];
    const char *rest;

    if (behind(packet, "qSupported")) {
        snprintf(text, sizeof(text),
                 "PacketSize=%x;qXfer:features:read+;QStartNoAckMode+;vContSupported+",
                 GDBWIRE_PACKET_MAX - 1);
        gdbwire_send(text);
    } else if ((rest = behind(packet, "qXfer:features:read:target.xml:"))) {
        send_part(gdbregs_description(), rest);
    } else if (behind(packet, "qfThreadInfo")) {
        send_threads(true);
    } else if (behind(packet, "qsThreadInfo")) {
        send_threads(false);
    } else if ((rest = behind(packet, "qThreadExtraInfo,"))) {
        send_thread_text(rest);
    } else if ((rest = behind(packet, "qRcmd,"))) {
        obey(rest);
    } else if (strcmp(packet, "qAttached") == 0) {
        gdbwire_send("1");
    } else if (strcmp(packet, "qC") == 0) {
        snprintf(text, sizeof(text), "QC%x", (unsigned)stub.stopped);
        gdbwire_send(text);
    } else if (strcmp(packet, "QStartNoAckMode") == 0) {
        send_ok(true);
        gdbwire_stop_acks();
    } else {
        gdbwire_send("");
    }
}

/* ---- stopping and going on ---- */

/* gdb numbers signals as BSD does. */
static unsigned gdb_signal(int signal_number)
{
    switch (signal_number) {
    case SIGBUS:
        return 10;
    case SIGUSR1:
        return 30;
    case SIGUSR2:
        return 31;
    case SIGSYS:
        return 12;
    default:
        return (unsigned)signal_number;
    }
}

static void send_stop(void)
{
    char text[64];

    snprintf(text, sizeof(text), "T%02xthread:%x;", gdb_signal(stub.last_signal),
             (unsigned)stub.stopped);
    gdbwire_send(text);
}

/* vCont;ACTION[:THREAD]...: all threads go on, and the first that is to step does. */
static void get_actions(const char *text)
{
    while (*text == ';' && text[1]) {
        char action = text[1];
        int tid = 0;

        text += 2 + strcspn(text + 2, ":;");
        if (*text == ':') {
            text++;
            tid = get_tid(&text);
        }
        if ((action == 's' || action == 'S') && !stub.stepping) {
            stub.stepping = tid ? tid : stub.stopped;
        }
    }
}

static _Noreturn void end_by_kill(void)
{
    gdbwire_close();
    machine_save();
    exit(STATUS_KILLED);
}

static void detach(void)
{
    send_ok(true);
    gdbwire_close();
}

/* Packets that let the machine go on; false: it is not one. */
static bool answer_and_go(const char *packet)
{
    const char *rest = behind(packet, "vCont");

    switch (*packet) {
    case 'v':
        if (!rest || *rest != ';') {
            return false;
        }
        get_actions(rest);
        return true;
    case 's':
    case 'S':
        stub.stepping = stub.stopped;
        return true;
    case 'c':
    case 'C':
        return true;
    case 'D':
        detach();
        return true;
    default:
        return false;
    }
}

static void answer(const char *packet)
{
    const char *text = packet + 1;
    struct debug_thread thread;

    switch (*packet) {
    case '?':
        send_stop();
        return;
    case 'g':
    case 'G':
    case 'p':
    case 'P':
    case 'm':
    case 'M':
        gdbdata_answer(packet, find_thread(stub.selected, &thread) ? &thread : NULL);
        return;
    case 'Z':
    case 'z':
        change_breakpoint(packet);
        return;
    case 'H':
        text++;
        if (packet[1] == 'g') {
            stub.selected = get_tid(&text);
        }
        send_ok(true);
        return;
    case 'T':
        send_ok(debug_find(get_tid(&text), &thread));
        return;
    case 'q':
    case 'Q':
        answer_query(packet);
        return;
    case 'k':
        end_by_kill();
    case 'v':
        if (behind(packet, "vKill")) {
            send_ok(true);
            end_by_kill();
        }
        gdbwire_send(strcmp(packet, "vCont?") == 0 ? "vCont;c;C;s;S" : "");
        return;
    default:
        gdbwire_send("");
    }
}

/* Stands still until gdb lets the machine go on, or goes itself: then there are no breakpoints. */
static void stop(int tid, int signal_number)
{
    static char packet[GDBWIRE_PACKET_MAX];

    if (!gdbstub_is_on()) {
        return;
    }
    stub.stopped = tid;
    stub.selected = tid;
    stub.last_signal = signal_number;
    stub.stepping = 0;
    stub.has_stepped = false;
    if (stub.is_awaited) {
        send_stop();
    }
    stub.is_awaited = false;
    while (gdbwire_receive(packet)) {
        if (answer_and_go(packet)) {
            break;
        }
        answer(packet);
    }
    stub.is_awaited = true;
}

/* ---- running ---- */

int gdbstub_start(unsigned port, const char *program)
{
    memset(&stub, 0, sizeof(stub));
    set_program(program);
    return gdbwire_accept(port);
}

bool gdbstub_is_on(void)
{
    return gdbwire_fd() >= 0;
}

int gdbstub_fd(void)
{
    return gdbwire_fd();
}

/* Whether the thread stops before its next instruction. */
static bool is_to_stop(const struct debug_thread *thread, uint64_t pc)
{
    struct debug_thread other;

    if (stub.wants_start && runs_program(thread)) {
        stub.wants_start = false;
        return true;
    }
    if (stub.stepping && !debug_find(stub.stepping, &other)) {
        return true; /* the thread that was to stop has ended */
    }
    if (stub.has_stepped && stub.stepping == thread->tid) {
        return true;
    }
    return find_breakpoint(pc) < stub.breakpoint_count && runs_program(thread);
}

uint64_t gdbstub_run(struct plat_user *user, struct plat_fp *fp, uint64_t budget,
                     struct plat_trap *trap)
{
    const nsec_t start = el0_clock_base;
    struct debug_thread thread;
    uint64_t done = 0;

    do {
        debug_current(&thread);
        while (gdbstub_is_on() && is_to_stop(&thread, user->pc)) {
            stop(thread.tid, SIGTRAP);
            if (stub.stepping == thread.tid) {
                break; /* its instruction may be where a breakpoint is */
            }
        }
        bool is_stepping = gdbstub_is_on() && stub.stepping == thread.tid;
        bool is_slow = is_stepping || (stub.breakpoint_count > 0 && runs_program(&thread));
        uint64_t part = gdbstub_is_on() && is_slow ? 1 : budget - done;

        el0_clock_base = start + done * EL0_INSN_NS;
        uint64_t count = done ? el0_resume(user, fp, part, trap) : el0_run(user, fp, part, trap);
        done += count;
        stub.has_stepped |= is_stepping && count > 0;
    } while (trap->kind == PLAT_TRAP_IRQ && done < budget);
    return done;
}

void gdbstub_poll(void)
{
    struct debug_thread thread;

    /* What gdb says first waits for the first stop. */
    if (stub.is_awaited && gdbwire_is_interrupted() && gdbstub_is_on()) {
        if (!debug_current(&thread)) {
            thread.tid = debug_next(0);
        }
        stop(thread.tid, SIGINT);
    }
}

void plat_user_ends(int signal_number)
{
    struct debug_thread thread;

    if (signal_number != SIGKILL && gdbstub_is_on() && debug_current(&thread) &&
        runs_program(&thread)) {
        stop(thread.tid, signal_number);
    }
}

void gdbstub_end(int status)
{
    static char packet[GDBWIRE_PACKET_MAX];
    char text[16];

    /* If there has been no stop yet gdb has not asked how it stands. */
    while (!stub.is_awaited && gdbstub_is_on() && gdbwire_receive(packet) && *packet != '?') {
        answer(packet);
    }
    if (gdbstub_is_on()) {
        snprintf(text, sizeof(text), "W%02x", (unsigned)status & 0xff);
        gdbwire_send(text);
        gdbwire_close();
    }
}

void gdbstub_abort(void)
{
    if (gdbstub_is_on() && stub.is_awaited) {
        gdbwire_send("X06");
    }
    gdbwire_close();
}
