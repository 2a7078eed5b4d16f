#include "syscall/describe.h"

#include "abi/eft.h"
#include "abi/errno.h"
#include "abi/linux.h"
#include "base/string.h"
#include "mm/uaccess.h"
#include "proc/exec.h"
#include "proc/process.h"

enum {
    SHOWN_BYTES = 256,        /* of a buffer */
    HASHED_BYTES = 64 * 1024, /* of a longer one, in place of the rest */
    STRING_BYTES = 4096,      /* of a string that are looked at */
    SHOWN_STRINGS = 12,
    SHOWN_VECTORS = 16,
};

static const struct space *space_of(const struct thread *thread)
{
    return thread->process->space;
}

static void put_byte(struct text *text, uint8_t byte)
{
    if (byte == '\n') {
        text_printf(text, "\\n");
    } else if (byte == '"' || byte == '\\') {
        text_printf(text, "\\%c", byte);
    } else if (byte < ' ' || byte > '~') {
        text_printf(text, "\\x%02x", byte);
    } else {
        text_char(text, (char)byte);
    }
}

/* "bytes", the first of them, and a hash (FNV-1a) that covers more when not all are shown; ? from
 * where nothing is mapped. */
static void put_bytes(struct text *text, const struct space *space, uaddr_t at, uint64_t all)
{
    uint64_t len = min_u64(all, HASHED_BYTES);
    uint64_t hash = 0xcbf29ce484222325u;
    uint64_t done = 0;

    text_char(text, '"');
    while (done < len) {
        uint8_t chunk[64];
        uint64_t count = space_peek(space, chunk, at + done, min_u64(sizeof(chunk), len - done));
        if (count == 0) {
            break;
        }
        for (uint64_t i = 0; i < count; i++) {
            hash = (hash ^ chunk[i]) * 0x100000001b3u;
            if (done + i < SHOWN_BYTES) {
                put_byte(text, chunk[i]);
            }
        }
        done += count;
    }
    text_char(text, '"');
    if (done > SHOWN_BYTES) {
        text_printf(text, "#%016lx", hash);
    }
    if (done < len) {
        text_char(text, '?');
    }
}

static void put_string(struct text *text, const struct space *space, uaddr_t at)
{
    uint64_t len = 0;
    char c;

    if (at == 0) {
        text_printf(text, "NULL");
        return;
    }
    while (len < STRING_BYTES && space_peek(space, &c, at + len, 1) == 1 && c != '\0') {
        len++;
    }
    put_bytes(text, space, at, space_peek(space, &c, at, 1) == 1 ? len : 1);
}

static void put_string_vector(struct text *text, const struct space *space, uaddr_t at)
{
    unsigned count = 0;

    text_char(text, '[');
    for (; at != 0 && count < EXEC_ARGS_MAX; count++) {
        uint64_t string;
        if (space_peek(space, &string, at + count * sizeof(string), sizeof(string)) !=
            sizeof(string)) {
            text_char(text, '?');
            break;
        }
        if (string == 0) {
            break;
        }
        if (count < SHOWN_STRINGS) {
            text_printf(text, count > 0 ? " " : "");
            put_string(text, space, string);
        }
    }
    if (count > SHOWN_STRINGS) {
        text_printf(text, " and %u more", count - SHOWN_STRINGS);
    }
    text_char(text, ']');
}

/* What an ioctl reads, or with is_result what it has written. */
static void put_ioctl(struct text *text, const struct space *space, uint64_t request, uaddr_t at,
                      bool is_result)
{
    int number;

    switch ((uint32_t)request) {
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
    case TCGETS:
        if (is_result == (request == TCGETS)) {
            text_char(text, ' ');
            put_bytes(text, space, at, sizeof(struct abi_termios));
        }
        break;
    case TIOCSPGRP:
    case TIOCGPGRP:
        if (is_result == (request == TIOCGPGRP) &&
            space_peek(space, &number, at, sizeof(number)) == sizeof(number)) {
            text_printf(text, " {%d}", number);
        }
        break;
    default:
        break;
    }
}

/* The bytes of the ranges, of which len mean something. */
static void put_vectors(struct text *text, const struct space *space, uaddr_t at, int64_t count,
                        uint64_t len)
{
    text_char(text, '[');
    for (int64_t i = 0; i < count && i < SHOWN_VECTORS && len > 0; i++) {
        struct abi_iovec vector;
        if (space_peek(space, &vector, at + (uint64_t)i * sizeof(vector), sizeof(vector)) !=
            sizeof(vector)) {
            text_char(text, '?');
            break;
        }
        uint64_t shown = min_u64(vector.iov_len, len);
        put_bytes(text, space, vector.iov_base, shown);
        len -= shown;
    }
    text_char(text, ']');
}

/* A structure of 64-bit numbers. */
static void put_words(struct text *text, const struct space *space, uaddr_t at, unsigned count)
{
    text_char(text, '{');
    for (unsigned i = 0; i < count; i++) {
        uint64_t word;
        if (space_peek(space, &word, at + i * sizeof(word), sizeof(word)) != sizeof(word)) {
            text_char(text, '?');
            break;
        }
        text_printf(text, i > 0 ? " %lu" : "%lu", word);
    }
    text_char(text, '}');
}

static void put_spawn(struct text *text, const struct space *space, uaddr_t at)
{
    struct abi_spawn spawn;

    if (space_peek(space, &spawn, at, sizeof(spawn)) != sizeof(spawn)) {
        text_char(text, '?');
        return;
    }
    text_printf(text, "{path=");
    put_string(text, space, spawn.path);
    text_printf(text, " image=0x%lx+%lu argv=", spawn.image, spawn.image_len);
    put_string_vector(text, space, spawn.argv);
    text_printf(text, " envp=");
    put_string_vector(text, space, spawn.envp);
    text_printf(text, " flags=0x%lx}", spawn.flags);
}

