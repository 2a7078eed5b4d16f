/*
 * The interpreter and the other machine, side by side: one case after the other is executed in
 * both from the same state, and what they leave is compared to the last bit.
 */
#ifndef TESTS_DIFFERENTIAL_COMPARE_H
#define TESTS_DIFFERENTIAL_COMPARE_H

#include "generate.h"
#include "left_out.h"

struct tally {
    uint64_t cases, words;
    uint64_t equal;
    uint64_t executed, undefined, faulted, trapped; /* of the equal ones, by what the last did */
    uint64_t different;
    uint64_t left_out[LEFT_OUT_COUNT];
};

/* What a test may do to a result of the interpreter, to see that it does not go unnoticed. */
enum spoil {
    SPOIL_NOTHING,
    SPOIL_X,
    SPOIL_SP,
    SPOIL_PC,
    SPOIL_NZCV,
    SPOIL_TPIDR,
    SPOIL_V,
    SPOIL_FPCR,
    SPOIL_FPSR,
    SPOIL_MEMORY,
    SPOIL_TRAP,
    SPOIL_COUNT,
};

/* Starts both machines; has_atomics: with FEAT_LSE. */
void compare_open(bool has_atomics);
void compare_close(void);

/* Generates and executes count cases of the class. A difference is printed, up to a number of them;
 * spoil is done to each result first. */
void compare_run(enum word_class class, uint64_t seed, uint64_t count, enum spoil spoil,
                 struct tally *tally);
/* As above, single instructions: word says which is number n; random is to be used where it does
 * not matter. */
void compare_words(uint32_t (*word)(uint64_t n, uint64_t random), uint64_t seed, uint64_t count,
                   struct tally *tally);

#endif
