/* What the kernel does with robust lists, and with the numbers that threads leave
 * (set_tid_address): whoever waits for a word of a process that goes hears of it. */
#include "sync/robust.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/inject.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

#define RW (PROT_READ | PROT_WRITE)
#define SHARED ((uaddr_t)0x30000000) /* two pages that all processes have */
#define HEAD (SHARED + 0x100)
#define ENTRY(n) (SHARED + 0x200 + 16 * (uaddr_t)(n)) /* its word is 8 bytes behind */
#define WORD(n) (ENTRY(n) + 8)
#define WAITS FUTEX_WAITERS
#define DIED ((uint32_t)FUTEX_OWNER_DIED)

enum { ENTRIES = 3 };

static struct process *init;
static struct process *owner;
static struct process *waiter;

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

static void put_head(uint64_t first, uint64_t pending)
{
    const struct abi_robust_list_head head = {
        .list = first, .futex_offset = 8, .list_op_pending = pending};

    fixture_run(init);
    calls_put(HEAD, &head, sizeof(head));
}

static void put_entry(unsigned n, uint64_t next, uint32_t word)
{
    fixture_run(init);
    calls_put(ENTRY(n), &next, sizeof(next));
    put_word(WORD(n), word);
}

/* The owner has the words of three entries, one behind the other. */
static void begin(void)
{
    init = calls_begin();
    EXPECT_EQ(CALL(init, mmap, SHARED, 2 * PAGE_SIZE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED,
                   (uint64_t)-1, 0),
              SHARED);
    owner = calls_fork(init);
    waiter = calls_fork(init);
    put_head(ENTRY(0), 0);
    for (unsigned i = 0; i < ENTRIES; i++) {
        put_entry(i, i + 1 < ENTRIES ? ENTRY(i + 1) : HEAD, (uint32_t)owner->pid->number);
    }
    EXPECT_EQ(CALL(owner, set_robust_list, HEAD, 24), 0);
}

static void wait_for_word(struct process *process, unsigned n)
{
    EXPECT_EQ(CALL(process, futex, WORD(n), FUTEX_WAIT, get_word(WORD(n)), 0), CALL_BLOCKED);
}

static void expect_words(uint32_t first, uint32_t second, uint32_t third)
{
    EXPECT_EQ(get_word(WORD(0)), first);
    EXPECT_EQ(get_word(WORD(1)), second);
    EXPECT_EQ(get_word(WORD(2)), third);
}

static uint32_t owned(uint32_t bits)
{
    return (uint32_t)owner->pid->number | bits;
}

TEST(robust_words_of_who_ends)
{
    begin();
    put_word(WORD(1), owned(WAITS));
    wait_for_word(waiter, 1);
    calls_exit(owner, 0);
    expect_words(DIED, DIED | WAITS, DIED);
    EXPECT_EQ(calls_rerun(waiter), 0);
    fixture_end();
}

/* Nobody is woken who does not say that it waits. */
TEST(robust_words_without_waiters)
{
    begin();
    wait_for_word(waiter, 1);
    calls_exit(owner, 0);
    expect_words(DIED, DIED, DIED);
    EXPECT_EQ(waiter->thread->state, THREAD_BLOCKED);
    fixture_end();
}

TEST(robust_words_of_others)
{
    begin();
    put_word(WORD(0), 0);
    put_word(WORD(1), (uint32_t)waiter->pid->number | WAITS);
    put_word(WORD(2), owned(DIED));
    calls_exit(owner, 0);
    expect_words(0, (uint32_t)waiter->pid->number | WAITS, DIED);
    fixture_end();
}

/* What was just being released is nobody's, and who waits for it was perhaps not woken yet. */
TEST(robust_pending_word)
{
    begin();
    put_head(HEAD, ENTRY(1));
    put_word(WORD(1), 0);
    wait_for_word(waiter, 1);
    calls_exit(owner, 0);
    expect_words(owned(0), 0, owned(0));
    EXPECT_EQ(calls_rerun(waiter), 0);
    fixture_end();
}

/* What was just being taken may be on the list already: it is told of once. */
TEST(robust_pending_word_that_is_on_the_list)
{
    struct process *other;

    begin();
    other = calls_fork(init);
    put_head(ENTRY(0), ENTRY(0));
    put_word(WORD(0), owned(WAITS));
    wait_for_word(waiter, 0);
    wait_for_word(other, 0);
    calls_exit(owner, 0);
    expect_words(DIED | WAITS, DIED, DIED);
    EXPECT_EQ(calls_rerun(waiter), 0);
    EXPECT_EQ(other->thread->state, THREAD_BLOCKED);
    fixture_end();
}

/* The lowest bit of a pointer says that the operations that hand priorities on are used. */
TEST(robust_words_that_hand_priorities_on)
{
    begin();
    put_head(ENTRY(0) | 1, ENTRY(2) | 1);
    put_word(WORD(0), owned(WAITS));
    put_word(WORD(2), WAITS);
    wait_for_word(waiter, 0);
    calls_exit(owner, 0);
    expect_words(DIED | WAITS, DIED, WAITS);
    EXPECT_EQ(waiter->thread->state, THREAD_BLOCKED);
    fixture_end();
}

