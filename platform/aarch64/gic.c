/*
 * GICv2: Arm IHI 0048. GICv3: Arm IHI 0069, with affinity routing, all our interrupts in group 1.
 *
 * An interrupt goes inactive, pending (its line is up and it is enabled), active (acknowledged) and
 * inactive again (end). One that is not ours is switched off when it comes, so it comes once.
 */
#include "gic.h"

#include "gtimer.h"
#include "masked.h"
#include "mmio.h"
#include "mmu.h"
#include "sysreg.h"
#include "uart.h"

enum {
    INTID_PPI = 16,
    INTID_SPI = 32,
    INTID_SPECIAL = 1020, /* from here on: nothing is pending */
    PRIORITY = 0xa0,      /* any, above the mask */
    PRIORITY_MASK_OPEN = 0xf0,

    /* Distributor. Those with a bit or a byte for each INTID are arrays. */
    GICD_CTLR = 0x0,
    GICD_TYPER = 0x4,
    GICD_IGROUPR = 0x80,
    GICD_ISENABLER = 0x100,
    GICD_ICENABLER = 0x180,
    GICD_IPRIORITYR = 0x400,
    GICD_ITARGETSR = 0x800,           /* v2 */
    GICD_IROUTER = 0x6000,            /* v3; 8 bytes for each */
    GICD_CTLR_ENABLE = 1 << 0,        /* v2 */
    GICD_CTLR_ENABLE_GROUP1 = 1 << 1, /* v3 */
    GICD_CTLR_ARE = 1 << 4,
    GICD_CTLR_RWP = 1u << 31,

    /* CPU interface of v2. */
    GICC_CTLR = 0x0,
    GICC_PMR = 0x4,
    GICC_IAR = 0xc,
    GICC_EOIR = 0x10,
    GICC_BYTES = 0x1000,

    /* Redistributor of v3: two frames of 64 KiB for each CPU, four with virtual LPIs. */
    GICR_CTLR = 0x0,
    GICR_TYPER = 0x8,
    GICR_WAKER = 0x14,
    GICR_FRAME_BYTES = 0x10000,
    GICR_CTLR_RWP = 1 << 3,
    GICR_TYPER_VLPIS = 1 << 1,
    GICR_TYPER_LAST = 1 << 4,
    GICR_WAKER_PROCESSOR_SLEEP = 1 << 1,
    GICR_WAKER_CHILDREN_ASLEEP = 1 << 2,
};

static struct {
    bool is_v3;
    uint8_t *dist;
    uint8_t *cpu;    /* v2 */
    uint8_t *redist; /* v3: the SGI frame of this CPU, laid out like the distributor's start */
    unsigned timer_intid;
    unsigned uart_intid;
} gic;

bool gic_from_tree(const struct fdt *fdt, const struct fdt_node *node, unsigned index,
                   unsigned *intid)
{
    struct fdt_interrupt interrupt;

    if (!fdt_interrupt(fdt, node, index, &interrupt) ||
        interrupt.number >= INTID_SPECIAL - INTID_SPI) {
        return false;
    }
    *intid = interrupt.number + (interrupt.is_private ? INTID_PPI : INTID_SPI);
    return !interrupt.is_private || *intid < INTID_SPI;
}

/* The registers of an INTID: those below 32 are each CPU's own, in v3 at the redistributor. */
static uint8_t *bank(unsigned intid)
{
    return gic.is_v3 && intid < INTID_SPI ? gic.redist : gic.dist;
}

static void set_bit(unsigned intid, uint32_t array)
{
    mmio_write32(bank(intid), array + intid / 32 * 4, 1u << intid % 32);
}

/* One byte of an array of bytes, with the rest of its word kept. */
static void set_byte(unsigned intid, uint32_t array, uint32_t value)
{
    uint8_t *registers = bank(intid);
    uint32_t offset = array + intid / 4 * 4;
    unsigned shift = intid % 4 * 8;
    uint32_t word = mmio_read32(registers, offset) & ~(0xffu << shift);

    mmio_write32(registers, offset, word | value << shift);
}

