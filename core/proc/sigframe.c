#include "proc/sigframe.h"

#include "abi/errno.h"
#include "base/cpu.h"
#include "base/panic.h"
#include "base/plant.h"
#include "base/string.h"
#include "mm/uaccess.h"
#include "platform/scratch.h"

enum {
    ALIGN = 16, /* of sp (AAPCS64 6.4.5.1), of records and their sizes */
    REGISTERS = offsetof(struct plat_user, tpidr), /* bytes: x0 to x30, sp, pc, PSTATE */
    RECORDS = offsetof(struct abi_sigframe, uc.uc_mcontext.reserved),
    RECORDS_MAX = 4096, /* bytes */
    FRAME_MOST = 256 << 10,
};

/* PSTATE, Arm ARM C5.2.18 (SPSR_EL1). Others are ignored, as by a CPU that has no use for them. */
#define PSTATE_NZCV 0xf0000000u
#define PSTATE_REFUSED 0x3dfu /* D, A, I and F; AArch32, and any level but EL0 */

#define FPCR_BITS 0x07c00000u /* AHP, DN, FZ, RMode: what ARMv8.0-A has */
#define FPSR_BITS 0xf800009fu /* N, Z, C, V, QC and the exceptions */

/* ESR_EL1, Arm ARM D17.2.37. */
#define ESR_CLASS 0xfc000000u
#define ESR_LONG (1u << 25)       /* IL */
#define ESR_MAINTENANCE (1u << 8) /* CM */
#define ESR_WRITE (1u << 6)       /* WnR */
#define ESR_TRANSLATION 0x4u      /* a translation fault at level 0 */
#define ESR_DATA (0x24u << 26)    /* a data abort from EL0 */
#define ESR_PC (0x22u << 26)      /* pc is not aligned */
#define ESR_SP (0x26u << 26)      /* nor sp */

_Static_assert(offsetof(struct plat_user, sp) == 31 * 8 && REGISTERS == 34 * 8 &&
                   offsetof(struct abi_sigcontext, pstate) + 8 ==
                       offsetof(struct abi_sigcontext, regs) + REGISTERS,
               "struct plat_user begins as the registers of a struct sigcontext");
_Static_assert(RECORDS % ALIGN == 0 && sizeof(struct abi_sigframe) % ALIGN == 0, "sp is aligned");
_Static_assert(sizeof(struct abi_fpsimd_context) % ALIGN == 0, "the record behind it is aligned");

struct frame_record {
    uint64_t x29;
    uint64_t x30;
};

/* Bytes that are written to the stack. */
struct part {
    uaddr_t at;
    const void *bytes;
    uint64_t len;
};

/* What is known of a frame's records while they are looked through. */
struct records {
    uaddr_t base; /* where they are: in the frame, or behind it */
    uint64_t offset;
    uint64_t limit;
    bool is_extra;  /* behind it */
    uaddr_t fpsimd; /* where that record is; 0: there was none yet */
};

/* mov x8, #139; svc #0. Debuggers and unwinders know a handler's frame by these. */
static const uint32_t trampoline[] = {0xd2801168, 0xd4000001};

/* The frame that is being made. */
static struct abi_sigframe image;

SCRATCH(image);

int sigframe_map_trampoline(struct space *space)
{
    const struct region region = {
        .start = SPACE_TRAMPOLINE,
        .end = SPACE_TRAMPOLINE + PAGE_SIZE,
        .prot = PROT_READ | PROT_EXEC,
        .file = (const uint8_t *)trampoline,
        .file_len = sizeof(trampoline),
    };

    return space_map(space, &region);
}

/* As Linux, tells of addresses above user space only what a program knows anyway. */
void sigframe_note_fault(struct thread *thread, uaddr_t address, uint32_t esr)
{
    if ((esr & ESR_CLASS) == ESR_PC || (esr & ESR_CLASS) == ESR_SP) {
        address = 0;
    }
    if (address >= USER_END && esr != 0) {
        uint32_t told = ESR_CLASS | ESR_LONG;
        if ((esr & ESR_CLASS) == ESR_DATA) {
            told |= ESR_MAINTENANCE | ESR_WRITE;
        }
        esr = (esr & told) | ESR_TRANSLATION;
    }
    thread->fault_address = address;
    thread->fault_esr = esr;
}

/* ---- the alternate stack ---- */

