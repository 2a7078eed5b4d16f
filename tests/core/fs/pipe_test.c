#include "fs/pipe.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/inject.h"
#include "base/random.h"
#include "base/string.h"
#include "proc/process.h"
#include "proc/process_check.h"
#include "proc/sched.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

enum { FROM = 3, TO = 4, CAPACITY = PIPE_PIECES * PAGE_SIZE };

#define FDS_AT CALLS_DATA
#define BUFFER_AT (CALLS_DATA + PAGE_SIZE)

static struct process *init;
static struct process *child;

static void begin_with(unsigned flags)
{
    init = calls_begin();
    EXPECT_EQ(CALL(init, pipe2, FDS_AT, flags), 0);
    EXPECT_EQ(calls_get_int(FDS_AT), FROM);
    EXPECT_EQ(calls_get_int(FDS_AT + 4), TO);
}

static void begin(void)
{
    begin_with(0);
}

/* A child that shares both ends. */
static void begin_with_child(void)
{
    begin();
    child = calls_child(CALL(init, clone, SIGCHLD));
    fixture_run(init);
}

static int64_t write(struct process *process, uint64_t count)
{
    return CALL(process, write, TO, BUFFER_AT, count);
}

static int64_t read(struct process *process, uint64_t count)
{
    return CALL(process, read, FROM, BUFFER_AT, count);
}

static int64_t write_text(const char *text)
{
    fixture_run(init);
    calls_put_text(BUFFER_AT, text);
    return write(init, str_len(text));
}

static void expect_bytes(uaddr_t at, const char *expected)
{
    char bytes[64] = {0};

    calls_get(at, bytes, str_len(expected));
    EXPECT_STREQ(bytes, expected);
}

static void expect_read(uint64_t count, const char *expected)
{
    EXPECT_EQ(read(init, count), str_len(expected));
    expect_bytes(BUFFER_AT, expected);
    process_check();
}

static bool is_dying(const struct process *process)
{
    return process->signals.fatal == SIGPIPE;
}

TEST(pipe_gives_what_it_was_given)
{
    begin();
    EXPECT_EQ(write_text("hello "), 6);
    EXPECT_EQ(write_text("world"), 5);
    expect_read(3, "hel");
    expect_read(100, "lo world");
    EXPECT_EQ(read(init, 0), 0);
    EXPECT_EQ(write(init, 0), 0);
    fixture_end();
}

TEST(pipe_ends_are_for_one_direction)
{
    struct abi_stat status;

    begin();
    EXPECT_EQ(CALL(init, write, FROM, BUFFER_AT, 1), -EBADF);
    EXPECT_EQ(CALL(init, read, TO, BUFFER_AT, 1), -EBADF);
    EXPECT_EQ(CALL(init, lseek, FROM, 0, SEEK_SET), -ESPIPE);
    EXPECT_EQ(CALL(init, pread64, FROM, BUFFER_AT, 1, 0), -ESPIPE);
    EXPECT_EQ(CALL(init, ioctl, FROM, TCGETS, BUFFER_AT), -ENOTTY);
    EXPECT_EQ(CALL(init, fcntl, FROM, F_GETFL), O_RDONLY);
    EXPECT_EQ(CALL(init, fcntl, TO, F_GETFL), O_WRONLY);
    EXPECT_EQ(CALL(init, fstat, TO, BUFFER_AT), 0);
    calls_get(BUFFER_AT, &status, sizeof(status));
    EXPECT_EQ(status.st_mode, S_IFIFO | 0600);
    EXPECT_EQ(status.st_size, 0);
    fixture_end();
}

/* ---- readers ---- */

TEST(pipe_reader_waits_for_bytes)
{
    begin_with_child();
    EXPECT_EQ(read(child, 100), CALL_BLOCKED);
    EXPECT_EQ(child->thread->call.reason, WAIT_PIPE_BYTES);
    process_check();
    sched_wake(child->thread);
    EXPECT_EQ(calls_rerun(child), CALL_BLOCKED);
    EXPECT_EQ(write_text("abc"), 3);
    process_check();
    EXPECT_EQ(calls_rerun(child), 3);
    expect_bytes(BUFFER_AT, "abc");
    fixture_end();
}

