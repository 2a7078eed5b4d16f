#include "mm/region.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/inject.h"
#include "base/random.h"
#include "test.h"
#include "tests/core/fixture.h"

#define BASE ((uaddr_t)1 << 30)
#define PAGE(n) (BASE + (uaddr_t)(n)*PAGE_SIZE)

enum { RW = PROT_READ | PROT_WRITE };

static struct region_set regions;
static uint8_t file[64 * PAGE_SIZE];

static void begin(void)
{
    fixture_begin(64);
    region_set_init(&regions);
}

static void end(void)
{
    region_remove(&regions, 0, USER_END);
    fixture_end();
}

static void insert(struct region given)
{
    struct region *region = region_create(&given);

    EXPECT(region != NULL);
    region_insert(&regions, region);
    region_check(&regions);
}

static void insert_pages(unsigned first, unsigned last, unsigned prot)
{
    insert((struct region){.start = PAGE(first), .end = PAGE(last), .prot = prot});
}

static void insert_file(unsigned first, unsigned last, uint64_t file_len)
{
    insert((struct region){.start = PAGE(first),
                           .end = PAGE(last),
                           .prot = PROT_READ,
                           .file = file,
                           .file_len = file_len});
}

static void expect_region(const struct region *region, unsigned first, unsigned last)
{
    EXPECT(region != NULL);
    EXPECT_EQ(region->start, PAGE(first));
    EXPECT_EQ(region->end, PAGE(last));
}

TEST(region_find_at_its_borders)
{
    begin();
    insert_pages(2, 4, RW);
    EXPECT(region_find(&regions, PAGE(2) - 1) == NULL);
    expect_region(region_find(&regions, PAGE(2)), 2, 4);
    expect_region(region_find(&regions, PAGE(4) - 1), 2, 4);
    EXPECT(region_find(&regions, PAGE(4)) == NULL);
    end();
}

TEST(region_find_from_gives_the_next)
{
    begin();
    EXPECT(region_find_from(&regions, 0) == NULL);
    insert_pages(2, 4, RW);
    insert_pages(6, 7, RW);
    expect_region(region_find_from(&regions, 0), 2, 4);
    expect_region(region_find_from(&regions, PAGE(3)), 2, 4);
    expect_region(region_find_from(&regions, PAGE(4)), 6, 7);
    EXPECT(region_find_from(&regions, PAGE(7)) == NULL);
    end();
}

TEST(region_is_free_up_to_a_neighbour)
{
    begin();
    insert_pages(2, 4, RW);
    EXPECT(region_is_free(&regions, 0, PAGE(2)));
    EXPECT(!region_is_free(&regions, 0, PAGE(2) + 1));
    EXPECT(!region_is_free(&regions, PAGE(3), PAGE(9)));
    EXPECT(region_is_free(&regions, PAGE(4), USER_END));
    end();
}

TEST(region_at_both_ends_of_user_space)
{
    begin();
    insert((struct region){.start = 0, .end = PAGE_SIZE, .prot = RW});
    insert((struct region){.start = USER_END - PAGE_SIZE, .end = USER_END, .prot = RW});
    EXPECT(region_find(&regions, 0) != NULL);
    EXPECT(region_find(&regions, USER_END - 1) != NULL);
    EXPECT(region_find(&regions, USER_END) == NULL);
    EXPECT(region_find_from(&regions, USER_END) == NULL);
    EXPECT_EQ(region_cut(&regions, 0, USER_END), 0);
    EXPECT_EQ(region_count(), 2);
    end();
}

TEST(region_joins_equal_anonymous_neighbours)
{
    begin();
    insert_pages(0, 2, RW);
    insert_pages(4, 6, RW);
    insert_pages(2, 4, RW);
    EXPECT_EQ(region_count(), 1);
    expect_region(region_find(&regions, PAGE(3)), 0, 6);
    end();
}

TEST(region_does_not_join_other_rights)
{
    begin();
    insert_pages(0, 2, RW);
    insert_pages(2, 4, PROT_READ);
    EXPECT_EQ(region_count(), 2);
    end();
}

TEST(region_does_not_join_across_a_hole)
{
    begin();
    insert_pages(0, 2, RW);
    insert_pages(3, 4, RW);
    EXPECT_EQ(region_count(), 2);
    end();
}

TEST(region_does_not_join_files_that_do_not_go_on)
{
    begin();
    insert_pages(0, 2, PROT_READ);
    insert_file(2, 4, 2 * PAGE_SIZE + 1);
    insert_file(4, 6, 3 * PAGE_SIZE);
    insert_pages(6, 8, PROT_READ);
    EXPECT_EQ(region_count(), 4);
    end();
}

