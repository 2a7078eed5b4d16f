/*
 * What the files of the checks have in common: the names, and how one says that something is wrong.
 */
#ifndef CHECK_CHECKS_H
#define CHECK_CHECKS_H

#include "fuzz/check/check.h"
#include "fuzz/check/look.h"
#include "fuzz/run/body.h"

enum check {
#define CHECK(id, name, meaning) CHECK_##id,
#include "fuzz/check/check.def"
#undef CHECK
    CHECK_COUNT,
};

/* Says what is wrong, unless the check is switched off. */
#define CHECK_THAT(id, condition, ...)                                                             \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0) && check_is_enabled(CHECK_##id)) {                   \
            finding(check_name(CHECK_##id), __VA_ARGS__);                                          \
        }                                                                                          \
    } while (0)

static inline bool check_is_enabled(enum check check)
{
    return check_enabled >> check & 1;
}

/* A walk that has been this far goes in circles. */
enum { CHECK_WALK_MAX = 100000 };

#endif
