/* Virtual and real time, the timer, idling, and interrupt windows. */
#include "vclock.h"

#include <setjmp.h>
#include <string.h>
#include <time.h>

#include "report.h"
#include "rig.h"

static void start(bool is_real)
{
    const struct machine_config config = {
        .ram_size = RIG_RAM, .cmdline = "", .asid_bits = 8, .has_real_time = is_real};

    choice_init();
    EXPECT_STREQ(machine_start(&config), NULL);
}

static void start_with_bytes(bool is_real, const uint8_t *bytes, size_t size)
{
    start(is_real);
    choice_use_bytes(bytes, size);
}

static nsec_t host_now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (nsec_t)time.tv_sec * 1000000000 + (nsec_t)time.tv_nsec;
}

/* ---- virtual ---- */

TEST(virtual_time_is_instructions)
{
    start(false);
    EXPECT_EQ(plat_clock_now(), 0);
    vclock_run(1000);
    EXPECT_EQ(plat_clock_now(), 1000);
    vclock_look();
    plat_irq_window();
    EXPECT_EQ(plat_clock_now(), 1000);
}

TEST(virtual_idle_jumps)
{
    start(false);
    nsec_t before = host_now();
    plat_timer_set(UINT64_C(3600) * 1000000000);
    plat_cpu_idle();
    EXPECT_EQ(rig_timers, 1);
    EXPECT_EQ(plat_clock_now(), UINT64_C(3600) * 1000000000);
    EXPECT(host_now() - before < 1000000000);
    EXPECT_EQ(vclock_deadline(), PLAT_NEVER);
}

TEST(timer_fires_once_and_not_early)
{
    start(false);
    plat_timer_set(100);
    vclock_run(99);
    plat_irq_window();
    EXPECT_EQ(rig_timers, 0);
    EXPECT_EQ(vclock_remaining(), 1);
    vclock_run(1);
    EXPECT_EQ(rig_timers, 0); /* only where interrupts are taken */
    EXPECT_EQ(vclock_remaining(), 0);
    plat_irq_window();
    EXPECT_EQ(rig_timers, 1);
    EXPECT_EQ(vclock_remaining(), PLAT_NEVER);
    plat_irq_window();
    EXPECT_EQ(rig_timers, 1);
}

TEST(deadline_in_the_past_does_not_turn_back_time)
{
    start(false);
    vclock_run(1000);
    plat_timer_set(10);
    vclock_jump();
    EXPECT_EQ(plat_clock_now(), 1000);
    plat_cpu_idle();
    EXPECT_EQ(plat_clock_now(), 1000);
    EXPECT_EQ(rig_timers, 1);
}

TEST(window_may_fire_the_timer_early)
{
    static const uint8_t bytes[] = {0, 0, 1};

    start_with_bytes(false, bytes, sizeof(bytes));
    plat_timer_set(1000000);
    plat_irq_window(); /* takes a byte for the timer and one for the console */
    EXPECT_EQ(rig_timers, 0);
    plat_irq_window();
    EXPECT_EQ(rig_timers, 1);
    EXPECT_EQ(plat_clock_now(), 1000000);
}

/* ---- real ---- */

TEST(real_time_passes)
{
    start(true);
    nsec_t before = host_now();
    plat_timer_set(plat_clock_now() + 20000000);
    plat_cpu_idle();
    EXPECT_EQ(rig_timers, 1);
    EXPECT(host_now() - before >= 19000000);
    EXPECT(plat_clock_now() >= 20000000);
}

/* Between two looks it stands: so a record of the looks is a record of the clock. */
TEST(real_time_stands_between_looks)
{
    start(true);
    vclock_look();
    nsec_t now = plat_clock_now();
    nsec_t until = host_now() + 1000000;
    while (host_now() < until) {
    }
    EXPECT_EQ(plat_clock_now(), now);
    vclock_look();
    EXPECT(plat_clock_now() > now);
}

/* Instructions count too, and then the host has to catch up. */
TEST(real_time_is_monotonic)
{
    start(true);
    vclock_run(1000000000);
    vclock_look();
    EXPECT_EQ(plat_clock_now(), 1000000000);
}

TEST(real_time_is_replayed)
{
    static const uint8_t bytes[] = {0x40, 0x42, 0x0f, 0, 0, 0x40, 0x42, 0x0f, 0};

    start_with_bytes(true, bytes, sizeof(bytes));
    nsec_t before = host_now();
    plat_timer_set(1500000);
    plat_cpu_idle(); /* a millisecond, nothing from the console, another one */
    EXPECT_EQ(rig_timers, 1);
    EXPECT_EQ(plat_clock_now(), 2000000);
    /* Behind the end of the record there is nothing to wait for. */
    plat_timer_set(UINT64_C(3600) * 1000000000);
    plat_cpu_idle();
    EXPECT_EQ(plat_clock_now(), UINT64_C(3600) * 1000000000);
    EXPECT(host_now() - before < 1000000000);
}

/* ---- nothing to wait for ---- */

static jmp_buf ended;

static void end(const char *name, const char *details)
{
    EXPECT_STREQ(name, "machine.dead");
    EXPECT_STREQ(details, "nothing is ready and nothing can become so");
    longjmp(ended, 1);
}

TEST(idle_for_ever_ends)
{
    start(false);
    report_hook = end;
    if (setjmp(ended) == 0) {
        plat_cpu_idle();
        FAIL("idling has ended");
    }
}

TEST(idle_waits_for_what_input_is_left)
{
    static const uint8_t bytes[] = {0, 0, 0, 1, 'x', 0, 0};

    start_with_bytes(false, bytes, sizeof(bytes));
    plat_cpu_idle();
    EXPECT_EQ(rig_consoles, 1);
    EXPECT_EQ(plat_console_read(), 'x');
    report_hook = end;
    if (setjmp(ended) == 0) {
        plat_cpu_idle();
        FAIL("idling has ended");
    }
}
