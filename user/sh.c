/*
 * A small shell: one program a line with its arguments, `&` for the background, and four words of
 * its own. A program in the foreground has a process group of its own, which is the terminal's
 * foreground group as long as it runs: Ctrl-C ends it and not the shell.
 */
#include "lib/print.h"
#include "lib/start.h"
#include "lib/str.h"
#include "lib/sys.h"
#include "lib/wait.h"

enum {
    LINE_MAX = 1024,
    WORDS_MAX = 64,
    PATH_MAX = 256,
    INIT_GROUP = 1,
    STATUS_USAGE = 2,
    STATUS_NOT_STARTED = 127,
    STATUS_SIGNAL = 128,
};

enum read_result { READ_LINE, READ_END, READ_TOO_LONG };

static char **environment;
static int last_status;

/* The terminal hands over whole lines, but a file may hold anything: reads up to a newline. */
static enum read_result read_line(char *line)
{
    size_t len = 0;
    bool too_long = false;
    char c = 0;

    while (sys_read(0, &c, 1) == 1) {
        if (c == '\n') {
            line[len] = '\0';
            return too_long ? READ_TOO_LONG : READ_LINE;
        }
        if (len < LINE_MAX - 1)
            line[len++] = c;
        else
            too_long = true;
    }
    line[len] = '\0';
    return len > 0 && !too_long ? READ_LINE : READ_END;
}

/* Cuts line into words, in place, and takes a `&` off its end. Returns their number. */
static int split(char *line, char **words, bool *background)
{
    int count = 0;
    size_t len = str_len(line);

    while (len > 0 && str_has(" \t\r", line[len - 1]))
        len--;
    *background = len > 0 && line[len - 1] == '&';
    line[*background ? len - 1 : len] = '\0';
    while (*line) {
        if (str_has(" \t\r", *line)) {
            *line++ = '\0';
            continue;
        }
        if (count == WORDS_MAX)
            return -1;
        words[count++] = line;
        while (*line && !str_has(" \t\r", *line))
            line++;
    }
    words[count] = NULL;
    return count;
}

/* Shows how a process ended, if not well. Returns its status as `exit` and init would have it. */
static int show_end(const char *what, int pid, int status)
{
    static const char *const names[] = {
        [SIGHUP] = " (hangup)",       [SIGINT] = " (interrupt)",
        [SIGQUIT] = " (quit)",        [SIGILL] = " (illegal instruction)",
        [SIGTRAP] = " (trap)",        [SIGABRT] = " (abort)",
        [SIGBUS] = " (bus error)",    [SIGFPE] = " (arithmetic)",
        [SIGKILL] = " (killed)",      [SIGSEGV] = " (segmentation fault)",
        [SIGPIPE] = " (broken pipe)", [SIGTERM] = " (terminated)",
    };
    int signal = wait_signal(status);
    const char *name = NULL;

    if ((size_t)signal < sizeof(names) / sizeof(names[0]))
        name = names[signal];
    if (signal)
        print("%s %d: signal %d%s\n", what, pid, signal, name ? name : "");
    else if (wait_exit_status(status))
        print("%s %d: status %d\n", what, pid, wait_exit_status(status));
    return signal ? STATUS_SIGNAL + signal : wait_exit_status(status);
}

/* Reaps what has ended, or with wait, everything. */
static void reap(bool wait)
{
    int status = 0, pid;

    while ((pid = (int)sys_wait4(-1, &status, wait ? 0 : WNOHANG, 0)) > 0)
        if (show_end("background", pid, status) == 0)
            print("background %d: done\n", pid);
}

/* Makes a group the foreground one; without a terminal there is none to make, which is fine. */
static void foreground(int group)
{
    sys_ioctl(0, TIOCSPGRP, &group);
}

static _Noreturn void become(char **words, bool background)
{
    char path[PATH_MAX] = "/bin/";
    const char *file = words[0];
    long error = -ENAMETOOLONG;

    sys_setpgid(0, 0);
    if (!background)
        foreground((int)sys_getpid());
    if (!str_has(file, '/')) {
        if (str_len(file) < PATH_MAX - sizeof("/bin/")) {
            memcpy(path + str_len(path), file, str_len(file) + 1);
            error = sys_execve(path, words, environment);
        }
    } else {
        error = sys_execve(file, words, environment);
    }
    print("sh: %s: %s\n", file, error == -ENOENT ? "not found" : error_name(error));
    sys_leave(STATUS_NOT_STARTED);
}

static void start_program(char **words, bool background)
{
    int status = 0, pid = sys_fork();

    if (pid == 0)
        become(words, background);
    if (pid < 0) {
        print("sh: cannot start %s: %s\n", words[0], error_name(pid));
        last_status = STATUS_NOT_STARTED;
        return;
    }
    /* The child does the same: whoever comes first, it is done before either needs it. */
    sys_setpgid(pid, pid);
    if (background) {
        print("background %d: %s\n", pid, words[0]);
        return;
    }
    foreground(pid);
    if (sys_wait4(pid, &status, 0, NULL) == pid)
        last_status = show_end(words[0], pid, status);
    foreground((int)sys_getpgid(0));
}

static void help(void)
{
    print("PROGRAM [ARGUMENT]...   runs a program of /bin, or of any path with a slash in it\n"
          "PROGRAM [ARGUMENT]... & the same, in the background\n"
          "wait                    waits for everything in the background\n"
          "exit [STATUS]           ends the shell; Eft ends with its first one\n"
          "help                    prints this\n");
    print("Ctrl-C ends the program in the foreground, Ctrl-D the shell; Ctrl-T shows what runs;\n"
          "Ctrl-A x leaves Eft. Programs: echo hello story sh\n");
}

static void exit_shell(char **words, int count)
{
    unsigned status = (unsigned)last_status;

    if (count > 2 || (count == 2 && !str_to_number(words[1], 255, &status))) {
        print("sh: exit takes one number from 0 to 255\n");
        last_status = STATUS_USAGE;
        return;
    }
    sys_leave((int)status);
}

static void run(char *line)
{
    char *words[WORDS_MAX + 1];
    bool background;
    int count = split(line, words, &background);

    if (count == 0 && background)
        print("sh: nothing stands before &\n");
    else if (count < 0)
        print("sh: more than %d words\n", WORDS_MAX);
    else if (count == 0)
        return;
    else if (str_equal(words[0], "exit"))
        exit_shell(words, count);
    else if (str_equal(words[0], "wait"))
        reap(true);
    else if (str_equal(words[0], "help"))
        help();
    else
        start_program(words, background);
}

int main(int argc, char **argv, char **envp)
{
    static char line[LINE_MAX];

    (void)argc, (void)argv;
    environment = envp;
    sys_setpgid(0, INIT_GROUP); /* Ctrl-C never ends that one, and so no shell in a shell */
    for (;;) {
        reap(false);
        print("$ ");
        switch (read_line(line)) {
        case READ_LINE:
            run(line);
            break;
        case READ_TOO_LONG:
            print("sh: a line has at most %d bytes\n", LINE_MAX - 1);
            break;
        case READ_END:
            print("\n");
            return last_status;
        }
    }
}
