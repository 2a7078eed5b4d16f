/*
 * Numbers as arguments are written: by the names that they have in C where there are some, and so
 * that they can be read again.
 */
#ifndef INPUT_SYMBOLS_H
#define INPUT_SYMBOLS_H

#include "base/print.h"

/* Writes an argument of a kind (enum arg_kind). */
void symbol_put(struct text *text, unsigned kind, int64_t value);

/* Writes a number without names: small ones in decimal. */
void symbol_put_number(struct text *text, int64_t value);

/* "ENOENT", or the number. */
void symbol_put_error(struct text *text, int64_t error);

/* What one word means as an argument of a kind: a name, or a number in C's notation. */
bool symbol_find(unsigned kind, const char *word, size_t len, int64_t *value);

/* Whether several words may be joined by |. */
bool symbol_is_flags(unsigned kind);

/* ENOENT and the like, as a positive number; 0: no error is called so. */
int symbol_find_error(const char *word, size_t len);

/* A number in C's notation, with a sign if it is decimal. */
bool symbol_read_number(const char *word, size_t len, int64_t *value);

#endif
