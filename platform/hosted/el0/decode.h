/*
 * From an instruction word to a decoded instruction, by table.def and nothing else.
 */
#ifndef EL0_DECODE_H
#define EL0_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#include "el0/cpu.h"

enum { DECODE_NONE = -1 };

/* Compiles the table. Before any other call; again is harmless. */
void decode_init(void);

/* Decodes i->word, which lies offset bytes into its page: fills all of *i but word. */
void decode_insn(struct el0_insn *i, unsigned offset);

/* For traces and tests. The line of the table that word is decoded by, or DECODE_NONE if it is
 * undefined; how many lines there are; and what a line says. */
int decode_line(uint32_t word);
int decode_line_count(void);
const char *decode_line_mnemonic(int line);
void decode_line_bits(int line, uint32_t *mask, uint32_t *value);

#endif
