/*
 * 100,000 random table trees and addresses, walked by the machine. All results together have one
 * digest, the same on both platforms. Where they differ, the digests after each thousand say, and
 * with the word "print" on the kernel command line every result as text.
 *
 * The tables are a pool of pages. Each probe writes new descriptors along the walk of its address
 * and leaves what others wrote, so the pool is another tree each time. A table descriptor names a
 * table of the pool or an address that does not exist, never other memory.
 */
#include "walker.h"

#include "base/print.h"
#include "base/random.h"
#include "base/string.h"
#include "test.h"
#include "testkernel.h"

enum {
    PROBES = 100000,
    DIGEST_EVERY = 1000,
    OK_PERCENT_MIN = 20,
    LEVEL_LAST = 3,
    LEVEL1_TABLES = 1,
    LEVEL2_TABLES = 63,
    LEVEL3_TABLES = 192,
    FAULT_KINDS = PLAT_FAULT_ADDRESS_SIZE + 1,
};

#define SEED 0x6566742077616c6b
/* Of all results, as AT S1E0R and AT S1E0W gave them in QEMU 7.2. */
#define DIGEST 0x677e8c3c943fb001
#define FNV_OFFSET 0xcbf29ce484222325
#define FNV_PRIME 0x100000001b3

#define DESC_ADDRESS UINT64_C(0x0000fffffffff000)
/* Bits 2 to 11 and 51 to 63: attributes, and what the hardware ignores. DBM (51) has no effect
 * while TCR_EL1.HD is 0; 48 to 50 stay 0. */
#define DESC_ATTRIBUTES UINT64_C(0xfff8000000000ffc)
#define DESC_TABLE_FLAGS 3u
#define DESC_BLOCK_FLAGS 1u
#define DESC_EL0 (UINT64_C(1) << 6)
#define DESC_SH_LOW (UINT64_C(1) << 8)
#define DESC_SH_HIGH (UINT64_C(1) << 9)
#define DESC_AF (UINT64_C(1) << 10)
#define DESC_CONTIGUOUS (UINT64_C(1) << 52)
#define DESC_APTABLE (UINT64_C(3) << 61)

static const unsigned table_counts[LEVEL_LAST + 1] = {0, LEVEL1_TABLES, LEVEL2_TABLES,
                                                      LEVEL3_TABLES};
static paddr_t tables[LEVEL_LAST + 1][LEVEL3_TABLES];
static struct random source;

static uint64_t below(uint64_t bound)
{
    return random_next(&source) % bound;
}

static bool in_percent(unsigned percent)
{
    return below(100) < percent;
}

/* One bit of an address that there is not. */
static uint64_t beyond(void)
{
    return UINT64_C(1) << (WALKER_PA_BITS + below(48 - WALKER_PA_BITS));
}

/* For a table of this level, naming one of the next. */
static pte_t random_table(unsigned level)
{
    pte_t desc = random_next(&source) & DESC_ATTRIBUTES;

    if (in_percent(70)) {
        desc &= ~DESC_APTABLE;
    }
    desc |= tables[level + 1][below(table_counts[level + 1])] | DESC_TABLE_FLAGS;
    return in_percent(3) ? desc | beyond() : desc;
}

/* A block, or a page. */
static pte_t random_leaf(unsigned level)
{
    uint64_t address = random_next(&source) & DESC_ADDRESS & ((UINT64_C(1) << WALKER_PA_BITS) - 1);
    pte_t desc = random_next(&source) & DESC_ATTRIBUTES;

    if (level < LEVEL_LAST && in_percent(90)) {
        /* Else with bits of the address that a block does not look at. */
        address &= ~((UINT64_C(1) << (PLAT_PAGE_SHIFT + 9 * (LEVEL_LAST - level))) - 1);
    }
    if (in_percent(5)) {
        address |= beyond();
    }
    desc &= ~DESC_CONTIGUOUS; /* a promise about the neighbours, which is not kept here */
    if (!(desc & DESC_SH_HIGH)) {
        desc &= ~DESC_SH_LOW; /* SH 1 is reserved */
    }
    desc |= in_percent(80) ? DESC_AF : 0;
    desc |= in_percent(70) ? DESC_EL0 : 0;
    return desc | address | (level == LEVEL_LAST ? DESC_TABLE_FLAGS : DESC_BLOCK_FLAGS);
}

