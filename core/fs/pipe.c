#include "fs/pipe.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/panic.h"
#include "base/plant.h"
#include "mm/frame.h"
#include "mm/pool.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "proc/signal.h"
#include "syscall/table.h"

enum { PIPE_DEVICE = 2 }; /* st_dev of pipes */

static struct {
    struct pool pool;
    struct list all; /* pipe.link */
    uint32_t last_number;
} pipes;

void pipe_init(void)
{
    pool_init(&pipes.pool, "pipe", sizeof(struct pipe));
    list_init(&pipes.all);
    pipes.last_number = 0;
}

static struct pipe_piece *piece_at(struct pipe *pipe, unsigned index)
{
    return &pipe->pieces[(pipe->first + index) % PIPE_PIECES];
}

static uint8_t *bytes_of(const struct pipe_piece *piece)
{
    return (uint8_t *)plat_phys_ptr(piece->frame, PAGE_SIZE) + piece->offset;
}

static void drop_first(struct pipe *pipe)
{
    frame_put(piece_at(pipe, 0)->frame);
    pipe->first = (pipe->first + 1) % PIPE_PIECES;
    pipe->count--;
}

/* The planted bug x-23: who empties a pipe decides for the next reader that it sleeps on. */
static void send_to_sleep(const struct pipe *pipe)
{
    if (!list_is_empty(&pipe->readable.threads)) {
        plant_memory = CONTAINER_OF(pipe->readable.threads.next, struct thread, wait_link)->tid;
    }
}

static int64_t sleep_for_bytes(struct pipe *pipe, struct thread *thread)
{
    plant_memory = 0;
    return sched_block(thread, WAIT_PIPE_BYTES, pipe->number, &pipe->readable, PLAT_NEVER);
}

static int64_t read_pipe(struct file *file, struct transfer *transfer, uint64_t *offset)
{
    struct pipe *pipe = file->pipe;

    (void)offset;
    if (transfer->total == 0) {
        return 0;
    }
    if (PLANTED(X_23) && transfer->thread->call.has_blocked &&
        plant_memory == transfer->thread->tid) {
        return sleep_for_bytes(pipe, transfer->thread);
    }
    while (pipe->count > 0 && transfer_left(transfer) > 0) {
        struct pipe_piece *piece = piece_at(pipe, 0);
        uint16_t len = (uint16_t)min_u64(piece->len, transfer_left(transfer));
        int error = transfer_to_user(transfer, bytes_of(piece), len);
        if (error) {
            return transfer_result(transfer, error);
        }
        transfer_advance(transfer, len);
        piece->offset = (uint16_t)(piece->offset + len);
        piece->len = (uint16_t)(piece->len - len);
        if (piece->len == 0) {
            drop_first(pipe);
            waitq_wake_all(&pipe->writable);
        }
        plat_irq_window();
    }
    if (PLANTED(X_23) && *transfer->done > 0 && pipe->count == 0) {
        send_to_sleep(pipe);
    }
    if (*transfer->done > 0 || pipe->writers == 0) {
        return transfer_result(transfer, 0);
    }
    if (file_is_impatient(file, transfer->thread)) {
        return -EAGAIN;
    }
    return sched_block(transfer->thread, WAIT_PIPE_BYTES, pipe->number, &pipe->readable,
                       PLAT_NEVER);
}

/* Where the odd bytes of a write, those beyond whole pages, go behind the last piece; NULL: they do
 * not fit there. Whole pages and what follows bytes of the same write get pieces of their own. */
static struct pipe_piece *find_room(struct pipe *pipe, const struct transfer *transfer,
                                    uint64_t *len)
{
    *len = transfer->total & PAGE_MASK;
    if (*transfer->done > 0 || *len == 0 || pipe->count == 0) {
        return NULL;
    }
    struct pipe_piece *last = piece_at(pipe, pipe->count - 1);
    return last->offset + last->len + *len <= PAGE_SIZE ? last : NULL;
}