static void wait_dist(void)
{
    while (mmio_read32(gic.dist, GICD_CTLR) & GICD_CTLR_RWP) {
        plat_cpu_relax();
    }
}

/* Whatever the firmware left enabled. */
static void disable_all(void)
{
    unsigned lines = ((mmio_read32(gic.dist, GICD_TYPER) & 0x1f) + 1) * 32;

    for (unsigned intid = 0; intid < lines && intid < INTID_SPECIAL; intid += 32) {
        mmio_write32(bank(intid), GICD_ICENABLER + intid / 8, UINT32_MAX);
    }
}

static bool find_v2(const struct fdt *fdt)
{
    static const char *const names[] = {"arm,cortex-a15-gic", "arm,gic-400", "arm,cortex-a7-gic"};
    struct fdt_node node;
    uint64_t base, size;
    bool found = false;

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]) && !found; i++) {
        found = fdt_find_compatible(fdt, names[i], &node);
    }
    if (!found || !fdt_reg(fdt, &node, 0, &base, &size)) {
        return false;
    }
    gic.dist = mmu_window(base, GICC_BYTES, MMU_WINDOW_DEVICE);
    if (!fdt_reg(fdt, &node, 1, &base, &size)) {
        return false;
    }
    gic.cpu = mmu_window(base, GICC_BYTES, MMU_WINDOW_DEVICE);
    return gic.dist && gic.cpu;
}

static void init_v2(void)
{
    mmio_write32(gic.dist, GICD_CTLR, 0);
    disable_all();
    mmio_write32(gic.cpu, GICC_PMR, PRIORITY_MASK_OPEN);
    mmio_write32(gic.cpu, GICC_CTLR, 1);
    mmio_write32(gic.dist, GICD_CTLR, GICD_CTLR_ENABLE);
}

/* This CPU's redistributor, in the region of them all: by the affinity that it carries. */
static bool find_redist(uint8_t *region, uint64_t size)
{
    uint64_t mpidr = SYSREG_READ(mpidr_el1);
    uint32_t affinity = (uint32_t)(mpidr >> 32 & 0xff) << 24 | (mpidr & 0xffffff);
    uint64_t stride;

    for (uint64_t at = 0; size - at >= 2 * GICR_FRAME_BYTES; at += stride) {
        uint32_t type = mmio_read32(region + at, GICR_TYPER);

        if (mmio_read32(region + at, GICR_TYPER + 4) == affinity) {
            gic.redist = region + at + GICR_FRAME_BYTES;
            return true;
        }
        stride = (type & GICR_TYPER_VLPIS ? 4 : 2) * GICR_FRAME_BYTES;
        if (type & GICR_TYPER_LAST || size - at < stride) {
            break;
        }
    }
    return false;
}

static bool find_v3(const struct fdt *fdt)
{
    struct fdt_node node;
    uint64_t base, size;
    uint8_t *region;

    if (!fdt_find_compatible(fdt, "arm,gic-v3", &node) || !fdt_reg(fdt, &node, 0, &base, &size)) {
        return false;
    }
    gic.dist = mmu_window(base, GICR_FRAME_BYTES, MMU_WINDOW_DEVICE);
    if (!gic.dist || !fdt_reg(fdt, &node, 1, &base, &size) || !size) {
        return false;
    }
    region = mmu_window(base, size, MMU_WINDOW_DEVICE);
    gic.is_v3 = true;
    return region && find_redist(region, size);
}

static void init_v3(void)
{
    uint8_t *redist = gic.redist - GICR_FRAME_BYTES;

    mmio_write32(gic.dist, GICD_CTLR, 0);
    wait_dist();
    mmio_write32(gic.dist, GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_ENABLE_GROUP1);
    wait_dist();
    mmio_write32(redist, GICR_WAKER,
                 mmio_read32(redist, GICR_WAKER) & ~(uint32_t)GICR_WAKER_PROCESSOR_SLEEP);
    while (mmio_read32(redist, GICR_WAKER) & GICR_WAKER_CHILDREN_ASLEEP) {
        plat_cpu_relax();
    }
    disable_all();
    wait_dist();
    while (mmio_read32(redist, GICR_CTLR) & GICR_CTLR_RWP) {
        plat_cpu_relax();
    }
    SYSREG_WRITE(S3_0_C12_C12_5, 7); /* ICC_SRE_EL1: SRE, no bypass */
    isb();
    SYSREG_WRITE(S3_0_C4_C6_0, PRIORITY_MASK_OPEN); /* ICC_PMR_EL1 */
    SYSREG_WRITE(S3_0_C12_C12_4, 0);                /* ICC_CTLR_EL1: end means deactivate */
    SYSREG_WRITE(S3_0_C12_C12_7, 1);                /* ICC_IGRPEN1_EL1 */
    isb();
}

