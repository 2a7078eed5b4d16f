#include "state.h"

#include "base/string.h"
#include "dev/console.h"
#include "fs/pipe.h"
#include "fs/timerfd.h"
#include "mm/frame.h"
#include "mm/pt.h"
#include "proc/process.h"

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash ^= value + 0x9e3779b97f4a7c15u + (hash << 6) + (hash >> 2);
    return hash * 0xff51afd7ed558ccdu;
}

/* What the page would hold if it had never been touched. */
static uint8_t untouched(const struct region *region, uaddr_t va)
{
    uint64_t offset = va - region->start;

    return region->file && offset < region->file_len ? region->file[offset] : 0;
}

static uint64_t hash_page(uint64_t hash, const struct region *region, uaddr_t page, paddr_t pa)
{
    const uint8_t *bytes = plat_phys_ptr(pa, PAGE_SIZE);
    bool is_touched = false;

    for (unsigned i = 0; i < PAGE_SIZE && !is_touched; i++) {
        is_touched = bytes[i] != untouched(region, page + i);
    }
    if (!is_touched) {
        return hash;
    }
    hash = mix(hash, page);
    for (unsigned i = 0; i < PAGE_SIZE; i += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, bytes + i, sizeof(word));
        hash = mix(hash, word);
    }
    return hash;
}

/* What others have written counts as well as what this process did. */
static uint64_t hash_shared(uint64_t hash, const struct region *region)
{
    uint64_t end = region->shared_index + ((region->end - region->start) >> PAGE_SHIFT);
    paddr_t pa;

    hash = mix(hash, region->shared_index);
    for (uint64_t i = region->shared_index; shared_next(region->shared, &i, &pa) && i < end; i++) {
        uaddr_t page = region->start + ((i - region->shared_index) << PAGE_SHIFT);
        hash = hash_page(hash, region, page, pa);
    }
    return hash;
}

static uint64_t hash_space(uint64_t hash, const struct space *space)
{
    for (const struct region *region = region_first(&space->regions); region;
         region = region_next(&space->regions, region)) {
        struct pt_leaf leaf;
        hash = mix(mix(mix(hash, region->start), region->end), region->prot | region->flags << 3);
        hash = mix(mix(hash, (uintptr_t)region->file), region->file_len);
        if (region->shared) {
            hash = hash_shared(hash, region);
            continue;
        }
        for (uaddr_t va = region->start; pt_next(space->root, &va, region->end, &leaf);
             va += PAGE_SIZE) {
            hash = hash_page(hash, region, va, leaf.pa);
        }
    }
    return mix(hash, space->brk_end);
}

static uint64_t hash_timers(uint64_t hash, const struct process *process)
{
    for (int i = 0; i < (int)ITIMERS; i++) {
        hash = mix(mix(hash, process->itimers[i].due), process->itimers[i].interval);
    }
    LIST_FOR(link, &process->posix_timers) {
        const struct posix_timer *timer = CONTAINER_OF(link, struct posix_timer, link);
        hash = mix(mix(hash, (uint64_t)timer->id), timer->due);
        hash = mix(mix(hash, timer->interval), (uint64_t)timer->overrun);
    }
    return mix(hash, (uint64_t)process->next_timer);
}

static uint64_t hash_signals(uint64_t hash, const struct process *process)
{
    const struct signals *signals = &process->signals;

    hash = mix(mix(hash, (uint64_t)signals->fatal), signals->pending.set);
    hash = mix(hash, process->zombie_pending.set);
    if (process->state == PROCESS_LIVE) {
        hash = mix(hash, signals->actions->ignored);
        hash = mix(hash, process->thread->signal_mask);
        for (int i = 1; i <= SIGNAL_MAX; i++) {
            struct abi_sigaction action = signal_action(process, i);
            hash = mix(mix(mix(hash, action.handler), action.flags), action.mask);
        }
    }
    return hash;
}

/* The bytes in the pipe of a description, if it has one. */
static uint64_t hash_pipe(uint64_t hash, const struct file *file)
{
    const uint8_t *bytes;
    size_t len;

    for (unsigned i = 0; (bytes = pipe_peek(file, i, &len)); i++) {
        hash = mix(hash, len);
        for (size_t at = 0; at < len; at++) {
            hash = mix(hash, bytes[at]);
        }
    }
    return hash;
}

/* Descriptors, and what is behind them; who shares a description shows in its count and offset. */
static uint64_t hash_descriptors(uint64_t hash, const struct process *process)
{
    const struct fdtable *fds = process->thread->fds;

    for (int fd = fdtable_next(fds, 0); fd >= 0; fd = fdtable_next(fds, (unsigned)fd + 1)) {
        const struct file *file = fdtable_find(fds, fd);
        hash = mix(mix(hash, (uint64_t)fd), fdtable_closes_on_exec(fds, fd));
        hash = mix(mix(mix(hash, file->refs), file->flags), file->offset);
        hash = mix(hash, file->node ? file->node->number : 0);
        hash = hash_pipe(hash, file);
        if (file->timerfd) {
            hash = mix(mix(hash, file->timerfd->due), file->timerfd->interval);
            hash = mix(hash, file->timerfd->count);
        }
    }
    const struct cred *cred = process->thread->cred;
    hash = mix(mix(hash, cred->user.effective), cred->user.fs);
    hash = mix(mix(hash, cred->group.effective), cred->groups ? cred->groups->count : 0);
    return mix(mix(hash, process->thread->fs->cwd->number), process->thread->fs->umask);
}

static uint64_t hash_process(uint64_t hash, const struct process *process)
{
    hash = mix(hash, (uint64_t)process->pid->number);
    hash = mix(hash, (uint64_t)process->group->number);
    hash = mix(hash, (uint64_t)process->session->number);
    hash = mix(hash, process->state);
    hash = mix(hash, (uint64_t)process->wait_status);
    hash = hash_signals(hash, process);
    hash = hash_timers(hash, process);
    hash = mix(hash, process->is_subreaper);
    for (unsigned i = 0; i < RLIMIT_NLIMITS; i++) {
        hash = mix(mix(hash, process->limits[i].rlim_cur), process->limits[i].rlim_max);
    }
    if (process->state == PROCESS_LIVE) {
        hash = mix(hash, process->thread->state);
        hash = mix(hash, process->thread->clear_tid);
        hash = mix(hash, (uint64_t)process->thread->death_signal);
        hash = hash_space(hash, process->space);
        hash = hash_descriptors(hash, process);
    }
    LIST_FOR(link, &process->children) {
        hash = hash_process(hash, CONTAINER_OF(link, struct process, sibling));
    }
    LIST_FOR(link, &process->zombies) {
        hash = hash_process(hash, CONTAINER_OF(link, struct process, sibling));
    }
    return hash;
}

uint64_t state_hash(void)
{
    const struct pid *group = console_foreground();

    return mix(hash_process(1, process_first()), group ? (uint64_t)group->number : 0);
}
