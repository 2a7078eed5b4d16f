/*
 * The machine as a whole: what it is made of, its steps, and its end.
 */
#ifndef HOSTED_MACHINE_H
#define HOSTED_MACHINE_H

#include "platform/platform.h"
#include "vtlb.h"

struct machine_config {
    uint64_t ram_size;  /* bytes, a multiple of the page size */
    const void *initrd; /* copied to the end of RAM; NULL: none */
    size_t initrd_size;
    const char *cmdline; /* must outlive the machine */
    enum vtlb_mode tlb;
    unsigned asid_bits; /* 1 to 16; 0: a choice */
    bool has_input;     /* stdin is the console */
    bool has_real_time;
    bool has_entropy; /* the host's; otherwise it is chosen like everything else */
    bool is_embedded; /* in a program of somebody else's: see machine_is_idle, machine_on_stop */
};

/* NULL, or what is wrong with a configuration. */
const char *machine_check(const struct machine_config *config);

/* Makes the machine and boots the kernel in it; again after the last one has ended, or instead of
 * it. The source of choices is the caller's. NULL, or what is wrong with the configuration. */
const char *machine_start(const struct machine_config *config);

/* Steps until the kernel switches off; returns its status. */
int machine_run(void);

/* The process is not ours if is_embedded: its signals and its sanitizer's reports are left alone,
 * and it does not end because the kernel has nothing to do. Instead, whether that is so: nothing
 * was ready at the last step, and nothing can become so by itself. */
bool machine_is_idle(void);

/* If set, is called before a kernel that has panicked calls abort; it need not return. */
extern void (*machine_on_stop)(void);

/* User mode ends as by an interrupt, though none was taken. */
void machine_leave_user(void);

/* Takes the interrupts that are pending; false: none was. */
bool machine_take_interrupts(void);

/* The status that the kernel switched off with, or 0. */
int machine_status(void);

/* What must not be lost when the process ends: the state of the terminal, the record of choices,
 * the trace. Async-signal-safe, and harmless more than once. */
void machine_save(void);

#endif
