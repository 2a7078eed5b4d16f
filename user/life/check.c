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

static const struct {
    const char *name;
    void (*run)(void);
} sections[] = {
    {"fork", check_fork},     {"clone", check_clone},
    {"vfork", check_vfork},   {"exec", check_exec},
    {"script", check_script}, {"wait", check_wait},
    {"waitid", check_waitid}, {"usage", check_usage},
    {"group", check_group},   {"orphan", check_orphan},
    {"limit", check_limit},   {"memory", check_memory},
    {"file", check_file},     {"fault", check_fault},
    {"pipe", check_pipe},     {"descriptor", check_descriptor},
    {"spawn", check_spawn},
};

static int run_sections(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        unsigned known = 0;
        for (unsigned j = 0; j < COUNT(sections); j++)
            known += str_equal(argv[i], sections[j].name);
        if (known == 0) {
            print("lifecycle: there is no section '%s'\n", argv[i]);
            return 2;
        }
    }
    for (unsigned j = 0; j < COUNT(sections); j++) {
        bool chosen = argc <= 1;
        for (int i = 1; i < argc; i++)
            chosen = chosen || str_equal(argv[i], sections[j].name);
        if (chosen)
            sections[j].run();
    }
    print("lifecycle: %u checks: %u hold, %u differ from Linux as meant, %u failed; %u skipped\n",
          held + differing + failed, held, differing, failed, skipped);
    return failed ? 1 : 0;
}

int main(int argc, char **argv, char **envp)
{
    self = is_host_program() ? "/proc/self/exe" : "/bin/lifecycle";
    environment = (const char *const *)envp;
    if (argc > 1 && str_equal(argv[1], "--help")) {
        print("lifecycle [SECTION]...   checks what a kernel does with processes; sections:\n");
        for (unsigned i = 0; i < COUNT(sections); i++)
            print(" %s", sections[i].name);
        print("\n");
        return 0;
    }
    if (argc == 0 || !argv[0][0] || (argc > 1 && argv[1][0] == '-'))
        return help(argc, argv);
    if (sys_getpgid(0) <= 1)
        sys_setpgid(0, 0); /* some checks need a group that has a number of its own */
    return run_sections(argc, argv);
}
