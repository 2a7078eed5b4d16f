/* Files by their names: opening and looking at them. The file system is read-only. */
#include "syscall/handlers.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/string.h"
#include "fs/fdtable.h"
#include "fs/ramfs.h"
#include "mm/uaccess.h"
#include "platform/scratch.h"
#include "proc/process.h"

/* The path of a call; handlers do not nest and are not reentered. */
static char path_buffer[RAMFS_PATH_MAX];

SCRATCH(path_buffer);

/* Reads the path; an empty one is -ENOENT. */
static int read_path(uaddr_t from)
{
    int error = user_read_string(path_buffer, from, sizeof(path_buffer));

    return error || path_buffer[0] ? error : -ENOENT;
}

/* Where the path in the buffer begins: the root, the current directory or a descriptor's. */
static int find_start(const struct thread *thread, uint64_t directory,
                      const struct ramfs_node **start)
{
    if (path_buffer[0] == '/') {
        *start = ramfs_root();
        return 0;
    }
    if ((int)directory == AT_FDCWD) {
        *start = thread->fs->cwd;
        return 0;
    }
    const struct file *file = fdtable_find(thread->fds, (int)directory);
    if (!file) {
        return -EBADF;
    }
    if (!file->node || !ramfs_is_directory(file->node)) {
        return -ENOTDIR;
    }
    *start = file->node;
    return 0;
}

/* What the path in user memory names. */
static int find_node(const struct thread *thread, uint64_t directory, uaddr_t path,
                     const struct ramfs_node **node)
{
    const struct ramfs_node *start;
    int error = read_path(path);

    if (!error) {
        error = find_start(thread, directory, &start);
    }
    return error ? error : ramfs_find_as(thread->cred, start, path_buffer, true, node);
}

/* The same for somebody, or with AT_SYMLINK_NOFOLLOW the link that it names. */
static int find_named_as(const struct cred *cred, const struct thread *thread, uint64_t directory,
                         uaddr_t path, uint64_t flags, const struct ramfs_node **node)
{
    const struct ramfs_node *start;
    int error = read_path(path);

    if (!error) {
        error = find_start(thread, directory, &start);
    }
    if (error) {
        return error;
    }
    return ramfs_find_as(cred, start, path_buffer, !(flags & AT_SYMLINK_NOFOLLOW), node);
}

static int find_named(const struct thread *thread, uint64_t directory, uaddr_t path, uint64_t flags,
                      const struct ramfs_node **node)
{
    return find_named_as(thread->cred, thread, directory, path, flags, node);
}

/* ---- open ---- */

#define O_UNNAMED 020000000u /* __O_TMPFILE: the part of O_TMPFILE that is not O_DIRECTORY */

enum {
    NOT_KEPT = O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC, /* in a description's flags */
    KEPT_OF_NAME = O_DIRECTORY | O_NOFOLLOW | O_PATH,             /* by O_PATH */
    KNOWN = O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_DSYNC |
            O_ASYNC | O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC |
            O_SYNC | O_PATH | (int)O_UNNAMED,
};

static bool wants_write(uint32_t flags)
{
    return (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC);
}

/* A file without a name needs a directory to be in, and to be written to. */
static int check_open_flags(uint32_t flags)
{
    bool has_directory = (flags & O_DIRECTORY) && !(flags & O_CREAT);

    if ((flags & O_UNNAMED) && !(flags & O_PATH)) {
        return has_directory && (flags & O_ACCMODE) != O_RDONLY ? 0 : -EINVAL;
    }
    return 0;
}

/* Why nothing can be created at the path in the buffer, which it cuts. */
static int refuse_creation(const struct cred *cred, const struct ramfs_node *start)
{
    size_t end = str_len(path_buffer);
    bool wants_directory = path_buffer[end - 1] == '/';
    const struct ramfs_node *parent = start;

    while (end > 0 && path_buffer[end - 1] == '/') {
        end--;
    }
    while (end > 0 && path_buffer[end - 1] != '/') {
        end--;
    }
    path_buffer[end] = '\0';
    int error = end > 0 ? ramfs_find_as(cred, start, path_buffer, true, &parent) : 0;
    if (error) {
        return error;
    }
    if (!ramfs_may(parent, cred, RAMFS_MAY_EXECUTE)) {
        return -EACCES;
    }
    return wants_directory ? -EISDIR : -EROFS;
}

static uint32_t rights_of(uint32_t flags)
{
    uint32_t rights = (flags & O_ACCMODE) == O_WRONLY ? 0 : RAMFS_MAY_READ;

    return rights | (wants_write(flags) ? RAMFS_MAY_WRITE : 0);
}

