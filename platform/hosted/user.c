#include "user.h"

#include <string.h>

#include "el0/el0.h"
#include "gdbstub.h"
#include "hash.h"
#include "machine.h"
#include "mmu.h"
#include "ram.h"
#include "record.h"
#include "report.h"
#include "script.h"
#include "snapshot_part.h"
#include "vclock.h"
#include "vtlb.h"

enum {
    SLICE = 100000, /* instructions between two looks at the console and the host's clock */
};

#define PSTATE_NZCV ((uint64_t)0xf << 28)

/* The FP registers of this CPU. */
static struct {
    bool is_owned;
    struct plat_fp fp;
} live;

SNAPSHOT_PART(live);

void user_init(void)
{
    memset(&live, 0, sizeof(live));
}

/* ---- running ---- */

static void check_entry(const struct plat_user *user)
{
    if (user->pstate & ~PSTATE_NZCV) {
        report("user.pstate", REPORT_NO_FRAME, "user mode is entered with pstate 0x%lx",
               user->pstate);
    }
    mmu_check_published();
    vtlb_audit();
}

static uint64_t budget(void)
{
    uint64_t left = vclock_remaining() / EL0_INSN_NS;

    return left < SLICE ? left : SLICE;
}

static uint64_t run(struct plat_user *user, struct plat_trap *trap)
{
    struct plat_fp *fp = live.is_owned ? &live.fp : NULL;

    *trap = (struct plat_trap){.kind = PLAT_TRAP_IRQ};
    if (budget() == 0) {
        return 0;
    }
    if (script_has(user->pc)) {
        return script_run(user, fp, budget(), trap);
    }
    el0_clock_base = plat_clock_now();
    return (gdbstub_is_on() ? gdbstub_run : el0_run)(user, fp, budget(), trap);
}

void plat_user_run(struct plat_user *user, struct plat_trap *trap)
{
    check_entry(user);
    do {
        vclock_run(run(user, trap));
        vclock_look();
        gdbstub_poll();
    } while (trap->kind == PLAT_TRAP_IRQ && !machine_take_interrupts());
    hash_trap(user, live.is_owned ? &live.fp : NULL, trap);
    record_trap(user->pc);
}

/* ---- FP ---- */

void plat_fp_use(const struct plat_fp *fp)
{
    live.is_owned = fp;
    if (fp) {
        live.fp = *fp;
    }
}

void plat_fp_sync(struct plat_fp *fp)
{
    if (!live.is_owned) {
        report("fp.not-owned", REPORT_NO_FRAME, "plat_fp_sync: EL0 does not own the registers");
    }
    *fp = live.fp;
}

/* ---- copies ---- */

static void check_range(uaddr_t addr, size_t len, const char *who)
{
    const uaddr_t end = (uaddr_t)1 << PLAT_USER_BITS;

    if (addr > end || len > end - addr) {
        report("user.range", REPORT_NO_FRAME, "%s: [0x%lx, +0x%zx) is not below 2^39", who, addr,
               len);
    }
    mmu_check_published();
}

/* The bytes that a copy can do at once, from addr on. */
static size_t chunk(uaddr_t addr, size_t len)
{
    size_t room = PLAT_PAGE_SIZE - addr % PLAT_PAGE_SIZE;

    return len < room ? len : room;
}

size_t plat_user_read(void *dst, uaddr_t addr, size_t len, struct plat_fault *fault)
{
    size_t done = 0;

    check_range(addr, len, "plat_user_read");
    while (done < len) {
        const void *at = mmu_translate(addr + done, PLAT_READ, fault);
        if (!at) {
            break;
        }
        size_t count = chunk(addr + done, len - done);
        memcpy((uint8_t *)dst + done, at, count);
        done += count;
    }
    return done;
}

size_t plat_user_write(uaddr_t addr, const void *src, size_t len, struct plat_fault *fault)
{
    size_t done = 0;

    check_range(addr, len, "plat_user_write");
    while (done < len) {
        void *at = mmu_translate(addr + done, PLAT_WRITE, fault);
        if (!at) {
            break;
        }
        size_t count = chunk(addr + done, len - done);
        ram_check_defined((const uint8_t *)src + done, count, addr + done);
        memcpy(at, (const uint8_t *)src + done, count);
        done += count;
    }
    return done;
}

enum plat_cas plat_user_cas32(uaddr_t addr, uint32_t expected, uint32_t desired, uint32_t *seen,
                              struct plat_fault *fault)
{
    check_range(addr, sizeof(*seen), "plat_user_cas32");
    if (addr % sizeof(*seen) != 0) {
        report("user.range", REPORT_NO_FRAME, "plat_user_cas32: 0x%lx is not aligned", addr);
    }
    void *at = mmu_translate(addr, PLAT_WRITE, fault);
    if (!at) {
        return PLAT_CAS_FAULT;
    }
    memcpy(seen, at, sizeof(*seen));
    if (*seen != expected) {
        return PLAT_CAS_DIFFERS;
    }
    ram_check_defined(&desired, sizeof(desired), addr);
    memcpy(at, &desired, sizeof(desired));
    return PLAT_CAS_DONE;
}
