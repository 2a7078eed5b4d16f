/* The machine that inputs run in: the same however often it was used before. */
#include "fuzz/run/body_hosted.h"

#include <stdio.h>

#include "fuzz/input/generate.h"
#include "fuzz/input/image.h"
#include "fuzz/run/run.h"
#include "platform/hosted/choice.h"
#include "platform/hosted/machine.h"
#include "platform/hosted/ram.h"
#include "platform/hosted/snapshot.h"
#include "test.h"

enum { RUNS = 400, BOOTS = 100, RAM_BYTES = 4 << 20 };

static struct input input;
static struct run run;

static const struct input_config plain = {.frames = 128, .asid_bits = 16};

static void draw(uint64_t seed)
{
    struct random random = {seed};

    generate_input(&input, &random, GENERATE_SCHEDULES);
    test_note("input %lu", seed);
}

/* What an input configures is set behind the restore, so all are seen with the same configuration
 * when they have run with their own. */
TEST(body_is_as_it_was_booted)
{
    body_set_words("");
    body_reset(&plain);
    uint64_t sum = snapshot_sum();
    EXPECT(sum != 0);
    for (unsigned i = 0; i < RUNS; i++) {
        draw(i);
        body_reset(&input.config);
        run_input(&run, &input, i % 2 ? RUN_ALL : 0);
        EXPECT(snapshot_sum() != sum);
        body_reset(&plain);
        EXPECT_EQ(snapshot_sum(), sum);
    }
}

/* The sum sees a byte that was stored behind the machine's back, and a restore does not. */
TEST(body_sum_sees_a_byte)
{
    paddr_t pa = RAM_BASE;

    body_reset(&plain);
    uint64_t sum = snapshot_sum();
    while (ram_frame(pa)->is_kept || !ram_frame(pa)->is_owned || ram_frame(pa)->table) {
        pa += PLAT_PAGE_SIZE;
    }
    *ram_host(pa) ^= 1;
    EXPECT(snapshot_sum() != sum);
    body_reset(&plain);
    EXPECT(snapshot_sum() != sum);
    *(uint8_t *)plat_phys_ptr(pa, 1) ^= 2;
    body_reset(&plain);
    EXPECT_EQ(snapshot_sum(), sum);
}

/* In a machine that was restored often and in one that has just been booted an input leads to the
 * same, all of memory included. */
TEST(body_runs_as_a_fresh_one)
{
    static uint64_t sums[BOOTS];

    for (unsigned i = 0; i < BOOTS; i++) {
        draw(i);
        body_reset(&input.config);
        run_input(&run, &input, RUN_ALL);
        sums[i] = snapshot_sum();
    }
    for (unsigned i = 0; i < BOOTS; i++) {
        draw(i);
        body_set_words("");
        body_reset(&input.config);
        run_input(&run, &input, RUN_ALL);
        EXPECT_EQ(snapshot_sum(), sums[i]);
    }
}

static void boot_with(const struct input_config *config)
{
    static uint8_t archive[IMAGE_ARCHIVE_MAX];
    static char words[64];
    const struct machine_config machine = {
        .ram_size = RAM_BYTES,
        .initrd = archive,
        .initrd_size = image_archive(archive),
        .cmdline = words,
        .tlb = config->is_natural_tlb ? VTLB_NATURAL : VTLB_ADVERSARIAL,
        .asid_bits = config->asid_bits,
    };

    snprintf(words, sizeof(words), "det=1 frames=%u reuse=%s", config->frames,
             config->is_lifo ? "lifo" : "fifo");
    EXPECT_STREQ(machine_start(&machine), NULL);
}

/* What is set behind the restore is what the kernel's words would have set. */
TEST(body_configures_as_words_do)
{
    for (unsigned i = 0; i < BOOTS; i++) {
        draw(i);
        body_set_words("");
        body_reset(&input.config);
        run_input(&run, &input, RUN_ALL);
        struct run_stats stats = run.stats;
        boot_with(&input.config);
        run_input(&run, &input, RUN_ALL);
        EXPECT_EQ(run.stats.digest, stats.digest);
        EXPECT_EQ(run.stats.steps, stats.steps);
    }
}
