#include "oracle.h"

#include <stdlib.h>
#include <string.h>
#include <unicorn/unicorn.h>

#include "test.h"

/*
 * What libunicorn 2.0.1 needs to be used so:
 *
 * It starts at EL1, and its registers can be written but for what depends on them: so a stub that
 * EL1 executes sets the system registers and goes to EL0.
 *
 * The slow path of its loads and stores looks a virtual address up in the map of physical memory:
 * so all of the address space is mapped, what is not RAM as a device that nobody ever reaches.
 *
 * It takes no exceptions. What would be in ESR_EL1 and FAR_EL1 is in a structure that only a saved
 * context shows: a fault at an address that nothing else holds tells where.
 */

enum {
    GENERAL = 31,
    VECTORS = 32,
    ESR_BEFORE_FAR = 8, /* bytes */
    EC_SHIFT = 26,
    EC_WAIT = 0x01, /* wfi */
    EC_DATA_ABORT = 0x24,
};

#define MAGIC UINT64_C(0x123456789a)

static struct oracle_config oracle;
static uc_engine *engine;
static uc_context *context;
static size_t far_offset;
static bool is_interrupted;

/* The registers, as uc_reg_read_batch and uc_reg_write_batch take them. */
static struct {
    struct plat_user user;
    struct plat_fp fp;
    uint32_t nzcv, fpcr, fpsr;
} file;

enum { REGISTERS = GENERAL + VECTORS + 6 };

static int ids[REGISTERS];
static void *places[REGISTERS];

