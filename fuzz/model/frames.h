/* The frames of handlers, as sigaction(2), sigaltstack(2) and sigreturn(2) have them. */
#ifndef MODEL_FRAMES_H
#define MODEL_FRAMES_H

#include "fuzz/model/world.h"

/* The alternate stack as a process with that stack pointer is told it. */
struct abi_sigaltstack frames_stack(const struct proc *proc, uint64_t sp);

/* What sigaltstack makes of the stack: 0, or -errno. */
int frames_set_stack(const struct proc *proc, const struct abi_sigaltstack *wanted, uint64_t sp,
                     struct abi_sigaltstack *stack);

/* Whether the frame of a handler can be written, and where it is then: the stack pointer is sp. */
bool frames_can_push(struct proc *proc, int signal, uint64_t sp, uint64_t *frame);

/* Takes over what another process has in memory where frames of this one may lie in part, as its
 * stack pointer was sp. */
void frames_adopt(struct proc *witness, const struct proc *proc, uint64_t sp);

/* The handler begins: its frame is in memory, what the action blocks is blocked. Objects to what
 * the kernel has written, as the process seen has it in memory; NULL: nobody does any more. */
void frames_push(struct proc *proc, const struct said *said, uint64_t sp, uint64_t frame,
                 struct proc *seen);

/* rt_sigreturn, with the stack pointer at sp. false: that is no frame. The mask may have been taken
 * from it all the same. *result: what x0 is then. */
bool frames_pop(struct proc *proc, uint64_t sp, int64_t *result);

#endif
