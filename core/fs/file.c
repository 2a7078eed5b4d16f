#include "fs/file.h"

#include "abi/errno.h"
#include "base/panic.h"
#include "base/string.h"
#include "dev/device.h"
#include "fs/ramfile.h"
#include "mm/pool.h"
#include "proc/thread.h"

static struct {
    struct pool pool;
    struct list all; /* file.link */
} files;

void file_init(void)
{
    pool_init(&files.pool, "file", sizeof(struct file));
    list_init(&files.all);
}

struct file *file_create(const struct file_ops *ops, const struct ramfs_node *node, uint32_t flags)
{
    struct file *file = pool_alloc(&files.pool);

    if (file) {
        file->ops = ops;
        file->refs = 1;
        file->flags = flags;
        file->node = node;
        list_append(&files.all, &file->link);
    }
    return file;
}

struct file *file_get(struct file *file)
{
    ASSERT(file->refs > 0);
    file->refs++;
    return file;
}

void file_put(struct file *file)
{
    ASSERT(file->refs > 0);
    file->refs--;
    if (file->refs > 0) {
        return;
    }
    if (file->ops->release) {
        file->ops->release(file);
    }
    list_remove(&file->link);
    pool_free(&files.pool, file);
}

/* O_RDONLY is 0, and 3 allows neither. */
bool file_may_read(const struct file *file)
{
    uint32_t mode = file->flags & O_ACCMODE;

    return !(file->flags & O_PATH) && (mode == O_RDONLY || mode == O_RDWR);
}

bool file_may_write(const struct file *file)
{
    uint32_t mode = file->flags & O_ACCMODE;

    return !(file->flags & O_PATH) && (mode == O_WRONLY || mode == O_RDWR);
}

bool file_is_impatient(const struct file *file, const struct thread *thread)
{
    return (file->flags & O_NONBLOCK) && !thread->call.has_blocked;
}

void file_status(const struct file *file, struct abi_stat *status)
{
    if (file->ops->status) {
        file->ops->status(file, status);
    } else {
        ramfs_status(file->node, status);
    }
}

int file_open(const struct ramfs_node *node, uint32_t flags, struct file **file)
{
    static const struct file_ops name_only;
    const struct file_ops *ops = flags & O_PATH ? &name_only : ramfile_ops(node);

    if (!ops) {
        ops = device_ops(node);
    }
    if (!ops) {
        return -ENXIO;
    }
    struct file *made = file_create(ops, node, flags);
    if (!made) {
        return -ENOMEM;
    }
    *file = made;
    return 0;
}

size_t file_count(void)
{
    return files.pool.used;
}

const struct file *file_next(const struct file *file)
{
    const struct list *next = file ? file->link.next : files.all.next;

    return next == &files.all ? NULL : CONTAINER_OF(next, struct file, link);
}

const struct list *file_all(void)
{
    return &files.all;
}

void file_check_begin(void)
{
    pool_check(&files.pool);
    LIST_FOR(link, &files.all) {
        CONTAINER_OF(link, struct file, link)->seen = 0;
    }
}

void file_see(struct file *file)
{
    ASSERT(file->refs > 0);
    file->seen++;
}

void file_check_end(void)
{
    size_t count = 0;

    LIST_FOR(link, &files.all) {
        const struct file *file = CONTAINER_OF(link, struct file, link);
        ASSERT(file->seen == file->refs); /* descriptor counts */
        count++;
    }
    ASSERT(count == files.pool.used);
}
