/*
 * Any bytes as a program, loaded from the kernel's memory or from a process's: it is loaded or
 * refused as elf(5) has it, all that it says is then in memory, and what is refused leaves nothing
 * behind. The last two bytes say how it is loaded; the rest is the file.
 */
#include "proc/elf.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/string.h"
#include "fs/ramfs.h"
#include "fuzz/driver/harness.h"
#include "mm/frame.h"
#include "mm/uaccess.h"
#include "proc/exec.h"

#define SOURCE_AT ((uaddr_t)1 << 30)

enum {
    FRAMES = 400,
    FILE_MAX = 64 << 10,
    HEADER_SIZE = 64,
    SEGMENT_SIZE = 56,
    SEGMENTS_MAX = 64,
    PAGES_AT_A_BORDER = 2,
    FROM_USER = 1, /* how */
    BY_EXEC = 2,
};

/* What a file says, read once more from elf(5). */
struct segment {
    uint64_t va;
    uint64_t offset;
    uint64_t file_size;
    uint64_t memory_size;
    uint64_t align;
    unsigned flags;
};

struct program {
    const uint8_t *bytes;
    uint64_t size;
    uint64_t entry;
    bool is_pie;
    unsigned count;
    struct segment segments[SEGMENTS_MAX];
};

static uint64_t number_at(const uint8_t *at, unsigned size)
{
    uint64_t number = 0;

    for (unsigned i = size; i-- > 0;) {
        number = number << 8 | at[i];
    }
    return number;
}

/* Whether [start, start + len) lies in [0, end). */
static bool is_inside(uint64_t start, uint64_t len, uint64_t end)
{
    return start <= end && len <= end - start;
}

static bool is_sane(const struct program *program, const struct segment *segment)
{
    const struct segment *before =
        program->count ? &program->segments[program->count - 1] : &(struct segment){0};
    bool is_power = (segment->align & (segment->align - 1)) == 0;
    bool has_bytes = is_inside(segment->offset, segment->file_size, program->size) &&
                     segment->va % PAGE_SIZE == segment->offset % PAGE_SIZE;

    return segment->file_size <= segment->memory_size && (segment->file_size == 0 || has_bytes) &&
           is_inside(segment->va, segment->memory_size, USER_END) && is_power &&
           segment->va >= before->va + before->memory_size;
}

static bool read_segments(struct program *program, uint64_t table, unsigned count)
{
    enum { LOAD = 1, INTERPRETER = 3 };

    for (unsigned i = 0; i < count; i++) {
        if (!is_inside(table, (i + 1) * (uint64_t)SEGMENT_SIZE, program->size)) {
            return false;
        }
        const uint8_t *at = program->bytes + table + (size_t)i * SEGMENT_SIZE;
        struct segment segment = {
            .flags = (unsigned)number_at(at + 4, 4),
            .offset = number_at(at + 8, 8),
            .va = number_at(at + 16, 8),
            .file_size = number_at(at + 32, 8),
            .memory_size = number_at(at + 40, 8),
            .align = number_at(at + 48, 8),
        };
        unsigned type = (unsigned)number_at(at, 4);
        if (type == INTERPRETER) {
            return false;
        }
        if (type != LOAD || segment.memory_size == 0) {
            continue;
        }
        if (!is_sane(program, &segment)) {
            return false;
        }
        program->segments[program->count++] = segment;
    }
    return program->count > 0;
}

/* By how much it is moved. false: there is no place for it. */
static bool place(const struct program *program, uint64_t *bias)
{
    const struct segment *last = &program->segments[program->count - 1];
    uint64_t low = page_down(program->segments[0].va);
    uint64_t align = PAGE_SIZE;

    *bias = 0;
    for (unsigned i = 0; i < program->count; i++) {
        align = max_u64(align, program->segments[i].align);
    }
    if (program->is_pie) {
        if (align > SPACE_PIE_BASE) {
            return false;
        }
        *bias = SPACE_PIE_BASE / align * align - low / align * align;
    }
    return *bias + low >= SPACE_MMAP_BOTTOM &&
           page_up(*bias + last->va + last->memory_size) <= SPACE_MMAP_TOP;
}