#define MUST(call)                                                                                 \
    do {                                                                                           \
        uc_err error_ = (call);                                                                    \
        if (error_ != UC_ERR_OK)                                                                   \
            FAIL("libunicorn: %s: %s", #call, uc_strerror(error_));                                \
    } while (0)

static void name_registers(void)
{
    static const int named[] = {UC_ARM64_REG_SP,   UC_ARM64_REG_TPIDR_EL0, UC_ARM64_REG_NZCV,
                                UC_ARM64_REG_FPCR, UC_ARM64_REG_FPSR,      UC_ARM64_REG_PC};
    void *const there[] = {&file.user.sp, &file.user.tpidr, &file.nzcv,
                           &file.fpcr,    &file.fpsr,       &file.user.pc};
    unsigned count = 0;

    for (unsigned n = 0; n < GENERAL; n++) {
        ids[count] = n < 29 ? UC_ARM64_REG_X0 + (int)n : UC_ARM64_REG_X29 + (int)n - 29;
        places[count++] = &file.user.x[n];
    }
    for (unsigned n = 0; n < VECTORS; n++) {
        ids[count] = UC_ARM64_REG_Q0 + (int)n;
        places[count++] = file.fp.v[n];
    }
    for (unsigned n = 0; n < sizeof(named) / sizeof(named[0]); n++) {
        ids[count] = named[n];
        places[count++] = there[n];
    }
}

static uint64_t device_read(uc_engine *uc, uint64_t offset, unsigned size, void *user)
{
    (void)uc, (void)offset, (void)size, (void)user;
    FAIL("libunicorn: a load from physical address %lx", (unsigned long)offset);
}

static void device_write(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *user)
{
    (void)uc, (void)size, (void)value, (void)user;
    FAIL("libunicorn: a store to physical address %lx", (unsigned long)offset);
}

static void on_interrupt(uc_engine *uc, uint32_t number, void *user)
{
    (void)number, (void)user;
    is_interrupted = true;
    uc_emu_stop(uc);
}

static void map_device(uint64_t from, uint64_t size)
{
    MUST(uc_mmio_map(engine, from, size, device_read, NULL, device_write, NULL));
    MUST(uc_mem_protect(engine, from, size, UC_PROT_ALL));
}

/* mov xn, #value */
static unsigned put_constant(uint32_t *words, unsigned n, uint64_t value)
{
    words[0] = 0xd2800000u | (uint32_t)(value & 0xffff) << 5 | n;
    for (unsigned part = 1; part < 4; part++)
        words[part] = 0xf2800000u | part << 21 | (uint32_t)(value >> 16 * part & 0xffff) << 5 | n;
    return 4;
}

/* What EL1 executes: the system registers as el0.h says, and a return to EL0. */
static void put_stub(uint32_t *words)
{
    static const struct {
        uint32_t msr; /* from x0 */
        uint64_t value;
    } sets[] = {
        {0xd518a200 /* mair_el1 */, 0xff},
        {0xd5182040 /* tcr_el1: 39 bits, IPS of 40, EPD1 */, 0x200803519},
        {0xd5181040 /* cpacr_el1: FPEN */, 3 << 20},
        {0xd518e100 /* cntkctl_el1: EL0VCTEN */, 2},
        {0xd5184000 /* spsr_el1: EL0t */, 0},
    };
    unsigned at = 0;

    for (unsigned n = 0; n < sizeof(sets) / sizeof(sets[0]); n++) {
        at += put_constant(words + at, 0, sets[n].value);
        words[at++] = sets[n].msr;
    }
    at += put_constant(words + at, 0, oracle.root);
    words[at++] = 0xd5182000 /* msr ttbr0_el1, x0 */;
    at += put_constant(words + at, 0, oracle.code);
    words[at++] = 0xd5184020 /* msr elr_el1, x0 */;
    words[at++] = 0xd5033fdf /* isb */;
    at += put_constant(words + at, 0, 0x34d0d81d); /* as head.S */
    words[at++] = 0xd5181000 /* msr sctlr_el1, x0 */;
    words[at++] = 0xd5033fdf /* isb */;
    words[at] = 0xd69f03e0 /* eret */;
}

static void start(uint64_t pc, unsigned count)
{
    is_interrupted = false;
    MUST(uc_emu_start(engine, pc, 0, 0, count));
}

/* Where a saved context holds the address of a fault. */
static size_t find_far(void)
{
    static const uint32_t load = 0xf9400420 /* ldr x0, [x1, #8] */;
    const uint8_t *bytes = (const uint8_t *)context;
    size_t size = uc_context_size(engine);
    uint64_t base = MAGIC - 8, magic = MAGIC;

    memcpy(oracle_ram(oracle.code_pa), &load, 4);
    oracle_code_changed(oracle.code, 4);
    MUST(uc_reg_write(engine, UC_ARM64_REG_X1, &base));
    start(oracle.code, 1);
    EXPECT(is_interrupted);
    MUST(uc_context_save(engine, context));
    for (size_t n = ESR_BEFORE_FAR; n + 8 <= size; n++) {
        uint32_t esr;

        memcpy(&esr, bytes + n - ESR_BEFORE_FAR, 4);
        if (memcmp(bytes + n, &magic, 8) == 0 && esr >> EC_SHIFT == EC_DATA_ABORT)
            return n;
    }
    FAIL("libunicorn: no fault in a saved context");
}

/* EL1 is of AArch64: SCR_EL3 {RW, NS} and HCR_EL2.RW. */
static void set_execution_state(void)
{
    uc_arm64_cp_reg scr = {.op0 = 3, .op1 = 6, .crn = 1, .crm = 1, .op2 = 0, .val = 0x401};
    uc_arm64_cp_reg hcr = {.op0 = 3, .op1 = 4, .crn = 1, .crm = 1, .op2 = 0, .val = 1u << 31};

    MUST(uc_reg_write(engine, UC_ARM64_REG_CP_REG, &scr));
    MUST(uc_reg_write(engine, UC_ARM64_REG_CP_REG, &hcr));
}

uint8_t *oracle_ram(paddr_t pa)
{
    return oracle.ram + (pa - oracle.base);
}

void oracle_code_changed(uaddr_t va, size_t size)
{
    MUST(uc_ctl_remove_cache(engine, va, va + size));
}

void oracle_open(const struct oracle_config *config)
{
    static const uint32_t call = 0xd4000001 /* svc #0 */;
    static const uint32_t own[] = {0xd5033f5f /* clrex */, 0x3940001f /* ldrb wzr, [x0] */};
    uc_hook hook;

    oracle = *config;
    MUST(uc_open(UC_ARCH_ARM64, UC_MODE_ARM, &engine));
    MUST(uc_ctl_set_cpu_model(engine, oracle.is_max ? UC_CPU_ARM64_MAX : UC_CPU_ARM64_A72));
    MUST(uc_mem_map_ptr(engine, oracle.base, oracle.size, UC_PROT_ALL, oracle.ram));
    map_device(0, oracle.base);
    map_device(oracle.base + oracle.size, -(oracle.base + oracle.size));
    MUST(uc_hook_add(engine, &hook, UC_HOOK_INTR, (void *)on_interrupt, NULL, 1, 0));
    MUST(uc_context_alloc(engine, &context));
    MUST(uc_ctl_exits_enable(engine));
    name_registers();
    set_execution_state();

    put_stub((uint32_t *)oracle_ram(oracle.stub));
    memcpy(oracle_ram(oracle.code_pa), &call, 4);
    start(oracle.stub, 0);
    EXPECT(is_interrupted);
    far_offset = find_far();
    memcpy(oracle_ram(oracle.own_pa), own, sizeof(own));
}

void oracle_close(void)
{
    uc_context_free(context);
    MUST(uc_close(engine));
}

static void read_exception(struct oracle_end *end)
{
    const uint8_t *bytes = (const uint8_t *)context;

    MUST(uc_context_save(engine, context));
    memcpy(&end->far, bytes + far_offset, 8);
    memcpy(&end->esr, bytes + far_offset - ESR_BEFORE_FAR, 4);
}

void oracle_run(struct plat_user *user, struct plat_fp *fp, unsigned count, struct oracle_end *end)
{
    *end = (struct oracle_end){.is_exception = false};
    file.user = *user;
    file.fp = *fp;
    file.nzcv = (uint32_t)user->pstate;
    file.fpcr = (uint32_t)fp->fpcr;
    file.fpsr = (uint32_t)fp->fpsr;
    MUST(uc_reg_write_batch(engine, ids, places, REGISTERS - 1));
    start(user->pc, count);
    MUST(uc_reg_read_batch(engine, ids, places, REGISTERS));
    *user = file.user;
    *fp = file.fp;
    user->pstate = file.nzcv;
    fp->fpcr = file.fpcr;
    fp->fpsr = file.fpsr;
    if (is_interrupted) {
        end->is_exception = true;
        read_exception(end);
    }
    if (end->is_exception && end->esr >> EC_SHIFT == EC_WAIT) {
        end->is_exception = false;
        user->pc += 4;
    }
}

void oracle_clear_monitor(void)
{
    start(oracle.own, 1);
}

void oracle_load(uaddr_t va, struct oracle_end *end)
{
    MUST(uc_reg_write(engine, UC_ARM64_REG_X0, &va));
    start(oracle.own + 4, 1);
    end->is_exception = is_interrupted;
    if (is_interrupted)
        read_exception(end);
}
