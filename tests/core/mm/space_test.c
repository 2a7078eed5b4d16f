#include "mm/space.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/cpu.h"
#include "mm/fault.h"
#include "mm/frame.h"
#include "mm/pt.h"
#include "mm/uaccess.h"
#include "platform/hosted/mmu.h"
#include "platform/hosted/mmu_access.h"
#include "test.h"
#include "tests/core/fixture.h"

#define VA ((uaddr_t)3 << 30)
#define AT(n) (VA + (uaddr_t)(n)*PAGE_SIZE)

enum { RW = PROT_READ | PROT_WRITE };

static struct space *begin(void)
{
    fixture_begin(1000);
    return fixture_space();
}

static void end(struct space *space)
{
    fixture_check_spaces(&space, 1);
    space_put(space);
    fixture_end();
}

static void end_two(struct space *parent, struct space *child)
{
    struct space *both[] = {parent, child};

    fixture_check_spaces(both, 2);
    space_put(child);
    end(parent);
}

static void map_pages(struct space *space, unsigned first, unsigned last, unsigned prot)
{
    fixture_map(space, AT(first), AT(last), prot);
}

/* Writes to each page. */
static void touch(struct space *space, unsigned first, unsigned last)
{
    space_use(space);
    for (unsigned i = first; i < last; i++) {
        EXPECT_EQ(fixture_store(AT(i), (uint8_t)(i + 1)), 0);
    }
}

/* They hold what touch has written. */
static void expect_touched(struct space *space, unsigned first, unsigned last)
{
    space_use(space);
    for (unsigned i = first; i < last; i++) {
        uint8_t byte = 0;
        EXPECT_EQ(fixture_load(AT(i), &byte), 0);
        EXPECT_EQ(byte, i + 1);
    }
}

static bool is_present(const struct space *space, unsigned n)
{
    struct pt_leaf leaf;

    return pt_find(space->root, AT(n), &leaf);
}

static struct space *fork_space(struct space *parent)
{
    struct space *child = NULL;

    EXPECT_EQ(space_fork(parent, &child), 0);
    return child;
}

/* ---- creating, using, destroying ---- */

static int create(void *space)
{
    return space_create(space);
}

static void destroy(void *space)
{
    space_put(*(struct space **)space);
}

TEST(space_create_without_memory)
{
    struct space *space;

    fixture_begin(100);
    fixture_fail_each(create, destroy, &space);
    fixture_end();
}

TEST(space_new_one_is_empty)
{
    struct space *space = begin();

    EXPECT(region_is_free(&space->regions, 0, USER_END));
    EXPECT_EQ(fixture_load(VA, &(uint8_t){0}), -EFAULT);
    end(space);
}

TEST(space_use_is_remembered_by_the_cpu)
{
    struct space *space = begin();

    EXPECT(cpu_this()->space == space);
    EXPECT_EQ(mmu_root(), space->root);
    space_use(NULL);
    EXPECT(cpu_this()->space == NULL);
    EXPECT_EQ(mmu_root(), 0);
    space_use(NULL);
    end(space);
}

TEST(space_put_of_the_one_in_use)
{
    struct space *space = begin();

    map_pages(space, 0, 3, RW);
    touch(space, 0, 3);
    space_put(space);
    EXPECT(cpu_this()->space == NULL);
    EXPECT_EQ(mmu_root(), 0);
    fixture_end();
}

TEST(space_put_of_one_not_in_use)
{
    struct space *space = begin();
    struct space *other = NULL;

    map_pages(space, 0, 3, RW);
    touch(space, 0, 3);
    EXPECT_EQ(space_create(&other), 0);
    space_put(other);
    EXPECT(cpu_this()->space == space);
    other = fork_space(space);
    space_use(other);
    end_two(other, space);
}

TEST(space_put_gives_back_all)
{
    struct space *space = begin();

    map_pages(space, 0, 200, RW);
    touch(space, 0, 200);
    fixture_map(space, 0, PAGE_SIZE, PROT_READ);
    fixture_map(space, USER_END - PAGE_SIZE, USER_END, RW);
    EXPECT_EQ(fixture_store(USER_END - 1, 1), 0);
    EXPECT_EQ(space_protect(space, AT(10), AT(20), PROT_NONE), 0); /* parked pages too */
    end(space);
}

