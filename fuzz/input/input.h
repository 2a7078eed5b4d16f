/*
 * What the fuzzer feeds the kernel: a configuration of the machine, and a program of instructions
 * that its processes carry out.
 *
 * As bytes: a header of INPUT_HEADER_SIZE, then INPUT_INSN_SIZE for each instruction. Every byte
 * string decodes, a short one as if zeros followed, and what has been decoded encodes to bytes that
 * decode to the same: see normal.h. As text: text.h.
 *
 * Freestanding: the same file runs in the test image in QEMU.
 */
#ifndef INPUT_INPUT_H
#define INPUT_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    INPUT_INSNS_MAX = 64,
    INPUT_ARGS = 6,
    INPUT_HEADER_SIZE = 16,
    INPUT_INSN_SIZE = 32,
    INPUT_SIZE_MAX = INPUT_HEADER_SIZE + INPUT_INSNS_MAX * INPUT_INSN_SIZE,
    INPUT_FRAMES_MIN = 48,
    INPUT_FRAMES_MAX = 512,
};

/* Who runs when several could. Where a thread's turn comes is decided between two steps of the
 * kernel: there is nothing else that could be. */
enum schedule {
    SCHEDULE_EAGER, /* instructions in order; who is woken goes on at once, lowest PID first */
    SCHEDULE_LAZY,  /* instructions in order; who is woken goes on when its turn comes, or at the
                       end */
    SCHEDULE_PCT,   /* each process has its instructions to itself; the one with the highest
                       priority goes on. Priorities are drawn from schedule_seed, and change_count
                       times, at steps that are drawn too, the running one's becomes the lowest */
    SCHEDULE_GIVEN, /* instructions in order; who is woken goes on where OP_SPURIOUS says so, a step
                       each, or at the end */
    SCHEDULE_COUNT,
};

struct input_config {
    uint16_t frames;     /* that the kernel may use: INPUT_FRAMES_MIN to INPUT_FRAMES_MAX */
    bool is_lifo;        /* a freed frame is used again at once, and not as late as possible */
    bool is_natural_tlb; /* finite, and evicts by choice; otherwise it forgets nothing */
    uint8_t asid_bits;   /* 1 to 16 */
    uint8_t schedule;    /* enum schedule */
    uint8_t change_count;
    uint16_t schedule_seed;
};

enum operation {
    OP_CALL,     /* a system call: insn.nr */
    OP_LOAD,     /* args: address, size (1, 2, 4, 8; naturally aligned) */
    OP_STORE,    /* args: address, value, size */
    OP_JUMP,     /* executes one instruction at args[0] */
    OP_TICK,     /* time passes until the next deadline; the actor is nobody */
    OP_SPURIOUS, /* the actor's call is rerun, for no reason if it waits; or the actor ends, if
                    something was about to end it */
    OP_TYPE,     /* args[0], a byte, arrives at the console; the actor is nobody */
    OP_COUNT,
};

enum operand_kind {
    OPERAND_NUMBER, /* value */
    OPERAND_RESULT, /* what instruction index gave, or of several things part (pipe2: 0, 1; a PID:
                       1 is the same negated), and value added; a result that is not there counts as
                       -1 */
    OPERAND_NAMED,  /* interesting value index for this kind of argument (insn_values), if it is no
                       number that can be encoded */
    OPERAND_SLOT,   /* the address of slot index in the scratch memory (image.h), and value */
};

struct operand {
    uint8_t kind; /* enum operand_kind */
    uint8_t index;
    uint8_t part;
    int64_t value;
};

/* What happens at a point inside a call. */
enum window_event {
    WINDOW_NOTHING,
    WINDOW_TIMER,         /* time passes until the next deadline */
    WINDOW_INTERRUPT_KEY, /* Ctrl-C */
    WINDOW_QUIT_KEY,      /* Ctrl-\ */
    WINDOW_STOP_KEY,      /* Ctrl-Z */
    WINDOW_EVENTS,
};

#define INSN_NOBODY UINT8_MAX /* in preempt */

struct insn {
    uint8_t op;         /* enum operation */
    uint16_t nr;        /* of OP_CALL: a number of abi/syscall.def */
    uint8_t actor;      /* who does it: 0 is init; n + 1 the process that instruction n has made */
    uint8_t preempt;    /* as actor, or INSN_NOBODY: who goes on first, one step, behind this one's
                        next step */
    uint8_t fail_nth;   /* this allocation of the call fails; 0: none */
    bool fails_forever; /* and all behind it, until the call has ended */
    uint8_t window;     /* 0, or the plat_irq_window of the call, reruns included, in which
                           window_event happens, from 1 */
    uint8_t window_event; /* enum window_event */
    struct operand args[INPUT_ARGS];
};

struct input {
    struct input_config config;
    unsigned count;
    struct insn insns[INPUT_INSNS_MAX];
};

/* Any bytes. */
void input_decode(struct input *input, const uint8_t *bytes, size_t size);

/* bytes has room for INPUT_SIZE_MAX. Returns the size. */
size_t input_encode(const struct input *input, uint8_t *bytes);

/* That of an input that is all zeros: plenty of memory, nothing surprising. */
struct input_config input_dull_config(void);

/* Whether an instruction makes a process that others can act as: fork and its like. */
bool insn_makes_process(const struct insn *insn);

/* The number of arguments that mean something. */
unsigned insn_arg_count(const struct insn *insn);

#endif