TEST(pipe_two_readers_and_few_bytes)
{
    begin_with_child();
    struct process *other = calls_child(CALL(init, clone, SIGCHLD));
    EXPECT_EQ(read(child, 100), CALL_BLOCKED);
    EXPECT_EQ(read(other, 100), CALL_BLOCKED);
    EXPECT_EQ(write_text("abc"), 3);
    EXPECT_EQ(calls_rerun(other), 3);
    EXPECT_EQ(calls_rerun(child), CALL_BLOCKED);
    process_check();
    fixture_end();
}

TEST(pipe_end_of_file_when_the_last_writer_closes)
{
    begin_with_child();
    EXPECT_EQ(read(child, 100), CALL_BLOCKED);
    EXPECT_EQ(CALL(init, close, TO), 0);
    EXPECT_EQ(child->thread->state, THREAD_BLOCKED);
    fixture_run(init);
    /* The child itself has the other one: killed, it takes it along. */
    struct process *reader = calls_child(CALL(init, clone, SIGCHLD));
    EXPECT_EQ(read(reader, 100), CALL_BLOCKED);
    process_exit(child, SIGKILL);
    EXPECT_EQ(calls_rerun(reader), 0);
    process_check();
    fixture_end();
}

TEST(pipe_bytes_come_before_the_end)
{
    begin();
    EXPECT_EQ(write_text("abc"), 3);
    EXPECT_EQ(CALL(init, close, TO), 0);
    expect_read(2, "ab");
    expect_read(100, "c");
    expect_read(100, "");
    fixture_end();
}

TEST(pipe_read_that_cannot_be_delivered_takes_nothing)
{
    begin();
    EXPECT_EQ(write_text("abcdef"), 6);
    EXPECT_EQ(CALL(init, read, FROM, CALLS_NOWHERE, 6), -EFAULT);
    EXPECT_EQ(CALL(init, read, FROM, CALLS_DATA_END - 3, 6), -EFAULT);
    inject_arm(1, true);
    EXPECT_EQ(CALL(init, read, FROM, BUFFER_AT + 4 * PAGE_SIZE, 6), -ENOMEM);
    inject_arm(0, false);
    EXPECT_EQ(CALL(init, read, FROM, CALLS_DATA_END - 3, 3), 3);
    expect_read(100, "def");
    fixture_end();
}

/* The pieces before count, the piece in which memory ends stays whole. */
TEST(pipe_read_as_far_as_memory_goes)
{
    begin();
    EXPECT_EQ(write(init, 2 * PAGE_SIZE), 2 * PAGE_SIZE);
    EXPECT_EQ(CALL(init, read, FROM, CALLS_DATA_END - PAGE_SIZE - 7, 2 * PAGE_SIZE), PAGE_SIZE);
    EXPECT_EQ(read(init, 2 * PAGE_SIZE), PAGE_SIZE);
    fixture_end();
}

/* ---- writers ---- */

TEST(pipe_writer_waits_for_room)
{
    begin_with_child();
    EXPECT_EQ(write(child, CAPACITY), CAPACITY);
    EXPECT_EQ(write(child, 1), CALL_BLOCKED);
    EXPECT_EQ(child->thread->call.reason, WAIT_PIPE_ROOM);
    process_check();
    EXPECT_EQ(read(init, 100), 100);
    EXPECT_EQ(child->thread->state, THREAD_BLOCKED); /* no piece is gone yet */
    EXPECT_EQ(read(init, PAGE_SIZE - 100), PAGE_SIZE - 100);
    EXPECT_EQ(calls_rerun(child), 1);
    process_check();
    fixture_end();
}

/* A long write goes in as there is room, and every rerun goes on where the last was. */
TEST(pipe_long_write_goes_in_by_and_by)
{
    enum { LONG = CAPACITY + 3 * PAGE_SIZE + 5 };
    uint64_t got = 0;

    begin_with_child();
    EXPECT_EQ(write(child, LONG), CALL_BLOCKED);
    EXPECT_EQ(child->thread->call.done, CAPACITY);
    sched_wake(child->thread);
    EXPECT_EQ(calls_rerun(child), CALL_BLOCKED);
    while (child->thread->state == THREAD_BLOCKED) {
        got += (uint64_t)read(init, 3000);
        process_check();
        if (child->thread->state == THREAD_READY) {
            EXPECT(calls_rerun(child) == CALL_BLOCKED || got + CAPACITY >= LONG);
        }
    }
    EXPECT_EQ(child->thread->user.x[0], LONG);
    while (got < LONG) {
        got += (uint64_t)read(init, 9000);
    }
    EXPECT_EQ(got, LONG);
    EXPECT_EQ(read(init, 1), CALL_BLOCKED);
    fixture_end();
}

