/* futex. */
#include "abi/errno.h"
#include "abi/linux.h"
#include "base/inject.h"
#include "mm/uaccess.h"
#include "proc/clock.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "sync/futex.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

#define RW (PROT_READ | PROT_WRITE)
#define SHARED ((uaddr_t)0x30000000) /* two pages that all processes have */
#define OWN (CALLS_DATA + 64)        /* a word that each has for itself */
#define TIME (CALLS_DATA + 128)
#define NEVER_ENDING 0 /* no time-out */

enum { WAITERS = 3, PRIVATE = FUTEX_PRIVATE_FLAG, REALTIME = FUTEX_CLOCK_REALTIME };

static struct process *init;
static struct process *waiters[WAITERS];

static void begin(void)
{
    init = calls_begin();
    EXPECT_EQ(CALL(init, mmap, SHARED, 2 * PAGE_SIZE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED,
                   (uint64_t)-1, 0),
              SHARED);
    for (unsigned i = 0; i < WAITERS; i++) {
        waiters[i] = calls_fork(init);
    }
    fixture_run(init);
}

static void end(void)
{
    futex_check();
    fixture_end();
}

static int64_t wait_at(struct process *process, uaddr_t at)
{
    return CALL(process, futex, at, FUTEX_WAIT, 0, NEVER_ENDING);
}

static int64_t wait_for_bits(struct process *process, uaddr_t at, uint32_t bits)
{
    return CALL(process, futex, at, FUTEX_WAIT_BITSET, 0, NEVER_ENDING, 0, bits);
}

static int64_t wake_at(uaddr_t at, int count)
{
    return CALL(init, futex, at, FUTEX_WAKE, (uint64_t)count);
}

static void expect_asleep(unsigned i)
{
    EXPECT_EQ(waiters[i]->thread->state, THREAD_BLOCKED);
    EXPECT(waiters[i]->thread->futex.is_waiting);
}

static void expect_woken(unsigned i)
{
    EXPECT_EQ(waiters[i]->thread->state, THREAD_READY);
    EXPECT_EQ(calls_rerun(waiters[i]), 0);
    EXPECT(!waiters[i]->thread->futex.is_woken);
}

static void put_word(uaddr_t at, uint32_t word)
{
    fixture_run(init);
    calls_put(at, &word, sizeof(word));
}

static uint32_t get_word(uaddr_t at)
{
    fixture_run(init);
    return (uint32_t)calls_get_int(at);
}

/* Where the process has a time. */
static uaddr_t put_time(struct process *process, int64_t seconds, int64_t ns)
{
    const struct abi_timespec time = {.tv_sec = seconds, .tv_nsec = ns};

    fixture_run(process);
    calls_put(TIME, &time, sizeof(time));
    return TIME;
}

/* ---- waiting and waking ---- */

TEST(sys_futex_wakes_in_order)
{
    begin();
    EXPECT_EQ(wake_at(SHARED, 1), 0);
    EXPECT_EQ(wait_at(waiters[2], SHARED), CALL_BLOCKED);
    EXPECT_EQ(wait_at(waiters[0], SHARED), CALL_BLOCKED);
    EXPECT_EQ(wait_at(waiters[1], SHARED), CALL_BLOCKED);
    EXPECT_EQ(waiters[0]->thread->call.reason, WAIT_FUTEX);
    EXPECT_EQ(waiters[0]->thread->call.arg, SHARED);
    EXPECT_EQ(wake_at(SHARED + 4, 9), 0);
    EXPECT_EQ(wake_at(SHARED, 1), 1);
    expect_woken(2);
    expect_asleep(0);
    EXPECT_EQ(wake_at(SHARED, INT32_MAX), 2);
    expect_woken(0);
    expect_woken(1);
    EXPECT_EQ(wake_at(SHARED, 1), 0);
    end();
}

/* As on Linux: the number is looked at behind the first. */
TEST(sys_futex_wakes_one_at_least)
{
    begin();
    EXPECT_EQ(wait_at(waiters[0], SHARED), CALL_BLOCKED);
    EXPECT_EQ(wait_at(waiters[1], SHARED), CALL_BLOCKED);
    EXPECT_EQ(wake_at(SHARED, 0), 1);
    expect_woken(0);
    EXPECT_EQ(wake_at(SHARED, -7), 1);
    expect_woken(1);
    end();
}

