#include "fuzz/input/image.h"

#include "abi/eft.h"
#include "abi/linux.h"
#include "fuzz/input/insn.h"

enum {
    PAGE = 4096,
    SMALL_OFFSET = 0xf00, /* in the code page its headers, in the scratch page its code */
    OVER_LENGTH = 5,
    PAGES_WORDS = (PAGE + 512) / 8, /* of /pages: a page and a bit */

    /* Arm ARM C6.2: SVC #0; MOV x8, #IMAGE_NO_CALL; LDRB, LDRH, LDR w9 and x9, [x1]; STRB, STRH,
     * STR w2 and x2, [x1]; and BRK #0 for all that is no operation. */
    SVC = 0xd4000001u,
    NO_CALL = 0xd2800008u | IMAGE_NO_CALL << 5,
    LOAD_1 = 0x39400029u,
    LOAD_2 = 0x79400029u,
    LOAD_4 = 0xb9400029u,
    LOAD_8 = 0xf9400029u,
    STORE_1 = 0x39000022u,
    STORE_2 = 0x79000022u,
    STORE_4 = 0xb9000022u,
    STORE_8 = 0xf9000022u,
    BRK = 0xd4200000u,
};

/* B by so many words back. */
#define BACK(words) (0x14000000u | (0x4000000u - (words)))
#define ACCESS(insn, words) insn, SVC, BACK(words), BRK
#define LOADS ACCESS(LOAD_1, 5), ACCESS(LOAD_2, 9), ACCESS(LOAD_4, 13), ACCESS(LOAD_8, 17)
#define STORES ACCESS(STORE_1, 21), ACCESS(STORE_2, 25), ACCESS(STORE_4, 29), ACCESS(STORE_8, 33)
#define STUBS SVC, NO_CALL, SVC, BACK(2), LOADS, STORES

_Static_assert(IMAGE_SMALL == IMAGE_CODE + SMALL_OFFSET, "where the small program lies");

/* ---- the scratch page ---- */

struct slots {
#define SLOT(kind, name, type, ...) _Alignas(8) __typeof__(type) name;
#include "fuzz/input/slots.def"
#undef SLOT
};

struct scratch {
    struct slots slots;
    uint8_t gap[SMALL_OFFSET - sizeof(struct slots)];
    uint32_t stubs[IMAGE_STUB_WORDS];
    uint8_t gap2[PAGE - SMALL_OFFSET - 4 * IMAGE_STUB_WORDS - OVER_LENGTH];
    char path_over[OVER_LENGTH]; /* its end is in the next page */
};

_Static_assert(sizeof(struct scratch) == PAGE, "the scratch page is a page");

#define path_over_at offsetof(struct scratch, path_over)
#define AT(name) (IMAGE_SCRATCH + offsetof(struct slots, name))
#define AT_OVER (IMAGE_SCRATCH + path_over_at)

static const struct scratch scratch = {
    .slots =
        {
#define SLOT(kind, name, type, ...) .name = __VA_ARGS__,
#include "fuzz/input/slots.def"
#undef SLOT
        },
    .stubs = {STUBS},
    .path_over = {'/', 'i', 'n', 'i', 't'},
};

const struct image_slot image_slots[] = {
#define SLOT(kind, name, type, ...)                                                                \
    {#name, offsetof(struct slots, name), sizeof(__typeof__(type)), ARG_##kind},
#include "fuzz/input/slots.def"
#undef SLOT
    {"path_over", path_over_at, OVER_LENGTH, ARG_PATH},
};
const unsigned image_slot_count = sizeof(image_slots) / sizeof(image_slots[0]);

bool image_is_at_rest(uint64_t pc)
{
    uint64_t at = pc - IMAGE_CODE;
    bool is_access = at >= IMAGE_LOAD && at < IMAGE_STORE + 4 * IMAGE_SPAN;

    return is_access ? at % IMAGE_SPAN == 2 * sizeof(uint32_t)
                     : at == IMAGE_REST || at == IMAGE_REST + 2 * sizeof(uint32_t);
}

const uint8_t *image_scratch(void)
{
    return (const uint8_t *)&scratch;
}

const uint32_t *image_stubs(void)
{
    return scratch.stubs;
}

/* ---- ELF files, elf(5) ---- */

struct header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, segments_at, sections_at;
    uint32_t flags;
    uint16_t header_size, segment_size, segment_count, section_size, section_count, names;
};

