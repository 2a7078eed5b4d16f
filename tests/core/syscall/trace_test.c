#include "syscall/trace.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/inject.h"
#include "base/string.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"
/* Behind the kernel's: they define some of its names as macros. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "platform/hosted/tracefile.h"

enum { TEXT_MAX = 1 << 16 };

static struct process *init;
static FILE *file; /* the trace, as far as it has been looked at */

static void begin(void)
{
    init = calls_begin();
    fixture_catch_output();
}

/* With a file that receives the trace, and has no name any more when the test begins. */
static void begin_with_text(void)
{
    char path[] = "/tmp/eft-trace-XXXXXX";

    begin();
    file = fdopen(mkstemp(path), "rb");
    EXPECT(file != NULL);
    bool is_open = trace_init(path, false);
    unlink(path);
    EXPECT(is_open);
    EXPECT(trace_has_text());
}

/* What has been written since the last look. */
static const char *written(void)
{
    static char text[TEXT_MAX];

    tracefile_flush();
    clearerr(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    return text;
}

static const char *last_events(void)
{
    (void)fixture_output();
    trace_print_last();
    return fixture_output();
}

TEST(trace_without_a_file_has_no_text)
{
    begin();
    EXPECT(trace_init(NULL, false));
    EXPECT(!trace_has_text());
    EXPECT(trace_init("", false));
    EXPECT(!trace_has_text());
    fixture_end();
}

TEST(trace_file_that_cannot_be_had)
{
    EXPECT(!trace_init("/no/such/folder/trace", false));
}

TEST(trace_line_of_each_event)
{
    const struct plat_trap trap = {
        .kind = PLAT_TRAP_FAULT,
        .fault = {.addr = 0x1234, .access = PLAT_FETCH, .kind = PLAT_FAULT_PERMISSION, .level = 2},
    };

    begin_with_text();
    trace_switch(7, "sh");
    trace_fault(7, &trap, TRACE_FAULT_RESOLVED);
    trace_fault(7, &trap, TRACE_FAULT_REFUSED);
    trace_fault(7, &trap, TRACE_FAULT_NO_MEMORY);
    trace_signal(7, SIGBUS, "BUS_ADRALN", 0x33);
    trace_exit(7, 0x100);
    trace_exit(7, SIGKILL);
    trace_exit(7, SIGSEGV | WAIT_CORE_DUMPED);
    trace_power_off(0x200);
    EXPECT_STREQ(written(),
                 "[    0.000000000] 7 runs (sh)\n"
                 "[    0.000000000] 7 fault: fetch 0x1234, permission, level 2: resolved\n"
                 "[    0.000000000] 7 fault: fetch 0x1234, permission, level 2: refused\n"
                 "[    0.000000000] 7 fault: fetch 0x1234, permission, level 2: no memory\n"
                 "[    0.000000000] 7 --- SIGBUS {si_signo=SIGBUS, si_code=BUS_ADRALN, "
                 "si_addr=0x33} ---\n"
                 "[    0.000000000] 7 +++ exited with 1 +++\n"
                 "[    0.000000000] 7 +++ killed by SIGKILL +++\n"
                 "[    0.000000000] 7 +++ killed by SIGSEGV (core dumped) +++\n"
                 "[    0.000000000] 0 power off, status 0x200\n");
    fixture_end();
}

/* A fault of the process with that PID is written down as such lines, and nothing else. */
static void expect_fault(int pid, uaddr_t at, enum plat_fault_kind kind, const char *lines)
{
    const struct plat_trap trap = {
        .kind = PLAT_TRAP_FAULT,
        .fault = {.addr = at, .access = PLAT_WRITE, .kind = kind, .level = 3},
    };

    calls_trap(process_find(pid), &trap);
    EXPECT_STREQ(written(), lines);
}

TEST(trace_faults_of_programs)
{
    begin_with_text();
    for (unsigned i = 0; i < 3; i++) {
        (void)calls_child(CALL(init, clone, SIGCHLD));
    }
    (void)written();
    expect_fault(2, CALLS_DATA, PLAT_FAULT_TRANSLATION,
                 "[    0.000003000] 2 fault: write 0x20000000, translation, level 3: resolved\n");
    expect_fault(2, CALLS_DATA, PLAT_FAULT_PERMISSION, ""); /* it was resolved already */
    inject_arm(1, true);
    expect_fault(3, CALLS_DATA, PLAT_FAULT_TRANSLATION,
                 "[    0.000003000] 3 fault: write 0x20000000, translation, level 3: no memory\n"
                 "[    0.000003000] 3 +++ killed by SIGKILL +++\n");
    inject_arm(0, false);
    expect_fault(2, CALLS_NOWHERE, PLAT_FAULT_TRANSLATION,
                 "[    0.000003000] 2 fault: write 0x1000, translation, level 3: refused\n"
                 "[    0.000003000] 2 --- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, "
                 "si_addr=0x1000} ---\n"
                 "[    0.000003000] 2 +++ killed by SIGSEGV +++\n");
    expect_fault(4, CALLS_DATA, PLAT_FAULT_ALIGNMENT,
                 "[    0.000003000] 4 fault: write 0x20000000, alignment, level 3: refused\n"
                 "[    0.000003000] 4 --- SIGBUS {si_signo=SIGBUS, si_code=BUS_ADRALN, "
                 "si_addr=0x20000000} ---\n"
                 "[    0.000003000] 4 +++ killed by SIGBUS +++\n");
    fixture_end();
}

/* There the level is the machine's own affair, and left out. */
TEST(trace_fault_above_user_space)
{
    const struct plat_trap trap = {.fault = {.addr = USER_END, .level = 3}};

    begin_with_text();
    trace_fault(1, &trap, TRACE_FAULT_REFUSED);
    EXPECT_STREQ(written(), "[    0.000000000] 1 fault: read 0x8000000000, translation, level 0: "
                            "refused\n");
    fixture_end();
}

TEST(trace_kinds_of_faults)
{
    static const char *const words[] = {
        [PLAT_FAULT_TRANSLATION] = "translation", [PLAT_FAULT_ACCESS_FLAG] = "access flag",
        [PLAT_FAULT_PERMISSION] = "permission",   [PLAT_FAULT_ADDRESS_SIZE] = "address size",
        [PLAT_FAULT_ALIGNMENT] = "alignment",     [PLAT_FAULT_BUS] = "bus",
    };

    begin_with_text();
    for (unsigned i = 0; i < ARRAY_LEN(words); i++) {
        const struct plat_trap trap = {.fault = {.kind = (enum plat_fault_kind)i}};
        const char *rest;
        trace_fault(1, &trap, TRACE_FAULT_REFUSED);
        EXPECT(str_starts(written(), "[    0.000000000] 1 fault: read 0x0, ", &rest));
        EXPECT(str_starts(rest, words[i], NULL));
    }
    fixture_end();
}

TEST(trace_call_with_what_it_reads_and_writes)
{
    begin_with_text();
    calls_put_text(CALLS_DATA, "hi\n");
    EXPECT_EQ(CALL(init, write, 1, CALLS_DATA, 3), 3);
    EXPECT_STREQ(written(), "[    0.000001000] 1 write(1, \"hi\\n\", 3) = 3\n");
    fixture_type("yes\n");
    EXPECT_EQ(CALL(init, read, 0, CALLS_DATA, 10), 4);
    EXPECT_STREQ(written(), "[    0.000002000] 1 read(0, \"yes\\n\", 10) = 4\n");
    EXPECT_EQ(CALL(init, munmap, 1, 1), -EINVAL);
    EXPECT_STREQ(written(),
                 "[    0.000003000] 1 munmap(0x1, 1)      = -1 EINVAL (Invalid argument)\n");
    fixture_end();
}

/* A rerun that blocks again is no event: whether there are any is a choice of the machine's. */
TEST(trace_call_that_blocks)
{
    begin_with_text();
    EXPECT_EQ(CALL(init, read, 0, CALLS_DATA, 10), CALL_BLOCKED);
    EXPECT_STREQ(written(), "[    0.000001000] 1 read(0,  <unfinished ...>\n");
    sched_wake(init->thread);
    EXPECT_EQ(calls_rerun(init), CALL_BLOCKED);
    EXPECT_STREQ(written(), "");
    fixture_type("\n");
    EXPECT_EQ(calls_rerun(init), 1);
    EXPECT_STREQ(written(), "[    0.000001000] 1 <... read resumed>\"\\n\", 10) = 1\n");
    fixture_end();
}

TEST(trace_call_that_does_not_return)
{
    begin_with_text();
    struct process *child = calls_child(CALL(init, clone, SIGCHLD));
    (void)written();
    EXPECT_EQ(CALL(child, exit, 3), CALL_GONE);
    EXPECT_STREQ(written(), "[    0.000002000] 2 exit(3)             = ?\n"
                            "[    0.000002000] 2 +++ exited with 3 +++\n");
    uaddr_t at = CALLS_DATA;
    fixture_run(init);
    calls_put_text(at, "/bin/prog");
    (void)CALL(init, execve, at, 0, 0);
    EXPECT_STREQ(written(), "[    0.000003000] 1 execve(\"/bin/prog\", NULL, NULL) = 0\n");
    fixture_end();
}

TEST(trace_longest_line_is_whole)
{
    static uint8_t bytes[256];
    uint64_t vectors[32];

    begin_with_text();
    calls_put(CALLS_DATA, bytes, sizeof(bytes));
    for (unsigned i = 0; i < 32; i += 2) {
        vectors[i] = CALLS_DATA;
        vectors[i + 1] = sizeof(bytes);
    }
    calls_put(CALLS_DATA + PAGE_SIZE, vectors, sizeof(vectors));
    EXPECT_EQ(CALL(init, writev, 1, CALLS_DATA + PAGE_SIZE, 16), 16 * sizeof(bytes));
    const char *line = written();
    size_t len = str_len(line);
    EXPECT(len > 16 * 2 * sizeof(bytes)); /* each byte as \0 */
    EXPECT_STREQ(line + len - 14, "], 16) = 4096\n");
    fixture_end();
}

/* A call that goes on in a rerun is told as one that waits, once. */
TEST(trace_call_that_goes_on)
{
    const char *rest;

    begin_with_text();
    EXPECT_EQ(CALL(init, getrandom, CALLS_DATA, CALLS_DATA_END - CALLS_DATA, 0),
              CALLS_DATA_END - CALLS_DATA);
    const char *text = written();
    EXPECT(str_starts(text, "[    0.000001000] 1 getrandom( <unfinished ...>\n", &rest));
    EXPECT(str_starts(rest, "[    0.000001000] 1 <... getrandom resumed>\"", &rest));
    text = rest + str_len(rest) - 9;
    EXPECT_STREQ(text, "= 131072\n");
    fixture_end();
}

/* To the console go calls, signals and exits, in short. */
TEST(trace_to_the_console)
{
    const struct plat_trap trap = {
        .kind = PLAT_TRAP_FAULT,
        .fault = {.addr = CALLS_NOWHERE, .access = PLAT_READ, .kind = PLAT_FAULT_TRANSLATION},
    };
    char name[100];

    begin();
    EXPECT(trace_init(NULL, true));
    EXPECT(!trace_has_text());
    (void)calls_child(CALL(init, clone, SIGCHLD));
    memset(name, 'x', sizeof(name));
    calls_put(CALLS_DATA, name, sizeof(name));
    trace_switch(1, "init");
    EXPECT_EQ(CALL(init, kill, 99, 0), -ESRCH);
    EXPECT_EQ(CALL(init, read, 0, CALLS_DATA, 10), CALL_BLOCKED);
    fixture_type("\n");
    EXPECT_EQ(calls_rerun(init), 1);
    EXPECT_EQ(CALL(init, fstat, 99, CALLS_DATA), -EBADF);
    calls_trap(process_find(2), &trap);
    trace_power_off(0);
    EXPECT_STREQ(fixture_output(),
                 "[pid    1]     0.000001 clone(child_stack=NULL, flags=SIGCHLD) = 2\n"
                 "[pid    1]     0.000002 kill(99, 0)     = -1 ESRCH (No such process)\n"
                 "[pid    1]     0.000003 read(0,  <unfinished ...>\n"
                 "\n" /* the echo */
                 "[pid    1]     0.000003 <... read resumed>\"\\n\", 10) = 1\n"
                 "[pid    1]     0.000004 fstat(99, 0x20000000) = -1 EBADF (Bad file descriptor)\n"
                 "[pid    2]     0.000004 --- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, "
                 "si_addr=0x1000} ---\n"
                 "[pid    2]     0.000004 +++ killed by SIGSEGV +++\n");
    fixture_end();
}

/* However long its arguments are, the result is there. */
TEST(trace_to_the_console_cuts_arguments)
{
    static char path[8000];

    begin();
    EXPECT(trace_init(NULL, true));
    memset(path, 1, sizeof(path) - 1);
    calls_put_text(CALLS_DATA, path);
    EXPECT_EQ(CALL(init, execve, CALLS_DATA, 0, 0), -ENAMETOOLONG);
    const char *output = fixture_output();
    const char *end = " = -1 ENAMETOOLONG (File name too long)\n";
    EXPECT_STREQ(output + str_len(output) - str_len(end), end);
    fixture_end();
}

TEST(trace_ring_keeps_events_without_a_file)
{
    const struct plat_trap trap = {.fault = {.addr = 0x1234, .access = PLAT_WRITE}};

    begin();
    EXPECT(trace_init(NULL, false));
    EXPECT_STREQ(last_events(), "the last 0 events:\n");
    trace_switch(1, "init");
    trace_fault(1, &trap, TRACE_FAULT_RESOLVED);
    trace_fault(1, &trap, TRACE_FAULT_REFUSED);
    EXPECT_EQ(CALL(init, munmap, 1, 2), -EINVAL);
    EXPECT_EQ(calls_make(init, 999, (const uint64_t[6]){1, 2, 3}), -ENOSYS);
    EXPECT_EQ(CALL(init, read, 0, CALLS_DATA, 10), CALL_BLOCKED);
    trace_exit(1, 9);
    EXPECT_STREQ(last_events(), "the last 7 events:\n"
                                "[    0.000000000] 1 runs\n"
                                "[    0.000000000] 1 fault: write 0x1234: resolved\n"
                                "[    0.000000000] 1 fault: write 0x1234: not resolved\n"
                                "[    0.000001000] 1 munmap(0x1, 0x2, 0x0) = -22\n"
                                "[    0.000002000] 1 call(0x1, 0x2, 0x3) = -38\n"
                                "[    0.000003000] 1 read(0x0, 0x20000000, 0xa) blocks\n"
                                "[    0.000003000] 1 ends, status 0x9\n");
    fixture_end();
}

TEST(trace_ring_keeps_the_last_events)
{
    begin();
    EXPECT(trace_init(NULL, false));
    for (int tid = 1; tid <= TRACE_RING_EVENTS + 3; tid++) {
        trace_switch(tid, "x");
    }
    const char *rest;
    const char *output = last_events();
    EXPECT(str_starts(output, "the last 256 events:\n[    0.000000000] 4 runs\n", &rest));
    EXPECT(str_starts(output + str_len(output) - 9, "259 runs\n", NULL));
    EXPECT(trace_init(NULL, false));
    EXPECT_STREQ(last_events(), "the last 0 events:\n");
    fixture_end();
}
