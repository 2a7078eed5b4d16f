/*
 * The bytes of user memory that a read or a write moves: one range, or several that follow one
 * another (readv(2)). How many have been moved is struct call's done, so that a rerun goes on where
 * the last run was.
 *
 * A transfer is in use during one run of a call; calls do not nest.
 */
#ifndef FS_TRANSFER_H
#define FS_TRANSFER_H

#include "base/types.h"

struct abi_iovec;
struct thread;

/* The most that one call transfers (write(2)). */
#define TRANSFER_MAX ((uint64_t)0x7ffff000)

struct transfer {
    struct thread *thread;
    uint64_t total;  /* bytes asked for */
    uint64_t *done;  /* of them, so far */
    unsigned index;  /* the range that byte number done lies in */
    uint64_t before; /* the bytes of the ranges before it */
};

void transfer_init(void);

/* The range [at, at + len), cut to TRANSFER_MAX. -EFAULT: it reaches beyond user memory. */
MUST_CHECK int transfer_range(struct transfer *transfer, struct thread *thread, uaddr_t at,
                              uint64_t len);

/* The ranges that count vectors at an address say, or those that the call has kept, whatever the
 * memory says by now. -EINVAL (too many, or one is too long), -EFAULT. */
MUST_CHECK int transfer_vectors(struct transfer *transfer, struct thread *thread, uaddr_t at,
                                uint64_t count);

/* The call keeps the vectors, as many, which transfer_vectors has just taken: a rerun goes on with
 * them. -ENOMEM. */
MUST_CHECK int transfer_keep(struct thread *thread, uint64_t count);

/* What the thread's call keeps is not needed any more: it ends. */
void transfer_forget(struct thread *thread);

/* For checks: the objects in which a call keeps vectors; in which all calls do (and panics if they
 * do not hold together); and one of the vectors, NULL: there are not so many. */
size_t transfer_kept(const struct thread *thread);
size_t transfer_kept_by_all(void);
const struct abi_iovec *transfer_peek(const struct thread *thread, unsigned index);

uint64_t transfer_left(const struct transfer *transfer);

/* The bytes of the range that the next one lies in, or of the first as long as nothing is done,
 * even if it is empty; *done: how many of them are done. */
uint64_t transfer_range_size(struct transfer *transfer, uint64_t *done);

/* The next bytes up to the end of a range or of a page: such a piece can be reached wholly or not
 * at all. At least one is left. */
uint64_t transfer_piece(struct transfer *transfer);

/* Copy the next len bytes: all of them, or none where they cannot be reached (-EFAULT, -ENOMEM).
 * They are not done before transfer_advance says so. */
MUST_CHECK int transfer_from_user(struct transfer *transfer, void *to, uint64_t len);
MUST_CHECK int transfer_to_user(struct transfer *transfer, const void *from, uint64_t len);

/* Makes the next len bytes writable: a copy of them to the user that follows cannot fail. */
MUST_CHECK int transfer_prepare(struct transfer *transfer, uint64_t len);

void transfer_advance(struct transfer *transfer, uint64_t len);

/* What a call gives that ends here: the bytes done, or the error where there are none. */
int64_t transfer_result(const struct transfer *transfer, int error);

#endif
