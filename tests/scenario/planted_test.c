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

enum effort {
    PLAIN,
    SWEPT,   /* an allocation must fail */
    CHECKED, /* and what a call that fails has changed is looked at */
};

struct planted {
    const char *id;
    const char *check;
    enum effort effort;
};

static const struct planted list[] = {
    {"seed-1", "frame.freed-while-mapped", SWEPT},
    {"seed-2", "machine.dead", PLAIN},
    {"seed-3", "wait-model", PLAIN},
    {"x-28", "failed-call", CHECKED},
    {"t-1", "tlb.stale", PLAIN},
    {"t-2", "tlb.publish", PLAIN},
    {"t-3", "tlb.break-before-make", PLAIN},
    {"t-4", "frame.freed-while-cached", PLAIN},
    {"k-21", "descriptor-model", PLAIN},
    {"m-44", "descriptor-model", PLAIN},
    {"k-11", "wait-model", PLAIN},
    {"k-16", "wait-model", PLAIN},
    {"k-17", "machine.dead", PLAIN},
    {"k-18", "wait-model", PLAIN},
    {"x-33", "signal-model", PLAIN},
    {"m-36", "wait-model", PLAIN},
    {"m-39", "signal-model", PLAIN},
    {"i-116", "machine.dead", PLAIN},
    {"k-4", "frame.marked-while-table", PLAIN},
    {"k-8", "memory-model", PLAIN},
    {"k-10", "frame.freed-while-cached", PLAIN},
    {"x-31", "memory-model", PLAIN},
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
static bool run_once(const struct scenario *scenario, const char *words, uint64_t n,
                     enum effort effort)
{
    const struct run run = {.words = words, .fail_nth = n, .is_checked = effort == CHECKED};
    struct outcome outcome = scenario_run(scenario, &run);

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
static void hunt(const char *id, enum effort effort)
{
    char words[32];

    found_check[0] = '\0';
    snprintf(words, sizeof(words), "plant=%s", id);
    report_hook = note_report;
    if (setjmp(found) == 0) {
        for (unsigned i = 0; i < scenario_count; i++) {
            run_once(&scenarios[i], words, 0, effort);
            for (uint64_t n = 1; effort != PLAIN && run_once(&scenarios[i], words, n, effort);
                 n++) {
            }
        }
    }
    report_hook = NULL;
}

static void expect_found(const char *id)
{
    for (unsigned i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        if (strcmp(list[i].id, id) == 0) {
            hunt(id, list[i].effort);
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

TEST(planted_x_28)
{
    expect_found("x-28");
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
    hunt("k-7", PLAIN);
}

TEST_DIES(planted_k_15, "process_check: fdtables == fdtable_count()")
{
    hunt("k-15", PLAIN);
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
    hunt("k-12", PLAIN);
}

TEST_DIES(planted_k_14, "process_check: count == process_count()")
{
    hunt("k-14", PLAIN);
}

TEST_DIES(planted_k_19, "check_process: !process->parent || list_is_empty(&process->children)")
{
    hunt("k-19", PLAIN);
}

TEST_DIES(planted_x_27, "process_check: ")
{
    hunt("x-27", SWEPT);
}

TEST_DIES(planted_a_50, "use-after-poison")
{
    hunt("a-50", PLAIN);
}

TEST_DIES(planted_l_72, "pid_check: pid_find(pid->number) == pid")
{
    hunt("l-72", PLAIN);
}

TEST_DIES(planted_l_76, "negation of -2147483648")
{
    hunt("l-76", PLAIN);
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
    hunt("k-13", SWEPT);
}

TEST_DIES(planted_x_30, OWN_PAGE)
{
    hunt("x-30", SWEPT);
}

TEST_DIES(planted_a_56, OWN_PAGE)
{
    hunt("a-56", PLAIN);
}

TEST_DIES(planted_f_96, OWN_PAGE)
{
    hunt("f-96", PLAIN);
}

TEST_DIES(planted_n_99, OWN_PAGE)
{
    hunt("n-99", PLAIN);
}

TEST_DIES(planted_l_69, "process_check: user_refs == census.user_refs")
{
    hunt("l-69", PLAIN);
}

/* --plant=ID hunts one with everything there is, for a person who wants to see it; without it there
 * is nothing to be found. */
TEST(planted_by_option)
{
    const char *id = test_option("plant") ? test_option("plant") : "none";

    hunt(id, SWEPT);
    printf("%s: found by %s\n", id, found_check[0] ? found_check : "nothing");
    EXPECT_EQ(strcmp(id, "none") == 0, found_check[0] == '\0');
}
