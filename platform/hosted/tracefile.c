#include "tracefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "platform/platform.h"

enum { BUFFER_BYTES = 1 << 16 };

static struct {
    int fd; /* -1: none */
    size_t len;
    char bytes[BUFFER_BYTES];
} tracefile = {.fd = -1};

void (*tracefile_sink)(const char *bytes, size_t len);

void tracefile_flush(void)
{
    size_t done = 0;

    while (tracefile.fd >= 0 && done < tracefile.len) {
        ssize_t count = write(tracefile.fd, tracefile.bytes + done, tracefile.len - done);
        if (count < 0 && errno != EINTR) {
            static const char words[] = "eft: cannot write the trace: it ends here\n";
            ssize_t ignored = write(STDERR_FILENO, words, sizeof(words) - 1);
            (void)ignored;
            tracefile.fd = -1;
        }
        done += count > 0 ? (size_t)count : 0;
    }
    tracefile.len = 0;
}

bool plat_trace_open(const char *path)
{
    tracefile_flush();
    if (tracefile.fd >= 0) {
        close(tracefile.fd); /* of the machine before this one */
    }
    tracefile.fd = -1;
    tracefile.len = 0;
    if (tracefile_sink) {
        return true;
    }
    tracefile.fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    return tracefile.fd >= 0;
}

void plat_trace_write(const char *bytes, size_t len)
{
    if (tracefile_sink) {
        tracefile_sink(bytes, len);
        return;
    }
    while (len > 0 && tracefile.fd >= 0) {
        size_t room = BUFFER_BYTES - tracefile.len;
        size_t count = len < room ? len : room;

        memcpy(tracefile.bytes + tracefile.len, bytes, count);
        tracefile.len += count;
        bytes += count;
        len -= count;
        if (tracefile.len == BUFFER_BYTES) {
            tracefile_flush();
        }
    }
}
