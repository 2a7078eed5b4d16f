/* How the kernel starts, what it says when it cannot, and its steps. */
#include "kernel.h"

#include "base/inject.h"
#include "base/string.h"
#include "fs/ramfs.h"
#include "mm/frame.h"
#include "platform/hosted/choice.h"
#include "platform/hosted/machine.h"
#include "platform/hosted/ram.h"
#include "platform/hosted/script.h"
#include "platform/hosted/vclock.h"
#include "proc/process.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/cpio_builder.h"
#include "tests/core/elf_builder.h"
#include "tests/core/fixture.h"

enum {
    MIB = 1 << 20,
    OFF_FAILED = 1,
    PROGRAM = 0, /* of the script engine */
};

static struct cpio_archive archive;
static struct elf_file program;

/* An initramfs with an init that is a script. */
static void make_archive(void)
{
    elf_make_program(&program, ELF_FIXED);
    elf_header_of(&program)->entry = SCRIPT_PC(PROGRAM, 0);
    archive.len = 0;
    cpio_add(&archive, "init", 0100755, program.bytes, program.len);
    cpio_add(&archive, "text", 0100755, "no program", 10);
    cpio_add(&archive, "data", 0100644, program.bytes, program.len);
    cpio_add(&archive, "TRAILER!!!", 0, "", 0);
}

static const char *boot(const char *cmdline, uint64_t ram_size)
{
    const struct machine_config config = {
        .ram_size = ram_size,
        .initrd = archive.len ? archive.bytes : NULL,
        .initrd_size = archive.len,
        .cmdline = cmdline,
        .tlb = VTLB_ADVERSARIAL,
        .asid_bits = 16,
    };

    fixture_catch_output();
    EXPECT(machine_start(&config) == NULL);
    return fixture_output();
}

static void attach(const struct script_op *ops, unsigned count)
{
    script_reset();
    script_attach(PROGRAM, ops, count);
}

/* The kernel says that, and the machine ends with status 1. */
static void expect_refused(const char *cmdline, const char *words)
{
    test_note("%s", cmdline);
    EXPECT_STREQ(boot(cmdline, 4 * MIB), words);
    EXPECT_EQ(kernel_step(), KERNEL_OFF);
    EXPECT_EQ(machine_run(), OFF_FAILED);
}

/* ---- boots that fail ---- */

TEST(kernel_words_that_make_no_sense)
{
    make_archive();
    expect_refused("det=x", "eft: det=x: not a number\n");
    expect_refused("det=1 frames=", "eft: frames=: not a number\n");
    expect_refused("plant=x-1", "eft: plant=x-1: no such bug\n");
    expect_refused("hwcap=sve", "eft: hwcap=sve: there is nothing to announce but atomics\n");
    expect_refused("reuse=never", "eft: reuse=never: no such order; there are fifo and lifo\n");
    expect_refused("trace=/no/such/folder/x",
                   "eft: trace=/no/such/folder/x: cannot write to that file\n");
}

TEST(kernel_command_line_too_long)
{
    static char text[3000];

    make_archive();
    memset(text, 'x', sizeof(text) - 1);
    expect_refused(text, "eft: the command line has more than 2047 bytes or 64 words\n");
}

TEST(kernel_command_line_with_an_open_quote)
{
    make_archive();
    expect_refused("det=1 -- \"/bin/sh -c",
                   "eft: the command line has a quote that is not closed\n");
}

/* An archive writes the bytes of a file with its last name. */
TEST(kernel_initramfs_with_hard_links)
{
    const struct ramfs_node *node = NULL;

    make_archive();
    for (unsigned i = 0; i < 3; i++) {
        static const char *const names[] = {"first", "second", "third"};
        uint8_t *header = archive.bytes + archive.len;
        cpio_add(&archive, names[i], 0100644, "bytes", i == 2 ? 5 : 0);
        cpio_put_number(header + CPIO_LINKS, 3);
        cpio_put_number(header + CPIO_INODE, 4711);
    }
    uint8_t *header = archive.bytes + archive.len;
    cpio_add(&archive, "dev/nothing", 0020666, "", 0);
    cpio_put_number(header + CPIO_DEVICE_MAJOR, 1);
    cpio_put_number(header + CPIO_DEVICE_MINOR, 3);
    cpio_add(&archive, "TRAILER!!!", 0, "", 0);
    boot("", 4 * MIB);
    EXPECT_EQ(ramfs_find("/first", &node), 0);
    EXPECT_EQ(node->size, 5);
    EXPECT_MEMEQ(node->bytes, "bytes", 5);
    EXPECT_EQ(node->links, 3);
    EXPECT_EQ(ramfs_find("/dev/nothing", &node), 0);
    EXPECT_EQ(node->device, 1 << 8 | 3);
}

