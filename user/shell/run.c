#include "run.h"

#include "lib/print.h"
#include "lib/str.h"
#include "lib/sys.h"
#include "lib/wait.h"
#include "words.h"

enum {
    WORDS_MAX = 64, /* of one command */
    BYTES_MAX = 8192,
    PATH_MAX_LEN = 256,
    PARTS_MAX = TOKENS_MAX / 2, /* of a pipeline: between two there is a token */
    STOPPED_MAX = 8,
};

/* The words of a command, and where its redirections stand among the tokens. */
struct command {
    int count;
    char *words[WORDS_MAX + 1];
    char bytes[BYTES_MAX];
    const struct token *first, *end;
};

static bool is_redirection(enum token_kind kind)
{
    return kind == TOKEN_READ || kind == TOKEN_WRITE || kind == TOKEN_APPEND ||
           kind == TOKEN_DUPLICATE;
}

static bool is_in_command(enum token_kind kind)
{
    return kind == TOKEN_WORD || is_redirection(kind);
}

/* ---- is a text understood: checked before any of it is run ---- */

static bool unexpected(const struct token *token)
{
    char shown[TOKEN_SHOWN + 1];
    size_t len = token->len < TOKEN_SHOWN ? token->len : TOKEN_SHOWN;

    memcpy(shown, token->text, len);
    shown[len] = '\0';
    if (token->kind == TOKEN_BACKGROUND)
        print_error("sh: nothing stands before &\n");
    else if (token->kind == TOKEN_END || shown[0] == '\n')
        print_error("sh: something is missing at the end\n");
    else
        print_error("sh: unexpected: %s\n", shown);
    return false;
}

static bool is_word(const struct token *token, const char *word)
{
    return token->kind == TOKEN_WORD && token->len == str_len(word) &&
           memcmp(token->text, word, token->len) == 0;
}

/* A word that begins a command which this shell does not have. */
static bool is_unknown_start(const struct token *token)
{
    static const char *const words[] = {"if", "while", "until", "for", "case", "{", "function"};

    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (is_word(token, words[i]))
            return true;
    for (size_t i = 1; i < token->len && token->kind == TOKEN_WORD; i++) {
        if (token->text[i] == '=')
            return true;
        if (str_has("/'\"$\\-.", token->text[i]))
            return false;
    }
    return false;
}

/* Checks one command; gives what stands behind it. */
static const struct token *check_command(const struct token *at)
{
    const struct token *first = at;

    if (is_word(at, "!"))
        at++;
    if (!is_in_command(at->kind)) {
        unexpected(at);
        return NULL;
    }
    if (is_unknown_start(at)) {
        unexpected(at);
        return NULL;
    }
    for (; is_in_command(at->kind); at++) {
        if (is_redirection(at->kind) && (++at)->kind != TOKEN_WORD) {
            unexpected(at);
            return NULL;
        }
        if (at - first > WORDS_MAX) {
            print_error("sh: more than %d words\n", WORDS_MAX);
            return NULL;
        }
    }
    return at;
}

static bool is_line_end(const struct token *token)
{
    return token->kind == TOKEN_SEPARATOR && token->text[0] == '\n';
}

static bool check(const struct token *at)
{
    bool joined = false; /* something stands before && and the like, or the pipe */

    while (at->kind != TOKEN_END || joined) {
        if (is_line_end(at)) {
            at++;
            continue;
        }
        at = check_command(at);
        if (!at)
            return false;
        joined = at->kind == TOKEN_PIPE || at->kind == TOKEN_AND || at->kind == TOKEN_OR;
        if (at->kind != TOKEN_END)
            at++;
    }
    return true;
}

/* ---- running ---- */

static const struct token *command_end(const struct token *at)
{
    while (is_in_command(at->kind))
        at++;
    return at;
}

/* Expands the words of the command at `at`. False, and an error, if there is no room. */
static bool expand(struct shell *shell, const struct token *at, struct command *command)
{
    const struct words_values values = {shell->status, shell->environment};
    size_t used = 0;

    command->count = 0;
    command->first = at;
    command->end = command_end(at);
    for (; at < command->end; at++) {
        if (is_redirection(at->kind)) {
            at++;
            continue;
        }
        size_t len = words_expand(at, &values, command->bytes + used, BYTES_MAX - used);
        if (len == 0) {
            print_error("sh: more than %d bytes\n", BYTES_MAX);
            return false;
        }
        command->words[command->count++] = command->bytes + used;
        used += len;
    }
    command->words[command->count] = NULL;
    return true;
}