/* Whether a node may be opened like that; open(2). */
static int check_open(const struct cred *cred, const struct ramfs_node *node, uint32_t flags)
{
    bool is_directory = ramfs_is_directory(node);
    bool is_regular = (node->mode & RAMFS_TYPE_MASK) == RAMFS_REGULAR;

    if ((flags & O_CREAT) && (flags & O_EXCL)) {
        return -EEXIST;
    }
    if ((flags & O_CREAT) && is_directory) {
        return -EISDIR;
    }
    if ((flags & O_DIRECTORY) && !is_directory) {
        return -ENOTDIR;
    }
    if (ramfs_is_link(node)) {
        return -ELOOP;
    }
    if (flags & O_UNNAMED) {
        return -EROFS;
    }
    if (is_directory && wants_write(flags)) {
        return -EISDIR;
    }
    if (is_regular && wants_write(flags)) {
        return -EROFS;
    }
    if (!ramfs_may(node, cred, rights_of(flags))) {
        return -EACCES;
    }
    if ((flags & O_NOATIME) && cred->user.fs != 0 && cred->user.fs != node->user) {
        return -EPERM;
    }
    return flags & O_DIRECT ? -EINVAL : 0;
}

/* Opens what the path in the buffer names. */
static int open_path(const struct thread *thread, uint64_t directory, uint32_t flags,
                     struct file **file)
{
    const struct ramfs_node *start;
    const struct ramfs_node *node;
    int error = find_start(thread, directory, &start);

    if (error) {
        return error;
    }
    bool follows = !(flags & O_NOFOLLOW) && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
    error = ramfs_find_as(thread->cred, start, path_buffer, follows, &node);
    bool ends_with_slash = path_buffer[str_len(path_buffer) - 1] == '/';
    if ((flags & O_CREAT) && (error == -ENOENT || ends_with_slash)) {
        return refuse_creation(thread->cred, start);
    }
    if (!error && (flags & O_PATH)) {
        error = (flags & O_DIRECTORY) && !ramfs_is_directory(node) ? -ENOTDIR : 0;
    } else if (!error) {
        error = check_open(thread->cred, node, flags);
    }
    uint32_t kept =
        flags & O_PATH ? flags & KEPT_OF_NAME : (flags & ~(uint32_t)NOT_KEPT) | O_LARGEFILE;
    return error ? error : file_open(node, kept, file);
}

/* As on Linux a bit that means nothing is not looked at. */
int64_t sys_openat(struct thread *thread, const uint64_t *args)
{
    uint32_t flags = (uint32_t)args[2] & KNOWN;
    struct file *file = NULL;
    int fd;

    if (flags & O_PATH) {
        flags &= KEPT_OF_NAME | O_CLOEXEC;
    }
    int error = check_open_flags(flags);
    if (!error) {
        error = read_path(args[1]);
    }
    if (!error) {
        error = fdtable_reserve(thread->fds, 0, process_fd_limit(thread->process), &fd);
    }
    if (error) {
        return error;
    }
    error = open_path(thread, args[0], flags, &file);
    if (error) {
        fdtable_release(thread->fds, fd);
        return error;
    }
    fdtable_install(thread->fds, fd, file, flags & O_CLOEXEC);
    return fd;
}

/* ---- where a process is ---- */

int64_t sys_chdir(struct thread *thread, const uint64_t *args)
{
    const struct ramfs_node *node;
    int error = find_node(thread, (uint64_t)AT_FDCWD, args[0], &node);

    if (!error && !ramfs_is_directory(node)) {
        error = -ENOTDIR;
    }
    if (!error && !ramfs_may(node, thread->cred, RAMFS_MAY_EXECUTE)) {
        error = -EACCES;
    }
    if (!error) {
        thread->fs->cwd = node;
    }
    return error;
}

int64_t sys_fchdir(struct thread *thread, const uint64_t *args)
{
    const struct file *file = fdtable_find(thread->fds, (int)args[0]);

    if (!file) {
        return -EBADF;
    }
    if (!file->node || !ramfs_is_directory(file->node)) {
        return -ENOTDIR;
    }
    if (!ramfs_may(file->node, thread->cred, RAMFS_MAY_EXECUTE)) {
        return -EACCES;
    }
    thread->fs->cwd = file->node;
    return 0;
}

/* Gives the length with the end, unlike the function of that name in a C library. */
int64_t sys_getcwd(struct thread *thread, const uint64_t *args)
{
    size_t at = sizeof(path_buffer) - 1;

    path_buffer[at] = '\0';
    for (const struct ramfs_node *node = thread->fs->cwd; node->parent; node = node->parent) {
        if (node->name_len + 1 > at) {
            return -ENAMETOOLONG;
        }
        at -= node->name_len;
        memcpy(path_buffer + at, node->name, node->name_len);
        path_buffer[--at] = '/';
    }
    if (!path_buffer[at]) {
        path_buffer[--at] = '/';
    }
    uint64_t len = sizeof(path_buffer) - at;
    if (args[1] < len) {
        return -ERANGE;
    }
    int error = user_write(args[0], path_buffer + at, len);
    return error ? error : (int64_t)len;
}

