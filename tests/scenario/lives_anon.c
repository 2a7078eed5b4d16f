/* Files that stand for processes and for signals. */
#include "lives.h"

#include "base/types.h"

#define SET (DATA + 0x800)
#define RESULTS (DATA + PAGE_SIZE)

/* A child is known by its descriptor, and waited for by that. */
void children_by_descriptor(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};

    CALL(p, unshare, N(CLONE_FILES | CLONE_FS)); /* nobody else has them */
    program_result(p, 0);
    program_store(p, RESULTS, 0);
    CALL(p, clone, N(CLONE_PIDFD | SIGCHLD), N(0), N(RESULTS), N(0), N(0));
    program_no_memory(p);
    program_jump_if(p, X(0), N(0), &child);
    program_move(p, 20, X(0));
    program_load(p, 21, RESULTS);
    program_expect(p, X(21), N(3));
    CALL(p, pidfd_send_signal, X(21), N(0), N(0), N(0));
    program_result(p, 0);
    CALL(p, pidfd_open, X(20), N(PIDFD_NONBLOCK));
    program_no_memory(p);
    program_move(p, 22, X(0));
    CALL(p, waitid, N(P_PIDFD), X(22), N(0), N(WEXITED), N(0));
    program_result(p, -EAGAIN);
    CALL(p, pidfd_send_signal, X(22), N(SIGTERM), N(0), N(0));
    program_result(p, 0);
    CALL(p, waitid, N(P_PIDFD), X(21), N(0), N(WEXITED), N(0));
    program_result(p, 0);
    CALL(p, pidfd_send_signal, X(21), N(SIGTERM), N(0), N(0));
    program_result(p, -ESRCH);
    CALL(p, waitid, N(P_PIDFD), X(22), N(0), N(WEXITED), N(0));
    program_result(p, -ECHILD);
    program_exit(p, 0);
    program_place(p, &child);
    program_yield(p, 99);
    program_exit(p, 1);
}

/* A parent and a child read a time that comes twice. */
void timers_are_read(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};

    CALL(p, timerfd_create, N(CLOCK_MONOTONIC), N(0));
    program_no_memory(p);
    program_move(p, 21, X(0));
    program_store(p, SET, 0);
    program_store(p, SET + 8, 50000);
    program_store(p, SET + 16, 0);
    program_store(p, SET + 24, 50000);
    CALL(p, timerfd_settime, X(21), N(0), N(SET), N(RESULTS));
    program_result(p, 0);
    CALL(p, timerfd_gettime, X(21), N(RESULTS));
    program_result(p, 0);
    program_fork(p, 20, &child);
    program_wait(p, X(20), 0);
    CALL(p, read, X(21), N(RESULTS), N(8));
    program_result(p, 8);
    program_exit(p, 0);
    program_place(p, &child);
    CALL(p, read, X(21), N(RESULTS), N(8));
    program_result(p, 8);
    program_exit(p, 0);
}

/* A child reads the signals that are its own by a descriptor that it has from its parent. */
void signals_are_read(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};

    program_store(p, SET, (uint64_t)1 << (SIGUSR1 - 1));
    CALL(p, rt_sigprocmask, N(SIG_BLOCK), N(SET), N(0), N(SIGNAL_SET_SIZE));
    program_result(p, 0);
    CALL(p, signalfd4, N(-1), N(SET), N(SIGNAL_SET_SIZE), N(0));
    program_no_memory(p);
    program_move(p, 21, X(0));
    program_fork(p, 20, &child);
    program_yield(p, 3); /* the child waits */
    CALL(p, kill, X(20), N(SIGUSR1));
    program_result(p, 0);
    CALL(p, kill, N(1), N(SIGUSR1));
    program_result(p, 0);
    CALL(p, read, X(21), N(RESULTS), N(256));
    program_result(p, 128);
    program_wait(p, X(20), 0);
    program_exit(p, 0);
    program_place(p, &child);
    CALL(p, read, X(21), N(RESULTS), N(256));
    program_result(p, 128);
    program_load(p, 22, RESULTS + 8); /* its code, and who sent it */
    program_expect(p, X(22), N((uint64_t)1 << 32));
    program_exit(p, 0);
}
