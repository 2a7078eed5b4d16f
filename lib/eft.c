#include "eft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drive.h"
#include "kernel.h"
#include "mm/frame.h"
#include "platform/hosted/choice.h"
#include "platform/hosted/hash.h"
#include "platform/hosted/machine.h"
#include "platform/hosted/ram.h"
#include "platform/hosted/report.h"
#include "platform/hosted/sanitizer.h"
#include "platform/hosted/script.h"
#include "platform/hosted/snapshot.h"
#include "platform/hosted/snapshot_part.h"
#include "platform/hosted/table.h"
#include "platform/hosted/terminal.h"
#include "platform/hosted/tracefile.h"
#include "platform/hosted/vclock.h"

/*
 * The calls of eft.h that are about the machine as a whole; drive.c has those about processes.
 */

enum {
    RAM_DEFAULT = 64 << 20,
    TYPED_MAX = 4096,
    MEMBER_MAX = 512, /* of an archive: the empty program with its header */
};

#define EMPTY_NAME "eft-empty"

static struct eft_options options;
static bool has_machine;

/* What was typed and the machine has not taken. */
static struct {
    bool is_ended;
    size_t start;
    size_t len;
    char bytes[TYPED_MAX];
} typed;

SNAPSHOT_PART(typed);

_Static_assert((int)EFT_CHOOSE_THREAD == PLAT_CHOOSE_THREAD, "a name for the same");
_Static_assert((int)EFT_CHOOSE_FAIL == PLAT_CHOOSE_FAIL, "a name for the same");
_Static_assert((int)EFT_CHOOSE_SPURIOUS == PLAT_CHOOSE_SPURIOUS, "a name for the same");
_Static_assert((int)EFT_CHOOSE_TIMER == CHOOSE_TIMER, "a name for the same");
_Static_assert((int)EFT_CHOOSE_EVICT == CHOOSE_EVICT, "a name for the same");
_Static_assert((int)EFT_CHOOSE_ASID_BITS == CHOOSE_ASID_BITS, "a name for the same");
_Static_assert((int)EFT_CHOOSE_ENTROPY == CHOOSE_ENTROPY, "a name for the same");
_Static_assert((int)EFT_CHOOSE_CONSOLE == CHOOSE_CONSOLE, "a name for the same");
_Static_assert((int)EFT_CHOOSE_ELAPSED == CHOOSE_ELAPSED, "a name for the same");

/* ---- what the machine calls ---- */

static uint32_t choose(unsigned kind, uint32_t bound, uint32_t answer)
{
    return options.choose(options.context, kind, bound, answer) % bound;
}

static void print(const char *bytes, size_t len)
{
    if (options.console) {
        options.console(options.context, bytes, len);
    }
}

static void write_trace(const char *bytes, size_t len)
{
    options.trace(options.context, bytes, len);
}

static size_t take_typed(uint8_t *bytes, size_t size)
{
    size_t count = 0;

    if (typed.len == 0 && typed.is_ended) {
        return TERMINAL_END;
    }
    while (count < size && typed.len > 0) {
        bytes[count++] = (uint8_t)typed.bytes[typed.start];
        typed.start = (typed.start + 1) % TYPED_MAX;
        typed.len--;
    }
    return count;
}

static void say_report(const char *name, const char *details)
{
    if (options.report) {
        options.report(options.context, name, details);
    }
}

static void say_panic(void)
{
    say_report("kernel.panic", "the kernel has panicked: its words are on the console");
}

static void set_hooks(void)
{
    choice_hook = options.choose ? choose : NULL;
    terminal_sink = print;
    terminal_source = take_typed;
    tracefile_sink = options.trace ? write_trace : NULL;
    report_hook = say_report;
    machine_on_stop = say_panic;
}

/* ---- booting ---- */

/* cpio(5), format newc: the empty program as a member; further members may follow. */
static size_t make_member(char *to)
{
    size_t size;
    const void *program = drive_program(&size);
    int len = snprintf(
        to, MEMBER_MAX, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%s", 0, 0100755,
        0, 0, 1, 0, (unsigned)size, 0, 0, 0, 0, (unsigned)sizeof(EMPTY_NAME), 0, EMPTY_NAME);
    size_t at = ((size_t)len + 1 + 3) & ~(size_t)3;

    memcpy(to + at, program, size);
    return at + ((size + 3) & ~(size_t)3);
}

static enum vtlb_mode choose_tlb(enum eft_tlb tlb)
{
    switch (tlb) {
    case EFT_TLB_ADVERSARIAL:
        return VTLB_ADVERSARIAL;
    case EFT_TLB_NATURAL:
        return VTLB_NATURAL;
    case EFT_TLB_NONE:
        return VTLB_NONE;
    case EFT_TLB_DEFAULT:
        break;
    }
    return HOSTED_CHECKED ? VTLB_ADVERSARIAL : VTLB_NONE;
}

