#include "base/string.h"

#include "test.h"

TEST(string_len_and_equality)
{
    EXPECT_EQ(str_len(""), 0);
    EXPECT_EQ(str_len("abc"), 3);
    EXPECT(str_equal("", ""));
    EXPECT(str_equal("abc", "abc"));
    EXPECT(!str_equal("abc", "ab"));
    EXPECT(!str_equal("ab", "abc"));
    EXPECT(!str_equal("abc", "abd"));
}

TEST(string_starts_with)
{
    const char *rest = NULL;

    EXPECT(str_starts("init=/x", "init=", &rest));
    EXPECT_STREQ(rest, "/x");
    EXPECT(str_starts("a", "", NULL));
    EXPECT(!str_starts("in", "init", &rest));
    EXPECT(!str_starts("Init", "init", &rest));
}

TEST(string_copy_always_ends)
{
    char small[4] = "zzz";

    str_copy(small, "abcdef", sizeof(small));
    EXPECT_STREQ(small, "abc");
    str_copy(small, "", sizeof(small));
    EXPECT_STREQ(small, "");
    str_copy(small, "xyz", sizeof(small));
    EXPECT_STREQ(small, "xyz");
}