TEST(region_joins_the_parts_of_a_file)
{
    begin();
    insert_file(0, 2, 4 * PAGE_SIZE);
    insert((struct region){.start = PAGE(2),
                           .end = PAGE(4),
                           .prot = PROT_READ,
                           .file = file + 2 * PAGE_SIZE,
                           .file_len = 2 * PAGE_SIZE});
    EXPECT_EQ(region_count(), 1);
    EXPECT_EQ(region_find(&regions, PAGE(3))->file_len, 4 * PAGE_SIZE);
    end();
}

/* They are zeros that are mapped as any others are. */
TEST(region_joins_what_lies_behind_the_bytes_of_a_file)
{
    begin();
    insert_file(0, 4, PAGE_SIZE + 1);
    EXPECT_EQ(region_cut(&regions, PAGE(3), PAGE(4)), 0);
    region_remove(&regions, PAGE(3), PAGE(4));
    insert_pages(3, 6, PROT_READ);
    EXPECT_EQ(region_count(), 1);
    EXPECT_EQ(region_cut(&regions, PAGE(0), PAGE(2)), 0);
    region_remove(&regions, PAGE(0), PAGE(2));
    insert_pages(0, 2, PROT_READ);
    EXPECT_EQ(region_count(), 1);
    EXPECT(region_find(&regions, PAGE(1))->file == NULL);
    end();
}

TEST(region_does_not_join_where_another_file_begins)
{
    begin();
    insert_file(0, 2, 4 * PAGE_SIZE);
    insert((struct region){.start = PAGE(2),
                           .end = PAGE(4),
                           .prot = PROT_READ,
                           .file = file + 2 * PAGE_SIZE,
                           .file_len = PAGE_SIZE});
    EXPECT_EQ(region_count(), 2);
    end();
}

TEST(region_joins_shared_memory_that_goes_on)
{
    begin();
    struct region region = {.prot = RW, .flags = REGION_SHARED, .shared = shared_create(8)};
    static const unsigned indexes[] = {0, 1, 3, 3};

    EXPECT(region.shared != NULL);
    for (unsigned i = 0; i < ARRAY_LEN(indexes); i++) {
        region.start = PAGE(i);
        region.end = PAGE(i + 1);
        region.shared_index = indexes[i];
        insert(region);
    }
    shared_put(region.shared);
    EXPECT_EQ(region_count(), 3);
    expect_region(region_find(&regions, PAGE(0)), 0, 2);
    end();
}

TEST(region_of_a_file_reaches_to_its_last_page)
{
    struct region region = {.start = PAGE(0),
                            .end = PAGE(4),
                            .prot = PROT_READ,
                            .file = file,
                            .file_len = PAGE_SIZE + 1};

    EXPECT(region_reaches(&region, PAGE(3))); /* zeroes follow */
    region.flags = REGION_FILE;
    EXPECT(region_reaches(&region, PAGE(2) - 1));
    EXPECT(!region_reaches(&region, PAGE(2)));
    region_advance(&region, 2 * PAGE_SIZE);
    EXPECT(!region_reaches(&region, PAGE(2)));
}

TEST(region_set_counts_its_pages)
{
    begin();
    insert_pages(0, 4, RW);
    insert_pages(6, 8, PROT_READ);
    EXPECT_EQ(regions.pages, 6);
    EXPECT_EQ(regions.data_pages, 4);
    EXPECT_EQ(region_pages_in(&regions, PAGE(1), PAGE(7)), 4);
    EXPECT_EQ(region_pages_in(&regions, PAGE(4), PAGE(6)), 0);
    region_set_prot(&regions, region_find(&regions, PAGE(6)), RW);
    EXPECT_EQ(regions.data_pages, 6);
    region_set_prot(&regions, region_find(&regions, PAGE(0)), PROT_EXEC);
    EXPECT_EQ(regions.data_pages, 2);
    region_remove(&regions, PAGE(0), PAGE(6));
    EXPECT_EQ(regions.pages, 2);
    end();
}

TEST(region_cut_makes_borders)
{
    begin();
    insert_pages(0, 10, RW);
    EXPECT_EQ(region_cut(&regions, PAGE(3), PAGE(7)), 0);
    region_check(&regions);
    expect_region(region_find(&regions, PAGE(0)), 0, 3);
    expect_region(region_find(&regions, PAGE(3)), 3, 7);
    expect_region(region_find(&regions, PAGE(7)), 7, 10);
    region_join(&regions, PAGE(3), PAGE(7));
    EXPECT_EQ(region_count(), 1);
    end();
}

