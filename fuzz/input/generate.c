#include "fuzz/input/generate.h"

#include "abi/linux.h"
#include "fuzz/input/context.h"
#include "fuzz/input/handlers.h"
#include "fuzz/input/image.h"
#include "fuzz/input/insn.h"
#include "fuzz/input/normal.h"
#include "fuzz/input/operands.h"
#include "fuzz/input/sequence.h"

enum {
    PAGE = 4096,
    SHORT_MAX = 16,
    LONG_MIN = 24,
    FAIL_ONE_IN = 32,
    PREEMPT_ONE_IN = 12,
    WINDOW_ONE_IN = 48,
    SEQUENCE_ONE_IN = 48,
    WEIGHT_UNIT = 4,  /* of a class in a program that does not prefer anything */
    GIVEN_FACTOR = 8, /* of those that go on only where an instruction says so */
};

/* ---- classes of instructions, each with what is made of them ---- */

typedef void maker(struct context *context, struct insn *insn);

static void set_actor(struct insn *insn, unsigned person, struct context *context)
{
    context->who = person;
    insn->actor = context->people[person].actor;
}

static void set_call(struct insn *insn, unsigned nr, unsigned person, struct context *context)
{
    insn->op = OP_CALL;
    insn->nr = (uint16_t)nr;
    set_actor(insn, person, context);
}

static void make_fork(struct context *context, struct insn *insn)
{
    set_call(insn, NR_clone, context_anybody(context), context);
    insn->args[0] = operand_number(SIGCHLD);
}

/* clone with all its flags, clone3 and spawn. */
static void make_process(struct context *context, struct insn *insn)
{
    static const uint16_t calls[] = {NR_clone, NR_clone, NR_clone3, NR_spawn};
    unsigned nr = calls[random_below(context->random, 4)];

    set_call(insn, nr, context_anybody(context), context);
    operands_choose(context, insn);
}

/* A thread, mostly with all that libraries share. */
static void make_thread(struct context *context, struct insn *insn)
{
    const int64_t needed = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD;
    static const int64_t others[] = {0, CLONE_FILES, CLONE_FS, CLONE_PARENT_SETTID, CLONE_VFORK};
    struct random *random = context->random;
    unsigned who = random_below(random, 2) ? context_child(context) : context_anybody(context);

    set_call(insn, NR_clone, who, context);
    operands_choose(context, insn);
    insn->args[0] = operand_number(needed | others[random_below(random, 5)]);
    insn->args[1] = operand_number(0);
    if (random_below(random, 2)) {
        insn->args[0] = operand_number(needed | CLONE_FILES | CLONE_FS | CLONE_CHILD_CLEARTID);
        insn->args[4] = operand_slot(random_below(random, 2) ? SLOT_futex : SLOT_child_tid);
    } else if (random_below(random, 8) == 0) {
        insn->nr = NR_clone3;
        insn->args[0] = operand_slot(SLOT_clone_thread);
        insn->args[1] = operand_number((int64_t)sizeof(struct abi_clone_args));
    }
}

/* What threads alone do: if there is no process with several of them, there is one to be made. */
static void make_of_threads(struct context *context, struct insn *insn)
{
    static const uint16_t calls[] = {NR_exit,   NR_exit,   NR_exit_group,       NR_tkill,
                                     NR_tgkill, NR_execve, NR_gettid,           NR_rt_sigpending,
                                     NR_clone,  NR_wait4,  NR_rt_tgsigqueueinfo};
    unsigned who;
    unsigned nr = calls[random_below(context->random, sizeof(calls) / sizeof(calls[0]))];

    if (!context_thread(context, &who)) {
        make_thread(context, insn);
        return;
    }
    if (who == 0 && (nr == NR_exit || nr == NR_exit_group) && random_below(context->random, 8)) {
        nr = NR_tkill;
    }
    set_call(insn, nr, who, context);
    operands_choose(context, insn);
    if (nr == NR_execve) {
        insn->args[0] = operand_slot(SLOT_path_init);
        insn->args[1] = operand_slot(SLOT_argv_one);
        insn->args[2] = operand_number(0);
    } else if (nr == NR_tgkill || nr == NR_rt_tgsigqueueinfo) {
        insn->args[0] = context_refer_to_first(context, who);
    } else if (nr == NR_clone) {
        insn->args[0] = operand_number(SIGCHLD);
    }
}

