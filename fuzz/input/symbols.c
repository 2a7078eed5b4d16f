#include "fuzz/input/symbols.h"

#include "abi/linux.h"
#include "base/string.h"
#include "fuzz/input/insn.h"
#include "syscall/names.h"

enum {
    ERRORS = 134,
    NAME_MAX = 64,
    DECIMAL_MAX = 65536,
};

enum style {
    STYLE_NUMBER,
    STYLE_ONE,   /* one name */
    STYLE_FLAGS, /* several, joined by | */
    STYLE_OPEN,  /* the same, and one of the ways to open */
    STYLE_CLONE, /* the same, and a signal */
    STYLE_SIGNAL,
    STYLE_OCTAL,
    STYLE_POINTER, /* NULL, or hexadecimal */
    STYLE_ADDRESS, /* hexadecimal */
    STYLE_SIZE,    /* hexadecimal if it is pages */
};

struct written {
    enum style style;
    const struct names *names;
};

#define ONE(kind, list) [ARG_##kind] = {STYLE_ONE, &names_##list}
#define FLAGS(kind, list) [ARG_##kind] = {STYLE_FLAGS, &names_##list}

static const struct written kinds[ARG_COUNT] = {
    ONE(ADVICE, advice),
    ONE(CLOCK, clock),
    ONE(FCNTL, fcntl),
    ONE(FUTEX_OP, futex),
    ONE(ID_TYPE, id_type),
    ONE(IOCTL, ioctl),
    ONE(PRCTL, prctl),
    ONE(PRIORITY, priority),
    ONE(POLICY, policy),
    ONE(BARRIER, barrier),
    ONE(RESOURCE, resource),
    ONE(SIG_HOW, sig_how),
    ONE(USAGE, usage),
    ONE(WHENCE, whence),
    FLAGS(AT_FLAGS, at),
    FLAGS(FD_FLAGS, open),
    FLAGS(MAP_FLAGS, map),
    FLAGS(PROT, prot),
    FLAGS(RANDOM_FLAGS, random),
    FLAGS(SHARE_FLAGS, clone),
    FLAGS(REMAP_FLAGS, remap),
    FLAGS(WAIT_FLAGS, wait),
    [ARG_CLONE_FLAGS] = {STYLE_CLONE, &names_clone},
    [ARG_OPEN_FLAGS] = {STYLE_OPEN, &names_open},
    [ARG_SIG] = {STYLE_SIGNAL, NULL},
    [ARG_MODE] = {STYLE_OCTAL, NULL},
    [ARG_ADDR] = {STYLE_POINTER, NULL},
    [ARG_PLACE] = {STYLE_ADDRESS, NULL},
    [ARG_SIZE] = {STYLE_SIZE, NULL},
    [ARG_IOCTL_ARG] = {STYLE_NUMBER, NULL},
    [ARG_PRCTL_ARG] = {STYLE_NUMBER, NULL},
    [ARG_FUTEX_ARG] = {STYLE_NUMBER, NULL},
};

static const struct name limits_list[] = {
    {INT32_MAX, "INT_MAX"},
    {(uint64_t)INT32_MIN, "INT_MIN"},
    {INT64_MAX, "LONG_MAX"},
    {(uint64_t)INT64_MIN, "LONG_MIN"},
};
static const struct names limits = {limits_list, ARRAY_LEN(limits_list), NULL};

static const struct name constants_list[] = {
    {0, "NULL"},
    {(uint64_t)AT_FDCWD, "AT_FDCWD"},
    {0, "PROT_NONE"},
    {O_RDONLY, "O_RDONLY"},
    {O_WRONLY, "O_WRONLY"},
    {O_RDWR, "O_RDWR"},
    {FUTEX_CLOCK_REALTIME, "FUTEX_CLOCK_REALTIME"},
};
static const struct names constants = {constants_list, ARRAY_LEN(constants_list), NULL};

