#include "compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "atomic.h"
#include "el0/decode.h"
#include "hosted/el0/state.h"
#include "hosted/rig.h"
#include "oracle.h"
#include "ram.h"

/*
 * Three copies of RAM: that of the interpreter, that of the other machine, and what both were
 * before the case. Cases are put into the slots of the pages of code, one behind the other, each
 * with an svc behind it; when all slots are used up, the code is forgotten and they are used again.
 *
 * A trap may come after an instruction of the other machine has done a part of its work, which the
 * architecture allows to few and the interpreter does not do. So what is compared with a trap is
 * the state before it: the other machine executes the case once more up to there.
 */

enum {
    SLOT_WORDS = 8,
    SLOTS = CODE_PAGES * PLAT_PAGE_SIZE / 4 / SLOT_WORDS,
    SHOWN_MAX = 20,
    SVC = 0xd4000001,
    EC_SVC = 0x15,
    EC_FETCH_ABORT = 0x20,
    EC_DATA_ABORT = 0x24,
    REOPEN = 32,  /* times that the slots are used */
    REFRESH = 32, /* cases between two changes of memory */
};

static paddr_t root, code[CODE_PAGES], data[DATA_PAGES];
static uint8_t oracle_copy[RIG_RAM] __attribute__((aligned(PLAT_PAGE_SIZE)));
static uint8_t before[DATA_PAGES][PLAT_PAGE_SIZE];
static struct oracle_config config;
static struct test_case prototype;
static unsigned slot;
static uint64_t shown;

/* ---- both machines ---- */

static uint8_t *subject_ram(paddr_t pa)
{
    return ram_host(pa);
}

static paddr_t new_pages(unsigned count)
{
    paddr_t first = rig_page();

    while (--count > 0)
        rig_page();
    return first;
}

static void map_data(unsigned n)
{
    static const pte_t flags[] = {
        [PAGE_RW] = RIG_RW,
        [PAGE_RO] = RIG_RO,
        [PAGE_KERNEL] = RIG_RW & ~DESC_EL0,
        [PAGE_UNACCESSED] = RIG_RW & ~DESC_ACCESSED,
    };

    data[n] = rig_page();
    rig_page();
    if (generate_pages[n] != PAGE_HOLE)
        rig_map(root, DATA_START + n * PLAT_PAGE_SIZE, data[n] | flags[generate_pages[n]]);
}

/* The tables too, which only the MMU may read. */
__attribute__((no_sanitize("address"))) static void copy_ram(void)
{
    const uint64_t *from = (const uint64_t *)subject_ram(RAM_BASE);
    uint64_t *to = (uint64_t *)oracle_copy;

    for (size_t n = 0; n < (rig_next - RAM_BASE) / 8; n++)
        to[n] = from[n];
}

void compare_open(bool has_atomics)
{
    paddr_t stub, own;

    generate_init();
    rig_start(VTLB_NATURAL);
    el0_has_atomics = has_atomics;
    el0_reset();
    el0_clock_base = 1600;
    root = rig_table();
    code[0] = new_pages(CODE_PAGES);
    for (unsigned n = 0; n < CODE_PAGES; n++) {
        code[n] = code[0] + n * PLAT_PAGE_SIZE;
        rig_map(root, CODE_START + n * PLAT_PAGE_SIZE, code[n] | RIG_RX);
    }
    for (unsigned n = 0; n < DATA_PAGES; n++)
        map_data(n);
    stub = rig_page();
    rig_map(root, stub, stub | ((RIG_RX | DESC_UXN) & ~(DESC_PXN | DESC_EL0)));
    own = rig_page();
    rig_map(root, CODE_START - PLAT_PAGE_SIZE, own | RIG_RX);
    plat_space_use(root, 1);
    slot = SLOTS;
    shown = 0;

    config = (struct oracle_config){.is_max = has_atomics, .base = RAM_BASE, .size = RIG_RAM};
    config.ram = oracle_copy;
    copy_ram();
    config.root = root;
    config.stub = stub;
    config.code = CODE_START;
    config.code_pa = code[0];
    config.own = CODE_START - PLAT_PAGE_SIZE;
    config.own_pa = own;
    oracle_open(&config);
    memcpy(subject_ram(own), oracle_ram(own), PLAT_PAGE_SIZE);
    plat_icache_sync(own, PLAT_PAGE_SIZE);
}

