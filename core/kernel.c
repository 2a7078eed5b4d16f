#include "kernel.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/cmdline.h"
#include "base/cpu.h"
#include "base/entropy.h"
#include "base/inject.h"
#include "base/panic.h"
#include "base/plant.h"
#include "base/print.h"
#include "base/string.h"
#include "dev/console.h"
#include "dev/device.h"
#include "fs/cpio.h"
#include "fs/pipe.h"
#include "fs/ramfs.h"
#include "fs/signalfd.h"
#include "fs/timerfd.h"
#include "fs/transfer.h"
#include "mm/fault.h"
#include "mm/frame.h"
#include "mm/tlb.h"
#include "proc/clock.h"
#include "proc/cred.h"
#include "proc/deliver.h"
#include "proc/exec.h"
#include "proc/print_processes.h"
#include "proc/process.h"
#include "proc/process_check.h"
#include "proc/sched.h"
#include "sync/futex.h"
#include "syscall/dispatch.h"
#include "syscall/trace.h"

enum { STATUS_BOOT_FAILED = 1 };

static const char *const known_words[] = {
    "det", "frames", "hwcap", "init", "plant", "reuse", "sched", "strace", "trace",
};

static struct {
    bool is_up; /* processes exist, and can be printed */
    bool is_off;
    bool timer_due; /* set by the upcalls, handled between steps */
    bool console_due;
    int last_tid; /* that ran, for the trace */
    struct cpu cpu;
} kernel;

void kernel_on_timer(void)
{
    kernel.timer_due = true;
}

void kernel_on_console(void)
{
    kernel.console_due = true;
    if (PLANTED(L_86) && plant_memory == PLANT_FORKING) {
        plant_memory = PLANT_INTERRUPTED;
    }
}

void kernel_dump(void)
{
    if (kernel.is_up) {
        print_processes();
        trace_print_last();
    }
}

void kernel_check(void)
{
    process_check();
}

static void power_off(int status)
{
    kernel.is_off = true;
    plat_power_off(status);
}

/* Words with numbers: absent gives the default; nonsense is said. */
static bool number_word(const char *name, uint64_t otherwise, uint64_t *value)
{
    int error = cmdline_get_number(name, value);

    if (error == -ENOENT) {
        *value = otherwise;
    }
    if (error == -EINVAL) {
        kprintf("eft: %s=%s: not a number\n", name, cmdline_get(name));
        return false;
    }
    return true;
}

static bool select_sched(void)
{
    const char *name = cmdline_get("sched");

    if (name && sched_select(name) != 0) {
        kprintf("eft: sched=%s: no such scheduler; there are rr and priority\n", name);
        return false;
    }
    return true;
}

static bool select_reuse(void)
{
    const char *name = cmdline_get("reuse");

    if (!name || str_equal(name, "fifo")) {
        return true;
    }
    if (!str_equal(name, "lifo")) {
        kprintf("eft: reuse=%s: no such order; there are fifo and lifo\n", name);
        return false;
    }
    frame_reuse(FRAME_REUSE_SOON);
    return true;
}

/* What programs are told of the CPU is the same on all, unless it is asked for more. */
static bool select_hwcap(const struct plat_boot *boot)
{
    const char *name = cmdline_get("hwcap");

    if (name && !str_equal(name, "atomics")) {
        kprintf("eft: hwcap=%s: there is nothing to announce but atomics\n", name);
        return false;
    }
    exec_announce(name && boot->has_atomics ? HWCAP_ATOMICS : 0);
    return true;
}

static bool select_plant(void)
{
#if EFT_TEST
    const char *id = cmdline_get("plant");

    plant_active = PLANT_NONE;
    if (id && plant_select(id) != 0) {
        kprintf("eft: plant=%s: no such bug\n", id);
        return false;
    }
#endif
    return true;
}

