#include "proc/sigframe.h"

#include "abi/errno.h"
#include "base/cpu.h"
#include "base/inject.h"
#include "base/string.h"
#include "mm/fault.h"
#include "mm/frame.h"
#include "mm/uaccess.h"
#include "proc/process.h"
#include "test.h"
#include "tests/core/fixture.h"

/* A frame as the headers of Linux have it (asm/sigcontext.h, asm/ucontext.h, asm/siginfo.h of
 * AArch64): where its members are, printed by a program that includes those. */
enum {
    INFO = 0,
    UC = 128,
    UC_FLAGS = 128,
    UC_LINK = 136,
    SS_SP = 144,
    SS_FLAGS = 152,
    SS_SIZE = 160,
    UC_SIGMASK = 168,
    FAULT_ADDRESS = 304,
    REGS = 312,
    SP = 560,
    PC = 568,
    PSTATE = 576,
    RESERVED = 592,
    FRAME_SIZE = 4688,
    FPSIMD_SIZE = 528,
    FPSR = 8, /* of a record */
    FPCR = 12,
    VREGS = 16,
    ESR_SIZE = 16,
    ESR_AT = 8,
    EXTRA_SIZE = 32,
    EXTRA_DATA = 8,
    EXTRA_LEN = 16,
    RECORD = FRAME_SIZE, /* of the frame: x29, x30 */
    WHOLE = FRAME_SIZE + 16,
};

enum {
    STACK_PAGES = 8,
    STACK_SIZE = STACK_PAGES * PAGE_SIZE,
    ALT_SIZE = 2 * PAGE_SIZE,
    UNTOUCHED = 0xa5,
};

#define STACK ((uaddr_t)0x10000000)
#define STACK_END (STACK + STACK_SIZE)
#define START_SP (STACK_END - 0x108) /* of the program that is interrupted: not aligned */
#define FRAME ((START_SP - WHOLE) & ~(uaddr_t)15)
#define ALT ((uaddr_t)0x20000000)
#define NOWHERE ((uaddr_t)0x30000000)
#define HANDLER 0x400100
#define RESTORER 0x400200
#define MASK 0x123456789abcdefull
#define ESR_READ 0x92000007u

static struct process *init;
static struct thread *thread;
static struct abi_siginfo info;

static void set_registers(void)
{
    for (unsigned i = 0; i < 31; i++) {
        thread->user.x[i] = 0x1111000000000000 + i;
    }
    thread->user.sp = START_SP;
    thread->user.pc = 0x400abc;
    thread->user.pstate = 0x60000000;
    thread->user.tpidr = 0x7777;
    for (unsigned i = 0; i < 32; i++) {
        thread->fp.v[i][0] = 0x2222000000000000 + i;
        thread->fp.v[i][1] = 0x3333000000000000 + i;
    }
    thread->fp.fpcr = 0x01000000;
    thread->fp.fpsr = 0x08000010;
}

static void begin(void)
{
    static uint8_t bytes[PAGE_SIZE];

    fixture_begin(300);
    init = fixture_process(NULL);
    thread = fixture_run(init);
    fixture_map(init->space, STACK, STACK_END, PROT_READ | PROT_WRITE);
    fixture_map(init->space, ALT, ALT + ALT_SIZE, PROT_READ | PROT_WRITE);
    memset(bytes, UNTOUCHED, sizeof(bytes));
    for (uaddr_t at = STACK; at < STACK_END; at += PAGE_SIZE) {
        EXPECT_EQ(user_write(at, bytes, PAGE_SIZE), 0);
    }
    set_registers();
    memset(&info, 0x5a, sizeof(info));
    info.si_signo = SIGUSR1;
}

static uint64_t word(uaddr_t at)
{
    uint64_t value = 0;

    EXPECT_EQ(user_read(&value, at, sizeof(value)), 0);
    return value;
}

static uint32_t half(uaddr_t at)
{
    uint32_t value = 0;

    EXPECT_EQ(user_read(&value, at, sizeof(value)), 0);
    return value;
}

static void put(uaddr_t at, uint64_t value)
{
    EXPECT_EQ(user_write(at, &value, sizeof(value)), 0);
}

static void put_half(uaddr_t at, uint32_t value)
{
    EXPECT_EQ(user_write(at, &value, sizeof(value)), 0);
}

static int push(uint64_t flags)
{
    const struct abi_sigaction action = {.handler = HANDLER, .flags = flags, .restorer = RESTORER};

    return sigframe_push(thread, &info, &action, MASK);
}

/* What the stack must be, byte for byte. */
static uint8_t image[STACK_SIZE];

static void want(uaddr_t at, uint64_t value)
{
    memcpy(image + (at - STACK), &value, sizeof(value));
}

static void want_half(uaddr_t at, uint32_t value)
{
    memcpy(image + (at - STACK), &value, sizeof(value));
}