void compare_close(void)
{
    oracle_close();
}

/* The other machine anew: libunicorn 2.0.1 crashes when it has filled its cache of translations. */
static void reopen_oracle(void)
{
    oracle_close();
    oracle_open(&config);
}

/* Fills all slots with svc. */
static void clear_slots(void)
{
    static unsigned times;

    if (++times % REOPEN == 0)
        reopen_oracle();
    for (unsigned n = 0; n < CODE_PAGES; n++) {
        uint32_t *words = (uint32_t *)subject_ram(code[n]);

        for (unsigned w = 0; w < PLAT_PAGE_SIZE / 4; w++)
            words[w] = SVC;
        plat_icache_sync(code[n], PLAT_PAGE_SIZE);
        ram_check_code(code[n], CODE_START + n * PLAT_PAGE_SIZE); /* once; from now on it changes */
        memcpy(oracle_ram(code[n]), words, PLAT_PAGE_SIZE);
    }
    oracle_code_changed(CODE_START, CODE_PAGES * PLAT_PAGE_SIZE);
    slot = 0;
}

static void put_code(const struct test_case *c)
{
    uaddr_t offset = c->user.pc - CODE_START;
    paddr_t pa = code[0] + offset;

    memcpy(subject_ram(pa), c->words, c->count * 4);
    el0_icache_invalidate(pa, c->count * 4);
    memcpy(oracle_ram(pa), c->words, c->count * 4);
    oracle_code_changed(c->user.pc, c->count * 4); /* a jump may have come here before */
}

/* A case that is not to be executed again, by a jump of a later one. */
static void erase_code(struct test_case *c)
{
    for (unsigned n = 0; n < c->count; n++)
        c->words[n] = SVC;
    put_code(c);
}

/* Changes a few words of memory. */
static void refresh_data(uint64_t *seed)
{
    for (unsigned n = 0; n < DATA_PAGES; n++) {
        for (unsigned at = 0; at < 16; at++) {
            uint64_t bits = generate_bits(seed);
            unsigned offset = (unsigned)(state_random(seed) % (PLAT_PAGE_SIZE / 8) * 8);

            if (at < 8)
                offset = at < 4 ? at * 8 : PLAT_PAGE_SIZE - 8 * (8 - at);
            memcpy(subject_ram(data[n]) + offset, &bits, 8);
            memcpy(oracle_ram(data[n]) + offset, &bits, 8);
            memcpy(before[n] + offset, &bits, 8);
        }
    }
}

/* ---- a case in one machine ---- */

/* Several instructions in one go, or in two. */
static void run_subject(const struct test_case *c, struct result *result)
{
    struct plat_trap trap;
    uint64_t completed, first = 1 + c->user.sp / 16 % c->count;

    *result = (struct result){.user = c->user, .fp = c->fp};
    completed = el0_run(&result->user, &result->fp, first, &trap);
    if (trap.kind == PLAT_TRAP_IRQ && first < c->count)
        completed += el0_resume(&result->user, &result->fp, c->count - first, &trap);
    result->completed = (unsigned)completed;
    result->is_trap = trap.kind != PLAT_TRAP_IRQ;
    result->esr = trap.esr;
    result->far = trap.fault.addr;
}

static bool is_exclusive(uint32_t word)
{
    return (word >> 24 & 63) == 8;
}

static void run_oracle(const struct test_case *c, unsigned count, struct result *result)
{
    struct oracle_end end;

    for (unsigned n = 0; n < c->count; n++) {
        if (is_exclusive(c->words[n])) {
            oracle_clear_monitor();
            break;
        }
    }
    *result = (struct result){.user = c->user, .fp = c->fp};
    oracle_run(&result->user, &result->fp, count, &end);
    result->is_trap = end.is_exception;
    result->esr = end.esr;
    result->far = end.far;
    result->pc = result->user.pc;
}

/* ---- what is compared ---- */

static bool is_store_possible(const struct test_case *c)
{
    for (unsigned n = 0; n < c->count; n++) {
        if ((c->words[n] >> 25 & 5) == 4 || (c->words[n] & 0xfff00000) == 0xd5000000)
            return true;
    }
    return false;
}

/* Where [va, va + size) is in the pages of data, before the case and in the other machine; NULL if
 * it is not in one. */
