#include "base/string.h"
#include "fuzz/driver/harness.h"
#include "mm/frame.h"
#include "mm/pt.h"
#include "mm/space.h"
#include "platform/hosted/ram.h"
#include "platform/hosted/vtlb.h"

static uint64_t kept; /* frames */
static uint32_t references[HARNESS_RAM / PAGE_SIZE];

static void count(paddr_t pa)
{
    references[(pa - RAM_BASE) / PAGE_SIZE]++;
}

static void count_all(struct space *const *spaces, unsigned space_total)
{
    struct pt_leaf leaf;
    paddr_t pa;

    memset(references, 0, sizeof(references));
    for (unsigned i = 0; i < space_total; i++) {
        for (uaddr_t va = 0; pt_next(spaces[i]->root, &va, USER_END, &leaf); va += PAGE_SIZE) {
            count(leaf.pa);
        }
    }
    LIST_FOR(link, shared_all()) {
        const struct shared *object = CONTAINER_OF(link, struct shared, link);
        for (uint64_t i = 0; shared_next(object, &i, &pa); i++) {
            count(pa);
        }
    }
}

void harness_check_spaces(struct space *const *spaces, unsigned space_total)
{
    struct frame_census census;
    uint64_t user_refs = 0;
    uint64_t tables = 0;

    SAME("space.count", space_count(), space_total);
    count_all(spaces, space_total);
    for (unsigned i = 0; i < ARRAY_LEN(references); i++) {
        if (references[i] > 0) {
            uint32_t refs = frame_of(RAM_BASE + (paddr_t)i * PAGE_SIZE)->refs;
            SAME("space.references", refs, references[i]);
        }
    }
    space_check_all(&user_refs, &tables);
    frame_check(&census);
    SAME("space.references", census.user_refs, user_refs);
    SAME("space.references", census.tables, tables);
    vtlb_audit();
}

void harness_keep(void)
{
    kept = frame_total_count() - frame_free_count();
}

void harness_check_end(void)
{
    SAME("space.end", region_count(), 0);
    SAME("space.end", space_count(), 0);
    SAME("space.end", shared_count(), 0);
    SAME("space.end", frame_total_count() - frame_free_count(), kept);
}