TEST(space_with_two_users_ends_with_the_last)
{
    struct space *space = begin();

    map_pages(space, 0, 2, RW);
    touch(space, 0, 2);
    EXPECT(space_get(space) == space);
    space_put(space);
    EXPECT(cpu_this()->space == space);
    expect_touched(space, 0, 2);
    end(space);
}

TEST(space_counts_its_pages)
{
    struct space *parent = begin();

    map_pages(parent, 0, 10, RW);
    EXPECT_EQ(parent->resident, 0);
    touch(parent, 0, 6);
    EXPECT_EQ(space_protect(parent, AT(5), AT(6), PROT_NONE), 0);
    EXPECT_EQ(parent->resident, 6);
    EXPECT_EQ(space_unmap(parent, AT(1), AT(3)), 0);
    EXPECT_EQ(parent->resident, 4);
    EXPECT_EQ(parent->resident_peak, 6);
    struct space *child = fork_space(parent);
    EXPECT_EQ(child->resident, 4);
    EXPECT_EQ(child->resident_peak, 4);
    touch(child, 3, 4); /* a copy is no page more */
    EXPECT_EQ(child->resident, 4);
    touch(child, 9, 10);
    EXPECT_EQ(child->resident, 5);
    EXPECT_EQ(parent->resident, 4);
    end_two(parent, child);
}

/* ---- mapping ---- */

TEST(space_map_over_what_was_there)
{
    struct space *space = begin();

    map_pages(space, 0, 10, RW);
    touch(space, 0, 10);
    map_pages(space, 3, 6, RW);
    EXPECT_EQ(region_count(), 1);
    for (unsigned i = 0; i < 10; i++) {
        EXPECT_EQ(is_present(space, i), i < 3 || i >= 6);
    }
    expect_touched(space, 0, 3);
    expect_touched(space, 6, 10);
    end(space);
}

TEST(space_unmap_in_the_middle)
{
    struct space *space = begin();

    map_pages(space, 0, 10, RW);
    touch(space, 0, 10);
    EXPECT_EQ(space_unmap(space, AT(4), AT(6)), 0);
    EXPECT_EQ(region_count(), 2);
    EXPECT_EQ(fixture_store(AT(4), 1), -EFAULT);
    EXPECT_EQ(fixture_store(AT(6) - 1, 1), -EFAULT);
    expect_touched(space, 0, 4);
    expect_touched(space, 6, 10);
    end(space);
}

TEST(space_unmap_where_nothing_is)
{
    struct space *space = begin();

    EXPECT_EQ(space_unmap(space, 0, USER_END), 0);
    map_pages(space, 5, 6, RW);
    EXPECT_EQ(space_unmap(space, AT(0), AT(5)), 0);
    EXPECT_EQ(space_unmap(space, AT(6), USER_END), 0);
    EXPECT_EQ(region_count(), 1);
    end(space);
}

TEST(space_unmap_of_all)
{
    struct space *space = begin();
    uint64_t empty = fixture_frames_used();

    map_pages(space, 0, 10, RW);
    fixture_map(space, 0, PAGE_SIZE, RW);
    fixture_map(space, USER_END - PAGE_SIZE, USER_END, RW);
    touch(space, 0, 10);
    EXPECT_EQ(space_unmap(space, 0, USER_END), 0);
    EXPECT_EQ(fixture_frames_used(), empty);
    end(space);
}

/* ---- rights ---- */

TEST(space_protect_takes_and_gives_rights)
{
    struct space *space = begin();

    map_pages(space, 0, 3, RW);
    touch(space, 0, 3);
    EXPECT_EQ(space_protect(space, AT(1), AT(2), PROT_READ), 0);
    EXPECT_EQ(fixture_store(AT(1), 9), -EFAULT);
    expect_touched(space, 0, 3);
    EXPECT_EQ(space_protect(space, AT(1), AT(2), PROT_NONE), 0);
    EXPECT_EQ(fixture_load(AT(1), &(uint8_t){0}), -EFAULT);
    EXPECT(is_present(space, 1));
    EXPECT_EQ(space_protect(space, AT(1), AT(2), RW), 0);
    EXPECT_EQ(region_count(), 1);
    expect_touched(space, 0, 3);
    touch(space, 0, 3);
    end(space);
}

TEST(space_protect_of_pages_never_touched)
{
    struct space *space = begin();

    map_pages(space, 0, 3, PROT_NONE);
    EXPECT_EQ(space_protect(space, AT(0), AT(3), RW), 0);
    EXPECT(!is_present(space, 0));
    touch(space, 0, 3);
    end(space);
}

