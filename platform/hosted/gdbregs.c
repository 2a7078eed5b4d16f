#include "gdbregs.h"

#include <stdio.h>
#include <string.h>

/*
 * gdb manual, appendix G.5.1: the feature core is x0 to x30, sp, pc and cpsr, fpu is v0 to v31,
 * fpsr and fpcr, tls is tpidr; numbered in the order of the description.
 */

enum {
    REG_SP = 31,
    REG_PC = 32,
    REG_CPSR = 33,
    REG_V0 = 34,
    REG_FPSR = 66,
    REG_FPCR = 67,
    REG_TPIDR = 68,
    DESCRIPTION_MAX = 8192,
};

#define NZCV ((uint64_t)0xf << 28)
#define FPCR_BITS 0x07c00000u /* AHP, DN, FZ, RMode: what ARMv8.0-A has */

static const char head[] =
    "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target version=\"1.0\">"
    "<architecture>aarch64</architecture><feature name=\"org.gnu.gdb.aarch64.core\">";
static const char fpu[] =
    "<reg name=\"sp\" bitsize=\"64\" type=\"data_ptr\"/>"
    "<reg name=\"pc\" bitsize=\"64\" type=\"code_ptr\"/>"
    "<reg name=\"cpsr\" bitsize=\"32\"/></feature>"
    "<feature name=\"org.gnu.gdb.aarch64.fpu\">"
    "<vector id=\"doubles\" type=\"ieee_double\" count=\"2\"/>"
    "<vector id=\"singles\" type=\"ieee_single\" count=\"4\"/>"
    "<vector id=\"words\" type=\"uint64\" count=\"2\"/>"
    "<vector id=\"bytes\" type=\"uint8\" count=\"16\"/>"
    "<union id=\"vector\"><field name=\"d\" type=\"doubles\"/><field name=\"s\" type=\"singles\"/>"
    "<field name=\"u\" type=\"words\"/><field name=\"b\" type=\"bytes\"/>"
    "<field name=\"q\" type=\"uint128\"/></union>";
static const char tail[] = "<reg name=\"fpsr\" bitsize=\"32\"/><reg name=\"fpcr\" bitsize=\"32\"/>"
                           "</feature><feature name=\"org.gnu.gdb.aarch64.tls\">"
                           "<reg name=\"tpidr\" bitsize=\"64\"/></feature></target>";

/* Where a register lies in a thread, and the bytes of it that gdb knows. Of all but v0 to v31 these
 * are the low ones of 64 bits. */
static void *place_of(const struct debug_thread *thread, unsigned number, size_t *size)
{
    *size = 8;
    if (number < REG_SP) {
        return &thread->user->x[number];
    }
    if (number >= REG_V0 && number < REG_FPSR) {
        *size = 16;
        return thread->fp->v[number - REG_V0];
    }
    switch (number) {
    case REG_SP:
        return &thread->user->sp;
    case REG_PC:
        return &thread->user->pc;
    case REG_CPSR:
        *size = 4;
        return &thread->user->pstate;
    case REG_FPSR:
        *size = 4;
        return &thread->fp->fpsr;
    case REG_FPCR:
        *size = 4;
        return &thread->fp->fpcr;
    case REG_TPIDR:
        return &thread->user->tpidr;
    default:
        *size = 0;
        return NULL;
    }
}

size_t gdbregs_size(unsigned number)
{
    static struct plat_user user;
    static struct plat_fp fp;
    const struct debug_thread nobody = {.user = &user, .fp = &fp};
    size_t size;

    place_of(&nobody, number, &size);
    return size;
}

void gdbregs_get(const struct debug_thread *thread, unsigned number, uint8_t *bytes)
{
    size_t size;
    const void *from = place_of(thread, number, &size);

    memcpy(bytes, from, size);
}

void gdbregs_set(const struct debug_thread *thread, unsigned number, const uint8_t *bytes)
{
    size_t size;
    void *to = place_of(thread, number, &size);

    memcpy(to, bytes, size);
    thread->user->pstate &= NZCV;
    thread->fp->fpcr &= FPCR_BITS;
}

const char *gdbregs_description(void)
{
    static char text[DESCRIPTION_MAX];
    int len = snprintf(text, sizeof(text), "%s", head);

    for (unsigned i = 0; i < REG_SP; i++) {
        len += snprintf(text + len, sizeof(text) - (size_t)len,
                        "<reg name=\"x%u\" bitsize=\"64\"/>", i);
    }
    len += snprintf(text + len, sizeof(text) - (size_t)len, "%s", fpu);
    for (unsigned i = 0; i < REG_FPSR - REG_V0; i++) {
        len += snprintf(text + len, sizeof(text) - (size_t)len,
                        "<reg name=\"v%u\" bitsize=\"128\" type=\"vector\"/>", i);
    }
    snprintf(text + len, sizeof(text) - (size_t)len, "%s", tail);
    return text;
}
