#include "proc/elf.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/plant.h"
#include "base/string.h"
#include "mm/uaccess.h"

enum {
    ELF_CLASS_64 = 2,
    ELF_DATA_LITTLE = 1,
    ELF_TYPE_FIXED = 2, /* ET_EXEC */
    ELF_TYPE_PIE = 3,   /* ET_DYN */
    ELF_MACHINE_AARCH64 = 183,
    SEGMENT_LOAD = 1,
    SEGMENT_INTERPRETER = 3,
    SEGMENT_EXECUTE = 1,
    SEGMENT_WRITE = 2,
    SEGMENT_READ = 4,
    SEGMENTS_MAX = 64,
};

struct elf_header {
    uint8_t ident[16];
    uint16_t type;
    uint16_t machine;
    uint32_t version;
    uint64_t entry;
    uint64_t segments_offset;
    uint64_t sections_offset;
    uint32_t flags;
    uint16_t header_size;
    uint16_t segment_size;
    uint16_t segment_count;
    uint16_t section_size;
    uint16_t section_count;
    uint16_t section_names;
};

struct elf_segment {
    uint32_t type;
    uint32_t flags;
    uint64_t offset;
    uint64_t va;
    uint64_t pa;
    uint64_t file_size;
    uint64_t memory_size;
    uint64_t align;
};

_Static_assert(sizeof(struct elf_header) == 64 && sizeof(struct elf_segment) == 56, "elf(5)");

static int source_read(const struct elf_source *source, uint64_t offset, void *dst, uint64_t len)
{
    if (offset > source->len || len > source->len - offset) {
        return -ENOEXEC;
    }
    if (!source->bytes) {
        return user_read(dst, source->user + offset, len);
    }
    memcpy(dst, source->bytes + offset, len);
    return 0;
}

static int read_header(const struct elf_source *source, struct elf_header *header)
{
    int error = source_read(source, 0, header, sizeof(*header));

    if (error) {
        return error;
    }
    bool is_ours = memcmp(header->ident, "\177ELF", 4) == 0 && header->ident[4] == ELF_CLASS_64 &&
                   header->ident[5] == ELF_DATA_LITTLE && header->machine == ELF_MACHINE_AARCH64 &&
                   (header->type == ELF_TYPE_FIXED || header->type == ELF_TYPE_PIE) &&
                   header->segment_size == sizeof(struct elf_segment) &&
                   header->segment_count > 0 && header->segment_count <= SEGMENTS_MAX;
    return is_ours ? 0 : -ENOEXEC;
}

static int read_segment(const struct elf_source *source, const struct elf_header *header,
                        unsigned index, struct elf_segment *segment)
{
    /* The first one is read first, and fails where the table lies so high that a sum would
     * overflow. */
    uint64_t offset = header->segments_offset + index * sizeof(*segment);

    return source_read(source, offset, segment, sizeof(*segment));
}

/* Whether the file has the bytes of a segment, where they can be mapped. The offset of none says
 * nothing: linkers write one behind the end. */
static bool is_in_file(const struct elf_segment *segment, const struct elf_source *source)
{
    return segment->file_size == 0 ||
           (segment->offset <= source->len && segment->file_size <= source->len - segment->offset &&
            ((segment->va ^ segment->offset) & PAGE_MASK) == 0);
}

/* Whether a segment to load makes sense by itself. */
static bool is_sane(const struct elf_segment *segment, const struct elf_source *source)
{
    return segment->file_size <= segment->memory_size && is_in_file(segment, source) &&
           segment->va <= USER_END && segment->memory_size <= USER_END - segment->va &&
           (segment->align & (segment->align - 1)) == 0;
}

/* What is found out about all segments before the first is mapped. */
struct survey {
    uint64_t low; /* page-aligned */
    uint64_t high;
    uint64_t align;
    uint64_t headers; /* address of the segment table, or 0 */
};

static int survey_segments(const struct elf_source *source, const struct elf_header *header,
                           struct survey *survey)
{
    uint64_t table = header->segments_offset;

