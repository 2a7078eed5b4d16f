/*
 * The floating-point and SIMD registers of EL0: the only code here that may name them. EL1 is never
 * trapped (CPACR_EL1.FPEN is 1 or 3).
 */
    .arch armv8-a

    .text

    .macro fp_move op, base
    \op q0, q1, [\base]
    \op q2, q3, [\base, #32]
    \op q4, q5, [\base, #64]
    \op q6, q7, [\base, #96]
    \op q8, q9, [\base, #128]
    \op q10, q11, [\base, #160]
    \op q12, q13, [\base, #192]
    \op q14, q15, [\base, #224]
    \op q16, q17, [\base, #256]
    \op q18, q19, [\base, #288]
    \op q20, q21, [\base, #320]
    \op q22, q23, [\base, #352]
    \op q24, q25, [\base, #384]
    \op q26, q27, [\base, #416]
    \op q28, q29, [\base, #448]
    \op q30, q31, [\base, #480]
    .endm

/* void fp_load(const struct plat_fp *fp) */
    .global fp_load
    .type fp_load, %function
fp_load:
    fp_move ldp, x0
    add x0, x0, #512
    ldp x1, x2, [x0]
    msr fpcr, x1
    msr fpsr, x2
    ret
    .size fp_load, . - fp_load

/* void fp_store(struct plat_fp *fp) */
    .global fp_store
    .type fp_store, %function
fp_store:
    fp_move stp, x0
    mrs x1, fpcr
    mrs x2, fpsr
    add x0, x0, #512
    stp x1, x2, [x0]
    ret
    .size fp_store, . - fp_store
