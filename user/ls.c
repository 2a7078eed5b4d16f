/* Lists the names in a directory, one a line, in their order there. */
#include "lib/print.h"
#include "lib/start.h"
#include "lib/sys.h"

int main(int argc, char **argv, char **envp)
{
    static char buffer[4096] __attribute__((aligned(8)));
    const char *path = argc > 1 ? argv[1] : ".";
    int fd = (int)sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
    long len = fd;

    (void)envp;
    while (fd >= 0 && (len = sys_getdents64(fd, buffer, sizeof(buffer))) > 0) {
        for (long at = 0; at < len;) {
            const struct abi_dirent *entry = (const void *)(buffer + at);
            if (entry->d_name[0] != '.')
                print("%s\n", entry->d_name);
            at += entry->d_reclen;
        }
    }
    if (len < 0)
        print_error("ls: %s: %s\n", path, error_name(len));
    return len < 0;
}
