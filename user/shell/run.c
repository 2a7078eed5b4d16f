#include "run.h"

#include "jobs.h"
#include "lib/print.h"
#include "lib/str.h"
#include "lib/sys.h"
#include "words.h"

enum {
    WORDS_MAX = 64, /* of one command */
    BYTES_MAX = 8192,
    PATH_MAX_LEN = 256,
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

static void help(void)
{
    print(
        "PROGRAM [ARGUMENT]...  runs a program of /bin, or of any path with a slash in it\n"
        "A | B   A && B   A || B   A; B   ! A   A &   also A < FILE, A > FILE, A 2>&1\n"
        "wait                   waits until nothing runs in the background\n"
        "jobs                   lists what runs in the background and what was stopped\n"
        "fg [JOB]   bg [JOB]    goes on with what was stopped last, in front or in the background\n"
        "kill [-SIGNAL] PID     sends a signal, SIGTERM by itself; %%1 is the first of the jobs\n"
        "exit [STATUS]          ends the shell; Eft ends with its first one\n"
        "help                   prints this\n");
    print("Ctrl-C ends the program in the foreground, Ctrl-Z stops it, Ctrl-D ends the shell;\n"
          "Ctrl-T shows what runs; Ctrl-A x leaves Eft. Programs: echo hello lifecycle many sh "
          "sleep story\n");
}

static int exit_shell(const struct shell *shell, char *const *words, int count)
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
        status = exit_shell(shell, command->words, command->count);
    } else if (str_equal(name, "wait")) {
        status = jobs_builtin_wait(shell);
    } else if (str_equal(name, "jobs")) {
        status = jobs_builtin_jobs();
    } else if (str_equal(name, "fg")) {
        status = jobs_builtin_fg(shell, command->words, command->count);
    } else if (str_equal(name, "bg")) {
        status = jobs_builtin_bg(shell, command->words, command->count);
    } else if (str_equal(name, "kill")) {
        status = jobs_builtin_kill(command->words, command->count);
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

    shell->is_interactive = false; /* the jobs are not its children */
    if (!expand(shell, at, &command))
        sys_leave(STATUS_USAGE);
    if (!redirect_all(shell, &command))
        sys_leave(1);
    if (run_builtin(shell, &command))
        sys_leave(shell->status);
    become(shell, &command);
}

static void join_group(const struct shell *shell, const struct job *job, int pid)
{
    if (!shell->is_interactive)
        return;
    sys_setpgid(pid, job->group);
    if (!job->is_background)
        jobs_foreground(job->group ? job->group : (int)sys_getpid());
}

static void move(int from, int to)
{
    if (from >= 0 && from != to) {
        sys_dup3(from, to, 0);
        sys_close(from);
    }
}

/* Starts the part at `at`, which reads from *input if that is not -1; if more follows, its output
 * goes into a pipe, whose other end is *input then. */
static bool start_part(struct shell *shell, struct job *job, int *input, const struct token *at,
                       bool more)
{
    int ends[2] = {-1, -1};
    long error = more ? sys_pipe2(ends, 0) : 0;
    int pid = error < 0 ? (int)error : sys_fork();

    if (pid == 0) {
        join_group(shell, job, 0);
        job->is_used = false; /* of the jobs that it knows, it is none */
        move(*input, 0);
        if (more)
            sys_close(ends[0]);
        move(ends[1], 1);
        run_part(shell, at);
    }
    if (*input >= 0)
        sys_close(*input);
    if (more && error >= 0)
        sys_close(ends[1]);
    *input = ends[0];
    if (pid < 0) {
        print_error("sh: cannot start %s: %s\n", job->name, error_name(pid));
        return false;
    }
    jobs_add_part(job, pid);
    /* The child does the same: whoever comes first, it is done before either needs it. */
    join_group(shell, job, pid);
    return true;
}

/* Starts the commands from `at` to `end`, which are joined by pipes, each as a child. */
static bool start_parts(struct shell *shell, struct job *job, const struct token *at,
                        const struct token *end)
{
    int input = -1;
    bool started = true;

    while (started && at < end) {
        const struct token *behind = command_end(at);
        started = start_part(shell, job, &input, at, behind->kind == TOKEN_PIPE);
        at = behind + 1;
        while (is_line_end(at) && at < end)
            at++;
    }
    if (input >= 0)
        sys_close(input);
    jobs_started(job);
    return started;
}

static void run_job(struct shell *shell, const struct token *at, const struct token *end,
                    bool background)
{
    const struct words_values values = {shell->status, shell->environment};
    /* Without a console nobody asks for it later. */
    struct job alone = {.is_background = background};
    struct job *job = shell->is_interactive ? jobs_take(shell, background) : &alone;

    if (!job) {
        shell->status = STATUS_NOT_STARTED;
        return;
    }
    if (words_expand(at, &values, job->name, sizeof(job->name)) == 0)
        job->name[0] = '\0';
    bool started = start_parts(shell, job, at, end);
    if (background && started && shell->is_interactive)
        print("background %d: %s\n", job->parts[job->count - 1].pid, job->name);
    if (background)
        shell->status = 0;
    else
        jobs_wait(shell, job);
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
            run_job(shell, at, end, false);
    } else {
        run_job(shell, at, end, background);
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
