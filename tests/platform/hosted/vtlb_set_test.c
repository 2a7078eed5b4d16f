/* The set of entries against a plain list, for few entries and for many. */
#include "vtlb_set.h"

#include "rig.h"

enum { MANY = 200, PLACES = 600 };

static unsigned visits[PLACES];

static struct vtlb_entry entry_at(unsigned place)
{
    unsigned level = place % 10 == 0 ? 2 : 3;

    return (struct vtlb_entry){
        .va = (place * desc_span(3)) & ~(desc_span(level) - 1),
        .desc = place + 1,
        .asid = place % 7 == 0 ? VTLB_ANY_ASID : 1 + place % 2,
        .level = (uint8_t)level,
        .is_table = level == 2,
    };
}

static bool note_visit(uint32_t at, void *context)
{
    (void)context;
    visits[vtlb_set_get(at)->desc - 1]++;
    return false;
}

static bool remove_visited(uint32_t at, void *context)
{
    (void)context;
    visits[vtlb_set_get(at)->desc - 1]++;
    vtlb_set_remove(at);
    return true;
}

/* One visit of each entry in [0, count) that is met, none of the others. */
static void expect_visits(unsigned count, uint32_t asid, uaddr_t va, uint64_t size)
{
    for (unsigned place = 0; place < PLACES; place++) {
        struct vtlb_entry entry = entry_at(place);
        bool is_met = place < count && (entry.asid == asid || entry.asid == VTLB_ANY_ASID) &&
                      entry.va < va + size && va < entry.va + desc_span(entry.level);

        test_note("place %u of %u, va %lx", place, count, va);
        EXPECT_EQ(visits[place], is_met);
        visits[place] = 0;
    }
}

static void fill(unsigned count)
{
    rig_start(VTLB_ADVERSARIAL);
    for (unsigned place = 0; place < count; place++) {
        vtlb_set_add(entry_at(place));
    }
    EXPECT_EQ(vtlb_set_count(), count);
    EXPECT_EQ(vtlb_set_table_count(), (count + 9) / 10);
}

TEST(visits_what_is_met)
{
    static const unsigned counts[] = {0, 1, 12, MANY};
    static const uint64_t sizes[] = {PLAT_PAGE_SIZE, 3 * PLAT_PAGE_SIZE, 1 << 30};

    for (unsigned i = 0; i < 12; i++) {
        unsigned count = counts[i / 3];
        fill(count);
        for (uaddr_t va = 0; va < 250 * PLAT_PAGE_SIZE; va += 7 * PLAT_PAGE_SIZE) {
            vtlb_set_visit(1, va, sizes[i % 3], note_visit, NULL);
            expect_visits(count, 1, va, sizes[i % 3]);
        }
    }
}

TEST(removes_what_is_visited)
{
    fill(MANY);
    for (uaddr_t va = 0; va < PLACES * PLAT_PAGE_SIZE; va += PLAT_PAGE_SIZE) {
        vtlb_set_visit(1, va, PLAT_PAGE_SIZE, remove_visited, NULL);
        vtlb_set_visit(2, va, PLAT_PAGE_SIZE, remove_visited, NULL);
    }
    for (unsigned place = 0; place < MANY; place++) {
        EXPECT_EQ(visits[place], 1);
    }
    EXPECT_EQ(vtlb_set_count(), 0);
    EXPECT_EQ(vtlb_set_table_count(), 0);
}

TEST(adds_once)
{
    struct vtlb_entry entry = entry_at(3);

    fill(MANY);
    EXPECT(vtlb_set_has(&entry));
    vtlb_set_add(entry);
    EXPECT_EQ(vtlb_set_count(), MANY);
    entry.rights = 1;
    EXPECT(!vtlb_set_has(&entry));
    vtlb_set_add(entry);
    EXPECT_EQ(vtlb_set_count(), MANY + 1);
}

TEST(due)
{
    fill(10);
    EXPECT_EQ(vtlb_set_due(), 0);
    vtlb_set_done();
    EXPECT_EQ(vtlb_set_due(), 10);
    vtlb_set_add(entry_at(10)); /* number 10: due */
    vtlb_set_remove(4);         /* and now it is number 4 */
    EXPECT_EQ(vtlb_set_due(), 4);
    vtlb_set_done();
    vtlb_set_remove(3); /* the last, which is done, takes its place */
    EXPECT_EQ(vtlb_set_due(), 9);
    vtlb_set_add(entry_at(11));
    EXPECT_EQ(vtlb_set_due(), 9); /* what is new is due */
    vtlb_set_redo(2);
    EXPECT_EQ(vtlb_set_due(), 2);
    vtlb_set_redo(5);
    EXPECT_EQ(vtlb_set_due(), 2);
}