static bool read_program(struct program *program, const uint8_t *bytes, uint64_t size)
{
    enum { FIXED = 2, PIE = 3, AARCH64 = 183, CLASS_64 = 2, LITTLE = 1 };

    *program = (struct program){.bytes = bytes, .size = size};
    if (size < HEADER_SIZE || memcmp(bytes, "\177ELF", 4) != 0 || bytes[4] != CLASS_64 ||
        bytes[5] != LITTLE || number_at(bytes + 18, 2) != AARCH64) {
        return false;
    }
    uint64_t type = number_at(bytes + 16, 2);
    uint64_t count = number_at(bytes + 56, 2);
    program->entry = number_at(bytes + 24, 8);
    program->is_pie = type == PIE;
    return (type == FIXED || type == PIE) && number_at(bytes + 54, 2) == SEGMENT_SIZE &&
           count > 0 && count <= SEGMENTS_MAX &&
           read_segments(program, number_at(bytes + 32, 8), (unsigned)count);
}

/* ---- what is in memory ---- */

/* The segment whose page it is: the last that has a part of it. */
static const struct segment *owner(const struct program *program, uint64_t page)
{
    const struct segment *found = NULL;

    for (unsigned i = 0; i < program->count; i++) {
        const struct segment *segment = &program->segments[i];
        if (page >= page_down(segment->va) && page < segment->va + segment->memory_size) {
            found = segment;
        }
    }
    return found;
}

static unsigned prot_of(const struct segment *segment)
{
    return (segment->flags & 4 ? (unsigned)PROT_READ : 0) |
           (segment->flags & 2 ? (unsigned)PROT_WRITE : 0) |
           (segment->flags & 1 ? (unsigned)PROT_EXEC : 0);
}

static void check_page(const struct space *space, const struct program *program, uint64_t page,
                       uint64_t bias)
{
    static uint8_t bytes[PAGE_SIZE];
    const struct segment *segment = owner(program, page);
    const struct region *region = region_find(&space->regions, bias + page);

    HOLDS("elf.mapped", segment && region);
    SAME("elf.rights", region->prot, prot_of(segment));
    SAME("elf.mapped", space_peek(space, bytes, bias + page, PAGE_SIZE), PAGE_SIZE);
    for (unsigned i = 0; i < PAGE_SIZE; i++) {
        uint64_t at = page + i;
        bool is_of_file = segment->file_size > 0 && at < segment->va + segment->file_size;
        uint8_t expected = is_of_file ? program->bytes[segment->offset + (at - segment->va)] : 0;
        if (harness_mistake && at == segment->va + segment->file_size) {
            expected = 1;
        }
        SAME("elf.contents", bytes[i], expected);
    }
}

/* The pages around each border of a segment: its start, the end of its bytes, its end. */
static void check_memory(const struct space *space, const struct program *program, uint64_t bias)
{
    for (unsigned i = 0; i < program->count; i++) {
        const struct segment *segment = &program->segments[i];
        uint64_t first = page_down(segment->va);
        uint64_t last = page_down(segment->va + segment->memory_size - 1);
        uint64_t borders[] = {first, page_down(segment->va + segment->file_size), last};
        for (unsigned border = 0; border < ARRAY_LEN(borders); border++) {
            uint64_t from = borders[border] - min_u64(borders[border] - first, PAGE_SIZE);
            uint64_t to = min_u64(borders[border] + PAGES_AT_A_BORDER * PAGE_SIZE, last);
            for (uint64_t page = from; page <= to; page += PAGE_SIZE) {
                check_page(space, program, page, bias);
            }
        }
    }
}

/* ---- loading ---- */

struct in_use {
    uint64_t frames;
    size_t regions;
    size_t spaces;
};

static struct in_use in_use_now(void)
{
    return (struct in_use){frame_free_count(), region_count(), space_count()};
}

static int load(const struct elf_source *source, struct space **space, uaddr_t *entry)
{
    struct elf_image image;
    int error = space_create(space);

    if (error) {
        return error;
    }
    error = elf_load(*space, source, &image);
    if (error) {
        space_put(*space);
    }
    *entry = image.entry;
    return error;
}