static void want_frame(const struct plat_user *user, const struct plat_fp *fp)
{
    memset(image, UNTOUCHED, sizeof(image));
    want(FRAME + UC_FLAGS, 0);
    want(FRAME + UC_LINK, 0);
    want(FRAME + SS_SP, 0);
    want_half(FRAME + SS_FLAGS, 0);
    want(FRAME + SS_SIZE, 0);
    want(FRAME + UC_SIGMASK, MASK);
    want(FRAME + FAULT_ADDRESS, 0);
    for (unsigned i = 0; i < 31; i++) {
        want(FRAME + REGS + 8 * i, user->x[i]);
    }
    want(FRAME + SP, user->sp);
    want(FRAME + PC, user->pc);
    want(FRAME + PSTATE, user->pstate);
    want_half(FRAME + RESERVED, 0x46508001);
    want_half(FRAME + RESERVED + 4, FPSIMD_SIZE);
    want_half(FRAME + RESERVED + FPSR, (uint32_t)fp->fpsr);
    want_half(FRAME + RESERVED + FPCR, (uint32_t)fp->fpcr);
    for (unsigned i = 0; i < 32; i++) {
        want(FRAME + RESERVED + VREGS + 16 * i, fp->v[i][0]);
        want(FRAME + RESERVED + VREGS + 16 * i + 8, fp->v[i][1]);
    }
    want(FRAME + RESERVED + FPSIMD_SIZE, 0);
    want(FRAME + RECORD, user->x[29]);
    want(FRAME + RECORD + 8, user->x[30]);
}

static void expect_stack(void)
{
    static uint8_t bytes[STACK_SIZE];

    EXPECT_EQ(user_read(bytes, STACK, STACK_SIZE), 0);
    for (unsigned i = 0; i < STACK_SIZE; i++) {
        test_note("byte %d of the frame", (int)(STACK + i - FRAME));
        EXPECT_EQ(bytes[i], image[i]);
    }
}

/* The registers that a handler begins with. */
static void expect_entry(const struct plat_user *before, uaddr_t frame, bool with_info)
{
    struct plat_user wanted = *before;

    wanted.x[0] = SIGUSR1;
    if (with_info) {
        wanted.x[1] = frame + INFO;
        wanted.x[2] = frame + UC;
    }
    wanted.x[29] = frame + RECORD;
    wanted.x[30] = SPACE_TRAMPOLINE;
    wanted.sp = frame;
    wanted.pc = HANDLER;
    EXPECT_MEMEQ(&thread->user, &wanted, sizeof(wanted));
}

/* ---- the frame ---- */

TEST(sigframe_every_byte_of_a_frame)
{
    begin();
    const struct plat_user user = thread->user;
    EXPECT_EQ(push(0), 0);
    want_frame(&user, &thread->fp);
    expect_stack();
    expect_entry(&user, FRAME, false);
    fixture_end();
}

TEST(sigframe_with_info)
{
    begin();
    const struct plat_user user = thread->user;
    EXPECT_EQ(push(SA_SIGINFO), 0);
    want_frame(&user, &thread->fp);
    memcpy(image + (FRAME - STACK), &info, sizeof(info));
    expect_stack();
    expect_entry(&user, FRAME, true);
    fixture_end();
}

TEST(sigframe_restorer)
{
    begin();
    EXPECT_EQ(push(SA_RESTORER), 0);
    EXPECT_EQ(thread->user.x[30], RESTORER);
    fixture_end();
}

TEST(sigframe_is_aligned_wherever_sp_is)
{
    begin();
    for (unsigned i = 0; i < 32; i++) {
        uaddr_t sp = STACK_END - 256 + i;
        thread->user.sp = sp;
        EXPECT_EQ(push(0), 0);
        EXPECT_EQ(thread->user.sp % 16, 0);
        EXPECT_EQ(thread->user.sp, ((sp - 16) & ~(uaddr_t)15) - FRAME_SIZE);
        EXPECT_EQ(word(thread->user.sp + SP), sp);
    }
    fixture_end();
}

TEST(sigframe_tells_the_last_fault)
{
    begin();
    const struct plat_user user = thread->user;
    sigframe_note_fault(thread, 0xdead000, ESR_READ);
    EXPECT_EQ(push(0), 0);
    want_frame(&user, &thread->fp);
    want(FRAME + FAULT_ADDRESS, 0xdead000);
    want_half(FRAME + RESERVED + FPSIMD_SIZE, 0x45535201);
    want_half(FRAME + RESERVED + FPSIMD_SIZE + 4, ESR_SIZE);
    want(FRAME + RESERVED + FPSIMD_SIZE + ESR_AT, ESR_READ);
    want(FRAME + RESERVED + FPSIMD_SIZE + ESR_SIZE, 0);
    expect_stack();
    sigframe_note_fault(thread, 0, 0);
    EXPECT_EQ(push(0), 0);
    EXPECT_EQ(word(thread->user.sp + FAULT_ADDRESS), 0);
    EXPECT_EQ(word(thread->user.sp + RESERVED + FPSIMD_SIZE), 0);
    fixture_end();
}

/* arch/arm64/mm/fault.c, set_thread_esr; traps.c, do_sp_pc_abort. */
TEST(sigframe_tells_nothing_of_what_is_not_the_program_s)
{
    static const struct {
        uaddr_t address;
        uaddr_t told_address;
        uint32_t esr;
        uint32_t told;
    } cases[] = {
        {USER_END - 1, USER_END - 1, 0x92000047, 0x92000047},
        {USER_END, USER_END, 0x9200004f, 0x92000044},     /* a write */
        {UINT64_MAX, UINT64_MAX, 0x93c08147, 0x92000144}, /* by cache maintenance */
        {USER_END, USER_END, 0x82000087, 0x82000004},     /* a fetch */
        {0x400002, 0, 0x8a000000, 0x8a000000},            /* pc is not aligned */
        {0x400008, 0, 0x9a000000, 0x9a000000},            /* nor sp */
        {USER_END + 2, 0, 0x8a000000, 0x8a000000},
        {USER_END, USER_END, 0, 0},
    };

    begin();
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        test_note("case %u", i);
        sigframe_note_fault(thread, cases[i].address, cases[i].esr);
        EXPECT_EQ(thread->fault_address, cases[i].told_address);
        EXPECT_EQ(thread->fault_esr, cases[i].told);
    }
    fixture_end();
}

