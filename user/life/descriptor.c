/* Descriptors and what they stand for: open, dup, fcntl, lseek, and what fork shares. */
#include "life.h"

static int open_self(int flags)
{
    return (int)sys_openat(AT_FDCWD, self, flags, 0);
}

static long offset(int fd)
{
    return sys_lseek(fd, 0, SEEK_CUR);
}

static long try_open(const char *path, int flags)
{
    long fd = sys_openat(AT_FDCWD, path, flags, 0);

    if (fd >= 0)
        sys_close((int)fd);
    return fd < 0 ? fd : 0;
}

static void check_open(void)
{
    static char long_path[5000];
    char byte;

    memset(long_path, 'x', sizeof(long_path) - 1);
    check_is(try_open("/none", O_RDONLY), -ENOENT, "open: no such file gives ENOENT");
    check_is(try_open("", O_RDONLY), -ENOENT, "open: so does an empty path");
    check_is(try_open("/", O_WRONLY), -EISDIR, "open: a directory to write gives EISDIR");
    check_is(try_open(self, O_RDONLY | O_DIRECTORY), -ENOTDIR,
             "open: a file as a directory gives ENOTDIR");
    check_is(try_open(long_path, O_RDONLY), -ENAMETOOLONG, "open: a long path gives ENAMETOOLONG");
    check_is(try_open((const char *)BAD_ADDRESS, O_RDONLY), -EFAULT,
             "open: a bad address gives EFAULT");
    check_is(sys_openat(77, "none", O_RDONLY, 0), -EBADF, "open: below no descriptor gives EBADF");
    int fd = open_self(O_RDONLY);
    check_is(sys_openat(fd, "none", O_RDONLY, 0), -ENOTDIR, "open: below a file gives ENOTDIR");
    check_is(sys_write(fd, "x", 1), -EBADF, "open: a file to read cannot be written");
    sys_close(fd);
    fd = (int)sys_openat(AT_FDCWD, "/", O_RDONLY, 0);
    check_is(sys_read(fd, &byte, 1), -EISDIR, "open: a directory cannot be read as bytes");
    sys_close(fd);
    fd = (int)sys_openat(AT_FDCWD, "/dev/null", O_RDWR, 0);
    check_is(sys_write(fd, "xyz", 3), 3, "open: /dev/null takes all");
    check_is(sys_read(fd, &byte, 1), 0, "open: and has nothing");
    sys_close(fd);
    fd = (int)sys_openat(AT_FDCWD, "/dev/zero", O_RDONLY, 0);
    byte = 1;
    check_is(sys_read(fd, &byte, 1) + byte, 1, "open: /dev/zero has zeros");
    sys_close(fd);
}

static void check_numbers(void)
{
    int first = (int)sys_dup(0), second = (int)sys_dup(0);

    check_is(second, first + 1, "dup: gives the lowest number that is free");
    sys_close(first);
    check_is(sys_dup(0), first, "dup: also one that was closed");
    check_is(sys_close(first), 0, "close: closes");
    check_is(sys_close(first), -EBADF, "close: once");
    check_is(sys_dup(first), -EBADF, "dup: of a closed one gives EBADF");
    check_is(sys_dup3(0, 40, O_CLOEXEC), 40, "dup3: gives the number that was asked for");
    check_is(sys_fcntl(40, F_GETFD, 0), FD_CLOEXEC, "dup3: close-on-exec if that was");
    check_is(sys_dup3(0, 40, 0), 40, "dup3: takes the place of an open one");
    check_is(sys_fcntl(40, F_GETFD, 0), 0, "dup3: with its own flag");
    check_is(sys_dup3(40, 40, 0), -EINVAL, "dup3: to itself gives EINVAL");
    check_is(sys_dup3(40, 41, 1), -EINVAL, "dup3: so does an unknown flag");
    check_is(sys_dup3(first, 41, 0), -EBADF, "dup3: a closed one gives EBADF");
    check_is(sys_dup3(0, -1, 0), -EBADF, "dup3: so does a number that is none");
    check_is(sys_fcntl(0, F_DUPFD, 41), 41, "fcntl: F_DUPFD gives the lowest from there on");
    check_is(sys_fcntl(0, F_DUPFD, 40), 42, "fcntl: which is free");
    check_is(sys_fcntl(0, F_DUPFD_CLOEXEC, 50), 50, "fcntl: F_DUPFD_CLOEXEC too");
    check_is(sys_fcntl(50, F_GETFD, 0), FD_CLOEXEC, "fcntl: and it is close-on-exec");
    sys_fcntl(50, F_SETFD, 0);
    check_is(sys_fcntl(50, F_GETFD, 0), 0, "fcntl: F_SETFD changes that");
    check_is(sys_fcntl(first, F_GETFD, 0), -EBADF, "fcntl: a closed one gives EBADF");
    check_is(sys_fcntl(0, 999, 0), -EINVAL, "fcntl: an unknown command gives EINVAL");
    for (int fd = 40; fd <= 50; fd++)
        sys_close(fd);
    sys_close(second);
}

