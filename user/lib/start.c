/*
 * Start of a program: applies its own relocations, if it is position-independent, and calls main.
 * Nothing here may use an address that needs a relocation before relocate has returned.
 */
#include "start.h"

#include "sys.h"

/* The parts of the ELF format that a static position-independent program meets in itself (ELF-64
 * object file format, and R_AARCH64_RELATIVE of the ELF ABI for AArch64). */
enum {
    PT_DYNAMIC = 2,
    DT_NULL = 0,
    DT_RELA = 7,
    DT_RELASZ = 8,
    R_AARCH64_RELATIVE = 1027,
};

struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_segment {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

struct elf_dynamic {
    uint64_t tag, value;
};

struct elf_rela {
    uint64_t offset, info, addend;
};

/* The start of the program, from the linker; a position-independent one is linked at 0. */
extern const struct elf_header image __asm__("__ehdr_start") __attribute__((visibility("hidden")));

static void relocate(uint64_t base, const struct elf_dynamic *dynamic)
{
    uint64_t table = 0, size = 0;

    for (; dynamic->tag != DT_NULL; dynamic++) {
        if (dynamic->tag == DT_RELA)
            table = base + dynamic->value;
        else if (dynamic->tag == DT_RELASZ)
            size = dynamic->value;
    }
    const struct elf_rela *rela = (const struct elf_rela *)table;
    for (uint64_t i = 0; rela && i < size / sizeof(*rela); i++)
        if ((uint32_t)rela[i].info == R_AARCH64_RELATIVE)
            *(uint64_t *)(base + rela[i].offset) = base + rela[i].addend;
}

_Noreturn void start(const uint64_t *stack)
{
    uint64_t base = (uint64_t)&image;
    const struct elf_segment *segments = (const struct elf_segment *)(base + image.phoff);

    for (unsigned i = 0; i < image.phnum; i++)
        if (segments[i].type == PT_DYNAMIC)
            relocate(base, (const struct elf_dynamic *)(base + segments[i].vaddr));

    int argc = (int)stack[0];
    char **argv = (char **)(uint64_t)(stack + 1);
    sys_leave(main(argc, argv, argv + argc + 1));
}
