#include "fuzz/model/frames.h"

#include "fuzz/model/ask.h"
#include "fuzz/model/memory.h"
#include "fuzz/model/signals.h"

enum {
    ALIGN = 16,
    RECORD = 16, /* bytes: x29 and x30, behind the frame */
    RECORDS_MAX = sizeof(((struct abi_sigcontext *)0)->reserved),
    FRAME_MOST = 256 << 10, /* with further records behind it */
    EXTRA = 32,             /* bytes of a record that says so */
};

#define OFFSET(member) __builtin_offsetof(struct abi_sigframe, member)
#define PSTATE_FLAGS UINT64_C(0xf0000000)
#define PSTATE_PRIVILEGED UINT64_C(0x3df) /* masks of interrupts, AArch32, levels above EL0 */

static uint64_t align_down(uint64_t value)
{
    return value & ~(uint64_t)(ALIGN - 1);
}

/* ---- the alternate stack ---- */

/* sp points into it, or at its upper end. One that is to be disarmed is not there while it is
 * used. */
static bool is_on(const struct proc *proc, uint64_t sp)
{
    const struct abi_sigaltstack *stack = &proc->altstack;

    return !((uint32_t)stack->ss_flags & SS_AUTODISARM) && sp > stack->ss_sp &&
           sp - stack->ss_sp <= stack->ss_size;
}

struct abi_sigaltstack frames_stack(const struct proc *proc, uint64_t sp)
{
    struct abi_sigaltstack told = proc->altstack;
    uint32_t flags = (uint32_t)told.ss_flags & SS_AUTODISARM;

    if (told.ss_size == 0) {
        flags |= SS_DISABLE;
    } else if (is_on(proc, sp)) {
        flags |= SS_ONSTACK;
    }
    told.ss_flags = (int32_t)flags;
    return told;
}

int frames_set_stack(const struct proc *proc, const struct abi_sigaltstack *wanted, uint64_t sp,
                     struct abi_sigaltstack *stack)
{
    const struct abi_sigaltstack *old = &proc->altstack;
    uint32_t mode = (uint32_t)wanted->ss_flags & ~SS_AUTODISARM;

    if (is_on(proc, sp)) {
        return -EPERM;
    }
    if (mode != 0 && mode != SS_ONSTACK && mode != SS_DISABLE) {
        return -EINVAL;
    }
    bool is_same = wanted->ss_sp == old->ss_sp && wanted->ss_size == old->ss_size &&
                   wanted->ss_flags == old->ss_flags;
    if (!is_same && mode != SS_DISABLE && wanted->ss_size < MINSIGSTKSZ) {
        return -ENOMEM;
    }
    *stack = (struct abi_sigaltstack){.ss_flags = wanted->ss_flags};
    if (mode != SS_DISABLE) {
        stack->ss_sp = wanted->ss_sp;
        stack->ss_size = wanted->ss_size;
    }
    return 0;
}

/* ---- a handler begins ---- */

/* What of a frame is written, in the order in which stacks grow. Of no fault there is nothing to
 * tell: such handlers are not followed. */
static const struct part {
    uint64_t at; /* in the frame */
    uint64_t len;
    bool is_loose; /* holds what the model does not have, registers for one */
} parts[] = {
    {sizeof(struct abi_sigframe), RECORD, true},
    {OFFSET(uc.uc_flags), OFFSET(uc.uc_stack.pad) - OFFSET(uc.uc_flags), false},
    {OFFSET(uc.uc_stack.ss_size), OFFSET(uc.unused) - OFFSET(uc.uc_stack.ss_size), false},
    {OFFSET(uc.uc_mcontext), OFFSET(uc.uc_mcontext.pad) - OFFSET(uc.uc_mcontext), true},
    {OFFSET(uc.uc_mcontext.reserved),
     sizeof(struct abi_fpsimd_context) + sizeof(struct abi_context_record), true},
    {OFFSET(info), sizeof(struct abi_siginfo), true},
};
enum { PARTS = sizeof(parts) / sizeof(parts[0]) };

