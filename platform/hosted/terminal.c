#include "terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "choice.h"
#include "gdbstub.h"
#include "hash.h"
#include "machine.h"
#include "record.h"
#include "sanitizer.h"
#include "snapshot_part.h"

/*
 * Input goes stdin -> keys of our own (Ctrl-A, on a terminal only) -> choice_outside -> the buffer
 * that plat_console_read empties. So a record holds what the kernel could read, and when.
 *
 * The terminal is raw but for OPOST: "\n" works in what the kernel writes, as it does on a UART
 * that QEMU shows. It is put right by atexit, by the handlers below, by a sanitizer's last words
 * and by report; only SIGKILL leaves it raw.
 */

enum {
    CTRL_A = 1,
    BUFFER_MAX = 4096,
    TAKE_MAX = 254,     /* bytes taken at a look */
    END_OF_INPUT = 255, /* in place of their number */
};

static const int ending_signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGABRT, SIGXCPU};
/* A sanitizer has handlers of its own for these, and calls us when it has reported. */
static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};

static struct {
    bool has_input; /* and it has not ended on the host's side */
    bool is_terminal;
    bool saw_ctrl_a;
    bool is_ended; /* the kernel has been told so */
    size_t start;  /* of what is buffered, in a ring */
    size_t len;
} console;

static uint8_t buffer[BUFFER_MAX]; /* what has come and was not read yet */

SNAPSHOT_PART(console);
SNAPSHOT_PART_IF(buffer, console.len);

/* Outlives terminal_init: the terminal belongs to the process. */
static struct {
    volatile sig_atomic_t is_raw;
    bool is_prepared;
    struct termios found;
    struct termios raw;
} tty;

void (*terminal_sink)(const char *bytes, size_t len);
size_t (*terminal_source)(uint8_t *bytes, size_t size);

/* ---- the terminal and the ways out ---- */

static void make_raw(void)
{
    tcsetattr(STDIN_FILENO, TCSANOW, &tty.raw);
    tty.is_raw = 1;
}

void terminal_restore(void)
{
    if (tty.is_raw) {
        tty.is_raw = 0;
        tcsetattr(STDIN_FILENO, TCSANOW, &tty.found);
    }
}

static void on_ending_signal(int signal_number)
{
    machine_save();
    raise(signal_number); /* SA_RESETHAND: the default now, which is to end */
}

static void handle(int signal_number, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    struct sigaction old;

    /* What whoever started us wants ignored stays so (nohup). */
    if (sigaction(signal_number, NULL, &old) == 0 && old.sa_handler != SIG_IGN) {
        sigaction(signal_number, &action, NULL);
    }
}

static void on_continue(int signal_number)
{
    int saved = errno;

    (void)signal_number;
    make_raw();
    errno = saved;
}

static void on_stop(int signal_number)
{
    terminal_restore();
    raise(signal_number); /* SA_RESETHAND: stops here, unless the process group is orphaned */
    on_continue(signal_number);
    handle(SIGTSTP, on_stop, SA_RESETHAND | SA_NODEFER);
}

void terminal_save_at_end(void)
{
    static char stack[1 << 14]; /* for a crash because the other one is full */
    const stack_t other = {.ss_sp = stack, .ss_size = sizeof(stack)};
    const int flags = SA_RESETHAND | SA_NODEFER;

    atexit(machine_save);
    for (size_t i = 0; i < sizeof(ending_signals) / sizeof(*ending_signals); i++) {
        handle(ending_signals[i], on_ending_signal, flags);
    }
    if (!SANITIZER_ASAN && sigaltstack(&other, NULL) == 0) {
        for (size_t i = 0; i < sizeof(crash_signals) / sizeof(*crash_signals); i++) {
            handle(crash_signals[i], on_ending_signal, flags | SA_ONSTACK);
        }
    }
}

static void prepare_terminal(void)
{
    tty.raw = tty.found;
    tty.raw.c_iflag &=
        ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    tty.raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    tty.raw.c_cc[VMIN] = 1;
    tty.raw.c_cc[VTIME] = 0;
    make_raw();
    handle(SIGTSTP, on_stop, SA_RESETHAND | SA_NODEFER);
    handle(SIGCONT, on_continue, 0);
}

void terminal_init(bool has_input)
{
    memset(&console, 0, sizeof(console));
    console.has_input = has_input;
    if (has_input && !tty.is_prepared) {
        tty.is_prepared = true;
        terminal_save_at_end();
        if (tcgetattr(STDIN_FILENO, &tty.found) == 0) {
            prepare_terminal();
        }
    }
    console.is_terminal = has_input && tty.is_raw;
}

/* ---- output ---- */

static void wait_for_output(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};

    poll(&out, 1, -1);
}

