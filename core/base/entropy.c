#include "base/entropy.h"

#include "base/random.h"

static struct {
    bool is_det;
    struct random random;
} entropy;

void entropy_init(bool is_det, uint64_t seed)
{
    entropy.is_det = is_det;
    entropy.random.state = seed;
}

void entropy_read(void *buf, size_t len)
{
    uint8_t *bytes = buf;

    if (!entropy.is_det) {
        plat_entropy(buf, len);
        return;
    }
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)random_next(&entropy.random);
    }
}
