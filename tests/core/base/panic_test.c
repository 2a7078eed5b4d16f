#include "base/panic.h"

#include "test.h"

TEST_DIES(panic_says_why, "eft: panic: 7 newts in the well\n")
{
    panic("%d newts in the %s", 7, "well");
}

TEST_DIES(panic_assertion_says_where_and_what, "_says_where_and_what: 1 + 1 == newts")
{
    int newts = 3;

    ASSERT(1 + 1 == newts);
}

TEST(panic_assertion_that_holds)
{
    int newts = 2;

    ASSERT(1 + 1 == newts);
    EXPECT_EQ(newts, 2);
}