struct segment {
    uint32_t type, flags;
    uint64_t offset, va, pa, file_size, memory_size, align;
};

enum { EXECUTE = 1, WRITE = 2, READ = 4, LOAD = 1 };

static struct header make_header(uint16_t segment_count)
{
    return (struct header){
        .ident = {0x7f, 'E', 'L', 'F', 2, 1, 1},
        .type = 2,      /* ET_EXEC */
        .machine = 183, /* EM_AARCH64 */
        .version = 1,
        .entry = IMAGE_CODE + IMAGE_REST,
        .segments_at = sizeof(struct header),
        .header_size = sizeof(struct header),
        .segment_size = sizeof(struct segment),
        .segment_count = segment_count,
    };
}

static struct segment make_segment(uint32_t flags, uint64_t offset, uint64_t va, uint64_t file_size,
                                   uint64_t memory_size)
{
    return (struct segment){
        .type = LOAD,
        .flags = flags,
        .offset = offset,
        .va = va,
        .pa = va,
        .file_size = file_size,
        .memory_size = memory_size,
        .align = PAGE,
    };
}

/* The small program's headers are in all programs' code page. */
struct small_headers {
    struct header header;
    struct segment segments[2];
};

_Static_assert(SMALL_OFFSET + sizeof(struct small_headers) <= PAGE, "they are in the page");

static void put(uint8_t *to, const void *from, size_t len)
{
    __builtin_memcpy(to, from, len);
}

static void put_code(uint8_t page[PAGE])
{
    static const uint32_t stubs[IMAGE_STUB_WORDS] = {STUBS};
    const uint32_t stop = BRK;
    const struct small_headers small = {
        make_header(2),
        {make_segment(READ | EXECUTE, PAGE, IMAGE_CODE, sizeof(stubs), PAGE),
         make_segment(READ | WRITE, 0, IMAGE_SCRATCH, 0, (1 + IMAGE_ZERO_PAGES) * PAGE)},
    };

    for (unsigned at = 0; at < PAGE; at += sizeof(stop)) {
        put(page + at, &stop, sizeof(stop));
    }
    put(page, stubs, sizeof(stubs));
    put(page + SMALL_OFFSET, &small, sizeof(small));
}

static void put_words(uint8_t *to, unsigned count)
{
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t word = i + 1;
        put(to + i * sizeof(word), &word, sizeof(word));
    }
}

size_t image_file(uint8_t bytes[IMAGE_FILE_MAX], int is_long)
{
    enum { CODE_AT = PAGE, SCRATCH_AT = 2 * PAGE, READONLY_AT = 3 * PAGE, LONG_PAGE_AT = 4 * PAGE };
    const uint64_t long_at = LONG_PAGE_AT + IMAGE_LONG % PAGE;
    const uint64_t long_size = IMAGE_LONG_WORDS * 8;
    const struct header header = make_header(is_long ? 4 : 3);
    const struct segment segments[] = {
        make_segment(READ | EXECUTE, CODE_AT, IMAGE_CODE, PAGE, PAGE),
        make_segment(READ | WRITE, SCRATCH_AT, IMAGE_SCRATCH, PAGE, (1 + IMAGE_ZERO_PAGES) * PAGE),
        make_segment(READ, READONLY_AT, IMAGE_READONLY, PAGE, PAGE),
        make_segment(READ | WRITE, long_at, IMAGE_LONG, long_size, IMAGE_LONG_END - IMAGE_LONG),
    };

    __builtin_memset(bytes, 0, IMAGE_FILE_MAX);
    put(bytes, &header, sizeof(header));
    put(bytes + sizeof(header), segments, header.segment_count * sizeof(segments[0]));
    put_code(bytes + CODE_AT);
    put(bytes + SCRATCH_AT, &scratch, PAGE);
    put_words(bytes + READONLY_AT, PAGE / 8);
    if (!is_long) {
        return LONG_PAGE_AT;
    }
    put_words(bytes + long_at, IMAGE_LONG_WORDS);
    return (size_t)(long_at + long_size);
}

