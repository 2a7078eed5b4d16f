#include "el0/insn/load_store.h"

#include "el0/insn/branch.h"
#include "el0/insn/integer.h"
#include "el0/pairs.h"

#include "el0/memory.h"

/*
 * Loads and stores of one register and of pairs, exclusive and ordered accesses. One CPU executes
 * one instruction after the other, so acquire and release need nothing but the alignment check.
 *
 * The inline functions are the instructions; the macros behind them make a handler of each size and
 * addressing form. Order within an instruction: stack pointer check, the whole
 * access, the data registers, the write-back. So nothing is changed if the access faults, a load
 * with write-back into its own base keeps the write-back, and a store of it stores the old value.
 */

/* ---- operands ---- */

EL0_OPERANDS(imm9)
{
    i->imm = (uint64_t)el0_sign_extend(GET(imm9), 9);
    return true;
}

/* log2 of the bytes moved by a load or store of one register: bits 31:30, and opc<1> for Q. */
static unsigned transfer_scale(const struct el0_insn *i)
{
    bool is_q = (i->word & (1u << 26 | 1u << 23)) == (1u << 26 | 1u << 23);

    return is_q ? 4 : i->word >> 30;
}

EL0_OPERANDS(scaled12)
{
    i->imm = GET(imm12) << transfer_scale(i);
    return true;
}

EL0_OPERANDS(register_offset)
{
    i->ra = (uint8_t)GET(option);
    i->imm = GET(S) ? transfer_scale(i) : 0;
    return i->ra & 2;
}

EL0_OPERANDS(pair32)
{
    i->imm = (uint64_t)el0_sign_extend(GET(imm7), 7) * 4;
    return true;
}

EL0_OPERANDS(pair64)
{
    i->imm = (uint64_t)el0_sign_extend(GET(imm7), 7) * 8;
    return true;
}

EL0_OPERANDS(pair128)
{
    i->imm = (uint64_t)el0_sign_extend(GET(imm7), 7) * 16;
    return true;
}

EL0_OPERANDS(size)
{
    i->imm = UINT64_C(1) << GET(size);
    return true;
}

#define INLINE static inline __attribute__((always_inline))

/* OFFSET: rn + imm; PRE and POST also write that back; REGISTER: rn + extended rm. */
enum form { OFFSET, PRE, POST, REGISTER };

/* Which registers, and how a load fills them. */
enum kind { ZERO_EXTEND, SIGN_EXTEND_32, SIGN_EXTEND_64, VECTOR };

INLINE uint64_t address(const struct el0_cpu *cpu, const struct el0_insn *i, enum form form)
{
    uint64_t base = cpu->r[i->rn];
    uint64_t offset;

    if (form == POST)
        return base;
    if (form != REGISTER)
        return base + i->imm;
    offset = cpu->r[i->rm];
    if (i->ra == 2)
        offset = (uint32_t)offset;
    else if (i->ra == 6)
        offset = (uint64_t)(int32_t)offset;
    return base + (offset << i->imm);
}

INLINE void write_back(struct el0_cpu *cpu, const struct el0_insn *i, enum form form,
                       uint64_t new_base)
{
    if (form == PRE || form == POST)
        cpu->r[i->rn] = new_base;
}

INLINE void set_register(struct el0_cpu *cpu, unsigned number, const uint8_t *data, size_t size,
                         enum kind kind)
{
    uint64_t value[2] = {0, 0};

    memcpy(value, data, size);
    if (kind == VECTOR)
        memcpy(cpu->fp->v[number], value, 16);
    else if (kind == SIGN_EXTEND_64)
        cpu->r[number] = (uint64_t)el0_sign_extend(value[0], (unsigned)size * 8);
    else if (kind == SIGN_EXTEND_32)
        cpu->r[number] = (uint32_t)el0_sign_extend(value[0], (unsigned)size * 8);
    else
        cpu->r[number] = value[0];
}

INLINE void get_register(const struct el0_cpu *cpu, unsigned number, uint8_t *data, size_t size,
                         enum kind kind)
{
    memcpy(data, kind == VECTOR ? cpu->fp->v[number] : &cpu->r[number], size);
}

/* Where a quick form reads or writes; NULL: what the whole instruction looks at comes first. */
INLINE uint8_t *quick_access(struct el0_cpu *cpu, const struct el0_insn *i, size_t size,
                             enum kind kind, enum form form, enum plat_access access)
{
    if ((kind == VECTOR && !cpu->fp) || el0_sp_is_misaligned(cpu, i))
        return NULL;
    return memory_hit(cpu, address(cpu, i, form), size, access);
}

