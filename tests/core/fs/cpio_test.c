#include "fs/cpio.h"

#include "base/random.h"
#include "base/string.h"
#include "platform/hosted/sanitizer.h"
#include "test.h"
#include "tests/core/cpio_builder.h"

enum { MEMBERS_MAX = 8 };

/* What is put into an archive, and must come out of it. */
struct given {
    const char *name;
    uint32_t mode;
    uint64_t size;
    uint64_t end; /* in the archive, without padding */
};

static struct cpio_archive archive;
static struct given given[MEMBERS_MAX];
static unsigned given_count;

/* The byte of a member's contents. */
static uint8_t content(uint64_t offset)
{
    return (uint8_t)(offset * 3 + 1);
}

static void add(const char *name, uint32_t mode, uint64_t size)
{
    uint8_t bytes[128];

    EXPECT(size <= sizeof(bytes));
    for (uint64_t i = 0; i < size; i++) {
        bytes[i] = content(i);
    }
    uint64_t end = cpio_add(&archive, name, mode, bytes, size);
    given[given_count++] = (struct given){name, mode, size, end};
}

static void add_trailer(void)
{
    cpio_add(&archive, "TRAILER!!!", 0, "", 0);
}

static void put_zeroes(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        archive.bytes[archive.len++] = 0;
    }
}

/* Into the first header. */
static void put_number(unsigned at, uint64_t value)
{
    cpio_put_number(archive.bytes + at, value);
}

static void begin(void)
{
    sanitizer_unpoison(archive.bytes, sizeof(archive.bytes));
    archive.len = 0;
    given_count = 0;
}

static void begin_with_three(void)
{
    begin();
    add(".", 0040755, 0);
    add("bin/sh", 0100755, 101);
    add("etc", 0100644, 64);
    add_trailer();
}

/* Nothing behind the first len bytes may be looked at. */
static struct cpio open_archive(uint64_t len)
{
    sanitizer_unpoison(archive.bytes, sizeof(archive.bytes));
    sanitizer_poison(archive.bytes + len, sizeof(archive.bytes) - len);
    return (struct cpio){.bytes = archive.bytes, .size = len};
}

/* Reads members, which must be those given, until something else comes. */
static enum cpio_result read_given(uint64_t len, unsigned *count)
{
    struct cpio cpio = open_archive(len);
    struct cpio_member member;
    enum cpio_result result;

    *count = 0;
    for (result = cpio_next(&cpio, &member); result == CPIO_MEMBER;
         result = cpio_next(&cpio, &member)) {
        EXPECT(*count < given_count);
        const struct given *expected = &given[(*count)++];
        EXPECT_STREQ(member.name, expected->name);
        EXPECT_EQ(member.mode, expected->mode);
        EXPECT_EQ(member.size, expected->size);
        for (uint64_t i = 0; i < member.size; i++) {
            EXPECT_EQ(member.bytes[i], content(i));
        }
    }
    EXPECT(cpio.offset <= len);
    return result;
}

static void expect_all(void)
{
    unsigned count;

    EXPECT_EQ(read_given(archive.len, &count), CPIO_END);
    EXPECT_EQ(count, given_count);
}

/* The first header is as put says: what becomes of the archive. */
static enum cpio_result first_result(void)
{
    struct cpio cpio = open_archive(archive.len);
    struct cpio_member member;

    return cpio_next(&cpio, &member);
}

TEST(cpio_members_come_out_as_they_went_in)
{
    begin_with_three();
    expect_all();
}

TEST(cpio_every_padding)
{
    static const char *const names[] = {"a", "ab", "abc", "abcd", "abcde"};

    for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
        for (uint64_t size = 0; size < 6; size++) {
            begin();
            add(names[i], 0100644, size);
            add("next", 0100644, 1);
            add_trailer();
            expect_all();
        }
    }
}

TEST(cpio_nothing_at_all)
{
    unsigned count;

    begin();
    EXPECT_EQ(read_given(0, &count), CPIO_END);
    begin();
    add_trailer();
    expect_all();
}

TEST(cpio_format_with_checksums_is_read_too)
{
    begin_with_three();
    memcpy(archive.bytes + CPIO_MAGIC, "070702", 6);
    expect_all();
}

TEST(cpio_archives_behind_one_another)
{
    begin_with_three();
    add("more", 0100644, 3);
    add_trailer();
    put_zeroes(12);
    add("most", 0100644, 5);
    add_trailer();
    put_zeroes(5);
    expect_all();
}

TEST(cpio_trailer_is_not_needed)
{
    begin();
    add("a", 0100644, 5);
    add("b", 0100644, 5);
    expect_all();
}

TEST(cpio_zeroes_without_a_trailer_are_no_header)
{
    unsigned count;

    begin();
    add("a", 0100644, 4);
    put_zeroes(2 * CPIO_HEADER);
    EXPECT_EQ(read_given(archive.len, &count), CPIO_BAD_MAGIC);
    EXPECT_EQ(count, 1);
}

TEST(cpio_cut_at_every_length)
{
    begin_with_three();
    for (uint64_t len = 0; len < archive.len; len++) {
        unsigned whole = 0;
        unsigned count;
        while (whole < given_count && given[whole].end <= len) {
            whole++;
        }
        uint64_t padded = whole ? (given[whole - 1].end + 3) / 4 * 4 : 0;
        test_note("%lu bytes", len);
        enum cpio_result result = read_given(len, &count);
        EXPECT_EQ(count, whole);
        EXPECT_EQ(result, len <= padded ? CPIO_END : CPIO_TRUNCATED);
    }
}

