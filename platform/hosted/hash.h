/*
 * The trace hash: a run as a few numbers. Two runs with the same numbers went the same way.
 */
#ifndef HOSTED_HASH_H
#define HOSTED_HASH_H

#include "platform/platform.h"

/* What has happened since hash_init, and how often. */
struct hash {
    uint64_t registers; /* every register file at every trap, and the trap */
    uint64_t traps;
    uint64_t choices; /* every answer that was not the only possible one */
    uint64_t choice_count;
    uint64_t console; /* every byte written to it */
    uint64_t console_bytes;
};

void hash_init(void);

/* Whether the registers are summed up, from now on: they are, unless it is known that nobody will
 * ask for what a run comes to. */
void hash_with_registers(bool are_wanted);

/* user as a trap has left it; fp: the FP registers if EL0 owns them, else NULL. */
void hash_trap(const struct plat_user *user, const struct plat_fp *fp,
               const struct plat_trap *trap);
void hash_choice(unsigned kind, uint32_t bound, uint32_t answer);
void hash_console(const char *bytes, size_t len);

const struct hash *hash_now(void);

/* All of it in one number. */
uint64_t hash_total(const struct hash *hash);

/* A sum of bytes, for files. */
uint64_t hash_bytes(uint64_t start, const void *bytes, size_t len);

#endif