TEST(sys_futex_value_that_is_not_expected)
{
    begin();
    put_word(SHARED, 5);
    EXPECT_EQ(wait_at(waiters[0], SHARED), -EAGAIN);
    EXPECT_EQ(CALL(waiters[0], futex, SHARED, FUTEX_WAIT, 4, 0), -EAGAIN);
    EXPECT_EQ(CALL(waiters[0], futex, SHARED, FUTEX_WAIT, 5, 0), CALL_BLOCKED);
    put_word(SHARED, 6);
    sched_wake(waiters[0]->thread);
    EXPECT_EQ(calls_rerun(waiters[0]), CALL_BLOCKED); /* the word is not looked at again */
    EXPECT_EQ(wake_at(SHARED, 1), 1);
    expect_woken(0);
    end();
}

TEST(sys_futex_woken_for_no_reason_keeps_its_place)
{
    begin();
    EXPECT_EQ(wait_at(waiters[0], SHARED), CALL_BLOCKED);
    EXPECT_EQ(wait_at(waiters[1], SHARED), CALL_BLOCKED);
    for (unsigned i = 0; i < 3; i++) {
        sched_wake(waiters[0]->thread);
        futex_check();
        EXPECT_EQ(calls_rerun(waiters[0]), CALL_BLOCKED);
    }
    EXPECT_EQ(waiters[0]->thread->waits, 1);
    EXPECT_EQ(wake_at(SHARED, 1), 1);
    expect_woken(0);
    expect_asleep(1);
    end();
}

/* Between being woken for no reason and looking, it is woken for one. */
TEST(sys_futex_woken_twice)
{
    begin();
    EXPECT_EQ(wait_at(waiters[0], SHARED), CALL_BLOCKED);
    sched_wake(waiters[0]->thread);
    EXPECT_EQ(wake_at(SHARED, 1), 1);
    EXPECT_EQ(wake_at(SHARED, 1), 0);
    expect_woken(0);
    end();
}

TEST(sys_futex_waiter_that_ends)
{
    begin();
    EXPECT_EQ(wait_at(waiters[0], SHARED), CALL_BLOCKED);
    EXPECT_EQ(wait_at(waiters[1], SHARED), CALL_BLOCKED);
    process_exit(waiters[0], SIGKILL);
    futex_check();
    EXPECT_EQ(wake_at(SHARED, 1), 1);
    expect_woken(1);
    end();
}

TEST(sys_futex_bits)
{
    begin();
    EXPECT_EQ(wait_for_bits(waiters[0], SHARED, 1), CALL_BLOCKED);
    EXPECT_EQ(wait_for_bits(waiters[1], SHARED, 6), CALL_BLOCKED);
    EXPECT_EQ(wait_at(waiters[2], SHARED), CALL_BLOCKED);
    EXPECT_EQ(CALL(init, futex, SHARED, FUTEX_WAKE_BITSET, 1, 0, 0, 4), 1);
    expect_woken(1);
    EXPECT_EQ(CALL(init, futex, SHARED, FUTEX_WAKE_BITSET, 1, 0, 0, 8), 1);
    expect_woken(2);
    EXPECT_EQ(CALL(init, futex, SHARED, FUTEX_WAKE_BITSET, 1, 0, 0, 8), 0);
    EXPECT_EQ(wake_at(SHARED, 1), 1);
    expect_woken(0);
    EXPECT_EQ(wait_for_bits(waiters[0], SHARED, 0), -EINVAL);
    EXPECT_EQ(CALL(init, futex, SHARED, FUTEX_WAKE_BITSET, 1, 0, 0, 0), -EINVAL);
    end();
}

/* ---- whose futex ---- */

/* Two processes have a private word at one address, before and after it is written. */
TEST(sys_futex_of_private_memory)
{
    begin();
    EXPECT_EQ(wait_at(waiters[0], OWN), CALL_BLOCKED);
    EXPECT_EQ(CALL(waiters[1], futex, OWN, FUTEX_WAIT | PRIVATE, 0, 0), CALL_BLOCKED);
    EXPECT_EQ(wake_at(OWN, 9), 0);
    EXPECT_EQ(CALL(init, futex, OWN, FUTEX_WAKE | PRIVATE, 9), 0);
    EXPECT_EQ(CALL(waiters[2], futex, OWN, FUTEX_WAKE, 9), 0);
    end();
}

