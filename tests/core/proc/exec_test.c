#include "proc/exec.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/cpu.h"
#include "base/inject.h"
#include "base/string.h"
#include "fs/ramfs.h"
#include "mm/limit.h"
#include "mm/uaccess.h"
#include "proc/sched.h"
#include "test.h"
#include "tests/core/elf_builder.h"
#include "tests/core/fixture.h"

#define ARGS_AT ((uaddr_t)1 << 30) /* of the caller's strings */

enum {
    ARGS_PAGES = 128,
    ARGV_TEXT = 60, /* the page of the text of repeated arguments, and of the environment's */
    ENVP_WORDS = 32,
    ENVP_TEXT = 94,
    ENTRY = 0x400800,
    WORDS_MAX = 64,
};

static struct elf_file file;
static struct process *init;
static struct process *child;

static void add_text(const char *name, const char *text)
{
    EXPECT_EQ(ramfs_add(name, RAMFS_REGULAR | 0755, (const uint8_t *)text, str_len(text)), 0);
}

static void add_scripts(void)
{
    add_text("bin/s1", "#!/bin/prog\n");
    add_text("bin/s2", "#!/bin/s1 -2\n");
    add_text("bin/s3", "#! bin/s2\n");
    add_text("bin/s4", "#!/bin/s3 -4 x \n");
    add_text("bin/s5", "#!/bin/s4\n");
    add_text("bin/s6", "#!/bin/s5\n");
    add_text("bin/loop", "#!/bin/loop\n");
    add_text("bin/nameless", "#!\n");
    add_text("bin/lost", "#!/bin/none\n");
    add_text("bin/of-data", "#!/bin/data\n");
    add_text("bin/of-empty", "#!/bin/empty\n");
    add_text("bin/last-lost", "#!/bin/lost\n");
}

/* A file system with a program and what is none, init, and a child of its that runs. */
static void begin(void)
{
    fixture_begin(6000);
    elf_make_program(&file, ELF_FIXED);
    EXPECT_EQ(ramfs_init(), 0);
    EXPECT_EQ(ramfs_add("bin/prog", RAMFS_REGULAR | 0755, file.bytes, file.len), 0);
    EXPECT_EQ(ramfs_add("bin/data", RAMFS_REGULAR | 0644, file.bytes, file.len), 0);
    EXPECT_EQ(ramfs_add("bin/empty", RAMFS_REGULAR | 0755, file.bytes, 0), 0);
    EXPECT_EQ(ramfs_add("dev/null", 0020000 | 0777, file.bytes, 0), 0);
    add_scripts();
    fixture_keep_frames();
    init = fixture_process(NULL);
    child = fixture_process(init);
    fixture_map(child->space, ARGS_AT, ARGS_AT + ARGS_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE);
    fixture_run(child);
}

static struct exec_request request_of(const char *path)
{
    struct exec_request request = {.path = path, .directory = ramfs_root()};

    EXPECT_EQ(exec_find(NULL, ramfs_root(), path, &request.source), 0);
    return request;
}

static uint64_t load_word(uaddr_t at)
{
    uint64_t word = 0;

    EXPECT_EQ(user_read(&word, at, sizeof(word)), 0);
    return word;
}

static void expect_string(uaddr_t at, const char *expected)
{
    char text[64];

    EXPECT_EQ(user_read_string(text, at, sizeof(text)), 0);
    EXPECT_STREQ(text, expected);
}

/* What a program finds on its stack; gives the address behind the 0 that ends the vector. */
static uaddr_t expect_vector(uaddr_t at, const char *const *expected, unsigned count)
{
    for (unsigned i = 0; i < count; i++, at += 8) {
        expect_string(load_word(at), expected[i]);
    }
    EXPECT_EQ(load_word(at), 0);
    return at + 8;
}

static uint64_t find_aux(uaddr_t at, uint64_t key)
{
    for (unsigned i = 0; i < WORDS_MAX && load_word(at) != AT_NULL; i++, at += 16) {
        if (load_word(at) == key) {
            return load_word(at + 8);
        }
    }
    FAIL("no entry %lu in the auxiliary vector", key);
}

/* Strings and the vector of them in the caller's memory, from page on. */
static struct exec_vector user_vector(unsigned page, const char *const *strings, unsigned count)
{
    uaddr_t words = ARGS_AT + page * PAGE_SIZE;
    uaddr_t text = words + (count + 1) * 8;

