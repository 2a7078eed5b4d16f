#include "dev/console.h"

#include "abi/errno.h"
#include "base/random.h"
#include "base/string.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "test.h"
#include "tests/core/fixture.h"

enum {
    LINE_MOST = 1023, /* characters before the end of a line */
    READ_MAX = 4096,
};

static struct process *init;
static struct process *job; /* in the foreground */

static void begin(void)
{
    fixture_begin(200);
    fixture_catch_output();
    init = fixture_process(NULL);
    job = NULL;
}

static void begin_with_job(void)
{
    begin();
    job = fixture_process(init);
    process_set_group(job, job->pid);
    console_set_foreground(job->pid);
}

static void set_mode(uint32_t off, uint32_t on)
{
    struct abi_termios termios;

    console_get_termios(&termios);
    termios.c_lflag = (termios.c_lflag & ~off) | on;
    console_set_termios(&termios, false);
}

/* As the read call does it: at most count bytes, "EAGAIN" or "EOF". */
static const char *read_some(uint64_t count)
{
    static char bytes[READ_MAX + 1];
    int64_t ready = console_ready(count);

    if (ready < 0) {
        EXPECT_EQ(ready, -EAGAIN);
        return "EAGAIN";
    }
    console_take(bytes, (uint64_t)ready);
    bytes[ready] = '\0';
    return ready == 0 ? "EOF" : bytes;
}

/* So many times the same. */
static void type_many(char c, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        fixture_type_bytes(&c, 1);
    }
}

static void expect_line(const char *typed, const char *echoed, const char *line)
{
    begin();
    fixture_type(typed);
    EXPECT_STREQ(fixture_output(), echoed);
    EXPECT_STREQ(read_some(READ_MAX), line);
    EXPECT_STREQ(read_some(READ_MAX), "EAGAIN");
    fixture_end();
}

/* ---- lines ---- */

TEST(console_line_is_echoed_and_then_read)
{
    expect_line("hello\n", "hello\n", "hello\n");
    expect_line("hello\r", "hello\n", "hello\n");
    expect_line("\n", "\n", "\n");
}

TEST(console_line_is_not_there_before_its_end)
{
    expect_line("hel", "hel", "EAGAIN");
}

TEST(console_control_characters_are_shown)
{
    expect_line("a\x01\x1b[A\n", "a^A^[[A\n", "a\x01\x1b[A\n");
    expect_line("a\tb\n", "a^Ib\n", "a\tb\n");
    expect_line("\xc3\xa9\n", "\xc3\xa9\n", "\xc3\xa9\n");
}

TEST(console_backspace)
{
    expect_line("ab\x7f\n", "ab\b \b\n", "a\n");
    expect_line("ab\b\n", "ab\b \b\n", "a\n");
    expect_line("ab\b\b\bc\n", "ab\b \b\b \bc\n", "c\n");
    expect_line("\x01\x7f\n", "^A\b \b\b \b\n", "\n");
}

TEST(console_kill_line)
{
    expect_line("abc\x15x\n", "abc\b \b\b \b\b \bx\n", "x\n");
    expect_line("\x15x\n", "x\n", "x\n");
}

TEST(console_erase_word)
{
    expect_line("ab cd\x17\n", "ab cd\b \b\b \b\n", "ab \n");
    expect_line("ab cd  \x17x\n", "ab cd  \b \b\b \b\b \b\b \bx\n", "ab x\n");
    expect_line("ab\x17\x17x\n", "ab\b \b\b \bx\n", "x\n");
    expect_line("  \x17x\n", "  \b \b\b \bx\n", "x\n");
}

TEST(console_several_lines_are_read_one_at_a_time)
{
    begin();
    fixture_type("one\ntwo\nthr");
    EXPECT_STREQ(read_some(READ_MAX), "one\n");
    EXPECT_STREQ(read_some(READ_MAX), "two\n");
    EXPECT_STREQ(read_some(READ_MAX), "EAGAIN");
    fixture_type("ee\n");
    EXPECT_STREQ(read_some(READ_MAX), "three\n");
    fixture_end();
}

