/* Floating point as Arm has it: NaNs, rounding, flushing, saturation, and the exceptions in FPSR.
 * */
#include "el0_rig.h"

enum { IOC = 1, DZC = 2, OFC = 4, UFC = 8, IXC = 16, IDC = 128 };
enum {
    NEAREST = 0,
    UP = 1 << 22,
    DOWN = 2 << 22,
    ZERO = 3 << 22,
    FZ = 1 << 24,
    DN = 1 << 25,
    AHP = 1 << 26
};

#define F64_ONE 0x3ff0000000000000
#define F64_MAX 0x7fefffffffffffff
#define F64_MIN 0x0010000000000000 /* the smallest normal number */
#define F64_INF 0x7ff0000000000000
#define F64_NAN 0x7ff8000000000000 /* the default NaN */
#define F64_MINUS ((uint64_t)1 << 63)
#define F32_INF 0x7f800000
#define F32_NAN 0x7fc00000

/* An instruction with d0 = a, d1 = b, d2 = c; x0 = a too. What it leaves in d3 or x3. */
struct float_case {
    uint32_t word;
    uint32_t fpcr;
    uint64_t a, b, c;
    uint64_t result;
    uint32_t fpsr;
};

/* Twice: with FPSR clear, and with IXC set before, when more is left to the host's FPU. */
static void check_case(const struct float_case *c, uint32_t fpsr, bool to_general)
{
    test_note("%x, fpcr %x, a %lx, b %lx, c %lx, fpsr before %x", c->word, c->fpcr, c->a, c->b,
              c->c, fpsr);
    user.x[0] = c->a;
    fp = (struct plat_fp){.fpcr = c->fpcr, .fpsr = fpsr};
    fp.v[0][0] = c->a;
    fp.v[1][0] = c->b;
    fp.v[2][0] = c->c;
    fp.v[3][0] = fp.v[3][1] = 0x5555555555555555;
    el0_code(0, &c->word, 1);
    user.pc = CODE;
    EXPECT_EQ(el0_run(&user, &fp, 1, &trap), 1);
    EXPECT_EQ(to_general ? user.x[3] : fp.v[3][0], c->result);
    EXPECT_EQ(fp.v[3][1], to_general ? 0x5555555555555555 : 0);
    EXPECT_EQ(fp.fpsr, c->fpsr | fpsr);
}

static void check(const struct float_case *cases, size_t count, bool to_general)
{
    el0_start();
    for (size_t n = 0; n < count; n++) {
        check_case(&cases[n], 0, to_general);
        check_case(&cases[n], IXC, to_general);
    }
}

#define CASES(name, to_general, ...)                                                               \
    TEST(name)                                                                                     \
    {                                                                                              \
        static const struct float_case cases[] = {__VA_ARGS__};                                    \
                                                                                                   \
        check(cases, sizeof(cases) / sizeof(cases[0]), to_general);                                \
    }

enum {
    FADD = 0x1e612803 /* fadd d3, d0, d1 */,
    FSUB = 0x1e613803 /* fsub d3, d0, d1 */,
    FMUL = 0x1e610803 /* fmul d3, d0, d1 */,
    FNMUL = 0x1e618803 /* fnmul d3, d0, d1 */,
    FDIV = 0x1e611803 /* fdiv d3, d0, d1 */,
    FSQRT = 0x1e61c003 /* fsqrt d3, d0 */,
    FMADD = 0x1f410803 /* fmadd d3, d0, d1, d2 */,
    FMSUB = 0x1f418803 /* fmsub d3, d0, d1, d2 */,
    FNMADD = 0x1f610803 /* fnmadd d3, d0, d1, d2 */,
    FNMSUB = 0x1f618803 /* fnmsub d3, d0, d1, d2 */,
    FMAX = 0x1e614803 /* fmax d3, d0, d1 */,
    FMIN = 0x1e615803 /* fmin d3, d0, d1 */,
    FMAXNM = 0x1e616803 /* fmaxnm d3, d0, d1 */,
    FMINNM = 0x1e617803 /* fminnm d3, d0, d1 */,
    FADD_S = 0x1e212803 /* fadd s3, s0, s1 */,
    FMUL_S = 0x1e210803 /* fmul s3, s0, s1 */,
    FDIV_S = 0x1e211803 /* fdiv s3, s0, s1 */,
    FSQRT_S = 0x1e21c003 /* fsqrt s3, s0 */,
};

