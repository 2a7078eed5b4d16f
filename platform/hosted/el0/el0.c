#include "el0/el0.h"

#include <string.h>

#include "bytes.h"
#include "el0/cpu.h"
#include "el0/decode.h"
#include "el0/pairs.h"
#include "mmu_access.h"
#include "report.h"

/*
 * The run loop, the cache of decoded pages, and the traps.
 *
 * A decoded page holds the 1,024 instructions of one page of RAM as they were when it was first
 * fetched from: the words are taken all at once, each is decoded when it is first executed; if they
 * are the same as were in that place of the cache before, so is what they were decoded to. So, as
 * on hardware, a store is not seen by the instruction side until the program or the kernel has said
 * so (el0_icache_invalidate, el0_refetch_line), or until the page was dropped to make room.
 *
 * Invariants: run of entry 1,024, one past the page, is page_end; a struct code_page is in the set
 * that its address belongs to; cpu.fetch names only pages that are in the cache, so it is emptied
 * when one is dropped.
 */

enum {
    CODE_SETS = 64,
    CODE_WAYS = 4,
    LINE_SIZE = 64, /* CTR_EL0.IminLine */
};

enum {
    EC_UNKNOWN = 0x00,
    EC_FP = 0x07,
    EC_SVC = 0x15,
    EC_SYSTEM = 0x18,
    EC_FETCH_ABORT = 0x20,
    EC_PC_ALIGNMENT = 0x22,
    EC_DATA_ABORT = 0x24,
    EC_SP_ALIGNMENT = 0x26,
    EC_BRK = 0x3c,
    ESR_EC_SHIFT = 26,
    ESR_IL = 1 << 25,
    ESR_WNR = 1 << 6,
};

struct code_page {
    bool is_filled; /* words and insn have a meaning, though it may be free */
    bool is_listed; /* in loaded */
    uint64_t epoch; /* mmu_epoch when it was decoded */
    uint32_t words[EL0_PAGE_INSNS];
    struct el0_insn insn[EL0_PAGE_INSNS + 1];
};

nsec_t el0_clock_base;

/* The ways of a set stand one behind the other; which pages they are decoded from is apart from
 * them, for whoever looks for one: NULL, free. */
static struct code_page pages[CODE_SETS * CODE_WAYS];
static const uint8_t *hosts[CODE_SETS * CODE_WAYS];
static unsigned oldest[CODE_SETS]; /* the way that is given up next */

/* All code pages that are not free, and some that are. */
static struct code_page *loaded[CODE_SETS * CODE_WAYS];
static unsigned loaded_count;

static struct el0_cpu the_cpu;

static el0_handler decode_now;
static el0_handler page_end;
static el0_handler land;

/* What is executed next when nobody has looked yet whether cpu->pc can be fetched from. */
static struct el0_insn el0_landing = {.run = land};

const uint16_t el0_conditions[16] = {
    0xf0f0, 0x0f0f, /* eq, ne: Z is bit 2 of n */
    0xcccc, 0x3333, /* cs, cc: C is bit 1 */
    0xff00, 0x00ff, /* mi, pl: N is bit 3 */
    0xaaaa, 0x5555, /* vs, vc: V is bit 0 */
    0x0c0c, 0xf3f3, /* hi, ls: C and not Z */
    0xaa55, 0x55aa, /* ge, lt: N equals V */
    0x0a05, 0xf5fa, /* gt, le: N equals V and not Z */
    0xffff, 0xffff, /* always, both */
};

/* ---- decoded pages ---- */

static unsigned set_of(const uint8_t *host)
{
    return ((uintptr_t)host >> PLAT_PAGE_SHIFT) % CODE_SETS;
}

static const uint8_t **host_of(const struct code_page *page)
{
    return &hosts[page - pages];
}

static struct code_page *code_page_find(const uint8_t *host)
{
    unsigned first = set_of(host) * CODE_WAYS;

