#include "proc/script.h"

#include "abi/errno.h"
#include "base/string.h"
#include "test.h"

static char line[SCRIPT_LINE_BYTES];

static void expect_script(const char *file, const char *interpreter, const char *argument)
{
    struct script script = {0};

    EXPECT_EQ(script_read((const uint8_t *)file, str_len(file), line, &script), 0);
    EXPECT_STREQ(script.interpreter, interpreter);
    EXPECT_STREQ(script.argument, argument);
}

static void expect_none(const char *file, size_t len)
{
    struct script script;

    EXPECT_EQ(script_read((const uint8_t *)file, len, line, &script), -ENOEXEC);
}

TEST(script_begins_with_two_bytes)
{
    EXPECT(script_is_one((const uint8_t *)"#!", 2));
    EXPECT(!script_is_one((const uint8_t *)"#!", 1));
    EXPECT(!script_is_one((const uint8_t *)"#x", 2));
    EXPECT(!script_is_one((const uint8_t *)"!#", 2));
    EXPECT(!script_is_one(NULL, 0));
}

TEST(script_first_line)
{
    expect_script("#!/bin/sh\nexit\n", "/bin/sh", NULL);
    expect_script("#! /bin/sh\n", "/bin/sh", NULL);
    expect_script("#!\t /bin/sh \t\n", "/bin/sh", NULL);
    expect_script("#!/bin/sh -e\n", "/bin/sh", "-e");
    expect_script("#!/bin/sh  -e -x \t\n", "/bin/sh", "-e -x");
    expect_script("#!/bin/sh", "/bin/sh", NULL);
    expect_script("#!/bin/sh -e", "/bin/sh", "-e");
    expect_script("#!a\n", "a", NULL);
    expect_script("#!/bin/sh \n-e", "/bin/sh", NULL);
}

/* A line ends at a 0 only where it has no newline before it. */
TEST(script_with_a_zero)
{
    struct script script;
    static const char file[] = "#!/bin/sh\0-e\n";

    EXPECT_EQ(script_read((const uint8_t *)file, sizeof(file) - 1, line, &script), 0);
    EXPECT_STREQ(script.interpreter, "/bin/sh");
    EXPECT(script.argument == NULL);
}

TEST(script_without_a_name)
{
    static char blanks[SCRIPT_LINE_BYTES + 10];

    expect_none("#!\n", 3);
    expect_none("#!  \t\n", 6);
    memset(blanks, ' ', sizeof(blanks));
    blanks[0] = '#';
    blanks[1] = '!';
    expect_none(blanks, sizeof(blanks));
}

/* Of a line that is too long the name must be whole; the argument is cut. */
TEST(script_with_a_long_line)
{
    static char file[SCRIPT_LINE_BYTES + 10];
    struct script script;

    memset(file, 'x', sizeof(file));
    file[0] = '#';
    file[1] = '!';
    expect_none(file, sizeof(file));
    file[100] = ' ';
    EXPECT_EQ(script_read((const uint8_t *)file, sizeof(file), line, &script), 0);
    EXPECT_EQ(str_len(script.interpreter), 98);
    EXPECT_EQ(str_len(script.argument), SCRIPT_LINE_BYTES - 1 - 101);
    file[100] = 'x';
    file[SCRIPT_LINE_BYTES - 1] = '\n';
    EXPECT_EQ(script_read((const uint8_t *)file, sizeof(file), line, &script), 0);
    EXPECT_EQ(str_len(script.interpreter), SCRIPT_LINE_BYTES - 3);
    file[SCRIPT_LINE_BYTES - 1] = ' ';
    EXPECT_EQ(script_read((const uint8_t *)file, sizeof(file), line, &script), 0);
    EXPECT_EQ(str_len(script.interpreter), SCRIPT_LINE_BYTES - 3);
    EXPECT(script.argument == NULL);
}