#define SNAN 0x7ff0000000000123
#define QNAN 0xfff8000000000456
#define QUIETED 0x7ff8000000000123

CASES(nans, false, {FADD, 0, F64_ONE, QNAN, 0, QNAN, 0}, {FADD, 0, QNAN, SNAN, 0, QUIETED, IOC},
      {FADD, 0, SNAN, QNAN, 0, QUIETED, IOC}, {FADD, 0, QNAN, QUIETED, 0, QNAN, 0},
      {FADD, DN, F64_ONE, QNAN, 0, F64_NAN, 0}, {FADD, DN, SNAN, QNAN, 0, F64_NAN, IOC},
      {FSUB, 0, F64_ONE, QNAN, 0, QNAN, 0},
      {FADD, 0, F64_INF, F64_INF | F64_MINUS, 0, F64_NAN, IOC},
      {FSUB, 0, F64_INF, F64_INF, 0, F64_NAN, IOC}, {FMUL, 0, F64_INF, 0, 0, F64_NAN, IOC},
      {FNMUL, 0, QNAN, F64_ONE, 0, QNAN ^ F64_MINUS, 0},
      {FNMUL, 0, F64_INF, 0, 0, F64_NAN | F64_MINUS, IOC}, {FDIV, 0, 0, 0, 0, F64_NAN, IOC},
      {FDIV, 0, F64_INF, F64_INF, 0, F64_NAN, IOC},
      {FSQRT, 0, F64_ONE | F64_MINUS, 0, 0, F64_NAN, IOC}, {FSQRT, 0, SNAN, 0, 0, QUIETED, IOC},
      {FMADD, 0, SNAN, F64_ONE, QNAN, QUIETED, IOC}, {FMADD, 0, F64_INF, 0, QNAN, F64_NAN, IOC},
      {FMADD, 0, F64_INF, 0, SNAN, QUIETED, IOC},
      {FMADD, 0, F64_INF, F64_ONE, F64_INF | F64_MINUS, F64_NAN, IOC},
      {FMADD, 0, QUIETED, F64_ONE, QNAN, QNAN, 0},
      {FMSUB, 0, QNAN, F64_ONE, F64_ONE, QNAN ^ F64_MINUS, 0},
      {FNMADD, 0, F64_ONE, F64_ONE, QNAN, QNAN ^ F64_MINUS, 0},
      {FADD_S, 0, 0x7f800123, 0xffc00456, 0, 0x7fc00123, IOC})