TEST(kernel_without_an_initramfs)
{
    archive.len = 0;
    const char *output = boot("", 4 * MIB);
    EXPECT(str_starts(output, "eft: no initramfs: ", NULL));
    EXPECT_EQ(machine_run(), OFF_FAILED);
}

TEST(kernel_with_an_initramfs_that_is_none)
{
    make_archive();
    archive.bytes[3] = 'x';
    expect_refused("",
                   "eft: initramfs: at byte 0: no cpio header of format newc where one must be\n");
    make_archive();
    archive.len -= 8;
    EXPECT(str_starts(boot("", 4 * MIB), "eft: initramfs: at byte ", NULL));
    EXPECT_EQ(machine_run(), OFF_FAILED);
}

TEST(kernel_with_names_that_cannot_be)
{
    make_archive();
    archive.len = 0;
    cpio_add(&archive, "../x", 0100755, "", 0);
    expect_refused("", "eft: initramfs: ../x: not a name that a file can have here\n");
}

TEST(kernel_init_that_cannot_be_started)
{
    make_archive();
    expect_refused("init=/none", "eft: cannot start /none: no such file in the initramfs\n");
    expect_refused("init=/init/x", "eft: cannot start /init/x: no such file in the initramfs\n");
    expect_refused("init=/data", "eft: cannot start /data: not an executable file\n");
    expect_refused("init=/", "eft: cannot start /: not an executable file\n");
    expect_refused("init=/text", "eft: cannot start /text: not a static AArch64 program\n");
}

TEST(kernel_with_too_few_frames)
{
    make_archive();
    expect_refused("frames=0", "eft: no memory left for the initramfs\n");
    expect_refused("frames=1", "eft: cannot start /init: too little memory\n");
    expect_refused("frames=8", "eft: cannot start /init: too little memory\n");
}

TEST(kernel_with_too_little_ram)
{
    const struct plat_boot tiny = {
        .ram = {.base = RAM_BASE, .size = PAGE_SIZE},
        .cmdline = "",
        .asid_bits = 16,
    };

    make_archive();
    (void)boot("", 4 * MIB);
    kernel_boot(&tiny);
    EXPECT_STREQ(fixture_output(), "eft: 4 KiB of RAM are too little\n");
    EXPECT_EQ(machine_run(), OFF_FAILED);
}

TEST(kernel_initramfs_of_more_files_than_memory)
{
    static char names[400][8];

    archive.len = 0;
    for (unsigned i = 0; i < 400; i++) {
        const char name[] = {'f', (char)('a' + i % 26), (char)('a' + i / 26), '\0'};
        memcpy(names[i], name, sizeof(name));
        cpio_add(&archive, names[i], 0100644, "", 0);
    }
    const char *output = boot("frames=2", 4 * MIB);
    EXPECT(str_starts(output, "eft: initramfs: f", NULL));
    EXPECT(str_starts(output + str_len(output) - 17, ": no memory left\n", NULL));
    EXPECT_EQ(machine_run(), OFF_FAILED);
}

/* Every allocation of the start fails in turn: one line, and no panic. */
static uint64_t failing;

static uint32_t fail_one(unsigned kind, uint32_t bound, uint32_t answer)
{
    (void)bound;
    return kind == PLAT_CHOOSE_FAIL ? --failing == 0 : answer;
}

TEST(kernel_boot_without_memory)
{
    make_archive();
    choice_hook = fail_one;
    for (uint64_t n = 1;; n++) {
        test_note("allocation %lu", n);
        failing = n;
        const char *output = boot("", 4 * MIB);
        if (failing > 0 && failing <= n) {
            EXPECT_STREQ(output, "");
            break;
        }
        EXPECT(str_starts(output, "eft: ", NULL));
        EXPECT_EQ(machine_run(), OFF_FAILED);
    }
    choice_hook = NULL;
}

/* ---- boots that succeed ---- */

TEST(kernel_unknown_words_are_said_and_ignored)
{
    make_archive();
    EXPECT_STREQ(boot("det=1 foo=1 bar", 4 * MIB),
                 "eft: unknown word on the command line, ignored: foo=1\n");
    kernel_check();
    EXPECT(process_first() != NULL);
}

TEST(kernel_init_gets_its_name_and_arguments)
{
    const struct plat_user *user;
    char text[16];

    make_archive();
    EXPECT_STREQ(boot("init=/init -- one \"two three\"", 4 * MIB), "");
    user = &fixture_run(process_first())->user;
    uint64_t words[4];
    calls_get(user->sp, words, sizeof(words));
    EXPECT_EQ(words[0], 3);
    calls_get(words[1], text, 6);
    EXPECT_STREQ(text, "/init");
    calls_get(words[3], text, 10);
    EXPECT_STREQ(text, "two three");
}

