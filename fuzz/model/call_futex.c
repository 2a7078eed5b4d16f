/* futex, set_robust_list, get_robust_list. */
#include "fuzz/model/ask.h"
#include "fuzz/model/calls.h"
#include "fuzz/model/futexes.h"
#include "fuzz/model/memory.h"
#include "fuzz/model/times.h"
#include "fuzz/model/users.h"

#define NEVER UINT64_MAX

/* Without FUTEX_PRIVATE_FLAG and FUTEX_CLOCK_REALTIME. */
static int command_of(const struct event *event)
{
    return (int)event->args[1] & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
}

static int find(struct proc *self, const struct event *event, unsigned arg, bool to_write,
                struct word *word)
{
    bool is_shared = !(event->args[1] & FUTEX_PRIVATE_FLAG);

    return futexes_find(self, event->args[arg], is_shared, to_write, word);
}

/* ---- waiting ---- */

static int find_deadline(struct proc *self, const struct event *event, uint64_t *deadline)
{
    bool is_relative = command_of(event) == FUTEX_WAIT;
    uint64_t start = is_relative ? event->now_ns : 0;
    struct abi_timespec time;

    *deadline = NEVER;
    switch (command_of(event)) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
    case FUTEX_WAIT_REQUEUE_PI:
        break;
    default:
        return 0;
    }
    if (event->args[3] == 0) {
        return 0;
    }
    if (!memory_read(self, event->args[3], &time, sizeof(time))) {
        return -EFAULT;
    }
    if (!time_is_valid(&time)) {
        return -EINVAL;
    }
    *deadline = time_after(start, &time);
    return 0;
}

/* Whoever waits does so until it is woken or the time is over, whatever the word holds by then. */
static void go_on(struct proc *self, const struct event *event)
{
    struct doing *doing = &self->doing;

    if (doing->is_woken) {
        (void)ask_result(0);
    } else if (event->now_ns >= doing->deadline) {
        (void)ask_result(-ETIMEDOUT);
    } else if (world.must_not_wait && doing->deadline != NEVER) {
        world.interrupted = INTERRUPT_GOES_ON;
    } else {
        (void)ask_block();
    }
}

bool futex_would_block(const struct proc *self)
{
    return !self->doing.is_woken && world.now < self->doing.deadline;
}

static void wait_for(struct proc *self, const struct event *event, uint32_t bitset)
{
    struct word word;
    uint32_t value;
    int error = bitset == 0 ? -EINVAL : find(self, event, 0, false, &word);

    if (!error && !memory_read(self, event->args[0], &value, sizeof(value))) {
        error = -EFAULT;
    }
    if (!error && value != (uint32_t)event->args[2]) {
        error = -EAGAIN;
    }
    if (error) {
        (void)ask_result(error);
        return;
    }
    self->doing.has_begun = true;
    self->doing.waits = WAITS_FUTEX;
    futexes_wait(self, &word, bitset);
    go_on(self, event);
}

/* ---- waking ---- */

static void wake(struct proc *self, const struct event *event, uint32_t bitset)
{
    struct word word;
    int count = (int)event->args[2];
    int error = bitset == 0 ? -EINVAL : find(self, event, 0, false, &word);

    if (error) {
        (void)ask_result(error);
    } else if (ask_result(futexes_wake(&word, count, bitset, false))) {
        (void)futexes_wake(&word, count, bitset, true);
    }
}

static void requeue(struct proc *self, const struct event *event, bool compares)
{
    struct word from;
    struct word to;
    uint32_t value;
    int wake_count = (int)event->args[2];
    int move = (int)event->args[3];
    int error = wake_count < 0 || move < 0 ? -EINVAL : find(self, event, 0, false, &from);

    if (!error) {
        error = find(self, event, 4, false, &to);
    }
    if (!error && compares && !memory_read(self, event->args[0], &value, sizeof(value))) {
        error = -EFAULT;
    }
    if (!error && compares && value != (uint32_t)event->args[5]) {
        error = -EAGAIN;
    }
    if (error) {
        (void)ask_result(error);
    } else if (ask_result(futexes_move(&from, wake_count, &to, move, false))) {
        (void)futexes_move(&from, wake_count, &to, move, true);
    }
}

/* A number of 12 bits, of which the highest is the sign. */
static int64_t signed_12(uint64_t bits)
{
    bits &= 0xfff;
    return bits >= 0x800 ? (int64_t)bits - 0x1000 : (int64_t)bits;
}

/* FUTEX_WAKE_OP: what the word becomes. false: there is no such operation. */
static bool change(uint32_t encoded, uint32_t old, uint32_t *changed)
{
    uint32_t operand = (uint32_t)signed_12(encoded >> 12);

    if (encoded >> 31) {
        operand = UINT32_C(1) << operand % 32;
    }
    switch (encoded >> 28 & 7) {
    case FUTEX_OP_SET:
        *changed = operand;
        return true;
    case FUTEX_OP_ADD:
        *changed = old + operand;
        return true;
    case FUTEX_OP_OR:
        *changed = old | operand;
        return true;
    case FUTEX_OP_ANDN:
        *changed = old & ~operand;
        return true;
    case FUTEX_OP_XOR:
        *changed = old ^ operand;
        return true;
    default:
        return false;
    }
}

