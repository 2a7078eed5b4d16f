/*
 * Everything here works when nothing else does: it allocates nothing, reads only what is mapped for
 * sure, and follows frame records only while they lie on a kernel stack and rise.
 */
#include "report.h"

#include "base/print.h"
#include "exception.h"
#include "layout.h"
#include "platform/platform.h"

/* symbols.py: functions by rising offset in the image; names by offset in one string of strings. */
struct symbol {
    uint32_t offset;
    uint32_t name;
};
extern const uint64_t symbols_count;
extern const struct symbol symbols_table[];
extern const char symbols_names[];

extern const uint8_t image_head[], text_end[], emergency_guard[], emergency_stack[], stack_guard[],
    stack_start[], stack_end[], image_end[];

static const char *const vector_names[] = {
    "synchronous exception with SP_EL0 in the kernel",
    "interrupt with SP_EL0 in the kernel",
    "FIQ with SP_EL0 in the kernel",
    "SError with SP_EL0 in the kernel",
    "exception in the kernel",
    "interrupt in the kernel, where they are masked",
    "FIQ in the kernel",
    "SError in the kernel",
    "synchronous exception in user mode",
    "interrupt in user mode",
    "FIQ in user mode",
    "SError in user mode",
    "synchronous exception in AArch32 user mode",
    "interrupt in AArch32 user mode",
    "FIQ in AArch32 user mode",
    "SError in AArch32 user mode",
};

static const char *class_name(enum exception_class class)
{
    switch (class) {
    case CLASS_UNKNOWN:
        return "undefined instruction";
    case CLASS_WAIT:
        return "WFI or WFE";
    case CLASS_FP:
        return "FP or SIMD instruction";
    case CLASS_ILLEGAL_STATE:
        return "illegal execution state";
    case CLASS_SVC:
        return "svc";
    case CLASS_SYSTEM_REGISTER:
        return "trapped system register";
    case CLASS_FETCH_EL0:
    case CLASS_FETCH:
        return "instruction abort";
    case CLASS_PC_ALIGNMENT:
        return "misaligned pc";
    case CLASS_DATA_EL0:
    case CLASS_DATA:
        return "data abort";
    case CLASS_SP_ALIGNMENT:
        return "misaligned sp";
    case CLASS_SERROR:
        return "SError";
    case CLASS_BRK:
        return "brk";
    }
    return "other class";
}

static const char *const fault_names[] = {
    [PLAT_FAULT_TRANSLATION] = "translation fault",
    [PLAT_FAULT_ACCESS_FLAG] = "access flag fault",
    [PLAT_FAULT_PERMISSION] = "permission fault",
    [PLAT_FAULT_ADDRESS_SIZE] = "address size fault",
    [PLAT_FAULT_ALIGNMENT] = "alignment fault",
    [PLAT_FAULT_BUS] = "external abort",
};

static bool is_within(uint64_t addr, const uint8_t *start, const uint8_t *end)
{
    return addr >= (uintptr_t)start && addr < (uintptr_t)end;
}

/* What lies at an address of the kernel, for a person. */
static const char *place(uint64_t addr)
{
    if (is_within(addr, emergency_guard, emergency_stack) ||
        is_within(addr, stack_end, image_end)) {
        return "a guard page";
    }
    if (is_within(addr, stack_guard, stack_start)) {
        return "the guard page of the kernel stack: stack overflow";
    }
    if (is_within(addr, image_head, text_end)) {
        return "kernel text";
    }
    if (addr >= IMAGE_VA) {
        return addr < WINDOW_VA ? "the kernel image" : "a window to a device or to the device tree";
    }
    if (addr >= LINEAR_VA) {
        return "the linear map of RAM";
    }
    return addr < PLAT_PAGE_SIZE ? "the page of NULL" : "no address of the kernel";
}

static void print_abort(const struct regs *regs, bool is_fetch)
{
    struct plat_fault fault;

    if (!exception_decode_abort((uint32_t)regs->esr, regs->far, &fault)) {
        kprintf(", status 0x%lx", regs->esr & 0x3f);
    } else {
        kprintf(", %s", fault_names[fault.kind]);
        if (fault.kind != PLAT_FAULT_ALIGNMENT && fault.kind != PLAT_FAULT_BUS) {
            kprintf(", level %u", fault.level);
        }
    }
    kprintf(": %s 0x%lx, %s",
            is_fetch              ? "fetch from"
            : regs->esr & ESR_WNR ? "write to"
                                  : "read from",
            regs->far, place(regs->far));
}

static void print_cause(const struct regs *regs)
{
    enum exception_class class = exception_class(regs->esr);

    kprintf("\neft: %s", vector_names[regs->vector]);
    if (regs->vector % 4 == 0) {
        kprintf(": %s", class_name(class));
        if (class == CLASS_DATA || class == CLASS_FETCH) {
            print_abort(regs, class == CLASS_FETCH);
        }
    }
    kprintf(" (ESR 0x%lx, class 0x%x)\n", regs->esr, class);
}

static void print_function(const char *what, uint64_t pc)
{
    uint64_t offset = pc - IMAGE_VA;
    const struct symbol *found = NULL;

    kprintf("  %s 0x%lx", what, pc);
    for (uint64_t i = 0; i < symbols_count && symbols_table[i].offset <= offset; i++) {
        found = &symbols_table[i];
    }
    if (found && is_within(pc, image_head, text_end)) {
        kprintf(" %s+0x%lx", symbols_names + found->name, offset - found->offset);
    }
    kprintf("\n");
}

/* Whether a frame record of 16 bytes lies on one of the two stacks. */
static bool is_frame(uint64_t frame)
{
    return frame % 16 == 0 && (is_within(frame, stack_start, stack_end) ||
                               is_within(frame, emergency_stack, stack_guard));
}

void report_backtrace(uint64_t frame)
{
    enum { DEPTH_MAX = 32 };

    for (unsigned depth = 0; depth < DEPTH_MAX && is_frame(frame); depth++) {
        const uint64_t *record = (const uint64_t *)frame;

        if (!record[1]) {
            return;
        }
        print_function("called from", record[1] - 4);
        if (record[0] <= frame) {
            return; /* callers lie higher */
        }
        frame = record[0];
    }
}

static void print_registers(const struct regs *regs)
{
    for (unsigned i = 0; i < 31; i++) {
        kprintf("  x%-2u %016lx%s", i, regs->x[i], i % 4 == 3 ? "\n" : "");
    }
    kprintf("\n  sp  %016lx  pc  %016lx  pstate %lx\n", regs->sp, regs->pc, regs->pstate);
}

_Noreturn void report_exception(const struct regs *regs)
{
    struct cpu *cpu = cpu_this();

    if (cpu->is_reporting) {
        kprintf("\neft: and an exception in its report, at pc 0x%lx, address 0x%lx\n", regs->pc,
                regs->far);
        plat_stop();
    }
    cpu->is_reporting = true;
    print_cause(regs);
    print_registers(regs);
    print_function("at", regs->pc);
    print_function("x30", regs->x[30]);
    report_backtrace(regs->x[29]);
    kernel_dump();
    plat_stop();
}
