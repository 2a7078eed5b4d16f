#include "fuzz/check/calls.h"

#include "fuzz/check/checks.h"
#include "fuzz/check/peek.h"
#include "fuzz/check/state.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "fuzz/input/image.h"
#include "syscall/table.h"

enum {
#define SYSCALL_NUMBER(nr, name) CALL_##name = nr,
#define SYSCALL0(nr, name, ...) SYSCALL_NUMBER(nr, name)
#define SYSCALL1(nr, name, ...) SYSCALL_NUMBER(nr, name)
#define SYSCALL2(nr, name, ...) SYSCALL_NUMBER(nr, name)
#define SYSCALL3(nr, name, ...) SYSCALL_NUMBER(nr, name)
#define SYSCALL4(nr, name, ...) SYSCALL_NUMBER(nr, name)
#define SYSCALL5(nr, name, ...) SYSCALL_NUMBER(nr, name)
#define SYSCALL6(nr, name, ...) SYSCALL_NUMBER(nr, name)
#include "abi/syscall.def"
};

enum {
    OTHER = 1 << 8,  /* with ENOMEM: it has other reasons too */
    ERRNOS_MAX = 16, /* of a call */
    ERRNO_MAX = 4095,
    OUTPUTS_MAX = 3, /* of a call */
    WAITERS_MAX = 64,
    SIGRETURN = 139,
};

struct errnos {
    uint32_t nr;
    uint16_t errnos[ERRNOS_MAX]; /* ends with 0 */
};

static const struct errnos all_errnos[] = {
#define ERRNOS(name, ...) {CALL_##name, {__VA_ARGS__}},
#include "fuzz/check/errno.def"
#undef ERRNOS
};

static struct {
    bool is_taken;
    bool is_now;                  /* after: nothing has happened since it was taken */
    bool holds_last;              /* before: a file that nobody else has any more */
    uint64_t registers;           /* before: state_registers */
    struct abi_clone_args wanted; /* of clone3 */
    struct state states[2];
    struct state *before;
    struct state *after;
} taken = {.before = &taken.states[0], .after = &taken.states[1]};

/* What registers they had who began to wait. */
static struct {
    int tid; /* 0: none */
    uint64_t registers;
} waiters[WAITERS_MAX];

static int tid_of(const struct event *event)
{
    return event->tid != 0 ? event->tid : event->pid;
}

/* ---- errors ---- */

static const struct errnos *find_errnos(uint32_t nr)
{
    for (unsigned i = 0; i < ARRAY_LEN(all_errnos); i++) {
        if (all_errnos[i].nr == nr) {
            return &all_errnos[i];
        }
    }
    return NULL;
}

static const char *name_of(const struct event *event)
{
    const struct syscall *call = syscall_find(event->nr);

    return call ? call->name : "a number that is no call";
}

static bool may_fail_with(const struct event *event, uint16_t error)
{
    const struct errnos *errnos = find_errnos(event->nr);

    if (event->nr == CALL_rt_sigreturn) {
        return true; /* x0 is what the frame says */
    }
    if (!syscall_find(event->nr)) {
        return error == ENOSYS;
    }
    for (unsigned i = 0; errnos && i < ERRNOS_MAX; i++) {
        uint16_t allowed = errnos->errnos[i];
        if ((allowed & ~OTHER) == error) {
            return error != ENOMEM || (allowed & OTHER) || event->was_refused;
        }
    }
    return false;
}

/* Calls that give what they have done when they find no memory for the rest, which is not all, or
 * that it is not their affair: brk the break as it is, exec a promise that it cannot keep; and a
 * signal comes without what is to be said of it. */
static bool may_do_without(const struct event *event)
{
    switch (event->nr) {
    case CALL_brk:
    case CALL_execve:
    case CALL_execveat:
    case SIGRETURN:
    case CALL_kill:
    case CALL_tkill:
    case CALL_tgkill:
    case CALL_rt_sigqueueinfo:
    case CALL_rt_tgsigqueueinfo:
    case CALL_setfsuid:
    case CALL_setfsgid:
        return true;
    case CALL_sched_setattr: /* the right size is told where it can be */
        return event->result == -E2BIG;
    case CALL_getrandom:
        return event->result > 0 && (uint64_t)event->result < event->args[1];
    case CALL_read:
    case CALL_pread64:
    case CALL_write:
    case CALL_pwrite64:
    case CALL_getdents64:
        return (event->result > 0 && (uint64_t)event->result < event->args[2]) ||
               event->result == -EPIPE;
    case CALL_readv:
    case CALL_writev:
        return event->result > 0 || event->result == -EPIPE;
    default:
        return false;
    }
}

