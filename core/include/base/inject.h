/*
 * Failing allocations. Every allocation of a frame or of a pool object asks inject_fails first, and
 * may be told that there is no memory: by the platform's choice source, or in test builds by
 * inject_arm.
 *
 * In test builds each place that allocates is an alloc_site in a table, so that a test can list
 * those that have never failed.
 */
#ifndef BASE_INJECT_H
#define BASE_INJECT_H

#include "base/types.h"

#if EFT_TEST
struct alloc_site {
    const char *file;
    const char *function;
    int line;
    unsigned calls;
    unsigned failures;
};

#define ALLOC_SITE                                                                                 \
    ({                                                                                             \
        static struct alloc_site alloc_site_here                                                   \
            __attribute__((section("alloc_sites"), used, aligned(8))) = {__FILE__, __func__,       \
                                                                         __LINE__, 0, 0};          \
        &alloc_site_here;                                                                          \
    })

/* The nth allocation from now on fails, n >= 1; 0: none. With forever, all behind it too. */
void inject_arm(uint64_t n, bool forever);

/* Whether an armed failure has happened since inject_arm. */
bool inject_has_fired(void);

/* How many allocations have been refused since inject_init, armed or because there was nothing. */
uint64_t inject_refusals(void);

/* The sites, as an array; returns their number. */
size_t inject_sites(struct alloc_site **sites);
#else
struct alloc_site;
#define ALLOC_SITE ((struct alloc_site *)NULL)
#endif

void inject_init(void);
bool inject_fails(struct alloc_site *site);

/* There was nothing to allocate, and nobody made it so. */
void inject_note_refusal(void);

/* The last refusal counts for none: what was to be allocated is not needed. */
void inject_forgive(void);

/* How many were not counted so. */
uint64_t inject_forgiven(void);

#endif
