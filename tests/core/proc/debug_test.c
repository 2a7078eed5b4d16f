/* What a debugger sees and changes: threads, registers, memory that others share. */
#include "proc/debug.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/cpu.h"
#include "base/string.h"
#include "mm/fault.h"
#include "mm/frame.h"
#include "mm/pt.h"
#include "mm/space.h"
#include "platform/hosted/mmu.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "test.h"
#include "tests/core/fixture.h"

#define VA ((uaddr_t)3 << 30)
#define RO (VA + 2 * PAGE_SIZE)
#define NONE (VA + 3 * PAGE_SIZE)

static struct process *init;
static struct process *child;
static int tid;

/* Init has two pages to be written, one to be read and executed, and one without rights. */
static void begin(void)
{
    fixture_begin(300);
    init = fixture_process(NULL);
    process_set_name(init, "/bin/first");
    tid = init->thread->tid;
    fixture_map(init->space, VA, RO, PROT_READ | PROT_WRITE);
    fixture_map(init->space, RO, NONE, PROT_READ | PROT_EXEC);
    fixture_map(init->space, NONE, NONE + PAGE_SIZE, PROT_NONE);
    fixture_run(init);
    child = NULL;
}

static void expect_bytes(int of, uaddr_t at, const char *text)
{
    char bytes[16];
    size_t len = str_len(text);

    EXPECT_EQ(debug_read(of, bytes, at, len), len);
    EXPECT_MEMEQ(bytes, text, len);
}

TEST(debug_finds_threads)
{
    struct debug_thread found;

    begin();
    child = fixture_process(init);
    EXPECT(debug_find(tid, &found));
    EXPECT_EQ(found.tid, tid);
    EXPECT_STREQ(found.name, "first");
    EXPECT(!found.is_in_call);
    EXPECT_EQ(found.user, &init->thread->user);
    EXPECT(debug_current(&found));
    EXPECT_EQ(found.tid, tid);
    EXPECT_EQ(debug_next(0), tid);
    EXPECT_EQ(debug_next(tid), child->thread->tid);
    EXPECT_EQ(debug_next(child->thread->tid), 0);
    EXPECT(!debug_find(4711, &found));
    EXPECT(!debug_find(0, &found));
    fixture_end();
}

TEST(debug_passes_over_zombies)
{
    struct debug_thread found;

    begin();
    child = fixture_process(init);
    struct process *other = fixture_process(init);
    int ended = child->thread->tid;
    process_exit(child, 0);
    EXPECT(!debug_find(ended, &found));
    EXPECT_EQ(debug_next(tid), other->thread->tid);
    EXPECT_EQ(debug_next(other->thread->tid), 0);
    EXPECT_EQ(debug_read(ended, &found, VA, 1), 0);
    EXPECT_EQ(debug_write(ended, VA, &found, 1), 0);
    fixture_end();
}

TEST(debug_fp_registers_are_the_live_ones)
{
    const struct plat_fp live = {.v = {{7, 8}}};
    struct plat_fp now;
    struct debug_thread found;

    begin();
    plat_fp_use(&live);
    cpu_this()->fp_owner = init->thread;
    EXPECT(debug_find(tid, &found));
    EXPECT_EQ(found.fp->v[0][1], 8);
    found.fp->v[0][1] = 9;
    debug_fp_changed(tid);
    plat_fp_sync(&now);
    EXPECT_EQ(now.v[0][1], 9);
    debug_fp_changed(4711);
    fixture_end();
}

TEST(debug_reads_what_is_there)
{
    char bytes[32];

    begin();
    EXPECT_EQ(fixture_store(VA + PAGE_SIZE - 1, 'x'), 0);
    EXPECT_EQ(debug_read(tid, bytes, VA + PAGE_SIZE - 1, 2), 2);
    EXPECT_EQ(bytes[0], 'x');
    EXPECT_EQ(bytes[1], 0); /* never touched, and still not there */
    EXPECT_EQ(debug_read(tid, bytes, VA - 1, 2), 0);
    EXPECT_EQ(debug_read(tid, bytes, NONE + PAGE_SIZE - 8, 16), 8);
    EXPECT_EQ(debug_read(tid, bytes, UINT64_MAX - 4, 16), 0);
    fixture_end();
}

