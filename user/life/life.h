/* The sections of lifecycle, which checks what a kernel does with processes. */
#ifndef LIFE_LIFE_H
#define LIFE_LIFE_H

#include "check/check.h"

void check_fork(void);
void check_clone(void);
void check_vfork(void);
void check_exec(void);
void check_script(void);
void check_wait(void);
void check_waitid(void);
void check_usage(void);
void check_group(void);
void check_orphan(void);
void check_limit(void);
void check_memory(void);
void check_file(void);
void check_fault(void);
void check_pipe(void);
void check_descriptor(void);
void check_spawn(void);

#endif
