#include "mm/fault.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/inject.h"
#include "base/string.h"
#include "mm/frame.h"
#include "mm/pt.h"
#include "mm/shared.h"
#include "platform/hosted/mmu_access.h"
#include "test.h"
#include "tests/core/fixture.h"

#define VA ((uaddr_t)3 << 30)

enum { RW = PROT_READ | PROT_WRITE, FORKS_MAX = 4 };

static struct space *spaces[FORKS_MAX];
static unsigned space_total;

/* A space in use, with one page of anonymous memory at VA. */
static struct space *begin(unsigned prot)
{
    fixture_begin(256);
    space_total = 0;
    spaces[space_total++] = fixture_space();
    if (prot != PROT_NONE) {
        fixture_map(spaces[0], VA, VA + PAGE_SIZE, prot);
    }
    return spaces[0];
}

static struct space *fork_space(struct space *parent)
{
    struct space *child = NULL;

    EXPECT_EQ(space_fork(parent, &child), 0);
    spaces[space_total++] = child;
    return child;
}

static void end(void)
{
    fixture_check_spaces(spaces, space_total);
    while (space_total > 0) {
        space_put(spaces[--space_total]);
    }
    fixture_end();
}

static paddr_t frame_at(const struct space *space, uaddr_t va)
{
    struct pt_leaf leaf;

    EXPECT(pt_find(space->root, va, &leaf));
    return leaf.pa;
}

static void expect_byte(struct space *space, uaddr_t at, uint8_t expected)
{
    uint8_t byte = 0;

    space_use(space);
    EXPECT_EQ(fixture_load(at, &byte), 0);
    EXPECT_EQ(byte, expected);
}

static void store(struct space *space, uaddr_t at, uint8_t byte)
{
    space_use(space);
    EXPECT_EQ(fixture_store(at, byte), 0);
}

/* Whether the hardware lets the program do that, after the fault has been resolved. */
static bool can_access(enum plat_access access)
{
    struct plat_fault fault;

    return mmu_translate(VA, access, &fault) != NULL;
}

/* What Eft allows: it gives what the hardware cannot withhold. */
static bool is_allowed(unsigned prot, enum plat_access access)
{
    switch (access) {
    case PLAT_READ:
        return prot != PROT_NONE;
    case PLAT_WRITE:
        return prot & PROT_WRITE;
    case PLAT_FETCH:
        return prot & PROT_EXEC;
    }
    return false;
}

TEST(fault_rights_of_every_region)
{
    static const enum plat_access accesses[] = {PLAT_READ, PLAT_WRITE, PLAT_FETCH};

    for (unsigned prot = 0; prot < 8; prot++) {
        for (unsigned i = 0; i < ARRAY_LEN(accesses); i++) {
            bool allowed = is_allowed(prot, accesses[i]);
            test_note("prot %u, access %u", prot, accesses[i]);
            struct space *space = begin(PROT_NONE);
            fixture_map(space, VA, VA + PAGE_SIZE, prot);
            EXPECT_EQ(fault_resolve(space, VA, accesses[i]), allowed ? 0 : -EFAULT);
            EXPECT_EQ(can_access(accesses[i]), allowed);
            end();
        }
    }
}

TEST(fault_outside_all_regions)
{
    struct space *space = begin(RW);

    EXPECT_EQ(fault_resolve(space, VA - 1, PLAT_READ), -EFAULT);
    EXPECT_EQ(fault_resolve(space, VA + PAGE_SIZE, PLAT_READ), -EFAULT);
    EXPECT_EQ(fault_resolve(space, 0, PLAT_READ), -EFAULT);
    EXPECT_EQ(fault_resolve(space, USER_END - 1, PLAT_READ), -EFAULT);
    EXPECT_EQ(fault_resolve(space, USER_END, PLAT_READ), -EFAULT);
    EXPECT_EQ(fault_resolve(space, USER_END + VA, PLAT_READ), -EFAULT);
    EXPECT_EQ(fault_resolve(space, UINT64_MAX, PLAT_WRITE), -EFAULT);
    end();
}

