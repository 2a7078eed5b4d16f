#include "proc/elf.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/inject.h"
#include "base/random.h"
#include "base/string.h"
#include "mm/fault.h"
#include "mm/uaccess.h"
#include "platform/hosted/mmu_access.h"
#include "test.h"
#include "tests/core/elf_builder.h"
#include "tests/core/fixture.h"

#define MIB2 ((uaddr_t)2 << 20)
#define BASE ((uaddr_t)0x400000)
#define SOURCE_AT ((uaddr_t)1 << 30) /* of a file in the memory of a program */

enum { ALL_MAX = 64 };

static struct elf_file file;
static struct elf_image image;
static struct space *caller; /* in use; the file may lie in its memory */
static struct space *loaded;

static void begin(void)
{
    fixture_begin(3000);
    caller = fixture_space();
    loaded = NULL;
    image = (struct elf_image){0};
}

static void end(void)
{
    if (loaded) {
        fixture_check_spaces((struct space *[]){caller, loaded}, 2);
        space_put(loaded);
    }
    space_put(caller);
    fixture_end();
}

static int load(struct elf_source source)
{
    struct space *space = NULL;

    int error = space_create(&space);
    if (error) {
        return error;
    }
    error = elf_load(space, &source, &image);
    if (error) {
        space_put(space);
    } else {
        loaded = space;
    }
    return error;
}

static int load_from_kernel(void)
{
    return load((struct elf_source){.bytes = file.bytes, .len = file.len});
}

static struct elf_source put_in_user_memory(void)
{
    fixture_map(caller, SOURCE_AT, SOURCE_AT + page_up(file.len), PROT_READ | PROT_WRITE);
    EXPECT_EQ(user_write(SOURCE_AT, file.bytes, file.len), 0);
    return (struct elf_source){.user = SOURCE_AT, .len = file.len};
}

/* Either way; in user memory the file is destroyed afterwards, which must not matter. */
static int load_as(bool from_user)
{
    if (!from_user) {
        return load_from_kernel();
    }
    int error = load(put_in_user_memory());
    EXPECT_EQ(space_unmap(caller, SOURCE_AT, SOURCE_AT + page_up(file.len)), 0);
    return error;
}

/* Whether the page belongs to this segment: the last of those that have a part of it. */
static bool owns(unsigned index, uaddr_t page, uaddr_t bias)
{
    for (unsigned i = index + 1; i < elf_header_of(&file)->phnum; i++) {
        const struct elf_segment_bytes *later = elf_segment_of(&file, i);
        if (later->type == ELF_LOAD && later->memory_size > 0 &&
            page_down(bias + later->va) == page) {
            return false;
        }
    }
    return true;
}

static void expect_page(const struct elf_segment_bytes *segment, uaddr_t page, uaddr_t bias)
{
    static uint8_t expected[PAGE_SIZE];
    static uint8_t bytes[PAGE_SIZE];
    uaddr_t start = bias + page_down(segment->va);
    uint64_t in_file = page_down(segment->offset) + (page - start);
    uint64_t file_end = segment->offset + segment->file_size;

    for (unsigned i = 0; i < PAGE_SIZE; i++) {
        bool is_in_file = segment->file_size > 0 && in_file + i < file_end;
        expected[i] = is_in_file ? file.bytes[in_file + i] : 0;
    }
    EXPECT_EQ(user_read(bytes, page, PAGE_SIZE), 0);
    EXPECT_MEMEQ(bytes, expected, PAGE_SIZE);
}

static unsigned prot_of(const struct elf_segment_bytes *segment)
{
    return (segment->flags & ELF_R ? (unsigned)PROT_READ : 0) |
           (segment->flags & ELF_W ? (unsigned)PROT_WRITE : 0) |
           (segment->flags & ELF_X ? (unsigned)PROT_EXEC : 0);
}

/* Each page of each segment holds what the file says, with its rights. */
static void expect_loaded_at(uaddr_t bias)
{
    uaddr_t end = 0;

    space_use(loaded);
    for (unsigned i = 0; i < elf_header_of(&file)->phnum; i++) {
        const struct elf_segment_bytes *segment = elf_segment_of(&file, i);
        if (segment->type != ELF_LOAD || segment->memory_size == 0) {
            continue;
        }
        uaddr_t first = page_down(bias + segment->va);
        end = page_up(bias + segment->va + segment->memory_size);
        for (uaddr_t page = first; page < end; page += PAGE_SIZE) {
            test_note("segment %u, page 0x%lx", i, page);
            if (!owns(i, page, bias)) {
                continue;
            }
            const struct region *region = region_find(&loaded->regions, page);
            EXPECT(region != NULL);
            EXPECT_EQ(region->prot, prot_of(segment));
            if (prot_of(segment) == PROT_NONE) {
                EXPECT_EQ(space_protect(loaded, page, page + PAGE_SIZE, PROT_READ), 0);
            }
            expect_page(segment, page, bias);
        }
    }
    EXPECT_EQ(loaded->brk_start, end);
    EXPECT_EQ(loaded->brk_end, end);
    EXPECT(region_is_free(&loaded->regions, end, USER_END));
    EXPECT_EQ(image.entry, bias + elf_header_of(&file)->entry);
    EXPECT_EQ(image.header_count, elf_header_of(&file)->phnum);
    space_use(caller);
}