TEST(cpio_other_formats)
{
    static const char *const magics[] = {"070707", "070703", "170701", "07070\0",
                                         "\x1f\x8b\x08 xx"};

    for (unsigned i = 0; i < ARRAY_LEN(magics); i++) {
        begin_with_three();
        memcpy(archive.bytes + CPIO_MAGIC, magics[i], 6);
        EXPECT_EQ(first_result(), CPIO_BAD_MAGIC);
    }
}

TEST(cpio_digits_that_are_none)
{
    static const char wrong[] = {' ', '/', ':',  '@',    'G',    '`',
                                 'g', 'x', '\0', '\xff', '\x10', '\x1a'};
    static const unsigned fields[] = {CPIO_MODE, CPIO_SIZE, CPIO_NAME_SIZE};

    for (unsigned i = 0; i < ARRAY_LEN(wrong) * ARRAY_LEN(fields) * 8; i++) {
        begin_with_three();
        unsigned at = fields[i / 8 % ARRAY_LEN(fields)] + i % 8;
        archive.bytes[at] = (uint8_t)wrong[i / 8 / ARRAY_LEN(fields)];
        test_note("byte %u is 0x%x", at, archive.bytes[at]);
        EXPECT_EQ(first_result(), CPIO_BAD_HEADER);
    }
}

TEST(cpio_names_that_are_none)
{
    begin_with_three();
    put_number(CPIO_NAME_SIZE, 0);
    EXPECT_EQ(first_result(), CPIO_BAD_HEADER);
    put_number(CPIO_NAME_SIZE, 1);
    EXPECT_EQ(first_result(), CPIO_BAD_HEADER);
    put_number(CPIO_NAME_SIZE, 2);
    archive.bytes[CPIO_HEADER + 1] = 'x'; /* where the end must be */
    EXPECT_EQ(first_result(), CPIO_BAD_HEADER);
}

TEST(cpio_sizes_beyond_the_end)
{
    begin_with_three();
    put_number(CPIO_SIZE, 0xffffffff);
    EXPECT_EQ(first_result(), CPIO_TRUNCATED);
    put_number(CPIO_SIZE, archive.len);
    EXPECT_EQ(first_result(), CPIO_TRUNCATED);
    begin_with_three();
    put_number(CPIO_NAME_SIZE, 0xffffffff);
    EXPECT_EQ(first_result(), CPIO_TRUNCATED);
    put_number(CPIO_NAME_SIZE, archive.len - CPIO_HEADER + 1);
    EXPECT_EQ(first_result(), CPIO_TRUNCATED);
}

/* Whatever is in it: reading ends, and what it gives lies in the archive. */
static void read_anything(void)
{
    struct cpio cpio = open_archive(archive.len);
    struct cpio_member member;
    uint64_t offset = 0;
    unsigned sum = 0;

    while (cpio_next(&cpio, &member) == CPIO_MEMBER) {
        EXPECT(cpio.offset > offset);
        EXPECT(cpio.offset <= archive.len);
        offset = cpio.offset;
        sum += (unsigned)str_len(member.name);
        for (uint64_t i = 0; i < member.size; i++) {
            sum += member.bytes[i];
        }
    }
    EXPECT(sum < UINT32_MAX);
}

TEST(cpio_every_byte_wrong)
{
    struct random random = {11};

    begin_with_three();
    for (uint64_t at = 0; at < archive.len; at++) {
        for (unsigned i = 0; i < 16; i++) {
            sanitizer_unpoison(archive.bytes, sizeof(archive.bytes));
            uint8_t good = archive.bytes[at];
            archive.bytes[at] = (uint8_t)random_next(&random);
            test_note("byte %lu is 0x%x", at, archive.bytes[at]);
            read_anything();
            archive.bytes[at] = good;
        }
    }
}

TEST(cpio_many_bytes_wrong)
{
    struct random random = {12};

    for (unsigned round = 0; round < 2000; round++) {
        begin_with_three();
        for (unsigned i = 0; i < 6; i++) {
            static const char likely[] = "0123456789abcdefTRAILER!\0\xff";
            uint64_t at = random_next(&random) % archive.len;
            archive.bytes[at] = (uint8_t)likely[random_next(&random) % sizeof(likely)];
        }
        test_note("round %u", round);
        read_anything();
    }
}

TEST(cpio_results_have_texts)
{
    static const enum cpio_result results[] = {CPIO_MEMBER, CPIO_END, CPIO_TRUNCATED,
                                               CPIO_BAD_MAGIC, CPIO_BAD_HEADER};

    for (unsigned i = 0; i < ARRAY_LEN(results); i++) {
        EXPECT(str_len(cpio_result_text(results[i])) > 3);
    }
}

TEST(cpio_what_a_member_is)
{
    struct cpio cpio = {.bytes = archive.bytes};
    struct cpio_member member;

    begin();
    add("dev/x", 0020600, 0);
    put_number(CPIO_DEVICE_MAJOR, 5);
    put_number(CPIO_DEVICE_MINOR, 1);
    put_number(CPIO_LINKS, 3);
    put_number(CPIO_INODE, 77);
    put_number(CPIO_PLACE_MINOR, 2);
    cpio.size = archive.len;
    EXPECT_EQ(cpio_next(&cpio, &member), CPIO_MEMBER);
    EXPECT_EQ(member.device, 5 << 8 | 1);
    EXPECT_EQ(member.links, 3);
    EXPECT_EQ(member.identity, (uint64_t)2 << 32 | 77);
}
