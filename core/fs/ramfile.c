#include "fs/ramfile.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/string.h"
#include "mm/uaccess.h"

enum {
    ENTRY_ALIGN = 8,
    WALK = 1024, /* entries that are passed before interrupts are taken */
};

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

/* The entry at an offset: the directory itself, its parent, and then what is in it. NULL: there is
 * none. */
static const struct ramfs_node *entry_at(const struct ramfs_node *node, uint64_t offset,
                                         const char **name, size_t *len)
{
    const struct list *link = node->children.next;

    *name = "..";
    *len = offset + 1;
    if (offset < 2) {
        return offset == 0 || !node->parent ? node : node->parent;
    }
    for (uint64_t i = 2; i < offset && link != &node->children; i++) {
        link = link->next;
        if (i % WALK == 0) {
            plat_irq_window();
        }
    }
    if (link == &node->children) {
        return NULL;
    }
    const struct ramfs_node *child = CONTAINER_OF(link, struct ramfs_node, sibling);
    *name = child->name;
    *len = child->name_len;
    return child;
}

/* Each entry as a whole. A name that is too long for any program is cut. */
static int64_t list_directory(struct file *file, uaddr_t to, uint64_t len)
{
    union {
        struct abi_dirent head;
        char bytes[sizeof(struct abi_dirent) + RAMFS_NAME_MAX + ENTRY_ALIGN];
    } entry;
    uint64_t done = 0;
    const struct ramfs_node *node;
    const char *name;
    size_t name_len;

    while ((node = entry_at(file->node, file->offset, &name, &name_len))) {
        name_len = min_u64(name_len, RAMFS_NAME_MAX);
        uint64_t size = sizeof(entry.head) + name_len + 1;
        size = (size + ENTRY_ALIGN - 1) / ENTRY_ALIGN * ENTRY_ALIGN;
        if (size > len - done) {
            return done > 0 ? (int64_t)done : -EINVAL;
        }
        memset(&entry, 0, sizeof(entry));
        entry.head.d_ino = node->number;
        entry.head.d_off = (int64_t)file->offset + 1;
        entry.head.d_reclen = (uint16_t)size;
        entry.head.d_type = (uint8_t)(node->mode >> 12);
        memcpy(entry.bytes + sizeof(entry.head), name, name_len);
        int error = user_write(to + done, &entry, size);
        if (error) {
            return done > 0 ? (int64_t)done : error;
        }
        done += size;
        file->offset++;
        plat_irq_window();
    }
    return (int64_t)done;
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
    static const struct file_ops regular = {
        .read = read_regular, .seek = seek_regular, .is_read_at_once = true};
    static const struct file_ops directory = {.read = read_directory,
                                              .seek = seek_directory,
                                              .list = list_directory,
                                              .is_read_at_once = true};

    switch (node->mode & RAMFS_TYPE_MASK) {
    case RAMFS_REGULAR:
        return &regular;
    case RAMFS_DIRECTORY:
        return &directory;
    default:
        return NULL;
    }
}
