/* Descriptors, so far: 0, 1 and 2 are the console; files are looked at by name only. */
#include "syscall/handlers.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/panic.h"
#include "base/string.h"
#include "dev/console.h"
#include "fs/ramfs.h"
#include "mm/uaccess.h"
#include "proc/process.h"
#include "proc/sched.h"

enum {
    CONSOLE_FDS = 3,
    CHUNK = 512, /* bytes copied at a time, on the stack */
    IOV_MAX = 1024,
    CONSOLE_DEVICE = 5 << 8 | 1, /* /dev/console, char major 5 minor 1 */
};

#define RW_MAX ((uint64_t)0x7ffff000) /* the most that one call transfers (write(2)) */

static bool is_console(uint64_t fd)
{
    return (unsigned)fd < CONSOLE_FDS;
}

int64_t sys_read(struct thread *thread, const uint64_t *args)
{
    char chunk[CHUNK];
    uint64_t count = min_u64(args[2], RW_MAX);

    if (!is_console(args[0])) {
        return -EBADF;
    }
    if (count == 0) {
        return 0;
    }
    int64_t ready = console_ready(min_u64(count, CHUNK));
    if (ready == -EAGAIN) {
        sched_block(thread, WAIT_CONSOLE, 0, console_waitq(), PLAT_NEVER);
        return CALL_BLOCKED;
    }
    int error = user_prepare_write(args[1], (uint64_t)ready);
    if (error) {
        return error;
    }
    console_take(chunk, (uint64_t)ready);
    error = user_write(args[1], chunk, (uint64_t)ready);
    ASSERT(error == 0); /* it was prepared */
    return ready;
}

/* Bytes written before the first that cannot be read, or the error if that is the very first. */
static int64_t write_console(uaddr_t from, uint64_t count)
{
    char chunk[CHUNK];
    uint64_t done = 0;

    while (done < count) {
        uint64_t page_rest = PAGE_SIZE - ((from + done) & PAGE_MASK);
        uint64_t len = min_u64(min_u64(CHUNK, page_rest), count - done);
        int error = user_read(chunk, from + done, len);
        if (error) {
            return done > 0 ? (int64_t)done : error;
        }
        console_write(chunk, len);
        done += len;
        plat_irq_window();
    }
    return (int64_t)done;
}

int64_t sys_write(struct thread *thread, const uint64_t *args)
{
    (void)thread;
    return is_console(args[0]) ? write_console(args[1], min_u64(args[2], RW_MAX)) : -EBADF;
}

int64_t sys_writev(struct thread *thread, const uint64_t *args)
{
    int count = (int)args[2];
    uint64_t done = 0;

    (void)thread;
    if (!is_console(args[0])) {
        return -EBADF;
    }
    if (count < 0 || count > IOV_MAX) {
        return -EINVAL;
    }
    for (int i = 0; i < count; i++) {
        struct abi_iovec vector;
        int64_t written =
            user_read(&vector, args[1] + (uint64_t)i * sizeof(vector), sizeof(vector));
        if (written == 0) {
            written = write_console(vector.iov_base, min_u64(vector.iov_len, RW_MAX - done));
        }
        if (written < 0) {
            return done > 0 ? (int64_t)done : written;
        }
        done += (uint64_t)written;
        if ((uint64_t)written < vector.iov_len) {
            break;
        }
    }
    return (int64_t)done;
}

static int set_foreground(uaddr_t from)
{
    int number;
    int error = user_read(&number, from, sizeof(number));

    if (error) {
        return error;
    }
    struct pid *group = number > 0 ? pid_find(number) : NULL;
    if (!group || list_is_empty(&group->members)) {
        return number < 0 ? -EINVAL : -ESRCH;
    }
    console_set_foreground(group);
    return 0;
}

int64_t sys_ioctl(struct thread *thread, const uint64_t *args)
{
    const struct abi_winsize no_size = {0};
    struct abi_termios termios;
    const struct pid *group = console_foreground();
    int number = group ? group->number : 0;
    int error;

    (void)thread;
    if (!is_console(args[0])) {
        return -EBADF;
    }
    switch ((uint32_t)args[1]) {
    case TCGETS:
        console_get_termios(&termios);
        return user_write(args[2], &termios, sizeof(termios));
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
        error = user_read(&termios, args[2], sizeof(termios));
        if (!error) {
            console_set_termios(&termios, (uint32_t)args[1] == TCSETSF);
        }
        return error;
    case TIOCGPGRP:
        return user_write(args[2], &number, sizeof(number));
    case TIOCSPGRP:
        return set_foreground(args[2]);
    case TIOCGWINSZ:
        return user_write(args[2], &no_size, sizeof(no_size));
    default:
        return -ENOTTY;
    }
}

static struct abi_stat console_status(void)
{
    return (struct abi_stat){
        .st_ino = 1,
        .st_mode = S_IFCHR | 0620,
        .st_nlink = 1,
        .st_rdev = CONSOLE_DEVICE,
        .st_blksize = PAGE_SIZE,
    };
}

int64_t sys_fstat(struct thread *thread, const uint64_t *args)
{
    const struct abi_stat status = console_status();

    (void)thread;
    return is_console(args[0]) ? user_write(args[1], &status, sizeof(status)) : -EBADF;
}

/* Files handlers look at by name; they do not nest and are not reentered. */
static char path_buffer[RAMFS_PATH_MAX];

static int find_user_path(uint64_t directory, uaddr_t path, const struct ramfs_node **node)
{
    int error = user_read_string(path_buffer, path, sizeof(path_buffer));

    if (error) {
        return error;
    }
    if (path_buffer[0] != '/' && path_buffer[0] != '\0' && (int)directory != AT_FDCWD) {
        return is_console(directory) ? -ENOTDIR : -EBADF;
    }
    return ramfs_find(path_buffer, node);
}

int64_t sys_newfstatat(struct thread *thread, const uint64_t *args)
{
    const struct ramfs_node *node;
    uint64_t flags = args[3];
    int error = find_user_path(args[0], args[1], &node);

    if (error == -ENOENT && path_buffer[0] == '\0' && (flags & AT_EMPTY_PATH)) {
        const uint64_t fstat_args[] = {args[0], args[2]};
        return sys_fstat(thread, fstat_args);
    }
    if (error) {
        return error;
    }
    const struct abi_stat status = {
        .st_dev = 1,
        .st_ino = node->number,
        .st_mode = node->mode,
        .st_nlink = 1,
        .st_size = (int64_t)node->size,
        .st_blksize = PAGE_SIZE,
        .st_blocks = (int64_t)((node->size + 511) / 512),
    };
    return user_write(args[2], &status, sizeof(status));
}

/* No name is a link that could be read. */
int64_t sys_readlinkat(struct thread *thread, const uint64_t *args)
{
    const struct ramfs_node *node;

    (void)thread;
    if ((int64_t)args[3] <= 0) {
        return -EINVAL;
    }
    int error = find_user_path(args[0], args[1], &node);
    return error ? error : -EINVAL;
}