TEST(sigframe_fp_registers_that_the_cpu_has)
{
    begin();
    cpu_this()->fp_owner = thread;
    plat_fp_use(&thread->fp);
    const struct plat_user user = thread->user;
    const struct plat_fp fp = thread->fp;
    memset(&thread->fp, 0xee, sizeof(thread->fp)); /* stale */
    EXPECT_EQ(push(0), 0);
    want_frame(&user, &fp);
    expect_stack();
    put(FRAME + RESERVED + VREGS + 16, 77);
    thread->user.sp = FRAME;
    signal_set_t mask;
    EXPECT_EQ(sigframe_pop(thread, &mask), 0);
    memset(&thread->fp, 0xee, sizeof(thread->fp));
    thread_sync_fp(thread);
    EXPECT_EQ(thread->fp.v[1][0], 77);
    EXPECT_EQ(thread->fp.v[2][0], fp.v[2][0]);
    fixture_end();
}

/* ---- a stack that cannot be written ---- */

static void expect_refused(int error)
{
    const struct thread before = *thread;

    EXPECT_EQ(push(SA_SIGINFO | SA_ONSTACK), error);
    EXPECT_MEMEQ(thread, &before, sizeof(before));
}

TEST(sigframe_on_a_bad_stack)
{
    static const uaddr_t places[] = {
        0,
        1,
        15,
        16,
        31,
        WHOLE - 1,
        WHOLE,
        WHOLE + 64,
        0x10000,
        STACK + WHOLE - 1,
        STACK,
        NOWHERE,
        STACK_END + PAGE_SIZE,
        USER_END,
        USER_END + 1,
        USER_END + 16,
        USER_END + WHOLE,
        UINT64_MAX,
        (uaddr_t)1 << 63,
    };

    begin();
    for (unsigned i = 0; i < ARRAY_LEN(places); i++) {
        test_note("sp 0x%lx", places[i]);
        thread->user.sp = places[i];
        expect_refused(-EFAULT);
    }
    memset(image, UNTOUCHED, sizeof(image));
    expect_stack();
    thread->user.sp = STACK + WHOLE;
    EXPECT_EQ(push(SA_SIGINFO), 0);
    EXPECT_EQ(thread->user.sp, STACK);
    fixture_end();
}

/* Each page that a frame has a part in, in turn; with what lies between nothing is done. */
TEST(sigframe_on_pages_that_are_read_only)
{
    begin();
    thread->user.sp = STACK_END - PAGE_SIZE + 64; /* the frame has parts in three pages */
    for (unsigned page = 1; page <= 3; page++) {
        uaddr_t at = STACK_END - page * PAGE_SIZE;
        EXPECT_EQ(space_protect(init->space, at, at + PAGE_SIZE, PROT_READ), 0);
        expect_refused(-EFAULT);
        memset(image, UNTOUCHED, sizeof(image));
        expect_stack();
        EXPECT_EQ(space_protect(init->space, at, at + PAGE_SIZE, PROT_READ | PROT_WRITE), 0);
    }
    thread->user.sp = STACK + 3 * PAGE_SIZE + 304; /* info ends where a page does */
    uaddr_t frame = ((thread->user.sp - 16) & ~(uaddr_t)15) - FRAME_SIZE;
    thread->user.sp += page_up(frame) - 128 - frame;
    EXPECT_EQ(space_protect(init->space, STACK, page_up(frame), PROT_READ), 0);
    const struct plat_user user = thread->user;
    expect_refused(-EFAULT);
    EXPECT_EQ(push(0), 0); /* without info nothing is written there */
    thread->user = user;
    fixture_end();
}

static int push_each(void *context)
{
    (void)context;
    thread->user.sp = STACK_END - PAGE_SIZE + 64;
    const struct thread before = *thread;
    int error = push(SA_SIGINFO);

    if (error) {
        EXPECT_MEMEQ(thread, &before, sizeof(before));
        space_discard(init->space, STACK_END - 3 * PAGE_SIZE, STACK_END);
    }
    return error;
}

static void undo_push(void *context)
{
    (void)context;
    space_discard(init->space, STACK_END - 3 * PAGE_SIZE, STACK_END);
}

TEST(sigframe_without_memory)
{
    begin();
    space_discard(init->space, STACK_END - 3 * PAGE_SIZE, STACK_END);
    fixture_fail_each(push_each, undo_push, NULL);
    fixture_end();
}

TEST(sigframe_makes_a_stack_longer)
{
    const struct region stack = {.start = NOWHERE + 63 * PAGE_SIZE,
                                 .end = NOWHERE + 64 * PAGE_SIZE,
                                 .prot = PROT_READ | PROT_WRITE,
                                 .flags = REGION_GROWS};

    begin();
    EXPECT_EQ(space_map(init->space, &stack), 0);
    thread->user.sp = stack.start + 64;
    EXPECT_EQ(push(SA_SIGINFO), 0);
    EXPECT_EQ(region_find(&init->space->regions, stack.start)->start, stack.start - 2 * PAGE_SIZE);
    EXPECT_EQ(word(thread->user.sp + SP), stack.start + 64);
    fixture_end();
}

/* ---- the alternate stack ---- */

static int set_stack(uaddr_t sp, uint64_t size, uint32_t flags)
{
    const struct abi_sigaltstack wanted = {
        .ss_sp = sp, .ss_size = size, .ss_flags = (int32_t)flags};

    return sigframe_set_altstack(thread, &wanted);
}