    for (unsigned n = first; n < first + CODE_WAYS; n++) {
        if (hosts[n] == host)
            return &pages[n];
    }
    return NULL;
}

static void forget_fetches(struct el0_cpu *cpu)
{
    for (unsigned n = 0; n < EL0_FETCH_ENTRIES; n++)
        cpu->fetch[n].page = UINT64_MAX;
}

static void take_words(struct code_page *page, size_t from, size_t count)
{
    memcpy(page->words + from, *host_of(page) + from * 4, count * 4);
    for (size_t n = from; n < from + count; n++) {
        page->insn[n].run = decode_now;
        page->insn[n].word = page->words[n];
    }
}

static struct code_page *code_page_load(const uint8_t *host)
{
    struct code_page *page = code_page_find(host);

    if (!page) {
        unsigned set = set_of(host);

        page = &pages[set * CODE_WAYS + oldest[set]];
        oldest[set] = (oldest[set] + 1) % CODE_WAYS;
        if (*host_of(page))
            forget_fetches(&the_cpu);
        *host_of(page) = host;
        page->epoch = mmu_epoch;
        if (!page->is_listed) {
            page->is_listed = true;
            loaded[loaded_count++] = page;
        }
        if (!page->is_filled || !bytes_equal(page->words, host, PLAT_PAGE_SIZE))
            take_words(page, 0, EL0_PAGE_INSNS);
        page->is_filled = true;
        page->insn[EL0_PAGE_INSNS].run = page_end;
    }
    return page;
}

/* Takes the lines of page that [offset, offset + size) touches again. */
static void refetch_lines(struct code_page *page, size_t offset, size_t size)
{
    size_t first = offset / LINE_SIZE, end = (offset + size + LINE_SIZE - 1) / LINE_SIZE;

    take_words(page, first * (LINE_SIZE / 4), (end - first) * (LINE_SIZE / 4));
}

void el0_icache_invalidate(paddr_t pa, size_t size)
{
    paddr_t end = pa + size;

    while (pa < end) {
        size_t offset = pa % PLAT_PAGE_SIZE, room = PLAT_PAGE_SIZE - offset;
        size_t part = end - pa < room ? end - pa : room;
        struct code_page *page = code_page_find((uint8_t *)plat_phys_ptr(pa, part) - offset);

        /* A whole page may be one that is freed: it is not to be read any more. */
        if (page && part == PLAT_PAGE_SIZE) {
            *host_of(page) = NULL;
            forget_fetches(&the_cpu);
        } else if (page) {
            refetch_lines(page, offset, part);
        }
        pa += part;
    }
}

void el0_refetch_line(const void *host)
{
    size_t offset = (uintptr_t)host % PLAT_PAGE_SIZE;
    struct code_page *page = code_page_find((const uint8_t *)host - offset);

    if (page)
        refetch_lines(page, offset, 1);
}

static bool is_never_same(const void *host)
{
    (void)host;
    return false;
}

void el0_restored(uint64_t since, bool (*is_same)(const void *host))
{
    unsigned kept = 0;

    for (unsigned n = 0; n < loaded_count; n++) {
        struct code_page *page = loaded[n];

        const uint8_t **at = host_of(page);

        if (*at && (page->epoch <= since || !is_same(*at)))
            *at = NULL;
        page->is_listed = *at;
        if (page->is_listed)
            loaded[kept++] = page;
    }
    loaded_count = kept;
}

void el0_reset(void)
{
    static bool had_atomics;

    el0_restored(0, is_never_same);
    for (unsigned n = 0; had_atomics != el0_has_atomics && n < CODE_SETS * CODE_WAYS; n++)
        pages[n].is_filled = false; /* the same words mean something else */
    had_atomics = el0_has_atomics;
    memset(oldest, 0, sizeof(oldest));
    for (unsigned n = 0; n < EL0_DATA_ENTRIES; n++) {
        the_cpu.data[PLAT_READ][n].page = UINT64_MAX;
        the_cpu.data[PLAT_WRITE][n].page = UINT64_MAX;
    }
    forget_fetches(&the_cpu);
    decode_init();
}