/* Init seldom ends: that is the end of all. */
static void make_exit(struct context *context, struct insn *insn)
{
    unsigned who = context_child(context);

    if (who == 0 && random_below(context->random, 40) != 0) {
        make_fork(context, insn);
        return;
    }
    set_call(insn, NR_exit_group, who, context);
    insn->args[0] =
        operand_number(random_below(context->random, 4) == 0 ? random_below(context->random, 300)
                                                             : random_below(context->random, 2));
}

/* If somebody can: otherwise there is a child to be made. */
static void make_wait(struct context *context, struct insn *insn)
{
    unsigned who;

    if (!context_parent(context, &who) && random_below(context->random, 16) != 0) {
        make_fork(context, insn);
        return;
    }
    who = who > INPUT_INSNS_MAX ? 0 : who;
    set_call(insn, random_below(context->random, 8) == 0 ? NR_waitid : NR_wait4, who, context);
    operands_choose(context, insn);
    if (insn->nr == NR_waitid) {
        bool is_one = context_refer_to_child(context, &insn->args[1]);
        insn->args[0] = operand_number(is_one && random_below(context->random, 2) ? P_PID : P_ALL);
        return;
    }
    unsigned dice = random_below(context->random, 8);
    if (dice < 4) {
        insn->args[0] = operand_number(-1);
    } else if (dice < 7) {
        context_refer_to_child(context, &insn->args[0]);
    }
    insn->args[1] = operand_slot(SLOT_status);
    insn->args[3] =
        random_below(context->random, 8) == 0 ? operand_slot(SLOT_usage) : operand_number(0);
}

static void make_kill(struct context *context, struct insn *insn)
{
    set_call(insn, NR_kill, context_anybody(context), context);
    operands_choose(context, insn);
    if (insn->args[0].kind != OPERAND_RESULT && random_below(context->random, 2)) {
        context_refer_to_process(context, &insn->args[0]);
    }
}

static void make_store(struct context *context, struct insn *insn)
{
    insn->op = OP_STORE;
    set_actor(insn, context_anybody(context), context);
    operands_choose(context, insn);
    insn->args[2] = operand_number(1 << random_below(context->random, 4));
}

static void make_load(struct context *context, struct insn *insn)
{
    insn->op = OP_LOAD;
    set_actor(insn, context_anybody(context), context);
    operands_choose(context, insn);
    insn->args[1] = operand_number(8);
}

static void make_pipe_by(struct context *context, struct insn *insn, unsigned who)
{
    set_call(insn, NR_pipe2, who, context);
    operands_choose(context, insn);
    if (random_below(context->random, 8) != 0) {
        insn->args[0] = operand_slot(SLOT_fds);
    } else if (random_below(context->random, 2)) {
        insn->args[0] =
            operand_number((int64_t)IMAGE_READONLY - 4 * random_below(context->random, 2));
    }
}

static void make_pipe(struct context *context, struct insn *insn)
{
    make_pipe_by(context, insn, context_anybody(context));
}

/* By somebody who has a pipe: otherwise there is one to be made. */
static void make_transfer(struct context *context, struct insn *insn)
{
    static const uint16_t calls[] = {NR_read, NR_write, NR_read, NR_write, NR_readv, NR_writev};

    struct operand pipe;
    unsigned who = context_anybody(context);

    set_call(insn, calls[random_below(context->random, 6)], who, context);
    if (!context_refer(context, &context->pipes, &pipe) && random_below(context->random, 4) != 0) {
        make_pipe_by(context, insn, who);
        return;
    }
    operands_choose(context, insn);
    bool writes = insn->nr == NR_write || insn->nr == NR_writev;
    if (insn->args[0].kind == OPERAND_RESULT && random_below(context->random, 8) != 0) {
        insn->args[0].part = writes;
    }
    bool is_large = random_below(context->random, 10) == 0 &&
                    context_refer(context, &context->addresses, &insn->args[1]);
    if (is_large) {
        insn->nr = writes ? NR_write : NR_read;
        insn->args[2] = operand_number(0x10001 - 4096 * random_below(context->random, 16));
    } else if (insn->nr == NR_readv || insn->nr == NR_writev) {
        insn->args[2] = operand_number(1 + random_below(context->random, 2));
    } else if (random_below(context->random, 4) != 0) {
        insn->args[2] = operand_number(1 + random_below(context->random, 64));
    }
}

