/*
 * What a machine makes of a case, and what of it is not compared with libunicorn: left_out.def says
 * what and why.
 */
#ifndef TESTS_DIFFERENTIAL_LEFT_OUT_H
#define TESTS_DIFFERENTIAL_LEFT_OUT_H

#include "generate.h"

struct result {
    struct plat_user user;
    struct plat_fp fp;
    bool is_trap;
    uint32_t esr;
    uint64_t far, pc;   /* of the trap */
    unsigned completed; /* instructions, if it is a trap */
};

enum left_out {
    LEFT_NOTHING,
#define LEFT_OUT(name, what, why) LEFT_##name,
#include "left_out.def"
    LEFT_OUT_COUNT
};

const char *left_out_what(enum left_out left);
const char *left_out_why(enum left_out left);

/* Which of the reasons applies to a case whose last instruction, executed or not, is word. If one
 * does, *oracle is made to be what is right in its place. */
enum left_out left_out_find(const struct test_case *c, uint32_t word, const struct result *subject,
                            struct result *oracle);

#endif
