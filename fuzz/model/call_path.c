/* Files by their names. The file system is read-only. */
#include "fuzz/model/ask.h"
#include "fuzz/model/calls.h"
#include "fuzz/model/files.h"
#include "fuzz/model/memory.h"
#include "fuzz/model/text.h"

#define O_UNNAMED 020000000u /* the part of O_TMPFILE that is not O_DIRECTORY */

/* Where a path begins: the root, the current directory or a descriptor's. */
static int find_start(struct proc *self, int directory, const char *path, int *start)
{
    const struct file *file;

    *start = path[0] == '/' ? 0 : self->context->cwd;
    if (path[0] == '/' || directory == AT_FDCWD) {
        return 0;
    }
    file = files_get(self, directory);
    if (!file) {
        return -EBADF;
    }
    if (file->node < 0 || !files_is_directory(file->node)) {
        return -ENOTDIR;
    }
    *start = file->node;
    return 0;
}

/* What the path at an address names; *is_empty: the path is empty, which is -ENOENT. */
static int find_named_as(const struct users *users, struct proc *self, int directory, uint64_t at,
                         bool follows, int *node, bool *is_empty)
{
    char path[TEXT_PATH_MAX];
    int start;
    int error = text_read_path(self, at, path);

    *is_empty = error == -ENOENT;
    if (!error) {
        error = find_start(self, directory, path, &start);
    }
    return error ? error : files_find(users, start, path, follows, node);
}

static int find_named(struct proc *self, int directory, uint64_t at, bool follows, int *node,
                      bool *is_empty)
{
    return find_named_as(&self->users, self, directory, at, follows, node, is_empty);
}

/* ---- open(2) ---- */

/* Why nothing can be created at a path. */
static int refuse_creation(const struct users *users, int start, char *path)
{
    uint64_t end = __builtin_strlen(path);
    bool wants_directory = path[end - 1] == '/';
    int parent = start;

    while (end > 0 && path[end - 1] == '/') {
        end--;
    }
    while (end > 0 && path[end - 1] != '/') {
        end--;
    }
    path[end] = '\0';
    int error = end > 0 ? files_find(users, start, path, true, &parent) : 0;
    if (!error && !files_may(users, parent, MAY_EXECUTE)) {
        error = -EACCES;
    }
    return error ? error : wants_directory ? -EISDIR : -EROFS;
}

static int check_open(const struct users *users, int node, uint32_t flags)
{
    bool is_directory = files_is_directory(node);
    bool wants_write = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC);

    if ((flags & O_CREAT) && (flags & O_EXCL)) {
        return -EEXIST;
    }
    if ((flags & O_CREAT) && is_directory) {
        return -EISDIR;
    }
    if ((flags & O_DIRECTORY) && !is_directory) {
        return -ENOTDIR;
    }
    if (files_is_link(node)) {
        return -ELOOP;
    }
    if (flags & O_UNNAMED) {
        return -EROFS;
    }
    if (wants_write && is_directory) {
        return -EISDIR;
    }
    if (wants_write && files_is_regular(node)) {
        return -EROFS;
    }
    bool wants_read = (flags & O_ACCMODE) != O_WRONLY;
    if (!files_may(users, node, (wants_read ? MAY_READ : 0u) | (wants_write ? MAY_WRITE : 0u))) {
        return -EACCES;
    }
    if ((flags & O_NOATIME) && users->user.fs != 0) {
        return -EPERM;
    }
    return flags & O_DIRECT ? -EINVAL : 0;
}

static int open_path(struct proc *self, int directory, char *path, uint32_t flags, int *node)
{
    int start;
    int error = find_start(self, directory, path, &start);
    bool follows = !(flags & O_NOFOLLOW) && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
    bool ends_with_slash = path[__builtin_strlen(path) - 1] == '/';

    if (error) {
        return error;
    }
    error = files_find(&self->users, start, path, follows, node);
    if ((flags & O_CREAT) && (error == -ENOENT || ends_with_slash)) {
        return refuse_creation(&self->users, start, path);
    }
    if (error) {
        return error;
    }
    if (flags & O_PATH) {
        return (flags & O_DIRECTORY) && !files_is_directory(*node) ? -ENOTDIR : 0;
    }
    return check_open(&self->users, *node, flags);
}

/* What a node is when it is open; false: nobody knows the device. */
static bool kind_of(int node, uint32_t flags, enum file_kind *kind)
{
    const uint32_t device = world.nodes[node].device;

    if (flags & O_PATH) {
        *kind = FILE_PATH;
    } else if (files_is_directory(node)) {
        *kind = FILE_DIRECTORY;
    } else if (files_is_regular(node)) {
        *kind = FILE_REGULAR;
    } else if (device == (1 << 8 | 3)) {
        *kind = FILE_NULL;
    } else if (device == (1 << 8 | 5)) {
        *kind = FILE_ZERO;
    } else {
        *kind = FILE_CONSOLE;
        return device >> 8 == 5;
    }
    return true;
}

