/* What this program does when one of its own checks executes it: the exit status is 1 if all is as
 * it should be. */
#include "users.h"

static unsigned number(const char *word)
{
    unsigned value = 0;

    return word && str_to_number(word, 1u << 30, &value) ? value : KEEP;
}

/* The three users and the three groups; files are looked at with the effective ones. */
static int sees_ids(char **words)
{
    int ids[6] = {0};

    sys_getresuid(&ids[0], &ids[1], &ids[2]);
    sys_getresgid(&ids[3], &ids[4], &ids[5]);
    for (unsigned i = 0; i < COUNT(ids); i++)
        if ((unsigned)ids[i] != number(words[i]))
            return 10 + (int)i;
    return sys_setfsuid(KEEP) == ids[1] && sys_setfsgid(KEEP) == ids[4] ? 1 : 9;
}

/* What the vector behind the environment says. */
static int sees_auxv(char **words)
{
    static const uint64_t types[] = {AT_UID, AT_EUID, AT_GID, AT_EGID, AT_SECURE};
    const char *const *at = environment;

    while (*at)
        at++;
    for (unsigned i = 0; i < COUNT(types); i++) {
        const uint64_t *pair = (const uint64_t *)(at + 1);
        while (pair[0] != AT_NULL && pair[0] != types[i])
            pair += 2;
        if (pair[0] != types[i] || pair[1] != number(words[i]))
            return 10 + (int)i;
    }
    return 1;
}

static int sees_death_signal(char **words)
{
    int signal = -1;

    sys_prctl(PR_GET_PDEATHSIG, ADDR(&signal), 0, 0, 0);
    return signal == (int)number(words[0]);
}

static int keeps_privileges(char **words)
{
    (void)words;
    return (int)sys_prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
}

/* A companion shares the directory; it ends now. */
static int gains_nothing(char **words)
{
    char no[] = "0", yes[] = "1";
    char *seen[] = {yes, yes, no, no, yes}; /* it would have, and AT_SECURE says so */
    bool is_same = sys_geteuid() == 1 && sys_getuid() == 1 && sees_auxv(seen) == 1;

    sys_kill((int)number(words[0]), SIGKILL);
    return is_same ? 1 : 2;
}

static int gives_one(char **words)
{
    (void)words;
    return 1;
}

static const struct {
    const char *name;
    int (*run)(char **words);
} helps[] = {
    {"-ids", sees_ids},         {"-auxv", sees_auxv}, {"-death", sees_death_signal},
    {"-shared", gains_nothing}, {"-one", gives_one},  {"-kept", keeps_privileges},
};

int help(int argc, char **argv)
{
    for (unsigned i = 0; argc > 1 && i < COUNT(helps); i++)
        if (str_equal(argv[1], helps[i].name))
            return helps[i].run(argv + 2);
    print("users: there is no such helper\n");
    return 2;
}
