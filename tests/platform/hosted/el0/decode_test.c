/* Decoding: what is reserved, unallocated or not of an ARMv8.0 processor is undefined. */
#include "el0/decode.h"

#include "el0_rig.h"

enum { RANDOM_WORDS = 300000 };

static void all_are_undefined(const uint32_t *words, unsigned count)
{
    decode_init();
    for (unsigned n = 0; n < count; n++) {
        int line = decode_line(words[n]);

        test_note("%x is %s", words[n], line < 0 ? "undefined" : decode_line_mnemonic(line));
        EXPECT_EQ(line, DECODE_NONE);
    }
}

#define UNDEFINED(name, ...)                                                                       \
    TEST(name)                                                                                     \
    {                                                                                              \
        static const uint32_t words[] = {__VA_ARGS__};                                             \
                                                                                                   \
        all_are_undefined(words, sizeof(words) / sizeof(words[0]));                                \
    }

UNDEFINED(not_for_el0, 0x00000000 /* udf #0 */, 0x0000ffff /* udf #65535 */,
          0xd4400000 /* hlt #0 */, 0xd4000002 /* hvc #0 */, 0xd4000003 /* smc #0 */,
          0xd4a00001 /* dcps1 */, 0xd69f03e0 /* eret */, 0xd6bf03e0 /* drps */,
          0xd50041bf /* msr spsel, #1 */, 0xd518c000 /* msr vbar_el1, x0 */,
          0xd538c000 /* mrs x0, vbar_el1 */, 0xd5380000 /* mrs x0, midr_el1 */,
          0xd5380600 /* mrs x0, id_aa64isar0_el1 */, 0xd5384240 /* mrs x0, currentel */,
          0xd51bd060 /* msr tpidrro_el0, x0 */, 0xd51be040 /* msr cntvct_el0, x0 */,
          0xd51be000 /* msr cntfrq_el0, x0 */, 0xd51b0020 /* msr ctr_el0, x0 */,
          0xd508871f /* tlbi vmalle1 */, 0xd5087840 /* at s1e0r, x0 */, 0xd508751f /* ic iallu */,
          0xd5087640 /* dc isw, x0 */, 0xd5087620 /* dc ivac, x0 */,
          0xd4200001 /* brk with low bits */, 0xd4000000 /* svc with low bits 0 */)

UNDEFINED(later_extensions, 0xf8200041 /* ldadd x0, x1, [x2] */, 0xf8208041 /* swp x0, x1, [x2] */,
          0xc8a07c41 /* cas x0, x1, [x2] */, 0x48207c82 /* casp x0, x1, x2, x3, [x4] */,
          0xf8bfc020 /* ldapr x0, [x1] */, 0xc8df7c20 /* ldlar x0, [x1] */,
          0xc89f7c20 /* stllr x0, [x1] */, 0xd65f0bff /* retaa */, 0xd61f081f /* braaz x0 */,
          0xdac10020 /* pacia x0, x1 */, 0xf8200420 /* ldraa x0, [x1] */, 0xd500401f /* cfinv */,
          0xba008402 /* rmif x0, #1, #2 */, 0x3a00080d /* setf8 w0 */, 0xd50330ff /* sb */,
          0xd50b7c20 /* dc cvap, x0 */, 0x1ee22820 /* fadd h0, h1, h2 */,
          0x1eee1000 /* fmov h0, #1.0 */, 0x1ee70000 /* fmov h0, w0 */,
          0x1ee20000 /* scvtf h0, w0 */, 0x4e421420 /* fadd v0.8h, v1.8h, v2.8h */,
          0x4f03fe00 /* fmov v0.8h, #1.0 */, 0x6e828420 /* sqrdmlah v0.4s, v1.4s, v2.4s */,
          0x1e7e0000 /* fjcvtzs w0, d0 */, 0x1e284020 /* frint32z s0, s1 */,
          0xd9400020 /* ldapur x0, [x1] */, 0x6e82c420 /* fcmla v0.4s, v1.4s, v2.4s, #0 */,
          0x04a30041 /* add z1.s, z2.s, z3.s */, 0x4e829420 /* sdot v0.4s, v1.16b, v2.16b */)

/* The Cortex-A72 has these, but Eft announces them to nobody. */
UNDEFINED(cryptography, 0x4e284820 /* aese v0.16b, v1.16b */, 0x5e280820 /* sha1h s0, s1 */,
          0x5e024020 /* sha256h q0, q1, v2.4s */, 0x0ee2e020 /* pmull v0.1q, v1.1d, v2.1d */)

