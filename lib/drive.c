#include "drive.h"

#include "eft.h"

#include "abi/errno.h"
#include "base/string.h"
#include "platform/hosted/script.h"
#include "proc/exec.h"
#include "proc/process.h"
#include "proc/sched.h"

/*
 * There is one program, at whose first operation a process stands that is to do something. When it
 * is asked for an operation and there is none for its thread, the thread rests: the step ends, and
 * it is held behind it, so that a resting process is not ready, and the kernel can be idle.
 *
 * What the caller wants is one order, of one thread, which runs until it is carried out and rests
 * again. A load or a store is an order of as many operations as it takes; a page fault in between
 * ends a step, and the operation is asked for again.
 */

enum {
    ORDER_OPS_MAX = SCRIPT_SPAN / 4 / 2,
    LOADED = 9, /* the register that bytes go through; results of calls stay in x0 */
};

enum order_kind { ORDER_NONE, ORDER_CALL, ORDER_LOAD, ORDER_STORE };

static struct {
    enum order_kind kind;
    int tid;
    unsigned number; /* of the call */
    const uint64_t *args;
    uint64_t address;
    uint8_t *to;
    const uint8_t *from;
    size_t len;
    size_t done;
} order;

static bool has_kernel;
static int resting; /* the tid of a thread that had nothing to do in this step, or 0 */

struct elf {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, segments, sections;
    uint32_t flags;
    uint16_t header_size, segment_size, segment_count, section_size, section_count, names;
    uint32_t segment_type, segment_flags;
    uint64_t offset, va, pa, file_size, memory_size, align;
};

/* elf(5): ET_EXEC for EM_AARCH64, with one PT_LOAD that is readable, writable and all zeros. */
static const struct elf program = {
    .ident = {0x7f, 'E', 'L', 'F', 2, 1, 1},
    .type = 2,
    .machine = 183,
    .version = 1,
    .entry = SCRIPT_PC(0, 0),
    .segments = 64,
    .header_size = 64,
    .segment_size = 56,
    .segment_count = 1,
    .segment_type = 1,
    .segment_flags = 6,
    .va = EFT_DATA,
    .pa = EFT_DATA,
    .memory_size = EFT_DATA_SIZE,
    .align = PLAT_PAGE_SIZE,
};

const void *drive_program(size_t *size)
{
    *size = sizeof(program);
    return &program;
}

/* ---- operations ---- */

/* The bytes of the next operation: naturally aligned, at most 8. */
static unsigned piece(void)
{
    uint64_t at = order.address + order.done;
    unsigned size = 8;

    while (at % size != 0 || size > order.len - order.done) {
        size /= 2;
    }
    return size;
}

static bool give_operation(void *context, struct plat_user *user, struct script_op *op)
{
    int tid = CONTAINER_OF(user, struct thread, user)->tid;
    uint64_t value = 0;

    (void)context;
    *op = (struct script_op){.kind = SCRIPT_REST};
    if (order.kind == ORDER_NONE || order.tid != tid) {
        resting = tid;
        return true;
    }
    if (order.kind == ORDER_CALL) {
        op->kind = SCRIPT_CALL;
        op->nr = order.number;
        for (unsigned i = 0; i < SCRIPT_ARGS; i++) {
            op->args[i] = N(order.args[i]);
        }
        return true;
    }
    op->kind = order.kind == ORDER_LOAD ? SCRIPT_LOAD : SCRIPT_STORE;
    op->size = piece();
    op->to = LOADED;
    op->args[0] = N(order.address + order.done);
    if (order.kind == ORDER_STORE) {
        memcpy(&value, order.from + order.done, op->size);
        op->args[1] = N(value);
    }
    return true;
}

static void see_operation(const struct plat_user *user, const struct script_op *op)
{
    if (op->kind == SCRIPT_CALL) {
        order.kind = ORDER_NONE;
        return;
    }
    if (op->kind == SCRIPT_LOAD) {
        memcpy(order.to + order.done, &user->x[LOADED], op->size);
    }
    order.done += op->size;
    if (order.done == order.len) {
        order.kind = ORDER_NONE;
    }
}

void drive_init(void)
{
    script_attach_source(0, give_operation, NULL);
    script_watch = see_operation;
    drive_forget();
    has_kernel = true;
}

void drive_fini(void)
{
    has_kernel = false;
}

void drive_forget(void)
{
    order.kind = ORDER_NONE;
    resting = 0;
}

