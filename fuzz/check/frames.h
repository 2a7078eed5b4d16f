/*
 * Who has which frame. Of each space the leaves that were last seen are kept, with how many
 * translations name each frame, so that behind an event only what it may have changed is walked:
 * the space of who acted, and those that are new or gone. frames_check_all reads every table.
 */
#ifndef CHECK_FRAMES_H
#define CHECK_FRAMES_H

#include "base/types.h"

struct space;

/* A page that is there. */
struct seen_leaf {
    uaddr_t va;
    uint32_t frame; /* its number */
    bool is_writable;
};

/* The machine was booted or restored: nothing is known. */
void frames_begin(void);

/* Behind an event: the space that who acted has, and the one it had (others may have it still);
 * NULL: none. */
void frames_follow(const struct space *now, const struct space *before);

/* Everything, and whether it is what was followed. */
void frames_check_all(void);

/* Where in tables something is, is not remembered until the next look at everything. */
void frames_forget_tables(void);

/* The leaves of a space as they were last followed, in ascending order. */
const struct seen_leaf *frames_leaves(const struct space *space, unsigned *count);

#endif
