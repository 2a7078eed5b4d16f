#include "fs/ramfile.h"

#include "abi/errno.h"

/* The bytes stay where the initramfs lies, so a read never waits, and is made in one go: nobody
 * else moves the offset meanwhile. */
static int64_t read_regular(struct file *file, struct transfer *transfer, uint64_t *offset)
{
    const struct ramfs_node *node = file->node;

    while (transfer_left(transfer) > 0 && *offset < node->size) {
        uint64_t len = min_u64(transfer_piece(transfer), node->size - *offset);
        int error = transfer_to_user(transfer, node->bytes + *offset, len);
        if (error) {
            return transfer_result(transfer, error);
        }
        transfer_advance(transfer, len);
        *offset += len;
        plat_irq_window();
    }
    return transfer_result(transfer, 0);
}

/* Sets the offset to base + offset. */
static int64_t seek_to(struct file *file, uint64_t base, int64_t offset)
{
    int64_t sum;

    if (__builtin_add_overflow((int64_t)base, offset, &sum)) {
        return -EOVERFLOW;
    }
    if (sum < 0) {
        return -EINVAL;
    }
    file->offset = (uint64_t)sum;
    return sum;
}

/* A file is one piece of data without holes. */
static int64_t seek_regular(struct file *file, int64_t offset, unsigned whence)
{
    uint64_t size = file->node->size;

    switch (whence) {
    case SEEK_SET:
        return seek_to(file, 0, offset);
    case SEEK_CUR:
        return seek_to(file, file->offset, offset);
    case SEEK_END:
        return seek_to(file, size, offset);
    case SEEK_DATA:
    case SEEK_HOLE:
        if ((uint64_t)offset >= size) {
            return -ENXIO;
        }
        return seek_to(file, whence == SEEK_HOLE ? size : (uint64_t)offset, 0);
    default:
        return -EINVAL;
    }
}

static int64_t read_directory(struct file *file, struct transfer *transfer, uint64_t *offset)
{
    (void)file;
    (void)transfer;
    (void)offset;
    return -EISDIR;
}

/* The offset of a directory counts its entries. */
static int64_t seek_directory(struct file *file, int64_t offset, unsigned whence)
{
    switch (whence) {
    case SEEK_SET:
        return seek_to(file, 0, offset);
    case SEEK_CUR:
        return seek_to(file, file->offset, offset);
    default:
        return -EINVAL;
    }
}

const struct file_ops *ramfile_ops(const struct ramfs_node *node)
{
    static const struct file_ops regular = {.read = read_regular, .seek = seek_regular};
    static const struct file_ops directory = {.read = read_directory, .seek = seek_directory};

    switch (node->mode & RAMFS_TYPE_MASK) {
    case RAMFS_REGULAR:
        return &regular;
    case RAMFS_DIRECTORY:
        return &directory;
    default:
        return NULL;
    }
}
