#include "syscall/show.h"

#include "abi/eft.h"
#include "abi/linux.h"
#include "base/string.h"
#include "proc/process.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

#define AT(n) (CALLS_DATA + (n))

enum { TEXT_MAX = 16384 };

static struct process *init;
static char bytes[TEXT_MAX + 1];
static struct text text;

static void begin(void)
{
    init = calls_begin();
}

static struct view view_of(bool is_whole)
{
    text = (struct text){bytes, TEXT_MAX, 0};
    return (struct view){.text = &text, .space = init->space, .is_whole = is_whole};
}

static const char *ended(void)
{
    bytes[text.len] = '\0';
    return bytes;
}

/* What a function of show.h tells, in short and as a whole. */
#define SHOWN(function_, ...)                                                                      \
    ({                                                                                             \
        const struct view view = view_of(false);                                                   \
        function_(&view, __VA_ARGS__);                                                             \
        ended();                                                                                   \
    })
#define WHOLE(function_, ...)                                                                      \
    ({                                                                                             \
        const struct view view = view_of(true);                                                    \
        function_(&view, __VA_ARGS__);                                                             \
        ended();                                                                                   \
    })

static void put_words(uaddr_t at, unsigned count, const uint64_t *words)
{
    calls_put(at, words, count * sizeof(*words));
}

TEST(show_bytes_as_strace_does)
{
    begin();
    calls_put(AT(0), "a\n\"\\\x01\x7f~ \xff", 9);
    EXPECT_STREQ(SHOWN(show_bytes, AT(0), 9), "\"a\\n\\\"\\\\\\1\\177~ \\377\"");
    EXPECT_STREQ(SHOWN(show_bytes, AT(0), 0), "\"\"");
    EXPECT_STREQ(SHOWN(show_bytes, 0, 5), "NULL");
    EXPECT_STREQ(SHOWN(show_bytes, CALLS_NOWHERE, 5), "0x1000");
    EXPECT_STREQ(SHOWN(show_bytes, UINT64_MAX, 5), "0xffffffffffffffff");
    calls_put(AT(0), "\0001\0x\t\v\f\r\0339", 10);
    EXPECT_STREQ(SHOWN(show_bytes, AT(0), 10), "\"\\0001\\0x\\t\\v\\f\\r\\0339\"");
    calls_put(AT(0), "\033x\0334", 4);
    EXPECT_STREQ(SHOWN(show_bytes, AT(0), 4), "\"\\33x\\0334\"");
    fixture_end();
}

/* The first 32; and where all counts the first 256, and a hash that tells whether two are equal. */
TEST(show_bytes_that_are_many)
{
    char first[TEXT_MAX];
    uint8_t data[300];

    begin();
    memset(data, 'x', sizeof(data));
    calls_put(AT(0), data, sizeof(data));
    EXPECT_EQ(str_len(SHOWN(show_bytes, AT(0), 32)), 34);
    EXPECT_EQ(str_len(SHOWN(show_bytes, AT(0), 33)), 37);
    EXPECT_EQ(str_len(WHOLE(show_bytes, AT(0), 256)), 258);
    str_copy(first, WHOLE(show_bytes, AT(0), 300), sizeof(first));
    EXPECT_EQ(str_len(first), str_len("\"\"...#0123456789abcdef") + 256);
    EXPECT_STREQ(WHOLE(show_bytes, AT(0), 300), first);
    calls_put(AT(299), "y", 1);
    EXPECT(!str_equal(WHOLE(show_bytes, AT(0), 300), first));
    /* What is not mapped behind the shown part is left out of the hash. */
    EXPECT(str_starts(WHOLE(show_bytes, CALLS_DATA_END - 256, 300), "\"\\0\\0", NULL));
    EXPECT(str_starts(WHOLE(show_bytes, AT(0), UINT64_MAX), "\"xxx", NULL));
    fixture_end();
}

