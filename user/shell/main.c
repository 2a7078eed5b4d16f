/*
 * A small shell: pipelines, lists, redirections and the background, for a line at a time, a file of
 * lines, or the text of `sh -c`. It has no variables of its own, patterns or loops, and says so. At
 * the console a program in the foreground has a process group of its own, which is the terminal's
 * foreground group as long as it runs: Ctrl-C ends it, and Ctrl-Z stops it, and not the shell.
 */
#include "jobs.h"
#include "lib/print.h"
#include "lib/start.h"
#include "lib/str.h"
#include "lib/sys.h"
#include "run.h"

enum {
    LINE_MAX = 1024,
    INIT_GROUP = 1,
};

enum read_result { READ_LINE, READ_END, READ_TOO_LONG };

/* The terminal hands over whole lines, but a file may hold anything: reads up to a newline. */
static enum read_result read_line(int fd, char *line)
{
    size_t len = 0;
    bool too_long = false;
    char c = 0;

    while (sys_read(fd, &c, 1) == 1) {
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

static int run_lines(struct shell *shell, int fd)
{
    static char line[LINE_MAX];

    for (;;) {
        if (shell->is_interactive) {
            jobs_look(shell);
            print("$ ");
        }
        switch (read_line(fd, line)) {
        case READ_LINE:
            run_text(shell, line);
            break;
        case READ_TOO_LONG:
            print_error("sh: a line has at most %d bytes\n", LINE_MAX - 1);
            break;
        case READ_END:
            if (shell->is_interactive)
                print("\n");
            return shell->status;
        }
    }
}

static int run_file(struct shell *shell, const char *path)
{
    long fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);

    if (fd < 0) {
        print_error("sh: %s: %s\n", path, error_name(fd));
        return fd == -ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_STARTED;
    }
    return run_lines(shell, (int)fd);
}

int main(int argc, char **argv, char **envp)
{
    struct shell shell = {.environment = envp};

    if (argc <= 1) {
        shell.is_interactive = true;
        sys_setpgid(0, INIT_GROUP); /* Ctrl-C never ends that one, and so no shell in a shell */
        return run_lines(&shell, 0);
    }
    if (argv[1][0] != '-')
        return run_file(&shell, argv[1]);
    if (argc < 3 || !str_equal(argv[1], "-c")) {
        print_error("sh: takes -c and a text, or a file, or nothing\n");
        return STATUS_USAGE;
    }
    /* A C library puts "--" before the text. */
    bool has_dashes = str_equal(argv[2], "--") && argc > 3;
    run_text(&shell, argv[has_dashes ? 3 : 2]);
    return shell.status;
}
