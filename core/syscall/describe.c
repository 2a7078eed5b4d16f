#include "syscall/describe.h"

#include "abi/linux.h"
#include "base/string.h"
#include "syscall/describe_futex.h"
#include "syscall/names.h"
#include "syscall/show.h"
#include "syscall/show_cred.h"
#include "syscall/show_sched.h"
#include "syscall/show_time.h"

enum {
    RESULT_COLUMN = 40,
    O_TMPFILE_BIT = 020000000, /* the bit of O_TMPFILE that is its own */
};

/* A call that is being told. */
struct telling {
    struct view view;
    const struct described *what;
    int64_t result; /* 0 until it has one */
};

/* Tells the argument at index. */
typedef void teller(const struct telling *telling, unsigned index);

static uint64_t arg_of(const struct telling *telling, unsigned index)
{
    return telling->what->args[index];
}

/* ---- numbers ---- */

static void tell_int(const struct telling *telling, unsigned index)
{
    text_printf(telling->view.text, "%d", (int)arg_of(telling, index));
}

static void tell_uint(const struct telling *telling, unsigned index)
{
    text_printf(telling->view.text, "0x%x", (unsigned)arg_of(telling, index));
}

static void tell_user(const struct telling *telling, unsigned index)
{
    show_user(telling->view.text, (uint32_t)arg_of(telling, index));
}

static void tell_long(const struct telling *telling, unsigned index)
{
    text_printf(telling->view.text, "%ld", (int64_t)arg_of(telling, index));
}

static void tell_size(const struct telling *telling, unsigned index)
{
    text_printf(telling->view.text, "%lu", arg_of(telling, index));
}

static void tell_address(const struct telling *telling, unsigned index)
{
    show_address(&telling->view, arg_of(telling, index));
}

static void tell_directory(const struct telling *telling, unsigned index)
{
    if ((int)arg_of(telling, index) == AT_FDCWD) {
        text_printf(telling->view.text, "AT_FDCWD");
    } else {
        tell_int(telling, index);
    }
}

static void tell_signal(const struct telling *telling, unsigned index)
{
    names_put_signal(telling->view.text, (int)arg_of(telling, index));
}

static void tell_clock(const struct telling *telling, unsigned index)
{
    show_clock(telling->view.text, (int)arg_of(telling, index));
}

static void tell_mode(const struct telling *telling, unsigned index)
{
    uint32_t mode = (uint32_t)arg_of(telling, index);
    bool has_begun = false;

    text_char(telling->view.text, '0');
    for (int shift = 30; shift >= 0; shift -= 3) {
        has_begun = has_begun || mode >> shift != 0;
        if (has_begun) {
            text_printf(telling->view.text, "%u", mode >> shift & 7);
        }
    }
}

static void tell_protection(const struct telling *telling, unsigned index)
{
    uint64_t rights = arg_of(telling, index);

    if (rights == PROT_NONE) {
        text_printf(telling->view.text, "PROT_NONE");
    } else {
        names_put_flags(telling->view.text, &names_prot, rights);
    }
}

static void tell_open_flags(const struct telling *telling, unsigned index)
{
    show_open_flags(telling->view.text, (uint32_t)arg_of(telling, index));
}

static void tell_clone_flags(const struct telling *telling, unsigned index)
{
    uint32_t flags = (uint32_t)arg_of(telling, index);
    struct text *text = telling->view.text;

    text_printf(text, "child_stack=");
    tell_address(telling, index + 1);
    text_printf(text, ", flags=");
    if (flags & ~(uint32_t)CLONE_SIGNAL_MASK) {
        names_put_flags(text, &names_clone, flags & ~(uint32_t)CLONE_SIGNAL_MASK);
        text_printf(text, flags & CLONE_SIGNAL_MASK ? "|" : "");
    }
    if ((flags & CLONE_SIGNAL_MASK) || flags == 0) {
        names_put_signal(text, (int)(flags & CLONE_SIGNAL_MASK));
    }
}

