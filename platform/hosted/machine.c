#include "machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "choice.h"
#include "el0/el0.h"
#include "gdbstub.h"
#include "hash.h"
#include "mmu.h"
#include "ram.h"
#include "record.h"
#include "report.h"
#include "snapshot_part.h"
#include "table.h"
#include "terminal.h"
#include "tracefile.h"
#include "user.h"
#include "vclock.h"

enum {
    SPARE_BYTES = 1 << 20, /* RAM that an initramfs must leave */
    ASID_BITS_MAX = 16,
};

static struct {
    bool has_entropy;
    bool is_embedded;
    bool is_idle;
    bool is_leaving; /* user mode */
    int status;      /* of plat_power_off */
    void *local;
} machine;

SNAPSHOT_PART(machine);

void (*machine_on_stop)(void);

/* ---- start ---- */

const char *machine_check(const struct machine_config *config)
{
    const uint64_t mib = 1 << 20;

    if (config->ram_size < RAM_MIN_MIB * mib) {
        return "too little RAM: 2M is the least";
    }
    if (config->ram_size > RAM_MAX_MIB * mib) {
        return "too much RAM: 16G is the most";
    }
    if (config->ram_size % PLAT_PAGE_SIZE != 0) {
        return "RAM is not a multiple of 4K";
    }
    if (config->initrd_size > config->ram_size - SPARE_BYTES) {
        return "the initramfs does not fit into RAM";
    }
    return NULL;
}

static struct plat_range place_initrd(const struct machine_config *config)
{
    const paddr_t in_page = PLAT_PAGE_SIZE - 1;
    paddr_t base = (RAM_BASE + config->ram_size - config->initrd_size) & ~in_page;

    if (!config->initrd) {
        return (struct plat_range){0};
    }
    plat_mem_mark(base, (config->initrd_size + 7) & ~(size_t)7, PLAT_MEM_DEFINED);
    memcpy(ram_host(base), config->initrd, config->initrd_size);
    return (struct plat_range){.base = base, .size = config->initrd_size};
}

/* Whether it is a word of the kernel's, and not of a program's. */
static bool has_word(const char *cmdline, const char *word)
{
    size_t len = strlen(word);

    for (const char *at = cmdline; *at; at += strspn(at, " ")) {
        size_t next = strcspn(at, " ");

        if (next == 2 && strncmp(at, "--", 2) == 0) {
            return false;
        }
        if (next == len && strncmp(at, word, len) == 0) {
            return true;
        }
        at += next;
    }
    return false;
}

/* The CPU is a Cortex-A72, and has atomics if they are asked for. */
const char *machine_start(const struct machine_config *config)
{
    const char *complaint = machine_check(config);

    if (complaint) {
        return complaint;
    }
    hash_init();
    vtlb_init(config->tlb);
    if (!ram_init(config->ram_size) || !table_init()) {
        return "the host has no room for so much RAM";
    }
    unsigned asid_bits = config->asid_bits;
    if (asid_bits == 0) {
        asid_bits = ASID_BITS_MAX - choice_next(CHOOSE_ASID_BITS, ASID_BITS_MAX);
    }
    mmu_init(asid_bits);
    el0_has_atomics = has_word(config->cmdline, "hwcap=atomics");
    el0_reset();
    user_init();
    vclock_init(config->has_real_time);
    terminal_init(config->has_input);
    if (!config->is_embedded) {
        report_init();
    }
    memset(&machine, 0, sizeof(machine));
    machine.has_entropy = config->has_entropy;
    machine.is_embedded = config->is_embedded;

    struct plat_boot boot = {
        .ram = {.base = RAM_BASE, .size = config->ram_size},
        .initrd = place_initrd(config),
        .cmdline = config->cmdline,
        .asid_bits = asid_bits,
        .has_atomics = el0_has_atomics,
    };
    if (boot.initrd.size > 0) {
        boot.reserved[boot.reserved_count++] = boot.initrd;
    }
    kernel_boot(&boot);
    return NULL;
}

int machine_run(void)
{
    while (kernel_step() != KERNEL_OFF) {
    }
    return machine.status;
}

int machine_status(void)
{
    return machine.status;
}

void machine_save(void)
{
    gdbstub_abort();
    terminal_restore();
    record_flush();
    tracefile_flush();
}

void plat_power_off(int status)
{
    machine.status = status;
}

void plat_stop(void)
{
    machine_save();
    if (machine_on_stop) {
        machine_on_stop();
    }
    abort();
}

bool machine_is_idle(void)
{
    return machine.is_idle;
}

/* ---- interrupts ---- */

void machine_leave_user(void)
{
    machine.is_leaving = true;
}

bool machine_take_interrupts(void)
{
    bool has_taken = vclock_take() || machine.is_leaving;

    machine.is_leaving = false;
    if (terminal_poll()) {
        kernel_on_console();
        has_taken = true;
    }
    return has_taken;
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
    if (vclock_deadline() != PLAT_NEVER && choice_next(CHOOSE_TIMER, 2) != 0) {
        vclock_jump();
    }
    vclock_look();
    machine_take_interrupts();
}

static _Noreturn void end_for_ever_idle(void)
{
    const char text[] = "nothing is ready and nothing can become so";

    if (report_hook) {
        report_hook("machine.dead", text);
    }
    machine_save();
    fprintf(stderr, "eft: %s\n", text);
    kernel_dump();
    exit(1);
}

/* Virtual time need not wait for the timer, nor does a replay for anything. While no timer is set,
 * stdin is all that there is to wait for. */
void plat_cpu_idle(void)
{
    vclock_look();
    gdbstub_poll();
    machine.is_idle = false;
    while (!machine_take_interrupts()) {
        nsec_t remaining = vclock_remaining();

        if (remaining == PLAT_NEVER && !terminal_may_speak()) {
            if (machine.is_embedded) {
                machine.is_idle = true;
                return;
            }
            end_for_ever_idle();
        }
        if (choice_is_live() && (vclock_is_real() || remaining == PLAT_NEVER)) {
            terminal_wait(remaining);
        } else if (!vclock_is_real() || !choice_has_more()) {
            vclock_jump();
        }
        vclock_look();
        gdbstub_poll();
    }
}

void plat_cpu_relax(void)
{
}

void plat_cpu_set_local(void *local)
{
    machine.local = local;
}

void *plat_cpu_local(void)
{
    return machine.local;
}

/* ---- choices ---- */

unsigned plat_choose(enum plat_choice kind, unsigned bound)
{
    return choice_next(kind, bound);
}

void plat_entropy(void *buf, size_t len)
{
    uint8_t *bytes = buf;
    uint8_t live[256] = {0};

    for (size_t i = 0; i < len; i++) {
        size_t at = i % sizeof(live);

        if (!machine.has_entropy) {
            bytes[i] = (uint8_t)choice_next(CHOOSE_ENTROPY, 256);
            continue;
        }
        if (at == 0 && getrandom(live, sizeof(live), 0) != sizeof(live)) {
            report("host.entropy", REPORT_NO_FRAME, "getrandom fails");
        }
        bytes[i] = (uint8_t)choice_outside(CHOOSE_ENTROPY, 256, live[at]);
    }
}
