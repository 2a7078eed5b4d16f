#include "el0/simd/simd_memory.h"

#include "el0/memory.h"

/*
 * Loads and stores of structures: LD1 to LD4 and ST1 to ST4 of whole registers and of one lane,
 * and the loads that replicate. imm holds, a byte each from the low end: how many registers in
 * all, how many elements a structure has, and for one lane its index. ra is the size of an
 * element.
 *
 * The whole transfer is one access, of at most 64 bytes. rm is EL0_NOWHERE if there is no
 * write-back, and EL0_ZERO (number 31) if the increment is what was transferred.
 */

/* Bit 23 says whether Rm is an increment. */
static void structure_base(struct el0_insn *i)
{
    if (!(i->word & 1u << 23))
        i->rm = EL0_NOWHERE;
}

EL0_OPERANDS(structures)
{
    /* By opcode, bits 15 to 12; the table has lines for those that exist. */
    static const uint8_t registers[16] = {4, 0, 4, 0, 3, 0, 3, 1, 2, 0, 2};
    static const uint8_t per_structure[16] = {4, 0, 1, 0, 3, 0, 1, 1, 2, 0, 1};
    unsigned opcode = i->word >> 12 & 15;

    structure_base(i);
    i->ra = (uint8_t)GET(size);
    i->imm = registers[opcode] | per_structure[opcode] << 8;
    return GET(Q) || i->ra < 3 || per_structure[opcode] == 1;
}

/* Bits 13 and 21 hold the number of elements less 1. */
static unsigned structure_elements(const struct el0_insn *i)
{
    return ((i->word >> 12 & 2) | (i->word >> 21 & 1)) + 1;
}

EL0_OPERANDS(replicate)
{
    structure_base(i);
    i->ra = (uint8_t)GET(size);
    i->imm = structure_elements(i) << 8;
    return true;
}

/* opc is the size, and Q:S:size the index, of which larger elements use fewer bits. */
EL0_OPERANDS(lane)
{
    unsigned index = (unsigned)(GET(Q) << 3 | GET(S) << 2 | GET(size));

    structure_base(i);
    i->ra = (uint8_t)GET(opc);
    if (i->ra == 2 && GET(size) == 1) {
        i->ra = 3;
        if (GET(S))
            return false;
        index &= ~1u;
    }
    i->imm = structure_elements(i) << 8 | index >> i->ra << 16;
    return i->ra < 3 + (GET(opc) == 2) && index % (1u << i->ra) == 0;
}

enum { TRANSFER_MAX = 64 };

#define REGISTERS ((unsigned)i->imm & 0xff)
#define ELEMENTS ((unsigned)(i->imm >> 8) & 0xff)
#define LANE ((unsigned)(i->imm >> 16))

static struct el0_insn *write_back(struct el0_cpu *cpu, struct el0_insn *i, size_t size)
{
    if (i->rm != EL0_NOWHERE)
        cpu->r[i->rn] += i->rm == EL0_ZERO ? size : cpu->r[i->rm];
    return i + 1;
}

/* The place of each element, in the order of memory: structures of ELEMENTS, one from each register
 * of a row, lane after lane; then the next row of registers. */
struct place {
    unsigned reg, lane;
};

static struct place place_of(const struct el0_insn *i, unsigned lanes, unsigned n)
{
    unsigned row = n / (lanes * ELEMENTS), in_row = n % (lanes * ELEMENTS);

    return (struct place){(i->rd + row * ELEMENTS + in_row % ELEMENTS) % 32, in_row / ELEMENTS};
}

