/*
 * Scripts: files whose first line, #! INTERPRETER [ARGUMENT], names the program that is to read
 * them (execve(2)). What counts of the line is what Linux takes: its first 255 bytes; the argument
 * is one, whatever blanks are in it.
 */
#ifndef PROC_SCRIPT_H
#define PROC_SCRIPT_H

#include "base/types.h"

enum {
    SCRIPT_LINE_BYTES = 256,
    SCRIPT_DEPTH_MAX = 5, /* scripts that may be followed, each the interpreter of one before */
};

/* Both in the line that was given. */
struct script {
    const char *interpreter;
    const char *argument; /* NULL: none */
};

/* Whether the file is a script. */
bool script_is_one(const uint8_t *bytes, uint64_t len);

/* Reads the first line of a script; its words are put into line. -ENOEXEC: it names none, or its
 * name is cut off. */
MUST_CHECK int script_read(const uint8_t *bytes, uint64_t len, char line[SCRIPT_LINE_BYTES],
                           struct script *script);

#endif