/* What an argument that is not 0 points to, where the call reads it. */
static void put_pointed(struct text *text, enum syscall_kind kind, const struct space *space,
                        const uint64_t *arg)
{
    switch (kind) {
    case KIND_IN_BYTES:
        text_char(text, ' ');
        put_bytes(text, space, *arg, arg[1]);
        break;
    case KIND_IN_IOV:
        text_char(text, ' ');
        put_vectors(text, space, *arg, (int64_t)arg[1], UINT64_MAX);
        break;
    case KIND_IN_TIMESPEC:
    case KIND_IN_RLIMIT:
        text_char(text, ' ');
        put_words(text, space, *arg, 2);
        break;
    case KIND_IN_SPAWN:
        text_char(text, ' ');
        put_spawn(text, space, *arg);
        break;
    case KIND_INOUT:
        put_ioctl(text, space, arg[-1], *arg, false);
        break;
    default:
        break;
    }
}

static void put_input(struct text *text, enum syscall_kind kind, const struct space *space,
                      const uint64_t *arg)
{
    switch (kind) {
    case KIND_INT:
    case KIND_FD:
    case KIND_PID:
    case KIND_SIG:
        text_printf(text, "%d", (int)*arg);
        return;
    case KIND_LONG:
        text_printf(text, "%ld", (int64_t)*arg);
        return;
    case KIND_SIZE:
        text_printf(text, "%lu", *arg);
        return;
    case KIND_PATH:
        put_string(text, space, *arg);
        return;
    case KIND_STRV:
        put_string_vector(text, space, *arg);
        return;
    default:
        break;
    }
    text_printf(text, "0x%lx", *arg);
    if (*arg != 0) {
        put_pointed(text, kind, space, arg);
    }
}

void describe_inputs(struct text *text, const struct syscall *call, const struct thread *thread)
{
    const uint64_t *args = thread->user.x;

    if (!call) {
        text_printf(text, "call_%u(0x%lx, 0x%lx, 0x%lx)", (uint32_t)thread->user.x[8], args[0],
                    args[1], args[2]);
        return;
    }
    text_printf(text, "%s(", call->name);
    for (unsigned i = 0; i < call->arg_count; i++) {
        if (i > 0) {
            text_printf(text, ", ");
        }
        put_input(text, call->kinds[i], space_of(thread), &args[i]);
    }
    text_char(text, ')');
}

static const char *error_name(int64_t result)
{
    static const char *const names[] = {
        [EPERM] = "EPERM",     [ENOENT] = "ENOENT",
        [ESRCH] = "ESRCH",     [EINTR] = "EINTR",
        [EIO] = "EIO",         [E2BIG] = "E2BIG",
        [ENOEXEC] = "ENOEXEC", [EBADF] = "EBADF",
        [ECHILD] = "ECHILD",   [EAGAIN] = "EAGAIN",
        [ENOMEM] = "ENOMEM",   [EACCES] = "EACCES",
        [EFAULT] = "EFAULT",   [EBUSY] = "EBUSY",
        [EEXIST] = "EEXIST",   [ENODEV] = "ENODEV",
        [ENOTDIR] = "ENOTDIR", [EISDIR] = "EISDIR",
        [EINVAL] = "EINVAL",   [ENOTTY] = "ENOTTY",
        [EFBIG] = "EFBIG",     [ENAMETOOLONG] = "ENAMETOOLONG",
        [ENOSYS] = "ENOSYS",   [ELOOP] = "ELOOP",
    };

    if (result >= 0 || (uint64_t)-result >= ARRAY_LEN(names)) {
        return NULL;
    }
    return names[-result];
}

void describe_outputs(struct text *text, const struct syscall *call, const struct thread *thread,
                      const uint64_t *args, int64_t result)
{
    const char *error = error_name(result);

    if (error) {
        text_printf(text, " = -%s", error);
        return;
    }
    text_printf(text, result > 0xffff ? " = 0x%lx" : " = %ld", result);
    for (unsigned i = 0; call && result >= 0 && i < call->arg_count; i++) {
        const struct space *space = space_of(thread);
        if (args[i] == 0) {
            continue;
        }
        if (call->kinds[i] == KIND_OUT_BYTES) {
            text_char(text, ' ');
            put_bytes(text, space, args[i], (uint64_t)result);
        } else if (call->kinds[i] == KIND_OUT_IOV) {
            text_char(text, ' ');
            put_vectors(text, space, args[i], (int64_t)args[i + 1], (uint64_t)result);
        } else if (call->kinds[i] == KIND_OUT_INT) {
            int value = 0;
            if (space_peek(space, &value, args[i], sizeof(value)) == sizeof(value)) {
                text_printf(text, " {0x%x}", (unsigned)value);
            }
        } else if (call->kinds[i] == KIND_OUT_TIMESPEC || call->kinds[i] == KIND_OUT_RLIMIT) {
            text_char(text, ' ');
            put_words(text, space, args[i], 2);
        } else if (call->kinds[i] == KIND_OUT_UTSNAME) {
            text_char(text, ' ');
            put_bytes(text, space, args[i], sizeof(struct abi_utsname));
        } else if (call->kinds[i] == KIND_INOUT) {
            put_ioctl(text, space, args[i - 1], args[i], true);
        } else if (call->kinds[i] == KIND_OUT_STAT) {
            text_char(text, ' ');
            put_words(text, space, args[i], sizeof(struct abi_stat) / sizeof(uint64_t));
        }
    }
}
