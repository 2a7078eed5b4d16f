/*
 * Bytes of the host, as they are: what looks at every access elsewhere does not look here.
 */
#ifndef HOSTED_BYTES_H
#define HOSTED_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Any addresses that do not overlap, poisoned or not. */
void bytes_copy(void *to, const void *from, size_t size);

/* The same with one byte. */
void bytes_fill(void *to, uint8_t byte, size_t size);

bool bytes_equal(const void *a, const void *b, size_t size);

/* A copy of an area, of which only some runs are worth keeping. */
struct bytes_run {
    uint8_t *at;
    const uint8_t *saved;
    size_t size;
};

struct bytes {
    struct bytes_run *runs;
    size_t run_count;
    uint8_t *saved; /* of all runs, one behind the other */
};

/* A piece to be left out. */
struct bytes_gap {
    const uint8_t *at;
    size_t size;
};

/* Saves [at, at + size) but for the gaps, which ascend, and for what is poisoned in pieces that are
 * worth leaving out, unless poison_counts is false. false: the host has no memory. */
bool bytes_save(struct bytes *bytes, uint8_t *at, size_t size, const struct bytes_gap *gaps,
                size_t gap_count, bool poison_counts);
void bytes_restore(const struct bytes *bytes);
void bytes_free(struct bytes *bytes);

/* The poison of [at, at + size), both multiples of 8, can be taken
 * and given as size / 8 bytes; 0 without ASan. */
size_t bytes_poison_size(size_t size);
void bytes_save_poison(uint8_t *poison, const void *at, size_t size);
void bytes_restore_poison(const uint8_t *poison, void *at, size_t size);

#endif
