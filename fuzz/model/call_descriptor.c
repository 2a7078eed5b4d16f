/* Descriptors as numbers, and pipe2. */
#include "fuzz/model/ask.h"
#include "fuzz/model/calls.h"
#include "fuzz/model/files.h"
#include "fuzz/model/memory.h"
#include "fuzz/model/pipes.h"

static uint64_t fd_limit(const struct proc *self)
{
    return least(self->process->limits[RLIMIT_NOFILE].rlim_cur, FD_LIMIT);
}

void call_close(struct proc *self, const struct event *event)
{
    int number = (int)event->args[0];

    if (!files_entry(self, number)) {
        (void)ask_result(-EBADF);
    } else if (ask_result(0)) {
        files_close(self, number);
    }
}

void call_close_range(struct proc *self, const struct event *event)
{
    uint32_t first = (uint32_t)event->args[0];
    uint32_t last = (uint32_t)event->args[1];
    uint64_t flags = event->args[2];

    if ((flags & ~(uint64_t)(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) || first > last) {
        (void)ask_result(-EINVAL);
        return;
    }
    if (!ask_result(0)) {
        return;
    }
    if (flags & CLOSE_RANGE_UNSHARE) {
        files_unshare(self);
    }
    for (unsigned i = self->table->count; i-- > 0;) {
        struct fd *fd = &self->table->fds[i];
        if ((uint32_t)fd->number < first || (uint32_t)fd->number > last) {
            continue;
        }
        if (flags & CLOSE_RANGE_CLOEXEC) {
            fd->closes = true;
        } else {
            files_close(self, fd->number);
        }
    }
}

/* Whether others have the same memory, or the same actions for signals, or are of its process. */
static bool shares(const struct proc *self, uint32_t flags)
{
    for (unsigned i = 0; i < world.proc_count; i++) {
        const struct proc *other = &world.procs[i];
        if (other == self || !is_thread(other)) {
            continue;
        }
        if (other->process == self->process ||
            ((flags & CLONE_VM) && other->space == self->space) ||
            ((flags & (CLONE_VM | CLONE_SIGHAND)) && other->actions == self->actions)) {
            return true;
        }
    }
    return false;
}

void call_unshare(struct proc *self, const struct event *event)
{
    const uint32_t bound = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;
    uint32_t flags = (uint32_t)event->args[0];

    if ((flags & ~(bound | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM)) ||
        ((flags & bound) && shares(self, flags))) {
        (void)ask_result(-EINVAL);
    } else if (ask_result(0)) {
        if (flags & CLONE_FILES) {
            files_unshare(self);
        }
        if (flags & CLONE_FS) {
            files_unshare_context(self);
        }
    }
}

/* The lowest number from min on for the same description. */
static void duplicate(struct proc *self, struct file *file, unsigned min, bool closes)
{
    int number = files_lowest(self, min);

    if (ask_result(number < 0 ? -EMFILE : number) && number >= 0) {
        files_install(self, number, file, closes);
    }
}

void call_dup(struct proc *self, const struct event *event)
{
    struct file *file = files_get(self, (int)event->args[0]);

    if (file) {
        duplicate(self, file, 0, false);
    } else {
        (void)ask_result(-EBADF);
    }
}

void call_dup3(struct proc *self, const struct event *event)
{
    struct file *file = files_get(self, (int)event->args[0]);
    int to = (int)event->args[1];

    if ((event->args[2] & ~(uint64_t)O_CLOEXEC) || (int)event->args[0] == to) {
        (void)ask_result(-EINVAL);
    } else if ((uint64_t)(unsigned)to >= fd_limit(self) || !file) {
        (void)ask_result(-EBADF);
    } else if (ask_result(to)) {
        file->refs++; /* it may be behind the number that is closed */
        if (files_entry(self, to)) {
            files_close(self, to);
        }
        files_install(self, to, file, event->args[2] & O_CLOEXEC);
        file->refs--;
    }
}

/* The two lowest numbers. */
void call_pipe2(struct proc *self, const struct event *event)
{
    uint64_t flags = event->args[1];
    bool closes = flags & O_CLOEXEC;

    if (flags & ~(uint64_t)(O_CLOEXEC | O_NONBLOCK)) {
        (void)ask_result(-EINVAL);
        return;
    }
    int32_t numbers[2];
    numbers[0] = files_lowest(self, 0);
    numbers[1] = numbers[0] < 0 ? -1 : files_lowest(self, (unsigned)numbers[0] + 1);
    if (numbers[1] < 0) {
        (void)ask_result(-EMFILE);
    } else if (!memory_can(self, event->args[0], sizeof(numbers), ACCESS_WRITE)) {
        (void)ask_result(-EFAULT);
    } else if (ask_result(0)) {
        int pipe = pipes_create();
        for (unsigned i = 0; i < 2; i++) {
            uint32_t mode = i == 0 ? O_RDONLY : O_WRONLY;
            struct file *file = files_create(FILE_PIPE, mode | (flags & O_NONBLOCK));
            file->pipe = pipe;
            files_install(self, numbers[i], file, closes);
        }
        memory_give(self, event->args[0], numbers, sizeof(numbers));
    }
}

static void set_flags(struct file *file, uint32_t flags)
{
    const uint32_t settable = O_APPEND | O_NONBLOCK | O_NOATIME;

    if (flags & O_DIRECT) {
        (void)ask_result(-EINVAL);
    } else if (ask_result(0)) {
        file->flags = (file->flags & ~settable) | (flags & settable);
    }
}

void call_fcntl(struct proc *self, const struct event *event)
{
    struct fd *fd = files_entry(self, (int)event->args[0]);
    struct file *file = files_get(self, (int)event->args[0]);
    unsigned command = (unsigned)event->args[1];
    uint64_t argument = event->args[2];

    if (!file) {
        (void)ask_result(-EBADF);
        return;
    }
    switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        if ((unsigned)argument >= fd_limit(self)) {
            (void)ask_result(-EINVAL);
        } else {
            duplicate(self, file, (unsigned)argument, command == F_DUPFD_CLOEXEC);
        }
        break;
    case F_GETFD:
        (void)ask_result(fd->closes ? FD_CLOEXEC : 0);
        break;
    case F_SETFD:
        if (ask_result(0)) {
            fd->closes = argument & FD_CLOEXEC;
        }
        break;
    case F_GETFL:
        (void)ask_result(file->flags);
        break;
    case F_SETFL:
        if (file->kind == FILE_PATH) {
            (void)ask_result(-EBADF);
        } else {
            set_flags(file, (uint32_t)argument);
        }
        break;
    default:
        (void)ask_result(file->kind == FILE_PATH ? -EBADF : -EINVAL);
        break;
    }
}

