/*
 * The console on a terminal, a pipe and a file. The machine runs in a child; the test is at the
 * other end, and looks at what the terminal is left like, whatever way the child ends.
 */
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "report.h"
#include "rig.h"

enum { TEXT_MAX = 1 << 16, CTRL_A = 1 };

static int master = -1;
static char slave_name[64];
static pid_t child;
static char seen[TEXT_MAX]; /* what the child has written */
static size_t seen_len;

/* ---- the child ---- */

static void start_machine(void)
{
    const struct machine_config config = {
        .ram_size = RIG_RAM, .cmdline = "", .has_input = true, .has_real_time = true};

    choice_init();
    EXPECT_STREQ(machine_start(&config), NULL);
    plat_console_write("ready\n", 6);
}

/* Shows each byte that arrives, as a number, until 'q' or the end; others are orders. */
static void run_console(void)
{
    start_machine();
    for (;;) {
        char text[16];
        int byte = plat_console_read();

        switch (byte) {
        case PLAT_CONSOLE_NONE:
            plat_cpu_idle();
            break;
        case PLAT_CONSOLE_EOF:
            plat_console_write("eof\n", 4);
            EXPECT_EQ(plat_console_read(), PLAT_CONSOLE_EOF);
            exit(7);
        case 'q':
            exit(8);
        case 'a':
            abort();
        case 'r':
            report("some.name", REPORT_NO_FRAME, "as ordered");
        case 's':
            raise(SIGSEGV);
            break;
        case 'p':
            *(volatile char *)plat_phys_ptr(rig_next, 1) = 1; /* free: poisoned, if there is ASan */
            abort();
        case 'w':
            sleep(60);
            break;
        default:
            snprintf(text, sizeof(text), "<%d>\n", byte);
            plat_console_write(text, strlen(text));
        }
    }
}

/* ---- the other end ---- */

static void open_terminal(void)
{
    master = posix_openpt(O_RDWR | O_NOCTTY);
    EXPECT(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    snprintf(slave_name, sizeof(slave_name), "%s", ptsname(master));
}

/* A child whose stdin is in, and whose stdout and stderr are out. */
static void run_on(int in, int out, void (*run)(void))
{
    seen_len = 0;
    child = fork();
    EXPECT(child >= 0);
    if (child == 0) {
        dup2(in, STDIN_FILENO);
        dup2(out, STDOUT_FILENO);
        dup2(out, STDERR_FILENO);
        run();
        _exit(99);
    }
}

/* is_its_own: as its controlling terminal, so that it hangs up with it. If not, the child can be
 * stopped: its process group has a parent outside, this one. */
static void run_on_terminal(bool is_its_own, void (*run)(void))
{
    open_terminal();
    seen_len = 0;
    seen[0] = '\0';
    child = fork();
    EXPECT(child >= 0);
    if (child == 0) {
        if (is_its_own) {
            setsid();
        } else {
            setpgid(0, 0);
        }
        int slave = open(slave_name, O_RDWR | O_NOCTTY);
        if (is_its_own) {
            ioctl(slave, TIOCSCTTY, 0);
        }
        close(master);
        for (int fd = 0; fd < 3; fd++) {
            dup2(slave, fd);
        }
        run();
        _exit(99);
    }
}

/* Reads what the child writes until text has come. */
static void expect_seen(int from, const char *text)
{
    while (!strstr(seen, text)) {
        struct pollfd ready = {.fd = from, .events = POLLIN};
        if (poll(&ready, 1, 20000) <= 0) {
            FAIL("no \"%s\" but \"%s\"", text, seen);
        }
        ssize_t count = read(from, seen + seen_len, sizeof(seen) - 1 - seen_len);
        if (count <= 0) {
            FAIL("no \"%s\" but \"%s\", and then the end", text, seen);
        }
        seen_len += (size_t)count;
        seen[seen_len] = '\0';
    }
}

static void type(const char *text)
{
    EXPECT_EQ(write(master, text, strlen(text)), strlen(text));
}

static bool is_raw(void)
{
    struct termios now;

    EXPECT_EQ(tcgetattr(master, &now), 0);
    EXPECT(now.c_oflag & OPOST);
    bool has_lines = now.c_lflag & ICANON;
    EXPECT_EQ(!!(now.c_lflag & ECHO), has_lines);
    EXPECT_EQ(!!(now.c_lflag & ISIG), has_lines);
    EXPECT_EQ(!!(now.c_iflag & ICRNL), has_lines);
    return !has_lines;
}

static int wait_status(void)
{
    int status;

    /* The terminal of a child that has ended reads as an error; its words may be waiting still. */
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return status;
}

static void start_raw_on(bool is_its_own)
{
    run_on_terminal(is_its_own, run_console);
    int slave = open(slave_name, O_RDWR | O_NOCTTY); /* so that its state outlives the child */
    EXPECT(slave >= 0);
    expect_seen(master, "ready\r\n");
    EXPECT(is_raw());
}

static void start_raw(void)
{
    start_raw_on(true);
}

static void expect_exit(int status)
{
    int got = wait_status();

    EXPECT(WIFEXITED(got));
    EXPECT_EQ(WEXITSTATUS(got), status);
    EXPECT(!is_raw());
}

static void expect_signal(int number)
{
    int got = wait_status();

    EXPECT(WIFSIGNALED(got));
    EXPECT_EQ(WTERMSIG(got), number);
    EXPECT(!is_raw());
}

/* ---- on a terminal ---- */

TEST(keys_arrive_as_they_are)
{
    start_raw();
    type("\r\x03\x04\x1a\x1c\x7f");
    expect_seen(master, "<13>\r\n<3>\r\n<4>\r\n<26>\r\n<28>\r\n<127>\r\n");
    type("q");
    expect_exit(8);
}

TEST(ctrl_a)
{
    start_raw();
    type("\x01\x01\x01zz\x01h");
    expect_seen(master, "Ctrl-A x");
    expect_seen(master, "<1>\r\n<122>\r\n"); /* Ctrl-A z is nothing */
    EXPECT_EQ(strstr(strstr(seen, "<122>") + 1, "<122>"), NULL);
    type("\x01x");
    expect_exit(0);
}

TEST(abort_restores)
{
    start_raw();
    type("a");
    expect_signal(SIGABRT);
}

TEST(report_restores)
{
    start_raw();
    type("r");
    expect_seen(master, "eft: REPORT some.name: as ordered");
    expect_signal(SIGABRT);
}

TEST(crash_restores)
{
    start_raw();
    type("s");
    int status = wait_status();
    EXPECT(WIFSIGNALED(status));
    EXPECT(!is_raw());
}

TEST(sanitizer_restores)
{
    start_raw();
    type("p");
    expect_signal(SIGABRT);
}

TEST(signals_restore)
{
    static const int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};

    for (unsigned i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
        start_raw();
        kill(child, signals[i]);
        expect_signal(signals[i]);
    }
}

