#include "syscall/describe.h"

#include "abi/eft.h"
#include "abi/errno.h"
#include "abi/linux.h"
#include "base/string.h"
#include "proc/process.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

#define AT(n) (CALLS_DATA + (n))

enum { TEXT_MAX = 4096 };

static struct process *init;
static char bytes[TEXT_MAX + 1];

static void begin(void)
{
    init = calls_begin();
}

static const char *ended(const struct text *text)
{
    EXPECT(text->len <= text->capacity);
    bytes[text->len] = '\0';
    return bytes;
}

static const char *inputs_of(unsigned number, size_t capacity, const uint64_t *args)
{
    struct text text = {bytes, capacity, 0};
    struct thread *thread = init->thread;

    memcpy(thread->user.x, args, SYSCALL_ARGS_MAX * sizeof(*args));
    thread->user.x[8] = number;
    describe_inputs(&text, syscall_find(number), thread);
    return ended(&text);
}

static const char *outputs_of(unsigned number, int64_t result, const uint64_t *args)
{
    struct text text = {bytes, TEXT_MAX, 0};

    describe_outputs(&text, syscall_find(number), init->thread, args, result);
    return ended(&text);
}

#define INPUTS(name_, ...)                                                                         \
    inputs_of(NR_##name_, TEXT_MAX, (const uint64_t[SYSCALL_ARGS_MAX]){__VA_ARGS__})
#define OUTPUTS(name_, result_, ...)                                                               \
    outputs_of(NR_##name_, result_, (const uint64_t[SYSCALL_ARGS_MAX]){__VA_ARGS__})

static void put_words(uaddr_t at, unsigned count, const uint64_t *words)
{
    calls_put(at, words, count * sizeof(*words));
}

TEST(describe_numbers)
{
    begin();
    EXPECT_STREQ(INPUTS(getpid), "getpid()");
    EXPECT_STREQ(INPUTS(exit, (uint64_t)-1), "exit(-1)");
    EXPECT_STREQ(INPUTS(kill, 0xffffffff, 9), "kill(-1, 9)");
    EXPECT_STREQ(INPUTS(munmap, 0x1000, 4096), "munmap(0x1000, 4096)");
    EXPECT_STREQ(INPUTS(brk, 0), "brk(0x0)");
    EXPECT_STREQ(INPUTS(mmap, 0, 1, 3, 0x22, (uint64_t)-1, (uint64_t)-4096),
                 "mmap(0x0, 1, 0x3, 0x22, -1, -4096)");
    EXPECT_STREQ(INPUTS(ioctl, 0, TCGETS, AT(0)), "ioctl(0, 0x5401, 0x20000000)");
    fixture_end();
}

TEST(describe_call_that_is_unknown)
{
    begin();
    EXPECT_STREQ(inputs_of(999, TEXT_MAX, (const uint64_t[6]){1, 2, 3, 4}),
                 "call_999(0x1, 0x2, 0x3)");
    EXPECT_STREQ(outputs_of(999, -ENOSYS, (const uint64_t[6]){0}), " = -ENOSYS");
    EXPECT_STREQ(outputs_of(999, 7, (const uint64_t[6]){1, 2}), " = 7");
    fixture_end();
}

TEST(describe_bytes)
{
    begin();
    calls_put(AT(0), "a\n\"\\\x01\x7f~ \xff", 9);
    EXPECT_STREQ(INPUTS(write, 1, AT(0), 9),
                 "write(1, 0x20000000 \"a\\n\\\"\\\\\\x01\\x7f~ \\xff\", 9)");
    EXPECT_STREQ(INPUTS(write, 1, AT(0), 0), "write(1, 0x20000000 \"\", 0)");
    EXPECT_STREQ(INPUTS(write, 1, 0, 5), "write(1, 0x0, 5)");
    fixture_end();
}

TEST(describe_bytes_that_are_not_there)
{
    begin();
    calls_put(CALLS_DATA_END - 2, "ab", 2);
    EXPECT_STREQ(INPUTS(write, 1, CALLS_DATA_END - 2, 5), "write(1, 0x2001fffe \"ab\"?, 5)");
    EXPECT_STREQ(INPUTS(write, 1, CALLS_NOWHERE, 5), "write(1, 0x1000 \"\"?, 5)");
    EXPECT_STREQ(INPUTS(write, 1, UINT64_MAX, 5), "write(1, 0xffffffffffffffff \"\"?, 5)");
    fixture_end();
}

/* The first 256 are shown; of what follows, a hash tells whether two traces are the same. */
TEST(describe_many_bytes)
{
    char first[TEXT_MAX];
    uint8_t data[300];

    begin();
    memset(data, 'x', sizeof(data));
    calls_put(AT(0), data, sizeof(data));
    EXPECT_EQ(str_len(INPUTS(write, 1, AT(0), 256)),
              str_len("write(1, 0x20000000 \"\", 256)") + 256);
    str_copy(first, INPUTS(write, 1, AT(0), 300), sizeof(first));
    EXPECT_EQ(str_len(first), str_len("write(1, 0x20000000 \"\"#0123456789abcdef, 300)") + 256);
    EXPECT_STREQ(INPUTS(write, 1, AT(0), 300), first);
    calls_put(AT(299), "y", 1);
    EXPECT(!str_equal(INPUTS(write, 1, AT(0), 300), first));
    fixture_end();
}

TEST(describe_strings)
{
    char long_name[400];

    begin();
    calls_put_text(AT(0), "/bin/sh");
    EXPECT_STREQ(INPUTS(execve, AT(0), 0, 0), "execve(\"/bin/sh\", [], [])");
    EXPECT_STREQ(INPUTS(execve, 0, 0, 0), "execve(NULL, [], [])");
    EXPECT_STREQ(INPUTS(execve, CALLS_NOWHERE, 0, 0), "execve(\"\"?, [], [])");
    memset(long_name, 'x', sizeof(long_name) - 1);
    long_name[sizeof(long_name) - 1] = '\0';
    calls_put_text(AT(0), long_name);
    EXPECT_EQ(str_len(INPUTS(execve, AT(0), 0, 0)),
              str_len("execve(\"\"#0123456789abcdef, [], [])") + 256);
    fixture_end();
}

TEST(describe_vectors_of_strings)
{
    begin();
    calls_put_text(AT(0), "one");
    calls_put_text(AT(8), "two words");
    put_words(AT(64), 4, (const uint64_t[]){AT(0), AT(8), CALLS_NOWHERE, 0});
    put_words(CALLS_DATA_END - 8, 1, (const uint64_t[]){AT(0)});
    EXPECT_STREQ(INPUTS(execve, 0, AT(64), AT(88)),
                 "execve(NULL, [\"one\" \"two words\" \"\"?], [])");
    EXPECT_STREQ(INPUTS(execve, 0, CALLS_DATA_END - 8, CALLS_NOWHERE),
                 "execve(NULL, [\"one\"?], [?])");
    for (unsigned i = 0; i < 40; i++) {
        put_words(AT(64 + i * 8), 1, (const uint64_t[]){AT(0)});
    }
    EXPECT_EQ(str_len(INPUTS(execve, 0, AT(64), 0)),
              str_len("execve(NULL, [ and 28 more], [])") + 12 * 6 - 1);
    fixture_end();
}

TEST(describe_vectors_of_bytes)
{
    begin();
    calls_put(AT(0), "abcd", 4);
    put_words(AT(64), 4, (const uint64_t[]){AT(0), 2, AT(2), 2});
    put_words(CALLS_DATA_END - 16, 2, (const uint64_t[]){AT(0), 1});
    EXPECT_STREQ(INPUTS(writev, 1, AT(64), 2), "writev(1, 0x20000040 [\"ab\"\"cd\"], 2)");
    EXPECT_STREQ(INPUTS(writev, 1, AT(64), 0), "writev(1, 0x20000040 [], 0)");
    EXPECT_STREQ(INPUTS(writev, 1, AT(64), (uint64_t)-1),
                 "writev(1, 0x20000040 [], 18446744073709551615)");
    EXPECT_STREQ(INPUTS(writev, 1, CALLS_DATA_END - 16, 2), "writev(1, 0x2001fff0 [\"a\"?], 2)");
    EXPECT_STREQ(OUTPUTS(readv, 3, 3, AT(64), 2), " = 3 [\"ab\"\"c\"]");
    for (unsigned i = 0; i < 20; i++) {
        put_words(AT(64 + 16 * i), 2, (const uint64_t[]){AT(0), 1});
    }
    EXPECT_EQ(str_len(INPUTS(writev, 1, AT(64), 20)),
              str_len("writev(1, 0x20000040 [], 20)") + 16 * 3);
    fixture_end();
}

TEST(describe_structures_that_are_read)
{
    begin();
    put_words(AT(0), 2, (const uint64_t[]){1, 500});
    put_words(CALLS_DATA_END - 8, 1, (const uint64_t[]){3});
    EXPECT_STREQ(INPUTS(nanosleep, AT(0), 0), "nanosleep(0x20000000 {1 500}, 0x0)");
    EXPECT_STREQ(INPUTS(nanosleep, CALLS_DATA_END - 8, 0), "nanosleep(0x2001fff8 {3?}, 0x0)");
    EXPECT_STREQ(INPUTS(prlimit64, 0, 3, AT(0), 0), "prlimit64(0, 3, 0x20000000 {1 500}, 0x0)");
    fixture_end();
}

TEST(describe_spawn)
{
    const struct abi_spawn spawn = {
        .path = AT(200), .image = 0x5000, .image_len = 7, .argv = AT(300)};

    begin();
    calls_put(AT(0), &spawn, sizeof(spawn));
    calls_put_text(AT(200), "/bin/sh");
    put_words(AT(300), 2, (const uint64_t[]){AT(200), 0});
    EXPECT_STREQ(INPUTS(spawn, AT(0)), "spawn(0x20000000 {path=\"/bin/sh\" image=0x5000+7 "
                                       "argv=[\"/bin/sh\"] envp=[] flags=0x0})");
    EXPECT_STREQ(INPUTS(spawn, CALLS_NOWHERE), "spawn(0x1000 ?)");
    fixture_end();
}

TEST(describe_ioctl)
{
    struct abi_termios termios;
    char input[400];

    begin();
    memset(&termios, 'x', sizeof(termios));
    calls_put(AT(0), &termios, sizeof(termios));
    calls_put(AT(100), &(int){7}, sizeof(int));
    str_copy(input, INPUTS(ioctl, 0, TCSETS, AT(0)), sizeof(input));
    EXPECT(str_starts(input, "ioctl(0, 0x5402, 0x20000000 \"xxxx", NULL));
    EXPECT(str_starts(INPUTS(ioctl, 0, TCSETSF, AT(0)), "ioctl(0, 0x5404, 0x20000000 \"x", NULL));
    EXPECT(str_starts(INPUTS(ioctl, 0, TCSETSW, AT(0)), "ioctl(0, 0x5403, 0x20000000 \"x", NULL));
    EXPECT_STREQ(INPUTS(ioctl, 0, TIOCSPGRP, AT(100)), "ioctl(0, 0x5410, 0x20000064 {7})");
    EXPECT_STREQ(INPUTS(ioctl, 0, TIOCSPGRP, CALLS_NOWHERE), "ioctl(0, 0x5410, 0x1000)");
    EXPECT_STREQ(INPUTS(ioctl, 0, TIOCGPGRP, AT(100)), "ioctl(0, 0x540f, 0x20000064)");
    EXPECT_STREQ(INPUTS(ioctl, 0, TIOCGWINSZ, AT(100)), "ioctl(0, 0x5413, 0x20000064)");
    EXPECT_STREQ(OUTPUTS(ioctl, 0, 0, TIOCSPGRP, AT(100)), " = 0");
    EXPECT_STREQ(OUTPUTS(ioctl, 0, 0, TIOCGPGRP, AT(100)), " = 0 {7}");
    EXPECT_STREQ(OUTPUTS(ioctl, 0, 0, TIOCGPGRP, CALLS_NOWHERE), " = 0");
    EXPECT(str_starts(OUTPUTS(ioctl, 0, 0, TCGETS, AT(0)), " = 0 \"xxxx", NULL));
    EXPECT_STREQ(OUTPUTS(ioctl, 0, 0, TCSETS, AT(0)), " = 0");
    fixture_end();
}

TEST(describe_results)
{
    begin();
    EXPECT_STREQ(OUTPUTS(getpid, 0), " = 0");
    EXPECT_STREQ(OUTPUTS(getpid, 65535), " = 65535");
    EXPECT_STREQ(OUTPUTS(brk, 65536), " = 0x10000");
    EXPECT_STREQ(OUTPUTS(getpid, -EPERM), " = -EPERM");
    EXPECT_STREQ(OUTPUTS(getpid, -ELOOP), " = -ELOOP");
    EXPECT_STREQ(OUTPUTS(getpid, -6), " = -6"); /* an errno that nothing gives */
    EXPECT_STREQ(OUTPUTS(getpid, -4095), " = -4095");
    fixture_end();
}

TEST(describe_every_error_has_a_name)
{
    static const int errors[] = {EPERM,   ENOENT, ESRCH,  EINTR,        EIO,     E2BIG,
                                 ENOEXEC, EBADF,  ECHILD, EAGAIN,       ENOMEM,  EACCES,
                                 EFAULT,  EBUSY,  EEXIST, ENODEV,       ENOTDIR, EISDIR,
                                 EINVAL,  ENOTTY, EFBIG,  ENAMETOOLONG, ENOSYS,  ELOOP};

    begin();
    for (unsigned i = 0; i < ARRAY_LEN(errors); i++) {
        EXPECT(str_starts(OUTPUTS(getpid, -errors[i]), " = -E", NULL));
    }
    fixture_end();
}

TEST(describe_outputs_of_every_kind)
{
    struct abi_utsname name = {.sysname = "Eft"};
    struct abi_stat status = {.st_dev = 1, .st_ino = 2, .st_size = 3};

    begin();
    calls_put(AT(0), "abc", 3);
    EXPECT_STREQ(OUTPUTS(read, 3, 0, AT(0), 10), " = 3 \"abc\"");
    EXPECT_STREQ(OUTPUTS(read, 0, 0, AT(0), 10), " = 0 \"\"");
    calls_put(AT(0), &(int){0x2a00}, sizeof(int));
    EXPECT_STREQ(OUTPUTS(wait4, 2, 0, AT(0), 0, 0), " = 2 {0x2a00}");
    EXPECT_STREQ(OUTPUTS(wait4, 2, 0, 0, 0, 0), " = 2");
    EXPECT_STREQ(OUTPUTS(wait4, 2, 0, CALLS_NOWHERE, 0, 0), " = 2");
    put_words(AT(0), 2, (const uint64_t[]){5, 6});
    EXPECT_STREQ(OUTPUTS(clock_gettime, 0, 1, AT(0)), " = 0 {5 6}");
    EXPECT_STREQ(OUTPUTS(prlimit64, 0, 0, 0, 0, AT(0)), " = 0 {5 6}");
    calls_put(AT(0), &name, sizeof(name));
    EXPECT(str_starts(OUTPUTS(uname, 0, AT(0)), " = 0 \"Eft\\x00", NULL));
    calls_put(AT(0), &status, sizeof(status));
    EXPECT_STREQ(OUTPUTS(fstat, 0, 1, AT(0)), " = 0 {1 2 0 0 0 0 3 0 0 0 0 0 0 0 0 0}");
    EXPECT_STREQ(OUTPUTS(fstat, -EBADF, 9, AT(0)), " = -EBADF");
    fixture_end();
}

TEST(describe_cuts_off_at_the_capacity)
{
    const uint64_t args[SYSCALL_ARGS_MAX] = {AT(0), AT(100), 3, 4, 5, 6};

    begin();
    for (size_t capacity = 0; capacity < 80; capacity++) {
        char whole[128];
        str_copy(whole, inputs_of(NR_mmap, TEXT_MAX, args), sizeof(whole));
        size_t len = min_u64(capacity, str_len(whole));
        const char *cut = inputs_of(NR_mmap, capacity, args);
        EXPECT_EQ(str_len(cut), len);
        EXPECT_MEMEQ(cut, whole, len);
    }
    fixture_end();
}

/* Describing a call changes nothing: no page is made for it. */
TEST(describe_touches_nothing)
{
    begin();
    uint64_t used = fixture_frames_used();
    (void)INPUTS(write, 1, AT(0), 3 * PAGE_SIZE);
    (void)OUTPUTS(read, 100, 1, AT(5 * PAGE_SIZE), 100);
    EXPECT_EQ(fixture_frames_used(), used);
    fixture_end();
}
