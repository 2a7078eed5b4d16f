#include "check.h"

static unsigned held, failed, differing, skipped;

static void tell(bool holds, const char *what)
{
    print("%s %u %s", holds ? "ok" : "not ok", held + failed + differing + 1, what);
}

void check(bool holds, const char *what)
{
    tell(holds, what);
    print("\n");
    *(holds ? &held : &failed) += 1;
}

void check_is(long have, long want, const char *what)
{
    tell(have == want, what);
    if (have != want && have < 0)
        print(": it is %s", error_name(have));
    else if (have != want)
        print(": it is %lu (0x%lx)", (unsigned long)have, (unsigned long)have);
    if (have != want && want < 0)
        print(" and not %s", error_name(want));
    else if (have != want)
        print(" and not %lu", (unsigned long)want);
    print("\n");
    *(have == want ? &held : &failed) += 1;
}

void check_differs(long have, struct result on_eft, struct result on_linux, const char *what)
{
    bool holds = have == (is_eft() ? on_eft : on_linux).value;

    tell(holds, what);
    print(" (Eft: %s; Linux: %s)", on_eft.words, on_linux.words);
    if (!holds)
        print(": it is %s 0x%lx", have < 0 ? error_name(have) : "", (unsigned long)have);
    print("\n");
    *(holds ? &differing : &failed) += 1;
}

void skip(const char *what, const char *why)
{
    print("skip %s: %s\n", what, why);
    skipped++;
}

bool is_eft(void)
{
    struct abi_utsname name;

    return sys_uname(&name) == 0 && str_equal(name.sysname, "Eft");
}

bool is_host_program(void)
{
    return __STDC_HOSTED__;
}

/* A child that a section leaves behind would be told of in another one, or not, as time goes. */
static void find_children_left(const char *section)
{
    long left = sys_wait4(-1, NULL, WNOHANG, NULL);

    if (left != -ECHILD) {
        print("%s: ", section);
        check_is(left, -ECHILD, "no section leaves a child behind");
    }
}

static void run_sections(int argc, char **argv, const struct section *sections, unsigned count)
{
    for (unsigned j = 0; j < count; j++) {
        bool chosen = argc <= 1;
        for (int i = 1; i < argc; i++)
            chosen = chosen || str_equal(argv[i], sections[j].name);
        if (chosen) {
            sections[j].run();
            find_children_left(sections[j].name);
        }
    }
}

static bool know_sections(int argc, char **argv, const struct section *sections, unsigned count)
{
    for (int i = 1; i < argc; i++) {
        unsigned known = 0;
        for (unsigned j = 0; j < count; j++)
            known += str_equal(argv[i], sections[j].name);
        if (known == 0) {
            print("%s: there is no section '%s'\n", program_name, argv[i]);
            return false;
        }
    }
    return true;
}

static void name_program(void)
{
    static char path[64] = "/bin/";

    for (size_t i = 0; program_name[i]; i++)
        path[5 + i] = program_name[i];
    self = is_host_program() ? "/proc/self/exe" : path;
}

int run_checks(int argc, char **argv, char **envp, const struct section *sections, unsigned count,
               const char *what)
{
    name_program();
    environment = (const char *const *)envp;
    if (argc > 1 && str_equal(argv[1], "--help")) {
        print("%s [SECTION]...   checks %s; sections:\n", program_name, what);
        for (unsigned i = 0; i < count; i++)
            print(" %s", sections[i].name);
        print("\n");
        return 0;
    }
    if (argc == 0 || !argv[0][0] || (argc > 1 && argv[1][0] == '-'))
        return help(argc, argv);
    if (!know_sections(argc, argv, sections, count))
        return 2;
    if (sys_getpgid(0) <= 1)
        sys_setpgid(0, 0); /* some checks need a group that has a number of its own */
    run_sections(argc, argv, sections, count);
    print("%s: %u checks: %u hold, %u differ from Linux as meant, %u failed; %u skipped\n",
          program_name, held + differing + failed, held, differing, failed, skipped);
    return failed ? 1 : 0;
}
