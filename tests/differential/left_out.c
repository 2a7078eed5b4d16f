#include "left_out.h"

#include "el0/el0.h"
#include "oracle.h"

/*
 * Each reason has a condition on the instruction and the state before it, never on what the
 * interpreter did alone: so what it should have done can be said without asking either machine.
 */

enum {
    EC_UNKNOWN = 0x00,
    EC_SVC = 0x15,
    EC_SYSTEM = 0x18,
    EC_PC_ALIGNMENT = 0x22,
    EC_DATA_ABORT = 0x24,
    EC_SP_ALIGNMENT = 0x26,
    ISS_CM = 1 << 8,
    ISS_WNR = 1 << 6,
    DFSC_ALIGNMENT = 0x21,
    DFSC = 0x3f,
    FPCR_VECTOR = 0x370000,
};

static const struct {
    const char *what, *why;
} reasons[LEFT_OUT_COUNT] = {
    {"", ""},
#define LEFT_OUT(name, what, why) {what, why},
#include "left_out.def"
};

const char *left_out_what(enum left_out left)
{
    return reasons[left].what;
}

const char *left_out_why(enum left_out left)
{
    return reasons[left].why;
}

static void must_trap(struct result *oracle, unsigned ec, uint32_t iss, uint64_t far)
{
    oracle->is_trap = true;
    oracle->esr = (uint32_t)ec << 26 | 1u << 25 | iss;
    oracle->far = far;
}

/* ---- instructions ---- */

static uint64_t base_of(const struct plat_user *user, uint32_t word)
{
    unsigned rn = word >> 5 & 31;

    return rn == 31 ? user->sp : user->x[rn];
}

static uint64_t operand_of(const struct plat_user *user, uint32_t word)
{
    return (word & 31) == 31 ? 0 : user->x[word & 31];
}

static bool is_prefetch(uint32_t word)
{
    return (word & 0xffc00000) == 0xf9800000 || (word & 0xffe00c00) == 0xf8800000 ||
           (word & 0xffe00c00) == 0xf8a00800;
}

/* A load or store with a base, which is the stack pointer. */
static bool is_on_stack(uint32_t word)
{
    bool is_load_or_store = (word >> 25 & 5) == 4, is_literal = (word >> 27 & 7) == 3;

    return is_load_or_store && !is_literal && !is_prefetch(word) && (word >> 5 & 31) == 31;
}

/* Exclusive and ordered accesses, to as many bytes as they move; not CAS and CASP. */
static bool is_misaligned_ordered(const struct plat_user *user, uint32_t word)
{
    bool is_pair = (word & 0xbfa00000) == 0x88200000;
    bool is_compare = (word & 0x3f207c00) == 0x08207c00 && !is_pair;
    unsigned size = (1u << (word >> 30)) << is_pair;

    return (word >> 24 & 63) == 8 && !is_compare && base_of(user, word) % size != 0;
}

/* DC CVAC, CVAU and CIVAC, and IC IVAU. */
static bool is_cache_by_address(uint32_t word)
{
    switch (word & ~31u) {
    case 0xd50b7520:
    case 0xd50b7a20:
    case 0xd50b7b20:
    case 0xd50b7e20:
        return true;
    default:
        return false;
    }
}

static bool is_daif(uint32_t word)
{
    return (word & 0xfffff0df) == 0xd50340df;
}

/* PMEVCNTR4_EL0, PMEVCNTR5_EL0, PMEVTYPER4_EL0 and PMEVTYPER5_EL0. */
static bool is_pmu_counter(uint32_t word)
{
    return (word & 0xffdffbc0) == 0xd51be880;
}

/* ISS of a trapped MSR or MRS: Op0, Op2, Op1, CRn, Rt, CRm, Direction (Arm ARM, ESR_EL1). */
static uint32_t system_iss(uint32_t word)
{
    return (word >> 19 & 3) << 20 | (word >> 5 & 7) << 17 | (word >> 16 & 7) << 14 |
           (word >> 12 & 15) << 10 | (word & 31) << 5 | (word >> 8 & 15) << 1 | (word >> 21 & 1);
}

static bool is_fpcr_write(uint32_t word)
{
    return (word & ~31u) == 0xd51b4400;
}

static bool is_counter_read(uint32_t word)
{
    return (word & ~31u) == 0xd53be040;
}

static bool is_cryptography(uint32_t word)
{
    unsigned opcode = word >> 12 & 7;
    bool is_aes = (word & 0xffffcc00) == 0x4e284800;
    bool is_sha_of_two = (word & 0xffffcc00) == 0x5e280800 && opcode != 3;
    bool is_sha_of_three = (word & 0xffe08c00) == 0x5e000000 && opcode != 7;
    bool is_pmull_of_doublewords = (word & 0xbfe0fc00) == 0x0ee0e000;

    return is_aes || is_sha_of_two || is_sha_of_three || is_pmull_of_doublewords;
}

