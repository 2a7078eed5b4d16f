/*
 * Instructions and the states that they are executed in, from a seed.
 *
 * Each line of the interpreter's table gets its share, with random bits where it has fields; and so
 * do words that are a bit or two away from a line, and any words.
 */
#ifndef TESTS_DIFFERENTIAL_GENERATE_H
#define TESTS_DIFFERENTIAL_GENERATE_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/platform.h"

/* The groups of the Arm ARM's encoding index (C4.1); any words at all; and the lines that take a
 * CPU with FEAT_LSE, which are among the loads and stores too. */
enum word_class {
    CLASS_IMMEDIATE,
    CLASS_BRANCH_SYSTEM,
    CLASS_LOAD_STORE,
    CLASS_VECTOR_LOAD_STORE,
    CLASS_REGISTER,
    CLASS_SCALAR_FP,
    CLASS_SIMD,
    CLASS_ANY,
    CLASS_ATOMIC,
    CLASS_COUNT,
};

enum {
    CASE_WORDS = 6,
    DATA_PAGES = 10,
    CODE_PAGES = 64,
};

#define CODE_START ((uaddr_t)0x10000)
#define DATA_START ((uaddr_t)0x60000)

/* What is mapped at DATA_START, page after page. */
enum page_kind { PAGE_RW, PAGE_RO, PAGE_HOLE, PAGE_KERNEL, PAGE_UNACCESSED };

extern const enum page_kind generate_pages[DATA_PAGES];

struct test_case {
    uint32_t words[CASE_WORDS];
    unsigned count;
    struct plat_user user;
    struct plat_fp fp;
};

/* Before any other call. */
void generate_init(void);

enum word_class generate_class(uint32_t word);
const char *generate_class_name(enum word_class class);

/* A word of one of the lines of the class; some are reserved. *seed moves on, here and below. */
uint32_t generate_line(enum word_class class, uint64_t *seed);

/* Values for all registers but those that are of every case. */
void generate_state(struct plat_user *user, struct plat_fp *fp, uint64_t *seed);

/* A case of the class: one instruction, or now and then a few of any class. Registers that they
 * name are given new values, others stay as *c has them; so does pc. */
void generate_case(struct test_case *c, enum word_class class, uint64_t *seed);

/* A case of this instruction alone. */
void generate_word(struct test_case *c, uint32_t word, uint64_t *seed);

/* What ends a case: wfi and wfe, for which the kernel goes on behind them; a read of CNTVCT_EL0,
 * which another machine counts otherwise; and a new FPCR, of which it keeps more than there is. */
bool generate_is_last(uint32_t word);

/* Eight bytes as they are put into registers and memory. */
uint64_t generate_bits(uint64_t *seed);

#endif
