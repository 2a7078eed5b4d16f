/*
 * The checks, each of which must be able to fail: a structure of the kernel is damaged, or an event
 * told that cannot be, and the check that is meant for it is the first to say so.
 */
#include "fuzz/check/check.h"

#include <setjmp.h>

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/cpu.h"
#include "base/string.h"
#include "fs/pipe.h"
#include "fuzz/check/peek.h"
#include "fuzz/input/image.h"
#include "fuzz/input/insn.h"
#include "fuzz/run/actor.h"
#include "fuzz/run/body.h"
#include "mm/fault.h"
#include "mm/frame.h"
#include "mm/pool.h"
#include "mm/pt.h"
#include "mm/space.h"
#include "mm/uaccess.h"
#include "platform/hosted/report.h"
#include "proc/clock.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "test.h"

enum { SCRATCH = IMAGE_SCRATCH + 2048, CHILD = 2 };

static jmp_buf caught;
static const char *found;

static void note_found(const char *name, const char *details)
{
    (void)details;
    found = name;
    longjmp(caught, 1);
}

/* ---- a kernel in which something is going on ---- */

static struct event event;

/* A process makes a call, step by step, looked at as in a run. Gives the result. */
static int64_t call(int pid, unsigned nr, uint64_t a, uint64_t b, uint64_t c)
{
    const struct insn insn = {.op = OP_CALL, .nr = (uint16_t)nr};
    const uint64_t args[INPUT_ARGS] = {a, b, c};
    enum actor_progress progress = ACTOR_GOES_ON;

    actor_set(actor_find(pid), &insn, args);
    while (progress == ACTOR_GOES_ON) {
        actor_tell(pid, &event);
        check_before(pid, event.nr);
        progress = actor_step(&event);
        if (event.kind != EVENT_SKIPPED) {
            check_after(&event);
        }
    }
    return event.result;
}

static void begin(void)
{
    const struct input_config config = input_dull_config();

    body_reset(&config);
    check_begin();
    report_hook = note_found;
    EXPECT_EQ(call(1, NR_getpid, 0, 0, 0), 1);
}

static struct process *process_of(int pid)
{
    struct process *process = process_find(pid);

    EXPECT(process);
    return process;
}

static struct process *init(void)
{
    return process_of(1);
}

static struct frame *frame_at(uaddr_t va)
{
    struct pt_leaf leaf;
    bool is_there = pt_find(init()->space->root, va, &leaf);

    EXPECT(is_there);
    return frame_of(leaf.pa);
}

static void make_child(void)
{
    EXPECT_EQ(call(1, NR_clone, SIGCHLD, 0, 0), CHILD);
}

static void make_pipe(void)
{
    EXPECT_EQ(call(1, NR_pipe2, SCRATCH, 0, 0), 0);
}

/* ---- damage, each under the name of the check that is meant for it ---- */

static void break_reach(void)
{
    frame_at(IMAGE_CODE)->kind = FRAME_PIPE;
    check_all();
}

static void break_references(void)
{
    frame_at(IMAGE_CODE)->refs++;
    check_all();
}

static void break_writable(void)
{
    make_pipe(); /* writes to the scratch page */
    frame_at(IMAGE_SCRATCH)->refs++;
    check_all();
}

static struct frame_state *state_of_frames(void)
{
    return (struct frame_state *)(uintptr_t)frame_state();
}

static void break_owners(void)
{
    state_of_frames()->free_count--;
    check_all();
}

/* The table that holds the leaf of an address of init's. */
static paddr_t leaves_of(uaddr_t va)
{
    paddr_t at = init()->space->root;

    for (unsigned shift = 30; shift > 12; shift -= 9) {
        at = plat_pte_load(at, (unsigned)(va >> shift) % 512) & 0xfffffffff000;
    }
    return at;
}

static void break_form(void)
{
    paddr_t table = leaves_of(IMAGE_CODE);
    unsigned index = (IMAGE_CODE >> 12) % 512;

    plat_pte_store(table, index, (plat_pte_load(table, index) & ~(pte_t)1) | (pte_t)1 << 56);
    check_all();
}

static void break_parent(void)
{
    frame_of(init()->space->root)->entries++;
    check_all();
}

static void break_regions(void)
{
    init()->space->resident++;
    check_all();
}

