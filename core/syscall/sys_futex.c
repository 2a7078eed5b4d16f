/* Waiting for words of memory, and owning them: futex, set_robust_list, get_robust_list. */
#include "syscall/handlers.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/plant.h"
#include "mm/uaccess.h"
#include "proc/clock.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "sync/futex.h"

/* A futex call whose operation is known. */
struct request {
    const struct space *space;
    int command;
    bool is_shared;
    uaddr_t word;
    uint32_t value;
    uint64_t argument;
    uaddr_t other;
    uint32_t last;
};

/* ---- which futex ---- */

/* What is shared is found by the page that is there: one to write to if there can be. */
static int find_key(const struct request *request, uaddr_t at, bool to_write, struct futex_key *key)
{
    uint32_t word;
    int error = futex_find_private(request->space, at, key);

    if (error || !request->is_shared) {
        return error;
    }
    error = user_prepare_write(at, sizeof(word));
    if (error == -EFAULT && !to_write) {
        error = user_read(&word, at, sizeof(word));
    }
    return error ? error : futex_find_shared(request->space, at, key);
}

/* ---- waiting ---- */

static bool has_timeout(int command)
{
    return command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET || command == FUTEX_LOCK_PI ||
           command == FUTEX_LOCK_PI2 || command == FUTEX_WAIT_REQUEUE_PI;
}

/* When a wait is over: of FUTEX_WAIT the argument is how long, of the others when. It is looked at
 * before anything else, also for what is not there. */
static int find_deadline(int command, uaddr_t at, nsec_t *deadline)
{
    struct abi_timespec time;

    *deadline = PLAT_NEVER;
    if (at == 0 || !has_timeout(command)) {
        return 0;
    }
    int error = user_read(&time, at, sizeof(time));
    if (error) {
        return error;
    }
    if (!clock_is_valid(&time)) {
        return -EINVAL;
    }
    *deadline = command == FUTEX_WAIT ? clock_deadline(&time) : clock_time(&time);
    return 0;
}

/* Whoever was woken does not look at the word again, and whoever was not stays where it is on the
 * queue. */
static int64_t go_on_waiting(struct thread *thread, uaddr_t word)
{
    struct call *call = &thread->call;
    int64_t result;

    if (thread->futex.is_woken) {
        result = 0;
    } else if (clock_now() >= call->deadline) {
        result = -ETIMEDOUT;
    } else if (PLANTED(FUT_3) && call->has_blocked) {
        result = -EINTR;
    } else {
        result = sched_block(thread, WAIT_FUTEX, (int64_t)word, NULL, call->deadline);
    }
    if (result == CALL_INTERRUPTED && call->deadline != PLAT_NEVER) {
        call->restart = RESTART_GOES_ON;
    }
    if (result != CALL_BLOCKED && !(PLANTED(FUT_1) && result == -ETIMEDOUT)) {
        futex_leave(thread);
    }
    return result;
}

/* Nothing can come between the look at the word and the queue: there is no window. */
static int64_t wait_for(struct thread *thread, const struct request *request, uint32_t bitset)
{
    struct futex_key key;
    uint32_t word;

    if (bitset == 0) {
        return -EINVAL;
    }
    int error = find_key(request, request->word, false, &key);
    if (!error) {
        error = user_read(&word, request->word, sizeof(word));
    }
    if (error) {
        return error;
    }
    if (word != request->value) {
        return -EAGAIN;
    }
    thread->call.has_begun = true;
    futex_wait(thread, &key, bitset);
    return go_on_waiting(thread, request->word);
}

/* ---- waking ---- */

static int64_t wake(const struct request *request, uint32_t bitset)
{
    struct futex_key key;

    if (bitset == 0) {
        return -EINVAL;
    }
    int error = find_key(request, request->word, false, &key);
    return error ? error : futex_wake(&key, (int)request->value, bitset);
}

static int64_t requeue(const struct request *request)
{
    struct futex_key from;
    struct futex_key to;
    uint32_t word;

    if ((int)request->value < 0 || (int)request->argument < 0) {
        return -EINVAL;
    }
    int error = find_key(request, request->word, false, &from);
    if (!error) {
        error = find_key(request, request->other, false, &to);
    }
    if (!error && request->command == FUTEX_CMP_REQUEUE) {
        error = user_read(&word, request->word, sizeof(word));
        if (!error && word != request->last) {
            error = -EAGAIN;
        }
    }
    return error ? error : futex_requeue(&from, (int)request->value, &to, (int)request->argument);
}

/* ---- FUTEX_WAKE_OP ---- */

/* What the last argument says, futex(2). */
struct operation {
    unsigned what;
    unsigned comparison;
    uint32_t operand;
    int compared_with;
};

static int sign_extend_12(uint32_t value)
{
    return (int)((value & 0xfff) ^ 0x800) - 0x800;
}

/* A shift by more than a word has bits is by what of the number counts, as Linux has it. -ENOSYS:
 * there is no such operation. */
static int decode(uint32_t encoded, struct operation *operation)
{
    *operation = (struct operation){
        .what = encoded >> 28 & 7,
        .comparison = encoded >> 24 & 15,
        .operand = (uint32_t)sign_extend_12(encoded >> 12),
        .compared_with = sign_extend_12(encoded),
    };
    if (encoded >> 28 & FUTEX_OP_ARG_SHIFT) {
        operation->operand = UINT32_C(1) << (operation->operand & 31);
    }
    return operation->what > FUTEX_OP_XOR ? -ENOSYS : 0;
}

