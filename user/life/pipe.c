/* pipe2(2) and pipe(7): bytes from one process to another, and what happens at the ends. */
#include "life.h"

enum {
    CAPACITY = 64 * 1024, /* of a pipe */
    MUCH = 1 << 20,
    WRITERS = 4,
    LOTS = 16, /* that each of them writes, of PIPE_BUF bytes */
};

struct pipe {
    int from, to;
};

static char buffer[CAPACITY + PAGE];

static struct pipe pipe_with(int flags)
{
    int fds[2] = {-1, -1};

    sys_pipe2(fds, flags);
    return (struct pipe){fds[0], fds[1]};
}

static void pipe_close(const struct pipe *pipe)
{
    sys_close(pipe->from);
    sys_close(pipe->to);
}

static void check_bytes(void)
{
    struct pipe pipe = pipe_with(0);
    char got[16] = "";

    check(pipe.from >= 3 && pipe.to == pipe.from + 1, "pipe: gives the two lowest descriptors");
    check_is(sys_write(pipe.to, "abcdef", 6), 6, "pipe: takes bytes");
    check_is(sys_read(pipe.from, got, 4), 4, "pipe: gives as many as are asked for");
    check(memcmp(got, "abcd", 4) == 0, "pipe: which are the first");
    check_is(sys_read(pipe.from, got, sizeof(got)), 2, "pipe: gives as many as there are");
    check(memcmp(got, "ef", 2) == 0, "pipe: which are the rest");
    check_is(sys_write(pipe.to, "x", 0), 0, "pipe: writing nothing does nothing");
    check_is(sys_read(pipe.to, got, 1), -EBADF, "pipe: its writing end cannot be read");
    check_is(sys_write(pipe.from, "x", 1), -EBADF, "pipe: nor the other written");
    check_is(sys_lseek(pipe.from, 0, SEEK_SET), -ESPIPE, "pipe: has no offsets");
    check_is(sys_pread64(pipe.from, got, 1, 0), -ESPIPE, "pipe: nor can it be read at one");
    check_is(sys_write(pipe.to, (const void *)BAD_ADDRESS, 1), -EFAULT,
             "pipe: a bad address to write from gives EFAULT");
    sys_write(pipe.to, "z", 1);
    check_is(sys_read(pipe.from, (void *)BAD_ADDRESS, 1), -EFAULT, "pipe: so does one to read to");
    check_is(sys_read(pipe.from, got, 1), 1, "pipe: and the byte is still there");
    struct abi_stat status = {0};
    check_is(sys_fstat(pipe.from, &status) ?: (long)(status.st_mode & S_IFMT), S_IFIFO,
             "pipe: fstat says what it is");
    pipe_close(&pipe);
}

static void check_pipe_flags(void)
{
    struct pipe pipe = pipe_with(O_CLOEXEC | O_NONBLOCK);
    int next;

    check_is(sys_fcntl(pipe.from, F_GETFD, 0), FD_CLOEXEC, "pipe: O_CLOEXEC is of the descriptor");
    check_is(sys_fcntl(pipe.to, F_GETFL, 0) & (O_NONBLOCK | O_ACCMODE), O_NONBLOCK | O_WRONLY,
             "pipe: O_NONBLOCK is of the description");
    pipe_close(&pipe);
    check_is(sys_pipe2((int *)BAD_ADDRESS, 0), -EFAULT, "pipe: a bad address gives EFAULT");
    next = (int)sys_dup(0);
    check_is(next, pipe.from, "pipe: and leaves no descriptor");
    sys_close(next);
    int fds[2];
    check_is(sys_pipe2(fds, 1), -EINVAL, "pipe: an unknown flag gives EINVAL");
}

static void check_nonblocking(void)
{
    struct pipe pipe = pipe_with(O_NONBLOCK);

    check_is(sys_read(pipe.from, buffer, 1), -EAGAIN, "pipe: empty, O_NONBLOCK gives EAGAIN");
    check_is(sys_write(pipe.to, buffer, sizeof(buffer)), CAPACITY,
             "pipe: takes a part of what is more than it holds");
    check_is(sys_write(pipe.to, buffer, 1), -EAGAIN, "pipe: full, gives EAGAIN");
    check_is(sys_read(pipe.from, buffer, PIPE_BUF), PIPE_BUF, "pipe: gives a page");
    check_is(sys_write(pipe.to, buffer, PIPE_BUF), PIPE_BUF, "pipe: then takes a page");
    sys_read(pipe.from, buffer, PIPE_BUF);
    sys_write(pipe.to, buffer, 100);
    check_is(sys_write(pipe.to, buffer, PIPE_BUF), -EAGAIN,
             "pipe: takes all of what is up to PIPE_BUF, or nothing");
    pipe_close(&pipe);
}

/* ---- both ends in different processes ---- */

static int reads_one(uint64_t pipe)
{
    char c = 0;

    return sys_read(((const struct pipe *)pipe)->from, &c, 1) == 1 ? c : 0;
}

static int reads_end(uint64_t pipe)
{
    char c;

    sys_close(((const struct pipe *)pipe)->to);
    return sys_read(((const struct pipe *)pipe)->from, &c, 1) == 0;
}