/* ---- memory that the call reads ---- */

static void tell_path(const struct telling *telling, unsigned index)
{
    show_path(&telling->view, arg_of(telling, index));
}

static void tell_strings(const struct telling *telling, unsigned index)
{
    show_strings(&telling->view, arg_of(telling, index));
}

static void tell_environment(const struct telling *telling, unsigned index)
{
    show_environment(&telling->view, arg_of(telling, index));
}

static void tell_in_bytes(const struct telling *telling, unsigned index)
{
    show_bytes(&telling->view, arg_of(telling, index), arg_of(telling, index + 1));
}

static void tell_in_iov(const struct telling *telling, unsigned index)
{
    show_iov(&telling->view, arg_of(telling, index), (int64_t)arg_of(telling, index + 1),
             UINT64_MAX);
}

static void tell_timespec(const struct telling *telling, unsigned index)
{
    show_timespec(&telling->view, arg_of(telling, index));
}

static void tell_itimerval(const struct telling *telling, unsigned index)
{
    show_itimerval(&telling->view, arg_of(telling, index));
}

static void tell_itimerspec(const struct telling *telling, unsigned index)
{
    show_itimerspec(&telling->view, arg_of(telling, index));
}

static void tell_sigevent(const struct telling *telling, unsigned index)
{
    show_sigevent(&telling->view, arg_of(telling, index));
}

static void tell_rlimit(const struct telling *telling, unsigned index)
{
    show_rlimit(&telling->view, arg_of(telling, index));
}

static void tell_sigset(const struct telling *telling, unsigned index)
{
    show_sigset(&telling->view, arg_of(telling, index));
}

static void tell_sigaction(const struct telling *telling, unsigned index)
{
    show_sigaction(&telling->view, arg_of(telling, index));
}

static void tell_altstack(const struct telling *telling, unsigned index)
{
    show_altstack(&telling->view, arg_of(telling, index));
}

static void tell_sched_attr(const struct telling *telling, unsigned index)
{
    show_sched_attr(&telling->view, arg_of(telling, index));
}

static void tell_clone_args(const struct telling *telling, unsigned index)
{
    show_clone_args(&telling->view, arg_of(telling, index), arg_of(telling, index + 1));
}

static void tell_spawn(const struct telling *telling, unsigned index)
{
    show_spawn(&telling->view, arg_of(telling, index));
}

/* ---- memory that the call has written, if it succeeded ---- */

static void tell_out_bytes(const struct telling *telling, unsigned index)
{
    show_bytes(&telling->view, arg_of(telling, index), (uint64_t)telling->result);
}

static void tell_out_iov(const struct telling *telling, unsigned index)
{
    show_iov(&telling->view, arg_of(telling, index), (int64_t)arg_of(telling, index + 1),
             (uint64_t)telling->result);
}

static void tell_out_int(const struct telling *telling, unsigned index)
{
    show_ints(&telling->view, arg_of(telling, index), 1);
}

static void tell_in_groups(const struct telling *telling, unsigned index)
{
    show_groups(&telling->view, arg_of(telling, index), (int)arg_of(telling, index - 1));
}

static void tell_out_groups(const struct telling *telling, unsigned index)
{
    bool is_asked = (int)arg_of(telling, index - 1) != 0;

    show_groups(&telling->view, arg_of(telling, index), is_asked ? telling->result : -1);
}

static void tell_out_address(const struct telling *telling, unsigned index)
{
    show_long(&telling->view, arg_of(telling, index), true);
}

static void tell_out_size(const struct telling *telling, unsigned index)
{
    show_long(&telling->view, arg_of(telling, index), false);
}

static void tell_out_fds(const struct telling *telling, unsigned index)
{
    show_ints(&telling->view, arg_of(telling, index), 2);
}

/* wait4 that found none has written nothing. */
static void tell_out_status(const struct telling *telling, unsigned index)
{
    if (telling->result == 0) {
        tell_address(telling, index);
    } else {
        show_wait_status(&telling->view, arg_of(telling, index));
    }
}

