/* execve(2) and execveat(2): another program in the same process. */
#include "life.h"

enum {
    STRING_MAX = 128 * 1024, /* of one argument, with its NUL (MAX_ARG_STRLEN) */
    MANY_WORDS = 300 * 1000, /* whose pointers alone are more than a quarter of an 8 MiB stack */
    BIG_WORDS = 20,          /* of STRING_MAX, which are too */
    FAILED = 99,
};

static const char name[] = "lifecycle";

struct words {
    const char *const *argv;
    const char *const *envp;
};

static int becomes(uint64_t words)
{
    const struct words *given = (const struct words *)words;

    execute(self, given->argv, given->envp);
    return FAILED;
}

static int run_with(const char *const *argv, const char *const *envp)
{
    const struct words words = {argv, envp};

    return run_fork(becomes, ADDR(&words));
}

#define HELP(...) run_helper((const char *[]){name, __VA_ARGS__, NULL})

static void check_arguments(void)
{
    const char *argv[] = {name, "-args", "one", "", "two words", NULL};
    const char *envp[] = {"A=1", "B=", NULL};
    const char *none[] = {NULL};

    check_is(run_with(argv, envp), exited(1), "execve: hands over words and environment");
    argv[1] = "-no-env";
    check_is(run_with(argv, none), exited(1), "execve: the environment can be empty");
    check_is(run_with(argv, NULL), exited(1), "execve: or a null pointer, which is the same");
    check_is(run_with(none, NULL), exited(33), "execve: without words the program gets one, empty");
    check_is(run_with(NULL, NULL), exited(33), "execve: so it does with a null pointer");
    check_is(HELP("-auxv", self), exited(1),
             "execve: the auxiliary vector names page size, path, entry and random bytes");
}

static long try_exec(const char *path)
{
    const char *argv[] = {name, NULL};

    return execute(path, argv, environment);
}

static void check_path_errors(void)
{
    static char long_path[5000];

    memset(long_path, 'x', sizeof(long_path) - 1);
    check_is(try_exec("/none"), -ENOENT, "execve: no such file gives ENOENT");
    check_is(try_exec(""), -ENOENT, "execve: so does an empty path");
    check_is(try_exec("/"), -EACCES, "execve: a directory gives EACCES");
    check_is(try_exec(long_path), -ENAMETOOLONG, "execve: a path too long gives ENAMETOOLONG");
    check_is(try_exec((const char *)BAD_ADDRESS), -EFAULT, "execve: a bad path gives EFAULT");
    if (is_host_program()) {
        skip("execve: files that are no programs", "they are in the initramfs");
        return;
    }
    check_is(try_exec("/bin/lifecycle/none"), -ENOTDIR,
             "execve: a path through a file gives ENOTDIR");
    check_is(try_exec("/etc/lifecycle/plain"), -EACCES,
             "execve: a file that may not be executed gives EACCES");
    check_is(try_exec("/etc/lifecycle/text"), -ENOEXEC,
             "execve: a file that is no program gives ENOEXEC");
    check_is(try_exec("/etc/lifecycle/nothing"), -ENOEXEC, "execve: so does an empty one");
}

static void check_vector_errors(void)
{
    const char *bad_word[] = {name, (const char *)BAD_ADDRESS, NULL};
    const char *good[] = {name, NULL};
    const char **page = map_private(2 * PAGE);
    const char **open_end = page + PAGE / sizeof(*page) - 1;

    *open_end = name;
    sys_munmap(ADDR(page) + PAGE, PAGE);
    check_is(execute(self, bad_word, environment), -EFAULT, "execve: a bad word gives EFAULT");
    check_is(execute(self, good, bad_word), -EFAULT, "execve: so does one of the environment");
    check_is(execute(self, (const char **)BAD_ADDRESS, environment), -EFAULT,
             "execve: so does a bad vector");
    check_is(execute(self, good, (const char **)BAD_ADDRESS), -EFAULT,
             "execve: so does a bad environment");
    check_is(execute(self, open_end, environment), -EFAULT,
             "execve: so does a vector that does not end before its page");
    sys_munmap(ADDR(page), PAGE);
}