TEST(show_paths_and_strings)
{
    char name[400];

    begin();
    calls_put_text(AT(0), "/bin/sh");
    EXPECT_STREQ(SHOWN(show_path, AT(0)), "\"/bin/sh\"");
    EXPECT_STREQ(SHOWN(show_string, AT(0)), "\"/bin/sh\"");
    EXPECT_STREQ(SHOWN(show_path, 0), "NULL");
    EXPECT_STREQ(SHOWN(show_string, 0), "NULL");
    EXPECT_STREQ(SHOWN(show_path, CALLS_NOWHERE), "0x1000");
    EXPECT_STREQ(SHOWN(show_string, CALLS_NOWHERE), "0x1000");
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    calls_put_text(AT(0), name);
    EXPECT_EQ(str_len(SHOWN(show_path, AT(0))), 401);
    EXPECT_EQ(str_len(SHOWN(show_string, AT(0))), 37);
    EXPECT_STREQ(SHOWN(show_string, AT(399)), "\"\"");
    calls_put(CALLS_DATA_END - 3, "abc", 3); /* it does not end */
    EXPECT_STREQ(SHOWN(show_path, CALLS_DATA_END - 3), "\"abc\"");
    fixture_end();
}

TEST(show_vectors_of_strings)
{
    begin();
    calls_put_text(AT(0), "one");
    calls_put_text(AT(8), "two words");
    put_words(AT(64), 4, (const uint64_t[]){AT(0), AT(8), CALLS_NOWHERE, 0});
    put_words(CALLS_DATA_END - 8, 1, (const uint64_t[]){AT(0)});
    EXPECT_STREQ(SHOWN(show_strings, AT(64)), "[\"one\", \"two words\", 0x1000]");
    EXPECT_STREQ(SHOWN(show_strings, AT(88)), "[]");
    EXPECT_STREQ(SHOWN(show_strings, 0), "NULL");
    EXPECT_STREQ(SHOWN(show_strings, CALLS_NOWHERE), "0x1000");
    EXPECT_STREQ(SHOWN(show_strings, CALLS_DATA_END - 8), "[\"one\", ???]");
    EXPECT_STREQ(SHOWN(show_environment, AT(64)), "0x20000040 /* 3 vars */");
    EXPECT_STREQ(SHOWN(show_environment, AT(80)), "0x20000050 /* 1 var */");
    EXPECT_STREQ(SHOWN(show_environment, AT(88)), "0x20000058 /* 0 vars */");
    EXPECT_STREQ(SHOWN(show_environment, 0), "NULL");
    EXPECT_STREQ(SHOWN(show_environment, CALLS_DATA_END - 8), "0x2001fff8");
    EXPECT_STREQ(WHOLE(show_environment, AT(80)), "[0x1000]");
    fixture_end();
}

TEST(show_vectors_of_many_strings)
{
    begin();
    calls_put_text(AT(0), "one");
    for (unsigned i = 0; i < 5000; i++) {
        put_words(AT(64 + i * 8), 1, (const uint64_t[]){AT(0)});
    }
    EXPECT_EQ(str_len(SHOWN(show_strings, AT(64))), str_len("[, ...]") + 32 * 7 - 2);
    EXPECT_EQ(str_len(WHOLE(show_strings, AT(64))), str_len("[, ...]") + 12 * 7 - 2);
    EXPECT_STREQ(SHOWN(show_environment, AT(64)), "0x20000040 /* 4096 vars and more */");
    put_words(AT(64 + 32 * 8), 1, (const uint64_t[]){0});
    EXPECT_EQ(str_len(SHOWN(show_strings, AT(64))), str_len("[]") + 32 * 7 - 2);
    fixture_end();
}

TEST(show_vectors_of_bytes)
{
    begin();
    calls_put(AT(0), "abcd", 4);
    put_words(AT(64), 4, (const uint64_t[]){AT(0), 2, AT(2), 2});
    put_words(CALLS_DATA_END - 16, 2, (const uint64_t[]){AT(0), 1});
    EXPECT_STREQ(SHOWN(show_iov, AT(64), 2, UINT64_MAX),
                 "[{iov_base=\"ab\", iov_len=2}, {iov_base=\"cd\", iov_len=2}]");
    EXPECT_STREQ(SHOWN(show_iov, AT(64), 2, 3),
                 "[{iov_base=\"ab\", iov_len=2}, {iov_base=\"c\", iov_len=2}]");
    EXPECT_STREQ(SHOWN(show_iov, AT(64), 0, 0), "[]");
    EXPECT_STREQ(SHOWN(show_iov, AT(64), -1, 0), "0x20000040");
    EXPECT_STREQ(SHOWN(show_iov, 0, 1, 0), "NULL");
    EXPECT_STREQ(SHOWN(show_iov, CALLS_DATA_END - 16, 2, 9),
                 "[{iov_base=\"a\", iov_len=1}, 0x20020000]");
    for (unsigned i = 0; i < 20; i++) {
        put_words(AT(64 + 16 * i), 2, (const uint64_t[]){AT(0), 1});
    }
    EXPECT_EQ(str_len(SHOWN(show_iov, AT(64), 20, 99)),
              str_len("[, ...]") + 16 * str_len(", {iov_base=\"a\", iov_len=1}") - 2);
    fixture_end();
}