/* ---- processes ---- */

static struct process *live(int pid)
{
    struct process *process = has_kernel ? process_find(pid) : NULL;

    return process && process->state == PROCESS_LIVE && process->thread ? process : NULL;
}

static bool is_drivable(const struct thread *thread)
{
    return (thread->state == THREAD_READY || thread->state == THREAD_HELD) &&
           !thread->call.is_pending && script_has(thread->user.pc);
}

void drive_hold_resting(void)
{
    const struct process *process = resting ? live(resting) : NULL;

    if (process && process->thread->state == THREAD_READY) {
        sched_hold(process->thread);
    }
    resting = 0;
}

int64_t eft_result(int pid)
{
    const struct process *process = live(pid);

    if (!process) {
        return EFT_ENDED;
    }
    if (process->thread->state == THREAD_BLOCKED) {
        return EFT_BLOCKED;
    }
    return is_drivable(process->thread) ? (int64_t)process->thread->user.x[0] : EFT_RUNS;
}

/* Whether the order is not carried out yet, or the thread has not come back from it: only then a
 * signal that the call has sent has had its effect. */
static bool goes_on(const struct thread *thread)
{
    return thread->state == THREAD_READY &&
           (thread->call.is_pending || script_has(thread->user.pc));
}

/* Runs the process, which can be driven, until the order is carried out. */
static int64_t carry_out(int pid)
{
    struct process *process = live(pid);
    enum eft_state state = EFT_RAN;

    order.tid = process->thread->tid;
    process->thread->user.pc = SCRIPT_PC(0, 0);
    sched_wake(process->thread);
    while (state != EFT_OFF && process && goes_on(process->thread)) {
        sched_run_next(order.tid);
        state = eft_step();
        process = live(pid);
    }
    order.kind = ORDER_NONE;
    if (state == EFT_OFF) {
        return EFT_MACHINE_OFF;
    }
    return eft_result(pid);
}

/* What speaks against an order for this process, or 0. */
static int64_t refuse(int pid)
{
    const struct process *process = live(pid);

    if (!process) {
        return EFT_ENDED;
    }
    return is_drivable(process->thread) ? 0 : EFT_RUNS;
}

int64_t eft_call(int pid, unsigned number, const uint64_t args[6])
{
    int64_t refusal = refuse(pid);

    if (refusal) {
        return refusal;
    }
    order = (typeof(order)){.kind = ORDER_CALL, .number = number, .args = args};
    return carry_out(pid);
}

/* In parts that the program has operations for. */
static int64_t transfer(int pid, enum order_kind kind, uint64_t address, uint8_t *to,
                        const uint8_t *from, size_t len)
{
    int64_t refusal = refuse(pid);

    for (size_t done = 0; done < len && !refusal;) {
        size_t count = len - done < ORDER_OPS_MAX ? len - done : ORDER_OPS_MAX;
        order = (typeof(order)){.kind = kind,
                                .address = address + done,
                                .to = to + done,
                                .from = from + done,
                                .len = count};
        int64_t result = carry_out(pid);
        done += count;
        refusal = order.done < count ? result : 0;
    }
    return refusal;
}

int64_t eft_load(int pid, uint64_t address, void *bytes, size_t len)
{
    return transfer(pid, ORDER_LOAD, address, bytes, bytes, len);
}

int64_t eft_store(int pid, uint64_t address, const void *bytes, size_t len)
{
    static uint8_t nothing[1];

    return transfer(pid, ORDER_STORE, address, nothing, bytes, len);
}

int eft_spawn(int parent, const char *path, const char *const argv[])
{
    const char *const alone[] = {path ? path : "empty", NULL};
    const char *const *args = argv ? argv : alone;
    struct process *made = NULL;
    struct process *process = live(parent);
    struct exec_request request = {
        .path = alone[0],
        .source = {.bytes = (const uint8_t *)&program, .len = sizeof(program)},
        .argv = {.is_kernel = true, .kernel = args},
        .envp = {.is_kernel = true},
    };
    int error = 0;

    if (!process) {
        return -ESRCH;
    }
    request.directory = process->thread->fs->cwd;
    if (path) {
        error = exec_find(process->thread->cred, process->thread->fs->cwd, path, &request.source);
    }
    while (args[request.argv.kernel_count]) {
        request.argv.kernel_count++;
    }
    if (!error) {
        error = exec_spawn(process->thread, &request, &made);
    }
    return error ? error : made->pid->number;
}
