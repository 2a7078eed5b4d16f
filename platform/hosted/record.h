/*
 * Records: a run in a file, complete: the machine, its initramfs, every choice in its order, and
 * marks by which a replay sees at which trap it first went another way.
 */
#ifndef HOSTED_RECORD_H
#define HOSTED_RECORD_H

#include "platform/platform.h"
#include "vtlb.h"

/* What a replay needs before it can begin. Pointers are borrowed while recording; what record_open
 * gives lives until record_close. */
struct record_machine {
    uint64_t ram_size;
    enum vtlb_mode tlb;
    unsigned asid_bits; /* 0: a choice */
    bool has_real_time;
    const char *words;   /* of the kernel's command line */
    const char *program; /* its end: what stands from -- on, or "" */
    const void *initrd;
    size_t initrd_size;
};

enum { RECORD_COMPLAINT_MAX = 256 };

/* Begins a record; what was in the file is gone. 0, or an errno value. */
int record_create(const char *path, const struct record_machine *machine);

/* Reads a record, to be replayed from its start on. false: complaint says what is wrong with it. */
bool record_open(const char *path, struct record_machine *machine,
                 char complaint[static RECORD_COMPLAINT_MAX]);

/* An answer was given: record it, if anything is recorded. */
void record_choice(unsigned kind, uint32_t value);

/* The next answer of the record that is replayed, below bound. At the end of a record the process
 * ends: there is nothing more to say about that run. */
uint32_t record_next(unsigned kind, uint32_t bound);

/* hash_trap has been called: records a mark, or compares with one. */
void record_trap(uint64_t pc);

/* The kernel has switched off with this status: completes the record; or says what came of the
 * replay, and gives the status that tells. */
int record_end(int status);

/* Writes what is recorded so far. Async-signal-safe. */
void record_flush(void);

/* Closes what is recorded or replayed. */
void record_close(void);

#endif