/* One that is disarmed while a handler runs is never in use, by construction. */
static bool is_on_altstack(const struct thread *thread)
{
    const struct abi_sigaltstack *stack = &thread->altstack;
    uaddr_t sp = thread->user.sp;

    return !((uint32_t)stack->ss_flags & SS_AUTODISARM) && sp > stack->ss_sp &&
           sp - stack->ss_sp <= stack->ss_size;
}

struct abi_sigaltstack sigframe_altstack(const struct thread *thread)
{
    struct abi_sigaltstack told = thread->altstack;
    uint32_t flags = (uint32_t)told.ss_flags & SS_AUTODISARM;

    if (told.ss_size == 0) {
        flags |= SS_DISABLE;
    } else if (is_on_altstack(thread)) {
        flags |= SS_ONSTACK;
    }
    told.ss_flags = (int32_t)flags;
    return told;
}

int sigframe_set_altstack(struct thread *thread, const struct abi_sigaltstack *wanted)
{
    struct abi_sigaltstack *stack = &thread->altstack;
    uint32_t mode = (uint32_t)wanted->ss_flags & ~SS_AUTODISARM;

    if (is_on_altstack(thread)) {
        return -EPERM;
    }
    if (mode != 0 && mode != SS_ONSTACK && mode != SS_DISABLE) {
        return -EINVAL;
    }
    if (wanted->ss_sp == stack->ss_sp && wanted->ss_size == stack->ss_size &&
        wanted->ss_flags == stack->ss_flags) {
        return 0; /* even if it is too small, as none is behind an exec */
    }
    if (mode != SS_DISABLE && wanted->ss_size < MINSIGSTKSZ) {
        return -ENOMEM;
    }
    *stack = (struct abi_sigaltstack){.ss_flags = wanted->ss_flags};
    if (mode != SS_DISABLE) {
        stack->ss_sp = wanted->ss_sp;
        stack->ss_size = wanted->ss_size;
    }
    return 0;
}

static void disarm(struct thread *thread)
{
    thread->altstack = (struct abi_sigaltstack){.ss_flags = SS_DISABLE};
}

void sigframe_inherit(struct thread *thread, const struct thread *from, uint64_t flags)
{
    if (!from) {
        disarm(thread);
        return;
    }
    thread->fault_address = from->fault_address;
    thread->fault_esr = from->fault_esr;
    thread->altstack = from->altstack;
    if ((flags & (CLONE_VM | CLONE_VFORK)) == CLONE_VM && !PLANTED(SIG_6)) {
        disarm(thread);
    }
}

void sigframe_exec(struct thread *thread)
{
    thread->altstack.ss_sp = 0;
    thread->altstack.ss_size = 0;
}

/* ---- a handler begins ---- */

/* Where its stack begins. One that overflows goes on below, as on Linux/AArch64. */
static uaddr_t stack_for(const struct thread *thread, const struct abi_sigaction *action)
{
    const struct abi_sigaltstack *stack = &thread->altstack;

    if ((action->flags & SA_ONSTACK) && stack->ss_size > 0 && !is_on_altstack(thread)) {
        return stack->ss_sp + stack->ss_size;
    }
    return thread->user.sp;
}

/* FP and SIMD registers, then ESR if there is one, then the end. Gives the bytes of all. */
static uint64_t fill_records(struct thread *thread)
{
    struct abi_fpsimd_context fpsimd = {.head = {FPSIMD_MAGIC, sizeof(fpsimd)}};
    const struct abi_esr_context esr = {.head = {ESR_MAGIC, sizeof(esr)}, .esr = thread->fault_esr};
    const struct abi_context_record end = {0, 0};
    uint8_t *at = image.uc.uc_mcontext.reserved;

    thread_sync_fp(thread);
    fpsimd.fpsr = (uint32_t)thread->fp.fpsr;
    fpsimd.fpcr = (uint32_t)thread->fp.fpcr;
    memcpy(fpsimd.vregs, thread->fp.v, sizeof(fpsimd.vregs));
    memcpy(at, &fpsimd, sizeof(fpsimd));
    at += sizeof(fpsimd);
    if (thread->fault_esr != 0) {
        memcpy(at, &esr, sizeof(esr));
        at += sizeof(esr);
    }
    memcpy(at, &end, sizeof(end));
    return (uint64_t)(at - image.uc.uc_mcontext.reserved) + sizeof(end);
}

