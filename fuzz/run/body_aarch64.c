#include "fuzz/run/body_aarch64.h"

#include "base/print.h"
#include "base/string.h"
#include "cpu.h"
#include "fuzz/input/image.h"
#include "mm/frame.h"
#include "mm/tlb.h"
#include "power.h"

/*
 * Each input has a boot of its own: every initialiser of core overwrites all of its state, and what
 * the machine remembers besides is put back here: the translations that are cached, the table in
 * use, the FP registers' owner, the timer. The kernel sees RAM that lies as it does hosted, so that
 * it takes the same frames in the same order.
 *
 * The mode of the TLB has no meaning: this one forgets what it likes.
 */

enum {
    STEP_BYTES = 2 << 20,
    DETAILS_MAX = 512,
};

static struct plat_boot boot;
static const char *cmdline = "det=1";
static paddr_t workshop; /* behind the kernel's RAM: where the initramfs is made */

static bool is_free(const struct plat_boot *machine, paddr_t base, uint64_t size)
{
    for (unsigned i = 0; i < machine->reserved_count; i++) {
        const struct plat_range *range = &machine->reserved[i];
        if (base < range->base + range->size && range->base < base + size) {
            return false;
        }
    }
    return true;
}

static _Noreturn void stop(void)
{
    body_found("kernel.panic", "see what was printed");
}

bool body_init(const struct plat_boot *machine)
{
    uint64_t size = BODY_RAM_BYTES + IMAGE_ARCHIVE_MAX;
    uint64_t step = STEP_BYTES;
    paddr_t base = (machine->ram.base + step - 1) & ~(step - 1);

    while (!is_free(machine, base, size)) {
        base += step;
    }
    if (base + size > machine->ram.base + machine->ram.size) {
        return false;
    }
    boot.ram = (struct plat_range){base, BODY_RAM_BYTES};
    boot.asid_bits = machine->asid_bits;
    workshop = base + BODY_RAM_BYTES;
    power_on_stop = stop;
    return true;
}

void body_set_cmdline(const char *words)
{
    cmdline = words;
}

/* At the end of RAM, as hosted. */
static void place_initramfs(void)
{
    void *made = plat_phys_ptr(workshop, IMAGE_ARCHIVE_MAX);
    size_t size = image_archive(made);
    paddr_t base = page_down(boot.ram.base + boot.ram.size - size);

    memcpy(plat_phys_ptr(base, size), made, size);
    boot.initrd = (struct plat_range){base, size};
    boot.reserved[0] = boot.initrd;
    boot.reserved_count = 1;
}

void body_reset(const struct input_config *config)
{
    cpu_this()->is_reporting = false;
    plat_window_hook = NULL;
    plat_timer_set(PLAT_NEVER);
    plat_fp_use(NULL);
    plat_space_use(0, 0);
    plat_tlb_flush_all();
    place_initramfs();
    boot.cmdline = cmdline;
    kernel_boot(&boot);
    tlb_init(min_u64(config->asid_bits, boot.asid_bits));
    frame_limit(config->frames);
    frame_reuse(config->is_lifo ? FRAME_REUSE_SOON : FRAME_REUSE_LATE);
}

void finding(const char *check, const char *details, ...)
{
    char bytes[DETAILS_MAX];
    struct text text = {.bytes = bytes, .capacity = DETAILS_MAX - 1};
    va_list args;

    va_start(args, details);
    text_vprintf(&text, details, args);
    va_end(args);
    bytes[text.len] = '\0';
    body_found(check, bytes);
}
