#include "host.h"

#include <stddef.h>
#include <sys/mman.h>

void *host_map(struct host_map *map, uint64_t size)
{
    if (map->at && map->size == size && madvise(map->at, size, MADV_DONTNEED) == 0) {
        return map->at;
    }
    if (map->at) {
        munmap(map->at, map->size);
    }
    *map = (struct host_map){0};
    if (size == 0) {
        return NULL;
    }
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                    -1, 0);
    if (at != MAP_FAILED) {
        *map = (struct host_map){at, size};
    }
    return map->at;
}
