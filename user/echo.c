/* Prints its arguments. It is position-independent, and its table below needs relocations. */
#include "lib/print.h"
#include "lib/start.h"

static const char *const separators[] = {" ", "\n"};

int main(int argc, char **argv, char **envp)
{
    (void)envp;
    for (int i = 1; i < argc; i++)
        print("%s%s", argv[i], separators[i == argc - 1]);
    if (argc <= 1)
        print("%s", separators[1]);
    return 0;
}
