/* The words and operators of a command text. */
#ifndef SHELL_WORDS_H
#define SHELL_WORDS_H

#include <stdbool.h>
#include <stddef.h>

enum {
    TOKENS_MAX = 256, /* of one text */
    TOKEN_SHOWN = 40, /* bytes of one in an error */
};

enum token_kind {
    TOKEN_WORD,
    TOKEN_READ,      /* [n]<word */
    TOKEN_WRITE,     /* [n]>word */
    TOKEN_APPEND,    /* [n]>>word */
    TOKEN_DUPLICATE, /* [n]>&word, [n]<&word */
    TOKEN_PIPE,
    TOKEN_AND, /* && */
    TOKEN_OR,  /* || */
    TOKEN_BACKGROUND,
    TOKEN_SEPARATOR, /* ; or the end of a line */
    TOKEN_END,
};

struct token {
    enum token_kind kind;
    int fd; /* that a redirection is for */
    const char *text;
    size_t len; /* bytes of the text: a word with its quotes */
};

/* Cuts the text into tokens, TOKEN_END last. False, and one line of error, where it holds what this
 * shell does not know. */
bool words_cut(const char *text, struct token tokens[TOKENS_MAX]);

/* What $NAME, $? and $$ stand for. */
struct words_values {
    int status;
    char *const *environment;
};

/* Writes a word to out without its quotes and with its values, and a NUL. Returns the bytes
 * written, 0 if there is no room. What comes from a value is not cut into words again. */
size_t words_expand(const struct token *word, const struct words_values *values, char *out,
                    size_t room);

#endif
