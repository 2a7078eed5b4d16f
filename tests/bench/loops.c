/*
 * Loops for AArch64 Linux: what a machine makes of nothing but registers, of memory and of system
 * calls. It needs no library, and of the kernel it makes the calls that are here.
 *
 *     loops KIND COUNT   rounds; KIND: registers, words, vectors, calls
 */
#include <stdint.h>

enum { GETPPID = 173, EXIT_GROUP = 94, BUFFER_SIZE = 1 << 14 };

typedef uint64_t vector __attribute__((vector_size(16)));

static union {
    uint64_t words[BUFFER_SIZE / 8];
    vector vectors[BUFFER_SIZE / 16];
} from, to;

static long call(long number, long argument)
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = argument;

    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8) : "memory");
    return x0;
}

/* A generator of random numbers, a sum, and a branch that nobody can foresee. */
static uint64_t of_registers(uint64_t count)
{
    uint64_t state = 1, sum = 0;

    for (uint64_t i = 0; i < count; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        sum += state * 5 + i;
        if ((state & 64) != 0) {
            sum ^= sum >> 3;
            __asm__("" : "+r"(sum)); /* so that it remains a branch */
        }
    }
    return sum;
}

#define COPY(name, member)                                                                         \
    static uint64_t name(uint64_t count)                                                           \
    {                                                                                              \
        for (uint64_t i = 0; i < count; i++) {                                                     \
            for (unsigned n = 0; n < sizeof(from) / sizeof(from.member[0]); n++) {                 \
                to.member[n] = from.member[n];                                                     \
            }                                                                                      \
            __asm__ volatile("" ::"r"(&from), "r"(&to) : "memory");                                \
        }                                                                                          \
        return to.words[0];                                                                        \
    }

COPY(of_words, words)
COPY(of_vectors, vectors)

static uint64_t of_calls(uint64_t count)
{
    uint64_t sum = 0;

    for (uint64_t i = 0; i < count; i++) {
        sum += (uint64_t)call(GETPPID, 0);
    }
    return sum;
}

static uint64_t number(const char *text)
{
    uint64_t value = 0;

    while (*text >= '0' && *text <= '9') {
        value = value * 10 + (uint64_t)(*text++ - '0');
    }
    return value;
}

__attribute__((used)) static void start(const uint64_t *stack)
{
    uint64_t result = 0;

    if (stack[0] == 3) {
        uint64_t count = number((const char *)stack[3]);
        switch (*(const char *)stack[2]) {
        case 'r':
            result = of_registers(count);
            break;
        case 'w':
            result = of_words(count);
            break;
        case 'v':
            result = of_vectors(count);
            break;
        case 'c':
            result = of_calls(count);
            break;
        default:
            break;
        }
    }
    __asm__ volatile("" ::"r"(result));
    call(EXIT_GROUP, stack[0] != 3);
}

__asm__(".global _start\n"
        "_start: mov x29, #0\n"
        "        mov x30, #0\n"
        "        mov x0, sp\n"
        "        bl start\n");
