/*
 * Descriptor tables: the numbers by which a process knows its open files.
 *
 * A table has chunks of descriptors, made when a number in them is first used and given back with
 * the last one. Each descriptor has a reference to its description and a close-on-exec mark.
 */
#ifndef FS_FDTABLE_H
#define FS_FDTABLE_H

#include "fs/file.h"

enum {
    FDTABLE_MAX = 1024, /* descriptors, at most */
    FDTABLE_CHUNK = 32,
    FDTABLE_CHUNKS = FDTABLE_MAX / FDTABLE_CHUNK,
};

struct fdchunk {
    uint32_t used;          /* bit i: number i is taken */
    uint32_t close_on_exec; /* a part of used */
    struct file *files[FDTABLE_CHUNK];
};

/* For whoever looks on; changed by the functions below only. */
struct fdtable {
    unsigned users;                         /* threads */
    unsigned seen;                          /* users that a check has counted */
    struct fdchunk *chunks[FDTABLE_CHUNKS]; /* NULL: none of its numbers is taken */
};

void fdtable_init(void);

/* An empty table with one user. -ENOMEM. */
MUST_CHECK int fdtable_create(struct fdtable **table);

/* A table for one user with the same descriptors, which share their descriptions. -ENOMEM. */
MUST_CHECK int fdtable_fork(const struct fdtable *table, struct fdtable **copy);

/* One user more, and one less: the last closes all and gives the table back. */
struct fdtable *fdtable_get(struct fdtable *table);
void fdtable_put(struct fdtable *table);

/* The description behind a number, borrowed; NULL: none. */
struct file *fdtable_find(const struct fdtable *table, int fd);

/* The same; NULL also for one that only names a file (O_PATH). */
struct file *fdtable_find_open(const struct fdtable *table, int fd);

/* Takes the lowest free number from min on and below limit, which fdtable_install gives a file or
 * fdtable_release gives up; until then there is none behind it. -EMFILE, -ENOMEM. */
MUST_CHECK int fdtable_reserve(struct fdtable *table, unsigned min, uint64_t limit, int *fd);
void fdtable_install(struct fdtable *table, int fd, struct file *file, bool close_on_exec);
void fdtable_release(struct fdtable *table, int fd);

/* Puts a file behind a number below FDTABLE_MAX, in the place of what is there. Takes a reference
 * of its own. -ENOMEM. */
MUST_CHECK int fdtable_replace(struct fdtable *table, int fd, struct file *file,
                               bool close_on_exec);

/* Closes a number. -EBADF. */
MUST_CHECK int fdtable_close(struct fdtable *table, int fd);

/* The lowest number in use, from min on; -1: none. */
int fdtable_next(const struct fdtable *table, unsigned min);

/* The mark of a number in use. */
bool fdtable_closes_on_exec(const struct fdtable *table, int fd);
void fdtable_set_close_on_exec(struct fdtable *table, int fd, bool close_on_exec);

/* Closes what is marked. */
void fdtable_exec(struct fdtable *table);

/* Tables that exist. */
size_t fdtable_count(void);

/* To be said for each user of a table: true for the last one, by which bits and descriptions agree,
 * and file_see is said for each reference. Panics if they do not. */
bool fdtable_check(struct fdtable *table);

#endif