CASES(rounding, false,
      {FADD, NEAREST, F64_ONE, 0x3ca0000000000000, 0, F64_ONE, IXC}, /* a tie, to even */
      {FADD, NEAREST, F64_ONE + 1, 0x3ca0000000000000, 0, F64_ONE + 2, IXC},
      {FADD, UP, F64_ONE, 1, 0, F64_ONE + 1, IXC}, {FADD, DOWN, F64_ONE, 1, 0, F64_ONE, IXC},
      {FADD, ZERO, F64_ONE, F64_MINUS | 1, 0, F64_ONE - 1, IXC},
      {FADD, DOWN, F64_ONE | F64_MINUS, F64_MINUS | 1, 0, (F64_ONE | F64_MINUS) + 1, IXC},
      {FSUB, NEAREST, F64_ONE, F64_ONE, 0, 0, 0}, {FSUB, DOWN, F64_ONE, F64_ONE, 0, F64_MINUS, 0},
      {FADD, DOWN, 0, F64_MINUS, 0, F64_MINUS, 0},
      {FADD, NEAREST, F64_MINUS, F64_MINUS, 0, F64_MINUS, 0},
      {FMUL, NEAREST, 0x3ff0000000000001, 0x3ff0000000000001, 0, 0x3ff0000000000002, IXC},
      {FMUL, UP, 0x3ff0000000000001, 0x3ff0000000000001, 0, 0x3ff0000000000003, IXC},
      {FMUL, NEAREST, 0x4008000000000000, 0x4014000000000000, 0, 0x402e000000000000, 0},
      {FDIV, NEAREST, F64_ONE, 0x4008000000000000, 0, 0x3fd5555555555555, IXC},
      {FDIV, UP, F64_ONE, 0x4008000000000000, 0, 0x3fd5555555555556, IXC},
      {FDIV, NEAREST, 0x402e000000000000, 0x4008000000000000, 0, 0x4014000000000000, 0},
      {FSQRT, NEAREST, 0x4000000000000000, 0, 0, 0x3ff6a09e667f3bcd, IXC},
      {FSQRT, DOWN, 0x4000000000000000, 0, 0, 0x3ff6a09e667f3bcc, IXC},
      {FSQRT, NEAREST, 0x4022000000000000, 0, 0, 0x4008000000000000, 0},
      {FSQRT, NEAREST, F64_MINUS, 0, 0, F64_MINUS, 0},
      {FSQRT_S, NEAREST, 0x40000000, 0, 0, 0x3fb504f3, IXC},
      {FDIV_S, NEAREST, 0x3f800000, 0x40400000, 0, 0x3eaaaaab, IXC},
      {FMUL_S, NEAREST, 0x3f800001, 0x3f800001, 0, 0x3f800002, IXC},
      {FADD_S, NEAREST, 0x3f800000, 0x33800000, 0, 0x3f800000, IXC})

CASES(ends_of_the_range, false, {FADD, NEAREST, F64_MAX, F64_MAX, 0, F64_INF, OFC | IXC},
      {FADD, ZERO, F64_MAX, F64_MAX, 0, F64_MAX, OFC | IXC},
      {FADD, DOWN, F64_MAX, F64_MAX, 0, F64_MAX, OFC | IXC},
      {FMUL, UP, F64_MAX | F64_MINUS, F64_MAX, 0, F64_MAX | F64_MINUS, OFC | IXC},
      {FDIV, NEAREST, F64_ONE, F64_MINUS, 0, F64_INF | F64_MINUS, DZC},
      {FDIV, NEAREST, F64_INF, 0, 0, F64_INF, 0},
      {FMUL, NEAREST, F64_MIN, 0x3fe0000000000000, 0, F64_MIN / 2, 0}, /* exact: no underflow */
      {FMUL, NEAREST, 1, 0x3fe0000000000000, 0, 0, UFC | IXC},
      {FMUL, UP, 1, 0x3fe0000000000000, 0, 1, UFC | IXC},
      /* Tiny is decided before rounding: this becomes normal, and underflows. */
      {FMUL, NEAREST, F64_MIN + 1, 0x3feffffffffffffe, 0, F64_MIN, UFC | IXC},
      {FMUL, FZ, F64_MIN, 0x3fe0000000000000, 0, 0, UFC}, {FMUL, FZ, 1, F64_ONE, 0, 0, IDC},
      {FADD, FZ, F64_MINUS | 1, F64_MINUS, 0, F64_MINUS, IDC}, {FSQRT, FZ, 1, 0, 0, 0, IDC},
      {FADD, FZ, F64_ONE, 1, 0, F64_ONE, IDC},
      {FMUL_S, NEAREST, 0x00800000, 0x3f000000, 0, 0x00400000, 0},
      {FMUL_S, NEAREST, 0x00800001, 0x3f000000, 0, 0x00400000, UFC | IXC})