static void check_length(void)
{
    char *text = map_private(STRING_MAX + PAGE);
    const char **many = map_private(MANY_WORDS * sizeof(char *));
    struct abi_rlimit stack = {8 << 20, RLIM_INFINITY};

    sys_prlimit64(0, RLIMIT_STACK, NULL, &stack);
    stack.rlim_cur = 8 << 20;
    sys_prlimit64(0, RLIMIT_STACK, &stack, NULL);
    memset(text, 'x', STRING_MAX);
    text[STRING_MAX - 1] = '\0';
    const char *length[] = {name, "-length", "131071", text, NULL};
    check_is(run_with(length, environment), exited(1), "execve: a word of 128 KiB is handed over");
    text[STRING_MAX - 1] = 'x';
    check_is(execute(self, length, environment), -E2BIG, "execve: a longer one gives E2BIG");
    text[STRING_MAX - 1] = '\0';

    many[0] = name;
    for (unsigned i = 1; i <= BIG_WORDS; i++)
        many[i] = text;
    check_is(execute(self, many, environment), -E2BIG,
             "execve: more than a quarter of the stack's limit gives E2BIG");
    many[1] = "-count";
    many[2] = "7";
    many[10] = NULL;
    check_is(run_with(many, environment), exited(1), "execve: less of it is handed over");
    for (unsigned i = 1; i < MANY_WORDS - 1; i++)
        many[i] = "";
    check_is(execute(self, many, environment), -E2BIG, "execve: pointers are counted as well");
    sys_munmap(ADDR(text), STRING_MAX + PAGE);
    sys_munmap(ADDR(many), MANY_WORDS * sizeof(char *));
}

/* ---- what a process keeps, and what it loses ---- */