static void make_descriptor(struct context *context, struct insn *insn)
{
    static const uint16_t calls[] = {NR_close, NR_close,  NR_close,  NR_dup,   NR_dup3,
                                     NR_fcntl, NR_openat, NR_openat, NR_lseek, NR_close_range};

    unsigned who = context_anybody(context);
    set_call(insn, calls[random_below(context->random, 10)], who, context);
    operands_choose(context, insn);
    if (insn->nr == NR_openat && random_below(context->random, 2) == 0) {
        insn->args[2] = operand_number(random_below(context->random, 2) ? O_RDONLY : O_CLOEXEC);
    }
}

static void make_map(struct context *context, struct insn *insn)
{
    set_call(insn, NR_mmap, context_anybody(context), context);
    operands_choose(context, insn);
}

static void make_unmap(struct context *context, struct insn *insn)
{
    static const uint16_t calls[] = {NR_munmap,   NR_munmap,  NR_mprotect, NR_mprotect,
                                     NR_mprotect, NR_madvise, NR_mremap,   NR_brk};

    unsigned who = context_anybody(context);
    set_call(insn, calls[random_below(context->random, 8)], who, context);
    operands_choose(context, insn);
}

static void make_exec(struct context *context, struct insn *insn)
{
    unsigned who =
        random_below(context->random, 8) == 0 ? context_anybody(context) : context_child(context);

    set_call(insn, NR_execve, who, context);
    operands_choose(context, insn);
    if (random_below(context->random, 2) == 0) {
        insn->args[0] =
            operand_slot(random_below(context->random, 2) ? SLOT_path_init : SLOT_path_long);
        insn->args[1] = operand_slot(SLOT_argv_one);
        insn->args[2] = operand_number(0);
    }
}

static void make_signal(struct context *context, struct insn *insn)
{
    static const uint8_t actions[] = {SLOT_action_ignore, SLOT_action_no_zombies,
                                      SLOT_action_handle, SLOT_action_default};

    unsigned who = context_anybody(context);
    set_call(insn, random_below(context->random, 3) == 0 ? NR_rt_sigprocmask : NR_rt_sigaction, who,
             context);
    operands_choose(context, insn);
    if (insn->nr == NR_rt_sigaction && random_below(context->random, 4) != 0) {
        insn->args[0] = operand_number(random_below(context->random, 4) ? SIGCHLD : SIGTERM);
        insn->args[1] = operand_slot(actions[random_below(context->random, 4)]);
    }
}

/* By somebody who is in a handler, if anybody is. */
static void make_handler(struct context *context, struct insn *insn)
{
    unsigned who = context_handler(context);

    set_actor(insn, who, context);
    handlers_make(context, insn);
}

static void make_group(struct context *context, struct insn *insn)
{
    static const uint16_t calls[] = {NR_setpgid, NR_setpgid, NR_setsid,
                                     NR_getpgid, NR_prctl,   NR_prlimit64};

    unsigned who = context_anybody(context);
    set_call(insn, calls[random_below(context->random, 6)], who, context);
    operands_choose(context, insn);
    if (insn->nr == NR_prlimit64 && random_below(context->random, 4) != 0) {
        insn->args[0] = operand_number(0);
    }
    if (insn->nr == NR_prctl && random_below(context->random, 2) == 0) {
        insn->args[0] = operand_number(PR_SET_CHILD_SUBREAPER);
        insn->args[1] = operand_number(1);
    }
}

/* Mostly by a child, which mostly can go back to what it was: who is not root is refused much. */
static void make_user(struct context *context, struct insn *insn)
{
    static const uint16_t calls[] = {NR_setresuid, NR_setresuid, NR_setresuid, NR_setreuid,
                                     NR_setuid,    NR_setresgid, NR_setregid,  NR_setgid,
                                     NR_setfsuid,  NR_setfsgid,  NR_setgroups, NR_getgroups,
                                     NR_getresuid, NR_getresgid, NR_kill,      NR_kill};
    struct random *random = context->random;
    unsigned who = random_below(random, 8) == 0 ? context_anybody(context) : context_child(context);

    set_call(insn, calls[random_below(random, sizeof(calls) / sizeof(calls[0]))], who, context);
    operands_choose(context, insn);
    switch (insn->nr) {
    case NR_setresuid:
    case NR_setresgid:
        insn->args[2] = random_below(random, 3) ? operand_number(-1) : insn->args[2];
        insn->args[0] = random_below(random, 2) ? operand_number(-1) : insn->args[0];
        break;
    case NR_setgroups:
        insn->args[0] = operand_number(random_below(random, 5));
        insn->args[1] = operand_slot(SLOT_groups_three);
        break;
    case NR_getgroups:
        insn->args[0] = operand_number(random_below(random, 8));
        break;
    case NR_kill:
        (void)context_refer_to_process(context, &insn->args[0]);
        break;
    default:
        break;
    }
}

