/*
 * What a debugger of user programs needs: threads, their registers, their memory. Called by the
 * machine while no call is in progress: in plat_user_run before or behind an instruction, in
 * plat_cpu_idle, in plat_user_ends. Like the seam's header it needs nothing but the compiler's own.
 */
#ifndef PROC_DEBUG_H
#define PROC_DEBUG_H

#include "platform/platform.h"

struct debug_thread {
    int tid;
    const char *name;       /* borrowed */
    bool is_in_call;        /* that waits, or goes on in a rerun: its registers are the call's */
    struct plat_user *user; /* its registers; to be changed only if it is not in a call */
    struct plat_fp *fp;     /* true now; after a change debug_fp_changed */
};

/* The thread with this number, or the current one; false: there is none. */
bool debug_find(int tid, struct debug_thread *thread);
bool debug_current(struct debug_thread *thread);

/* The number of the first thread (tid 0), or of the one behind tid; 0: no more. */
int debug_next(int tid);

/* The FP registers of a thread were changed where debug_find said they are. */
void debug_fp_changed(int tid);

/* Copies from and to the memory of a thread, whatever its rights. A written page becomes the
 * space's own, as if the program had written to it, and code is made visible to fetches. Returns
 * the bytes done from the start: fewer where nothing is mapped, or no memory is left. */
size_t debug_read(int tid, void *dst, uaddr_t src, size_t len);
size_t debug_write(int tid, uaddr_t dst, const void *src, size_t len);

#endif
