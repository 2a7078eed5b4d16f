/* path_resolution(7), open(2), access(2), chdir(2), execve(2): what users may do with files. /box
 * is user 8's and group 9's alone, and so is /box/file; /odd denies its owner what all others
 * may. */
#include "users.h"

enum { OWNER = 8, OWN_GROUP = 9, OTHER = 1 };

static int opens(const char *path, int flags)
{
    int fd = (int)sys_openat(AT_FDCWD, path, flags, 0);

    if (fd >= 0)
        sys_close(fd);
    return fd >= 0 ? 0 : fd;
}

/* Who: a user, and a group that it has besides. */
static void act_for(unsigned user, uint32_t group)
{
    sys_setgroups(1, &group);
    sys_setresgid(OTHER, OTHER, OTHER);
    become(user, user, user);
}

static int owner_may(uint64_t unused)
{
    (void)unused;
    act_for(OWNER, OTHER);
    return opens("/box/file", O_RDONLY) == 0 && sys_chdir("/box") == 0 &&
           opens("file", O_RDONLY) == 0 && opens(".", O_RDONLY | O_DIRECTORY) == 0 &&
           sys_faccessat(AT_FDCWD, "/box/file", 4) == 0;
}

static int group_may(uint64_t unused)
{
    (void)unused;
    act_for(OTHER, OWN_GROUP);
    return opens("/box/file", O_RDONLY) == 0 && opens("/box/file", O_WRONLY) < 0 &&
           opens("/box/file", O_RDWR) < 0 && sys_chdir("/box") == 0;
}

static int others_may_not(uint64_t unused)
{
    struct abi_stat status;
    char bytes[8];

    (void)unused;
    act_for(OTHER, OTHER);
    return opens("/box/file", O_RDONLY) == -EACCES && opens("/box", O_RDONLY) == -EACCES &&
           opens("/box/none", O_RDONLY) == -EACCES && opens("/box/..", O_RDONLY) == -EACCES &&
           sys_chdir("/box") == -EACCES && sys_chdir("/box/file") == -EACCES &&
           sys_newfstatat(AT_FDCWD, "/box/file", &status, 0) == -EACCES &&
           sys_readlinkat(AT_FDCWD, "/box/file", bytes, sizeof(bytes)) == -EACCES &&
           sys_faccessat(AT_FDCWD, "/box/file", 0) == -EACCES &&
           sys_faccessat(AT_FDCWD, "/box", 4) == -EACCES;
}

static int others_may_name(uint64_t unused)
{
    struct abi_stat status = {0};

    (void)unused;
    act_for(OTHER, OTHER);
    return opens("/box", O_PATH) == 0 && sys_faccessat(AT_FDCWD, "/box", 0) == 0 &&
           sys_newfstatat(AT_FDCWD, "/box", &status, 0) == 0 && status.st_uid == OWNER &&
           status.st_gid == OWN_GROUP && (status.st_mode & 07777) == 0750;
}

/* The first class that fits counts, and no other. */
static int one_class(uint64_t unused)
{
    (void)unused;
    act_for(OWNER, OWN_GROUP);
    return opens("/odd", O_RDONLY) == -EACCES && sys_faccessat(AT_FDCWD, "/odd", 4) == -EACCES;
}

static int other_classes(uint64_t user)
{
    act_for((unsigned)user, OWN_GROUP);
    return opens("/odd", O_RDONLY) == 0;
}

static int fs_decides(uint64_t unused)
{
    (void)unused;
    sys_setfsuid(OTHER);
    if (opens("/box/file", O_RDONLY) != -EACCES)
        return 2;
    sys_setfsuid(OWNER);
    if (opens("/box/file", O_RDONLY) != 0)
        return 3;
    sys_setfsuid(OTHER);
    sys_setfsgid(OWN_GROUP);
    return opens("/box/file", O_RDONLY) == 0 ? 1 : 4;
}

