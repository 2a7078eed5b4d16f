/*
 * What compilers call for builtins that core does without, and the checks and the model do not.
 */
#include "base/string.h"

size_t strlen(const char *s);
int __popcountdi2(uint64_t value);

size_t strlen(const char *s)
{
    return str_len(s);
}

int __popcountdi2(uint64_t value)
{
    int count = 0;

    for (; value != 0; value &= value - 1) {
        count++;
    }
    return count;
}
