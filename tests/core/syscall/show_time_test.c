#include "syscall/show_time.h"

#include "abi/linux.h"
#include "proc/process.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

enum { TEXT_MAX = 256 };

static char bytes[TEXT_MAX + 1];
static struct text text;
static struct process *init;

typedef void shower(const struct view *view, uaddr_t at);

static const char *shown(shower *show, uaddr_t at)
{
    const struct view view = {.text = &text, .space = init->space};

    text = (struct text){bytes, TEXT_MAX, 0};
    show(&view, at);
    bytes[text.len] = '\0';
    return bytes;
}

static const char *shown_clock(int clock)
{
    text = (struct text){bytes, TEXT_MAX, 0};
    show_clock(&text, clock);
    bytes[text.len] = '\0';
    return bytes;
}

TEST(show_times_of_timers)
{
    const uint64_t words[] = {1, 500, 3, 0};

    init = calls_begin();
    calls_put(CALLS_DATA, words, sizeof(words));
    EXPECT_STREQ(shown(show_timespec, CALLS_DATA), "{tv_sec=1, tv_nsec=500}");
    EXPECT_STREQ(shown(show_timespec, CALLS_DATA_END - 8), "0x2001fff8");
    EXPECT_STREQ(shown(show_itimerval, CALLS_DATA),
                 "{it_interval={tv_sec=1, tv_usec=500}, it_value={tv_sec=3, tv_usec=0}}");
    EXPECT_STREQ(shown(show_itimerspec, CALLS_DATA),
                 "{it_interval={tv_sec=1, tv_nsec=500}, it_value={tv_sec=3, tv_nsec=0}}");
    EXPECT_STREQ(shown(show_itimerspec, 0), "NULL");
    fixture_end();
}

TEST(show_what_a_timer_does)
{
    struct abi_sigevent event = {.sigev_signo = SIGUSR1};

    init = calls_begin();
    calls_put(CALLS_DATA, &event, sizeof(event));
    EXPECT_STREQ(shown(show_sigevent, CALLS_DATA),
                 "{sigev_signo=SIGUSR1, sigev_notify=SIGEV_SIGNAL}");
    event = (struct abi_sigevent){.sigev_value = 0x100000002,
                                  .sigev_signo = SIGTERM,
                                  .sigev_notify = SIGEV_THREAD_ID,
                                  .sigev_tid = 3};
    calls_put(CALLS_DATA, &event, sizeof(event));
    EXPECT_STREQ(shown(show_sigevent, CALLS_DATA),
                 "{sigev_value={sival_int=2, sival_ptr=0x100000002}, sigev_signo=SIGTERM, "
                 "sigev_notify=SIGEV_THREAD_ID, sigev_notify_thread_id=3}");
    event = (struct abi_sigevent){.sigev_notify = SIGEV_NONE};
    calls_put(CALLS_DATA, &event, sizeof(event));
    EXPECT_STREQ(shown(show_sigevent, CALLS_DATA), "{sigev_signo=0, sigev_notify=SIGEV_NONE}");
    EXPECT_STREQ(shown(show_sigevent, CALLS_NOWHERE), "0x1000");
    fixture_end();
}

TEST(show_numbers_of_clocks)
{
    EXPECT_STREQ(shown_clock(CLOCK_BOOTTIME), "CLOCK_BOOTTIME");
    EXPECT_STREQ(shown_clock(99), "0x63 /* CLOCK_??? */");
    EXPECT_STREQ(shown_clock(-6), "MAKE_PROCESS_CPUCLOCK(0, CPUCLOCK_SCHED)");
    EXPECT_STREQ(shown_clock((~7 * 8) + 5), "MAKE_THREAD_CPUCLOCK(7, CPUCLOCK_VIRT)");
    EXPECT_STREQ(shown_clock((~7 * 8) + 3), "FD_TO_CLOCKID(7)");
}
