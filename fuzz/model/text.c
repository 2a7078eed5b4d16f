#include "fuzz/model/text.h"

#include "fuzz/model/memory.h"

int64_t text_length(struct proc *proc, uint64_t at, uint64_t capacity)
{
    uint8_t bytes[256];

    for (uint64_t done = 0, count; done < capacity; done += count) {
        uint64_t in_page = PAGE - ((at + done) & (PAGE - 1));
        count = least(least(in_page, sizeof(bytes)), capacity - done);
        if (!memory_read(proc, at + done, bytes, count)) {
            return -EFAULT;
        }
        for (uint64_t i = 0; i < count; i++) {
            if (bytes[i] == 0) {
                return (int64_t)(done + i);
            }
        }
    }
    return -ENAMETOOLONG;
}

int text_read_path(struct proc *proc, uint64_t at, char path[TEXT_PATH_MAX])
{
    int64_t len = text_length(proc, at, TEXT_PATH_MAX);

    path[0] = '\0';
    if (len < 0) {
        return (int)len;
    }
    memory_look(memory_of(proc), at, path, (uint64_t)len + 1);
    return len == 0 ? -ENOENT : 0;
}