    for (unsigned i = 0; i <= count; i++) {
        uint64_t word = i < count ? text : 0;
        EXPECT_EQ(user_write(words + i * 8, &word, sizeof(word)), 0);
        if (i < count) {
            EXPECT_EQ(user_write(text, strings[i], str_len(strings[i]) + 1), 0);
            text += str_len(strings[i]) + 1;
        }
    }
    return (struct exec_vector){.user = words};
}

/* ---- finding ---- */

TEST(exec_find_a_program)
{
    struct elf_source source;

    begin();
    EXPECT_EQ(exec_find(NULL, ramfs_root(), "/bin/prog", &source), 0);
    EXPECT(source.bytes == file.bytes);
    EXPECT_EQ(source.len, file.len);
    fixture_end();
}

TEST(exec_find_what_is_none)
{
    struct elf_source source;

    begin();
    EXPECT_EQ(exec_find(NULL, ramfs_root(), "/bin/none", &source), -ENOENT);
    EXPECT_EQ(exec_find(NULL, ramfs_root(), "", &source), -ENOENT);
    EXPECT_EQ(exec_find(NULL, ramfs_root(), "/bin/prog/x", &source), -ENOTDIR);
    EXPECT_EQ(exec_find(NULL, ramfs_root(), "/bin", &source), -EACCES);
    EXPECT_EQ(exec_find(NULL, ramfs_root(), "/bin/data", &source), -EACCES);
    EXPECT_EQ(exec_find(NULL, ramfs_root(), "/dev/null", &source), -EACCES);
    fixture_end();
}

/* ---- the stack ---- */

static void expect_stack_of(struct process *process, const char *path, const char *const *argv,
                            unsigned argc, const char *const *envp, unsigned envc)
{
    const struct plat_user *user = &process->thread->user;

    fixture_run(process);
    EXPECT_EQ(user->pc, ENTRY);
    EXPECT_EQ(user->sp % 16, 0);
    for (unsigned i = 0; i < ARRAY_LEN(user->x); i++) {
        EXPECT_EQ(user->x[i], 0);
    }
    EXPECT_EQ(load_word(user->sp), argc);
    uaddr_t at = expect_vector(user->sp + 8, argv, argc);
    at = expect_vector(at, envp, envc);
    EXPECT_EQ(find_aux(at, AT_ENTRY), ENTRY);
    EXPECT_EQ(find_aux(at, AT_PHDR), 0x400000 + ELF_TABLE);
    EXPECT_EQ(find_aux(at, AT_PHENT), sizeof(struct elf_segment_bytes));
    EXPECT_EQ(find_aux(at, AT_PHNUM), 2);
    EXPECT_EQ(find_aux(at, AT_PAGESZ), PAGE_SIZE);
    EXPECT_EQ(find_aux(at, AT_SECURE), 0);
    expect_string(find_aux(at, AT_EXECFN), path);
    expect_string(find_aux(at, AT_PLATFORM), "aarch64");
    EXPECT(load_word(find_aux(at, AT_RANDOM)) != load_word(find_aux(at, AT_RANDOM) + 8));
}

static void expect_stack(struct process *process, const char *const *argv, unsigned argc,
                         const char *const *envp, unsigned envc)
{
    expect_stack_of(process, "/bin/prog", argv, argc, envp, envc);
}

TEST(exec_spawn_with_the_kernels_strings)
{
    static const char *const argv[] = {"prog", "", "three"};
    static const char *const envp[] = {"HOME=/"};
    struct process *made = NULL;

    begin();
    struct exec_request request = request_of("/bin/prog");
    request.argv = (struct exec_vector){.is_kernel = true, .kernel = argv, .kernel_count = 3};
    request.envp = (struct exec_vector){.is_kernel = true, .kernel = envp, .kernel_count = 1};
    EXPECT_EQ(exec_spawn(init->thread, &request, &made), 0);
    EXPECT(made->parent == init);
    EXPECT_EQ(made->state, PROCESS_LIVE);
    EXPECT(made->has_execed);
    EXPECT_STREQ(made->name, "prog");
    expect_stack(made, argv, 3, envp, 1);
    fixture_end();
}