static struct written written_as(unsigned kind)
{
    if (kind < ARG_COUNT && (kinds[kind].style != STYLE_NUMBER || kinds[kind].names)) {
        return kinds[kind];
    }
    bool is_number = kind == ARG_PRCTL_ARG || kind == ARG_IOCTL_ARG || kind == ARG_FUTEX_ARG;
    return (struct written){insn_kind_is_pointer(kind) && !is_number ? STYLE_POINTER : STYLE_NUMBER,
                            NULL};
}

bool symbol_is_flags(unsigned kind)
{
    enum style style = written_as(kind).style;

    return style == STYLE_FLAGS || style == STYLE_OPEN || style == STYLE_CLONE;
}

/* ---- writing ---- */

static const char *name_of(const struct names *names, int64_t value)
{
    for (size_t i = 0; names && i < names->count; i++) {
        if (names->list[i].value == (uint64_t)value) {
            return names->list[i].text;
        }
    }
    return NULL;
}

void symbol_put_number(struct text *text, int64_t value)
{
    const char *name = name_of(&limits, value);

    if (name) {
        text_printf(text, "%s", name);
    } else if (value > -DECIMAL_MAX && value < DECIMAL_MAX) {
        text_printf(text, "%ld", (long)value);
    } else {
        text_printf(text, "0x%lx", (unsigned long)value);
    }
}

static void put_octal(struct text *text, int64_t value)
{
    char digits[24];
    unsigned count = 0;

    if (value <= 0) {
        symbol_put_number(text, value);
        return;
    }
    for (uint64_t rest = (uint64_t)value; rest != 0; rest >>= 3) {
        digits[count++] = (char)('0' + (rest & 7));
    }
    text_char(text, '0');
    while (count > 0) {
        text_char(text, digits[--count]);
    }
}

static void put_signal(struct text *text, int64_t value)
{
    if (value > 0 && value <= SIGNAL_MAX) {
        names_put_signal(text, (int)value);
    } else {
        symbol_put_number(text, value);
    }
}

static void put_address(struct text *text, int64_t value)
{
    if (value > -DECIMAL_MAX && value < 10) {
        symbol_put_number(text, value);
    } else {
        text_printf(text, "0x%lx", (unsigned long)value);
    }
}

static void join(struct text *text, bool *is_first)
{
    if (!*is_first) {
        text_char(text, '|');
    }
    *is_first = false;
}

static void put_flags(struct text *text, const struct written *written, unsigned kind,
                      int64_t value)
{
    static const char *const ways[] = {"O_RDONLY", "O_WRONLY", "O_RDWR"};
    const struct names *names = written->names;
    uint64_t rest = (uint64_t)value;
    uint64_t way = written->style == STYLE_OPEN ? rest & O_ACCMODE : 0;
    uint64_t signal = written->style == STYLE_CLONE ? rest & CLONE_SIGNAL_MASK : 0;
    bool is_first = true;

    if (way != O_ACCMODE && written->style == STYLE_OPEN) {
        join(text, &is_first);
        text_printf(text, "%s", ways[way]);
        rest &= ~way;
    }
    rest = signal > 0 && signal <= SIGNAL_MAX ? rest & ~signal : rest;
    for (size_t i = 0; names && i < names->count; i++) {
        const struct name *name = &names->list[i];
        if (name->value != 0 && (rest & name->value) == name->value) {
            join(text, &is_first);
            text_printf(text, "%s", name->text);
            rest &= ~name->value;
        }
    }
    if (signal > 0 && signal <= SIGNAL_MAX) {
        join(text, &is_first);
        put_signal(text, (int64_t)signal);
    }
    if (rest != 0 || is_first) {
        join(text, &is_first);
        text_printf(text,
                    rest               ? "0x%lx"
                    : kind == ARG_PROT ? "PROT_NONE"
                                       : "0",
                    (unsigned long)rest);
    }
}