static void write_all(const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t count = write(STDOUT_FILENO, bytes, len);

        if (count >= 0) {
            bytes += count;
            len -= (size_t)count;
        } else if (errno == EAGAIN) {
            wait_for_output();
        } else if (errno != EINTR) {
            /* SIGPIPE is ignored, or the disk is full: nobody can see what is going on. */
            fprintf(stderr, "eft: cannot write to the console: %s\n", strerror(errno));
            exit(1);
        }
    }
}

void plat_console_write(const char *bytes, size_t len)
{
    hash_console(bytes, len);
    if (terminal_sink) {
        terminal_sink(bytes, len);
    } else {
        write_all(bytes, len);
    }
}

/* ---- input ---- */

static const char help[] = "\neft: Ctrl-A x       leaves\n"
                           "eft: Ctrl-A h       prints this help\n"
                           "eft: Ctrl-A Ctrl-A  sends Ctrl-A\n";

/* Handles our own keys; what is left of count bytes is for the kernel. */
static size_t filter_keys(uint8_t *bytes, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        uint8_t byte = bytes[i];

        if (!console.saw_ctrl_a) {
            console.saw_ctrl_a = byte == CTRL_A;
            if (byte != CTRL_A) {
                bytes[kept++] = byte;
            }
            continue;
        }
        console.saw_ctrl_a = false;
        if (byte == 'x') {
            write_all("\neft: left\n", 11);
            exit(0);
        } else if (byte == 'h') {
            write_all(help, sizeof(help) - 1);
        } else if (byte == CTRL_A) {
            bytes[kept++] = byte;
        }
    }
    return kept;
}

static bool host_is_ready(void)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};

    return poll(&in, 1, 0) > 0;
}

/* How much to read from stdin now. What is typed too fast is lost, so that our own keys still work;
 * a pipe or a file waits. */
static size_t wanted(void)
{
    size_t room = BUFFER_MAX - console.len;

    if (!console.has_input) {
        return 0;
    }
    return room < TAKE_MAX && !console.is_terminal ? room : TAKE_MAX;
}

/* Reads from stdin, without waiting; returns the number of bytes, or END_OF_INPUT. */
static uint32_t read_host(uint8_t *bytes)
{
    size_t size = wanted();

    if (terminal_source) {
        size_t room = BUFFER_MAX - console.len;
        size_t count = terminal_source(bytes, room < TAKE_MAX ? room : TAKE_MAX);
        return count == TERMINAL_END ? END_OF_INPUT : (uint32_t)count;
    }
    if (size == 0 || !host_is_ready()) {
        return 0;
    }
    ssize_t count = read(STDIN_FILENO, bytes, size);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) {
        return 0;
    }
    if (count <= 0) {
        console.has_input = false; /* a terminal that has gone reads as EIO */
        return END_OF_INPUT;
    }
    return console.is_terminal ? (uint32_t)filter_keys(bytes, (size_t)count) : (uint32_t)count;
}

bool terminal_poll(void)
{
    uint8_t bytes[TAKE_MAX] = {0};

    if (console.is_ended) {
        return false;
    }
    /* A choice also when nothing can come, so that a record of this run fits one that has input. */
    uint32_t live = choice_is_live() ? read_host(bytes) : 0;
    uint32_t count = choice_outside(CHOOSE_CONSOLE, END_OF_INPUT + 1, live);
    if (count == END_OF_INPUT) {
        console.is_ended = true;
        return true;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint8_t byte = (uint8_t)choice_outside(CHOOSE_CONSOLE, 256, bytes[i]);
        if (console.len < BUFFER_MAX) {
            buffer[(console.start + console.len) % BUFFER_MAX] = byte;
            console.len++;
        }
    }
    return count > 0;
}

bool terminal_may_speak(void)
{
    return !console.is_ended && (choice_is_live() ? console.has_input : choice_has_more());
}

void terminal_wait(nsec_t timeout)
{
    const struct timespec time = {
        .tv_sec = (time_t)(timeout / 1000000000),
        .tv_nsec = (long)(timeout % 1000000000),
    };
    struct pollfd in[] = {
        {.fd = wanted() > 0 ? STDIN_FILENO : -1, .events = POLLIN},
        {.fd = gdbstub_fd(), .events = POLLIN},
    };

    record_flush(); /* so that whoever kills us now loses nothing */
    ppoll(in, 2, timeout == PLAT_NEVER ? NULL : &time, NULL);
}

int plat_console_read(void)
{
    if (console.len == 0) {
        return console.is_ended ? PLAT_CONSOLE_EOF : PLAT_CONSOLE_NONE;
    }
    int byte = buffer[console.start];
    console.start = (console.start + 1) % BUFFER_MAX;
    console.len--;
    return byte;
}
