#include "fuzz/input/input.h"

#include "fuzz/input/image.h"
#include "fuzz/input/insn.h"
#include "fuzz/input/normal.h"

/*
 * The header, little-endian:
 *
 *   0  frames (16 bits), so that 0 is FRAMES_DULL    5  changes of priority
 *   2  bit 0: last freed, first used; bit 1: TLB     6  seed of the schedule (16 bits)
 *   3  ASID bits, 0 for 16                           8  nothing
 *   4  schedule
 *
 * An instruction:
 *
 *   0  type                  4  window
 *   1  actor                 5  bit 0: fails for ever; bits 1-3: window event; bits 4 to 7 all 1:
 *   2  preempt, from 128 up     the allocation and the window count, so that they seldom do in
 *   3  fail_nth                 bytes that are nothing but random
 *   6  nothing               8  six operands, 32 bits each
 *
 * An operand, by its highest bits:
 *
 *   00   number, 30 bits with a sign
 *   01   number, 26 bits with a sign, and how many hexadecimal zeros follow
 *   10   result: index (8 bits), part (1), value (16 bits with a sign) from bit 9
 *   110  named: index
 *   111  slot: index (8), value (16) from bit 9
 */

enum {
    FRAMES_DULL = 256,
    FRAMES_SPAN = INPUT_FRAMES_MAX - INPUT_FRAMES_MIN + 1,
    FRAMES_SHIFT = FRAMES_DULL - INPUT_FRAMES_MIN,
    CHANGES_SPAN = 16,
    ASID_BITS_MAX = 16,
    FLAG_LIFO = 1,
    FLAG_NATURAL = 2,
    FLAG_FOREVER = 1,
    EVENT_SHIFT = 1,
    EVENT_MASK = 7,
    FLAGS_SELDOM = 0xf0,
    PREEMPTS = 128,
    OPERANDS_AT = INPUT_INSN_SIZE - 4 * INPUT_ARGS,
    PLAIN_BITS = 30,
    SCALED_BITS = 26,
    VALUE_BITS = 16,
    VALUE_SHIFT = 9,
};

#define TAG_SCALED (UINT32_C(1) << 30)
#define TAG_RESULT (UINT32_C(2) << 30)
#define TAG_NAMED (UINT32_C(6) << 29)
#define TAG_SLOT (UINT32_C(7) << 29)

/* ---- numbers ---- */

/* The lowest bits of word as a number with a sign. */
static int64_t extend(uint64_t word, unsigned bits)
{
    return (int64_t)(word << (64 - bits)) >> (64 - bits);
}

static bool fits(int64_t value, unsigned bits)
{
    return extend((uint64_t)value, bits) == value;
}

/* How many bits are left off so that the rest fits: a multiple of 4. */
static unsigned scale_of(int64_t value)
{
    unsigned shift = 0;

    while (!fits(value >> shift, SCALED_BITS)) {
        shift += 4;
    }
    return shift;
}

int64_t number_encodable(int64_t value)
{
    unsigned shift = scale_of(value);

    if (fits(value, PLAIN_BITS)) {
        return value;
    }
    return (int64_t)((uint64_t)(value >> shift) << shift);
}

static uint32_t encode_number(int64_t value)
{
    unsigned shift = scale_of(value);

    if (fits(value, PLAIN_BITS)) {
        return (uint32_t)value & ((UINT32_C(1) << PLAIN_BITS) - 1);
    }
    uint32_t scaled = (uint32_t)(value >> shift) & ((UINT32_C(1) << SCALED_BITS) - 1);
    return TAG_SCALED | shift / 4 << SCALED_BITS | scaled;
}

/* ---- operands ---- */

static uint32_t encode_operand(const struct operand *operand)
{
    uint32_t value = (uint32_t)(operand->value & 0xffff) << VALUE_SHIFT;

    switch ((enum operand_kind)operand->kind) {
    case OPERAND_RESULT:
        return TAG_RESULT | operand->index | (uint32_t)(operand->part & 1) << 8 | value;
    case OPERAND_NAMED:
        return TAG_NAMED | operand->index;
    case OPERAND_SLOT:
        return TAG_SLOT | operand->index | value;
    default:
        return encode_number(operand->value);
    }
}

static struct operand decode_operand(uint32_t word)
{
    uint8_t index = (uint8_t)word;
    int64_t value = extend(word >> VALUE_SHIFT, VALUE_BITS);

    if (!(word & TAG_RESULT) && !(word & TAG_SCALED)) {
        return (struct operand){OPERAND_NUMBER, 0, 0, extend(word, PLAIN_BITS)};
    }
    if (!(word & TAG_RESULT)) {
        uint64_t scaled = (uint64_t)extend(word, SCALED_BITS);
        return (struct operand){OPERAND_NUMBER, 0, 0,
                                (int64_t)(scaled << 4 * (word >> SCALED_BITS & 15))};
    }
    if (!(word & TAG_SCALED)) {
        return (struct operand){OPERAND_RESULT, index, word >> 8 & 1, value};
    }
    if ((word & TAG_SLOT) != TAG_SLOT) {
        return (struct operand){OPERAND_NAMED, index, 0, 0};
    }
    return (struct operand){OPERAND_SLOT, index, 0, value};
}

/* ---- instructions ---- */

