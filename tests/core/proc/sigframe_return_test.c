/* rt_sigreturn's side: frames as handlers leave them, and forged ones. */
#include "abi/errno.h"
#include "base/string.h"
#include "mm/uaccess.h"
#include "proc/process.h"
#include "proc/sigframe.h"
#include "test.h"
#include "tests/core/fixture.h"
#include "tests/core/frames.h"

/* ---- the return ---- */

static struct thread interrupted;

/* A frame is there, and sp points to it as when the handler returns. */
static void push_one(void)
{
    frames_begin();
    interrupted = *thread;
    EXPECT_EQ(frames_push(SA_SIGINFO), 0);
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
    frames_put(FRAME + REGS, 7);
    frames_put(FRAME + REGS + 8 * 30, UINT64_MAX);
    frames_put(FRAME + SP, 0x1234567890abcdef);
    frames_put(FRAME + PC, 0xffff000000000001);
    frames_put(FRAME + UC_SIGMASK, UINT64_MAX);
    frames_put(FRAME + SS_SP, ALT);
    frames_put_half(FRAME + SS_FLAGS, SS_ONSTACK);
    frames_put(FRAME + SS_SIZE, ALT_SIZE);
    frames_put(FRAME + FAULT_ADDRESS, 3); /* nobody reads it, */
    frames_put(FRAME + UC_FLAGS, 3);      /* nor that */
    frames_put(FRAME + UC_LINK, 3);
    EXPECT_EQ(sigframe_pop(thread, &mask), 0);
    EXPECT_EQ(mask, UINT64_MAX);
    EXPECT_EQ(thread->user.x[0], 7);
    EXPECT_EQ(thread->user.x[30], UINT64_MAX);
    EXPECT_EQ(thread->user.sp, 0x1234567890abcdef);
    EXPECT_EQ(thread->user.pc, 0xffff000000000001);
    EXPECT_EQ(thread->user.tpidr, 0x7777);
    EXPECT_EQ(thread->fault_address, 0);
    frames_expect_stack(ALT, ALT_SIZE, 0);
    fixture_end();
}

/* What is wrong with the alternate stack of a frame is not told, and it stays as it is; whether the
 * thread is on it is a matter of the sp that it returns to. */
TEST(sigframe_return_with_a_bad_altstack)
{
    signal_set_t mask;

    push_one();
    frames_put(FRAME + SS_SP, ALT);
    EXPECT_EQ(sigframe_pop(thread, &mask), 0); /* too small */
    frames_expect_stack(0, 0, SS_DISABLE);
    EXPECT_EQ(frames_set_stack(ALT, ALT_SIZE, 0), 0);
    thread->user.sp = FRAME;
    frames_put(FRAME + SP, ALT + 16);
    frames_put_half(FRAME + SS_FLAGS, SS_DISABLE);
    EXPECT_EQ(sigframe_pop(thread, &mask), 0);
    frames_expect_stack(ALT, ALT_SIZE, SS_ONSTACK);
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
        frames_put(FRAME + PSTATE, pstate | 0x40000000);
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
    frames_put_half(FRAME + RESERVED + FPSR, UINT32_MAX);
    frames_put_half(FRAME + RESERVED + FPCR, UINT32_MAX);
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
        frames_begin();
        test_note("case %u", i);
        thread->user.sp = border - cases[i].border + WHOLE;
        const struct plat_user before = thread->user;
        EXPECT_EQ(frames_push(0), 0);
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
    frames_begin();
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
    frames_put_half(at, magic);
    frames_put_half(at + 4, size);
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
        frames_put(at, 0);
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
    frames_put(FRAME + RESERVED + 16 + 528, 0);
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
        frames_put(at, 0);
    }
    frames_put(EXTRA_FRAME + UC_SIGMASK, MASK);
    put_head(EXTRA_FRAME + RESERVED, 0x45535201, EXTRA_AT - RESERVED);
    put_head(EXTRA_FRAME + EXTRA_AT, 0x45585401, EXTRA_SIZE);
    frames_put(EXTRA_FRAME + EXTRA_AT + EXTRA_DATA, EXTRA_FRAME + BEHIND);
    frames_put_half(EXTRA_FRAME + EXTRA_AT + EXTRA_LEN, EXTRA_RECORDS);
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
        frames_put_half(EXTRA_FRAME + cases[i].at, cases[i].value);
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
