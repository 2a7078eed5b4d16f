/* The machine as a whole, as a program sees it that embeds it. */
#include "lib/eft.h"

#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

enum {
    CLONE = 220,
    EXIT_GROUP = 94,
    GETPID = 172,
    GETRANDOM = 278,
    NANOSLEEP = 101,
    READ = 63,
    WAIT4 = 260,
    WRITE = 64,
    SIGCHLD_NUMBER = 17,
    RAM = 8 << 20,
};

static char printed[1 << 16];
static size_t printed_len;

static void print(void *context, const char *bytes, size_t len)
{
    EXPECT_STREQ(context, "mine");
    EXPECT(printed_len + len < sizeof(printed));
    memcpy(printed + printed_len, bytes, len);
    printed_len += len;
    printed[printed_len] = '\0';
}

static struct eft_options plain(void)
{
    static char mine[] = "mine";

    return (struct eft_options){.ram_size = RAM, .console = print, .context = mine};
}

static void boot(struct eft_options options)
{
    printed_len = 0;
    printed[0] = '\0';
    EXPECT_STREQ(eft_boot(&options), NULL);
}

static int fork_of(int pid)
{
    return (int)EFT_CALL(pid, CLONE, SIGCHLD_NUMBER);
}

TEST(eft_boots_without_options)
{
    EXPECT_STREQ(eft_boot(NULL), NULL);
    EXPECT_EQ(EFT_CALL(1, GETPID, 0), 1);
    EXPECT_EQ(eft_free_frames() > 15000, 1);
    eft_end();
}

TEST(eft_says_what_is_wrong_with_options)
{
    static const char much[RAM];
    struct eft_options options = plain();

    options.ram_size = 4096;
    EXPECT_STREQ(eft_boot(&options), "too little RAM: 2M is the least");
    EXPECT_EQ(eft_step(), EFT_OFF);
    options.ram_size = RAM + 1;
    EXPECT_STREQ(eft_boot(&options), "RAM is not a multiple of 4K");
    options = plain();
    options.asid_bits = 17;
    EXPECT_STREQ(eft_boot(&options), "ASIDs have 1 to 16 bits");
    options = plain();
    options.tlb = (enum eft_tlb)9;
    EXPECT_STREQ(eft_boot(&options), "there is no such TLB");
    options = plain();
    options.initrd = much;
    options.initrd_size = sizeof(much);
    EXPECT_STREQ(eft_boot(&options), "the initramfs does not fit into RAM");
    boot(plain());
}

static void expect_nothing(void)
{
    uint64_t value = 0;

    EXPECT_EQ(eft_step(), EFT_OFF);
    EXPECT_EQ(eft_run(EFT_NO_LIMIT), EFT_OFF);
    EXPECT_EQ(eft_spawn(1, NULL, NULL), -3);
    EXPECT_EQ(EFT_CALL(1, GETPID, 0), EFT_ENDED);
    EXPECT_EQ(eft_result(1), EFT_ENDED);
    EXPECT_EQ(eft_load(1, EFT_DATA, &value, 8), EFT_ENDED);
    EXPECT_EQ(eft_store(1, EFT_DATA, &value, 8), EFT_ENDED);
    EXPECT(eft_snapshot() == NULL);
    EXPECT_STREQ(eft_restore(NULL), "there is no machine");
    eft_print();
    eft_check();
    (void)eft_free_frames();
    (void)eft_hash();
    (void)eft_now();
    (void)eft_status();
    EXPECT_EQ(eft_type("a", 1), 1);
}

TEST(eft_without_a_kernel)
{
    struct eft_options options = plain();

    expect_nothing();
    boot(options);
    EXPECT_STREQ(eft_restore(NULL), "there is no snapshot");
    eft_end();
    expect_nothing();
    boot(options);
    EXPECT_EQ(eft_type("never\n", 6), 6);
    boot(options);
    EXPECT_EQ(EFT_CALL(1, READ, 0, EFT_DATA, 5), EFT_BLOCKED); /* what was typed is forgotten */
    EXPECT_EQ(eft_run(EFT_NO_LIMIT), EFT_IDLE);
    EXPECT_EQ(eft_result(1), EFT_BLOCKED);
    options.ram_size = 4096;
    EXPECT(eft_boot(&options) != NULL);
    expect_nothing();
    boot(plain());
}

TEST(eft_is_off_when_the_kernel_cannot_start)
{
    struct eft_options options = plain();

    options.initrd = "no archive";
    options.initrd_size = 10;
    boot(options);
    EXPECT(strstr(printed, "initramfs") != NULL);
    EXPECT_EQ(eft_run(EFT_NO_LIMIT), EFT_OFF);
    EXPECT_EQ(eft_status(), 1);
    EXPECT_EQ(EFT_CALL(1, GETPID, 0), EFT_ENDED);
    options.cmdline = "det=x";
    boot(options);
    EXPECT_EQ(eft_status(), 1);
}

