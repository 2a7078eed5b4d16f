/*
 * The kernel command line: words separated by blanks, "..." keeps blanks inside a word, NAME=VALUE
 * or a bare NAME; the words behind a lone -- are the arguments of init, as on Linux (bootparam(7)).
 */
#ifndef BASE_CMDLINE_H
#define BASE_CMDLINE_H

#include "base/types.h"

enum {
    CMDLINE_BYTES = 2048,
    CMDLINE_WORDS = 64, /* kernel words and init's arguments together */
};

/* Splits a copy of text. -E2BIG: more bytes or words than above. -EINVAL: a quote is not closed. */
MUST_CHECK int cmdline_init(const char *text);

/* The value of the last word NAME=VALUE ("" for a bare NAME), or NULL. */
const char *cmdline_get(const char *name);

/* As a number, decimal or 0x hexadecimal. 0; -ENOENT without the word; -EINVAL when it is no
 * number. */
MUST_CHECK int cmdline_get_number(const char *name, uint64_t *value);

/* The first kernel word whose name is not among known[0..count), or NULL. A name with a dot in it
 * is the platform's, and known. */
const char *cmdline_find_unknown(const char *const *known, size_t count);

/* The words behind --, in order; the strings stay valid. Returns their number. */
size_t cmdline_args(const char *const **args);

#endif
