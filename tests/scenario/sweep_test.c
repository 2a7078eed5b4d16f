/*
 * Failing allocations: in every scenario the nth allocation behind the boot fails, for each n, once
 * and from there on, until nothing fails any more. The call that it happens in fails and changes
 * nothing; the whole kernel is consistent between any two steps; and when the machine has ended,
 * every frame is back.
 */
#include "scenario.h"

#include <stdio.h>

#include "base/inject.h"
#include "test.h"

static uint64_t sweep(const struct scenario *scenario, bool forever)
{
    uint64_t rest = scenario_frames_at_rest();
    uint64_t checked = 0;

    for (uint64_t n = 1;; n++) {
        const struct run run = {.fail_nth = n, .fail_forever = forever, .is_checked = true};
        test_note("%s, allocation %lu %s", scenario->name, n,
                  forever ? "and all behind it" : "once");
        struct outcome outcome = scenario_run(scenario, &run);
        if (!outcome.has_failed) {
            EXPECT_EQ(outcome.status, scenario->status);
            EXPECT(n > 1);
            return checked;
        }
        checked += outcome.calls_checked;
        /* An orderly end; or a child that died of it was missed; or a page fault found no memory,
         * in init. */
        EXPECT(outcome.status == scenario->status || outcome.status == STATUS_NO_MEMORY ||
               outcome.status == STATUS_MISMATCH || outcome.status == 128 + SIGKILL);
        if (outcome.status != 128 + SIGKILL) {
            EXPECT_EQ(outcome.frames_used, rest);
        }
    }
}

TEST(sweep_each_allocation_once)
{
    uint64_t checked = 0;

    for (unsigned i = 0; i < scenario_count; i++) {
        checked += sweep(&scenarios[i], false);
    }
    printf("%lu failed calls changed nothing\n", (unsigned long)checked);
    EXPECT(checked > 100);
}

TEST(sweep_each_allocation_and_all_behind_it)
{
    for (unsigned i = 0; i < scenario_count; i++) {
        sweep(&scenarios[i], true);
    }
}

/* A boot that finds no memory ends the machine, with a status that says so. */
static void sweep_boot(void)
{
    const struct scenario *scenario = &scenarios[0];

    for (uint64_t n = 1;; n++) {
        const struct run run = {.fail_boot_nth = n};
        test_note("allocation %lu of the boot", n);
        struct outcome outcome = scenario_run(scenario, &run);
        if (!outcome.has_failed) {
            EXPECT(n > 5);
            return;
        }
        EXPECT(!outcome.has_booted);
        EXPECT_EQ(outcome.status, 1);
    }
}

TEST(sweep_each_allocation_of_the_boot)
{
    sweep_boot();
}

TEST(sweep_leaves_no_site_out)
{
    struct alloc_site *sites;
    size_t count = inject_sites(&sites);
    unsigned left = 0;

    sweep_boot();
    for (unsigned i = 0; i < scenario_count; i++) {
        sweep(&scenarios[i], false);
    }
    for (size_t i = 0; i < count; i++) {
        if (sites[i].failures == 0) {
            printf("never failed: %s:%d (%s)\n", sites[i].file, sites[i].line, sites[i].function);
            left++;
        }
    }
    printf("%zu allocation sites, %u that never failed\n", count, left);
    EXPECT(count > 5);
    EXPECT_EQ(left, 0);
}
