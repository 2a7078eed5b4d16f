#include "proc/debug.h"

#include "base/cpu.h"
#include "base/panic.h"
#include "base/string.h"
#include "mm/fault.h"
#include "mm/pt.h"
#include "mm/uaccess.h"
#include "proc/process.h"

static struct thread *find(int tid)
{
    const struct process *process = process_find(tid);

    return process ? process->thread : NULL;
}

static void describe(struct thread *thread, struct debug_thread *described)
{
    thread_sync_fp(thread);
    *described = (struct debug_thread){
        .tid = thread->tid,
        .name = thread->process->name,
        .is_in_call = thread->call.is_pending,
        .user = &thread->user,
        .fp = &thread->fp,
    };
}

bool debug_find(int tid, struct debug_thread *described)
{
    struct thread *thread = find(tid);

    if (thread) {
        describe(thread, described);
    }
    return thread;
}

bool debug_current(struct debug_thread *described)
{
    struct thread *thread = cpu_this()->current;

    if (thread) {
        describe(thread, described);
    }
    return thread;
}

int debug_next(int tid)
{
    struct process *process = tid ? process_find(tid) : process_first();

    if (tid && process) {
        process = process_next(process);
    }
    while (process && !process->thread) {
        process = process_next(process);
    }
    return process ? process->thread->tid : 0;
}

void debug_fp_changed(int tid)
{
    struct thread *thread = find(tid);

    if (thread && cpu_this()->fp_owner == thread) {
        plat_fp_use(&thread->fp);
    }
}

size_t debug_read(int tid, void *dst, uaddr_t src, size_t len)
{
    const struct thread *thread = find(tid);

    return thread ? space_peek(thread->process->space, dst, src, len) : 0;
}

size_t debug_write(int tid, uaddr_t dst, const void *src, size_t len)
{
    const struct thread *thread = find(tid);
    size_t done = 0;

    while (thread && done < len) {
        uaddr_t at = dst + done;
        uint64_t offset = at & PAGE_MASK;
        size_t chunk = min_u64(PAGE_SIZE - offset, len - done);
        struct pt_leaf leaf;
        if (fault_make_own(thread->process->space, at) != 0) {
            break;
        }
        bool is_there = pt_find(thread->process->space->root, page_down(at), &leaf);
        ASSERT(is_there);
        memcpy((char *)plat_phys_ptr(leaf.pa, PAGE_SIZE) + offset, (const char *)src + done, chunk);
        plat_icache_sync(leaf.pa, PAGE_SIZE);
        done += chunk;
    }
    return done;
}
