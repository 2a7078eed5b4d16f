/*
 * What the machine says of the atomic instructions of ARMv8.1-A, and what they do: prints AT_HWCAP,
 * and then `undefined`, or how many results were as they should be and how many were not.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

enum { ROUNDS = 2000 };

static unsigned right, wrong;

static void on_undefined(int number)
{
    static const char text[] = "undefined\n";

    (void)number;
    _exit(write(1, text, sizeof(text) - 1) < 0);
}

/* splitmix64; every other number is at an end of a type. */
static uint64_t next_number(void)
{
    static uint64_t state;
    uint64_t z = state += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    z ^= z >> 31;
    return z & 1 ? z : ((z >> 8 & 1) << (8 << (z >> 1 & 3)) >> 1) - (z >> 9 & 1);
}

static void judge(uint64_t old, uint64_t is, uint64_t was, uint64_t should)
{
    if (old == was && is == should)
        right++;
    else
        wrong++;
}

/* An instruction on a type, with registers of a width: what it leaves in memory is result, of the
 * old value a and the operand b. */
#define TRY(instruction, type, width, result)                                                      \
    do {                                                                                           \
        uint64_t there = next_number(), operand = next_number(), old;                              \
        type a = (type)there, b = (type)operand, new;                                              \
        uint64_t was = there, mask = sizeof(type) == 8                                             \
                                         ? UINT64_MAX                                              \
                                         : (UINT64_C(1) << sizeof(type) % 8 * 8) - 1;              \
                                                                                                   \
        new = (type)(result);                                                                      \
        __asm__ volatile(".arch_extension lse\n" instruction " %" width "[b], %" width             \
                         "[old], [%[there]]"                                                       \
                         : [old] "=&r"(old)                                                        \
                         : [b] "r"(operand), [there] "r"(&there)                                   \
                         : "memory");                                                              \
        judge(old, there, was &mask, (was & ~mask) | ((uint64_t) new &mask));                      \
    } while (0)

#define TRY_SIZES(name, sign, result)                                                              \
    TRY(name "b", sign##int8_t, "w", result);                                                      \
    TRY(name "h", sign##int16_t, "w", result);                                                     \
    TRY(name, sign##int32_t, "w", result);                                                         \
    TRY(name, sign##int64_t, "x", result)

static void compare_and_swap(void)
{
    uint64_t there = next_number(), was = there, new = next_number();
    uint64_t expected = new & 2 ? was : ~was, old = expected;

    __asm__ volatile(".arch_extension lse\ncasal %[old], %[new], [%[there]]"
                     : [old] "+r"(old)
                     : [new] "r"(new), [there] "r"(&there)
                     : "memory");
    judge(old, there, was, expected == was ? new : was);
}

static void compare_and_swap_pair(void)
{
    uint64_t there[2] __attribute__((aligned(16))) = {next_number(), next_number()};
    const uint64_t was[2] = {there[0], there[1]};
    register uint64_t old0 __asm__("x2") = was[0];
    register uint64_t old1 __asm__("x3") = was[1] + (was[0] & 1);
    register uint64_t new0 __asm__("x4") = 7;
    register uint64_t new1 __asm__("x5") = 9;
    bool is_swapped = !(was[0] & 1);

    __asm__ volatile(".arch_extension lse\ncasp x2, x3, x4, x5, [%[there]]"
                     : "+r"(old0), "+r"(old1)
                     : "r"(new0), "r"(new1), [there] "r"(there)
                     : "memory");
    judge(old0, there[0], was[0], is_swapped ? 7 : was[0]);
    judge(old1, there[1], was[1], is_swapped ? 9 : was[1]);
}

int main(void)
{
    printf("hwcap %lx\n", getauxval(AT_HWCAP));
    fflush(stdout);
    signal(SIGILL, on_undefined);
    for (unsigned round = 0; round < ROUNDS; round++) {
        TRY_SIZES("ldadd", u, a + b);
        TRY_SIZES("ldclr", u, a & ~b);
        TRY_SIZES("ldeor", u, a ^ b);
        TRY_SIZES("ldset", u, a | b);
        TRY_SIZES("ldsmax", , a > b ? a : b);
        TRY_SIZES("ldsmin", , a < b ? a : b);
        TRY_SIZES("ldumax", u, a > b ? a : b);
        TRY_SIZES("ldumin", u, a < b ? a : b);
        TRY_SIZES("swp", u, b);
        compare_and_swap();
        compare_and_swap_pair();
    }
    printf("%u right, %u wrong\n", right, wrong);
    return wrong != 0;
}
