#include "dev/device.h"

#include "abi/errno.h"
#include "dev/console_file.h"
#include "syscall/table.h"

enum {
    STRETCH = 64 * 1024, /* bytes given before others may run */
    DEVICE_NULL = 1 << 8 | 3,
    DEVICE_ZERO = 1 << 8 | 5,
    DEVICE_TTY = 5 << 8 | 0,
    DEVICE_CONSOLE = 5 << 8 | 1,
};

_Static_assert((int)STRETCH >= (int)FILE_STRETCH, "what is done at once");

static const struct ramfs_node *console_node; /* what 0, 1 and 2 of init have been opened as */

int device_init(void)
{
    static const struct {
        const char *path;
        uint32_t mode;
        uint32_t number;
    } devices[] = {
        {"dev/null", 0666, DEVICE_NULL},
        {"dev/zero", 0666, DEVICE_ZERO},
        {"dev/tty", 0666, DEVICE_TTY},
        {"dev/console", 0600, DEVICE_CONSOLE},
    };
    int error = 0;

    for (unsigned i = 0; i < ARRAY_LEN(devices) && !error; i++) {
        error = ramfs_add_device(devices[i].path, RAMFS_CHARACTER | devices[i].mode,
                                 devices[i].number, &console_node);
    }
    return error;
}

static int64_t read_null(struct file *file, struct transfer *transfer, uint64_t *offset)
{
    (void)file;
    (void)transfer;
    (void)offset;
    return 0;
}

static int64_t write_null(struct file *file, struct transfer *transfer, uint64_t *offset)
{
    (void)file;
    (void)offset;
    return (int64_t)transfer->total;
}

static int64_t read_zero(struct file *file, struct transfer *transfer, uint64_t *offset)
{
    static const uint8_t zeroes[PAGE_SIZE];
    uint64_t stop = *transfer->done + STRETCH;

    (void)file;
    (void)offset;
    while (transfer_left(transfer) > 0) {
        if (*transfer->done >= stop) {
            return CALL_AGAIN;
        }
        uint64_t len = transfer_piece(transfer);
        int error = transfer_to_user(transfer, zeroes, len);
        if (error) {
            return transfer_result(transfer, error);
        }
        transfer_advance(transfer, len);
        plat_irq_window();
    }
    return transfer_result(transfer, 0);
}

/* There is no place to go to. */
static int64_t seek_nowhere(struct file *file, int64_t offset, unsigned whence)
{
    (void)file;
    (void)offset;
    (void)whence;
    return 0;
}

/* /dev/tty is the console: there is no other terminal, and it is everybody's. */
const struct file_ops *device_ops(const struct ramfs_node *node)
{
    static const struct file_ops null = {
        .read = read_null,
        .write = write_null,
        .seek = seek_nowhere,
        .is_read_at_once = true,
        .is_written_at_once = true,
    };
    static const struct file_ops zero = {
        .read = read_zero,
        .write = write_null,
        .seek = seek_nowhere,
        .is_read_at_once = true,
        .is_written_at_once = true,
    };

    if ((node->mode & RAMFS_TYPE_MASK) != RAMFS_CHARACTER) {
        return NULL;
    }
    switch (node->device) {
    case DEVICE_NULL:
        return &null;
    case DEVICE_ZERO:
        return &zero;
    case DEVICE_TTY:
    case DEVICE_CONSOLE:
        return &console_file_ops;
    default:
        return NULL;
    }
}

struct file *device_open_console(void)
{
    return file_create(&console_file_ops, console_node, O_RDWR | O_LARGEFILE);
}
