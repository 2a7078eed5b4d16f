/* Moving bytes through descriptors, and what can be asked of them. */
#include "syscall/handlers.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/panic.h"
#include "fs/fdtable.h"
#include "fs/transfer.h"
#include "mm/uaccess.h"
#include "proc/process.h"
#include "syscall/call_file.h"
#include "syscall/table.h"

static struct file *find_file(const struct thread *thread, uint64_t fd)
{
    return fdtable_find_open(thread->fds, (int)fd);
}

/* Whether the bytes end where an offset can still say. */
static bool is_reachable(const struct file *file, uint64_t offset, const struct transfer *transfer)
{
    return !file->ops->seek || offset + transfer->total <= INT64_MAX;
}

static int64_t read_at(struct file *file, struct transfer *transfer, uint64_t *offset)
{
    if (!file->ops->read || !is_reachable(file, *offset, transfer)) {
        return -EINVAL;
    }
    return file->ops->read(file, transfer, offset);
}

static int64_t write_at(struct file *file, struct transfer *transfer, uint64_t *offset)
{
    if (!file->ops->write || !is_reachable(file, *offset, transfer)) {
        return -EINVAL;
    }
    return file->ops->write(file, transfer, offset);
}

int64_t sys_read(struct thread *thread, const uint64_t *args)
{
    struct file *file = call_file(thread, args[0]);
    struct transfer transfer;

    if (!file || !file_may_read(file)) {
        return -EBADF;
    }
    int64_t result = transfer_range(&transfer, thread, args[1], args[2]);
    if (!result) {
        result = read_at(file, &transfer, &file->offset);
    }
    return call_file_end(thread, file, result);
}

int64_t sys_write(struct thread *thread, const uint64_t *args)
{
    struct file *file = call_file(thread, args[0]);
    struct transfer transfer;

    if (!file || !file_may_write(file)) {
        return -EBADF;
    }
    int64_t result = transfer_range(&transfer, thread, args[1], args[2]);
    if (!result) {
        result = write_at(file, &transfer, &file->offset);
    }
    return call_file_end(thread, file, result);
}

/* What may go on in a rerun keeps its vectors before it moves a byte. -ENOMEM. */
static int keep(const struct transfer *transfer, uint64_t count, bool is_at_once)
{
    return is_at_once && transfer->total <= FILE_STRETCH ? 0
                                                         : transfer_keep(transfer->thread, count);
}

static int64_t end_vectors(struct thread *thread, struct file *file, int64_t result)
{
    ASSERT(thread->call.vectors || (result != CALL_BLOCKED && result != CALL_AGAIN));
    return call_file_end(thread, file, result);
}

int64_t sys_readv(struct thread *thread, const uint64_t *args)
{
    struct file *file = call_file(thread, args[0]);
    struct transfer transfer;

    if (!file) {
        return -EBADF;
    }
    int error = transfer_vectors(&transfer, thread, args[1], args[2]);
    if (!error && !file_may_read(file)) {
        error = -EBADF;
    }
    /* Nothing to read is asked of nobody. */
    bool is_empty = !error && transfer.total == 0 && file->ops->read;
    if (!error && !is_empty) {
        error = keep(&transfer, args[2], file->ops->is_read_at_once);
    }
    return end_vectors(thread, file,
                       error || is_empty ? error : read_at(file, &transfer, &file->offset));
}

int64_t sys_writev(struct thread *thread, const uint64_t *args)
{
    struct file *file = call_file(thread, args[0]);
    struct transfer transfer;

    if (!file) {
        return -EBADF;
    }
    int error = transfer_vectors(&transfer, thread, args[1], args[2]);
    if (!error && !file_may_write(file)) {
        error = -EBADF;
    }
    if (!error) {
        error = keep(&transfer, args[2], file->ops->is_written_at_once);
    }
    return end_vectors(thread, file, error ? error : write_at(file, &transfer, &file->offset));
}

/* What pread and pwrite ask of a descriptor, before they look at the memory. */
static int check_offset(const struct file *file, int64_t offset)
{
    if (offset < 0) {
        return -EINVAL;
    }
    if (!file) {
        return -EBADF;
    }
    return file->ops->seek && file->node ? 0 : -ESPIPE; /* without a name it has no offsets */
}

int64_t sys_pread64(struct thread *thread, const uint64_t *args)
{
    struct file *file = call_file(thread, args[0]);
    struct transfer transfer;
    uint64_t offset = args[3];
    int error = check_offset(file, (int64_t)offset);

    if (error) {
        return error;
    }
    if (!file_may_read(file)) {
        error = -EBADF;
    }
    if (!error) {
        error = transfer_range(&transfer, thread, args[1], args[2]);
    }
    return call_file_end(thread, file, error ? error : read_at(file, &transfer, &offset));
}

int64_t sys_pwrite64(struct thread *thread, const uint64_t *args)
{
    struct file *file = call_file(thread, args[0]);
    struct transfer transfer;
    uint64_t offset = args[3];
    int error = check_offset(file, (int64_t)offset);

    if (error) {
        return error;
    }
    if (!file_may_write(file)) {
        error = -EBADF;
    }
    if (!error) {
        error = transfer_range(&transfer, thread, args[1], args[2]);
    }
    return call_file_end(thread, file, error ? error : write_at(file, &transfer, &offset));
}

int64_t sys_lseek(struct thread *thread, const uint64_t *args)
{
    struct file *file = find_file(thread, args[0]);
    unsigned whence = (unsigned)args[2];

    if (!file) {
        return -EBADF;
    }
    if (whence > SEEK_HOLE) {
        return -EINVAL;
    }
    return file->ops->seek ? file->ops->seek(file, (int64_t)args[1], whence) : -ESPIPE;
}

int64_t sys_getdents64(struct thread *thread, const uint64_t *args)
{
    struct file *file = find_file(thread, args[0]);

    if (!file) {
        return -EBADF;
    }
    return file->ops->list ? file->ops->list(file, args[1], (uint32_t)args[2]) : -ENOTDIR;
}

int64_t sys_ioctl(struct thread *thread, const uint64_t *args)
{
    struct file *file = find_file(thread, args[0]);

    if (!file) {
        return -EBADF;
    }
    return file->ops->control ? file->ops->control(file, (uint32_t)args[1], args[2]) : -ENOTTY;
}

int64_t sys_fstat(struct thread *thread, const uint64_t *args)
{
    const struct file *file = fdtable_find(thread->fds, (int)args[0]);
    struct abi_stat status;

    if (!file) {
        return -EBADF;
    }
    file_status(file, &status);
    return user_write(args[1], &status, sizeof(status));
}