/* What rt_sigreturn gives is what x0 was once. */
static bool has_failed(const struct event *event)
{
    return event->nr != SIGRETURN && event->result < 0 && event->result >= -ERRNO_MAX;
}

static void check_error(const struct event *event)
{
    if (has_failed(event)) {
        uint16_t error = (uint16_t)-event->result;
        CHECK_THAT(CALL_ERRNO, may_fail_with(event, error), "%s of process %d failed with %d%s",
                   name_of(event), event->pid, error,
                   error == ENOMEM && !event->was_refused ? ", and there was memory" : "");
    }
    CHECK_THAT(CALL_ERRNO,
               !event->was_refused || event->result == -ENOMEM || event->result == -EAGAIN ||
                   may_do_without(event),
               "%s of process %d found no memory, and gave %ld", name_of(event), event->pid,
               (long)event->result);
}

/* ---- what may be different ---- */

struct output {
    uaddr_t start;
    uint64_t len;
};

/* How many bytes a call writes where an argument of this kind points to. */
static uint64_t output_len(enum syscall_kind kind, uint64_t next)
{
    switch (kind) {
    case KIND_OUT_BYTES:
        return next;
    case KIND_OUT_INT:
    case KIND_OUT_STATUS:
        return sizeof(int32_t);
    case KIND_OUT_CPUSET:
    case KIND_OUT_ADDR:
    case KIND_OUT_SIZE:
        return sizeof(uint64_t);
    case KIND_OUT_FDS:
        return 2 * sizeof(int32_t);
    case KIND_OUT_SIGINFO:
        return sizeof(struct abi_siginfo);
    case KIND_OUT_TIMESPEC:
        return sizeof(struct abi_timespec);
    case KIND_OUT_ITIMERVAL:
        return sizeof(struct abi_itimerval);
    case KIND_OUT_ITIMERSPEC:
        return sizeof(struct abi_itimerspec);
    case KIND_OUT_SCHED_ATTR:
        return sizeof(struct abi_sched_attr);
    case KIND_IN_SCHED_ATTR:
        return sizeof(uint32_t); /* its size, if that is wrong */
    case KIND_OUT_UTSNAME:
        return sizeof(struct abi_utsname);
    case KIND_OUT_STAT:
        return sizeof(struct abi_stat);
    case KIND_OUT_RUSAGE:
        return sizeof(struct abi_rusage);
    case KIND_OUT_TMS:
        return sizeof(struct abi_tms);
    case KIND_OUT_SYSINFO:
        return sizeof(struct abi_sysinfo);
    case KIND_OUT_RLIMIT:
        return sizeof(struct abi_rlimit);
    case KIND_OUT_SIGSET:
        return sizeof(uint64_t);
    case KIND_OUT_SIGACTION:
        return sizeof(struct abi_sigaction);
    case KIND_OUT_ALTSTACK:
        return sizeof(struct abi_sigaltstack);
    default:
        return 0;
    }
}

static unsigned find_outputs(const struct event *event, struct output outputs[OUTPUTS_MAX])
{
    const struct syscall *call = syscall_find(event->nr);
    unsigned count = 0;

    for (unsigned i = 0; call && i < call->arg_count && count < OUTPUTS_MAX; i++) {
        uint64_t next = i + 1 < SYSCALL_ARGS_MAX ? event->args[i + 1] : 0;
        uint64_t len = output_len(call->kinds[i], next);
        if (event->args[i] != 0 && len > 0) {
            outputs[count++] = (struct output){event->args[i], len};
        }
    }
    return count;
}

/* Whether the call may have written to a page. */
static bool is_output(uaddr_t page, const struct output *outputs, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uint64_t len = min_u64(outputs[i].len, UINT64_MAX - outputs[i].start);
        if (outputs[i].start < page + PAGE_SIZE && page < outputs[i].start + len) {
            return true;
        }
    }
    return false;
}