static void expect_told(uaddr_t sp, uint64_t size, uint32_t flags)
{
    const struct abi_sigaltstack told = sigframe_altstack(thread);

    EXPECT_EQ(told.ss_sp, sp);
    EXPECT_EQ(told.ss_size, size);
    EXPECT_EQ((uint32_t)told.ss_flags, flags);
    EXPECT_EQ(told.pad, 0);
}

TEST(sigframe_altstack_is_told)
{
    begin();
    expect_told(0, 0, SS_DISABLE);
    EXPECT_EQ(set_stack(ALT, ALT_SIZE, 0), 0);
    expect_told(ALT, ALT_SIZE, 0);
    EXPECT_EQ(set_stack(ALT, ALT_SIZE, SS_ONSTACK), 0);
    expect_told(ALT, ALT_SIZE, 0);
    EXPECT_EQ(set_stack(ALT, ALT_SIZE, SS_AUTODISARM), 0);
    expect_told(ALT, ALT_SIZE, SS_AUTODISARM);
    EXPECT_EQ(set_stack(ALT, ALT_SIZE, SS_DISABLE), 0);
    expect_told(0, 0, SS_DISABLE);
    EXPECT_EQ(set_stack(ALT, 0, SS_DISABLE | SS_AUTODISARM), 0);
    expect_told(0, 0, SS_DISABLE | SS_AUTODISARM);
    fixture_end();
}

TEST(sigframe_altstack_over_clone_and_exec)
{
    static const uint64_t flags[] = {0, CLONE_VM | CLONE_VFORK, CLONE_VM, CLONE_VM | CLONE_THREAD};

    begin();
    struct thread *other = fixture_process(init)->thread;
    EXPECT_EQ(set_stack(ALT, ALT_SIZE, SS_AUTODISARM), 0);
    sigframe_note_fault(thread, 0xdead000, ESR_READ);
    for (unsigned i = 0; i < ARRAY_LEN(flags); i++) {
        test_note("flags 0x%lx", flags[i]);
        sigframe_inherit(other, thread, flags[i]);
        const struct abi_sigaltstack told = sigframe_altstack(other);
        EXPECT_EQ(told.ss_sp, i < 2 ? ALT : 0);
        EXPECT_EQ(told.ss_size, i < 2 ? ALT_SIZE : 0);
        EXPECT_EQ((uint32_t)told.ss_flags, i < 2 ? SS_AUTODISARM : SS_DISABLE);
        EXPECT_EQ(other->fault_address, 0xdead000);
        EXPECT_EQ(other->fault_esr, ESR_READ);
    }
    sigframe_exec(thread);
    expect_told(0, 0, SS_DISABLE | SS_AUTODISARM);
    fixture_end();
}

TEST(sigframe_altstack_refused)
{
    begin();
    EXPECT_EQ(set_stack(ALT, ALT_SIZE, 3), -EINVAL);
    EXPECT_EQ(set_stack(ALT, ALT_SIZE, 4), -EINVAL);
    EXPECT_EQ(set_stack(ALT, 0, SS_AUTODISARM | 3), -EINVAL);
    EXPECT_EQ(set_stack(ALT, 5119, 0), -ENOMEM);
    EXPECT_EQ(set_stack(ALT, 0, SS_ONSTACK), -ENOMEM);
    expect_told(0, 0, SS_DISABLE);
    EXPECT_EQ(set_stack(0, 0, 0), 0); /* what is there already */
    EXPECT_EQ(set_stack(ALT, 5120, 0), 0);
    expect_told(ALT, 5120, 0);
    fixture_end();
}

TEST(sigframe_altstack_in_use)
{
    static const struct {
        uaddr_t sp;
        bool is_on;
    } cases[] = {
        {ALT - 16, false}, {ALT, false},           {ALT + 1, true},
        {ALT + 16, true},  {ALT + ALT_SIZE, true}, {ALT + ALT_SIZE + 1, false},
    };

    begin();
    EXPECT_EQ(set_stack(ALT, ALT_SIZE, 0), 0);
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        test_note("case %u", i);
        thread->user.sp = cases[i].sp;
        expect_told(ALT, ALT_SIZE, cases[i].is_on ? SS_ONSTACK : 0);
        EXPECT_EQ(set_stack(ALT, ALT_SIZE, 0), cases[i].is_on ? -EPERM : 0);
        EXPECT_EQ(set_stack(ALT, 1, 3), cases[i].is_on ? -EPERM : -EINVAL);
    }
    thread->user.sp = START_SP;
    EXPECT_EQ(set_stack(ALT, ALT_SIZE, SS_AUTODISARM), 0);
    thread->user.sp = ALT + 16;
    expect_told(ALT, ALT_SIZE, SS_AUTODISARM);
    EXPECT_EQ(set_stack(ALT, ALT_SIZE, 0), 0);
    fixture_end();
}

TEST(sigframe_altstack_is_used_when_asked_for)
{
    begin();
    EXPECT_EQ(push(SA_ONSTACK), 0); /* there is none */
    EXPECT_EQ(thread->user.sp, FRAME);
    set_registers();
    EXPECT_EQ(set_stack(ALT, ALT_SIZE, SS_ONSTACK), 0);
    EXPECT_EQ(push(0), 0); /* not asked for */
    EXPECT_EQ(thread->user.sp, FRAME);
    set_registers();
    EXPECT_EQ(push(SA_ONSTACK), 0);
    uaddr_t frame = ALT + ALT_SIZE - WHOLE;
    EXPECT_EQ(thread->user.sp, frame);
    EXPECT_EQ(word(frame + SP), START_SP);
    EXPECT_EQ(word(frame + SS_SP), ALT);
    EXPECT_EQ(half(frame + SS_FLAGS), SS_ONSTACK); /* as it was set */
    EXPECT_EQ(word(frame + SS_SIZE), ALT_SIZE);
    expect_told(ALT, ALT_SIZE, SS_ONSTACK);
    fixture_end();
}

