/*
 * What the harnesses have in common: the interface of libFuzzer, the bytes of an input, and core in
 * a machine where no program runs.
 */
#ifndef DRIVER_HARNESS_H
#define DRIVER_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/hosted/report.h"

/* What a harness is. An input that finds something does not come back. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Those that have mutators of their own. */
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t size_max, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size,
                                 uint8_t *out, size_t out_max, unsigned seed);

/* Takes the words of the command line that libFuzzer leaves to us: --plant=ID plants a bug in the
 * kernel, --mistake lets the harness itself expect something wrong. Others end the process. */
void harness_options(int argc, char **argv);

/* From now on the kernel says nothing on the console, unless it panics. */
void harness_silence(void);

/* On purpose, so that it can be seen that what it expects is compared at all. */
extern bool harness_mistake;

/* Something is wrong, under the name of a check. */
#define WRONG(check_, ...) report((check_), REPORT_NO_FRAME, __VA_ARGS__)

/* Says so unless a condition holds. */
#define HOLDS(check_, condition_)                                                                  \
    do {                                                                                           \
        if (!(condition_))                                                                         \
            WRONG((check_), "%s:%d: %s does not hold", __FILE__, __LINE__, #condition_);           \
    } while (0)

/* Says so unless two integers are the same. */
#define SAME(check_, a_, b_)                                                                       \
    do {                                                                                           \
        uint64_t a__ = (uint64_t)(a_);                                                             \
        uint64_t b__ = (uint64_t)(b_);                                                             \
        if (a__ != b__)                                                                            \
            WRONG((check_), "%s:%d: %s is 0x%lx, %s is 0x%lx", __FILE__, __LINE__, #a_, a__, #b_,  \
                  b__);                                                                            \
    } while (0)

/* ---- the bytes of an input; behind the last there are zeros ---- */

struct feed {
    const uint8_t *at;
    size_t left;
};

static inline uint8_t feed_byte(struct feed *feed)
{
    if (feed->left == 0) {
        return 0;
    }
    feed->left--;
    return *feed->at++;
}

/* Little-endian. size <= 8 */
static inline uint64_t feed_number(struct feed *feed, unsigned size)
{
    uint64_t number = 0;

    for (unsigned i = 0; i < size; i++) {
        number |= (uint64_t)feed_byte(feed) << 8 * i;
    }
    return number;
}

/* In [0, bound), 1 <= bound <= 65536. */
static inline unsigned feed_below(struct feed *feed, unsigned bound)
{
    return (unsigned)(feed_number(feed, bound > 256 ? 2 : 1) % bound);
}

/* ---- core ---- */

struct plat_boot;

enum { HARNESS_RAM = 2 << 20 };

/* A machine in which core is brought up as kernel_boot does, but without frames and without a
 * program. Quick from the second time on. */
void harness_machine(unsigned asid_bits);

/* The same, with that many frames to hand out. */
void harness_core(unsigned asid_bits, uint64_t frames);

struct space;

/* Checks these spaces, which are all there are: their shape, that each frame has as many references
 * as leaves and shared objects name it, and that no TLB is wrong. */
void harness_check_spaces(struct space *const *spaces, unsigned count);

/* What is in use from now on stays so. */
void harness_keep(void);

/* No other frame is in use, nor anything that spaces are made of. */
void harness_check_end(void);

/* Lets an allocation fail as the next byte says: none, or the one that is so far away, and perhaps
 * all behind it. */
void harness_arm(struct feed *feed);

/* Whether memory was refused since harness_arm; nothing is from here on. */
bool harness_was_refused(void);

#endif
