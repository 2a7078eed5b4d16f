/*
 * What a C library computes: mathematics in each rounding mode, strings at every alignment,
 * sorting, numbers as text, jumps, and storage of threads. Prints a sum of each, of exact bits.
 */
#include <complex.h>
#include <fenv.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { INPUTS = 400, RECORDS = 5000, THREADS = 8, ROUNDS = 2000 };

static uint64_t sum;

static void begin(void)
{
    sum = UINT64_C(0xcbf29ce484222325);
}

static void take(const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        sum = (sum ^ ((const uint8_t *)bytes)[i]) * UINT64_C(0x100000001b3);
    }
}

/* NaNs are one: which of them comes out is the library's choice, though not the machine's. */
static void take_double(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    take(&bits, sizeof(bits));
}

static void end(const char *what)
{
    printf("%-24s %016" PRIx64 "\n", what, sum);
}

static uint64_t next(void)
{
    static uint64_t state = 88172645463325252;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* Of any size that matters to somebody: 0, around 1, small, large, tiny, huge. */
static double input(unsigned n)
{
    static const double special[] = {0.0,
                                     -0.0,
                                     1.0,
                                     -1.0,
                                     0.5,
                                     2.0,
                                     INFINITY,
                                     -INFINITY,
                                     NAN,
                                     5e-324,
                                     2.2250738585072014e-308,
                                     1.7976931348623157e308};
    const unsigned count = sizeof(special) / sizeof(special[0]);
    double value = (double)(int64_t)next() / 9.2e18;

    return n < count
               ? special[n]
               : ldexp(value, n % 5 == 0 ? (int)(next() % 600) - 300 : (int)(next() % 12) - 4);
}

static void mathematics(const char *mode, int rounding)
{
    static double (*const functions[])(double) = {
        sin,  cos,   tan,   asin,  acos, atan,      sinh,  cosh, tanh,   asinh, acosh, atanh,
        exp,  exp2,  expm1, log,   log2, log10,     log1p, sqrt, cbrt,   erf,   erfc,  tgamma,
        ceil, floor, trunc, round, rint, nearbyint, fabs,  logb, lgamma, j0,    y1};
    static double (*const of_two[])(double, double) = {pow,  atan2, hypot, fmod,     remainder,
                                                       fdim, fmax,  fmin,  copysign, nextafter};
    static float (*const singles[])(float) = {sinf, cosf, expf, logf, sqrtf, tanf, roundf, rintf};
    char what[64];

    fesetround(rounding);
    feclearexcept(FE_ALL_EXCEPT);
    begin();
    for (unsigned n = 0; n < INPUTS; n++) {
        double x = input(n), y = input((n * 7) % INPUTS);
        for (unsigned f = 0; f < sizeof(functions) / sizeof(functions[0]); f++) {
            take_double(functions[f](x));
        }
        for (unsigned f = 0; f < sizeof(of_two) / sizeof(of_two[0]); f++) {
            take_double(of_two[f](x, y));
        }
        for (unsigned f = 0; f < sizeof(singles) / sizeof(singles[0]); f++) {
            take_double((double)singles[f]((float)x));
        }
        take_double(fma(x, y, x));
        take_double(creal(cexp(x / 8 + y / 8 * I)));
        long double wide = (long double)x * y + 1.0L / 3;
        take(&wide, sizeof(wide));
        long rounded = fabs(x) < 1e15 ? lrint(x) : 0;
        take(&rounded, sizeof(rounded));
    }
    int flags = fetestexcept(FE_ALL_EXCEPT);
    fesetround(FE_TONEAREST);
    take(&flags, sizeof(flags));
    snprintf(what, sizeof(what), "mathematics, %s", mode);
    end(what);
}

static void strings(void)
{
    static char a[512], b[512], copy[600];

    begin();
    for (unsigned n = 0; n < ROUNDS; n++) {
        size_t from = next() % 64, len = next() % 256, at = next() % 64;
        memset(a, 0, sizeof(a));
        for (size_t i = 0; i < len; i++) {
            a[from + i] = b[at + i] = (char)('a' + next() % 3);
        }
        b[at + len] = '\0';
        b[at + (len ? next() % len : 0)] ^= n % 2;
        size_t found[] = {strlen(a + from),
                          strnlen(a + from, 100),
                          strspn(a + from, "ab"),
                          strcspn(b + at, "c"),
                          (size_t)(memcmp(a + from, b + at, len) < 0),
                          (size_t)(strcmp(a + from, b + at) > 0),
                          (size_t)(strncmp(a + from, b + at, 40) > 0)};
        take(found, sizeof(found));
        const char *places[] = {
            strchr(a + from, 'c'),      strrchr(a + from, 'b'),           strstr(a + from, "abca"),
            memchr(a + from, 'z', len), memmem(a + from, len, "ccab", 4), strpbrk(a + from, "cb")};
        for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
            ptrdiff_t place = places[i] ? places[i] - a : -1;
            take(&place, sizeof(place));
        }
        memset(copy, (int)n, sizeof(copy));
        memcpy(copy + at, a + from, len);
        memmove(copy + at + 3, copy + at, len);
        strcpy(copy + from + 300 - 64, a + from);
        take(copy, sizeof(copy));
    }
    end("strings");
}

