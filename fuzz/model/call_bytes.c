/* read, write and their like. */
#include "fuzz/model/anon.h"
#include "fuzz/model/ask.h"
#include "fuzz/model/calls.h"
#include "fuzz/model/files.h"
#include "fuzz/model/memory.h"
#include "fuzz/model/pipes.h"
#include "fuzz/model/spans.h"

/* What a call that moves bytes may give if it comes to count, all in one go. If memory was refused,
 * any shorter count may be. true: *count is what it was. */
static bool ask_count_moved(const struct event *event, uint64_t *count)
{
    if (event->was_refused && *count > 1 && event->result > 0 &&
        ask_range(1, (int64_t)*count - 1, *count - 1)) {
        *count = (uint64_t)event->result;
        return true;
    }
    return ask_result((int64_t)*count);
}

static void read_regular(struct proc *self, const struct event *event, struct file *file,
                         uint64_t *offset)
{
    const struct node *node = &world.nodes[file->node];
    uint64_t left = *offset < node->size ? node->size - *offset : 0;
    uint64_t count = spans_prefix(self, 0, least(left, spans_total()), ACCESS_WRITE);

    if (count == 0 && least(left, spans_total()) > 0) {
        (void)ask_result(-EFAULT);
    } else if (ask_count_moved(event, &count)) {
        spans_store(self, 0, node->bytes + (count > 0 ? *offset : 0), count);
        *offset += count;
    }
}

/* What a call that moves so much at once could have moved by now, parts that it has done before
 * included: they stay done, whatever has become of the memory. true: another part is done. */
static bool is_another_part(struct proc *self, uint64_t at_once, enum access access,
                            uint64_t *count)
{
    uint64_t done = self->doing.done;
    uint64_t rest = spans_total() - done;
    uint64_t reach = spans_prefix(self, done, rest, access);

    *count = done + reach;
    if (reach < at_once || rest == at_once || !ask_again()) {
        return false;
    }
    self->doing.done += at_once;
    return true;
}

static void read_zero(struct proc *self, const struct event *event)
{
    enum { AT_ONCE = 64 * 1024 };
    uint64_t count;

    if (is_another_part(self, AT_ONCE, ACCESS_WRITE, &count)) {
        spans_adopt(self, count);
        return;
    }
    if (count == 0 && spans_total() > 0) {
        (void)ask_result(-EFAULT);
    } else if (ask_count_moved(event, &count)) {
        spans_adopt(self, count);
    }
}

/* When a line is there, and how long it is of what was typed, is loose. Whoever waits has not
 * touched the memory yet, and no stack has grown for it. */
static void read_console(struct proc *self, const struct event *event, const struct file *file)
{
    if (spans_total() == 0) {
        (void)ask_result(0);
        return;
    }
    bool may_not_wait = (file->flags & O_NONBLOCK) && !self->doing.has_begun;
    bool is_empty = may_not_wait && ask_result(-EAGAIN);
    if (ask_block()) {
        self->doing.has_begun = true;
        self->doing.waits = WAITS_CONSOLE;
        is_empty = true;
    }
    if (world.typed == 0) {
        return;
    }
    uint64_t count = is_empty ? 0 : spans_prefix(self, 0, spans_total(), ACCESS_WRITE);
    uint64_t most_of = least(count, world.typed);
    if (count < spans_total()) {
        (void)ask_result(-EFAULT);
    }
    if (ask_range(0, (int64_t)most_of, most_of + 1) && !is_empty) {
        spans_adopt(self, (uint64_t)event->result);
        world.typed -= (uint64_t)event->result;
    }
}

static void write_console(struct proc *self, const struct event *event)
{
    enum { AT_ONCE = 16 * 1024 };
    uint64_t count;

    if (is_another_part(self, AT_ONCE, ACCESS_READ, &count)) {
        return;
    }
    if (count == 0 && spans_total() > 0) {
        (void)ask_result(-EFAULT);
    } else {
        (void)ask_count_moved(event, &count);
    }
}