static void tell_siginfo(const struct telling *telling, unsigned index)
{
    show_siginfo(&telling->view, arg_of(telling, index));
}

static void tell_out_utsname(const struct telling *telling, unsigned index)
{
    show_utsname(&telling->view, arg_of(telling, index));
}

static void tell_out_stat(const struct telling *telling, unsigned index)
{
    show_stat(&telling->view, arg_of(telling, index));
}

static void tell_out_rusage(const struct telling *telling, unsigned index)
{
    show_rusage(&telling->view, arg_of(telling, index));
}

static void tell_out_tms(const struct telling *telling, unsigned index)
{
    show_tms(&telling->view, arg_of(telling, index));
}

static void tell_out_sysinfo(const struct telling *telling, unsigned index)
{
    show_sysinfo(&telling->view, arg_of(telling, index));
}

/* ---- arguments that depend on others ---- */

static void tell_fcntl_arg(const struct telling *telling, unsigned index)
{
    uint64_t arg = arg_of(telling, index);

    switch ((uint32_t)arg_of(telling, index - 1)) {
    case F_SETFD:
        names_put_flags(telling->view.text, &names_fd, arg);
        break;
    case F_SETFL:
        show_open_flags(telling->view.text, (uint32_t)arg);
        break;
    default:
        text_printf(telling->view.text, "%ld", (int64_t)arg);
        break;
    }
}

static void tell_ioctl_arg(const struct telling *telling, unsigned index)
{
    uaddr_t at = arg_of(telling, index);

    switch ((uint32_t)arg_of(telling, index - 1)) {
    case TCGETS:
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
        show_termios(&telling->view, at);
        break;
    case TIOCGPGRP:
    case TIOCSPGRP:
        show_ints(&telling->view, at, 1);
        break;
    case TIOCGWINSZ:
        show_winsize(&telling->view, at);
        break;
    default:
        show_address(&telling->view, at);
        break;
    }
}

static void tell_prctl_arg(const struct telling *telling, unsigned index)
{
    uint64_t arg = arg_of(telling, index);

    switch ((int)arg_of(telling, index - 1)) {
    case PR_SET_PDEATHSIG:
        names_put_signal(telling->view.text, (int)arg);
        break;
    case PR_GET_PDEATHSIG:
        show_signal(&telling->view, arg);
        break;
    case PR_SET_NAME:
    case PR_GET_NAME:
        show_string(&telling->view, arg);
        break;
    case PR_GET_CHILD_SUBREAPER:
        show_ints(&telling->view, arg, 1);
        break;
    default:
        text_printf(telling->view.text, "%lu", arg);
        break;
    }
}

/* parent_tid, tls and child_tid of clone, those that its flags use. */
static void tell_clone_arg(const struct telling *telling, unsigned index)
{
    static const char *const names[] = {[2] = "parent_tid", [3] = "tls", [4] = "child_tidptr"};

    text_printf(telling->view.text, "%s=", names[index]);
    if (index == 2) {
        show_ints(&telling->view, arg_of(telling, index), 1);
    } else {
        tell_address(telling, index);
    }
}

static void tell_futex(const struct telling *telling, unsigned index)
{
    describe_futex(&telling->view, telling->what->args, index);
}

/* ---- all kinds ---- */

