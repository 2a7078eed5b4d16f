/* From the first instruction to main, and from main to exit. */
#ifndef LIB_START_H
#define LIB_START_H

#include <stdint.h>

/* crt0.S comes here. stack: argc, argv..., NULL, envp..., NULL, auxiliary vector. */
_Noreturn void start(const uint64_t *stack);

/* What a program defines. Its result is the exit status. */
int main(int argc, char **argv, char **envp);

#endif
