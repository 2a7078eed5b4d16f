/* Handlers' frames, for the tests of sigframe: a process with two stacks, whose thread is to be
 * interrupted; the memory of its stacks; and where Linux has the members of a frame. */
#ifndef TESTS_CORE_FRAMES_H
#define TESTS_CORE_FRAMES_H

#include "base/types.h"
#include "proc/sigframe.h"

/* A frame as the headers of Linux have it (asm/sigcontext.h, asm/ucontext.h, asm/siginfo.h of
 * AArch64): where its members are, printed by a program that includes those. */
enum {
    INFO = 0,
    UC = 128,
    UC_FLAGS = 128,
    UC_LINK = 136,
    SS_SP = 144,
    SS_FLAGS = 152,
    SS_SIZE = 160,
    UC_SIGMASK = 168,
    FAULT_ADDRESS = 304,
    REGS = 312,
    SP = 560,
    PC = 568,
    PSTATE = 576,
    RESERVED = 592,
    FRAME_SIZE = 4688,
    FPSIMD_SIZE = 528,
    FPSR = 8, /* of a record */
    FPCR = 12,
    VREGS = 16,
    ESR_SIZE = 16,
    ESR_AT = 8,
    EXTRA_SIZE = 32,
    EXTRA_DATA = 8,
    EXTRA_LEN = 16,
    RECORD = FRAME_SIZE, /* of the frame: x29, x30 */
    WHOLE = FRAME_SIZE + 16,
};

enum {
    STACK_PAGES = 8,
    STACK_SIZE = STACK_PAGES * PAGE_SIZE,
    ALT_SIZE = 2 * PAGE_SIZE,
    UNTOUCHED = 0xa5,
};

#define STACK ((uaddr_t)0x10000000)
#define STACK_END (STACK + STACK_SIZE)
#define START_SP (STACK_END - 0x108) /* of the program that is interrupted: not aligned */
#define FRAME ((START_SP - WHOLE) & ~(uaddr_t)15)
#define ALT ((uaddr_t)0x20000000)
#define NOWHERE ((uaddr_t)0x30000000)
#define HANDLER 0x400100
#define RESTORER 0x400200
#define MASK 0x123456789abcdefull
#define ESR_READ 0x92000007u

/* Init and its thread, as frames_begin makes them, and what its handler is told. */
extern struct process *init;
extern struct thread *thread;
extern struct abi_siginfo info;

/* Core with init, all registers of its thread set, and all bytes of its stack UNTOUCHED. */
void frames_begin(void);

/* Sets the registers anew. */
void frames_set_registers(void);

/* Pushes a frame for an action with these flags. */
int frames_push(uint64_t flags);

/* Memory of init. */
uint64_t frames_word(uaddr_t at);
uint32_t frames_half(uaddr_t at);
void frames_put(uaddr_t at, uint64_t value);
void frames_put_half(uaddr_t at, uint32_t value);

/* Sets the alternate stack; and expects that this one is told. */
int frames_set_stack(uaddr_t sp, uint64_t size, uint32_t flags);
void frames_expect_stack(uaddr_t sp, uint64_t size, uint32_t flags);

#endif
