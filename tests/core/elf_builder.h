/*
 * ELF files for tests: a header, a table of segments behind it, and bytes of which each differs
 * from its neighbours. The layout is written down here a second time, from elf(5), so that a slip
 * in core's does not go unnoticed.
 */
#ifndef TESTS_CORE_ELF_BUILDER_H
#define TESTS_CORE_ELF_BUILDER_H

#include "base/types.h"

enum {
    ELF_FIXED = 2,
    ELF_PIE = 3,
    ELF_AARCH64 = 183,
    ELF_LOAD = 1,
    ELF_INTERPRETER = 3,
    ELF_NOTE = 4,
    ELF_X = 1,
    ELF_W = 2,
    ELF_R = 4,
    ELF_TABLE = 64, /* where the segments are described */
    ELF_FILE_MAX = 96 << 10,
};

struct elf_header_bytes {
    uint8_t ident[16];
    uint16_t type;
    uint16_t machine;
    uint32_t version;
    uint64_t entry;
    uint64_t phoff;
    uint64_t shoff;
    uint32_t flags;
    uint16_t ehsize;
    uint16_t phentsize;
    uint16_t phnum;
    uint16_t shentsize;
    uint16_t shnum;
    uint16_t shstrndx;
};

struct elf_segment_bytes {
    uint32_t type;
    uint32_t flags;
    uint64_t offset;
    uint64_t va;
    uint64_t pa;
    uint64_t file_size;
    uint64_t memory_size;
    uint64_t align;
};

struct elf_file {
    uint64_t len;
    uint8_t bytes[ELF_FILE_MAX];
};

/* A file of len bytes without segments. */
void elf_begin(struct elf_file *file, unsigned type, uint64_t entry, uint64_t len);

/* One segment more, as given. */
void elf_add(struct elf_file *file, struct elf_segment_bytes segment);

/* One to load, with its alignment a page. */
void elf_add_load(struct elf_file *file, uint64_t va, uint64_t offset, uint64_t file_size,
                  uint64_t memory_size, unsigned flags);

/* To be changed in place. */
struct elf_header_bytes *elf_header_of(struct elf_file *file);
struct elf_segment_bytes *elf_segment_of(struct elf_file *file, unsigned index);

/* A program that can be started: code at entry, and data with bss. */
void elf_make_program(struct elf_file *file, unsigned type);

#endif
