#include "lives.h"

#include "base/types.h"

#define STATUS(code) ((code) << 8)
#define PAGE ((uint64_t)PAGE_SIZE)
#define TEXT (DATA + 64)      /* strings, and bytes to write */
#define GOT (DATA + PAGE)     /* bytes that were read */
#define FDS (DATA + 2 * PAGE) /* what pipe2 writes; the page is not touched before */
#define FROM N(3)
#define TO N(4)

static void open_text(struct program *p, unsigned flags, int fd)
{
    program_string(p, TEXT, "/text");
    CALL(p, openat, N(AT_FDCWD), N(TEXT), N(flags), N(0));
    program_result(p, fd);
}

static void open_pipe(struct program *p)
{
    CALL(p, pipe2, N(FDS), N(0));
    program_result(p, 0);
    program_load(p, 27, FDS);
    program_expect(p, X(27), N((uint64_t)4 << 32 | 3));
}

static void close(struct program *p, struct script_value fd)
{
    CALL(p, close, fd);
    program_result(p, 0);
}

/* An offset is shared, numbers are not. */
void descriptors_over_fork(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};

    open_text(p, O_RDONLY, 3);
    CALL(p, dup, N(3));
    program_result(p, 4);
    CALL(p, fcntl, N(3), N(F_DUPFD_CLOEXEC), N(100));
    program_result(p, 100);
    CALL(p, dup3, N(3), N(40), N(0));
    program_result(p, 40);
    program_fork(p, 20, &child);
    program_wait(p, X(20), STATUS(0));
    CALL(p, lseek, N(4), N(0), N(SEEK_CUR));
    program_result(p, 3);
    CALL(p, pread64, N(100), N(GOT), N(100), N(0));
    program_result(p, 11);
    close(p, N(40));
    program_exit(p, 0);
    program_place(p, &child);
    CALL(p, read, N(100), N(GOT), N(3));
    program_result(p, 3);
    program_op(p, (struct script_op){.kind = SCRIPT_LOAD, .size = 2, .to = 21, .args = {N(GOT)}});
    program_expect(p, X(21), N('n' | 'o' << 8));
    close(p, N(4));
    close(p, N(3));
    program_exit(p, 0);
}

/* What a program inherits. */
void descriptors_over_exec(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct program *q = &programs[1];
    struct label child = {0};

    open_text(p, O_RDONLY | O_CLOEXEC, 3);
    open_text(p, O_RDONLY, 4);
    program_fork(p, 20, &child);
    program_wait(p, X(20), STATUS(0));
    CALL(p, lseek, N(4), N(0), N(SEEK_CUR));
    program_result(p, 1);
    CALL(p, fcntl, N(3), N(F_GETFD));
    program_result(p, FD_CLOEXEC);
    program_exit(p, 0);
    program_place(p, &child);
    program_string(p, TEXT, "/p1");
    CALL(p, execve, N(TEXT), N(0), N(0));
    program_result(p, 0);
    CALL(q, read, N(3), N(GOT), N(1));
    program_result(q, -EBADF);
    CALL(q, read, N(4), N(GOT), N(1));
    program_result(q, 1);
    program_exit(q, 0);
}

/* A call that cannot tell its result leaves no descriptors behind. */
void descriptors_that_were_not_made(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];

    CALL(p, pipe2, N(0x1000), N(0));
    program_result(p, -EFAULT);
    CALL(p, pipe2, N(FDS), N(O_APPEND));
    program_result(p, -EINVAL);
    program_string(p, TEXT, "/none");
    CALL(p, openat, N(AT_FDCWD), N(TEXT), N(0), N(0));
    program_result(p, -ENOENT);
    CALL(p, dup, N(0));
    program_result(p, 3);
    program_exit(p, 0);
}

/* The reader waits for bytes, gets them, waits again, and gets the end when the writer has gone. */
void pipe_from_a_child(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};

    open_pipe(p);
    program_fork(p, 20, &child);
    close(p, TO);
    for (unsigned i = 0; i < 2; i++) {
        CALL(p, read, FROM, N(GOT), N(100));
        program_result(p, 5);
        program_load(p, 21, GOT);
        program_expect(p, X(21),
                       N('h' | 'e' << 8 | 'l' << 16 | (uint64_t)'l' << 24 | (uint64_t)'o' << 32));
    }
    CALL(p, read, FROM, N(GOT), N(100));
    program_result(p, 0);
    program_wait(p, X(20), STATUS(0));
    program_exit(p, 0);
    program_place(p, &child);
    close(p, FROM);
    program_string(p, TEXT, "hello");
    program_yield(p, 20);
    CALL(p, write, TO, N(TEXT), N(5));
    program_result(p, 5);
    program_yield(p, 40);
    CALL(p, write, TO, N(TEXT), N(5));
    program_result(p, 5);
    program_exit(p, 0);
}

/* More than a pipe holds goes to a child that takes its time. */
void pipe_that_is_full(struct program programs[PROGRAMS])
{
    enum { ROUNDS = 6 };
    const int64_t all = DATA_PAGES * PAGE_SIZE;
    struct program *p = &programs[0];
    struct label child = {0};

    open_pipe(p);
    program_fork(p, 20, &child);
    close(p, FROM);
    for (unsigned i = 0; i < ROUNDS; i++) {
        CALL(p, write, TO, N(DATA), N(all));
        program_result(p, all);
    }
    close(p, TO);
    program_wait(p, X(20), STATUS(0));
    program_exit(p, 0);
    program_place(p, &child);
    close(p, TO);
    program_yield(p, 40);
    for (unsigned i = 0; i < ROUNDS; i++) {
        CALL(p, read, FROM, N(DATA), N(all));
        program_result(p, all);
    }
    CALL(p, read, FROM, N(DATA), N(all));
    program_result(p, 0);
    program_exit(p, 0);
}

/* The last reader goes while a writer waits for room. */
void pipe_that_nobody_reads(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};
    struct label again = {0};

    open_pipe(p);
    program_fork(p, 20, &child);
    program_yield(p, 60);
    close(p, FROM);
    program_wait(p, X(20), SIGPIPE);
    program_string(p, TEXT, "hello");
    CALL(p, write, TO, N(TEXT), N(5));
    program_result(p, -EPIPE);
    program_exit(p, 0);
    program_place(p, &child);
    close(p, FROM);
    program_place(p, &again);
    CALL(p, write, TO, N(DATA), N(DATA_PAGES * PAGE));
    program_no_memory(p);
    program_jump(p, &again);
}

/* Nothing waits where it must not. */
void pipe_without_waiting(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label again = {0};
    struct label full = {0};

    CALL(p, pipe2, N(FDS), N(O_NONBLOCK | O_CLOEXEC));
    program_result(p, 0);
    CALL(p, read, FROM, N(GOT), N(1));
    program_result(p, -EAGAIN);
    program_place(p, &again);
    CALL(p, write, TO, N(DATA), N(PAGE));
    program_jump_if(p, X(0), N(-EAGAIN), &full);
    program_result(p, (int64_t)PAGE);
    program_jump(p, &again);
    program_place(p, &full);
    CALL(p, read, FROM, N(DATA), N(PAGE));
    program_result(p, (int64_t)PAGE);
    CALL(p, write, TO, N(0), N(PAGE));
    program_result(p, -EFAULT);
    program_exit(p, 0);
}
