#include "base/print.h"

#include "base/string.h"
#include "test.h"

static const char *formatted(const char *format, ...) PRINTF_LIKE(1, 2);

static const char *formatted(const char *format, ...)
{
    static char bytes[256];
    struct text text = {bytes, sizeof(bytes) - 1, 0};
    va_list args;

    va_start(args, format);
    text_vprintf(&text, format, args);
    va_end(args);
    bytes[text.len] = '\0';
    return bytes;
}

TEST(print_numbers)
{
    EXPECT_STREQ(formatted("%d %d %d", 0, -1, 2147483647), "0 -1 2147483647");
    EXPECT_STREQ(formatted("%ld", INT64_MIN), "-9223372036854775808");
    EXPECT_STREQ(formatted("%lu", UINT64_MAX), "18446744073709551615");
    EXPECT_STREQ(formatted("%x %lx", 0xabcu, UINT64_MAX), "abc ffffffffffffffff");
    EXPECT_STREQ(formatted("%p", (void *)0x10), "0x10");
}

TEST(print_pads)
{
    EXPECT_STREQ(formatted("%5d|%-5d|%05d", 42, 42, 42), "   42|42   |00042");
    EXPECT_STREQ(formatted("%05d", -42), "-0042");
    EXPECT_STREQ(formatted("%2d", 12345), "12345");
    EXPECT_STREQ(formatted("%6s|%-6s|", "ab", "ab"), "    ab|ab    |");
}

TEST(print_strings_with_precision)
{
    EXPECT_STREQ(formatted("%.2s|%.0s|%.9s", "abc", "abc", "abc"), "ab||abc");
    EXPECT_STREQ(formatted("%.*s|", 1, "abc"), "a|");
    EXPECT_STREQ(formatted("%s%c%%", "a", 'b'), "ab%");
}

TEST(print_cuts_off_at_the_capacity)
{
    char bytes[4] = "....";
    struct text text = {bytes, 3, 0};

    text_printf(&text, "%s", "abcdef");
    EXPECT_EQ(text.len, 3);
    EXPECT_MEMEQ(bytes, "abc.", 4);
}
