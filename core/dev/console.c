#include "dev/console.h"

#include "abi/errno.h"
#include "base/print.h"
#include "base/string.h"
#include "proc/print_processes.h"
#include "proc/process.h"
#include "proc/signal.h"

enum {
    LINE_MAX = 1024,
    COMMITTED_MAX = 4096,
    PROMPT_MAX = 128,
    END_OF_FILE = 256, /* among committed bytes: Ctrl-D on an empty line */
    END_OF_LINE = 257, /* Ctrl-D behind characters: a read stops here */
    KEY_INTERRUPT = 3, /* Ctrl-C */
    KEY_END = 4,       /* Ctrl-D */
    KEY_BACKSPACE = 8,
    KEY_STATUS = 20, /* Ctrl-T */
    KEY_KILL = 21,   /* Ctrl-U */
    KEY_WORD = 23,   /* Ctrl-W */
    KEY_STOP = 26,   /* Ctrl-Z */
    KEY_QUIT = 28,   /* Ctrl-\ */
    KEY_DELETE = 127,
    BELL = 7,
    VINTR = 0, /* indices into c_cc */
    VQUIT = 1,
    VERASE = 2,
    VKILL = 3,
    VEOF = 4,
    VMIN = 6,
    VSUSP = 10,
};

static struct {
    struct abi_termios termios;
    char line[LINE_MAX]; /* being edited */
    size_t line_len;
    uint16_t committed[COMMITTED_MAX]; /* a ring */
    size_t committed_start;
    size_t committed_len;
    bool at_end;             /* the platform has no more input, ever */
    char prompt[PROMPT_MAX]; /* what programs wrote since the last line end */
    size_t prompt_len;
    struct pid *foreground;
    struct waitq readers;
} console;

void console_init(void)
{
    memset(&console, 0, sizeof(console));
    console.termios = (struct abi_termios){
        .c_iflag = ICRNL,
        .c_oflag = OPOST | ONLCR,
        .c_cflag = CS8 | CREAD | B115200,
        .c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK,
        .c_cc = {[VINTR] = KEY_INTERRUPT,
                 [VQUIT] = KEY_QUIT,
                 [VERASE] = KEY_DELETE,
                 [VKILL] = KEY_KILL,
                 [VEOF] = KEY_END,
                 [VMIN] = 1,
                 [VSUSP] = KEY_STOP},
    };
    waitq_init(&console.readers);
}

static bool has_mode(uint32_t flag)
{
    return console.termios.c_lflag & flag;
}

static void echo(const char *bytes, size_t len)
{
    if (has_mode(ECHO)) {
        plat_console_write(bytes, len);
    }
}

/* A control character as ^X. */
static void echo_control(char c)
{
    const char shown[2] = {'^', (char)(c ^ 0x40)};

    echo(shown, sizeof(shown));
}

static size_t echo_width(char c)
{
    return (unsigned char)c < ' ' ? 2 : 1;
}

static void echo_char(char c)
{
    if (echo_width(c) == 2) {
        echo_control(c);
    } else {
        echo(&c, 1);
    }
}

static void commit(uint16_t value)
{
    size_t at = (console.committed_start + console.committed_len) % COMMITTED_MAX;

    console.committed[at] = value;
    console.committed_len++;
}

static void drop_committed(size_t count)
{
    console.committed_start = (console.committed_start + count) % COMMITTED_MAX;
    console.committed_len -= count;
}

static void commit_line(void)
{
    for (size_t i = 0; i < console.line_len; i++) {
        commit((unsigned char)console.line[i]);
    }
    console.line_len = 0;
    waitq_wake_all(&console.readers);
}

static void erase_char(void)
{
    char c = console.line[--console.line_len];

    for (size_t i = 0; i < echo_width(c); i++) {
        echo("\b \b", 3);
    }
}

static void erase_word(void)
{
    while (console.line_len > 0 && console.line[console.line_len - 1] == ' ') {
        erase_char();
    }
    while (console.line_len > 0 && console.line[console.line_len - 1] != ' ') {
        erase_char();
    }
}

static void show_line_again(void)
{
    plat_console_write(console.prompt, console.prompt_len);
    for (size_t i = 0; i < console.line_len; i++) {
        echo_char(console.line[i]);
    }
}

/* The signal of a key that sends one to the foreground group; 0: it is another key. */
static int signal_of(char key)
{
    switch (has_mode(ISIG) ? key : '\0') {
    case KEY_INTERRUPT:
        return SIGINT;
    case KEY_QUIT:
        return SIGQUIT;
    case KEY_STOP:
        return SIGTSTP;
    default:
        return 0;
    }
}

