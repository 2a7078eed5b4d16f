#include "fuzz/driver/harness.h"

#include "base/cpu.h"
#include "base/entropy.h"
#include "base/inject.h"
#include "dev/console.h"
#include "fs/pipe.h"
#include "fs/signalfd.h"
#include "fs/timerfd.h"
#include "fs/transfer.h"
#include "mm/fault.h"
#include "mm/frame.h"
#include "mm/space.h"
#include "platform/hosted/choice.h"
#include "platform/hosted/el0/el0.h"
#include "platform/hosted/mmu.h"
#include "platform/hosted/ram.h"
#include "platform/hosted/snapshot.h"
#include "platform/hosted/snapshot_part.h"
#include "platform/hosted/table.h"
#include "platform/hosted/terminal.h"
#include "platform/hosted/user.h"
#include "platform/hosted/vclock.h"
#include "platform/hosted/vtlb.h"
#include "proc/clock.h"
#include "proc/cred.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "sync/futex.h"
#include "syscall/trace.h"

enum { SEED = 1, ASID_BITS = 16 };

static struct cpu cpu;
static uint64_t refusals; /* when harness_arm was called */

SNAPSHOT_PART(cpu);

static _Noreturn void give_up(const char *why)
{
    WRONG("harness.machine", "it does not start: %s", why);
}

static void start_machine(void)
{
    vtlb_init(VTLB_ADVERSARIAL);
    if (!ram_init(HARNESS_RAM) || !table_init()) {
        give_up("the host has no room for its RAM");
    }
    mmu_init(ASID_BITS);
    el0_reset();
    user_init();
    vclock_init(false);
    terminal_init(false);
    report_init();
    choice_init();
}

static void start_core(void)
{
    plat_cpu_set_local(&cpu);
    inject_init();
    pid_init();
    process_init();
    thread_init();
    cred_init();
    pending_init();
    posix_timer_init();
    signal_init();
    sched_init();
    futex_init();
    space_init();
    file_init();
    fdtable_init();
    fs_context_init();
    pipe_init();
    signalfd_init();
    timerfd_init();
    transfer_init();
    fault_init();
    console_init();
    clock_init(true);
    entropy_init(true, SEED);
    if (!trace_init(NULL, false)) {
        give_up("there is no trace");
    }
}

void harness_machine(unsigned asid_bits)
{
    static struct snapshot *started;

    if (!started) {
        start_machine();
        start_core();
        started = snapshot_take();
        if (!started) {
            give_up("the host has no memory");
        }
    }
    const char *complaint = snapshot_restore(started);
    if (complaint) {
        give_up(complaint);
    }
    mmu_init(asid_bits);
    tlb_init(asid_bits);
}

void harness_core(unsigned asid_bits, uint64_t frames)
{
    const struct plat_boot boot = {
        .ram = {.base = RAM_BASE, .size = HARNESS_RAM}, .cmdline = "", .asid_bits = asid_bits};

    harness_machine(asid_bits);
    if (frame_init(&boot) != 0) {
        give_up("it has no frames");
    }
    frame_limit(frames);
    harness_keep();
}

void harness_arm(struct feed *feed)
{
    enum { ONE_IN = 4, FOREVER = 1 << 6, NTH_MASK = 0x1f };
    uint8_t how = feed_byte(feed);

    refusals = inject_refusals();
    if (how % ONE_IN == 1) {
        inject_arm(1 + (how >> 2 & (NTH_MASK >> 1)), how & FOREVER);
    }
}

bool harness_was_refused(void)
{
    inject_arm(0, false);
    return inject_refusals() > refusals;
}
