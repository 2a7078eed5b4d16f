#include "fuzz/model/ask.h"

#include <stdarg.h>

#include "fuzz/model/calls.h"

enum { NAMED_MAX = 12, TEXT_MAX = 400, ERROR_LOWEST = -4095, ERRORS_MEANT = 3 };

struct named {
    enum event_kind kind;
    int64_t first;
    int64_t last;
};

static struct {
    const struct event *event;
    bool is_answered;
    bool is_objected;
    uint64_t count;
    unsigned named_count;
    struct named named[NAMED_MAX];
    unsigned len;
    char text[TEXT_MAX];
} ask;

void ask_begin(const struct event *event)
{
    ask.event = event;
    ask.is_answered = false;
    ask.is_objected = false;
    ask.count = 0;
    ask.named_count = 0;
    ask.len = 0;
}

static bool name(enum event_kind kind, int64_t first, int64_t last, uint64_t count, bool is_it)
{
    ask.count += count;
    if (ask.named_count < NAMED_MAX) {
        ask.named[ask.named_count++] = (struct named){kind, first, last};
    }
    if (is_it && ask.event->kind == kind && !ask.is_answered) {
        ask.is_answered = true;
        return true;
    }
    return false;
}

bool ask_range(int64_t first, int64_t last, uint64_t count)
{
    int64_t result = ask.event->result;

    return name(EVENT_RESULT, first, last, count, result >= first && result <= last);
}

bool ask_result(int64_t value)
{
    return ask_range(value, value, 1);
}

bool ask_any_error(void)
{
    return ask_range(ERROR_LOWEST, -1, ERRORS_MEANT);
}

bool ask_block(void)
{
    if (world.must_not_wait) {
        world.interrupted = INTERRUPT_AS_ASKED;
        return false;
    }
    return name(EVENT_BLOCKED, 0, 0, 1, true);
}

bool ask_again(void)
{
    return name(EVENT_AGAIN, 0, 0, 0, true);
}

bool ask_caught(void)
{
    return name(EVENT_CAUGHT, 0, 0, 1, true);
}

bool ask_stopped(void)
{
    return name(EVENT_STOPPED, 0, 0, 1, true);
}

bool ask_access(void)
{
    bool is_load = ask.event->kind == EVENT_LOADED || ask.event->tried == EVENT_LOADED;

    return name(is_load ? EVENT_LOADED : EVENT_STORED, 0, 0, 1, true);
}

bool ask_left(void)
{
    return name(EVENT_LEFT, 0, 0, 1, true);
}

bool ask_end(int status)
{
    return name(EVENT_ENDED, status, status, 1, ask.event->wait_status == status);
}

bool ask_is_answered(void)
{
    return ask.is_answered;
}

uint64_t ask_count(void)
{
    return ask.count;
}

/* ---- text ---- */

static void put_char(char c)
{
    if (ask.len < TEXT_MAX - 1) {
        ask.text[ask.len++] = c;
    }
    ask.text[ask.len] = '\0';
}

static void put_string(const char *s)
{
    while (*s) {
        put_char(*s++);
    }
}

static void put_unsigned(uint64_t value, unsigned base)
{
    char digits[24];
    unsigned count = 0;

    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    while (count > 0) {
        put_char(digits[--count]);
    }
}

static void put_signed(int64_t value)
{
    if (value < 0) {
        put_char('-');
    }
    put_unsigned(value < 0 ? -(uint64_t)value : (uint64_t)value, 10);
}

/* A result: an error by its name. */
static void put_result(int64_t value)
{
    static const struct {
        int number;
        const char *name;
    } errors[] = {
        {EPERM, "EPERM"},         {ENOENT, "ENOENT"}, {ESRCH, "ESRCH"},
        {EINTR, "EINTR"},         {E2BIG, "E2BIG"},   {ENOEXEC, "ENOEXEC"},
        {EBADF, "EBADF"},         {ECHILD, "ECHILD"}, {EAGAIN, "EAGAIN"},
        {ENOMEM, "ENOMEM"},       {EACCES, "EACCES"}, {EFAULT, "EFAULT"},
        {EEXIST, "EEXIST"},       {ENODEV, "ENODEV"}, {ENOTDIR, "ENOTDIR"},
        {EISDIR, "EISDIR"},       {EINVAL, "EINVAL"}, {EMFILE, "EMFILE"},
        {ENOTTY, "ENOTTY"},       {ESPIPE, "ESPIPE"}, {EROFS, "EROFS"},
        {EPIPE, "EPIPE"},         {ERANGE, "ERANGE"}, {ENAMETOOLONG, "ENAMETOOLONG"},
        {ENOSYS, "ENOSYS"},       {ELOOP, "ELOOP"},   {EOVERFLOW, "EOVERFLOW"},
        {ETIMEDOUT, "ETIMEDOUT"},
    };

    for (unsigned i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        if (value == -errors[i].number) {
            put_string(errors[i].name);
            return;
        }
    }
    put_signed(value);
}

static void put_one(char kind, va_list *list)
{
    switch (kind) {
    case 'd':
        put_signed(va_arg(*list, int64_t));
        break;
    case 'u':
        put_unsigned(va_arg(*list, uint64_t), 10);
        break;
    case 'x':
        put_string("0x");
        put_unsigned(va_arg(*list, uint64_t), 16);
        break;
    default:
        put_string(va_arg(*list, const char *));
        break;
    }
}

void ask_object(const char *format, ...)
{
    va_list list;

    if (ask.is_objected) {
        return;
    }
    ask.is_objected = true;
    va_start(list, format);
    for (const char *at = format; *at; at++) {
        if (*at == '%') {
            put_one(*++at, &list);
        } else {
            put_char(*at);
        }
    }
    va_end(list);
}

static void put_happened(enum event_kind kind, int64_t first, int64_t last)
{
    switch (kind) {
    case EVENT_RESULT:
        put_result(first);
        if (last != first) {
            put_string(" to ");
            put_signed(last);
        }
        break;
    case EVENT_BLOCKED:
        put_string("that it waits");
        break;
    case EVENT_CAUGHT:
        put_string("that a handler is called");
        break;
    case EVENT_STOPPED:
        put_string("that it is stopped");
        break;
    case EVENT_AGAIN:
        put_string("that it does a part");
        break;
    case EVENT_ENDED:
        put_string("its end with status ");
        put_signed(first);
        break;
    case EVENT_LEFT:
        put_string("that the thread ends");
        break;
    case EVENT_LOADED:
        put_string("a load");
        break;
    default:
        put_string("a store");
        break;
    }
}

const char *ask_objection(void)
{
    return ask.is_objected ? ask.text : NULL;
}

const char *ask_text(void)
{
    const struct event *event = ask.event;

    if (!ask.is_objected && ask.is_answered) {
        return NULL;
    }
    if (!ask.is_objected) {
        ask.is_objected = true;
        put_string("process ");
        put_signed(event->pid);
        if (event->nr != EVENT_NO_CALL) {
            put_string(", ");
            put_string(calls_name(event->nr));
        }
        put_string(": there was ");
        put_happened(event->kind, event->kind == EVENT_ENDED ? event->wait_status : event->result,
                     event->kind == EVENT_ENDED ? event->wait_status : event->result);
        put_string("; allowed:");
        for (unsigned i = 0; i < ask.named_count; i++) {
            put_string(i == 0 ? " " : ", ");
            put_happened(ask.named[i].kind, ask.named[i].first, ask.named[i].last);
        }
        if (ask.named_count == 0) {
            put_string(" nothing");
        }
    }
    return ask.text;
}
