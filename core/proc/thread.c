#include "proc/thread.h"

#include "base/cpu.h"
#include "base/string.h"
#include "mm/pool.h"
#include "proc/sched.h"

static struct pool thread_pool;

void thread_init(void)
{
    pool_init(&thread_pool, "thread", sizeof(struct thread));
}

struct thread *thread_create(struct process *process)
{
    struct thread *thread = pool_alloc(&thread_pool);

    if (thread) {
        thread->process = process;
        thread->state = THREAD_NEW;
        list_init(&thread->run_link);
        list_init(&thread->wait_link);
        list_init(&thread->block_link);
    }
    return thread;
}

void thread_destroy(struct thread *thread)
{
    struct cpu *cpu = cpu_this();

    sched_remove(thread);
    if (cpu->fp_owner == thread) {
        plat_fp_use(NULL);
        cpu->fp_owner = NULL;
    }
    pool_free(&thread_pool, thread);
}

void thread_sync_fp(struct thread *thread)
{
    if (cpu_this()->fp_owner == thread) {
        plat_fp_sync(&thread->fp);
    }
}

size_t thread_count(void)
{
    return thread_pool.used;
}

void thread_check(void)
{
    pool_check(&thread_pool);
}
