/*
 * The seam: everything core asks of a machine, and the few functions a machine calls in core.
 *
 * platform/aarch64 and platform/hosted each define every plat_* function, chosen at link time. The
 * line runs at the height of the CPU and the MMU: what could be written once is above it.
 *
 * Rules that hold for every function here:
 * - The kernel runs with interrupts masked. They are taken only inside plat_user_run,
 *   plat_cpu_idle and plat_irq_window, which then call kernel_on_*.
 * - "This CPU" and "all CPUs" are said where it matters; there is one CPU so far.
 * - Nothing blocks but plat_cpu_idle. Nothing allocates from core.
 * - A broken precondition is a bug in core: hosted reports it with the name of a check and stops.
 *
 * Freestanding headers only, and nothing of abi/, so that hosted files may include it beside
 * libc's.
 */
#ifndef PLATFORM_PLATFORM_H
#define PLATFORM_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t paddr_t; /* physical address */
typedef uint64_t uaddr_t; /* virtual address of EL0 (TTBR0) */
typedef uint64_t nsec_t;  /* nanoseconds; as a point in time: since boot */
typedef uint64_t pte_t;   /* VMSAv8-64 stage 1 descriptor, 4 KiB granule (Arm ARM D8.3) */
typedef uint16_t asid_t;

#define PLAT_NEVER UINT64_MAX /* a deadline that does not come */

enum {
    PLAT_PAGE_SHIFT = 12,
    PLAT_PAGE_SIZE = 1 << PLAT_PAGE_SHIFT,
    PLAT_PTE_COUNT = 512, /* descriptors in a table */
    PLAT_USER_BITS = 39,  /* TTBR0 covers 2^39 bytes: levels 1, 2 and 3 */
    PLAT_ATTR_NORMAL = 0, /* AttrIndx of normal, inner shareable, write-back memory */
    PLAT_RESERVED_MAX = 8,
};

/* ---- steps: what the machine calls in core ---- */

struct plat_range {
    paddr_t base;
    uint64_t size; /* bytes */
};

/* What the machine found. Valid during kernel_boot only, but for cmdline, which stays. */
struct plat_boot {
    struct plat_range ram;                         /* one bank, page-aligned */
    struct plat_range reserved[PLAT_RESERVED_MAX]; /* kernel image, device tree, initrd; any order,
                                                      any alignment, may overlap */
    unsigned reserved_count;
    struct plat_range initrd; /* size 0: none; also among reserved */
    const char *cmdline;      /* NUL-terminated, never NULL */
    unsigned asid_bits;       /* 1 to 16; ASID 0 is never used for a process */
    bool has_atomics;         /* EL0 can execute the instructions of FEAT_LSE */
};

enum kernel_state {
    KERNEL_RAN,  /* a thread ran to one trap, or a call was rerun */
    KERNEL_IDLE, /* nothing was ready; plat_cpu_idle has been called */
    KERNEL_OFF,  /* plat_power_off was called: end the machine with that status */
};

/* Starts core; every initialiser overwrites all of its state, so it may be called again after
 * KERNEL_OFF. A boot that fails prints one line and calls plat_power_off with a status not 0. */
void kernel_boot(const struct plat_boot *boot);

/* Chooses a thread or idles; runs it until one trap; handles the trap. */
enum kernel_state kernel_step(void);

/* Upcalls, from plat_user_run, plat_cpu_idle and plat_irq_window only. They make threads ready and
 * ask for a reschedule; they never free or unlink anything. */
void kernel_on_timer(void);   /* the deadline of plat_timer_set has passed; the timer is off now */
void kernel_on_console(void); /* plat_console_read has something new to say */

/* Prints the processes and the last trace events to the console; for reports, at any time. */
void kernel_dump(void);

/* ---- memory ---- */

enum plat_mem_state {
    PLAT_MEM_FREE,      /* nobody may touch it; no translation may name it, cached ones included */
    PLAT_MEM_UNDEFINED, /* owned, contents are not to be read before they are written */
    PLAT_MEM_DEFINED,   /* owned, contents have meaning */
};

