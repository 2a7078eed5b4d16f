/* A program with a C library, for the kernel to run as it is: it allocates, prints numbers of every
 * kind, and says what it was given. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int main(int argc, char **argv)
{
    size_t size = 1 << 20;
    char *bytes = malloc(size);

    if (!bytes)
        return 1;
    memset(bytes, 'x', size);
    bytes[10] = bytes[size - 1] = '\0';
    printf("hello from glibc: %d %s %zu %.6f %e %g\n", -42, bytes, strlen(bytes + 11), 3.14159265,
           1e100 / 3, strtod("0.1", NULL));
    free(bytes);
    qsort(argv + 1, (size_t)argc - 1, sizeof(*argv), compare);
    for (int i = 1; i < argc; i++)
        printf("%s ", argv[i]);
    printf("pid %d, home %s\n", getpid(), getenv("HOME"));
    return 7;
}
