#include "mm/tlb.h"

#include "abi/linux.h"
#include "mm/frame.h"
#include "mm/pt.h"
#include "platform/hosted/vtlb.h"
#include "test.h"
#include "tests/core/fixture.h"

#define VA ((uaddr_t)1 << 30)

enum { SPACES = 5 };

struct tiny {
    paddr_t root;
    struct tlb_context context;
    paddr_t pa; /* of the page at VA */
};

static struct tiny tinies[SPACES];

static void map(struct tiny *tiny, uaddr_t va, paddr_t *pa)
{
    EXPECT_EQ(pt_prepare(tiny->root, va), 0);
    EXPECT_EQ(frame_alloc(FRAME_USER, pa), 0);
    plat_mem_mark(*pa, PAGE_SIZE, PLAT_MEM_DEFINED);
    pt_set(tiny->root, va, *pa, PROT_READ | PROT_WRITE, true);
    plat_pte_publish();
}

/* Spaces with one page each, which says whose it is. */
static void begin(unsigned asid_bits)
{
    fixture_begin(FIXTURE_FRAMES_MAX);
    tlb_init(asid_bits);
    for (unsigned i = 0; i < SPACES; i++) {
        tinies[i] = (struct tiny){0};
        EXPECT_EQ(pt_create(&tinies[i].root), 0);
        map(&tinies[i], VA, &tinies[i].pa);
        *(uint8_t *)plat_phys_ptr(tinies[i].pa, 1) = (uint8_t)i;
    }
}

static void unmap(struct tiny *tiny, uaddr_t start, uaddr_t end)
{
    struct tlb_batch batch;

    tlb_batch_begin(&batch, &tiny->context);
    pt_unmap(tiny->root, start, end, &batch);
    tlb_batch_end(&batch);
}

static void end(void)
{
    tlb_use_none();
    for (unsigned i = 0; i < SPACES; i++) {
        unmap(&tinies[i], 0, USER_END);
        tlb_flush_context(&tinies[i].context);
        pt_destroy(tinies[i].root);
    }
    fixture_end();
}

static void use(unsigned i)
{
    struct plat_fault fault;
    uint8_t byte = SPACES;

    tlb_use_space(&tinies[i].context, tinies[i].root);
    EXPECT_EQ(plat_user_read(&byte, VA, 1, &fault), 1);
    EXPECT_EQ(byte, i);
}

TEST(tlb_gives_each_space_an_asid_of_its_own)
{
    begin(16);
    for (unsigned i = 0; i < SPACES; i++) {
        use(i);
        EXPECT(tinies[i].context.asid != 0);
        for (unsigned k = 0; k < i; k++) {
            EXPECT(tinies[i].context.asid != tinies[k].context.asid);
        }
    }
    end();
}

TEST(tlb_space_keeps_its_asid)
{
    begin(16);
    use(0);
    asid_t asid = tinies[0].context.asid;
    use(1);
    use(0);
    EXPECT_EQ(tinies[0].context.asid, asid);
    end();
}

/* With one bit there is one ASID, with two there are three: each round begins new generations. */
static void use_in_turn(unsigned asid_bits)
{
    begin(asid_bits);
    for (unsigned step = 0; step < 8 * SPACES; step++) {
        use(step * 3 % SPACES);
        vtlb_audit();
    }
    end();
}

TEST(tlb_begins_a_new_generation_when_asids_run_out)
{
    for (unsigned bits = 1; bits <= 3; bits++) {
        use_in_turn(bits);
    }
}

TEST(tlb_all_asids_of_the_width_are_used)
{
    begin(2);
    use(0);
    use(1);
    use(2);
    EXPECT_EQ(tinies[0].context.generation, tinies[2].context.generation);
    EXPECT_EQ(tinies[2].context.asid, 3);
    use(3);
    EXPECT_EQ(tinies[3].context.generation, tinies[2].context.generation + 1);
    EXPECT_EQ(tinies[3].context.asid, 1);
    end();
}

TEST(tlb_flush_of_a_space_never_used_needs_no_asid)
{
    begin(16);
    pt_set_rights(tinies[1].root, VA, PROT_READ, false);
    tlb_flush_range(&tinies[1].context, VA, VA + PAGE_SIZE);
    tlb_flush_context(&tinies[1].context);
    EXPECT_EQ(tinies[1].context.asid, 0);
    use(1);
    end();
}

/* Its ASID is somebody else's now: the flush must not need it, and must not spare what it has. */
TEST(tlb_flush_of_a_space_of_an_older_generation)
{
    begin(1);
    use(0);
    use(1);
    pt_set_rights(tinies[0].root, VA, PROT_READ, false);
    tlb_flush_range(&tinies[0].context, VA, VA + PAGE_SIZE);
    use(1);
    use(0);
    end();
}