CASES(fused, false,
      /* (1 + e)^2 - (1 + 2e) = e^2, which two roundings would lose. */
      {FMADD, 0, F64_ONE + 1, F64_ONE + 1, 0xbff0000000000002, 0x3970000000000000, 0},
      {FMSUB, 0, F64_ONE + 1, F64_ONE + 1, 0x3ff0000000000002, 0xb970000000000000, 0},
      {FNMADD, 0, F64_ONE, F64_ONE, F64_ONE, 0xc000000000000000, 0},
      {FNMSUB, 0, F64_ONE, F64_ONE, F64_ONE, 0, 0},
      {FNMSUB, DOWN, F64_ONE, F64_ONE, F64_ONE, F64_MINUS, 0},
      {FMADD, 0, F64_MAX, F64_MAX, F64_INF | F64_MINUS, F64_INF | F64_MINUS, 0},
      {FMADD, UP, F64_ONE, F64_ONE, 1, F64_ONE + 1, IXC},
      {FMADD, 0, F64_MAX, 0x4000000000000000, F64_MAX | F64_MINUS, F64_MAX,
       0}, /* no overflow within */
      {FMADD, 0, 0, F64_ONE, F64_MINUS, 0, 0},
      {FMADD, 0, F64_MINUS, F64_ONE, F64_MINUS, F64_MINUS, 0})

CASES(maximum_and_minimum, false, {FMAX, 0, 0, F64_MINUS, 0, 0, 0},
      {FMAX, 0, F64_MINUS, F64_MINUS, 0, F64_MINUS, 0}, {FMIN, 0, 0, F64_MINUS, 0, F64_MINUS, 0},
      {FMAX, 0, F64_ONE, QNAN, 0, QNAN, 0}, {FMAXNM, 0, F64_ONE, QNAN, 0, F64_ONE, 0},
      {FMINNM, 0, QNAN, F64_ONE, 0, F64_ONE, 0}, {FMAXNM, 0, QNAN, QUIETED, 0, QNAN, 0},
      {FMAXNM, 0, SNAN, F64_ONE, 0, QUIETED, IOC},
      {FMINNM, 0, F64_INF | F64_MINUS, QNAN, 0, F64_INF | F64_MINUS, 0},
      {FMIN, FZ, 1, F64_ONE, 0, 0, IDC}, {FMAX, 0, 1, 2, 0, 2, 0})

CASES(rounded_to_integers, false,
      {0x1e644003 /* frintn d3, d0 */, 0, 0x4004000000000000, 0, 0, 0x4000000000000000,
       0}, /* 2.5 */
      {0x1e664003 /* frinta d3, d0 */, 0, 0x4004000000000000, 0, 0, 0x4008000000000000, 0},
      {0x1e64c003 /* frintp d3, d0 */, 0, 0x4000000000000001, 0, 0, 0x4008000000000000, 0},
      {0x1e654003 /* frintm d3, d0 */, 0, 0xc000000000000001, 0, 0, 0xc008000000000000, 0},
      {0x1e65c003 /* frintz d3, d0 */, 0, 0xbfefffffffffffff, 0, 0, F64_MINUS, 0},
      {0x1e674003 /* frintx d3, d0 */, UP, 0x4004000000000000, 0, 0, 0x4008000000000000, IXC},
      {0x1e67c003 /* frinti d3, d0 */, UP, 0x4004000000000000, 0, 0, 0x4008000000000000, 0},
      {0x1e674003 /* frintx d3, d0 */, 0, 0x4340000000000001, 0, 0, 0x4340000000000001, 0},
      {0x1e644003 /* frintn d3, d0 */, 0, SNAN, 0, 0, QUIETED, IOC},
      {0x1e644003 /* frintn d3, d0 */, 0, 1, 0, 0, 0, 0})