TEST(eft_ends_and_boots_again)
{
    boot(plain());
    EXPECT_EQ(eft_status(), 0);
    EXPECT_EQ(EFT_CALL(1, EXIT_GROUP, 3), EFT_MACHINE_OFF);
    EXPECT_EQ(eft_status(), 3);
    EXPECT_EQ(eft_step(), EFT_OFF);
    EXPECT_EQ(EFT_CALL(1, GETPID, 0), EFT_ENDED);
    boot(plain());
    EXPECT_EQ(EFT_CALL(1, GETPID, 0), 1);
    eft_end();
    eft_end();
    EXPECT_EQ(eft_step(), EFT_OFF);
    EXPECT_STREQ(eft_restore(NULL), "there is no machine");
    boot(plain());
}

TEST(eft_time_passes_when_nothing_is_ready)
{
    const uint64_t second[2] = {1, 0};

    boot(plain());
    EXPECT_EQ(eft_store(1, EFT_DATA, second, sizeof(second)), 0);
    EXPECT_EQ(EFT_CALL(1, NANOSLEEP, EFT_DATA), EFT_BLOCKED);
    EXPECT(eft_now() < 1000000000);
    EXPECT_EQ(eft_run(EFT_NO_LIMIT), EFT_IDLE);
    EXPECT(eft_now() >= 1000000000);
    EXPECT_EQ(eft_result(1), 0);
    EXPECT_EQ(eft_step(), EFT_IDLE);
}

TEST(eft_runs_so_many_steps)
{
    boot(plain());
    EXPECT_EQ(eft_run(0), EFT_RAN);
    EXPECT_EQ(eft_run(1), EFT_RAN); /* init finds that it has nothing to do */
    EXPECT_EQ(eft_run(10), EFT_IDLE);
}

/* ---- the console ---- */

TEST(eft_console)
{
    char line[8] = "";

    boot(plain());
    EXPECT_EQ(eft_store(1, EFT_DATA, "hello\n", 6), 0);
    EXPECT_EQ(EFT_CALL(1, WRITE, 1, EFT_DATA, 6), 6);
    EXPECT_STREQ(printed, "hello\n");
    EXPECT_EQ(EFT_CALL(1, READ, 0, EFT_DATA, 8), EFT_BLOCKED);
    EXPECT_EQ(eft_run(EFT_NO_LIMIT), EFT_IDLE);
    EXPECT_EQ(eft_type("yes\n", 4), 4);
    EXPECT_EQ(eft_run(EFT_NO_LIMIT), EFT_IDLE);
    EXPECT_EQ(eft_result(1), 4);
    EXPECT_EQ(eft_load(1, EFT_DATA, line, 4), 0);
    EXPECT_STREQ(line, "yes\n");
    eft_type_end();
    EXPECT_EQ(eft_type("more", 4), 0);
    EXPECT_EQ(eft_run(EFT_NO_LIMIT), EFT_IDLE);
    EXPECT_EQ(EFT_CALL(1, READ, 0, EFT_DATA, 8), 0);
}

TEST(eft_the_line_holds_so_much)
{
    static char much[5000];

    memset(much, 'x', sizeof(much));
    boot(plain());
    EXPECT_EQ(eft_type(much, sizeof(much)), 4096);
    EXPECT_EQ(eft_type(much, 1), 0);
    eft_run(EFT_NO_LIMIT);
    EXPECT_EQ(eft_type(much, 10), 10);
}

TEST(eft_drops_what_nobody_wants_to_see)
{
    struct eft_options options = plain();

    options.console = NULL;
    boot(options);
    eft_print();
    EXPECT_STREQ(printed, "");
    boot(plain());
    eft_print();
    EXPECT(strstr(printed, "PPID") != NULL);
    EXPECT(strstr(printed, "eft-empty") != NULL);
}

/* ---- choices ---- */

static uint64_t asked;

static uint32_t fail_each(void *context, unsigned kind, uint32_t bound, uint32_t answer)
{
    uint64_t *fails_from = context;

    EXPECT(answer < bound);
    asked += kind == EFT_CHOOSE_FAIL;
    return kind == EFT_CHOOSE_FAIL && asked > *fails_from ? 1 : answer;
}

TEST(eft_choices_are_asked_for)
{
    uint64_t fails_from = UINT64_MAX;
    struct eft_options options = {.ram_size = RAM, .choose = fail_each, .context = &fails_from};

    boot(options);
    EXPECT_EQ(fork_of(1), 2);
    EXPECT(asked > 10);
    fails_from = asked;
    EXPECT_EQ(fork_of(1), -12);
    fails_from = UINT64_MAX;
    EXPECT_EQ(fork_of(1), 3);
}