UNDEFINED(reserved_in_integer, 0x12400000 /* and w: N = 1 */, 0x9200fc00 /* and: imms all ones */,
          0x9240fc00 /* and: 64 ones */, 0x12c00000 /* movn w, hw = 2 */,
          0x52e00000 /* movz w, hw = 3 */, 0x32800000 /* orr imm: opc 01 of move wide */,
          0x13400000 /* sbfm w: N = 1 */, 0x93000000 /* sbfm x: N = 0 */,
          0x13008000 /* sbfm w: imms 32 */, 0x13200000 /* sbfm w: immr 32 */,
          0x73000000 /* bitfield opc 11 */, 0x13808000 /* extr w: imms 32 */,
          0x13a00000 /* extr: o0 */, 0x93800000 /* extr x: N = 0 */,
          0x0bc00000 /* add shifted: ror */, 0x0b008000 /* add w shifted by 32 */,
          0x0a008000 /* and w shifted by 32 */, 0x0b201400 /* add extended by 5 */,
          0x0b600000 /* add extended: opt */, 0x1a000400 /* adc: bits 15 to 10 */,
          0x3a400010 /* ccmn: o3 */, 0x3a400400 /* ccmn: o2 */, 0x1a400000 /* ccmp without flags */,
          0x1a800800 /* csel: op2 */, 0x3a800000 /* csel: S */, 0x1ac00000 /* 2 sources, 0 */,
          0x1ac04c00 /* crc32x with w */, 0x9ac04000 /* crc32b with x */,
          0x5ac00c00 /* rev of 8 in w */, 0x5ac01800 /* 1 source, 6 */, 0x1b200000 /* smaddl w */,
          0x9b408000 /* smulh: o0 */, 0x9b600000 /* 3 sources, 3 */,
          0x11800000 /* add immediate with tags */)

UNDEFINED(reserved_in_branches, 0x54000010 /* b.cond with o0 */, 0x55000000 /* o1 */,
          0xd61e0000 /* br: op2 */, 0xd61f0400 /* op3 */, 0xd61f0001 /* op4 */, 0xd63f0001,
          0xd65f0001, 0xd6ff0000 /* drps with a register 0 */, 0xd503301f /* barrier op2 0 */,
          0xd503303f /* op2 1 */, 0xd503307f /* op2 3 */, 0xd5033fe0 /* Rt not 31 */,
          0xd500411f /* a PSTATE field that is none */)

UNDEFINED(reserved_in_loads_and_stores, 0xf8800400 /* prfm post-indexed */,
          0xf8800800 /* prfm unprivileged */, 0xf8800c00 /* prfm pre-indexed */,
          0xf8c00000 /* size 3, opc 3 */, 0xb8c00000 /* size 2, opc 3 */, 0xf9c00000 /* scaled */,
          0xf8600800 /* register offset: option 0 */, 0xf8602800 /* option 1 */,
          0xf8608800 /* option 4 */, 0xf8a00800 /* prfm: option 0 */,
          0xf820fc00 /* bits 11 and 10 */, 0x3c000800 /* unprivileged vector */,
          0x7c800000 /* vector: size 1, opc 2 */, 0xbc800000 /* size 2 */,
          0xfd800000 /* size 3, scaled */, 0xdc000000 /* literal vector 3 */,
          0x68000000 /* stnp of words, signed */, 0x69000000 /* stp of words, signed */,
          0x68400000 /* ldnp of words, signed */, 0xe8000000 /* pair opc 3 */, 0xec000000,
          0x08200000 /* stxp of bytes */, 0x48600000 /* ldxp of halfwords */,
          0x08800000 /* stllrb */, 0x0ca07000 /* st1 with bit 21 */, 0x0c001000 /* opcode 1 */,
          0x0c408c00 /* ld2 .1d */, 0x0c400c00 /* ld4 .1d */, 0x0d404400 /* ld1 .h: size 1 */,
          0x0d408800 /* ld1 .s: size 2 */, 0x0d409400 /* ld1 .d: S */, 0x0d00c000 /* st1r */,
          0x0d40d000 /* ld1r: S */)

UNDEFINED(reserved_in_floating_point, 0x1e800800 /* fmul: type 2 */, 0x1ee00800 /* half */,
          0x1ee04020 /* fmov of halves */, 0x1ea04020 /* fmov: type 2 */,
          0x1e224000 /* fcvt s, s */, 0x1ea2c000 /* fcvt from type 2 */,
          0x1e202001 /* fcmp: opcode2 */, 0x1e201020 /* fmov: imm5 */,
          0x1e423c00 /* scvtf of w: more than 32 fraction bits */, 0x9e260000 /* fmov x, s */,
          0x1e660000 /* fmov w, d */, 0x1eae0000 /* fmov w, v.d[1] */, 0x1e209800 /* fnmul + 1 */,
          0x1f800000 /* fmadd: type 2 */)