TEST(space_protect_makes_code_visible)
{
    struct space *space = begin();
    struct plat_fault fault;

    map_pages(space, 0, 2, RW);
    touch(space, 0, 1);
    EXPECT_EQ(space_protect(space, AT(0), AT(2), PROT_READ | PROT_EXEC), 0);
    EXPECT(mmu_translate(AT(0), PLAT_FETCH, &fault) != NULL);
    EXPECT_EQ(fault_resolve(space, AT(1), PLAT_FETCH), 0);
    EXPECT(mmu_translate(AT(1), PLAT_FETCH, &fault) != NULL);
    end(space);
}

TEST(space_protect_stops_at_a_hole)
{
    struct space *space = begin();

    map_pages(space, 0, 4, RW);
    map_pages(space, 5, 8, RW);
    touch(space, 0, 4);
    touch(space, 5, 8);
    EXPECT_EQ(space_protect(space, AT(2), AT(7), PROT_READ), -ENOMEM);
    EXPECT_EQ(fixture_store(AT(1), 2), 0);
    EXPECT_EQ(fixture_store(AT(2), 2), -EFAULT);
    EXPECT_EQ(fixture_store(AT(3), 2), -EFAULT);
    EXPECT_EQ(fixture_store(AT(5), 6), 0);
    end(space);
}

TEST(space_protect_that_begins_in_a_hole)
{
    struct space *space = begin();

    map_pages(space, 1, 2, RW);
    EXPECT_EQ(space_protect(space, AT(0), AT(2), PROT_READ), -ENOMEM);
    touch(space, 1, 2);
    EXPECT_EQ(space_protect(space, AT(1), AT(3), PROT_READ), -ENOMEM);
    EXPECT_EQ(fixture_store(AT(1), 1), -EFAULT);
    end(space);
}

TEST(space_protect_over_several_regions)
{
    struct space *space = begin();

    map_pages(space, 0, 2, PROT_READ);
    map_pages(space, 2, 4, RW);
    map_pages(space, 4, 6, PROT_NONE);
    EXPECT_EQ(space_protect(space, AT(1), AT(5), RW), 0);
    EXPECT_EQ(region_count(), 3);
    touch(space, 1, 5);
    EXPECT_EQ(fixture_store(AT(0), 1), -EFAULT);
    EXPECT_EQ(fixture_load(AT(5), &(uint8_t){0}), -EFAULT);
    end(space);
}

/* A shared page stays shared: the right is in the region, the first write copies. */
TEST(space_protect_does_not_make_shared_pages_writable)
{
    struct space *parent = begin();

    map_pages(parent, 0, 1, RW);
    touch(parent, 0, 1);
    struct space *child = fork_space(parent);
    EXPECT_EQ(space_protect(parent, AT(0), AT(1), PROT_READ), 0);
    EXPECT_EQ(space_protect(parent, AT(0), AT(1), RW), 0);
    EXPECT_EQ(fixture_store(AT(0), 99), 0);
    expect_touched(child, 0, 1);
    end_two(parent, child);
}

/* ---- fork ---- */

TEST(space_fork_shares_what_is_present)
{
    struct space *parent = begin();

    map_pages(parent, 0, 6, RW);
    touch(parent, 2, 4);
    parent->brk_start = AT(10);
    parent->brk_end = AT(11) + 5;
    uint64_t used = fixture_frames_used();
    struct space *child = fork_space(parent);
    EXPECT_EQ(fixture_frames_used(), used + 3); /* its tables, no pages */
    EXPECT(!is_present(child, 1) && is_present(child, 2) && is_present(child, 3));
    EXPECT_EQ(child->brk_start, AT(10));
    EXPECT_EQ(child->brk_end, AT(11) + 5);
    expect_touched(child, 2, 4);
    end_two(parent, child);
}

TEST(space_fork_copies_every_kind_of_right)
{
    struct space *parent = begin();

    for (unsigned prot = 0; prot < 8; prot++) {
        map_pages(parent, prot, prot + 1, RW);
    }
    touch(parent, 0, 8);
    for (unsigned prot = 0; prot < 8; prot++) {
        EXPECT_EQ(space_protect(parent, AT(prot), AT(prot + 1), prot), 0);
    }
    struct space *child = fork_space(parent);
    space_use(child);
    for (unsigned prot = 0; prot < 8; prot++) {
        EXPECT_EQ(fixture_store(AT(prot), 1), prot & PROT_WRITE ? 0 : -EFAULT);
        EXPECT_EQ(fixture_load(AT(prot), &(uint8_t){0}), prot ? 0 : -EFAULT);
        EXPECT(is_present(child, prot));
    }
    end_two(parent, child);
}

