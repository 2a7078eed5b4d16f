#include "fs/fdtable.h"

#include "abi/errno.h"
#include "base/panic.h"
#include "base/plant.h"
#include "mm/pool.h"

static struct {
    struct pool tables;
    struct pool chunks;
} pools;

void fdtable_init(void)
{
    pool_init(&pools.tables, "fdtable", sizeof(struct fdtable));
    pool_init(&pools.chunks, "fdchunk", sizeof(struct fdchunk));
}

int fdtable_create(struct fdtable **table)
{
    struct fdtable *made = pool_alloc(&pools.tables);

    if (!made) {
        return -ENOMEM;
    }
    made->users = 1;
    *table = made;
    return 0;
}

static struct fdchunk *chunk_of(const struct fdtable *table, int fd)
{
    return table->chunks[fd / FDTABLE_CHUNK];
}

static uint32_t bit_of(int fd)
{
    return (uint32_t)1 << fd % FDTABLE_CHUNK;
}

/* Makes the chunk of a number. */
static int make_chunk(struct fdtable *table, int fd)
{
    struct fdchunk **chunk = &table->chunks[fd / FDTABLE_CHUNK];

    if (!*chunk) {
        *chunk = pool_alloc(&pools.chunks);
    }
    return *chunk ? 0 : -ENOMEM;
}

int fdtable_fork(const struct fdtable *table, struct fdtable **copy)
{
    struct fdtable *made;
    int error = fdtable_create(&made);

    if (error) {
        return error;
    }
    for (unsigned i = 0; i < FDTABLE_CHUNKS; i++) {
        if (!table->chunks[i]) {
            continue;
        }
        made->chunks[i] = pool_alloc(&pools.chunks);
        if (!made->chunks[i]) {
            fdtable_put(made);
            return -ENOMEM;
        }
        *made->chunks[i] = *table->chunks[i];
        for (uint32_t left = made->chunks[i]->used; left != 0; left &= left - 1) {
            struct file *file = made->chunks[i]->files[__builtin_ctz(left)];
            if (!PLANTED(K_7) || !file->pipe || file_may_read(file)) {
                (void)file_get(file);
            }
        }
        plat_irq_window();
    }
    *copy = made;
    return 0;
}

/* A number that has no description is free. */
static void free_number(struct fdtable *table, int fd)
{
    struct fdchunk *chunk = chunk_of(table, fd);

    chunk->used &= ~bit_of(fd);
    chunk->close_on_exec &= ~bit_of(fd);
    chunk->files[fd % FDTABLE_CHUNK] = NULL;
    if (chunk->used == 0) {
        table->chunks[fd / FDTABLE_CHUNK] = NULL;
        pool_free(&pools.chunks, chunk);
    }
}

struct file *fdtable_find(const struct fdtable *table, int fd)
{
    if ((unsigned)fd >= FDTABLE_MAX || !chunk_of(table, fd)) {
        return NULL;
    }
    return chunk_of(table, fd)->files[fd % FDTABLE_CHUNK];
}

struct file *fdtable_find_open(const struct fdtable *table, int fd)
{
    struct file *file = fdtable_find(table, fd);

    return file && !(file->flags & O_PATH) ? file : NULL;
}

int fdtable_close(struct fdtable *table, int fd)
{
    struct file *file = fdtable_find(table, fd);

    if (!file) {
        return -EBADF;
    }
    free_number(table, fd);
    file_put(file);
    return 0;
}

int fdtable_next(const struct fdtable *table, unsigned min)
{
    for (unsigned fd = min; fd < FDTABLE_MAX; fd++) {
        const struct fdchunk *chunk = chunk_of(table, (int)fd);
        if (!chunk) {
            fd |= FDTABLE_CHUNK - 1;
        } else if (chunk->files[fd % FDTABLE_CHUNK]) {
            return (int)fd;
        }
    }
    return -1;
}

struct fdtable *fdtable_get(struct fdtable *table)
{
    ASSERT(table->users > 0);
    table->users++;
    return table;
}