static void make_sleep(struct context *context, struct insn *insn)
{
    static const uint16_t calls[] = {NR_sched_yield, NR_nanosleep};

    if (random_below(context->random, 2) == 0) {
        insn->op = OP_TICK;
        return;
    }
    unsigned who = context_anybody(context);
    set_call(insn, calls[random_below(context->random, 2)], who, context);
    operands_choose(context, insn);
}

static void make_timer(struct context *context, struct insn *insn)
{
    static const uint16_t calls[] = {
        NR_setitimer,     NR_getitimer,       NR_timer_create,  NR_timer_settime,
        NR_timer_settime, NR_timer_create,    NR_timer_gettime, NR_timer_getoverrun,
        NR_timer_delete,  NR_clock_nanosleep,
    };

    unsigned who = context_anybody(context);
    set_call(insn, calls[random_below(context->random, sizeof(calls) / sizeof(calls[0]))], who,
             context);
    operands_choose(context, insn);
}

/* Mostly one of two words, which others have too if it is where something is mapped. */
static struct operand any_word(struct context *context)
{
    struct operand word = operand_slot(SLOT_futex);

    if (random_below(context->random, 3) != 0) {
        (void)context_refer(context, &context->addresses, &word);
    }
    word.value = 4 * (int64_t)(random_below(context->random, 3) == 0);
    if (word.kind == OPERAND_RESULT && random_below(context->random, 4) == 0) {
        word.value += PAGE; /* there may be a second page */
    }
    return word;
}

static void make_futex(struct context *context, struct insn *insn)
{
    static const uint8_t commands[] = {FUTEX_WAIT,        FUTEX_WAIT,    FUTEX_WAIT,
                                       FUTEX_WAIT_BITSET, FUTEX_WAKE,    FUTEX_WAKE,
                                       FUTEX_WAKE_BITSET, FUTEX_REQUEUE, FUTEX_CMP_REQUEUE,
                                       FUTEX_CMP_REQUEUE, FUTEX_WAKE_OP, FUTEX_WAKE_OP};
    unsigned command = commands[random_below(context->random, sizeof(commands))];
    bool waits = command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET;
    bool is_private = random_below(context->random, 4) == 0;
    struct random *random = context->random;

    set_call(insn, NR_futex, waits ? context_child(context) : context_anybody(context), context);
    operands_choose(context, insn);
    insn->args[0] = any_word(context);
    insn->args[1] = operand_number((int64_t)(command | (is_private ? FUTEX_PRIVATE_FLAG : 0)));
    insn->args[4] = any_word(context);
    if (waits && random_below(random, 4) != 0) {
        insn->args[2] = operand_number(0); /* what most words hold */
    }
    if (waits) {
        static const uint8_t times[] = {SLOT_time_zero, SLOT_time_short, SLOT_time_second};
        insn->args[3] = random_below(random, 4) ? operand_number(0)
                                                : operand_slot(times[random_below(random, 3)]);
    } else if (random_below(random, 4) != 0) {
        insn->args[2] = operand_number(random_below(random, 3));
        insn->args[3] = operand_number(random_below(random, 3));
    }
    if (command == FUTEX_CMP_REQUEUE && random_below(random, 4) != 0) {
        insn->args[5] = operand_number(0);
    } else if ((waits || command == FUTEX_WAKE_BITSET) && random_below(random, 4) != 0) {
        insn->args[5] = operand_number(1 + random_below(random, 3));
    }
}

static void make_key(struct context *context, struct insn *insn)
{
    unsigned who = context_child(context);

    insn->op = who != 0 && random_below(context->random, 4) == 0 ? OP_JUMP : OP_TYPE;
    set_actor(insn, who, context);
    operands_choose(context, insn);
}

