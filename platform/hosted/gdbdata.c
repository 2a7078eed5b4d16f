#include "gdbdata.h"

#include <string.h>

#include "gdbregs.h"
#include "gdbwire.h"

static void send_ok(bool ok)
{
    gdbwire_send(ok ? "OK" : "E01");
}

static void send_registers(const struct debug_thread *thread)
{
    static char text[2 * GDBREGS_BYTES + 1];
    uint8_t bytes[GDBREGS_ONE_MAX];
    size_t len = 0;

    for (unsigned i = 0; i < GDBREGS_COUNT; i++) {
        gdbregs_get(thread, i, bytes);
        gdbwire_put_hex(text + len, bytes, gdbregs_size(i));
        len += 2 * gdbregs_size(i);
    }
    gdbwire_send(text);
}

/* Registers from number on, as many as the text holds; count is how many it must hold. */
static bool write_registers(const struct debug_thread *thread, unsigned number, const char *text,
                            unsigned count)
{
    uint8_t bytes[GDBREGS_ONE_MAX];

    if (thread->is_in_call) {
        return false;
    }
    for (unsigned i = number; i < number + count; i++) {
        size_t size = gdbregs_size(i);
        if (size == 0 || gdbwire_get_hex(text, bytes, size) != size) {
            return false;
        }
        gdbregs_set(thread, i, bytes);
        text += 2 * size;
    }
    debug_fp_changed(thread->tid);
    return true;
}

static void send_register(const struct debug_thread *thread, const char *text)
{
    char value[2 * GDBREGS_ONE_MAX + 1];
    uint8_t bytes[GDBREGS_ONE_MAX];
    uint64_t number;

    if (!gdbwire_get_number(&text, &number) || number >= GDBREGS_COUNT) {
        send_ok(false);
        return;
    }
    gdbregs_get(thread, (unsigned)number, bytes);
    gdbwire_put_hex(value, bytes, gdbregs_size((unsigned)number));
    gdbwire_send(value);
}

static bool write_register(const struct debug_thread *thread, const char *text)
{
    uint64_t number;

    return gdbwire_get_number(&text, &number) && *text == '=' && number < GDBREGS_COUNT &&
           write_registers(thread, (unsigned)number, text + 1, 1);
}

static void send_memory(const struct debug_thread *thread, const char *text)
{
    static uint8_t bytes[GDBWIRE_DATA_MAX];
    static char hex[2 * GDBWIRE_DATA_MAX + 1];
    uint64_t addr;
    uint64_t len;
    size_t count = 0;

    if (gdbwire_get_range(&text, &addr, &len)) {
        count = debug_read(thread->tid, bytes, addr, len);
    }
    if (count == 0) {
        send_ok(false);
        return;
    }
    gdbwire_put_hex(hex, bytes, count);
    gdbwire_send(hex);
}

static bool write_memory(const struct debug_thread *thread, const char *text)
{
    static uint8_t bytes[GDBWIRE_DATA_MAX];
    uint64_t addr;
    uint64_t len;

    return gdbwire_get_range(&text, &addr, &len) && *text++ == ':' &&
           gdbwire_get_hex(text, bytes, len) == len &&
           debug_write(thread->tid, addr, bytes, len) == len;
}

void gdbdata_answer(const char *packet, const struct debug_thread *thread)
{
    const char *text = packet + 1;

    if (!thread) {
        send_ok(false);
        return;
    }
    switch (*packet) {
    case 'g':
        send_registers(thread);
        return;
    case 'G':
        send_ok(strlen(text) == 2 * GDBREGS_BYTES &&
                write_registers(thread, 0, text, GDBREGS_COUNT));
        return;
    case 'p':
        send_register(thread, text);
        return;
    case 'P':
        send_ok(write_register(thread, text));
        return;
    case 'm':
        send_memory(thread, text);
        return;
    default:
        send_ok(write_memory(thread, text));
    }
}
