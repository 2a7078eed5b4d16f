/*
 * Pipes (pipe(7)): bytes from whoever has a description to write to, to whoever has one to read
 * from.
 *
 * A pipe holds up to 16 pieces of at most a page, each in a frame of its own, taken when bytes come
 * and given back when they have been read. A write of at most PIPE_BUF bytes is one piece and so is
 * never mixed with another's; a longer one goes in piece by piece and waits in between. What a
 * blocked thread waits for is in the pipe's state: readers for bytes or for the last writer's end,
 * writers for a free place or for the last reader's end.
 *
 * A pipe lives as long as a description of either kind.
 */
#ifndef FS_PIPE_H
#define FS_PIPE_H

#include "base/types.h"
#include "fs/file.h"
#include "sync/waitq.h"

enum { PIPE_PIECES = 16 };

/* Bytes [offset, offset + len) of a frame; len > 0 while it is in the ring. */
struct pipe_piece {
    paddr_t frame;
    uint16_t offset;
    uint16_t len;
};

/* For whoever looks on; changed by pipe.c only. */
struct pipe {
    struct pipe_piece pieces[PIPE_PIECES]; /* a ring */
    unsigned first;
    unsigned count;
    unsigned readers; /* descriptions, not descriptors */
    unsigned writers;
    unsigned seen_readers; /* that pipe_check has found */
    unsigned seen_writers;
    struct waitq readable; /* threads that wait for bytes */
    struct waitq writable; /* threads that wait for a free place */
    uint32_t number;       /* its inode number */
    struct list link;      /* on the list of all */
};

void pipe_init(void);

/* A pipe and its two descriptions, with one reference each; flags: O_NONBLOCK or 0. -ENOMEM. */
MUST_CHECK int pipe_create(uint32_t flags, struct file **reader, struct file **writer);

/* Piece number index of the bytes in the pipe of a description; NULL: it has no such piece, or no
 * pipe. */
const uint8_t *pipe_peek(const struct file *file, unsigned index, size_t *len);

size_t pipe_count(void);

/* All pipes, pipe.link. */
const struct list *pipe_all(void);

/* Pieces, descriptions and waiting threads of all pipes agree. Gives the frames that they have.
 * Panics if not. */
uint64_t pipe_check(void);

#endif