static void enable(unsigned intid)
{
    set_byte(intid, GICD_IPRIORITYR, PRIORITY);
    if (gic.is_v3) {
        uint32_t offset = GICD_IGROUPR + intid / 32 * 4;

        mmio_write32(bank(intid), offset, mmio_read32(bank(intid), offset) | 1u << intid % 32);
        if (intid >= INTID_SPI) {
            uint64_t mpidr = SYSREG_READ(mpidr_el1);

            mmio_write32(gic.dist, GICD_IROUTER + intid * 8, mpidr & 0xffffff);
            mmio_write32(gic.dist, GICD_IROUTER + intid * 8 + 4, mpidr >> 32 & 0xff);
        }
    } else if (intid >= INTID_SPI) {
        /* The targets of the banked ones read as this CPU's own bit. */
        set_byte(intid, GICD_ITARGETSR, mmio_read32(gic.dist, GICD_ITARGETSR) & 0xff);
    }
    set_bit(intid, GICD_ISENABLER);
}

bool gic_init(const struct fdt *fdt, unsigned timer_intid, unsigned uart_intid)
{
    gic.timer_intid = timer_intid;
    gic.uart_intid = uart_intid;
    if (find_v2(fdt)) {
        init_v2();
    } else if (find_v3(fdt)) {
        init_v3();
    } else {
        return false;
    }
    enable(timer_intid);
    enable(uart_intid);
    return true;
}

/* Acknowledges the highest pending interrupt; the value goes back to end_of. */
static uint32_t acknowledge(void)
{
    if (!gic.is_v3) {
        return mmio_read32(gic.cpu, GICC_IAR);
    }
    uint32_t token = (uint32_t)SYSREG_READ(S3_0_C12_C12_0); /* ICC_IAR1_EL1 */
    dsb_sy(); /* acknowledged before the device is touched */
    return token;
}

static void end_of(uint32_t token)
{
    dsb_sy(); /* the device has let go of its line */
    if (gic.is_v3) {
        SYSREG_WRITE(S3_0_C12_C12_1, token); /* ICC_EOIR1_EL1 */
        isb();
    } else {
        mmio_write32(gic.cpu, GICC_EOIR, token);
    }
}

/* ISR_EL1.I: an interrupt waits for PSTATE.I only. */
static bool is_pending(void)
{
    return SYSREG_READ(isr_el1) >> 7 & 1;
}

void gic_take(void)
{
    while (is_pending()) {
        uint32_t token = acknowledge();
        unsigned intid = token & (gic.is_v3 ? 0xffffff : 0x3ff);

        if (intid >= INTID_SPECIAL) {
            return; /* its line went down in the meantime */
        }
        if (intid == gic.timer_intid) {
            gtimer_take();
        } else if (intid == gic.uart_intid) {
            if (uart_take()) {
                kernel_on_console();
            }
        } else {
            set_bit(intid, GICD_ICENABLER);
        }
        end_of(token);
    }
}

#if EFT_TEST
void (*plat_window_hook)(void);
#endif

void plat_irq_window(void)
{
#if EFT_TEST
    if (plat_window_hook) {
        plat_window_hook();
    }
#endif
    masked_end();
    gic_take();
    masked_begin();
}

void plat_cpu_idle(void)
{
    masked_end();
    /* Masked, an interrupt still ends WFI. */
    while (!is_pending()) {
        dsb_sy();
        __asm__ volatile("wfi" : : : "memory");
    }
    gic_take();
    masked_begin();
}
