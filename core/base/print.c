#include "base/print.h"

#include "base/string.h"

/* One conversion: %[-][0][width][.precision|.*][l|ll|z]letter */
struct conversion {
    bool left;
    bool zero;
    unsigned width;
    unsigned precision;
    bool has_precision;
    bool precision_is_arg;
    bool is_long;
    char letter;
};

void text_char(struct text *text, char c)
{
    if (text->len < text->capacity) {
        text->bytes[text->len++] = c;
    }
}

static unsigned parse_number(const char **format)
{
    unsigned value = 0;

    while (**format >= '0' && **format <= '9') {
        value = value * 10 + (unsigned)(*(*format)++ - '0');
    }
    return value;
}

static struct conversion parse_conversion(const char **format)
{
    struct conversion conv = {0};

    for (; **format == '-' || **format == '0'; (*format)++) {
        if (**format == '-') {
            conv.left = true;
        } else {
            conv.zero = true;
        }
    }
    conv.width = parse_number(format);
    if (**format == '.') {
        (*format)++;
        conv.has_precision = true;
        conv.precision_is_arg = **format == '*';
        if (conv.precision_is_arg) {
            (*format)++;
        } else {
            conv.precision = parse_number(format);
        }
    }
    while (**format == 'l' || **format == 'z') {
        conv.is_long = true;
        (*format)++;
    }
    conv.letter = **format;
    if (conv.letter) {
        (*format)++;
    }
    return conv;
}

/* bytes[0..len), behind sign or prefix, padded to conv->width. */
static void put_padded(struct text *text, const struct conversion *conv, const char *prefix,
                       const char *bytes, size_t len)
{
    size_t prefix_len = str_len(prefix);
    size_t total = prefix_len + len;
    size_t padding = conv->width > total ? conv->width - total : 0;

    for (size_t i = 0; !conv->left && !conv->zero && i < padding; i++) {
        text_char(text, ' ');
    }
    for (size_t i = 0; i < prefix_len; i++) {
        text_char(text, prefix[i]);
    }
    for (size_t i = 0; !conv->left && conv->zero && i < padding; i++) {
        text_char(text, '0');
    }
    for (size_t i = 0; i < len; i++) {
        text_char(text, bytes[i]);
    }
    for (size_t i = 0; conv->left && i < padding; i++) {
        text_char(text, ' ');
    }
}

static void put_number(struct text *text, const struct conversion *conv, const char *prefix,
                       uint64_t value, unsigned base)
{
    char digits[20]; /* UINT64_MAX in decimal */
    size_t start = sizeof(digits);

    do {
        digits[--start] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    put_padded(text, conv, prefix, digits + start, sizeof(digits) - start);
}

static void put_string(struct text *text, const struct conversion *conv, const char *s)
{
    struct conversion plain = *conv;
    size_t len = 0;

    while ((!conv->has_precision || len < conv->precision) && s[len]) {
        len++;
    }
    plain.zero = false;
    put_padded(text, &plain, "", s, len);
}

void text_vprintf(struct text *text, const char *format, va_list args)
{
    while (*format) {
        if (*format != '%') {
            text_char(text, *format++);
            continue;
        }
        format++;
        struct conversion conv = parse_conversion(&format);
        if (conv.precision_is_arg) {
            conv.precision = va_arg(args, unsigned);
        }
        if (conv.letter == 'd') {
            int64_t value = conv.is_long ? va_arg(args, int64_t) : va_arg(args, int);
            uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
            put_number(text, &conv, value < 0 ? "-" : "", magnitude, 10);
        } else if (conv.letter == 'u' || conv.letter == 'x') {
            uint64_t value = conv.is_long ? va_arg(args, uint64_t) : va_arg(args, unsigned);
            put_number(text, &conv, "", value, conv.letter == 'u' ? 10 : 16);
        } else if (conv.letter == 'p') {
            put_number(text, &conv, "0x", (uintptr_t)va_arg(args, void *), 16);
        } else if (conv.letter == 's') {
            put_string(text, &conv, va_arg(args, const char *));
        } else if (conv.letter == 'c') {
            text_char(text, (char)va_arg(args, int));
        } else {
            text_char(text, '%');
        }
    }
}

void text_printf(struct text *text, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    text_vprintf(text, format, args);
    va_end(args);
}

void kvprintf(const char *format, va_list args)
{
    char line[512];
    struct text text = {line, sizeof(line), 0};

    text_vprintf(&text, format, args);
    plat_console_write(line, text.len);
}

void kprintf(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    kvprintf(format, args);
    va_end(args);
}
