#include "mm/uaccess.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/inject.h"
#include "base/string.h"
#include "mm/fault.h"
#include "mm/frame.h"
#include "mm/pt.h"
#include "test.h"
#include "tests/core/fixture.h"

#define VA ((uaddr_t)3 << 30)
#define AT(n) (VA + (uaddr_t)(n)*PAGE_SIZE)

enum { RW = PROT_READ | PROT_WRITE, BUFFER = 4 * PAGE_SIZE };

static struct space *space;
static uint8_t buffer[BUFFER];
static uint8_t pattern[BUFFER];

/* Pages 0 to 3 may be written, 4 only read, 5 not at all; nothing else is mapped. */
static void begin(void)
{
    fixture_begin(200);
    space = fixture_space();
    fixture_map(space, AT(0), AT(4), RW);
    fixture_map(space, AT(4), AT(5), PROT_READ);
    fixture_map(space, AT(5), AT(6), PROT_NONE);
    for (unsigned i = 0; i < BUFFER; i++) {
        pattern[i] = (uint8_t)(i * 7 + i / 256);
    }
    memset(buffer, 0xee, sizeof(buffer));
}

static void end(void)
{
    fixture_check_spaces(&space, 1);
    space_put(space);
    fixture_end();
}

static bool is_present(uaddr_t at)
{
    struct pt_leaf leaf;

    return pt_find(space->root, at, &leaf);
}

static void write_text(uaddr_t at, const char *text)
{
    EXPECT_EQ(user_write(at, text, str_len(text) + 1), 0);
}

/* ---- reading and writing ---- */

TEST(uaccess_what_is_written_is_read)
{
    static const struct {
        uint64_t at;
        uint64_t len;
    } pieces[] = {
        {0, 1},
        {PAGE_SIZE - 1, 1},
        {PAGE_SIZE - 1, 2},
        {PAGE_SIZE, PAGE_SIZE},
        {5, 3 * PAGE_SIZE},
        {0, 4 * PAGE_SIZE},
        {4 * PAGE_SIZE - 1, 1},
    };

    for (unsigned i = 0; i < ARRAY_LEN(pieces); i++) {
        uaddr_t at = VA + pieces[i].at;
        test_note("%lu bytes at %lu", pieces[i].len, pieces[i].at);
        begin();
        EXPECT_EQ(user_write(at, pattern, pieces[i].len), 0);
        EXPECT_EQ(user_read(buffer, at, pieces[i].len), 0);
        EXPECT_MEMEQ(buffer, pattern, pieces[i].len);
        EXPECT(pieces[i].len == BUFFER || buffer[pieces[i].len] == 0xee);
        end();
    }
}

TEST(uaccess_reads_zeroes_from_pages_never_touched)
{
    begin();
    EXPECT_EQ(user_read(buffer, AT(0) + 100, 2 * PAGE_SIZE), 0);
    for (unsigned i = 0; i < 2 * PAGE_SIZE; i++) {
        EXPECT_EQ(buffer[i], 0);
    }
    end();
}

TEST(uaccess_of_no_bytes_touches_nothing)
{
    begin();
    EXPECT_EQ(user_read(buffer, AT(0), 0), 0);
    EXPECT_EQ(user_read(buffer, 0, 0), 0);
    EXPECT_EQ(user_read(buffer, USER_END, 0), 0);
    EXPECT_EQ(user_write(USER_END, buffer, 0), 0);
    EXPECT_EQ(user_write(0, buffer, 0), 0);
    EXPECT_EQ(user_prepare_write(0, 0), 0);
    EXPECT_EQ(space_write(space, 0, buffer, 0), 0);
    EXPECT(!is_present(AT(0)));
    end();
}

TEST(uaccess_refuses_what_is_no_user_range)
{
    static const struct {
        uaddr_t start;
        uint64_t len;
    } ranges[] = {
        {USER_END, 1},       {USER_END - 1, 2}, {USER_END + 1, 0},
        {0, USER_END + 1},   {UINT64_MAX, 1},   {UINT64_MAX - 3, 8},
        {AT(0), UINT64_MAX}, {AT(0), USER_END}, {(uint64_t)1 << 63, 16},
    };

    begin();
    for (unsigned i = 0; i < ARRAY_LEN(ranges); i++) {
        test_note("[0x%lx, +0x%lx)", ranges[i].start, ranges[i].len);
        EXPECT_EQ(user_read(buffer, ranges[i].start, ranges[i].len), -EFAULT);
        EXPECT_EQ(user_write(ranges[i].start, buffer, ranges[i].len), -EFAULT);
        EXPECT_EQ(user_prepare_write(ranges[i].start, ranges[i].len), -EFAULT);
        EXPECT_EQ(space_write(space, ranges[i].start, buffer, ranges[i].len), -EFAULT);
    }
    end();
}