static uint64_t random_of(uint64_t seed)
{
    struct eft_options options = plain();
    uint64_t value;

    options.has_seed = true;
    options.seed = seed;
    boot(options);
    EXPECT_EQ(EFT_CALL(1, GETRANDOM, EFT_DATA, 8, 0), 8);
    EXPECT_EQ(eft_load(1, EFT_DATA, &value, 8), 0);
    return value;
}

TEST(eft_seeds)
{
    EXPECT_EQ(random_of(1), random_of(1));
    EXPECT(random_of(1) != random_of(2));
}

/* ---- the trace and reports ---- */

static void trace(void *context, const char *bytes, size_t len)
{
    print(context, bytes, len);
}

TEST(eft_trace)
{
    struct eft_options options = plain();

    options.trace = trace;
    options.cmdline = "det=1";
    boot(options);
    EFT_CALL(1, EXIT_GROUP, 5);
    EXPECT(strstr(printed, "exit_group(5)") != NULL || strstr(printed, "ends, status 0x500"));
    EXPECT(strstr(printed, "power off") != NULL);
}

static jmp_buf way_out;

static void jump(void *context, const char *name, const char *details)
{
    EXPECT(context != NULL);
    EXPECT(details[0] != '\0');
    print(context, name, strlen(name));
    longjmp(way_out, 1);
}

/* As the kernel does when it is wrong. */
static void call_panic(void)
{
    extern _Noreturn void panic(const char *format, ...);

    panic("a test");
}

TEST(eft_reports_can_be_survived)
{
    struct eft_options options = plain();

    options.report = jump;
    boot(options);
    EXPECT_EQ(fork_of(1), 2);
    struct eft_snapshot *snapshot = eft_snapshot();
    EXPECT_EQ(fork_of(1), 3);
    if (setjmp(way_out) == 0) {
        call_panic();
    }
    EXPECT(strstr(printed, "eft: panic: a test") != NULL);
    EXPECT(strstr(printed, "kernel.panic") != NULL);
    EXPECT_STREQ(eft_restore(snapshot), NULL);
    eft_check();
    EXPECT_EQ(eft_result(3), EFT_ENDED);
    EXPECT_EQ(fork_of(1), 3);
    eft_forget(snapshot);
}

TEST_DIES(eft_reports_end_the_process, "")
{
    boot(plain());
    call_panic();
}

/* The host program's own handlers stay. */
TEST(eft_takes_no_signals)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGPIPE, SIGTSTP, SIGCONT, SIGABRT};

    boot(plain());
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct sigaction action;
        EXPECT_EQ(sigaction(numbers[i], NULL, &action), 0);
        EXPECT(action.sa_handler == SIG_DFL);
    }
}

/* ---- snapshots ---- */

TEST(eft_snapshots)
{
    uint64_t value = 1;

    boot(plain());
    EXPECT_EQ(eft_store(1, EFT_DATA, &value, 8), 0);
    EXPECT_EQ(eft_type("ab\n", 3), 3);
    struct eft_snapshot *first = eft_snapshot();
    value = 2;
    EXPECT_EQ(eft_store(1, EFT_DATA, &value, 8), 0);
    struct eft_snapshot *second = eft_snapshot();
    EXPECT_EQ(EFT_CALL(1, EXIT_GROUP, 9), EFT_MACHINE_OFF);
    for (unsigned i = 0; i < 300; i++) {
        EXPECT_STREQ(eft_restore(i % 2 ? second : first), NULL);
        EXPECT_EQ(eft_load(1, EFT_DATA, &value, 8), 0);
        EXPECT_EQ(value, 1 + i % 2);
        EXPECT_EQ(fork_of(1), 2);
        eft_check();
    }
    EXPECT_EQ(eft_status(), 0);
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_STREQ(eft_restore(first), NULL);
        EXPECT_EQ(eft_run(EFT_NO_LIMIT), EFT_IDLE);
        EXPECT_EQ(EFT_CALL(1, READ, 0, EFT_DATA, 8), 3); /* what was typed is typed again */
    }
    eft_forget(first);
    eft_forget(second);
    eft_forget(NULL);
}

TEST(eft_snapshots_of_another_machine)
{
    struct eft_options options = plain();

    boot(options);
    EXPECT_EQ(fork_of(1), 2);
    struct eft_snapshot *snapshot = eft_snapshot();
    boot(options);
    EXPECT_EQ(eft_result(2), EFT_ENDED);
    EXPECT_STREQ(eft_restore(snapshot), NULL);
    EXPECT_EQ(eft_result(2), 0);
    options.ram_size = 2 * RAM;
    boot(options);
    EXPECT_STREQ(eft_restore(snapshot),
                 "the machine has other RAM than when the snapshot was taken");
    EXPECT_EQ(fork_of(1), 2);
    options = plain();
    options.tlb = EFT_TLB_NATURAL;
    boot(options);
    EXPECT_STREQ(eft_restore(snapshot),
                 "the machine has another TLB than when the snapshot was taken");
    eft_forget(snapshot);
}
