/* Writes files, or what it reads itself, to descriptor 1. */
#include "lib/print.h"
#include "lib/start.h"
#include "lib/sys.h"

static int fail(const char *name, long error)
{
    print_error("cat: %s: %s\n", name, error_name(error));
    return 1;
}

static int copy(int fd, const char *name)
{
    static char buffer[4096];
    long len;

    while ((len = sys_read(fd, buffer, sizeof(buffer))) > 0) {
        for (long done = 0, count; done < len; done += count) {
            count = sys_write(1, buffer + done, (size_t)(len - done));
            if (count < 0)
                return fail("what it writes", count);
        }
    }
    return len < 0 ? fail(name, len) : 0;
}

int main(int argc, char **argv, char **envp)
{
    int status = 0;

    (void)envp;
    if (argc == 1)
        return copy(0, "what it reads");
    for (int i = 1; i < argc; i++) {
        int fd = (int)sys_openat(AT_FDCWD, argv[i], O_RDONLY, 0);
        status |= fd < 0 ? fail(argv[i], fd) : copy(fd, argv[i]);
        if (fd >= 0)
            sys_close(fd);
    }
    return status;
}