TEST(console_line_is_read_in_parts)
{
    begin();
    fixture_type("abcdef\nx\n");
    EXPECT_STREQ(read_some(2), "ab");
    EXPECT_STREQ(read_some(4), "cdef");
    EXPECT_STREQ(read_some(4), "\n");
    EXPECT_STREQ(read_some(1), "x");
    EXPECT_STREQ(read_some(1), "\n");
    EXPECT_STREQ(read_some(1), "EAGAIN");
    fixture_end();
}

TEST(console_longest_line)
{
    begin();
    type_many('x', LINE_MOST);
    (void)fixture_output();
    fixture_type("yy");
    EXPECT_STREQ(fixture_output(), "\a\a");
    fixture_type("\x7fz\n");
    const char *line = read_some(READ_MAX);
    EXPECT_EQ(str_len(line), LINE_MOST + 1);
    EXPECT_STREQ(line + LINE_MOST - 2, "xz\n");
    fixture_end();
}

/* ---- the end ---- */

TEST(console_ctrl_d_on_an_empty_line_ends_once)
{
    begin();
    fixture_type("\x04");
    EXPECT_STREQ(fixture_output(), "");
    EXPECT_STREQ(read_some(READ_MAX), "EOF");
    EXPECT_STREQ(read_some(READ_MAX), "EAGAIN");
    fixture_type("a\n\x04\x04");
    EXPECT_STREQ(read_some(READ_MAX), "a\n");
    EXPECT_STREQ(read_some(READ_MAX), "EOF");
    EXPECT_STREQ(read_some(READ_MAX), "EOF");
    EXPECT_STREQ(read_some(READ_MAX), "EAGAIN");
    fixture_end();
}

TEST(console_ctrl_d_hands_over_what_is_typed)
{
    begin();
    fixture_type("ab\x04");
    EXPECT_STREQ(read_some(READ_MAX), "ab");
    EXPECT_STREQ(read_some(READ_MAX), "EAGAIN");
    fixture_type("cd\n");
    EXPECT_STREQ(read_some(READ_MAX), "cd\n");
    fixture_type("ab\x04"
                 "cd\n"); /* read late: still two */
    EXPECT_STREQ(read_some(1), "a");
    EXPECT_STREQ(read_some(READ_MAX), "b");
    EXPECT_STREQ(read_some(READ_MAX), "cd\n");
    fixture_type("ab\x04\x04");
    EXPECT_STREQ(read_some(READ_MAX), "ab");
    EXPECT_STREQ(read_some(READ_MAX), "EOF");
    fixture_end();
}

TEST(console_end_of_input_is_for_ever)
{
    begin();
    fixture_type("last");
    fixture_end_input();
    EXPECT_STREQ(read_some(READ_MAX), "last");
    EXPECT_STREQ(read_some(READ_MAX), "EOF");
    EXPECT_STREQ(read_some(READ_MAX), "EOF");
    (void)console_poll(false);
    EXPECT_STREQ(read_some(READ_MAX), "EOF");
    fixture_end();
}

/* ---- waiting ---- */

TEST(console_wakes_readers)
{
    static const char *const wakes[] = {"\n", "\x04", "x\x04"};

    for (unsigned i = 0; i < ARRAY_LEN(wakes); i++) {
        begin();
        struct thread *thread = fixture_run(init);
        (void)!sched_block(thread, WAIT_CONSOLE, 0, console_waitq(), PLAT_NEVER);
        fixture_type("y");
        EXPECT_EQ(thread->state, THREAD_BLOCKED);
        fixture_type(wakes[i]);
        EXPECT_EQ(thread->state, THREAD_READY);
        fixture_end();
    }
}

TEST(console_raw_byte_wakes_readers)
{
    begin();
    set_mode(ICANON, 0);
    struct thread *thread = fixture_run(init);
    (void)!sched_block(thread, WAIT_CONSOLE, 0, console_waitq(), PLAT_NEVER);
    fixture_type("x");
    EXPECT_EQ(thread->state, THREAD_READY);
    fixture_end();
}

TEST(console_end_of_input_wakes_readers)
{
    begin();
    struct thread *thread = fixture_run(init);
    (void)!sched_block(thread, WAIT_CONSOLE, 0, console_waitq(), PLAT_NEVER);
    fixture_end_input();
    EXPECT_EQ(thread->state, THREAD_READY);
    fixture_end();
}

