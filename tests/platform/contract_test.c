/*
 * The contract of platform.h, tried on the machine itself: an image of its own, with these tests
 * in the place of core, that is linked with each platform. What only a user program can see is in
 * contract_user.c. plat_stop and plat_power_off end the image; that is how it says what it found.
 */
#include "a64.h"
#include "base/string.h"
#include "contract.h"
#include "test.h"

TEST(boot_information)
{
    const struct plat_boot *boot = &testkernel_boot;

    EXPECT_EQ(boot->ram.base % PLAT_PAGE_SIZE, 0);
    EXPECT_EQ(boot->ram.size % PLAT_PAGE_SIZE, 0);
    EXPECT(boot->ram.size > 0);
    EXPECT(boot->cmdline != NULL);
    EXPECT(boot->asid_bits >= 1 && boot->asid_bits <= 16);
    EXPECT(boot->reserved_count <= PLAT_RESERVED_MAX);
}

/* ---- memory ---- */

TEST(phys_ptr_is_linear)
{
    paddr_t one = testkernel_page(), two = testkernel_page();
    uint8_t *at = plat_phys_ptr(one, 1);

    EXPECT_EQ((uint8_t *)plat_phys_ptr(two, PLAT_PAGE_SIZE) - at, two - one);
    EXPECT_EQ((uint8_t *)plat_phys_ptr(one + PLAT_PAGE_SIZE - 1, 1) - at, PLAT_PAGE_SIZE - 1);
    testkernel_give_all();
}

TEST(mem_mark_takes_parts)
{
    paddr_t page = testkernel_page();
    uint8_t *at = plat_phys_ptr(page, PLAT_PAGE_SIZE);

    plat_mem_mark(page + 64, 8, PLAT_MEM_FREE);
    at[63] = 1;
    at[72] = 2;
    plat_mem_mark(page + 64, 8, PLAT_MEM_UNDEFINED);
    at[64] = 3;
    plat_mem_mark(page + 64, 8, PLAT_MEM_DEFINED);
    EXPECT_EQ(at[63] + at[64] + at[72], 6);
    testkernel_give_all();
}

TEST(icache_sync_shows_new_code)
{
    struct plat_user user;
    struct plat_trap trap;

    contract_begin();
    for (unsigned i = 1; i < 100; i++) {
        CONTRACT_LOAD(a64_movz(0, i), a64_svc(0));
        contract_run_at(&user, 0, 0, &trap);
        EXPECT_EQ(user.x[0], i);
    }
    contract_end();
}

/* ---- tables ---- */

TEST(table_open_clears)
{
    paddr_t table = testkernel_page();

    memset(plat_phys_ptr(table, PLAT_PAGE_SIZE), 0xff, PLAT_PAGE_SIZE);
    plat_table_open(table);
    for (unsigned i = 0; i < PLAT_PTE_COUNT; i++) {
        EXPECT_EQ(plat_pte_load(table, i), 0);
    }
    plat_table_close(table);
    testkernel_give_all();
}

TEST(pte_load_gives_what_was_stored)
{
    contract_begin();
    EXPECT_EQ(testkernel_load(&contract_space, CONTRACT_DATA), contract_data | TESTKERNEL_RW);
    EXPECT_EQ(testkernel_load(&contract_space, CONTRACT_DATA + PLAT_PAGE_SIZE), 0);
    contract_end();
}

/* The word at a user address as EL0 reads it; false: a fault, in *fault. */
static bool user_load(uaddr_t addr, uint64_t *value, struct plat_fault *fault)
{
    struct plat_user user;
    struct plat_trap trap;

    CONTRACT_LOAD(a64_ldr(0, 1), a64_svc(0));
    contract_run_at(&user, addr, 0, &trap);
    *value = user.x[0];
    *fault = trap.fault;
    EXPECT(trap.kind == PLAT_TRAP_SYSCALL || trap.kind == PLAT_TRAP_FAULT);
    return trap.kind == PLAT_TRAP_SYSCALL;
}

