/*
 * A page of code and some of data in the simulated machine, for tests of the interpreter. As rig.h,
 * included once in each program.
 */
#ifndef TESTS_EL0_RIG_H
#define TESTS_EL0_RIG_H

#include <string.h>

#include "../rig.h"
#include "el0/el0.h"
#include "state.h"

#define CODE (STATE_PC - STATE_PC % PLAT_PAGE_SIZE)

static paddr_t root, code, data[STATE_DATA_SIZE / PLAT_PAGE_SIZE];
static struct plat_user user;
static struct plat_fp fp;
static struct plat_trap trap;

/* One page of code; four of data between holes, not neighbours in RAM. */
RIG void el0_start(void)
{
    rig_start(VTLB_ADVERSARIAL);
    root = rig_table();
    code = rig_page();
    rig_map(root, CODE, code | RIG_RX);
    for (unsigned n = 0; n < STATE_DATA_SIZE / PLAT_PAGE_SIZE; n++) {
        data[n] = rig_page();
        rig_page();
        rig_map(root, STATE_DATA + n * PLAT_PAGE_SIZE, data[n] | RIG_RW);
    }
    plat_space_use(root, 1);
    user = (struct plat_user){.pc = CODE, .sp = STATE_DATA + 0x2000};
    fp = (struct plat_fp){.fpcr = 0};
}

/* Writes count instructions from byte offset on, and makes them visible. */
RIG void el0_code(unsigned offset, const uint32_t *words, unsigned count)
{
    memcpy(plat_phys_ptr(code + offset, count * 4), words, count * 4);
    plat_icache_sync(code + offset, count * 4);
}

/* Runs these instructions from CODE on, with budget. */
#define EL0_RUN(budget, ...)                                                                       \
    ({                                                                                             \
        const uint32_t words_[] = {__VA_ARGS__};                                                   \
        el0_code(0, words_, sizeof(words_) / 4);                                                   \
        user.pc = CODE;                                                                            \
        el0_run(&user, &fp, budget, &trap);                                                        \
    })

RIG uint64_t el0_peek(uaddr_t va)
{
    uint64_t value;
    struct plat_fault fault;

    EXPECT_EQ(plat_user_read(&value, va, sizeof(value), &fault), sizeof(value));
    return value;
}

RIG void el0_poke(uaddr_t va, uint64_t value)
{
    struct plat_fault fault;

    EXPECT_EQ(plat_user_write(va, &value, sizeof(value), &fault), sizeof(value));
}

#endif
