#include "syscall/show_time.h"

#include "abi/linux.h"
#include "syscall/names.h"

/* The parts of the number of a clock of a time that is used. */
enum { WHOSE_SHIFT = 3, OF_THREAD = 4, WHICH = 3, WHICH_DESCRIPTOR = 3 };

static void put_pair(struct text *text, int64_t seconds, const char *unit, int64_t rest)
{
    text_printf(text, "{tv_sec=%ld, tv_%s=%ld}", seconds, unit, rest);
}

void show_timespec(const struct view *view, uaddr_t at)
{
    struct abi_timespec time;

    if (show_fetch(view, at, &time, sizeof(time))) {
        put_pair(view->text, time.tv_sec, "nsec", time.tv_nsec);
    }
}

/* Both structures are four numbers: interval and value. */
static void put_times(const struct view *view, uaddr_t at, const char *unit)
{
    int64_t times[4];

    if (show_fetch(view, at, times, sizeof(times))) {
        text_printf(view->text, "{it_interval=");
        put_pair(view->text, times[0], unit, times[1]);
        text_printf(view->text, ", it_value=");
        put_pair(view->text, times[2], unit, times[3]);
        text_char(view->text, '}');
    }
}

void show_itimerval(const struct view *view, uaddr_t at)
{
    put_times(view, at, "usec");
}

void show_itimerspec(const struct view *view, uaddr_t at)
{
    put_times(view, at, "nsec");
}

void show_sigevent(const struct view *view, uaddr_t at)
{
    struct abi_sigevent event;

    if (!show_fetch(view, at, &event, sizeof(event))) {
        return;
    }
    text_char(view->text, '{');
    if (event.sigev_value) {
        text_printf(view->text, "sigev_value={sival_int=%d, sival_ptr=0x%lx}, ",
                    (int)event.sigev_value, event.sigev_value);
    }
    text_printf(view->text, "sigev_signo=");
    if (event.sigev_notify == SIGEV_NONE) {
        text_printf(view->text, "%u", (unsigned)event.sigev_signo);
    } else {
        names_put_signal(view->text, event.sigev_signo);
    }
    text_printf(view->text, ", sigev_notify=");
    names_put_one(view->text, &names_sigev, (uint32_t)event.sigev_notify);
    if (event.sigev_notify == SIGEV_THREAD_ID) {
        text_printf(view->text, ", sigev_notify_thread_id=%d", event.sigev_tid);
    }
    text_char(view->text, '}');
}

void show_clock(struct text *text, int clock)
{
    int whose = ~(clock >> WHOSE_SHIFT);

    if (clock >= 0) {
        names_put_one(text, &names_clock, (uint64_t)clock);
    } else if ((clock & (OF_THREAD | WHICH)) == WHICH_DESCRIPTOR) {
        text_printf(text, "FD_TO_CLOCKID(%d)", whose);
    } else {
        text_printf(text, "MAKE_%s_CPUCLOCK(%d, ", clock & OF_THREAD ? "THREAD" : "PROCESS", whose);
        names_put_one(text, &names_cpu_clock, (uint64_t)(clock & WHICH));
        text_char(text, ')');
    }
}