static bool can_seek(const struct file *file)
{
    return file->kind == FILE_REGULAR || file->kind == FILE_DIRECTORY || file->kind == FILE_NULL ||
           file->kind == FILE_ZERO;
}

/* Whether the bytes would end where no offset can say. */
static bool is_too_far(const struct file *file, uint64_t offset)
{
    return can_seek(file) && offset + spans_total() > INT64_MAX;
}

/* What a call goes on with that waits, or has done a part: its number may name another by now. */
static struct file *find_file(struct proc *self, const struct event *event)
{
    return self->doing.holds ? &world.files[self->doing.file]
                             : files_get_open(self, (int)event->args[0]);
}

static void keep_file(struct proc *self, const struct event *event, const struct file *file)
{
    bool goes_on = event->kind == EVENT_BLOCKED || event->kind == EVENT_AGAIN;

    if (goes_on && !world.interrupted) {
        files_hold(self, file);
    }
}

static void do_read(struct proc *self, const struct event *event, struct file *file,
                    uint64_t *offset)
{
    if (is_too_far(file, *offset)) {
        (void)ask_result(-EINVAL);
        return;
    }
    switch (file->kind) {
    case FILE_REGULAR:
        read_regular(self, event, file, offset);
        break;
    case FILE_DIRECTORY:
        (void)ask_result(-EISDIR);
        break;
    case FILE_NULL:
        (void)ask_result(0);
        break;
    case FILE_ZERO:
        read_zero(self, event);
        break;
    case FILE_PIPE:
        pipes_read(self, event, file);
        break;
    case FILE_PIDFD:
        (void)ask_result(-EINVAL);
        break;
    case FILE_SIGNALFD:
        anon_read(self, event, file);
        break;
    case FILE_TIMERFD:
        anon_read_timer(self, event, file);
        break;
    default:
        read_console(self, event, file);
        break;
    }
    keep_file(self, event, file);
}

static void do_write(struct proc *self, const struct event *event, struct file *file,
                     uint64_t offset)
{
    if (is_too_far(file, offset) || file->kind == FILE_PIDFD || file->kind == FILE_SIGNALFD ||
        file->kind == FILE_TIMERFD) {
        (void)ask_result(-EINVAL);
    } else if (file->kind == FILE_PIPE) {
        pipes_write(self, event, file);
    } else if (file->kind == FILE_CONSOLE) {
        write_console(self, event);
    } else {
        (void)ask_result((int64_t)spans_total());
    }
    keep_file(self, event, file);
}

void call_read(struct proc *self, const struct event *event)
{
    struct file *file = find_file(self, event);

    if (!file || !files_may_read(file)) {
        (void)ask_result(-EBADF);
    } else if (!spans_set_one(event->args[1], event->args[2])) {
        (void)ask_result(-EFAULT);
    } else {
        do_read(self, event, file, &file->offset);
    }
}

void call_write(struct proc *self, const struct event *event)
{
    struct file *file = find_file(self, event);

    if (!file || !files_may_write(file)) {
        (void)ask_result(-EBADF);
    } else if (!spans_set_one(event->args[1], event->args[2])) {
        (void)ask_result(-EFAULT);
    } else {
        do_write(self, event, file, file->offset);
    }
}

/* -errno: the ranges are wrong. A rerun asks no more what is in memory. */
static int64_t set_vectors(struct proc *self, const struct event *event, bool is_allowed)
{
    if (self->doing.has_spans) {
        spans_take_kept(self);
        return 0;
    }
    int error = spans_set(self, event->args[1], event->args[2]);
    if (!error && is_allowed) {
        spans_keep(self);
    }
    return !error && !is_allowed ? -EBADF : error;
}