/* ---- going on ---- */

uint64_t el0_pc(const struct el0_cpu *cpu, const struct el0_insn *i)
{
    return i == &el0_landing ? cpu->pc : cpu->page_va + (uint64_t)(i - cpu->insn) * 4;
}

struct el0_insn *el0_goto(struct el0_cpu *cpu, uint64_t pc)
{
    uint64_t page = pc >> PLAT_PAGE_SHIFT;
    const struct el0_fetch_entry *entry = &cpu->fetch[page % EL0_FETCH_ENTRIES];

    if (entry->page != page || entry->epoch != mmu_epoch || pc % 4 != 0) {
        cpu->pc = pc;
        return &el0_landing;
    }
    cpu->insn = entry->insn;
    cpu->page_va = pc - pc % PLAT_PAGE_SIZE;
    return &entry->insn[pc % PLAT_PAGE_SIZE / 4];
}

static struct el0_insn *trap(struct el0_cpu *cpu, struct el0_insn *i, enum plat_trap_kind kind,
                             uint32_t ec, uint32_t iss)
{
    cpu->pc = el0_pc(cpu, i);
    cpu->trap->kind = kind;
    cpu->trap->esr = ec << ESR_EC_SHIFT | ESR_IL | iss;
    return NULL;
}

EL0_UNCOUNTED_HANDLER(land)
{
    uint64_t pc = cpu->pc;
    uint64_t va = pc - pc % PLAT_PAGE_SIZE;
    const uint8_t *host;

    if (pc % 4 != 0) {
        cpu->trap->fault =
            (struct plat_fault){.addr = pc, .access = PLAT_FETCH, .kind = PLAT_FAULT_ALIGNMENT};
        return trap(cpu, i, PLAT_TRAP_FAULT, EC_PC_ALIGNMENT, 0);
    }
    host = mmu_translate(pc, PLAT_FETCH, &cpu->trap->fault);
    if (!host)
        return el0_trap_fault(cpu, i, 0);
    cpu->insn = code_page_load(host - pc % PLAT_PAGE_SIZE)->insn;
    cpu->page_va = va;
    cpu->fetch[(va >> PLAT_PAGE_SHIFT) % EL0_FETCH_ENTRIES] = (struct el0_fetch_entry){
        .page = va >> PLAT_PAGE_SHIFT, .epoch = mmu_epoch, .insn = cpu->insn};
    return &cpu->insn[pc % PLAT_PAGE_SIZE / 4];
}

/* Stands behind the last instruction of a page, and is not counted: the next one is executed. */
EL0_UNCOUNTED_HANDLER(page_end)
{
    return el0_goto(cpu, el0_pc(cpu, i));
}

/* Brings i together with what comes behind it in the same line, which is fetched with it. That is
 * decoded too, but remains what it is for who jumps there. */
static void pair_with_next(struct el0_insn *i, unsigned offset)
{
#if EL0_THREADED
    struct el0_insn next = i[1];

    if (offset % LINE_SIZE == LINE_SIZE - 4)
        return;
    decode_insn(&next, offset + 4);
    el0_handler *both = pairs_find(i->run, next.run);
    if (both) {
        i->run = both;
        next.run = i[1].run;
        i[1] = next;
    }
#else
    (void)i, (void)offset;
#endif
}

EL0_UNCOUNTED_HANDLER(decode_now)
{
    unsigned offset = (unsigned)(i - cpu->insn) * 4;

    decode_insn(i, offset);
    pair_with_next(i, offset);
    return i;
}

EL0_HANDLER(el0_undefined)
{
    return el0_trap_undefined(cpu, i);
}

