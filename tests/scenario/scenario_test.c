/* Every scenario: it ends as it should, twice in one process with the same trace, and with every
 * blocked thread woken for no reason now and then. */
#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "syscall/table.h"
#include "test.h"

static void expect_plain(const struct scenario *scenario, const struct run *run)
{
    test_note("%s", scenario->name);
    struct outcome outcome = scenario_run(scenario, run);
    EXPECT_EQ(outcome.status, scenario->status);
    EXPECT_EQ(outcome.frames_used, scenario_frames_at_rest());
}

TEST(scenario_all_end_as_they_should)
{
    for (unsigned i = 0; i < scenario_count; i++) {
        expect_plain(&scenarios[i], &(struct run){.is_checked = true});
    }
}

/* The sweeps, which run the same lives, thus leave no call out. */
TEST(scenario_together_they_make_every_call)
{
    const struct syscall *calls;
    size_t count = syscall_all(&calls);
    unsigned missing = 0;

    for (unsigned i = 0; i < scenario_count; i++) {
        scenario_run(&scenarios[i], &(struct run){0});
    }
    for (size_t i = 0; i < count; i++) {
        if (!scenario_has_called(calls[i].number)) {
            printf("no scenario calls %s\n", calls[i].name);
            missing++;
        }
    }
    printf("%zu calls\n", count);
    EXPECT(count > 70);
    EXPECT_EQ(missing, 0);
}

TEST(scenario_all_survive_spurious_wakes)
{
    for (unsigned i = 0; i < scenario_count; i++) {
        expect_plain(&scenarios[i], &(struct run){.has_spurious = true});
    }
}

/* With one ASID each switch begins a new generation. */
TEST(scenario_all_do_with_few_asids)
{
    for (unsigned bits = 1; bits <= 2; bits++) {
        for (unsigned i = 0; i < scenario_count; i++) {
            expect_plain(&scenarios[i], &(struct run){.asid_bits = bits});
        }
    }
}

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    char *bytes = calloc(1, 1 << 22);

    EXPECT(file && bytes);
    size_t len = fread(bytes, 1, (1 << 22) - 1, file);
    EXPECT(len > 0);
    fclose(file);
    return bytes;
}

TEST(scenario_booting_twice_gives_the_same_trace)
{
    char path[] = "/tmp/eft-trace-XXXXXX";
    int fd = mkstemp(path);

    EXPECT(fd >= 0);
    close(fd);
    for (unsigned i = 0; i < scenario_count; i++) {
        const struct run run = {.trace_path = path};
        test_note("%s", scenarios[i].name);
        scenario_run(&scenarios[i], &run);
        char *first = read_file(path);
        scenario_run(&scenarios[(i + 1) % scenario_count], &(struct run){0});
        scenario_run(&scenarios[i], &run);
        char *second = read_file(path);
        EXPECT(strchr(first, '\n') != NULL);
        EXPECT_STREQ(first, second);
        free(first);
        free(second);
    }
    unlink(path);
}
