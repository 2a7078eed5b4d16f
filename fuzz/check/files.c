#include "fuzz/check/files.h"

#include "fuzz/check/checks.h"
#include "fuzz/check/tally.h"

#include "abi/linux.h"
#include "fs/pipe.h"
#include "fs/transfer.h"

static struct {
    struct tally tables;
    struct tally files;
    struct tally readers; /* by pipe */
    struct tally writers;
    struct tally pids; /* that files hold */
    size_t kept;       /* objects with vectors, by calls */
} seen;

static void count_chunk(const struct process *process, const struct fdchunk *chunk)
{
    CHECK_THAT(FILE_REFERENCES, chunk->used != 0 && (chunk->close_on_exec & ~chunk->used) == 0,
               "process %d has descriptors 0x%x, to be closed by exec 0x%x", process->pid->number,
               chunk->used, chunk->close_on_exec);
    for (uint32_t left = chunk->used; left != 0; left &= left - 1) {
        const struct file *file = chunk->files[__builtin_ctz(left)];
        CHECK_THAT(FILE_REFERENCES, file, "process %d has a descriptor with nothing behind it",
                   process->pid->number);
        if (file) {
            tally_add(&seen.files, file);
        }
    }
}

static void count_descriptors(const struct process *process, const struct fdtable *table)
{
    for (unsigned i = look_chunk(table, 0); i < FDTABLE_CHUNKS; i = look_chunk(table, i + 1)) {
        count_chunk(process, table->chunks[i]);
    }
}

/* The description that a call goes on with, whatever its descriptor names by now. */
static void count_held(const struct thread *thread)
{
    CHECK_THAT(FILE_REFERENCES, !thread->call.vectors || thread->call.file,
               "thread %d keeps vectors, and holds no description", thread->tid);
    seen.kept += transfer_kept(thread);
    if (!thread->call.file) {
        return;
    }
    CHECK_THAT(FILE_REFERENCES, thread->call.is_pending,
               "thread %d makes no call, and holds a description", thread->tid);
    tally_add(&seen.files, thread->call.file);
}

/* Descriptions are few: only those that descriptors name, or calls hold, are read, and there are no
 * others. */
static void check_descriptions(void)
{
    unsigned count = 0;

    LIST_FOR(link, file_all()) {
        const struct file *file = CONTAINER_OF(link, struct file, link);
        unsigned references = tally_count(&seen.files, file);
        CHECK_THAT(FILE_REFERENCES, ++count < CHECK_WALK_MAX,
                   "the list of descriptions goes in circles");
        CHECK_THAT(FILE_REFERENCES, file->refs == references,
                   "a description counts %u references, and %u descriptors and calls name it",
                   file->refs, references);
        if (file->pipe) {
            bool reads = (file->flags & O_ACCMODE) == O_RDONLY;
            tally_add(reads ? &seen.readers : &seen.writers, file->pipe);
        }
        if (file->pid) {
            tally_add(&seen.pids, file->pid);
        }
    }
    CHECK_THAT(FILE_REFERENCES, seen.files.keys == count,
               "descriptors and calls name %u descriptions, and there are %u", seen.files.keys,
               count);
}

/* Timers of a process that go by somebody's time, or send a signal to a thread, stand for that. */
static void count_timers(const struct process *process)
{
    LIST_FOR(link, &process->posix_timers) {
        const struct posix_timer *timer = CONTAINER_OF(link, struct posix_timer, link);
        if (timer->clock.pid) {
            tally_add(&seen.pids, timer->clock.pid);
        }
        if (timer->to) {
            tally_add(&seen.pids, timer->to);
        }
    }
}

static void check_hold(const struct pid *pid)
{
    unsigned holds = pid ? tally_count(&seen.pids, pid) : 0;

    CHECK_THAT(FILE_REFERENCES, !pid || pid->holds == holds,
               "number %d, or what is left of it, is held %u times, and %u files and timers stand "
               "for it",
               pid->number, pid->holds, holds);
}

/* What stands for a process or a thread. */
static void check_holds(void)
{
    LIST_FOR(link, file_all()) {
        check_hold(CONTAINER_OF(link, struct file, link)->pid);
    }
    LOOK_PROCESSES(process) {
        LIST_FOR(link, &process->posix_timers) {
            const struct posix_timer *timer = CONTAINER_OF(link, struct posix_timer, link);
            check_hold(timer->clock.pid);
            check_hold(timer->to);
        }
    }
}

static void check_pipe(const struct pipe *pipe)
{
    unsigned readers = tally_count(&seen.readers, pipe);
    unsigned writers = tally_count(&seen.writers, pipe);

    CHECK_THAT(FILE_REFERENCES, pipe->readers == readers && pipe->writers == writers,
               "pipe %u counts %u readers and %u writers, and has %u and %u", pipe->number,
               pipe->readers, pipe->writers, readers, writers);
    CHECK_THAT(FILE_REFERENCES, readers + writers > 0, "pipe %u has no ends", pipe->number);
    CHECK_THAT(FILE_REFERENCES, pipe->count <= PIPE_PIECES && pipe->first < PIPE_PIECES,
               "pipe %u has %u pieces from %u on", pipe->number, pipe->count, pipe->first);
    for (unsigned i = 0; i < pipe->count; i++) {
        const struct pipe_piece *piece = &pipe->pieces[(pipe->first + i) % PIPE_PIECES];
        CHECK_THAT(FILE_REFERENCES, piece->len > 0 && piece->offset + piece->len <= PAGE_SIZE,
                   "a piece of pipe %u is [%u, %u)", pipe->number, piece->offset,
                   piece->offset + piece->len);
    }
}

static void check_tables(void)
{
    LOOK_PROCESSES(process) {
        LOOK_THREADS(thread, process) {
            unsigned users = tally_count(&seen.tables, thread->fds);
            CHECK_THAT(FILE_REFERENCES, thread->fds->users == users,
                       "the descriptors of thread %d count %u users, and have %u", thread->tid,
                       thread->fds->users, users);
        }
    }
    CHECK_THAT(FILE_REFERENCES, seen.tables.keys == fdtable_count(),
               "threads have %u tables of descriptors, and there are %lu", seen.tables.keys,
               fdtable_count());
}

void files_check(void)
{
    tally_begin(&seen.tables);
    tally_begin(&seen.files);
    tally_begin(&seen.readers);
    tally_begin(&seen.writers);
    tally_begin(&seen.pids);
    seen.kept = 0;
    LOOK_PROCESSES(process) {
        LOOK_THREADS(thread, process) {
            if (tally_add(&seen.tables, thread->fds) == 0) {
                count_descriptors(process, thread->fds);
            }
            count_held(thread);
        }
        count_timers(process);
    }
    CHECK_THAT(FILE_REFERENCES, seen.kept == transfer_kept_by_all(),
               "calls keep vectors in %lu objects, and there are %lu", seen.kept,
               transfer_kept_by_all());
    check_tables();
    check_descriptions();
    check_holds();
    LIST_FOR(link, pipe_all()) {
        check_pipe(CONTAINER_OF(link, struct pipe, link));
    }
}
