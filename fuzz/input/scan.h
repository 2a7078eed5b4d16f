/*
 * A line of text, read from left to right.
 */
#ifndef INPUT_SCAN_H
#define INPUT_SCAN_H

#include "base/print.h"

struct scanner {
    const char *at;
    const char *end; /* of the line */
    unsigned line;   /* from 1 */
    struct text *error;
    bool has_failed; /* error says why; only the first reason is kept */
};

struct word {
    const char *bytes;
    size_t len;
};

void scan_blanks(struct scanner *scanner);

/* Nothing is left but blanks and a comment. */
bool scan_is_at_end(struct scanner *scanner);

/* The same, and an error if there is more. */
bool scan_expect_end(struct scanner *scanner);

/* Takes these bytes, behind blanks, if they come next. */
bool scan_take(struct scanner *scanner, const char *bytes);

/* The same, and an error if they do not. */
bool scan_expect(struct scanner *scanner, const char *bytes);

/* Letters, digits and _, behind blanks; len 0: there are none. */
struct word scan_word(struct scanner *scanner);

bool scan_is(const struct word *word, const char *name);

/* Finds a word, which is a what, among names, and marks it in given, a bit for each: none may come
 * twice. count: that was wrong. */
unsigned scan_find_once(struct scanner *scanner, const struct word *word, const char *what,
                        const char *const *names, unsigned count, unsigned *given);

/* A number from 0 to max, which is what: for the error. */
bool scan_number(struct scanner *scanner, const char *what, uint64_t max, uint64_t *number);

/* Notes what is wrong, with the line. Gives false. */
bool scan_fail(struct scanner *scanner, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