static const uint8_t *before_at(uaddr_t va, size_t size)
{
    uint64_t page = (va - DATA_START) / PLAT_PAGE_SIZE, offset = va % PLAT_PAGE_SIZE;

    return page < DATA_PAGES && offset <= PLAT_PAGE_SIZE - size ? before[page] + offset : NULL;
}

static uint8_t *oracle_at(uaddr_t va, size_t size)
{
    return before_at(va, size)
               ? oracle_ram(data[(va - DATA_START) / PLAT_PAGE_SIZE]) + va % PLAT_PAGE_SIZE
               : NULL;
}

static bool mend_atomic(const struct test_case *c)
{
    uaddr_t va = atomic_base(c);
    size_t size = (size_t)1 << (c->words[0] >> 30);

    return atomic_mend(c, before_at(va, size), oracle_at(va, size));
}

/* Memory of the other machine as it was before the case. */
static void take_back(void)
{
    for (unsigned n = 0; n < DATA_PAGES; n++)
        memcpy(oracle_ram(data[n]), before[n], PLAT_PAGE_SIZE);
}

static bool same_memory(void)
{
    for (unsigned n = 0; n < DATA_PAGES; n++) {
        if (memcmp(subject_ram(data[n]), oracle_ram(data[n]), PLAT_PAGE_SIZE) != 0)
            return false;
    }
    return true;
}

/* What memory is now is what it was before the next case. */
static void keep_memory(void)
{
    for (unsigned n = 0; n < DATA_PAGES; n++) {
        memcpy(before[n], subject_ram(data[n]), PLAT_PAGE_SIZE);
        memcpy(oracle_ram(data[n]), before[n], PLAT_PAGE_SIZE);
    }
}

static bool same_registers(const struct result *a, const struct result *b)
{
    return memcmp(&a->user, &b->user, sizeof(a->user)) == 0 &&
           memcmp(&a->fp, &b->fp, sizeof(a->fp)) == 0;
}

static bool has_address(uint32_t esr)
{
    unsigned ec = esr >> 26;

    return ec == EC_FETCH_ABORT || ec == EC_DATA_ABORT;
}

static bool same_trap(const struct result *a, const struct result *b)
{
    return a->is_trap == b->is_trap &&
           (!a->is_trap || (a->esr == b->esr && (!has_address(a->esr) || a->far == b->far)));
}

/* The interpreter has executed all, and the other machine cannot fetch what comes next: nor can
 * the interpreter. At a misaligned address the other machine is not asked. */
static void try_next(struct result *oracle, struct result *subject)
{
    struct plat_trap trap;

    if (subject->is_trap || !oracle->is_trap || oracle->pc != subject->user.pc)
        return;
    if (oracle->pc % 4 != 0) {
        oracle->is_trap = false;
    } else if (oracle->esr >> 26 == EC_FETCH_ABORT) {
        el0_resume(&subject->user, &subject->fp, 1, &trap);
        subject->is_trap = trap.kind != PLAT_TRAP_IRQ;
        subject->esr = trap.esr;
        subject->far = trap.fault.addr;
    }
}

/* The word that the case ended with. */
static uint32_t last_word(const struct test_case *c, const struct result *subject)
{
    uaddr_t offset = subject->user.pc - CODE_START;
    uint32_t word;

    if (!subject->is_trap)
        return c->words[c->count - 1];
    if (offset >= CODE_PAGES * PLAT_PAGE_SIZE || offset % 4 != 0)
        return 0;
    memcpy(&word, subject_ram(code[0] + offset), 4);
    return word;
}

/* The other machine had the same trap, or not; but as registers it gets those from before it. */
static void run_up_to_trap(const struct test_case *c, unsigned completed, struct result *oracle)
{
    struct result prior;

    take_back();
    if (completed > 0)
        run_oracle(c, completed, &prior);
    oracle->user = completed > 0 ? prior.user : c->user;
    oracle->fp = completed > 0 ? prior.fp : c->fp;
}

