/*
 * What the parts of the interpreter share: the state of the CPU while it runs, and the form of a
 * decoded instruction.
 *
 * A handler executes one decoded instruction and returns the one to execute next, usually i + 1,
 * or NULL after it has called one of the el0_trap_* functions. A handler that traps has changed
 * nothing that a program can see.
 *
 * How one handler follows the other is said by what defines them. With EL0_THREADED, for compilers
 * that make a jump of a call in the last place, each jumps to the next itself. Without it, as in
 * builds that check and thereby keep a frame for each call, el0_resume calls one after the other.
 */
#ifndef EL0_CPU_H
#define EL0_CPU_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "el0/el0.h"
#include "platform/platform.h"

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "user memory is copied as it lies");

enum {
    EL0_SP = 31,      /* where the encoding means the stack pointer */
    EL0_ZERO = 32,    /* where 31 is read as zero */
    EL0_NOWHERE = 33, /* where 31 throws the result away */
    EL0_REGS,
    EL0_PAGE_INSNS = PLAT_PAGE_SIZE / 4,
    EL0_DATA_ENTRIES = 128, /* remembered translations of data, for reading and for writing */
    EL0_FETCH_ENTRIES = 64, /* remembered translations of code */
};

enum { EL0_N = 1u << 31, EL0_Z = 1u << 30, EL0_C = 1u << 29, EL0_V = 1u << 28 };

struct el0_cpu;
struct el0_insn;

#ifndef EL0_THREADED
#define EL0_THREADED 0
#endif

#if EL0_THREADED
/* What is left of the budget when a trap or its end stops it; the instruction that traps is not
 * taken off. */
typedef uint64_t el0_handler(struct el0_cpu *cpu, struct el0_insn *i, uint64_t left);
#else
typedef struct el0_insn *el0_handler(struct el0_cpu *cpu, struct el0_insn *i);
#endif

struct el0_insn {
    el0_handler *run;
    uint8_t rd, rn, rm, ra; /* register numbers as decode.c lays them out; ra also small operands */
    uint32_t word;
    uint64_t imm;
};

struct el0_data_entry {
    uint64_t page; /* va / 4096; UINT64_MAX: none */
    uint64_t epoch;
    uint8_t *host;
};

struct el0_fetch_entry {
    uint64_t page;
    uint64_t epoch;
    struct el0_insn *insn;
};

struct el0_cpu {
    uint64_t r[EL0_REGS];
    uint32_t nzcv; /* N, Z, C, V in bits 31 to 28, the rest 0 */
    uint64_t tpidr;
    struct plat_fp *fp; /* NULL: EL0 does not own the FP registers */

    struct el0_insn *insn; /* the decoded page in execution; it starts at page_va */
    uint64_t page_va;
    uint64_t pc; /* of el0_landing while that is the next instruction; the result of a trap */

    uint64_t budget;
    uint64_t left; /* of the budget, the instruction in execution included */
    struct plat_trap *trap;

    uint64_t exclusive_va; /* what the local monitor has tagged; size 0: open access state */
    unsigned exclusive_size;

    bool checks_hits; /* el0_check_hits */

    struct el0_data_entry data[2][EL0_DATA_ENTRIES]; /* by PLAT_READ, PLAT_WRITE */
    struct el0_fetch_entry fetch[EL0_FETCH_ENTRIES];
};

/* Defining handlers. EL0_QUICK_HANDLER: of one that calls nothing and tells nobody where a variable
 * of its own lies, so that nothing is in the way of a jump. EL0_QUICK_HANDLER_OR: in such a one
 * that is a bool; false, it has changed nothing and the other handler does it, true, the next
 * instruction comes. EL0_UNCOUNTED_HANDLER: of what is none of the program's instructions. */
#define EL0_BODY(name) struct el0_insn *name(struct el0_cpu *cpu, struct el0_insn *i)

#if EL0_THREADED
/* next may be NULL: the instruction before it has trapped. */
static inline __attribute__((always_inline)) uint64_t el0_jump(struct el0_cpu *cpu,
                                                               struct el0_insn *next, uint64_t left)
{
    return next ? next->run(cpu, next, left) : left;
}

/* The budget ends in front of next. */
__attribute__((noinline)) uint64_t el0_end_budget(struct el0_cpu *cpu, const struct el0_insn *next);

static inline __attribute__((always_inline)) uint64_t
el0_count(struct el0_cpu *cpu, struct el0_insn *next, uint64_t left)
{
    if (next && --left == 0)
        return el0_end_budget(cpu, next);
    return el0_jump(cpu, next, left);
}

