/*
 * The program that every process of a fuzzed machine runs, and the initramfs that it comes in. The
 * same ELF file hosted, in QEMU and on Linux: a page of instructions that carry out one operation
 * each, and memory with something in it for pointers to point to.
 *
 * Whoever drives a process puts the arguments in its registers and its pc at an instruction here;
 * each operation ends with a trap, a system call.
 */
#ifndef INPUT_IMAGE_H
#define INPUT_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All in one table of the lowest level. Code is read and executed, the scratch page is of the file
 * and written, the pages behind it begin with zeros, the last is of the file and read-only: its
 * word n is n + 1. */
#define IMAGE_CODE UINT64_C(0x10000000)
#define IMAGE_SCRATCH UINT64_C(0x10001000)
#define IMAGE_ZEROS UINT64_C(0x10002000)
#define IMAGE_ZERO_PAGES 3
#define IMAGE_READONLY UINT64_C(0x10005000)
#define IMAGE_END UINT64_C(0x10006000)

/* /long has besides a segment across a border of tables, whose bytes in the file end just behind
 * the border: the word at IMAGE_LONG + 8 * n is n + 1. */
#define IMAGE_LONG (UINT64_C(0x10400000) - 64)
#define IMAGE_LONG_WORDS 16
#define IMAGE_LONG_END (UINT64_C(0x10400000) + 2 * 4096)

/* Offsets of the operations in the code page. Behind each comes IMAGE_REST, over and over. */
enum {
    IMAGE_CALL = 0x00, /* svc #0 */
    /* The call that there is none of, IMAGE_NO_CALL, which gives -ENOSYS. Also a handler of
     * signals: who is called here goes on with whatever comes next. */
    IMAGE_REST = 0x04,
    /* x9 = size bytes at x1, or size bytes at x1 = x2; then svc #0, for which x8 is IMAGE_NO_CALL.
     * LOAD + SPAN * log2(size). */
    IMAGE_LOAD = 0x10,
    IMAGE_STORE = 0x50,
    IMAGE_SPAN = 0x10,
    IMAGE_STUB_WORDS = 0x90 / 4,
};
#define IMAGE_NO_CALL 4999

/* Whether an address is where an operation has just ended. */
bool image_is_at_rest(uint64_t pc);

/* A program in the memory of all of them, for spawn: the code page, and zeros where the scratch
 * page is. It begins in the code page, and its code lies in the scratch page. */
#define IMAGE_SMALL (IMAGE_CODE + 0xf00)
#define IMAGE_SMALL_SIZE (0x1000 + 4 * IMAGE_STUB_WORDS)

/* Typed things in the scratch page: pointers name them. See slots.def. */
struct image_slot {
    const char *name; /* in the text form: &name */
    uint16_t offset;  /* from IMAGE_SCRATCH; a multiple of 8 but for the last, which reaches across
                         the end of the page */
    uint16_t size;
    uint8_t kind; /* of arguments, enum arg_kind (insn.h) */
};
extern const struct image_slot image_slots[];
extern const unsigned image_slot_count;

/* Their indices: SLOT_status and so on. */
enum {
#define SLOT(kind, name, ...) SLOT_##name,
#include "fuzz/input/slots.def"
#undef SLOT
    SLOT_path_over,
};

/* What lies in the code page, from IMAGE_CODE on: IMAGE_STUB_WORDS. */
const uint32_t *image_stubs(void);

/* Writes the initramfs. Returns its size, at most IMAGE_ARCHIVE_MAX: /init and /long, and what
 * paths in the scratch page name. */
#define IMAGE_ARCHIVE_MAX (64 * 1024)
size_t image_archive(uint8_t bytes[IMAGE_ARCHIVE_MAX]);

/* Writes the ELF file of /init or /long. Returns its size, at most IMAGE_FILE_MAX. */
#define IMAGE_FILE_MAX (6 * 4096)
size_t image_file(uint8_t bytes[IMAGE_FILE_MAX], int is_long);

/* What is in the scratch page when the program starts: a page. */
const uint8_t *image_scratch(void);

#endif