static int build(const struct elf_source *source, struct space **space, uaddr_t *entry)
{
    static const char *const words[] = {"a", "b"};
    const struct exec_request request = {
        .path = "/a",
        .source = *source,
        .directory = ramfs_root(),
        .argv = {.kernel = words, .kernel_count = ARRAY_LEN(words), .is_kernel = true},
        .envp = {.is_kernel = true},
    };
    struct cred *cred = cred_create();
    struct exec_built built = {0};

    if (!cred) {
        return -ENOMEM;
    }
    int error = exec_build(&request, cred, EXEC_MAY_GAIN, &built);
    if (!error) {
        *space = built.space;
        *entry = built.user.pc;
        cred_put(built.cred.cred);
    }
    cred_put(cred);
    return error;
}

/* A process whose memory has the file in it, in use. */
static struct space *make_caller(const uint8_t *bytes, uint64_t size)
{
    const struct region region = {
        .start = SOURCE_AT, .end = SOURCE_AT + page_up(size), .prot = PROT_READ | PROT_WRITE};
    struct space *caller;
    int error = space_create(&caller);

    if (!error && size > 0) {
        error = space_map(caller, &region);
    }
    SAME("elf.caller", error, 0);
    space_use(caller);
    for (uint64_t at = 0; at < size; at += PAGE_SIZE) {
        uint64_t len = min_u64(PAGE_SIZE, size - at);
        SAME("elf.caller", user_write(SOURCE_AT + at, bytes + at, len), 0);
    }
    return caller;
}

static void check_refusal(int error, bool is_program, bool is_script)
{
    if (harness_was_refused()) {
        SAME("elf.refusal", error, -ENOMEM);
    } else if (is_script) {
        HOLDS("elf.refusal", error == -ENOENT || error == -ENOEXEC || error == -EACCES ||
                                 error == -ENOTDIR || error == -ENAMETOOLONG);
    } else {
        HOLDS("elf.refusal", !is_program && error == -ENOEXEC);
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    harness_options(*argc, *argv);
    return 0;
}

/* Loads the file while the caller's space is in use; then nothing is left of it. */
static void try_load(struct space *caller, const struct elf_source *source,
                     const struct program *program, const uint64_t *bias, uint8_t how)
{
    struct in_use before = in_use_now();
    struct space *loaded = NULL;
    uaddr_t entry = 0;
    bool by_exec = how & BY_EXEC;
    bool is_script = by_exec && source->len >= 2 && memcmp(source->bytes, "#!", 2) == 0;

    int error = (by_exec ? build : load)(source, &loaded, &entry);
    if (error) {
        struct in_use after = in_use_now();
        check_refusal(error, bias, is_script);
        SAME("elf.leak", after.frames, before.frames);
        SAME("elf.leak", after.regions, before.regions);
        SAME("elf.leak", after.spaces, before.spaces);
        return;
    }
    HOLDS("elf.accepted", bias && !harness_was_refused());
    SAME("elf.entry", entry, *bias + program->entry);
    check_memory(loaded, program, *bias);
    harness_check_spaces((struct space *[]){caller, loaded}, 2);
    space_put(loaded);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct program program;
    uint8_t how = size >= 2 ? bytes[size - 1] : 0;
    struct feed arm = {bytes + size - min_u64(size, 2), min_u64(size, 2)};
    uint64_t len = min_u64(size, FILE_MAX);
    bool from_user = !(how & BY_EXEC) && (how & FROM_USER);
    uint64_t bias;

    harness_core(16, FRAMES);
    int error = ramfs_init();
    SAME("elf.files", error, 0);
    harness_keep();
    struct space *caller = make_caller(bytes, from_user ? len : 0);
    struct elf_source source = {
        .bytes = from_user ? NULL : bytes, .user = from_user ? SOURCE_AT : 0, .len = len};
    bool is_program = read_program(&program, bytes, len) && place(&program, &bias);

    harness_arm(&arm);
    try_load(caller, &source, &program, is_program ? &bias : NULL, how);
    inject_arm(0, false);
    harness_check_spaces(&caller, 1);
    space_put(caller);
    harness_check_end();
    return 0;
}
