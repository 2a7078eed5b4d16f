#include "fuzz/check/state.h"

#include "fuzz/check/changed.h"
#include "fuzz/check/checks.h"
#include "fuzz/check/digest.h"

#include "abi/linux.h"
#include "base/cpu.h"
#include "dev/console.h"
#include "fs/pipe.h"
#include "fs/signalfd.h"
#include "fs/timerfd.h"
#include "fs/transfer.h"

enum {
    FRAMES_MAX = 1 << 15,
    FILES_MAX = 64,   /* pages of files of which the sum is kept */
    LOOKED_AT = 2,    /* frames that are looked at again now and then */
    WHOLE = PAGE_SIZE /* the part of a frame that is all of it */
};

/* The sum of a part of a frame: [part >> 16, ...) and so many bytes. */
struct content {
    uint64_t digest;
    uint32_t taken; /* when; 0: never */
    uint32_t part;
};

static struct {
    const uint32_t *stamps; /* NULL: not known here */
    uint32_t now;
    uint32_t end; /* no frame from this number on has been looked at */
    uint32_t next;
    uint64_t zeros; /* the sum of an untouched page */
    struct content contents[FRAMES_MAX];
    struct {
        const uint8_t *bytes;
        uint64_t count;
        uint64_t digest;
    } files[FILES_MAX];
} known;

/* ---- contents ---- */

static uint64_t digest_part(uint32_t number, uint32_t part)
{
    const uint8_t *bytes = look_ram(look.base + ((paddr_t)number << PAGE_SHIFT));

    return digest_bytes(bytes + (part >> 16), part & 0xffff);
}

/* What a part of a frame holds, worked out when it may have changed. */
static uint64_t content_of(uint32_t number, uint32_t part)
{
    struct content *content = &known.contents[number];

    if (known.stamps && content->part == part && known.stamps[number] < content->taken) {
        return content->digest;
    }
    if (number >= known.end) {
        known.end = number + 1;
    }
    *content = (struct content){digest_part(number, part), known.now, part};
    return content->digest;
}

/* The page with these bytes at its start, and zeros behind. */
static uint64_t digest_file(const uint8_t *bytes, uint64_t count)
{
    uint64_t padded[PAGE_SIZE / sizeof(uint64_t)];

    if (count == PAGE_SIZE) {
        return digest_bytes(bytes, count);
    }
    for (unsigned i = 0; i < ARRAY_LEN(padded); i++) {
        padded[i] = 0;
    }
    for (uint64_t i = 0; i < count; i++) {
        ((uint8_t *)padded)[i] = bytes[i];
    }
    return digest_bytes(padded, sizeof(padded));
}

/* What a private page holds before it is touched. */
static uint64_t first_content(const struct region *region, uaddr_t va)
{
    uint64_t offset = va - region->start;

    if (!region->file || offset >= region->file_len) {
        return known.zeros;
    }
    const uint8_t *bytes = region->file + offset;
    uint64_t count = min_u64(region->file_len - offset, PAGE_SIZE);
    unsigned at = (unsigned)(((uintptr_t)bytes >> 3 ^ (uintptr_t)bytes >> PAGE_SHIFT) % FILES_MAX);
    if (known.files[at].bytes != bytes || known.files[at].count != count) {
        known.files[at].bytes = bytes;
        known.files[at].count = count;
        known.files[at].digest = digest_file(bytes, count);
    }
    return known.files[at].digest;
}

void state_begin(void)
{
    static const uint64_t zeros[PAGE_SIZE / sizeof(uint64_t)];

    for (uint32_t i = 0; i < known.end; i++) {
        known.contents[i].taken = 0;
    }
    for (unsigned i = 0; i < FILES_MAX; i++) {
        known.files[i].bytes = NULL;
    }
    known.end = 0;
    known.next = 0;
    known.stamps = changed_stamps();
    known.zeros = digest_bytes(zeros, sizeof(zeros));
}

/* ---- memory ---- */

static uint64_t digest_region(const struct region *region)
{
    bool grows = region->flags & REGION_GROWS;
    const uint64_t words[] = {
        grows ? 0 : region->start,
        region->end,
        region->prot | region->flags << 3,
        (uintptr_t)region->file ^ region->file_len,
        (uintptr_t)region->shared + region->shared_index,
    };

    return digest_words(words, ARRAY_LEN(words));
}