/* ---- more than fits ---- */

TEST(console_ring_goes_round)
{
    begin();
    for (unsigned i = 0; i < 3000; i++) {
        fixture_type("ab\ncd\n");
        EXPECT_STREQ(read_some(READ_MAX), "ab\n");
        EXPECT_STREQ(read_some(READ_MAX), "cd\n");
    }
    fixture_end();
}

/* What does not fit any more waits in the platform, so that nothing is lost of what is piped in. */
TEST(console_input_that_nobody_reads_waits)
{
    char line[72] = {[70] = '\n'};

    begin();
    memset(line, 'x', 70);
    for (unsigned i = 0; i < 60; i++) {
        line[0] = (char)('0' + i);
        fixture_type(line);
    }
    EXPECT(console_poll(false)); /* there is more */
    for (unsigned i = 0; i < 60; i++) {
        line[0] = (char)('0' + i);
        EXPECT_STREQ(read_some(READ_MAX), line);
        (void)console_poll(false);
    }
    EXPECT_STREQ(read_some(READ_MAX), "EAGAIN");
    EXPECT(!console_poll(false));
    fixture_end();
}

TEST(console_polled_for_one_line_takes_one)
{
    begin();
    fixture_arrive("one\n\x04two", 8);
    EXPECT(console_poll(true));
    EXPECT(console_poll(true));
    EXPECT_STREQ(read_some(READ_MAX), "one\n");
    EXPECT_STREQ(read_some(READ_MAX), "EAGAIN");
    EXPECT(console_poll(true));
    EXPECT_STREQ(read_some(READ_MAX), "EOF");
    EXPECT(!console_poll(true)); /* the machine has no more */
    EXPECT_STREQ(read_some(READ_MAX), "EAGAIN");
    fixture_arrive("\n", 1);
    EXPECT(console_poll(true));
    EXPECT_STREQ(read_some(READ_MAX), "two\n");
    fixture_end();
}

TEST(console_polled_behind_the_end_of_input)
{
    begin();
    fixture_end_input();
    EXPECT(!console_poll(false));
    EXPECT(!console_poll(true));
    fixture_end();
}

/* ---- Ctrl-C ---- */

TEST(console_ctrl_c_ends_the_foreground_group)
{
    begin_with_job();
    struct process *second = fixture_process(init);
    process_set_group(second, job->pid);
    struct process *other = fixture_process(init);
    fixture_type("abc\x03");
    EXPECT_STREQ(fixture_output(), "abc^C\n");
    EXPECT_EQ(job->signals.fatal, SIGINT);
    EXPECT_EQ(second->signals.fatal, SIGINT);
    EXPECT_EQ(other->signals.fatal, 0);
    fixture_type("x\n");
    EXPECT_STREQ(read_some(READ_MAX), "x\n"); /* abc is gone */
    fixture_end();
}

/* Ctrl-\ and Ctrl-Z: who has a core to dump, or is to stop, looks at it when it goes on. */
static void expect_signal_of(const char *key, const char *shown, int signal)
{
    begin_with_job();
    fixture_type("abc");
    fixture_type(key);
    fixture_type("x\n");
    EXPECT_STREQ(fixture_output(), shown);
    EXPECT_EQ(job->signals.pending.set, UINT64_C(1) << (signal - 1));
    EXPECT_EQ(init->signals.pending.set, 0);
    EXPECT_STREQ(read_some(READ_MAX), "x\n");
    fixture_end();
}

TEST(console_ctrl_backslash_quits_the_foreground_group)
{
    expect_signal_of("\x1c", "abc^\\\nx\n", SIGQUIT);
}

TEST(console_ctrl_z_stops_the_foreground_group)
{
    expect_signal_of("\x1a", "abc^Z\nx\n", SIGTSTP);
}

/* What was typed ahead was meant for the program that ends. */
TEST(console_ctrl_c_drops_what_nobody_has_read)
{
    begin_with_job();
    fixture_type("one\ntwo\x04\x04thr\x03x\n");
    EXPECT_STREQ(read_some(READ_MAX), "x\n");
    EXPECT_STREQ(read_some(READ_MAX), "EAGAIN");
    fixture_end();
}