/* Writes to the end of the last piece, or adds one where there is a free place: all of the bytes
 * that go there, or none. */
static int write_piece(struct pipe *pipe, struct transfer *transfer)
{
    uint64_t len;
    struct pipe_piece *last = find_room(pipe, transfer, &len);
    int error;

    if (last) {
        error = transfer_from_user(transfer, bytes_of(last) + last->len, len);
        if (!error) {
            last->len = (uint16_t)(last->len + len);
        }
    } else {
        struct pipe_piece made = {.len = (uint16_t)min_u64(PAGE_SIZE, transfer_left(transfer))};
        len = made.len;
        error = frame_alloc(FRAME_PIPE, &made.frame);
        if (error) {
            return error;
        }
        error = transfer_from_user(transfer, bytes_of(&made), len);
        if (error) {
            frame_put(made.frame);
        } else {
            *piece_at(pipe, pipe->count) = made;
            pipe->count++;
        }
    }
    if (!error) {
        transfer_advance(transfer, len);
        waitq_wake_all(&pipe->readable);
    }
    return error;
}

static bool has_room(struct pipe *pipe, const struct transfer *transfer)
{
    uint64_t len;

    return pipe->count < PIPE_PIECES || find_room(pipe, transfer, &len);
}

/* As on Linux SIGPIPE comes also where a part was written, which the call then gives. */
static int64_t write_pipe(struct file *file, struct transfer *transfer, uint64_t *offset)
{
    struct pipe *pipe = file->pipe;

    (void)offset;
    if (transfer->total == 0) {
        return 0;
    }
    while (transfer_left(transfer) > 0) {
        if (pipe->readers == 0) {
            struct thread *writer = transfer->thread;
            const struct abi_siginfo info =
                signal_info_of(SIGPIPE, SI_USER, writer->process, writer->cred);
            (void)signal_send_info(writer->process, writer, &info);
            return transfer_result(transfer, -EPIPE);
        }
        if (!has_room(pipe, transfer)) {
            if (file_is_impatient(file, transfer->thread)) {
                return transfer_result(transfer, -EAGAIN);
            }
            int64_t result = sched_block(transfer->thread, WAIT_PIPE_ROOM, pipe->number,
                                         &pipe->writable, PLAT_NEVER);
            bool has_done = result == CALL_INTERRUPTED && *transfer->done > 0;
            return has_done ? transfer_result(transfer, 0) : result;
        }
        int error = write_piece(pipe, transfer);
        if (error) {
            return transfer_result(transfer, error);
        }
        plat_irq_window();
    }
    return transfer_result(transfer, 0);
}

static void pipe_status(const struct file *file, struct abi_stat *status)
{
    *status = (struct abi_stat){
        .st_dev = PIPE_DEVICE,
        .st_ino = file->pipe->number,
        .st_mode = S_IFIFO | 0600,
        .st_nlink = 1,
        .st_blksize = PAGE_SIZE,
    };
}

static void destroy(struct pipe *pipe)
{
    while (pipe->count > 0 && !PLANTED(OWN_1)) {
        drop_first(pipe);
    }
    list_remove(&pipe->link);
    pool_free(&pipes.pool, pipe);
}

/* The last reader's end wakes those who write, and the other way round. */
static void release_pipe(struct file *file)
{
    struct pipe *pipe = file->pipe;

    if (file_may_read(file)) {
        pipe->readers--;
    } else {
        pipe->writers--;
    }
    waitq_wake_all(pipe->readers == 0 ? &pipe->writable : &pipe->readable);
    if (pipe->readers + pipe->writers == 0) {
        destroy(pipe);
    }
}

static const struct file_ops pipe_ops = {
    .read = read_pipe,
    .write = write_pipe,
    .status = pipe_status,
    .release = release_pipe,
};