/* A second handler goes on below the first; there is room for one and a half, so that it overflows,
 * which nothing prevents but what is mapped below. */
TEST(sigframe_altstack_overflows)
{
    begin();
    EXPECT_EQ(set_stack(ALT, ALT_SIZE, 0), 0);
    EXPECT_EQ(push(SA_ONSTACK), 0);
    EXPECT_EQ(thread->user.sp, ALT + ALT_SIZE - WHOLE);
    expect_refused(-EFAULT);
    fixture_map(init->space, ALT - PAGE_SIZE, ALT, PROT_READ | PROT_WRITE);
    fixture_map(init->space, ALT - 2 * PAGE_SIZE, ALT - PAGE_SIZE, PROT_READ | PROT_WRITE);
    EXPECT_EQ(push(SA_ONSTACK), 0);
    EXPECT_EQ(thread->user.sp, ALT + ALT_SIZE - 2 * WHOLE);
    EXPECT_EQ(push(SA_ONSTACK), 0); /* it is on it no more, and begins anew */
    EXPECT_EQ(thread->user.sp, ALT + ALT_SIZE - WHOLE);
    fixture_end();
}

TEST(sigframe_altstack_that_is_nowhere)
{
    begin();
    EXPECT_EQ(set_stack(NOWHERE, ALT_SIZE, SS_AUTODISARM), 0);
    expect_refused(-EFAULT);
    EXPECT_EQ(set_stack(UINT64_MAX - 64, ALT_SIZE, 0), 0);
    expect_refused(-EFAULT);
    EXPECT_EQ(set_stack(USER_END, ALT_SIZE, 0), 0);
    expect_refused(-EFAULT);
    fixture_end();
}

/* It is disarmed while a handler runs, whichever stack that has, and armed again by its return. */
TEST(sigframe_altstack_disarms)
{
    static const uint64_t flags[] = {0, SA_ONSTACK};
    signal_set_t mask;

    begin();
    for (unsigned i = 0; i < ARRAY_LEN(flags); i++) {
        set_registers();
        EXPECT_EQ(set_stack(ALT, ALT_SIZE, SS_ONSTACK | SS_AUTODISARM), 0);
        EXPECT_EQ(push(flags[i]), 0);
        uaddr_t frame = flags[i] ? ALT + ALT_SIZE - WHOLE : FRAME;
        EXPECT_EQ(thread->user.sp, frame);
        EXPECT_EQ(half(frame + SS_FLAGS), SS_ONSTACK | SS_AUTODISARM);
        expect_told(0, 0, SS_DISABLE);
        EXPECT_EQ(sigframe_pop(thread, &mask), 0);
        expect_told(ALT, ALT_SIZE, SS_AUTODISARM);
    }
    fixture_end();
}

/* ---- the return ---- */

static struct thread interrupted;

/* A frame is there, and sp points to it as when the handler returns. */
static void push_one(void)
{
    begin();
    interrupted = *thread;
    EXPECT_EQ(push(SA_SIGINFO), 0);
    for (unsigned i = 0; i < 31; i++) {
        thread->user.x[i] = 99;
    }
    thread->user.pc = SPACE_TRAMPOLINE + 8;
    thread->user.pstate = 0x90000000;
    thread->fp = (struct plat_fp){0};
    thread->signal_mask = 0x55;
}

TEST(sigframe_return_restores_everything)
{
    signal_set_t mask = 0;

    push_one();
    EXPECT_EQ(sigframe_pop(thread, &mask), 0);
    EXPECT_EQ(mask, MASK);
    EXPECT_MEMEQ(&thread->user, &interrupted.user, sizeof(interrupted.user));
    EXPECT_MEMEQ(&thread->fp, &interrupted.fp, sizeof(interrupted.fp));
    fixture_end();
}

TEST(sigframe_return_to_what_the_handler_made_of_it)
{
    signal_set_t mask = 0;

    push_one();
    put(FRAME + REGS, 7);
    put(FRAME + REGS + 8 * 30, UINT64_MAX);
    put(FRAME + SP, 0x1234567890abcdef);
    put(FRAME + PC, 0xffff000000000001);
    put(FRAME + UC_SIGMASK, UINT64_MAX);
    put(FRAME + SS_SP, ALT);
    put_half(FRAME + SS_FLAGS, SS_ONSTACK);
    put(FRAME + SS_SIZE, ALT_SIZE);
    put(FRAME + FAULT_ADDRESS, 3); /* nobody reads it, */
    put(FRAME + UC_FLAGS, 3);      /* nor that */
    put(FRAME + UC_LINK, 3);
    EXPECT_EQ(sigframe_pop(thread, &mask), 0);
    EXPECT_EQ(mask, UINT64_MAX);
    EXPECT_EQ(thread->user.x[0], 7);
    EXPECT_EQ(thread->user.x[30], UINT64_MAX);
    EXPECT_EQ(thread->user.sp, 0x1234567890abcdef);
    EXPECT_EQ(thread->user.pc, 0xffff000000000001);
    EXPECT_EQ(thread->user.tpidr, 0x7777);
    EXPECT_EQ(thread->fault_address, 0);
    expect_told(ALT, ALT_SIZE, 0);
    fixture_end();
}

/* What is wrong with the alternate stack of a frame is not told, and it stays as it is; whether the
 * thread is on it is a matter of the sp that it returns to. */
