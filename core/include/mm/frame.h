/*
 * Physical frames: who owns each page of RAM, and how many references it has.
 *
 * Life of a frame: never used (behind the watermark) or free (on the queue) -> frame_alloc: one
 * reference -> frame_get, frame_put -> at the last put free again, at the end of the queue, so that
 * it is reused as late as possible, or at its head (frame_reuse). All operations are O(1); nothing
 * is done at boot for a frame that is never used.
 *
 * A user frame's references are the translations that name it, and one of a shared object that
 * holds it; a table or a pool frame has one.
 */
#ifndef MM_FRAME_H
#define MM_FRAME_H

#include "base/inject.h"
#include "base/types.h"

enum frame_kind {
    FRAME_FREE,
    FRAME_USER,  /* contents of user memory */
    FRAME_TABLE, /* a translation table of user space */
    FRAME_POOL,  /* kernel objects, pool.h */
    FRAME_PIPE,  /* bytes in a pipe */
};

struct frame {
    uint32_t refs;
    uint16_t kind;    /* enum frame_kind */
    uint16_t entries; /* of a table: descriptors that are not 0 */
    uint32_t next;    /* of a free frame: the next on the queue, as a frame number */
};

/* When a frame that was freed is used again. */
enum frame_reuse {
    FRAME_REUSE_LATE, /* the longest free first: who uses it by mistake meets nobody */
    FRAME_REUSE_SOON, /* the last freed first: who uses it by mistake meets its next owner */
};

enum { FRAME_RANGES_MAX = PLAT_RESERVED_MAX + 1, FRAME_NONE = UINT32_MAX };

/* All there is to know, for whoever looks on. */
struct frame_state {
    struct plat_range ram;
    struct plat_range
        ranges[FRAME_RANGES_MAX]; /* what may be handed out, page-aligned, ascending */
    unsigned range_count;
    unsigned range;      /* the watermark is in this range */
    paddr_t watermark;   /* the next frame never used, in ranges[range] */
    struct frame *table; /* indexed by frame number from ram.base; valid for frames once used */
    uint32_t queue_head; /* free frames: the next to be used again */
    uint32_t queue_tail;
    uint64_t queue_len;
    uint64_t free_count;
    uint64_t total_count;
    uint64_t usable_count; /* without the limit */
    enum frame_reuse reuse;
};

const struct frame_state *frame_state(void);

/* Takes what boot describes as RAM and not as reserved, to be reused late. -ENOMEM: not even room
 * for the frame table. */
MUST_CHECK int frame_init(const struct plat_boot *boot);

/* The most frames that will be in use at a time, not fewer than are now; UINT64_MAX: all. */
void frame_limit(uint64_t limit);

/* From the next frame that is freed on. */
void frame_reuse(enum frame_reuse reuse);

/* A frame with one reference and undefined contents. -ENOMEM. */
#define frame_alloc(kind, pa) frame_alloc_at(kind, pa, ALLOC_SITE)
MUST_CHECK int frame_alloc_at(enum frame_kind kind, paddr_t *pa, struct alloc_site *site);

/* One reference more; the frame has one already. */
void frame_get(paddr_t pa);

/* One reference less. At the last one no translation may name the frame, cached ones included. */
void frame_put(paddr_t pa);

/* What is known of an owned frame. */
struct frame *frame_of(paddr_t pa);

/* Frames that can be had now, and at the most. */
uint64_t frame_free_count(void);
uint64_t frame_total_count(void);

/* Who owns frames, added up. */
struct frame_census {
    uint64_t used;
    uint64_t free;      /* on the queue */
    uint64_t user_refs; /* references to user frames */
    uint64_t tables;
    uint64_t pools;
    uint64_t pipes;
};

/* Walks all frames that were ever used: counts and queue agree. Panics if not. */
void frame_check(struct frame_census *census);

#endif
