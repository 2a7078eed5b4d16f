/*
 * Planted bugs: each is found by the check that is named here, and without it nothing is found. A
 * check is a report of the simulated machine, an assertion, or what a scenario expects (the model
 * of waiting).
 */
#include "scenario.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "platform/hosted/report.h"
#include "test.h"

struct planted {
    const char *id;
    const char *check;
    bool needs_failures; /* an allocation must fail: the scenarios are swept */
};

static const struct planted list[] = {
    {"seed-1", "frame.freed-while-mapped", true},
    {"seed-2", "machine.dead", false},
    {"seed-3", "wait-model", false},
    {"t-1", "tlb.stale", false},
    {"t-2", "tlb.publish", false},
    {"t-3", "tlb.break-before-make", false},
    {"t-4", "frame.freed-while-cached", false},
    {"k-21", "descriptor-model", false},
    {"m-44", "descriptor-model", false},
    {"k-11", "wait-model", false},
    {"k-16", "wait-model", false},
    {"k-17", "machine.dead", false},
    {"k-18", "wait-model", false},
    {"x-33", "signal-model", false},
    {"m-36", "wait-model", false},
    {"m-39", "signal-model", false},
    {"i-116", "machine.dead", false},
    {"k-4", "frame.marked-while-table", false},
    {"k-8", "memory-model", false},
    {"k-10", "frame.freed-while-cached", false},
    {"x-31", "memory-model", false},
};

static jmp_buf found;
static char found_check[64];

static void note_report(const char *name, const char *details)
{
    (void)details;
    snprintf(found_check, sizeof(found_check), "%s", name);
    longjmp(found, 1);
}

/* Runs a scenario, with the nth allocation failing. true: it goes on with n + 1. */
static bool run_once(const struct scenario *scenario, const char *words, uint64_t n)
{
    struct outcome outcome = scenario_run(scenario, &(struct run){.words = words, .fail_nth = n});

    if (!outcome.has_failed && outcome.status != scenario->status) {
        /* A program got another result than it had to. */
        bool is_mismatch = outcome.status == STATUS_MISMATCH;
        snprintf(found_check, sizeof(found_check), "%s",
                 is_mismatch ? scenario_model(scenario) : "status");
        longjmp(found, 1);
    }
    return outcome.has_failed;
}

/* Looks for a bug with everything there is; found_check says what saw it, or is empty. */
static void hunt(const char *id, bool with_failures)
{
    char words[32];

    found_check[0] = '\0';
    snprintf(words, sizeof(words), "plant=%s", id);
    report_hook = note_report;
    if (setjmp(found) == 0) {
        for (unsigned i = 0; i < scenario_count; i++) {
            run_once(&scenarios[i], words, 0);
            for (uint64_t n = 1; with_failures && run_once(&scenarios[i], words, n); n++) {
            }
        }
    }
    report_hook = NULL;
}

static void expect_found(const char *id)
{
    for (unsigned i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        if (strcmp(list[i].id, id) == 0) {
            hunt(id, list[i].needs_failures);
            EXPECT_STREQ(found_check, list[i].check);
            printf("%s: %s\n", id, found_check);
            return;
        }
    }
    FAIL("no planted bug %s", id);
}

TEST(planted_seed_1)
{
    expect_found("seed-1");
}

TEST(planted_seed_2)
{
    expect_found("seed-2");
}

TEST(planted_seed_3)
{
    expect_found("seed-3");
}

TEST(planted_t_1)
{
    expect_found("t-1");
}

TEST(planted_t_2)
{
    expect_found("t-2");
}

TEST(planted_t_3)
{
    expect_found("t-3");
}

TEST(planted_t_4)
{
    expect_found("t-4");
}

TEST(planted_k_21)
{
    expect_found("k-21");
}

TEST(planted_m_44)
{
    expect_found("m-44");
}

TEST_DIES(planted_k_7, "file_check_end: file->seen == file->refs")
{
    hunt("k-7", false);
}

TEST_DIES(planted_k_15, "process_check: live == fdtable_count()")
{
    hunt("k-15", false);
}

TEST(planted_k_11)
{
    expect_found("k-11");
}

TEST(planted_k_16)
{
    expect_found("k-16");
}

TEST(planted_k_17)
{
    expect_found("k-17");
}

TEST(planted_k_18)
{
    expect_found("k-18");
}

TEST(planted_x_33)
{
    expect_found("x-33");
}

TEST(planted_m_36)
{
    expect_found("m-36");
}

TEST(planted_m_39)
{
    expect_found("m-39");
}

TEST(planted_i_116)
{
    expect_found("i-116");
}

TEST_DIES(planted_k_12, "process_check: tables == census.tables")
{
    hunt("k-12", false);
}

TEST_DIES(planted_k_14, "process_check: count == processes.pool.used")
{
    hunt("k-14", false);
}

TEST_DIES(planted_k_19, "check_process: !process->parent || list_is_empty(&process->children)")
{
    hunt("k-19", false);
}

TEST_DIES(planted_x_27, "process_check: ")
{
    hunt("x-27", true);
}

TEST_DIES(planted_a_50, "use-after-poison")
{
    hunt("a-50", false);
}

TEST_DIES(planted_l_72, "pid_check: pid_find(pid->number) == pid")
{
    hunt("l-72", false);
}

TEST_DIES(planted_l_76, "negation of -2147483648")
{
    hunt("l-76", false);
}

TEST(planted_k_4)
{
    expect_found("k-4");
}

TEST(planted_k_8)
{
    expect_found("k-8");
}

TEST(planted_k_10)
{
    expect_found("k-10");
}

TEST(planted_x_31)
{
    expect_found("x-31");
}

/* No page that another reference names may be written to. */
#define OWN_PAGE "check_leaf: !leaf.is_writable || frame_of(leaf.pa)->refs == 1"

TEST_DIES(planted_k_13, OWN_PAGE)
{
    hunt("k-13", true);
}

TEST_DIES(planted_x_30, OWN_PAGE)
{
    hunt("x-30", true);
}

TEST_DIES(planted_a_56, OWN_PAGE)
{
    hunt("a-56", false);
}

TEST_DIES(planted_f_96, OWN_PAGE)
{
    hunt("f-96", false);
}

TEST_DIES(planted_n_99, OWN_PAGE)
{
    hunt("n-99", false);
}

TEST_DIES(planted_l_69, "process_check: user_refs == census.user_refs")
{
    hunt("l-69", false);
}

/* --plant=ID hunts one with everything there is, for a person who wants to see it; without it there
 * is nothing to be found. */
TEST(planted_by_option)
{
    const char *id = test_option("plant") ? test_option("plant") : "none";

    hunt(id, true);
    printf("%s: found by %s\n", id, found_check[0] ? found_check : "nothing");
    EXPECT_EQ(strcmp(id, "none") == 0, found_check[0] == '\0');
}