static uint32_t load_word(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void store_word(uint8_t *bytes, uint32_t word)
{
    for (unsigned i = 0; i < 4; i++) {
        bytes[i] = (uint8_t)(word >> 8 * i);
    }
}

static void decode_insn(struct insn *insn, const uint8_t *bytes)
{
    const struct insn_type *type = &insn_types[bytes[0] % insn_type_count];
    uint8_t flags = bytes[5];
    bool counts = (flags & FLAGS_SELDOM) == FLAGS_SELDOM;

    *insn = (struct insn){
        .op = type->op,
        .nr = type->nr,
        .actor = bytes[1],
        .preempt = bytes[2] < PREEMPTS ? INSN_NOBODY : bytes[2] - PREEMPTS,
        .fail_nth = counts ? bytes[3] : 0,
        .fails_forever = flags & FLAG_FOREVER,
        .window = counts ? bytes[4] : 0,
        .window_event = flags >> EVENT_SHIFT & EVENT_MASK,
    };
    for (unsigned i = 0; i < INPUT_ARGS; i++) {
        insn->args[i] = decode_operand(load_word(bytes + OPERANDS_AT + 4 * i));
    }
}

static void encode_insn(const struct insn *insn, uint8_t *bytes)
{
    const struct insn_type *type = insn_type_find(insn->op, insn->nr);
    bool counts = insn->fail_nth || insn->window;

    __builtin_memset(bytes, 0, INPUT_INSN_SIZE);
    bytes[0] = type ? (uint8_t)(type - insn_types) : 0;
    bytes[1] = insn->actor;
    bytes[2] = insn->preempt == INSN_NOBODY ? 0 : (uint8_t)(PREEMPTS + insn->preempt);
    bytes[3] = insn->fail_nth;
    bytes[4] = insn->window;
    bytes[5] = (uint8_t)((counts ? FLAGS_SELDOM : 0) | (insn->fails_forever ? FLAG_FOREVER : 0) |
                         insn->window_event << EVENT_SHIFT);
    for (unsigned i = 0; i < INPUT_ARGS; i++) {
        store_word(bytes + OPERANDS_AT + 4 * i, encode_operand(&insn->args[i]));
    }
}

/* ---- all of it ---- */

static void decode_config(struct input_config *config, const uint8_t *bytes)
{
    unsigned frames = bytes[0] | (unsigned)bytes[1] << 8;

    *config = (struct input_config){
        .frames = (uint16_t)(INPUT_FRAMES_MIN + (frames + FRAMES_SHIFT) % FRAMES_SPAN),
        .is_lifo = bytes[2] & FLAG_LIFO,
        .is_natural_tlb = bytes[2] & FLAG_NATURAL,
        .asid_bits = ASID_BITS_MAX - bytes[3] % ASID_BITS_MAX,
        .schedule = bytes[4] % SCHEDULE_COUNT,
        .change_count = bytes[5] % CHANGES_SPAN,
        .schedule_seed = (uint16_t)(bytes[6] | bytes[7] << 8),
    };
}

static void encode_config(const struct input_config *config, uint8_t *bytes)
{
    unsigned above = config->frames - (unsigned)INPUT_FRAMES_MIN;
    unsigned frames = (above + FRAMES_SPAN - FRAMES_SHIFT) % FRAMES_SPAN;

    __builtin_memset(bytes, 0, INPUT_HEADER_SIZE);
    bytes[0] = (uint8_t)frames;
    bytes[1] = (uint8_t)(frames >> 8);
    bytes[2] = (config->is_lifo ? FLAG_LIFO : 0) | (config->is_natural_tlb ? FLAG_NATURAL : 0);
    bytes[3] = ASID_BITS_MAX - config->asid_bits;
    bytes[4] = config->schedule;
    bytes[5] = config->change_count;
    bytes[6] = (uint8_t)config->schedule_seed;
    bytes[7] = (uint8_t)(config->schedule_seed >> 8);
}

void input_decode(struct input *input, const uint8_t *bytes, size_t size)
{
    uint8_t padded[INPUT_INSN_SIZE];
    size_t at = INPUT_HEADER_SIZE;

    _Static_assert(INPUT_HEADER_SIZE <= INPUT_INSN_SIZE, "it is padded in the same place");
    __builtin_memset(padded, 0, sizeof(padded));
    __builtin_memcpy(padded, bytes, size < at ? size : at);
    decode_config(&input->config, padded);
    input->count = 0;
    while (at < size && input->count < INPUT_INSNS_MAX) {
        const uint8_t *from = bytes + at;
        if (size - at < INPUT_INSN_SIZE) {
            __builtin_memset(padded, 0, sizeof(padded));
            __builtin_memcpy(padded, from, size - at);
            from = padded;
        }
        decode_insn(&input->insns[input->count++], from);
        at += INPUT_INSN_SIZE;
    }
    input_normalise(input);
}

size_t input_encode(const struct input *input, uint8_t *bytes)
{
    encode_config(&input->config, bytes);
    for (unsigned i = 0; i < input->count; i++) {
        encode_insn(&input->insns[i], bytes + INPUT_HEADER_SIZE + i * INPUT_INSN_SIZE);
    }
    return INPUT_HEADER_SIZE + (size_t)input->count * INPUT_INSN_SIZE;
}

struct input_config input_dull_config(void)
{
    static const uint8_t zeros[INPUT_HEADER_SIZE];
    struct input_config config;

    decode_config(&config, zeros);
    return config;
}