TEST(sigframe_return_with_a_bad_altstack)
{
    signal_set_t mask;

    push_one();
    put(FRAME + SS_SP, ALT);
    EXPECT_EQ(sigframe_pop(thread, &mask), 0); /* too small */
    expect_told(0, 0, SS_DISABLE);
    EXPECT_EQ(set_stack(ALT, ALT_SIZE, 0), 0);
    thread->user.sp = FRAME;
    put(FRAME + SP, ALT + 16);
    put_half(FRAME + SS_FLAGS, SS_DISABLE);
    EXPECT_EQ(sigframe_pop(thread, &mask), 0);
    expect_told(ALT, ALT_SIZE, SS_ONSTACK);
    fixture_end();
}

/* Every bit of PSTATE: privilege, masks and AArch32 are refused; what this CPU does not have is
 * ignored (arch/arm64/kernel/ptrace.c, valid_native_regs). */
TEST(sigframe_return_with_any_pstate)
{
    const uint64_t refused = 0x3df;
    signal_set_t mask;

    push_one();
    for (unsigned bit = 0; bit < 64; bit++) {
        uint64_t pstate = (uint64_t)1 << bit;
        test_note("bit %u", bit);
        thread->user.sp = FRAME;
        put(FRAME + PSTATE, pstate | 0x40000000);
        EXPECT_EQ(sigframe_pop(thread, &mask), pstate & refused ? -EINVAL : 0);
        EXPECT_EQ(thread->user.pstate, (pstate | 0x40000000) & 0xf0000000);
        EXPECT_EQ(mask, MASK);
        EXPECT_EQ(thread->user.sp, START_SP); /* also what is refused has been taken over */
    }
    fixture_end();
}

TEST(sigframe_return_with_any_fp_control)
{
    signal_set_t mask;

    push_one();
    put_half(FRAME + RESERVED + FPSR, UINT32_MAX);
    put_half(FRAME + RESERVED + FPCR, UINT32_MAX);
    EXPECT_EQ(sigframe_pop(thread, &mask), 0);
    EXPECT_EQ(thread->fp.fpsr, 0xf800009f);
    EXPECT_EQ(thread->fp.fpcr, 0x07c00000);
    fixture_end();
}

TEST(sigframe_return_from_nowhere)
{
    static const uaddr_t places[] = {
        FRAME + 8,
        FRAME + 1,
        0,
        NOWHERE,
        USER_END - FRAME_SIZE + 16,
        USER_END - FRAME_SIZE,
        USER_END,
        UINT64_MAX - 15,
        STACK_END - 128,
    };
    signal_set_t mask = 0;

    push_one();
    for (unsigned i = 0; i < ARRAY_LEN(places); i++) {
        test_note("sp 0x%lx", places[i]);
        thread->user.sp = places[i];
        EXPECT_EQ(sigframe_pop(thread, &mask), -EFAULT);
        EXPECT_EQ(mask, 0x55);
    }
    fixture_end();
}

/* A frame of which only a part can be read. What can is taken over, and the rest is 0. */
TEST(sigframe_return_that_is_cut)
{
    static const struct {
        unsigned border; /* of a page, in the frame */
        bool is_first;   /* the page before it is missing, or else the one behind */
        bool has_mask;
        unsigned first; /* the registers that are there */
        unsigned last;
    } cases[] = {
        {INFO + 128, true, true, 0, 34},     {UC_SIGMASK + 8, true, false, 0, 34},
        {UC_SIGMASK + 8, false, true, 0, 0}, {REGS + 72, true, false, 9, 34},
        {REGS + 72, false, true, 0, 9},      {RESERVED, false, true, 0, 34},
        {RESERVED + 64, false, true, 0, 34}, {RESERVED + 528, false, true, 0, 34},
    };

    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        signal_set_t mask = 0;
        uaddr_t border = STACK + 4 * PAGE_SIZE;
        uaddr_t gone = cases[i].is_first ? border - PAGE_SIZE : border;
        begin();
        test_note("case %u", i);
        thread->user.sp = border - cases[i].border + WHOLE;
        const struct plat_user before = thread->user;
        EXPECT_EQ(push(0), 0);
        EXPECT_EQ(thread->user.sp, border - cases[i].border);
        EXPECT_EQ(space_unmap(init->space, gone, gone + PAGE_SIZE), 0);
        thread->signal_mask = 0x55;
        bool is_whole = cases[i].is_first && cases[i].has_mask;
        EXPECT_EQ(sigframe_pop(thread, &mask), is_whole ? 0 : -EFAULT);
        EXPECT_EQ(mask, cases[i].has_mask ? MASK : 0x55);
        for (unsigned r = 0; r < 34; r++) {
            bool is_there = r >= cases[i].first && r < cases[i].last;
            EXPECT_EQ((&thread->user.x[0])[r], is_there ? (&before.x[0])[r] : 0);
        }
        fixture_end();
    }
}

static int pop_each(void *context)
{
    signal_set_t mask;
    int error;

    (void)context;
    thread->user.sp = NOWHERE;
    error = sigframe_pop(thread, &mask);
    space_discard(init->space, NOWHERE, NOWHERE + 2 * PAGE_SIZE);
    return error == -EINVAL ? 0 : error; /* zeros are a frame without FP registers */
}

static void undo_pop(void *context)
{
    (void)context;
}

TEST(sigframe_return_without_memory)
{
    begin();
    fixture_map(init->space, NOWHERE, NOWHERE + 2 * PAGE_SIZE, PROT_READ | PROT_WRITE);
    fixture_fail_each(pop_each, undo_pop, NULL);
    fixture_end();
}