static char *decimal(char *end, uint64_t value)
{
    *end = '\0';
    do {
        *--end = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return end;
}

static int keeps_ids(uint64_t parent)
{
    char texts[4][24];
    const uint64_t ids[] = {(uint64_t)sys_getpid(), parent, (uint64_t)sys_getpid(),
                            (uint64_t)sys_getsid(0)};
    const char *words[] = {name, "-ids", 0, 0, 0, 0, NULL};

    sys_setpgid(0, 0);
    for (unsigned i = 0; i < COUNT(ids); i++)
        words[2 + i] = decimal(texts[i] + 23, ids[i]);
    become_helper(words);
    return FAILED;
}

static int seven(uint64_t unused)
{
    (void)unused;
    return 7;
}

static int keeps_children(uint64_t unused)
{
    char text[24];
    const char *words[] = {name, "-child", decimal(text + 23, (uint64_t)start_fork(seven, 0)),
                           NULL};

    (void)unused;
    become_helper(words);
    return FAILED;
}

static int keeps_signals(uint64_t unused)
{
    uint64_t set = 1ull << (SIGTERM - 1);
    const char *words[] = {name, "-signals", NULL};

    (void)unused;
    set_handler(SIGUSR1, ADDR(SIG_IGN), 0);
    set_handler(SIGUSR2, ADDR(seven), 0);
    sys_rt_sigprocmask(SIG_SETMASK, &set, NULL, 8);
    become_helper(words);
    return FAILED;
}

static int keeps_pending(uint64_t unused)
{
    uint64_t set = 1ull << (SIGTERM - 1);
    const char *words[] = {name, "-status", "3", NULL};

    (void)unused;
    sys_rt_sigprocmask(SIG_SETMASK, &set, NULL, 8);
    sys_kill((int)sys_getpid(), SIGTERM);
    become_helper(words);
    return FAILED;
}

static int keeps_limit(uint64_t resource)
{
    struct abi_rlimit limit = {0, 0};
    const char *words[] = {name, "-limit", resource == RLIMIT_NOFILE ? "7" : "0", "55", NULL};

    sys_prlimit64(0, (int)resource, NULL, &limit);
    limit.rlim_cur = 55;
    sys_prlimit64(0, (int)resource, &limit, NULL);
    become_helper(words);
    return FAILED;
}

static int keeps_parent_death_signal(uint64_t unused)
{
    const char *words[] = {name, "-pdeathsig", "10", NULL};

    (void)unused;
    sys_prctl(PR_SET_PDEATHSIG, SIGUSR1, 0, 0, 0);
    become_helper(words);
    return FAILED;
}

static void check_what_stays(void)
{
    check_is(run_fork(keeps_ids, (uint64_t)sys_getpid()), exited(1),
             "execve: PID, parent, group and session stay");
    check_is(run_fork(keeps_children, 0), exited(1), "execve: children stay, dead ones too");
    check_is(run_fork(keeps_signals, 0), exited(1),
             "execve: mask and ignored signals stay, handlers go");
    check_is(run_fork(keeps_pending, 0), exited(3), "execve: a blocked signal stays blocked");
    check_is(run_fork(keeps_limit, RLIMIT_NOFILE), exited(1), "execve: limits stay");
    check_is(run_fork(keeps_parent_death_signal, 0), exited(1), "execve: PDEATHSIG stays");
    check_is(is_host_program() ? exited(1) : HELP("-name", "lifecycle"), exited(1),
             "execve: the process is named after the file");
}

/* Each descriptor a digit: 5 is close-on-exec, 6 and 7 are not. */
static int keeps_descriptors(uint64_t unused)
{
    const char *words[] = {name, "-fds", "o0", "o1", "c5", "o6", "c7", NULL};

    (void)unused;
    sys_dup3(1, 5, O_CLOEXEC);
    sys_dup3(1, 6, 0);
    sys_dup3(1, 7, 0);
    sys_fcntl(7, F_SETFD, FD_CLOEXEC);
    become_helper(words);
    return FAILED;
}

static int failed_exec_keeps_descriptors(uint64_t unused)
{
    (void)unused;
    sys_dup3(1, 5, O_CLOEXEC);
    try_exec("/none");
    return sys_fcntl(5, F_GETFD, 0) == FD_CLOEXEC;
}

static int keeps_offset(uint64_t unused)
{
    int fd = (int)sys_openat(AT_FDCWD, self, O_RDONLY, 0);
    const char *words[] = {name, "-offset", "8", "17", NULL};

    (void)unused;
    sys_lseek(fd, 17, SEEK_SET);
    sys_dup3(fd, 8, 0);
    become_helper(words);
    return FAILED;
}

static void check_descriptors_of_exec(void)
{
    check_is(run_fork(keeps_descriptors, 0), exited(1),
             "execve: descriptors stay open, unless they are close-on-exec");
    check_is(run_fork(failed_exec_keeps_descriptors, 0), exited(1),
             "execve: one that fails closes nothing");
    check_is(run_fork(keeps_offset, 0), exited(1), "execve: offsets of open files stay");
}

/* ---- execveat ---- */

static int becomes_by_descriptor(uint64_t flags)
{
    int fd = (int)sys_openat(AT_FDCWD, self, O_RDONLY | O_CLOEXEC, 0);
    const char *words[] = {name, "-status", "4", NULL};

    return (int)-execute_at(fd, "", words, (unsigned)flags);
}

static int becomes_in_directory(uint64_t unused)
{
    int fd = (int)sys_openat(AT_FDCWD, "/bin", O_RDONLY | O_DIRECTORY, 0);
    const char *words[] = {name, "-status", "4", NULL};

    (void)unused;
    return (int)-execute_at(fd, "lifecycle", words, 0);
}

static void check_execveat(void)
{
    const char *words[] = {name, NULL};

    check_is(run_fork(becomes_by_descriptor, AT_EMPTY_PATH), exited(4),
             "execveat: with AT_EMPTY_PATH it takes the descriptor's file");
    check_is(run_fork(becomes_by_descriptor, 0), exited(ENOENT),
             "execveat: without, an empty path gives ENOENT");
    check_is(execute_at(77, "/none", words, 0x8000), -EINVAL,
             "execveat: an unknown flag gives EINVAL");
    check_is(execute_at(77, "lifecycle", words, 0), -EBADF,
             "execveat: a closed descriptor gives EBADF");
    check_is(execute_at(77, "/none", words, 0), -ENOENT,
             "execveat: which is not looked at if the path begins with a slash");
    if (is_host_program())
        skip("execveat: a path in a directory", "the program may lie anywhere");
    else
        check_is(run_fork(becomes_in_directory, 0), exited(4),
                 "execveat: a path can begin in a directory");
}

/* ---- scripts ---- */

static int becomes_script(uint64_t path)
{
    const char *words[] = {"replaced", "x", "y z", NULL};

    return (int)-execute((const char *)path, words, environment);
}

static int run_script(const char *path)
{
    return run_fork(becomes_script, ADDR(path));
}

void check_script(void)
{
    if (is_host_program()) {
        skip("execve of scripts", "they are in the initramfs");
        return;
    }
    check_is(run_script("/etc/lifecycle/args"), exited(1),
             "script: the interpreter gets its word, the path and the caller's words");
    check_is(run_script("/etc/lifecycle/blanks"), exited(1),
             "script: what stands behind the interpreter is one word, without blanks around");
    check_is(run_script("/etc/lifecycle/nested"), exited(1),
             "script: the interpreter can be a script");
    check_is(run_script("/etc/lifecycle/deep5"), exited(1), "script: five deep");
    check_is(run_script("/etc/lifecycle/deep6"), exited(ELOOP), "script: six deep gives ELOOP");
    check_is(run_script("/etc/lifecycle/loop"), exited(ELOOP),
             "script: one that is its own interpreter gives ELOOP");
    check_is(run_script("/etc/lifecycle/no-interpreter"), exited(ENOENT),
             "script: an interpreter that does not exist gives ENOENT");
    check_is(run_script("/etc/lifecycle/no-program"), exited(EACCES),
             "script: one that is a directory gives EACCES");
    check_is(run_script("/etc/lifecycle/no-name"), exited(ENOEXEC),
             "script: a first line that names none gives ENOEXEC");
    check_is(run_script("/etc/lifecycle/plain"), exited(EACCES),
             "script: one that may not be executed gives EACCES");
}

void check_exec(void)
{
    check_arguments();
    check_path_errors();
    check_vector_errors();
    check_length();
    check_what_stays();
    check_descriptors_of_exec();
    check_execveat();
}