static int seeks(uint64_t fd)
{
    sys_lseek((int)fd, 30, SEEK_SET);
    return 0;
}

static int closes(uint64_t fd)
{
    return sys_close((int)fd) == 0;
}

static void check_sharing(void)
{
    int fd = open_self(O_RDONLY), copy = (int)sys_dup(fd), other = open_self(O_RDONLY);
    char magic[4] = "";

    check_is(sys_read(fd, magic, 4), 4, "offset: reading from a file");
    check(memcmp(magic, "\177ELF", 4) == 0, "offset: begins at its start");
    check_is(offset(copy), 4, "offset: a dup has the same");
    check_is(offset(other), 0, "offset: another open has its own");
    run_fork(seeks, (uint64_t)fd);
    check_is(offset(fd), 30, "offset: a forked child has the same");
    check_is(run_fork(closes, (uint64_t)fd), exited(1), "offset: a child can close its descriptor");
    check_is(offset(fd), 30, "offset: which leaves the parent's");
    check_is(run_vfork(closes, (uint64_t)fd), exited(1), "offset: so can a vforked one");
    check_is(offset(fd), 30, "offset: which has descriptors of its own");
    sys_fcntl(copy, F_SETFL, O_NONBLOCK);
    check_is(sys_fcntl(fd, F_GETFL, 0) & O_NONBLOCK, O_NONBLOCK, "fcntl: F_SETFL is shared by dup");
    check_is(sys_fcntl(other, F_GETFL, 0) & O_NONBLOCK, 0, "fcntl: and not by another open");
    check_is(sys_fcntl(fd, F_GETFL, 0) & O_ACCMODE, O_RDONLY, "fcntl: the mode is as opened");
    sys_close(copy);
    check_is(offset(fd), 30, "close: of a dup leaves the other");
    sys_close(fd);
    sys_close(other);
}

static void check_seek(void)
{
    int fd = open_self(O_RDONLY);
    char byte = 0;
    long end = sys_lseek(fd, 0, SEEK_END);

    check(end > PAGE, "lseek: to the end gives the size");
    check_is(sys_read(fd, &byte, 1), 0, "lseek: there is nothing to read");
    check_is(sys_lseek(fd, 1000, SEEK_END), end + 1000, "lseek: goes beyond it");
    check_is(sys_read(fd, &byte, 1), 0, "lseek: where there is nothing either");
    check_is(sys_lseek(fd, -1, SEEK_SET), -EINVAL, "lseek: before the start gives EINVAL");
    check_is(sys_lseek(fd, 0, 99), -EINVAL, "lseek: so does an unknown whence");
    check_is(offset(fd), end + 1000, "lseek: one that fails goes nowhere");
    check_is(sys_lseek(fd, -1000, SEEK_CUR), end, "lseek: back from here");
    check_is(sys_pread64(fd, &byte, 1, 1) == 1 && byte == 'E', 1, "pread: reads elsewhere");
    check_is(offset(fd), end, "pread: and moves nothing");
    check_is(sys_read(fd, (void *)BAD_ADDRESS, 0), 0, "read: of nothing looks at no address");
    sys_lseek(fd, 0, SEEK_SET);
    check_is(sys_read(fd, (void *)BAD_ADDRESS, 1), -EFAULT, "read: a bad address gives EFAULT");
    check_is(offset(fd), 0, "read: and moves nothing");
    sys_close(fd);
    check_is(sys_read(fd, &byte, 1), -EBADF, "read: of a closed one gives EBADF");
}

void check_descriptor(void)
{
    check_open();
    check_numbers();
    check_sharing();
    check_seek();
}
