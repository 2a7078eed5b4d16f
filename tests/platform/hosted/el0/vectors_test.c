/* Every line of the interpreter's table against what another machine did with the same state. */
#include <stdio.h>
#include <stdlib.h>

#include "el0/decode.h"
#include "el0_rig.h"

struct vector_case {
    const char *mnemonic;
    uint32_t word;
    unsigned seed;
    const char *differences;
};

static const struct vector_case cases[] = {
#define VECTOR(mnemonic, word, seed, differences) {mnemonic, word, seed, differences},
#include "vectors.def"
};

enum { CASES = sizeof(cases) / sizeof(cases[0]), LINES_MAX = 2048 };

/* The state that should be. */
static struct plat_user want_user;
static struct plat_fp want_fp;
static uint8_t want_data[STATE_DATA_SIZE], have_data[STATE_DATA_SIZE];
static uint32_t want_esr;

static uint64_t number(const char **text, int base)
{
    char *end;
    uint64_t value = strtoull(*text, &end, base);

    EXPECT(end != *text);
    *text = end;
    return value;
}

/* "x3=12 v1=0:ff nzcv=8" */
static void apply(const char *text)
{
    while (*text) {
        if (strncmp(text, "sp=", 3) == 0) {
            text += 3;
            want_user.sp = number(&text, 16);
        } else if (strncmp(text, "pc=", 3) == 0) {
            text += 3;
            want_user.pc = number(&text, 16);
        } else if (strncmp(text, "nzcv=", 5) == 0) {
            text += 5;
            want_user.pstate = number(&text, 16) << 28;
        } else if (strncmp(text, "fpsr=", 5) == 0) {
            text += 5;
            want_fp.fpsr = number(&text, 16);
        } else if (strncmp(text, "esr=", 4) == 0) {
            text += 4;
            want_esr = (uint32_t)number(&text, 16);
            want_user.pc = STATE_PC;
        } else {
            char kind = *text++;
            uint64_t index = number(&text, kind == 'm' ? 16 : 10), value;

            EXPECT_EQ(*text++, '=');
            value = number(&text, 16);
            if (kind == 'x') {
                want_user.x[index] = value;
            } else if (kind == 'm') {
                memcpy(want_data + index, &value, sizeof(value));
            } else {
                EXPECT_EQ(*text++, ':');
                want_fp.v[index][1] = value;
                want_fp.v[index][0] = number(&text, 16);
            }
        }
        text += strspn(text, " ");
    }
}

static void copy_data(bool to_user)
{
    for (unsigned n = 0; n < STATE_DATA_SIZE / PLAT_PAGE_SIZE; n++) {
        uint8_t *page = plat_phys_ptr(data[n], PLAT_PAGE_SIZE);

        if (to_user)
            memcpy(page, want_data + n * PLAT_PAGE_SIZE, PLAT_PAGE_SIZE);
        else
            memcpy(have_data + n * PLAT_PAGE_SIZE, page, PLAT_PAGE_SIZE);
    }
}

static void check(const struct vector_case *c)
{
    test_note("%s %x, seed %u", c->mnemonic, c->word, c->seed);
    state_make(c->word, c->seed, &user, &fp, want_data);
    copy_data(true);
    want_user = user;
    want_user.pc += 4;
    want_fp = fp;
    want_esr = 0;
    apply(c->differences);

    el0_code(STATE_PC % PLAT_PAGE_SIZE, &c->word, 1);
    el0_clock_base = 1600;
    el0_run(&user, &fp, 1, &trap);
    copy_data(false);

    if (want_esr)
        EXPECT_EQ(trap.esr, want_esr);
    for (unsigned n = 0; n < 31; n++)
        EXPECT_EQ(user.x[n], want_user.x[n]);
    EXPECT_EQ(user.sp, want_user.sp);
    EXPECT_EQ(user.pc, want_user.pc);
    EXPECT_EQ(user.pstate, want_user.pstate);
    EXPECT_MEMEQ(fp.v, want_fp.v, sizeof(fp.v));
    EXPECT_EQ(fp.fpsr, want_fp.fpsr);
    EXPECT_MEMEQ(have_data, want_data, sizeof(want_data));
}

/* On a CPU that has all lines of the table. */
static void start(void)
{
    el0_start();
    el0_has_atomics = true;
    el0_reset();
}

TEST(vectors)
{
    start();
    for (unsigned n = 0; n < CASES; n++)
        check(&cases[n]);
}

/* The same instructions from a start-up state of their own: none depends on what ran before. */
TEST(vectors_backwards)
{
    start();
    for (unsigned n = CASES; n-- > 0;)
        check(&cases[n]);
}

TEST(every_line_of_the_table_has_a_vector)
{
    static bool is_hit[LINES_MAX];
    int hits = 0;

    start();
    EXPECT(decode_line_count() <= LINES_MAX);
    for (unsigned n = 0; n < CASES; n++) {
        int line = decode_line(cases[n].word);

        test_note("%s %x", cases[n].mnemonic, cases[n].word);
        EXPECT(line != DECODE_NONE);
        EXPECT_STREQ(decode_line_mnemonic(line), cases[n].mnemonic);
        hits += !is_hit[line];
        is_hit[line] = true;
    }
    for (int line = 0; line < decode_line_count(); line++) {
        test_note("line %d, %s", line, decode_line_mnemonic(line));
        EXPECT(is_hit[line]);
    }
    printf("%d of %d lines of the table exercised, by %d vectors\n", hits, decode_line_count(),
           (int)CASES);
}
