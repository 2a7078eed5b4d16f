#include "syscall/call_file.h"

#include "fs/fdtable.h"
#include "fs/transfer.h"
#include "proc/thread.h"

struct file *call_file(const struct thread *thread, uint64_t fd)
{
    return thread->call.file ? thread->call.file : fdtable_find_open(thread->fds, (int)fd);
}

int64_t call_file_end(struct thread *thread, struct file *file, int64_t result)
{
    bool goes_on = result == CALL_BLOCKED || result == CALL_AGAIN;

    if (goes_on && !thread->call.file) {
        thread->call.file = file_get(file);
    } else if (!goes_on && thread->call.file) {
        thread->call.file = NULL;
        file_put(file);
    }
    if (!goes_on) {
        transfer_forget(thread);
    }
    return result;
}