static bool user_store(uaddr_t addr, uint64_t value, struct plat_fault *fault)
{
    struct plat_user user;
    struct plat_trap trap;

    CONTRACT_LOAD(a64_str(2, 1), a64_svc(0));
    contract_run_at(&user, addr, value, &trap);
    *fault = trap.fault;
    EXPECT(trap.kind == PLAT_TRAP_SYSCALL || trap.kind == PLAT_TRAP_FAULT);
    return trap.kind == PLAT_TRAP_SYSCALL;
}

static uint64_t must_load(uaddr_t addr)
{
    struct plat_fault fault;
    uint64_t value;

    EXPECT(user_load(addr, &value, &fault));
    return value;
}

static void must_miss(uaddr_t addr)
{
    struct plat_fault fault;
    uint64_t value;

    EXPECT(!user_load(addr, &value, &fault));
    EXPECT_EQ(fault.kind, PLAT_FAULT_TRANSLATION);
    EXPECT_EQ(fault.addr, addr);
}

/* A page with a number in it, mapped at va. */
static paddr_t map_number(struct testkernel_space *space, uaddr_t va, uint64_t number)
{
    paddr_t page = testkernel_page();

    *(uint64_t *)plat_phys_ptr(page, sizeof(number)) = number;
    testkernel_store(space, va, page | TESTKERNEL_RW);
    return page;
}

/* Invalid to valid needs no flush. */
TEST(publish_makes_visible)
{
    uaddr_t va = CONTRACT_DATA + PLAT_PAGE_SIZE;

    contract_begin();
    must_miss(va);
    map_number(&contract_space, va, 17);
    EXPECT_EQ(must_load(va), 17);
    contract_end();
}

/* Read-only to writable in place: a stale entry may still deny until the flush. */
TEST(rights_upgrade)
{
    struct plat_fault fault;
    pte_t desc;

    contract_begin();
    must_load(CONTRACT_RO);
    EXPECT(!user_store(CONTRACT_RO, 1, &fault));
    desc = testkernel_load(&contract_space, CONTRACT_RO) & ~TESTKERNEL_READ_ONLY;
    testkernel_store(&contract_space, CONTRACT_RO, desc);
    if (!user_store(CONTRACT_RO, 2, &fault)) {
        EXPECT_EQ(fault.kind, PLAT_FAULT_PERMISSION);
    }
    plat_tlb_flush(contract_space.asid, CONTRACT_RO, 1);
    EXPECT(user_store(CONTRACT_RO, 3, &fault));
    EXPECT_EQ(must_load(CONTRACT_RO), 3);
    contract_end();
}

TEST(rights_downgrade)
{
    struct plat_fault fault;

    contract_begin();
    EXPECT(user_store(CONTRACT_DATA, 1, &fault));
    testkernel_store(&contract_space, CONTRACT_DATA, contract_data | TESTKERNEL_RO);
    plat_tlb_flush(contract_space.asid, CONTRACT_DATA, 1);
    EXPECT(!user_store(CONTRACT_DATA, 2, &fault));
    EXPECT_EQ(fault.kind, PLAT_FAULT_PERMISSION);
    EXPECT_EQ(must_load(CONTRACT_DATA), 1);
    contract_end();
}

TEST(break_before_make)
{
    uaddr_t va = CONTRACT_DATA + PLAT_PAGE_SIZE;

    contract_begin();
    for (unsigned i = 0; i < 10; i++) {
        testkernel_store(&contract_space, va, 0);
        plat_tlb_flush(contract_space.asid, va, 1);
        map_number(&contract_space, va, i);
        EXPECT_EQ(must_load(va), i);
    }
    contract_end();
}

enum flush { BY_PAGES, BY_ASID, ALL };