/* ---- records that are wrong ---- */

static void expect_pop(int error)
{
    signal_set_t mask;

    thread->fp.v[0][0] = 1;
    EXPECT_EQ(sigframe_pop(thread, &mask), error);
    EXPECT_EQ(mask, MASK);
    EXPECT_EQ(thread->fp.v[0][0], error ? 1 : 0x2222000000000000);
    thread->user.sp = FRAME;
}

static void put_head(uaddr_t at, uint32_t magic, uint32_t size)
{
    put_half(at, magic);
    put_half(at + 4, size);
}

TEST(sigframe_first_record)
{
    static const struct {
        uint32_t magic;
        uint32_t size;
        int error;
    } cases[] = {
        {0x46508001, 528, 0},
        {0x46508001, 527, -EINVAL},
        {0x46508001, 544, -EINVAL},
        {0x46508001, 16, -EINVAL},
        {0x46508001, 0, -EINVAL},
        {0x46508001, 4097, -EINVAL},
        {0x46508002, 528, -EINVAL},
        {0x53564501, 528, -EINVAL},
        {0x54366345, 528, -EINVAL},
        {0, 528, -EINVAL},
        {0, 0, -EINVAL},
        {0, 8, -EINVAL},
        {UINT32_MAX, 528, -EINVAL},
        {0x46508001, UINT32_MAX, -EINVAL},
        {0x45535201, 528, -EINVAL},
        {0x45535201, 0, -EINVAL},
        {0x45535201, 7, -EINVAL},
        {0x45535201, 8, -EINVAL},
        {0x45535201, 4096, -EINVAL},
        {0x45535201, 4112, -EINVAL},
        {0x45585401, 528, -EINVAL},
    };

    push_one();
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        test_note("case %u", i);
        put_head(FRAME + RESERVED, cases[i].magic, cases[i].size);
        expect_pop(cases[i].error);
    }
    fixture_end();
}

TEST(sigframe_second_record)
{
    static const struct {
        uint32_t magic;
        uint32_t size;
        int error;
    } cases[] = {
        {0, 0, 0},
        {0, 16, -EINVAL},
        {0x45535201, 16, 0},
        {0x45535201, 32, 0},
        {0x45535201, 4096 - 528 - 16, 0},
        {0x45535201, 4096 - 528, -EINVAL},     /* no end */
        {0x45535201, 4096 - 528 - 8, -EINVAL}, /* behind it is not aligned */
        {0x45535201, 24, -EINVAL},
        {0x45535201, 4, -EINVAL},
        {0x46508001, 528, -EINVAL}, /* twice */
        {0x53564501, 16, -EINVAL},
    };

    push_one();
    for (uaddr_t at = FRAME + RESERVED + 528; at < FRAME + RECORD; at += 8) {
        put(at, 0);
    }
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        test_note("case %u", i);
        put_head(FRAME + RESERVED + 528, cases[i].magic, cases[i].size);
        expect_pop(cases[i].error);
    }
    fixture_end();
}

/* The FP registers need not come first. */
TEST(sigframe_records_in_another_order)
{
    static uint8_t record[FPSIMD_SIZE];

    push_one();
    EXPECT_EQ(user_read(record, FRAME + RESERVED, sizeof(record)), 0);
    put_head(FRAME + RESERVED, 0x45535201, 16);
    EXPECT_EQ(user_write(FRAME + RESERVED + 16, record, sizeof(record)), 0);
    put(FRAME + RESERVED + 16 + 528, 0);
    expect_pop(0);
    fixture_end();
}

/* Records that go on behind the frame: an extra_context at the end of the reserved bytes, and a
 * record of 0 behind it. */
enum {
    EXTRA_AT = RESERVED + 4096 - EXTRA_SIZE - 16,
    BEHIND = FRAME_SIZE,
    EXTRA_RECORDS = FPSIMD_SIZE + 16,
};

#define EXTRA_FRAME (FRAME - 2 * PAGE_SIZE)

static void push_extra(void)
{
    static uint8_t record[FPSIMD_SIZE];

    push_one();
    EXPECT_EQ(user_read(record, FRAME + RESERVED, sizeof(record)), 0);
    for (uaddr_t at = EXTRA_FRAME; at < STACK_END; at += 8) {
        put(at, 0);
    }
    put(EXTRA_FRAME + UC_SIGMASK, MASK);
    put_head(EXTRA_FRAME + RESERVED, 0x45535201, EXTRA_AT - RESERVED);
    put_head(EXTRA_FRAME + EXTRA_AT, 0x45585401, EXTRA_SIZE);
    put(EXTRA_FRAME + EXTRA_AT + EXTRA_DATA, EXTRA_FRAME + BEHIND);
    put_half(EXTRA_FRAME + EXTRA_AT + EXTRA_LEN, EXTRA_RECORDS);
    EXPECT_EQ(user_write(EXTRA_FRAME + BEHIND, record, sizeof(record)), 0);
    thread->user.sp = EXTRA_FRAME;
}

TEST(sigframe_extra_records)
{
    push_extra();
    expect_pop(0);
    fixture_end();
}