/* ---- checks of what is remembered ---- */

bool el0_check_hits(bool are_checked)
{
    the_cpu.checks_hits = are_checked && !EL0_THREADED;
    return the_cpu.checks_hits == are_checked;
}

void el0_check_data(uint64_t va, const uint8_t *at, enum plat_access access)
{
    if (mmu_look(va, access) != at)
        report("el0.stale-data", REPORT_NO_FRAME, "va 0x%lx: the tables lead elsewhere than before",
               va);
}

#if !EL0_THREADED
/* That i lies where the tables lead now, and is what its word is decoded to. */
static void check_decoded(const struct el0_cpu *cpu, const struct el0_insn *i)
{
    size_t index = (size_t)(i - cpu->insn);
    struct el0_insn anew;

    if (i == &el0_landing || index >= EL0_PAGE_INSNS)
        return;
    const struct code_page *page =
        (const struct code_page *)((const char *)cpu->insn - offsetof(struct code_page, insn));
    if (mmu_look(el0_pc(cpu, i), PLAT_FETCH) != hosts[page - pages] + index * 4)
        report("el0.stale-page", REPORT_NO_FRAME, "pc 0x%lx: the tables lead elsewhere than before",
               el0_pc(cpu, i));
    if (i->run == decode_now)
        return;
    anew = (struct el0_insn){.word = page->words[index]};
    decode_insn(&anew, (unsigned)index * 4);
    if (anew.run == el0_undefined) /* without operands */
        anew = (struct el0_insn){anew.run, i->rd, i->rn, i->rm, i->ra, anew.word, i->imm};
    if (i->word != anew.word || i->run != anew.run || i->rd != anew.rd || i->rn != anew.rn ||
        i->rm != anew.rm || i->ra != anew.ra || i->imm != anew.imm)
        report("el0.stale-instruction", REPORT_NO_FRAME,
               "pc 0x%lx: 0x%08x is decoded to something else", el0_pc(cpu, i), anew.word);
}
#endif

/* Executes from i on. Gives what is left of the budget. */
#if EL0_THREADED
uint64_t el0_end_budget(struct el0_cpu *cpu, const struct el0_insn *next)
{
    cpu->pc = el0_pc(cpu, next);
    return 0;
}

static uint64_t go(struct el0_cpu *cpu, struct el0_insn *i)
{
    return i->run(cpu, i, cpu->budget);
}
#else
static uint64_t go(struct el0_cpu *cpu, struct el0_insn *i)
{
    uint64_t left = cpu->budget;

    for (;;) {
        struct el0_insn *next;

        cpu->left = left; /* for CNTVCT_EL0 */
        if (cpu->checks_hits)
            check_decoded(cpu, i);
        next = i->run(cpu, i);
        if (!next)
            return left;
        i = next;
        if (--left == 0) {
            cpu->pc = el0_pc(cpu, i);
            return 0;
        }
    }
}
#endif

uint64_t el0_run(struct plat_user *user, struct plat_fp *fp, uint64_t budget,
                 struct plat_trap *trap_out)
{
    the_cpu.exclusive_size = 0;
    return el0_resume(user, fp, budget, trap_out);
}

uint64_t el0_resume(struct plat_user *user, struct plat_fp *fp, uint64_t budget,
                    struct plat_trap *trap_out)
{
    struct el0_cpu *cpu = &the_cpu;
    uint64_t left;

    static_assert(offsetof(struct plat_user, sp) == EL0_SP * 8, "sp is x[31]");
    assert(budget > 0);
    bytes_copy(cpu->r, user, (EL0_SP + 1) * 8);
    cpu->nzcv = (uint32_t)user->pstate;
    cpu->tpidr = user->tpidr;
    cpu->fp = fp;
    cpu->budget = budget;
    cpu->trap = trap_out;
    *trap_out = (struct plat_trap){.kind = PLAT_TRAP_IRQ};