static bool redirect_to(int from, int to)
{
    long result = from == to ? 0 : sys_dup3(from, to, 0);

    if (result < 0)
        print_error("sh: %d: %s\n", from, error_name(result));
    return result >= 0;
}

/* Carries out one redirection in this process. */
static bool redirect(struct shell *shell, const struct token *how)
{
    static const int flags[] = {
        [TOKEN_READ] = O_RDONLY,
        [TOKEN_WRITE] = O_WRONLY | O_CREAT | O_TRUNC,
        [TOKEN_APPEND] = O_WRONLY | O_CREAT | O_APPEND,
    };
    const struct words_values values = {shell->status, shell->environment};
    char path[PATH_MAX_LEN];
    unsigned number;

    if (words_expand(how + 1, &values, path, sizeof(path)) == 0) {
        print_error("sh: a path has at most %d bytes\n", PATH_MAX_LEN - 1);
        return false;
    }
    if (how->kind == TOKEN_DUPLICATE) {
        if (str_equal(path, "-")) {
            sys_close(how->fd);
            return true;
        }
        if (str_to_number(path, 1000, &number))
            return redirect_to((int)number, how->fd);
        print_error("sh: %s: no number of a descriptor\n", path);
        return false;
    }
    long fd = sys_openat(AT_FDCWD, path, flags[how->kind], 0666);
    if (fd < 0) {
        print_error("sh: %s: %s\n", path, error_name(fd));
        return false;
    }
    if (!redirect_to((int)fd, how->fd))
        return false;
    if (fd != how->fd)
        sys_close((int)fd);
    return true;
}

static bool redirect_all(struct shell *shell, const struct command *command)
{
    for (const struct token *at = command->first; at < command->end; at++)
        if (is_redirection(at->kind) && !redirect(shell, at++))
            return false;
    return true;
}

/* Shows how a process ended, if not well and if somebody looks. Returns its status as `exit` and
 * init would have it. */
static int show_end(const struct shell *shell, const char *what, int pid, int status)
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
    if (shell->is_interactive && signal)
        print("%s %d: signal %d%s\n", what, pid, signal, name ? name : "");
    else if (shell->is_interactive && wait_exit_status(status))
        print("%s %d: status %d\n", what, pid, wait_exit_status(status));
    return signal ? STATUS_SIGNAL + signal : wait_exit_status(status);
}

void run_reap(struct shell *shell, bool wait)
{
    int status = 0, pid;

    while ((pid = (int)sys_wait4(-1, &status, wait ? 0 : WNOHANG, 0)) > 0)
        if (show_end(shell, "background", pid, status) == 0 && shell->is_interactive)
            print("background %d: done\n", pid);
}

/* Makes a group the foreground one; without a terminal there is none to make, which is fine. */
static void foreground(int group)
{
    sys_ioctl(0, TIOCSPGRP, &group);
}

/* A pipeline, while its parts are started and until they have ended. */
struct pipeline {
    bool is_background;
    int group; /* the PID of its first part; 0: there is none yet */
    int input; /* what the next part reads from, or -1 */
    int count;
    int pids[PARTS_MAX]; /* 0: it has been waited for */
    char name[TOKEN_SHOWN];
};

/* Those that Ctrl-Z has stopped, the last one last. */
static struct pipeline stopped[STOPPED_MAX];
static int stopped_count;

/* Notes that the pipeline was stopped. false: there is no place for one more. */
static bool note_stop(struct shell *shell, const struct pipeline *line, int signal)
{
    if (stopped_count == STOPPED_MAX)
        return false;
    shell->status = STATUS_SIGNAL + signal;
    stopped[stopped_count++] = *line;
    print("%s %d: stopped; fg goes on with it\n", line->name, line->group);
    return true;
}

/* Waits until all parts have ended, or one was stopped: all are, by the same key. One that finds no
 * place among those that are stopped goes on at once. */