/* Nothing is created that it could matter for; programs read it back and inherit it. */
int64_t sys_umask(struct thread *thread, const uint64_t *args)
{
    uint32_t old = thread->fs->umask;

    thread->fs->umask = (uint32_t)args[0] & 0777;
    return old;
}

/* ---- status ---- */

/* The node of a descriptor or, for AT_FDCWD, the current directory. */
static int find_own_node(const struct thread *thread, int fd, const struct ramfs_node **node)
{
    const struct file *file = fdtable_find(thread->fds, fd);

    if (fd == AT_FDCWD) {
        *node = thread->fs->cwd;
        return 0;
    }
    if (!file) {
        return -EBADF;
    }
    *node = file->node;
    return 0;
}

/* Nobody writes to a read-only file system. node NULL: it has no name. */
static int check_access(const struct ramfs_node *node, const struct cred *cred, uint32_t mode)
{
    if (!node) {
        return mode & RAMFS_MAY_EXECUTE ? -EACCES : 0;
    }
    bool is_regular = (node->mode & RAMFS_TYPE_MASK) == RAMFS_REGULAR;
    if ((mode & RAMFS_MAY_WRITE) && (is_regular || ramfs_is_directory(node))) {
        return -EROFS;
    }
    return ramfs_may(node, cred, mode) ? 0 : -EACCES;
}

int64_t sys_faccessat2(struct thread *thread, const uint64_t *args)
{
    enum { KNOWN_FLAGS = AT_SYMLINK_NOFOLLOW | AT_EACCESS | AT_EMPTY_PATH, MODES = 7 };
    const struct ramfs_node *node;

    if ((args[2] & ~(uint64_t)MODES) || (args[3] & ~(uint64_t)KNOWN_FLAGS)) {
        return -EINVAL;
    }
    struct cred asked = *thread->cred; /* for the real user, who may have another act for it */
    if (!(args[3] & AT_EACCESS)) {
        asked.user.fs = asked.user.real;
        asked.group.fs = asked.group.real;
    }
    int error = find_named_as(&asked, thread, args[0], args[1], args[3], &node);
    if (error == -ENOENT && path_buffer[0] == '\0' && (args[3] & AT_EMPTY_PATH)) {
        error = find_own_node(thread, (int)args[0], &node);
    }
    return error ? error : check_access(node, &asked, (uint32_t)args[2]);
}

int64_t sys_faccessat(struct thread *thread, const uint64_t *args)
{
    const uint64_t with_flags[] = {args[0], args[1], args[2], 0};

    return sys_faccessat2(thread, with_flags);
}

int64_t sys_newfstatat(struct thread *thread, const uint64_t *args)
{
    enum { KNOWN_FLAGS = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC };
    const struct ramfs_node *node;
    struct abi_stat status;

    if (args[3] & ~(uint64_t)KNOWN_FLAGS) {
        return -EINVAL;
    }
    int error = find_named(thread, args[0], args[1], args[3], &node);
    bool is_empty = error == -ENOENT && path_buffer[0] == '\0';
    if (is_empty && (args[3] & AT_EMPTY_PATH) && (int)args[0] != AT_FDCWD) {
        const uint64_t fstat_args[] = {args[0], args[2]};
        return sys_fstat(thread, fstat_args);
    }
    if (is_empty && (args[3] & AT_EMPTY_PATH)) {
        node = thread->fs->cwd;
        error = 0;
    }
    if (error) {
        return error;
    }
    ramfs_status(node, &status);
    return user_write(args[2], &status, sizeof(status));
}

/* An empty path is the link that a descriptor names. */
int64_t sys_readlinkat(struct thread *thread, const uint64_t *args)
{
    const struct ramfs_node *node;

    if ((int)args[3] <= 0) {
        return -EINVAL;
    }
    int error = find_named(thread, args[0], args[1], AT_SYMLINK_NOFOLLOW, &node);
    if (error == -ENOENT && path_buffer[0] == '\0') {
        error = find_own_node(thread, (int)args[0], &node);
        if (!error && (!node || !ramfs_is_link(node))) {
            error = -ENOENT;
        }
    }
    if (error) {
        return error;
    }
    if (!ramfs_is_link(node)) {
        return -EINVAL;
    }
    uint64_t len = min_u64((uint64_t)(int)args[3], node->size);
    error = user_write(args[2], node->bytes, len);
    return error ? error : (int64_t)len;
}
