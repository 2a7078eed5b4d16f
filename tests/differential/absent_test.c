/* In place of unicorn_test.c where there is no libunicorn. */
#include "test.h"

TEST(unicorn)
{
    test_skip("there is no libunicorn to compare with; ./setup installs it");
}
