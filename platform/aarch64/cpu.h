/* This CPU: TPIDR_EL1 points to its struct, from head.S on. */
#ifndef AARCH64_CPU_H
#define AARCH64_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include "sysreg.h"

/* The registers of an exception in the kernel. vectors.S knows the layout. */
struct regs {
    uint64_t x[31];
    uint64_t sp;
    uint64_t pc;
    uint64_t pstate;
    uint64_t esr;
    uint64_t far;
    uint64_t vector;
};

struct cpu {
    uint8_t *emergency_end; /* of the stack for exceptions in the kernel */
    void *local;            /* plat_cpu_local */
    struct regs regs;       /* of the last such exception */
    bool fp_owned;          /* EL0 may use the FP and SIMD registers */
    bool is_reporting;      /* the end has begun: what goes wrong now is not reported in full */
};

static inline struct cpu *cpu_this(void)
{
    struct cpu *cpu;

    __asm__("mrs %0, tpidr_el1" : "=r"(cpu));
    return cpu;
}

#endif
