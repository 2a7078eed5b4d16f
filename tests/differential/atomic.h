/*
 * What FEAT_LSE needs more: registers that suit what is in memory, and what libunicorn 2.0.1 does
 * wrong. It compares the two operands of LDSMAX and its like, of fewer than 64 bits, without
 * extending them: memory as an unsigned number, the register with all of its bits.
 */
#ifndef TESTS_DIFFERENTIAL_ATOMIC_H
#define TESTS_DIFFERENTIAL_ATOMIC_H

#include "generate.h"

/* The address that the first instruction of the case goes to. */
uaddr_t atomic_base(const struct test_case *c);

/* Changes registers so that CAS and CASP swap half of the time, and LDSMAX and its like are right
 * in libunicorn. at is where memory is, or NULL. */
void atomic_suit(struct test_case *c, const uint8_t *at);

/* If the case is one that libunicorn does wrong: puts what is right to to; at is what was there. */
bool atomic_mend(const struct test_case *c, const uint8_t *at, uint8_t *to);

#endif