static void fill_image(const struct thread *thread, const struct abi_siginfo *info,
                       signal_set_t mask)
{
    struct abi_ucontext *uc = &image.uc;

    image.info = *info;
    uc->uc_flags = 0;
    uc->uc_link = 0;
    uc->uc_stack = thread->altstack;
    uc->uc_sigmask = mask;
    uc->uc_mcontext.fault_address = thread->fault_address;
    memcpy(uc->uc_mcontext.regs, &thread->user, REGISTERS);
}

/* All of it or nothing: the first round makes sure of what the second does. */
static int write_parts(const struct part *parts, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        int error = user_prepare_write(parts[i].at, parts[i].len);
        if (error) {
            return error;
        }
    }
    for (unsigned i = 0; i < count; i++) {
        int error = user_write(parts[i].at, parts[i].bytes, parts[i].len);
        ASSERT(error == 0);
    }
    return 0;
}

/* The part of the image from one member to the end of another. */
#define PART(frame_, first_, last_)                                                                \
    {                                                                                              \
        (frame_) + offsetof(struct abi_sigframe, first_),                                          \
            (const char *)&image + offsetof(struct abi_sigframe, first_),                          \
            offsetof(struct abi_sigframe, last_) + sizeof(image.last_) -                           \
                offsetof(struct abi_sigframe, first_)                                              \
    }

/* Nobody asks for info without SA_SIGINFO. */
static int write_frame(uaddr_t frame, uaddr_t record_at, const struct frame_record *record,
                       uint64_t records_len, bool with_info)
{
    const struct part parts[] = {
        {record_at, record, sizeof(*record)},
        PART(frame, uc.uc_flags, uc.uc_stack.ss_flags),
        PART(frame, uc.uc_stack.ss_size, uc.uc_sigmask),
        PART(frame, uc.uc_mcontext.fault_address, uc.uc_mcontext.pstate),
        {frame + RECORDS, image.uc.uc_mcontext.reserved, records_len},
        PART(frame, info, info),
    };

    return write_parts(parts, ARRAY_LEN(parts) - !with_info);
}

int sigframe_push(struct thread *thread, const struct abi_siginfo *info,
                  const struct abi_sigaction *action, signal_set_t mask)
{
    struct plat_user *user = &thread->user;
    const struct frame_record record = {user->x[29], user->x[30]};
    uaddr_t top = stack_for(thread, action);
    uaddr_t record_at = (top - sizeof(record)) & ~(uint64_t)(ALIGN - 1);
    uaddr_t frame = record_at - sizeof(struct abi_sigframe);
    bool with_info = action->flags & SA_SIGINFO;

    if (frame > USER_END || top > USER_END) {
        return -EFAULT;
    }
    fill_image(thread, info, mask);
    int error = write_frame(frame, record_at, &record, fill_records(thread), with_info);
    if (error) {
        return error;
    }
    user->x[0] = (uint64_t)info->si_signo;
    if (with_info) {
        user->x[1] = frame + offsetof(struct abi_sigframe, info);
        user->x[2] = frame + offsetof(struct abi_sigframe, uc);
    }
    user->x[29] = record_at;
    user->x[30] = action->flags & SA_RESTORER ? action->restorer : SPACE_TRAMPOLINE;
    user->sp = frame;
    user->pc = action->handler; /* N, Z, C and V stay as they were */
    if ((uint32_t)thread->altstack.ss_flags & SS_AUTODISARM) {
        disarm(thread);
    }
    return 0;
}

/* ---- and ends ---- */

/* What cannot be read is 0; the first reason is told. */
static int read_or_zero(void *to, uaddr_t from, uint64_t len)
{
    int result = 0;

    for (uint64_t done = 0, part; done < len; done += part) {
        part = min_u64(PAGE_SIZE - ((from + done) & PAGE_MASK), len - done);
        int error = user_read((char *)to + done, from + done, part);
        if (error) {
            memset((char *)to + done, 0, part);
            result = result ? result : error;
        }
    }
    return result;
}

static int read_registers(struct plat_user *user, uaddr_t frame)
{
    uaddr_t at = frame + offsetof(struct abi_sigframe, uc.uc_mcontext.regs);
    int error = read_or_zero(user, at, REGISTERS);
    uint64_t pstate = user->pstate;

    user->pstate &= PSTATE_NZCV;
    if (!error && (pstate & PSTATE_REFUSED)) {
        error = -EINVAL;
    }
    return error;
}

static int read_head(const struct records *records, uint64_t offset,
                     struct abi_context_record *head)
{
    return user_read(head, records->base + offset, sizeof(*head));
}

