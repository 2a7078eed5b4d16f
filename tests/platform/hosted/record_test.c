/* Records: what is written is read, and a file that is not one, or not whole, is told. */
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hash.h"
#include "rig.h"

enum { FILE_MAX = 1 << 16 };

static char path[] = "/tmp/eft-record-XXXXXX";
static uint8_t file[FILE_MAX];

static const struct record_machine plain = {
    .ram_size = RIG_RAM,
    .tlb = VTLB_NATURAL,
    .asid_bits = 7,
    .has_real_time = true,
    .words = "det=1 b",
    .program = "-- /bin/x \"y z\"",
    .initrd = "the initramfs",
    .initrd_size = 13,
};

static void make_path(void)
{
    int fd = mkstemp(path);

    EXPECT(fd >= 0);
    close(fd);
}

static size_t read_back(void)
{
    FILE *from = fopen(path, "rb");

    EXPECT(from);
    size_t size = fread(file, 1, sizeof(file), from);
    fclose(from);
    EXPECT(size < sizeof(file));
    return size;
}

static void write_file(const void *bytes, size_t size)
{
    FILE *to = fopen(path, "wb");

    EXPECT(to);
    EXPECT_EQ(fwrite(bytes, 1, size, to), size);
    fclose(to);
}

/* What record_open says of the file: "" if it is content. */
static const char *complaint_of(struct record_machine *machine)
{
    static char complaint[RECORD_COMPLAINT_MAX];

    return record_open(path, machine, complaint) ? "" : complaint;
}

static void expect_complaint(const char *text)
{
    struct record_machine machine;
    const char *complaint = complaint_of(&machine);

    if (!strstr(complaint, text)) {
        FAIL("\"%s\" does not say \"%s\"", complaint, text);
    }
}

TEST(the_machine_comes_back)
{
    struct record_machine machine;

    make_path();
    EXPECT_EQ(record_create(path, &plain), 0);
    record_close();
    EXPECT_STREQ(complaint_of(&machine), "");
    EXPECT_EQ(machine.ram_size, plain.ram_size);
    EXPECT_EQ(machine.tlb, plain.tlb);
    EXPECT_EQ(machine.asid_bits, plain.asid_bits);
    EXPECT_EQ(machine.has_real_time, plain.has_real_time);
    EXPECT_STREQ(machine.words, plain.words);
    EXPECT_STREQ(machine.program, plain.program);
    EXPECT_EQ(machine.initrd_size, plain.initrd_size);
    EXPECT_MEMEQ(machine.initrd, plain.initrd, plain.initrd_size);
    unlink(path);
}

static void choose_all(uint32_t *answers)
{
    static const uint32_t bounds[] = {2, 3, 256, 257, 65536, 65537, UINT32_MAX, 1};

    for (unsigned i = 0; i < 5000; i++) {
        answers[i] = choice_next(CHOOSE_EVICT, bounds[i % 8]);
        answers[i] += choice_outside(CHOOSE_CONSOLE, 256, i % 256);
    }
}

TEST(choices_come_back)
{
    static uint32_t recorded[5000], replayed[5000];
    struct record_machine machine;

    make_path();
    choice_init();
    choice_use_seed(7);
    EXPECT_EQ(record_create(path, &plain), 0);
    choose_all(recorded);
    record_close();
    EXPECT_STREQ(complaint_of(&machine), "");
    choice_use_record();
    EXPECT(!choice_is_live());
    EXPECT(choice_has_more());
    choose_all(replayed);
    EXPECT_MEMEQ(recorded, replayed, sizeof(recorded));
    unlink(path);
}

/* A run of some traps and choices, on a machine with that stack pointer. */
static void run(uint64_t sp)
{
    for (unsigned i = 0; i < 10; i++) {
        const struct plat_user user = {.sp = sp, .pc = 0x1000 + i};
        const struct plat_trap trap = {.kind = PLAT_TRAP_SYSCALL};

        choice_next(PLAT_CHOOSE_THREAD, 2);
        hash_trap(&user, NULL, &trap);
        record_trap(user.pc);
    }
}

static void make_record(bool has_end)
{
    make_path();
    choice_init();
    hash_init();
    EXPECT_EQ(record_create(path, &plain), 0);
    run(0);
    if (has_end) {
        EXPECT_EQ(record_end(3), 3);
    }
    record_close();
}

static void begin_replay(void)
{
    struct record_machine machine;

    EXPECT_STREQ(complaint_of(&machine), "");
    choice_use_record();
    hash_init();
}

TEST(the_same_run_gives_its_status)
{
    make_record(true);
    begin_replay();
    run(0);
    EXPECT_EQ(record_end(3), 3);
    unlink(path);
}

TEST(another_status_is_another_run)
{
    make_record(true);
    begin_replay();
    run(0);
    EXPECT_EQ(record_end(4), 1);
    unlink(path);
}