static void flush_as(enum flush flush, asid_t asid, uaddr_t va, size_t pages)
{
    switch (flush) {
    case BY_PAGES:
        plat_tlb_flush(asid, va, pages);
        break;
    case BY_ASID:
        plat_tlb_flush_asid(asid);
        break;
    case ALL:
        plat_tlb_flush_all();
        break;
    }
}

/* Pages that EL0 has used are gone after the flush. */
TEST(flush_removes)
{
    static const size_t counts[] = {1, 2, 63, 64, 65, 300};
    const uaddr_t va = (UINT64_C(1) << 30) - 4 * PLAT_PAGE_SIZE; /* over the border of two tables */

    for (enum flush flush = BY_PAGES; flush <= ALL; flush++) {
        for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
            test_note("flush %u, %lu pages", flush, counts[i]);
            contract_begin();
            for (size_t page = 0; page < counts[i]; page++) {
                map_number(&contract_space, va + page * PLAT_PAGE_SIZE, page);
                EXPECT_EQ(must_load(va + page * PLAT_PAGE_SIZE), page);
            }
            for (size_t page = 0; page < counts[i]; page++) {
                testkernel_store(&contract_space, va + page * PLAT_PAGE_SIZE, 0);
            }
            flush_as(flush, contract_space.asid, va, counts[i]);
            for (size_t page = 0; page < counts[i]; page++) {
                must_miss(va + page * PLAT_PAGE_SIZE);
            }
            EXPECT_EQ(must_load(CONTRACT_DATA), 0);
            contract_end();
        }
    }
}

/* A table is unlinked, flushed away, and another one takes its place: by the flush of one page,
 * too. */
TEST(flush_removes_tables)
{
    const uaddr_t va = CONTRACT_NO_LEVEL3;
    const unsigned index = va >> 21 & (PLAT_PTE_COUNT - 1);

    for (enum flush flush = BY_PAGES; flush <= ALL; flush++) {
        contract_begin();
        map_number(&contract_space, va, 1);
        EXPECT_EQ(must_load(va), 1);
        paddr_t level2 = page_down(plat_pte_load(contract_space.root, 0));
        paddr_t level3 = page_down(plat_pte_load(level2, index));
        testkernel_store(&contract_space, va, 0);
        plat_pte_store(level2, index, 0);
        flush_as(flush, contract_space.asid, va, 1);
        must_miss(va);
        map_number(&contract_space, va, 2);
        EXPECT(page_down(plat_pte_load(level2, index)) != level3);
        EXPECT_EQ(must_load(va), 2);
        contract_end();
    }
}

/* ---- spaces ---- */

/* Two spaces with the same code and another number at the same address. */
static void begin_second(struct testkernel_space *second, asid_t asid, uint64_t number)
{
    testkernel_space_init(second, asid);
    testkernel_store(second, CONTRACT_CODE, contract_code | TESTKERNEL_RX);
    map_number(second, CONTRACT_DATA, number);
}

TEST(spaces_have_their_own)
{
    struct testkernel_space second;
    const asid_t last = (asid_t)((1u << testkernel_boot.asid_bits) - 1);
    struct plat_fault fault;

    if (testkernel_boot.asid_bits == 1) {
        return; /* there is only one ASID to give */
    }
    contract_begin();
    EXPECT(user_store(CONTRACT_DATA, 1, &fault));
    begin_second(&second, last, 2);
    for (unsigned i = 0; i < 20; i++) {
        plat_space_use(second.root, second.asid);
        EXPECT_EQ(must_load(CONTRACT_DATA), 2);
        must_miss(CONTRACT_RO);
        plat_space_use(contract_space.root, contract_space.asid);
        EXPECT_EQ(must_load(CONTRACT_DATA), 1);
        EXPECT_EQ(must_load(CONTRACT_RO), 0);
    }
    /* The flush of one leaves the other right, and is not only of the one in use. */
    testkernel_store(&second, CONTRACT_DATA, 0);
    plat_tlb_flush_asid(second.asid);
    EXPECT_EQ(must_load(CONTRACT_DATA), 1);
    plat_space_use(second.root, second.asid);
    must_miss(CONTRACT_DATA);
    testkernel_space_fini(&second);
    contract_end();
}

