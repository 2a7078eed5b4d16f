/* Random bytes: ChaCha20 (RFC 8439) under a key that no one outside knows, where the machine
 * helps. */
#ifndef AARCH64_RNG_H
#define AARCH64_RNG_H

#include "dev/fdt.h"

/* Makes the first key from all sources that there are: /chosen rng-seed, RNDR, the counter. */
void rng_init(const struct fdt *fdt);

#endif