struct record {
    int key;
    double value;
    char name[12];
};

static int by_key(const void *a, const void *b)
{
    const struct record *one = a, *other = b;

    return one->key != other->key ? (one->key > other->key) - (one->key < other->key)
                                  : strcmp(one->name, other->name);
}

static void sorting(void)
{
    static struct record records[RECORDS];
    struct record wanted = {.key = 0};
    unsigned found = 0;

    begin();
    memset(records, 0, sizeof(records));
    for (unsigned n = 0; n < RECORDS; n++) {
        records[n].key = (int)(next() % 1000);
        records[n].value = (double)n / 7;
        snprintf(records[n].name, sizeof(records[n].name), "%x", (unsigned)(next() % 65536));
    }
    qsort(records, RECORDS, sizeof(records[0]), by_key);
    take(records, sizeof(records));
    for (; wanted.key < 1000; wanted.key++) {
        struct record *record = &records[next() % RECORDS];
        found += bsearch(record, records, RECORDS, sizeof(*record), by_key) != NULL;
    }
    take(&found, sizeof(found));
    end("sorting");
}

static void text(void)
{
    char line[400];

    begin();
    for (unsigned n = 0; n < ROUNDS; n++) {
        double x = input(n % INPUTS), back;
        int64_t i = (int64_t)next() >> (next() % 64);
        snprintf(line, sizeof(line),
                 "%.17g %a %+e %015.4f %g %" PRId64 " %#" PRIx64 " %o %-9d|%s %lc", x, x, x,
                 fmod(x, 1e6), (double)(float)x, i, (uint64_t)i, (unsigned)i, (int)i,
                 n % 2 ? "odd" : "even", (wint_t)('a' + n % 26));
        take(line, strlen(line));
        back = strtod(line, NULL);
        take_double(isnan(back) ? 0 : back);
        int64_t number = 0;
        float small = 0;
        char word[8] = "";
        sscanf("17 0x1f -3.25e2 word", "%" SCNi64 " %*i %f %7s", &number, &small, word);
        number += strtoll(line + n % 5, NULL, (int)(n % 36) + (n % 36 == 1));
        take(&number, sizeof(number));
        take_double((double)small);
    }
    end("numbers as text");
}

static jmp_buf places[4];

static void deep(unsigned depth, unsigned to)
{
    volatile double kept = depth * 1.5;

    if (depth == 0) {
        longjmp(places[to], (int)to + 5);
    }
    deep(depth - 1, to + (kept < 0));
}

static void jumps(void)
{
    begin();
    for (volatile unsigned n = 0; n < 4; n++) {
        double volatile kept = n * 0.1;
        int came = setjmp(places[n]);
        if (came == 0) {
            deep(n * 10, n);
        }
        take(&came, sizeof(came));
        take_double(kept);
    }
    end("jumps");
}

static _Thread_local uint64_t own[33] = {7};
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static uint64_t shared;

static void *count(void *argument)
{
    unsigned which = *(const unsigned *)argument;

    for (unsigned n = 0; n < ROUNDS; n++) {
        own[n % 33] += which * n;
        if (n % 100 == 0) {
            pthread_mutex_lock(&mutex);
            shared += own[n % 33];
            pthread_mutex_unlock(&mutex);
        }
    }
    return (void *)(uintptr_t)(own[0] + own[32]);
}

static void threads(void)
{
    pthread_t made[THREADS];
    unsigned numbers[THREADS];

    begin();
    for (unsigned n = 0; n < THREADS; n++) {
        numbers[n] = n;
        if (pthread_create(&made[n], NULL, count, &numbers[n]) != 0) {
            puts("no thread");
            exit(1);
        }
    }
    for (unsigned n = 0; n < THREADS; n++) {
        void *result;
        pthread_join(made[n], &result);
        take(&result, sizeof(result));
    }
    take(&shared, sizeof(shared));
    take(own, sizeof(own));
    end("threads");
}

int main(void)
{
    mathematics("to nearest", FE_TONEAREST);
    mathematics("up", FE_UPWARD);
    mathematics("down", FE_DOWNWARD);
    mathematics("to zero", FE_TOWARDZERO);
    strings();
    sorting();
    text();
    jumps();
    threads();
    return 0;
}
