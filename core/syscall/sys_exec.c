/* Running programs: execve, execveat, and spawn, which is Eft's own. */
#include "syscall/handlers.h"

#include "abi/eft.h"
#include "abi/errno.h"
#include "abi/linux.h"
#include "base/print.h"
#include "base/string.h"
#include "fs/fdtable.h"
#include "fs/ramfs.h"
#include "mm/uaccess.h"
#include "platform/scratch.h"
#include "proc/exec.h"
#include "proc/process.h"

enum { DESCRIPTOR_PATH_BYTES = 20 }; /* "/dev/fd/-2147483648/" */

/* The path of a call, with room for what is put before it; handlers do not nest and are not
 * reentered. */
static char path_room[DESCRIPTOR_PATH_BYTES + RAMFS_PATH_MAX + 1];
static char *const path_buffer = path_room + DESCRIPTOR_PATH_BYTES;

SCRATCH(path_room);

static struct exec_vector user_vector(uaddr_t at)
{
    return (struct exec_vector){.user = at};
}

/* Finds what the path in the buffer names, from a directory on; empty, it is the directory. */
static int find_from(const struct cred *cred, const struct ramfs_node *directory, uint32_t flags,
                     struct elf_source *source)
{
    const struct ramfs_node *node = directory;
    int error = 0;

    if (path_buffer[0]) {
        error = ramfs_find_as(cred, directory, path_buffer, !(flags & AT_SYMLINK_NOFOLLOW), &node);
    }
    if (!error && ramfs_is_link(node)) {
        error = -ELOOP;
    }
    return error ? error : exec_use(cred, node, source);
}

/* Finds what a descriptor and the path in the buffer name. */
static int find_source(const struct thread *thread, int directory, uint32_t flags,
                       struct elf_source *source)
{
    if (flags & ~(uint32_t)(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) {
        return -EINVAL;
    }
    if (directory == AT_FDCWD || path_buffer[0] == '/') {
        return find_from(thread->cred, thread->fs->cwd, flags, source);
    }
    const struct file *file = fdtable_find(thread->fds, directory);
    if (!file) {
        return -EBADF;
    }
    if (path_buffer[0] && (!file->node || !ramfs_is_directory(file->node))) {
        return -ENOTDIR;
    }
    return file->node ? find_from(thread->cred, file->node, flags, source) : -EACCES;
}

/* The name by which the program could be found again: for a descriptor, what /dev/fd would have. */
static const char *name_of(int directory)
{
    char bytes[DESCRIPTOR_PATH_BYTES];
    struct text text = {bytes, sizeof(bytes), 0};

    if (directory == AT_FDCWD || path_buffer[0] == '/') {
        return path_buffer;
    }
    text_printf(&text, path_buffer[0] ? "/dev/fd/%d/" : "/dev/fd/%d", directory);
    char *name = path_buffer - text.len;
    memcpy(name, bytes, text.len);
    return name;
}

/* A path as execveat takes it. */
static int read_path(uaddr_t from, bool may_be_empty)
{
    int error = user_read_string(path_buffer, from, RAMFS_PATH_MAX);

    return error || path_buffer[0] || may_be_empty ? error : -ENOENT;
}

/* As on Linux a wrong flag is told behind wrong strings. */
int64_t sys_execveat(struct thread *thread, const uint64_t *args)
{
    int directory = (int)args[0];
    uint32_t flags = (uint32_t)args[4];
    struct exec_request request = {
        .directory = thread->fs->cwd,
        .argv = user_vector(args[2]),
        .envp = user_vector(args[3]),
    };
    int error = read_path(args[1], flags & AT_EMPTY_PATH);

    if (error) {
        return error;
    }
    if (thread->exceeds_nproc && process_user_exceeds(thread->process, thread->cred)) {
        return -EAGAIN;
    }
    thread->exceeds_nproc = false; /* whatever becomes of it, as on Linux */
    request.source_error = find_source(thread, directory, flags, &request.source);
    request.path = name_of(directory);
    request.is_unreachable = request.source_error == 0 && request.path != path_buffer &&
                             fdtable_closes_on_exec(thread->fds, directory);
    error = exec_replace(thread, &request);
    return error ? error : CALL_NO_RESULT;
}

int64_t sys_execve(struct thread *thread, const uint64_t *args)
{
    const uint64_t at_args[] = {(uint64_t)AT_FDCWD, args[0], args[1], args[2], 0};

    return sys_execveat(thread, at_args);
}

int64_t sys_spawn(struct thread *thread, const uint64_t *args)
{
    struct abi_spawn spawn;
    struct process *child;
    int error = user_read(&spawn, args[0], sizeof(spawn));

    if (error) {
        return error;
    }
    if (spawn.flags != 0 || (spawn.path != 0) == (spawn.image != 0)) {
        return -EINVAL;
    }
    struct exec_request request = {
        .path = path_buffer,
        .source = {.user = spawn.image, .len = spawn.image_len},
        .directory = thread->fs->cwd,
        .argv = user_vector(spawn.argv),
        .envp = user_vector(spawn.envp),
    };
    if (spawn.path) {
        error = read_path(spawn.path, false);
        if (!error) {
            request.source_error =
                exec_find(thread->cred, thread->fs->cwd, path_buffer, &request.source);
        }
    } else {
        str_copy(path_buffer, "(image)", RAMFS_PATH_MAX);
    }
    if (!error) {
        error = exec_spawn(thread, &request, &child);
    }
    return error ? error : child->pid->number;
}
