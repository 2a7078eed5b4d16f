#include "fuzz/input/print_c.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/input/generate.h"
#include "test.h"

enum { PROGRAMS = 24, PATH_SIZE = 64, OUTPUT_SIZE = 4096 };

static struct repro repro;
static char text[PRINT_C_MAX];
static char error[200];
static char folder[PATH_SIZE];

/* A folder of its own, and in it a file with the program. */
static void write_program(void)
{
    char path[2 * PATH_SIZE];

    snprintf(folder, sizeof(folder), "/tmp/eft-print-c-XXXXXX");
    EXPECT(mkdtemp(folder) != NULL);
    snprintf(path, sizeof(path), "%s/program.c", folder);
    FILE *file = fopen(path, "w");
    EXPECT(file != NULL);
    size_t len = repro_print_c(&repro, text, sizeof(text));
    EXPECT(len < sizeof(text) - 1);
    EXPECT_EQ(fwrite(text, 1, len, file), len);
    EXPECT_EQ(fclose(file), 0);
}

/* Runs a command with the folder in place of %s; its status. */
static int run(const char *command, char *output, size_t size)
{
    char line[512];
    size_t len;

    snprintf(line, sizeof(line), command, folder, folder);
    FILE *pipe = popen(line, "r");
    EXPECT(pipe != NULL);
    len = fread(output, 1, size - 1, pipe);
    output[len] = '\0';
    return pclose(pipe);
}

static void remove_program(void)
{
    char output[64];

    EXPECT_EQ(run("rm -r %s", output, sizeof(output)), 0);
}

static void compile(const char *compiler)
{
    char output[OUTPUT_SIZE];
    char command[200];

    snprintf(command, sizeof(command), "%s -Wall -Wextra -Werror -o %%s/program %%s/program.c 2>&1",
             compiler);
    if (run(command, output, sizeof(output)) != 0) {
        FAIL("%s", output);
    }
}

TEST(print_c_compiles)
{
    struct random random = {1};

    for (unsigned n = 0; n < PROGRAMS; n++) {
        memset(&repro, 0, sizeof(repro));
        generate_input(&repro.input, &random, GENERATE_SCHEDULES);
        write_program();
        compile(n % 2 ? "aarch64-linux-gnu-gcc" : "gcc");
        remove_program();
    }
}

static const char example[] = "# check: model.call\n"
                              "r0 = pipe2(&fds, 0)\n"
                              "r1 = fork()\n"
                              "@r1 store(0x10002000, 7)\n"
                              "@r1 write(r0[1], &text, 14)\n"
                              "@r1 r2 = fork()\n"
                              "@r2 execve(&path_init, &argv_one)\n"
                              "@r2 load(0x10002000)\n"
                              "@r1 load(0x10002000)\n"
                              "load(0x10002000)\n"
                              "wait4(-1, &status, 0)\n"
                              "@r1 kill(r2, SIGKILL)\n"
                              "@r1 exit_group(42)\n"
                              "load(&status, 4)\n"
                              "wait4(-1, &status, 0)\n"
                              "load(&status, 4)\n"
                              "read(r0[0], &buffer, 100)\n"
                              "mmap(NULL, 0x1000, PROT_READ, MAP_PRIVATE, -1, 0)\n"
                              "wait4(-1, &status, WNOHANG)\n";

/* The same program on this Linux gives what it must. */
TEST(print_c_does_what_the_program_does)
{
    static const char *const expected[] = {
        "2: @r1 store(0x10002000, 7) -> 0\n",
        "3: @r1 write(r0[1], &text, 14) -> 14\n",
        "6: @r2 load(0x10002000) -> 0\n",
        "7: @r1 load(0x10002000) -> 7\n",
        "8: load(0x10002000) -> 0\n",
        "15: read(r0[0], &buffer, 100) -> 14\n",
        "16: mmap(NULL, 0x1000, PROT_READ, MAP_PRIVATE, -1, 0) -> EBADF\n",
        "17: wait4(-1, &status, WNOHANG) -> ECHILD\n",
    };
    char output[OUTPUT_SIZE];

    EXPECT(repro_parse(&repro, example, sizeof(example) - 1, error, sizeof(error)));
    write_program();
    compile("gcc");
    EXPECT_EQ(run("timeout 30 %s/program 2>&1", output, sizeof(output)), 0);
    for (unsigned i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        if (!strstr(output, expected[i])) {
            FAIL("no '%s' in:\n%s", expected[i], output);
        }
    }
    /* Of the two waits one gave the child with its code, the other the orphan with its signal. */
    EXPECT(strstr(output, "load(&status, 4) -> 10752\n") != NULL);
    EXPECT(strstr(output, "load(&status, 4) -> 9\n") != NULL);
    remove_program();
}