/* Address of [pa, pa + size) in the linear map. Must lie in RAM; size >= 1. To store there in a
 * later step, ask again: hosted notes what is stored. Only memory that was marked in parts of a
 * page, or several pages at once, may be stored to at any time. */
void *plat_phys_ptr(paddr_t pa, size_t size);

/* Says what [pa, pa + size) is used for. Any multiple of 8 bytes. At boot all of RAM that is not
 * reserved is FREE. Hosted poisons FREE memory for ASan and checks that no mapping or cached
 * translation names a page that becomes FREE; AArch64 does nothing. */
void plat_mem_mark(paddr_t pa, size_t size, enum plat_mem_state state);

/* Makes the instruction side see what was written to [pa, pa + size) through the linear map (DC
 * CVAU, IC IVAU, barriers). Hosted: fetching from a page allocated since and not synced is a
 * report. */
void plat_icache_sync(paddr_t pa, size_t size);

/* ---- translation tables of user space ---- */

/* Takes an owned page as a table: zeroes it. It has no entries, is linked nowhere, and its stores
 * are unpublished: publish before a descriptor that names it is stored. */
void plat_table_open(paddr_t table);

/* Ends a table. It must hold no valid descriptor, be linked nowhere, be in no walk cache, and not
 * be a root that a CPU has loaded. */
void plat_table_close(paddr_t table);

/* The only door to a descriptor. index < PLAT_PTE_COUNT. A store of a valid descriptor is visible
 * to walkers after plat_pte_publish (or any flush). Break-before-make (Arm ARM D8.14.1) is the
 * caller's: while an old translation may be cached, only rights, AF and software bits may
 * change. */
pte_t plat_pte_load(paddr_t table, unsigned index);
void plat_pte_store(paddr_t table, unsigned index, pte_t value);

/* DSB ISHST; ISB: stores before it are visible to the walkers of all CPUs. */
void plat_pte_publish(void);

/* Invalidate translations and walk caches on all CPUs, for EL0 addresses; complete on return; they
 * publish first. pages >= 1; va page-aligned. */
void plat_tlb_flush(asid_t asid, uaddr_t va, size_t pages);
void plat_tlb_flush_asid(asid_t asid);
void plat_tlb_flush_all(void);

/* This CPU translates user addresses through root under asid from now on; no flush is implied.
 * (0, 0): no user space, walks disabled. A loaded root counts as cached. */
void plat_space_use(paddr_t root, asid_t asid);

/* ---- user mode ---- */

/* The current thread is about to be ended by this signal, and its registers and memory are still
 * there: a debugger may look. AArch64 does nothing. */
void plat_user_ends(int signal);

/* The general registers of a thread at EL0, the same on every platform. Assembly knows the
 * layout. */
struct plat_user {
    uint64_t x[31];
    uint64_t sp;
    uint64_t pc;
    uint64_t pstate; /* only N, Z, C, V (bits 31 to 28) may be set; the rest is kept 0 */
    uint64_t tpidr;  /* TPIDR_EL0 */
};

struct plat_fp {
    uint64_t v[32][2]; /* low half first */
    uint64_t fpcr;
    uint64_t fpsr;
} __attribute__((aligned(16)));

enum plat_trap_kind {
    PLAT_TRAP_SYSCALL,    /* svc #n; pc is behind it */
    PLAT_TRAP_FAULT,      /* fault says what; pc is at the instruction, as for all below */
    PLAT_TRAP_UNDEFINED,  /* undefined or not allowed at EL0 */
    PLAT_TRAP_BREAKPOINT, /* brk #n */
    PLAT_TRAP_FP,         /* an FP or SIMD instruction while EL0 does not own the registers */
    PLAT_TRAP_IRQ,        /* interrupts were taken and the upcalls made; nothing else happened */
};

enum plat_access { PLAT_READ, PLAT_WRITE, PLAT_FETCH };

enum plat_fault_kind {
    PLAT_FAULT_TRANSLATION,
    PLAT_FAULT_ACCESS_FLAG,
    PLAT_FAULT_PERMISSION,
    PLAT_FAULT_ADDRESS_SIZE,
    PLAT_FAULT_ALIGNMENT, /* of data, pc or sp */
    PLAT_FAULT_BUS,       /* external abort */
};

