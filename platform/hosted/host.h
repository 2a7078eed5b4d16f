/* Memory of the host. */
#ifndef HOSTED_HOST_H
#define HOSTED_HOST_H

#include <stdint.h>

/* A mapping of the host, of which a page costs something when it is touched. All zeros: none. */
struct host_map {
    void *at;
    uint64_t size;
};

/* Makes it size bytes of zeros, whatever it was; one that has this size stays where it is. NULL: no
 * room, or size is 0. */
void *host_map(struct host_map *map, uint64_t size);

#endif