static struct process *clone_with_memory(void)
{
    return calls_child(CALL(init, clone, CLONE_VM | SIGCHLD));
}

/* Told as private and as shared it is not the same futex, as on Linux. */
TEST(sys_futex_of_one_space)
{
    begin();
    waiters[0] = clone_with_memory();
    waiters[1] = clone_with_memory();
    EXPECT_EQ(CALL(waiters[0], futex, OWN, FUTEX_WAIT | PRIVATE, 0, 0), CALL_BLOCKED);
    EXPECT_EQ(wait_at(waiters[1], OWN), CALL_BLOCKED);
    EXPECT_EQ(CALL(init, futex, OWN, FUTEX_WAKE | PRIVATE, 9), 1);
    expect_woken(0);
    expect_asleep(1);
    EXPECT_EQ(wake_at(OWN, 9), 1);
    expect_woken(1);
    end();
}

/* Another address of the same object is the same futex; and another page of it is not. */
TEST(sys_futex_of_an_object)
{
    const uaddr_t moved = SHARED + 16 * PAGE_SIZE;

    begin();
    EXPECT_EQ(CALL(waiters[0], mremap, SHARED, 2 * PAGE_SIZE, 2 * PAGE_SIZE,
                   MREMAP_MAYMOVE | MREMAP_FIXED, moved),
              moved);
    EXPECT_EQ(wait_at(waiters[0], moved + PAGE_SIZE), CALL_BLOCKED);
    EXPECT_EQ(CALL(waiters[1], futex, SHARED + PAGE_SIZE, FUTEX_WAIT | PRIVATE, 0, 0),
              CALL_BLOCKED);
    EXPECT_EQ(wake_at(SHARED, 9), 0);
    EXPECT_EQ(wake_at(SHARED + PAGE_SIZE, 9), 1);
    expect_woken(0);
    expect_asleep(1);
    end();
}

/* A mapping that takes the place of another one is another object, whatever memory it gets. */
TEST(sys_futex_of_an_object_that_is_gone)
{
    begin();
    for (unsigned i = 1; i < WAITERS; i++) {
        calls_exit(waiters[i], 0);
    }
    calls_exit(waiters[0], 0);
    waiters[0] = clone_with_memory();
    EXPECT_EQ(wait_at(waiters[0], SHARED), CALL_BLOCKED);
    EXPECT_EQ(CALL(init, mmap, SHARED, PAGE_SIZE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED,
                   (uint64_t)-1, 0),
              SHARED);
    EXPECT_EQ(CALL(init, munmap, SHARED, 2 * PAGE_SIZE), 0);
    EXPECT_EQ(shared_count(), 0);
    EXPECT_EQ(CALL(init, mmap, SHARED, PAGE_SIZE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED,
                   (uint64_t)-1, 0),
              SHARED);
    EXPECT_EQ(wake_at(SHARED, 9), 0);
    expect_asleep(0);
    end();
}

/* What may only be read can change if it is shared; if it is private it can't, but a file is one
 * word for all. */
TEST(sys_futex_of_what_may_only_be_read)
{
    const uaddr_t text = SHARED + 16 * PAGE_SIZE;
    const uaddr_t private_text = text + 2 * PAGE_SIZE;

    begin();
    EXPECT_EQ(CALL(waiters[0], mprotect, CALLS_DATA, PAGE_SIZE, PROT_READ), 0);
    EXPECT_EQ(wait_at(waiters[0], OWN), -EFAULT);
    EXPECT_EQ(CALL(waiters[0], futex, OWN, FUTEX_WAKE, 1), -EFAULT);
    EXPECT_EQ(CALL(waiters[0], futex, OWN, FUTEX_WAIT | PRIVATE, 0, 0), CALL_BLOCKED);
    EXPECT_EQ(CALL(waiters[1], mprotect, SHARED, PAGE_SIZE, PROT_READ), 0);
    EXPECT_EQ(wait_at(waiters[1], SHARED), CALL_BLOCKED);
    EXPECT_EQ(wake_at(SHARED, 1), 1);
    expect_woken(1);
    fixture_run(init);
    int64_t fd =
        CALL(init, openat, (uint64_t)AT_FDCWD, calls_put_text(CALLS_DATA, "/etc/text"), O_RDONLY);
    EXPECT(fd >= 0);
    EXPECT_EQ(CALL(init, mmap, text, PAGE_SIZE, PROT_READ, MAP_SHARED | MAP_FIXED, (uint64_t)fd, 0),
              text);
    EXPECT_EQ(CALL(init, mmap, private_text, PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_FIXED,
                   (uint64_t)fd, 0),
              private_text);
    uint32_t first = get_word(text);
    waiters[2] = calls_fork(init);
    EXPECT_EQ(CALL(waiters[2], futex, text, FUTEX_WAIT, first, 0), CALL_BLOCKED);
    EXPECT_EQ(wake_at(text + 4, 1), 0);
    EXPECT_EQ(wake_at(private_text, 1), 1);
    expect_woken(2);
    end();
}