struct plat_fault {
    uaddr_t addr; /* the first byte that could not be reached; may lie above 2^39 */
    enum plat_access access;
    enum plat_fault_kind kind;
    unsigned level; /* of the walk, 0 to 3, where kind has one */
};

struct plat_trap {
    enum plat_trap_kind kind;
    uint32_t esr;            /* ESR_EL1 as the hardware gives it; 0 for IRQ */
    struct plat_fault fault; /* for PLAT_TRAP_FAULT */
};

/* Runs *user at EL0 in the space in use until one trap; fills *trap. TPIDR_EL0 is part of *user. */
void plat_user_run(struct plat_user *user, struct plat_trap *trap);

/* FP and SIMD registers of this CPU. plat_fp_use(fp) loads *fp and lets EL0 use them; NULL: EL0's
 * next use traps (the state at boot). plat_fp_sync(fp) stores them to *fp; EL0 must own them. */
void plat_fp_use(const struct plat_fp *fp);
void plat_fp_sync(struct plat_fp *fp);

/* Copy as EL0 would access: rights and TLB apply; current space only; [addr, addr + len) lies below
 * 2^39. Returns the bytes copied from the start; if less than len, *fault says why. May copy less
 * than reachable, never more. plat_user_write may have written up to the returned count only. */
size_t plat_user_read(void *dst, uaddr_t addr, size_t len, struct plat_fault *fault);
size_t plat_user_write(uaddr_t addr, const void *src, size_t len, struct plat_fault *fault);

enum plat_cas { PLAT_CAS_DONE, PLAT_CAS_DIFFERS, PLAT_CAS_FAULT };

/* If the word at addr (4-aligned) equals expected, stores desired, sequentially consistent. *seen
 * is what was there, unless PLAT_CAS_FAULT, for which *fault is set. Needs EL0's right to write. */
enum plat_cas plat_user_cas32(uaddr_t addr, uint32_t expected, uint32_t desired, uint32_t *seen,
                              struct plat_fault *fault);

/* ---- time and this CPU ---- */

nsec_t plat_clock_now(void);          /* monotonic, since boot */
void plat_timer_set(nsec_t deadline); /* one shot, absolute, replaces the last; PLAT_NEVER: off */
void plat_irq_window(void);           /* takes what is pending, now */
#if EFT_TEST
extern void (*plat_window_hook)(void); /* if set, is called first in each window */
#endif
void plat_cpu_idle(void);   /* waits until there is something to take, and takes it */
void plat_cpu_relax(void);  /* a hint in a spin */
void *plat_cpu_local(void); /* what was given to plat_cpu_set_local on this CPU */
void plat_cpu_set_local(void *local);

/* ---- the rest ---- */

enum plat_choice {
    PLAT_CHOOSE_THREAD,   /* which of the ready threads runs, in queue order */
    PLAT_CHOOSE_FAIL,     /* does this allocation fail */
    PLAT_CHOOSE_SPURIOUS, /* is a blocked thread rerun for no reason */
};

/* A decision of core's, in [0, bound); bound >= 1. 0 is the dull one. AArch64 answers 0, or in a
 * test image the next entry of a list. */
unsigned plat_choose(enum plat_choice kind, unsigned bound);

enum { PLAT_CONSOLE_NONE = -1, PLAT_CONSOLE_EOF = -2 };

void plat_console_write(const char *bytes, size_t len);
int plat_console_read(void); /* the next byte, or NONE yet, or EOF: never again */

/* Bytes that an attacker can't guess where the machine has a source, else from its clock. */
void plat_entropy(void *buf, size_t len);

/* Where trace events go (hosted: a file; AArch64: a file of the host, by semihosting). Open once,
 * before the first write; false: cannot be had. */
bool plat_trace_open(const char *path);
void plat_trace_write(const char *bytes, size_t len);

/* Records the exit status, 0 to 255, returns; the machine ends when kernel_step returns
 * KERNEL_OFF. */
void plat_power_off(int status);

/* Ends the machine at once with a status not 0, after a panic. Hosted aborts, for the debugger. */
_Noreturn void plat_stop(void);

#endif