TEST(signal_restores_in_a_busy_kernel)
{
    start_raw();
    type("w");
    usleep(10000);
    kill(child, SIGTERM);
    expect_signal(SIGTERM);
}

TEST(stopping_restores_and_going_on_is_raw)
{
    int status;

    start_raw_on(false);
    for (unsigned i = 0; i < 2; i++) {
        kill(child, SIGTSTP);
        EXPECT_EQ(waitpid(child, &status, WUNTRACED), child);
        EXPECT(WIFSTOPPED(status));
        EXPECT(!is_raw());
        kill(child, SIGCONT);
        EXPECT_EQ(waitpid(child, &status, WCONTINUED), child);
        type(i == 0 ? "b" : "c");
        expect_seen(master, i == 0 ? "<98>" : "<99>");
        EXPECT(is_raw());
    }
    type("q");
    expect_exit(8);
}

/* In an orphaned process group the signal does not stop. */
TEST(not_stopping_stays_raw)
{
    start_raw();
    kill(child, SIGTSTP);
    type("b");
    expect_seen(master, "<98>");
    EXPECT(is_raw());
    kill(child, SIGTSTP);
    type("q");
    expect_exit(8);
}

TEST(hang_up_is_the_end)
{
    run_on_terminal(true, run_console);
    expect_seen(master, "ready\r\n");
    close(master);
    int status = wait_status();
    EXPECT(WIFSIGNALED(
        status)); /* SIGHUP; without a controlling terminal it would be the end of input */
    EXPECT_EQ(WTERMSIG(status), SIGHUP);
}

/* ---- elsewhere ---- */

TEST(a_pipe_is_plain)
{
    int in[2], out[2];

    EXPECT(pipe(in) == 0 && pipe(out) == 0);
    run_on(in[0], out[1], run_console);
    EXPECT_EQ(write(in[1], "\x01x\n", 3), 3);
    expect_seen(out[0], "ready\n<1>\n<120>\n<10>\n");
    /* The child has the other end as well, which must not keep the pipe open. */
    close(in[1]);
    kill(child, SIGTERM);
    EXPECT_EQ(WTERMSIG(wait_status()), SIGTERM);
}

static void run_from_nothing(void)
{
    int null = open("/dev/null", O_RDONLY);

    dup2(null, STDIN_FILENO);
    run_console();
}