static const struct {
    teller *tell;
    const struct names *flags; /* or these, joined */
    const struct names *one;   /* or one of these */
} kinds[] = {
    [KIND_INT] = {.tell = tell_int},
    [KIND_UID] = {.tell = tell_user},
    [KIND_UINT] = {.tell = tell_uint},
    [KIND_LONG] = {.tell = tell_long},
    [KIND_SIZE] = {.tell = tell_size},
    [KIND_ADDR] = {.tell = tell_address},
    [KIND_FD] = {.tell = tell_int},
    [KIND_DIRFD] = {.tell = tell_directory},
    [KIND_PID] = {.tell = tell_int},
    [KIND_SIG] = {.tell = tell_signal},
    [KIND_MODE] = {.tell = tell_mode},
    [KIND_FLAGS] = {.tell = tell_uint},
    [KIND_PROT] = {.tell = tell_protection},
    [KIND_MAP_FLAGS] = {.flags = &names_map},
    [KIND_REMAP_FLAGS] = {.flags = &names_remap},
    [KIND_ADVICE] = {.one = &names_advice},
    [KIND_OPEN_FLAGS] = {.tell = tell_open_flags},
    [KIND_FD_FLAGS] = {.flags = &names_open},
    [KIND_AT_FLAGS] = {.flags = &names_at},
    [KIND_WHENCE] = {.one = &names_whence},
    [KIND_FCNTL] = {.one = &names_fcntl},
    [KIND_FCNTL_ARG] = {.tell = tell_fcntl_arg},
    [KIND_IOCTL] = {.one = &names_ioctl},
    [KIND_IOCTL_ARG] = {.tell = tell_ioctl_arg},
    [KIND_PRCTL] = {.one = &names_prctl},
    [KIND_PRCTL_ARG] = {.tell = tell_prctl_arg},
    [KIND_CLONE_FLAGS] = {.tell = tell_clone_flags},
    [KIND_CLONE_ARG] = {.tell = tell_clone_arg},
    [KIND_WAIT_FLAGS] = {.flags = &names_wait},
    [KIND_ID_TYPE] = {.one = &names_id_type},
    [KIND_CLOCK] = {.tell = tell_clock},
    [KIND_ITIMER] = {.one = &names_itimer},
    [KIND_TIMER] = {.tell = tell_int},
    [KIND_TIMER_FLAGS] = {.flags = &names_timer},
    [KIND_TIMERFD_FLAGS] = {.flags = &names_timerfd},
    [KIND_TIMERFD_SET] = {.flags = &names_timerfd_set},
    [KIND_RESOURCE] = {.one = &names_resource},
    [KIND_PRIORITY] = {.one = &names_priority},
    [KIND_POLICY] = {.one = &names_policy},
    [KIND_BARRIER] = {.one = &names_barrier},
    [KIND_USAGE] = {.one = &names_usage},
    [KIND_SIG_HOW] = {.one = &names_sig_how},
    [KIND_RANDOM_FLAGS] = {.flags = &names_random},
    [KIND_SHARE_FLAGS] = {.flags = &names_clone},
    [KIND_FUTEX] = {.tell = tell_address},
    [KIND_ROBUST] = {.tell = tell_address},
    [KIND_FUTEX_OP] = {.one = &names_futex},
    [KIND_FUTEX_VALUE] = {.tell = tell_futex},
    [KIND_FUTEX_ARG] = {.tell = tell_futex},
    [KIND_FUTEX_LAST] = {.tell = tell_futex},
    [KIND_PATH] = {.tell = tell_path},
    [KIND_STRV] = {.tell = tell_strings},
    [KIND_ENVV] = {.tell = tell_environment},
    [KIND_IN_BYTES] = {.tell = tell_in_bytes},
    [KIND_OUT_BYTES] = {.tell = tell_out_bytes},
    [KIND_IN_IOV] = {.tell = tell_in_iov},
    [KIND_OUT_IOV] = {.tell = tell_out_iov},
    [KIND_IN_INT] = {.tell = tell_out_int},
    [KIND_IN_CPUSET] = {.tell = tell_out_address},
    [KIND_OUT_CPUSET] = {.tell = tell_out_address},
    [KIND_OUT_INT] = {.tell = tell_out_int},
    [KIND_OUT_ADDR] = {.tell = tell_out_address},
    [KIND_OUT_SIZE] = {.tell = tell_out_size},
    [KIND_IN_GROUPS] = {.tell = tell_in_groups},
    [KIND_OUT_GROUPS] = {.tell = tell_out_groups},
    [KIND_OUT_FDS] = {.tell = tell_out_fds},
    [KIND_OUT_STATUS] = {.tell = tell_out_status},
    [KIND_IN_SIGINFO] = {.tell = tell_siginfo},
    [KIND_OUT_SIGINFO] = {.tell = tell_siginfo},
    [KIND_IN_TIMESPEC] = {.tell = tell_timespec},
    [KIND_OUT_TIMESPEC] = {.tell = tell_timespec},
    [KIND_IN_ITIMERVAL] = {.tell = tell_itimerval},
    [KIND_OUT_ITIMERVAL] = {.tell = tell_itimerval},
    [KIND_IN_ITIMERSPEC] = {.tell = tell_itimerspec},
    [KIND_OUT_ITIMERSPEC] = {.tell = tell_itimerspec},
    [KIND_IN_SIGEVENT] = {.tell = tell_sigevent},
    [KIND_OUT_UTSNAME] = {.tell = tell_out_utsname},
    [KIND_OUT_STAT] = {.tell = tell_out_stat},
    [KIND_OUT_RUSAGE] = {.tell = tell_out_rusage},
    [KIND_OUT_TMS] = {.tell = tell_out_tms},
    [KIND_OUT_SYSINFO] = {.tell = tell_out_sysinfo},
    [KIND_IN_RLIMIT] = {.tell = tell_rlimit},
    [KIND_OUT_RLIMIT] = {.tell = tell_rlimit},
    [KIND_IN_SIGSET] = {.tell = tell_sigset},
    [KIND_OUT_SIGSET] = {.tell = tell_sigset},
    [KIND_IN_SIGACTION] = {.tell = tell_sigaction},
    [KIND_OUT_SIGACTION] = {.tell = tell_sigaction},
    [KIND_IN_ALTSTACK] = {.tell = tell_altstack},
    [KIND_OUT_ALTSTACK] = {.tell = tell_altstack},
    [KIND_IN_SCHED_ATTR] = {.tell = tell_sched_attr},
    [KIND_OUT_SCHED_ATTR] = {.tell = tell_sched_attr},
    [KIND_IN_CLONE_ARGS] = {.tell = tell_clone_args},
    [KIND_IN_SPAWN] = {.tell = tell_spawn},
};