TEST(space_fork_of_an_empty_one)
{
    struct space *parent = begin();

    end_two(parent, fork_space(parent));
}

TEST(space_fork_of_read_only_memory_flushes_nothing_but_works)
{
    struct space *parent = begin();

    map_pages(parent, 0, 4, PROT_READ);
    EXPECT_EQ(fixture_load(AT(0), &(uint8_t){0}), 0);
    struct space *child = fork_space(parent);
    space_use(child);
    EXPECT_EQ(fixture_load(AT(0), &(uint8_t){0}), 0);
    end_two(parent, child);
}

TEST(space_fork_across_tables)
{
    struct space *parent = begin();

    fixture_map(parent, VA - 100 * PAGE_SIZE, VA + 100 * PAGE_SIZE, RW);
    for (uaddr_t va = VA - 100 * PAGE_SIZE; va < VA + 100 * PAGE_SIZE; va += PAGE_SIZE) {
        EXPECT_EQ(fixture_store(va, 1), 0);
    }
    struct space *child = fork_space(parent);
    space_use(child);
    for (uaddr_t va = VA - 100 * PAGE_SIZE; va < VA + 100 * PAGE_SIZE; va += PAGE_SIZE) {
        EXPECT_EQ(fixture_store(va, 2), 0);
    }
    touch(parent, 0, 100);
    expect_touched(parent, 0, 100);
    end_two(parent, child);
}

/* Nothing of the parent can be cached, so there is nothing to flush: what the fork has stored must
 * be published nevertheless. */
TEST(space_fork_of_one_that_was_never_in_use)
{
    struct space *parent = begin();
    struct space *never_used = NULL;
    struct space *child = NULL;
    uint8_t byte = 7;

    EXPECT_EQ(space_create(&never_used), 0);
    fixture_map(never_used, AT(0), AT(1), RW);
    EXPECT_EQ(space_write(never_used, AT(0), &byte, 1), 0);
    EXPECT_EQ(space_fork(never_used, &child), 0);
    space_use(child);
    EXPECT_EQ(fixture_load(AT(0), &byte), 0);
    EXPECT_EQ(byte, 7);
    space_put(never_used);
    end_two(parent, child);
}

/* The same for rights that make pages accessible. */
TEST(space_protect_of_one_that_was_never_in_use)
{
    struct space *space = begin();
    struct space *never_used = NULL;
    uint8_t byte = 7;

    EXPECT_EQ(space_create(&never_used), 0);
    fixture_map(never_used, AT(0), AT(1), RW);
    EXPECT_EQ(space_write(never_used, AT(0), &byte, 1), 0);
    EXPECT_EQ(space_protect(never_used, AT(0), AT(1), PROT_NONE), 0);
    EXPECT_EQ(space_protect(never_used, AT(0), AT(1), PROT_READ), 0);
    space_use(never_used);
    EXPECT_EQ(fixture_load(AT(0), &byte), 0);
    end_two(space, never_used);
}

TEST(space_fork_while_the_parent_is_not_in_use)
{
    struct space *parent = begin();

    map_pages(parent, 0, 4, RW);
    touch(parent, 0, 4);
    space_use(NULL);
    struct space *child = fork_space(parent);
    touch(child, 0, 2);
    expect_touched(parent, 0, 4);
    touch(parent, 0, 4);
    end_two(parent, child);
}

/* ---- without memory ---- */

static struct {
    struct space *space;
    struct space *child;
} failing;

/* Ten pages that are there. */
static void begin_failing(void)
{
    failing.space = begin();
    map_pages(failing.space, 0, 10, RW);
    touch(failing.space, 0, 10);
}

static void end_failing(void)
{
    expect_touched(failing.space, 0, 10);
    EXPECT_EQ(region_count(), 1);
    end(failing.space);
}

static int map_middle(void *unused)
{
    const struct region region = {.start = AT(4), .end = AT(6), .prot = PROT_READ};

    (void)unused;
    return space_map(failing.space, &region);
}

static int unmap_middle(void *unused)
{
    (void)unused;
    return space_unmap(failing.space, AT(4), AT(6));
}