/* An extra_context, which says that more records follow where the frame ends: behind a record of 0
 * that comes after it. */
static int go_extra(struct records *records, uaddr_t frame, uint32_t size)
{
    struct {
        struct abi_context_record head;
        uint64_t data;
        uint32_t size;
        uint32_t reserved[3];
    } extra;
    struct abi_context_record end;
    uint64_t offset = records->offset;
    uaddr_t behind = records->base + offset + size + ALIGN;

    if (records->is_extra || size < sizeof(extra)) {
        return -EINVAL;
    }
    int error = user_read(&extra, records->base + offset, sizeof(extra));
    if (error) {
        return error;
    }
    if (records->limit - offset - size < ALIGN) {
        return -EINVAL;
    }
    error = read_head(records, offset + size, &end);
    if (error) {
        return error;
    }
    if (end.magic != 0 || end.size != 0 || extra.data != behind || extra.data % ALIGN != 0 ||
        extra.size % ALIGN != 0 || extra.size > frame + FRAME_MOST - behind ||
        extra.size > USER_END - behind) {
        return -EINVAL;
    }
    records->base = behind;
    records->offset = 0;
    records->limit = extra.size;
    records->is_extra = true;
    return 0;
}

/* Looks at one record. *is_end: it is the one that ends them. */
static int take_record(struct records *records, uaddr_t frame, bool *is_end)
{
    struct abi_context_record head;

    if (records->limit - records->offset < sizeof(head) || records->offset % ALIGN != 0) {
        return -EINVAL;
    }
    int error = read_head(records, records->offset, &head);
    if (error) {
        return error;
    }
    if (head.size > records->limit - records->offset) {
        return -EINVAL;
    }
    switch (head.magic) {
    case 0:
        *is_end = true;
        return head.size == 0 ? 0 : -EINVAL;
    case FPSIMD_MAGIC:
        if (records->fpsimd || head.size != sizeof(struct abi_fpsimd_context)) {
            return -EINVAL;
        }
        records->fpsimd = records->base + records->offset;
        break;
    case ESR_MAGIC:
        if (head.size < sizeof(head)) {
            return -EINVAL;
        }
        break;
    case EXTRA_MAGIC:
        return go_extra(records, frame, head.size);
    default:
        return -EINVAL; /* there is no SVE, nor what came after it */
    }
    records->offset += head.size;
    return 0;
}

static int find_fpsimd(uaddr_t frame, uaddr_t *at)
{
    struct records records = {.base = frame + RECORDS, .limit = RECORDS_MAX};
    bool is_end = false;

    while (!is_end) {
        int error = take_record(&records, frame, &is_end);
        if (error) {
            return error;
        }
        plat_irq_window();
    }
    *at = records.fpsimd;
    return records.fpsimd ? 0 : -EINVAL;
}

static int read_fp(struct thread *thread, uaddr_t frame)
{
    struct abi_fpsimd_context fpsimd;
    uaddr_t at;
    int error = find_fpsimd(frame, &at);

    if (!error) {
        error = user_read(&fpsimd, at, sizeof(fpsimd));
    }
    if (error) {
        return error;
    }
    memcpy(thread->fp.v, fpsimd.vregs, sizeof(fpsimd.vregs));
    thread->fp.fpsr = fpsimd.fpsr & FPSR_BITS;
    thread->fp.fpcr = fpsimd.fpcr & FPCR_BITS;
    if (cpu_this()->fp_owner == thread) {
        plat_fp_use(&thread->fp);
    }
    return 0;
}

int sigframe_pop(struct thread *thread, signal_set_t *mask)
{
    struct abi_sigaltstack stack;
    uaddr_t frame = thread->user.sp;

    *mask = thread->signal_mask;
    if (frame % ALIGN != 0 || frame > USER_END - sizeof(struct abi_sigframe)) {
        return -EFAULT;
    }
    int mask_error =
        user_read(mask, frame + offsetof(struct abi_sigframe, uc.uc_sigmask), sizeof(*mask));
    int error = read_registers(&thread->user, frame);
    if (mask_error) {
        return mask_error;
    }
    if (!error) {
        error = read_fp(thread, frame);
    }
    if (!error) {
        error =
            user_read(&stack, frame + offsetof(struct abi_sigframe, uc.uc_stack), sizeof(stack));
    }
    if (!error) {
        (void)sigframe_set_altstack(thread, &stack); /* what is wrong with it is not told */
    }
    return error;
}