TEST(uaccess_to_the_very_end_of_user_space)
{
    begin();
    fixture_map(space, USER_END - PAGE_SIZE, USER_END, RW);
    EXPECT_EQ(user_write(USER_END - 10, pattern, 10), 0);
    EXPECT_EQ(user_read(buffer, USER_END - 10, 10), 0);
    EXPECT_MEMEQ(buffer, pattern, 10);
    EXPECT_EQ(user_prepare_write(USER_END - 10, 10), 0);
    EXPECT_EQ(space_write(space, USER_END - 1, pattern + 3, 1), 0);
    EXPECT_EQ(space_peek(space, buffer, USER_END - 1, 1), 1);
    EXPECT_EQ(buffer[0], pattern[3]);
    end();
}

TEST(uaccess_follows_the_rights_of_the_program)
{
    begin();
    EXPECT_EQ(user_read(buffer, AT(4), PAGE_SIZE), 0);
    EXPECT_EQ(user_write(AT(4), buffer, 1), -EFAULT);
    EXPECT_EQ(user_read(buffer, AT(5), 1), -EFAULT);
    EXPECT_EQ(user_write(AT(5), buffer, 1), -EFAULT);
    EXPECT_EQ(user_read(buffer, AT(6), 1), -EFAULT);
    EXPECT_EQ(user_read(buffer, VA - 1, 1), -EFAULT);
    EXPECT_EQ(user_write(0, buffer, 1), -EFAULT);
    end();
}

TEST(uaccess_read_across_a_border_of_rights)
{
    begin();
    EXPECT_EQ(user_read(buffer, AT(4) - 8, 16), 0);
    EXPECT_EQ(user_read(buffer, AT(5) - 8, 9), -EFAULT);
    end();
}

TEST(uaccess_write_over_several_pages_is_all_or_nothing)
{
    begin();
    EXPECT_EQ(user_write(AT(4) - 8, pattern, 8), 0);
    EXPECT_EQ(user_write(AT(4) - 4, pattern + 100, 8), -EFAULT);
    EXPECT_EQ(user_read(buffer, AT(4) - 8, 8), 0);
    EXPECT_MEMEQ(buffer, pattern, 8);
    end();
}

/* ---- strings ---- */

TEST(uaccess_string)
{
    char text[16];
    uint64_t len = 99;

    begin();
    write_text(AT(1) - 3, "eft: newt");
    EXPECT_EQ(user_string_len(AT(1) - 3, 100, &len), 0);
    EXPECT_EQ(len, 9);
    EXPECT_EQ(user_read_string(text, AT(1) - 3, sizeof(text)), 0);
    EXPECT_STREQ(text, "eft: newt");
    end();
}

TEST(uaccess_string_at_its_capacity)
{
    char text[8];
    uint64_t len;

    begin();
    write_text(AT(0), "1234567");
    EXPECT_EQ(user_read_string(text, AT(0), 8), 0);
    EXPECT_STREQ(text, "1234567");
    EXPECT_EQ(user_read_string(text, AT(0), 7), -ENAMETOOLONG);
    EXPECT_EQ(user_string_len(AT(0), 8, &len), 0);
    EXPECT_EQ(user_string_len(AT(0), 7, &len), -ENAMETOOLONG);
    EXPECT_EQ(user_string_len(AT(0), 0, &len), -ENAMETOOLONG);
    end();
}

TEST(uaccess_string_of_every_length_across_a_page)
{
    char text[200];

    for (unsigned len = 0; len < 140; len++) {
        begin();
        memset(text, 'x', sizeof(text));
        text[len] = '\0';
        write_text(AT(1) - 70, text);
        uint64_t found = 0;
        EXPECT_EQ(user_string_len(AT(1) - 70, sizeof(text), &found), 0);
        EXPECT_EQ(found, len);
        end();
    }
}