TEST(robust_list_in_a_circle)
{
    begin();
    put_entry(2, ENTRY(0), owned(0));
    calls_exit(owner, 0);
    expect_words(DIED, DIED, DIED);
    fixture_end();
}

/* One entry more than are looked at. */
TEST(robust_list_that_is_too_long)
{
    const uaddr_t first = SHARED + 16 * PAGE_SIZE;
    const uint64_t size = (ROBUST_LIST_LIMIT + 1) * 16;

    begin();
    EXPECT_EQ(
        CALL(init, mmap, first, size, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, (uint64_t)-1, 0),
        first);
    struct process *last = calls_fork(init);
    for (uaddr_t at = first; at < first + size; at += 16) {
        const uint64_t entry[2] = {at + 16, (uint64_t)last->pid->number};
        fixture_run(init);
        calls_put(at, entry, sizeof(entry));
    }
    put_head(first, 0);
    EXPECT_EQ(CALL(last, set_robust_list, HEAD, 24), 0);
    calls_exit(last, 0);
    EXPECT_EQ(get_word(first + 16 * (ROBUST_LIST_LIMIT - 1) + 8), DIED);
    EXPECT_EQ(get_word(first + 16 * ROBUST_LIST_LIMIT + 8), (uint32_t)last->pid->number);
    fixture_end();
}

/* What cannot be read or written ends the walk, and so does a word that is not aligned. */
TEST(robust_list_that_leads_nowhere)
{
    begin();
    put_entry(1, CALLS_NOWHERE, owned(0));
    calls_exit(owner, 0);
    expect_words(DIED, DIED, owned(0));
    fixture_end();
}

/* The word is there, and what leads on from it is not. */
TEST(robust_entry_that_is_not_there)
{
    const struct abi_robust_list_head head = {.list = CALLS_NOWHERE,
                                              .futex_offset = (int64_t)(WORD(0) - CALLS_NOWHERE),
                                              .list_op_pending = ENTRY(1)};

    begin();
    fixture_run(init);
    calls_put(HEAD, &head, sizeof(head));
    calls_exit(owner, 0);
    expect_words(DIED, owned(0), owned(0));
    fixture_end();
}

TEST(robust_list_with_a_word_that_is_not_aligned)
{
    const struct abi_robust_list_head head = {.list = ENTRY(0), .futex_offset = 6};

    begin();
    calls_put(HEAD, &head, sizeof(head));
    calls_exit(owner, 0);
    expect_words(owned(0), owned(0), owned(0));
    fixture_end();
}

TEST(robust_list_that_may_only_be_read)
{
    begin();
    EXPECT_EQ(CALL(owner, mprotect, SHARED, PAGE_SIZE, PROT_READ), 0);
    calls_exit(owner, 0);
    expect_words(owned(0), owned(0), owned(0));
    fixture_end();
}

TEST(robust_list_that_may_not_be_read)
{
    begin();
    fixture_run(owner);
    EXPECT(calls_get_int(HEAD) != 0); /* the page is there */
    EXPECT_EQ(CALL(owner, mprotect, SHARED, PAGE_SIZE, PROT_NONE), 0);
    calls_exit(owner, 0);
    expect_words(owned(0), owned(0), owned(0));
    EXPECT_EQ(CALL(waiter, set_robust_list, USER_END - 8, 24), 0);
    calls_exit(waiter, 0);
    fixture_end();
}

/* A word beyond the end of memory, and a head that is not all there. */
TEST(robust_list_far_away)
{
    const struct abi_robust_list_head head = {.list = ENTRY(0), .futex_offset = INT64_MIN};

    begin();
    calls_put(HEAD, &head, sizeof(head));
    EXPECT_EQ(CALL(waiter, set_robust_list, SHARED + 2 * PAGE_SIZE - 8, 24), 0);
    calls_exit(waiter, 0);
    calls_exit(owner, 0);
    expect_words(owned(0), owned(0), owned(0));
    fixture_end();
}

TEST(robust_list_without_memory)
{
    begin();
    put_entry(0, SHARED + PAGE_SIZE + 64, owned(0)); /* a page that nobody has touched */
    inject_arm(1, true);
    process_exit(owner, 0);
    inject_arm(0, false);
    EXPECT_EQ(get_word(WORD(1)), 2);
    fixture_end();
}

TEST(robust_words_at_exec)
{
    uint64_t head = 7;

    begin();
    put_word(WORD(1), owned(WAITS));
    wait_for_word(waiter, 1);
    fixture_run(owner);
    EXPECT_EQ(CALL(owner, execve, calls_put_text(CALLS_DATA, "/bin/prog"), 0, 0), 0);
    expect_words(DIED, DIED | WAITS, DIED);
    EXPECT_EQ(calls_rerun(waiter), 0);
    EXPECT_EQ(CALL(init, get_robust_list, (uint64_t)owner->pid->number, CALLS_DATA, CALLS_DATA + 8),
              0);
    calls_get(CALLS_DATA, &head, sizeof(head));
    EXPECT_EQ(head, 0);
    fixture_end();
}