TEST(exec_spawn_with_the_callers_strings)
{
    static const char *const argv[] = {"prog", "-x", ""};
    static const char *const envp[] = {"A=1", "B=2"};
    struct process *made = NULL;

    begin();
    struct exec_request request = request_of("/bin/prog");
    request.argv = user_vector(0, argv, 3);
    request.envp = user_vector(2, envp, 2);
    EXPECT_EQ(exec_spawn(child->thread, &request, &made), 0);
    EXPECT(made->parent == child);
    expect_stack(made, argv, 3, envp, 2);
    fixture_end();
}

/* As on Linux since 5.18 there is an argv[0]. */
TEST(exec_without_any_strings)
{
    static const char *const argv[] = {""};
    struct process *made = NULL;

    begin();
    struct exec_request request = request_of("/bin/prog");
    EXPECT_EQ(exec_spawn(init->thread, &request, &made), 0);
    expect_stack(made, argv, 1, NULL, 0);
    fixture_end();
}

TEST(exec_stack_is_aligned_for_every_length)
{
    static const char text[] = "0123456789abcdef0123456789abcdef";

    for (unsigned len = 0; len <= 32; len++) {
        const char *argv[] = {text + 32 - len};
        struct process *made = NULL;
        begin();
        struct exec_request request = request_of("/bin/prog");
        request.argv = user_vector(0, argv, 1);
        EXPECT_EQ(exec_spawn(init->thread, &request, &made), 0);
        expect_stack(made, argv, 1, NULL, 0);
        fixture_end();
    }
}

TEST(exec_memory_below_the_strings_is_stack)
{
    struct process *made = NULL;

    begin();
    struct exec_request request = request_of("/bin/prog");
    EXPECT_EQ(exec_spawn(init->thread, &request, &made), 0);
    fixture_run(made);
    EXPECT_EQ(fixture_store(SPACE_STACK_TOP - LIMIT_STACK_USUAL, 1), 0);
    EXPECT_EQ(fixture_store(SPACE_STACK_TOP - LIMIT_STACK_USUAL - 1, 1), -EFAULT);
    EXPECT_EQ(fixture_store(SPACE_STACK_TOP, 1), -EFAULT);
    fixture_end();
}

/* ---- too many strings, or too long ---- */

/* A vector of count times the same string of len bytes, of the caller's. */
static struct exec_vector repeated(unsigned page, unsigned count, uint64_t len)
{
    uaddr_t words = ARGS_AT + page * PAGE_SIZE;
    uaddr_t text = ARGS_AT + (page == 0 ? ARGV_TEXT : ENVP_TEXT) * PAGE_SIZE;
    uint64_t end = 0;
    char x[256];

    memset(x, 'x', sizeof(x));
    for (uint64_t done = 0; done < len; done += sizeof(x)) {
        EXPECT_EQ(user_write(text + done, x, min_u64(sizeof(x), len - done)), 0);
    }
    EXPECT_EQ(user_write(text + len, "", 1), 0);
    for (unsigned i = 0; i < count; i++) {
        EXPECT_EQ(user_write(words + i * 8, &text, 8), 0);
    }
    EXPECT_EQ(user_write(words + count * 8, &end, 8), 0);
    return (struct exec_vector){.user = words};
}

static void expect_args(unsigned argc, uint64_t arg_len, unsigned envc, uint64_t env_len, int error)
{
    struct process *made = NULL;

    begin();
    struct exec_request request = request_of("/bin/prog");
    if (argc > 0) {
        request.argv = repeated(0, argc, arg_len);
    }
    if (envc > 0) {
        request.envp = repeated(ENVP_WORDS, envc, env_len);
    }
    EXPECT_EQ(exec_spawn(init->thread, &request, &made), error);
    EXPECT_EQ(thread_count(), error ? 2 : 3);
    fixture_end();
}

enum {
    LONGEST = EXEC_STRING_MAX - 1, /* without its end */
    PATH_SIZE = sizeof("/bin/prog"),
    ALLOWED = 2 << 20, /* a quarter of the usual limit of a stack */
};

TEST(exec_longest_string)
{
    expect_args(1, LONGEST, 0, 0, 0);
    expect_args(1, LONGEST + 1, 0, 0, -E2BIG);
    expect_args(0, 0, 1, LONGEST, 0);
    expect_args(0, 0, 1, LONGEST + 1, -E2BIG);
}