/* access(2) is for those who act for another. */
static int access_asks_real(uint64_t unused)
{
    (void)unused;
    become(OTHER, OWNER, OWNER);
    if (sys_faccessat(AT_FDCWD, "/box/file", 4) != -EACCES)
        return 2;
    if (sys_faccessat2(AT_FDCWD, "/box/file", 4, AT_EACCESS) != 0)
        return 3;
    if (opens("/box/file", O_RDONLY) != 0)
        return 4;
    return become(OTHER, OTHER, OTHER) == 0 &&
                   sys_faccessat2(AT_FDCWD, "/box/file", 4, AT_EACCESS) == -EACCES
               ? 1
               : 5;
}

static int root_asks(uint64_t unused)
{
    (void)unused;
    return sys_faccessat(AT_FDCWD, "/box/file", 4) == 0 &&
           sys_faccessat(AT_FDCWD, "/box/file", 1) == -EACCES &&
           sys_faccessat(AT_FDCWD, "/box", 1) == 0 && opens("/odd", O_RDONLY) == 0;
}

/* What is open stays so, but not where one may go from there. */
static int keeps_open(uint64_t unused)
{
    char byte;
    int file = (int)sys_openat(AT_FDCWD, "/box/file", O_RDONLY, 0);
    int box = (int)sys_openat(AT_FDCWD, "/box", O_RDONLY | O_DIRECTORY, 0);

    (void)unused;
    sys_chdir("/box");
    act_for(OTHER, OTHER);
    return sys_read(file, &byte, 1) == 1 && sys_fchdir(box) == -EACCES &&
           sys_openat(box, "file", O_RDONLY, 0) == -EACCES && opens("file", O_RDONLY) == -EACCES &&
           opens("..", O_RDONLY) == -EACCES && sys_chdir("/") == 0;
}

/* users-user may be executed by its owner and by others, but not by its group. */
static int executes(uint64_t user)
{
    const char *const words[] = {"users", "-one", NULL};

    act_for((unsigned)user, user == OTHER ? OWN_GROUP : 3);
    long error = execute("/bin/users-user", words, environment);
    return error == -EACCES ? 2 : 3;
}

static int executes_none(uint64_t unused)
{
    const char *const words[] = {"file", NULL};

    (void)unused;
    return execute("/box/file", words, environment) == -EACCES;
}

static int looks_unseen(uint64_t user)
{
    act_for((unsigned)user, OWN_GROUP);
    return opens("/box/file", O_RDONLY | O_NOATIME) == (user == OWNER ? 0 : -EPERM);
}

void check_files(void)
{
    check_is(run_fork(owner_may, 0), exited(1), "files: the owner may");
    check_is(run_fork(group_may, 0), exited(1), "files: so may who is in the group, as that may");
    check_is(run_fork(others_may_not, 0), exited(1), "files: others may not look into a directory");
    check_is(run_fork(others_may_name, 0), exited(1),
             "files: but may name it, and see whose it is");
    check_is(run_fork(one_class, 0), exited(1), "files: the owner has no other's rights");
    check_is(run_fork(other_classes, OTHER), exited(1), "files: nor a group those of the owner");
    check_is(run_fork(fs_decides, 0), exited(1), "files: the IDs for files decide");
    check_is(run_fork(access_asks_real, 0), exited(1), "files: access asks for the real ones");
    check_is(run_fork(root_asks, 0), exited(1), "files: root executes only what can be executed");
    check_is(run_fork(keeps_open, 0), exited(1), "files: what is open stays open");
    check_is(run_fork(executes, OWNER), exited(1), "files: the owner may execute a program");
    check_is(run_fork(executes, OTHER), exited(2), "files: its group may not");
    check_is(run_fork(executes, 5), exited(1), "files: others may");
    check_is(run_fork(executes_none, 0), exited(1), "files: nobody executes what nobody may");
    check_is(run_fork(looks_unseen, OWNER), exited(1), "files: O_NOATIME is for the owner");
    check_is(run_fork(looks_unseen, OTHER), exited(1), "files: and for others EPERM");
}
