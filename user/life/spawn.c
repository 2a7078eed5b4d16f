/* spawn: Eft's own call. */
#include "life.h"

void check_spawn(void)
{
    const char *words[] = {"lifecycle", "-status", "7", NULL};
    struct abi_spawn request = {.path = ADDR(self), .argv = ADDR(words)};

    if (!is_eft()) {
        skip("spawn", "it is Eft's own call");
        return;
    }
    check_is(await((int)sys_spawn(&request)), exited(7), "spawn: runs a program in a new process");
    request.path = ADDR("/none");
    check_is(sys_spawn(&request), -ENOENT, "spawn: no such file gives ENOENT");
    request.path = 0;
    check_is(sys_spawn(&request), -EINVAL, "spawn: neither path nor image gives EINVAL");
    request = (struct abi_spawn){.path = ADDR(self), .argv = ADDR(words), .flags = 1};
    check_is(sys_spawn(&request), -EINVAL, "spawn: an unknown flag gives EINVAL");
    check_is(sys_spawn((struct abi_spawn *)BAD_ADDRESS), -EFAULT,
             "spawn: a bad address gives EFAULT");
    check_is(sys_wait4(-1, NULL, 0, NULL), -ECHILD, "spawn: one that fails leaves no child");
}
