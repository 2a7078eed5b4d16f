/*
 * Address spaces: the regions of a process and the tables that make them real.
 *
 * A space is built by its one owner before any CPU uses it (exec, spawn and fork are transactions:
 * putting a space that is not finished gives back exactly what it has taken). It is used by one or
 * more processes (vfork, CLONE_VM), each of which counts as a user, and ends with the exit or exec
 * of the last.
 */
#ifndef MM_SPACE_H
#define MM_SPACE_H

#include "base/list.h"
#include "base/types.h"
#include "mm/region.h"
#include "mm/tlb.h"

/* Where things lie in a new space. */
#define SPACE_TRAMPOLINE (USER_END - 2 * PAGE_SIZE)     /* a page: proc/sigframe.h */
#define SPACE_STACK_TOP (SPACE_TRAMPOLINE - PAGE_SIZE)  /* who reads beyond finds nothing */
#define SPACE_STACK_GUARD ((uint64_t)256 << PAGE_SHIFT) /* below a stack nothing is put by choice */
#define SPACE_STACK_ROOM ((uint64_t)128 << 20)          /* that a stack has at least */
#define SPACE_STACK_FIRST ((uint64_t)128 << 10) /* that it has beyond what exec puts there */
#define SPACE_MMAP_TOP (SPACE_STACK_TOP - SPACE_STACK_ROOM - SPACE_STACK_GUARD) /* at the most */
#define SPACE_MMAP_BOTTOM ((uaddr_t)1 << 16) /* nothing is mapped below: null pointers fault */
#define SPACE_PIE_BASE ((uaddr_t)0x5500000000)

struct space {
    struct list link; /* of all spaces */
    uint64_t id;      /* no other space has had it */
    unsigned users;   /* processes, or the one who builds it */
    unsigned seen;    /* of the users, by a check that runs */
    paddr_t root;
    struct tlb_context tlb;
    struct region_set regions;
    uaddr_t mmap_top;  /* mappings go below it, if they may lie anywhere */
    uaddr_t brk_start; /* page-aligned, behind the program's image */
    uaddr_t brk_end;   /* as the program set it, not rounded */
    unsigned barriers; /* commands of membarrier(2) that may be given */
    uint64_t resident; /* pages that are there */
    uint64_t resident_peak;
};

void space_init(void);

/* An empty space with one user, and room for a stack that RLIMIT_STACK allows. -ENOMEM. */
MUST_CHECK int space_create(struct space **space);

/* One user more; gives the space. */
struct space *space_get(struct space *space);

/* One user less; the last one gives back all of it, and if this CPU uses it, it uses none
 * afterwards. */
void space_put(struct space *space);

/* A page more is there. */
void space_count_page(struct space *space);

/* A copy, copy-on-write in both from now on. -ENOMEM, and parent has not changed. */
MUST_CHECK int space_fork(struct space *parent, struct space **child);

/* This CPU translates through space from now on; NULL: through none. */
void space_use(struct space *space);

/* Removes what is mapped in [start, end). -ENOMEM (a region had to be cut), and nothing has
 * changed. */
MUST_CHECK int space_unmap(struct space *space, uaddr_t start, uaddr_t end);

/* Maps a region over what was there. -ENOMEM, and nothing has changed. */
MUST_CHECK int space_map(struct space *space, const struct region *given);

/* Maps the stack, long enough for that many bytes and some more; it grows on faults. -ENOMEM. */
MUST_CHECK int space_map_stack(struct space *space, uint64_t bytes);

/* Sets the rights of [start, end), up to the first region that may not have them (-ENOMEM: a hole,
 * or more data than RLIMIT_DATA allows; -EACCES: a file that is shared), behind a changed prefix,
 * as on Linux (mprotect(2)). -ENOMEM for lack of memory has changed nothing. */
MUST_CHECK int space_protect(struct space *space, uaddr_t start, uaddr_t end, unsigned prot);

/* Forgets the pages of [start, end); what is mapped there stays, and begins anew. */
void space_discard(struct space *space, uaddr_t start, uaddr_t end);

/* Whether nothing is mapped in [start, end), and no stack would come near from above. */
bool space_has_gap(const struct space *space, uaddr_t start, uaddr_t end);

/* The highest such range of len bytes below the space's mmap_top. -ENOMEM. */
MUST_CHECK int space_find_gap(const struct space *space, uint64_t len, uaddr_t *start);

/* Checks regions, tables, and that every leaf lies in a region whose rights it does not exceed.
 * Panics if not. Adds what it has to the counts: references to user frames, and tables. */
void space_check(const struct space *space, uint64_t *user_refs, uint64_t *tables);

/* Checks all spaces and shared objects and adds up what they have. Then every user says that it is
 * one, and in the end all must have been seen. */
void space_check_all(uint64_t *user_refs, uint64_t *tables);
void space_check_user(struct space *space);
void space_check_users(void);

size_t space_count(void);

/* All spaces, space.link. */
const struct list *space_all(void);

#endif