/* Whether it may have written to shared memory. */
static bool has_shared_output(const struct event *event, const struct space *space)
{
    struct output outputs[OUTPUTS_MAX];
    unsigned count = find_outputs(event, outputs);

    LOOK_REGIONS(region, space) {
        uint64_t len = region->end - region->start;
        for (unsigned i = 0; region->shared && i < count; i++) {
            if (outputs[i].start - region->start < len ||
                region->start - outputs[i].start < outputs[i].len) {
                return true;
            }
        }
    }
    return false;
}

enum { MAY_REGIONS = 1, MAY_PAGES = 2, MAY_SIGNALS = 4, MAY_THREADS = 8 };

/* What a failed call may have changed, as abi/syscall.def says: Linux does so too. */
static unsigned allowed_changes(const struct event *event)
{
    const struct syscall *call = syscall_find(event->nr);

    if (event->result == -EPIPE) {
        return MAY_SIGNALS;
    }
    switch (call ? call->on_failure : ON_FAILURE_NOTHING) {
    case ON_FAILURE_PREFIX:
        return event->was_refused ? 0 : MAY_REGIONS | MAY_PAGES;
    case ON_FAILURE_FIXED:
        return event->args[3] & MREMAP_FIXED ? MAY_REGIONS | MAY_PAGES : 0;
    case ON_FAILURE_SOME:
        return MAY_THREADS;
    case ON_FAILURE_NOTHING:
        break;
    }
    return 0;
}

/* And one that waits. A sigsuspend that a stop has interrupted is made again, and between the two
 * what its mask had kept away is taken. */
static unsigned allowed_of_waiter(const struct event *event)
{
    return event->nr == CALL_rt_sigsuspend && event->is_rerun ? MAY_SIGNALS : 0;
}

/* ---- comparing ---- */

/* The first page in which two states differ and the call had nothing to write; false: none. */
static bool find_change(const struct state *before, const struct state *after,
                        const struct event *event, uaddr_t *page)
{
    struct output outputs[OUTPUTS_MAX];
    unsigned count = find_outputs(event, outputs);
    unsigned a = 0;
    unsigned b = 0;

    while (a < before->page_count || b < after->page_count) {
        uaddr_t va_a = a < before->page_count ? before->pages[a].va : UINT64_MAX;
        uaddr_t va_b = b < after->page_count ? after->pages[b].va : UINT64_MAX;
        bool is_same = va_a == va_b && before->pages[a].digest == after->pages[b].digest;
        *page = min_u64(va_a, va_b);
        a += va_a == *page;
        b += va_b == *page;
        if (!is_same && !is_output(*page, outputs, count)) {
            return true;
        }
    }
    return false;
}

/* NULL, or what is different. */
static const char *find_difference(const struct event *event, unsigned may, uaddr_t *page)
{
    const struct state *before = taken.before;
    const struct state *after = taken.after;

    *page = 0;
    if (before->others != after->others && !(may & MAY_THREADS)) {
        return "another process or thread, or the console";
    }
    if (before->actor != after->actor && !(may & MAY_THREADS)) {
        return "the process itself";
    }
    if (before->files != after->files) {
        return "descriptors, or what lies behind them";
    }
    if (before->signals != after->signals && !(may & MAY_SIGNALS) && !before->has_cpu_timers) {
        return "its signals";
    }
    if (!(may & MAY_REGIONS) &&
        (before->regions != after->regions || before->stacks < after->stacks)) {
        return "what is mapped";
    }
    if (!(may & MAY_PAGES) && find_change(before, after, event, page)) {
        return "memory";
    }
    if (before->objects != after->objects && !(may & MAY_PAGES) &&
        !has_shared_output(event, after->space)) {
        return "shared memory";
    }
    return NULL;
}

static void check_unchanged(const struct event *event)
{
    bool has_waited = event->kind == EVENT_BLOCKED;
    uaddr_t page;
    unsigned may = has_waited ? allowed_of_waiter(event) : allowed_changes(event);
    const char *what = find_difference(event, may, &page);

    if (has_waited) {
        CHECK_THAT(CALL_WAITING, !what,
                   "%s of process %d waits%s and has changed something: %s (page 0x%lx)",
                   name_of(event), event->pid, event->is_rerun ? " again" : "", what, page);
    } else {
        CHECK_THAT(CALL_FAILED, !what,
                   "%s of process %d gave %ld and has changed something: %s (page 0x%lx)",
                   name_of(event), event->pid, (long)event->result, what, page);
    }
}

