#include "mm/tlb.h"

#include "base/panic.h"
#include "mm/frame.h"

static struct {
    uint64_t generation; /* from 1 */
    unsigned next;       /* the next ASID to hand out */
    unsigned end;
} asids;

void tlb_init(unsigned asid_bits)
{
    ASSERT(asid_bits >= 1);
    ASSERT(asid_bits <= 16);
    asids.generation = 1;
    asids.next = 1;
    asids.end = 1u << asid_bits;
}

/* Whether anything of the context can be in a TLB. */
static bool is_current(const struct tlb_context *context)
{
    return context->generation == asids.generation;
}

void tlb_use_space(struct tlb_context *context, paddr_t root)
{
    if (!is_current(context)) {
        if (asids.next == asids.end) {
            /* The space in use has an ASID that is about to be someone else's. */
            plat_space_use(0, 0);
            plat_tlb_flush_all();
            asids.generation++;
            asids.next = 1;
        }
        context->asid = (asid_t)asids.next++;
        context->generation = asids.generation;
    }
    plat_space_use(root, context->asid);
}

void tlb_use_none(void)
{
    plat_space_use(0, 0);
}

void tlb_flush_context(struct tlb_context *context)
{
    if (is_current(context)) {
        plat_tlb_flush_asid(context->asid);
    } else {
        plat_pte_publish();
    }
}

void tlb_flush_range(struct tlb_context *context, uaddr_t start, uaddr_t end)
{
    if (is_current(context)) {
        plat_tlb_flush(context->asid, start, (end - start) >> PAGE_SHIFT);
    } else {
        plat_pte_publish();
    }
}

void tlb_batch_begin(struct tlb_batch *batch, struct tlb_context *context)
{
    batch->context = context;
    batch->start = 0;
    batch->end = 0;
    batch->count = 0;
}

static void batch_flush(struct tlb_batch *batch)
{
    if (batch->start < batch->end) {
        tlb_flush_range(batch->context, batch->start, batch->end);
        batch->start = 0;
        batch->end = 0;
    }
    for (unsigned i = 0; i < batch->count; i++) {
        paddr_t pa = batch->frames[i];
        if (frame_of(pa)->kind == FRAME_TABLE) {
            plat_table_close(pa);
        }
        frame_put(pa);
    }
    batch->count = 0;
}

void tlb_batch_note(struct tlb_batch *batch, uaddr_t start, uaddr_t end)
{
    ASSERT(start < end);
    ASSERT((start & PAGE_MASK) == 0);
    ASSERT((end & PAGE_MASK) == 0);
    if (batch->start == batch->end) {
        batch->start = start;
        batch->end = end;
    } else {
        batch->start = min_u64(batch->start, start);
        batch->end = max_u64(batch->end, end);
    }
}

void tlb_batch_give(struct tlb_batch *batch, paddr_t pa)
{
    if (batch->count == TLB_BATCH_FRAMES) {
        batch_flush(batch);
        plat_irq_window();
    }
    batch->frames[batch->count++] = pa;
}

void tlb_batch_end(struct tlb_batch *batch)
{
    batch_flush(batch);
}