TEST(region_cut_where_borders_are_already)
{
    begin();
    insert_pages(2, 4, RW);
    insert_pages(4, 6, PROT_READ);
    EXPECT_EQ(region_cut(&regions, PAGE(2), PAGE(6)), 0);
    EXPECT_EQ(region_cut(&regions, PAGE(0), PAGE(2)), 0);
    EXPECT_EQ(region_cut(&regions, PAGE(4), PAGE(4)), 0);
    EXPECT_EQ(region_cut(&regions, PAGE(6), PAGE(9)), 0);
    EXPECT_EQ(region_count(), 2);
    end();
}

/* A file of 2.5 pages in a region of 6, cut at each page. */
TEST(region_cut_divides_the_bytes_of_a_file)
{
    const uint64_t len = 5 * PAGE_SIZE / 2;

    for (unsigned at = 1; at < 6; at++) {
        begin();
        test_note("cut at page %u", at);
        insert_file(0, 6, len);
        EXPECT_EQ(region_cut(&regions, PAGE(at), PAGE(6)), 0);
        region_check(&regions);
        const struct region *lower = region_find(&regions, PAGE(0));
        const struct region *upper = region_find(&regions, PAGE(at));
        uint64_t lower_len = min_u64(len, at * PAGE_SIZE);
        EXPECT(lower->file == file);
        EXPECT_EQ(lower->file_len, len);
        EXPECT(upper->file == (len > lower_len ? file + lower_len : NULL));
        EXPECT_EQ(upper->file_len, len - lower_len);
        end();
    }
}

static int cut(void *unused)
{
    (void)unused;
    return region_cut(&regions, PAGE(3), PAGE(5));
}

static void uncut(void *unused)
{
    (void)unused;
    region_join(&regions, PAGE(3), PAGE(5));
}

TEST(region_cut_without_memory_changes_nothing)
{
    begin();
    insert_pages(0, 10, RW);
    fixture_fail_each(cut, uncut, NULL);
    expect_region(region_find(&regions, PAGE(4)), 0, 10);
    end();
}

/* The first cut succeeds and has to be undone: the file must be whole again. */
TEST(region_cut_without_memory_puts_a_file_together)
{
    static const uint64_t lens[] = {0, PAGE_SIZE, 4 * PAGE_SIZE + 1, 10 * PAGE_SIZE};

    for (unsigned i = 0; i < ARRAY_LEN(lens); i++) {
        begin();
        insert_file(0, 10, lens[i]);
        inject_arm(2, false);
        EXPECT_EQ(region_cut(&regions, PAGE(3), PAGE(5)), -ENOMEM);
        EXPECT_EQ(region_count(), 1);
        const struct region *region = region_find(&regions, PAGE(9));
        expect_region(region, 0, 10);
        EXPECT(region->file == file);
        EXPECT_EQ(region->file_len, lens[i]);
        end();
    }
}

static int create(void *region)
{
    const struct region given = {.start = PAGE(0), .end = PAGE(1)};

    *(struct region **)region = region_create(&given);
    return *(struct region **)region ? 0 : -ENOMEM;
}

static void discard(void *region)
{
    region_discard(*(struct region **)region);
}

TEST(region_create_without_memory)
{
    struct region *region;

    begin();
    fixture_fail_each(create, discard, &region);
    end();
}

TEST(region_remove_takes_what_lies_within)
{
    begin();
    insert_pages(0, 2, RW);
    insert_pages(2, 4, PROT_READ);
    insert_pages(5, 6, RW);
    insert_pages(6, 8, PROT_EXEC);
    region_remove(&regions, PAGE(2), PAGE(6));
    EXPECT_EQ(region_count(), 2);
    EXPECT(region_is_free(&regions, PAGE(2), PAGE(6)));
    region_remove(&regions, PAGE(2), PAGE(6));
    EXPECT_EQ(region_count(), 2);
    end();
}

/* What is known of each page; not mapped: prot is NOT_MAPPED. */
enum { MODEL_PAGES = 32, NOT_MAPPED = 8, MODEL_STEPS = 8000 };

struct page {
    unsigned prot;
    const uint8_t *file; /* NULL: anonymous */
    uint64_t file_len;
};

static struct page model[MODEL_PAGES];

static void set_pages(unsigned first, unsigned last, struct page page)
{
    for (unsigned i = first; i < last; i++) {
        uint64_t offset = min_u64((i - first) * PAGE_SIZE, page.file_len);
        model[i] = page;
        if (page.file) {
            model[i].file = page.file + offset;
            model[i].file_len = page.file_len - offset;
        }
    }
}

