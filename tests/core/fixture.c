#include "tests/core/fixture.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/cpu.h"
#include "base/entropy.h"
#include "base/inject.h"
#include "base/string.h"
#include "dev/console.h"
#include "fs/pipe.h"
#include "fs/signalfd.h"
#include "fs/timerfd.h"
#include "fs/transfer.h"
#include "mm/fault.h"
#include "mm/frame.h"
#include "mm/pt.h"
#include "mm/space.h"
#include "mm/uaccess.h"
#include "platform/hosted/choice.h"
#include "platform/hosted/el0/el0.h"
#include "platform/hosted/mmu.h"
#include "platform/hosted/ram.h"
#include "platform/hosted/report.h"
#include "platform/hosted/table.h"
#include "platform/hosted/terminal.h"
#include "platform/hosted/user.h"
#include "platform/hosted/vclock.h"
#include "platform/hosted/vtlb.h"
#include "proc/clock.h"
#include "proc/cred.h"
#include "proc/process.h"
#include "proc/process_check.h"
#include "proc/sched.h"
#include "sync/futex.h"
#include "syscall/trace.h"
#include "test.h"

enum {
    ASID_BITS = 16,
    SEED = 1,
    OUTPUT_MAX = 1 << 16,
    INPUT_MAX = 254,
    INPUT_END = 255, /* in place of the number of bytes that have arrived */
};

static struct {
    struct cpu cpu;
    uint64_t kept_free; /* frames that are free when nothing is in use */
    size_t output_len;
    char output[OUTPUT_MAX];
    uint8_t input[1 + INPUT_MAX];
} fixture;

static void start_machine(void)
{
    vtlb_init(VTLB_ADVERSARIAL);
    EXPECT(ram_init(FIXTURE_RAM) && table_init());
    mmu_init(ASID_BITS);
    el0_reset();
    user_init();
    vclock_init(false);
    terminal_init(false);
    report_init();
    choice_init();
}

void fixture_begin(uint64_t frames)
{
    const struct plat_boot boot = {
        .ram = {.base = RAM_BASE, .size = FIXTURE_RAM},
        .cmdline = "",
        .asid_bits = ASID_BITS,
    };

    start_machine();
    fixture.cpu = (struct cpu){0};
    plat_cpu_set_local(&fixture.cpu);
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
    EXPECT(trace_init(NULL, false));
    clock_init(true);
    entropy_init(true, SEED);
    EXPECT_EQ(frame_init(&boot), 0);
    frame_limit(frames);
    EXPECT_EQ(frame_total_count(), frames);
    tlb_init(ASID_BITS);
    fixture_keep_frames();
}

void fixture_keep_frames(void)
{
    fixture.kept_free = frame_free_count();
}

uint64_t fixture_frames_used(void)
{
    return fixture.kept_free - frame_free_count();
}

/* Its children end first, and go when it has gone. */
static void end_init(struct process *init)
{
    while (!list_is_empty(&init->children)) {
        process_exit(CONTAINER_OF(init->children.next, struct process, sibling), 0);
    }
    while (!list_is_empty(&init->zombies)) {
        process_reap(CONTAINER_OF(init->zombies.next, struct process, sibling), true);
    }
    console_set_foreground(NULL);
    if (init->state == PROCESS_LIVE) {
        process_exit(init, 0);
    }
    process_reap(init, false);
    process_init();
}

void fixture_end(void)
{
    inject_arm(0, false);
    process_check();
    if (process_first()) {
        end_init(process_first());
    }
    process_check();
    EXPECT_EQ(pid_check(), 0);
    EXPECT_EQ(file_count(), 0);
    EXPECT_EQ(pipe_count(), 0);
    EXPECT_EQ(region_count(), 0);
    EXPECT_EQ(space_count(), 0);
    EXPECT_EQ(shared_count(), 0);
    EXPECT_EQ(fixture_frames_used(), 0);
}

/* All that can be in use. */
struct in_use {
    uint64_t frames;
    size_t regions;
    size_t spaces;
    size_t shared;
    size_t threads;
    size_t pids;
};

static struct in_use usage_now(void)
{
    struct frame_census census;

    frame_check(&census);
    return (struct in_use){
        .frames = fixture_frames_used(),
        .regions = region_count(),
        .spaces = space_count(),
        .shared = shared_count(),
        .threads = thread_count(),
        .pids = pid_check(),
    };
}

void fixture_fail_each(int (*op)(void *context), void (*undo)(void *context), void *context)
{
    for (unsigned forever = 0; forever <= 1; forever++) {
        bool has_fired = true;

        for (uint64_t n = 1; has_fired; n++) {
            struct in_use before = usage_now();

            test_note("allocation %lu fails%s", n, forever ? " for good" : "");
            inject_arm(n, forever);
            int error = op(context);
            has_fired = inject_has_fired();
            inject_arm(0, false);
            EXPECT_EQ(error, has_fired ? -ENOMEM : 0);
            if (!has_fired) {
                undo(context);
            }
            struct in_use after = usage_now();
            EXPECT_EQ(after.frames, before.frames);
            EXPECT_EQ(after.regions, before.regions);
            EXPECT_EQ(after.spaces, before.spaces);
            EXPECT_EQ(after.shared, before.shared);
            EXPECT_EQ(after.threads, before.threads);
            EXPECT_EQ(after.pids, before.pids);
        }
    }
}

