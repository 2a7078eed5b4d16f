/*
 * Random code and data at EL0: the interpreter ends with the instructions that it was given,
 * changes no other memory than the pages that the program may write, faults only where something is
 * forbidden, and does the same again when it executes one instruction at a time.
 */
#include "platform/hosted/el0/el0.h"

#include "abi/linux.h"
#include "base/string.h"
#include "base/types.h"
#include "fuzz/driver/harness.h"
#include "mm/space.h"
#include "mm/uaccess.h"
#include "platform/hosted/bytes.h"
#include "platform/hosted/ram.h"

#define START ((uaddr_t)0x400000)

enum {
    PAGES = 8,
    WORDS = PAGE_SIZE / 4,
    FRAMES = 64,
    INSTRUCTIONS = 1000,
    TRAPS = 64,
};

/* What a run comes to. */
struct outcome {
    struct plat_user user;
    struct plat_fp fp;
    uint64_t traps; /* a sum of them */
    uint8_t pages[PAGES][PAGE_SIZE];
};

static struct {
    struct space *space;
    unsigned prot[PAGES];
    uint8_t *frames[PAGES]; /* of the host; NULL: there is no page */
    paddr_t at[PAGES];
    bool has_fp;
    struct outcome first; /* before anything is executed */
} machine;

static uint8_t before[HARNESS_RAM];

/* Whether a program may do that with a byte. */
static bool is_allowed(uaddr_t at, enum plat_access access)
{
    static const unsigned rights[] = {
        [PLAT_READ] = PROT_READ, [PLAT_WRITE] = PROT_WRITE, [PLAT_FETCH] = PROT_EXEC};

    return at >= START && at - START < PAGES * PAGE_SIZE &&
           (machine.prot[(at - START) / PAGE_SIZE] & rights[access]);
}

/* ---- the program ---- */

static uint64_t some_number(struct feed *feed)
{
    switch (feed_below(feed, 4)) {
    case 0: /* around the ends of the pages */
        return START + feed_below(feed, PAGES + 1) * PAGE_SIZE + feed_below(feed, 128) - 64;
    case 1:
        return START + feed_below(feed, PAGES) * PAGE_SIZE + feed_below(feed, PAGE_SIZE) / 16 * 16;
    case 2:
        return feed_byte(feed);
    default:
        return feed_number(feed, 8);
    }
}

/* A page of its own for each; what can be executed has the words of the input, again and again, and
 * the others have numbers. */
static void map(struct feed *feed, unsigned page, const uint8_t *words, size_t size)
{
    static const unsigned some[] = {PROT_READ | PROT_EXEC,
                                    PROT_READ | PROT_WRITE | PROT_EXEC,
                                    PROT_READ | PROT_WRITE,
                                    PROT_READ,
                                    PROT_NONE,
                                    PROT_EXEC};
    const uaddr_t at = START + page * PAGE_SIZE;
    const struct region region = {
        .start = at, .end = at + PAGE_SIZE, .prot = PROT_READ | PROT_WRITE};
    unsigned prot = page == 0   ? PROT_READ | PROT_EXEC
                    : page == 1 ? PROT_READ | PROT_WRITE
                                : some[feed_below(feed, ARRAY_LEN(some))];
    uint8_t *bytes = machine.first.pages[page];
    uint64_t number = some_number(feed);

    machine.prot[page] = prot;
    for (unsigned i = 0; i < PAGE_SIZE; i += 8) {
        memcpy(bytes + i, &number, sizeof(number));
        number = number * 5 / 4 + 1;
    }
    for (unsigned i = 0; (prot & PROT_EXEC) && size > 0 && i < PAGE_SIZE; i++) {
        bytes[i] = words[(i + page * 4) % size];
    }
    SAME("el0.map", space_map(machine.space, &region), 0);
    SAME("el0.map", space_page(machine.space, at, &machine.at[page]), 0);
    SAME("el0.map", space_protect(machine.space, at, at + PAGE_SIZE, prot), 0);
    if (prot & PROT_WRITE) { /* what would come with the first store */
        SAME("el0.map", user_prepare_write(at, PAGE_SIZE), 0);
    }
    machine.frames[page] = plat_phys_ptr(machine.at[page], PAGE_SIZE);
}

static void begin(struct feed *feed)
{
    harness_core(16, FRAMES);
    memset(&machine, 0, sizeof(machine));
    SAME("el0.map", space_create(&machine.space), 0);
    space_use(machine.space);

    struct outcome *first = &machine.first;
    machine.has_fp = feed_byte(feed) % 8 != 0;
    first->user.pc = START + feed_below(feed, WORDS) * 4 % 256;
    first->user.pstate = (uint64_t)feed_byte(feed) % 16 << 28;
    first->user.sp = some_number(feed) / 16 * 16;
    for (unsigned i = 0; i < ARRAY_LEN(first->user.x); i++) {
        first->user.x[i] = i < 12 ? some_number(feed) : first->user.x[i - 12] + i * 8;
    }
    for (unsigned i = 0; machine.has_fp && i < ARRAY_LEN(first->fp.v); i++) {
        first->fp.v[i][0] = i < 4 ? feed_number(feed, 8) : first->fp.v[i - 4][0] * 3;
        first->fp.v[i][1] = first->fp.v[i][0] << i;
    }
    first->fp.fpcr = (uint32_t)feed_byte(feed) << 19 & 0x07c00000;
    uint8_t rights[PAGES * 16] = {0};
    for (unsigned i = 0; i < sizeof(rights); i++) {
        rights[i] = feed_byte(feed);
    }
    struct feed of_pages = {rights, sizeof(rights)};
    for (unsigned page = 0; page < PAGES; page++) {
        map(&of_pages, page, feed->at, feed->left / 4 * 4);
        memcpy(machine.frames[page], machine.first.pages[page], PAGE_SIZE);
        plat_icache_sync(machine.at[page], PAGE_SIZE);
    }
    plat_tlb_flush_all(); /* what was stricter a moment ago may be cached still */
}