TEST(show_numbers)
{
    begin();
    calls_put(AT(0), (const int[]){3, 4}, 8);
    calls_put(AT(8), (const int[]){SIGKILL}, 4);
    EXPECT_STREQ(SHOWN(show_ints, AT(0), 2), "[3, 4]");
    EXPECT_STREQ(SHOWN(show_ints, AT(0), 1), "[3]");
    EXPECT_STREQ(SHOWN(show_ints, 0, 1), "NULL");
    EXPECT_STREQ(SHOWN(show_ints, CALLS_NOWHERE, 1), "0x1000");
    EXPECT_STREQ(SHOWN(show_signal, AT(8)), "[SIGKILL]");
    EXPECT_STREQ(SHOWN(show_signal, CALLS_NOWHERE), "0x1000");
    fixture_end();
}

TEST(show_wait_statuses)
{
    static const struct {
        int status;
        const char *expected;
    } statuses[] = {
        {0, "[{WIFEXITED(s) && WEXITSTATUS(s) == 0}]"},
        {0x2a00, "[{WIFEXITED(s) && WEXITSTATUS(s) == 42}]"},
        {SIGKILL, "[{WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL}]"},
        {SIGSEGV | 0x80, "[{WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV && WCOREDUMP(s)}]"},
        {SIGSTOP << 8 | 0x7f, "[{WIFSTOPPED(s) && WSTOPSIG(s) == SIGSTOP}]"},
        {0xffff, "[{WIFCONTINUED(s)}]"},
    };

    begin();
    for (unsigned i = 0; i < ARRAY_LEN(statuses); i++) {
        calls_put(AT(0), &statuses[i].status, sizeof(int));
        EXPECT_STREQ(SHOWN(show_wait_status, AT(0)), statuses[i].expected);
    }
    EXPECT_STREQ(SHOWN(show_wait_status, 0), "NULL");
    fixture_end();
}

static const char *open_flags(uint32_t flags)
{
    text = (struct text){bytes, TEXT_MAX, 0};
    show_open_flags(&text, flags);
    return ended();
}

TEST(show_flags_of_open)
{
    EXPECT_STREQ(open_flags(O_RDONLY), "O_RDONLY");
    EXPECT_STREQ(open_flags(O_RDONLY | O_CLOEXEC), "O_RDONLY|O_CLOEXEC");
    EXPECT_STREQ(open_flags(O_WRONLY | O_CREAT | O_TRUNC), "O_WRONLY|O_CREAT|O_TRUNC");
    EXPECT_STREQ(open_flags(O_RDWR), "O_RDWR");
    EXPECT_STREQ(open_flags(O_ACCMODE), "O_ACCMODE");
}

