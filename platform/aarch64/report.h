/* What a person reads when the kernel has failed. */
#ifndef AARCH64_REPORT_H
#define AARCH64_REPORT_H

#include "cpu.h"

/* Prints the exception in words, the registers, a backtrace and the processes; ends the machine. */
_Noreturn void report_exception(const struct regs *regs);

/* Prints the names of the functions on the stack, from a frame record (Arm AAPCS64 6.4.6) on. */
void report_backtrace(uint64_t frame);

#endif
