/*
 * The test framework: tests are functions that find each other by a linker section.
 *
 *     TEST(frame_alloc_zeroes) { EXPECT(frame_count() > 0); EXPECT_EQ(a, b); }
 *     TEST_DIES(frame_double_free, "frame: freed twice") { frame_free(f); frame_free(f); }
 *
 * The first expectation that does not hold ends its test. Two drivers exist: test.c, a host program
 * that runs each test in a process of its own, and bare.c, for an image that has only plat_*.
 *
 * No libc header here: core's errno values are enums and clash with <errno.h>.
 */
#ifndef TESTS_TOOLS_TEST_H
#define TESTS_TOOLS_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct test {
    const char *name;
    const char *file;
    void (*body)(void);
    const char *dies; /* the text its last words must hold, or NULL: it must return */
    int line;
};

/* Defines a test; its body follows. Names are unique within a binary. */
#define TEST(name_) TEST_DEFINE_(name_, NULL)

/* A test whose body must end the process by abort() and print text_ first. Host programs only. */
#define TEST_DIES(name_, text_) TEST_DEFINE_(name_, text_)

#define TEST_DEFINE_(name_, dies_)                                                                 \
    static void test_body_##name_(void);                                                           \
    static const struct test test_case_##name_ = {                                                 \
        .name = #name_,                                                                            \
        .file = __FILE__,                                                                          \
        .body = test_body_##name_,                                                                 \
        .dies = dies_,                                                                             \
        .line = __LINE__,                                                                          \
    };                                                                                             \
    static const struct test *const test_entry_##name_                                             \
        __attribute__((used, section("eft_tests"))) = &test_case_##name_;                          \
    static void test_body_##name_(void)

/* From helpers too: a failed expectation does not return. */
#define EXPECT(cond_)                                                                              \
    do {                                                                                           \
        if (!(cond_))                                                                              \
            test_fail(__FILE__, __LINE__, "expected %s", #cond_);                                  \
    } while (0)

/* Integers, bools, enums or pointers; each operand is evaluated once. */
#define EXPECT_EQ(a_, b_)                                                                          \
    test_expect_eq(__FILE__, __LINE__, #a_, (uint64_t)(a_), #b_, (uint64_t)(b_))

/* NUL-terminated strings; NULL equals only NULL. */
#define EXPECT_STREQ(a_, b_) test_expect_streq(__FILE__, __LINE__, #a_, (a_), (b_))

/* len_ bytes at a_ and at b_. */
#define EXPECT_MEMEQ(a_, b_, len_) test_expect_memeq(__FILE__, __LINE__, #a_, (a_), (b_), (len_))

/* Ends the test as failed, with a formatted reason (%s %c %d %u %x %lx %lu %ld %p). */
#define FAIL(...) test_fail(__FILE__, __LINE__, __VA_ARGS__)

_Noreturn void test_fail(const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

void test_expect_eq(const char *file, int line, const char *a_text, uint64_t a, const char *b_text,
                    uint64_t b);
void test_expect_streq(const char *file, int line, const char *a_text, const char *a,
                       const char *b);
void test_expect_memeq(const char *file, int line, const char *a_text, const void *a, const void *b,
                       size_t len);

/* Ends the test as skipped. A skip needs a reason, and CI allows none. */
_Noreturn void test_skip(const char *reason);

/* Says where a test stands ("n=17"); printed only if it fails. The last one counts. */
void test_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The value of `--NAME=VALUE` on the command line of the test binary, or NULL. */
const char *test_option(const char *name);

/* All tests of this binary or image, in the section's order. */
extern const struct test *const test_first[] __asm__("__start_eft_tests");
extern const struct test *const test_end[] __asm__("__stop_eft_tests");

#endif