/* The leaves of a region are those from *at on and below its end. */
static void take_pages(struct state *state, const struct region *region,
                       const struct seen_leaf *leaves, unsigned count, unsigned *at)
{
    for (; *at < count && leaves[*at].va < region->end; ++*at) {
        const struct seen_leaf *leaf = &leaves[*at];
        if (region->shared || state->page_count == STATE_PAGES_MAX) {
            continue;
        }
        uint64_t digest = content_of(leaf->frame, WHOLE);
        if (digest != first_content(region, leaf->va)) {
            state->pages[state->page_count++] = (struct state_page){leaf->va, digest};
        }
    }
}

/* Whether two become one if the upper grows until it meets the lower. */
static bool may_join(const struct region *low, const struct region *high)
{
    return low && (low->flags & REGION_GROWS) && low->flags == high->flags &&
           low->prot == high->prot;
}

static void take_space(struct state *state, const struct space *space)
{
    unsigned count;
    unsigned at = 0;
    const struct seen_leaf *leaves = frames_leaves(space, &count);
    const struct region *below = NULL;
    uint64_t without = 0; /* the region below */

    state->space = space;
    state->regions = digest_mix(space->brk_end, space->mmap_top);
    LOOK_REGIONS(region, space) {
        without = may_join(below, region) ? without : state->regions;
        state->regions = digest_mix(without, digest_region(region));
        below = region;
        state->stacks += region->flags & REGION_GROWS ? region->start : 0;
        take_pages(state, region, leaves, count, &at);
    }
}

static void take_objects(struct state *state)
{
    LIST_FOR(link, shared_all()) {
        const struct shared *object = CONTAINER_OF(link, struct shared, link);
        for (const struct tree_node *node = look_first(&object->tree); node;
             node = look_next(node)) {
            paddr_t pa = CONTAINER_OF(node, struct shared_page, node)->pa;
            uint64_t digest = look_in_ram(pa) ? content_of(look_number(pa), WHOLE) : known.zeros;
            if (digest != known.zeros) {
                state->objects += digest_mix((uintptr_t)object + node->key, digest);
            }
        }
    }
}

/* ---- descriptors ---- */

static uint64_t digest_descriptors(const struct fdtable *table)
{
    uint64_t digest = 0;

    for (unsigned i = look_chunk(table, 0); i < FDTABLE_CHUNKS; i = look_chunk(table, i + 1)) {
        const struct fdchunk *chunk = table->chunks[i];
        digest = digest_mix(digest, i);
        digest = digest_mix(digest, (uint64_t)chunk->used << 32 | chunk->close_on_exec);
        digest = digest_mix(digest, digest_bytes(chunk->files, sizeof(chunk->files)));
    }
    return digest;
}

static uint64_t digest_pipe(const struct pipe *pipe)
{
    uint64_t digest = digest_mix((uintptr_t)pipe, (uint64_t)pipe->readers << 32 | pipe->writers);

    for (unsigned i = 0; i < pipe->count && i < PIPE_PIECES; i++) {
        const struct pipe_piece *piece = &pipe->pieces[(pipe->first + i) % PIPE_PIECES];
        uint32_t part = (uint32_t)piece->offset << 16 | piece->len;
        uint64_t bytes =
            look_in_ram(piece->frame) ? content_of(look_number(piece->frame), part) : 0;
        digest = digest_mix(digest, bytes);
    }
    return digest;
}

static uint64_t digest_timerfd(const struct timerfd *timerfd)
{
    const uint64_t words[] = {(uintptr_t)timerfd, timerfd->due, timerfd->interval, timerfd->count};

    return digest_words(words, ARRAY_LEN(words));
}

/* A reference to a description. */
static uint64_t digest_reference(const struct file *file)
{
    return digest_mix((uintptr_t)file, 1);
}

/* But for the references that calls hold, which begin to wait and end. */
static uint64_t digest_files(void)
{
    uint64_t digest = 0;

    LIST_FOR(link, file_all()) {
        const struct file *file = CONTAINER_OF(link, struct file, link);
        uint64_t own = digest_mix((uintptr_t)file, file->flags);
        own = digest_mix(own, file->offset);
        digest +=
            digest_mix(own, (uintptr_t)file->node ^ (uintptr_t)file->pipe ^ (uintptr_t)file->pid);
        digest += file->signalfd ? digest_mix(own, file->signalfd->set) : 0;
        digest += file->timerfd ? digest_timerfd(file->timerfd) : 0;
        digest += digest_reference(file) * file->refs;
    }
    LOOK_PROCESSES(process) {
        LOOK_THREADS(thread, process) {
            digest -= thread->call.file ? digest_reference(thread->call.file) : 0;
        }
    }
    LIST_FOR(link, pipe_all()) {
        digest += digest_pipe(CONTAINER_OF(link, struct pipe, link));
    }
    return digest;
}

/* ---- processes ---- */