static void run_from_nowhere(void)
{
    close(STDIN_FILENO);
    run_console();
}

TEST(end_of_input)
{
    void (*const ways[])(void) = {run_from_nothing, run_from_nowhere};

    for (unsigned i = 0; i < 2; i++) {
        int out[2];

        EXPECT(pipe(out) == 0);
        run_on(STDIN_FILENO, out[1], ways[i]);
        expect_seen(out[0], "ready\neof\n");
        EXPECT_EQ(WEXITSTATUS(wait_status()), 7);
        memset(seen, 0, sizeof(seen));
    }
}

static void run_flood(void)
{
    uint8_t expected = 0;
    size_t count = 0;

    start_machine();
    for (;;) {
        int byte = plat_console_read();

        if (byte == PLAT_CONSOLE_EOF) {
            plat_console_write("all\n", 4);
            exit(count == 100000 ? 7 : 1);
        }
        if (byte == PLAT_CONSOLE_NONE) {
            plat_cpu_idle();
            plat_irq_window(); /* more than there is room for */
            plat_irq_window();
            continue;
        }
        EXPECT_EQ(byte, expected);
        expected = (uint8_t)(expected + 1);
        count++;
    }
}

TEST(a_flood_is_not_lost)
{
    FILE *file = tmpfile();
    int out[2];

    EXPECT(file && pipe(out) == 0);
    for (unsigned i = 0; i < 100000; i++) {
        fputc((int)(i & 0xff), file);
    }
    rewind(file);
    run_on(fileno(file), out[1], run_flood);
    expect_seen(out[0], "all\n");
    EXPECT_EQ(WEXITSTATUS(wait_status()), 7);
    fclose(file);
}

/* A kernel that does not read. */
static void run_deaf(void)
{
    start_machine();
    for (;;) {
        plat_cpu_idle();
    }
}

TEST(ctrl_a_works_behind_a_flood)
{
    char text[1000];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    run_on_terminal(true, run_deaf);
    int slave = open(slave_name, O_RDWR | O_NOCTTY);
    EXPECT(slave >= 0);
    expect_seen(master, "ready\r\n");
    for (unsigned i = 0; i < 10; i++) {
        type(text);
    }
    type("\x01x");
    expect_exit(0);
}

static void write_much(void)
{
    static char text[TEXT_MAX * 4];

    start_machine();
    memset(text, 'x', sizeof(text));
    plat_console_write(text, sizeof(text));
    exit(5);
}

TEST(a_slow_reader_gets_everything)
{
    static char buffer[999];
    int out[2];
    size_t total = 0;
    ssize_t count;

    EXPECT(pipe(out) == 0);
    fcntl(out[1], F_SETFL, O_NONBLOCK);
    run_on(STDIN_FILENO, out[1], write_much);
    close(out[1]);
    while ((count = read(out[0], buffer, sizeof(buffer))) > 0) {
        total += (size_t)count;
    }
    EXPECT_EQ(total, TEXT_MAX * 4 + 6);
    EXPECT_EQ(WEXITSTATUS(wait_status()), 5);
}

TEST(a_reader_that_has_gone)
{
    int out[2];

    EXPECT(pipe(out) == 0);
    close(out[0]);
    run_on(STDIN_FILENO, out[1], write_much);
    EXPECT_EQ(WTERMSIG(wait_status()), SIGPIPE);
    signal(SIGPIPE, SIG_IGN); /* as some shells start their children */
    run_on(STDIN_FILENO, out[1], write_much);
    int status = wait_status();
    EXPECT(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 1);
}

TEST(nothing_comes_without_input)
{
    rig_start(VTLB_ADVERSARIAL);
    EXPECT(!terminal_poll());
    EXPECT(!terminal_may_speak());
    EXPECT_EQ(plat_console_read(), PLAT_CONSOLE_NONE);
}

TEST(input_from_a_record)
{
    static const uint8_t bytes[] = {0, 2, 'h', 'i', 0, 255, 1, 'x'};

    rig_start(VTLB_ADVERSARIAL);
    choice_use_bytes(bytes, sizeof(bytes));
    EXPECT(terminal_may_speak());
    EXPECT(!terminal_poll());
    EXPECT(terminal_poll());
    EXPECT_EQ(plat_console_read(), 'h');
    EXPECT(!terminal_poll());
    EXPECT(terminal_poll());
    EXPECT_EQ(plat_console_read(), 'i');
    EXPECT_EQ(plat_console_read(), PLAT_CONSOLE_EOF);
    EXPECT(!terminal_poll());
    EXPECT_EQ(plat_console_read(), PLAT_CONSOLE_EOF);
}