/* ---- reasons ---- */

/* Those that are traps; user is the state before the instruction. */
static enum left_out find_trap(uint32_t word, const struct plat_user *user, struct result *oracle)
{
    struct oracle_end end;

    if (is_cryptography(word)) {
        must_trap(oracle, EC_UNKNOWN, 0, 0);
        return LEFT_CRYPTOGRAPHY;
    }
    if (is_daif(word) || is_pmu_counter(word)) {
        must_trap(oracle, EC_SYSTEM, system_iss(word), 0);
        return is_daif(word) ? LEFT_DAIF_SYNDROME : LEFT_PMU_COUNTERS;
    }
    if (oracle->is_trap && oracle->esr >> 26 == EC_UNKNOWN && oracle->pc == user->pc)
        return LEFT_NOTHING;
    if (is_on_stack(word) && user->sp % 16 != 0) {
        must_trap(oracle, EC_SP_ALIGNMENT, 0, 0);
        return LEFT_MISALIGNED_SP;
    }
    if (is_misaligned_ordered(user, word)) {
        must_trap(oracle, EC_DATA_ABORT, DFSC_ALIGNMENT | (word >> 22 & 1 ? 0 : ISS_WNR),
                  base_of(user, word));
        return LEFT_MISALIGNED_ORDERED;
    }
    if (is_cache_by_address(word)) {
        oracle_load(operand_of(user, word), &end);
        if (end.is_exception) {
            must_trap(oracle, EC_DATA_ABORT, (end.esr & DFSC) | ISS_CM | ISS_WNR, end.far);
            return LEFT_CACHE_FAULT;
        }
    }
    return LEFT_NOTHING;
}

static bool is_store_exclusive(uint32_t word)
{
    return (word & 0x3fc00000) == 0x08000000;
}

static bool is_load_exclusive(uint32_t word)
{
    return (word & 0x3fc00000) == 0x08400000;
}

static unsigned exclusive_size(uint32_t word)
{
    return (1u << (word >> 30)) << (word >> 21 & 1);
}

/* An exclusive load, and later a store of another size. */
static bool is_of_another_size(const struct test_case *c)
{
    unsigned size = 0;

    for (unsigned n = 0; n < c->count; n++) {
        if (is_load_exclusive(c->words[n]))
            size = exclusive_size(c->words[n]);
        if (is_store_exclusive(c->words[n]) && size != 0 && exclusive_size(c->words[n]) != size)
            return true;
    }
    return false;
}

/* The other machine has no tag other than the address 2^64 - 1, and a byte can be stored there. */
static bool is_without_tag(const struct test_case *c, const struct result *oracle)
{
    uint64_t n = (oracle->pc - c->user.pc) / 4;

    return oracle->is_trap && oracle->esr >> 26 == EC_DATA_ABORT && oracle->far == UINT64_MAX &&
           n < c->count && is_store_exclusive(c->words[n]) && exclusive_size(c->words[n]) == 1;
}

/* A store that fails, and says so; if there is more than that, it is not looked at. */
static void must_fail(const struct test_case *c, const struct result *subject,
                      struct result *oracle)
{
    unsigned status = c->words[0] >> 16 & 31;

    *oracle = *subject;
    if (c->count > 1)
        return;
    oracle->is_trap = false;
    oracle->user = c->user;
    oracle->user.pc += 4;
    if (status < 31)
        oracle->user.x[status] = 1;
}

enum left_out left_out_find(const struct test_case *c, uint32_t word, const struct result *subject,
                            struct result *oracle)
{
    /* All of the case, one instruction after the other. */
    bool is_executed = !subject->is_trap && subject->user.pc == c->user.pc + c->count * 4;

    if (is_of_another_size(c)) {
        *oracle = *subject;
        return LEFT_EXCLUSIVE_SIZE;
    }
    if (is_without_tag(c, oracle)) {
        must_fail(c, subject, oracle);
        return LEFT_NO_TAG;
    }
    if (subject->is_trap && subject->user.pc % 4 != 0) {
        must_trap(oracle, EC_PC_ALIGNMENT, 0, 0);
        return LEFT_MISALIGNED_PC;
    }
    if (is_fpcr_write(word) && is_executed && oracle->fp.fpcr & FPCR_VECTOR) {
        oracle->fp.fpcr &= ~(uint64_t)FPCR_VECTOR;
        return LEFT_FPCR_VECTOR;
    }
    if (is_counter_read(word) && is_executed) {
        if ((word & 31) < 31)
            oracle->user.x[word & 31] = (el0_clock_base + (c->count - 1) * EL0_INSN_NS) / 16;
        return LEFT_COUNTER;
    }
    if (subject->is_trap && subject->esr >> 26 == EC_SVC)
        return LEFT_NOTHING;
    if (subject->is_trap)
        return find_trap(word, &subject->user, oracle);
    return c->count == 1 ? find_trap(word, &c->user, oracle) : LEFT_NOTHING;
}
