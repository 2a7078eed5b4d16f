/* The ranges of memory that a read or a write moves; those of one call at a time. */
#ifndef MODEL_SPANS_H
#define MODEL_SPANS_H

#include "fuzz/model/memory.h"

/* One; false: it reaches beyond user memory. */
bool spans_set_one(uint64_t at, uint64_t len);

/* Those that count vectors at an address say. -errno. */
int spans_set(struct proc *self, uint64_t at, uint64_t count);

/* A call that goes on does so with the same. */
void spans_keep(struct proc *self);
void spans_take_kept(struct proc *self);

/* Bytes in all, at most what one call moves. */
uint64_t spans_total(void);

/* Whether len bytes from byte number from on can be accessed. */
bool spans_can(struct proc *self, uint64_t from, uint64_t len, enum access access);

/* How many of these can be, up to the first page that cannot. */
uint64_t spans_prefix(struct proc *self, uint64_t from, uint64_t len, enum access access);

void spans_store(struct proc *self, uint64_t from, const void *bytes, uint64_t len);
void spans_look(struct proc *self, uint64_t from, void *bytes, uint64_t len);

/* The bytes from number from on to the end of its range; of the first, even if it has none. */
uint64_t spans_range_rest(uint64_t from);

/* What the kernel has there. */
void spans_peek(struct proc *self, uint64_t from, void *bytes, uint64_t len);

/* Takes over what the kernel has in the first len bytes. */
void spans_adopt(struct proc *self, uint64_t len);

#endif
