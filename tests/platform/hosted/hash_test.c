/* That everything that the trace hash covers moves it, and nothing else does. */
#include "hash.h"

#include <string.h>

#include "rig.h"

static struct hash of_trap(const struct plat_user *user, const struct plat_fp *fp,
                           const struct plat_trap *trap)
{
    hash_init();
    hash_trap(user, fp, trap);
    return *hash_now();
}

/* Changes each bit of [at, at + size) in turn and hashes a trap. */
static void expect_all_bits_count(void *at, size_t size, const struct plat_user *user,
                                  const struct plat_fp *fp)
{
    const struct plat_trap trap = {.kind = PLAT_TRAP_SYSCALL};
    const uint64_t plain = of_trap(user, fp, &trap).registers;
    uint8_t *bytes = at;

    for (size_t bit = 0; bit < size * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        EXPECT(of_trap(user, fp, &trap).registers != plain);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    EXPECT_EQ(of_trap(user, fp, &trap).registers, plain);
}

TEST(every_bit_of_every_register)
{
    struct plat_user user = {.x = {1, 2, 3}, .pc = 0x1000};
    struct plat_fp fp = {.fpcr = 7};

    expect_all_bits_count(&user, sizeof(user), &user, NULL);
    expect_all_bits_count(&user, sizeof(user), &user, &fp);
    expect_all_bits_count(&fp, offsetof(struct plat_fp, fpsr) + 8, &user, &fp);
}

TEST(the_trap_itself)
{
    const struct plat_user user = {0};
    const struct plat_fp fp = {0};
    const struct plat_trap call = {.kind = PLAT_TRAP_SYSCALL};
    const struct plat_trap fault = {.kind = PLAT_TRAP_FAULT};
    const struct plat_trap other = {.kind = PLAT_TRAP_FAULT, .fault = {.addr = 1}};
    uint64_t sum = of_trap(&user, NULL, &call).registers;

    EXPECT_EQ(of_trap(&user, NULL, &call).traps, 1);
    EXPECT(of_trap(&user, NULL, &fault).registers != sum);
    EXPECT(of_trap(&user, NULL, &other).registers != of_trap(&user, NULL, &fault).registers);
    EXPECT(of_trap(&user, &fp, &call).registers != sum);
}

TEST(without_registers_the_traps_are_counted)
{
    const struct plat_user one = {0}, other = {.pc = 4};
    const struct plat_trap trap = {.kind = PLAT_TRAP_SYSCALL};

    hash_with_registers(false);
    uint64_t sum = of_trap(&one, NULL, &trap).registers;
    EXPECT_EQ(of_trap(&other, NULL, &trap).registers, sum);
    EXPECT_EQ(of_trap(&other, NULL, &trap).traps, 1);
    hash_with_registers(true);
    EXPECT(of_trap(&one, NULL, &trap).registers != of_trap(&other, NULL, &trap).registers);
}

TEST(choices_and_console_are_apart)
{
    hash_init();
    const struct hash none = *hash_now();
    hash_choice(1, 2, 0);
    const struct hash one = *hash_now();
    EXPECT(one.choices != none.choices);
    EXPECT_EQ(one.choice_count, 1);
    EXPECT_EQ(one.registers, none.registers);
    EXPECT_EQ(one.console, none.console);
    hash_console("ab", 2);
    const struct hash two = *hash_now();
    EXPECT_EQ(two.choices, one.choices);
    EXPECT(two.console != one.console);
    EXPECT_EQ(two.console_bytes, 2);
    EXPECT(hash_total(&two) != hash_total(&one));
}

TEST(a_choice_is_kind_bound_and_answer)
{
    static const uint32_t choices[][3] = {{1, 2, 0}, {1, 2, 1}, {1, 3, 0}, {2, 2, 0}};
    uint64_t sums[4];

    for (unsigned i = 0; i < 4; i++) {
        hash_init();
        hash_choice(choices[i][0], choices[i][1], choices[i][2]);
        sums[i] = hash_now()->choices;
        for (unsigned j = 0; j < i; j++) {
            EXPECT(sums[i] != sums[j]);
        }
    }
}

TEST(console_by_bytes_not_by_writes)
{
    hash_init();
    hash_console("hello", 5);
    const struct hash whole = *hash_now();
    hash_init();
    hash_console("hel", 3);
    hash_console("lo", 2);
    EXPECT_EQ(hash_now()->console, whole.console);
}

TEST(machine_hashes_traps_choices_and_console)
{
    rig_start(VTLB_ADVERSARIAL);
    const struct hash start = *hash_now();
    rig_enter();
    EXPECT_EQ(hash_now()->traps, start.traps + 1);
    EXPECT(hash_now()->registers != start.registers);
    plat_choose(PLAT_CHOOSE_THREAD, 2);
    EXPECT_EQ(hash_now()->choice_count, start.choice_count + 1);
    plat_choose(PLAT_CHOOSE_THREAD, 1); /* is none */
    EXPECT_EQ(hash_now()->choice_count, start.choice_count + 1);
    rig_start(VTLB_ADVERSARIAL);
    EXPECT_EQ(hash_now()->registers, start.registers);
}

TEST(sums_of_bytes)
{
    EXPECT(hash_bytes(0, "a", 1) != hash_bytes(0, "b", 1));
    EXPECT(hash_bytes(0, "a", 1) != hash_bytes(1, "a", 1));
    EXPECT(hash_bytes(0, "a\0", 2) != hash_bytes(0, "a", 1));
    EXPECT_EQ(hash_bytes(5, "123456789", 9), hash_bytes(5, "123456789", 9));
}
