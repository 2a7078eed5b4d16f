/*
 * interrupt: what a signal does to a call that waits. For every pair of a call and of something
 * that happens to the process meanwhile, a line: what the call gave, when, how many handlers had
 * run, and what was left. The lines are compared with those of Linux; none is right by itself.
 *
 * A pair takes 600 ms of the machine's time: the call begins at 0, something happens at 100 (and
 * goes on at 200), what the call waits for comes at 300. Sleeps and time-outs are of 500 ms.
 */
#include "interrupt.h"

const char *program_name = "interrupt";
struct shared *shared;

enum { START_MS = 100, RELEASE_MS = 100, SLOW_MS = 200 };

static const struct happening {
    const char *name;
    uint64_t handler_flags;
    int signal;
    int meanwhile; /* a signal that comes while it is stopped */
    bool caught, ignored, blocked, stops, twice, continued_caught, orphaned;
} happenings[] = {
    {.name = "nothing"},
    {.name = "caught, SA_RESTART", .signal = SIGUSR1, .caught = true, .handler_flags = SA_RESTART},
    {.name = "caught", .signal = SIGUSR1, .caught = true},
    {.name = "caught twice, SA_RESTART",
     .signal = SIGUSR1,
     .caught = true,
     .twice = true,
     .handler_flags = SA_RESTART},
    {.name = "a real-time signal caught", .signal = 40, .caught = true},
    {.name = "ignored", .signal = SIGUSR1, .ignored = true},
    {.name = "ignored by default", .signal = SIGWINCH},
    {.name = "blocked", .signal = SIGUSR1, .caught = true, .blocked = true},
    {.name = "stopped and continued", .signal = SIGSTOP, .stops = true},
    {.name = "stopped and continued, SIGCONT caught",
     .signal = SIGSTOP,
     .stops = true,
     .continued_caught = true},
    {.name = "stopped and continued, SIGCONT caught, SA_RESTART",
     .signal = SIGSTOP,
     .stops = true,
     .continued_caught = true,
     .handler_flags = SA_RESTART},
    {.name = "stopped and continued twice", .signal = SIGSTOP, .stops = true, .twice = true},
    {.name = "stopped by SIGTSTP and continued", .signal = SIGTSTP, .stops = true},
    {.name = "SIGTSTP in an orphaned group", .signal = SIGTSTP, .orphaned = true},
    {.name = "SIGCONT alone", .signal = SIGCONT},
    {.name = "SIGCONT alone, caught", .signal = SIGCONT, .continued_caught = true},
    {.name = "ended while stopped", .signal = SIGSTOP, .stops = true, .meanwhile = SIGTERM},
    {.name = "killed while stopped", .signal = SIGSTOP, .stops = true, .meanwhile = SIGKILL},
    {.name = "fatal", .signal = SIGTERM},
    {.name = "killed", .signal = SIGKILL},
};

static int64_t began;

static int64_t since(void)
{
    return (now_ns() - began + 5000000) / 10000000 * 10;
}

static void counts(int signal, struct abi_siginfo *info, struct abi_ucontext *uc)
{
    (void)info, (void)uc;
    if (signal != RELEASE_SIGNAL)
        shared->handlers++;
}

struct pair {
    const struct waiting_call *call;
    const struct happening *happening;
};

static int victim(uint64_t argument)
{
    const struct pair *pair = (const struct pair *)argument;
    const struct happening *happening = pair->happening;

    in_handler = counts;
    if (happening->orphaned)
        sys_setsid();
    else
        sys_setpgid(0, 0);
    if (happening->caught)
        catch_signal(happening->signal, happening->handler_flags);
    if (happening->ignored)
        ignore_signal(happening->signal);
    if (happening->blocked)
        block(bit(happening->signal));
    if (happening->continued_caught)
        catch_signal(SIGCONT, happening->handler_flags);
    long result = pair->call->run(happening->blocked ? bit(happening->signal) : 0);
    shared->after_ms = since();
    shared->handlers_at_end = shared->handlers;
    shared->result = result;
    shared->returned = 1;
    return 0;
}

/* Stopped for a while, and sees it. */
static void stop(const struct happening *happening, int child, int64_t time_ms)
{
    int status = 0;

    sys_kill(child, happening->signal);
    sleep_ms(time_ms);
    if (sys_wait4(child, &status, WNOHANG | WUNTRACED, NULL) == child &&
        (status & 0xff) == 0x7f) /* stopped, wait(2) */
        shared->stop_seen++;
    if (happening->meanwhile)
        sys_kill(child, happening->meanwhile);
    sys_kill(child, SIGCONT);
}

static void happen(const struct happening *happening, int child)
{
    if (happening->stops && happening->twice) {
        stop(happening, child, SLOW_MS / 4);
        nap(); /* it goes on in between */
        stop(happening, child, SLOW_MS / 4);
    } else if (happening->stops) {
        stop(happening, child, SLOW_MS / 2);
    } else {
        if (happening->signal)
            sys_kill(child, happening->signal);
        sleep_ms(SLOW_MS / 2);
        if (happening->twice)
            sys_kill(child, happening->signal);
    }
    sleep_ms(RELEASE_MS);
}

static void tell(const struct pair *pair, int status)
{
    print("%s, %s: ", pair->call->name, pair->happening->name);
    if (wait_signal(status))
        print("ended by signal %d", wait_signal(status));
    else if (shared->result < 0)
        print("%s", error_name(shared->result));
    else
        print("%lu", (unsigned long)shared->result);
    if (shared->returned)
        print(" after %lu ms", (unsigned long)shared->after_ms);
    print(", %d handlers", shared->handlers_at_end);
    if (shared->left_ms >= 0)
        print(", %lu ms left", (unsigned long)shared->left_ms);
    if (pair->happening->stops)
        print(", seen stopped %d times", shared->stop_seen);
    print("\n");
}

static void run_pair(const struct pair *pair)
{
    memset(shared, 0, sizeof(*shared));
    shared->left_ms = -1;
    if (pair->call->prepare)
        pair->call->prepare();
    began = now_ns();
    int child = start_fork(victim, ADDR(pair)), status = 0;
    sleep_ms(START_MS);
    happen(pair->happening, child);
    if (pair->call->release)
        pair->call->release(child);
    sys_wait4(child, &status, 0, NULL);
    if (pair->call->finish)
        pair->call->finish();
    tell(pair, status);
}

static bool is_chosen(const char *name, int argc, char **argv)
{
    bool chosen = argc <= 1;

    for (int i = 1; i < argc; i++)
        chosen = chosen || str_equal(argv[i], name);
    return chosen;
}

int main(int argc, char **argv, char **envp)
{
    (void)envp;
    shared = map_shared(PAGE);
    for (unsigned i = 0; i < waiting_call_count; i++)
        for (unsigned j = 0; is_chosen(waiting_calls[i].name, argc, argv) && j < COUNT(happenings);
             j++)
            run_pair(&(struct pair){&waiting_calls[i], &happenings[j]});
    return 0;
}

int help(int argc, char **argv)
{
    (void)argc, (void)argv;
    return 2;
}