TEST(show_signals_in_structures)
{
    struct abi_siginfo info = {.si_signo = SIGCHLD, .si_code = CLD_EXITED, .si_pid = 5};
    struct abi_sigaction action = {.handler = SIG_IGN, .mask = 2};

    begin();
    info.si_status = 3;
    calls_put(AT(0), &info, sizeof(info));
    EXPECT_STREQ(SHOWN(show_siginfo, AT(0)),
                 "{si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=5, si_uid=0, si_status=3, "
                 "si_utime=0, si_stime=0}");
    info.si_code = CLD_KILLED;
    info.si_status = SIGKILL;
    memcpy(info.rest + 4, (const int64_t[]){7, 812}, 16);
    calls_put(AT(0), &info, sizeof(info));
    EXPECT_STREQ(SHOWN(show_siginfo, AT(0)),
                 "{si_signo=SIGCHLD, si_code=CLD_KILLED, si_pid=5, si_uid=0, si_status=SIGKILL, "
                 "si_utime=7 /* 0.07 s */, si_stime=812 /* 8.12 s */}");
    EXPECT_STREQ(SHOWN(show_siginfo, AT(1000)), "{}");
    EXPECT_STREQ(SHOWN(show_siginfo, 0), "NULL");
    calls_put(AT(0), &action, sizeof(action));
    EXPECT_STREQ(SHOWN(show_sigaction, AT(0)), "{sa_handler=SIG_IGN, sa_mask=[INT], sa_flags=0}");
    action = (struct abi_sigaction){.flags = SA_NOCLDSTOP | 0x04000000, .restorer = 0x5000};
    calls_put(AT(0), &action, sizeof(action));
    EXPECT_STREQ(SHOWN(show_sigaction, AT(0)),
                 "{sa_handler=SIG_DFL, sa_mask=[], sa_flags=SA_RESTORER|SA_NOCLDSTOP, "
                 "sa_restorer=0x5000}");
    action.handler = 0x6000;
    action.flags = 0;
    calls_put(AT(0), &action, sizeof(action));
    EXPECT_STREQ(SHOWN(show_sigaction, AT(0)), "{sa_handler=0x6000, sa_mask=[], sa_flags=0}");
    EXPECT_STREQ(SHOWN(show_sigaction, CALLS_NOWHERE), "0x1000");
    struct abi_sigaltstack stack = {0x7000, (int32_t)(SS_ONSTACK | SS_AUTODISARM), 0, 8192};
    calls_put(AT(0), &stack, sizeof(stack));
    EXPECT_STREQ(SHOWN(show_altstack, AT(0)),
                 "{ss_sp=0x7000, ss_flags=SS_ONSTACK|SS_AUTODISARM, ss_size=8192}");
    stack = (struct abi_sigaltstack){0};
    calls_put(AT(0), &stack, sizeof(stack));
    EXPECT_STREQ(SHOWN(show_altstack, AT(0)), "{ss_sp=NULL, ss_flags=0, ss_size=0}");
    EXPECT_STREQ(SHOWN(show_altstack, CALLS_NOWHERE), "0x1000");
    put_words(AT(0), 1, (const uint64_t[]){1});
    EXPECT_STREQ(SHOWN(show_sigset, AT(0)), "[HUP]");
    EXPECT_STREQ(SHOWN(show_sigset, 0), "NULL");
    fixture_end();
}

TEST(show_times_and_limits)
{
    begin();
    put_words(AT(0), 4, (const uint64_t[]){1, 500, 3, 0});
    put_words(CALLS_DATA_END - 8, 1, (const uint64_t[]){3});
    EXPECT_STREQ(SHOWN(show_tms, AT(0)), "{tms_utime=1 /* 0.01 s */, tms_stime=500 /* 5.00 s */, "
                                         "tms_cutime=3 /* 0.03 s */, tms_cstime=0}");
    EXPECT_STREQ(SHOWN(show_tms, 0), "NULL");
    EXPECT_STREQ(SHOWN(show_rusage, AT(0)),
                 "{ru_utime={tv_sec=1, tv_usec=500}, ru_stime={tv_sec=3, tv_usec=0}, ...}");
    EXPECT_EQ(str_len(WHOLE(show_rusage, AT(0))), str_len(SHOWN(show_rusage, AT(0))) + 17);
    EXPECT_STREQ(SHOWN(show_rusage, 0), "NULL");
    EXPECT_STREQ(SHOWN(show_rlimit, AT(0)), "{rlim_cur=1, rlim_max=500}");
    put_words(AT(0), 2, (const uint64_t[]){8 << 20, RLIM_INFINITY});
    EXPECT_STREQ(SHOWN(show_rlimit, AT(0)), "{rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}");
    put_words(AT(0), 2, (const uint64_t[]){1024, 1025});
    EXPECT_STREQ(SHOWN(show_rlimit, AT(0)), "{rlim_cur=1024, rlim_max=1025}");
    EXPECT_STREQ(SHOWN(show_rlimit, 0), "NULL");
    fixture_end();
}

TEST(show_what_the_machine_has)
{
    struct abi_sysinfo info = {.uptime = 5, .procs = 2};

    begin();
    calls_put(AT(0), &info, sizeof(info));
    EXPECT_STREQ(SHOWN(show_sysinfo, AT(0)), "{uptime=5, ..., procs=2, ...}");
    EXPECT_STREQ(SHOWN(show_sysinfo, 0), "NULL");
    fixture_end();
}