TEST(tlb_flush_range_makes_lesser_rights_true)
{
    struct plat_fault fault;
    uint8_t byte = 0;

    begin(16);
    use(0);
    pt_set_rights(tinies[0].root, VA, PROT_READ, false);
    tlb_flush_range(&tinies[0].context, VA, VA + PAGE_SIZE);
    vtlb_audit();
    EXPECT_EQ(plat_user_write(VA, &byte, 1, &fault), 0);
    EXPECT_EQ(fault.kind, PLAT_FAULT_PERMISSION);
    end();
}

TEST(tlb_batch_frees_at_its_end)
{
    struct tlb_batch batch;

    begin(16);
    use(0);
    uint64_t used = fixture_frames_used();
    tlb_batch_begin(&batch, &tinies[0].context);
    pt_unmap(tinies[0].root, VA, VA + PAGE_SIZE, &batch);
    EXPECT_EQ(fixture_frames_used(), used);
    tlb_batch_end(&batch);
    EXPECT_EQ(fixture_frames_used(), used - 3); /* the page and two tables */
    end();
}

TEST(tlb_batch_frees_on_its_way_when_it_is_full)
{
    struct tlb_batch batch;
    paddr_t pa;

    begin(16);
    use(0);
    for (unsigned i = 1; i <= TLB_BATCH_FRAMES + 1; i++) {
        map(&tinies[0], VA + i * PAGE_SIZE, &pa);
    }
    uint64_t used = fixture_frames_used();
    tlb_batch_begin(&batch, &tinies[0].context);
    pt_unmap(tinies[0].root, VA + PAGE_SIZE, VA + (1 + TLB_BATCH_FRAMES) * PAGE_SIZE, &batch);
    EXPECT_EQ(fixture_frames_used(), used);
    pt_unmap(tinies[0].root, VA + (1 + TLB_BATCH_FRAMES) * PAGE_SIZE,
             VA + (2 + TLB_BATCH_FRAMES) * PAGE_SIZE, &batch);
    EXPECT_EQ(fixture_frames_used(), used - TLB_BATCH_FRAMES);
    vtlb_audit();
    tlb_batch_end(&batch);
    EXPECT_EQ(fixture_frames_used(), used - TLB_BATCH_FRAMES - 1);
    end();
}

TEST(tlb_batch_of_ranges_in_any_order)
{
    static const unsigned pages[] = {7, 3, 9, 0, 5};
    struct tlb_batch batch;
    paddr_t pa;

    begin(16);
    use(0);
    for (unsigned i = 1; i < 10; i++) {
        map(&tinies[0], VA + i * PAGE_SIZE, &pa);
    }
    tlb_batch_begin(&batch, &tinies[0].context);
    for (unsigned i = 0; i < ARRAY_LEN(pages); i++) {
        pt_unmap(tinies[0].root, VA + pages[i] * PAGE_SIZE, VA + (pages[i] + 1) * PAGE_SIZE,
                 &batch);
    }
    EXPECT_EQ(batch.start, VA);
    EXPECT_EQ(batch.end, VA + 10 * PAGE_SIZE);
    tlb_batch_end(&batch);
    EXPECT_EQ(batch.count, 0);
    vtlb_audit();
    end();
}

TEST(tlb_batch_with_nothing_in_it)
{
    struct tlb_batch batch;

    begin(16);
    use(0);
    tlb_batch_begin(&batch, &tinies[0].context);
    tlb_batch_end(&batch);
    end();
}

TEST_DIES(tlb_frame_freed_before_the_flush, "frame.freed-while-cached")
{
    begin(16);
    use(0);
    struct tlb_batch batch;
    tlb_batch_begin(&batch, &tinies[0].context);
    pt_unmap(tinies[0].root, VA, VA + PAGE_SIZE, &batch);
    frame_put(tinies[0].pa);
}

TEST_DIES(tlb_note_of_nothing, "tlb_batch_note: start < end")
{
    struct tlb_batch batch;

    begin(16);
    tlb_batch_begin(&batch, &tinies[0].context);
    tlb_batch_note(&batch, VA, VA);
}

TEST_DIES(tlb_note_not_aligned, "tlb_batch_note: (end & PAGE_MASK) == 0")
{
    struct tlb_batch batch;

    begin(16);
    tlb_batch_begin(&batch, &tinies[0].context);
    tlb_batch_note(&batch, VA, VA + 8);
}

TEST_DIES(tlb_no_asid_bits, "tlb_init: asid_bits >= 1")
{
    begin(0);
}

TEST_DIES(tlb_too_many_asid_bits, "tlb_init: asid_bits <= 16")
{
    begin(17);
}
