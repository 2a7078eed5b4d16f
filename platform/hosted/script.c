#include "script.h"

#include <string.h>

#include "machine.h"
#include "mmu_access.h"
#include "vclock.h"

/* Syndromes, Arm ARM D17.2.37 (ESR_EL1). */
enum {
    EC_UNKNOWN = 0x00,
    EC_FP = 0x07,
    EC_SVC = 0x15,
    EC_FETCH_ABORT = 0x20,
    EC_DATA_ABORT = 0x24,
    EC_BREAKPOINT = 0x3c,
    ESR_EC_SHIFT = 26,
    ESR_IL = 1 << 25,
    ESR_WNR = 1 << 6,
};

enum { REGISTER_SP = 31, REGISTER_NUMBER = 8 };

struct program {
    const struct script_op *ops;
    unsigned count;
    script_source *source;
    void *context;
};

static struct program programs[SCRIPT_MAX];

void (*script_watch)(const struct plat_user *user, const struct script_op *op);

void script_reset(void)
{
    memset(programs, 0, sizeof(programs));
}

void script_attach(unsigned program, const struct script_op *ops, unsigned count)
{
    programs[program] = (struct program){.ops = ops, .count = count};
}

void script_attach_source(unsigned program, script_source *source, void *context)
{
    programs[program] = (struct program){.source = source, .context = context};
}

static const struct program *find_program(uaddr_t pc)
{
    uint64_t number = (pc - SCRIPT_BASE) / SCRIPT_SPAN;

    if (pc < SCRIPT_BASE || number >= SCRIPT_MAX || pc % 4 != 0) {
        return NULL;
    }
    const struct program *program = &programs[number];
    return program->count > 0 || program->source ? program : NULL;
}

bool script_has(uaddr_t pc)
{
    return find_program(pc);
}

static bool find_op(struct plat_user *user, struct script_op *op)
{
    const struct program *program = find_program(user->pc);
    uint64_t index = (user->pc - SCRIPT_BASE) % SCRIPT_SPAN / 4;

    if (program && program->source) {
        return program->source(program->context, user, op);
    }
    if (!program || index >= program->count) {
        return false;
    }
    *op = program->ops[index];
    return true;
}

/* ---- performing ---- */

static uint64_t *register_at(struct plat_user *user, uint64_t number)
{
    return number == REGISTER_SP ? &user->sp : &user->x[number];
}

static uint64_t value_of(struct plat_user *user, const struct script_op *op, unsigned arg)
{
    struct script_value value = op->args[arg];

    return value.is_register ? *register_at(user, value.number) : value.number;
}

static bool trap_as(struct plat_trap *trap, enum plat_trap_kind kind, uint32_t ec, uint32_t iss)
{
    trap->kind = kind;
    trap->esr = ec << ESR_EC_SHIFT | ESR_IL | iss;
    return false;
}

static uint32_t fault_status(const struct plat_fault *fault)
{
    static const uint8_t codes[] = {
        [PLAT_FAULT_ADDRESS_SIZE] = 0x00, [PLAT_FAULT_TRANSLATION] = 0x04,
        [PLAT_FAULT_ACCESS_FLAG] = 0x08,  [PLAT_FAULT_PERMISSION] = 0x0c,
        [PLAT_FAULT_BUS] = 0x10,          [PLAT_FAULT_ALIGNMENT] = 0x21,
    };

    return fault->kind == PLAT_FAULT_BUS ? codes[fault->kind] : codes[fault->kind] | fault->level;
}

static void *reach(uaddr_t va, enum plat_access access, struct plat_trap *trap)
{
    void *at = mmu_translate(va, access, &trap->fault);

    if (!at) {
        uint32_t status = fault_status(&trap->fault);
        trap_as(trap, PLAT_TRAP_FAULT, access == PLAT_FETCH ? EC_FETCH_ABORT : EC_DATA_ABORT,
                access == PLAT_WRITE ? status | ESR_WNR : status);
    }
    return at;
}

static void call(struct plat_user *user, const struct script_op *op)
{
    uint64_t values[SCRIPT_ARGS];

    for (unsigned i = 0; i < SCRIPT_ARGS; i++) {
        values[i] = value_of(user, op, i);
    }
    memcpy(user->x, values, sizeof(values));
    user->x[REGISTER_NUMBER] = op->nr;
}