/* All strings and the pointers to them have a quarter of the stack's limit. */
TEST(exec_most_bytes)
{
    unsigned rest = ALLOWED - 15 * (EXEC_STRING_MAX + 8) - PATH_SIZE - 8;

    expect_args(15, LONGEST, 1, rest - 1, 0);
    expect_args(15, LONGEST, 1, rest, -E2BIG);
    expect_args(1, rest - 1, 15, LONGEST, 0);
    expect_args(1, rest, 15, LONGEST, -E2BIG);
}

static void expect_args_within(uint64_t stack, unsigned argc, uint64_t arg_len, int error)
{
    struct abi_rlimit limits[RLIMIT_NLIMITS];
    struct process *made = NULL;

    for (unsigned i = 0; i < RLIMIT_NLIMITS; i++) {
        limits[i] = (struct abi_rlimit){RLIM_INFINITY, RLIM_INFINITY};
    }
    limits[RLIMIT_STACK].rlim_cur = stack;
    begin();
    struct exec_request request = request_of("/bin/prog");
    request.argv = repeated(0, argc, arg_len);
    cpu_this()->limits = limits;
    EXPECT_EQ(exec_spawn(init->thread, &request, &made), error);
    cpu_this()->limits = NULL;
    fixture_end();
}

TEST(exec_most_bytes_of_a_small_stack)
{
    enum { MOST = ((128 << 10) - PATH_SIZE) / 9 }; /* a pointer, and an end */

    expect_args_within(4096, MOST, 0, 0);
    expect_args_within(4096, MOST + 1, 0, -E2BIG);
    expect_args_within(4096, (128 << 10) / 8, 0, -E2BIG); /* the pointers alone */
}

TEST(exec_most_bytes_of_any_stack)
{
    enum { MOST = ((6 << 20) - PATH_SIZE) / (EXEC_STRING_MAX + 8) };

    expect_args_within(RLIM_INFINITY, MOST, LONGEST, 0);
    expect_args_within(RLIM_INFINITY, MOST + 1, LONGEST, -E2BIG);
}

/* Where nothing ends the vector, it is not read for ever. */
TEST(exec_more_pointers_than_bytes)
{
    uaddr_t at = ARGS_AT + ((uaddr_t)1 << 30);
    struct process *made = NULL;

    begin();
    struct exec_request request = request_of("/bin/prog");
    fixture_map(child->space, at, at + (7 << 20), PROT_READ | PROT_WRITE);
    for (uint64_t done = 0; done < 7 << 20; done += PAGE_SIZE) {
        uint64_t words[PAGE_SIZE / 8];
        memset(words, 1, sizeof(words));
        EXPECT_EQ(user_write(at + done, words, sizeof(words)), 0);
    }
    request.argv.user = at;
    EXPECT_EQ(exec_spawn(init->thread, &request, &made), -E2BIG);
    fixture_end();
}

TEST(exec_strings_that_are_not_there)
{
    const uint64_t wild[] = {0x1000, 0};
    struct process *made = NULL;

    begin();
    struct exec_request request = request_of("/bin/prog");
    request.argv.user = 0x1000;
    EXPECT_EQ(exec_spawn(init->thread, &request, &made), -EFAULT);
    request.argv.user = UINT64_MAX - 7;
    EXPECT_EQ(exec_spawn(init->thread, &request, &made), -EFAULT);
    request.argv.user = 0;
    request.envp.user = ARGS_AT;
    EXPECT_EQ(user_write(ARGS_AT, wild, sizeof(wild)), 0);
    EXPECT_EQ(exec_spawn(init->thread, &request, &made), -EFAULT);
    request.envp.user = ARGS_AT + ARGS_PAGES * PAGE_SIZE - 8; /* the vector does not end */
    EXPECT_EQ(user_write(request.envp.user, (uint64_t[]){ARGS_AT}, 8), 0);
    EXPECT_EQ(exec_spawn(init->thread, &request, &made), -EFAULT);
    fixture_end();
}

/* ---- scripts ---- */

static void expect_script(const char *path, const char *const *argv, unsigned argc,
                          const char *const *given, unsigned given_count)
{
    struct process *made = NULL;

    begin();
    struct exec_request request = request_of(path);
    request.argv = user_vector(0, given, given_count);
    EXPECT_EQ(exec_spawn(init->thread, &request, &made), 0);
    EXPECT_STREQ(made->name, path + 5);
    expect_stack_of(made, path, argv, argc, NULL, 0);
    fixture_end();
}