/* Who goes itself is not woken in the place of another. */
TEST(robust_owner_that_waits)
{
    begin();
    put_head(HEAD, ENTRY(1));
    put_word(WORD(1), 0);
    wait_for_word(owner, 1);
    wait_for_word(waiter, 1);
    process_exit(owner, SIGKILL);
    EXPECT_EQ(calls_rerun(waiter), 0);
    fixture_end();
}

/* ---- the calls ---- */

static void expect_list(uint64_t tid, uint64_t expected)
{
    uint64_t told[2] = {7, 7};

    EXPECT_EQ(CALL(init, get_robust_list, tid, CALLS_DATA, CALLS_DATA + 8), 0);
    calls_get(CALLS_DATA, told, sizeof(told));
    EXPECT_EQ(told[0], expected);
    EXPECT_EQ(told[1], 24);
}

TEST(robust_list_of_whom)
{
    begin();
    struct process *child = calls_fork(owner);
    expect_list((uint64_t)owner->pid->number, HEAD);
    expect_list((uint64_t)child->pid->number, 0); /* fork does not hand it on */
    expect_list(0, 0);
    EXPECT_EQ(CALL(init, set_robust_list, CALLS_NOWHERE, 24), 0);
    expect_list(0, CALLS_NOWHERE);
    expect_list(1, CALLS_NOWHERE);
    EXPECT_EQ(CALL(init, set_robust_list, 0, 24), 0);
    expect_list(0, 0);
    calls_exit(owner, 0);
    expect_list(2, 0);
    EXPECT_EQ(CALL(init, get_robust_list, 99, CALLS_DATA, CALLS_DATA + 8), -ESRCH);
    EXPECT_EQ(CALL(init, get_robust_list, (uint64_t)-1, CALLS_DATA, CALLS_DATA + 8), -ESRCH);
    fixture_end();
}

TEST(robust_list_told_to_nowhere)
{
    const int untouched = 7;

    begin();
    fixture_run(init);
    calls_put(CALLS_DATA, &untouched, sizeof(untouched));
    EXPECT_EQ(CALL(init, get_robust_list, 0, CALLS_DATA, CALLS_NOWHERE), -EFAULT);
    EXPECT_EQ(CALL(init, get_robust_list, 0, CALLS_NOWHERE, CALLS_DATA), -EFAULT);
    EXPECT_EQ(calls_get_int(CALLS_DATA), untouched);
    EXPECT_EQ(CALL(init, set_robust_list, HEAD, 23), -EINVAL);
    expect_list(0, 0);
    fixture_end();
}

/* ---- set_tid_address ---- */

/* The number is cleared where others use the memory, and one of those who wait for it is woken. */
TEST(robust_number_that_is_cleared)
{
    const uaddr_t number = CALLS_DATA + 64;

    begin();
    put_word(number, 5);
    struct process *child =
        calls_child(CALL(init, clone, CLONE_VM | CLONE_CHILD_CLEARTID | SIGCHLD, 0, 0, 0, number));
    struct process *joiner = calls_child(CALL(init, clone, CLONE_VM | SIGCHLD));
    EXPECT_EQ(CALL(joiner, futex, number, FUTEX_WAIT, 5, 0), CALL_BLOCKED);
    calls_exit(child, 0);
    EXPECT_EQ(get_word(number), 0);
    EXPECT_EQ(calls_rerun(joiner), 0);
    fixture_end();
}

/* Linux wakes though it cannot clear. */
TEST(robust_number_that_cannot_be_cleared)
{
    begin();
    put_word(SHARED, 5);
    struct process *child =
        calls_child(CALL(init, clone, CLONE_VM | CLONE_CHILD_CLEARTID | SIGCHLD, 0, 0, 0, SHARED));
    EXPECT_EQ(CALL(waiter, futex, SHARED, FUTEX_WAIT, 5, 0), CALL_BLOCKED);
    EXPECT_EQ(CALL(init, mprotect, SHARED, PAGE_SIZE, PROT_READ), 0);
    calls_exit(child, 0);
    EXPECT_EQ(get_word(SHARED), 5);
    EXPECT_EQ(calls_rerun(waiter), 0);
    fixture_end();
}

/* What is not there, or will never change, wakes nobody. */
TEST(robust_number_at_a_bad_address)
{
    static const uaddr_t numbers[] = {CALLS_NOWHERE, CALLS_DATA + 2, CALLS_DATA, USER_END};

    begin();
    EXPECT_EQ(CALL(init, mprotect, CALLS_DATA, PAGE_SIZE, PROT_READ), 0);
    for (unsigned i = 0; i < ARRAY_LEN(numbers); i++) {
        calls_exit(calls_child(CALL(init, clone, CLONE_VM | CLONE_CHILD_CLEARTID | SIGCHLD, 0, 0, 0,
                                    numbers[i])),
                   0);
    }
    fixture_end();
}