/* Of the parts that are loose: what is known of them. */
static void check_frame(struct proc *proc, uint64_t frame, uint64_t sp)
{
    struct abi_context_record head;
    struct abi_context_record end;
    uint64_t was_sp;
    uint64_t pstate;
    struct space *space = memory_of(proc);
    uint64_t records = frame + OFFSET(uc.uc_mcontext.reserved);

    memory_look(space, frame + OFFSET(uc.uc_mcontext.sp), &was_sp, sizeof(was_sp));
    memory_look(space, frame + OFFSET(uc.uc_mcontext.pstate), &pstate, sizeof(pstate));
    memory_look(space, records, &head, sizeof(head));
    memory_look(space, records + sizeof(struct abi_fpsimd_context), &end, sizeof(end));
    bool is_fine = head.magic == FPSIMD_MAGIC && head.size == sizeof(struct abi_fpsimd_context);
    if (end.magic == ESR_MAGIC && end.size == sizeof(struct abi_esr_context)) {
        memory_look(space, records + sizeof(struct abi_fpsimd_context) + end.size, &end,
                    sizeof(end));
    }
    if (was_sp != sp || (pstate & ~PSTATE_FLAGS) || !is_fine || end.magic != 0 || end.size != 0) {
        ask_object("process %d: the frame at %x is not as it should be", (int64_t)proc->pid, frame);
    }
}

/* Behind a fault there is a record of that, too, in this part. */
static uint64_t more_records(const struct proc *proc, uint64_t frame, const struct part *part)
{
    const uint64_t at = OFFSET(uc.uc_mcontext.reserved);
    struct abi_context_record head;

    if (part->at != at ||
        !world.eyes->peek(proc->pid, frame + at + sizeof(struct abi_fpsimd_context), &head,
                          sizeof(head))) {
        return 0;
    }
    return head.magic == ESR_MAGIC ? sizeof(struct abi_esr_context) : 0;
}

static void write_frame(const struct proc *proc, struct proc *seen, uint64_t frame, unsigned count)
{
    struct abi_sigframe image;

    bytes_zero(&image, sizeof(image));
    image.uc.uc_stack = proc->altstack;
    image.uc.uc_sigmask = proc->has_saved_mask ? proc->saved_mask : proc->mask;
    for (unsigned i = 0; i < count; i++) {
        const struct part *part = &parts[i];
        if (part->is_loose) {
            memory_adopt(seen, frame + part->at, part->len + more_records(seen, frame, part));
        } else {
            memory_give(seen, frame + part->at, (const uint8_t *)&image + part->at, part->len);
        }
    }
}

/* Of a frame with siginfo one part more is written. */
static unsigned parts_of(const struct abi_sigaction *action)
{
    return action->flags & SA_SIGINFO ? PARTS : PARTS - 1;
}

bool frames_can_push(struct proc *proc, int signal, uint64_t sp, uint64_t *frame)
{
    const struct abi_sigaction *action = &proc->actions[signal - 1];
    uint64_t top = sp;

    if ((action->flags & SA_ONSTACK) && proc->altstack.ss_size > 0 && !is_on(proc, sp)) {
        top = proc->altstack.ss_sp + proc->altstack.ss_size;
    }
    *frame = align_down(top - RECORD) - sizeof(struct abi_sigframe);
    if (*frame > END_OF_MEMORY || top > END_OF_MEMORY) {
        return false;
    }
    for (unsigned i = 0; i < parts_of(action); i++) {
        if (!memory_can(proc, *frame + parts[i].at, parts[i].len, ACCESS_WRITE)) {
            return false;
        }
    }
    return true;
}

void frames_push(struct proc *proc, const struct said *said, uint64_t sp, uint64_t frame,
                 struct proc *seen)
{
    int signal = (int32_t)said->head[0];
    struct abi_sigaction *action = &proc->actions[signal - 1];

    if (seen) {
        write_frame(proc, seen, frame, parts_of(action));
        check_frame(proc, frame, sp);
    }
    if (seen && (action->flags & SA_SIGINFO)) {
        signals_check_said(proc, frame + OFFSET(info), said);
    }
    proc->has_saved_mask = false;
    proc->mask |= action->mask | (action->flags & SA_NODEFER ? 0 : signal_set_of(signal));
    if (action->flags & SA_RESETHAND) {
        action->handler = SIG_DFL;
    }
    if ((uint32_t)proc->altstack.ss_flags & SS_AUTODISARM) {
        proc->altstack = (struct abi_sigaltstack){.ss_flags = SS_DISABLE};
    }
}