/* ---- errors ---- */

TEST(sys_futex_bad_addresses)
{
    static const uint64_t commands[] = {FUTEX_WAIT,    FUTEX_WAIT | PRIVATE, FUTEX_WAIT_BITSET,
                                        FUTEX_REQUEUE, FUTEX_CMP_REQUEUE,    FUTEX_WAKE_OP,
                                        FUTEX_WAKE};
    begin();
    for (unsigned i = 0; i < ARRAY_LEN(commands); i++) {
        EXPECT_EQ(CALL(init, futex, SHARED + 2, commands[i], 0, 0, SHARED, 1), -EINVAL);
        EXPECT_EQ(CALL(init, futex, USER_END, commands[i], 0, 0, SHARED, 1), -EFAULT);
        EXPECT_EQ(CALL(init, futex, CALLS_NOWHERE, commands[i], 0, 0, SHARED, 1), -EFAULT);
    }
    for (unsigned i = 3; i < 6; i++) {
        EXPECT_EQ(CALL(init, futex, SHARED, commands[i], 0, 0, SHARED + 1, 0), -EINVAL);
        EXPECT_EQ(CALL(init, futex, SHARED, commands[i], 0, 0, USER_END, 0), -EFAULT);
        EXPECT_EQ(CALL(init, futex, SHARED, commands[i], 0, 0, CALLS_NOWHERE, 0), -EFAULT);
    }
    /* A private address is looked up only if what it holds counts. */
    EXPECT_EQ(CALL(init, futex, CALLS_NOWHERE, FUTEX_WAKE | PRIVATE, 1), 0);
    EXPECT_EQ(CALL(init, futex, CALLS_NOWHERE, FUTEX_REQUEUE | PRIVATE, 1, 1, CALLS_NOWHERE), 0);
    EXPECT_EQ(CALL(init, futex, CALLS_NOWHERE, FUTEX_CMP_REQUEUE | PRIVATE, 1, 1, SHARED), -EFAULT);
    end();
}

TEST(sys_futex_operations_that_are_not_there)
{
    static const uint64_t commands[] = {
        FUTEX_FD,
        FUTEX_LOCK_PI,
        FUTEX_UNLOCK_PI,
        FUTEX_TRYLOCK_PI,
        FUTEX_WAIT_REQUEUE_PI,
        FUTEX_CMP_REQUEUE_PI,
        FUTEX_LOCK_PI2 | PRIVATE,
        14,
        (uint32_t)INT32_MIN,
        FUTEX_WAIT | REALTIME,
        FUTEX_WAKE | REALTIME,
        FUTEX_REQUEUE | REALTIME | PRIVATE,
    };

    begin();
    for (unsigned i = 0; i < ARRAY_LEN(commands); i++) {
        EXPECT_EQ(CALL(init, futex, SHARED, commands[i], 0, 0, SHARED, 1), -ENOSYS);
    }
    EXPECT_EQ(CALL(init, futex, SHARED, FUTEX_LOCK_PI, 0, CALLS_NOWHERE), -EFAULT);
    EXPECT_EQ(CALL(init, futex, SHARED, FUTEX_LOCK_PI2, 0, CALLS_NOWHERE), -EFAULT);
    EXPECT_EQ(CALL(init, futex, SHARED, FUTEX_WAIT_REQUEUE_PI, 0, CALLS_NOWHERE), -EFAULT);
    EXPECT_EQ(CALL(init, futex, SHARED, FUTEX_TRYLOCK_PI, 0, CALLS_NOWHERE), -ENOSYS);
    end();
}