/* Changes one bit of what the interpreter has made of it, another one each time. */
static void spoil_result(enum spoil spoil, struct result *subject)
{
    static unsigned turn;
    unsigned bit = turn++;

    switch (spoil) {
    case SPOIL_X:
        subject->user.x[bit / 64 % 31] ^= UINT64_C(1) << bit % 64;
        break;
    case SPOIL_SP:
        subject->user.sp ^= UINT64_C(1) << bit % 64;
        break;
    case SPOIL_PC:
        subject->user.pc ^= UINT64_C(1) << bit % 64;
        break;
    case SPOIL_NZCV:
        subject->user.pstate ^= UINT64_C(1) << (28 + bit % 4);
        break;
    case SPOIL_TPIDR:
        subject->user.tpidr ^= UINT64_C(1) << bit % 64;
        break;
    case SPOIL_V:
        subject->fp.v[bit / 128 % 32][bit / 64 % 2] ^= UINT64_C(1) << bit % 64;
        break;
    case SPOIL_FPCR:
        subject->fp.fpcr ^= UINT64_C(1) << (22 + bit % 5);
        break;
    case SPOIL_FPSR:
        subject->fp.fpsr ^= UINT64_C(1) << bit % 5;
        break;
    case SPOIL_MEMORY:
        subject_ram(data[bit % DATA_PAGES])[bit * 61 % PLAT_PAGE_SIZE] ^= 1u << bit % 8;
        break;
    case SPOIL_TRAP:
        subject->is_trap ^= !subject->is_trap || bit % 2;
        subject->esr ^= 1u << bit % 32;
        break;
    case SPOIL_NOTHING:
    case SPOIL_COUNT:
        break;
    }
}

/* Where both have left something else in memory, as it is before it is made equal again. */
static struct {
    uaddr_t va; /* 0: nowhere */
    uint64_t was, subject, oracle;
} torn;

static void find_torn(void)
{
    torn.va = 0;
    for (unsigned n = 0; n < DATA_PAGES; n++) {
        const uint8_t *a = subject_ram(data[n]), *b = oracle_ram(data[n]);

        for (unsigned at = 0; at < PLAT_PAGE_SIZE && torn.va == 0; at += 8) {
            if (memcmp(a + at, b + at, 8) != 0) {
                torn.va = DATA_START + n * PLAT_PAGE_SIZE + at;
                memcpy(&torn.was, before[n] + at, 8);
                memcpy(&torn.subject, a + at, 8);
                memcpy(&torn.oracle, b + at, 8);
            }
        }
    }
}

/* Executes the case in both; gives what each has made of it, and whether that is the same. */
static bool compare(const struct test_case *c, enum spoil spoil, struct result *subject,
                    struct result *oracle, enum left_out *left)
{
    bool is_same;

    put_code(c);
    run_subject(c, subject);
    run_oracle(c, c->count, oracle);
    try_next(oracle, subject);
    if (subject->is_trap && subject->esr >> 26 != EC_SVC)
        run_up_to_trap(c, subject->completed, oracle);
    *left = left_out_find(c, last_word(c, subject), subject, oracle);
    if (*left == LEFT_NOTHING && el0_has_atomics && !oracle->is_trap && mend_atomic(c))
        *left = LEFT_ATOMIC_ORDER;
    if (*left == LEFT_EXCLUSIVE_SIZE)
        keep_memory(); /* what has been stored differs, too */
    spoil_result(spoil, subject);
    is_same = same_trap(subject, oracle) && same_registers(subject, oracle);
    is_same &= same_memory();
    if (!is_same)
        find_torn();
    if (!is_same || is_store_possible(c))
        keep_memory();
    return is_same;
}

/* ---- what is told ---- */

static const char *mnemonic(uint32_t word)
{
    int line = decode_line(word);

    return line == DECODE_NONE ? "undefined" : decode_line_mnemonic(line);
}

static void show_pair(const char *name, unsigned n, const uint64_t *was, const uint64_t *a,
                      const uint64_t *b, unsigned count)
{
    if (memcmp(a, b, count * 8) == 0)
        return;
    if (count == 2)
        printf("  %s%u: %016lx:%016lx is %016lx:%016lx, should be %016lx:%016lx\n", name, n, was[1],
               was[0], a[1], a[0], b[1], b[0]);
    else
        printf("  %s%u: %016lx is %016lx, should be %016lx\n", name, n, was[0], a[0], b[0]);
}