TEST(show_files)
{
    struct abi_stat status = {.st_mode = S_IFREG | 0644, .st_size = 10};

    begin();
    calls_put(AT(0), &status, sizeof(status));
    EXPECT_STREQ(SHOWN(show_stat, AT(0)), "{st_mode=S_IFREG|0644, st_size=10, ...}");
    EXPECT_EQ(str_len(WHOLE(show_stat, AT(0))), str_len(SHOWN(show_stat, AT(0))) + 17);
    status = (struct abi_stat){.st_mode = S_IFCHR | 04620, .st_rdev = 5 << 8 | 1};
    calls_put(AT(0), &status, sizeof(status));
    EXPECT_STREQ(SHOWN(show_stat, AT(0)),
                 "{st_mode=S_IFCHR|04620, st_rdev=makedev(0x5, 0x1), ...}");
    EXPECT_STREQ(SHOWN(show_stat, 0), "NULL");
    fixture_end();
}

TEST(show_names_and_terminals)
{
    struct abi_utsname name = {.sysname = "Linux", .nodename = "eft"};
    struct abi_termios termios = {.c_oflag = OPOST, .c_cflag = B115200 | CS8};
    const struct abi_winsize size = {.ws_row = 24, .ws_col = 80};

    begin();
    calls_put(AT(0), &name, sizeof(name));
    EXPECT_STREQ(SHOWN(show_utsname, AT(0)), "{sysname=\"Linux\", nodename=\"eft\", ...}");
    memset(&name, 'x', sizeof(name)); /* it does not end */
    calls_put(AT(0), &name, sizeof(name));
    EXPECT_EQ(str_len(SHOWN(show_utsname, AT(0))),
              str_len("{sysname=\"\", nodename=\"\", ...}") + 2 * 65);
    EXPECT_STREQ(SHOWN(show_utsname, 0), "NULL");
    calls_put(AT(0), &termios, sizeof(termios));
    EXPECT_STREQ(SHOWN(show_termios, AT(0)), "{B115200 opost -isig -icanon -echo ...}");
    termios.c_oflag = 0;
    termios.c_lflag = ISIG | ICANON | ECHO;
    calls_put(AT(0), &termios, sizeof(termios));
    EXPECT_STREQ(SHOWN(show_termios, AT(0)), "{B115200 -opost isig icanon echo ...}");
    EXPECT_EQ(str_len(WHOLE(show_termios, AT(0))), str_len(SHOWN(show_termios, AT(0))) + 17);
    EXPECT_STREQ(SHOWN(show_termios, 0), "NULL");
    calls_put(AT(0), &size, sizeof(size));
    EXPECT_STREQ(SHOWN(show_winsize, AT(0)), "{ws_row=24, ws_col=80, ws_xpixel=0, ws_ypixel=0}");
    EXPECT_STREQ(SHOWN(show_winsize, 0), "NULL");
    fixture_end();
}

TEST(show_what_makes_processes)
{
    const struct abi_spawn spawn = {.path = AT(400), .image_len = 7, .argv = AT(500)};
    struct abi_clone_args args = {.flags = CLONE_VM | CLONE_VFORK, .exit_signal = SIGCHLD};

    begin();
    calls_put(AT(0), &spawn, sizeof(spawn));
    calls_put_text(AT(400), "/bin/sh");
    put_words(AT(500), 2, (const uint64_t[]){AT(400), 0});
    EXPECT_STREQ(SHOWN(show_spawn, AT(0)), "{path=\"/bin/sh\", image=NULL, image_len=7, "
                                           "argv=[\"/bin/sh\"], envp=NULL, flags=0x0}");
    EXPECT_STREQ(SHOWN(show_spawn, CALLS_NOWHERE), "0x1000");
    args.stack = 0x7000;
    args.stack_size = 0x1000;
    args.tls = 0x10;
    calls_put(AT(0), &args, sizeof(args));
    EXPECT_STREQ(SHOWN(show_clone_args, AT(0), sizeof(args)),
                 "{flags=CLONE_VM|CLONE_VFORK, exit_signal=SIGCHLD, stack=0x7000, "
                 "stack_size=0x1000, tls=0x10}");
    EXPECT_STREQ(SHOWN(show_clone_args, AT(0), 8),
                 "{flags=CLONE_VM|CLONE_VFORK, exit_signal=0, stack=NULL, stack_size=0}");
    EXPECT_STREQ(SHOWN(show_clone_args, 0, 88), "NULL");
    fixture_end();
}

/* Looking changes nothing: no page is made for it. */
TEST(show_touches_nothing)
{
    begin();
    uint64_t used = fixture_frames_used();
    (void)WHOLE(show_bytes, AT(0), 3 * PAGE_SIZE);
    (void)SHOWN(show_strings, AT(0));
    EXPECT_EQ(fixture_frames_used(), used);
    fixture_end();
}