TEST(exec_of_a_script)
{
    expect_script("/bin/s1", (const char *const[]){"/bin/prog", "/bin/s1", "x", "y"}, 4,
                  (const char *const[]){"mine", "x", "y"}, 3);
    expect_script("/bin/s1", (const char *const[]){"/bin/prog", "/bin/s1"}, 2,
                  (const char *const[]){"mine"}, 1);
    expect_script("/bin/s1", (const char *const[]){"/bin/prog", "/bin/s1"}, 2, NULL, 0);
}

TEST(exec_of_a_script_of_scripts)
{
    expect_script("/bin/s2", (const char *const[]){"/bin/prog", "/bin/s1", "-2", "/bin/s2", "x"}, 5,
                  (const char *const[]){"mine", "x"}, 2);
    expect_script("/bin/s5",
                  (const char *const[]){"/bin/prog", "/bin/s1", "-2", "bin/s2", "/bin/s3", "-4 x",
                                        "/bin/s4", "/bin/s5", "x"},
                  9, (const char *const[]){"mine", "x"}, 2);
}

static void expect_bad_script(const char *path, int error)
{
    struct process *made = NULL;

    struct exec_request request = request_of(path);
    EXPECT_EQ(exec_spawn(init->thread, &request, &made), error);
    EXPECT_EQ(thread_count(), 2);
}

TEST(exec_of_a_script_that_is_wrong)
{
    begin();
    expect_bad_script("/bin/s6", -ELOOP);
    expect_bad_script("/bin/loop", -ELOOP);
    expect_bad_script("/bin/nameless", -ENOEXEC);
    expect_bad_script("/bin/lost", -ENOENT);
    expect_bad_script("/bin/last-lost", -ENOENT);
    expect_bad_script("/bin/of-data", -EACCES);
    expect_bad_script("/bin/of-empty", -ENOEXEC);
    fixture_end();
}

TEST(exec_of_a_script_that_nobody_could_read)
{
    struct process *made = NULL;

    begin();
    struct exec_request request = request_of("/bin/s1");
    request.is_unreachable = true;
    EXPECT_EQ(exec_spawn(init->thread, &request, &made), -ENOENT);
    request = request_of("/bin/prog");
    request.is_unreachable = true;
    EXPECT_EQ(exec_spawn(init->thread, &request, &made), 0);
    fixture_end();
}

/* What is wrong with the strings is told first. */
TEST(exec_errors_in_the_order_of_linux)
{
    struct process *made = NULL;

    begin();
    struct exec_request request = {.path = "/bin/none", .source_error = -ENOENT};
    EXPECT_EQ(exec_spawn(init->thread, &request, &made), -ENOENT);
    request.argv.user = 0x1000;
    EXPECT_EQ(exec_spawn(init->thread, &request, &made), -EFAULT);
    fixture_end();
}

/* A script's own strings count too. */
/* Of two errors it is the same as Linux's: there is no room for the name of the file, before the
 * strings are looked at. */
TEST(exec_most_pointers)
{
    enum { COUNT = (128 << 10) / 8 - 2 };
    struct abi_rlimit limits[RLIMIT_NLIMITS];
    struct process *made = NULL;

    for (unsigned i = 0; i < RLIMIT_NLIMITS; i++) {
        limits[i] = (struct abi_rlimit){4096, 4096};
    }
    begin();
    struct exec_request request = request_of("/bin/prog");
    uint64_t nowhere = 0x1000;
    request.argv = repeated(0, COUNT, 0);
    EXPECT_EQ(user_write(ARGS_AT + (COUNT - 1) * 8, &nowhere, 8), 0);
    cpu_this()->limits = limits;
    EXPECT_EQ(exec_spawn(init->thread, &request, &made), -EFAULT);
    request.argv = repeated(0, COUNT + 1, 0);
    EXPECT_EQ(user_write(ARGS_AT + COUNT * 8, &nowhere, 8), 0);
    EXPECT_EQ(exec_spawn(init->thread, &request, &made), -E2BIG);
    cpu_this()->limits = NULL;
    fixture_end();
}