TEST(no_space_reaches_nothing)
{
    struct plat_user user = {.pc = CONTRACT_CODE};
    struct plat_trap trap;
    struct plat_fault fault;
    uint64_t value;

    contract_begin();
    must_load(CONTRACT_DATA);
    plat_space_use(0, 0);
    EXPECT_EQ(plat_user_read(&value, CONTRACT_DATA, 8, &fault), 0);
    EXPECT_EQ(fault.kind, PLAT_FAULT_TRANSLATION);
    contract_run(&user, &trap);
    EXPECT_EQ(trap.kind, PLAT_TRAP_FAULT);
    EXPECT_EQ(trap.fault.kind, PLAT_FAULT_TRANSLATION);
    EXPECT_EQ(trap.fault.access, PLAT_FETCH);
    EXPECT_EQ(trap.fault.addr, CONTRACT_CODE);
    contract_end();
}

/* ---- user copies ---- */

enum { WINDOW = 80, GUARD = 16 };

static uint8_t pattern(size_t at)
{
    return (uint8_t)(at * 7 + 3);
}

/* Every offset and length around the end of a page, with nothing behind it. */
TEST(user_read_stops_at_the_border)
{
    const uaddr_t border = CONTRACT_DATA + PLAT_PAGE_SIZE;
    uint8_t buffer[WINDOW * 2 + 2 * GUARD];
    uint8_t *data;

    contract_begin();
    data = plat_phys_ptr(contract_data, PLAT_PAGE_SIZE);
    for (size_t i = 0; i < PLAT_PAGE_SIZE; i++) {
        data[i] = pattern(i);
    }
    for (size_t before = 0; before <= WINDOW; before++) {
        for (size_t len = 0; len <= 2 * WINDOW; len++) {
            struct plat_fault fault = {.addr = 1};
            size_t reach = len < before ? len : before;

            memset(buffer, 0xee, sizeof(buffer));
            size_t done = plat_user_read(buffer + GUARD, border - before, len, &fault);
            test_note("%lu before the border, %lu long: %lu", before, len, done);
            EXPECT(done <= reach);
            EXPECT(done == len || fault.addr == border);
            EXPECT(done == len || fault.kind == PLAT_FAULT_TRANSLATION);
            EXPECT(done == len || (fault.access == PLAT_READ && fault.level == 3));
            for (size_t i = 0; i < sizeof(buffer); i++) {
                bool is_copied = i >= GUARD && i < GUARD + done;
                uint8_t want = pattern(PLAT_PAGE_SIZE - before + i - GUARD);

                EXPECT_EQ(buffer[i], is_copied ? want : 0xee);
            }
        }
    }
    contract_end();
}

TEST(user_write_stops_at_the_border)
{
    const uaddr_t border = CONTRACT_DATA + PLAT_PAGE_SIZE;
    uint8_t buffer[2 * WINDOW];
    uint8_t *tail;

    contract_begin();
    for (size_t i = 0; i < sizeof(buffer); i++) {
        buffer[i] = pattern(i);
    }
    tail = (uint8_t *)plat_phys_ptr(contract_data, PLAT_PAGE_SIZE) + PLAT_PAGE_SIZE - 2 * WINDOW;
    for (size_t before = 0; before <= WINDOW; before++) {
        for (size_t len = 0; len <= 2 * WINDOW; len++) {
            struct plat_fault fault = {.addr = 1};
            size_t reach = len < before ? len : before;

            memset(tail, 0xee, 2 * WINDOW);
            size_t done = plat_user_write(border - before, buffer, len, &fault);
            test_note("%lu before the border, %lu long: %lu", before, len, done);
            EXPECT(done <= reach);
            EXPECT(done == len || fault.addr == border);
            EXPECT(done == len || fault.kind == PLAT_FAULT_TRANSLATION);
            EXPECT(done == len || (fault.access == PLAT_WRITE && fault.level == 3));
            for (size_t i = 0; i < 2 * WINDOW; i++) {
                size_t start = 2 * WINDOW - before;
                bool is_written = i >= start && i < start + done;

                EXPECT_EQ(tail[i], is_written ? pattern(i - start) : 0xee);
            }
        }
    }
    contract_end();
}

