/* What an instruction is expected to come to, as text: what stands behind the arrow. */
#ifndef INPUT_EXPECTED_H
#define INPUT_EXPECTED_H

#include "fuzz/input/scan.h"
#include "fuzz/run/run.h"

void expected_put(struct text *text, const struct insn *insn, const struct outcome *outcome);

/* false: it is nothing like that, and the scanner has said so. */
bool expected_parse(struct scanner *scanner, const struct insn *insn, struct outcome *outcome);

#endif
