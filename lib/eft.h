/*
 * Eft as a library: a Unix kernel with processes, inside of your program.
 *
 * You boot a kernel, make processes, issue system calls as them, and see for each what it
 * returned, or that it blocks. Processes can also run programs: static Linux binaries for AArch64,
 * which are interpreted. Nothing happens but in a call of yours: the kernel advances step by step,
 * and between two steps it can be looked at, saved, and put back.
 *
 *     const char *complaint = eft_boot(NULL);                   // init, PID 1, does what you say
 *     int child = (int)EFT_CALL(1, 220, 17);                    // clone(SIGCHLD): a fork
 *     int64_t pid = EFT_CALL(1, 260, -1);                       // wait4(-1): EFT_BLOCKED
 *     EFT_CALL(child, 94, 42);                                  // exit_group(42): EFT_ENDED
 *     eft_run(EFT_NO_LIMIT);                                    // the parent goes on
 *     pid = eft_result(1);                                      // child
 *
 * Rules:
 * - One kernel a process, and nothing here is thread-safe: call from one thread at a time.
 * - Functions may be called at any time; but after a callback was left by longjmp, only eft_boot,
 *   eft_restore and eft_end. Where there is no kernel (before eft_boot, after eft_end), and where
 *   it has switched off, there are no processes.
 * - The callbacks must not call the library; they may end by longjmp.
 * - The library installs no signal handlers, touches no terminal, writes to no file but to stderr
 *   when it reports a bug, and never calls exit. It calls abort after such a report.
 * - Link with the sanitizers that the library was built with: none for hosted-release.
 *
 * C11 and C++11.
 */
#ifndef EFT_H
#define EFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- booting ---- */

/* How the simulated machine remembers translations. */
enum eft_tlb {
    EFT_TLB_DEFAULT,     /* adversarial in a sanitized library, else none */
    EFT_TLB_ADVERSARIAL, /* caches all that the architecture allows; missing flushes are reported */
    EFT_TLB_NATURAL,     /* a small one, which loses entries by choice */
    EFT_TLB_NONE,        /* none, and no checks of translation tables: the fastest */
};

/* What is asked of a source of choices. 0 is always the dull answer. */
enum eft_choice {
    EFT_CHOOSE_THREAD,     /* which of the ready threads runs, in queue order */
    EFT_CHOOSE_FAIL,       /* does this allocation of memory fail */
    EFT_CHOOSE_SPURIOUS,   /* which blocked thread is woken for no reason, less one; 0: none */
    EFT_CHOOSE_TIMER = 16, /* does the timer fire early, here */
    EFT_CHOOSE_EVICT,      /* which entry a natural TLB loses */
    EFT_CHOOSE_ASID_BITS,  /* how many fewer than 16 */
    EFT_CHOOSE_ENTROPY,    /* a random byte */
    EFT_CHOOSE_CONSOLE,    /* how many bytes have arrived, 255 being the end; then each of them */
    EFT_CHOOSE_ELAPSED,    /* nanoseconds of real time since the clock was last looked at */
};

/* All zeros is a good machine: 64 MiB, an init that you drive, virtual time, dull choices. */
struct eft_options {
    uint64_t ram_size;   /* bytes, a multiple of 4096, 2 MiB to 16 GiB; 0: 64 MiB */
    const void *initrd;  /* the initramfs, a cpio archive, copied; NULL: none but an empty init */
    size_t initrd_size;  /* bytes */
    bool has_empty_init; /* init is empty although there is an initramfs: you drive it */
    const char *cmdline; /* words for the kernel, copied; NULL: none */
    enum eft_tlb tlb;
    unsigned asid_bits; /* 1 to 16; 0: 16, or a choice */
    bool has_real_time; /* else an instruction takes a nanosecond, and idling no time */
    bool has_entropy;   /* random numbers are the host's; else they are chosen */
    bool has_seed;      /* choices are drawn from seed; else all are 0 */
    uint64_t seed;

    /* Every callback may be NULL, and is given context. */
    void *context;

    /* The source of choices: gives an answer in [0, bound) to a question of kind (enum eft_choice,
     * more may come). answer is what it would be otherwise: from the seed, or from the world. */
    uint32_t (*choose)(void *context, unsigned kind, uint32_t bound, uint32_t answer);

    /* What the kernel and its programs print. */
    void (*console)(void *context, const char *bytes, size_t len);

    /* The trace as text, some lines or part of one: each call with its arguments and its result,
     * faults, exits, switches. Costs time. */
    void (*trace)(void *context, const char *bytes, size_t len);

    /* The kernel has done what hardware would forgive (name is that of the check), or has panicked
     * ("kernel.panic"; its words went to the console). If this returns, the report goes to stderr
     * and the process aborts. */
    void (*report)(void *context, const char *name, const char *details);
};

