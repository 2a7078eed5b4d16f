#include "fuzz/input/handlers.h"

#include "abi/linux.h"
#include "fuzz/input/generate.h"
#include "fuzz/input/image.h"
#include "fuzz/input/insn.h"
#include "fuzz/input/operands.h"

/* ---- frames ---- */

/* Where the frame of a handler on the stack of altstack_zeros is, which has nothing above it. */
#define FRAME (IMAGE_ZEROS + 8192 - 16 - sizeof(struct abi_sigframe))
#define IN_FRAME(member) (FRAME + offsetof(struct abi_sigframe, member))
#define RECORDS IN_FRAME(uc.uc_mcontext.reserved)

enum { FPSIMD_SIZE = sizeof(struct abi_fpsimd_context), LOWEST_BAD_SP = 8 };

/* What a handler may write to where. */
struct forgery {
    uint64_t at;
    uint8_t size;
    int64_t values[6];
};

static const struct forgery forgeries[] = {
    {IN_FRAME(uc.uc_sigmask),
     8,
     {-1, 0, 1 << (SIGUSR1 - 1), 1 << (SIGKILL - 1), 1 << (SIGCHLD - 1), 0x100}},
    {IN_FRAME(uc.uc_mcontext.pstate), 8, {5, 0x3c0, 0x10, 0x60000000, 0x200000, 0x80000000}},
    {IN_FRAME(uc.uc_mcontext.sp), 8, {0, LOWEST_BAD_SP, FRAME, FRAME + 8, IMAGE_CODE, -16}},
    {IN_FRAME(uc.uc_mcontext.pc),
     8,
     {0, IMAGE_CODE + IMAGE_REST, IMAGE_CODE + 2, -4, IMAGE_ZEROS, FRAME}},
    {IN_FRAME(uc.uc_mcontext.regs[0]), 8, {0, -1, -4, 139, 1, -512}},
    {IN_FRAME(uc.uc_mcontext.regs[8]), 8, {139, 172, 0, -1, 93, 1}},
    {IN_FRAME(uc.uc_stack.ss_flags), 4, {SS_DISABLE, SS_ONSTACK, 3, 0, -1, SS_DISABLE}},
    {IN_FRAME(uc.uc_stack.ss_size), 8, {0, 1, -1, 4096, 8192, 0x10000}},
    {RECORDS, 4, {0, FPSIMD_MAGIC, ESR_MAGIC, EXTRA_MAGIC, 0x53564501, -1}},
    {RECORDS + 4, 4, {0, 8, FPSIMD_SIZE - 16, FPSIMD_SIZE + 16, 4096, -1}},
    {RECORDS + FPSIMD_SIZE, 4, {FPSIMD_MAGIC, ESR_MAGIC, EXTRA_MAGIC, 1, -1, 0}},
    {RECORDS + FPSIMD_SIZE + 4, 4, {8, 16, 4, 32, 4096 - FPSIMD_SIZE, 4096 - FPSIMD_SIZE + 16}},
    {RECORDS + FPSIMD_SIZE + 8, 8, {RECORDS + FPSIMD_SIZE + 48, FRAME, 0, -1, 8, 16}},
    {RECORDS + FPSIMD_SIZE + 16, 4, {0, 16, 4096, 0x40000, -1, 8}},
};

enum { FORGERIES = sizeof(forgeries) / sizeof(forgeries[0]) };

static void forge(struct context *context, struct insn *insn)
{
    const struct forgery *forgery = &forgeries[random_below(context->random, FORGERIES)];

    insn->op = OP_STORE;
    insn->args[0] = operand_number((int64_t)forgery->at);
    insn->args[1] = operand_number(forgery->values[random_below(context->random, 6)]);
    insn->args[2] = operand_number(forgery->size);
}

/* The frame, or a page of it, can no more be read, or no more be written. */
static void hide(struct context *context, struct insn *insn)
{
    bool is_whole = random_below(context->random, 2);

    insn->op = OP_CALL;
    insn->nr = random_below(context->random, 2) ? NR_mprotect : NR_munmap;
    insn->args[0] = operand_number(IMAGE_ZEROS + (is_whole ? 0 : 4096));
    insn->args[1] = operand_number(is_whole ? 8192 : 4096);
    insn->args[2] = operand_number(random_below(context->random, 2) ? PROT_NONE : PROT_READ);
}

/* ---- handlers ---- */

static int64_t any_signal(struct context *context)
{
    static const uint8_t signals[] = {SIGUSR1, SIGUSR1, SIGUSR1, SIGCHLD,
                                      SIGTERM, SIGSEGV, SIGHUP,  SIGRTMIN};

    return signals[random_below(context->random, sizeof(signals))];
}

static void catch_signal(struct context *context, struct insn *insn)
{
    static const uint8_t actions[] = {SLOT_action_handle, SLOT_action_restart, SLOT_action_onstack,
                                      SLOT_action_onstack};

    insn->nr = NR_rt_sigaction;
    insn->args[0] = operand_number(any_signal(context));
    insn->args[1] = operand_slot(actions[random_below(context->random, sizeof(actions))]);
    insn->args[2] = operand_number(0);
    insn->args[3] = operand_number(SIGNAL_SET_SIZE);
}

static void set_mask(struct context *context, struct insn *insn)
{
    static const uint8_t sets[] = {SLOT_set_none, SLOT_set_all, SLOT_set_child, SLOT_set_term};
    struct operand set = operand_slot(sets[random_below(context->random, sizeof(sets))]);

    if (random_below(context->random, 3) == 0) {
        insn->nr = NR_rt_sigsuspend;
        insn->args[0] = set;
        insn->args[1] = operand_number(SIGNAL_SET_SIZE);
        return;
    }
    insn->nr = NR_rt_sigprocmask;
    insn->args[0] = operand_number(random_below(context->random, 3));
    insn->args[1] = set;
    insn->args[2] = operand_number(0);
    insn->args[3] = operand_number(SIGNAL_SET_SIZE);
}

static void send(struct context *context, struct insn *insn, int64_t signal)
{
    insn->nr = NR_kill;
    insn->args[0] = operand_number(0);
    insn->args[1] = operand_number(signal);
    if (random_below(context->random, 2)) {
        (void)context_refer_to_process(context, &insn->args[0]);
    }
}

void handlers_make(struct context *context, struct insn *insn)
{
    bool is_inside = context->people[context->who].handlers > 0;
    unsigned dice = random_below(context->random, 16);

    insn->op = OP_CALL;
    if (is_inside && dice < 6) {
        insn->nr = NR_rt_sigreturn;
    } else if (is_inside && dice < 10) {
        forge(context, insn);
    } else if (dice == 10) {
        hide(context, insn);
    } else if (dice == 11) {
        insn->nr = NR_sigaltstack;
        insn->args[0] = operand_slot(SLOT_altstack_zeros);
        insn->args[1] = operand_number(0);
    } else if (dice < 14) {
        set_mask(context, insn);
    } else if (is_inside || context->people[context->who].handled != 0) {
        send(context, insn, any_signal(context));
    } else {
        catch_signal(context, insn);
    }
}