/* Whether init had better not do it. */
static bool ends_init(const struct insn_type *type)
{
    return type->op == OP_JUMP ||
           (type->op == OP_CALL && (type->nr == NR_exit || type->nr == NR_exit_group));
}

/* All but a spurious wake, which is a class by itself. */
static void make_any(struct context *context, struct insn *insn)
{
    const struct insn_type *type = &insn_types[random_below(context->random, insn_type_count)];
    unsigned who = context_anybody(context);

    if (type->op == OP_SPURIOUS || (who == 0 && ends_init(type))) {
        type = insn_type_find(OP_TICK, 0);
    }
    insn->op = type->op;
    insn->nr = type->nr;
    set_actor(insn, who, context);
    operands_choose(context, insn);
}

/* Opens a process, and sends it signals and waits for it so, alive or not. */
static void make_pidfd(struct context *context, struct insn *insn)
{
    static const uint16_t calls[] = {NR_pidfd_open, NR_pidfd_send_signal, NR_pidfd_send_signal,
                                     NR_waitid, NR_clone};
    struct random *random = context->random;
    struct operand pidfd;

    unsigned who = context_anybody(context);
    set_call(insn, calls[random_below(random, 5)], who, context);
    bool uses_one = insn->nr == NR_pidfd_send_signal || insn->nr == NR_waitid;
    if (uses_one && !context_refer(context, &context->pidfds, &pidfd) &&
        random_below(random, 4) != 0) {
        insn->nr = NR_pidfd_open;
    }
    operands_choose(context, insn);
    switch (insn->nr) {
    case NR_pidfd_open:
        (void)context_refer_to_process(context, &insn->args[0]);
        insn->args[1] = operand_number(random_below(random, 3) == 0 ? PIDFD_NONBLOCK : 0);
        break;
    case NR_pidfd_send_signal:
        insn->args[0] = context_refer(context, &context->pidfds, &pidfd) ? pidfd : insn->args[0];
        insn->args[2] =
            random_below(random, 4) == 0 ? operand_slot(SLOT_info_queued) : operand_number(0);
        insn->args[3] = operand_number(0);
        break;
    case NR_waitid:
        insn->args[0] = operand_number(P_PIDFD);
        insn->args[1] = context_refer(context, &context->pidfds, &pidfd) ? pidfd : insn->args[1];
        break;
    default:
        insn->args[0] = operand_number(CLONE_PIDFD | SIGCHLD);
        insn->args[2] = operand_slot(SLOT_pidfd);
        break;
    }
}

/* Makes a descriptor to read signals by, changes its set, and reads. */
static void make_signalfd(struct context *context, struct insn *insn)
{
    static const uint16_t calls[] = {NR_signalfd4, NR_read, NR_read, NR_readv, NR_rt_sigprocmask};
    struct random *random = context->random;
    struct operand fd;

    unsigned who = context_anybody(context);
    set_call(insn, calls[random_below(random, 5)], who, context);
    bool has_one = context_refer(context, &context->signalfds, &fd);
    if ((insn->nr == NR_read || insn->nr == NR_readv) && !has_one) {
        insn->nr = NR_signalfd4;
    }
    operands_choose(context, insn);
    switch (insn->nr) {
    case NR_signalfd4:
        insn->args[0] = has_one && random_below(random, 2) ? fd : operand_number(-1);
        insn->args[2] = operand_number(SIGNAL_SET_SIZE);
        insn->args[3] = operand_number(random_below(random, 2) ? SFD_NONBLOCK : 0);
        break;
    case NR_rt_sigprocmask:
        insn->args[0] = operand_number(SIG_BLOCK);
        insn->args[3] = operand_number(SIGNAL_SET_SIZE);
        break;
    case NR_readv:
        insn->args[0] = fd;
        insn->args[1] = operand_slot(SLOT_iov_signals);
        insn->args[2] = operand_number(1 + random_below(random, 2));
        break;
    default:
        insn->args[0] = fd;
        insn->args[1] = operand_slot(SLOT_buffer);
        insn->args[2] = operand_number(128 * (1 + random_below(random, 2)));
        break;
    }
}

static void make_spurious(struct context *context, struct insn *insn)
{
    insn->op = OP_SPURIOUS;
    set_actor(insn, random_below(context->random, context->people_count), context);
}