/* Whether a call that waits was to change nothing: one that goes on writing may write a part, and
 * vfork makes a child. */
static bool must_wait_idly(const struct event *event)
{
    switch (event->nr) {
    case CALL_wait4:
    case CALL_waitid:
    case CALL_nanosleep:
    case CALL_clock_nanosleep:
    case CALL_futex:
    case CALL_read:
        return true;
    case CALL_readv: /* of signals each range by itself */
        return event->is_spurious || taken.before->done == taken.after->done;
    default:
        return event->is_spurious ||
               (event->is_rerun && !event->is_anew && taken.before->done == taken.after->done);
    }
}

/* A break that is not what was asked for has not moved. */
static bool has_refused_break(const struct event *event)
{
    return event->nr == CALL_brk && (uint64_t)event->result != event->args[0];
}

static bool starts_program(const struct event *event)
{
    return (event->nr == CALL_execve || event->nr == CALL_execveat) && event->result == 0;
}

/* Nobody else changes the registers of who waits. */
static void check_waiter(const struct event *event, bool was_taken)
{
    int tid = tid_of(event);
    typeof(waiters[0]) *waiter = &waiters[(unsigned)tid % WAITERS_MAX];

    CHECK_THAT(CALL_REGISTERS,
               !was_taken || !event->is_rerun || waiter->tid != tid ||
                   waiter->registers == taken.registers,
               "while thread %d was in %s, its registers have changed", tid, name_of(event));
    waiter->tid = 0;
}

/* The thread that a call has just made, or NULL. */
static const struct thread *find_made(const struct event *event)
{
    bool makes_one = event->nr == CALL_clone || event->nr == CALL_clone3 || event->nr == CALL_spawn;
    bool has_made = (event->kind == EVENT_RESULT || event->kind == EVENT_BLOCKED) &&
                    !event->is_rerun && event->result > 0;

    return makes_one && has_made ? look_tid((int)event->result) : NULL;
}

/* Where clone and clone3 say that the child's stack and its thread pointer are, or those of its
 * parent. */
static struct plat_user wanted_user(const struct event *event, const struct plat_user *parent)
{
    struct plat_user user = *parent;
    bool is_old = event->nr == CALL_clone;
    uint64_t flags = is_old ? event->args[0] : taken.wanted.flags;
    uint64_t stack = is_old ? event->args[1] : taken.wanted.stack + taken.wanted.stack_size;

    if (stack != 0) {
        user.sp = stack;
    }
    if (flags & CLONE_SETTLS) {
        user.tpidr = is_old ? event->args[3] : taken.wanted.tls;
    }
    return user;
}

/* A child has its parent's registers, but those that the call says; a spawned one has none. */
static void check_made(const struct event *event, const struct thread *parent)
{
    static struct thread copy;
    const struct thread *child = find_made(event);

    if (!child) {
        return;
    }
    if (event->nr == CALL_spawn) {
        CHECK_THAT(CALL_REGISTERS, state_registers_are_clear(child),
                   "process %ld, which was spawned, finds something in registers",
                   (long)event->result);
        return;
    }
    const struct plat_user wanted = wanted_user(event, &parent->user);
    copy = *child;
    bool is_right = copy.user.x[0] == 0 && copy.user.sp == wanted.sp &&
                    copy.user.tpidr == wanted.tpidr && copy.user.pc == parent->user.pc;
    copy.user.sp = parent->user.sp;
    copy.user.tpidr = parent->user.tpidr;
    CHECK_THAT(CALL_REGISTERS, is_right && state_registers(&copy) == state_registers(parent),
               "thread %ld has other registers than %d, which made it", (long)event->result,
               tid_of(event));
}

