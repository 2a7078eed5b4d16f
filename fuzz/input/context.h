/*
 * What the instructions before one have probably done: who lives, who waits, what there is to refer
 * to. A guess from the program alone, good enough to choose what comes next.
 */
#ifndef INPUT_CONTEXT_H
#define INPUT_CONTEXT_H

#include "base/random.h"
#include "fuzz/input/input.h"

struct person {
    uint8_t actor;  /* as insn.actor */
    uint8_t parent; /* index of the person */
    uint8_t children;
    uint8_t zombies;
    bool is_gone;
    bool is_waiting;
    bool is_vforked;
};

enum { CONTEXT_LISTED = 16 }; /* the latest are enough */

struct context {
    struct random *random;
    struct person people[INPUT_INSNS_MAX + 1]; /* the first is init */
    unsigned people_count;
    uint8_t pipes[CONTEXT_LISTED]; /* instructions that gave descriptors, in a ring */
    unsigned pipe_count;
    uint8_t files[CONTEXT_LISTED];
    unsigned file_count;
    uint8_t addresses[CONTEXT_LISTED];
    unsigned address_count;
};

void context_begin(struct context *context, struct random *random);

/* The next instruction is number index. */
void context_see(struct context *context, const struct insn *insn, unsigned index);

/* Somebody who can probably act; the index of the person. */
unsigned context_anybody(struct context *context);

/* The same, who has a child if somebody has. */
unsigned context_parent(struct context *context);

/* The same, but not init if there is anybody else. */
unsigned context_child(struct context *context);

/* A reference to a process, alive or gone; false: there is none. */
bool context_refer_to_process(struct context *context, struct operand *operand);

/* To one of the latest of a list (pipes, files, addresses). */
bool context_refer(struct context *context, const uint8_t *list, unsigned count,
                   struct operand *operand);

#endif