TEST(console_ctrl_c_without_a_foreground_group)
{
    begin();
    console_write("# ", 2);
    (void)fixture_output();
    fixture_type("abc\x03x\n");
    EXPECT_STREQ(fixture_output(), "abc^C\n# x\n");
    EXPECT_STREQ(read_some(READ_MAX), "x\n");
    fixture_end();
}

TEST(console_ctrl_c_never_ends_init_or_its_group)
{
    begin();
    struct process *shell = fixture_process(init);
    console_set_foreground(init->group);
    fixture_type("\x03");
    EXPECT_EQ(init->signals.fatal, 0);
    EXPECT_EQ(shell->signals.fatal, 0);
    fixture_end();
}

TEST(console_ctrl_c_when_the_group_is_gone)
{
    begin_with_job();
    process_exit(job, 0);
    fixture_type("\x03");
    process_reap(job, true);
    EXPECT(console_foreground() != NULL);
    EXPECT(console_foreground() == pid_find(2)); /* the number is not reused while it is held */
    fixture_type("\x03");
    EXPECT_STREQ(fixture_output(), "^C\n^C\n");
    fixture_end();
}

TEST(console_foreground_takes_a_reference)
{
    begin_with_job();
    struct pid *group = job->pid;
    unsigned refs = group->refs;
    console_set_foreground(group);
    EXPECT_EQ(group->refs, refs);
    console_set_foreground(NULL);
    EXPECT_EQ(group->refs, refs - 1);
    EXPECT(console_foreground() == NULL);
    console_set_foreground(NULL);
    fixture_end();
}

/* ---- Ctrl-T ---- */

TEST(console_ctrl_t_says_what_runs)
{
    begin();
    process_set_name(init, "init");
    console_write("line\n# ", 7);
    fixture_type("ab");
    (void)fixture_output();
    fixture_type("\x14");
    const char *output = fixture_output();
    const char *rest;
    EXPECT(str_starts(
        output, "^T\n  PID PPID  PGRP  NAME            STATE\n    1     0     1  init ", &rest));
    EXPECT(str_starts(output + str_len(output) - 5, "\n# ab", NULL));
    fixture_type("c\n");
    EXPECT_STREQ(read_some(READ_MAX), "abc\n");
    fixture_end();
}

TEST(console_prompt_that_is_very_long)
{
    begin();
    for (unsigned i = 0; i < 100; i++) {
        console_write("0123456789", 10);
    }
    (void)fixture_output();
    fixture_type("\x14\n");
    EXPECT(str_len(fixture_output()) < 500);
    fixture_end();
}

/* ---- modes ---- */

TEST(console_raw_bytes_are_there_at_once)
{
    begin();
    set_mode(ICANON | ECHO | ISIG, 0);
    fixture_type("a\x7f\x15\x17\x04\x14\x03\n");
    EXPECT_STREQ(fixture_output(), "");
    EXPECT_STREQ(read_some(READ_MAX), "a\x7f\x15\x17\x04\x14\x03\n");
    EXPECT_STREQ(read_some(READ_MAX), "EAGAIN");
    fixture_end();
}

TEST(console_raw_with_echo)
{
    begin();
    set_mode(ICANON, 0);
    fixture_type("a\nb");
    EXPECT_STREQ(fixture_output(), "a\nb");
    EXPECT_STREQ(read_some(READ_MAX), "a\nb"); /* more than a line */
    fixture_end();
}

TEST(console_raw_with_signals)
{
    begin_with_job();
    set_mode(ICANON, 0);
    fixture_type("ab\x03");
    EXPECT_EQ(job->signals.fatal, SIGINT);
    EXPECT_STREQ(read_some(READ_MAX), "EAGAIN");
    fixture_end();
}

TEST(console_canonical_without_signals)
{
    begin_with_job();
    set_mode(ISIG, 0);
    fixture_type("a\x03\x1a\x1c\n");
    EXPECT_EQ(job->signals.fatal, 0);
    EXPECT_STREQ(read_some(READ_MAX), "a\x03\x1a\x1c\n");
    fixture_end();
}

