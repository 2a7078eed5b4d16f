#include "syscall/show.h"

#include "abi/eft.h"
#include "abi/linux.h"
#include "base/string.h"
#include "mm/uaccess.h"
#include "syscall/names.h"

enum {
    SHOWN_BYTES = 32,          /* of a buffer or a string */
    SHOWN_BYTES_WHOLE = 256,   /* the same when the view is whole */
    HASHED_BYTES = 64 * 1024,  /* of a longer one, in place of the rest */
    STRING_BYTES = 128 * 1024, /* of a string that are looked at */
    PATH_BYTES = 4096,
    SHOWN_STRINGS = 32,
    SHOWN_STRINGS_WHOLE = 12,
    COUNTED_STRINGS = 4096,
    SHOWN_VECTORS = 16,
    CONTINUED = 0xffff, /* a wait status */
    STOPPED = 0x7f,
    RESTORER_GIVEN = 0x04000000, /* SA_RESTORER */
    TICKS_A_SECOND = 100,
    TIMES_OFFSET = 4, /* of si_utime and si_stime behind si_status */
};

static uint64_t hash_more(uint64_t hash, const void *bytes, uint64_t len)
{
    const uint8_t *at = bytes;

    for (uint64_t i = 0; i < len; i++) {
        hash = (hash ^ at[i]) * 0x100000001b3u; /* FNV-1a */
    }
    return hash;
}

static const uint64_t hash_start = 0xcbf29ce484222325u;

void show_address(const struct view *view, uaddr_t at)
{
    text_printf(view->text, at ? "0x%lx" : "NULL", at);
}

/* The structure at an address; false, and the address is told, if it can't be had. */
bool show_fetch(const struct view *view, uaddr_t at, void *to, uint64_t size)
{
    bool is_there = at != 0 && space_peek(view->space, to, at, size) == size;

    if (!is_there) {
        show_address(view, at);
    }
    return is_there;
}

/* What follows the members of a structure that are told. */
static void put_rest(const struct view *view, const void *bytes, uint64_t size)
{
    text_printf(view->text, ", ...");
    if (view->is_whole) {
        text_printf(view->text, "#%016lx", hash_more(hash_start, bytes, size));
    }
    text_char(view->text, '}');
}

/* ---- bytes and strings ---- */

