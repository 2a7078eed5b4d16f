/* The file that a call is about, kept over its reruns. */
#ifndef SYSCALL_CALL_FILE_H
#define SYSCALL_CALL_FILE_H

#include "base/types.h"

struct file;
struct thread;

/* The file that a call is to use. A rerun goes on with the one that it had at first: its number may
 * name another by now, or none (close(2), "Multithreaded processes and close()"). Borrowed; NULL:
 * there is none, or it only names one (O_PATH). */
struct file *call_file(const struct thread *thread, uint64_t fd);

/* Gives the result of the call. One that is to be rerun keeps its file, and its vectors. */
int64_t call_file_end(struct thread *thread, struct file *file, int64_t result);

#endif
