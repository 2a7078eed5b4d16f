#include "proc/sigframe.h"

#include "abi/errno.h"
#include "base/cpu.h"
#include "base/string.h"
#include "mm/fault.h"
#include "mm/uaccess.h"
#include "proc/process.h"
#include "test.h"
#include "tests/core/fixture.h"
#include "tests/core/frames.h"

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
    want_half(FRAME + SS_FLAGS, SS_DISABLE);
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
    frames_begin();
    const struct plat_user user = thread->user;
    EXPECT_EQ(frames_push(0), 0);
    want_frame(&user, &thread->fp);
    expect_stack();
    expect_entry(&user, FRAME, false);
    fixture_end();
}

TEST(sigframe_with_info)
{
    frames_begin();
    const struct plat_user user = thread->user;
    EXPECT_EQ(frames_push(SA_SIGINFO), 0);
    want_frame(&user, &thread->fp);
    memcpy(image + (FRAME - STACK), &info, sizeof(info));
    expect_stack();
    expect_entry(&user, FRAME, true);
    fixture_end();
}

TEST(sigframe_restorer)
{
    frames_begin();
    EXPECT_EQ(frames_push(SA_RESTORER), 0);
    EXPECT_EQ(thread->user.x[30], RESTORER);
    fixture_end();
}

TEST(sigframe_is_aligned_wherever_sp_is)
{
    frames_begin();
    for (unsigned i = 0; i < 32; i++) {
        uaddr_t sp = STACK_END - 256 + i;
        thread->user.sp = sp;
        EXPECT_EQ(frames_push(0), 0);
        EXPECT_EQ(thread->user.sp % 16, 0);
        EXPECT_EQ(thread->user.sp, ((sp - 16) & ~(uaddr_t)15) - FRAME_SIZE);
        EXPECT_EQ(frames_word(thread->user.sp + SP), sp);
    }
    fixture_end();
}

TEST(sigframe_tells_the_last_fault)
{
    frames_begin();
    const struct plat_user user = thread->user;
    sigframe_note_fault(thread, 0xdead000, ESR_READ);
    EXPECT_EQ(frames_push(0), 0);
    want_frame(&user, &thread->fp);
    want(FRAME + FAULT_ADDRESS, 0xdead000);
    want_half(FRAME + RESERVED + FPSIMD_SIZE, 0x45535201);
    want_half(FRAME + RESERVED + FPSIMD_SIZE + 4, ESR_SIZE);
    want(FRAME + RESERVED + FPSIMD_SIZE + ESR_AT, ESR_READ);
    want(FRAME + RESERVED + FPSIMD_SIZE + ESR_SIZE, 0);
    expect_stack();
    sigframe_note_fault(thread, 0, 0);
    EXPECT_EQ(frames_push(0), 0);
    EXPECT_EQ(frames_word(thread->user.sp + FAULT_ADDRESS), 0);
    EXPECT_EQ(frames_word(thread->user.sp + RESERVED + FPSIMD_SIZE), 0);
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

    frames_begin();
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
    frames_begin();
    cpu_this()->fp_owner = thread;
    plat_fp_use(&thread->fp);
    const struct plat_user user = thread->user;
    const struct plat_fp fp = thread->fp;
    memset(&thread->fp, 0xee, sizeof(thread->fp)); /* stale */
    EXPECT_EQ(frames_push(0), 0);
    want_frame(&user, &fp);
    expect_stack();
    frames_put(FRAME + RESERVED + VREGS + 16, 77);
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

    EXPECT_EQ(frames_push(SA_SIGINFO | SA_ONSTACK), error);
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

    frames_begin();
    for (unsigned i = 0; i < ARRAY_LEN(places); i++) {
        test_note("sp 0x%lx", places[i]);
        thread->user.sp = places[i];
        expect_refused(-EFAULT);
    }
    memset(image, UNTOUCHED, sizeof(image));
    expect_stack();
    thread->user.sp = STACK + WHOLE;
    EXPECT_EQ(frames_push(SA_SIGINFO), 0);
    EXPECT_EQ(thread->user.sp, STACK);
    fixture_end();
}

/* Each page that a frame has a part in, in turn; with what lies between nothing is done. */
TEST(sigframe_on_pages_that_are_read_only)
{
    frames_begin();
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
    EXPECT_EQ(frames_push(0), 0); /* without info nothing is written there */
    thread->user = user;
    fixture_end();
}

static int push_each(void *context)
{
    (void)context;
    thread->user.sp = STACK_END - PAGE_SIZE + 64;
    const struct thread before = *thread;
    int error = frames_push(SA_SIGINFO);

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
    frames_begin();
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

    frames_begin();
    EXPECT_EQ(space_map(init->space, &stack), 0);
    thread->user.sp = stack.start + 64;
    EXPECT_EQ(frames_push(SA_SIGINFO), 0);
    EXPECT_EQ(region_find(&init->space->regions, stack.start)->start, stack.start - 2 * PAGE_SIZE);
    EXPECT_EQ(frames_word(thread->user.sp + SP), stack.start + 64);
    fixture_end();
}