TEST(fault_at_the_last_byte_of_user_space)
{
    struct space *space = begin(PROT_NONE);

    fixture_map(space, USER_END - PAGE_SIZE, USER_END, RW);
    EXPECT_EQ(fault_resolve(space, USER_END - 1, PLAT_WRITE), 0);
    expect_byte(space, USER_END - 1, 0);
    end();
}

TEST(fault_demand_zero)
{
    struct space *space = begin(RW);
    struct pt_leaf leaf;

    /* A frame that has held something else. */
    store(space, VA, 1);
    fixture_map(space, VA, VA + PAGE_SIZE, RW);
    for (unsigned i = 0; i < 253; i++) {
        paddr_t pa;
        if (frame_alloc(FRAME_USER, &pa) == 0) {
            memset(plat_phys_ptr(pa, PAGE_SIZE), 0x77, PAGE_SIZE);
            frame_put(pa);
        }
    }
    EXPECT(!pt_find(space->root, VA, &leaf));
    for (uaddr_t at = VA; at < VA + PAGE_SIZE; at += 61) {
        expect_byte(space, at, 0);
    }
    end();
}

TEST(fault_fills_in_the_bytes_of_a_file)
{
    static uint8_t file[3 * PAGE_SIZE];
    static const uint64_t lens[] = {0, 1, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1, 3 * PAGE_SIZE};

    memset(file, 0x5a, sizeof(file));
    for (unsigned i = 0; i < ARRAY_LEN(lens); i++) {
        struct space *space = begin(PROT_NONE);
        const struct region region = {
            .start = VA, .end = VA + 3 * PAGE_SIZE, .prot = RW, .file = file, .file_len = lens[i]};
        EXPECT_EQ(space_map(space, &region), 0);
        for (uint64_t at = 0; at < 3 * PAGE_SIZE; at += PAGE_SIZE / 2) {
            expect_byte(space, VA + at, at < lens[i] ? 0x5a : 0);
        }
        expect_byte(space, VA + 3 * PAGE_SIZE - 1, lens[i] == 3 * PAGE_SIZE ? 0x5a : 0);
        if (lens[i] > 0) {
            expect_byte(space, VA + lens[i] - 1, 0x5a);
        }
        store(space, VA, 1); /* into the page, not into the file */
        EXPECT_EQ(file[0], 0x5a);
        end();
    }
}

TEST(fault_of_a_page_in_the_middle_of_a_file)
{
    static uint8_t file[2 * PAGE_SIZE];
    struct space *space = begin(PROT_NONE);
    const struct region region = {.start = VA,
                                  .end = VA + 2 * PAGE_SIZE,
                                  .prot = PROT_READ,
                                  .file = file,
                                  .file_len = PAGE_SIZE + 8};

    file[PAGE_SIZE] = 9;
    EXPECT_EQ(space_map(space, &region), 0);
    expect_byte(space, VA + PAGE_SIZE, 9);
    EXPECT(!pt_find(space->root, VA, &(struct pt_leaf){0}));
    end();
}

TEST(fault_executable_page_can_be_fetched_at_once)
{
    struct space *space = begin(PROT_READ | PROT_EXEC);

    EXPECT_EQ(fault_resolve(space, VA, PLAT_FETCH), 0);
    EXPECT(can_access(PLAT_FETCH)); /* or it would be reported as not synced */
    end();
}

TEST(fault_executable_copy_can_be_fetched_at_once)
{
    struct space *space = begin(PROT_READ | PROT_WRITE | PROT_EXEC);

    EXPECT_EQ(fault_resolve(space, VA, PLAT_WRITE), 0);
    fork_space(space);
    EXPECT_EQ(fault_resolve(space, VA, PLAT_WRITE), 0);
    EXPECT(can_access(PLAT_FETCH));
    end();
}