static uint64_t number_of(const struct pid *pid)
{
    return (uint64_t)pid->number;
}

/* What any thread is to the others; but for exceeds_nproc, which an exec that fails takes back. */
static uint64_t digest_thread(const struct thread *thread)
{
    const uint64_t words[] = {
        (uint64_t)thread->tid << 32 | thread->fs->umask,
        (uintptr_t)thread->fs->cwd,
        (uintptr_t)thread->fds,
        (uintptr_t)thread->cred << 1 ^ thread->no_new_privs,
        (uintptr_t)thread->vfork_parent,
        thread->clear_tid,
        thread->altstack.ss_sp,
        thread->altstack.ss_size,
        (uint32_t)thread->altstack.ss_flags,
        thread->robust_list,
        (uint64_t)thread->death_signal,
        (uint64_t)thread->params.policy << 32 | (uint32_t)thread->params.priority << 1 |
            thread->params.is_reset,
    };

    return digest_words(words, ARRAY_LEN(words));
}

/* What nothing but its own calls changes of a process's timers: not when one comes that comes again
 * and again. */
static uint64_t digest_timers(const struct process *process)
{
    uint64_t digest = (uint64_t)process->next_timer;

    for (unsigned i = 0; i < ITIMERS; i++) {
        digest = digest_mix(digest, process->itimers[i].interval);
        digest = digest_mix(digest, process->itimers[i].interval ? 0 : process->itimers[i].due);
    }
    LIST_FOR(link, &process->posix_timers) {
        const struct posix_timer *timer = CONTAINER_OF(link, struct posix_timer, link);
        const uint64_t words[] = {
            (uint64_t)timer->id << 32 | (uint32_t)timer->notify,
            (uintptr_t)timer->clock.pid ^ (uintptr_t)timer->to,
            timer->interval,
            timer->interval ? 0 : timer->due,
        };
        digest = digest_mix(digest, digest_words(words, ARRAY_LEN(words)));
    }
    return digest;
}

/* What any process is to the others. */
static uint64_t digest_process(const struct process *process)
{
    const struct signals *signals = &process->signals;
    const uint64_t words[] = {
        number_of(process->pid) << 32 | (process->parent ? number_of(process->parent->pid) : 0),
        number_of(process->group) << 32 | number_of(process->session),
        (uint64_t)process->state << 32 | (uint32_t)process->wait_status,
        (uint32_t)process->exit_signal,
        (uint64_t)process->has_execed << 1 | process->is_subreaper,
        (uintptr_t)process->space,
        (uintptr_t)process->parent_thread,
        (uintptr_t)process->zombie_cred,
        process->exec_count,
        process->thread_count,
        digest_timers(process),
    };
    uint64_t digest = digest_words(words, ARRAY_LEN(words));

    if (signals->actions) {
        digest = digest_mix(digest, signals->actions->ignored);
        digest = digest_mix(digest, signals->actions->handled);
        digest = digest_mix(digest, (uintptr_t)signals->actions->table);
    }
    return digest;
}

/* Where it waits for a word of memory, if it does. */
static uint64_t digest_futex(const struct futex_waiter *waiter)
{
    const uint64_t words[] = {
        waiter->key.owner,
        waiter->key.place,
        (uint64_t)waiter->key.kind << 32 | waiter->bitset,
        (uint64_t)waiter->is_waiting << 1 | waiter->is_woken,
    };

    return waiter->is_waiting || waiter->is_woken ? digest_words(words, ARRAY_LEN(words)) : 0;
}

/* The vectors that its call goes on with. */
static uint64_t digest_vectors(const struct thread *thread)
{
    const struct abi_iovec *vector;
    uint64_t digest = 0;

    for (unsigned i = 0; (vector = transfer_peek(thread, i)); i++) {
        digest = digest_mix(digest_mix(digest, vector->iov_base), vector->iov_len);
    }
    return digest;
}

/* Of one that does not act: what it waits for, too. */
static uint64_t digest_other_thread(const struct thread *thread)
{
    const uint64_t words[] = {
        digest_thread(thread),
        thread->signal_mask,
        thread->call.done,
        digest_vectors(thread),
        (uint64_t)thread->nice << 32 | thread->call.is_pending,
        (uintptr_t)thread->vfork_child,
        digest_futex(&thread->futex),
    };

    return digest_words(words, ARRAY_LEN(words));
}

/* Of a process that does not act: what is sent to it, too. */
static uint64_t digest_other(const struct process *process)
{
    const uint64_t words[] = {
        digest_process(process),
        process->signals.pending.set,
        process->zombie_pending.set,
        (uint64_t)process->signals.fatal,
    };

    return digest_words(words, ARRAY_LEN(words));
}