UNDEFINED(reserved_in_simd, 0x0ee08400 /* add .1d */, 0x0ee09400 /* mla .1d */,
          0x4ee09400 /* mla .2d */, 0x4ee00400 /* shadd .2d */, 0x2e609c00 /* pmul .4h */,
          0x0e20b400 /* sqdmulh .8b */, 0x4ee0b400 /* .2d */, 0x5e208400 /* add b */,
          0x5ea08400 /* add s */, 0xce201c00 /* bit 31 */, 0x0ee00800 /* rev64 .d */,
          0x2ea00800 /* rev32 .s */, 0x0e601800 /* rev16 .h */, 0x0e605800 /* cnt .h */,
          0x2ea05800 /* not and rbit, size 2 */, 0x0ee02800 /* saddlp .d */,
          0x0ee12800 /* xtn .d */, 0x0eb1b800 /* addv .2s */, 0x4ef1b800 /* addv .2d */,
          0x2e30f800 /* fmaxv .2s */, 0x6e70f800 /* fmaxv .2d */, 0x0e60d400 /* fadd .1d */,
          0x0e000400 /* dup: imm5 0 */, 0x0e080400 /* dup .1d */, 0x0e100400 /* imm5 16 */,
          0x0e042c00 /* smov w, s */, 0x0e083c00 /* umov w, d */, 0x4e043c00 /* umov x, s */,
          0x4e101c00 /* ins: imm5 16 */, 0x0ec03800 /* zip1 .1d */, 0x2e004000 /* ext .8b from 8 */,
          0x2f00f400 /* fmov .1d */, 0x0f000c00 /* constant: o2 */, 0x0f400400 /* sshr .1d */,
          0x5f200400 /* sshr s */, 0x0f408400 /* shrn from quads */,
          0x0f40a400 /* sshll to quads */, 0x0f10e400 /* scvtf .4h fixed */,
          0x0f08dc00 /* shift: opcode 27 */, 0x2f004000 /* mls .8b by element */,
          0x4fe01000 /* fmla .2d: L */, 0x0fc01000 /* fmla .1d */,
          0x0ee00000 /* saddl from doublewords */, 0x0e209000 /* sqdmlal from bytes */)

TEST(hints_do_nothing)
{
    static const uint32_t words[] = {0xd503201f /* nop */,
                                     0xd503203f /* yield */,
                                     0xd503205f /* wfe */,
                                     0xd503207f /* wfi */,
                                     0xd503209f /* sev */,
                                     0xd50320df /* hint #6 */,
                                     0xd503233f /* paciasp */,
                                     0xd50320ff /* xpaclri */,
                                     0xd503245f /* bti c */,
                                     0xd503229f /* csdb */,
                                     0xd5032fff /* hint #127 */,
                                     0xd5033f9f /* dsb sy */,
                                     0xd5033bbf /* dmb ish */,
                                     0xd5033fdf /* isb */,
                                     0xf9800000 /* prfm pldl1keep, [x0] */,
                                     0xf89ff000 /* prfum pldl1keep, [x0, #-1] */,
                                     0xf8a16800 /* prfm pldl1keep, [x0, x1] */,
                                     0xd8000020 /* prfm pldl1keep, .+4 */};

    el0_start();
    user.x[0] = 1;
    el0_code(0, words, sizeof(words) / 4);
    EXPECT_EQ(el0_run(&user, NULL, sizeof(words) / 4, &trap), sizeof(words) / 4);
    EXPECT_EQ(trap.kind, PLAT_TRAP_IRQ);
    EXPECT_EQ(user.pc, CODE + sizeof(words));
}

/* What two lines share belongs to the first: it is a special case, or an Advanced SIMD constant,
 * which is what a shift with immh 0000 (bits 22 to 19) stands for. */
TEST(lines_overlap_only_as_special_cases)
{
    const uint32_t immh = 0x00780000;

    decode_init();
    for (int a = 0; a < decode_line_count(); a++) {
        uint32_t mask_a, value_a;

        decode_line_bits(a, &mask_a, &value_a);
        for (int b = a + 1; b < decode_line_count(); b++) {
            uint32_t mask_b, value_b;
            bool is_special;

            decode_line_bits(b, &mask_b, &value_b);
            if ((value_a ^ value_b) & mask_a & mask_b)
                continue;
            test_note("%s (line %d), %s (line %d)", decode_line_mnemonic(a), a,
                      decode_line_mnemonic(b), b);
            is_special = (mask_a & mask_b) == mask_b && mask_a != mask_b;
            EXPECT(is_special || ((mask_a & immh) == immh && !(value_a & immh)));
        }
    }
}

/* An operand function asks only for fields that the pattern has, and finds a line again. */
TEST(any_word_decodes_or_does_not)
{
    uint64_t seed = 1;

    decode_init();
    for (unsigned n = 0; n < RANDOM_WORDS; n++) {
        int line = (int)(state_random(&seed) % (unsigned)decode_line_count()), found;
        uint32_t mask, value, word;

        decode_line_bits(line, &mask, &value);
        word = ((uint32_t)state_random(&seed) & ~mask) | value;
        test_note("%x, of line %d", word, line);
        found = decode_line(word);
        EXPECT(found == line || found == DECODE_NONE || found < line);
    }
}
