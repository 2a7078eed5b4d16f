#include "mm/shared.h"

#include "abi/errno.h"
#include "mm/frame.h"
#include "test.h"
#include "tests/core/fixture.h"

enum { PAGES = 10 };

static struct shared *object;

static void begin(void)
{
    fixture_begin(64);
    object = shared_create(PAGES);
    EXPECT(object != NULL);
}

static void end(void)
{
    shared_put(object);
    fixture_end();
}

static paddr_t page(uint64_t index, bool expected_made)
{
    paddr_t pa = 0;
    bool made = !expected_made;

    EXPECT_EQ(shared_page(object, index, &pa, &made), 0);
    EXPECT_EQ(made, expected_made);
    return pa;
}

TEST(shared_page_is_made_once)
{
    paddr_t pa;

    begin();
    EXPECT(!shared_find(object, 3, &pa));
    paddr_t first = page(3, true);
    EXPECT_EQ(page(3, false), first);
    EXPECT(page(PAGES - 1, true) != first);
    EXPECT(shared_find(object, 3, &pa));
    EXPECT_EQ(pa, first);
    EXPECT(!shared_find(object, 4, &pa));
    const uint8_t *bytes = plat_phys_ptr(first, PAGE_SIZE);
    EXPECT(bytes[0] == 0 && bytes[PAGE_SIZE - 1] == 0);
    EXPECT_EQ(shared_check_all(), 2);
    end();
}

TEST(shared_next_walks_what_is_there)
{
    uint64_t index = 0;
    paddr_t pa = 0;

    begin();
    EXPECT(!shared_next(object, &index, &pa));
    (void)page(2, true);
    paddr_t last = page(7, true);
    EXPECT(shared_next(object, &index, &pa));
    EXPECT_EQ(index++, 2);
    EXPECT(shared_next(object, &index, &pa));
    EXPECT_EQ(index++, 7);
    EXPECT_EQ(pa, last);
    EXPECT(!shared_next(object, &index, &pa));
    end();
}

TEST(shared_ends_with_the_last_reference)
{
    begin();
    (void)page(0, true);
    EXPECT(shared_get(object) == object);
    shared_put(object);
    EXPECT_EQ(shared_count(), 1);
    (void)page(0, false);
    end();
    EXPECT_EQ(shared_count(), 0);
}

/* A leaf that is still there keeps its frame when the object has gone. */
TEST(shared_frame_outlives_the_object_by_its_other_references)
{
    begin();
    paddr_t pa = page(0, true);
    frame_get(pa);
    shared_put(object);
    EXPECT_EQ(frame_of(pa)->refs, 1);
    frame_put(pa);
    fixture_end();
}

static int create(void *unused)
{
    (void)unused;
    object = shared_create(PAGES);
    return object ? 0 : -ENOMEM;
}

static void put(void *unused)
{
    (void)unused;
    shared_put(object);
}

static int make_page(void *unused)
{
    paddr_t pa;
    bool made;

    (void)unused;
    return shared_page(object, 5, &pa, &made);
}

static void drop_page(void *unused)
{
    (void)unused;
    shared_drop(object, 5);
}

TEST(shared_without_memory)
{
    fixture_begin(64);
    fixture_fail_each(create, put, NULL);
    EXPECT_EQ(create(NULL), 0);
    fixture_fail_each(make_page, drop_page, NULL);
    end();
}

TEST_DIES(shared_page_behind_the_end, "shared_page: index < object->pages")
{
    begin();
    (void)page(PAGES, true);
}

TEST_DIES(shared_check_sees_a_reference_too_many,
          "shared_check_users: object->seen == object->refs")
{
    begin();
    (void)shared_check_all();
    shared_check_users();
}

TEST_DIES(shared_check_sees_a_lost_page, "shared_check_all: pages == shared.pages.used")
{
    begin();
    (void)page(0, true);
    tree_init(&object->tree);
    (void)shared_check_all();
}