/* To the foreground group, which is never the one that init and its shell are in. */
static void send_signal(char key)
{
    struct pid *group = console.foreground;

    echo_control(key);
    echo("\n", 1);
    console.line_len = 0;
    drop_committed(console.committed_len);
    if (group && group != process_first()->group && !list_is_empty(&group->members)) {
        signal_send_group(group, signal_of(key));
    } else {
        show_line_again();
    }
}

static void show_status(void)
{
    echo_control(KEY_STATUS);
    plat_console_write("\n", 1);
    print_processes();
    show_line_again();
}

static void edit(char c)
{
    uint16_t end;

    switch (c) {
    case KEY_DELETE:
    case KEY_BACKSPACE:
        if (console.line_len > 0) {
            erase_char();
        }
        return;
    case KEY_KILL:
        while (console.line_len > 0) {
            erase_char();
        }
        return;
    case KEY_WORD:
        erase_word();
        return;
    case KEY_STATUS:
        show_status();
        return;
    case KEY_END:
        end = console.line_len == 0 ? END_OF_FILE : END_OF_LINE;
        commit_line();
        commit(end);
        return;
    default:
        break;
    }
    if (console.line_len == LINE_MAX - 1 && c != '\n') {
        const char bell = BELL;
        echo(&bell, 1);
        return;
    }
    console.line[console.line_len++] = c;
    if (c == '\n') {
        echo("\n", 1);
        commit_line();
    } else {
        echo_char(c);
    }
}

void console_put(char c)
{
    if (console.committed_len + LINE_MAX > COMMITTED_MAX) {
        return;
    }
    if (c == '\r' && (console.termios.c_iflag & ICRNL)) {
        c = '\n';
    }
    if (signal_of(c)) {
        send_signal(c);
    } else if (has_mode(ICANON)) {
        edit(c);
    } else {
        echo(&c, 1);
        commit((unsigned char)c);
        waitq_wake_all(&console.readers);
    }
}

bool console_poll(bool one_commit)
{
    /* A whole line must fit behind what is committed; the rest waits in the platform. */
    while (!console.at_end && console.committed_len + LINE_MAX <= COMMITTED_MAX) {
        if (one_commit && console.committed_len > 0) {
            return true;
        }
        int c = plat_console_read();
        if (c == PLAT_CONSOLE_NONE) {
            return false;
        }
        if (c == PLAT_CONSOLE_EOF) {
            console.at_end = true;
            commit_line();
        } else {
            console_put((char)c);
        }
    }
    return !console.at_end;
}

static uint16_t committed_at(size_t index)
{
    return console.committed[(console.committed_start + index) % COMMITTED_MAX];
}

int64_t console_ready(uint64_t count)
{
    uint64_t len = 0;

    if (console.committed_len == 0) {
        return console.at_end ? 0 : -EAGAIN;
    }
    while (len < count && len < console.committed_len) {
        uint16_t value = committed_at(len);
        if (value >= END_OF_FILE) {
            break;
        }
        len++;
        if (value == '\n' && has_mode(ICANON)) {
            break;
        }
    }
    return (int64_t)len;
}

int console_peek(size_t index)
{
    if (index < console.committed_len) {
        return committed_at(index);
    }
    index -= console.committed_len;
    return index < console.line_len ? (unsigned char)console.line[index] : -1;
}

void console_take(char *bytes, uint64_t count)
{
    if (count == 0 && console.committed_len > 0) {
        drop_committed(1);
    }
    for (uint64_t i = 0; i < count; i++) {
        bytes[i] = (char)committed_at(i);
    }
    drop_committed(count);
    if (count > 0 && console.committed_len > 0 && committed_at(0) == END_OF_LINE) {
        drop_committed(1);
    }
}

struct waitq *console_waitq(void)
{
    return &console.readers;
}

void console_write(const char *bytes, size_t len)
{
    plat_console_write(bytes, len);
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == '\n' || console.prompt_len == PROMPT_MAX) {
            console.prompt_len = 0;
        } else {
            console.prompt[console.prompt_len++] = bytes[i];
        }
    }
}

void console_get_termios(struct abi_termios *termios)
{
    *termios = console.termios;
}

void console_set_termios(const struct abi_termios *termios, bool flush)
{
    bool was_canonical = has_mode(ICANON);

    console.termios = *termios;
    if (flush) {
        console.line_len = 0;
        drop_committed(console.committed_len);
    } else if (was_canonical && !has_mode(ICANON)) {
        commit_line();
    }
}

struct pid *console_foreground(void)
{
    return console.foreground;
}

void console_set_foreground(struct pid *group)
{
    struct pid *old = console.foreground;

    console.foreground = group ? pid_get(group) : NULL;
    if (old) {
        pid_put(old);
    }
}