static void wait_for(struct shell *shell, struct pipeline *line)
{
    int status = 0;

    for (int i = 0; i < line->count; i++) {
        int pid = line->pids[i];
        if (pid == 0 || sys_wait4(pid, &status, shell->is_interactive ? WUNTRACED : 0, 0) != pid)
            continue;
        if (wait_is_stop(status)) {
            if (note_stop(shell, line, status >> 8))
                break;
            sys_kill(-line->group, SIGCONT);
            i--;
            continue;
        }
        line->pids[i] = 0;
        if (i == line->count - 1)
            shell->status = show_end(shell, line->name, pid, status);
    }
    if (shell->is_interactive)
        foreground((int)sys_getpgid(0));
}

static int go_on_with_stopped(struct shell *shell)
{
    struct pipeline line;

    if (stopped_count == 0) {
        print_error("sh: nothing was stopped\n");
        return 1;
    }
    line = stopped[--stopped_count];
    print("%s\n", line.name);
    foreground(line.group);
    sys_kill(-line.group, SIGCONT);
    wait_for(shell, &line);
    return shell->status;
}

static void help(void)
{
    print(
        "PROGRAM [ARGUMENT]...  runs a program of /bin, or of any path with a slash in it\n"
        "A | B   A && B   A || B   A; B   ! A   A &   also A < FILE, A > FILE, A 2>&1\n"
        "wait                   waits for everything in the background, and for what was stopped\n"
        "fg                     goes on with what was stopped last\n"
        "exit [STATUS]          ends the shell; Eft ends with its first one\n"
        "help                   prints this\n");
    print("Ctrl-C ends the program in the foreground, Ctrl-Z stops it, Ctrl-D ends the shell;\n"
          "Ctrl-T shows what runs; Ctrl-A x leaves Eft. Programs: echo hello lifecycle many sh "
          "sleep story\n");
}

static int exit_shell(const struct shell *shell, char **words, int count)
{
    unsigned status = (unsigned)shell->status;

    if (count > 2 || (count == 2 && !str_to_number(words[1], 255, &status))) {
        print_error("sh: exit takes one number from 0 to 255\n");
        return STATUS_USAGE;
    }
    sys_leave((int)status);
}

/* Does what the shell does by itself; false: the words name a program. */
static bool run_builtin(struct shell *shell, const struct command *command)
{
    const char *name = command->count > 0 ? command->words[0] : ":";
    int status = 0;

    if (str_equal(name, "exit")) {
        status = exit_shell(shell, (char **)(uint64_t)command->words, command->count);
    } else if (str_equal(name, "wait")) {
        while (stopped_count > 0)
            sys_kill(-stopped[--stopped_count].group, SIGCONT);
        run_reap(shell, true);
    } else if (str_equal(name, "fg")) {
        status = go_on_with_stopped(shell);
    } else if (str_equal(name, "help")) {
        help();
    } else if (str_equal(name, "false")) {
        status = 1;
    } else if (!str_equal(name, "true") && !str_equal(name, ":")) {
        return false;
    }
    shell->status = status;
    return true;
}

static _Noreturn void become(struct shell *shell, const struct command *command)
{
    char path[PATH_MAX_LEN] = "/bin/";
    const char *file = command->words[0];
    long error = -ENAMETOOLONG;

    if (str_has(file, '/')) {
        error = sys_execve(file, command->words, shell->environment);
    } else if (str_len(file) < PATH_MAX_LEN - sizeof("/bin/")) {
        memcpy(path + str_len(path), file, str_len(file) + 1);
        error = sys_execve(path, command->words, shell->environment);
    }
    print_error("sh: %s: %s\n", file, error == -ENOENT ? "not found" : error_name(error));
    sys_leave(error == -ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_STARTED);
}

/* The child that is one part of a pipeline. */
static _Noreturn void run_part(struct shell *shell, const struct token *at)
{
    static struct command command;

    if (!expand(shell, at, &command))
        sys_leave(STATUS_USAGE);
    if (!redirect_all(shell, &command))
        sys_leave(1);
    if (run_builtin(shell, &command))
        sys_leave(shell->status);
    become(shell, &command);
}

static void join_group(const struct shell *shell, const struct pipeline *line, int pid)
{
    if (!shell->is_interactive)
        return;
    sys_setpgid(pid, line->group);
    if (!line->is_background)
        foreground(line->group ? line->group : (int)sys_getpid());
}

