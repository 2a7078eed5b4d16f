/* Page faults: demand zero, copies of file bytes, copy-on-write, and rights. */
#ifndef MM_FAULT_H
#define MM_FAULT_H

#include "base/types.h"
#include "mm/space.h"

/* Makes va accessible in the way asked for, if the regions allow it. -EFAULT: they do not. -ENOMEM:
 * there is no frame, and nothing has changed. Never blocks. */
MUST_CHECK int fault_resolve(struct space *space, uaddr_t va, enum plat_access access);

/* Makes the page of va present and the space's own, to be written by a debugger though perhaps not
 * by the program. -EFAULT: there is none, or it has no rights. -ENOMEM, and nothing has changed. */
MUST_CHECK int fault_make_own(struct space *space, uaddr_t va);

/* Whether an access that was refused has all rights, but lies behind the end of what is mapped
 * there: SIGBUS. */
bool fault_is_bus(const struct space *space, uaddr_t va, enum plat_access access);

/* Faults that were found resolved already: a TLB held older, lesser rights. */
uint64_t fault_stale_count(void);
void fault_init(void);

#endif
