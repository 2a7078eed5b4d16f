/* Processes that do what a program says that embeds the kernel. */
#include "lib/drive.h"

#include <string.h>

#include "lib/eft.h"
#include "test.h"

enum {
    CLONE = 220,
    EXECVE = 221,
    EXIT_GROUP = 94,
    GETPID = 172,
    GETPPID = 173,
    KILL = 129,
    MMAP = 222,
    WAIT4 = 260,
    WRITE = 64,
    SIGCHLD_NUMBER = 17,
    SIGKILL_NUMBER = 9,
    SIGSEGV_NUMBER = 11,
    RAM = 8 << 20,
};

static void boot(void)
{
    const struct eft_options options = {.ram_size = RAM};

    EXPECT_STREQ(eft_boot(&options), NULL);
}

static int fork_of(int pid)
{
    return (int)EFT_CALL(pid, CLONE, SIGCHLD_NUMBER);
}

TEST(drive_spawn)
{
    boot();
    EXPECT_EQ(eft_spawn(1, NULL, NULL), 2);
    EXPECT_EQ(EFT_CALL(2, GETPID, 0), 2);
    EXPECT_EQ(EFT_CALL(2, GETPPID, 0), 1);
    EXPECT_EQ(eft_spawn(2, "/eft-empty", (const char *const[]){"a", "b", NULL}), 3);
    EXPECT_EQ(EFT_CALL(3, GETPPID, 0), 2);
    EXPECT_EQ(eft_spawn(1, "/nothing", NULL), -2);
    EXPECT_EQ(eft_spawn(7, NULL, NULL), -3);
    eft_check();
}

TEST(drive_what_a_call_comes_to)
{
    int status = 0;

    boot();
    EXPECT_EQ(fork_of(1), 2);
    EXPECT_EQ(eft_result(2), 0);
    EXPECT_EQ(EFT_CALL(1, WAIT4, (uint64_t)-1, EFT_DATA), EFT_BLOCKED);
    EXPECT_EQ(eft_result(1), EFT_BLOCKED);
    EXPECT_EQ(EFT_CALL(1, GETPID, 0), EFT_RUNS);
    EXPECT_EQ(eft_load(1, EFT_DATA, &status, 4), EFT_RUNS);
    EXPECT_EQ(EFT_CALL(2, EXIT_GROUP, 42), EFT_ENDED);
    EXPECT_EQ(eft_result(1), EFT_RUNS);
    EXPECT_EQ(eft_result(2), EFT_ENDED);
    EXPECT_EQ(EFT_CALL(2, GETPID, 0), EFT_ENDED);
    EXPECT_EQ(eft_run(EFT_NO_LIMIT), EFT_IDLE);
    EXPECT_EQ(eft_result(1), 2);
    EXPECT_EQ(eft_load(1, EFT_DATA, &status, 4), 0);
    EXPECT_EQ(status, 42 << 8);
    EXPECT_EQ(eft_result(1), 2); /* loads leave it alone */
    EXPECT_EQ(EFT_CALL(1, 999, 0), -38);
    EXPECT_EQ(eft_result(1), -38);
}

TEST(drive_only_the_process_that_is_meant_runs)
{
    boot();
    EXPECT_EQ(fork_of(1), 2);
    EXPECT_EQ(fork_of(1), 3);
    for (unsigned i = 0; i < 100; i++) {
        EXPECT_EQ(EFT_CALL((int)(1 + i % 3), GETPID, 0), 1 + i % 3);
    }
    EXPECT_EQ(EFT_CALL(3, KILL, 2, SIGKILL_NUMBER), 0);
    EXPECT_EQ(eft_run(EFT_NO_LIMIT), EFT_IDLE);
    EXPECT_EQ(eft_result(2), EFT_ENDED);
    EXPECT_EQ(EFT_CALL(3, KILL, 3, SIGKILL_NUMBER), EFT_ENDED);
    eft_check();
}