/* Runs body in a process of its own; gives its status, and what it printed on stderr. */
static int status_of(void (*body)(void), char *said, size_t size)
{
    int ends[2];
    int status;
    size_t len = 0;

    EXPECT_EQ(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        body();
        _exit(99);
    }
    close(ends[1]);
    ssize_t count;
    while ((count = read(ends[0], said + len, size - 1 - len)) > 0) {
        len += (size_t)count;
    }
    said[len] = '\0';
    close(ends[0]);
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void expect_end(void (*body)(void), int status, const char *text)
{
    char said[2048];

    EXPECT_EQ(status_of(body, said, sizeof(said)), status);
    if (!strstr(said, text)) {
        FAIL("\"%s\" does not say \"%s\"", said, text);
    }
    unlink(path);
}

static void replay_other_registers(void)
{
    begin_replay();
    for (unsigned i = 0; i < 3; i++) {
        const struct plat_user user = {.sp = i == 2 ? 8 : 0, .pc = 0x1000 + i};
        const struct plat_trap trap = {.kind = PLAT_TRAP_SYSCALL};

        choice_next(PLAT_CHOOSE_THREAD, 2);
        hash_trap(&user, NULL, &trap);
        record_trap(user.pc);
    }
    exit(record_end(3));
}

TEST(other_registers_are_told_at_their_trap)
{
    make_record(true);
    expect_end(replay_other_registers, 1, "differs from trap 3 on: other registers, at pc 0x1002");
}

static void replay_other_choice(void)
{
    begin_replay();
    run(0);
    choice_next(PLAT_CHOOSE_FAIL, 2);
}

TEST(more_choices_than_were_made)
{
    make_record(true);
    expect_end(replay_other_choice, 1, "differs from trap 10 on: it needs more choices");
}

TEST(a_run_that_was_killed_is_replayed_so_far)
{
    make_record(false);
    expect_end(replay_other_choice, 0, "ends here, after 10 traps, and all was the same");
}

static void replay_other_kind(void)
{
    begin_replay();
    choice_next(PLAT_CHOOSE_FAIL, 2);
    exit(record_end(3));
}

TEST(another_kind_of_choice)
{
    make_record(true);
    expect_end(replay_other_kind, 1, "differs from trap 0 on: it asks for a choice of kind 1");
}

static void replay_more_traps(void)
{
    begin_replay();
    run(0);
    const struct plat_user user = {.pc = 0x2000};
    const struct plat_trap trap = {.kind = PLAT_TRAP_SYSCALL};
    hash_trap(&user, NULL, &trap);
    record_trap(user.pc);
    exit(record_end(3));
}

TEST(more_traps_than_there_were)
{
    make_record(true);
    expect_end(replay_more_traps, 1, "differs from trap 11 on: it goes on, at pc 0x2000");
}

static void replay_to_an_end(void)
{
    begin_replay();
    run(0);
    exit(record_end(0));
}

TEST(an_end_that_there_was_not)
{
    make_record(false);
    expect_end(replay_to_an_end, 1, "differs from trap 10 on: it switches off");
}

TEST(foreign_files)
{
    make_path();
    expect_complaint("is not a record");
    write_file("#!/bin/sh\nexit 0\n", 17);
    expect_complaint("is not a record");
    unlink(path);
    expect_complaint("No such file");
}

/* A prefix of a record is cut off, or a shorter run; a changed byte is always found. */
TEST(every_prefix)
{
    struct record_machine machine;

    make_record(true);
    size_t size = read_back();
    for (size_t len = 0; len < size; len++) {
        test_note("the first %lu bytes", len);
        write_file(file, len);
        const char *complaint = complaint_of(&machine);
        EXPECT(!*complaint || strstr(complaint, "cut off") || strstr(complaint, "not a record"));
    }
    unlink(path);
}

TEST(every_byte_damaged)
{
    make_record(true);
    size_t size = read_back();
    for (size_t at = 0; at < size; at++) {
        test_note("byte %lu of %lu", at, size);
        file[at] ^= 0x10;
        write_file(file, size);
        expect_complaint(at < 13 ? "is not a record" : "is damaged, at byte");
        file[at] ^= 0x10;
    }
    unlink(path);
}

TEST(a_full_disk_ends_the_record_not_the_run)
{
    if (access("/dev/full", W_OK) != 0) {
        test_skip("there is no /dev/full here");
    }
    choice_init();
    hash_init();
    EXPECT_EQ(record_create("/dev/full", &plain), 0);
    run(0);
    EXPECT_EQ(record_end(5), 5);
}

TEST(files_that_cannot_be_had)
{
    EXPECT_EQ(record_create("/nowhere/at/all", &plain), ENOENT);
    EXPECT_EQ(record_create("/", &plain), EISDIR);
}

TEST(nothing_is_recorded_by_default)
{
    record_choice(1, 1);
    record_flush();
    EXPECT_EQ(record_end(7), 7);
}