static void break_users(void)
{
    init()->space->users++;
    check_all();
}

static void break_tree(void)
{
    make_child();
    process_of(CHILD)->parent = process_of(CHILD);
    check_all();
}

static void break_numbers(void)
{
    init()->group->refs++;
    check_all();
}

static void break_once(void)
{
    make_child();
    check_after(&(struct event){.kind = EVENT_RESULT, .pid = 1, .nr = NR_wait4, .result = CHILD});
}

static void break_file(void)
{
    fdtable_find(init()->thread->fds, 0)->refs++;
    check_all();
}

static void break_pipe(void)
{
    make_pipe();
    fdtable_find(init()->thread->fds, 3)->pipe->readers++;
    check_all();
}

static void break_condition(void)
{
    make_child();
    call(1, NR_wait4, (uint64_t)-1, 0, 0);
    EXPECT_EQ(event.kind, EVENT_BLOCKED);
    init()->thread->call.arg = CHILD + 1;
    check_all();
}

/* It is armed, and does not say so. */
static void break_timer(void)
{
    itimer_set(init(), ITIMER_REAL, 1000, 0);
    init()->itimers[ITIMER_REAL].timer.set = NULL;
    check_all();
}

/* It is with the clock of another time. */
static void break_timers(void)
{
    itimer_set(init(), ITIMER_PROF, 1000, 0);
    init()->itimers[ITIMER_PROF].timer.set = &init()->cpu_clock.timers[CPU_TIME_USER];
    check_all();
}

static void break_one(void)
{
    make_child();
    call(1, NR_wait4, (uint64_t)-1, 0, 0);
    clock_arm(&init()->thread->timer, PLAT_NEVER - 1);
    check_all();
}

/* A process that waits for a word, and its thread. */
static struct thread *make_waiter(void)
{
    call(1, NR_futex, IMAGE_ZEROS, FUTEX_WAIT, 0);
    EXPECT_EQ(event.kind, EVENT_BLOCKED);
    return init()->thread;
}

static void break_futex(void)
{
    make_waiter()->futex.is_woken = true;
    check_all();
}

static void break_futex_key(void)
{
    struct thread *thread = make_waiter();
    const struct list *queue = futex_queue(&thread->futex.key);

    while (futex_queue(&thread->futex.key) == queue) {
        thread->futex.key.place += 4;
    }
    check_all();
}

static void break_queue(void)
{
    make_child();
    process_of(CHILD)->thread->state = THREAD_HELD;
    check_all();
}

static void break_errno(void)
{
    check_after(
        &(struct event){.kind = EVENT_RESULT, .pid = 1, .nr = NR_getpid, .result = -ETXTBSY});
}

static void break_failed(void)
{
    check_before(1, NR_close);
    init()->thread->fs->umask ^= 1;
    check_after(&(struct event){.kind = EVENT_RESULT, .pid = 1, .nr = NR_close, .result = -EBADF});
}

static void break_quiet(struct cpu_clock *clock)
{
    check_before(1, NR_close);
    clock->quiet_until++;
    check_after(&(struct event){.kind = EVENT_RESULT, .pid = 1, .nr = NR_close, .result = -EBADF});
}

static void break_quiet_of_process(void)
{
    break_quiet(&init()->cpu_clock);
}

static void break_quiet_of_thread(void)
{
    break_quiet(&init()->thread->cpu_clock);
}

static void break_waiting(void)
{
    check_before(1, NR_wait4);
    init()->thread->death_signal ^= 1;
    check_after(&(struct event){.kind = EVENT_BLOCKED, .pid = 1, .nr = NR_wait4});
}

static void break_registers(void)
{
    check_before(1, NR_getpid);
    init()->thread->user.x[19]++;
    check_after(&(struct event){.kind = EVENT_RESULT, .pid = 1, .nr = NR_getpid, .result = 1});
}

static void break_flags(void)
{
    check_before(1, NR_getpid);
    init()->thread->user.pstate ^= UINT64_C(1) << 31;
    check_after(&(struct event){.kind = EVENT_RESULT, .pid = 1, .nr = NR_getpid, .result = 1});
}

static void give_fp(uint64_t low)
{
    struct plat_fp fp = {.v[31] = {low}};

    plat_fp_use(&fp);
    cpu_this()->fp_owner = init()->thread;
}

