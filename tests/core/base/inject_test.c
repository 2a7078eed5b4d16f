#include "base/inject.h"

#include "base/string.h"
#include "platform/hosted/choice.h"
#include "test.h"

static struct alloc_site site;

/* The answers of so many allocations, as a string of . and x. */
static const char *answers(unsigned count)
{
    static char text[32];

    for (unsigned i = 0; i < count; i++) {
        text[i] = inject_fails(&site) ? 'x' : '.';
    }
    text[count] = '\0';
    return text;
}

TEST(inject_nothing_fails_by_itself)
{
    inject_init();
    EXPECT_STREQ(answers(5), ".....");
    EXPECT(!inject_has_fired());
}

TEST(inject_nth_fails_once)
{
    inject_arm(3, false);
    EXPECT_STREQ(answers(2), "..");
    EXPECT(!inject_has_fired());
    EXPECT_STREQ(answers(4), "x...");
    EXPECT(inject_has_fired());
}

TEST(inject_nth_and_all_behind_it_fail)
{
    inject_arm(2, true);
    EXPECT_STREQ(answers(5), ".xxxx");
    EXPECT(inject_has_fired());
}

TEST(inject_disarmed)
{
    inject_arm(1, true);
    EXPECT_STREQ(answers(2), "xx");
    inject_arm(0, true);
    EXPECT(!inject_has_fired());
    EXPECT_STREQ(answers(3), "...");
    inject_arm(1, false);
    inject_init();
    EXPECT_STREQ(answers(3), "...");
}

TEST(inject_platform_may_choose_failures)
{
    static const uint8_t bytes[] = {0, 1, 0, 1};

    inject_init();
    choice_use_bytes(bytes, sizeof(bytes));
    EXPECT_STREQ(answers(6), ".x.x..");
    EXPECT(!inject_has_fired());
}

TEST(inject_counts_at_each_site)
{
    site = (struct alloc_site){0};
    inject_arm(2, true);
    (void)answers(5);
    EXPECT_EQ(site.calls, 5);
    EXPECT_EQ(site.failures, 4);
}

TEST(inject_table_holds_the_sites_of_core)
{
    struct alloc_site *sites;
    size_t count = inject_sites(&sites);

    EXPECT(count >= 10);
    for (size_t i = 0; i < count; i++) {
        EXPECT(str_starts(sites[i].file, "core/", NULL));
        EXPECT(sites[i].line > 0);
        EXPECT(str_len(sites[i].function) > 0);
    }
}
