/*
 * Writes a program in assembler: blocks of random instructions, straight on, each with registers of
 * its own and one of the modes of FPCR; after each block all registers are hashed, and now and then
 * the hash is printed; in the end memory is hashed, too. runtime.S is the rest of it.
 *
 *     program SEED BLOCKS BLOCKS-A-LINE [atomics]
 *
 * Instructions are those of the interpreter's table that neither jump nor trap, nor depend on what
 * a machine may do as it likes. x28 is where memory is; they load and store near there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../generate.h"
#include "el0/decode.h"

enum {
    ANCHOR = 28,
    BLOCK_WORDS = 24,
    STATES = 64,
    MEMORY_WORDS = 12288, /* of 64 bits; runtime.S has the same */
};

static uint64_t seed;
static bool has_atomics;

static unsigned below(unsigned bound)
{
    uint64_t z = seed += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    return (unsigned)(z >> 33) % bound;
}

static bool names_anchor(uint32_t word)
{
    return (word & 31) == ANCHOR || (word >> 5 & 31) == ANCHOR || (word >> 16 & 31) == ANCHOR ||
           (word >> 10 & 31) == ANCHOR;
}

static bool is_memory(uint32_t word)
{
    return (word >> 25 & 5) == 4;
}

static bool has_index(uint32_t word)
{
    return (word >> 27 & 7) == 7 && !(word >> 24 & 1) && (word >> 21 & 1) && (word >> 10 & 3) == 2;
}

/* Not a literal, which is where no data is; not a store that may fail because an interrupt came. An
 * index is not its own base. */
static bool is_suitable_memory(uint32_t word)
{
    bool is_literal = (word >> 27 & 7) == 3;
    bool is_store_exclusive = (word & 0x3fc00000) == 0x08000000;
    unsigned rn = word >> 5 & 31, rm = word >> 16 & 31;

    return !is_literal && !is_store_exclusive && !(has_index(word) && rm == rn);
}

/* Of branches and system instructions these alone. A CPU with atomics may clear another number of
 * bytes by DC ZVA. */
static bool is_suitable_system(const char *mnemonic)
{
    static const char *const names[] = {"mrs nzcv", "msr nzcv",      "mrs fpcr",      "mrs fpsr",
                                        "msr fpsr", "mrs tpidr_el0", "msr tpidr_el0", "dsb",
                                        "dmb",      "isb",           "clrex",         "dc cvac",
                                        "dc cvau",  "dc civac",      "ic ivau"};

    for (unsigned n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
        if (strcmp(names[n], mnemonic) == 0)
            return true;
    }
    return !has_atomics && strcmp(mnemonic, "dc zva") == 0;
}

static bool is_suitable(uint32_t word)
{
    int line = decode_line(word);

    if (line == DECODE_NONE || names_anchor(word))
        return false;
    if (generate_class(word) == CLASS_BRANCH_SYSTEM)
        return is_suitable_system(decode_line_mnemonic(line));
    return !is_memory(word) || is_suitable_memory(word);
}

static uint32_t pick_word(void)
{
    for (;;) {
        enum word_class class = below(CLASS_ANY);
        uint32_t word;

        if (has_atomics && below(4) == 0)
            class = CLASS_ATOMIC;
        word = generate_line(class, &seed);
        if (is_suitable(word))
            return word;
    }
}

/* add Xn or SP, x28, #offset */
static void write_base(unsigned rn)
{
    printf(" .inst 0x%x\n", 0x91000000u | below(4096 / 16) * 16 << 10 | ANCHOR << 5 | rn);
}

static void write_instruction(uint32_t word)
{
    unsigned rt = word & 31, rn = word >> 5 & 31, rm = word >> 16 & 31;
    bool is_cache = (word & 0xfffff000) == 0xd50b7000;

    if (has_index(word) && rm < 31) /* movz */
        printf(" .inst 0x%x\n", 0xd2800000u | below(4096) << 5 | rm);
    if (is_memory(word))
        write_base(rn);
    else if (is_cache && rt == 31)
        return;
    else if (is_cache)
        write_base(rt);
    printf(" .inst 0x%x\n", word);
}

static void write_block(unsigned number, bool is_printed)
{
    printf(" mov x1, #%u\n msr fpcr, x1\n mov x0, #%u\n bl load\n", below(32) << 22,
           number % STATES);
    for (unsigned n = 0; n < BLOCK_WORDS; n++)
        write_instruction(pick_word());
    printf(" adrp x28, saved\n str x30, [x28, :lo12:saved]\n bl save\n");
    if (is_printed)
        printf(" bl print\n");
}

static void write_data(void)
{
    printf(" .data\n .balign 16\n .globl states\nstates:\n");
    for (unsigned n = 0; n < STATES; n++) {
        struct plat_user user = {.sp = 0};
        struct plat_fp fp;

        generate_state(&user, &fp, &seed);
        for (unsigned v = 0; v < 32; v++)
            printf(" .quad 0x%lx, 0x%lx\n", fp.v[v][0], fp.v[v][1]);
        for (unsigned x = 0; x < 31; x++)
            printf(" .quad 0x%lx\n", user.x[x]);
        printf(" .quad 0x%x\n", below(16) << 28);
    }
    printf(" .balign 4096\n .globl memory\nmemory:\n");
    for (unsigned n = 0; n < MEMORY_WORDS; n++)
        printf(" .quad 0x%lx\n", generate_bits(&seed));
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: program SEED BLOCKS BLOCKS-A-LINE [atomics]\n");
        return 2;
    }
    unsigned blocks = (unsigned)atoi(argv[2]), a_line = (unsigned)atoi(argv[3]);

    seed = strtoull(argv[1], NULL, 0);
    has_atomics = argc > 4;
    el0_has_atomics = has_atomics;
    generate_init();
    printf(" .text\n .globl blocks\nblocks:\n");
    for (unsigned n = 0; n < blocks; n++)
        write_block(n, (n + 1) % a_line == 0);
    printf(" b finish\n");
    write_data();
    return 0;
}