/* Of who made the call, and of whom it made. */
static void check_registers(const struct event *event, bool was_taken)
{
    const struct thread *thread = look_tid(starts_program(event) ? event->pid : tid_of(event));

    check_waiter(event, was_taken);
    if (!thread) {
        return;
    }
    if (starts_program(event)) {
        CHECK_THAT(CALL_REGISTERS, state_registers_are_clear(thread),
                   "the program that process %d has started finds something in registers",
                   event->pid);
        return;
    }
    uint64_t registers = state_registers(thread);
    CHECK_THAT(CALL_REGISTERS, !was_taken || taken.registers == registers,
               "%s of process %d has changed other registers than the first", name_of(event),
               event->pid);
    check_made(event, thread);
    if (event->kind != EVENT_RESULT) {
        unsigned at = (unsigned)thread->tid % WAITERS_MAX;
        waiters[at].tid = thread->tid;
        waiters[at].registers = registers;
    }
}

/* What ends a wait though nobody has woken anybody: time; or a signal to the process, for which
 * another of its threads was woken. */
static bool has_waited_enough(const struct event *event)
{
    const struct thread *thread = look_tid(tid_of(event));
    bool is_alone = !thread || thread->process->thread_count == 1;

    if (!is_alone && (event->is_handled || event->nr == CALL_rt_sigtimedwait)) {
        return true;
    }
    return event->nr == CALL_nanosleep || event->nr == CALL_clock_nanosleep ||
           (event->nr == CALL_futex && event->result == -ETIMEDOUT) ||
           (event->nr == CALL_rt_sigtimedwait && event->result == -EAGAIN);
}

/* Registers are others then, and there is a frame in memory that was not there; or the signal has
 * been taken, and there is no room for a frame, or it has stopped the process, and its parent is
 * told. */
static bool enters_or_leaves_handler(const struct event *event)
{
    return event->is_handled || event->is_stopped || event->nr == SIGRETURN ||
           (event->kind == EVENT_RESULT && event->result == -EINTR);
}

void calls_begin(void)
{
    taken.is_taken = false;
    taken.is_now = false;
    for (unsigned i = 0; i < WAITERS_MAX; i++) {
        waiters[i].tid = 0;
    }
}

/* What has been looked at behind a call is what the next one of the same thread begins with. */
static bool take_before(int tid)
{
    if (taken.is_now && taken.after->tid == tid) {
        struct state *after = taken.after;
        taken.after = taken.before;
        taken.before = after;
        return true;
    }
    return state_take(taken.before, tid);
}

void calls_before(int tid, uint32_t nr)
{
    const struct thread *thread = look_tid(tid);
    bool is_known = taken.is_taken && taken.before->tid == tid;

    taken.is_taken =
        nr != EVENT_NO_CALL && nr != IMAGE_NO_CALL && thread && (is_known || take_before(tid));
    taken.is_now = false;
    taken.holds_last = thread && thread->call.file && thread->call.file->refs == 1;
    taken.wanted = (struct abi_clone_args){0};
    if (taken.is_taken && nr == CALL_clone3) {
        const uint64_t *x = thread->user.x;
        (void)run_peek(thread->process->pid->number, x[0], &taken.wanted,
                       min_u64(x[1], sizeof(taken.wanted)));
    }
    if (taken.is_taken) {
        taken.registers = state_registers(thread);
    }
}

void calls_after(const struct event *event)
{
    bool is_result = event->kind == EVENT_RESULT;
    bool has_waited = event->kind == EVENT_BLOCKED;
    bool was_taken =
        taken.is_taken && taken.before->tid == tid_of(event) && !enters_or_leaves_handler(event);

    taken.is_taken = false;
    taken.is_now = false;
    if (event->has_other_code) {
        return;
    }
    if (is_result) {
        check_error(event);
    }
    CHECK_THAT(CALL_WAITING,
               !event->is_spurious || !is_result || has_waited_enough(event) || event->is_handled,
               "%s of process %d was not woken and does not wait: it gave %ld", name_of(event),
               event->pid, (long)event->result);
    if (is_result || has_waited || event->kind == EVENT_AGAIN) {
        check_registers(event, was_taken);
    }
    bool is_idle = has_waited || (is_result && (has_failed(event) || has_refused_break(event)));
    taken.is_now = was_taken && is_idle && state_take(taken.after, tid_of(event));
    if (taken.is_now && (has_waited ? must_wait_idly(event) : !taken.holds_last)) {
        check_unchanged(event);
    }
}
