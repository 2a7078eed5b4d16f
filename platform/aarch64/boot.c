/*
 * Reads the device tree, readies the devices, and hands on what there is. Whatever is missing or
 * does not fit ends here with one line.
 */
#include "boot.h"

#include "base/print.h"
#include "base/string.h"
#include "dev/fdt.h"
#include "gic.h"
#include "gtimer.h"
#include "layout.h"
#include "mmu.h"
#include "power.h"
#include "rng.h"
#include "sysreg.h"
#include "uart.h"

enum { TREE_BYTES_MAX = 2 << 20 }; /* the boot protocol's limit */

static struct plat_boot boot;

static _Noreturn void refuse(const char *format, ...) PRINTF_LIKE(1, 2);

static _Noreturn void refuse(const char *format, ...)
{
    va_list args;

    kprintf("eft: cannot start: ");
    va_start(args, format);
    kvprintf(format, args);
    va_end(args);
    kprintf("\n");
    plat_power_off(1);
    power_end();
}

/* Opens the tree in a window that stays. Returns its length. */
static uint32_t open_tree(paddr_t pa, struct fdt *fdt)
{
    const uint8_t *window;
    uint32_t len;
    enum fdt_error error;

    if (!pa) {
        refuse("no device tree (x0 is 0); this kernel wants the Linux boot protocol");
    }
    window = pa % 8 ? NULL : mmu_window(pa, FDT_HEADER_BYTES, MMU_WINDOW_READ_ONLY);
    if (!window) {
        refuse("x0 is 0x%lx, which cannot be the address of a device tree", pa);
    }
    error = fdt_length(window, &len);
    if (!error && (len > TREE_BYTES_MAX || len < FDT_HEADER_BYTES)) {
        error = FDT_BAD_SIZE;
    }
    if (!error) {
        window = mmu_window(pa, len, MMU_WINDOW_READ_ONLY);
        error = fdt_open(fdt, window, len);
    }
    if (error) {
        refuse("device tree at 0x%lx: %s", pa, fdt_error_text(error));
    }
    return len;
}

static bool contains(uint64_t base, uint64_t size, const struct plat_range *inner)
{
    return base <= inner->base && size >= inner->size && inner->base - base <= size - inner->size;
}

/* The bank that the image is in, in whole pages. */
static void find_ram(const struct fdt *fdt)
{
    const uint64_t limit = UINT64_C(1) << LINEAR_BITS;
    struct fdt_node node;
    uint64_t base = 0, size = 0;
    bool found = false;

    fdt_root(fdt, &node);
    do {
        const char *type = fdt_string(fdt, &node, "device_type");

        if (!type || !str_equal(type, "memory") || !fdt_is_enabled(fdt, &node)) {
            continue;
        }
        for (unsigned i = 0; !found && fdt_reg(fdt, &node, i, &base, &size); i++) {
            found = contains(base, size, &mmu_image);
        }
    } while (!found && fdt_next(fdt, &node));

    uint64_t end = min_u64(base + size, limit);
    if (!found || mmu_image.base + mmu_image.size > end) {
        refuse("too little RAM: the kernel image needs 0x%lx to 0x%lx, and the device tree has no "
               "memory there",
               mmu_image.base, mmu_image.base + mmu_image.size - 1);
    }
    boot.ram.base = page_up(base);
    boot.ram.size = page_down(end) - boot.ram.base;
}

/* ---- what of RAM is taken ---- */

/* Sorted by base; one more than core takes, until the two that lie closest have become one. */
static struct plat_range reserved[PLAT_RESERVED_MAX + 1];
static unsigned reserved_count;

/* Bytes between an entry and the next one; 0 if they touch or overlap. */
static uint64_t gap_behind(unsigned index)
{
    uint64_t end = reserved[index].base + reserved[index].size;

    return reserved[index + 1].base > end ? reserved[index + 1].base - end : 0;
}