TEST(debug_writes_across_pages)
{
    begin();
    EXPECT_EQ(debug_write(tid, VA + PAGE_SIZE - 2, "abcd", 4), 4);
    expect_bytes(tid, VA + PAGE_SIZE - 2, "abcd");
    EXPECT_EQ(debug_write(tid, RO + 8, "code", 4), 4);
    expect_bytes(tid, RO + 8, "code");
    EXPECT_EQ(fault_resolve(init->space, RO, PLAT_WRITE), -EFAULT); /* as before */
    fixture_end();
}

TEST(debug_writes_no_further_than_it_may)
{
    begin();
    EXPECT_EQ(debug_write(tid, NONE - 2, "abcd", 4), 2);
    EXPECT_EQ(debug_write(tid, NONE, "a", 1), 0);
    EXPECT_EQ(debug_write(tid, VA - 1, "a", 1), 0);
    EXPECT_EQ(debug_write(tid, UINT64_MAX, "a", 1), 0);
    EXPECT_EQ(debug_write(tid, (uaddr_t)1 << 39, "a", 1), 0);
    fixture_end();
}

/* A breakpoint's instruction is seen by the next fetch, or the machine would say that it is not. */
TEST(debug_write_is_fetched_at_once)
{
    struct plat_fault fault;

    begin();
    EXPECT_EQ(debug_write(tid, RO + 8, "code", 4), 4);
    EXPECT(mmu_translate(RO + 8, PLAT_FETCH, &fault) != NULL);
    fixture_end();
}

/* Both kinds of page, of a fork: what one gets, the other does not. */
TEST(debug_write_stays_in_one_process)
{
    struct pt_leaf leaf;

    begin();
    EXPECT_EQ(debug_write(tid, VA, "data", 4), 4);
    EXPECT_EQ(debug_write(tid, RO, "text", 4), 4);
    child = fixture_process(init);
    space_put(child->space);
    EXPECT_EQ(space_fork(init->space, &child->space), 0);
    int other = child->thread->tid;
    EXPECT_EQ(debug_write(other, VA, "DATA", 4), 4);
    EXPECT_EQ(debug_write(other, RO, "TEXT", 4), 4);
    expect_bytes(tid, VA, "data");
    expect_bytes(tid, RO, "text");
    expect_bytes(other, VA, "DATA");
    expect_bytes(other, RO, "TEXT");
    EXPECT(pt_find(child->space->root, RO, &leaf));
    EXPECT(!leaf.is_writable);
    EXPECT_EQ(fault_resolve(child->space, RO, PLAT_WRITE), -EFAULT);
    fixture_end();
}

TEST(debug_write_without_memory_changes_nothing)
{
    begin();
    EXPECT_EQ(debug_write(tid, RO, "text", 4), 4);
    child = fixture_process(init);
    space_put(child->space);
    EXPECT_EQ(space_fork(init->space, &child->space), 0);
    int other = child->thread->tid;
    paddr_t taken[300];
    unsigned count = 0;
    while (count < 300 && frame_alloc(FRAME_USER, &taken[count]) == 0) {
        count++;
    }
    EXPECT_EQ(debug_write(other, RO, "TEXT", 4), 0);
    EXPECT_EQ(debug_write(other, VA, "DATA", 4), 0);
    expect_bytes(other, RO, "text");
    while (count > 0) {
        frame_put(taken[--count]);
    }
    fixture_end();
}

TEST(debug_next_has_all_threads)
{
    struct thread *made;

    begin();
    child = fixture_process(process_first());
    EXPECT_EQ(thread_create(child, 0, &made), 0);
    EXPECT_EQ(thread_inherit(made, child->thread, 0), 0);
    sched_add(made);
    int number = child->pid->number;
    EXPECT_EQ(debug_next(number), made->tid);
    EXPECT_EQ(debug_next(made->tid), 0);
    EXPECT_EQ(debug_next(PID_MAX), 0);
    process_end_thread(child->thread, 0);
    EXPECT_EQ(debug_next(1), made->tid);
    EXPECT_EQ(debug_next(number), 0);
    fixture_end();
}

TEST(debug_before_there_are_processes)
{
    struct debug_thread found;

    fixture_begin(300);
    EXPECT(!debug_current(&found));
    EXPECT_EQ(debug_next(0), 0);
    debug_fp_changed(4711);
    fixture_end();
}