TEST(uaccess_string_ends_before_what_is_not_mapped)
{
    char text[8];
    uint64_t len;

    begin();
    fixture_map(space, AT(10), AT(11), RW);
    EXPECT_EQ(user_write(AT(11) - 4, "abc", 4), 0);
    EXPECT_EQ(user_read_string(text, AT(11) - 4, sizeof(text)), 0);
    EXPECT_EQ(user_write(AT(11) - 1, "d", 1), 0);
    EXPECT_EQ(user_read_string(text, AT(11) - 4, sizeof(text)), -EFAULT);
    EXPECT_EQ(user_string_len(AT(11) - 4, 4, &len), -ENAMETOOLONG);
    EXPECT_EQ(user_string_len(USER_END, 4, &len), -EFAULT);
    EXPECT_EQ(user_string_len(UINT64_MAX - 1, 4, &len), -EFAULT);
    EXPECT_EQ(user_string_len(0, 4, &len), -EFAULT);
    end();
}

/* ---- preparing ---- */

TEST(uaccess_prepared_range_needs_no_more_memory)
{
    begin();
    EXPECT_EQ(user_prepare_write(AT(0) + 10, 2 * PAGE_SIZE), 0);
    EXPECT(is_present(AT(0)) && is_present(AT(1)) && is_present(AT(2)) && !is_present(AT(3)));
    inject_arm(1, true);
    EXPECT_EQ(user_write(AT(0) + 10, pattern, 2 * PAGE_SIZE), 0);
    end();
}

TEST(uaccess_prepare_makes_shared_pages_its_own)
{
    struct space *child = NULL;

    begin();
    EXPECT_EQ(user_write(AT(0), "a", 1), 0);
    EXPECT_EQ(space_fork(space, &child), 0);
    EXPECT_EQ(user_prepare_write(AT(0), 1), 0);
    inject_arm(1, true);
    EXPECT_EQ(user_write(AT(0), "b", 1), 0);
    EXPECT_EQ(space_peek(child, buffer, AT(0), 1), 1);
    EXPECT_EQ(buffer[0], 'a');
    inject_arm(0, false);
    space_put(child);
    end();
}

TEST(uaccess_prepare_refuses_what_may_not_be_written)
{
    begin();
    EXPECT_EQ(user_prepare_write(AT(4), 1), -EFAULT);
    EXPECT_EQ(user_prepare_write(AT(4) - 1, 2), -EFAULT);
    EXPECT_EQ(user_prepare_write(AT(5), 1), -EFAULT);
    EXPECT_EQ(user_prepare_write(AT(6), 1), -EFAULT);
    end();
}

/* ---- compare and swap ---- */

TEST(uaccess_cas_changes_what_is_expected)
{
    uint32_t seen = 9;
    uint32_t word;

    begin();
    EXPECT_EQ(user_cas32(AT(0) + 4, 1, 5, &seen), 0);
    EXPECT_EQ(seen, 0);
    EXPECT_EQ(user_cas32(AT(0) + 4, 0, 5, &seen), 0);
    EXPECT_EQ(seen, 0);
    EXPECT_EQ(user_cas32(AT(0) + 4, 5, 6, &seen), 0);
    EXPECT_EQ(seen, 5);
    EXPECT_EQ(user_read(&word, AT(0) + 4, sizeof(word)), 0);
    EXPECT_EQ(word, 6);
    end();
}

TEST(uaccess_cas_only_where_the_program_could_write)
{
    uint32_t seen;

    begin();
    EXPECT_EQ(user_cas32(AT(4), 1, 5, &seen), -EFAULT);
    EXPECT_EQ(user_cas32(AT(6), 1, 5, &seen), -EFAULT);
    EXPECT_EQ(user_cas32(USER_END, 1, 5, &seen), -EFAULT);
    end();
}

/* ---- any space, through its tables ---- */

TEST(uaccess_space_write_is_seen_by_the_program)
{
    begin();
    EXPECT_EQ(space_write(space, AT(1) - 100, pattern, 2 * PAGE_SIZE), 0);
    EXPECT_EQ(user_read(buffer, AT(1) - 100, 2 * PAGE_SIZE), 0);
    EXPECT_MEMEQ(buffer, pattern, 2 * PAGE_SIZE);
    end();
}

