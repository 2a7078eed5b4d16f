/* The calls that no other life makes: names, vectors, identities, priorities. */
#include "lives.h"

#include "base/types.h"

#define PAGE ((uint64_t)PAGE_SIZE)
#define NAME (DATA + PAGE)
#define VECTORS (DATA + PAGE + 512)
#define BUFFER (DATA + 2 * PAGE)
#define LAST_BYTE (DATA + DATA_PAGES * PAGE - 1) /* behind it nothing is mapped */

void names_and_directories(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];

    CALL(p, getcwd, N(BUFFER), N(64));
    program_result(p, 2); /* "/" and its end */
    CALL(p, getcwd, N(BUFFER), N(1));
    program_result(p, -ERANGE);
    program_string(p, NAME, "/dev");
    CALL(p, chdir, N(NAME));
    program_result(p, 0);
    CALL(p, getcwd, N(BUFFER), N(64));
    program_result(p, 5);
    program_string(p, NAME, "/text");
    CALL(p, chdir, N(NAME));
    program_result(p, -ENOTDIR);
    CALL(p, faccessat, N(AT_FDCWD), N(NAME), N(4));
    program_result(p, 0);
    CALL(p, faccessat, N(AT_FDCWD), N(NAME), N(1));
    program_result(p, -EACCES);
    CALL(p, faccessat2, N(AT_FDCWD), N(NAME), N(4), N(0));
    program_result(p, 0);
    CALL(p, newfstatat, N(AT_FDCWD), N(NAME), N(BUFFER), N(0));
    program_result(p, 0);
    CALL(p, newfstatat, N(AT_FDCWD), N(NAME), N(LAST_BYTE), N(0));
    program_result(p, -EFAULT);
    CALL(p, readlinkat, N(AT_FDCWD), N(NAME), N(BUFFER), N(64));
    program_result(p, -EINVAL);
    program_string(p, NAME, "/");
    CALL(p, openat, N(AT_FDCWD), N(NAME), N(O_RDONLY | O_DIRECTORY), N(0));
    program_no_memory(p);
    program_move(p, 20, X(0));
    CALL(p, fchdir, X(20));
    program_result(p, 0);
    CALL(p, fchdir, N(99));
    program_result(p, -EBADF);
    CALL(p, getdents64, X(20), N(BUFFER), N(1));
    program_result(p, -EINVAL);
    CALL(p, getdents64, X(20), N(BUFFER), N(PAGE));
    program_no_memory(p);
    program_move(p, 21, X(0));
    CALL(p, getdents64, X(20), N(BUFFER), N(PAGE));
    program_result(p, 0);
    CALL(p, umask, N(022));
    program_no_memory(p);
    CALL(p, umask, N(0));
    program_result(p, 022);
    program_exit(p, 0);
}

static void vector(struct program *p, unsigned index, uint64_t at, uint64_t len)
{
    program_store(p, VECTORS + index * sizeof(struct abi_iovec), at);
    program_store(p, VECTORS + index * sizeof(struct abi_iovec) + 8, len);
}

void vectors_and_offsets(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];

    program_string(p, NAME, "/text"); /* "no program\n" */
    CALL(p, openat, N(AT_FDCWD), N(NAME), N(O_RDONLY), N(0));
    program_no_memory(p);
    program_move(p, 20, X(0));
    vector(p, 0, BUFFER, 3);
    vector(p, 1, BUFFER + PAGE - 4, 100);
    CALL(p, readv, X(20), N(VECTORS), N(2));
    program_result(p, 11);
    CALL(p, readv, X(20), N(VECTORS), N(2));
    program_result(p, 0);
    CALL(p, pread64, X(20), N(BUFFER), N(8), N(3));
    program_result(p, 8);
    CALL(p, pwrite64, X(20), N(BUFFER), N(8), N(3));
    program_result(p, -EBADF);
    CALL(p, writev, N(1), N(VECTORS), N(2));
    program_result(p, 103);
    vector(p, 1, LAST_BYTE, 100);
    CALL(p, writev, N(1), N(VECTORS), N(2));
    program_result(p, 4);
    CALL(p, writev, N(1), N(VECTORS), N(1025));
    program_result(p, -EINVAL);
    vector(p, 1, BUFFER + 8, 4);
    CALL(p, pipe2, N(BUFFER + 64), N(0));
    program_result(p, 0);
    CALL(p, writev, N(5), N(VECTORS), N(2)); /* which might wait */
    program_result(p, 7);
    CALL(p, readv, N(4), N(VECTORS), N(2));
    program_result(p, 7);
    CALL(p, close_range, N(1), N(UINT32_MAX), N(0));
    program_result(p, 0);
    CALL(p, writev, N(1), N(VECTORS), N(1));
    program_result(p, -EBADF);
    CALL(p, close_range, N(2), N(1), N(0));
    program_result(p, -EINVAL);
    program_exit(p, 0);
}