static uint32_t operate(const struct operation *operation, uint32_t word)
{
    switch (operation->what) {
    case FUTEX_OP_SET:
        return operation->operand;
    case FUTEX_OP_ADD:
        return word + operation->operand;
    case FUTEX_OP_OR:
        return word | operation->operand;
    case FUTEX_OP_ANDN:
        return word & ~operation->operand;
    default:
        return word ^ operation->operand;
    }
}

static bool compare(const struct operation *operation, int word)
{
    switch (operation->comparison) {
    case FUTEX_OP_CMP_EQ:
        return word == operation->compared_with;
    case FUTEX_OP_CMP_NE:
        return word != operation->compared_with;
    case FUTEX_OP_CMP_LT:
        return word < operation->compared_with;
    case FUTEX_OP_CMP_LE:
        return word <= operation->compared_with;
    case FUTEX_OP_CMP_GT:
        return word > operation->compared_with;
    default:
        return word >= operation->compared_with;
    }
}

/* Changes the word and gives what it was. Linux changes it and then finds that there is no such
 * comparison; here a call that gives ENOSYS has changed nothing. */
static int change_word(const struct operation *operation, uaddr_t at, uint32_t *old)
{
    uint32_t expected = 0;

    if (operation->comparison > FUTEX_OP_CMP_GE) {
        int error = user_prepare_write(at, sizeof(*old));
        return error ? error : -ENOSYS;
    }
    for (;; expected = *old) {
        int error = user_cas32(at, expected, operate(operation, expected), old);
        if (error || *old == expected) {
            return error;
        }
    }
}

static int64_t wake_op(const struct request *request)
{
    struct operation operation;
    struct futex_key key;
    struct futex_key other;
    uint32_t old;

    int error = find_key(request, request->word, false, &key);
    if (!error) {
        error = find_key(request, request->other, true, &other);
    }
    if (!error) {
        error = decode(request->last, &operation);
    }
    if (!error) {
        error = change_word(&operation, request->other, &old);
    }
    if (error) {
        return error;
    }
    int64_t woken = futex_wake(&key, (int)request->value, FUTEX_BITSET_MATCH_ANY);
    if (compare(&operation, (int)old)) {
        woken += futex_wake(&other, (int)request->argument, FUTEX_BITSET_MATCH_ANY);
    }
    return woken;
}

/* ---- the call ---- */

/* Without those that hand priorities on, as Linux can be built too. */
static int64_t run(struct thread *thread, const struct request *request)
{
    switch (request->command) {
    case FUTEX_WAIT:
        return wait_for(thread, request, FUTEX_BITSET_MATCH_ANY);
    case FUTEX_WAIT_BITSET:
        return wait_for(thread, request, request->last);
    case FUTEX_WAKE:
        return wake(request, FUTEX_BITSET_MATCH_ANY);
    case FUTEX_WAKE_BITSET:
        return wake(request, request->last);
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE:
        return requeue(request);
    case FUTEX_WAKE_OP:
        return wake_op(request);
    default:
        return -ENOSYS;
    }
}

/* There is one clock, so that FUTEX_CLOCK_REALTIME makes no difference where it is allowed. */
int64_t sys_futex(struct thread *thread, const uint64_t *args)
{
    const int flags = FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME;
    int operation = (int)args[1];
    const struct request request = {
        .space = thread->process->space,
        .command = operation & ~flags,
        .is_shared = !(operation & FUTEX_PRIVATE_FLAG),
        .word = args[0],
        .value = (uint32_t)args[2],
        .argument = args[3],
        .other = args[4],
        .last = (uint32_t)args[5],
    };

    struct call *call = &thread->call;

    if (thread->futex.is_waiting || thread->futex.is_woken) {
        return go_on_waiting(thread, request.word);
    }
    int error = call->has_begun ? 0 /* it had given up, and looks at the word again */
                                : find_deadline(request.command, request.argument, &call->deadline);
    if (error) {
        return error;
    }
    if ((operation & FUTEX_CLOCK_REALTIME) && request.command != FUTEX_WAIT_BITSET) {
        return -ENOSYS;
    }
    return run(thread, &request);
}

/* ---- robust lists ---- */

int64_t sys_set_robust_list(struct thread *thread, const uint64_t *args)
{
    if (args[1] != sizeof(struct abi_robust_list_head)) {
        return -EINVAL;
    }
    thread->robust_list = args[0];
    return 0;
}

/* Of a thread that has ended, and can still be waited for, there is none. Of a process of another
 * user only root may (ptrace(2), PTRACE_MODE_READ_REALCREDS): the IDs are those that prlimit asks
 * for. */
int64_t sys_get_robust_list(struct thread *thread, const uint64_t *args)
{
    const uint64_t length = sizeof(struct abi_robust_list_head);
    const struct process *own = thread->process;
    int tid = (int)args[0];
    const struct thread *asked = tid == 0 ? thread : thread_find(tid);
    const struct process *process = asked ? asked->process : process_find(tid);
    const uint64_t head = asked ? asked->robust_list : 0;

    if (!process) {
        return -ESRCH;
    }
    if (process != own &&
        !cred_may_limit(thread->cred, asked ? asked->cred : process_cred(process))) {
        return -EPERM;
    }
    int error = user_prepare_write(args[2], sizeof(length));
    if (!error) {
        error = user_prepare_write(args[1], sizeof(head));
    }
    if (!error) {
        error = user_write(args[2], &length, sizeof(length));
    }
    return error ? error : user_write(args[1], &head, sizeof(head));
}