CASES(to_integers, true,
      {0x9e780003 /* fcvtzs x3, d0 */, 0, 0x43e0000000000000, 0, 0, INT64_MAX, IOC}, /* 2^63 */
      {0x9e780003 /* fcvtzs x3, d0 */, 0, 0xc3e0000000000000, 0, 0, (uint64_t)INT64_MIN, 0},
      {0x9e780003 /* fcvtzs x3, d0 */, 0, 0xc3e0000000000001, 0, 0, (uint64_t)INT64_MIN, IOC},
      {0x9e790003 /* fcvtzu x3, d0 */, 0, 0x43e0000000000000, 0, 0, (uint64_t)1 << 63, 0},
      {0x9e790003 /* fcvtzu x3, d0 */, 0, 0x43f0000000000000, 0, 0, UINT64_MAX, IOC},
      {0x9e790003 /* fcvtzu x3, d0 */, 0, 0xbfe0000000000000, 0, 0, 0, IXC}, /* -0.5 */
      {0x9e650003 /* fcvtau x3, d0 */, 0, 0xbfe0000000000000, 0, 0, 0, IOC}, /* -1 does not fit */
      {0x1e780003 /* fcvtzs w3, d0 */, 0, 0x41e0000000000000, 0, 0, INT32_MAX, IOC}, /* 2^31 */
      {0x1e780003 /* fcvtzs w3, d0 */, 0, 0xc1e0000000200000, 0, 0, 0x80000000, IOC},
      {0x1e780003 /* fcvtzs w3, d0 */, 0, 0xc1e00000001fffff, 0, 0, 0x80000000, IXC},
      {0x1e390003 /* fcvtzu w3, s0 */, 0, 0x4f800000, 0, 0, UINT32_MAX, IOC},
      {0x9e780003 /* fcvtzs x3, d0 */, 0, QNAN, 0, 0, 0, IOC},
      {0x9e780003 /* fcvtzs x3, d0 */, 0, F64_INF | F64_MINUS, 0, 0, (uint64_t)INT64_MIN, IOC},
      {0x9e600003 /* fcvtns x3, d0 */, 0, 0x4004000000000000, 0, 0, 2, IXC},
      {0x9e640003 /* fcvtas x3, d0 */, 0, 0x4004000000000000, 0, 0, 3, IXC},
      {0x9e680003 /* fcvtps x3, d0 */, 0, 1, 0, 0, 1, IXC},
      {0x9e700003 /* fcvtms x3, d0 */, 0, F64_MINUS | 1, 0, 0, UINT64_MAX, IXC},
      {0x9e680003 /* fcvtps x3, d0 */, FZ, 1, 0, 0, 0, IDC},
      {0x9e58e003 /* fcvtzs x3, d0, #8 */, 0, 0x3ff8000000000000, 0, 0, 384, 0},
      {0x1e188003 /* fcvtzs w3, s0, #32 */, 0, 0x3f000000, 0, 0, INT32_MAX, IOC},
      {0x9e780003 /* fcvtzs x3, d0 */, 0, 0x7fe0000000000000, 0, 0, INT64_MAX, IOC},
      {0x9e660003 /* fmov x3, d0 */, 0, SNAN, 0, 0, SNAN, 0},
      {0x1e260003 /* fmov w3, s0 */, 0, UINT64_MAX, 0, 0, UINT32_MAX, 0})

CASES(from_integers, false,
      {0x9e620003 /* scvtf d3, x0 */, 0, UINT64_MAX, 0, 0, 0xbff0000000000000, 0},
      {0x9e630003 /* ucvtf d3, x0 */, 0, UINT64_MAX, 0, 0, 0x43f0000000000000, IXC},
      {0x9e630003 /* ucvtf d3, x0 */, DOWN, UINT64_MAX, 0, 0, 0x43efffffffffffff, IXC},
      {0x1e220003 /* scvtf s3, w0 */, 0, 0x01000001, 0, 0, 0x4b800000, IXC},
      {0x1e220003 /* scvtf s3, w0 */, 0, 0x80000000, 0, 0, 0xcf000000, 0},
      {0x9e420003 /* scvtf d3, x0, #64 */, 0, (uint64_t)1 << 63, 0, 0, 0xbfe0000000000000, 0},
      {0x1e630003 /* ucvtf d3, w0 */, 0, UINT64_MAX, 0, 0, 0x41efffffffe00000, 0},
      {0x9e620003 /* scvtf d3, x0 */, DOWN, 0, 0, 0, 0, 0})