TEST(kernel_status_of_init_is_the_machines)
{
    static const struct script_op ops[] = {{SCRIPT_CALL, .nr = NR_exit, .args = {N(42)}}};

    make_archive();
    attach(ops, 1);
    EXPECT_STREQ(boot("", 4 * MIB), "");
    EXPECT_EQ(machine_run(), 42);
    EXPECT_EQ(kernel_step(), KERNEL_OFF);
}

TEST(kernel_init_that_crashes)
{
    static const struct script_op ops[] = {{SCRIPT_LOAD, .args = {N(16)}}};

    make_archive();
    attach(ops, 1);
    EXPECT_STREQ(boot("", 4 * MIB), "");
    EXPECT_EQ(machine_run(), 128 + 11);
    EXPECT_STREQ(fixture_output(), "eft: init was ended by signal 11\n");
}

TEST(kernel_boots_again_and_again)
{
    static const struct script_op ops[] = {
        {SCRIPT_CALL, .nr = NR_clone, .args = {N(17)}},
        {SCRIPT_CALL, .nr = NR_exit, .args = {X(0)}},
    };

    make_archive();
    attach(ops, 2);
    for (unsigned i = 0; i < 5; i++) {
        EXPECT_STREQ(boot("det=1", 4 * MIB), "");
        EXPECT_EQ(machine_run(), 2); /* the PID of its child, each time */
    }
}

TEST(kernel_with_most_of_the_frames_left_out)
{
    static const struct script_op ops[] = {{SCRIPT_CALL, .nr = NR_exit, .args = {N(0)}}};

    make_archive();
    attach(ops, 1);
    EXPECT_STREQ(boot("frames=40", 4 * MIB), "");
    EXPECT_EQ(frame_total_count(), 40);
    EXPECT_EQ(machine_run(), 0);
}

/* ---- steps ---- */

static const struct script_op sleeper[] = {
    {SCRIPT_MOVE, .to = 1, .args = {X(31), N((uint64_t)-16)}},
    {SCRIPT_STORE, .args = {X(1), N(1)}},
    {SCRIPT_MOVE, .to = 2, .args = {X(31), N((uint64_t)-8)}},
    {SCRIPT_STORE, .args = {X(2), N(0)}},
    {SCRIPT_CALL, .nr = NR_nanosleep, .args = {X(1), N(0)}},
    {SCRIPT_CALL, .nr = NR_exit, .args = {N(3)}},
};

/* Steps to the end, with all checks between them; gives how many were idle. */
static unsigned run_checked(void)
{
    unsigned idles = 0;

    for (enum kernel_state state = KERNEL_RAN; state != KERNEL_OFF; state = kernel_step()) {
        idles += state == KERNEL_IDLE;
        kernel_check();
    }
    return idles;
}

TEST(kernel_step_idles_while_nothing_is_ready)
{
    static const char *const cmdlines[] = {"det=1", ""};

    for (unsigned i = 0; i < ARRAY_LEN(cmdlines); i++) {
        make_archive();
        attach(sleeper, ARRAY_LEN(sleeper));
        EXPECT_STREQ(boot(cmdlines[i], 4 * MIB), "");
        EXPECT(run_checked() >= 1);
        EXPECT_EQ(machine_run(), 3);
    }
}

/* A line end arrives as soon as init waits for it. */
static uint32_t type_one(unsigned kind, uint32_t bound, uint32_t answer)
{
    static unsigned given;

    (void)bound;
    if (kind != CHOOSE_CONSOLE || given == 2 || process_first()->thread->state != THREAD_BLOCKED) {
        return answer;
    }
    return given++ == 0 ? 1 : '\n';
}

TEST(kernel_console_wakes_who_reads)
{
    static const struct script_op ops[] = {
        {SCRIPT_MOVE, .to = 1, .args = {X(31), N((uint64_t)-16)}},
        {SCRIPT_CALL, .nr = NR_read, .args = {N(0), X(1), N(10)}},
        {SCRIPT_CALL, .nr = NR_exit, .args = {X(0)}},
    };

    make_archive();
    attach(ops, ARRAY_LEN(ops));
    EXPECT_STREQ(boot("", 4 * MIB), "");
    choice_hook = type_one;
    EXPECT_EQ(machine_run(), 1);
    choice_hook = NULL;
}