/* What is shared needs its page, which may need memory; and so does what is only looked at. */
TEST(sys_futex_without_memory)
{
    static const uint64_t calls[][2] = {{FUTEX_WAIT, CALLS_DATA + 5 * PAGE_SIZE},
                                        {FUTEX_WAKE, CALLS_DATA + 6 * PAGE_SIZE},
                                        {FUTEX_WAIT | PRIVATE, CALLS_DATA + 7 * PAGE_SIZE}};

    begin();
    for (unsigned i = 0; i < ARRAY_LEN(calls); i++) {
        inject_arm(1, true);
        EXPECT_EQ(CALL(init, futex, calls[i][1], calls[i][0], 0, 0), -ENOMEM);
        inject_arm(0, false);
        EXPECT(!init->thread->futex.is_waiting);
    }
    inject_arm(1, true);
    EXPECT_EQ(CALL(init, futex, OWN, FUTEX_WAKE_OP | PRIVATE, 1, 1, CALLS_DATA + 8 * PAGE_SIZE,
                   FUTEX_OP_ADD << 28 | 1 << 12),
              -ENOMEM);
    inject_arm(0, false);
    EXPECT_EQ(get_word(CALLS_DATA + 8 * PAGE_SIZE), 0);
    end();
}

/* ---- time-outs ---- */

TEST(sys_futex_relative_timeout)
{
    begin();
    uaddr_t time = put_time(waiters[0], 2, 5);
    nsec_t start = clock_now() + CLOCK_DET_STEP;
    EXPECT_EQ(CALL(waiters[0], futex, SHARED, FUTEX_WAIT, 0, time), CALL_BLOCKED);
    EXPECT_EQ(waiters[0]->thread->call.deadline, start + 2 * NSEC_PER_SEC + 5);
    sched_wake(waiters[0]->thread);
    EXPECT_EQ(calls_rerun(waiters[0]), CALL_BLOCKED);
    EXPECT(clock_jump());
    EXPECT_EQ(clock_now(), start + 2 * NSEC_PER_SEC + 5);
    EXPECT_EQ(calls_rerun(waiters[0]), -ETIMEDOUT);
    EXPECT(!waiters[0]->thread->futex.is_waiting);
    EXPECT_EQ(wake_at(SHARED, 1), 0);
    end();
}

/* Both clocks are one. */
TEST(sys_futex_absolute_timeout)
{
    static const uint64_t commands[] = {FUTEX_WAIT_BITSET, FUTEX_WAIT_BITSET | REALTIME};

    begin();
    for (int i = 0; i < 2; i++) {
        uaddr_t time = put_time(waiters[0], 3 + i, 7);
        EXPECT_EQ(CALL(waiters[0], futex, SHARED, commands[i], 0, time, 0, 1), CALL_BLOCKED);
        EXPECT(clock_jump());
        EXPECT_EQ(clock_now(), (nsec_t)(3 + i) * NSEC_PER_SEC + 7);
        EXPECT_EQ(calls_rerun(waiters[0]), -ETIMEDOUT);
        EXPECT_EQ(CALL(waiters[0], futex, SHARED, commands[i], 0, time, 0, 1), -ETIMEDOUT);
    }
    end();
}

TEST(sys_futex_no_time_at_all)
{
    begin();
    uaddr_t time = put_time(waiters[0], 0, 0);
    EXPECT_EQ(CALL(waiters[0], futex, SHARED, FUTEX_WAIT, 0, time), -ETIMEDOUT);
    EXPECT_EQ(CALL(waiters[0], futex, SHARED, FUTEX_WAIT, 1, time), -EAGAIN);
    EXPECT_EQ(wake_at(SHARED, 1), 0);
    end();
}

TEST(sys_futex_time_without_end)
{
    begin();
    uaddr_t time = put_time(waiters[0], INT64_MAX, 999999999);
    EXPECT_EQ(CALL(waiters[0], futex, SHARED, FUTEX_WAIT, 0, time), CALL_BLOCKED);
    EXPECT_EQ(waiters[0]->thread->call.deadline, CLOCK_LAST);
    EXPECT_EQ(wake_at(SHARED, 1), 1);
    expect_woken(0);
    time = put_time(waiters[0], (int64_t)(CLOCK_LAST / NSEC_PER_SEC - 1), 999999999);
    EXPECT_EQ(CALL(waiters[0], futex, SHARED, FUTEX_WAIT, 0, time), CALL_BLOCKED);
    EXPECT(clock_jump());
    EXPECT_EQ(calls_rerun(waiters[0]), -ETIMEDOUT);
    EXPECT_EQ(CALL(waiters[0], futex, SHARED, FUTEX_WAIT, 0, time), CALL_BLOCKED);
    EXPECT_EQ(waiters[0]->thread->call.deadline, CLOCK_LAST);
    end();
}

