/* System registers and barriers as C sees them. */
#ifndef AARCH64_SYSREG_H
#define AARCH64_SYSREG_H

#include <stdint.h>

/* Macros, because the name is part of the instruction. */
#define SYSREG_READ(name)                                                                          \
    __extension__({                                                                                \
        uint64_t value_;                                                                           \
        __asm__ volatile("mrs %0, " #name : "=r"(value_));                                         \
        value_;                                                                                    \
    })
#define SYSREG_WRITE(name, value)                                                                  \
    __asm__ volatile("msr " #name ", %0" : : "r"((uint64_t)(value)) : "memory")

static inline void isb(void)
{
    __asm__ volatile("isb" : : : "memory");
}

/* Stores before it are seen by all CPUs and their table walks before anything after it. */
static inline void dsb_ishst(void)
{
    __asm__ volatile("dsb ishst" : : : "memory");
}

/* Also waits for cache and TLB maintenance of the inner shareable domain. */
static inline void dsb_ish(void)
{
    __asm__ volatile("dsb ish" : : : "memory");
}

/* Everything before it is complete, on devices too. */
static inline void dsb_sy(void)
{
    __asm__ volatile("dsb sy" : : : "memory");
}

#endif
