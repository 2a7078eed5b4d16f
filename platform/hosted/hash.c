#include "hash.h"

#include <string.h>

#include "snapshot_part.h"

/*
 * A step mixes one word into a sum and can be undone, given the word: two runs whose sums differ
 * stay apart until their words differ again. The words of a register file go to four sums in turn,
 * which a host works on side by side; they are brought together when somebody asks.
 */

enum { LANES = 4 };

static struct {
    uint64_t lanes[LANES];
    struct hash sums; /* registers: as of the last hash_now */
} hash;

SNAPSHOT_PART(hash);

static bool has_registers = true; /* of the process, not of the machine */

static uint64_t step(uint64_t sum, uint64_t word)
{
    sum = (sum ^ word) * UINT64_C(0xd6e8feb86659fd93);
    return sum ^ sum >> 32;
}

void hash_init(void)
{
    memset(&hash, 0, sizeof(hash));
    for (unsigned i = 0; i < LANES; i++) {
        hash.lanes[i] = i;
    }
}

void hash_with_registers(bool are_wanted)
{
    has_registers = are_wanted;
}

/* size: a multiple of 8 bytes. */
static void take_words(const void *from, size_t size)
{
    uint64_t lanes[LANES];

    memcpy(lanes, hash.lanes, sizeof(lanes));
    for (size_t at = 0; at < size; at += LANES * sizeof(uint64_t)) {
        for (unsigned i = 0; i < LANES; i++) {
            uint64_t word = 0;
            if (at + i * sizeof(word) < size) {
                memcpy(&word, (const char *)from + at + i * sizeof(word), sizeof(word));
            }
            lanes[i] = step(lanes[i], word);
        }
    }
    memcpy(hash.lanes, lanes, sizeof(lanes));
}

void hash_trap(const struct plat_user *user, const struct plat_fp *fp, const struct plat_trap *trap)
{
    const uint64_t what[LANES] = {(uint64_t)trap->kind, trap->esr, trap->fault.addr, fp != NULL};

    hash.sums.traps++;
    if (!has_registers) {
        return;
    }
    take_words(what, sizeof(what));
    take_words(user, sizeof(*user));
    if (fp) {
        take_words(fp->v, sizeof(fp->v));
        take_words((const uint64_t[]){fp->fpcr, fp->fpsr}, 2 * sizeof(uint64_t));
    }
}

void hash_choice(unsigned kind, uint32_t bound, uint32_t answer)
{
    hash.sums.choices = step(hash.sums.choices, (uint64_t)kind << 32 | bound);
    hash.sums.choices = step(hash.sums.choices, answer);
    hash.sums.choice_count++;
}

void hash_console(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        hash.sums.console = step(hash.sums.console, (uint8_t)bytes[i]);
    }
    hash.sums.console_bytes += len;
}

const struct hash *hash_now(void)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < LANES; i++) {
        sum = step(sum, hash.lanes[i]);
    }
    hash.sums.registers = sum;
    return &hash.sums;
}

uint64_t hash_total(const struct hash *of)
{
    return step(step(step(of->registers, of->choices), of->console), of->traps);
}

uint64_t hash_bytes(uint64_t start, const void *bytes, size_t len)
{
    uint64_t sum = step(start, len);

    for (size_t at = 0; at < len; at += sizeof(uint64_t)) {
        uint64_t word = 0;

        memcpy(&word, (const char *)bytes + at, len - at < sizeof(word) ? len - at : sizeof(word));
        sum = step(sum, word);
    }
    return sum;
}