    *survey = (struct survey){.align = PAGE_SIZE};
    for (unsigned i = 0; i < header->segment_count; i++) {
        struct elf_segment segment;
        int error = read_segment(source, header, i, &segment);
        if (error) {
            return error;
        }
        if (segment.type == SEGMENT_INTERPRETER) {
            return -ENOEXEC;
        }
        if (segment.type != SEGMENT_LOAD || segment.memory_size == 0) {
            continue;
        }
        bool is_first = survey->high == 0;
        if (!is_sane(&segment, source) || (!is_first && segment.va < survey->high)) {
            return -ENOEXEC;
        }
        if (is_first) {
            survey->low = page_down(segment.va);
        }
        survey->high = segment.va + segment.memory_size;
        survey->align = max_u64(survey->align, segment.align);
        if (table >= segment.offset && table - segment.offset < segment.file_size) {
            survey->headers = segment.va + (table - segment.offset);
        }
    }
    return survey->high == 0 ? -ENOEXEC : 0;
}

static unsigned prot_of(const struct elf_segment *segment)
{
    return (segment->flags & SEGMENT_READ ? (unsigned)PROT_READ : 0) |
           (segment->flags & SEGMENT_WRITE ? (unsigned)PROT_WRITE : 0) |
           (segment->flags & SEGMENT_EXECUTE ? (unsigned)PROT_EXEC : 0);
}

/* Copies file bytes out of user memory into the pages of [start, start + len). */
static int copy_segment(struct space *space, uaddr_t start, uaddr_t from, uint64_t len,
                        bool is_code)
{
    for (uint64_t done = 0, chunk; done < len; done += chunk) {
        uint64_t offset = (start + done) & PAGE_MASK;
        paddr_t pa;
        int error = space_page(space, page_down(start + done), &pa);
        chunk = min_u64(PAGE_SIZE - offset, len - done);
        if (!error) {
            error = user_read((char *)plat_phys_ptr(pa, PAGE_SIZE) + offset, from + done, chunk);
        }
        if (error) {
            return error;
        }
        if (is_code) {
            plat_icache_sync(pa, PAGE_SIZE);
        }
        plat_irq_window();
    }
    return 0;
}

/* As mmap of the file's pages would: what precedes the segment in its first page is there too. */
static int map_segment(struct space *space, const struct elf_source *source,
                       const struct elf_segment *segment, uaddr_t bias)
{
    uint64_t lead = segment->va & PAGE_MASK;
    uaddr_t start = bias + segment->va - lead;
    uint64_t file_start = segment->offset - lead;
    uint64_t file_len = lead + segment->file_size;
    unsigned prot = prot_of(segment);
    bool must_copy = !source->bytes && segment->file_size > 0;
    struct region region = {
        .start = start,
        .end = page_up(bias + segment->va + segment->memory_size),
        .prot = prot,
    };

    if (PLANTED(K_8)) {
        const uint64_t span = (uint64_t)PLAT_PTE_COUNT << PAGE_SHIFT;
        region.end = min_u64(region.end, start / span * span + span);
    }
    if (source->bytes && segment->file_size > 0) {
        region.file = source->bytes + file_start;
        region.file_len = file_len;
    }
    if (must_copy && prot == PROT_NONE) {
        region.prot = PROT_READ; /* until the pages are there */
    }
    int error = space_map(space, &region);
    if (!error && must_copy) {
        error = copy_segment(space, start, source->user + file_start, file_len, prot & PROT_EXEC);
    }
    if (!error && region.prot != prot) {
        error = space_protect(space, region.start, region.end, prot);
    }
    return error;
}

int elf_load(struct space *space, const struct elf_source *source, struct elf_image *image)
{
    struct elf_header header;
    struct survey survey;
    uaddr_t bias = 0;
    int error = read_header(source, &header);

    if (!error) {
        error = survey_segments(source, &header, &survey);
    }
    if (error) {
        return error;
    }
    if (header.type == ELF_TYPE_PIE) {
        if (survey.align > SPACE_PIE_BASE) {
            return -ENOEXEC;
        }
        bias = (SPACE_PIE_BASE & ~(survey.align - 1)) - (survey.low & ~(survey.align - 1));
    }
    uaddr_t end = page_up(bias + survey.high);
    if (bias + survey.low < SPACE_MMAP_BOTTOM || end > SPACE_MMAP_TOP) {
        return -ENOEXEC;
    }
    for (unsigned i = 0; i < header.segment_count; i++) {
        struct elf_segment segment;
        error = read_segment(source, &header, i, &segment);
        if (!error && segment.type == SEGMENT_LOAD && segment.memory_size > 0) {
            error = map_segment(space, source, &segment, bias);
        }
        if (error) {
            return error;
        }
    }
    space->brk_start = end;
    space->brk_end = end;
    image->entry = bias + header.entry;
    image->headers = survey.headers ? bias + survey.headers : 0;
    image->header_count = header.segment_count;
    return 0;
}