static void merge_closest(void)
{
    unsigned best = 0;

    for (unsigned i = 1; i + 1 < reserved_count; i++) {
        if (gap_behind(i) < gap_behind(best)) {
            best = i;
        }
    }
    struct plat_range *range = &reserved[best];
    uint64_t end = max_u64(range->base + range->size, range[1].base + range[1].size);
    range->size = end - range->base;
    reserved_count--;
    for (unsigned i = best + 1; i < reserved_count; i++) {
        reserved[i] = reserved[i + 1];
    }
}

/* The part of [base, base + size) that is in RAM. base + size does not wrap. */
static void reserve(uint64_t base, uint64_t size)
{
    uint64_t start = max_u64(base, boot.ram.base);
    uint64_t end = min_u64(base + size, boot.ram.base + boot.ram.size);
    unsigned at = reserved_count;

    if (start >= end) {
        return;
    }
    for (; at && reserved[at - 1].base > start; at--) {
        reserved[at] = reserved[at - 1];
    }
    reserved[at] = (struct plat_range){start, end - start};
    if (++reserved_count > PLAT_RESERVED_MAX) {
        merge_closest();
    }
}

/* The children of /reserved-memory that have a place. */
static void reserve_nodes(const struct fdt *fdt)
{
    struct fdt_node parent, node;
    uint64_t base, size;

    if (!fdt_find(fdt, "/reserved-memory", &parent)) {
        return;
    }
    node = parent;
    while (fdt_next(fdt, &node) && node.depth > parent.depth) {
        for (unsigned i = 0; fdt_reg(fdt, &node, i, &base, &size); i++) {
            reserve(base, size);
        }
    }
}

static void find_initrd(const struct fdt *fdt)
{
    struct fdt_node chosen;
    uint64_t start, end;

    if (!fdt_find(fdt, "/chosen", &chosen) ||
        !fdt_number(fdt, &chosen, "linux,initrd-start", &start) ||
        !fdt_number(fdt, &chosen, "linux,initrd-end", &end) || start == end) {
        return;
    }
    boot.initrd = (struct plat_range){start, end - start};
    if (end < start || !contains(boot.ram.base, boot.ram.size, &boot.initrd)) {
        refuse("the initrd, 0x%lx to 0x%lx, is not inside RAM", start, end);
    }
}

static void find_reserved(const struct fdt *fdt, paddr_t tree, uint32_t tree_len)
{
    uint64_t base, size;

    reserve(mmu_image.base, mmu_image.size);
    reserve(tree, tree_len);
    reserve(boot.initrd.base, boot.initrd.size);
    for (uint32_t i = 0; fdt_reservation(fdt, i, &base, &size); i++) {
        reserve(base, min_u64(size, UINT64_MAX - base));
    }
    reserve_nodes(fdt);
    boot.reserved_count = reserved_count;
    memcpy(boot.reserved, reserved, sizeof(boot.reserved));
}

_Noreturn void boot_start(paddr_t tree, paddr_t image)
{
    struct fdt fdt;
    struct fdt_node chosen;
    unsigned timer_intid, uart_intid;

    mmu_init(image);
    uint32_t tree_len = open_tree(tree, &fdt);
    power_init(&fdt);
    if (!uart_init(&fdt, &uart_intid)) {
        refuse("the device tree has no PL011 with an interrupt");
    }
    find_ram(&fdt);
    mmu_map_ram(&boot.ram);
    find_initrd(&fdt);
    find_reserved(&fdt, tree, tree_len);
    if (!gtimer_init(&fdt, &timer_intid)) {
        refuse("the firmware has not set CNTFRQ_EL0");
    }
    if (!gic_init(&fdt, timer_intid, uart_intid)) {
        refuse("the device tree has no GICv2 or GICv3");
    }
    rng_init(&fdt);

    boot.cmdline =
        fdt_find(&fdt, "/chosen", &chosen) ? fdt_string(&fdt, &chosen, "bootargs") : NULL;
    if (!boot.cmdline) {
        boot.cmdline = "";
    }
    boot.asid_bits = mmu_asid_bits();
    boot.has_atomics =
        (SYSREG_READ(id_aa64isar0_el1) >> 20 & 0xf) >= 2; /* ID_AA64ISAR0_EL1.Atomic */
    boot_run(&boot);
}