/* Whether an argument is told at all: not if the others say that it is not used. Clone's stack is
 * told with its flags. */
static bool is_told(const struct described *what, unsigned index)
{
    static const uint32_t clone_uses[] = {
        [2] = CLONE_PARENT_SETTID,
        [3] = CLONE_SETTLS,
        [4] = CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID,
    };

    switch (what->call->kinds[index]) {
    case KIND_FCNTL_ARG:
        return (uint32_t)what->args[index - 1] != F_GETFD &&
               (uint32_t)what->args[index - 1] != F_GETFL;
    case KIND_PRCTL_MORE:
        return false;
    case KIND_FUTEX:
    case KIND_FUTEX_VALUE:
    case KIND_FUTEX_ARG:
    case KIND_FUTEX_LAST:
        return describe_futex_uses(what->args, index);
    case KIND_MODE:
        return index == 0 || what->call->kinds[index - 1] != KIND_OPEN_FLAGS ||
               (what->args[index - 1] & (O_CREAT | O_TMPFILE_BIT));
    case KIND_ADDR:
        return index == 0 || what->call->kinds[index - 1] != KIND_REMAP_FLAGS ||
               (what->args[index - 1] & (MREMAP_FIXED | MREMAP_DONTUNMAP));
    case KIND_CLONE_ARG:
        return what->args[0] & clone_uses[index];
    default:
        return true;
    }
}

