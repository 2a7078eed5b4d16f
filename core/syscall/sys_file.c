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
    CHUNK = 512,         /* bytes copied at a time, on the stack */
    STRETCH = 16 * 1024, /* bytes written before others may run */
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
    int64_t ready = console_ready(count);
    if (ready == -EAGAIN) {
        sched_block(thread, WAIT_CONSOLE, 0, console_waitq(), PLAT_NEVER);
        return CALL_BLOCKED;
    }
    int error = user_prepare_write(args[1], (uint64_t)ready);
    if (error) {
        return error;
    }
    if (ready == 0) {
        console_take(chunk, 0);
    }
    for (uint64_t done = 0, len; done < (uint64_t)ready; done += len) {
        len = min_u64(CHUNK, (uint64_t)ready - done);
        console_take(chunk, len);
        error = user_write(args[1] + done, chunk, len);
        ASSERT(error == 0); /* it was prepared */
    }
    return ready;
}

/* Writes on behind the first done bytes, and stops where others may have to run: CALL_AGAIN. At the
 * end, or where nothing can be read: the bytes written, or the error if there are none. */
static int64_t write_console(struct thread *thread, uaddr_t from, uint64_t count)
{
    char chunk[CHUNK];
    uint64_t *done = &thread->call.done;
    uint64_t stop = *done + STRETCH;

    while (*done < count) {
        uint64_t page_rest = PAGE_SIZE - ((from + *done) & PAGE_MASK);
        uint64_t len = min_u64(min_u64(CHUNK, page_rest), count - *done);
        if (*done >= stop) {
            return CALL_AGAIN;
        }
        int error = user_read(chunk, from + *done, len);
        if (error) {
            return *done > 0 ? (int64_t)*done : error;
        }
        console_write(chunk, len);
        *done += len;
        plat_irq_window();
    }
    return (int64_t)*done;
}

int64_t sys_write(struct thread *thread, const uint64_t *args)
{
    if (!is_console(args[0])) {
        return -EBADF;
    }
    return write_console(thread, args[1], min_u64(args[2], RW_MAX));
}

/* The sum of the lengths, which no negative one and no more than fit a result may be among. */
static int64_t total_length(uaddr_t vectors, unsigned count)
{
    uint64_t total = 0;

    for (unsigned i = 0; i < count; i++) {
        struct abi_iovec vector;
        int error = user_read(&vector, vectors + i * sizeof(vector), sizeof(vector));
        if (error) {
            return error;
        }
        if (vector.iov_len > INT64_MAX) {
            return -EINVAL;
        }
        total = min_u64(total + vector.iov_len, RW_MAX);
        plat_irq_window();
    }
    return (int64_t)total;
}

/* What comes next, from byte number done on, which lies below the total length. */
static void find_part(uaddr_t vectors, unsigned count, uint64_t done, struct abi_iovec *part)
{
    uint64_t before = 0;

    for (unsigned i = 0;; i++) {
        ASSERT(i < count);
        int error = user_read(part, vectors + i * sizeof(*part), sizeof(*part));
        ASSERT(error == 0); /* all were read when their lengths were added up */
        if (done - before < part->iov_len) {
            part->iov_base += done - before;
            part->iov_len -= done - before;
            return;
        }
        before += part->iov_len;
        plat_irq_window();
    }
}

int64_t sys_writev(struct thread *thread, const uint64_t *args)
{
    uint64_t *done = &thread->call.done;
    uint64_t stop = *done + STRETCH;
    char chunk[CHUNK];
    int count = (int)args[2];
    struct abi_iovec part;

    if (!is_console(args[0])) {
        return -EBADF;
    }
    if (count < 0 || count > IOV_MAX) {
        return -EINVAL;
    }
    int64_t total = total_length(args[1], (unsigned)count);
    if (total < 0) {
        return total;
    }
    while (*done < (uint64_t)total) {
        find_part(args[1], (unsigned)count, *done, &part);
        uint64_t page_rest = PAGE_SIZE - (part.iov_base & PAGE_MASK);
        uint64_t len = min_u64(min_u64(part.iov_len, (uint64_t)total - *done), page_rest);
        len = min_u64(len, CHUNK);
        if (*done >= stop) {
            return CALL_AGAIN;
        }
        int error = user_read(chunk, part.iov_base, len);
        if (error) {
            return *done > 0 ? (int64_t)*done : error;
        }
        console_write(chunk, len);
        *done += len;
    }
    return (int64_t)*done;
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
    int error;

    if (flags & ~(uint64_t)(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH)) {
        return -EINVAL;
    }
    error = find_user_path(args[0], args[1], &node);

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
