/*
 * What this program does when one of its own checks executes it: the first word says what to look
 * at, and the exit status is 1 if all is as it should be.
 */
#include "life.h"

static uint64_t number(const char *word)
{
    unsigned value = 0;

    return str_to_number(word, 1u << 30, &value) ? value : (uint64_t)-1;
}

static int sleep_long(char **words)
{
    struct abi_timespec time = {100, 0};

    (void)words;
    sys_nanosleep(&time, NULL);
    return 0;
}

static int give_one(char **words)
{
    (void)words;
    return 1;
}

static int give_status(char **words)
{
    return (int)number(words[0]);
}

/* The words and the environment of check_arguments in exec.c. */
static int see_arguments(char **words)
{
    return words[0] && str_equal(words[0], "one") && words[1] && str_equal(words[1], "") &&
           words[2] && str_equal(words[2], "two words") && !words[3] && environment[0] &&
           str_equal(environment[0], "A=1") && environment[1] && str_equal(environment[1], "B=") &&
           !environment[2];
}

static int see_no_environment(char **words)
{
    (void)words;
    return environment[0] == NULL;
}

static int see_length(char **words)
{
    return str_len(words[1]) == number(words[0]);
}

static int see_count(char **words)
{
    uint64_t count = 0;

    while (words[count])
        count++;
    return count == 1 + number(words[0]);
}

/* Each word: "o" or "c" for open or closed, and the number of a descriptor. */
static int see_descriptors(char **words)
{
    for (; *words; words++)
        if ((sys_fcntl((int)number(*words + 1), F_GETFD, 0) >= 0) != (**words == 'o'))
            return 0;
    return 1;
}

/* The byte that a description reads next is that of the file at this offset: lseek tells. */
static int see_offset(char **words)
{
    return sys_lseek((int)number(words[0]), 0, SEEK_CUR) == (long)number(words[1]);
}

static int see_signals(char **words)
{
    uint64_t set = 0;

    (void)words;
    sys_rt_sigprocmask(SIG_BLOCK, NULL, &set, 8);
    return signal_handler(SIGUSR1) == ADDR(SIG_IGN) && signal_handler(SIGUSR2) == ADDR(SIG_DFL) &&
           set == 1ull << (SIGTERM - 1);
}

static int see_limit(char **words)
{
    struct abi_rlimit limit = {0};

    return sys_prlimit64(0, (int)number(words[0]), NULL, &limit) == 0 &&
           limit.rlim_cur == number(words[1]);
}

static int see_ids(char **words)
{
    return sys_getpid() == (long)number(words[0]) && sys_getppid() == (long)number(words[1]) &&
           sys_getpgid(0) == (long)number(words[2]) && sys_getsid(0) == (long)number(words[3]);
}

static int see_child(char **words)
{
    return await((int)number(words[0])) == exited(7);
}

static int see_name(char **words)
{
    char name[16] = "";

    return sys_prctl(PR_GET_NAME, ADDR(name), 0, 0, 0) == 0 && str_equal(name, words[0]);
}

static int see_parent_death_signal(char **words)
{
    int signal = -1;

    sys_prctl(PR_GET_PDEATHSIG, ADDR(&signal), 0, 0, 0);
    return signal == (int)number(words[0]);
}

/* The vector behind the environment. */
static uint64_t auxiliary(uint64_t type)
{
    const char *const *at = environment;

    while (*at++)
        ;
    for (const uint64_t *pair = (const uint64_t *)at; pair[0] != AT_NULL; pair += 2)
        if (pair[0] == type)
            return pair[1];
    return (uint64_t)-1;
}

static int see_auxiliary(char **words)
{
    return auxiliary(AT_PAGESZ) == PAGE && auxiliary(AT_ENTRY) != (uint64_t)-1 &&
           auxiliary(AT_PHNUM) > 0 && auxiliary(AT_SECURE) == 0 &&
           auxiliary(AT_RANDOM) != (uint64_t)-1 && auxiliary(AT_EXECFN) != (uint64_t)-1 &&
           str_equal((const char *)auxiliary(AT_EXECFN), words[0]);
}

static const struct {
    const char *name;
    int (*run)(char **words); /* those behind its name */
} helps[] = {
    {"-sleep", sleep_long},
    {"-status", give_status},
    {"-one", give_one},
    {"-args", see_arguments},
    {"-no-env", see_no_environment},
    {"-length", see_length},
    {"-count", see_count},
    {"-fds", see_descriptors},
    {"-offset", see_offset},
    {"-signals", see_signals},
    {"-limit", see_limit},
    {"-ids", see_ids},
    {"-child", see_child},
    {"-name", see_name},
    {"-pdeathsig", see_parent_death_signal},
    {"-auxv", see_auxiliary},
};

/* What a script is to be given: this program, what stands behind it in the first line, the path of
 * the script, and the caller's words. */
static int see_script(int argc, char **argv)
{
    const char *const *want = NULL;
    static const char *const plain[] = {"/bin/lifecycle", "-script", "/etc/lifecycle/args", "x",
                                        "y z"};
    static const char *const blanks[] = {"/bin/lifecycle", "-script two words",
                                         "/etc/lifecycle/blanks", "x", "y z"};
    static const char *const nested[] = {"/bin/lifecycle",        "-script", "/etc/lifecycle/args",
                                         "/etc/lifecycle/nested", "x",       "y z"};
    int count = 5;

    if (argc < 3)
        return 0;
    want = str_equal(argv[1], plain[1]) ? plain : blanks;
    if (argc > 3 && str_equal(argv[3], nested[3])) {
        want = nested;
        count = 6;
    }
    for (int i = 0; i < count && i < argc; i++)
        if (!str_equal(argv[i], want[i]))
            return 0;
    return argc == count;
}

int help(int argc, char **argv)
{
    static const char script[] = "-script";

    if (argc < 2)
        return argc == 1 ? 33 : 32; /* it was executed with no words at all */
    if (str_len(argv[1]) >= sizeof(script) - 1 && memcmp(argv[1], script, sizeof(script) - 1) == 0)
        return see_script(argc, argv);
    for (unsigned i = 0; i < COUNT(helps); i++)
        if (str_equal(argv[1], helps[i].name))
            return helps[i].run(argv + 2);
    print("lifecycle: there is no '%s'\n", argv[1]);
    return 2;
}