TEST(sys_futex_times_that_are_none)
{
    static const struct abi_timespec bad[] = {{-1, 0}, {0, -1}, {0, 1000000000}};

    begin();
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
        uaddr_t time = put_time(init, bad[i].tv_sec, bad[i].tv_nsec);
        EXPECT_EQ(CALL(init, futex, SHARED + 1, FUTEX_WAIT, 0, time), -EINVAL);
        EXPECT_EQ(CALL(init, futex, SHARED, FUTEX_WAIT | REALTIME, 0, time), -EINVAL);
        EXPECT_EQ(CALL(init, futex, SHARED, FUTEX_WAIT_BITSET, 0, time, 0, 1), -EINVAL);
        EXPECT_EQ(CALL(init, futex, SHARED, FUTEX_WAKE, 0, time, 0, 1), 0);
    }
    EXPECT_EQ(CALL(init, futex, SHARED, FUTEX_WAIT, 0, CALLS_NOWHERE), -EFAULT);
    end();
}

/* A wake that comes behind the end of the time, and before anybody has looked, is a wake. */
TEST(sys_futex_woken_when_the_time_is_over)
{
    begin();
    uaddr_t time = put_time(waiters[0], 1, 0);
    EXPECT_EQ(CALL(waiters[0], futex, SHARED, FUTEX_WAIT, 0, time), CALL_BLOCKED);
    EXPECT(clock_jump());
    EXPECT_EQ(waiters[0]->thread->state, THREAD_READY);
    EXPECT_EQ(wake_at(SHARED, 1), 1);
    expect_woken(0);
    end();
}

/* ---- requeueing ---- */

static int64_t requeue(uint64_t command, uaddr_t from, int wake, uaddr_t to, int move)
{
    return CALL(init, futex, from, command, (uint64_t)wake, (uint64_t)move, to, 0);
}

TEST(sys_futex_requeue_moves_behind_the_others)
{
    begin();
    EXPECT_EQ(wait_at(waiters[0], SHARED), CALL_BLOCKED);
    EXPECT_EQ(wait_at(waiters[1], SHARED), CALL_BLOCKED);
    EXPECT_EQ(wait_at(waiters[2], SHARED + 4), CALL_BLOCKED);
    EXPECT_EQ(requeue(FUTEX_REQUEUE, SHARED, 0, SHARED + 4, 1), 1);
    expect_asleep(0);
    sched_wake(waiters[0]->thread);
    EXPECT_EQ(calls_rerun(waiters[0]), CALL_BLOCKED);
    EXPECT_EQ(wake_at(SHARED, 9), 1);
    expect_woken(1);
    EXPECT_EQ(wake_at(SHARED + 4, 1), 1);
    expect_woken(2);
    EXPECT_EQ(wake_at(SHARED + 4, 1), 1);
    expect_woken(0);
    end();
}

TEST(sys_futex_requeue_wakes_first)
{
    begin();
    for (unsigned i = 0; i < WAITERS; i++) {
        EXPECT_EQ(wait_at(waiters[i], SHARED), CALL_BLOCKED);
    }
    EXPECT_EQ(requeue(FUTEX_CMP_REQUEUE, SHARED, 0, SHARED + 4, 0), 0);
    EXPECT_EQ(requeue(FUTEX_CMP_REQUEUE, SHARED, 1, SHARED + PAGE_SIZE, INT32_MAX), 3);
    expect_woken(0);
    expect_asleep(1);
    expect_asleep(2);
    EXPECT_EQ(wake_at(SHARED, 9), 0);
    EXPECT_EQ(wake_at(SHARED + PAGE_SIZE, 9), 2);
    end();
}

TEST(sys_futex_requeue_to_itself)
{
    begin();
    EXPECT_EQ(wait_at(waiters[0], SHARED), CALL_BLOCKED);
    EXPECT_EQ(wait_at(waiters[1], SHARED), CALL_BLOCKED);
    EXPECT_EQ(requeue(FUTEX_REQUEUE, SHARED, 0, SHARED, 1), 1);
    EXPECT_EQ(wake_at(SHARED, 1), 1);
    expect_woken(0);
    expect_asleep(1);
    end();
}