void call_openat(struct proc *self, const struct event *event)
{
    const uint32_t of_name = O_DIRECTORY | O_NOFOLLOW | O_PATH;
    const uint32_t not_kept = O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC;
    const uint32_t known = O_ACCMODE | O_APPEND | O_NONBLOCK | O_DSYNC | O_ASYNC | O_DIRECT |
                           O_LARGEFILE | O_NOATIME | O_SYNC | O_UNNAMED | of_name | not_kept;
    uint32_t flags = (uint32_t)event->args[2] & known;
    char path[TEXT_PATH_MAX];
    enum file_kind kind;
    int node = 0;
    int error = 0;

    flags &= flags & O_PATH ? of_name | O_CLOEXEC : known;
    if ((flags & O_UNNAMED) &&
        (!(flags & O_DIRECTORY) || (flags & O_CREAT) || (flags & O_ACCMODE) == O_RDONLY)) {
        error = -EINVAL;
    }
    if (!error) {
        error = text_read_path(self, event->args[1], path);
    }
    int number = files_lowest(self, 0);
    if (!error && number < 0) {
        error = -EMFILE;
    }
    if (!error) {
        error = open_path(self, (int)event->args[0], path, flags, &node);
    }
    if (!error && !kind_of(node, flags, &kind)) {
        error = -ENXIO;
    }
    if (!ask_result(error ? error : number) || error) {
        return;
    }
    uint32_t kept = flags & O_PATH ? flags & of_name : (flags & ~not_kept) | O_LARGEFILE;
    struct file *file = files_create(kind, kept);
    file->node = node;
    files_install(self, number, file, flags & O_CLOEXEC);
}

/* ---- where a process is ---- */

void call_chdir(struct proc *self, const struct event *event)
{
    bool is_empty;
    int node;
    int error = find_named(self, AT_FDCWD, event->args[0], true, &node, &is_empty);

    if (!error && !files_is_directory(node)) {
        error = -ENOTDIR;
    }
    if (!error && !files_may(&self->users, node, MAY_EXECUTE)) {
        error = -EACCES;
    }
    if (ask_result(error) && !error) {
        self->context->cwd = node;
    }
}

void call_fchdir(struct proc *self, const struct event *event)
{
    const struct file *file = files_get(self, (int)event->args[0]);

    if (!file) {
        (void)ask_result(-EBADF);
    } else if (file->node < 0 || !files_is_directory(file->node)) {
        (void)ask_result(-ENOTDIR);
    } else if (!files_may(&self->users, file->node, MAY_EXECUTE)) {
        (void)ask_result(-EACCES);
    } else if (ask_result(0)) {
        self->context->cwd = file->node;
    }
}

void call_getcwd(struct proc *self, const struct event *event)
{
    char path[TEXT_PATH_MAX];
    uint64_t at = sizeof(path) - 1;

    path[at] = '\0';
    for (int node = self->context->cwd; node != 0; node = world.nodes[node].parent) {
        const struct node *named = &world.nodes[node];
        at -= named->name_len;
        bytes_copy(path + at, named->name, named->name_len);
        path[--at] = '/';
    }
    if (!path[at]) {
        path[--at] = '/';
    }
    uint64_t len = sizeof(path) - at;
    if (event->args[1] < len) {
        (void)ask_result(-ERANGE);
    } else if (!memory_can(self, event->args[0], len, ACCESS_WRITE)) {
        (void)ask_result(-EFAULT);
    } else if (ask_result((int64_t)len)) {
        memory_give(self, event->args[0], path + at, len);
    }
}

void call_umask(struct proc *self, const struct event *event)
{
    if (ask_result(self->context->umask)) {
        self->context->umask = (uint32_t)event->args[0] & 0777;
    }
}

/* ---- status ---- */

enum { STAT_MODE = 16, STAT_SIZE = 48 }; /* offsets in struct stat */

/* A status: the type and the size are told, the rest is loose. node -1: a pipe; NO_TYPE: what has
 * none. */
static void give_status(struct proc *self, uint64_t at, int node)
{
    uint32_t other = node == NO_TYPE ? 0600 : S_IFIFO | 0600;
    uint32_t mode = node >= 0 ? world.nodes[node].mode : other;
    uint64_t size = node >= 0 ? world.nodes[node].size : 0;

    if (!memory_can(self, at, sizeof(struct abi_stat), ACCESS_WRITE)) {
        (void)ask_result(-EFAULT);
    } else if (ask_result(0)) {
        memory_adopt(self, at, sizeof(struct abi_stat));
        memory_give(self, at + STAT_MODE, &mode, sizeof(mode));
        memory_give(self, at + STAT_SIZE, &size, sizeof(size));
    }
}

/* The node of a descriptor or, for AT_FDCWD, the current directory; -1: it has none. */
static int find_own(struct proc *self, int directory, int *node)
{
    const struct file *file = files_get(self, directory);

    *node = directory == AT_FDCWD ? self->context->cwd : file ? file->node : -1;
    return directory == AT_FDCWD || file ? 0 : -EBADF;
}