/* ---- the archive, cpio(5) ---- */

struct archive {
    uint8_t *bytes;
    size_t len;
};

static void pad(struct archive *archive)
{
    while (archive->len % 4 != 0) {
        archive->bytes[archive->len++] = 0;
    }
}

static void put_name(struct archive *archive, const char *name)
{
    size_t len = __builtin_strlen(name) + 1;

    put(archive->bytes + archive->len, name, len);
    archive->len += len;
    pad(archive);
}

static void put_number(struct archive *archive, uint64_t number)
{
    for (int shift = 28; shift >= 0; shift -= 4) {
        archive->bytes[archive->len++] = (uint8_t) "0123456789abcdef"[number >> shift & 15];
    }
}

/* A member's header and name; its bytes follow. */
static void put_member(struct archive *archive, const char *name, uint32_t mode, size_t size)
{
    enum { MODE = 1, LINKS = 4, SIZE = 6, NAME_SIZE = 11, FIELDS = 13, MAGIC_SIZE = 6 };
    uint64_t fields[FIELDS] = {0};

    fields[MODE] = mode;
    fields[LINKS] = 1;
    fields[SIZE] = size;
    fields[NAME_SIZE] = __builtin_strlen(name) + 1;
    put(archive->bytes + archive->len, "070701", MAGIC_SIZE);
    archive->len += MAGIC_SIZE;
    for (unsigned i = 0; i < FIELDS; i++) {
        put_number(archive, fields[i]);
    }
    put_name(archive, name);
}

static void put_text(struct archive *archive, const char *name, uint32_t mode, const char *text)
{
    size_t len = __builtin_strlen(text);

    put_member(archive, name, mode, len);
    put(archive->bytes + archive->len, text, len);
    archive->len += len;
    pad(archive);
}

static void put_program(struct archive *archive, const char *name, bool is_long)
{
    static uint8_t file[IMAGE_FILE_MAX];
    size_t size = image_file(file, is_long);

    put_member(archive, name, S_IFREG | 0755, size);
    put(archive->bytes + archive->len, file, size);
    archive->len += size;
    pad(archive);
}

size_t image_archive(uint8_t bytes[IMAGE_ARCHIVE_MAX])
{
    struct archive archive = {bytes, 0};

    put_program(&archive, "init", false);
    put_program(&archive, "long", true);
    put_text(&archive, "text", S_IFREG | 0644, "no program\n");
    put_member(&archive, "pages", S_IFREG | 0644, PAGES_WORDS * 8);
    put_words(bytes + archive.len, PAGES_WORDS);
    archive.len += PAGES_WORDS * 8;
    put_text(&archive, "bad", S_IFREG | 0755, "no program\n");
    put_text(&archive, "script", S_IFREG | 0755, "#!/init -x\n");
    put_text(&archive, "lost", S_IFREG | 0755, "#!/none\n");
    put_text(&archive, "dir", S_IFDIR | 0750, "");
    put_text(&archive, "dir/file", S_IFREG | 0600, "in a directory\n");
    put_text(&archive, "link", S_IFLNK | 0777, "dir/file");
    put_text(&archive, "loop", S_IFLNK | 0777, "loop");
    put_text(&archive, "TRAILER!!!", 0, "");
    return archive.len;
}