static const struct {
    maker *make;
    unsigned weight;
    enum generate_profile since;
} classes[] = {
    {make_fork, 12, GENERATE_CALLS},        {make_process, 3, GENERATE_CALLS},
    {make_exit, 9, GENERATE_CALLS},         {make_wait, 11, GENERATE_CALLS},
    {make_kill, 5, GENERATE_CALLS},         {make_store, 10, GENERATE_CALLS},
    {make_load, 7, GENERATE_CALLS},         {make_pipe, 3, GENERATE_CALLS},
    {make_transfer, 6, GENERATE_CALLS},     {make_descriptor, 4, GENERATE_CALLS},
    {make_map, 4, GENERATE_CALLS},          {make_unmap, 5, GENERATE_CALLS},
    {make_exec, 3, GENERATE_CALLS},         {make_signal, 3, GENERATE_CALLS},
    {make_group, 2, GENERATE_CALLS},        {make_sleep, 2, GENERATE_CALLS},
    {make_key, 1, GENERATE_CALLS},          {make_any, 5, GENERATE_CALLS},
    {make_handler, 4, GENERATE_CALLS},      {make_futex, 4, GENERATE_CALLS},
    {make_timer, 2, GENERATE_CALLS},        {make_pidfd, 2, GENERATE_CALLS},
    {make_signalfd, 2, GENERATE_CALLS},     {make_thread, 2, GENERATE_CALLS},
    {make_of_threads, 3, GENERATE_CALLS},   {make_user, 2, GENERATE_CALLS},
    {make_spurious, 2, GENERATE_SCHEDULES},
};

enum { CLASSES = sizeof(classes) / sizeof(classes[0]) };

/* The weights of a program. */
struct swarm {
    unsigned weights[CLASSES];
    unsigned total;
};

/* Half of all programs have no preferences; the others leave classes out and prefer some. */
static void choose_swarm(struct swarm *swarm, struct random *random, enum generate_profile profile,
                         unsigned schedule, bool has_preferences)
{
    static const uint8_t factors[] = {0, 1, WEIGHT_UNIT, WEIGHT_UNIT, 3 * WEIGHT_UNIT};

    swarm->total = 0;
    for (unsigned i = 0; i < CLASSES; i++) {
        unsigned factor = has_preferences ? factors[random_below(random, 5)] : WEIGHT_UNIT;
        bool is_needed = schedule == SCHEDULE_GIVEN && classes[i].make == make_spurious;
        factor = is_needed ? GIVEN_FACTOR * WEIGHT_UNIT : factor;
        swarm->weights[i] = classes[i].since <= profile ? classes[i].weight * factor : 0;
        swarm->total += swarm->weights[i];
    }
    if (swarm->total == 0) {
        choose_swarm(swarm, random, profile, schedule, false);
    }
}

static void make_insn(struct context *context, const struct swarm *swarm, struct insn *insn)
{
    unsigned ticket = random_below(context->random, swarm->total);
    unsigned i = 0;

    while (ticket >= swarm->weights[i]) {
        ticket -= swarm->weights[i++];
    }
    *insn = (struct insn){.preempt = INSN_NOBODY};
    classes[i].make(context, insn);
}

/* ---- properties ---- */

static unsigned failing_allocation(struct random *random)
{
    switch (random_below(random, 4)) {
    case 0:
        return 1 + random_below(random, 40);
    case 1:
        return 1 + random_below(random, 4);
    default:
        return 1 + random_below(random, 12);
    }
}

static void choose_properties(struct context *context, struct insn *insn,
                              enum generate_profile profile, bool has_failures)
{
    struct random *random = context->random;

    if (has_failures && random_below(random, FAIL_ONE_IN) == 0) {
        insn->fail_nth = (uint8_t)failing_allocation(random);
        insn->fails_forever = random_below(random, 4) == 0;
    }
    if (profile < GENERATE_SCHEDULES) {
        return;
    }
    if (random_below(random, PREEMPT_ONE_IN) == 0) {
        unsigned who = random_below(random, context->people_count);
        insn->preempt = context->people[who].actor;
    }
    if (random_below(random, WINDOW_ONE_IN) == 0) {
        insn->window = (uint8_t)(1 + random_below(random, 8));
        insn->window_event = (uint8_t)(1 + random_below(random, WINDOW_EVENTS - 1));
    }
}

