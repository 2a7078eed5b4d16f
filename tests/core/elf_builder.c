#include "tests/core/elf_builder.h"

#include "base/string.h"
#include "test.h"

_Static_assert(sizeof(struct elf_header_bytes) == ELF_TABLE, "Elf64_Ehdr");
_Static_assert(sizeof(struct elf_segment_bytes) == 56, "Elf64_Phdr");

void elf_begin(struct elf_file *file, unsigned type, uint64_t entry, uint64_t len)
{
    const struct elf_header_bytes header = {
        .ident = {0x7f, 'E', 'L', 'F', 2, 1, 1},
        .type = (uint16_t)type,
        .machine = ELF_AARCH64,
        .version = 1,
        .entry = entry,
        .phoff = ELF_TABLE,
        .ehsize = sizeof(struct elf_header_bytes),
        .phentsize = sizeof(struct elf_segment_bytes),
    };

    EXPECT(len >= ELF_TABLE && len <= ELF_FILE_MAX);
    file->len = len;
    for (uint64_t i = 0; i < len; i++) {
        file->bytes[i] = (uint8_t)(1 + (i * 7 + i / 251) % 255);
    }
    memcpy(file->bytes, &header, sizeof(header));
}

struct elf_header_bytes *elf_header_of(struct elf_file *file)
{
    return (struct elf_header_bytes *)(void *)file->bytes;
}

struct elf_segment_bytes *elf_segment_of(struct elf_file *file, unsigned index)
{
    return (struct elf_segment_bytes *)(void *)(file->bytes + ELF_TABLE) + index;
}

void elf_add(struct elf_file *file, struct elf_segment_bytes segment)
{
    *elf_segment_of(file, elf_header_of(file)->phnum++) = segment;
}

void elf_add_load(struct elf_file *file, uint64_t va, uint64_t offset, uint64_t file_size,
                  uint64_t memory_size, unsigned flags)
{
    elf_add(file, (struct elf_segment_bytes){.type = ELF_LOAD,
                                             .flags = flags,
                                             .offset = offset,
                                             .va = va,
                                             .file_size = file_size,
                                             .memory_size = memory_size,
                                             .align = PAGE_SIZE});
}

void elf_make_program(struct elf_file *file, unsigned type)
{
    uint64_t base = type == ELF_FIXED ? 0x400000 : 0;

    elf_begin(file, type, base + 0x800, 0x2200);
    elf_add_load(file, base, 0, 0x1800, 0x1800, ELF_R | ELF_X);
    elf_add_load(file, base + 0x2800, 0x1800, 0xa00, 0x2000, ELF_R | ELF_W);
}
