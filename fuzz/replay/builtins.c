/* What compilers call for a builtin that core does without, and the checks and the model do not. */
#include "base/string.h"

size_t strlen(const char *s);

size_t strlen(const char *s)
{
    return str_len(s);
}