void fdtable_put(struct fdtable *table)
{
    ASSERT(table->users > 0);
    if (--table->users > 0) {
        return;
    }
    for (int fd = fdtable_next(table, 0); fd >= 0; fd = fdtable_next(table, (unsigned)fd + 1)) {
        int error = fdtable_close(table, fd);
        ASSERT(error == 0);
        plat_irq_window();
    }
    pool_free(&pools.tables, table);
}

int fdtable_reserve(struct fdtable *table, unsigned min, uint64_t limit, int *fd)
{
    unsigned end = (unsigned)min_u64(limit, FDTABLE_MAX);

    for (unsigned i = min; i < end; i++) {
        const struct fdchunk *chunk = chunk_of(table, (int)i);
        if (chunk && (chunk->used & bit_of((int)i))) {
            continue;
        }
        int error = make_chunk(table, (int)i);
        if (error) {
            return error;
        }
        chunk_of(table, (int)i)->used |= bit_of((int)i);
        *fd = (int)i;
        return 0;
    }
    return -EMFILE;
}

void fdtable_install(struct fdtable *table, int fd, struct file *file, bool close_on_exec)
{
    struct fdchunk *chunk = chunk_of(table, fd);

    ASSERT(chunk->used & bit_of(fd));
    ASSERT(!chunk->files[fd % FDTABLE_CHUNK]);
    chunk->files[fd % FDTABLE_CHUNK] = file;
    fdtable_set_close_on_exec(table, fd, close_on_exec);
}

void fdtable_release(struct fdtable *table, int fd)
{
    ASSERT(!chunk_of(table, fd)->files[fd % FDTABLE_CHUNK]);
    free_number(table, fd);
}

int fdtable_replace(struct fdtable *table, int fd, struct file *file, bool close_on_exec)
{
    struct file *old = fdtable_find(table, fd);
    int error = make_chunk(table, fd);

    if (error) {
        return error;
    }
    chunk_of(table, fd)->used |= bit_of(fd);
    chunk_of(table, fd)->files[fd % FDTABLE_CHUNK] = NULL;
    fdtable_install(table, fd, file_get(file), close_on_exec);
    if (old && !(PLANTED(OWN_4) && old->node)) {
        file_put(old);
    }
    return 0;
}

bool fdtable_closes_on_exec(const struct fdtable *table, int fd)
{
    return chunk_of(table, fd)->close_on_exec & bit_of(fd);
}

void fdtable_set_close_on_exec(struct fdtable *table, int fd, bool close_on_exec)
{
    struct fdchunk *chunk = chunk_of(table, fd);

    if (close_on_exec) {
        chunk->close_on_exec |= bit_of(fd);
    } else {
        chunk->close_on_exec &= ~bit_of(fd);
    }
}

void fdtable_exec(struct fdtable *table)
{
    for (int fd = fdtable_next(table, 0); fd >= 0; fd = fdtable_next(table, (unsigned)fd + 1)) {
        if (fdtable_closes_on_exec(table, fd)) {
            int error = fdtable_close(table, fd);
            ASSERT(error == 0);
        }
        plat_irq_window();
    }
}

size_t fdtable_count(void)
{
    return pools.tables.used;
}

bool fdtable_check(struct fdtable *table)
{
    if (++table->seen < table->users) {
        return false;
    }
    table->seen = 0;
    for (unsigned i = 0; i < FDTABLE_CHUNKS; i++) {
        const struct fdchunk *chunk = table->chunks[i];
        if (!chunk) {
            continue;
        }
        ASSERT(chunk->used != 0);
        ASSERT((chunk->close_on_exec & ~chunk->used) == 0);
        for (unsigned n = 0; n < FDTABLE_CHUNK; n++) {
            bool is_used = chunk->used & (uint32_t)1 << n;
            ASSERT(is_used == (chunk->files[n] != NULL));
            if (is_used) {
                file_see(chunk->files[n]);
            }
        }
    }
    return true;
}