static void put_byte(struct text *text, uint8_t byte, bool before_digit)
{
    static const char escapes[] = "\tt\nn\vv\ff\rr\"\"\\\\";

    for (unsigned i = 0; i + 1 < sizeof(escapes); i += 2) {
        if (byte == (uint8_t)escapes[i]) {
            text_printf(text, "\\%c", escapes[i + 1]);
            return;
        }
    }
    if (byte >= ' ' && byte <= '~') {
        text_char(text, (char)byte);
        return;
    }
    text_char(text, '\\');
    if (before_digit || byte >= 0100) {
        text_char(text, (char)('0' + (byte >> 6)));
    }
    if (before_digit || byte >= 010) {
        text_char(text, (char)('0' + (byte >> 3 & 7)));
    }
    text_char(text, (char)('0' + (byte & 7)));
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static void put_quoted(struct text *text, const uint8_t *bytes, uint64_t len)
{
    text_char(text, '"');
    for (uint64_t i = 0; i < len; i++) {
        put_byte(text, bytes[i], i + 1 < len && is_digit(bytes[i + 1]));
    }
    text_char(text, '"');
}

/* A hash of what is mapped of [at, at + len). */
static void put_hash(const struct view *view, uaddr_t at, uint64_t len)
{
    uint64_t hash = hash_start;
    uint8_t chunk[256];
    uint64_t count;

    len = min_u64(len, HASHED_BYTES);
    for (uint64_t done = 0; done < len; done += count) {
        count = space_peek(view->space, chunk, at + done, min_u64(sizeof(chunk), len - done));
        hash = hash_more(hash, chunk, count);
        if (count == 0) {
            break;
        }
    }
    text_printf(view->text, "#%016lx", hash);
}

void show_bytes(const struct view *view, uaddr_t at, uint64_t len)
{
    uint8_t bytes[SHOWN_BYTES_WHOLE];
    uint64_t most = view->is_whole ? SHOWN_BYTES_WHOLE : SHOWN_BYTES;
    uint64_t count = min_u64(len, most);

    if (at == 0 || space_peek(view->space, bytes, at, count) != count) {
        show_address(view, at);
        return;
    }
    put_quoted(view->text, bytes, count);
    if (len > count) {
        text_printf(view->text, "...");
        if (view->is_whole) {
            put_hash(view, at, len);
        }
    }
}

/* The length of a string, as far as it is mapped and not far above most; false: it is not mapped at
 * all. */
static bool string_len(const struct view *view, uaddr_t at, uint64_t most, uint64_t *len)
{
    char chunk[64];
    uint64_t count;

    for (*len = 0; *len < most; *len += count) {
        count = space_peek(view->space, chunk, at + *len, sizeof(chunk));
        for (uint64_t i = 0; i < count; i++) {
            if (chunk[i] == '\0') {
                *len += i;
                return true;
            }
        }
        if (count == 0) {
            break;
        }
    }
    return *len > 0;
}

void show_path(const struct view *view, uaddr_t at)
{
    uint8_t chunk[64];
    uint64_t len;

    if (at == 0 || !string_len(view, at, PATH_BYTES, &len)) {
        show_address(view, at);
        return;
    }
    text_char(view->text, '"');
    for (uint64_t done = 0, count; done < len; done += count) {
        count = space_peek(view->space, chunk, at + done, min_u64(sizeof(chunk), len - done));
        for (uint64_t i = 0; i < count; i++) {
            put_byte(view->text, chunk[i], true);
        }
    }
    text_char(view->text, '"');
}

void show_string(const struct view *view, uaddr_t at)
{
    uint64_t len;

    if (at == 0 || !string_len(view, at, STRING_BYTES, &len)) {
        show_address(view, at);
        return;
    }
    show_bytes(view, at, len);
}

/* The pointer at index of a vector; false behind the last, or where the vector is not mapped, which
 * *is_there tells. */
static bool vector_at(const struct view *view, uaddr_t at, unsigned index, uaddr_t *string,
                      bool *is_there)
{
    uaddr_t place = at + index * sizeof(*string);

    *is_there = space_peek(view->space, string, place, sizeof(*string)) == sizeof(*string);
    return *is_there && *string != 0;
}

void show_strings(const struct view *view, uaddr_t at)
{
    bool is_there;
    uaddr_t string;
    unsigned most = view->is_whole ? SHOWN_STRINGS_WHOLE : SHOWN_STRINGS;
    unsigned i = 0;

    if (at == 0 || (!vector_at(view, at, 0, &string, &is_there) && !is_there)) {
        show_address(view, at);
        return;
    }
    text_char(view->text, '[');
    for (; i < most && vector_at(view, at, i, &string, &is_there); i++) {
        text_printf(view->text, i > 0 ? ", " : "");
        show_string(view, string);
    }
    if (!is_there) {
        text_printf(view->text, ", ???");
    } else if (i == most && vector_at(view, at, i, &string, &is_there)) {
        text_printf(view->text, ", ...");
    }
    text_char(view->text, ']');
}

void show_environment(const struct view *view, uaddr_t at)
{
    bool is_there = true;
    uaddr_t string;
    unsigned count = 0;

    if (at == 0 || view->is_whole) {
        show_strings(view, at);
        return;
    }
    while (count < COUNTED_STRINGS && vector_at(view, at, count, &string, &is_there)) {
        count++;
    }
    show_address(view, at);
    if (is_there) {
        text_printf(view->text, " /* %u var%s%s */", count, count == 1 ? "" : "s",
                    count == COUNTED_STRINGS ? " and more" : "");
    }
}

void show_iov(const struct view *view, uaddr_t at, int64_t count, uint64_t max)
{
    struct abi_iovec vector;

    if (at == 0 || count < 0) {
        show_address(view, at);
        return;
    }
    text_char(view->text, '[');
    for (int64_t i = 0; i < count && i < SHOWN_VECTORS; i++) {
        text_printf(view->text, i > 0 ? ", " : "");
        if (!show_fetch(view, at + (uint64_t)i * sizeof(vector), &vector, sizeof(vector))) {
            break;
        }
        uint64_t len = min_u64(vector.iov_len, max);
        text_printf(view->text, "{iov_base=");
        show_bytes(view, vector.iov_base, len);
        text_printf(view->text, ", iov_len=%lu}", vector.iov_len);
        max -= len;
    }
    text_printf(view->text, count > SHOWN_VECTORS ? ", ...]" : "]");
}

/* ---- small numbers ---- */

void show_ints(const struct view *view, uaddr_t at, unsigned count)
{
    int numbers[2] = {0};

    if (show_fetch(view, at, numbers, count * sizeof(numbers[0]))) {
        text_printf(view->text, count == 2 ? "[%d, %d]" : "[%d]", numbers[0], numbers[1]);
    }
}

void show_long(const struct view *view, uaddr_t at, bool is_address)
{
    uint64_t number;

    if (show_fetch(view, at, &number, sizeof(number))) {
        text_printf(view->text, is_address ? "[0x%lx]" : "[%lu]", number);
    }
}

void show_signal(const struct view *view, uaddr_t at)
{
    int signal;

    if (show_fetch(view, at, &signal, sizeof(signal))) {
        text_char(view->text, '[');
        names_put_signal(view->text, signal);
        text_char(view->text, ']');
    }
}

void show_status_value(struct text *text, int status)
{
    int low = status & STOPPED;

    if (status == CONTINUED) {
        text_printf(text, "{WIFCONTINUED(s)}");
    } else if (low == STOPPED) {
        text_printf(text, "{WIFSTOPPED(s) && WSTOPSIG(s) == ");
        names_put_signal(text, status >> 8 & 0xff);
        text_char(text, '}');
    } else if (low != 0) {
        text_printf(text, "{WIFSIGNALED(s) && WTERMSIG(s) == ");
        names_put_signal(text, low);
        text_printf(text, status & WAIT_CORE_DUMPED ? " && WCOREDUMP(s)}" : "}");
    } else {
        text_printf(text, "{WIFEXITED(s) && WEXITSTATUS(s) == %d}", status >> 8 & 0xff);
    }
}

void show_wait_status(const struct view *view, uaddr_t at)
{
    int status;

    if (show_fetch(view, at, &status, sizeof(status))) {
        text_char(view->text, '[');
        show_status_value(view->text, status);
        text_char(view->text, ']');
    }
}

void show_open_flags(struct text *text, uint32_t flags)
{
    static const char *const modes[] = {"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"};

    text_printf(text, "%s", modes[flags & O_ACCMODE]);
    if (flags & ~(uint32_t)O_ACCMODE) {
        text_char(text, '|');
        names_put_flags(text, &names_open, flags & ~(uint32_t)O_ACCMODE);
    }
}

/* ---- structures ---- */

/* A time in clock ticks. */
static void put_ticks(struct text *text, const char *name, int64_t ticks)
{
    text_printf(text, "%s=%ld", name, ticks);
    if (ticks > 0) {
        text_printf(text, " /* %ld.%ld%ld s */", ticks / TICKS_A_SECOND,
                    ticks % TICKS_A_SECOND / 10, ticks % 10);
    }
}

void show_siginfo(const struct view *view, uaddr_t at)
{
    struct abi_siginfo info;
    int64_t times[2];

    if (!show_fetch(view, at, &info, sizeof(info))) {
        return;
    }
    if (info.si_signo == 0) {
        text_printf(view->text, "{}");
        return;
    }
    memcpy(times, info.rest + TIMES_OFFSET, sizeof(times));
    text_printf(view->text, "{si_signo=");
    names_put_signal(view->text, info.si_signo);
    text_printf(view->text, ", si_code=");
    names_put_one(view->text, &names_child_code, (uint32_t)info.si_code);
    text_printf(view->text, ", si_pid=%d, si_uid=%u, si_status=", info.si_pid, info.si_uid);
    if (info.si_code >= CLD_KILLED) {
        names_put_signal(view->text, info.si_status);
    } else {
        text_printf(view->text, "%d", info.si_status);
    }
    put_ticks(view->text, ", si_utime", times[0]);
    put_ticks(view->text, ", si_stime", times[1]);
    text_char(view->text, '}');
}

void show_sigaction(const struct view *view, uaddr_t at)
{
    struct abi_sigaction action;

    if (!show_fetch(view, at, &action, sizeof(action))) {
        return;
    }
    text_printf(view->text, "{sa_handler=");
    if (action.handler == SIG_DFL || action.handler == SIG_IGN) {
        text_printf(view->text, action.handler == SIG_IGN ? "SIG_IGN" : "SIG_DFL");
    } else {
        text_printf(view->text, "0x%lx", action.handler);
    }
    text_printf(view->text, ", sa_mask=");
    names_put_sigset(view->text, action.mask);
    text_printf(view->text, ", sa_flags=");
    names_put_flags(view->text, &names_sig_action, action.flags);
    if (action.flags & RESTORER_GIVEN) {
        text_printf(view->text, ", sa_restorer=0x%lx", action.restorer);
    }
    text_char(view->text, '}');
}

void show_altstack(const struct view *view, uaddr_t at)
{
    struct abi_sigaltstack stack;

    if (!show_fetch(view, at, &stack, sizeof(stack))) {
        return;
    }
    text_printf(view->text, "{ss_sp=");
    show_address(view, stack.ss_sp);
    text_printf(view->text, ", ss_flags=");
    names_put_flags(view->text, &names_altstack, (uint32_t)stack.ss_flags);
    text_printf(view->text, ", ss_size=%lu}", stack.ss_size);
}

void show_sigset(const struct view *view, uaddr_t at)
{
    uint64_t set;

    if (show_fetch(view, at, &set, sizeof(set))) {
        names_put_sigset(view->text, set);
    }
}

static void put_limit(struct text *text, const char *name, uint64_t limit)
{
    text_printf(text, "%s=", name);
    if (limit == RLIM_INFINITY) {
        text_printf(text, "RLIM64_INFINITY");
    } else if (limit > 1024 && limit % 1024 == 0) {
        text_printf(text, "%lu*1024", limit / 1024);
    } else {
        text_printf(text, "%lu", limit);
    }
}

void show_rlimit(const struct view *view, uaddr_t at)
{
    struct abi_rlimit limit;

    if (show_fetch(view, at, &limit, sizeof(limit))) {
        put_limit(view->text, "{rlim_cur", limit.rlim_cur);
        put_limit(view->text, ", rlim_max", limit.rlim_max);
        text_char(view->text, '}');
    }
}

void show_rusage(const struct view *view, uaddr_t at)
{
    struct abi_rusage usage;

    if (show_fetch(view, at, &usage, sizeof(usage))) {
        text_printf(view->text,
                    "{ru_utime={tv_sec=%ld, tv_usec=%ld}, ru_stime={tv_sec=%ld, tv_usec=%ld}",
                    usage.ru_utime.tv_sec, usage.ru_utime.tv_usec, usage.ru_stime.tv_sec,
                    usage.ru_stime.tv_usec);
        put_rest(view, &usage, sizeof(usage));
    }
}

void show_tms(const struct view *view, uaddr_t at)
{
    struct abi_tms times;

    if (show_fetch(view, at, &times, sizeof(times))) {
        put_ticks(view->text, "{tms_utime", times.tms_utime);
        put_ticks(view->text, ", tms_stime", times.tms_stime);
        put_ticks(view->text, ", tms_cutime", times.tms_cutime);
        put_ticks(view->text, ", tms_cstime", times.tms_cstime);
        text_char(view->text, '}');
    }
}

/* How much memory is free depends on the machine, so that a trace does not say it. */
void show_sysinfo(const struct view *view, uaddr_t at)
{
    struct abi_sysinfo info;

    if (show_fetch(view, at, &info, sizeof(info))) {
        text_printf(view->text, "{uptime=%ld, ..., procs=%u, ...}", info.uptime, info.procs);
    }
}

void show_stat(const struct view *view, uaddr_t at)
{
    struct abi_stat status;

    if (!show_fetch(view, at, &status, sizeof(status))) {
        return;
    }
    uint32_t type = status.st_mode & S_IFMT;
    text_printf(view->text, "{st_mode=");
    names_put_one(view->text, &names_file_type, type);
    text_printf(view->text, "|0");
    for (int shift = status.st_mode & 07000 ? 9 : 6; shift >= 0; shift -= 3) {
        text_printf(view->text, "%u", status.st_mode >> shift & 7);
    }
    if (type == S_IFCHR) {
        text_printf(view->text, ", st_rdev=makedev(0x%lx, 0x%lx)", status.st_rdev >> 8,
                    status.st_rdev & 0xff);
    } else {
        text_printf(view->text, ", st_size=%ld", status.st_size);
    }
    put_rest(view, &status, sizeof(status));
}

static void put_name(struct text *text, const char *what, const char *name, size_t capacity)
{
    size_t len = 0;

    while (len < capacity && name[len]) {
        len++;
    }
    text_printf(text, "%s=", what);
    put_quoted(text, (const uint8_t *)name, len);
}

void show_utsname(const struct view *view, uaddr_t at)
{
    struct abi_utsname name;

    if (show_fetch(view, at, &name, sizeof(name))) {
        put_name(view->text, "{sysname", name.sysname, sizeof(name.sysname));
        put_name(view->text, ", nodename", name.nodename, sizeof(name.nodename));
        put_rest(view, &name, sizeof(name));
    }
}

void show_termios(const struct view *view, uaddr_t at)
{
    enum { BAUD_MASK = 0x100f };
    struct abi_termios termios;

    if (show_fetch(view, at, &termios, sizeof(termios))) {
        text_char(view->text, '{');
        names_put_one(view->text, &names_baud, termios.c_cflag & BAUD_MASK);
        text_printf(view->text, " %sopost %sisig %sicanon %secho ...",
                    termios.c_oflag & OPOST ? "" : "-", termios.c_lflag & ISIG ? "" : "-",
                    termios.c_lflag & ICANON ? "" : "-", termios.c_lflag & ECHO ? "" : "-");
        if (view->is_whole) {
            text_printf(view->text, "#%016lx", hash_more(hash_start, &termios, sizeof(termios)));
        }
        text_char(view->text, '}');
    }
}

void show_winsize(const struct view *view, uaddr_t at)
{
    struct abi_winsize size;

    if (show_fetch(view, at, &size, sizeof(size))) {
        text_printf(view->text, "{ws_row=%u, ws_col=%u, ws_xpixel=%u, ws_ypixel=%u}", size.ws_row,
                    size.ws_col, size.ws_xpixel, size.ws_ypixel);
    }
}

static void put_member(struct text *text, const char *name, uint64_t value)
{
    if (value != 0) {
        text_printf(text, ", %s=0x%lx", name, value);
    }
}

void show_clone_args(const struct view *view, uaddr_t at, uint64_t size)
{
    struct abi_clone_args args = {0};

    if (!show_fetch(view, at, &args, min_u64(size, sizeof(args)))) {
        return;
    }
    text_printf(view->text, "{flags=");
    names_put_flags(view->text, &names_clone, args.flags);
    put_member(view->text, "pidfd", args.pidfd);
    put_member(view->text, "child_tid", args.child_tid);
    put_member(view->text, "parent_tid", args.parent_tid);
    text_printf(view->text, ", exit_signal=");
    names_put_signal(view->text, (int)args.exit_signal);
    text_printf(view->text, ", stack=");
    show_address(view, args.stack);
    text_printf(view->text, args.stack_size ? ", stack_size=0x%lx" : ", stack_size=0",
                args.stack_size);
    put_member(view->text, "tls", args.tls);
    put_member(view->text, "set_tid", args.set_tid);
    put_member(view->text, "set_tid_size", args.set_tid_size);
    put_member(view->text, "cgroup", args.cgroup);
    text_char(view->text, '}');
}

void show_spawn(const struct view *view, uaddr_t at)
{
    struct abi_spawn spawn;

    if (!show_fetch(view, at, &spawn, sizeof(spawn))) {
        return;
    }
    text_printf(view->text, "{path=");
    show_path(view, spawn.path);
    text_printf(view->text, ", image=");
    show_address(view, spawn.image);
    text_printf(view->text, ", image_len=%lu, argv=", spawn.image_len);
    show_strings(view, spawn.argv);
    text_printf(view->text, ", envp=");
    show_environment(view, spawn.envp);
    text_printf(view->text, ", flags=0x%lx}", spawn.flags);
}