TEST(sigframe_extra_records_that_are_wrong)
{
    static const struct {
        unsigned at; /* in the frame */
        uint32_t value;
        int error;
    } cases[] = {
        {EXTRA_AT + 4, EXTRA_SIZE - 16, -EINVAL},           /* too small */
        {EXTRA_AT + 4, EXTRA_SIZE + 8, -EINVAL},            /* no room for the 0 behind it */
        {EXTRA_AT + 4, EXTRA_SIZE + 16, -EINVAL},           /* the same */
        {EXTRA_AT + EXTRA_SIZE, 1, -EINVAL},                /* not 0 */
        {EXTRA_AT + EXTRA_SIZE + 4, 16, -EINVAL},           /* the same */
        {EXTRA_AT + EXTRA_DATA, 0, -EINVAL},                /* elsewhere */
        {EXTRA_AT + EXTRA_DATA + 4, 1, -EINVAL},            /* elsewhere */
        {EXTRA_AT + EXTRA_LEN, EXTRA_RECORDS - 8, -EINVAL}, /* not aligned */
        {EXTRA_AT + EXTRA_LEN, FPSIMD_SIZE, -EINVAL},       /* without an end */
        {EXTRA_AT + EXTRA_LEN, 0, -EINVAL},                 /* not even a head */
        {EXTRA_AT + EXTRA_LEN, (256 << 10) - BEHIND, 0},    /* the most there may be */
        {EXTRA_AT + EXTRA_LEN, (256 << 10) - BEHIND + 16, -EINVAL},
        {BEHIND, 0x45585401, -EINVAL},               /* again */
        {BEHIND + FPSIMD_SIZE, 0x46508001, -EINVAL}, /* twice in all */
        {BEHIND + FPSIMD_SIZE, 0, 0},
        {EXTRA_AT + EXTRA_SIZE + 8, 1, 0}, /* nobody looks there */
    };

    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        push_extra();
        test_note("case %u", i);
        put_half(EXTRA_FRAME + cases[i].at, cases[i].value);
        expect_pop(cases[i].error);
        fixture_end();
    }
}

/* The first extra_context begins where no page has all of it. */
TEST(sigframe_extra_records_that_are_cut)
{
    static const unsigned borders[] = {EXTRA_AT + 16, EXTRA_AT + EXTRA_SIZE, BEHIND, BEHIND + 16};

    for (unsigned i = 0; i < ARRAY_LEN(borders); i++) {
        static uint8_t bytes[BEHIND + EXTRA_RECORDS];
        uaddr_t frame = STACK + 4 * PAGE_SIZE - borders[i];
        uint64_t behind = frame + BEHIND;
        push_extra();
        test_note("case %u", i);
        EXPECT_EQ(user_read(bytes, EXTRA_FRAME, sizeof(bytes)), 0);
        memcpy(bytes + EXTRA_AT + EXTRA_DATA, &behind, sizeof(behind));
        EXPECT_EQ(user_write(frame, bytes, sizeof(bytes)), 0);
        thread->user.sp = frame;
        expect_pop(0);
        EXPECT_EQ(space_unmap(init->space, STACK + 4 * PAGE_SIZE, STACK_END), 0);
        thread->user.sp = frame;
        thread->fp.v[0][0] = 1;
        expect_pop(-EFAULT);
        fixture_end();
    }
}

/* A frame at the very end of user space, where there is no room for more records. */
TEST(sigframe_extra_records_above_user_space)
{
    static uint8_t bytes[FRAME_SIZE];
    uaddr_t frame = USER_END - FRAME_SIZE;
    uint64_t behind = USER_END;

    push_extra();
    fixture_map(init->space, USER_END - 2 * PAGE_SIZE, USER_END, PROT_READ | PROT_WRITE);
    EXPECT_EQ(user_read(bytes, EXTRA_FRAME, sizeof(bytes)), 0);
    memcpy(bytes + EXTRA_AT + EXTRA_DATA, &behind, sizeof(behind));
    EXPECT_EQ(user_write(frame, bytes, sizeof(bytes)), 0);
    thread->user.sp = frame;
    expect_pop(-EINVAL);
    fixture_end();
}

/* ---- the trampoline ---- */

TEST(sigframe_trampoline)
{
    begin();
    EXPECT_EQ(sigframe_map_trampoline(init->space), 0);
    EXPECT_EQ(word(SPACE_TRAMPOLINE), 0xd4000001d2801168); /* mov x8, #139; svc #0 */
    EXPECT_EQ(word(SPACE_TRAMPOLINE + 8), 0);
    EXPECT_EQ(word(SPACE_TRAMPOLINE + PAGE_SIZE - 8), 0);
    EXPECT_EQ(fault_resolve(init->space, SPACE_TRAMPOLINE, PLAT_FETCH), 0);
    EXPECT_EQ(fixture_store(SPACE_TRAMPOLINE, 1), -EFAULT);
    EXPECT_EQ(fixture_store(SPACE_TRAMPOLINE - 1, 1), -EFAULT);
    EXPECT_EQ(fixture_store(SPACE_TRAMPOLINE + PAGE_SIZE, 1), -EFAULT);
    fixture_end();
}

/* Who makes it writable changes nobody else's. */
TEST(sigframe_trampoline_is_private)
{
    struct space *child;

    begin();
    EXPECT_EQ(sigframe_map_trampoline(init->space), 0);
    (void)word(SPACE_TRAMPOLINE);
    EXPECT_EQ(space_fork(init->space, &child), 0);
    EXPECT_EQ(space_protect(init->space, SPACE_TRAMPOLINE, SPACE_TRAMPOLINE + PAGE_SIZE,
                            PROT_READ | PROT_WRITE | PROT_EXEC),
              0);
    put(SPACE_TRAMPOLINE, 0);
    space_use(child);
    EXPECT_EQ(word(SPACE_TRAMPOLINE), 0xd4000001d2801168);
    EXPECT_EQ(space_unmap(child, SPACE_TRAMPOLINE, SPACE_TRAMPOLINE + PAGE_SIZE), 0);
    space_use(init->space);
    space_put(child);
    fixture_end();
}