/* Core's loop: what is left is tried again until it is done or a fault stays. */
static size_t read_all(void *dst, uaddr_t addr, size_t len, struct plat_fault *fault)
{
    size_t done = 0, part;

    do {
        part = plat_user_read((uint8_t *)dst + done, addr + done, len - done, fault);
        done += part;
    } while (part && done < len);
    return done;
}

TEST(user_copies_get_everywhere)
{
    const uaddr_t va = CONTRACT_NO_LEVEL3;
    static uint8_t out[3 * PLAT_PAGE_SIZE], in[3 * PLAT_PAGE_SIZE];
    struct plat_fault fault;

    contract_begin();
    for (unsigned i = 0; i < 3; i++) {
        map_number(&contract_space, va + (2 - i) * PLAT_PAGE_SIZE, i);
        map_number(&contract_space, va + (10 + i) * PLAT_PAGE_SIZE, i);
    }
    for (size_t i = 0; i < sizeof(out); i++) {
        out[i] = pattern(i);
    }
    for (size_t offset = 0; offset < 24; offset++) {
        size_t len = sizeof(out) - 2 * offset, done = 0;

        test_note("offset %lu", offset);
        memset(in, 0, sizeof(in));
        while (done < len) {
            size_t part = plat_user_write(va + offset + done, out + done, len - done, &fault);

            EXPECT(part > 0);
            done += part;
        }
        EXPECT_EQ(read_all(in, va + offset, len, &fault), len);
        EXPECT_MEMEQ(in, out, len);
    }
    contract_end();
}

static void expect_copy_fault(uaddr_t addr, enum plat_fault_kind kind, bool write)
{
    struct plat_fault fault;
    uint64_t value = 0x77;
    size_t done =
        write ? plat_user_write(addr, &value, 8, &fault) : plat_user_read(&value, addr, 8, &fault);

    test_note("copy at %lx", addr);
    EXPECT_EQ(done, 0);
    EXPECT_EQ(value, 0x77);
    EXPECT_EQ(fault.addr, addr);
    EXPECT_EQ(fault.kind, kind);
    EXPECT_EQ(fault.access, write ? PLAT_WRITE : PLAT_READ);
}

TEST(user_copies_have_the_rights_of_el0)
{
    const uaddr_t end = UINT64_C(1) << PLAT_USER_BITS;
    struct plat_fault fault;
    uint64_t value;

    contract_begin();
    expect_copy_fault(CONTRACT_RO, PLAT_FAULT_PERMISSION, true);
    expect_copy_fault(CONTRACT_CODE, PLAT_FAULT_PERMISSION, true);
    expect_copy_fault(CONTRACT_NO_EL0, PLAT_FAULT_PERMISSION, false);
    expect_copy_fault(CONTRACT_NO_EL0, PLAT_FAULT_PERMISSION, true);
    expect_copy_fault(CONTRACT_NO_EL0 + 1, PLAT_FAULT_PERMISSION, false);
    expect_copy_fault(CONTRACT_NO_EL0 + 1, PLAT_FAULT_PERMISSION, true);
    expect_copy_fault(CONTRACT_NO_AF, PLAT_FAULT_ACCESS_FLAG, false);
    expect_copy_fault(CONTRACT_NO_AF, PLAT_FAULT_ACCESS_FLAG, true);
    expect_copy_fault(CONTRACT_NO_LEVEL2, PLAT_FAULT_TRANSLATION, false);
    expect_copy_fault(CONTRACT_NO_LEVEL3, PLAT_FAULT_TRANSLATION, true);
    EXPECT_EQ(plat_user_read(&value, CONTRACT_RO, 8, &fault), 8);
    EXPECT_EQ(plat_user_read(&value, end - 8, 8, &fault), 8);
    EXPECT_EQ(plat_user_write(end - 8, &value, 8, &fault), 8);
    EXPECT_EQ(plat_user_read(&value, end, 0, &fault), 0);
    EXPECT_EQ(plat_user_write(CONTRACT_NO_LEVEL2, &value, 0, &fault), 0);
    contract_end();
}