void call_readv(struct proc *self, const struct event *event)
{
    struct file *file = find_file(self, event);
    int64_t other = file ? set_vectors(self, event, files_may_read(file)) : -EBADF;

    if (other) {
        (void)ask_result(other);
    } else if (spans_total() == 0 && file->kind != FILE_PIDFD) {
        (void)ask_result(0);
    } else {
        do_read(self, event, file, &file->offset);
    }
}

void call_writev(struct proc *self, const struct event *event)
{
    struct file *file = find_file(self, event);
    int64_t other = file ? set_vectors(self, event, files_may_write(file)) : -EBADF;

    if (other) {
        (void)ask_result(other);
    } else {
        do_write(self, event, file, file->offset);
    }
}

static int check_offset(const struct file *file, int64_t offset)
{
    if (offset < 0) {
        return -EINVAL;
    }
    return !file ? -EBADF : can_seek(file) ? 0 : -ESPIPE;
}

void call_pread64(struct proc *self, const struct event *event)
{
    struct file *file = find_file(self, event);
    uint64_t offset = event->args[3];
    int error = check_offset(file, (int64_t)offset);

    if (!error && !files_may_read(file)) {
        error = -EBADF;
    }
    if (!error && !spans_set_one(event->args[1], event->args[2])) {
        error = -EFAULT;
    }
    if (error) {
        (void)ask_result(error);
    } else {
        do_read(self, event, file, &offset);
    }
}

void call_pwrite64(struct proc *self, const struct event *event)
{
    struct file *file = find_file(self, event);
    uint64_t offset = event->args[3];
    int error = check_offset(file, (int64_t)offset);

    if (!error && !files_may_write(file)) {
        error = -EBADF;
    }
    if (!error && !spans_set_one(event->args[1], event->args[2])) {
        error = -EFAULT;
    }
    if (error) {
        (void)ask_result(error);
    } else {
        do_write(self, event, file, offset);
    }
}

static int64_t seek_to(struct file *file, uint64_t base, int64_t offset, bool does_it)
{
    int64_t sum;

    if (__builtin_add_overflow((int64_t)base, offset, &sum)) {
        return -EOVERFLOW;
    }
    if (sum >= 0 && does_it) {
        file->offset = (uint64_t)sum;
    }
    return sum < 0 ? -EINVAL : sum;
}

static int64_t seek(struct file *file, int64_t offset, unsigned whence, bool does_it)
{
    uint64_t size = file->node >= 0 ? world.nodes[file->node].size : 0;

    if (file->kind == FILE_NULL || file->kind == FILE_ZERO) {
        return 0;
    }
    switch (whence) {
    case SEEK_SET:
        return seek_to(file, 0, offset, does_it);
    case SEEK_CUR:
        return seek_to(file, file->offset, offset, does_it);
    default:
        break;
    }
    if (file->kind == FILE_DIRECTORY) {
        return -EINVAL;
    }
    if (whence == SEEK_END) {
        return seek_to(file, size, offset, does_it);
    }
    if ((uint64_t)offset >= size) {
        return -ENXIO;
    }
    return seek_to(file, whence == SEEK_HOLE ? size : (uint64_t)offset, 0, does_it);
}

void call_lseek(struct proc *self, const struct event *event)
{
    struct file *file = files_get_open(self, (int)event->args[0]);
    unsigned whence = (unsigned)event->args[2];

    if (!file) {
        (void)ask_result(-EBADF);
    } else if (whence > SEEK_HOLE) {
        (void)ask_result(-EINVAL);
    } else if (file->kind == FILE_SIGNALFD || file->kind == FILE_TIMERFD) {
        (void)ask_result(0); /* nowhere */
    } else if (!can_seek(file)) {
        (void)ask_result(-ESPIPE);
    } else if (ask_result(seek(file, (int64_t)event->args[1], whence, false))) {
        (void)seek(file, (int64_t)event->args[1], whence, true);
    }
}

bool bytes_would_block(struct proc *self)
{
    return self->doing.waits == WAITS_CONSOLE || pipes_would_block(self);
}