/* The file, loaded from both kinds of memory, lies at bias. */
static void expect_loads(uaddr_t bias, uaddr_t headers)
{
    for (unsigned from_user = 0; from_user < 2; from_user++) {
        begin();
        EXPECT_EQ(load_as(from_user), 0);
        expect_loaded_at(bias);
        EXPECT_EQ(image.headers, headers);
        end();
    }
}

static void expect_refused(void)
{
    for (unsigned from_user = 0; from_user < 2; from_user++) {
        begin();
        EXPECT_EQ(load_as(from_user), -ENOEXEC);
        end();
    }
}

/* ---- good ones ---- */

TEST(elf_fixed)
{
    elf_make_program(&file, ELF_FIXED);
    expect_loads(0, BASE + ELF_TABLE);
}

TEST(elf_pie)
{
    elf_make_program(&file, ELF_PIE);
    expect_loads(SPACE_PIE_BASE, SPACE_PIE_BASE + ELF_TABLE);
}

TEST(elf_pie_that_was_linked_elsewhere)
{
    static const uaddr_t lows[] = {0x10000, 0x12345000, SPACE_PIE_BASE, SPACE_PIE_BASE + MIB2,
                                   USER_END - 16 * PAGE_SIZE};

    for (unsigned i = 0; i < ARRAY_LEN(lows); i++) {
        elf_begin(&file, ELF_PIE, lows[i], 0x3000);
        elf_add_load(&file, lows[i] + 0x123, 0x123, 0x2000, 0x2000, ELF_R);
        expect_loads(SPACE_PIE_BASE - lows[i], 0);
    }
}

TEST(elf_pie_of_every_alignment)
{
    for (uint64_t align = 1; align <= (uint64_t)1 << 38; align *= 2) {
        uint64_t unit = max_u64(align, PAGE_SIZE);
        uaddr_t low = 3 * PAGE_SIZE;
        elf_begin(&file, ELF_PIE, 0, 0x1000);
        elf_add_load(&file, low, 0, 0x1000, 0x1000, ELF_R);
        elf_segment_of(&file, 0)->align = align;
        test_note("alignment 0x%lx", align);
        expect_loads((SPACE_PIE_BASE & ~(unit - 1)) - (low & ~(unit - 1)),
                     (SPACE_PIE_BASE & ~(unit - 1)) + (low & (unit - 1)) + ELF_TABLE);
    }
}

TEST(elf_segments_begin_and_end_anywhere)
{
    static const uint64_t leads[] = {0, 1, 0x7ff, 0xfff};
    static const uint64_t sizes[] = {1, 0xfff, 0x1000, 0x1001, 0x2801};
    static const uint64_t bss[] = {0, 1, 0x1000, 0x3001};

    for (unsigned i = 0; i < ARRAY_LEN(leads) * ARRAY_LEN(sizes) * ARRAY_LEN(bss); i++) {
        uint64_t lead = leads[i % ARRAY_LEN(leads)];
        uint64_t size = sizes[i / ARRAY_LEN(leads) % ARRAY_LEN(sizes)];
        uint64_t zeroes = bss[i / ARRAY_LEN(leads) / ARRAY_LEN(sizes)];
        elf_begin(&file, ELF_FIXED, BASE, 0x5000);
        elf_add_load(&file, BASE + lead, 0x1000 + lead, size, size + zeroes, ELF_R | ELF_W);
        expect_loads(0, 0);
    }
}

TEST(elf_segments_across_table_borders)
{
    elf_begin(&file, ELF_FIXED, BASE, 0x6000);
    elf_add_load(&file, 2 * MIB2 - 0x1800, 0x800, 0x3000, 0x3000, ELF_R | ELF_X);
    elf_add_load(&file, 3 * MIB2 - 0x800, 0x800, 0x800, 0x1800, ELF_R | ELF_W);
    elf_add_load(&file, ((uaddr_t)1 << 30) - 0x2000, 0x1000, 0x5000, 0x5000, ELF_R);
    expect_loads(0, 0);
}

