#include "jobs.h"

#include "lib/print.h"
#include "lib/str.h"
#include "lib/sys.h"
#include "lib/wait.h"

enum {
    JOBS_MAX = 16, /* in the background or stopped */
    PID_MAX = 1 << 22,
};

/* Number 1 is jobs[0]. One place more than jobs that stay: that of what runs in the foreground. */
static struct job jobs[JOBS_MAX + 1];
static unsigned turns;

static const char *const signals[] = {
    [SIGHUP] = "HUP",   [SIGINT] = "INT",   [SIGQUIT] = "QUIT", [SIGILL] = "ILL",
    [SIGTRAP] = "TRAP", [SIGABRT] = "ABRT", [SIGBUS] = "BUS",   [SIGFPE] = "FPE",
    [SIGKILL] = "KILL", [SIGUSR1] = "USR1", [SIGSEGV] = "SEGV", [SIGUSR2] = "USR2",
    [SIGPIPE] = "PIPE", [SIGALRM] = "ALRM", [SIGTERM] = "TERM", [SIGCHLD] = "CHLD",
    [SIGCONT] = "CONT", [SIGSTOP] = "STOP", [SIGTSTP] = "TSTP", [SIGTTIN] = "TTIN",
    [SIGTTOU] = "TTOU",
};

enum {
    SIGNALS_NAMED = sizeof(signals) / sizeof(signals[0]),
    PLACES = sizeof(jobs) / sizeof(jobs[0]),
};

static int used_count(void)
{
    int count = 0;

    for (unsigned i = 0; i < PLACES; i++)
        count += jobs[i].is_used;
    return count;
}

struct job *jobs_take(struct shell *shell, bool is_background)
{
    unsigned i = 0;

    if (is_background && used_count() >= JOBS_MAX)
        jobs_look(shell); /* one of them may have ended */
    if (is_background && used_count() >= JOBS_MAX) {
        print_error("sh: more than %d jobs\n", JOBS_MAX);
        return NULL;
    }
    while (jobs[i].is_used)
        i++;
    jobs[i] = (struct job){.is_used = true, .is_background = is_background};
    return &jobs[i];
}

void jobs_add_part(struct job *job, int pid)
{
    if (job->group == 0)
        job->group = pid;
    job->parts[job->count++] = (struct part){pid, PART_RUNS};
}

void jobs_started(struct job *job)
{
    job->is_used = job->count > 0;
    job->turn = ++turns;
}

void jobs_foreground(int group)
{
    sys_ioctl(0, TIOCSPGRP, &group);
}

static struct part *first_that(struct job *job, enum part_state state)
{
    for (int i = 0; i < job->count; i++)
        if (job->parts[i].state == state)
            return &job->parts[i];
    return NULL;
}