/* FP state is switched only when another thread uses the registers. */
TEST(kernel_fp_registers_are_each_threads_own)
{
    static const struct script_op ops[] = {
        {SCRIPT_FP_STORE, .args = {N(11)}},
        {SCRIPT_CALL, .nr = NR_clone, .args = {N(17)}},
        {SCRIPT_JUMP_UNLESS, .to = 6, .args = {X(0), N(0)}},
        {SCRIPT_FP_STORE, .args = {N(22)}}, /* the child */
        {SCRIPT_CALL, .nr = NR_sched_yield},
        {SCRIPT_JUMP, .to = 10},
        {SCRIPT_CALL, .nr = NR_sched_yield}, /* the parent */
        {SCRIPT_FP_LOAD, .to = 20},
        {SCRIPT_CALL, .nr = NR_wait4, .args = {N((uint64_t)-1), N(0), N(0), N(0)}},
        {SCRIPT_CALL, .nr = NR_exit, .args = {X(20)}},
        {SCRIPT_FP_LOAD, .to = 20},
        {SCRIPT_CALL, .nr = NR_exit, .args = {X(20)}},
    };

    make_archive();
    attach(ops, ARRAY_LEN(ops));
    EXPECT_STREQ(boot("det=1", 4 * MIB), "");
    EXPECT_EQ(machine_run(), 11);
}

/* Three seconds asleep are nobody's time: the CPU was idle. */
TEST(kernel_idle_time_is_not_charged)
{
    static const struct script_op ops[] = {
        {SCRIPT_MOVE, .to = 20, .args = {X(31), N((uint64_t)-512)}},
        {SCRIPT_STORE, .args = {X(20), N(3)}},
        {SCRIPT_CALL, .nr = NR_nanosleep, .args = {X(20), N(0)}},
        {SCRIPT_CALL, .nr = NR_getrusage, .args = {N(RUSAGE_SELF), X(20)}},
        {SCRIPT_LOAD, .to = 21, .args = {X(20)}},
        {SCRIPT_JUMP_UNLESS, .to = 8, .args = {X(21), N(0)}},
        {SCRIPT_MOVE, .to = 20, .args = {X(31), N((uint64_t)-496)}},
        {SCRIPT_LOAD, .to = 21, .args = {X(20)}},
        {SCRIPT_CALL, .nr = NR_exit, .args = {X(21)}},
    };

    make_archive();
    attach(ops, ARRAY_LEN(ops));
    EXPECT_STREQ(boot("det=1", 4 * MIB), "");
    EXPECT_EQ(machine_run(), 0);
}

TEST(kernel_killed_thread_ends_before_it_runs_again)
{
    static const struct script_op ops[] = {
        {SCRIPT_CALL, .nr = NR_clone, .args = {N(17)}},
        {SCRIPT_JUMP_UNLESS, .to = 3, .args = {X(0), N(0)}},
        {SCRIPT_JUMP, .to = 2}, /* the child, for ever */
        {SCRIPT_MOVE, .to = 19, .args = {X(0), N(0)}},
        {SCRIPT_CALL, .nr = NR_kill, .args = {X(19), N(9)}},
        {SCRIPT_MOVE, .to = 21, .args = {X(31), N((uint64_t)-16)}},
        {SCRIPT_CALL, .nr = NR_wait4, .args = {X(19), X(21), N(0), N(0)}},
        {SCRIPT_LOAD, .size = 4, .to = 22, .args = {X(21)}},
        {SCRIPT_CALL, .nr = NR_exit, .args = {X(22)}},
    };

    make_archive();
    attach(ops, ARRAY_LEN(ops));
    EXPECT_STREQ(boot("det=1", 4 * MIB), "");
    EXPECT_EQ(machine_run(), 9);
}

TEST(kernel_timer_ends_slices_without_det)
{
    static const struct script_op ops[] = {
        {SCRIPT_CALL, .nr = NR_clone, .args = {N(17)}},
        {SCRIPT_JUMP_IF, .to = 4, .args = {X(0), N(0)}},
        {.kind = SCRIPT_IRQ},
        {SCRIPT_JUMP, .to = 2}, /* the parent, for ever */
        {SCRIPT_CALL, .nr = NR_kill, .args = {N(1), N(0)}},
        {SCRIPT_CALL, .nr = NR_exit, .args = {N(0)}},
    };
    unsigned steps = 0;

    make_archive();
    attach(ops, ARRAY_LEN(ops));
    EXPECT_STREQ(boot("", 4 * MIB), "");
    while (list_is_empty(&process_first()->zombies)) {
        EXPECT_EQ(kernel_step(), KERNEL_RAN);
        EXPECT(steps++ < 100);
    }
}

TEST(kernel_dump_before_there_are_processes)
{
    make_archive();
    (void)boot("init=/none", 4 * MIB);
    kernel_dump();
    EXPECT_STREQ(fixture_output(), "");
    (void)boot("", 4 * MIB);
    kernel_dump();
    EXPECT(str_starts(fixture_output(), "  PID PPID", NULL));
}
