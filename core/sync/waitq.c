#include "sync/waitq.h"

#include "base/panic.h"
#include "platform/platform.h"
#include "proc/sched.h"
#include "proc/thread.h"

void waitq_init(struct waitq *queue)
{
    list_init(&queue->threads);
}

void waitq_add(struct waitq *queue, struct thread *thread)
{
    ASSERT(!thread->waitq);
    thread->waitq = queue;
    list_append(&queue->threads, &thread->wait_link);
}

void waitq_remove(struct thread *thread)
{
    if (thread->waitq) {
        list_remove(&thread->wait_link);
        thread->waitq = NULL;
    }
}

void waitq_wake_all(struct waitq *queue)
{
    LIST_FOR(link, &queue->threads) {
        sched_wake(CONTAINER_OF(link, struct thread, wait_link));
        plat_irq_window();
    }
}
