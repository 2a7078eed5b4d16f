/* Says that it was started, and as whom. */
#include "lib/print.h"
#include "lib/start.h"
#include "lib/sys.h"

int main(int argc, char **argv, char **envp)
{
    (void)argc, (void)argv, (void)envp;
    print("[hello] I was spawned!\n");
    print("[hello] My PID is: %d\n", (int)sys_getpid());
    print("[hello] Goodbye!\n");
    return 0;
}
