#include "tests/core/frames.h"

#include "abi/errno.h"
#include "base/string.h"
#include "mm/uaccess.h"
#include "proc/process.h"
#include "test.h"
#include "tests/core/fixture.h"

struct process *init;
struct thread *thread;
struct abi_siginfo info;

void frames_set_registers(void)
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

void frames_begin(void)
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
    frames_set_registers();
    memset(&info, 0x5a, sizeof(info));
    info.si_signo = SIGUSR1;
}

uint64_t frames_word(uaddr_t at)
{
    uint64_t value = 0;

    EXPECT_EQ(user_read(&value, at, sizeof(value)), 0);
    return value;
}

uint32_t frames_half(uaddr_t at)
{
    uint32_t value = 0;

    EXPECT_EQ(user_read(&value, at, sizeof(value)), 0);
    return value;
}

void frames_put(uaddr_t at, uint64_t value)
{
    EXPECT_EQ(user_write(at, &value, sizeof(value)), 0);
}

void frames_put_half(uaddr_t at, uint32_t value)
{
    EXPECT_EQ(user_write(at, &value, sizeof(value)), 0);
}

int frames_push(uint64_t flags)
{
    const struct abi_sigaction action = {.handler = HANDLER, .flags = flags, .restorer = RESTORER};

    return sigframe_push(thread, &info, &action, MASK);
}

int frames_set_stack(uaddr_t sp, uint64_t size, uint32_t flags)
{
    const struct abi_sigaltstack wanted = {
        .ss_sp = sp, .ss_size = size, .ss_flags = (int32_t)flags};

    return sigframe_set_altstack(thread, &wanted);
}

void frames_expect_stack(uaddr_t sp, uint64_t size, uint32_t flags)
{
    const struct abi_sigaltstack told = sigframe_altstack(thread);

    EXPECT_EQ(told.ss_sp, sp);
    EXPECT_EQ(told.ss_size, size);
    EXPECT_EQ((uint32_t)told.ss_flags, flags);
    EXPECT_EQ(told.pad, 0);
}