/* What the word was, against the number. 0, 1, or -ENOSYS: there is no such comparison. */
static int compare(uint32_t encoded, int32_t old)
{
    int64_t with = signed_12(encoded);

    switch (encoded >> 24 & 15) {
    case FUTEX_OP_CMP_EQ:
        return old == with;
    case FUTEX_OP_CMP_NE:
        return old != with;
    case FUTEX_OP_CMP_LT:
        return old < with;
    case FUTEX_OP_CMP_LE:
        return old <= with;
    case FUTEX_OP_CMP_GT:
        return old > with;
    case FUTEX_OP_CMP_GE:
        return old >= with;
    default:
        return -ENOSYS;
    }
}

static void wake_and_change(struct proc *self, const struct event *event)
{
    struct word word;
    struct word other;
    uint32_t old = 0;
    uint32_t changed;
    uint32_t encoded = (uint32_t)event->args[5];
    int error = find(self, event, 0, false, &word);

    if (!error) {
        error = find(self, event, 4, true, &other);
    }
    if (!error && !change(encoded, old, &changed)) {
        error = -ENOSYS;
    }
    if (!error && !memory_can(self, event->args[4], sizeof(old), ACCESS_WRITE)) {
        error = -EFAULT;
    }
    if (!error && compare(encoded, 0) < 0) {
        error = -ENOSYS;
    }
    if (error) {
        (void)ask_result(error);
        return;
    }
    memory_look(memory_of(self), event->args[4], &old, sizeof(old));
    (void)change(encoded, old, &changed);
    /* Who is woken first does not wait for the other word any more, which may be the same. */
    int64_t first = futexes_wake(&word, (int)event->args[2], UINT32_MAX, true);
    int64_t then = 0;
    if (compare(encoded, (int32_t)old) > 0) {
        then = futexes_wake(&other, (int)event->args[3], UINT32_MAX, true);
    }
    if (ask_result(first + then)) {
        memory_give(self, event->args[4], &changed, sizeof(changed));
    }
}

/* ---- the call ---- */

void call_futex(struct proc *self, const struct event *event)
{
    bool is_real = event->args[1] & FUTEX_CLOCK_REALTIME;
    int command = command_of(event);
    uint64_t deadline = self->doing.deadline;

    if (self->doing.place > 0 || self->doing.is_woken) {
        go_on(self, event);
        return;
    }
    /* One that has been interrupted looks at the word again. */
    int error = self->doing.has_begun ? 0 : find_deadline(self, event, &deadline);
    if (!error && is_real && command != FUTEX_WAIT_BITSET) {
        error = -ENOSYS;
    }
    if (error) {
        (void)ask_result(error);
        return;
    }
    self->doing.deadline = deadline;
    switch (command) {
    case FUTEX_WAIT:
        wait_for(self, event, UINT32_MAX);
        break;
    case FUTEX_WAIT_BITSET:
        wait_for(self, event, (uint32_t)event->args[5]);
        break;
    case FUTEX_WAKE:
        wake(self, event, UINT32_MAX);
        break;
    case FUTEX_WAKE_BITSET:
        wake(self, event, (uint32_t)event->args[5]);
        break;
    case FUTEX_REQUEUE:
        requeue(self, event, false);
        break;
    case FUTEX_CMP_REQUEUE:
        requeue(self, event, true);
        break;
    case FUTEX_WAKE_OP:
        wake_and_change(self, event);
        break;
    default: /* what hands priorities on is not there */
        (void)ask_result(-ENOSYS);
        break;
    }
}

/* ---- robust lists ---- */

void call_set_robust_list(struct proc *self, const struct event *event)
{
    if (event->args[1] != sizeof(struct abi_robust_list_head)) {
        (void)ask_result(-EINVAL);
    } else if (ask_result(0)) {
        self->robust = event->args[0];
    }
}

void call_get_robust_list(struct proc *self, const struct event *event)
{
    const uint64_t len = sizeof(struct abi_robust_list_head);
    int pid = (int)event->args[0];
    struct proc *proc = pid == 0 ? self : world_find_thread(pid);
    uint64_t head_at = event->args[1];
    uint64_t len_at = event->args[2];

    if (!proc) {
        (void)ask_result(-ESRCH);
    } else if (proc->process != self->process && !users_may_limit(self, proc)) {
        (void)ask_result(-EPERM);
    } else if (!memory_can(self, len_at, sizeof(len), ACCESS_WRITE) ||
               !memory_can(self, head_at, sizeof(proc->robust), ACCESS_WRITE)) {
        (void)ask_result(-EFAULT);
    } else if (ask_result(0)) {
        const uint64_t head = is_thread(proc) ? proc->robust : 0;
        memory_store(memory_of(self), len_at, &len, sizeof(len));
        memory_give(self, head_at, &head, sizeof(head));
        memory_verify(self, len_at, sizeof(len));
    }
}