static void break_fp(void)
{
    give_fp(1);
    check_before(1, NR_getpid);
    give_fp(2);
    check_after(&(struct event){.kind = EVENT_RESULT, .pid = 1, .nr = NR_getpid, .result = 1});
}

static void break_fp_of_child(void)
{
    make_child();
    process_of(CHILD)->thread->fp.v[0][1]++;
    check_before(1, NR_clone);
    check_after(&(struct event){.kind = EVENT_RESULT, .pid = 1, .nr = NR_clone, .result = CHILD});
}

static void break_stack_of_child(void)
{
    make_child();
    process_of(CHILD)->thread->user.sp -= 16;
    check_before(1, NR_clone3);
    check_after(&(struct event){.kind = EVENT_BLOCKED, .pid = 1, .nr = NR_clone3, .result = CHILD});
}

static void break_spawned(void)
{
    make_child();
    check_before(1, NR_spawn);
    check_after(&(struct event){.kind = EVENT_RESULT, .pid = 1, .nr = NR_spawn, .result = CHILD});
}

static void break_start(void)
{
    struct thread *thread = init()->thread;

    thread->user = (struct plat_user){.pc = IMAGE_CODE};
    thread->fp = (struct plat_fp){.v[7] = {1}};
    plat_fp_use(NULL);
    cpu_this()->fp_owner = NULL;
    check_after(&(struct event){.kind = EVENT_RESULT, .pid = 1, .nr = NR_execve});
}

static void break_waiter(void)
{
    make_child();
    call(1, NR_wait4, (uint64_t)-1, 0, 0);
    EXPECT_EQ(event.kind, EVENT_BLOCKED);
    init()->thread->user.tpidr ^= 1;
    check_before(1, NR_wait4);
    check_after(&(struct event){
        .kind = EVENT_BLOCKED, .pid = 1, .nr = NR_wait4, .is_rerun = true, .is_spurious = true});
}

static void break_rest(void)
{
    const uint64_t second[2] = {1, 0};

    make_pipe();
    EXPECT_EQ(space_write(init()->space, SCRATCH, second, sizeof(second)), 0);
    call(1, NR_nanosleep, SCRATCH, 0, 0);
    EXPECT_EQ(event.kind, EVENT_BLOCKED);
    check_at_rest();
}

static void break_objects(void)
{
    const struct region given = {.start = IMAGE_END, .end = IMAGE_END + PAGE_SIZE};

    EXPECT(region_create(&given));
    call(1, NR_exit_group, 0, 0, 0);
    check_at_end();
}

static void break_incremental(void)
{
    make_child();
    EXPECT_EQ(fault_resolve(process_of(CHILD)->space, IMAGE_ZEROS, PLAT_WRITE), 0);
    check_all();
}

static const struct {
    const char *check;
    void (*damage)(void);
} damages[] = {
    {"frame.references", break_reach},
    {"frame.references", break_references},
    {"frame.writable", break_writable},
    {"frame.owners", break_owners},
    {"table.form", break_form},
    {"table.parent", break_parent},
    {"space.regions", break_regions},
    {"process.numbers", break_users},
    {"process.tree", break_tree},
    {"process.numbers", break_numbers},
    {"process.tree", break_once},
    {"file.references", break_file},
    {"file.references", break_pipe},
    {"wait.condition", break_condition},
    {"timer.owner", break_timer},
    {"timer.owner", break_timers},
    {"wait.condition", break_one},
    {"wait.condition", break_futex},
    {"wait.condition", break_futex_key},
    {"sched.queue", break_queue},
    {"call.errno", break_errno},
    {"call.failed", break_failed},
    {"call.failed", break_quiet_of_process},
    {"call.failed", break_quiet_of_thread},
    {"call.waiting", break_waiting},
    {"call.registers", break_registers},
    {"call.registers", break_flags},
    {"call.registers", break_fp},
    {"call.registers", break_fp_of_child},
    {"call.registers", break_stack_of_child},
    {"call.registers", break_spawned},
    {"call.registers", break_start},
    {"call.registers", break_waiter},
    {"wait.condition", break_rest},
    {"end.objects", break_objects},
    {"check.incremental", break_incremental},
};