void call_fstat(struct proc *self, const struct event *event)
{
    const struct file *file = files_get(self, (int)event->args[0]);

    if (file) {
        give_status(self, event->args[1], file->node);
    } else {
        (void)ask_result(-EBADF);
    }
}

void call_newfstatat(struct proc *self, const struct event *event)
{
    const uint64_t known = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC;
    uint64_t flags = event->args[3];
    bool is_empty;
    int node;

    if (flags & ~known) {
        (void)ask_result(-EINVAL);
        return;
    }
    int error = find_named(self, (int)event->args[0], event->args[1],
                           !(flags & AT_SYMLINK_NOFOLLOW), &node, &is_empty);
    if (is_empty && (flags & AT_EMPTY_PATH)) {
        error = find_own(self, (int)event->args[0], &node);
    }
    if (error) {
        (void)ask_result(error);
    } else {
        give_status(self, event->args[2], node);
    }
}

/* node -1: it has no name. */
static int check_access(const struct users *users, int node, uint32_t mode)
{
    if (node < 0) {
        return mode & MAY_EXECUTE ? -EACCES : 0;
    }
    if ((mode & MAY_WRITE) && (files_is_directory(node) || files_is_regular(node))) {
        return -EROFS;
    }
    return files_may(users, node, mode) ? 0 : -EACCES;
}

void call_faccessat2(struct proc *self, const struct event *event)
{
    const uint64_t known = AT_SYMLINK_NOFOLLOW | AT_EACCESS | AT_EMPTY_PATH;
    uint64_t mode = event->args[2];
    uint64_t flags = event->nr == 48 ? 0 : event->args[3];
    bool is_empty;
    int node;

    if ((mode & ~UINT64_C(7)) || (flags & ~known)) {
        (void)ask_result(-EINVAL);
        return;
    }
    struct users users = self->users; /* it is about the real ones */
    if (!(flags & AT_EACCESS)) {
        users.user.fs = users.user.real;
        users.group.fs = users.group.real;
    }
    int error = find_named_as(&users, self, (int)event->args[0], event->args[1],
                              !(flags & AT_SYMLINK_NOFOLLOW), &node, &is_empty);
    if (is_empty && (flags & AT_EMPTY_PATH)) {
        error = find_own(self, (int)event->args[0], &node);
    }
    (void)ask_result(error ? error : check_access(&users, node, (uint32_t)mode));
}

void call_faccessat(struct proc *self, const struct event *event)
{
    call_faccessat2(self, event);
}

void call_readlinkat(struct proc *self, const struct event *event)
{
    int count = (int)event->args[3];
    bool is_empty;
    int node;

    if (count <= 0) {
        (void)ask_result(-EINVAL);
        return;
    }
    int error = find_named(self, (int)event->args[0], event->args[1], false, &node, &is_empty);
    if (is_empty) {
        error = find_own(self, (int)event->args[0], &node);
        error = !error && (node < 0 || !files_is_link(node)) ? -ENOENT : error;
    }
    if (!error && !files_is_link(node)) {
        error = -EINVAL;
    }
    if (error) {
        (void)ask_result(error);
        return;
    }
    uint64_t len = least((uint64_t)count, world.nodes[node].size);
    if (!memory_can(self, event->args[2], len, ACCESS_WRITE)) {
        (void)ask_result(-EFAULT);
    } else if (ask_result((int64_t)len)) {
        memory_give(self, event->args[2], world.nodes[node].bytes, len);
    }
}

/* ---- getdents64(2) ---- */

/* The name at an index of a directory: itself, its parent, and what is in it. false: no more. */
static bool entry_at(int directory, uint64_t index, unsigned *name_len)
{
    uint64_t seen = 2;

    *name_len = (unsigned)index + 1;
    if (index < 2) {
        return true;
    }
    for (unsigned i = 1; i < world.node_count; i++) {
        if (world.nodes[i].parent == directory && seen++ == index) {
            *name_len = world.nodes[i].name_len;
            return true;
        }
    }
    return false;
}

void call_getdents64(struct proc *self, const struct event *event)
{
    struct file *file = files_get_open(self, (int)event->args[0]);
    uint64_t room = (uint32_t)event->args[2];
    uint64_t done = 0;
    uint64_t index = file ? file->offset : 0;
    unsigned name_len;
    int error = 0;

    if (!file || file->kind != FILE_DIRECTORY) {
        (void)ask_result(file ? -ENOTDIR : -EBADF);
        return;
    }
    while (!error && entry_at(file->node, index, &name_len)) {
        uint64_t size = (sizeof(struct abi_dirent) + name_len + 1 + 7) & ~UINT64_C(7);
        if (size > room - done) {
            error = -EINVAL;
        } else if (!memory_can(self, event->args[1] + done, size, ACCESS_WRITE)) {
            error = -EFAULT;
        } else {
            done += size;
            index++;
        }
    }
    if (ask_result(done > 0 ? (int64_t)done : error)) {
        memory_adopt(self, event->args[1], done);
        file->offset = index;
    }
}