TEST(drive_loads_and_stores)
{
    static uint8_t out[EFT_DATA_SIZE];
    static uint8_t in[EFT_DATA_SIZE];

    for (size_t i = 0; i < sizeof(out); i++) {
        out[i] = (uint8_t)(i * 31 + i / 256);
    }
    boot();
    for (unsigned offset = 0; offset < 16; offset++) {
        size_t len = sizeof(out) - 2 * (size_t)offset;
        EXPECT_EQ(eft_store(1, EFT_DATA + offset, out, len), 0);
        memset(in, 0, sizeof(in));
        EXPECT_EQ(eft_load(1, EFT_DATA + offset, in, len), 0);
        EXPECT_MEMEQ(in, out, len);
    }
    EXPECT_EQ(eft_load(1, EFT_DATA, NULL, 0), 0);
    EXPECT_EQ(fork_of(1), 2);
    EXPECT_EQ(eft_store(2, EFT_DATA, "child", 5), 0);
    EXPECT_EQ(eft_load(1, EFT_DATA, in, 16), 0);
    EXPECT(memcmp(in, "child", 5) != 0);
}

TEST(drive_a_bad_address_ends_a_process)
{
    uint64_t value[2] = {1, 1};
    int status = 0;

    boot();
    EXPECT_EQ(fork_of(1), 2);
    EXPECT_EQ(eft_store(2, EFT_DATA + EFT_DATA_SIZE - 8, value, 16), EFT_ENDED);
    EXPECT_EQ(EFT_CALL(1, WAIT4, 2, EFT_DATA), 2);
    EXPECT_EQ(eft_load(1, EFT_DATA, &status, 4), 0);
    EXPECT_EQ(status, SIGSEGV_NUMBER);
    EXPECT_EQ(fork_of(1), 3);
    EXPECT_EQ(eft_load(3, 0, value, 1), EFT_ENDED);
    EXPECT_EQ(eft_store(3, EFT_DATA, value, 1), EFT_ENDED);
}

/* Others that are ready stay where they are until a step. */
TEST(drive_only_that_process)
{
    boot();
    EXPECT_EQ(fork_of(1), 2);
    EXPECT_EQ(fork_of(2), 3);
    EXPECT_EQ(EFT_CALL(2, WAIT4, (uint64_t)-1, 0), EFT_BLOCKED);
    EXPECT_EQ(EFT_CALL(3, EXIT_GROUP, 0), EFT_ENDED);
    for (unsigned i = 0; i < 10; i++) {
        EXPECT_EQ(eft_result(2), EFT_RUNS);
        EXPECT_EQ(EFT_CALL(1, GETPID, 0), 1);
    }
    EXPECT_EQ(eft_run(EFT_NO_LIMIT), EFT_IDLE);
    EXPECT_EQ(eft_result(2), 3);
}

/* A long call goes on in reruns, and gives its result all the same. */
TEST(drive_long_calls)
{
    enum { MANY = 4 << 20 };

    boot();
    int64_t at = EFT_CALL(1, MMAP, 0, MANY, 3, 0x22, (uint64_t)-1, 0);
    EXPECT(at > 0);
    EXPECT_EQ(fork_of(1), 2);
    EXPECT_EQ(EFT_CALL(1, WRITE, 1, (uint64_t)at, MANY), MANY);
}

TEST(drive_a_program_runs_by_itself)
{
    static const char path[] = "/eft-empty";
    const uint64_t argv[2] = {EFT_DATA, 0};

    boot();
    EXPECT_EQ(fork_of(1), 2);
    EXPECT_EQ(eft_store(2, EFT_DATA, path, sizeof(path)), 0);
    EXPECT_EQ(eft_store(2, EFT_DATA + 64, argv, sizeof(argv)), 0);
    EXPECT_EQ(EFT_CALL(2, EXECVE, EFT_DATA + 128, EFT_DATA + 64, 0), -2);
    EXPECT_EQ(EFT_CALL(2, EXECVE, EFT_DATA, EFT_DATA + 64, 0), 0);
    char byte = 1;
    EXPECT_EQ(eft_load(2, EFT_DATA, &byte, 1), 0);
    EXPECT_EQ(byte, 0);
    EXPECT_EQ(EFT_CALL(2, GETPID, 0), 2);
}

TEST(drive_program_is_what_an_empty_process_runs)
{
    size_t size;
    const uint8_t *program = drive_program(&size);

    EXPECT_MEMEQ(program,
                 "\x7f"
                 "ELF",
                 4);
    EXPECT_EQ(size, 64 + 56);
}