TEST(sys_futex_requeue_errors)
{
    begin();
    put_word(SHARED, 3);
    EXPECT_EQ(requeue(FUTEX_REQUEUE, SHARED, -1, SHARED + 4, 1), -EINVAL);
    EXPECT_EQ(requeue(FUTEX_CMP_REQUEUE, SHARED, 1, SHARED + 4, INT32_MIN), -EINVAL);
    EXPECT_EQ(requeue(FUTEX_CMP_REQUEUE, SHARED, 1, SHARED + 4, 1), -EAGAIN);
    EXPECT_EQ(requeue(FUTEX_REQUEUE, SHARED, 1, SHARED + 4, 1), 0);
    EXPECT_EQ(CALL(init, futex, SHARED, FUTEX_CMP_REQUEUE, 1, 1, SHARED + 4, 3), 0);
    end();
}

/* A time-out goes on for one that has been moved. */
TEST(sys_futex_requeued_waiter_times_out)
{
    begin();
    uaddr_t time = put_time(waiters[0], 1, 0);
    EXPECT_EQ(CALL(waiters[0], futex, SHARED, FUTEX_WAIT, 0, time), CALL_BLOCKED);
    EXPECT_EQ(requeue(FUTEX_REQUEUE, SHARED, 0, SHARED + 4, 1), 1);
    EXPECT(clock_jump());
    EXPECT_EQ(calls_rerun(waiters[0]), -ETIMEDOUT);
    EXPECT_EQ(wake_at(SHARED + 4, 1), 0);
    end();
}

/* Many, on one queue, to another that can be the same list. */
TEST(sys_futex_requeue_through_all_queues)
{
    begin();
    EXPECT_EQ(wait_at(waiters[0], SHARED), CALL_BLOCKED);
    EXPECT_EQ(wait_at(waiters[1], SHARED), CALL_BLOCKED);
    for (uaddr_t at = SHARED; at < SHARED + 2 * PAGE_SIZE - 4; at += 4) {
        EXPECT_EQ(requeue(FUTEX_REQUEUE, at, 0, at + 4, 2), 2);
        futex_check();
    }
    EXPECT_EQ(wake_at(SHARED + 2 * PAGE_SIZE - 4, 1), 1);
    expect_woken(0);
    end();
}

/* ---- FUTEX_WAKE_OP ---- */

static uint32_t encode(unsigned operation, int number, unsigned comparison, int with)
{
    return operation << 28 | comparison << 24 | ((unsigned)number & 0xfff) << 12 |
           ((unsigned)with & 0xfff);
}

static int64_t wake_op(uint32_t operation, int wake, int also)
{
    return CALL(init, futex, SHARED, FUTEX_WAKE_OP, (uint64_t)wake, (uint64_t)also, SHARED + 4,
                operation);
}

TEST(sys_futex_wake_op_operations)
{
    enum { SHIFT = FUTEX_OP_ARG_SHIFT };
    static const struct {
        unsigned operation;
        int number;
        uint32_t before;
        uint32_t after;
    } cases[] = {
        {FUTEX_OP_SET, 7, 1, 7},
        {FUTEX_OP_SET, -1, 1, UINT32_MAX},
        {FUTEX_OP_SET, 0x7ff, 0, 0x7ff},
        {FUTEX_OP_SET, -0x800, 0, 0xfffff800},
        {FUTEX_OP_ADD, 3, 4, 7},
        {FUTEX_OP_ADD, -1, 0, UINT32_MAX},
        {FUTEX_OP_ADD, 1, UINT32_MAX, 0},
        {FUTEX_OP_OR, 5, 3, 7},
        {FUTEX_OP_ANDN, 5, 7, 2},
        {FUTEX_OP_XOR, 5, 3, 6},
        {FUTEX_OP_SET | SHIFT, 31, 0, 0x80000000},
        {FUTEX_OP_OR | SHIFT, 4, 1, 17},
        {FUTEX_OP_ANDN | SHIFT, 4, 17, 1},
        {FUTEX_OP_ADD | SHIFT, 33, 1, 3}, /* 1 << (33 & 31) */
        {FUTEX_OP_XOR | SHIFT, -1, 0, 0x80000000},
    };

    begin();
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        test_note("case %u", i);
        put_word(SHARED + 4, cases[i].before);
        EXPECT_EQ(wake_op(encode(cases[i].operation, cases[i].number, 0, 0), 1, 1), 0);
        EXPECT_EQ(get_word(SHARED + 4), cases[i].after);
    }
    end();
}