TEST(fault_write_copies_what_is_shared)
{
    struct space *parent = begin(RW);

    store(parent, VA, 1);
    store(parent, VA + PAGE_SIZE - 1, 2);
    struct space *child = fork_space(parent);
    paddr_t shared = frame_at(parent, VA);
    EXPECT_EQ(frame_at(child, VA), shared);
    store(parent, VA, 3);
    EXPECT(frame_at(parent, VA) != shared);
    EXPECT_EQ(frame_at(child, VA), shared);
    expect_byte(parent, VA, 3);
    expect_byte(parent, VA + PAGE_SIZE - 1, 2);
    expect_byte(child, VA, 1);
    end();
}

TEST(fault_write_by_the_last_owner_copies_nothing)
{
    struct space *parent = begin(RW);

    store(parent, VA, 1);
    struct space *child = fork_space(parent);
    paddr_t shared = frame_at(parent, VA);
    store(parent, VA, 2);
    uint64_t used = fixture_frames_used();
    store(child, VA, 3);
    EXPECT_EQ(frame_at(child, VA), shared);
    EXPECT_EQ(fixture_frames_used(), used);
    expect_byte(parent, VA, 2);
    expect_byte(child, VA, 3);
    end();
}

TEST(fault_write_after_the_child_has_gone)
{
    struct space *parent = begin(RW);

    store(parent, VA, 1);
    fork_space(parent);
    space_put(spaces[--space_total]);
    paddr_t pa = frame_at(parent, VA);
    store(parent, VA, 2);
    EXPECT_EQ(frame_at(parent, VA), pa);
    end();
}

/* In each order of writing, nobody sees what another has written. */
TEST(fault_three_generations_of_copies)
{
    for (unsigned first = 0; first < 3; first++) {
        struct space *parent = begin(RW);
        store(parent, VA, 10);
        struct space *child = fork_space(parent);
        struct space *grandchild = fork_space(child);
        EXPECT_EQ(frame_of(frame_at(grandchild, VA))->refs, 3);
        for (unsigned i = 0; i < 3; i++) {
            unsigned who = (first + i) % 3;
            store(spaces[who], VA, (uint8_t)(20 + who));
            fixture_check_spaces(spaces, space_total);
        }
        for (unsigned who = 0; who < 3; who++) {
            expect_byte(spaces[who], VA, (uint8_t)(20 + who));
        }
        end();
    }
}

TEST(fault_read_shares_and_does_not_copy)
{
    struct space *parent = begin(RW);

    store(parent, VA, 1);
    struct space *child = fork_space(parent);
    expect_byte(child, VA, 1);
    EXPECT_EQ(frame_at(child, VA), frame_at(parent, VA));
    end();
}

TEST(fault_that_is_resolved_already_is_counted)
{
    struct space *space = begin(RW);
    uint64_t stale = fault_stale_count();

    store(space, VA, 1);
    EXPECT_EQ(fault_stale_count(), stale);
    EXPECT_EQ(fault_resolve(space, VA, PLAT_WRITE), 0);
    EXPECT_EQ(fault_resolve(space, VA, PLAT_READ), 0);
    EXPECT_EQ(fault_stale_count(), stale + 2);
    expect_byte(space, VA, 1);
    fault_init();
    EXPECT_EQ(fault_stale_count(), 0);
    end();
}

/* The TLB remembers that the page was read-only: the first write faults although the right is there
 * again. */
TEST(fault_of_a_tlb_that_remembers_lesser_rights)
{
    struct space *parent = begin(RW);

    store(parent, VA, 1);
    fork_space(parent);
    expect_byte(parent, VA, 1);
    space_put(spaces[--space_total]);
    EXPECT_EQ(fault_resolve(parent, VA, PLAT_WRITE), 0);
    store(parent, VA, 2);
    expect_byte(parent, VA, 2);
    end();
}

/* ---- for a debugger ---- */