static void compare(void)
{
    region_check(&regions);
    for (unsigned i = 0; i < MODEL_PAGES; i++) {
        const struct region *region = region_find(&regions, PAGE(i));
        EXPECT_EQ(region != NULL, model[i].prot != NOT_MAPPED);
        if (!region) {
            continue;
        }
        EXPECT_EQ(region->prot, model[i].prot);
        uint64_t offset = PAGE(i) - region->start;
        if (region->file && offset < region->file_len) {
            EXPECT(region->file + offset == model[i].file);
            EXPECT(min_u64(region->file_len - offset, PAGE_SIZE) ==
                   min_u64(model[i].file_len, PAGE_SIZE));
        } else {
            EXPECT_EQ(model[i].file_len, 0);
        }
        const struct region *next = region_find(&regions, region->end);
        EXPECT(!next || !region->file || region->file != next->file || next->prot != region->prot);
    }
}

static void map_over(unsigned first, unsigned last, struct page page)
{
    insert((struct region){.start = PAGE(first),
                           .end = PAGE(last),
                           .prot = page.prot,
                           .file = page.file,
                           .file_len = page.file_len});
    set_pages(first, last, page);
}

static void protect(unsigned first, unsigned last, unsigned prot)
{
    for (unsigned i = first; i < last; i++) {
        struct region *region = region_find(&regions, PAGE(i));
        if (region) {
            region_set_prot(&regions, region, prot);
            model[i].prot = prot;
        }
    }
    region_join(&regions, PAGE(first), PAGE(last));
}

static void step_model(struct random *random)
{
    unsigned first = (unsigned)(random_next(random) % MODEL_PAGES);
    unsigned last = first + 1 + (unsigned)(random_next(random) % (MODEL_PAGES - first));
    unsigned prot = (unsigned)(random_next(random) % 3); /* few, so that neighbours are alike */
    unsigned what = (unsigned)(random_next(random) % 4);

    inject_arm(random_next(random) % 8, false);
    int error = region_cut(&regions, PAGE(first), PAGE(last));
    EXPECT_EQ(error, inject_has_fired() ? -ENOMEM : 0);
    inject_arm(0, false);
    if (error || what == 0) {
        region_join(&regions, PAGE(first), PAGE(last));
        return;
    }
    if (what == 1) {
        protect(first, last, prot);
        return;
    }
    region_remove(&regions, PAGE(first), PAGE(last));
    set_pages(first, last, (struct page){.prot = NOT_MAPPED});
    if (what == 2) {
        map_over(first, last, (struct page){.prot = prot});
    } else if (random_next(random) % 2) {
        uint64_t offset = random_next(random) % (16 * PAGE_SIZE);
        uint64_t len = random_next(random) % ((last - first) * PAGE_SIZE + 1);
        map_over(first, last, (struct page){prot, file + offset, len});
    }
}

TEST(region_agrees_with_a_flat_model)
{
    struct random random = {5};

    begin();
    set_pages(0, MODEL_PAGES, (struct page){.prot = NOT_MAPPED});
    for (unsigned step = 0; step < MODEL_STEPS; step++) {
        test_note("step %u", step);
        step_model(&random);
        compare();
    }
    end();
}

TEST_DIES(region_that_is_empty, "region_create: given->start < given->end")
{
    begin();
    insert_pages(1, 1, RW);
}

TEST_DIES(region_above_user_space, "region_create: given->end <= USER_END")
{
    begin();
    insert((struct region){.start = USER_END - PAGE_SIZE, .end = USER_END + PAGE_SIZE});
}

TEST_DIES(region_not_aligned, "region_create: ((given->start | given->end) & PAGE_MASK) == 0")
{
    begin();
    insert((struct region){.start = PAGE(0), .end = PAGE(1) + 8});
}

TEST_DIES(region_over_another, "region_insert: region_is_free")
{
    begin();
    insert_pages(0, 4, RW);
    insert_pages(3, 5, RW);
}

TEST_DIES(region_remove_of_a_part, "region_remove: region->end <= end")
{
    begin();
    insert_pages(0, 4, RW);
    region_remove(&regions, PAGE(0), PAGE(2));
}

TEST_DIES(region_check_sees_an_overlap, "region_check: region->start >= last_end")
{
    begin();
    insert_pages(0, 2, RW);
    insert_pages(3, 4, RW);
    region_find(&regions, PAGE(0))->end = PAGE(4);
    region_check(&regions);
}

TEST_DIES(region_check_sees_a_moved_start, "region_check: region->node.key == region->start")
{
    begin();
    insert_pages(0, 2, RW);
    region_find(&regions, PAGE(0))->start = PAGE(1);
    region_check(&regions);
}

TEST_DIES(region_check_sees_bytes_without_a_file, "region_check: region->file")
{
    begin();
    insert_pages(0, 2, RW);
    region_find(&regions, PAGE(0))->file_len = 1;
    region_check(&regions);
}

TEST_DIES(region_check_sees_pages_not_counted, "region_check: counted.data_pages")
{
    begin();
    insert_pages(0, 2, RW);
    regions.data_pages = 1;
    region_check(&regions);
}