/* The comparison is with what the word was, as numbers with a sign. */
TEST(sys_futex_wake_op_comparisons)
{
    static const struct {
        unsigned comparison;
        int with;
        int word;
        bool holds;
    } cases[] = {
        {FUTEX_OP_CMP_EQ, 5, 5, true},        {FUTEX_OP_CMP_EQ, 5, 6, false},
        {FUTEX_OP_CMP_NE, 5, 6, true},        {FUTEX_OP_CMP_NE, 5, 5, false},
        {FUTEX_OP_CMP_LT, 5, -6, true},       {FUTEX_OP_CMP_LT, 5, 5, false},
        {FUTEX_OP_CMP_LE, 5, 5, true},        {FUTEX_OP_CMP_LE, 5, 6, false},
        {FUTEX_OP_CMP_GT, -1, 0, true},       {FUTEX_OP_CMP_GT, 0, -1, false},
        {FUTEX_OP_CMP_GE, 0x7ff, 2047, true}, {FUTEX_OP_CMP_GE, -0x800, -2049, false},
    };

    begin();
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        test_note("case %u", i);
        put_word(SHARED + 4, 0);
        EXPECT_EQ(wait_at(waiters[0], SHARED), CALL_BLOCKED);
        EXPECT_EQ(wait_at(waiters[1], SHARED + 4), CALL_BLOCKED);
        put_word(SHARED + 4, (uint32_t)cases[i].word);
        uint32_t operation = encode(FUTEX_OP_SET, 9, cases[i].comparison, cases[i].with);
        EXPECT_EQ(wake_op(operation, 1, 1), cases[i].holds ? 2 : 1);
        expect_woken(0);
        if (!cases[i].holds) {
            expect_asleep(1);
            EXPECT_EQ(wake_at(SHARED + 4, 1), 1);
        }
        expect_woken(1);
    }
    end();
}

TEST(sys_futex_wake_op_how_many)
{
    begin();
    for (unsigned i = 0; i < WAITERS; i++) {
        EXPECT_EQ(wait_at(waiters[i], SHARED + 4), CALL_BLOCKED);
    }
    EXPECT_EQ(wake_op(encode(FUTEX_OP_SET, 0, FUTEX_OP_CMP_EQ, 0), 9, -1), 1);
    EXPECT_EQ(wake_op(encode(FUTEX_OP_SET, 0, FUTEX_OP_CMP_EQ, 0), 9, 2), 2);
    /* Both words may be one. */
    EXPECT_EQ(calls_rerun(waiters[0]), 0);
    EXPECT_EQ(wait_at(waiters[0], SHARED + 4), CALL_BLOCKED);
    EXPECT_EQ(CALL(init, futex, SHARED + 4, FUTEX_WAKE_OP, 1, 1, SHARED + 4, 0), 1);
    end();
}

TEST(sys_futex_wake_op_errors)
{
    begin();
    put_word(SHARED + 4, 3);
    EXPECT_EQ(wait_at(waiters[0], SHARED), CALL_BLOCKED);
    EXPECT_EQ(wake_op(encode(5, 1, 0, 0), 1, 1), -ENOSYS);
    EXPECT_EQ(wake_op(encode(FUTEX_OP_SET, 1, 6, 0), 1, 1), -ENOSYS);
    EXPECT_EQ(get_word(SHARED + 4), 3);
    expect_asleep(0);
    EXPECT_EQ(CALL(init, mprotect, SHARED, PAGE_SIZE, PROT_READ), 0);
    EXPECT_EQ(wake_op(encode(FUTEX_OP_SET, 1, 0, 0), 1, 1), -EFAULT);
    EXPECT_EQ(CALL(init, futex, SHARED, FUTEX_WAKE_OP | PRIVATE, 1, 1, SHARED + 4, 0), -EFAULT);
    EXPECT_EQ(CALL(init, futex, SHARED, FUTEX_WAKE_OP | PRIVATE, 1, 1, SHARED + 4,
                   encode(FUTEX_OP_SET, 1, 7, 0)),
              -EFAULT);
    expect_asleep(0);
    end();
}
