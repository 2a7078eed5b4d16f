/*
 * The first process: starts /bin/sh, or the program that its arguments name, and reaps every child
 * and orphan until that program ends. Its status is then that program's, 128 + n after signal n.
 */
#include "lib/print.h"
#include "lib/start.h"
#include "lib/sys.h"
#include "lib/wait.h"

enum { STATUS_NOT_STARTED = 127, STATUS_SIGNAL = 128 };

static _Noreturn void run(char **argv, char **envp)
{
    long error = sys_execve(argv[0], argv, envp);

    print("init: %s: %s\n", argv[0], error_name(error));
    sys_leave(STATUS_NOT_STARTED);
}

int main(int argc, char **argv, char **envp)
{
    static char shell_path[] = "/bin/sh";
    static char *shell[] = {shell_path, NULL};
    int ended, status = 0;

    int program = sys_fork();
    if (program == 0)
        run(argc > 1 ? argv + 1 : shell, envp);
    if (program < 0) {
        print("init: cannot start the first program: %s\n", error_name(program));
        return STATUS_NOT_STARTED;
    }
    do {
        ended = (int)sys_wait4(-1, &status, 0, 0);
    } while (ended != program);
    int signal = wait_signal(status);
    return signal ? STATUS_SIGNAL + signal : wait_exit_status(status);
}