/* ---- spaces ---- */

struct space *fixture_space(void)
{
    struct space *space = NULL;

    EXPECT_EQ(space_create(&space), 0);
    space_use(space);
    return space;
}

/* Counts the references of one shared object. */
static void count_shared(const struct shared *object, uint32_t *refs)
{
    paddr_t pa;

    for (uint64_t i = 0; shared_next(object, &i, &pa); i++) {
        refs[(pa - RAM_BASE) / PAGE_SIZE]++;
    }
}

void fixture_check_spaces(struct space *const *spaces, unsigned count)
{
    static uint32_t refs[FIXTURE_RAM / PAGE_SIZE];
    struct frame_census census;
    uint64_t user_refs = 0;
    uint64_t tables = 0;

    EXPECT_EQ(space_count(), count);
    memset(refs, 0, sizeof(refs));
    for (unsigned i = 0; i < count; i++) {
        struct pt_leaf leaf;
        for (uaddr_t va = 0; pt_next(spaces[i]->root, &va, USER_END, &leaf); va += PAGE_SIZE) {
            refs[(leaf.pa - RAM_BASE) / PAGE_SIZE]++;
        }
    }
    LIST_FOR(link, shared_all()) {
        count_shared(CONTAINER_OF(link, struct shared, link), refs);
    }
    for (unsigned i = 0; i < ARRAY_LEN(refs); i++) {
        if (refs[i] > 0) {
            EXPECT_EQ(frame_of(RAM_BASE + (paddr_t)i * PAGE_SIZE)->refs, refs[i]);
        }
    }
    space_check_all(&user_refs, &tables);
    frame_check(&census);
    EXPECT_EQ(census.user_refs, user_refs);
    EXPECT_EQ(census.tables, tables);
    vtlb_audit();
}

void fixture_map(struct space *space, uaddr_t start, uaddr_t end, unsigned prot)
{
    const struct region region = {.start = start, .end = end, .prot = prot};

    EXPECT_EQ(space_map(space, &region), 0);
}

int fixture_load(uaddr_t at, uint8_t *byte)
{
    return user_read(byte, at, 1);
}

int fixture_store(uaddr_t at, uint8_t byte)
{
    return user_write(at, &byte, 1);
}

/* ---- processes ---- */

struct process *fixture_process(struct process *parent)
{
    struct process *process = NULL;

    EXPECT_EQ(process_create(NULL, 0, &process), 0);
    EXPECT_EQ(space_create(&process->space), 0);
    EXPECT_EQ(process_inherit(process, parent ? parent->thread : NULL, 0), 0);
    process_start(process, parent ? parent->thread : NULL, 0);
    return process;
}

void fixture_run_thread(struct thread *thread)
{
    sched_end_slice();
    sched_run_next(thread->tid);
    EXPECT(sched_choose() == thread);
    space_use(thread->process->space);
    cpu_this()->limits = thread->process->limits;
}

bool fixture_expire(struct thread *thread)
{
    usage_begin(thread);
    bool has_any = cpu_clock_expire(thread);

    usage_pause(); /* what a test does takes no time of anybody */
    return has_any;
}

struct thread *fixture_run(struct process *process)
{
    fixture_run_thread(process->thread);
    return process->thread;
}

int fixture_take(struct thread *thread)
{
    struct process *process = thread->process;
    struct pending *pending;

    if (process->signals.fatal || thread->vfork_child) {
        return process->signals.fatal;
    }
    for (int signal = signal_next(thread, &pending); signal;
         signal = signal_next(thread, &pending)) {
        (void)signal_take(thread, pending, signal);
        if (!signal_does_nothing(process, signal) && !signal_stops(signal) &&
            !(process->signals.actions->handled & signal_bit(signal))) {
            return signal;
        }
    }
    return 0;
}

/* ---- console ---- */

static void catch (const char *bytes, size_t len)
{
    EXPECT(fixture.output_len + len < OUTPUT_MAX);
    memcpy(fixture.output + fixture.output_len, bytes, len);
    fixture.output_len += len;
}

void fixture_catch_output(void)
{
    fixture.output_len = 0;
    terminal_sink = catch;
}

const char *fixture_output(void)
{
    fixture.output[fixture.output_len] = '\0';
    fixture.output_len = 0;
    return fixture.output;
}

/* What the machine takes now, in the form of recorded choices. */
static void arrive(uint8_t count, const char *bytes, size_t len)
{
    fixture.input[0] = count;
    memcpy(fixture.input + 1, bytes, len);
    choice_use_bytes(fixture.input, 1 + len);
    EXPECT(terminal_poll());
    choice_init();
}

void fixture_arrive(const char *bytes, size_t len)
{
    EXPECT(len <= INPUT_MAX);
    arrive((uint8_t)len, bytes, len);
}

void fixture_type_bytes(const char *bytes, size_t len)
{
    fixture_arrive(bytes, len);
    (void)console_poll(false);
}

void fixture_type(const char *text)
{
    fixture_type_bytes(text, str_len(text));
}

void fixture_end_input(void)
{
    arrive(INPUT_END, "", 0);
    (void)console_poll(false);
}