void generate_config(struct input_config *config, struct random *random,
                     enum generate_profile profile)
{
    bool is_tight = profile != GENERATE_CALLS && random_below(random, 4) == 0;

    *config = input_dull_config();
    config->frames = (uint16_t)(is_tight ? INPUT_FRAMES_MIN + random_below(random, 48)
                                         : 128 + random_below(random, 256));
    config->is_lifo = random_below(random, 2);
    config->is_natural_tlb = random_below(random, 4) == 0;
    if (random_below(random, 4) == 0) {
        config->asid_bits = (uint8_t)(1 + random_below(random, 4));
    }
    if (profile == GENERATE_SCHEDULES) {
        static const uint8_t schedules[] = {SCHEDULE_EAGER, SCHEDULE_EAGER, SCHEDULE_LAZY,
                                            SCHEDULE_LAZY,  SCHEDULE_PCT,   SCHEDULE_PCT,
                                            SCHEDULE_GIVEN};
        config->schedule = schedules[random_below(random, sizeof(schedules))];
        config->change_count = (uint8_t)random_below(random, 4);
        config->schedule_seed = (uint16_t)random_next(random);
    }
}

/* ---- whole programs, and parts of them ---- */

void generate_input(struct input *input, struct random *random, enum generate_profile profile)
{
    struct context context;
    struct swarm swarm;
    struct sequence sequence = {0};
    bool is_short = random_below(random, 8) == 0;
    bool has_failures = profile >= GENERATE_FAILURES && random_below(random, 2) == 0;

    generate_config(&input->config, random, profile);
    choose_swarm(&swarm, random, profile, input->config.schedule, random_below(random, 2));
    context_begin(&context, random);
    input->count = is_short ? 3 + random_below(random, SHORT_MAX)
                            : LONG_MIN + random_below(random, INPUT_INSNS_MAX - LONG_MIN + 1);
    for (unsigned i = 0; i < input->count; i++) {
        if (!sequence.goes_on && random_below(random, SEQUENCE_ONE_IN) == 0) {
            sequence_begin(&sequence, &context);
        }
        if (sequence_is_due(&sequence, &context)) {
            sequence_make(&sequence, &context, &input->insns[i], i, profile);
        } else {
            make_insn(&context, &swarm, &input->insns[i]);
        }
        context_see(&context, &input->insns[i], i);
        choose_properties(&context, &input->insns[i], profile, has_failures);
    }
    input_normalise(input);
}

static void see_all(struct context *context, const struct input *input, unsigned count,
                    struct random *random)
{
    context_begin(context, random);
    for (unsigned i = 0; i < count; i++) {
        context_see(context, &input->insns[i], i);
    }
}

void generate_insn(struct input *input, unsigned index, struct random *random,
                   enum generate_profile profile)
{
    struct context context;
    struct swarm swarm;

    see_all(&context, input, index, random);
    choose_swarm(&swarm, random, profile, input->config.schedule, false);
    make_insn(&context, &swarm, &input->insns[index]);
}

struct operand generate_operand(const struct input *input, unsigned index, unsigned arg,
                                struct random *random)
{
    struct context context;
    struct insn insn = input->insns[index];

    see_all(&context, input, index, random);
    context.who = context_index(&context, insn.actor);
    operands_choose(&context, &insn);
    return insn.args[arg];
}

void generate_properties(struct input *input, unsigned index, struct random *random,
                         enum generate_profile profile)
{
    struct context context;
    struct insn *insn = &input->insns[index];

    see_all(&context, input, index + 1, random);
    insn->fail_nth = 0;
    insn->fails_forever = false;
    insn->preempt = INSN_NOBODY;
    insn->window = 0;
    insn->window_event = WINDOW_NOTHING;
    if (profile >= GENERATE_FAILURES && random_below(random, 2)) {
        insn->fail_nth = (uint8_t)failing_allocation(random);
        insn->fails_forever = random_below(random, 4) == 0;
    }
    if (profile == GENERATE_SCHEDULES && random_below(random, 2)) {
        insn->preempt = context.people[random_below(random, context.people_count)].actor;
    }
    if (profile == GENERATE_SCHEDULES && random_below(random, 4) == 0) {
        insn->window = (uint8_t)(1 + random_below(random, 8));
        insn->window_event = (uint8_t)(1 + random_below(random, WINDOW_EVENTS - 1));
    }
}