TEST(elf_large_bss)
{
    elf_begin(&file, ELF_FIXED, BASE, 0x2000);
    elf_add_load(&file, BASE, 0x1000, 0x10, 2 * MIB2, ELF_R | ELF_W);
    expect_loads(0, 0);
}

TEST(elf_segment_of_zeroes_only)
{
    elf_begin(&file, ELF_FIXED, BASE, 0x2000);
    elf_add_load(&file, BASE, 0x1000, 0x1000, 0x1000, ELF_R);
    elf_add_load(&file, BASE + 0x1000, 0, 0, 0x2000, ELF_R | ELF_W);
    elf_add_load(&file, BASE + 0x4000, 0x2000, 0, 0x2000, ELF_R | ELF_W); /* at the very end */
    elf_add_load(&file, BASE + 0x8123, 0x1001, 0, 0x2000, ELF_R | ELF_W); /* of no file bytes */
    elf_add_load(&file, BASE + 0xc000, 0xfff0, 0, 0x2000, ELF_R | ELF_W);
    elf_add_load(&file, BASE + 0xf000, UINT64_MAX, 0, 1, ELF_R | ELF_W);
    expect_loads(0, 0);
}

/* As mmap does it: the page is the later segment's, with the bytes that precede it in the file. */
TEST(elf_segments_that_share_a_page)
{
    elf_begin(&file, ELF_FIXED, BASE, 0x4000);
    elf_add_load(&file, BASE, 0, 0x1800, 0x1800, ELF_R | ELF_X);
    elf_add_load(&file, BASE + 0x1800, 0x1800, 0x400, 0x400, ELF_R);
    elf_add_load(&file, BASE + 0x1c00, 0x1c00, 0x1000, 0x1000, ELF_R | ELF_W);
    expect_loads(0, BASE + ELF_TABLE);
}

TEST(elf_rights_of_every_segment)
{
    elf_begin(&file, ELF_FIXED, BASE, 0x3000);
    for (unsigned flags = 0; flags < 8; flags++) {
        elf_add_load(&file, BASE + flags * 0x10000, 0x1000, 0x1000, 0x2000, flags);
    }
    expect_loads(0, 0);
}

TEST(elf_code_can_be_fetched)
{
    struct plat_fault fault;

    elf_make_program(&file, ELF_FIXED);
    for (unsigned from_user = 0; from_user < 2; from_user++) {
        begin();
        EXPECT_EQ(load_as(from_user), 0);
        space_use(loaded);
        if (!mmu_translate(BASE + 0x800, PLAT_FETCH, &fault)) {
            EXPECT_EQ(fault_resolve(loaded, BASE + 0x800, PLAT_FETCH), 0);
            EXPECT(mmu_translate(BASE + 0x800, PLAT_FETCH, &fault) != NULL);
        }
        space_use(caller);
        end();
    }
}

TEST(elf_other_segments_are_not_looked_at)
{
    elf_make_program(&file, ELF_FIXED);
    elf_add(&file, (struct elf_segment_bytes){.type = ELF_NOTE, .offset = UINT64_MAX, .va = 1});
    elf_add(&file, (struct elf_segment_bytes){
                       .type = ELF_LOAD, .offset = UINT64_MAX, .file_size = 5, .align = 3});
    expect_loads(0, BASE + ELF_TABLE);
}

TEST(elf_table_of_segments_anywhere)
{
    elf_begin(&file, ELF_FIXED, BASE, 0x3000);
    struct elf_segment_bytes segment = {.type = ELF_LOAD,
                                        .flags = ELF_R,
                                        .va = BASE,
                                        .offset = 0x1000,
                                        .file_size = 0x1000,
                                        .memory_size = 0x1000};
    elf_header_of(&file)->phnum = 1;
    elf_header_of(&file)->phoff = 0x3000 - sizeof(segment);
    memcpy(file.bytes + 0x3000 - sizeof(segment), &segment, sizeof(segment));
    begin();
    EXPECT_EQ(load_from_kernel(), 0);
    EXPECT_EQ(image.headers, 0); /* in no segment */
    end();
    elf_header_of(&file)->phoff += 1;
    expect_refused();
}

