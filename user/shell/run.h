/* Running the commands of a text. */
#ifndef SHELL_RUN_H
#define SHELL_RUN_H

#include <stdbool.h>

enum {
    STATUS_USAGE = 2, /* of a text that is not understood too */
    STATUS_NOT_STARTED = 126,
    STATUS_NOT_FOUND = 127,
    STATUS_SIGNAL = 128,
};

struct shell {
    bool is_interactive; /* programs get groups of their own, and how they end is shown */
    int status;          /* of the last command */
    char **environment;
};

/* Runs a text: lists of pipelines. One that is not understood gives an error and the status 2, and
 * nothing of it is run. */
void run_text(struct shell *shell, const char *text);

#endif