TEST(exec_of_a_script_with_the_most_bytes)
{
    const unsigned script_size = sizeof("/bin/s1");
    unsigned rest = ALLOWED - 15 * (EXEC_STRING_MAX + 8) - 8 - script_size;
    /* argv[0] makes room for the names. */
    const unsigned more[] = {0, sizeof("/bin/prog") + script_size};

    for (unsigned i = 0; i < ARRAY_LEN(more); i++) {
        struct process *made = NULL;
        uint64_t last;
        begin();
        struct exec_request request = request_of("/bin/s1");
        request.envp = repeated(ENVP_WORDS, 15, LONGEST);
        request.argv = repeated(0, 1, rest - 1);
        EXPECT_EQ(exec_spawn(init->thread, &request, &made), 0);
        /* Two arguments: the first of 1 byte, the second of the rest. */
        last = ARGS_AT + ARGV_TEXT * PAGE_SIZE + rest - 1;
        EXPECT_EQ(user_write(ARGS_AT, &last, 8), 0);
        last = ARGS_AT + ARGV_TEXT * PAGE_SIZE + 8 + 1 + more[i];
        EXPECT_EQ(user_write(ARGS_AT + 8, &last, 8), 0);
        last = 0;
        EXPECT_EQ(user_write(ARGS_AT + 16, &last, 8), 0);
        EXPECT_EQ(exec_spawn(init->thread, &request, &made), i == 0 ? -E2BIG : 0);
        fixture_end();
    }
}

/* ---- replacing ---- */

TEST(exec_replace_puts_the_program_in_the_place_of_the_old)
{
    static const char *const argv[] = {"new"};
    struct plat_fp fp = {.v = {{5, 5}}};

    begin();
    struct thread *thread = child->thread;
    struct exec_request request = request_of("/bin/prog");
    request.argv = user_vector(0, argv, 1);
    thread->user.x[5] = 7;
    thread->user.tpidr = 8;
    thread->fp.v[0][0] = 4; /* as of its last switch */
    child->thread->clear_tid = 9;
    plat_fp_use(&fp);
    cpu_this()->fp_owner = thread;
    EXPECT_EQ(exec_replace(child->thread, &request), 0);
    EXPECT(child->thread == thread);
    EXPECT(cpu_this()->space == child->space);
    EXPECT(cpu_this()->fp_owner == NULL);
    EXPECT_EQ(thread->fp.v[0][0], 0);
    EXPECT_EQ(thread->user.tpidr, 0);
    EXPECT_EQ(child->thread->clear_tid, 0);
    EXPECT(child->has_execed);
    EXPECT_STREQ(child->name, "prog");
    EXPECT_EQ(fixture_load(ARGS_AT, &(uint8_t){0}), -EFAULT);
    expect_stack(child, argv, 1, NULL, 0);
    fixture_end();
}

TEST_DIES(exec_replace_takes_the_fp_registers_from_el0, "fp.not-owned")
{
    struct plat_fp fp = {.v = {{5, 5}}};

    begin();
    struct exec_request request = request_of("/bin/prog");
    plat_fp_use(&fp);
    cpu_this()->fp_owner = child->thread;
    EXPECT_EQ(exec_replace(child->thread, &request), 0);
    plat_fp_sync(&fp);
}

static void expect_untouched(int expected, struct exec_request request)
{
    struct space *space = child->space;
    struct plat_user user = child->thread->user;
    struct elf_source source = request.source;

    EXPECT_EQ(exec_replace(child->thread, &request), expected);
    EXPECT(child->space == space);
    EXPECT(cpu_this()->space == space);
    EXPECT_MEMEQ(&child->thread->user, &user, sizeof(user));
    EXPECT(!child->has_execed);
    EXPECT_EQ(fixture_store(ARGS_AT, 1), 0);
    EXPECT_EQ(space_count(), 2);
    EXPECT(source.bytes == request.source.bytes);
}

TEST(exec_replace_that_fails_changes_nothing)
{
    begin();
    child->thread->user.pc = 0x1234;
    expect_untouched(-ENOEXEC, request_of("/bin/empty"));
    struct exec_request request = request_of("/bin/prog");
    request.envp.user = 0x1000;
    expect_untouched(-EFAULT, request);
    elf_segment_of(&file, 1)->align = 3;
    expect_untouched(-ENOEXEC, request_of("/bin/prog"));
    fixture_end();
}

