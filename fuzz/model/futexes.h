/* Who waits for words of memory, futex(2). */
#ifndef MODEL_FUTEXES_H
#define MODEL_FUTEXES_H

#include "fuzz/model/world.h"

/* Which word is meant at an address: the process's own, or that of all who have it mapped; then a
 * process may become able to write there. -EINVAL, -EFAULT. */
int futexes_find(struct proc *self, uint64_t at, bool is_shared, bool to_write, struct word *word);

/* The process waits behind all others. */
void futexes_wait(struct proc *self, const struct word *word, uint32_t bitset);

/* How many are woken: of those that the bits are for no more than count, but one at least. */
int64_t futexes_wake(const struct word *word, int count, uint32_t bitset, bool does_it);

/* One is woken of those who wait for the word at an address, told as shared; nobody if it is not
 * there; a stack grows for it. */
void futexes_wake_shared(struct proc *self, uint64_t at);

/* How many are woken, up to as many, or wait for another word then, up to as many. */
int64_t futexes_move(const struct word *from, int wake, const struct word *to, int move,
                     bool does_it);

#endif
