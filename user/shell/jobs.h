/*
 * The jobs of a shell at the console: pipelines, each a process group, from their start until all
 * parts have ended and were waited for. One that is stopped stays until fg, bg or a signal.
 */
#ifndef SHELL_JOBS_H
#define SHELL_JOBS_H

#include <stdbool.h>

#include "run.h"
#include "words.h"

enum {
    JOB_PARTS_MAX = TOKENS_MAX / 2, /* of a pipeline: between two there is a token */
};

enum part_state {
    PART_GONE, /* it has been waited for */
    PART_RUNS,
    PART_STOPPED,
};

struct part {
    int pid;
    enum part_state state;
};

struct job {
    bool is_used;
    bool is_background;
    int group; /* the PID of its first part; 0: there is none yet */
    int count;
    int status;    /* of its last part, when that has ended or stopped */
    unsigned turn; /* when it was started in the background or stopped, among all */
    struct part parts[JOB_PARTS_MAX];
    char name[TOKEN_SHOWN];
};

/* A place for one more. There is always one for the foreground, as long as only one runs there; for
 * the background NULL, and one line of error, if there are as many as may be. */
struct job *jobs_take(struct shell *shell, bool is_background);

/* Adds a part that was started. */
void jobs_add_part(struct job *job, int pid);

/* Says that all parts were started. One of which nothing was gives its place back. */
void jobs_started(struct job *job);

/* Waits until the job has ended, and gives its place back, or until all that is left of it is
 * stopped. Sets the shell's status. At the console the shell is the foreground group again. */
void jobs_wait(struct shell *shell, struct job *job);

/* Notes, and shows, what has ended or stopped in the background since. */
void jobs_look(struct shell *shell);

/* Makes a group the foreground one; without a terminal there is none to make, which is fine. */
void jobs_foreground(int group);

/* What wait, jobs, fg, bg and kill do; words[0] is the name. They return a status. */
int jobs_builtin_wait(struct shell *shell);
int jobs_builtin_jobs(void);
int jobs_builtin_fg(struct shell *shell, char *const *words, int count);
int jobs_builtin_bg(struct shell *shell, char *const *words, int count);
int jobs_builtin_kill(char *const *words, int count);

#endif
