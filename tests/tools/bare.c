#include "bare.h"

#include "base/print.h"
#include "base/string.h"
#include "test.h"

enum { NOTE_MAX = 256 };

static const struct test *const *current;
static unsigned passed;
static char note[NOTE_MAX];

void test_fail(const char *file, int line, const char *fmt, ...)
{
    va_list args;

    unsigned failed = 1;

    kprintf("not ok %s: %s:%d: ", (*current)->name, file, line);
    va_start(args, fmt);
    kvprintf(fmt, args);
    va_end(args);
    kprintf("%s%s%s\n", note[0] ? " [" : "", note, note[0] ? "]" : "");
    /* The machine is as the failure left it, no place for another test. */
    for (const struct test *const *at = current + 1; at != test_end; at++, failed++)
        kprintf("not ok %s: not run after the failure of %s\n", (*at)->name, (*current)->name);
    kprintf("%u passed, %u failed\n", passed, failed);
    plat_stop();
}

void test_skip(const char *reason)
{
    FAIL("an image skips nothing: %s", reason);
}

void test_note(const char *fmt, ...)
{
    struct text text = {.bytes = note, .capacity = NOTE_MAX - 1};
    va_list args;

    va_start(args, fmt);
    text_vprintf(&text, fmt, args);
    va_end(args);
    note[text.len] = '\0';
}

void test_expect_eq(const char *file, int line, const char *a_text, uint64_t a, const char *b_text,
                    uint64_t b)
{
    if (a != b)
        test_fail(file, line, "%s is 0x%lx, expected %s = 0x%lx", a_text, (unsigned long)a, b_text,
                  (unsigned long)b);
}

void test_expect_streq(const char *file, int line, const char *a_text, const char *a, const char *b)
{
    if (a == b || (a && b && str_equal(a, b)))
        return;
    test_fail(file, line, "%s is \"%s\", expected \"%s\"", a_text, a ? a : "(null)",
              b ? b : "(null)");
}

void test_expect_memeq(const char *file, int line, const char *a_text, const void *a, const void *b,
                       size_t len)
{
    const unsigned char *have = a, *want = b;

    for (size_t i = 0; i < len; i++)
        if (have[i] != want[i])
            test_fail(file, line, "%s at byte %lu is %x, expected %x", a_text, (unsigned long)i,
                      have[i], want[i]);
}

const char *test_option(const char *name)
{
    (void)name;
    return NULL;
}

void bare_run(void)
{
    passed = 0;
    for (current = test_first; current != test_end; current++) {
        note[0] = '\0';
        if ((*current)->dies)
            FAIL("an image cannot outlive a test that dies");
        (*current)->body();
        kprintf("ok %s\n", (*current)->name);
        passed++;
    }
    kprintf("%u passed, 0 failed\n", passed);
}