TEST(exec_replace_of_one_that_does_not_own_fp)
{
    struct plat_fp fp = {.v = {{5, 5}}};

    begin();
    plat_fp_use(&fp);
    cpu_this()->fp_owner = init->thread;
    struct exec_request request = request_of("/bin/prog");
    EXPECT_EQ(exec_replace(child->thread, &request), 0);
    EXPECT(cpu_this()->fp_owner == init->thread);
    fixture_end();
}

/* ---- without memory ---- */

static struct exec_request failing;

static int spawn(void *made)
{
    return exec_spawn(child->thread, &failing, made);
}

static void end_spawned(void *made)
{
    struct process *process = *(struct process **)made;

    process_exit(process, 0);
    process_reap(process, true);
}

/* Strings that take several pages of the new stack, and more in the file's name. */
static void begin_failing(void)
{
    begin();
    failing = request_of("/bin/prog");
    failing.argv = repeated(0, 3, 3000);
    failing.envp = repeated(ENVP_WORDS, 2, 3000);
    EXPECT_EQ(fixture_store(ARGS_AT, 0x10), 0);
}

TEST(exec_spawn_without_memory)
{
    struct process *made;

    begin_failing();
    fixture_fail_each(spawn, end_spawned, &made);
    fixture_end();
}

TEST(exec_spawn_of_the_kernels_strings_without_memory)
{
    static char text[3000];
    const char *const argv[] = {text, text, text};
    struct process *made;

    begin_failing();
    memset(text, 'x', sizeof(text) - 1);
    failing.argv = (struct exec_vector){.is_kernel = true, .kernel = argv, .kernel_count = 3};
    fixture_fail_each(spawn, end_spawned, &made);
    fixture_end();
}

TEST(exec_spawn_of_many_strings_without_memory)
{
    struct process *made;

    begin_failing();
    failing.argv = repeated(0, 1024, 1); /* pointers on three pages */
    failing.envp = (struct exec_vector){0};
    fixture_fail_each(spawn, end_spawned, &made);
    fixture_end();
}

TEST(exec_spawn_of_a_script_without_memory)
{
    struct process *made;

    begin_failing();
    failing = request_of("/bin/s4");
    failing.argv = repeated(0, 3, 3000);
    fixture_fail_each(spawn, end_spawned, &made);
    fixture_end();
}

/* Wherever a page border falls in what lies between the vectors and the end of the stack. */
TEST(exec_spawn_without_memory_for_names_of_all_lengths)
{
    static char path[RAMFS_PATH_MAX];
    struct process *made;

    for (unsigned len = 3600; len < RAMFS_PATH_MAX; len += 15) {
        begin_failing();
        memset(path, 'x', len);
        path[len] = '\0';
        failing.path = path;
        failing.argv = (struct exec_vector){0};
        failing.envp = (struct exec_vector){0};
        fixture_fail_each(spawn, end_spawned, &made);
        fixture_end();
    }
}

/* The same in the middle of the vector. */
TEST(exec_spawn_without_memory_for_pointers)
{
    static char path[RAMFS_PATH_MAX];
    static const char *const argv[] = {"a", "b", "c", "d"};
    struct process *made;

    for (unsigned len = 3600; len < RAMFS_PATH_MAX; len += 15) {
        begin_failing();
        memset(path, 'x', len);
        path[len] = '\0';
        failing.path = path;
        failing.argv = (struct exec_vector){.is_kernel = true, .kernel = argv, .kernel_count = 4};
        failing.envp = (struct exec_vector){0};
        fixture_fail_each(spawn, end_spawned, &made);
        fixture_end();
    }
}

TEST(exec_replace_without_memory_changes_nothing)
{
    bool has_fired = true;

    for (uint64_t n = 1; has_fired; n++) {
        begin_failing();
        inject_arm(n, false);
        test_note("allocation %lu fails", n);
        uint64_t used = fixture_frames_used();
        struct space *space = child->space;
        int error = exec_replace(child->thread, &failing);
        has_fired = inject_has_fired();
        EXPECT_EQ(error, has_fired ? -ENOMEM : 0);
        if (has_fired) {
            EXPECT(child->space == space);
            EXPECT_EQ(fixture_frames_used(), used);
        }
        fixture_end();
    }
}
