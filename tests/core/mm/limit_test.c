#include "mm/limit.h"

#include "abi/linux.h"
#include "base/cpu.h"
#include "proc/process.h"
#include "test.h"
#include "tests/core/fixture.h"

#define VA ((uaddr_t)3 << 30)
#define AT(n) (VA + (uaddr_t)(n)*PAGE_SIZE)

enum { RW = PROT_READ | PROT_WRITE };

static struct process *init;

/* Init runs, and has four pages of data and two others. */
static void begin(void)
{
    fixture_begin(100);
    init = fixture_process(NULL);
    fixture_run(init);
    fixture_map(init->space, AT(0), AT(4), RW);
    fixture_map(init->space, AT(4), AT(6), PROT_READ);
}

static void set(unsigned resource, uint64_t soft_pages, uint64_t hard_pages)
{
    init->limits[resource] = (struct abi_rlimit){soft_pages * PAGE_SIZE, hard_pages * PAGE_SIZE};
}

static bool allows(unsigned first, unsigned last, unsigned prot)
{
    const struct region region = {.start = AT(first), .end = AT(last), .prot = prot};

    return limit_allows_region(init->space, &region);
}

TEST(limit_where_nobody_runs)
{
    fixture_begin(100);
    EXPECT(cpu_this()->limits == NULL);
    EXPECT_EQ(limit_now(RLIMIT_STACK), LIMIT_STACK_USUAL);
    EXPECT_EQ(limit_now(RLIMIT_AS), RLIM_INFINITY);
    fixture_end();
}

TEST(limit_is_that_of_who_runs)
{
    begin();
    set(RLIMIT_STACK, 5, 6);
    EXPECT_EQ(limit_now(RLIMIT_STACK), 5 * PAGE_SIZE);
    fixture_end();
}

TEST(limit_on_all_pages)
{
    begin();
    EXPECT(limit_allows(init->space, (uint64_t)1 << 40));
    set(RLIMIT_AS, 8, 8);
    EXPECT(limit_allows(init->space, 2));
    EXPECT(!limit_allows(init->space, 3));
    set(RLIMIT_AS, 3, 8);
    EXPECT(!limit_allows(init->space, 0));
    fixture_end();
}

TEST(limit_on_data)
{
    begin();
    set(RLIMIT_DATA, 5, 9);
    EXPECT(limit_allows_data(init->space, 1));
    EXPECT(!limit_allows_data(init->space, 2));
    set(RLIMIT_DATA, 0, 9);
    EXPECT(limit_allows_data(init->space, 5));
    EXPECT(!limit_allows_data(init->space, 6));
    fixture_end();
}

/* What a region replaces makes room for it. */
TEST(limit_on_a_region)
{
    begin();
    set(RLIMIT_AS, 8, 8);
    EXPECT(allows(10, 12, RW));
    EXPECT(!allows(10, 13, RW));
    EXPECT(allows(3, 8, RW));
    EXPECT(!allows(3, 9, RW));
    set(RLIMIT_DATA, 4, 4);
    EXPECT(!allows(10, 11, RW));
    EXPECT(allows(10, 11, PROT_READ));
    fixture_end();
}