static const char *damage_once(void (*damage)(void))
{
    found = NULL;
    if (setjmp(caught) == 0) {
        begin();
        damage();
    }
    report_hook = NULL;
    return found;
}

TEST(check_each_can_fail)
{
    for (unsigned i = 0; i < ARRAY_LEN(damages); i++) {
        test_note("%s", damages[i].check);
        EXPECT_STREQ(damage_once(damages[i].damage), damages[i].check);
    }
}

TEST(check_each_has_a_name_and_a_test)
{
    unsigned count = 0;

    for (; check_name(count); count++) {
        unsigned tests = 0;
        EXPECT_EQ(check_find(check_name(count)), count);
        for (unsigned i = 0; i < ARRAY_LEN(damages); i++) {
            tests += str_equal(damages[i].check, check_name(count));
        }
        EXPECT(tests > 0);
    }
    EXPECT_EQ(check_find("nonsense"), -1);
}

TEST(check_none_is_made_that_is_switched_off)
{
    for (unsigned i = 0; i < ARRAY_LEN(damages); i++) {
        check_enabled = UINT64_MAX & ~(UINT64_C(1) << check_find(damages[i].check));
        const char *other = damage_once(damages[i].damage);
        test_note("%s", damages[i].check);
        EXPECT(!other || !str_equal(other, damages[i].check));
    }
    check_enabled = UINT64_MAX;
}

TEST(check_find_nothing_where_nothing_is_wrong)
{
    begin();
    make_pipe();
    make_child();
    call(CHILD, NR_write, 4, IMAGE_SCRATCH, 3);
    EXPECT_EQ(call(1, NR_read, 3, SCRATCH, 3), 3);
    EXPECT_EQ(call(1, NR_read, 99, SCRATCH, 3), -EBADF);
    call(1, NR_wait4, (uint64_t)-1, 0, 0);
    EXPECT_EQ(event.kind, EVENT_BLOCKED);
    check_at_rest();
    call(CHILD, NR_exit_group, 7, 0, 0);
    check_all();
    report_hook = NULL;
}

/* ---- peeking ---- */

TEST(check_peek_reads_what_is_there_and_what_is_not)
{
    const uint64_t written = 0x1122334455667788;
    uint64_t word = 1;
    uint8_t bytes[16];

    begin();
    EXPECT(run_peek(1, IMAGE_ZEROS + PAGE_SIZE - 4, &word, sizeof(word)));
    EXPECT_EQ(word, 0);
    EXPECT_EQ(space_write(init()->space, IMAGE_ZEROS + PAGE_SIZE - 4, &written, sizeof(written)),
              0);
    EXPECT(run_peek(1, IMAGE_ZEROS + PAGE_SIZE - 4, &word, sizeof(word)));
    EXPECT_EQ(word, written);
    uint64_t resident = init()->space->resident;
    EXPECT(run_peek(1, IMAGE_READONLY, bytes, sizeof(bytes)));
    EXPECT(run_peek(1, IMAGE_CODE, bytes, sizeof(bytes)));
    EXPECT_EQ(init()->space->resident, resident);
    EXPECT(!run_peek(1, IMAGE_END - 8, bytes, sizeof(bytes)));
    EXPECT(!run_peek(1, 0, bytes, 1));
    EXPECT(!run_peek(1, UINT64_MAX - 4, bytes, sizeof(bytes)));
    EXPECT(!run_peek(9, IMAGE_CODE, bytes, 1));
    report_hook = NULL;
}

TEST(check_peek_sees_shared_memory_through_each_mapping)
{
    const uint64_t written = 77;
    uint64_t word = 0;

    begin();
    actor_set(init()->thread, &(const struct insn){.op = OP_CALL, .nr = NR_mmap},
              (const uint64_t[INPUT_ARGS]){0, PAGE_SIZE, PROT_READ | PROT_WRITE,
                                           MAP_SHARED | MAP_ANONYMOUS, (uint64_t)-1, 0});
    do {
        actor_tell(1, &event);
    } while (actor_step(&event) == ACTOR_GOES_ON);
    uaddr_t at = (uaddr_t)event.result;
    make_child();
    EXPECT_EQ(space_write(process_of(CHILD)->space, at, &written, sizeof(written)), 0);
    EXPECT(run_peek(1, at, &word, sizeof(word)));
    EXPECT_EQ(word, written);
    report_hook = NULL;
}