/* Boots a kernel; NULL options are all zeros. The last one, if there was one, is gone. Returns
 * NULL, or what is wrong with the options: then there is no kernel. A kernel that cannot start (an
 * initramfs that makes no sense, say) has said so on its console, and is off. */
const char *eft_boot(const struct eft_options *options);

/* Gives the memory of the machine back to the host. Snapshots stay, to be freed. */
void eft_end(void);

/* The status that the kernel ended with, as a shell would put it: init's, 128 and the signal's
 * number, or 1 if it could not start. 0 before its end. */
int eft_status(void);

/* ---- going on ---- */

enum eft_state {
    EFT_RAN,  /* a thread has run, or time has passed */
    EFT_IDLE, /* nothing is ready, and nothing can become so but by you */
    EFT_OFF,  /* the kernel has ended: see eft_status */
};

/* As eft_run's limit: none. */
#define EFT_NO_LIMIT UINT64_MAX

/* One step: runs a thread until its next system call, fault or interrupt, and handles that; or lets
 * time pass until something is ready. */
enum eft_state eft_step(void);

/* Steps until a step says something else than EFT_RAN, but at most limit of them. Gives what the
 * last one said. */
enum eft_state eft_run(uint64_t limit);

/* Nanoseconds since boot, as the kernel's clock has them. */
uint64_t eft_now(void);

/* ---- processes ---- */

/* What there is to say of a call beside its result. No result of a call is one of these. */
#define EFT_BLOCKED INT64_MIN /* it waits */
#define EFT_RUNS                                                                                   \
    (INT64_MIN + 1)               /* the process goes on by itself at the next steps: woken up, or
                                        it runs a program */
#define EFT_ENDED (INT64_MIN + 2) /* it has ended, or there is no such process */
#define EFT_MACHINE_OFF (INT64_MIN + 3)

/* Makes a process, child of the process parent. path names a program of the initramfs, argv its
 * arguments, NULL-terminated (NULL: path alone). With path NULL it is empty: it does what you say.
 * Returns its PID, or -errno. */
int eft_spawn(int parent, const char *path, const char *const argv[]);

/* Makes a system call as a process that is empty, or a fork of an empty one, and is in no call:
 * number and arguments are Linux's for AArch64 (core/include/abi/syscall.def). Runs only that
 * process, until the call has its result, which is returned, or EFT_BLOCKED, or EFT_ENDED.
 * EFT_RUNS: the process cannot be driven now, and nothing was done; or it was execve, and the
 * process runs a program now. */
int64_t eft_call(int pid, unsigned number, const uint64_t args[6]);

/* The same with the arguments in place, at least one. */
#define EFT_CALL(pid_, number_, ...) eft_call(pid_, number_, (const uint64_t[6]){__VA_ARGS__})

/* What the last call of a process has come to: as eft_call. */
int64_t eft_result(int pid);

/* Loads and stores of the process itself, with its rights, page faults and translations. It must be
 * one that eft_call could drive. 0; or EFT_ENDED: it was not allowed to, and a signal has ended it
 * (what lies before has been loaded or stored); or EFT_RUNS. */
int64_t eft_load(int pid, uint64_t address, void *bytes, size_t len);
int64_t eft_store(int pid, uint64_t address, const void *bytes, size_t len);

/* Memory that an empty process starts with, beside a stack; brk and mmap give more. */
#define EFT_DATA UINT64_C(0x20000000)
#define EFT_DATA_SIZE UINT64_C(0x10000)

/* ---- the console ---- */

/* Bytes arrive at the console: the kernel takes them at its next steps. Returns how many did; the
 * line holds 4096. */
size_t eft_type(const char *bytes, size_t len);

/* After what was typed comes the end of input, for good. */
void eft_type_end(void);

/* ---- looking ---- */

/* Prints the processes and the last events of the trace to the console. */
void eft_print(void);

/* Walks all that the kernel has, and panics if anything does not fit. */
void eft_check(void);

/* Frames of 4 KiB that are free now. */
uint64_t eft_free_frames(void);

/* A number that sums up the run so far: every register file at every trap, every choice, every byte
 * on the console. Two runs that have it in common went the same way. */
uint64_t eft_hash(void);

/* ---- snapshots ---- */

struct eft_snapshot;

/* The whole machine as it is now. NULL: the host has no memory, or there is no machine. */
struct eft_snapshot *eft_snapshot(void);

/* Makes the machine what it was then, exactly; as often as wanted, and also after its end.
 * Callbacks stay as they are now. Costs what is in use, not what RAM there is. NULL, or why it
 * can't be: the kernel was booted anew since, with another size of RAM or another TLB, or ended by
 * eft_end; then nothing has changed. */
const char *eft_restore(const struct eft_snapshot *snapshot);

void eft_forget(struct eft_snapshot *snapshot);

#ifdef __cplusplus
}
#endif

#endif