TEST(fault_make_own_of_a_page_that_is_shared)
{
    struct space *parent = begin(RW);

    store(parent, VA, 7);
    EXPECT_EQ(space_protect(parent, VA, VA + PAGE_SIZE, PROT_READ), 0);
    struct space *child = fork_space(parent);
    paddr_t shared = frame_at(parent, VA);
    EXPECT_EQ(fault_make_own(child, VA + 9), 0);
    EXPECT(frame_at(child, VA) != shared);
    EXPECT_EQ(frame_at(parent, VA), shared);
    expect_byte(child, VA, 7);
    EXPECT_EQ(fixture_store(VA, 8), -EFAULT); /* its rights are what they were */
    EXPECT_EQ(fault_make_own(parent, VA), 0);
    EXPECT_EQ(frame_at(parent, VA), shared);
    end();
}

TEST(fault_make_own_of_a_page_that_is_not_there)
{
    struct space *space = begin(PROT_READ);

    EXPECT_EQ(fault_make_own(space, VA), 0);
    expect_byte(space, VA, 0);
    end();
}

/* All who share memory on purpose have the same page. */
TEST(fault_make_own_of_shared_memory)
{
    struct space *parent = begin(PROT_NONE);
    struct region region = {.start = VA, .end = VA + PAGE_SIZE, .prot = RW};

    region.flags = REGION_SHARED;
    region.shared = shared_create(1);
    EXPECT(region.shared != NULL);
    EXPECT_EQ(space_map(parent, &region), 0);
    shared_put(region.shared);
    store(parent, VA, 7);
    struct space *child = fork_space(parent);
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_EQ(fault_make_own(child, VA), 0);
        EXPECT_EQ(frame_at(child, VA), frame_at(parent, VA));
    }
    space_discard(parent, VA, VA + PAGE_SIZE);
    space_discard(child, VA, VA + PAGE_SIZE);
    end();
}

TEST(fault_make_own_of_what_nobody_can_access)
{
    static uint8_t file[1];
    struct space *space = begin(PROT_READ);
    const struct region region = {.start = VA + PAGE_SIZE,
                                  .end = VA + 3 * PAGE_SIZE,
                                  .prot = RW,
                                  .flags = REGION_FILE,
                                  .file = file,
                                  .file_len = 1};

    EXPECT_EQ(space_map(space, &region), 0);
    EXPECT_EQ(fault_make_own(space, VA + PAGE_SIZE), 0);
    EXPECT_EQ(fault_make_own(space, VA + 2 * PAGE_SIZE), -EFAULT);
    EXPECT_EQ(fault_make_own(space, VA + 3 * PAGE_SIZE), -EFAULT);
    EXPECT_EQ(fault_make_own(space, USER_END), -EFAULT);
    EXPECT_EQ(space_protect(space, VA, VA + PAGE_SIZE, PROT_NONE), 0);
    EXPECT_EQ(fault_make_own(space, VA), -EFAULT);
    end();
}

/* ---- without memory ---- */

static int resolve_write(void *space)
{
    return fault_resolve(space, VA, PLAT_WRITE);
}

static void undo_present(void *space)
{
    fixture_map(space, VA, VA + PAGE_SIZE, RW);
}

TEST(fault_without_memory_for_a_new_page)
{
    struct space *space = begin(RW);

    fixture_fail_each(resolve_write, undo_present, space);
    end();
}

TEST(fault_without_memory_for_a_copy)
{
    struct space *parent = begin(RW);

    store(parent, VA, 7);
    struct space *child = fork_space(parent);
    inject_arm(1, false);
    EXPECT_EQ(fault_resolve(child, VA, PLAT_WRITE), -ENOMEM);
    EXPECT_EQ(frame_at(child, VA), frame_at(parent, VA));
    fixture_check_spaces(spaces, space_total);
    expect_byte(child, VA, 7);
    end();
}

TEST(fault_of_the_last_owner_needs_no_memory)
{
    struct space *parent = begin(RW);

    store(parent, VA, 7);
    struct space *child = fork_space(parent);
    store(parent, VA, 8);
    inject_arm(1, true);
    EXPECT_EQ(fault_resolve(child, VA, PLAT_WRITE), 0);
    inject_arm(0, false);
    end();
}