static bool is_stopped(struct job *job)
{
    return job->is_used && !first_that(job, PART_RUNS) && first_that(job, PART_STOPPED);
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

/* Shows the end of a part: in the foreground of the last one, which the job's status is of. */
static void note_end(const struct shell *shell, struct job *job, struct part *part, int status)
{
    bool is_last = part == &job->parts[job->count - 1];
    int shown = 0;

    part->state = PART_GONE;
    if (job->is_background)
        shown = show_end(shell, "background", part->pid, status);
    else if (is_last)
        shown = show_end(shell, job->name, part->pid, status);
    if (is_last)
        job->status = shown;
    if (job->is_background && shown == 0 && shell->is_interactive)
        print("background %d: done\n", part->pid);
}

static void go_on(struct job *job)
{
    for (int i = 0; i < job->count; i++)
        if (job->parts[i].state == PART_STOPPED)
            job->parts[i].state = PART_RUNS;
    sys_kill(-job->group, SIGCONT);
}

/* All that was left of a job has stopped: it stays, if there is room for one more. */
static void note_stop(struct job *job)
{
    if (!job->is_background && used_count() > JOBS_MAX) {
        print_error("sh: more than %d jobs: %s goes on\n", JOBS_MAX, job->name);
        go_on(job);
        return;
    }
    job->is_background = true;
    job->turn = ++turns;
    print("%s %d: stopped; fg goes on with it\n", job->name, job->group);
}

/* Notes what wait4 said of a child. A job stops with the last part of it that ran. */
static void note(const struct shell *shell, struct job *job, struct part *part, int status)
{
    bool was_running = first_that(job, PART_RUNS);

    if (wait_is_continued(status)) {
        part->state = PART_RUNS;
    } else if (wait_is_stop(status)) {
        part->state = PART_STOPPED;
        if (part == &job->parts[job->count - 1])
            job->status = STATUS_SIGNAL + wait_stop_signal(status);
    } else {
        note_end(shell, job, part, status);
    }
    job->is_used = first_that(job, PART_RUNS) || first_that(job, PART_STOPPED);
    if (was_running && is_stopped(job))
        note_stop(job);
}

/* Waits for what happens next to a part that is not gone, or to any; false: nothing does. */
static bool wait_once(const struct shell *shell, struct job *job, int pid, int flags)
{
    int status = 0;

    if (shell->is_interactive)
        flags |= WUNTRACED | WCONTINUED;
    pid = (int)sys_wait4(pid, &status, (unsigned)flags, 0);
    if (pid <= 0)
        return false;
    for (struct job *at = job ? job : jobs; at < (job ? job + 1 : jobs + PLACES); at++)
        for (int i = 0; i < at->count && at->is_used; i++)
            if (at->parts[i].pid == pid && at->parts[i].state != PART_GONE) {
                note(shell, at, &at->parts[i], status);
                return true;
            }
    return true;
}

/* Notes what has happened to the job's parts. */
static void refresh(const struct shell *shell, struct job *job)
{
    for (int i = 0; i < job->count; i++)
        while (job->parts[i].state != PART_GONE &&
               wait_once(shell, job, job->parts[i].pid, WNOHANG))
            ;
}

void jobs_wait(struct shell *shell, struct job *job)
{
    struct part *part;

    refresh(shell, job);
    while ((part = first_that(job, PART_RUNS))) {
        if (!wait_once(shell, job, part->pid, 0))
            part->state = PART_GONE; /* whoever ignores SIGCHLD is not told how it ended */
        refresh(shell, job);
    }
    job->is_used = first_that(job, PART_STOPPED);
    shell->status = job->status;
    if (shell->is_interactive)
        jobs_foreground((int)sys_getpgid(0));
}

void jobs_look(struct shell *shell)
{
    while (wait_once(shell, NULL, -1, WNOHANG))
        ;
}

/* ---- what the shell does by itself ---- */

static struct job *first_running(void)
{
    for (unsigned i = 0; i < PLACES; i++)
        if (jobs[i].is_used && first_that(&jobs[i], PART_RUNS))
            return &jobs[i];
    return NULL;
}

int jobs_builtin_wait(struct shell *shell)
{
    jobs_look(shell);
    while ((!shell->is_interactive || first_running()) && wait_once(shell, NULL, -1, 0))
        jobs_look(shell);
    return 0;
}

/* What fg and bg mean if nothing is named: what was stopped last, else what was started last. */
static struct job *current(bool only_stopped)
{
    struct job *best = NULL;

    for (struct job *at = jobs; at < jobs + PLACES; at++) {
        if (!at->is_used || (only_stopped && !is_stopped(at)))
            continue;
        if (!best || is_stopped(at) > is_stopped(best) ||
            (is_stopped(at) == is_stopped(best) && at->turn > best->turn))
            best = at;
    }
    return best;
}

/* The job that `%number` means, or for fg and bg `number`; NULL, and one line of error. */
static struct job *named(const char *word)
{
    unsigned number = 0;

    if (str_to_number(word + (word[0] == '%'), PLACES, &number) && number > 0 &&
        jobs[number - 1].is_used)
        return &jobs[number - 1];
    print_error("sh: %s: no such job\n", word);
    return NULL;
}

/* The job that fg or bg is for; NULL, and one line of error. */
static struct job *chosen(struct shell *shell, char *const *words, int count, bool only_stopped)
{
    if (!shell->is_interactive) {
        print_error("sh: %s: only at the console\n", words[0]);
        return NULL;
    }
    jobs_look(shell);
    if (count == 2)
        return named(words[1]);
    if (count > 2) {
        print_error("sh: %s takes one job\n", words[0]);
        return NULL;
    }
    struct job *job = current(only_stopped);
    if (!job)
        print_error("sh: nothing was stopped\n");
    return job;
}

int jobs_builtin_fg(struct shell *shell, char *const *words, int count)
{
    struct job *job = chosen(shell, words, count, false);

    if (!job)
        return 1;
    print("%s\n", job->name);
    job->is_background = false;
    jobs_foreground(job->group);
    go_on(job);
    jobs_wait(shell, job);
    return shell->status;
}

int jobs_builtin_bg(struct shell *shell, char *const *words, int count)
{
    struct job *job = chosen(shell, words, count, true);

    if (!job)
        return 1;
    print("background %d: %s\n", job->parts[job->count - 1].pid, job->name);
    go_on(job);
    return 0;
}

int jobs_builtin_jobs(void)
{
    for (unsigned i = 0; i < PLACES; i++)
        if (jobs[i].is_used)
            print("%%%d %d %s %s\n", (int)i + 1, jobs[i].group,
                  is_stopped(&jobs[i]) ? "stopped" : "runs", jobs[i].name);
    return 0;
}

/* The signal of `-9` or `-KILL`; -1: there is none. */
static int signal_named(const char *word)
{
    unsigned number = 0;

    if (str_to_number(word, SIGNAL_MAX, &number))
        return (int)number;
    for (int i = 0; i < SIGNALS_NAMED; i++)
        if (signals[i] && str_equal(word, signals[i]))
            return i;
    return -1;
}

/* Sends a signal to the job or process that a word means; false, and one line of error. */
static bool kill_one(const char *word, int signal)
{
    const struct job *job = NULL;
    unsigned pid = 0;

    if (word[0] == '%' && !(job = named(word)))
        return false;
    if (!job && !str_to_number(word + (word[0] == '-'), PID_MAX, &pid)) {
        print_error("sh: %s: no PID, and no job\n", word);
        return false;
    }
    int whom = job ? -job->group : word[0] == '-' ? -(int)pid : (int)pid;
    long error = sys_kill(whom, signal);
    if (error < 0)
        print_error("sh: kill %s: %s\n", word, error_name(error));
    return error >= 0;
}

int jobs_builtin_kill(char *const *words, int count)
{
    int at = 1, signal = SIGTERM, status = 0;

    if (count > 1 && words[1][0] == '-') {
        signal = signal_named(words[1] + 1);
        at = 2;
    }
    if (at >= count || signal < 0) {
        print_error("sh: kill takes a signal, like -9 or -KILL, and PIDs or jobs\n");
        return STATUS_USAGE;
    }
    for (; at < count; at++)
        if (!kill_one(words[at], signal))
            status = 1;
    return status;
}