static bool access_memory(struct plat_user *user, const struct script_op *op,
                          struct plat_trap *trap)
{
    enum plat_access access = op->kind == SCRIPT_STORE ? PLAT_WRITE : PLAT_READ;
    size_t size = op->size ? op->size : sizeof(uint64_t);
    void *at = reach(value_of(user, op, 0), access, trap);

    if (!at) {
        return false;
    }
    uint64_t value = op->kind == SCRIPT_STORE ? value_of(user, op, 1) : 0;
    if (op->kind == SCRIPT_STORE) {
        memcpy(at, &value, size);
    } else {
        memcpy(&value, at, size);
        *register_at(user, op->to) = value;
    }
    return true;
}

static bool access_fp(struct plat_user *user, struct plat_fp *fp, const struct script_op *op,
                      struct plat_trap *trap)
{
    if (!fp) {
        return trap_as(trap, PLAT_TRAP_FP, EC_FP, 1 << 24 | 0xe << 20);
    }
    if (op->kind == SCRIPT_FP_STORE) {
        fp->v[0][0] = value_of(user, op, 0);
        fp->v[0][1] = 0;
    } else {
        *register_at(user, op->to) = fp->v[0][0];
    }
    return true;
}

static bool wants_jump(struct plat_user *user, const struct script_op *op)
{
    bool is_equal = value_of(user, op, 0) == value_of(user, op, 1);

    return op->kind == SCRIPT_JUMP || is_equal == (op->kind == SCRIPT_JUMP_IF);
}

/* Performs op; true: it has completed, and the next one follows. */
static bool perform(struct plat_user *user, struct plat_fp *fp, const struct script_op *op,
                    struct plat_trap *trap)
{
    uaddr_t start = user->pc - (user->pc - SCRIPT_BASE) % SCRIPT_SPAN;

    switch (op->kind) {
    case SCRIPT_CALL:
        call(user, op);
        user->pc += 4;
        return trap_as(trap, PLAT_TRAP_SYSCALL, EC_SVC, 0);
    case SCRIPT_LOAD:
    case SCRIPT_STORE:
        if (!access_memory(user, op, trap)) {
            return false;
        }
        break;
    case SCRIPT_FETCH:
        if (!reach(value_of(user, op, 0), PLAT_FETCH, trap)) {
            return false;
        }
        break;
    case SCRIPT_MOVE:
        *register_at(user, op->to) = value_of(user, op, 0) + value_of(user, op, 1);
        break;
    case SCRIPT_JUMP:
    case SCRIPT_JUMP_IF:
    case SCRIPT_JUMP_UNLESS:
        if (wants_jump(user, op)) {
            user->pc = start + 4 * (uaddr_t)op->to;
            return true;
        }
        break;
    case SCRIPT_IRQ:
        vclock_jump();
        user->pc += 4;
        return false; /* as an interrupt */
    case SCRIPT_FP_LOAD:
    case SCRIPT_FP_STORE:
        if (!access_fp(user, fp, op, trap)) {
            return false;
        }
        break;
    case SCRIPT_BREAK:
        return trap_as(trap, PLAT_TRAP_BREAKPOINT, EC_BREAKPOINT, 0);
    case SCRIPT_REST:
        machine_leave_user();
        return false;
    }
    user->pc += 4;
    return true;
}

uint64_t script_run(struct plat_user *user, struct plat_fp *fp, uint64_t budget,
                    struct plat_trap *trap)
{
    bool is_going = true;
    uint64_t done = 0;

    *trap = (struct plat_trap){.kind = PLAT_TRAP_IRQ};
    while (is_going && done < budget) {
        uaddr_t pc = user->pc;
        struct script_op op = {.kind = SCRIPT_CALL};

        if (!find_op(user, &op)) {
            trap_as(trap, PLAT_TRAP_UNDEFINED, EC_UNKNOWN, 0);
            break;
        }
        is_going = perform(user, fp, &op, trap);
        bool is_done = is_going || user->pc != pc;
        done += is_done;
        if (is_done && script_watch) {
            script_watch(user, &op);
        }
    }
    return done;
}
