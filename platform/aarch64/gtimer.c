/*
 * The clock is CNTVCT_EL0 since boot, in nanoseconds rounded down; a deadline is a value of the
 * counter, rounded up. Both conversions are exact otherwise, so the timer never fires early.
 */
#include "gtimer.h"

#include "gic.h"
#include "platform/platform.h"
#include "sysreg.h"

enum {
    NSEC_PER_SEC = 1000000000,
    CTL_ENABLE = 1 << 0,
    CTL_ISTATUS = 1 << 2,
    TREE_INDEX_VIRTUAL = 2, /* in the interrupts of the timer's node */
    INTID_VIRTUAL = 27,     /* where Arm's base system architecture has it */
};

static uint64_t frequency; /* ticks a second */
static uint64_t boot_tick;

bool gtimer_init(const struct fdt *fdt, unsigned *intid)
{
    struct fdt_node node;

    SYSREG_WRITE(cntv_ctl_el0, 0);
    boot_tick = SYSREG_READ(cntvct_el0);
    frequency = SYSREG_READ(cntfrq_el0);
    if (!fdt_find_compatible(fdt, "arm,armv8-timer", &node) ||
        !gic_from_tree(fdt, &node, TREE_INDEX_VIRTUAL, intid)) {
        *intid = INTID_VIRTUAL;
    }
    return frequency != 0;
}

nsec_t plat_clock_now(void)
{
    isb(); /* the counter is not read early */
    uint64_t ticks = SYSREG_READ(cntvct_el0) - boot_tick;

    return ticks / frequency * NSEC_PER_SEC + ticks % frequency * NSEC_PER_SEC / frequency;
}

void plat_timer_set(nsec_t deadline)
{
    uint64_t seconds = deadline / NSEC_PER_SEC;
    uint64_t rest = deadline % NSEC_PER_SEC;

    if (deadline == PLAT_NEVER || seconds > (UINT64_MAX >> 1) / frequency) {
        SYSREG_WRITE(cntv_ctl_el0, 0); /* further away than the counter reaches is never, too */
    } else {
        uint64_t ticks = seconds * frequency + (rest * frequency + NSEC_PER_SEC - 1) / NSEC_PER_SEC;

        SYSREG_WRITE(cntv_cval_el0, boot_tick + ticks);
        SYSREG_WRITE(cntv_ctl_el0, CTL_ENABLE);
    }
    isb();
}

void gtimer_take(void)
{
    uint64_t due = CTL_ENABLE | CTL_ISTATUS;

    if ((SYSREG_READ(cntv_ctl_el0) & due) == due) {
        SYSREG_WRITE(cntv_ctl_el0, 0);
        isb();
        kernel_on_timer();
    }
}
