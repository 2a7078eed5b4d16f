#include "fuzz/check/eyes.h"

#include "fuzz/check/changed.h"
#include "fuzz/check/look.h"
#include "fuzz/check/peek.h"

#include "base/string.h"
#include "fs/ramfs.h"

/* What was found last: the next question is mostly about the same. */
static struct {
    int pid; /* 0: nothing */
    const struct space *space;
    const struct region *region;
    uaddr_t base; /* of what the table has leaves for */
    paddr_t leaves;
} last;

static unsigned open(void)
{
    look_begin();
    look_at_processes();
    last.pid = 0;
    return look.process_count;
}

static const struct region *region_at(int pid, uint64_t address)
{
    if (last.pid != pid) {
        const struct process *process = look_process(pid);
        last.pid = pid;
        last.space = process ? process->space : NULL;
        last.region = NULL;
        last.base = UINT64_MAX;
    }
    if (last.region && address >= last.region->start && address < last.region->end) {
        return last.region;
    }
    last.region = last.space ? look_region_at(last.space, address) : NULL;
    return last.region;
}

static bool is_mapped(int pid, uint64_t address)
{
    return region_at(pid, address) != NULL;
}

/* The leaf for an address in the space of the last region. */
static pte_t leaf_at(uint64_t address)
{
    uaddr_t base = address >> look_shift(LOOK_LEAF_LEVEL - 1);

    if (last.base != base) {
        last.base = base;
        last.leaves = look_leaves(last.space->root, address);
    }
    return last.leaves ? look_table(last.leaves)[look_index(address, LOOK_LEAF_LEVEL)] : 0;
}

static const uint8_t *page(int pid, uint64_t address)
{
    const struct region *region = region_at(pid, address);
    paddr_t pa;

    if (!region) {
        return NULL;
    }
    if (region->shared) {
        uint64_t offset = address - region->start;
        pa = look_shared(region->shared, region->shared_index + (offset >> PAGE_SHIFT));
    } else {
        pa = leaf_at(address) & LOOK_ADDRESS;
    }
    return pa ? look_ram(pa) : NULL;
}

static uint32_t now(void)
{
    return changed_stamps() ? changed_tick() : 0;
}

static bool is_unwritten(const uint8_t *page, uint32_t since)
{
    const uint32_t *stamps = changed_stamps();

    return stamps && stamps[(uint64_t)(page - look.bytes) >> PAGE_SHIFT] < since;
}

static void tell_fds(const struct fdtable *table, struct model_thread *seen)
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

static void tell_cwd(const struct ramfs_node *node, struct model_thread *seen)
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

static uint64_t sp(int tid)
{
    look_begin();
    look_at_processes();
    const struct thread *thread = look_tid(tid);
    return thread ? thread->user.sp : 0;
}

static void tell_users(const struct cred *cred, struct model_thread *seen)
{
    const struct cred_groups *groups = cred->groups;

    memcpy(seen->users, &cred->user, sizeof(cred->user));
    memcpy(&seen->users[4], &cred->group, sizeof(cred->group));
    seen->group_count = groups ? groups->count : 0;
    for (unsigned i = 0; i < seen->group_count && i < MODEL_GROUPS_MAX; i++) {
        seen->groups[i] = groups->chunks[0]->ids[i];
    }
}

static bool tell_thread(int tid, struct model_thread *seen)
{
    const struct thread *thread = look_tid(tid);

    if (!thread) {
        return false;
    }
    seen->pid = thread->process->pid->number;
    seen->death_signal = thread->death_signal;
    seen->nice = thread->nice;
    seen->name = thread->name;
    tell_users(thread->cred, seen);
    seen->umask = thread->fs->umask;
    seen->mask = thread->signal_mask;
    seen->altstack_sp = thread->altstack.ss_sp;
    seen->altstack_size = thread->altstack.ss_size;
    seen->altstack_flags = (uint32_t)thread->altstack.ss_flags;
    seen->pending = thread->pending.set;
    seen->is_stopped = thread->state == THREAD_STOPPED;
    seen->fd_count = 0;
    tell_cwd(thread->fs->cwd, seen);
    tell_fds(thread->fds, seen);
    return true;
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
    seen->user = process_cred(process)->user.real;
    seen->exit_signal = process->exit_signal;
    if (seen->is_zombie) {
        return true;
    }
    seen->is_subreaper = process->is_subreaper;
    seen->thread_count = process->thread_count;
    seen->pending = signals->pending.set;
    seen->fatal = signals->fatal;
    seen->stop = signals->is_stopped ? signals->stop : 0;
    seen->is_stop_untold = signals->is_stop_untold;
    seen->is_continue_untold = signals->is_continue_untold;
    seen->ignored = signals->actions->ignored;
    seen->handled = signals->actions->handled;
    seen->actions = signals->actions->table ? signals->actions->table->actions : NULL;
    seen->limits = process->limits;
    seen->break_end = process->space->brk_end;
    return true;
}

const struct model_eyes run_eyes = {
    .peek = run_peek,
    .open = open,
    .is_mapped = is_mapped,
    .page = page,
    .now = now,
    .is_unwritten = is_unwritten,
    .sp = sp,
    .process = tell_process,
    .thread = tell_thread,
};