/* A handler of a whole instruction behind that of its quick form. */
#define HANDLERS(name, whole, size, kind, form)                                                    \
    static el0_handler name##_whole __attribute__((noinline));                                     \
    EL0_HANDLER(name##_whole)                                                                      \
    {                                                                                              \
        return whole(cpu, i, size, kind, form);                                                    \
    }                                                                                              \
    EL0_QUICK_HANDLER_OR(name, name##_whole)                                                       \
    {                                                                                              \
        return whole##_quick(cpu, i, size, kind, form);                                            \
    }

/* ---- one register ---- */

INLINE struct el0_insn *load(struct el0_cpu *cpu, struct el0_insn *i, size_t size, enum kind kind,
                             enum form form)
{
    uint8_t data[16];
    uint64_t new_base = cpu->r[i->rn] + i->imm;

    if (kind == VECTOR && !cpu->fp)
        return el0_trap_fp(cpu, i);
    if (el0_sp_is_misaligned(cpu, i))
        return el0_trap_sp(cpu, i, PLAT_READ);
    if (!memory_read(cpu, i, address(cpu, i, form), data, size))
        return NULL;
    set_register(cpu, i->rd, data, size, kind);
    write_back(cpu, i, form, new_base);
    return i + 1;
}

INLINE bool load_quick(struct el0_cpu *cpu, const struct el0_insn *i, size_t size, enum kind kind,
                       enum form form)
{
    uint64_t new_base = cpu->r[i->rn] + i->imm;
    const uint8_t *host = quick_access(cpu, i, size, kind, form, PLAT_READ);

    if (!host)
        return false;
    set_register(cpu, i->rd, host, size, kind);
    write_back(cpu, i, form, new_base);
    return true;
}

INLINE struct el0_insn *store(struct el0_cpu *cpu, struct el0_insn *i, size_t size, enum kind kind,
                              enum form form)
{
    uint8_t data[16];

    if (kind == VECTOR && !cpu->fp)
        return el0_trap_fp(cpu, i);
    if (el0_sp_is_misaligned(cpu, i))
        return el0_trap_sp(cpu, i, PLAT_WRITE);
    get_register(cpu, i->rd, data, size, kind);
    if (!memory_write(cpu, i, address(cpu, i, form), data, size))
        return NULL;
    write_back(cpu, i, form, cpu->r[i->rn] + i->imm);
    return i + 1;
}

INLINE bool store_quick(struct el0_cpu *cpu, const struct el0_insn *i, size_t size, enum kind kind,
                        enum form form)
{
    uint8_t *host = quick_access(cpu, i, size, kind, form, PLAT_WRITE);

    if (!host)
        return false;
    get_register(cpu, i->rd, host, size, kind);
    write_back(cpu, i, form, cpu->r[i->rn] + i->imm);
    return true;
}

#define FORMS(function, name, size, kind)                                                          \
    HANDLERS(load_store_##name##_offset, function, size, kind, OFFSET)                             \
    HANDLERS(load_store_##name##_pre, function, size, kind, PRE)                                   \
    HANDLERS(load_store_##name##_post, function, size, kind, POST)                                 \
    HANDLERS(load_store_##name##_register, function, size, kind, REGISTER)

FORMS(load, ldrb, 1, ZERO_EXTEND)
FORMS(load, ldrh, 2, ZERO_EXTEND)
FORMS(load, ldr_w, 4, ZERO_EXTEND)
FORMS(load, ldr_x, 8, ZERO_EXTEND)
FORMS(load, ldrsb_w, 1, SIGN_EXTEND_32)
FORMS(load, ldrsh_w, 2, SIGN_EXTEND_32)
FORMS(load, ldrsb_x, 1, SIGN_EXTEND_64)
FORMS(load, ldrsh_x, 2, SIGN_EXTEND_64)
FORMS(load, ldrsw, 4, SIGN_EXTEND_64)
FORMS(load, ldr_b, 1, VECTOR)
FORMS(load, ldr_h, 2, VECTOR)
FORMS(load, ldr_s, 4, VECTOR)
FORMS(load, ldr_d, 8, VECTOR)
FORMS(load, ldr_q, 16, VECTOR)
FORMS(store, strb, 1, ZERO_EXTEND)
FORMS(store, strh, 2, ZERO_EXTEND)
FORMS(store, str_w, 4, ZERO_EXTEND)
FORMS(store, str_x, 8, ZERO_EXTEND)
FORMS(store, str_b, 1, VECTOR)
FORMS(store, str_h, 2, VECTOR)
FORMS(store, str_s, 4, VECTOR)
FORMS(store, str_d, 8, VECTOR)
FORMS(store, str_q, 16, VECTOR)

INLINE struct el0_insn *load_literal(struct el0_cpu *cpu, struct el0_insn *i, size_t size,
                                     enum kind kind)
{
    uint8_t data[16];

    if (kind == VECTOR && !cpu->fp)
        return el0_trap_fp(cpu, i);
    if (!memory_read(cpu, i, cpu->page_va + i->imm, data, size))
        return NULL;
    set_register(cpu, i->rd, data, size, kind);
    return i + 1;
}

#define LITERAL(name, size, kind)                                                                  \
    EL0_HANDLER(load_store_##name##_literal)                                                       \
    {                                                                                              \
        return load_literal(cpu, i, size, kind);                                                   \
    }

LITERAL(ldr_w, 4, ZERO_EXTEND)
LITERAL(ldr_x, 8, ZERO_EXTEND)
LITERAL(ldrsw, 4, SIGN_EXTEND_64)
LITERAL(ldr_s, 4, VECTOR)
LITERAL(ldr_d, 8, VECTOR)
LITERAL(ldr_q, 16, VECTOR)

/* ---- pairs: one access of twice the size; the second register is ra ---- */

/* Twice the same register is UNPREDICTABLE. As in QEMU the last of vectors stays, but the first of
 * general registers. */
INLINE void set_pair(struct el0_cpu *cpu, const struct el0_insn *i, const uint8_t *from,
                     size_t size, enum kind kind)
{
    uint8_t data[32];

    memcpy(data, from, size * 2);
    if (kind == VECTOR)
        set_register(cpu, i->rd, data, size, kind);
    set_register(cpu, i->ra, data + size, size, kind);
    if (kind != VECTOR)
        set_register(cpu, i->rd, data, size, kind);
}

INLINE struct el0_insn *load_pair(struct el0_cpu *cpu, struct el0_insn *i, size_t size,
                                  enum kind kind, enum form form)
{
    uint8_t data[32];
    uint64_t new_base = cpu->r[i->rn] + i->imm;

    if (kind == VECTOR && !cpu->fp)
        return el0_trap_fp(cpu, i);
    if (el0_sp_is_misaligned(cpu, i))
        return el0_trap_sp(cpu, i, PLAT_READ);
    if (!memory_read(cpu, i, address(cpu, i, form), data, size * 2))
        return NULL;
    set_pair(cpu, i, data, size, kind);
    write_back(cpu, i, form, new_base);
    return i + 1;
}

INLINE bool load_pair_quick(struct el0_cpu *cpu, const struct el0_insn *i, size_t size,
                            enum kind kind, enum form form)
{
    uint64_t new_base = cpu->r[i->rn] + i->imm;
    const uint8_t *host = quick_access(cpu, i, size * 2, kind, form, PLAT_READ);

    if (!host)
        return false;
    set_pair(cpu, i, host, size, kind);
    write_back(cpu, i, form, new_base);
    return true;
}

INLINE struct el0_insn *store_pair(struct el0_cpu *cpu, struct el0_insn *i, size_t size,
                                   enum kind kind, enum form form)
{
    uint8_t data[32];

    if (kind == VECTOR && !cpu->fp)
        return el0_trap_fp(cpu, i);
    if (el0_sp_is_misaligned(cpu, i))
        return el0_trap_sp(cpu, i, PLAT_WRITE);
    get_register(cpu, i->rd, data, size, kind);
    get_register(cpu, i->ra, data + size, size, kind);
    if (!memory_write(cpu, i, address(cpu, i, form), data, size * 2))
        return NULL;
    write_back(cpu, i, form, cpu->r[i->rn] + i->imm);
    return i + 1;
}

INLINE bool store_pair_quick(struct el0_cpu *cpu, const struct el0_insn *i, size_t size,
                             enum kind kind, enum form form)
{
    uint8_t *host = quick_access(cpu, i, size * 2, kind, form, PLAT_WRITE);

    if (!host)
        return false;
    get_register(cpu, i->rd, host, size, kind);
    get_register(cpu, i->ra, host + size, size, kind);
    write_back(cpu, i, form, cpu->r[i->rn] + i->imm);
    return true;
}

#define PAIR_FORMS(function, name, size, kind)                                                     \
    HANDLERS(load_store_##name##_offset, function, size, kind, OFFSET)                             \
    HANDLERS(load_store_##name##_pre, function, size, kind, PRE)                                   \
    HANDLERS(load_store_##name##_post, function, size, kind, POST)

PAIR_FORMS(load_pair, ldp_w, 4, ZERO_EXTEND)
PAIR_FORMS(load_pair, ldp_x, 8, ZERO_EXTEND)
PAIR_FORMS(load_pair, ldpsw, 4, SIGN_EXTEND_64)
PAIR_FORMS(load_pair, ldp_s, 4, VECTOR)
PAIR_FORMS(load_pair, ldp_d, 8, VECTOR)
PAIR_FORMS(load_pair, ldp_q, 16, VECTOR)
PAIR_FORMS(store_pair, stp_w, 4, ZERO_EXTEND)
PAIR_FORMS(store_pair, stp_x, 8, ZERO_EXTEND)
PAIR_FORMS(store_pair, stp_s, 4, VECTOR)
PAIR_FORMS(store_pair, stp_d, 8, VECTOR)
PAIR_FORMS(store_pair, stp_q, 16, VECTOR)

/* ---- exclusive and ordered: aligned to all they move (no FEAT_LSE2) ---- */

static bool is_aligned(struct el0_cpu *cpu, struct el0_insn *i, size_t size,
                       enum plat_access access)
{
    uint64_t va = cpu->r[i->rn];

    if (el0_sp_is_misaligned(cpu, i)) {
        el0_trap_sp(cpu, i, access);
        return false;
    }
    if (va % size != 0) {
        cpu->trap->fault =
            (struct plat_fault){.addr = va, .access = access, .kind = PLAT_FAULT_ALIGNMENT};
        el0_trap_fault(cpu, i, 0);
        return false;
    }
    return true;
}

static bool load_aligned(struct el0_cpu *cpu, struct el0_insn *i, uint64_t value[2], size_t size)
{
    value[0] = value[1] = 0;
    return is_aligned(cpu, i, size, PLAT_READ) && memory_read(cpu, i, cpu->r[i->rn], value, size);
}

EL0_HANDLER(load_store_ldar)
{
    uint64_t value[2];

    if (!load_aligned(cpu, i, value, i->imm))
        return NULL;
    cpu->r[i->rd] = value[0];
    return i + 1;
}

EL0_HANDLER(load_store_stlr)
{
    if (!is_aligned(cpu, i, i->imm, PLAT_WRITE) ||
        !memory_write(cpu, i, cpu->r[i->rn], &cpu->r[i->rd], i->imm))
        return NULL;
    return i + 1;
}

static void tag(struct el0_cpu *cpu, const struct el0_insn *i, size_t size)
{
    cpu->exclusive_va = cpu->r[i->rn];
    cpu->exclusive_size = (unsigned)size;
}

/* Stores if the monitor is tagged for just this, and says so in rm; without the tag memory is not
 * even translated (AArch64.ExclusiveMonitorsPass). The tag is gone on either way. */
static struct el0_insn *store_exclusive(struct el0_cpu *cpu, struct el0_insn *i,
                                        const uint64_t value[2], size_t size)
{
    uint64_t va = cpu->r[i->rn];
    bool is_tagged = cpu->exclusive_size == size && cpu->exclusive_va == va;

    if (!is_aligned(cpu, i, size, PLAT_WRITE))
        return NULL;
    if (is_tagged && !memory_write(cpu, i, va, value, size))
        return NULL;
    cpu->exclusive_size = 0;
    cpu->r[i->rm] = !is_tagged;
    return i + 1;
}

EL0_HANDLER(load_store_ldxr)
{
    uint64_t value[2];

    if (!load_aligned(cpu, i, value, i->imm))
        return NULL;
    tag(cpu, i, i->imm);
    cpu->r[i->rd] = value[0];
    return i + 1;
}

EL0_HANDLER(load_store_stxr)
{
    uint64_t value[2] = {cpu->r[i->rd], 0};

    return store_exclusive(cpu, i, value, i->imm);
}

EL0_HANDLER(load_store_ldxp_x)
{
    uint64_t value[2];

    if (!load_aligned(cpu, i, value, 16))
        return NULL;
    tag(cpu, i, 16);
    cpu->r[i->rd] = value[0];
    cpu->r[i->ra] = value[1];
    return i + 1;
}

EL0_HANDLER(load_store_ldxp_w)
{
    uint64_t value[2];

    if (!load_aligned(cpu, i, value, 8))
        return NULL;
    tag(cpu, i, 8);
    cpu->r[i->rd] = (uint32_t)value[0];
    cpu->r[i->ra] = value[0] >> 32;
    return i + 1;
}

EL0_HANDLER(load_store_stxp_x)
{
    uint64_t value[2] = {cpu->r[i->rd], cpu->r[i->ra]};

    return store_exclusive(cpu, i, value, 16);
}

EL0_HANDLER(load_store_stxp_w)
{
    uint64_t value[2] = {(uint32_t)cpu->r[i->rd] | cpu->r[i->ra] << 32, 0};

    return store_exclusive(cpu, i, value, 8);
}

/* A prefetch is a hint, and never faults. */
EL0_HANDLER(load_store_prfm)
{
    (void)cpu;
    return i + 1;
}

#define LOAD_STORE_PAIR(first, second)                                                             \
    EL0_PAIR_OR(load_store_##first, second, load_store_##first##_whole)
#include "el0/pairs.def"
