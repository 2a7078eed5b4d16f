#include "fuzz/driver/help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void help_if_asked(int argc, char **argv, const char *usage)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            fputs(usage, stdout);
            exit(0);
        }
    }
}