    left = go(cpu, el0_goto(cpu, user->pc));
    if (trap_out->kind == PLAT_TRAP_SYSCALL)
        left--;

    bytes_copy(user, cpu->r, (EL0_SP + 1) * 8);
    user->pc = cpu->pc;
    user->pstate = cpu->nzcv;
    user->tpidr = cpu->tpidr;
    return budget - left;
}

/* ---- traps ---- */

struct el0_insn *el0_trap_undefined(struct el0_cpu *cpu, struct el0_insn *i)
{
    return trap(cpu, i, PLAT_TRAP_UNDEFINED, EC_UNKNOWN, 0);
}

struct el0_insn *el0_trap_svc(struct el0_cpu *cpu, struct el0_insn *i)
{
    trap(cpu, i, PLAT_TRAP_SYSCALL, EC_SVC, (uint32_t)i->imm);
    cpu->pc += 4;
    return NULL;
}

struct el0_insn *el0_trap_brk(struct el0_cpu *cpu, struct el0_insn *i)
{
    return trap(cpu, i, PLAT_TRAP_BREAKPOINT, EC_BRK, (uint32_t)i->imm);
}

/* ISS of an FP access from AArch64: CV = 1, COND = 0b1110 (Arm ARM, ESR_EL1, EC 0b000111). */
struct el0_insn *el0_trap_fp(struct el0_cpu *cpu, struct el0_insn *i)
{
    return trap(cpu, i, PLAT_TRAP_FP, EC_FP, 1 << 24 | 0xe << 20);
}

/* Op0, Op2, Op1, CRn, Rt, CRm, Direction (Arm ARM, ESR_EL1, EC 0b011000). */
struct el0_insn *el0_trap_system(struct el0_cpu *cpu, struct el0_insn *i)
{
    uint32_t w = i->word;
    uint32_t iss = (w >> 19 & 3) << 20 | (w >> 5 & 7) << 17 | (w >> 16 & 7) << 14 |
                   (w >> 12 & 15) << 10 | (w & 31) << 5 | (w >> 8 & 15) << 1 | (w >> 21 & 1);

    return trap(cpu, i, PLAT_TRAP_UNDEFINED, EC_SYSTEM, iss);
}

struct el0_insn *el0_trap_sp(struct el0_cpu *cpu, struct el0_insn *i, enum plat_access access)
{
    cpu->trap->fault =
        (struct plat_fault){.addr = cpu->r[EL0_SP], .access = access, .kind = PLAT_FAULT_ALIGNMENT};
    return trap(cpu, i, PLAT_TRAP_FAULT, EC_SP_ALIGNMENT, 0);
}

/* DFSC and IFSC, which are alike (Arm ARM, ESR_EL1, EC 0b100100). */
static uint32_t fault_status(const struct plat_fault *fault)
{
    switch (fault->kind) {
    case PLAT_FAULT_ADDRESS_SIZE:
        return 0x00 | fault->level;
    case PLAT_FAULT_TRANSLATION:
        return 0x04 | fault->level;
    case PLAT_FAULT_ACCESS_FLAG:
        return 0x08 | fault->level;
    case PLAT_FAULT_PERMISSION:
        return 0x0c | fault->level;
    case PLAT_FAULT_BUS:
        return 0x10;
    case PLAT_FAULT_ALIGNMENT:
        break;
    }
    return 0x21;
}

struct el0_insn *el0_trap_fault(struct el0_cpu *cpu, struct el0_insn *i, unsigned iss)
{
    const struct plat_fault *fault = &cpu->trap->fault;
    uint32_t ec = fault->access == PLAT_FETCH ? EC_FETCH_ABORT : EC_DATA_ABORT;

    iss |= fault_status(fault);
    if (fault->access == PLAT_WRITE)
        iss |= ESR_WNR;
    return trap(cpu, i, PLAT_TRAP_FAULT, ec, iss);
}