void frames_adopt(struct proc *witness, const struct proc *proc, uint64_t sp)
{
    enum { MOST = 4 * (sizeof(struct abi_sigframe) + RECORD + ALIGN) };
    const uint64_t tops[] = {sp, proc->altstack.ss_sp + proc->altstack.ss_size};
    uint8_t bytes[ALIGN];

    for (unsigned i = 0; i < 2; i++) {
        uint64_t start = align_down(tops[i] > MOST ? tops[i] - MOST : 0);
        uint64_t size = tops[i] - start; /* the top may be the end of all addresses */
        for (uint64_t at = start; at - start < size; at += ALIGN) {
            if (memory_find(memory_of(witness), at) &&
                world.eyes->peek(witness->pid, at, bytes, sizeof(bytes))) {
                memory_adopt(witness, at, sizeof(bytes));
            }
        }
    }
}

/* ---- and ends ---- */

static bool read_record(struct proc *proc, uint64_t at, struct abi_context_record *head)
{
    return memory_read(proc, at, head, sizeof(*head));
}

/* Records go on behind the frame if one says so, with an end behind it. */
static bool go_behind(struct proc *proc, uint64_t frame, uint64_t *at, uint64_t *left,
                      uint32_t size)
{
    struct abi_context_record end;
    uint64_t behind = *at + size + ALIGN;
    uint64_t data;
    uint32_t len;

    if (size < EXTRA || *left - size < ALIGN || !memory_read(proc, *at + 8, &data, sizeof(data)) ||
        !memory_read(proc, *at + 16, &len, sizeof(len)) || !read_record(proc, *at + size, &end)) {
        return false;
    }
    if (end.magic != 0 || end.size != 0 || data != behind || data % ALIGN != 0 ||
        len % ALIGN != 0 || behind - frame > FRAME_MOST || len > FRAME_MOST - (behind - frame) ||
        len > END_OF_MEMORY - behind) {
        return false;
    }
    *at = behind;
    *left = len;
    return true;
}

/* Whether the records are right: the registers of FP and SIMD are there, once. */
static bool has_good_records(struct proc *proc, uint64_t frame)
{
    struct abi_context_record head;
    uint8_t fpsimd[sizeof(struct abi_fpsimd_context)];
    uint64_t at = frame + OFFSET(uc.uc_mcontext.reserved);
    uint64_t left = RECORDS_MAX;
    bool is_behind = false;
    bool has_fpsimd = false;

    for (;;) {
        if (left < sizeof(head) || at % ALIGN != 0 || !read_record(proc, at, &head) ||
            head.size > left) {
            return false;
        }
        if (head.magic == 0) {
            return head.size == 0 && has_fpsimd;
        }
        if (head.magic == EXTRA_MAGIC) {
            if (is_behind || !go_behind(proc, frame, &at, &left, head.size)) {
                return false;
            }
            is_behind = true;
            continue;
        }
        if (head.magic == FPSIMD_MAGIC) {
            if (has_fpsimd || head.size != sizeof(fpsimd) ||
                !memory_read(proc, at, fpsimd, sizeof(fpsimd))) {
                return false;
            }
            has_fpsimd = true;
        } else if (head.magic != ESR_MAGIC || head.size < sizeof(head)) {
            return false;
        }
        at += head.size;
        left -= head.size;
    }
}

bool frames_pop(struct proc *proc, uint64_t sp, int64_t *result)
{
    const uint64_t never = signal_set_of(SIGKILL) | signal_set_of(SIGSTOP);
    struct abi_sigcontext context;
    struct abi_sigaltstack wanted;
    uint64_t mask;

    if (sp % ALIGN != 0 || sp > END_OF_MEMORY - sizeof(struct abi_sigframe)) {
        return false;
    }
    bool has_mask = memory_read(proc, sp + OFFSET(uc.uc_sigmask), &mask, sizeof(mask));
    if (has_mask) {
        proc->mask = mask & ~never;
    }
    if (!has_mask ||
        !memory_read(proc, sp + OFFSET(uc.uc_mcontext.regs), &context.regs,
                     OFFSET(uc.uc_mcontext.pad) - OFFSET(uc.uc_mcontext.regs)) ||
        (context.pstate & PSTATE_PRIVILEGED) || !has_good_records(proc, sp) ||
        !memory_read(proc, sp + OFFSET(uc.uc_stack), &wanted, sizeof(wanted))) {
        return false;
    }
    (void)frames_set_stack(proc, &wanted, context.sp, &proc->altstack);
    *result = (int64_t)context.regs[0];
    return true;
}