/* ---- the alternate stack ---- */

TEST(sigframe_altstack_is_told)
{
    frames_begin();
    frames_expect_stack(0, 0, SS_DISABLE);
    EXPECT_EQ(frames_set_stack(ALT, ALT_SIZE, 0), 0);
    frames_expect_stack(ALT, ALT_SIZE, 0);
    EXPECT_EQ(frames_set_stack(ALT, PAGE_SIZE + 1024, 0), 0);
    frames_expect_stack(ALT, PAGE_SIZE + 1024, 0);
    EXPECT_EQ(frames_set_stack(ALT, ALT_SIZE, SS_ONSTACK), 0);
    frames_expect_stack(ALT, ALT_SIZE, 0);
    EXPECT_EQ(frames_set_stack(ALT, ALT_SIZE, SS_AUTODISARM), 0);
    frames_expect_stack(ALT, ALT_SIZE, SS_AUTODISARM);
    EXPECT_EQ(frames_set_stack(ALT, ALT_SIZE, SS_DISABLE), 0);
    frames_expect_stack(0, 0, SS_DISABLE);
    EXPECT_EQ(frames_set_stack(ALT, 0, SS_DISABLE | SS_AUTODISARM), 0);
    frames_expect_stack(0, 0, SS_DISABLE | SS_AUTODISARM);
    fixture_end();
}

TEST(sigframe_altstack_over_clone_and_exec)
{
    static const uint64_t flags[] = {0, CLONE_VM | CLONE_VFORK, CLONE_VM, CLONE_VM | CLONE_THREAD};

    frames_begin();
    struct thread *other = fixture_process(init)->thread;
    EXPECT_EQ(frames_set_stack(ALT, ALT_SIZE, SS_AUTODISARM), 0);
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
    frames_expect_stack(0, 0, SS_DISABLE | SS_AUTODISARM);
    fixture_end();
}

TEST(sigframe_altstack_refused)
{
    frames_begin();
    EXPECT_EQ(frames_set_stack(ALT, ALT_SIZE, 3), -EINVAL);
    EXPECT_EQ(frames_set_stack(ALT, ALT_SIZE, 4), -EINVAL);
    EXPECT_EQ(frames_set_stack(ALT, 0, SS_AUTODISARM | 3), -EINVAL);
    EXPECT_EQ(frames_set_stack(ALT, 5119, 0), -ENOMEM);
    EXPECT_EQ(frames_set_stack(ALT, 0, SS_ONSTACK), -ENOMEM);
    frames_expect_stack(0, 0, SS_DISABLE);
    EXPECT_EQ(frames_set_stack(0, 0, 0), -ENOMEM);
    EXPECT_EQ(frames_set_stack(ALT, ALT_SIZE, 0), 0);
    sigframe_exec(thread);
    EXPECT_EQ(frames_set_stack(0, 0, 0), 0); /* what is there already */
    EXPECT_EQ(frames_set_stack(ALT, 5120, 0), 0);
    frames_expect_stack(ALT, 5120, 0);
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

    frames_begin();
    EXPECT_EQ(frames_set_stack(ALT, ALT_SIZE, 0), 0);
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        test_note("case %u", i);
        thread->user.sp = cases[i].sp;
        frames_expect_stack(ALT, ALT_SIZE, cases[i].is_on ? SS_ONSTACK : 0);
        EXPECT_EQ(frames_set_stack(ALT, ALT_SIZE, 0), cases[i].is_on ? -EPERM : 0);
        EXPECT_EQ(frames_set_stack(ALT, 1, 3), cases[i].is_on ? -EPERM : -EINVAL);
    }
    thread->user.sp = START_SP;
    EXPECT_EQ(frames_set_stack(ALT, ALT_SIZE, SS_AUTODISARM), 0);
    thread->user.sp = ALT + 16;
    frames_expect_stack(ALT, ALT_SIZE, SS_AUTODISARM);
    EXPECT_EQ(frames_set_stack(ALT, ALT_SIZE, 0), 0);
    fixture_end();
}

TEST(sigframe_altstack_is_used_when_asked_for)
{
    frames_begin();
    EXPECT_EQ(frames_push(SA_ONSTACK), 0); /* there is none */
    EXPECT_EQ(thread->user.sp, FRAME);
    frames_set_registers();
    EXPECT_EQ(frames_set_stack(ALT, ALT_SIZE, SS_ONSTACK), 0);
    EXPECT_EQ(frames_push(0), 0); /* not asked for */
    EXPECT_EQ(thread->user.sp, FRAME);
    frames_set_registers();
    EXPECT_EQ(frames_push(SA_ONSTACK), 0);
    uaddr_t frame = ALT + ALT_SIZE - WHOLE;
    EXPECT_EQ(thread->user.sp, frame);
    EXPECT_EQ(frames_word(frame + SP), START_SP);
    EXPECT_EQ(frames_word(frame + SS_SP), ALT);
    EXPECT_EQ(frames_half(frame + SS_FLAGS), SS_ONSTACK); /* as it was set */
    EXPECT_EQ(frames_word(frame + SS_SIZE), ALT_SIZE);
    frames_expect_stack(ALT, ALT_SIZE, SS_ONSTACK);
    fixture_end();
}

