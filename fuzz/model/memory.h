/*
 * Memory as programs see it: what is mapped where with which rights, and what is in it.
 */
#ifndef MODEL_MEMORY_H
#define MODEL_MEMORY_H

#include "fuzz/model/world.h"

enum access { ACCESS_READ, ACCESS_WRITE, ACCESS_FETCH };
enum touch { TOUCH_FINE, TOUCH_SEGV, TOUCH_BUS };

/* ---- spaces ---- */

/* An empty one, or a copy, with one user. */
int memory_create(void);
int memory_fork(int from);

/* One user less. */
void memory_leave(int space);

struct space *memory_of(const struct proc *proc);

/* ---- what is mapped ---- */

/* The map that holds the address, or NULL; or else the first above it. */
struct map *memory_find(struct space *space, uint64_t at);
struct map *memory_find_from(struct space *space, uint64_t at);

bool memory_is_free(struct space *space, uint64_t start, uint64_t end);

/* Makes the address a border of maps. */
void memory_cut(struct space *space, uint64_t at);

/* Adds a map where nothing is. Counts the object. */
void memory_insert(struct space *space, const struct map *map);

/* Takes away what is mapped in the range, and its contents. */
void memory_unmap(struct space *space, uint64_t start, uint64_t end);

/* Makes one map of neighbours that go on where the other ends. */
void memory_join(struct space *space);

/* Takes the first len bytes away from a map. */
void memory_advance(struct map *map, uint64_t len);

/* Pages in all: mapped; private ones to be written, which are no stack. */
uint64_t memory_pages(const struct space *space);
uint64_t memory_data_pages(const struct space *space);
bool memory_is_data(const struct map *map);

/* ---- what is in it ---- */

/* Whether there is something behind a mapped address: it is not beyond the file or the object. */
bool memory_is_backed(const struct map *map, uint64_t at);

/* Where the written page of an address is kept; NULL: it has not been written. */
struct leaf *memory_leaf(struct space *space, const struct map *map, uint64_t at);

/* What becomes of an access to one byte; a stack may become longer. */
enum touch memory_touch(struct proc *proc, uint64_t at, enum access access);

/* The signal of an access by an instruction, of size bytes, or 0. */
int memory_fault(struct proc *proc, uint64_t at, uint64_t size, enum access access);

/* Whether all of a range can be accessed by a call; a stack grows for it. */
bool memory_can(struct proc *proc, uint64_t at, uint64_t len, enum access access);

/* The same, and no stack grows. */
bool memory_could(struct proc *proc, uint64_t at, uint64_t len, enum access access);

/* false: it cannot be read, or written, and nothing has been. */
bool memory_read(struct proc *proc, uint64_t at, void *bytes, uint64_t len);
bool memory_write(struct proc *proc, uint64_t at, const void *bytes, uint64_t len);

/* Writes what is mapped, whatever its rights. */
void memory_store(struct space *space, uint64_t at, const void *bytes, uint64_t len);

/* What is there, whatever the rights; zeros where nothing is mapped. */
void memory_look(struct space *space, uint64_t at, void *bytes, uint64_t len);

/* Forgets what was written in a range; of shared objects nothing. */
void memory_forget(struct space *space, uint64_t start, uint64_t end);

/* Moves what was written in a range to another. */
void memory_move(struct space *space, uint64_t from, uint64_t to, uint64_t len);

/* ---- what the kernel has ---- */

/* Takes over what the kernel has written there: it is loose what that is. */
void memory_adopt(struct proc *proc, uint64_t at, uint64_t len);

/* Takes over how long the stacks are: it is loose how far a call has come that found no memory, as
 * Linux does not take back that a stack has grown. */
void memory_adopt_growth(struct proc *proc);

/* Writes what a call has written, and objects if the kernel has not. */
void memory_give(struct proc *proc, uint64_t at, const void *bytes, uint64_t len);

/* The same of what a call need not have written: it has if there was memory, and perhaps if not. */
enum { OFFER_MAX = 64 }; /* bytes */
void memory_offer(struct proc *proc, uint64_t at, const void *bytes, uint64_t len);

/* Whether frames of handlers may lie there that were made since the call wrote. */
bool memory_is_covered(uint64_t at, uint64_t len);

/* Objects if the kernel has something else there; false: it has. */
bool memory_verify(const struct proc *proc, uint64_t at, uint64_t len);

#endif
