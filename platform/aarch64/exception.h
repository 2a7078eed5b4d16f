/* Exceptions: from user mode they become a struct plat_trap, in the kernel a report. */
#ifndef AARCH64_EXCEPTION_H
#define AARCH64_EXCEPTION_H

#include "cpu.h"
#include "platform/platform.h"

#define ESR_WNR 0x40u /* a data abort's access was a write */
#define ESR_CM 0x100u /* it was cache maintenance */

/* Classes of ESR_ELx (Arm ARM, ESR_EL1: EC), as far as this kernel tells them apart. */
enum exception_class {
    CLASS_UNKNOWN = 0x00,
    CLASS_WAIT = 0x01, /* WFI or WFE */
    CLASS_FP = 0x07,
    CLASS_ILLEGAL_STATE = 0x0e,
    CLASS_SVC = 0x15,
    CLASS_SYSTEM_REGISTER = 0x18,
    CLASS_FETCH_EL0 = 0x20,
    CLASS_FETCH = 0x21,
    CLASS_PC_ALIGNMENT = 0x22,
    CLASS_DATA_EL0 = 0x24,
    CLASS_DATA = 0x25,
    CLASS_SP_ALIGNMENT = 0x26,
    CLASS_SERROR = 0x2f,
    CLASS_BRK = 0x3c,
};

static inline enum exception_class exception_class(uint64_t esr)
{
    return esr >> 26 & 0x3f;
}

/* Fills *fault from the syndrome of a data or instruction abort. False: a status that only a
 * kernel bug or broken hardware gives. */
bool exception_decode_abort(uint32_t esr, uint64_t far, struct plat_fault *fault);

/* From vectors.S: an exception in the kernel. Returns if it has a fix-up. */
void exception_kernel(struct regs *regs);

#endif