/* ---- ioctl(2): the console's ---- */

static void set_foreground(struct proc *self, uint64_t at)
{
    int number;
    bool is_there = false;

    if (!memory_read(self, at, &number, sizeof(number))) {
        (void)ask_result(-EFAULT);
        return;
    }
    for (unsigned i = 0; number > 0 && i < world.proc_count; i++) {
        is_there = is_there || (is_process(&world.procs[i]) && world.procs[i].group == number);
    }
    if (ask_result(is_there ? 0 : number < 0 ? -EINVAL : -ESRCH) && is_there) {
        world.foreground = number;
    }
}

static void set_modes(struct proc *self, uint64_t at)
{
    struct abi_termios modes;
    bool is_there = memory_read(self, at, &modes, sizeof(modes));

    if (ask_result(is_there ? 0 : -EFAULT) && is_there) {
        world.has_plain_keys = !(modes.c_lflag & ISIG);
    }
}

/* Results that are loose are taken over. */
static void give_loosely(struct proc *self, uint64_t at, uint64_t len)
{
    if (!memory_can(self, at, len, ACCESS_WRITE)) {
        (void)ask_result(-EFAULT);
    } else if (ask_result(0)) {
        memory_adopt(self, at, len);
    }
}

static void control_console(struct proc *self, uint32_t request, uint64_t at)
{
    const int group = world.foreground;

    switch (request) {
    case TCGETS:
        give_loosely(self, at, sizeof(struct abi_termios));
        break;
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
        set_modes(self, at);
        break;
    case TIOCGPGRP:
        if (!memory_can(self, at, sizeof(group), ACCESS_WRITE)) {
            (void)ask_result(-EFAULT);
        } else if (ask_result(0)) {
            memory_give(self, at, &group, sizeof(group));
        }
        break;
    case TIOCSPGRP:
        set_foreground(self, at);
        break;
    case TIOCGWINSZ:
        give_loosely(self, at, sizeof(struct abi_winsize));
        break;
    default:
        (void)ask_result(-ENOTTY);
        break;
    }
}

void call_ioctl(struct proc *self, const struct event *event)
{
    const struct file *file = files_get_open(self, (int)event->args[0]);

    if (!file) {
        (void)ask_result(-EBADF);
    } else if (file->kind == FILE_CONSOLE) {
        control_console(self, (uint32_t)event->args[1], event->args[2]);
    } else {
        (void)ask_result(-ENOTTY);
    }
}