/* A second handler goes on below the first; there is room for one and a half, so that it overflows,
 * which nothing prevents but what is mapped below. */
TEST(sigframe_altstack_overflows)
{
    frames_begin();
    EXPECT_EQ(frames_set_stack(ALT, ALT_SIZE, 0), 0);
    EXPECT_EQ(frames_push(SA_ONSTACK), 0);
    EXPECT_EQ(thread->user.sp, ALT + ALT_SIZE - WHOLE);
    expect_refused(-EFAULT);
    fixture_map(init->space, ALT - PAGE_SIZE, ALT, PROT_READ | PROT_WRITE);
    fixture_map(init->space, ALT - 2 * PAGE_SIZE, ALT - PAGE_SIZE, PROT_READ | PROT_WRITE);
    EXPECT_EQ(frames_push(SA_ONSTACK), 0);
    EXPECT_EQ(thread->user.sp, ALT + ALT_SIZE - 2 * WHOLE);
    EXPECT_EQ(frames_push(SA_ONSTACK), 0); /* it is on it no more, and begins anew */
    EXPECT_EQ(thread->user.sp, ALT + ALT_SIZE - WHOLE);
    fixture_end();
}

TEST(sigframe_altstack_that_is_nowhere)
{
    frames_begin();
    EXPECT_EQ(frames_set_stack(NOWHERE, ALT_SIZE, SS_AUTODISARM), 0);
    expect_refused(-EFAULT);
    EXPECT_EQ(frames_set_stack(UINT64_MAX - 64, ALT_SIZE, 0), 0);
    expect_refused(-EFAULT);
    EXPECT_EQ(frames_set_stack(USER_END, ALT_SIZE, 0), 0);
    expect_refused(-EFAULT);
    fixture_end();
}

/* It is disarmed while a handler runs, whichever stack that has, and armed again by its return. */
TEST(sigframe_altstack_disarms)
{
    static const uint64_t flags[] = {0, SA_ONSTACK};
    signal_set_t mask;

    frames_begin();
    for (unsigned i = 0; i < ARRAY_LEN(flags); i++) {
        frames_set_registers();
        EXPECT_EQ(frames_set_stack(ALT, ALT_SIZE, SS_ONSTACK | SS_AUTODISARM), 0);
        EXPECT_EQ(frames_push(flags[i]), 0);
        uaddr_t frame = flags[i] ? ALT + ALT_SIZE - WHOLE : FRAME;
        EXPECT_EQ(thread->user.sp, frame);
        EXPECT_EQ(frames_half(frame + SS_FLAGS), SS_ONSTACK | SS_AUTODISARM);
        frames_expect_stack(0, 0, SS_DISABLE);
        EXPECT_EQ(sigframe_pop(thread, &mask), 0);
        frames_expect_stack(ALT, ALT_SIZE, SS_AUTODISARM);
    }
    fixture_end();
}

/* ---- the trampoline ---- */

TEST(sigframe_trampoline)
{
    frames_begin();
    EXPECT_EQ(sigframe_map_trampoline(init->space), 0);
    EXPECT_EQ(frames_word(SPACE_TRAMPOLINE), 0xd4000001d2801168); /* mov x8, #139; svc #0 */
    EXPECT_EQ(frames_word(SPACE_TRAMPOLINE + 8), 0);
    EXPECT_EQ(frames_word(SPACE_TRAMPOLINE + PAGE_SIZE - 8), 0);
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

    frames_begin();
    EXPECT_EQ(sigframe_map_trampoline(init->space), 0);
    (void)frames_word(SPACE_TRAMPOLINE);
    EXPECT_EQ(space_fork(init->space, &child), 0);
    EXPECT_EQ(space_protect(init->space, SPACE_TRAMPOLINE, SPACE_TRAMPOLINE + PAGE_SIZE,
                            PROT_READ | PROT_WRITE | PROT_EXEC),
              0);
    frames_put(SPACE_TRAMPOLINE, 0);
    space_use(child);
    EXPECT_EQ(frames_word(SPACE_TRAMPOLINE), 0xd4000001d2801168);
    EXPECT_EQ(space_unmap(child, SPACE_TRAMPOLINE, SPACE_TRAMPOLINE + PAGE_SIZE), 0);
    space_use(init->space);
    space_put(child);
    fixture_end();
}