/* The part of the start that the command line decides. */
static bool start_from_words(const struct plat_boot *boot)
{
    uint64_t seed;
    uint64_t limit;
    uint64_t secret;

    int error = cmdline_init(boot->cmdline);
    if (error == -EINVAL) {
        kprintf("eft: the command line has a quote that is not closed\n");
        return false;
    }
    if (error) {
        kprintf("eft: the command line has more than %d bytes or %d words\n", CMDLINE_BYTES - 1,
                CMDLINE_WORDS);
        return false;
    }
    const char *unknown = cmdline_find_unknown(known_words, ARRAY_LEN(known_words));
    if (unknown) {
        kprintf("eft: unknown word on the command line, ignored: %s\n", unknown);
    }
    if (!number_word("det", 0, &seed) || !number_word("frames", UINT64_MAX, &limit) ||
        !select_plant() || !select_sched() || !select_hwcap(boot)) {
        return false;
    }
    if (!trace_init(cmdline_get("trace"), cmdline_get("strace") != NULL)) {
        kprintf("eft: trace=%s: cannot write to that file\n", cmdline_get("trace"));
        return false;
    }
    entropy_init(cmdline_get("det") != NULL, seed);
    entropy_read(&secret, sizeof(secret));
    tree_set_secret(secret);
    clock_init(cmdline_get("det") != NULL);
    if (frame_init(boot) != 0) {
        kprintf("eft: %lu KiB of RAM are too little\n", boot->ram.size >> 10);
        return false;
    }
    frame_limit(limit);
    return select_reuse();
}

static int add_file(const struct cpio_member *member)
{
    const struct ramfs_node *node;

    switch (member->mode & RAMFS_TYPE_MASK) {
    case RAMFS_CHARACTER:
        return ramfs_add_device(member->name, member->mode, member->device, &node);
    case RAMFS_REGULAR:
        if (member->links > 1) {
            return ramfs_add_name(member->name, member->mode, member->bytes, member->size,
                                  member->identity);
        }
        break;
    default:
        break;
    }
    return ramfs_add(member->name, member->mode, member->bytes, member->size);
}

static int add_member(const struct cpio_member *member)
{
    int error = add_file(member);

    return error ? error : ramfs_set_owner(member->name, member->user, member->group);
}

static bool unpack_initramfs(const struct plat_boot *boot)
{
    struct cpio cpio = {.size = boot->initrd.size};
    struct cpio_member member;
    enum cpio_result result;

    if (boot->initrd.size == 0) {
        kprintf(
            "eft: no initramfs: there is no program to run (--initrd FILE, QEMU: -initrd FILE)\n");
        return false;
    }
    cpio.bytes = plat_phys_ptr(boot->initrd.base, boot->initrd.size);
    int error = ramfs_init();
    if (!error) {
        error = device_init();
    }
    for (result = cpio_next(&cpio, &member); result == CPIO_MEMBER && !error;
         result = cpio_next(&cpio, &member)) {
        error = add_member(&member);
        if (error) {
            kprintf("eft: initramfs: %s: %s\n", member.name,
                    error == -ENOMEM ? "no memory left" : "not a name that a file can have here");
            return false;
        }
        plat_irq_window();
    }
    if (error) {
        kprintf("eft: no memory left for the initramfs\n");
        return false;
    }
    if (result != CPIO_END) {
        kprintf("eft: initramfs: at byte %lu: %s\n", cpio.offset, cpio_result_text(result));
        return false;
    }
    return true;
}

static const char *start_error(int error)
{
    switch (error) {
    case -ENOENT:
    case -ENOTDIR:
        return "no such file in the initramfs";
    case -EACCES:
        return "not an executable file";
    case -ENOEXEC:
        return "not a static AArch64 program";
    default:
        return "too little memory";
    }
}

static bool start_init(void)
{
    const char *path = cmdline_get("init");
    const char *argv[1 + CMDLINE_WORDS];
    const char *const envp[] = {"HOME=/", "TERM=linux"};
    const char *const *args;
    size_t count = cmdline_args(&args);
    struct process *init;

    path = path ? path : "/init";
    argv[0] = path;
    for (size_t i = 0; i < count; i++) {
        argv[1 + i] = args[i];
    }
    struct exec_request request = {
        .path = path,
        .directory = ramfs_root(),
        .argv = {.is_kernel = true, .kernel = argv, .kernel_count = 1 + count},
        .envp = {.is_kernel = true, .kernel = envp, .kernel_count = ARRAY_LEN(envp)},
    };
    int error = exec_find(NULL, ramfs_root(), path, &request.source);
    if (!error) {
        error = exec_spawn(NULL, &request, &init);
    }
    if (error) {
        kprintf("eft: cannot start %s: %s\n", path, start_error(error));
    }
    return !error;
}

