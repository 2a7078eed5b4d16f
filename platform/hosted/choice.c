#include "choice.h"

#include "hash.h"
#include "record.h"
#include "report.h"
#include "snapshot_part.h"

/*
 * A choice is 0, 1, 2 or 4 bytes of an input, least significant first, by its bound:
 * none for 1, one up to 256, two up to 65,536, else four. When read it is taken modulo the bound;
 * behind the end there are zeros. So every byte string is an input, and each of its prefixes a
 * simpler one.
 *
 * The seeded generator mostly gives the dull answer to decisions, so that programs get somewhere,
 * and never fails an allocation: an input or a hook does that.
 */

enum source { FROM_ZEROS, FROM_SEED, FROM_BYTES, FROM_RECORD };

static struct {
    enum source source;
    uint64_t seed;
    const uint8_t *bytes;
    size_t size;
    size_t at;
} choice;

SNAPSHOT_PART(choice);

uint32_t (*choice_hook)(unsigned kind, uint32_t bound, uint32_t answer);

void choice_init(void)
{
    choice.source = FROM_ZEROS;
}

void choice_use_seed(uint64_t seed)
{
    choice.source = FROM_SEED;
    choice.seed = seed;
}

void choice_use_bytes(const uint8_t *bytes, size_t size)
{
    choice.source = FROM_BYTES;
    choice.bytes = bytes;
    choice.size = size;
    choice.at = 0;
}

void choice_use_record(void)
{
    choice.source = FROM_RECORD;
}

/* Bytes that a choice takes in an input. */
static unsigned width_of(uint32_t bound)
{
    if (bound == 1) {
        return 0;
    }
    if (bound <= 1 << 8) {
        return 1;
    }
    return bound <= 1 << 16 ? 2 : 4;
}

static uint32_t from_bytes(uint32_t bound)
{
    unsigned width = width_of(bound);
    uint32_t value = 0;

    for (unsigned i = 0; i < width && choice.at < choice.size; i++) {
        value |= (uint32_t)choice.bytes[choice.at++] << (8 * i);
    }
    return value % bound;
}

/* From what was written down before. */
static uint32_t from_source(unsigned kind, uint32_t bound)
{
    if (choice.source == FROM_BYTES) {
        return from_bytes(bound);
    }
    return bound > 1 ? record_next(kind, bound) : 0;
}

/* splitmix64 */
static uint32_t random_below(uint32_t bound)
{
    uint64_t z = choice.seed += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    return (uint32_t)((z >> 32) * bound >> 32);
}

static uint32_t from_seed(unsigned kind, uint32_t bound)
{
    uint32_t one_in = 1; /* how rarely the answer may be other than dull; 0: never */

    switch (kind) {
    case PLAT_CHOOSE_FAIL:
        one_in = 0;
        break;
    case PLAT_CHOOSE_THREAD:
        one_in = 4;
        break;
    case PLAT_CHOOSE_SPURIOUS:
    case CHOOSE_TIMER:
        one_in = 16;
        break;
    default:
        break;
    }
    return one_in == 0 || random_below(one_in) != 0 ? 0 : random_below(bound);
}

static uint32_t settle(unsigned kind, uint32_t bound, uint32_t answer)
{
    if (choice_hook) {
        answer = choice_hook(kind, bound, answer);
    }
    if (bound > 1) {
        hash_choice(kind, bound, answer);
        record_choice(kind, answer);
    }
    return answer;
}

uint32_t choice_next(unsigned kind, uint32_t bound)
{
    uint32_t answer = 0;

    if (bound == 0) {
        report("choice.bound", REPORT_NO_FRAME, "a choice of kind %u out of nothing", kind);
    }
    if (!choice_is_live()) {
        answer = from_source(kind, bound);
    } else if (choice.source == FROM_SEED) {
        answer = from_seed(kind, bound);
    }
    return settle(kind, bound, answer);
}

uint32_t choice_outside(unsigned kind, uint32_t bound, uint32_t live)
{
    return settle(kind, bound, choice_is_live() ? live : from_source(kind, bound));
}

bool choice_is_live(void)
{
    return choice.source != FROM_BYTES && choice.source != FROM_RECORD;
}

bool choice_has_more(void)
{
    /* A record that has come to its end ends the process. */
    return choice.source == FROM_RECORD || (choice.source == FROM_BYTES && choice.at < choice.size);
}