TEST(pipe_short_write_is_never_split)
{
    begin_with(O_NONBLOCK);
    EXPECT_EQ(write(init, CAPACITY - 1), CAPACITY - 1);
    EXPECT_EQ(write(init, 2), -EAGAIN);
    EXPECT_EQ(write(init, PIPE_BUF), -EAGAIN);
    EXPECT_EQ(write(init, 1), 1);
    EXPECT_EQ(write(init, 1), -EAGAIN);
    EXPECT_EQ(read(init, PAGE_SIZE), PAGE_SIZE);
    EXPECT_EQ(write(init, 100), 100);
    EXPECT_EQ(write(init, PIPE_BUF), -EAGAIN);
    EXPECT_EQ(write(init, PIPE_BUF - 100), PIPE_BUF - 100);
    fixture_end();
}

TEST(pipe_that_does_not_wait)
{
    begin_with(O_NONBLOCK | O_CLOEXEC);
    EXPECT_EQ(CALL(init, fcntl, FROM, F_GETFL), O_RDONLY | O_NONBLOCK);
    EXPECT_EQ(CALL(init, fcntl, TO, F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(read(init, 1), -EAGAIN);
    EXPECT_EQ(write(init, CAPACITY + 1), CAPACITY);
    EXPECT_EQ(CALL(init, close, TO), 0);
    EXPECT_EQ(read(init, CAPACITY + 1), CAPACITY);
    EXPECT_EQ(read(init, 1), 0);
    fixture_end();
}

/* What the description says decides when the call is made, not when it looks again. */
TEST(pipe_that_does_not_wait_any_longer)
{
    begin_with_child();
    EXPECT_EQ(read(child, 1), CALL_BLOCKED);
    EXPECT_EQ(CALL(init, fcntl, FROM, F_SETFL, O_NONBLOCK), 0);
    sched_wake(child->thread);
    EXPECT_EQ(calls_rerun(child), CALL_BLOCKED);
    EXPECT_EQ(write(init, CAPACITY), CAPACITY);
    EXPECT_EQ(calls_rerun(child), 1);
    EXPECT_EQ(write(child, PIPE_BUF), CALL_BLOCKED);
    EXPECT_EQ(CALL(init, fcntl, TO, F_SETFL, O_NONBLOCK), 0);
    sched_wake(child->thread);
    EXPECT_EQ(calls_rerun(child), CALL_BLOCKED);
    fixture_end();
}

/* Who shares the memory may take them away meanwhile: they were read before. */
TEST(pipe_long_write_goes_on_without_its_vectors)
{
    const struct abi_iovec vectors[] = {{BUFFER_AT, PAGE_SIZE}, {BUFFER_AT, CAPACITY}};

    begin();
    calls_put(CALLS_DATA, vectors, sizeof(vectors));
    for (unsigned i = 1; i < PIPE_PIECES; i++) {
        EXPECT_EQ(write(init, PAGE_SIZE), PAGE_SIZE);
    }
    EXPECT_EQ(CALL(init, writev, TO, CALLS_DATA, 2), CALL_BLOCKED);
    EXPECT_EQ(space_unmap(init->space, CALLS_DATA, CALLS_DATA + PAGE_SIZE), 0);
    sched_wake(init->thread);
    EXPECT_EQ(calls_rerun(init), CALL_BLOCKED);
    process_check();
    fixture_end();
}

TEST(pipe_write_without_a_reader)
{
    begin_with_child();
    EXPECT_EQ(CALL(init, close, FROM), 0);
    EXPECT_EQ(CALL(child, close, FROM), 0);
    EXPECT_EQ(write(child, 0), 0);
    EXPECT(!is_dying(child));
    EXPECT_EQ(write(child, 5), -EPIPE);
    EXPECT(is_dying(child));
    EXPECT_EQ(write(init, 5), -EPIPE); /* init takes no signal */
    fixture_end();
}

TEST(pipe_blocked_writer_loses_its_reader)
{
    begin_with_child();
    EXPECT_EQ(write(child, CAPACITY + 1), CALL_BLOCKED);
    struct process *other = calls_child(CALL(init, clone, SIGCHLD));
    EXPECT_EQ(CALL(other, write, TO, BUFFER_AT, 1), CALL_BLOCKED);
    /* All who could read are those who write. */
    EXPECT_EQ(CALL(init, close, FROM), 0);
    EXPECT_EQ(fdtable_close(child->thread->fds, FROM), 0);
    EXPECT_EQ(child->thread->state, THREAD_BLOCKED);
    EXPECT_EQ(fdtable_close(other->thread->fds, FROM), 0);
    EXPECT_EQ(calls_rerun(child), CAPACITY);
    EXPECT(is_dying(child));
    EXPECT_EQ(calls_rerun(other), -EPIPE);
    EXPECT(is_dying(other));
    fixture_end();
}

TEST(pipe_write_as_far_as_memory_goes)
{
    begin();
    EXPECT_EQ(CALL(init, write, TO, CALLS_NOWHERE, 5), -EFAULT);
    EXPECT_EQ(CALL(init, write, TO, CALLS_DATA_END - 3, 5), -EFAULT);
    EXPECT_EQ(CALL(init, write, TO, CALLS_DATA_END - PAGE_SIZE - 3, 2 * PAGE_SIZE), PAGE_SIZE);
    EXPECT_EQ(write_text("abc"), 3);
    EXPECT_EQ(CALL(init, write, TO, CALLS_DATA_END - 3, 5), -EFAULT); /* behind abc */
    process_check();
    EXPECT_EQ(read(init, PAGE_SIZE), PAGE_SIZE);
    expect_read(100, "abc");
    fixture_end();
}

TEST(pipe_write_without_memory)
{
    begin();
    calls_put(BUFFER_AT, "abc", 3);
    inject_arm(1, true);
    EXPECT_EQ(write(init, 3), -ENOMEM);
    inject_arm(3, true);
    EXPECT_EQ(CALL(init, write, TO, CALLS_DATA, 5 * PAGE_SIZE), 2 * PAGE_SIZE);
    inject_arm(0, false);
    EXPECT_EQ(read(init, PAGE_SIZE * 5), PAGE_SIZE * 2);
    fixture_end();
}

TEST(pipe_frames_come_and_go)
{
    begin();
    EXPECT_EQ(write(init, CAPACITY), CAPACITY);
    EXPECT_EQ(read(init, CAPACITY), CAPACITY);
    uint64_t used = fixture_frames_used();
    EXPECT_EQ(write(init, CAPACITY), CAPACITY);
    EXPECT_EQ(fixture_frames_used(), used + PIPE_PIECES);
    EXPECT_EQ(read(init, CAPACITY), CAPACITY);
    EXPECT_EQ(fixture_frames_used(), used);
    EXPECT_EQ(write(init, CAPACITY), CAPACITY);
    EXPECT_EQ(CALL(init, close, TO), 0);
    EXPECT_EQ(pipe_count(), 1);
    EXPECT_EQ(CALL(init, close, FROM), 0);
    EXPECT_EQ(pipe_count(), 0);
    fixture_end();
}

/* Bytes in order, whatever the sizes of the reads and the writes. */
TEST(pipe_does_as_its_model)
{
    static uint8_t bytes[20 * PAGE_SIZE];
    struct random random = {3};
    uint8_t written = 0;
    uint8_t expected = 0;
    uint64_t held = 0;

    begin_with(O_NONBLOCK);
    for (unsigned round = 0; round < 600; round++) {
        uint64_t count = 1 + random_next(&random) % (round % 3 ? 200 : 15000);
        if (random_next(&random) % 2) {
            for (uint64_t i = 0; i < count; i++) {
                bytes[i] = (uint8_t)(written + i);
            }
            calls_put(BUFFER_AT, bytes, count);
            int64_t done = write(init, count);
            EXPECT(done == -EAGAIN || done == (int64_t)count || count > PIPE_BUF);
            written = (uint8_t)(written + (done > 0 ? done : 0));
            held += done > 0 ? (uint64_t)done : 0;
        } else {
            int64_t done = read(init, count);
            EXPECT_EQ(done, held == 0 ? -EAGAIN : (int64_t)min_u64(count, held));
            calls_get(BUFFER_AT, bytes, done > 0 ? (uint64_t)done : 0);
            for (int64_t i = 0; i < done; i++) {
                EXPECT_EQ(bytes[i], expected);
                expected++;
            }
            held -= done > 0 ? (uint64_t)done : 0;
        }
        process_check();
    }
    fixture_end();
}
