/*
 * Copies between the kernel and user memory. Every range is checked; pages that are not there yet
 * are made. Errors: -EFAULT, the program may not access that; -ENOMEM, there was no memory to make
 * a page. A copy to a user that fails has written nothing.
 */
#ifndef MM_UACCESS_H
#define MM_UACCESS_H

#include "base/types.h"
#include "mm/space.h"

/* Of the space in use, as the program itself would access it. A user_write that spans several pages
 * makes all of them first: give it no more than a few at a time. */
MUST_CHECK int user_read(void *dst, uaddr_t src, uint64_t len);
MUST_CHECK int user_write(uaddr_t dst, const void *src, uint64_t len);

/* A string with its end, into dst[0..capacity). -ENAMETOOLONG: no end within capacity. */
MUST_CHECK int user_read_string(char *dst, uaddr_t src, size_t capacity);

/* If the word at an address, which is aligned, is expected, makes it desired, in one step; *seen is
 * what it was. The program must be allowed to write it in any case. */
MUST_CHECK int user_cas32(uaddr_t at, uint32_t expected, uint32_t desired, uint32_t *seen);

/* The length of a string without its end. -ENAMETOOLONG: no end within capacity. */
MUST_CHECK int user_string_len(uaddr_t src, uint64_t capacity, uint64_t *len);

/* Makes [dst, dst + len) writable, so that a user_write to it right behind cannot fail. */
MUST_CHECK int user_prepare_write(uaddr_t dst, uint64_t len);

/* Of any space, through its tables and the linear map. */

/* The frame of a page, made present and, where the region may be written, the space's own. A page
 * that may not be written is its own only in a space that is being built. */
MUST_CHECK int space_page(struct space *space, uaddr_t page, paddr_t *pa);

/* Copies what the program itself might read; a stack grows for it. */
MUST_CHECK int space_read(struct space *space, void *dst, uaddr_t src, uint64_t len);

/* Copies to where the program itself might write; a stack grows for it. */
MUST_CHECK int space_write(struct space *space, uaddr_t dst, const void *src, uint64_t len);

/* Copies what the program would read, up to the first address that is not mapped; rights do not
 * matter, no page is made and nothing changes. Returns the bytes copied. */
uint64_t space_peek(const struct space *space, void *dst, uaddr_t src, uint64_t len);

#endif