static void show(const struct test_case *c, const struct result *a, const struct result *b)
{
    for (unsigned n = 0; n < c->count; n++)
        printf(" %08x %s;", c->words[n], mnemonic(c->words[n]));
    printf(" fpcr %lx\n", c->fp.fpcr);
    if (!same_trap(a, b))
        printf("  trap: %d %08x %lx, should be %d %08x %lx\n", a->is_trap, a->esr, a->far,
               b->is_trap, b->esr, b->far);
    for (unsigned n = 0; n < 31; n++)
        show_pair("x", n, &c->user.x[n], &a->user.x[n], &b->user.x[n], 1);
    for (unsigned n = 0; n < 32; n++)
        show_pair("v", n, c->fp.v[n], a->fp.v[n], b->fp.v[n], 2);
    show_pair("sp", 0, &c->user.sp, &a->user.sp, &b->user.sp, 1);
    show_pair("pc", 0, &c->user.pc, &a->user.pc, &b->user.pc, 1);
    show_pair("pstate", 0, &c->user.pstate, &a->user.pstate, &b->user.pstate, 1);
    show_pair("tpidr", 0, &c->user.tpidr, &a->user.tpidr, &b->user.tpidr, 1);
    show_pair("fpcr", 0, &c->fp.fpcr, &a->fp.fpcr, &b->fp.fpcr, 1);
    show_pair("fpsr", 0, &c->fp.fpsr, &a->fp.fpsr, &b->fp.fpsr, 1);
    if (torn.va != 0)
        printf("  memory at %lx: %016lx is %016lx, should be %016lx\n", torn.va, torn.was,
               torn.subject, torn.oracle);
    for (unsigned n = 0; c->count == 1 && n < 3; n++) {
        unsigned r = c->words[0] >> (n == 0 ? 5 : n == 1 ? 16 : 0) & 31;

        printf("  %c: x %016lx v %016lx:%016lx\n", "nmd"[n], r < 31 ? c->user.x[r] : c->user.sp,
               c->fp.v[r][1], c->fp.v[r][0]);
    }
}

static void count_equal(const struct result *result, struct tally *tally)
{
    tally->equal++;
    if (!result->is_trap)
        tally->executed++;
    else if (result->esr >> 26 == 0)
        tally->undefined++;
    else if (has_address(result->esr))
        tally->faulted++;
    else
        tally->trapped++;
}

/* Executes one case, and counts it. */
static void take(struct test_case *c, enum spoil spoil, struct tally *tally)
{
    struct result subject, oracle;
    enum left_out left;

    tally->cases++;
    tally->words += c->count;
    if (!compare(c, spoil, &subject, &oracle, &left)) {
        tally->different++;
        if (spoil == SPOIL_NOTHING && shown++ < SHOWN_MAX)
            show(c, &subject, &oracle);
    } else if (left == LEFT_NOTHING) {
        count_equal(&subject, tally);
    } else {
        tally->left_out[left]++;
    }
    if (left != LEFT_NOTHING || c->count > 1 || generate_is_last(c->words[0]))
        erase_code(c);
}

/* Makes c what case n starts from: registers and memory change now and then, which depends on the
 * number alone. Returns the seed for the rest. */
static uint64_t start_case(struct test_case *c, enum word_class class, uint64_t seed, uint64_t n)
{
    uint64_t place = seed * CLASS_COUNT + class, state;

    place = state_random(&place) ^ n * UINT64_C(0xd1342543de82ef95);
    state = state_random(&place);
    if (slot == SLOTS)
        clear_slots();
    if (n % REFRESH == 0) {
        generate_state(&prototype.user, &prototype.fp, &state);
        refresh_data(&state);
    }
    *c = prototype;
    c->user.pc = CODE_START + (uaddr_t)slot++ * SLOT_WORDS * 4;
    return state;
}

void compare_run(enum word_class class, uint64_t seed, uint64_t count, enum spoil spoil,
                 struct tally *tally)
{
    for (uint64_t n = 0; n < count; n++) {
        struct test_case c;
        uint64_t state = start_case(&c, class, seed, n);

        generate_case(&c, class, &state);
        if (class == CLASS_ATOMIC && n % 32 != 0)
            atomic_suit(&c, before_at(atomic_base(&c), 16));
        take(&c, spoil, tally);
    }
}

void compare_words(uint32_t (*word)(uint64_t n, uint64_t random), uint64_t seed, uint64_t count,
                   struct tally *tally)
{
    for (uint64_t n = 0; n < count; n++) {
        struct test_case c;
        uint64_t state = start_case(&c, CLASS_ANY, seed, n);

        generate_word(&c, word(n, state_random(&state)), &state);
        take(&c, SPOIL_NOTHING, tally);
    }
}