TEST(user_cas32)
{
    struct plat_fault fault;
    uint32_t seen = 0;
    uint32_t *word;

    contract_begin();
    word = plat_phys_ptr(contract_data, PLAT_PAGE_SIZE);
    word[1] = 5;
    word[0] = word[2] = 0xffffffff;
    EXPECT_EQ(plat_user_cas32(CONTRACT_DATA + 4, 5, 6, &seen, &fault), PLAT_CAS_DONE);
    EXPECT_EQ(seen, 5);
    EXPECT_EQ(word[1], 6);
    EXPECT_EQ(plat_user_cas32(CONTRACT_DATA + 4, 5, 7, &seen, &fault), PLAT_CAS_DIFFERS);
    EXPECT_EQ(seen, 6);
    EXPECT_EQ(word[1], 6);
    EXPECT_EQ(plat_user_cas32(CONTRACT_LAST + 4092, 0, 0x80000000, &seen, &fault), PLAT_CAS_DONE);
    EXPECT_EQ(word[1023], 0x80000000);
    EXPECT_EQ(word[0] & word[2], 0xffffffff);
    contract_end();
}

TEST(user_cas32_needs_the_right_to_write)
{
    static const struct {
        uaddr_t addr;
        enum plat_fault_kind kind;
    } cases[] = {
        {CONTRACT_RO, PLAT_FAULT_PERMISSION},         {CONTRACT_RO + 4092, PLAT_FAULT_PERMISSION},
        {CONTRACT_NO_EL0, PLAT_FAULT_PERMISSION},     {CONTRACT_NO_AF, PLAT_FAULT_ACCESS_FLAG},
        {CONTRACT_NO_LEVEL2, PLAT_FAULT_TRANSLATION}, {CONTRACT_NO_LEVEL3, PLAT_FAULT_TRANSLATION},
    };
    struct plat_fault fault;
    uint32_t seen = 99;

    contract_begin();
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        /* Equal or not, it is a fault. */
        for (uint32_t expected = 0; expected < 2; expected++) {
            test_note("address %lx", cases[i].addr);
            EXPECT_EQ(plat_user_cas32(cases[i].addr, expected, 1, &seen, &fault), PLAT_CAS_FAULT);
            EXPECT_EQ(seen, 99);
            EXPECT_EQ(fault.addr, cases[i].addr);
            EXPECT_EQ(fault.kind, cases[i].kind);
            EXPECT_EQ(fault.access, PLAT_WRITE);
        }
    }
    EXPECT_EQ(*(uint32_t *)plat_phys_ptr(contract_ro, 4), 0);
    contract_end();
}

/* ---- time and this CPU ---- */

TEST(clock_is_monotonic)
{
    nsec_t last = plat_clock_now();

    contract_begin();
    for (unsigned i = 0; i < 1000; i++) {
        nsec_t now = plat_clock_now();

        EXPECT(now >= last);
        last = now;
    }
    contract_spend(1000000);
    EXPECT(plat_clock_now() >= last + 1000000);
    contract_end();
}

TEST(timer_ends_idling)
{
    for (nsec_t time = 0; time < 5000000; time += 1000000) {
        unsigned calls = testkernel_timer_calls;
        nsec_t deadline = plat_clock_now() + time;

        plat_timer_set(deadline);
        while (testkernel_timer_calls == calls) {
            plat_cpu_idle();
        }
        EXPECT(testkernel_timer_at >= deadline);
        EXPECT_EQ(testkernel_timer_calls, calls + 1);
    }
}