/* AT_PHDR is where the segment that begins or goes on there has put the table. */
TEST(elf_headers_are_where_the_table_begins)
{
    elf_begin(&file, ELF_FIXED, BASE, 0x2000);
    elf_add_load(&file, BASE, 0, ELF_TABLE, ELF_TABLE, ELF_R);
    expect_loads(0, 0);
    elf_segment_of(&file, 0)->file_size++;
    elf_segment_of(&file, 0)->memory_size++;
    expect_loads(0, BASE + ELF_TABLE);
    elf_begin(&file, ELF_FIXED, BASE, 0x2000);
    elf_add_load(&file, BASE + ELF_TABLE, ELF_TABLE, 0x1000, 0x1000, ELF_R);
    expect_loads(0, BASE + ELF_TABLE);
}

TEST(elf_most_segments)
{
    elf_begin(&file, ELF_FIXED, BASE, 0x3000);
    for (unsigned i = 0; i < ALL_MAX; i++) {
        elf_add_load(&file, BASE + i * PAGE_SIZE, 0x2000, 0x10, 0x10, ELF_R);
    }
    expect_loads(0, 0);
    elf_add_load(&file, BASE + ALL_MAX * PAGE_SIZE, 0x2000, 0x10, 0x10, ELF_R);
    expect_refused();
}

TEST(elf_at_the_borders_of_what_may_be_mapped)
{
    elf_begin(&file, ELF_FIXED, BASE, 0x2000);
    elf_add_load(&file, SPACE_MMAP_BOTTOM, 0x1000, 0x1000, 0x1000, ELF_R);
    elf_add_load(&file, SPACE_MMAP_TOP - 0x1000, 0x1000, 0x1000, 0x1000, ELF_R);
    expect_loads(0, 0);
    elf_segment_of(&file, 1)->memory_size++;
    expect_refused();
    elf_segment_of(&file, 1)->memory_size--;
    elf_segment_of(&file, 0)->va -= PAGE_SIZE;
    expect_refused();
}

/* ---- bad ones ---- */

/* A change of so many bytes of a good file, which makes it a bad one. */
static const struct {
    const char *what;
    unsigned offset;
    unsigned size;
    uint64_t value;
} flaws[] = {
#define HEADER(field) offsetof(struct elf_header_bytes, field)
#define SEGMENT(index, field)                                                                      \
    (ELF_TABLE + (index) * sizeof(struct elf_segment_bytes) +                                      \
     offsetof(struct elf_segment_bytes, field))
    {"magic 0", 0, 1, 0x7e},
    {"magic 1", 1, 1, 'e'},
    {"magic 2", 2, 1, 'l'},
    {"magic 3", 3, 1, 'f'},
    {"32 bits", 4, 1, 1},
    {"big-endian", 5, 1, 2},
    {"relocatable", HEADER(type), 2, 1},
    {"core dump", HEADER(type), 2, 4},
    {"x86-64", HEADER(machine), 2, 62},
    {"size of an entry", HEADER(phentsize), 2, 55},
    {"no segments", HEADER(phnum), 2, 0},
    {"too many segments", HEADER(phnum), 2, 65},
    {"table behind the end", HEADER(phoff), 8, 0x2200},
    {"table far behind the end", HEADER(phoff), 8, 0x2201},
    {"table at the end of time", HEADER(phoff), 8, UINT64_MAX - 50},
    {"an interpreter", SEGMENT(1, type), 4, ELF_INTERPRETER},
    {"more bytes in the file than in memory", SEGMENT(1, memory_size), 8, 0x9ff},
    {"file bytes behind the end", SEGMENT(1, file_size), 8, 0xa01},
    {"file bytes to the end of time", SEGMENT(1, file_size), 8, UINT64_MAX},
    {"offset behind the end", SEGMENT(1, offset), 8, 0x2800},
    {"offset at the end of time", SEGMENT(1, offset), 8, UINT64_MAX - 0x7ff},
    {"offset that does not fit the address", SEGMENT(1, offset), 8, 0x1801},
    {"alignment that is no power of two", SEGMENT(1, align), 8, 3 * PAGE_SIZE},
    {"address above user space", SEGMENT(1, va), 8, USER_END + 0x800},
    {"address at the end of time", SEGMENT(1, va), 8, UINT64_MAX - 0x7ff},
    {"memory beyond user space", SEGMENT(1, memory_size), 8, USER_END - BASE - 0x2800 + 1},
    {"memory without end", SEGMENT(1, memory_size), 8, UINT64_MAX},
    {"segments out of order", SEGMENT(1, va), 8, BASE - 0x800},
    {"segments that overlap", SEGMENT(0, memory_size), 8, 0x2801},
    {"address at the null page", SEGMENT(0, va), 8, 0},
#undef HEADER
#undef SEGMENT
};

