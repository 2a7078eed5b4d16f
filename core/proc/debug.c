#include "proc/debug.h"

#include "base/cpu.h"
#include "base/panic.h"
#include "base/string.h"
#include "mm/fault.h"
#include "mm/pt.h"
#include "mm/uaccess.h"
#include "proc/process.h"

static void describe(struct thread *thread, struct debug_thread *described)
{
    thread_sync_fp(thread);
    *described = (struct debug_thread){
        .tid = thread->tid,
        .name = thread->name,
        .is_in_call = thread->call.is_pending,
        .user = &thread->user,
        .fp = &thread->fp,
    };
}

bool debug_find(int tid, struct debug_thread *described)
{
    struct thread *thread = thread_find(tid);

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
    const struct thread *thread = tid ? thread_find(tid) : NULL;
    struct process *process = process_first();
    const struct list *link = NULL;

    if (tid && !thread) {
        return 0;
    }
    if (thread) {
        process = thread->process;
        link = thread->process_link.next;
    } else if (process) {
        link = process->threads.next;
    }
    while (process && link == &process->threads) {
        process = process_next(process);
        link = process ? process->threads.next : NULL;
    }
    return process ? CONTAINER_OF(link, struct thread, process_link)->tid : 0;
}

void debug_fp_changed(int tid)
{
    struct thread *thread = thread_find(tid);

    if (thread && cpu_this()->fp_owner == thread) {
        plat_fp_use(&thread->fp);
    }
}

size_t debug_read(int tid, void *dst, uaddr_t src, size_t len)
{
    const struct thread *thread = thread_find(tid);

    return thread ? space_peek(thread->process->space, dst, src, len) : 0;
}

size_t debug_write(int tid, uaddr_t dst, const void *src, size_t len)
{
    const struct thread *thread = thread_find(tid);
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