#define EL0_THREAD(name, how, note, after)                                                         \
    static how EL0_BODY(name##_body);                                                              \
    uint64_t name(struct el0_cpu *cpu, struct el0_insn *i, uint64_t left)                          \
    {                                                                                              \
        note;                                                                                      \
        return after(cpu, name##_body(cpu, i), left);                                              \
    }                                                                                              \
    static how EL0_BODY(name##_body)

#define EL0_APART __attribute__((noinline))
#define EL0_WITHIN inline __attribute__((always_inline))

#define EL0_HANDLER(name) EL0_THREAD(name, EL0_APART, cpu->left = left, el0_count)
#define EL0_QUICK_HANDLER(name) EL0_THREAD(name, EL0_WITHIN, (void)0, el0_count)
#define EL0_UNCOUNTED_HANDLER(name) EL0_THREAD(name, EL0_APART, (void)0, el0_jump)
#define EL0_QUICK_HANDLER_OR(name, whole)                                                          \
    static EL0_WITHIN bool name##_body(struct el0_cpu *cpu, struct el0_insn *i);                   \
    uint64_t name(struct el0_cpu *cpu, struct el0_insn *i, uint64_t left)                          \
    {                                                                                              \
        return name##_body(cpu, i) ? el0_count(cpu, i + 1, left) : whole(cpu, i, left);            \
    }                                                                                              \
    static EL0_WITHIN bool name##_body(struct el0_cpu *cpu, struct el0_insn *i)

/* The quick handler first, behind which second comes: see pairs.def. flatten: as one function. */
#define EL0_PAIR_OR(first, second, otherwise)                                                      \
    __attribute__((flatten))                                                                       \
    uint64_t first##_##second(struct el0_cpu *cpu, struct el0_insn *i, uint64_t left)              \
    {                                                                                              \
        if (!first##_body(cpu, i))                                                                 \
            return otherwise(cpu, i, left);                                                        \
        return --left == 0 ? el0_end_budget(cpu, i + 1) : second(cpu, i + 1, left);                \
    }
#else
#define EL0_PAIR_OR(first, second, otherwise)
#define EL0_HANDLER(name) EL0_BODY(name)
#define EL0_QUICK_HANDLER(name) EL0_BODY(name)
#define EL0_QUICK_HANDLER_OR(name, whole)                                                          \
    static inline bool name##_body(struct el0_cpu *cpu, struct el0_insn *i);                       \
    EL0_BODY(name)                                                                                 \
    {                                                                                              \
        return name##_body(cpu, i) ? i + 1 : whole(cpu, i);                                        \
    }                                                                                              \
    static inline bool name##_body(struct el0_cpu *cpu, struct el0_insn *i)
#define EL0_UNCOUNTED_HANDLER(name)                                                                \
    static inline EL0_BODY(name##_body);                                                           \
    EL0_BODY(name)                                                                                 \
    {                                                                                              \
        struct el0_insn *next = name##_body(cpu, i);                                               \
                                                                                                   \
        return next ? next->run(cpu, next) : NULL;                                                 \
    }                                                                                              \
    static inline EL0_BODY(name##_body)
#endif

/* Defines a handler that first sees that EL0 owns the FP registers. */
#define EL0_FP_HANDLER(name)                                                                       \
    static inline EL0_BODY(name##_owned);                                                          \
    EL0_HANDLER(name)                                                                              \
    {                                                                                              \
        return cpu->fp ? name##_owned(cpu, i) : el0_trap_fp(cpu, i);                               \
    }                                                                                              \
    static inline EL0_BODY(name##_owned)

/* The instruction at pc, or el0_landing, which looks for it when it is executed: a jump never
 * faults itself. */
struct el0_insn *el0_goto(struct el0_cpu *cpu, uint64_t pc);

/* The address of i, which is in the page in execution or el0_landing. */
uint64_t el0_pc(const struct el0_cpu *cpu, const struct el0_insn *i);

/* Reports a translation of va to the byte at, of which the tables know nothing. */
void el0_check_data(uint64_t va, const uint8_t *at, enum plat_access access);

/* Makes the line of 64 bytes at host (in RAM) be fetched again: IC IVAU. */
void el0_refetch_line(const void *host);

/* The handler of what is UNDEFINED. */
el0_handler el0_undefined;

/* They fill the trap and return NULL. svc and brk take the number from imm. */
struct el0_insn *el0_trap_svc(struct el0_cpu *cpu, struct el0_insn *i);
struct el0_insn *el0_trap_brk(struct el0_cpu *cpu, struct el0_insn *i);
struct el0_insn *el0_trap_undefined(struct el0_cpu *cpu, struct el0_insn *i);
struct el0_insn *el0_trap_fp(struct el0_cpu *cpu, struct el0_insn *i);
struct el0_insn *el0_trap_system(struct el0_cpu *cpu, struct el0_insn *i); /* EC 0x18 */
struct el0_insn *el0_trap_sp(struct el0_cpu *cpu, struct el0_insn *i, enum plat_access access);
struct el0_insn *el0_trap_fault(struct el0_cpu *cpu, struct el0_insn *i, unsigned iss);

/* Bit n of el0_conditions[cond]: whether NZCV = n fulfils the condition (Arm ARM C1.2.4). */
extern const uint16_t el0_conditions[16];

static inline bool el0_holds(const struct el0_cpu *cpu, unsigned cond)
{
    return el0_conditions[cond] >> (cpu->nzcv >> 28) & 1;
}

/* Whether the base register of a load or store is a stack pointer that may not be one. */
static inline bool el0_sp_is_misaligned(const struct el0_cpu *cpu, const struct el0_insn *i)
{
    return i->rn == EL0_SP && cpu->r[EL0_SP] % 16 != 0;
}

/* count one bits, 1 to 64. */
static inline uint64_t el0_ones(unsigned count)
{
    return UINT64_MAX >> (64 - count);
}

/* The low bits of value, 1 to 64 of them, as a signed number. */
static inline int64_t el0_sign_extend(uint64_t value, unsigned bits)
{
    return (int64_t)(value << (64 - bits)) >> (64 - bits);
}

/* Of a number of so many bits, at most 64. */
static inline unsigned el0_leading_zeros(uint64_t value, unsigned bits)
{
    return value == 0 ? bits : (unsigned)__builtin_clzll(value) - (64 - bits);
}

#endif
