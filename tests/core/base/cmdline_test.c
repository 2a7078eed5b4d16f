#include "base/cmdline.h"

#include "abi/errno.h"
#include "base/string.h"
#include "test.h"

TEST(cmdline_words_and_values)
{
    EXPECT_EQ(cmdline_init("init=/a det x= init=/b"), 0);
    EXPECT_STREQ(cmdline_get("init"), "/b");
    EXPECT_STREQ(cmdline_get("det"), "");
    EXPECT_STREQ(cmdline_get("x"), "");
    EXPECT(cmdline_get("de") == NULL);
    EXPECT(cmdline_get("dete") == NULL);
}

TEST(cmdline_arguments_of_init)
{
    const char *const *args;

    EXPECT_EQ(cmdline_init("a=1 -- /bin/x  --flag \"two words\" -- b"), 0);
    EXPECT_EQ(cmdline_args(&args), 5);
    EXPECT_STREQ(args[0], "/bin/x");
    EXPECT_STREQ(args[1], "--flag");
    EXPECT_STREQ(args[2], "two words");
    EXPECT_STREQ(args[3], "--");
    EXPECT_STREQ(args[4], "b");
    EXPECT(cmdline_get("b") == NULL);
    EXPECT_EQ(cmdline_init("a=1"), 0);
    EXPECT_EQ(cmdline_args(&args), 0);
}

TEST(cmdline_quotes)
{
    EXPECT_EQ(cmdline_init("a=\"b c\" d=\"\" e=x\"y\"z \"f\""), 0);
    EXPECT_STREQ(cmdline_get("a"), "b c");
    EXPECT_STREQ(cmdline_get("d"), "");
    EXPECT_STREQ(cmdline_get("e"), "xyz");
    EXPECT(cmdline_get("f") != NULL);
    EXPECT_EQ(cmdline_init("a=1 \"unfinished f"), -EINVAL);
    EXPECT_EQ(cmdline_init("a=1 -- \"x y\" z\""), -EINVAL);
}

TEST(cmdline_numbers)
{
    uint64_t value = 7;

    EXPECT_EQ(
        cmdline_init("a=0 b=18446744073709551615 c=0xfFfF d=0x e= f=1x g=18446744073709551616 "
                     "h=-1 i"),
        0);
    EXPECT_EQ(cmdline_get_number("none", &value), -ENOENT);
    EXPECT_EQ(cmdline_get_number("d", &value), -EINVAL);
    EXPECT_EQ(cmdline_get_number("e", &value), -EINVAL);
    EXPECT_EQ(cmdline_get_number("f", &value), -EINVAL);
    EXPECT_EQ(cmdline_get_number("g", &value), -EINVAL);
    EXPECT_EQ(cmdline_get_number("h", &value), -EINVAL);
    EXPECT_EQ(cmdline_get_number("i", &value), -EINVAL);
    EXPECT_EQ(value, 7);
    EXPECT_EQ(cmdline_get_number("a", &value), 0);
    EXPECT_EQ(value, 0);
    EXPECT_EQ(cmdline_get_number("b", &value), 0);
    EXPECT_EQ(value, UINT64_MAX);
    EXPECT_EQ(cmdline_get_number("c", &value), 0);
    EXPECT_EQ(value, 0xffff);
}

TEST(cmdline_names_the_first_unknown_word)
{
    static const char *const known[] = {"init", "det"};

    EXPECT_EQ(cmdline_init("det init=x"), 0);
    EXPECT(cmdline_find_unknown(known, 2) == NULL);
    EXPECT_EQ(cmdline_init("det foo=1 bar -- baz"), 0);
    EXPECT_STREQ(cmdline_find_unknown(known, 2), "foo=1");
    EXPECT_EQ(cmdline_init("aarch64.masked x.y=1 a=b.c"), 0);
    EXPECT_STREQ(cmdline_find_unknown(known, 2), "a=b.c");
}

TEST(cmdline_refuses_too_much)
{
    static char text[CMDLINE_BYTES + 1];

    for (size_t i = 0; i < CMDLINE_BYTES; i++) {
        text[i] = 'a';
    }
    EXPECT_EQ(cmdline_init(text), -E2BIG);
    text[CMDLINE_BYTES - 1] = '\0';
    EXPECT_EQ(cmdline_init(text), 0);
    for (size_t i = 0; i < 2 * CMDLINE_WORDS; i += 2) {
        text[i + 1] = ' ';
    }
    text[2 * CMDLINE_WORDS] = '\0';
    EXPECT_EQ(cmdline_init(text), 0);
    text[2 * CMDLINE_WORDS] = 'a';
    text[2 * CMDLINE_WORDS + 1] = '\0';
    EXPECT_EQ(cmdline_init(text), -E2BIG);
}
