/* The pages that have been written, and lists of them by number. */
#ifndef MODEL_PAGES_H
#define MODEL_PAGES_H

#include "fuzz/model/world.h"

/* A page with one reference, its contents whatever. -1: the model has none left. */
int pages_take(void);
void pages_get(uint16_t page);
void pages_put(uint16_t page);

/* NULL: not there. */
struct leaf *pages_find(struct leaf *leaves, unsigned count, uint32_t number);

/* Adds one that is not there. false: no room. */
bool pages_add(struct leaf *leaves, unsigned *count, unsigned most, uint32_t number, uint16_t page);

#endif