CASES(between_formats, false,
      {0x1e624003 /* fcvt s3, d0 */, 0, 0x3ff0000010000000, 0, 0, 0x3f800000, IXC},
      {0x1e624003 /* fcvt s3, d0 */, UP, 0x3ff0000010000000, 0, 0, 0x3f800001, IXC},
      {0x1e624003 /* fcvt s3, d0 */, 0, F64_MAX, 0, 0, F32_INF, OFC | IXC},
      {0x1e624003 /* fcvt s3, d0 */, 0, 0x36a0000000000000, 0, 0, 1, 0},
      {0x1e624003 /* fcvt s3, d0 */, 0, 0x3690000000000000, 0, 0, 0, UFC | IXC},
      {0x1e624003 /* fcvt s3, d0 */, FZ, 0x36a0000000000000, 0, 0, 0, UFC},
      {0x1e22c003 /* fcvt d3, s0 */, 0, 1, 0, 0, 0x36a0000000000000, 0},
      {0x1e22c003 /* fcvt d3, s0 */, FZ, 1, 0, 0, 0, IDC},
      {0x1e22c003 /* fcvt d3, s0 */, 0, 0x7f800001, 0, 0, 0x7ff8000020000000, IOC},
      {0x1e624003 /* fcvt s3, d0 */, 0, SNAN, 0, 0, 0x7fc00000, IOC},
      {0x1e624003 /* fcvt s3, d0 */, DN, QNAN, 0, 0, F32_NAN, 0},
      {0x1e23c003 /* fcvt h3, s0 */, 0, 0x477ff000, 0, 0, 0x7c00, OFC | IXC}, /* 65520 */
      {0x1e23c003 /* fcvt h3, s0 */, 0, 0x477fe000, 0, 0, 0x7bff, 0},         /* 65504 */
      {0x1e23c003 /* fcvt h3, s0 */, AHP, 0x477ff000, 0, 0, 0x7c00, IXC},     /* 65536 */
      {0x1e23c003 /* fcvt h3, s0 */, AHP, 0x48000000, 0, 0, 0x7fff, IOC},
      {0x1e23c003 /* fcvt h3, s0 */, AHP, F32_NAN, 0, 0, 0, IOC},
      {0x1e23c003 /* fcvt h3, s0 */, AHP, 0xff800000, 0, 0, 0xffff, IOC},
      {0x1ee24003 /* fcvt s3, h0 */, AHP, 0x7c00, 0, 0, 0x47800000, 0},
      {0x1ee24003 /* fcvt s3, h0 */, 0, 0x7c00, 0, 0, F32_INF, 0},
      {0x1ee24003 /* fcvt s3, h0 */, FZ, 1, 0, 0, 0x33800000, 0},
      {0x1e63c003 /* fcvt h3, d0 */, FZ, 0x3e70000000000000, 0, 0, 1, 0},
      {0x1ee2c003 /* fcvt d3, h0 */, 0, 0xfc01, 0, 0, 0xfff8040000000000, IOC})

CASES(vector_only, false,
      {0x5e61dc03 /* fmulx d3, d0, d1 */, 0, F64_INF, F64_MINUS, 0, 0xc000000000000000, 0},
      {0x5e61fc03 /* frecps d3, d0, d1 */, 0, F64_INF, 0, 0, 0x4000000000000000, 0},
      {0x5ee1fc03 /* frsqrts d3, d0, d1 */, 0, F64_INF, 0, 0, 0x3ff8000000000000, 0},
      {0x5e61fc03 /* frecps d3, d0, d1 */, 0, F64_ONE, F64_ONE, 0, F64_ONE, 0},
      {0x5ee1fc03 /* frsqrts d3, d0, d1 */, 0, F64_ONE, F64_ONE, 0, F64_ONE, 0},
      {0x5ee1d803 /* frecpe d3, d0 */, 0, F64_ONE, 0, 0, 0x3feff00000000000, 0},
      {0x5ee1d803 /* frecpe d3, d0 */, 0, F64_MINUS, 0, 0, F64_INF | F64_MINUS, DZC},
      {0x5ee1d803 /* frecpe d3, d0 */, 0, 1, 0, 0, F64_INF, OFC | IXC},
      {0x5ee1d803 /* frecpe d3, d0 */, FZ, 0x7fd0000000000000, 0, 0, 0, UFC},
      {0x7ee1d803 /* frsqrte d3, d0 */, 0, 0x4010000000000000, 0, 0, 0x3fdff00000000000, 0},
      {0x7ee1d803 /* frsqrte d3, d0 */, 0, F64_ONE | F64_MINUS, 0, 0, F64_NAN, IOC},
      {0x5ee1f803 /* frecpx d3, d0 */, 0, F64_ONE, 0, 0, 0x4000000000000000, 0},
      {0x7e616803 /* fcvtxn s3, d0 */, 0, 0x3ff0000000000001, 0, 0, 0x3f800001, IXC},
      {0x7ee1d403 /* fabd d3, d0, d1 */, 0, QNAN, F64_ONE, 0, QNAN ^ F64_MINUS, 0})