static int naps(uint64_t unused)
{
    (void)unused;
    nap();
    return 0;
}

static int writes_much(uint64_t pipe)
{
    unsigned char *bytes = map_private(MUCH);

    for (unsigned i = 0; i < MUCH; i++)
        bytes[i] = (unsigned char)(i * 7 + i / 4096);
    sys_close(((const struct pipe *)pipe)->from);
    return sys_write(((const struct pipe *)pipe)->to, bytes, MUCH) == MUCH;
}

static bool read_much(int fd)
{
    uint64_t done = 0;
    long got;

    while ((got = sys_read(fd, buffer, 3000)) > 0)
        for (long i = 0; i < got; i++, done++)
            if ((unsigned char)buffer[i] != (unsigned char)(done * 7 + done / 4096))
                return false;
    return got == 0 && done == MUCH;
}

static void check_between_processes(void)
{
    struct pipe pipe = pipe_with(0);
    int child = start_fork(reads_one, ADDR(&pipe));

    nap();
    sys_write(pipe.to, "q", 1);
    check_is(await(child), exited('q'), "pipe: a reader waits for bytes");
    child = start_fork(reads_end, ADDR(&pipe));
    int other = start_fork(naps, 0);
    pipe_close(&pipe);
    check_is(await(child), exited(1), "pipe: the end of the last writer wakes a reader: no more");
    await(other);

    pipe = pipe_with(0);
    child = start_fork(writes_much, ADDR(&pipe));
    sys_close(pipe.to);
    check(read_much(pipe.from), "pipe: a megabyte goes through, in order");
    check_is(await(child), exited(1), "pipe: and is one write");
    sys_close(pipe.from);
}

/* ---- nobody reads ---- */

static int writes_to_nobody(uint64_t ignore)
{
    struct pipe pipe = pipe_with(0);

    if (ignore)
        set_handler(SIGPIPE, ADDR(SIG_IGN), 0);
    sys_close(pipe.from);
    return (int)-sys_write(pipe.to, "x", 1);
}

static int fills(uint64_t pipe)
{
    int fd = ((const struct pipe *)pipe)->to;

    set_handler(SIGPIPE, ADDR(SIG_IGN), 0);
    sys_close(((const struct pipe *)pipe)->from);
    long taken = sys_write(fd, buffer, sizeof(buffer));
    return taken > 0 && taken < (long)sizeof(buffer);
}

static int fills_and_dies(uint64_t pipe)
{
    int fd = ((const struct pipe *)pipe)->to;

    sys_close(((const struct pipe *)pipe)->from);
    sys_write(fd, buffer, sizeof(buffer));
    return 0;
}

static void check_broken(void)
{
    check_is(run_fork(writes_to_nobody, 0), signalled(SIGPIPE),
             "pipe: writing where nobody reads ends the writer by SIGPIPE");
    check_is(run_fork(writes_to_nobody, 1), exited(EPIPE), "pipe: or gives EPIPE");
    struct pipe pipe = pipe_with(0);
    int child = start_fork(fills, ADDR(&pipe));
    sys_read(pipe.from, buffer, 1); /* what it takes from now on is less than a pipe holds */
    pipe_close(&pipe);
    check_is(await(child), exited(1),
             "pipe: a writer that waits gets what was taken, when the last reader ends");
    pipe = pipe_with(0);
    child = start_fork(fills_and_dies, ADDR(&pipe));
    sys_read(pipe.from, buffer, 1);
    pipe_close(&pipe);
    check_is(await(child), signalled(SIGPIPE), "pipe: and the signal");
}

static int writes_lots(uint64_t argument)
{
    struct pipe *pipe = (struct pipe *)(argument & ~7ull);

    memset(buffer, 'a' + (int)(argument & 7), PIPE_BUF);
    for (unsigned i = 0; i < LOTS; i++)
        if (sys_write(pipe->to, buffer, PIPE_BUF) != PIPE_BUF)
            return 0;
    return 1;
}

static void check_atomic(void)
{
    struct pipe *pipe = map_private(PAGE); /* at an address whose low bits are 0 */
    int children[WRITERS];
    unsigned lots = 0, whole = 0;

    *pipe = pipe_with(0);
    for (unsigned i = 0; i < WRITERS; i++)
        children[i] = start_fork(writes_lots, ADDR(pipe) + i);
    sys_close(pipe->to);
    for (;; lots++) {
        unsigned same = 0, got = 0;
        long more;
        while (got < PIPE_BUF && (more = sys_read(pipe->from, buffer + got, PIPE_BUF - got)) > 0)
            got += (unsigned)more;
        if (got == 0)
            break;
        while (same < got && buffer[same] == buffer[0])
            same++;
        whole += same == PIPE_BUF;
    }
    check_is(lots, WRITERS * LOTS, "pipe: several can write");
    check_is(whole, lots, "pipe: and what is up to PIPE_BUF is not mixed");
    for (unsigned i = 0; i < WRITERS; i++)
        await(children[i]);
    sys_close(pipe->from);
    sys_munmap(ADDR(pipe), PAGE);
}

void check_pipe(void)
{
    check_bytes();
    check_pipe_flags();
    check_nonblocking();
    check_between_processes();
    check_broken();
    check_atomic();
}