TEST(console_without_echo)
{
    begin();
    set_mode(ECHO, 0);
    fixture_type("secre\x7ft\n");
    EXPECT_STREQ(fixture_output(), "");
    EXPECT_STREQ(read_some(READ_MAX), "secrt\n");
    fixture_end();
}

TEST(console_carriage_return_as_it_is)
{
    struct abi_termios termios;

    begin();
    console_get_termios(&termios);
    termios.c_iflag &= ~(uint32_t)ICRNL;
    console_set_termios(&termios, false);
    fixture_type("a\rb\n");
    EXPECT_STREQ(read_some(READ_MAX), "a\rb\n");
    fixture_end();
}

TEST(console_typed_line_is_kept_when_raw_mode_begins)
{
    begin();
    fixture_type("abc");
    set_mode(ICANON, 0);
    EXPECT_STREQ(read_some(READ_MAX), "abc");
    set_mode(0, ICANON);
    EXPECT_STREQ(read_some(READ_MAX), "EAGAIN");
    fixture_end();
}

TEST(console_typed_line_goes_on_when_other_modes_change)
{
    begin();
    fixture_type("ab");
    set_mode(ECHO, 0);
    EXPECT_STREQ(read_some(READ_MAX), "EAGAIN");
    fixture_type("\x7fx\n");
    EXPECT_STREQ(read_some(READ_MAX), "ax\n");
    fixture_end();
}

TEST(console_init_forgets_what_was_before)
{
    begin_with_job();
    console_write("# ", 2);
    fixture_type("one\ntwo");
    fixture_end_input();
    EXPECT_STREQ(read_some(2), "on");
    console_init();
    EXPECT(console_foreground() == NULL);
    EXPECT_EQ(console_ready(1), -EAGAIN);
    (void)fixture_output();
    fixture_begin(200);
    init = fixture_process(NULL);
    fixture_type("\x03new\n");
    EXPECT_STREQ(fixture_output(), "^C\nnew\n");
    EXPECT_STREQ(read_some(READ_MAX), "new\n");
    fixture_end();
}

TEST(console_set_with_flush_drops_what_is_not_read)
{
    struct abi_termios termios;

    begin();
    fixture_type("one\ntwo");
    console_get_termios(&termios);
    console_set_termios(&termios, true);
    EXPECT_STREQ(read_some(READ_MAX), "EAGAIN");
    fixture_type("x\n");
    EXPECT_STREQ(read_some(READ_MAX), "x\n");
    fixture_end();
}

TEST(console_attributes_are_what_was_set)
{
    struct abi_termios set;
    struct abi_termios got;

    begin();
    memset(&set, 0x5a, sizeof(set));
    console_set_termios(&set, false);
    console_get_termios(&got);
    EXPECT_MEMEQ(&got, &set, sizeof(set));
    console_init();
    console_get_termios(&got);
    EXPECT_EQ(got.c_lflag, ISIG | ICANON | ECHO | ECHOE | ECHOK);
    EXPECT_EQ(got.c_iflag, ICRNL);
    fixture_end();
}

TEST(console_output_goes_out_as_it_is)
{
    begin();
    console_write("a\nb\tc\x01", 6);
    EXPECT_STREQ(fixture_output(), "a\nb\tc\x01");
    fixture_end();
}

/* Whatever is typed, in whatever mode: nothing breaks, and each line read ends as lines do. */
TEST(console_random_keys)
{
    static const char keys[] = "ab \t\n\r\b\x7f\x15\x17\x14\x04\x03\x01\xff";
    struct random random = {13};

    begin_with_job();
    for (unsigned step = 0; step < 20000; step++) {
        uint64_t what = random_next(&random) % 64;
        char key = keys[random_next(&random) % (sizeof(keys) - 1)];
        if (what == 0) {
            set_mode(ICANON | ECHO | ISIG,
                     (uint32_t)(random_next(&random) & (ICANON | ECHO | ISIG)));
        } else if (what < 8) {
            (void)read_some(random_next(&random) % 40);
        } else {
            fixture_type_bytes(&key, 1);
        }
        (void)fixture_output();
    }
    fixture_end();
}
