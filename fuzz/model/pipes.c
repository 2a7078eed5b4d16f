#include "fuzz/model/pipes.h"

#include "fuzz/model/ask.h"
#include "fuzz/model/files.h"
#include "fuzz/model/signals.h"
#include "fuzz/model/spans.h"

int pipes_create(void)
{
    struct pipe *pipe = &world.pipes[world.pipe_count];

    if (world.pipe_count == PIPES_MAX - 1) {
        world.lost = "too many pipes";
    } else {
        world.pipe_count++;
    }
    pipe->readers = 1;
    pipe->writers = 1;
    pipe->first = 0;
    pipe->count = 0;
    return (int)(pipe - world.pipes);
}

static unsigned place(const struct pipe *pipe, unsigned index)
{
    return (pipe->first + index) % PIECES_MAX;
}

static bool is_impatient(const struct proc *self, const struct file *file)
{
    return (file->flags & O_NONBLOCK) && !self->doing.has_begun;
}

static void note_wait(struct proc *self, enum waits waits)
{
    self->doing.has_begun = true;
    self->doing.waits = waits;
    self->doing.total = spans_total();
}

/* ---- reading ---- */

/* How much there is to read into what can be written, piece by piece. *is_fault: a piece that
 * cannot. */
static uint64_t count_readable(struct proc *self, const struct pipe *pipe, bool *is_fault)
{
    uint64_t done = 0;

    *is_fault = false;
    for (unsigned i = 0; i < pipe->count && done < spans_total(); i++) {
        uint64_t len = least(pipe->pieces[place(pipe, i)].len, spans_total() - done);
        if (!spans_can(self, done, len, ACCESS_WRITE)) {
            *is_fault = true;
            break;
        }
        done += len;
    }
    return done;
}

static void take(struct proc *self, struct pipe *pipe, uint64_t count)
{
    for (uint64_t done = 0, len; done < count; done += len) {
        unsigned at = pipe->first;
        struct piece *piece = &pipe->pieces[at];
        len = least(piece->len, count - done);
        spans_store(self, done, pipe->bytes[at] + piece->start, len);
        piece->start += (unsigned)len;
        piece->len -= (unsigned)len;
        if (piece->len == 0) {
            pipe->first = place(pipe, 1);
            pipe->count--;
        }
    }
}

void pipes_read(struct proc *self, const struct event *event, const struct file *file)
{
    struct pipe *pipe = &world.pipes[file->pipe];
    bool is_fault;
    uint64_t count = count_readable(self, pipe, &is_fault);

    if (spans_total() == 0 || (pipe->count == 0 && pipe->writers == 0)) {
        (void)ask_result(0);
    } else if (pipe->count == 0) {
        if (is_impatient(self, file)) {
            (void)ask_result(-EAGAIN);
        } else if (ask_block()) {
            note_wait(self, WAITS_BYTES);
        }
    } else if (count == 0) {
        (void)ask_result(-EFAULT);
    } else if (event->was_refused && event->result > 0 && ask_range(1, (int64_t)count, count)) {
        take(self, pipe, (uint64_t)event->result);
    } else if (ask_result((int64_t)count)) {
        take(self, pipe, count);
    }
}

/* ---- writing ---- */

/* Whether the odd bytes of a write, those beyond whole pages, fit behind the last piece: only at
 * the beginning of a write. */
static bool can_merge(const struct pipe *pipe, uint64_t total, uint64_t done)
{
    uint64_t odd = total & (PAGE - 1);

    if (done > 0 || odd == 0 || pipe->count == 0) {
        return false;
    }
    const struct piece *last = &pipe->pieces[place(pipe, pipe->count - 1)];
    return last->start + last->len + odd <= PAGE;
}

static void append(struct proc *self, struct pipe *pipe, uint64_t done, uint64_t len, bool merges)
{
    unsigned at = place(pipe, merges ? pipe->count - 1 : pipe->count);
    struct piece *piece = &pipe->pieces[at];

    if (!merges) {
        *piece = (struct piece){0};
        pipe->count++;
    }
    spans_look(self, done, pipe->bytes[at] + piece->start + piece->len, len);
    piece->len += (unsigned)len;
}

enum stop { STOP_DONE, STOP_FULL, STOP_BROKEN, STOP_FAULT };

/* How far a write comes from done on, and why no further; with does_it the bytes go into the pipe,
 * up to most_of. */
static enum stop fill(struct proc *self, struct pipe *pipe, uint64_t *done, uint64_t most_of,
                      bool does_it)
{
    uint64_t total = spans_total();
    unsigned count = pipe->count;

    while (*done < total && *done < most_of) {
        bool merges = can_merge(pipe, total, *done);
        uint64_t len = merges ? total & (PAGE - 1) : least(PAGE, total - *done);
        if (pipe->readers == 0) {
            return STOP_BROKEN;
        }
        if (!merges && count == PIECES_MAX) {
            return STOP_FULL;
        }
        if (!spans_can(self, *done, len, ACCESS_READ)) {
            return STOP_FAULT;
        }
        if (does_it) {
            append(self, pipe, *done, len, merges);
        }
        count += !merges;
        *done += len;
    }
    return STOP_DONE;
}

/* Whether a write that would come as far as done can come to result if memory is refused: behind
 * one of the pieces that it is made of. */
static bool is_part(struct proc *self, struct pipe *pipe, int64_t result, uint64_t done)
{
    uint64_t part = self->doing.done;

    if (result <= 0 || (uint64_t)result < part || (uint64_t)result >= done) {
        return false;
    }
    (void)fill(self, pipe, &part, (uint64_t)result, false);
    return part == (uint64_t)result;
}

void pipes_write(struct proc *self, const struct event *event, const struct file *file)
{
    struct pipe *pipe = &world.pipes[file->pipe];
    uint64_t start = self->doing.done;
    uint64_t done = start;
    uint64_t again = start;
    enum stop stop = fill(self, pipe, &done, UINT64_MAX, false);
    bool waits = stop == STOP_FULL && !is_impatient(self, file);
    static const int errors[] = {
        [STOP_DONE] = 0, [STOP_FULL] = -EAGAIN, [STOP_BROKEN] = -EPIPE, [STOP_FAULT] = -EFAULT};
    int64_t result = done > 0 ? (int64_t)done : errors[stop];

    if (event->was_refused && is_part(self, pipe, event->result, done) &&
        ask_range(event->result, event->result, (done - start + PAGE - 1) / PAGE)) {
        (void)fill(self, pipe, &again, (uint64_t)event->result, true);
        return;
    }
    if (waits && world.must_not_wait && done > 0) {
        waits = false;
    }
    if (waits) {
        if (ask_block()) {
            (void)fill(self, pipe, &again, UINT64_MAX, true);
            self->doing.done = done;
            note_wait(self, WAITS_ROOM);
        }
        return;
    }
    if (ask_result(result)) {
        (void)fill(self, pipe, &again, UINT64_MAX, true);
        if (stop == STOP_BROKEN) {
            const struct said said = signals_said(SIGPIPE, SI_USER, self);
            (void)signals_send_said(self, true, &said);
        }
    }
}

bool pipes_would_block(struct proc *self)
{
    const struct doing *doing = &self->doing;
    const struct pipe *pipe = &world.pipes[world.files[doing->file].pipe];

    if (doing->waits == WAITS_BYTES) {
        return pipe->count == 0 && pipe->writers > 0;
    }
    return pipe->readers > 0 && pipe->count == PIECES_MAX &&
           !can_merge(pipe, doing->total, doing->done);
}
