/*
 * Who has the turn: three children, each nicer than the one before it, write a letter whenever they
 * have come round. What is on the console shows the scheduler.
 */
#include "lib/print.h"
#include "lib/start.h"
#include "lib/sys.h"

enum { CHILDREN = 3, TURNS = 4, STATUS_FAILED = 1 };

static _Noreturn void take_turns(char letter)
{
    for (unsigned i = 0; i < TURNS; i++) {
        if (sys_write(1, &letter, 1) != 1)
            sys_exit_group(STATUS_FAILED);
        sys_sched_yield();
    }
    sys_exit_group(0);
    __builtin_unreachable();
}

int main(int argc, char **argv, char **envp)
{
    int failed = 0;

    (void)argc, (void)argv, (void)envp;
    sys_setpriority(PRIO_PROCESS, 0, NICE_MIN); /* nobody runs before all are there */
    for (int i = CHILDREN - 1; i >= 0; i--) {
        int pid = sys_fork();
        if (pid == 0) {
            sys_setpriority(PRIO_PROCESS, 0, i);
            take_turns((char)('a' + i));
        }
        failed |= pid < 0 || sys_setpriority(PRIO_PROCESS, pid, i) != 0;
    }
    for (int i = 0; i < CHILDREN; i++) {
        int status = 0;
        failed |= sys_wait4(-1, &status, 0, NULL) < 0 || status != 0;
    }
    print("\n");
    return failed ? STATUS_FAILED : 0;
}