/* A more urgent child: under round-robin that is only a number. */
void who_and_how_urgent(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};

    CALL(p, getresuid, N(BUFFER), N(BUFFER + 4), N(BUFFER + 8));
    program_result(p, 0);
    CALL(p, getresuid, N(BUFFER), N(LAST_BYTE), N(BUFFER + 8));
    program_result(p, -EFAULT);
    CALL(p, getresgid, N(BUFFER), N(BUFFER + 4), N(BUFFER + 8));
    program_result(p, 0);
    CALL(p, geteuid, N(0));
    program_result(p, 0);
    CALL(p, getgid, N(0));
    program_result(p, 0);
    CALL(p, getegid, N(0));
    program_result(p, 0);
    CALL(p, sysinfo, N(BUFFER));
    program_result(p, 0);
    CALL(p, sysinfo, N(LAST_BYTE));
    program_result(p, -EFAULT);
    CALL(p, setpriority, N(PRIO_PROCESS), N(0), N(5));
    program_result(p, 0);
    program_fork(p, 20, &child);
    CALL(p, setpriority, N(PRIO_PROCESS), X(20), N(-7));
    program_result(p, 0);
    program_wait(p, X(20), 0);
    CALL(p, getpriority, N(PRIO_PROCESS), X(20));
    program_result(p, -ESRCH);
    CALL(p, getpriority, N(PRIO_PROCESS), N(0));
    program_result(p, 15);
    CALL(p, msync, N(DATA), N(PAGE), N(4));
    program_result(p, 0);
    CALL(p, exit, N(0));
    program_place(p, &child);
    program_yield(p, 20);
    CALL(p, getpriority, N(PRIO_PROCESS), N(0));
    program_result(p, 27);
    CALL(p, exit, N(0));
}

#define KEEP N(UINT32_MAX)

/* The child acts for others and goes back, and then for good. */
void who_acts_for_whom(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};

    program_fork(p, 20, &child);
    program_wait(p, X(20), 0);
    CALL(p, getuid, N(0));
    program_result(p, 0);
    CALL(p, exit, N(0));
    program_place(p, &child);
    program_store(p, BUFFER, 7 | UINT64_C(3) << 32);
    CALL(p, setgroups, N(2), N(BUFFER));
    program_result(p, 0);
    CALL(p, getgroups, N(2), N(BUFFER));
    program_result(p, 2);
    CALL(p, setregid, N(4), N(5));
    program_result(p, 0);
    CALL(p, setresgid, KEEP, N(4), N(6));
    program_result(p, 0);
    CALL(p, setfsgid, N(6));
    program_result(p, 4);
    CALL(p, setgid, N(9));
    program_result(p, 0);
    CALL(p, setreuid, KEEP, N(2));
    program_result(p, 0);
    CALL(p, setgroups, N(0), N(0));
    program_result(p, -EPERM);
    CALL(p, kill, N(1), N(0));
    program_result(p, 0); /* its real user is root's still */
    CALL(p, setuid, N(0));
    program_result(p, 0);
    CALL(p, setfsuid, N(3));
    program_result(p, 0);
    CALL(p, setresuid, N(1), N(1), N(1));
    program_result(p, 0);
    CALL(p, kill, N(1), N(0));
    program_result(p, -EPERM);
    CALL(p, setuid, N(0));
    program_result(p, -EPERM);
    CALL(p, exit, N(0));
}
