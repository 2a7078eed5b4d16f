/* Moving what is mapped: the pages go along, their contents are not copied. */
#ifndef MM_REMAP_H
#define MM_REMAP_H

#include "base/types.h"
#include "mm/space.h"

/* Maps what one region has in [from, from + old_len) in [to, to + new_len), which is free and not
 * shorter, with the pages that are there. What was there is unmapped, or with keep begins anew;
 * with old_len 0 there is no such thing. -ENOMEM, and nothing has changed. */
MUST_CHECK int space_move(struct space *space, uaddr_t from, uint64_t old_len, uaddr_t to,
                          uint64_t new_len, bool keep);

/* Makes a region longer; what it gains must be free. -ENOMEM, and nothing has changed. */
MUST_CHECK int space_extend(struct space *space, struct region *region, uint64_t len);

#endif