/* ---- running it ---- */

static void note_trap(struct outcome *outcome, const struct plat_trap *trap)
{
    const uint64_t what[] = {trap->kind, trap->esr, trap->fault.addr, outcome->user.pc};

    for (unsigned i = 0; i < ARRAY_LEN(what); i++) {
        outcome->traps = (outcome->traps ^ what[i]) * UINT64_C(0x100000001b3);
    }
}

static void check_trap(const struct plat_trap *trap)
{
    const struct plat_fault *fault = &trap->fault;

    HOLDS("el0.trap", trap->kind == PLAT_TRAP_SYSCALL || trap->kind == PLAT_TRAP_FAULT ||
                          trap->kind == PLAT_TRAP_UNDEFINED || trap->kind == PLAT_TRAP_BREAKPOINT ||
                          (trap->kind == PLAT_TRAP_FP && !machine.has_fp));
    if (trap->kind == PLAT_TRAP_FAULT && fault->kind != PLAT_FAULT_ALIGNMENT) {
        HOLDS("el0.fault", !is_allowed(fault->addr, fault->access));
    }
}

/* Where it goes on behind a trap, if nothing else says so. */
static uaddr_t behind(const struct outcome *outcome, const struct plat_trap *trap, unsigned traps)
{
    bool is_lost = trap->kind == PLAT_TRAP_FAULT && trap->fault.access == PLAT_FETCH;

    if (is_lost) {
        return START + traps * 44 % PAGE_SIZE;
    }
    return outcome->user.pc + (trap->kind == PLAT_TRAP_SYSCALL ? 0 : 4);
}

static void run(struct outcome *outcome, uint64_t at_once)
{
    uint64_t left = INSTRUCTIONS;
    bool goes_on = false;

    *outcome = machine.first;
    el0_clock_base = 0;
    for (unsigned traps = 0; left > 0 && traps < TRAPS;) {
        struct plat_trap trap;
        uint64_t budget = min_u64(left, at_once);
        uint64_t done = (goes_on ? el0_resume : el0_run)(
            &outcome->user, machine.has_fp ? &outcome->fp : NULL, budget, &trap);

        HOLDS("el0.budget", done <= budget);
        HOLDS("el0.flags",
              outcome->user.pstate % ((uint64_t)1 << 28) == 0 && outcome->user.pstate >> 32 == 0);
        left -= done;
        el0_clock_base += done;
        goes_on = trap.kind == PLAT_TRAP_IRQ;
        if (goes_on) {
            SAME("el0.budget", done, budget);
        } else {
            check_trap(&trap);
            note_trap(outcome, &trap);
            traps++;
            outcome->user.pc = behind(outcome, &trap, traps);
        }
    }
    for (unsigned page = 0; page < PAGES; page++) {
        memcpy(outcome->pages[page], machine.frames[page], PAGE_SIZE);
    }
}

/* Nothing but pages that may be written is other than before. */
static void check_effect(void)
{
    for (uint64_t at = 0; at < HARNESS_RAM; at += PAGE_SIZE) {
        bool is_own = false;
        for (unsigned page = 0; page < PAGES; page++) {
            bool is_writable = (machine.prot[page] & PROT_WRITE) && !(harness_mistake && page == 1);
            is_own |= is_writable && machine.at[page] == RAM_BASE + at;
        }
        HOLDS("el0.effect", is_own || bytes_equal(before + at, ram_host(RAM_BASE + at), PAGE_SIZE));
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    harness_options(*argc, *argv);
    return 0;
}

/* In a machine of its own. */
static void run_anew(struct outcome *outcome, const uint8_t *bytes, size_t size, uint64_t at_once)
{
    struct feed feed = {bytes, size};

    begin(&feed);
    bytes_copy(before, ram_host(RAM_BASE), HARNESS_RAM);
    run(outcome, at_once);
    check_effect();
    space_use(NULL);
    space_put(machine.space);
    harness_check_end();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct outcome whole, apart;

    run_anew(&whole, bytes, size, INSTRUCTIONS);
    run_anew(&apart, bytes, size, 1);
    SAME("el0.repeat", whole.traps, apart.traps);
    HOLDS("el0.repeat", memcmp(&whole.user, &apart.user, sizeof(whole.user)) == 0);
    HOLDS("el0.repeat", memcmp(&whole.fp, &apart.fp, sizeof(whole.fp)) == 0);
    HOLDS("el0.repeat", memcmp(whole.pages, apart.pages, sizeof(whole.pages)) == 0);
    return 0;
}
