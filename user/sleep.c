/* Sleeps for as many seconds as it is told. */
#include "lib/print.h"
#include "lib/start.h"
#include "lib/str.h"
#include "lib/sys.h"

enum { STATUS_USAGE = 2 };

int main(int argc, char **argv, char **envp)
{
    struct abi_timespec time = {0, 0};

    (void)envp;
    for (const char *at = argc == 2 ? argv[1] : "x"; *at; at++) {
        if (*at < '0' || *at > '9' || time.tv_sec > 1000000000) {
            print("sleep takes one number, of seconds\n");
            return STATUS_USAGE;
        }
        time.tv_sec = time.tv_sec * 10 + (*at - '0');
    }
    return sys_nanosleep(&time, NULL) == 0 ? 0 : 1;
}