/* A thread's FP registers: in memory, unless the CPU has them. */
static const struct plat_fp *fp_of(const struct thread *thread)
{
    static struct plat_fp live;

    if (cpu_this()->fp_owner != thread) {
        return &thread->fp;
    }
    plat_fp_sync(&live);
    return &live;
}

uint64_t state_registers(const struct thread *thread)
{
    const struct plat_user *user = &thread->user;
    const struct plat_fp *fp = fp_of(thread);
    uint64_t others = user->sp * 3 + user->tpidr * 5 + user->pstate * 7;

    others += fp->v[0][0] * 11 + fp->v[0][1] * 13 + fp->v[31][0] * 17 + fp->v[31][1] * 19;
    others += fp->fpcr * 23 + fp->fpsr * 29;
    return digest_bytes(&user->x[1], sizeof(user->x) - sizeof(user->x[0])) + others;
}

bool state_registers_are_clear(const struct thread *thread)
{
    const struct plat_user *user = &thread->user;
    const struct plat_fp *fp = fp_of(thread);
    uint64_t any = user->tpidr | user->pstate | fp->fpcr | fp->fpsr;

    for (unsigned i = 0; i < ARRAY_LEN(user->x); i++) {
        any |= user->x[i];
    }
    for (unsigned i = 0; i < ARRAY_LEN(fp->v); i++) {
        any |= fp->v[i][0] | fp->v[i][1];
    }
    return any == 0;
}

static bool has_cpu_timers(const struct thread *thread)
{
    bool has_any = false;

    for (unsigned i = 0; i < CPU_TIMES; i++) {
        has_any |= look_first(&thread->cpu_clock.timers[i].tree) ||
                   look_first(&thread->process->cpu_clock.timers[i].tree);
    }
    return has_any;
}

static void take_actor(struct state *state, const struct thread *thread)
{
    const struct process *process = thread->process;
    const struct signals *signals = &process->signals;
    uint64_t digest = digest_mix(digest_process(process), digest_thread(thread));

    digest = digest_mix(digest, thread->signal_mask);
    digest = digest_mix(digest, (uint64_t)thread->nice);
    digest = digest_mix(digest, digest_bytes(process->limits, sizeof(process->limits)));
    digest = digest_mix(digest, digest_bytes(thread->name, sizeof(thread->name)));
    if (signals->actions->table) {
        digest = digest_mix(digest, digest_bytes(signals->actions->table->actions,
                                                 sizeof(signals->actions->table->actions)));
    }
    state->actor = digest;
    state->has_cpu_timers = has_cpu_timers(thread);
    state->signals =
        digest_mix(signals->pending.set & thread->signal_mask, (uint64_t)signals->fatal);
    state->signals = digest_mix(state->signals, thread->cpu_clock.quiet_until);
    state->signals = digest_mix(state->signals, process->cpu_clock.quiet_until);
    state->done = thread->call.done;
    state->files = digest_descriptors(thread->fds) + digest_files();
    take_space(state, process->space);
}

static uint64_t digest_console(void)
{
    const struct pid *foreground = console_foreground();
    uint64_t digest = foreground ? number_of(foreground) : 0;
    int value;

    for (size_t i = 0; (value = console_peek(i)) >= 0; i++) {
        digest = digest_mix(digest, (uint64_t)value);
    }
    return digest;
}

bool state_take(struct state *state, int tid)
{
    const struct thread *actor = look_tid(tid);

    known.now = changed_tick();
    state->tid = tid;
    state->stacks = 0;
    state->objects = 0;
    state->page_count = 0;
    state->others = digest_console();
    LOOK_PROCESSES(process) {
        if (!actor || process != actor->process) {
            state->others = digest_mix(state->others, digest_other(process));
        }
        LOOK_THREADS(thread, process) {
            if (thread != actor) {
                state->others = digest_mix(state->others, digest_other_thread(thread));
            }
        }
    }
    if (actor) {
        take_actor(state, actor);
    }
    take_objects(state);
    return actor;
}

void state_check_remembered(bool all)
{
    uint32_t count = all ? known.end : (uint32_t)min_u64(LOOKED_AT, known.end);

    if (!known.stamps) {
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t number = known.next++ % known.end;
        const struct content *content = &known.contents[number];
        CHECK_THAT(CHECK_INCREMENTAL,
                   known.stamps[number] >= content->taken ||
                       content->digest == digest_part(number, content->part),
                   "frame 0x%lx was written to, and nobody knew",
                   (unsigned long)(look.base + ((paddr_t)number << PAGE_SHIFT)));
    }
}
