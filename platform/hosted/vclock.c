#include "vclock.h"

#include <time.h>

#include "choice.h"
#include "el0/el0.h"
#include "snapshot_part.h"

static struct {
    bool is_real;
    nsec_t now;
    nsec_t deadline;
    nsec_t host_start; /* of the host's clock, at boot */
} vclock;

SNAPSHOT_PART(vclock);

static nsec_t host_now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (nsec_t)time.tv_sec * 1000000000 + (nsec_t)time.tv_nsec;
}

void vclock_init(bool is_real)
{
    vclock.is_real = is_real;
    vclock.now = 0;
    vclock.deadline = PLAT_NEVER;
    vclock.host_start = is_real ? host_now() : 0;
}

bool vclock_is_real(void)
{
    return vclock.is_real;
}

void vclock_run(uint64_t instructions)
{
    vclock.now += instructions * EL0_INSN_NS;
}

void vclock_look(void)
{
    if (!vclock.is_real) {
        return;
    }
    nsec_t host = choice_is_live() ? host_now() - vclock.host_start : 0;
    nsec_t passed = host > vclock.now ? host - vclock.now : 0;

    /* What does not fit is seen at the next look. */
    uint32_t live = passed < UINT32_MAX ? (uint32_t)passed : UINT32_MAX - 1;
    vclock.now += choice_outside(CHOOSE_ELAPSED, UINT32_MAX, live);
}

bool vclock_take(void)
{
    if (vclock.now < vclock.deadline) {
        return false;
    }
    vclock.deadline = PLAT_NEVER;
    kernel_on_timer();
    return true;
}

nsec_t vclock_deadline(void)
{
    return vclock.deadline;
}

nsec_t vclock_remaining(void)
{
    if (vclock.deadline == PLAT_NEVER) {
        return PLAT_NEVER;
    }
    return vclock.deadline > vclock.now ? vclock.deadline - vclock.now : 0;
}

void vclock_jump(void)
{
    if (vclock.deadline != PLAT_NEVER && vclock.deadline > vclock.now) {
        vclock.now = vclock.deadline;
    }
}

nsec_t plat_clock_now(void)
{
    return vclock.now;
}

void plat_timer_set(nsec_t deadline)
{
    vclock.deadline = deadline;
}
