/*
 * The kernel as a library: a process forks, waits for its child, and the child ends.
 *
 *     cc harness.c $(pkg-config --cflags --libs eft) && ./a.out
 */
#include <eft.h>
#include <stdio.h>
#include <stdlib.h>

/* Linux's numbers for AArch64. */
enum { CLONE = 220, WAIT4 = 260, EXIT_GROUP = 94, SIGCHLD_NUMBER = 17 };

static void print(void *context, const char *bytes, size_t len)
{
    (void)context;
    fwrite(bytes, 1, len, stdout);
}

static void expect(int holds, const char *what)
{
    printf("%s: %s\n", holds ? "yes" : "NO", what);
    if (!holds) {
        eft_print();
        exit(1);
    }
}

int main(void)
{
    struct eft_options options = {.ram_size = 8 << 20, .console = print};
    int status = 0;

    const char *complaint = eft_boot(&options);
    expect(!complaint, complaint ? complaint : "the kernel boots");

    /* Init is PID 1. Its child is a process of our own, which does what we say. */
    int parent = eft_spawn(1, NULL, NULL);
    expect(parent > 0, "a process is made");
    int child = (int)EFT_CALL(parent, CLONE, SIGCHLD_NUMBER);
    expect(child > parent && eft_result(child) == 0, "it forks: 0 in the child");
    int64_t result = EFT_CALL(parent, WAIT4, (uint64_t)-1, EFT_DATA);
    expect(result == EFT_BLOCKED, "wait4 blocks");

    struct eft_snapshot *snapshot = eft_snapshot();
    expect(snapshot != NULL, "a snapshot is taken");
    for (int code = 42; code < 44; code++) {
        result = EFT_CALL(child, EXIT_GROUP, (uint64_t)code);
        expect(result == EFT_ENDED, "the child ends");
        expect(eft_run(EFT_NO_LIMIT) == EFT_IDLE, "the kernel runs until it is idle");
        expect(eft_result(parent) == child, "wait4 gives the child");
        expect(eft_load(parent, EFT_DATA, &status, sizeof(status)) == 0, "its status is there");
        expect(status == code << 8, "and is what the child gave to exit");
        expect(!eft_restore(snapshot), "back to the snapshot");
        expect(eft_result(parent) == EFT_BLOCKED, "where the parent waits");
    }
    eft_forget(snapshot);

    expect(EFT_CALL(1, EXIT_GROUP, 7) == EFT_MACHINE_OFF, "init exits, and the kernel is off");
    expect(eft_status() == 7, "with init's status");
    expect(!eft_boot(&options), "it boots again");
    expect(EFT_CALL(1, CLONE, SIGCHLD_NUMBER) == 2, "and counts from the beginning");
    eft_end();
    return 0;
}