TEST(elf_flaws_are_refused)
{
    for (unsigned i = 0; i < ARRAY_LEN(flaws); i++) {
        elf_make_program(&file, ELF_FIXED);
        memcpy(file.bytes + flaws[i].offset, &flaws[i].value, flaws[i].size);
        test_note("%s", flaws[i].what);
        expect_refused();
    }
}

TEST(elf_without_anything_to_load_is_refused)
{
    elf_make_program(&file, ELF_FIXED);
    elf_segment_of(&file, 0)->type = ELF_NOTE;
    elf_segment_of(&file, 1)->memory_size = 0;
    expect_refused();
}

TEST(elf_pie_that_is_too_large_is_refused)
{
    elf_make_program(&file, ELF_PIE);
    elf_segment_of(&file, 1)->memory_size = SPACE_MMAP_TOP - SPACE_PIE_BASE;
    expect_refused();
    elf_segment_of(&file, 1)->memory_size = USER_END - 0x2800;
    expect_refused();
}

TEST(elf_pie_alignment_that_is_too_large_is_refused)
{
    elf_make_program(&file, ELF_PIE);
    elf_segment_of(&file, 0)->align = (uint64_t)1 << 39;
    expect_refused();
    elf_segment_of(&file, 0)->align = (uint64_t)1 << 63;
    expect_refused();
}

TEST(elf_cut_short_is_refused)
{
    elf_make_program(&file, ELF_FIXED);
    uint64_t whole = file.len;
    begin();
    for (uint64_t len = 0; len < whole; len += len < 512 ? 1 : 61) {
        test_note("%lu bytes", len);
        EXPECT_EQ(load((struct elf_source){.bytes = file.bytes, .len = len}), -ENOEXEC);
        EXPECT_EQ(region_count(), 0);
    }
    EXPECT_EQ(load((struct elf_source){.bytes = file.bytes, .len = whole}), 0);
    end();
}

/* Whatever its header says: it is refused or mapped, and nothing is lost. */
TEST(elf_with_random_headers)
{
    struct random random = {10};

    for (unsigned round = 0; round < 1000; round++) {
        elf_make_program(&file, round % 2 ? ELF_FIXED : ELF_PIE);
        for (unsigned changes = 1 + (unsigned)(random_next(&random) % 4); changes > 0; changes--) {
            uint64_t at = 6 + random_next(&random) % (ELF_TABLE + 2 * 56 - 6);
            file.bytes[at] = (uint8_t)random_next(&random);
        }
        test_note("round %u", round);
        begin();
        int error = load_as(round / 2 % 2);
        EXPECT(error == 0 || error == -ENOEXEC || error == -EFAULT || error == -ENOMEM);
        end();
    }
}

/* ---- memory ---- */

TEST(elf_user_memory_that_is_not_there)
{
    elf_make_program(&file, ELF_FIXED);
    begin();
    struct elf_source source = put_in_user_memory();
    EXPECT_EQ(space_unmap(caller, SOURCE_AT + 0x1000, SOURCE_AT + 0x2000), 0);
    EXPECT_EQ(load(source), -EFAULT);
    EXPECT_EQ(space_unmap(caller, SOURCE_AT, SOURCE_AT + 0x1000), 0);
    EXPECT_EQ(load(source), -EFAULT);
    EXPECT_EQ(load((struct elf_source){.user = USER_END - 8, .len = 0x2000}), -EFAULT);
    EXPECT_EQ(load((struct elf_source){.user = UINT64_MAX - 8, .len = 0x2000}), -EFAULT);
    end();
}

/* It says that it is longer than it is, and one of its segments believes it. */
TEST(elf_user_memory_that_ends_too_early)
{
    elf_make_program(&file, ELF_FIXED);
    elf_segment_of(&file, 1)->file_size = 0x1c00;
    begin();
    struct elf_source source = put_in_user_memory();
    source.len = UINT64_MAX;
    EXPECT_EQ(load(source), -EFAULT);
    end();
}

static int load_again(void *source)
{
    return load(*(struct elf_source *)source);
}

static void unload(void *source)
{
    (void)source;
    expect_loaded_at(0);
    space_put(loaded);
    loaded = NULL;
}

TEST(elf_without_memory)
{
    struct elf_source sources[] = {{.bytes = file.bytes, .len = 0x2200}, {.user = SOURCE_AT}};

    elf_make_program(&file, ELF_FIXED);
    begin();
    sources[1] = put_in_user_memory();
    for (unsigned i = 0; i < ARRAY_LEN(sources); i++) {
        fixture_fail_each(load_again, unload, &sources[i]);
    }
    end();
}
