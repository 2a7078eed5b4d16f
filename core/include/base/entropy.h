/* Random bytes for programs: the machine's, or with det=SEED a sequence that the seed decides. */
#ifndef BASE_ENTROPY_H
#define BASE_ENTROPY_H

#include "base/types.h"

void entropy_init(bool is_det, uint64_t seed);
void entropy_read(void *buf, size_t len);

#endif
