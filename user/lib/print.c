#include "print.h"

#include <stdarg.h>

#include "sys.h"

enum { PRINT_MAX = 512, DIGITS_MAX = 20 };

struct line {
    size_t len;
    char bytes[PRINT_MAX];
};

static void put(struct line *line, char c)
{
    if (line->len < PRINT_MAX)
        line->bytes[line->len++] = c;
}

static void put_string(struct line *line, const char *s)
{
    while (*s)
        put(line, *s++);
}

static void put_number(struct line *line, uint64_t value, unsigned base)
{
    char digits[DIGITS_MAX];
    unsigned count = 0;

    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value > 0);
    while (count > 0)
        put(line, digits[--count]);
}

static void put_signed(struct line *line, int value)
{
    if (value < 0)
        put(line, '-');
    put_number(line, value < 0 ? -(uint64_t)value : (uint64_t)value, 10);
}

static void put_format(int fd, const char *format, va_list args)
{
    struct line line;

    line.len = 0;
    for (; *format; format++) {
        if (*format != '%') {
            put(&line, *format);
            continue;
        }
        switch (*++format) {
        case 's':
            put_string(&line, va_arg(args, const char *));
            break;
        case 'c':
            put(&line, (char)va_arg(args, int));
            break;
        case 'd':
            put_signed(&line, va_arg(args, int));
            break;
        case 'u':
            put_number(&line, va_arg(args, unsigned), 10);
            break;
        case 'x':
            put_number(&line, va_arg(args, unsigned), 16);
            break;
        case 'l':
            format++;
            put_number(&line, va_arg(args, unsigned long), *format == 'u' ? 10 : 16);
            break;
        default:
            put(&line, *format);
        }
    }
    for (size_t done = 0; done < line.len;) {
        long written = sys_write(fd, line.bytes + done, line.len - done);
        if (written <= 0)
            return;
        done += (size_t)written;
    }
}

void print(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put_format(1, format, args);
    va_end(args);
}

void print_error(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put_format(2, format, args);
    va_end(args);
}

const char *error_name(long result)
{
    static const struct {
        int number;
        char name[16];
    } names[] = {
        {EPERM, "EPERM"},         {ENOENT, "ENOENT"},   {ESRCH, "ESRCH"},
        {EINTR, "EINTR"},         {EIO, "EIO"},         {E2BIG, "E2BIG"},
        {ENOEXEC, "ENOEXEC"},     {EBADF, "EBADF"},     {ECHILD, "ECHILD"},
        {EAGAIN, "EAGAIN"},       {ENOMEM, "ENOMEM"},   {EACCES, "EACCES"},
        {EFAULT, "EFAULT"},       {ENOTDIR, "ENOTDIR"}, {EISDIR, "EISDIR"},
        {EINVAL, "EINVAL"},       {ENOTTY, "ENOTTY"},   {ENAMETOOLONG, "ENAMETOOLONG"},
        {ENOSYS, "ENOSYS"},       {ELOOP, "ELOOP"},     {EROFS, "EROFS"},
        {EMFILE, "EMFILE"},       {ENFILE, "ENFILE"},   {ESPIPE, "ESPIPE"},
        {EPIPE, "EPIPE"},         {EEXIST, "EEXIST"},   {ENXIO, "ENXIO"},
        {EBUSY, "EBUSY"},         {EDEADLK, "EDEADLK"}, {EOPNOTSUPP, "EOPNOTSUPP"},
        {ETIMEDOUT, "ETIMEDOUT"}, {ERANGE, "ERANGE"},   {EOVERFLOW, "EOVERFLOW"},
    };

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].number == -result)
            return names[i].name;
    return "an error without a name here";
}