static const char *boot(char *initrd, size_t size, char *cmdline)
{
    const struct machine_config config = {
        .ram_size = options.ram_size ? options.ram_size : RAM_DEFAULT,
        .initrd = initrd,
        .initrd_size = size,
        .cmdline = cmdline,
        .tlb = choose_tlb(options.tlb),
        .asid_bits = options.asid_bits,
        .has_real_time = options.has_real_time,
        .has_entropy = options.has_entropy,
        .is_embedded = true,
    };

    memset(&typed, 0, sizeof(typed));
    set_hooks();
    choice_init();
    if (options.has_seed) {
        choice_use_seed(options.seed);
    }
    script_reset();
    drive_init();
    return machine_start(&config);
}

static void leave_machine(void)
{
    has_machine = false;
    drive_fini();
}

const char *eft_boot(const struct eft_options *given)
{
    static const char empty_word[] = "init=/" EMPTY_NAME " ";
    static const char trace_word[] = "trace=callback ";
    const char *complaint = "no memory";

    options = given ? *given : (struct eft_options){0};
    leave_machine();
    if (options.asid_bits > 16) {
        return "ASIDs have 1 to 16 bits";
    }
    if ((unsigned)options.tlb > EFT_TLB_NONE) {
        return "there is no such TLB";
    }
    bool is_empty = options.has_empty_init || !options.initrd;
    size_t size = options.initrd ? options.initrd_size : 0;
    const char *words = options.cmdline ? options.cmdline : "";
    size_t line_size = sizeof(empty_word) + sizeof(trace_word) + strlen(words);
    char *cmdline = malloc(line_size);
    char *initrd = calloc(1, MEMBER_MAX + size);
    if (cmdline && initrd) {
        size_t start = is_empty ? make_member(initrd) : 0;
        if (size > 0) {
            memcpy(initrd + start, options.initrd, size);
        }
        snprintf(cmdline, line_size, "%s%s%s", is_empty ? empty_word : "",
                 options.trace ? trace_word : "", words);
        complaint = boot(initrd, start + size, cmdline);
    }
    free(initrd);
    free(cmdline);
    has_machine = !complaint;
    if (complaint) {
        leave_machine();
    }
    return complaint;
}

void eft_end(void)
{
    leave_machine();
    ram_release();
    (void)table_init();
}

int eft_status(void)
{
    return machine_status();
}

/* ---- going on ---- */

enum eft_state eft_step(void)
{
    if (!has_machine) {
        return EFT_OFF;
    }
    enum kernel_state state = kernel_step();
    if (state == KERNEL_OFF) {
        return EFT_OFF;
    }
    drive_hold_resting();
    return state == KERNEL_IDLE && machine_is_idle() ? EFT_IDLE : EFT_RAN;
}

enum eft_state eft_run(uint64_t limit)
{
    enum eft_state state = EFT_RAN;

    for (uint64_t i = 0; i < limit && state == EFT_RAN; i++) {
        state = eft_step();
    }
    return state;
}

uint64_t eft_now(void)
{
    return plat_clock_now();
}

/* ---- the console ---- */

size_t eft_type(const char *bytes, size_t len)
{
    size_t count = 0;

    while (count < len && typed.len < TYPED_MAX && !typed.is_ended) {
        typed.bytes[(typed.start + typed.len++) % TYPED_MAX] = bytes[count++];
    }
    return count;
}

void eft_type_end(void)
{
    typed.is_ended = true;
}

/* ---- looking ---- */

void eft_print(void)
{
    if (has_machine) {
        kernel_dump();
    }
}

void eft_check(void)
{
    if (has_machine) {
        kernel_check();
    }
}

uint64_t eft_free_frames(void)
{
    return frame_free_count();
}

uint64_t eft_hash(void)
{
    return hash_total(hash_now());
}

/* ---- snapshots ---- */

struct eft_snapshot *eft_snapshot(void)
{
    return has_machine ? (struct eft_snapshot *)snapshot_take() : NULL;
}

const char *eft_restore(const struct eft_snapshot *snapshot)
{
    if (!has_machine) {
        return "there is no machine";
    }
    if (!snapshot) {
        return "there is no snapshot";
    }
    drive_forget();
    return snapshot_restore((const struct snapshot *)snapshot);
}

void eft_forget(struct eft_snapshot *snapshot)
{
    snapshot_free((struct snapshot *)snapshot);
}