/* A description of the pipe, which it counts. */
static struct file *open_end(struct pipe *pipe, uint32_t flags, unsigned *count)
{
    struct file *file = file_create(&pipe_ops, NULL, flags);

    if (file) {
        file->pipe = pipe;
        ++*count;
    }
    return file;
}

int pipe_create(uint32_t flags, struct file **reader, struct file **writer)
{
    struct pipe *pipe = pool_alloc(&pipes.pool);
    struct file *from;
    struct file *to;

    if (!pipe) {
        return -ENOMEM;
    }
    waitq_init(&pipe->readable);
    waitq_init(&pipe->writable);
    list_append(&pipes.all, &pipe->link);
    from = open_end(pipe, O_RDONLY | flags, &pipe->readers);
    if (!from) {
        destroy(pipe);
        return -ENOMEM;
    }
    to = open_end(pipe, O_WRONLY | flags, &pipe->writers);
    if (!to) {
        file_put(from); /* and the pipe with it */
        return -ENOMEM;
    }
    pipe->number = ++pipes.last_number;
    *reader = from;
    *writer = to;
    return 0;
}

const uint8_t *pipe_peek(const struct file *file, unsigned index, size_t *len)
{
    if (!file->pipe || index >= file->pipe->count) {
        return NULL;
    }
    const struct pipe_piece *piece = piece_at(file->pipe, index);
    *len = piece->len;
    return bytes_of(piece);
}

const struct list *pipe_all(void)
{
    return &pipes.all;
}

size_t pipe_count(void)
{
    return pipes.pool.used;
}

/* Nobody sleeps who has something to wake up for. */
static void check_waiting(const struct pipe *pipe)
{
    LIST_FOR(link, &pipe->readable.threads) {
        const struct thread *thread = CONTAINER_OF(link, struct thread, wait_link);
        ASSERT(thread->call.reason == WAIT_PIPE_BYTES);
        ASSERT(thread->state == THREAD_READY || pipe->count == 0);
        ASSERT(thread->state == THREAD_READY || pipe->writers > 0);
    }
    LIST_FOR(link, &pipe->writable.threads) {
        const struct thread *thread = CONTAINER_OF(link, struct thread, wait_link);
        ASSERT(thread->call.reason == WAIT_PIPE_ROOM);
        ASSERT(thread->state == THREAD_READY || pipe->count == PIPE_PIECES);
        ASSERT(thread->state == THREAD_READY || pipe->readers > 0);
    }
}

static void count_ends(void)
{
    LIST_FOR(link, &pipes.all) {
        struct pipe *pipe = CONTAINER_OF(link, struct pipe, link);
        pipe->seen_readers = 0;
        pipe->seen_writers = 0;
    }
    for (const struct file *file = file_next(NULL); file; file = file_next(file)) {
        if (file->pipe && file_may_read(file)) {
            file->pipe->seen_readers++;
        } else if (file->pipe) {
            file->pipe->seen_writers++;
        }
    }
}

uint64_t pipe_check(void)
{
    uint64_t frames = 0;
    size_t count = 0;

    pool_check(&pipes.pool);
    count_ends();
    LIST_FOR(link, &pipes.all) {
        struct pipe *pipe = CONTAINER_OF(link, struct pipe, link);
        ASSERT(pipe->count <= PIPE_PIECES);
        for (unsigned i = 0; i < pipe->count; i++) {
            const struct pipe_piece *piece = piece_at(pipe, i);
            ASSERT(frame_of(piece->frame)->kind == FRAME_PIPE);
            ASSERT(piece->len > 0);
            ASSERT(piece->offset + piece->len <= PAGE_SIZE);
        }
        ASSERT(pipe->seen_readers == pipe->readers);
        ASSERT(pipe->seen_writers == pipe->writers);
        check_waiting(pipe);
        frames += pipe->count;
        count++;
    }
    ASSERT(count == pipes.pool.used);
    return frames;
}