/* Only the window takes it; not before its time; once. */
TEST(timer_in_the_window)
{
    unsigned calls = testkernel_timer_calls;
    struct plat_fault fault;
    uint64_t value;

    contract_begin();
    plat_timer_set(plat_clock_now() + 1000000000000); /* far away */
    plat_irq_window();
    EXPECT_EQ(testkernel_timer_calls, calls);
    plat_timer_set(0);
    plat_user_read(&value, CONTRACT_DATA, sizeof(value), &fault);
    plat_clock_now();
    plat_cpu_relax();
    EXPECT_EQ(testkernel_timer_calls, calls);
    plat_irq_window();
    EXPECT_EQ(testkernel_timer_calls, calls + 1);
    plat_irq_window();
    EXPECT_EQ(testkernel_timer_calls, calls + 1);
    contract_end();
}

TEST(timer_never)
{
    unsigned calls = testkernel_timer_calls;

    contract_begin();
    plat_timer_set(plat_clock_now() + 100000000);
    plat_timer_set(PLAT_NEVER);
    contract_spend(120000000);
    plat_irq_window();
    EXPECT_EQ(testkernel_timer_calls, calls);
    plat_timer_set(PLAT_NEVER - 1);
    plat_irq_window();
    EXPECT_EQ(testkernel_timer_calls, calls);
    plat_timer_set(PLAT_NEVER);
    contract_end();
}

TEST(timer_is_replaced)
{
    unsigned calls = testkernel_timer_calls;
    nsec_t now = plat_clock_now();

    plat_timer_set(now + 1000000);
    plat_timer_set(now + 3000000);
    while (testkernel_timer_calls == calls) {
        plat_cpu_idle();
    }
    EXPECT(testkernel_timer_at >= now + 3000000);
    plat_timer_set(plat_clock_now() + 1000000000000);
    plat_timer_set(now);
    plat_irq_window();
    EXPECT_EQ(testkernel_timer_calls, calls + 2);
}

TEST(cpu_local)
{
    static int one, two;

    plat_cpu_set_local(&one);
    EXPECT_EQ(plat_cpu_local(), &one);
    plat_cpu_set_local(&two);
    EXPECT_EQ(plat_cpu_local(), &two);
    plat_cpu_set_local(NULL);
    EXPECT_EQ(plat_cpu_local(), NULL);
}

/* ---- the rest ---- */

TEST(choose_stays_below)
{
    for (unsigned bound = 1; bound < 10; bound++) {
        EXPECT_EQ(plat_choose(PLAT_CHOOSE_THREAD, bound), 0);
        EXPECT_EQ(plat_choose(PLAT_CHOOSE_FAIL, bound), 0);
        EXPECT_EQ(plat_choose(PLAT_CHOOSE_SPURIOUS, bound), 0);
    }
}

TEST(console)
{
    plat_console_write("", 0);
    plat_console_write("some words\n and more", 11);
    plat_irq_window();
    EXPECT(plat_console_read() < 0); /* these tests are given no input */
}

TEST(entropy_differs)
{
    uint8_t last[130] = {0}, bytes[150];

    for (size_t len = 0; len <= sizeof(last); len++) {
        memset(bytes, 0xee, sizeof(bytes));
        plat_entropy(bytes, len);
        for (size_t i = len; i < sizeof(bytes); i++) {
            EXPECT_EQ(bytes[i], 0xee);
        }
        EXPECT(len < 8 || memcmp(bytes, last, len) != 0);
        memcpy(last, bytes, len);
    }
}

TEST(trace_open_and_write)
{
    static const char bytes[1000];

    EXPECT(!plat_trace_open("/nowhere/at/all"));
    EXPECT(plat_trace_open("/dev/null"));
    for (unsigned i = 0; i < 100; i++) {
        plat_trace_write(bytes, sizeof(bytes));
    }
    plat_trace_write(bytes, 0);
}