EL0_FP_HANDLER(simd_memory_load_structures)
{
    unsigned width = i->word >> 30 & 1 ? 16 : 8, lanes = width >> i->ra;
    size_t size = (size_t)REGISTERS * width;
    uint8_t data[TRANSFER_MAX];

    if (el0_sp_is_misaligned(cpu, i))
        return el0_trap_sp(cpu, i, PLAT_READ);
    if (!memory_read(cpu, i, cpu->r[i->rn], data, size))
        return NULL;
    for (unsigned n = 0; n < REGISTERS; n++)
        vector_write(cpu, (i->rd + n) % 32, (struct vector){{0, 0}});
    for (unsigned n = 0; n < REGISTERS * lanes; n++) {
        struct place place = place_of(i, lanes, n);
        struct vector vector = vector_read(cpu, place.reg);
        uint64_t value = 0;

        memcpy(&value, data + ((size_t)n << i->ra), (size_t)1 << i->ra);
        vector_set(&vector, i->ra, place.lane, value);
        vector_write(cpu, place.reg, vector);
    }
    return write_back(cpu, i, size);
}

EL0_FP_HANDLER(simd_memory_store_structures)
{
    unsigned width = i->word >> 30 & 1 ? 16 : 8, lanes = width >> i->ra;
    size_t size = (size_t)REGISTERS * width;
    uint8_t data[TRANSFER_MAX];

    if (el0_sp_is_misaligned(cpu, i))
        return el0_trap_sp(cpu, i, PLAT_WRITE);
    for (unsigned n = 0; n < REGISTERS * lanes; n++) {
        struct place place = place_of(i, lanes, n);
        struct vector vector = vector_read(cpu, place.reg);
        uint64_t value = vector_get(&vector, i->ra, place.lane);

        memcpy(data + ((size_t)n << i->ra), &value, (size_t)1 << i->ra);
    }
    if (!memory_write(cpu, i, cpu->r[i->rn], data, size))
        return NULL;
    return write_back(cpu, i, size);
}

EL0_FP_HANDLER(simd_memory_load_lane)
{
    size_t size = (size_t)ELEMENTS << i->ra;
    uint8_t data[TRANSFER_MAX];

    if (el0_sp_is_misaligned(cpu, i))
        return el0_trap_sp(cpu, i, PLAT_READ);
    if (!memory_read(cpu, i, cpu->r[i->rn], data, size))
        return NULL;
    for (unsigned n = 0; n < ELEMENTS; n++) {
        struct vector vector = vector_read(cpu, (i->rd + n) % 32);
        uint64_t value = 0;

        memcpy(&value, data + ((size_t)n << i->ra), (size_t)1 << i->ra);
        vector_set(&vector, i->ra, LANE, value);
        vector_write(cpu, (i->rd + n) % 32, vector);
    }
    return write_back(cpu, i, size);
}

EL0_FP_HANDLER(simd_memory_store_lane)
{
    size_t size = (size_t)ELEMENTS << i->ra;
    uint8_t data[TRANSFER_MAX];

    if (el0_sp_is_misaligned(cpu, i))
        return el0_trap_sp(cpu, i, PLAT_WRITE);
    for (unsigned n = 0; n < ELEMENTS; n++) {
        struct vector vector = vector_read(cpu, (i->rd + n) % 32);
        uint64_t value = vector_get(&vector, i->ra, LANE);

        memcpy(data + ((size_t)n << i->ra), &value, (size_t)1 << i->ra);
    }
    if (!memory_write(cpu, i, cpu->r[i->rn], data, size))
        return NULL;
    return write_back(cpu, i, size);
}

EL0_FP_HANDLER(simd_memory_load_replicate)
{
    unsigned lanes = (i->word >> 30 & 1 ? 16u : 8u) >> i->ra;
    size_t size = (size_t)ELEMENTS << i->ra;
    uint8_t data[TRANSFER_MAX];

    if (el0_sp_is_misaligned(cpu, i))
        return el0_trap_sp(cpu, i, PLAT_READ);
    if (!memory_read(cpu, i, cpu->r[i->rn], data, size))
        return NULL;
    for (unsigned n = 0; n < ELEMENTS; n++) {
        struct vector vector = {{0, 0}};
        uint64_t value = 0;

        memcpy(&value, data + ((size_t)n << i->ra), (size_t)1 << i->ra);
        for (unsigned lane = 0; lane < lanes; lane++)
            vector_set(&vector, i->ra, lane, value);
        vector_write(cpu, (i->rd + n) % 32, vector);
    }
    return write_back(cpu, i, size);
}