void kernel_boot(const struct plat_boot *boot)
{
    kernel.is_up = false;
    kernel.is_off = false;
    kernel.timer_due = false;
    kernel.console_due = true; /* bytes may have come before anybody listened */
    kernel.last_tid = 0;
    kernel.cpu = (struct cpu){0};
    plat_cpu_set_local(&kernel.cpu);
    inject_init();
    pid_init();
    process_init();
    thread_init();
    cred_init();
    posix_timer_init();
    deliver_init();
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
    if (!start_from_words(boot)) {
        power_off(STATUS_BOOT_FAILED);
        return;
    }
    pending_init(); /* its tree has the secret, which the words have set */
    tlb_init(boot->asid_bits);
    if (!unpack_initramfs(boot) || !start_init()) {
        power_off(STATUS_BOOT_FAILED);
        return;
    }
    kernel.is_up = true;
}

/* What interrupts have asked for. With det the console is heard only when nothing else can go on,
 * and by the line, so that the moment at which a key comes decides nothing. */
static void handle_events(void)
{
    bool is_det = clock_is_det();

    if (kernel.timer_due || (is_det && clock_is_due())) {
        kernel.timer_due = false;
        if (clock_expire()) {
            sched_end_slice();
        }
    }
    if (kernel.console_due && (!is_det || !sched_has_ready())) {
        kernel.console_due = console_poll(is_det);
    }
}

static enum kernel_state idle(void)
{
    space_use(NULL);
    usage_pause();
    if (!clock_is_det() || !clock_jump()) {
        plat_cpu_idle();
    }
    return KERNEL_IDLE;
}

/* Goes on in a call that waits. If it must not wait any more, what it was to make room for comes
 * next. */
static void rerun(struct thread *thread)
{
    const struct call *call = &thread->call;
    bool was_interrupted = call->is_interrupted;

    dispatch_rerun(thread);
    plat_irq_window(); /* many may wait on, one after the other */
    if (was_interrupted && cpu_this()->current == thread &&
        (!call->is_pending || call->restart != RESTART_NOT)) {
        (void)deliver_signals(thread);
    }
}

static void run(struct thread *thread)
{
    struct cpu *cpu = cpu_this();
    struct plat_trap trap;

    if (thread->tid != kernel.last_tid) {
        kernel.last_tid = thread->tid;
        trace_switch(thread->tid, thread->name);
    }
    if (cpu->fp_owner && cpu->fp_owner != thread) {
        plat_fp_sync(&cpu->fp_owner->fp);
        plat_fp_use(NULL);
        cpu->fp_owner = NULL;
    }
    usage_begin(thread);
    space_use(thread->process->space);
    cpu->limits = thread->process->limits;
    if (!deliver_signals(thread)) {
        return;
    }
    if (thread->call.is_pending) {
        rerun(thread);
    } else {
        usage_charge_system(thread);
        clock_set_limit(cpu_clock_next(thread));
        plat_user_run(&thread->user, &trap);
        clock_set_limit(PLAT_NEVER);
        usage_charge_user(thread);
        (void)cpu_clock_expire(thread);
        dispatch_trap(thread, &trap);
    }
}

enum kernel_state kernel_step(void)
{
    if (kernel.is_off) {
        return KERNEL_OFF;
    }
    (void)usage_charge_last();
    handle_events();
    if (PLANTED(L_86)) {
        plant_memory = 0; /* what has come later finds the child */
    }
    struct thread *thread = sched_choose();
    if (!thread) {
        return idle();
    }
    run(thread);
    if (process_first()->state == PROCESS_ZOMBIE) {
        kernel.is_off = true;
        return KERNEL_OFF;
    }
    return KERNEL_RAN;
}
