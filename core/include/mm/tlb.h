/*
 * What the TLB may still know: address space identifiers, and the flush batch, which owns frames
 * from the moment their last translation is removed until the flush that makes it true.
 *
 * ASIDs are handed out in generations. When they run out, everything is flushed and a new
 * generation begins; a context of an older one has nothing in any TLB.
 */
#ifndef MM_TLB_H
#define MM_TLB_H

#include "base/types.h"

enum { TLB_BATCH_FRAMES = 64 };

/* An address space, as far as the TLB is concerned. All 0: nothing is cached. */
struct tlb_context {
    uint64_t generation;
    asid_t asid;
};

struct tlb_batch {
    struct tlb_context *context;
    uaddr_t start; /* [start, end) may be cached; empty: nothing */
    uaddr_t end;
    unsigned count;
    paddr_t frames[TLB_BATCH_FRAMES];
};

/* asid_bits: 1 to 16. The TLB holds nothing of user space, as at boot. */
void tlb_init(unsigned asid_bits);

/* Gives the context an ASID of the current generation, if it has none, and uses the space on this
 * CPU. */
void tlb_use_space(struct tlb_context *context, paddr_t root);

/* This CPU has no user space. */
void tlb_use_none(void);

/* Everything of one context, or a range; nothing where it has nothing cached. Either way what was
 * stored before is published. */
void tlb_flush_context(struct tlb_context *context);
void tlb_flush_range(struct tlb_context *context, uaddr_t start, uaddr_t end);

/* A batch: begin; for each translation removed, note its range and give the frame, with its
 * reference; end flushes what was noted and then gives the frames back. A full batch does so on its
 * way. */
void tlb_batch_begin(struct tlb_batch *batch, struct tlb_context *context);
void tlb_batch_note(struct tlb_batch *batch, uaddr_t start, uaddr_t end);
void tlb_batch_give(struct tlb_batch *batch, paddr_t pa);
void tlb_batch_end(struct tlb_batch *batch);

#endif
