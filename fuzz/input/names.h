/*
 * How text names things: results of instructions, schedules, what is left off. Shared by those that
 * write text and those that read it.
 */
#ifndef INPUT_NAMES_H
#define INPUT_NAMES_H

#include "fuzz/input/insn.h"

enum { RESULT_UNNAMED = UINT8_MAX };

/* The number n of rn, by instruction: of those that make a process, and of those that something
 * refers to, in order. */
struct result_names {
    uint8_t of[INPUT_INSNS_MAX];
};

void result_names(const struct input *input, struct result_names *names);

extern const char *const schedule_names[SCHEDULE_COUNT];
extern const char *const window_event_names[WINDOW_EVENTS];

/* Whether an argument at the end need not be written: a pointer that is NULL, the usual size. */
bool text_may_be_left_off(unsigned kind, const struct operand *operand);

/* Whether it is exactly what fork() stands for. */
bool text_is_fork(const struct insn_type *type, const struct insn *insn);

#endif
