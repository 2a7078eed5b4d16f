#include "choice.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"

/*
 * A choice is 0, 1, 2 or 4 bytes of an input or a record, least significant first, by its bound:
 * none for 1, one up to 256, two up to 65,536, else four. When read it is taken modulo the bound;
 * behind the end there are zeros. So every byte string is an input, and each of its prefixes a
 * simpler one.
 *
 * The seeded generator mostly gives the dull answer to decisions, so that programs get somewhere,
 * and never fails an allocation: an input or a hook does that.
 */

enum { RECORD_BUFFER = 4096 };

enum source { FROM_ZEROS, FROM_SEED, FROM_BYTES };

static struct {
    enum source source;
    uint64_t seed;
    const uint8_t *bytes;
    size_t size;
    size_t at;
    int record; /* file descriptor, or -1 */
    size_t buffered;
    uint8_t buffer[RECORD_BUFFER];
} choice = {.record = -1};

uint32_t (*choice_hook)(unsigned kind, uint32_t bound, uint32_t answer);

void choice_init(void)
{
    choice_flush();
    if (choice.record >= 0) {
        close(choice.record);
    }
    choice.source = FROM_ZEROS;
    choice.record = -1;
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

int choice_replay(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    void *at = NULL;

    if (fd < 0) {
        return errno;
    }
    int error = fstat(fd, &status) != 0 ? errno : 0;
    if (!error && status.st_size > 0) {
        at = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        error = at == MAP_FAILED ? errno : 0;
    }
    close(fd);
    if (!error) {
        choice_use_bytes(at, (size_t)status.st_size);
    }
    return error;
}

int choice_record(const char *path)
{
    choice.record = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    choice.buffered = 0;
    return choice.record < 0 ? errno : 0;
}

void choice_flush(void)
{
    size_t done = 0;

    while (choice.record >= 0 && done < choice.buffered) {
        ssize_t count = write(choice.record, choice.buffer + done, choice.buffered - done);
        if (count < 0 && errno != EINTR) {
            break; /* a full disk ends the record, not the run */
        }
        done += count > 0 ? (size_t)count : 0;
    }
    choice.buffered = 0;
}

/* Bytes that a choice takes in an input or a record. */
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

static void record(uint32_t bound, uint32_t value)
{
    if (choice.record < 0) {
        return;
    }
    if (choice.buffered > RECORD_BUFFER - 4) {
        choice_flush();
    }
    for (unsigned i = 0; i < width_of(bound); i++) {
        choice.buffer[choice.buffered++] = (uint8_t)(value >> (8 * i));
    }
}

static uint32_t settle(unsigned kind, uint32_t bound, uint32_t answer)
{
    if (choice_hook) {
        answer = choice_hook(kind, bound, answer);
    }
    record(bound, answer);
    return answer;
}

uint32_t choice_next(unsigned kind, uint32_t bound)
{
    uint32_t answer = 0;

    if (bound == 0) {
        report("choice.bound", REPORT_NO_FRAME, "a choice of kind %u out of nothing", kind);
    }
    if (choice.source == FROM_BYTES) {
        answer = from_bytes(bound);
    } else if (choice.source == FROM_SEED) {
        answer = from_seed(kind, bound);
    }
    return settle(kind, bound, answer);
}

uint32_t choice_outside(unsigned kind, uint32_t bound, uint32_t live)
{
    return settle(kind, bound, choice.source == FROM_BYTES ? from_bytes(bound) : live);
}

bool choice_is_live(void)
{
    return choice.source != FROM_BYTES;
}

bool choice_has_bytes(void)
{
    return choice.source == FROM_BYTES && choice.at < choice.size;
}