static int protect_middle(void *unused)
{
    (void)unused;
    return space_protect(failing.space, AT(4), AT(6), PROT_READ);
}

static void map_again(void *unused)
{
    (void)unused;
    map_pages(failing.space, 4, 6, RW);
    touch(failing.space, 4, 6);
}

static int fork_it(void *unused)
{
    (void)unused;
    return space_fork(failing.space, &failing.child);
}

static void destroy_child(void *unused)
{
    (void)unused;
    fixture_check_spaces((struct space *[]){failing.space, failing.child}, 2);
    space_put(failing.child);
}

TEST(space_map_without_memory_changes_nothing)
{
    begin_failing();
    fixture_fail_each(map_middle, map_again, NULL);
    end_failing();
}

TEST(space_unmap_without_memory_changes_nothing)
{
    begin_failing();
    fixture_fail_each(unmap_middle, map_again, NULL);
    end_failing();
}

TEST(space_protect_without_memory_changes_nothing)
{
    begin_failing();
    fixture_fail_each(protect_middle, map_again, NULL);
    end_failing();
}

TEST(space_fork_without_memory_changes_nothing)
{
    begin_failing();
    fixture_map(failing.space, 0, PAGE_SIZE, RW);
    fixture_map(failing.space, USER_END - PAGE_SIZE, USER_END, RW);
    EXPECT_EQ(fixture_store(0, 1), 0);
    EXPECT_EQ(fixture_store(USER_END - 1, 1), 0);
    fixture_fail_each(fork_it, destroy_child, NULL);
    EXPECT_EQ(space_unmap(failing.space, 0, PAGE_SIZE), 0);
    EXPECT_EQ(space_unmap(failing.space, USER_END - PAGE_SIZE, USER_END), 0);
    end_failing();
}

/* ---- the check ---- */

static void check(const struct space *space)
{
    uint64_t leaves = 0;
    uint64_t tables = 0;

    space_check(space, &leaves, &tables);
}

TEST_DIES(space_check_sees_a_leaf_outside_its_region, "space_check: region")
{
    struct space *space = begin();

    map_pages(space, 0, 2, RW);
    touch(space, 0, 2);
    region_find(&space->regions, AT(0))->end = AT(1);
    space->regions.pages--;
    space->regions.data_pages--;
    check(space);
}

TEST_DIES(space_check_sees_rights_that_the_region_does_not_give,
          "!leaf.is_writable || (region->prot")
{
    struct space *space = begin();

    map_pages(space, 0, 1, RW);
    touch(space, 0, 1);
    region_set_prot(&space->regions, region_find(&space->regions, AT(0)), PROT_READ);
    check(space);
}

TEST_DIES(space_check_sees_a_shared_page_that_is_writable, "frame_of(leaf.pa)->refs == 1")
{
    struct space *space = begin();
    struct pt_leaf leaf;

    map_pages(space, 0, 1, RW);
    touch(space, 0, 1);
    EXPECT(pt_find(space->root, AT(0), &leaf));
    frame_get(leaf.pa);
    check(space);
}

TEST_DIES(space_check_sees_a_valid_page_of_prot_none, "leaf.is_valid == (region->prot")
{
    struct space *space = begin();

    map_pages(space, 0, 1, PROT_READ);
    EXPECT_EQ(fixture_load(AT(0), &(uint8_t){0}), 0);
    region_find(&space->regions, AT(0))->prot = PROT_NONE;
    check(space);
}

TEST_DIES(space_check_sees_a_page_not_counted, "resident == space->resident")
{
    struct space *space = begin();

    map_pages(space, 0, 1, RW);
    touch(space, 0, 1);
    space->resident = 0;
    check(space);
}

TEST_DIES(space_check_sees_a_user_too_many, "space->users == space->seen")
{
    struct space *space = space_get(begin());
    uint64_t leaves = 0;
    uint64_t tables = 0;

    space_check_all(&leaves, &tables);
    space_check_user(space);
    space_check_users();
}

/* Before any page of it exists, an access finds nothing; a root that walkers cannot see yet would
 * be reported. */
TEST(space_that_is_empty_can_be_used)
{
    struct space *space = begin();
    struct plat_fault fault;
    uint8_t byte;

    EXPECT_EQ(plat_user_read(&byte, VA, 1, &fault), 0);
    EXPECT_EQ(fault.kind, PLAT_FAULT_TRANSLATION);
    end(space);
}
