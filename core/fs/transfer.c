#include "fs/transfer.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/panic.h"
#include "base/string.h"
#include "mm/pool.h"
#include "mm/uaccess.h"
#include "platform/scratch.h"
#include "proc/thread.h"

enum { VECTORS_MAX = 1024, KEPT_MAX = 15 };

/* Some of those that a call keeps. */
struct kept_vectors {
    struct kept_vectors *next;
    uint64_t count;
    struct abi_iovec vectors[KEPT_MAX];
};

static struct pool pool;

/* The ranges of the call that is being made. A copy: a read may overwrite the program's. */
static struct abi_iovec vectors[VECTORS_MAX];

SCRATCH(vectors);

void transfer_init(void)
{
    pool_init(&pool, "vectors", sizeof(struct kept_vectors));
}

static bool is_user_range(uaddr_t at, uint64_t len)
{
    return at <= USER_END && len <= USER_END - at;
}

static void begin(struct transfer *transfer, struct thread *thread)
{
    *transfer = (struct transfer){.thread = thread, .done = &thread->call.done};
}

int transfer_range(struct transfer *transfer, struct thread *thread, uaddr_t at, uint64_t len)
{
    if (!is_user_range(at, len)) {
        return -EFAULT;
    }
    begin(transfer, thread);
    vectors[0] = (struct abi_iovec){at, len};
    transfer->total = min_u64(len, TRANSFER_MAX);
    return 0;
}

/* Reads count vectors, and looks at them. */
static int read_vectors(uaddr_t at, uint64_t count)
{
    if (count > VECTORS_MAX) {
        return -EINVAL;
    }
    int error = user_read(vectors, at, count * sizeof(vectors[0]));
    if (error) {
        return error;
    }
    for (uint64_t i = 0; i < count; i++) {
        if (vectors[i].iov_len > INT64_MAX) {
            return -EINVAL;
        }
    }
    for (uint64_t i = 0; i < count; i++) {
        if (!is_user_range(vectors[i].iov_base, vectors[i].iov_len)) {
            return -EFAULT;
        }
    }
    return 0;
}

void transfer_forget(struct thread *thread)
{
    while (thread->call.vectors) {
        struct kept_vectors *first = thread->call.vectors;
        thread->call.vectors = first->next;
        pool_free(&pool, first);
    }
}

int transfer_keep(struct thread *thread, uint64_t count)
{
    struct kept_vectors **end = &thread->call.vectors;

    if (*end) {
        return 0;
    }
    for (uint64_t kept = 0; kept < count; kept += (*end)->count, end = &(*end)->next) {
        *end = pool_alloc(&pool);
        if (!*end) {
            transfer_forget(thread);
            return -ENOMEM;
        }
        (*end)->count = min_u64(count - kept, KEPT_MAX);
        memcpy((*end)->vectors, vectors + kept, (*end)->count * sizeof(vectors[0]));
    }
    return 0;
}

static void take_kept(const struct kept_vectors *kept)
{
    for (uint64_t taken = 0; kept; taken += kept->count, kept = kept->next) {
        memcpy(vectors + taken, kept->vectors, kept->count * sizeof(vectors[0]));
    }
}

int transfer_vectors(struct transfer *transfer, struct thread *thread, uaddr_t at, uint64_t count)
{
    if (thread->call.vectors) {
        take_kept(thread->call.vectors);
    } else {
        int error = read_vectors(at, count);
        if (error) {
            return error;
        }
    }
    begin(transfer, thread);
    for (uint64_t i = 0; i < count; i++) {
        transfer->total = min_u64(transfer->total + vectors[i].iov_len, TRANSFER_MAX);
    }
    return 0;
}

size_t transfer_kept(const struct thread *thread)
{
    size_t count = 0;

    for (const struct kept_vectors *kept = thread->call.vectors; kept; kept = kept->next) {
        ASSERT(kept->count > 0 && kept->count <= KEPT_MAX);
        count++;
    }
    return count;
}

const struct abi_iovec *transfer_peek(const struct thread *thread, unsigned index)
{
    const struct kept_vectors *kept = thread->call.vectors;

    for (unsigned i = 0; i < index / KEPT_MAX && kept; i++) {
        kept = kept->next;
    }
    return kept && index % KEPT_MAX < kept->count ? &kept->vectors[index % KEPT_MAX] : NULL;
}

size_t transfer_kept_by_all(void)
{
    pool_check(&pool);
    return pool.used;
}

uint64_t transfer_left(const struct transfer *transfer)
{
    return transfer->total - *transfer->done;
}

/* The range that holds byte number at, from there on; *index and *before as in struct transfer. */
static struct abi_iovec range_from(uint64_t at, unsigned *index, uint64_t *before)
{
    while (at - *before >= vectors[*index].iov_len) {
        *before += vectors[*index].iov_len;
        ++*index;
        ASSERT(*index < VECTORS_MAX);
    }
    uint64_t skip = at - *before;
    return (struct abi_iovec){vectors[*index].iov_base + skip, vectors[*index].iov_len - skip};
}

uint64_t transfer_range_size(struct transfer *transfer, uint64_t *done)
{
    *done = 0;
    if (*transfer->done == 0) {
        return vectors[0].iov_len;
    }
    struct abi_iovec rest = range_from(*transfer->done, &transfer->index, &transfer->before);
    *done = *transfer->done - transfer->before;
    return *done + rest.iov_len;
}

uint64_t transfer_piece(struct transfer *transfer)
{
    struct abi_iovec range = range_from(*transfer->done, &transfer->index, &transfer->before);
    uint64_t page_rest = PAGE_SIZE - (range.iov_base & PAGE_MASK);

    return min_u64(min_u64(range.iov_len, page_rest), transfer_left(transfer));
}

enum direction { FROM_USER, TO_USER, PREPARE };

/* The next len bytes, range by range. */
static int move(struct transfer *transfer, enum direction direction, void *to, const void *from,
                uint64_t len)
{
    unsigned index = transfer->index;
    uint64_t before = transfer->before;

    ASSERT(len <= transfer_left(transfer));
    for (uint64_t moved = 0, count; moved < len; moved += count) {
        struct abi_iovec range = range_from(*transfer->done + moved, &index, &before);
        int error;
        count = min_u64(range.iov_len, len - moved);
        if (direction == FROM_USER) {
            error = user_read((char *)to + moved, range.iov_base, count);
        } else if (direction == TO_USER) {
            error = user_write(range.iov_base, (const char *)from + moved, count);
        } else {
            error = user_prepare_write(range.iov_base, count);
        }
        if (error) {
            return error;
        }
        plat_irq_window();
    }
    return 0;
}

int transfer_from_user(struct transfer *transfer, void *to, uint64_t len)
{
    return move(transfer, FROM_USER, to, NULL, len);
}

int transfer_prepare(struct transfer *transfer, uint64_t len)
{
    return move(transfer, PREPARE, NULL, NULL, len);
}

int transfer_to_user(struct transfer *transfer, const void *from, uint64_t len)
{
    int error = transfer_prepare(transfer, len);

    return error ? error : move(transfer, TO_USER, NULL, from, len);
}

void transfer_advance(struct transfer *transfer, uint64_t len)
{
    ASSERT(len <= transfer_left(transfer));
    *transfer->done += len;
}

int64_t transfer_result(const struct transfer *transfer, int error)
{
    return *transfer->done > 0 ? (int64_t)*transfer->done : error;
}
