#include "proc/timer.h"

#include "test.h"

enum { TIMERS = 4, MANY = 40 };

static struct timers set;
static struct timer timers[TIMERS];
static unsigned order[TIMERS + 1];
static unsigned count;

static void note(struct timer *timer)
{
    EXPECT(!timer_is_armed(timer));
    order[count++] = (unsigned)(timer - timers);
}

static void note_and_arm(struct timer *timer)
{
    note(timer);
    timer_arm(timer, &set, 20);
}

static void count_one(struct timer *timer)
{
    EXPECT(!timer_is_armed(timer));
    count++;
}

static void begin(void)
{
    timers_init(&set);
    count = 0;
    for (unsigned i = 0; i < TIMERS; i++) {
        timer_init(&timers[i], note);
    }
}

TEST(timers_expire_in_the_order_of_their_times)
{
    begin();
    EXPECT_EQ(timers_first(&set), PLAT_NEVER);
    timer_arm(&timers[0], &set, 7);
    timer_arm(&timers[1], &set, 5);
    timer_arm(&timers[2], &set, 9);
    EXPECT_EQ(timers_first(&set), 5);
    timers_expire(&set, 4);
    EXPECT_EQ(count, 0);
    timers_expire(&set, 7);
    EXPECT_EQ(count, 2);
    EXPECT_EQ(order[0], 1);
    EXPECT_EQ(order[1], 0);
    EXPECT_EQ(timers_first(&set), 9);
    EXPECT(timer_is_armed(&timers[2]));
}

TEST(timers_of_one_time_expire_as_they_were_armed)
{
    static const unsigned armed[] = {2, 0, 3, 1};

    begin();
    for (unsigned i = 0; i < TIMERS; i++) {
        timer_arm(&timers[armed[i]], &set, 5);
    }
    timer_disarm(&timers[0]);
    timer_arm(&timers[0], &set, 5);
    timers_expire(&set, 5);
    EXPECT_EQ(count, TIMERS);
    EXPECT_EQ(order[0], 2);
    EXPECT_EQ(order[1], 3);
    EXPECT_EQ(order[2], 1);
    EXPECT_EQ(order[3], 0);
}

TEST(timers_may_be_armed_again_when_they_expire)
{
    begin();
    timers[0].expire = note_and_arm;
    timer_arm(&timers[0], &set, 5);
    timers_expire(&set, 6);
    EXPECT_EQ(count, 1);
    EXPECT_EQ(timers_first(&set), 20);
}

/* More than expire between two windows for interrupts. */
TEST(timers_that_are_many_expire_at_once)
{
    static struct timer many[MANY];

    begin();
    for (unsigned i = 0; i < MANY; i++) {
        timer_init(&many[i], count_one);
        timer_arm(&many[i], &set, 1 + i);
    }
    EXPECT(!timers_expire(&set, 0));
    EXPECT(timers_expire(&set, MANY - 1));
    EXPECT_EQ(count, MANY - 1);
    EXPECT_EQ(timers_first(&set), MANY);
    EXPECT(timers_expire(&set, MANY));
    EXPECT_EQ(timers_first(&set), PLAT_NEVER);
}

TEST_DIES(timers_armed_for_the_past, "timers_expire: !timer->set || timer->node.key > now")
{
    begin();
    timers[0].expire = note_and_arm;
    timer_arm(&timers[0], &set, 5);
    timers_expire(&set, 20);
}

TEST_DIES(timers_that_are_not_armed, "timer_disarm: timer->set")
{
    begin();
    timer_disarm(&timers[0]);
}