TEST(comparisons)
{
    static const struct {
        uint32_t word;
        uint64_t a, b;
        unsigned nzcv, fpsr;
    } cases[] = {
        {0x1e612000 /* fcmp d0, d1 */, F64_ONE, F64_ONE, 6, 0},
        {0x1e612000 /* fcmp d0, d1 */, F64_MINUS, 0, 6, 0},
        {0x1e612000 /* fcmp d0, d1 */, F64_ONE, F64_INF, 8, 0},
        {0x1e612000 /* fcmp d0, d1 */, F64_ONE, F64_MINUS | 1, 2, 0},
        {0x1e612000 /* fcmp d0, d1 */, QNAN, 0, 3, 0},
        {0x1e612010 /* fcmpe d0, d1 */, QNAN, 0, 3, IOC},
        {0x1e612000 /* fcmp d0, d1 */, 0, SNAN, 3, IOC},
        {0x1e602008 /* fcmp d0, #0.0 */, F64_MINUS | 1, 0, 8, 0},
        {0x1e602018 /* fcmpe d0, #0.0 */, F64_ONE, 0, 2, 0},
        {0x1e61e405 /* fccmp d0, d1, #5, al */, F64_ONE, F64_ONE, 6, 0},
        {0x1e611405 /* fccmp d0, d1, #5, ne */, QNAN, SNAN, 3, IOC},
        {0x1e610405 /* fccmp d0, d1, #5, eq */, SNAN, SNAN, 5, 0},
        {0x1e212000 /* fcmp s0, s1 */, F64_ONE | 1, F64_MINUS | 1, 6, 0},
    };

    el0_start();
    for (unsigned n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
        test_note("%x", cases[n].word);
        fp = (struct plat_fp){.v = {{cases[n].a}, {cases[n].b}}};
        user.pstate = 0;
        EXPECT_EQ(EL0_RUN(1, cases[n].word), 1);
        EXPECT_EQ(user.pstate, (uint64_t)cases[n].nzcv << 28);
        EXPECT_EQ(fp.fpsr, cases[n].fpsr);
    }
}

/* FPSR.QC, and the rest of a register that a scalar writes. */
TEST(saturation)
{
    el0_start();
    user.x[1] = 0x7fff;
    EL0_RUN(100, 0x4e020c20 /* dup v0.8h, w1 */, 0x4e600c01 /* sqadd v1.8h, v0.8h, v0.8h */,
            0xd53b4422 /* mrs x2, fpsr */, 0xd51b443f /* msr fpsr, xzr */,
            0x6e600c02 /* uqadd v2.8h, v0.8h, v0.8h */, 0xd53b4423 /* mrs x3, fpsr */,
            0x5e214803 /* sqxtn b3, h0 */, 0x5f117404 /* sqshl h4, h0, #1 */,
            0xd4000001 /* svc #0 */);
    EXPECT_EQ(fp.v[1][1], 0x7fff7fff7fff7fff);
    EXPECT_EQ(user.x[2], 1 << 27);
    EXPECT_EQ(fp.v[2][0], 0xfffefffefffefffe);
    EXPECT_EQ(user.x[3], 0);
    EXPECT_EQ(fp.v[3][0], 0x7f);
    EXPECT_EQ(fp.v[3][1], 0);
    EXPECT_EQ(fp.v[4][0], 0x7fff);
    EXPECT_EQ(fp.fpsr, 1 << 27);
}
