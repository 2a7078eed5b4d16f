#include "fuzz/check/eyes.h"

#include "fuzz/check/look.h"
#include "fuzz/check/peek.h"

#include "fs/ramfs.h"

static unsigned open(void)
{
    look_begin();
    look_at_processes();
    return look.process_count;
}

static bool is_mapped(int pid, uint64_t address)
{
    const struct process *process = look_process(pid);
    const struct region *region =
        process && process->space ? look_region_at(process->space, address) : NULL;

    return region != NULL;
}

static const uint8_t *page(int pid, uint64_t address)
{
    const struct process *process = look_process(pid);
    const struct region *region =
        process && process->space ? look_region_at(process->space, address) : NULL;
    paddr_t pa;

    if (!region) {
        return NULL;
    }
    if (region->shared) {
        uint64_t offset = address - region->start;
        pa = look_shared(region->shared, region->shared_index + (offset >> PAGE_SHIFT));
    } else {
        pa = look_leaf(process->space->root, address) & LOOK_ADDRESS;
    }
    return pa ? look_ram(pa) : NULL;
}

static void tell_fds(const struct fdtable *table, struct model_process *seen)
{
    for (unsigned i = 0; i < FDTABLE_CHUNKS; i++) {
        const struct fdchunk *chunk = table->chunks[i];
        for (uint32_t left = chunk ? chunk->used : 0; left != 0; left &= left - 1) {
            unsigned n = (unsigned)__builtin_ctz(left);
            const struct file *file = chunk->files[n];
            if (!file || seen->fd_count == MODEL_FDS_MAX) {
                continue;
            }
            seen->fds[seen->fd_count++] = (struct model_fd){
                .number = (int)(i * FDTABLE_CHUNK + n),
                .flags = file->flags,
                .offset = file->offset,
                .closes = chunk->close_on_exec >> n & 1,
            };
        }
    }
}

static void tell_cwd(const struct ramfs_node *node, struct model_process *seen)
{
    seen->cwd_len = 0;
    for (; node && node->parent; node = node->parent) {
        for (size_t i = 0; i < node->name_len && seen->cwd_len + 1 < MODEL_CWD_MAX; i++) {
            seen->cwd[seen->cwd_len++] = node->name[i];
        }
        seen->cwd[seen->cwd_len++] = '/';
        if (seen->cwd_len == MODEL_CWD_MAX) {
            return;
        }
    }
}

static bool tell_process(int pid, struct model_process *seen)
{
    const struct process *process = look_process(pid);

    if (!process) {
        return false;
    }
    const struct signals *signals = &process->signals;
    seen->parent = process->parent ? process->parent->pid->number : 0;
    seen->group = process->group->number;
    seen->session = process->session->number;
    seen->is_zombie = process->state == PROCESS_ZOMBIE;
    seen->status = process->wait_status;
    seen->exit_signal = process->exit_signal;
    seen->fd_count = 0;
    if (seen->is_zombie) {
        return true;
    }
    seen->is_subreaper = process->is_subreaper;
    seen->death_signal = process->death_signal;
    seen->nice = process->thread->nice;
    seen->umask = process->umask;
    seen->mask = process->thread->signal_mask;
    seen->pending = signals->pending;
    seen->fatal = signals->fatal;
    seen->ignored = signals->ignored;
    seen->handled = signals->handled;
    seen->actions = signals->table ? signals->table->actions : NULL;
    seen->limits = process->limits;
    seen->name = process->name;
    seen->break_end = process->space->brk_end;
    tell_cwd(process->cwd, seen);
    tell_fds(process->fds, seen);
    return true;
}

const struct model_eyes run_eyes = {
    .peek = run_peek,
    .open = open,
    .is_mapped = is_mapped,
    .page = page,
    .process = tell_process,
};