TEST(uaccess_space_write_only_where_the_program_could)
{
    begin();
    EXPECT_EQ(user_read(buffer, AT(4), 1), 0);
    EXPECT_EQ(space_write(space, AT(4), pattern, 1), -EFAULT);
    EXPECT_EQ(space_write(space, AT(5), pattern, 1), -EFAULT);
    EXPECT_EQ(space_write(space, AT(6), pattern, 1), -EFAULT);
    char before;
    char after;
    EXPECT_EQ(user_read(&before, AT(4) - 1, 1), 0);
    const char other[2] = {(char)(before + 1), 0};
    EXPECT_EQ(space_write(space, AT(4) - 1, other, 2), -EFAULT);
    EXPECT_EQ(user_read(&after, AT(4) - 1, 1), 0);
    EXPECT_EQ(after, before); /* nothing, rather than the part that could be */
    end();
}

TEST(uaccess_space_write_into_a_space_not_in_use)
{
    struct space *child = NULL;

    begin();
    EXPECT_EQ(user_write(AT(0), "parent", 7), 0);
    EXPECT_EQ(space_fork(space, &child), 0);
    EXPECT_EQ(space_write(child, AT(0), "child", 6), 0);
    EXPECT_EQ(user_read(buffer, AT(0), 7), 0);
    EXPECT_MEMEQ(buffer, "parent", 7);
    space_use(child);
    EXPECT_EQ(user_read(buffer, AT(0), 6), 0);
    EXPECT_MEMEQ(buffer, "child", 6);
    space_use(space);
    space_put(child);
    end();
}

TEST(uaccess_space_read_what_the_program_could)
{
    begin();
    EXPECT_EQ(space_write(space, AT(1) - 100, pattern, 2 * PAGE_SIZE), 0);
    EXPECT_EQ(space_read(space, buffer, AT(1) - 100, 2 * PAGE_SIZE), 0);
    EXPECT_MEMEQ(buffer, pattern, 2 * PAGE_SIZE);
    EXPECT_EQ(space_read(space, buffer, AT(4) - 1, 2), 0);
    EXPECT_EQ(space_read(space, buffer, AT(5), 1), -EFAULT);
    EXPECT_EQ(space_read(space, buffer, AT(6), 1), -EFAULT);
    EXPECT_EQ(space_read(space, buffer, USER_END - 1, 2), -EFAULT);
    end();
}

TEST(uaccess_space_page_is_made_and_then_found)
{
    paddr_t first = 0;
    paddr_t again = 0;

    begin();
    EXPECT_EQ(space_page(space, AT(0), &first), 0);
    EXPECT(is_present(AT(0)));
    EXPECT_EQ(space_page(space, AT(0), &again), 0);
    EXPECT_EQ(first, again);
    EXPECT_EQ(space_page(space, AT(4), &first), 0);
    EXPECT_EQ(space_page(space, AT(4), &again), 0);
    EXPECT_EQ(first, again);
    EXPECT_EQ(space_page(space, AT(5), &first), -EFAULT);
    EXPECT_EQ(space_page(space, AT(6), &first), -EFAULT);
    EXPECT_EQ(space_page(space, USER_END, &first), -EFAULT);
    end();
}

TEST(uaccess_peek_stops_at_what_is_not_mapped)
{
    begin();
    EXPECT_EQ(user_write(AT(4) - 10, pattern, 10), 0);
    EXPECT_EQ(space_peek(space, buffer, AT(4) - 10, BUFFER), 2 * PAGE_SIZE + 10);
    EXPECT_MEMEQ(buffer, pattern, 10);
    EXPECT_EQ(space_peek(space, buffer, AT(6), 1), 0);
    EXPECT_EQ(space_peek(space, buffer, VA - 1, 1), 0);
    EXPECT_EQ(space_peek(space, buffer, AT(1), 0), 0);
    end();
}

TEST(uaccess_peek_at_pages_never_touched_makes_none)
{
    begin();
    EXPECT_EQ(space_peek(space, buffer, AT(0) + 100, 2 * PAGE_SIZE), 2 * PAGE_SIZE);
    for (unsigned i = 0; i < 2 * PAGE_SIZE; i++) {
        EXPECT_EQ(buffer[i], 0);
    }
    EXPECT(!is_present(AT(0)) && !is_present(AT(1)) && !is_present(AT(2)));
    end();
}