void symbol_put(struct text *text, unsigned kind, int64_t value)
{
    struct written written = written_as(kind);
    const char *name = written.style == STYLE_ONE ? name_of(written.names, value) : NULL;

    if (name) {
        text_printf(text, "%s", name);
    } else if (symbol_is_flags(kind) && value >= 0) {
        put_flags(text, &written, kind, value);
    } else if (written.style == STYLE_SIGNAL) {
        put_signal(text, value);
    } else if (written.style == STYLE_OCTAL) {
        put_octal(text, value);
    } else if (written.style == STYLE_POINTER && value == 0) {
        text_printf(text, "NULL");
    } else if (written.style == STYLE_POINTER || written.style == STYLE_ADDRESS ||
               (written.style == STYLE_SIZE && value > 0 && value % PAGE_SIZE == 0)) {
        put_address(text, value);
    } else if (kind == ARG_DIRFD && value == AT_FDCWD) {
        text_printf(text, "AT_FDCWD");
    } else {
        symbol_put_number(text, value);
    }
}

static size_t error_name(int error, char name[NAME_MAX])
{
    struct text text = {name, NAME_MAX, 0};
    size_t len = 0;

    if (!names_put_error(&text, error)) {
        return 0;
    }
    while (len < text.len && name[len] != ' ') {
        len++;
    }
    return len;
}

void symbol_put_error(struct text *text, int64_t error)
{
    char name[NAME_MAX];
    size_t len = error > 0 && error < ERRORS ? error_name((int)error, name) : 0;

    if (len > 0) {
        text_printf(text, "%.*s", (int)len, name);
    } else {
        text_printf(text, "%ld", (long)-error);
    }
}

/* ---- reading ---- */

static bool is_word(const char *word, size_t len, const char *name)
{
    return str_len(name) == len && memcmp(word, name, len) == 0;
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : 99;
}

bool symbol_read_number(const char *word, size_t len, int64_t *value)
{
    bool is_negative = len > 0 && word[0] == '-';
    size_t at = is_negative;
    unsigned base = 10;
    uint64_t number = 0;

    if (len >= at + 2 && word[at] == '0') {
        base = (word[at + 1] | 0x20) == 'x' ? 16 : 8;
        at += base == 16 ? 2 : 1;
    }
    if (at == len || (is_negative && base != 10)) {
        return false;
    }
    for (; at < len; at++) {
        unsigned digit = (unsigned)digit_of(word[at]);
        if (digit >= base || __builtin_mul_overflow(number, base, &number) ||
            __builtin_add_overflow(number, digit, &number)) {
            return false;
        }
    }
    if (base == 10 && number > (uint64_t)INT64_MAX) {
        return false;
    }
    *value = (int64_t)(is_negative ? -number : number);
    return true;
}

static bool find_in(const struct names *names, const char *word, size_t len, int64_t *value)
{
    for (size_t i = 0; names && i < names->count; i++) {
        if (is_word(word, len, names->list[i].text)) {
            *value = (int64_t)names->list[i].value;
            return true;
        }
    }
    return false;
}

static bool find_signal(const char *word, size_t len, int64_t *value)
{
    char name[NAME_MAX];

    for (int signal = 1; signal <= SIGNAL_MAX; signal++) {
        struct text text = {name, sizeof(name), 0};
        names_put_signal(&text, signal);
        if (text.len == len && memcmp(word, name, len) == 0) {
            *value = signal;
            return true;
        }
    }
    return false;
}

bool symbol_find(unsigned kind, const char *word, size_t len, int64_t *value)
{
    struct written written = written_as(kind);
    bool is_signal = written.style == STYLE_SIGNAL || written.style == STYLE_CLONE;

    return symbol_read_number(word, len, value) || find_in(written.names, word, len, value) ||
           (is_signal && find_signal(word, len, value)) || find_in(&limits, word, len, value) ||
           find_in(&constants, word, len, value);
}

int symbol_find_error(const char *word, size_t len)
{
    char name[NAME_MAX];

    for (int error = 1; error < ERRORS; error++) {
        size_t name_len = error_name(error, name);
        if (len > 0 && name_len == len && memcmp(word, name, len) == 0) {
            return error;
        }
    }
    return 0;
}