static void tell(const struct telling *telling, unsigned index)
{
    enum syscall_kind kind = telling->what->call->kinds[index];
    uint64_t arg = syscall_argument(arg_of(telling, index), kind);

    if (telling->result < 0 && syscall_kind_is_output(kind) && kind != KIND_PRCTL_ARG) {
        tell_address(telling, index); /* nothing has been written */
    } else if (kinds[kind].flags) {
        names_put_flags(telling->view.text, kinds[kind].flags, arg);
    } else if (kinds[kind].one) {
        names_put_one(telling->view.text, kinds[kind].one, arg);
    } else {
        kinds[kind].tell(telling, index);
    }
}

/* The first argument that the call writes, or the number of its arguments. */
static unsigned first_output(const struct described *what)
{
    unsigned index = 0;

    while (index < what->call->arg_count &&
           !(syscall_kind_is_output(what->call->kinds[index]) && is_told(what, index))) {
        index++;
    }
    return index;
}

/* The arguments [first, end). */
static void tell_range(const struct telling *telling, unsigned first, unsigned end)
{
    const char *between = "";

    for (unsigned i = first; i < end; i++) {
        if (is_told(telling->what, i)) {
            text_printf(telling->view.text, "%s", between);
            tell(telling, i);
            between = ", ";
        }
    }
}

static struct telling telling_of(struct text *text, const struct described *what,
                                 const struct space *space, int64_t result)
{
    return (struct telling){
        .view = {.text = text, .space = space, .is_whole = what->is_whole},
        .what = what,
        .result = result,
    };
}

void describe_begin(struct text *text, const struct described *described, const struct space *space)
{
    const struct telling telling = telling_of(text, described, space, 0);
    const struct syscall *call = described->call;

    if (!call) {
        text_printf(text, "syscall_0x%x(", described->number);
        for (unsigned i = 0; i < SYSCALL_ARGS_MAX; i++) {
            text_printf(text, i > 0 ? ", 0x%lx" : "0x%lx", described->args[i]);
        }
        return;
    }
    unsigned end = first_output(described);
    text_printf(text, "%s(", call->name);
    tell_range(&telling, 0, end);
    text_printf(text, end > 0 && end < call->arg_count ? ", " : "");
}

static void put_closing(struct text *text)
{
    text_printf(text, ") ");
    while (text->len < RESULT_COLUMN && text->len < text->capacity) {
        text_char(text, ' ');
    }
    text_printf(text, "= ");
}

static bool gives_address(const struct syscall *call)
{
    return str_equal(call->name, "brk") || str_equal(call->name, "mmap") ||
           str_equal(call->name, "mremap");
}

static void put_fcntl_result(struct text *text, uint32_t command, int64_t result)
{
    text_printf(text, result ? "0x%lx" : "%lx", (uint64_t)result);
    if (command == F_GETFL) {
        text_printf(text, " (flags ");
        show_open_flags(text, (uint32_t)result);
        text_char(text, ')');
    } else if (result != 0) {
        text_printf(text, " (flags ");
        names_put_flags(text, &names_fd, (uint64_t)result);
        text_char(text, ')');
    }
}

static void put_result(struct text *text, const struct described *what, int64_t result)
{
    const struct syscall *call = what->call;
    unsigned last = call && call->arg_count > 0 ? call->arg_count - 1 : 0;

    if (result < 0) {
        text_printf(text, "-1 ");
        if (!names_put_error(text, -result)) {
            text_printf(text, "(errno %ld)", -result);
        }
    } else if (call && call->kinds[last] == KIND_FCNTL_ARG && !is_told(what, last)) {
        put_fcntl_result(text, (uint32_t)what->args[last - 1], result);
    } else {
        text_printf(text, call && gives_address(call) ? "0x%lx" : "%ld", (uint64_t)result);
    }
}

void describe_end(struct text *text, const struct described *described, const struct space *space,
                  int64_t result)
{
    const struct telling telling = telling_of(text, described, space, result);

    if (described->call) {
        tell_range(&telling, first_output(described), described->call->arg_count);
    }
    put_closing(text);
    put_result(text, described, result);
}

void describe_gone(struct text *text)
{
    put_closing(text);
    text_char(text, '?');
}