/* Of a file that ends in the middle of a page, whether that has been touched or not. */
TEST(uaccess_peek_at_a_file)
{
    const uint64_t file_len = PAGE_SIZE + 100;
    const struct region region = {
        .start = AT(10), .end = AT(13), .prot = PROT_READ, .file = pattern, .file_len = file_len};

    begin();
    EXPECT_EQ(space_map(space, &region), 0);
    for (unsigned touched = 0; touched < 2; touched++) {
        memset(buffer, 0xee, sizeof(buffer));
        EXPECT_EQ(space_peek(space, buffer, AT(10) + 8, BUFFER), 3 * PAGE_SIZE - 8);
        EXPECT_MEMEQ(buffer, pattern + 8, file_len - 8);
        for (uint64_t i = file_len - 8; i < 3 * PAGE_SIZE - 8; i++) {
            EXPECT_EQ(buffer[i], 0);
        }
        EXPECT_EQ(user_read(buffer, AT(10), 3 * PAGE_SIZE), 0);
    }
    end();
}

TEST(uaccess_peek_stops_behind_the_last_page_of_a_file)
{
    const struct region region = {.start = AT(10),
                                  .end = AT(13),
                                  .prot = PROT_READ,
                                  .flags = REGION_FILE,
                                  .file = pattern,
                                  .file_len = 100};

    begin();
    EXPECT_EQ(space_map(space, &region), 0);
    EXPECT_EQ(space_peek(space, buffer, AT(10) + 50, BUFFER), PAGE_SIZE - 50);
    EXPECT_MEMEQ(buffer, pattern + 50, 50);
    EXPECT_EQ(space_peek(space, buffer, AT(11), 1), 0);
    end();
}

TEST(uaccess_peek_above_user_space)
{
    begin();
    fixture_map(space, USER_END - PAGE_SIZE, USER_END, RW);
    EXPECT_EQ(user_write(USER_END - 4, pattern, 4), 0);
    EXPECT_EQ(space_peek(space, buffer, USER_END - 4, 100), 4);
    EXPECT_EQ(space_peek(space, buffer, USER_END, 1), 0);
    EXPECT_EQ(space_peek(space, buffer, UINT64_MAX - 8, 100), 0);
    end();
}

/* ---- without memory ---- */

static int write_pages(void *unused)
{
    (void)unused;
    return user_write(AT(0) + 8, pattern, 2 * PAGE_SIZE);
}

static int read_pages(void *unused)
{
    (void)unused;
    return user_read(buffer, AT(0) + 8, 2 * PAGE_SIZE);
}

static int prepare_pages(void *unused)
{
    (void)unused;
    return user_prepare_write(AT(0) + 8, 2 * PAGE_SIZE);
}

static int swap(void *unused)
{
    uint32_t seen;

    (void)unused;
    return user_cas32(AT(0), 0, 0, &seen);
}

static int read_space(void *unused)
{
    (void)unused;
    return space_read(space, buffer, AT(0) + 8, 2 * PAGE_SIZE);
}

static int write_space(void *unused)
{
    (void)unused;
    return space_write(space, AT(0) + 8, pattern, 2 * PAGE_SIZE);
}

static int measure_string(void *unused)
{
    uint64_t len;

    (void)unused;
    return user_string_len(AT(0), 100, &len);
}

/* Each allocation fails in turn; what a failed copy has made present stays, as it is the
 * program's. */
static void fail_each(int (*op)(void *unused))
{
    bool has_fired = true;

    for (uint64_t n = 1; has_fired; n++) {
        begin();
        inject_arm(n, false);
        int error = op(NULL);
        has_fired = inject_has_fired();
        inject_arm(0, false);
        EXPECT_EQ(error, has_fired ? -ENOMEM : 0);
        EXPECT(n > 1 || has_fired);
        EXPECT_EQ(op(NULL), 0);
        end();
    }
}

TEST(uaccess_without_memory)
{
    fail_each(write_pages);
    fail_each(read_pages);
    fail_each(prepare_pages);
    fail_each(swap);
    fail_each(read_space);
    fail_each(write_space);
    fail_each(measure_string);
}

TEST(uaccess_write_without_memory_has_written_nothing)
{
    begin();
    EXPECT_EQ(user_write(AT(0), "x", 1), 0);
    inject_arm(1, false);
    EXPECT_EQ(user_write(AT(0), pattern + 1, 2 * PAGE_SIZE), -ENOMEM);
    EXPECT_EQ(user_read(buffer, AT(0), 1), 0);
    EXPECT_EQ(buffer[0], 'x');
    end();
}
