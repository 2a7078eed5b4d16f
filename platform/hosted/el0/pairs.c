#include "el0/pairs.h"

#include <stddef.h>

#include "el0/insn/branch.h"
#include "el0/insn/integer.h"
#include "el0/insn/load_store.h"

#if EL0_THREADED
static const struct {
    el0_handler *first, *second, *both;
} pairs[] = {
#define INTEGER_PAIR(first, second) {integer_##first, second, integer_##first##_##second},
#define LOAD_STORE_PAIR(first, second) {load_store_##first, second, load_store_##first##_##second},
#include "el0/pairs.def"
};

el0_handler *pairs_find(el0_handler *first, el0_handler *second)
{
    for (size_t n = 0; n < sizeof(pairs) / sizeof(pairs[0]); n++) {
        if (pairs[n].first == first && pairs[n].second == second)
            return pairs[n].both;
    }
    return NULL;
}
#endif