static pte_t random_descriptor(unsigned level)
{
    if (in_percent(5)) {
        return random_next(&source) & ~UINT64_C(1); /* invalid */
    }
    if (level < LEVEL_LAST) {
        return in_percent(15) ? random_leaf(level) : random_table(level);
    }
    /* 0b01 is reserved at the last level. */
    return in_percent(5) ? random_leaf(level) ^ DESC_TABLE_FLAGS ^ DESC_BLOCK_FLAGS
                         : random_leaf(level);
}

/* Writes descriptors where the walk of va comes by, most of the time. */
static void change_tree(uaddr_t va)
{
    paddr_t table = tables[1][0];

    for (unsigned level = 1; level <= LEVEL_LAST; level++) {
        volatile pte_t *descriptors = plat_phys_ptr(table, PLAT_PAGE_SIZE);
        unsigned index = va >> (PLAT_PAGE_SHIFT + 9 * (LEVEL_LAST - level)) & (PLAT_PTE_COUNT - 1);

        if (!descriptors[index] || in_percent(80)) {
            descriptors[index] = random_descriptor(level);
        }
        if ((descriptors[index] & DESC_TABLE_FLAGS) != DESC_TABLE_FLAGS ||
            (descriptors[index] & DESC_ADDRESS) >> WALKER_PA_BITS) {
            return;
        }
        table = descriptors[index] & DESC_ADDRESS;
    }
}

/* Each result as a line. */
static size_t describe(char *line, size_t capacity, uaddr_t va, bool write,
                       const struct walker_result *result)
{
    static const char *const kinds[] = {
        [PLAT_FAULT_TRANSLATION] = "translation fault",
        [PLAT_FAULT_ACCESS_FLAG] = "access flag fault",
        [PLAT_FAULT_PERMISSION] = "permission fault",
        [PLAT_FAULT_ADDRESS_SIZE] = "address size fault",
    };
    struct text text = {line, capacity, 0};

    text_printf(&text, "walker %c %010lx ", write ? 'w' : 'r', va);
    if (result->ok) {
        text_printf(&text, "%010lx attributes %u shareability %u\n", result->addr,
                    result->attr_index, result->shareability);
    } else {
        text_printf(&text, "%s level %u\n", kinds[result->kind], result->level);
    }
    return text.len;
}

static bool wants_print(void)
{
    const char *word = testkernel_boot.cmdline;

    while (*word && !str_starts(word, "print", NULL)) {
        word++;
    }
    return *word;
}

static void make_tables(void)
{
    for (unsigned level = 1; level <= LEVEL_LAST; level++) {
        for (unsigned i = 0; i < table_counts[level]; i++) {
            tables[level][i] = testkernel_page();
        }
    }
}

TEST(walks_of_random_trees)
{
    unsigned counts[FAULT_KINDS] = {0}, ok_count = 0;
    uint64_t digest = FNV_OFFSET;
    bool print = wants_print();
    char line[128];

    source.state = SEED;
    make_tables();
    walker_init(tables[1][0]);
    for (unsigned i = 1; i <= PROBES; i++) {
        uaddr_t va = below(UINT64_C(1) << PLAT_USER_BITS);
        bool write = in_percent(50);
        struct walker_result result;

        change_tree(va);
        walker_probe(va, write, &result);
        ok_count += result.ok;
        if (!result.ok) {
            EXPECT((unsigned)result.kind < FAULT_KINDS);
            counts[result.kind]++;
        }
        size_t len = describe(line, sizeof(line), va, write, &result);
        for (size_t at = 0; at < len; at++) {
            digest = (digest ^ (uint8_t)line[at]) * FNV_PRIME;
        }
        if (print) {
            plat_console_write(line, len);
        }
        if (i % DIGEST_EVERY == 0) {
            kprintf("walker digest %u %016lx\n", i, digest);
        }
    }
    walker_fini();
    testkernel_give_all();
    kprintf("walker: %u translated, faults: %u translation, %u access flag, %u permission, "
            "%u address size\n",
            ok_count, counts[PLAT_FAULT_TRANSLATION], counts[PLAT_FAULT_ACCESS_FLAG],
            counts[PLAT_FAULT_PERMISSION], counts[PLAT_FAULT_ADDRESS_SIZE]);
    EXPECT(ok_count >= PROBES / 100 * OK_PERCENT_MIN);
    EXPECT_EQ(digest, DIGEST);
}
