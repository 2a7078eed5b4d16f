/*
 * The alphabet of which enumerate makes its programs: calls with their arguments, for a process and
 * perhaps a child of it.
 */
#ifndef DRIVER_LETTERS_H
#define DRIVER_LETTERS_H

#include "fuzz/input/input.h"

enum letter {
    LETTER_FORK,
    LETTER_EXIT_0,
    LETTER_EXIT_1,
    LETTER_WAIT,
    LETTER_WAIT_CHILD,
    LETTER_WAIT_NOHANG,
    LETTER_KILL_CHILD,
    LETTER_STORE,
    LETTER_LOAD,
    LETTER_KILL_GROUP,
    LETTER_THREAD,
    LETTER_LEAVE, /* of a thread */
    LETTER_FUTEX_WAIT,
    LETTER_FUTEX_WAKE,
    LETTER_EXEC,
    LETTER_COUNT,
};

/* Those that are there if nobody asks for others. */
enum { LETTERS_DEFAULT = (1 << (LETTER_LOAD + 1)) - 1 };

struct letter_kind {
    const char *name;
    bool takes_child;
};

extern const struct letter_kind letters[LETTER_COUNT];

/* Names with commas between them. false: not all of them are names. */
bool letters_parse(char *names, unsigned *alphabet);

/* The instruction; LETTER_COUNT: the actor goes on in its call. What is stored is number + 1. */
struct insn letter_insn(unsigned letter, unsigned actor, unsigned child, unsigned number);

#endif