static void move(int from, int to)
{
    if (from >= 0 && from != to) {
        sys_dup3(from, to, 0);
        sys_close(from);
    }
}

/* Starts the part at `at`, whose output goes into a pipe if more follows. */
static bool start_part(struct shell *shell, struct pipeline *line, const struct token *at,
                       bool more)
{
    int ends[2] = {-1, -1};
    long error = more ? sys_pipe2(ends, 0) : 0;
    int pid = error < 0 ? (int)error : sys_fork();

    if (pid == 0) {
        join_group(shell, line, 0);
        move(line->input, 0);
        if (more)
            sys_close(ends[0]);
        move(ends[1], 1);
        run_part(shell, at);
    }
    if (line->input >= 0)
        sys_close(line->input);
    if (more && error >= 0)
        sys_close(ends[1]);
    line->input = ends[0];
    if (pid < 0) {
        print_error("sh: cannot start %s: %s\n", line->name, error_name(pid));
        return false;
    }
    /* The child does the same: whoever comes first, it is done before either needs it. */
    join_group(shell, line, pid);
    if (line->group == 0) {
        line->group = pid;
        if (shell->is_interactive && !line->is_background)
            foreground(pid);
    }
    line->pids[line->count++] = pid;
    return true;
}

/* Runs the commands from `at` to `end`, which are joined by pipes, each as a child. */
static void start_pipeline(struct shell *shell, const struct token *at, const struct token *end,
                           bool background)
{
    struct pipeline line = {.is_background = background, .input = -1};
    const struct words_values values = {shell->status, shell->environment};
    bool started = true;

    if (words_expand(at, &values, line.name, sizeof(line.name)) == 0)
        line.name[0] = '\0';
    while (started && at < end) {
        const struct token *behind = command_end(at);
        started = start_part(shell, &line, at, behind->kind == TOKEN_PIPE);
        at = behind + 1;
        while (is_line_end(at) && at < end)
            at++;
    }
    if (line.input >= 0)
        sys_close(line.input);
    if (background && started && shell->is_interactive)
        print("background %d: %s\n", line.pids[line.count - 1], line.name);
    if (!background)
        wait_for(shell, &line);
    if (!started)
        shell->status = STATUS_NOT_STARTED;
}

/* The end of the pipeline at `at`: the first token behind it. */
static const struct token *pipeline_end(const struct token *at)
{
    bool piped = false;

    while (is_in_command(at->kind) || at->kind == TOKEN_PIPE || (piped && is_line_end(at))) {
        piped = at->kind == TOKEN_PIPE || (piped && is_line_end(at));
        at++;
    }
    return at;
}

static bool is_plain(const struct token *at, const struct token *end)
{
    for (; at < end; at++)
        if (at->kind != TOKEN_WORD)
            return false;
    return true;
}

static void run_pipeline(struct shell *shell, const struct token *at, const struct token *end)
{
    static struct command command;
    bool background = end->kind == TOKEN_BACKGROUND;
    bool negated = is_word(at, "!");

    at += negated;
    /* What the shell does by itself it does here, unless it has redirections or pipes. */
    if (!background && is_plain(at, end)) {
        if (!expand(shell, at, &command))
            shell->status = STATUS_USAGE;
        else if (!run_builtin(shell, &command))
            start_pipeline(shell, at, end, false);
    } else {
        start_pipeline(shell, at, end, background);
        if (background)
            shell->status = 0;
    }
    if (negated)
        shell->status = !shell->status;
}

void run_text(struct shell *shell, const char *text)
{
    static struct token tokens[TOKENS_MAX];
    bool runs = true;

    if (!words_cut(text, tokens) || !check(tokens)) {
        shell->status = STATUS_USAGE;
        return;
    }
    for (const struct token *at = tokens; at->kind != TOKEN_END;) {
        if (is_line_end(at)) {
            at++;
            continue;
        }
        const struct token *end = pipeline_end(at);
        if (runs)
            run_pipeline(shell, at, end);
        if (end->kind == TOKEN_AND)
            runs = shell->status == 0;
        else if (end->kind == TOKEN_OR)
            runs = shell->status != 0;
        else
            runs = true;
        at = end->kind == TOKEN_END ? end : end + 1;
    }
}
