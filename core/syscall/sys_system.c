/* Limits, names and random bytes. */
#include "syscall/handlers.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/entropy.h"
#include "base/plant.h"
#include "mm/frame.h"
#include "mm/uaccess.h"
#include "proc/clock.h"
#include "proc/cpu_limit.h"
#include "proc/process.h"
#include "proc/sched.h"

int64_t sys_uname(struct thread *thread, const uint64_t *args)
{
    static const struct abi_utsname name = {
        .sysname = "Eft",
        .nodename = "eft",
        .release = "6.1.0-eft", /* a C library refuses a kernel older than it was built for */
        .version = "1",
        .machine = "aarch64",
        .domainname = "(none)",
    };

    (void)thread;
    return user_write(args[0], &name, sizeof(name));
}

/* No load is worked out, and there is no swap. */
int64_t sys_sysinfo(struct thread *thread, const uint64_t *args)
{
    const struct abi_sysinfo info = {
        .uptime = (int64_t)(clock_now() / NSEC_PER_SEC),
        .totalram = frame_total_count() * PAGE_SIZE,
        .freeram = frame_free_count() * PAGE_SIZE,
        .procs = (uint16_t)process_count(),
        .mem_unit = 1,
    };

    (void)thread;
    return user_write(args[0], &info, sizeof(info));
}

int64_t sys_getrandom(struct thread *thread, const uint64_t *args)
{
    enum {
        GRND_NONBLOCK = 1,
        GRND_RANDOM = 2,
        GRND_INSECURE = 4,
        CHUNK = 256,
        STRETCH = 16 * 1024, /* bytes given before others may run */
    };
    uint64_t *done = &thread->call.done;
    uint64_t stop = *done + STRETCH;
    uint64_t count = min_u64(args[1], INT32_MAX);
    uint8_t chunk[CHUNK];

    if ((args[2] & ~(uint64_t)(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) ||
        (args[2] & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE)) {
        return -EINVAL;
    }
    while (*done < count) {
        uint64_t len = min_u64(sizeof(chunk), count - *done);
        if (*done >= stop) {
            return CALL_AGAIN;
        }
        entropy_read(chunk, len);
        int error = user_write(args[0] + *done, chunk, len);
        if (error && !(PLANTED(OWN_17) && error == -ENOMEM)) {
            return *done > 0 ? (int64_t)*done : error;
        }
        *done += len;
        plat_irq_window();
    }
    return (int64_t)*done;
}

/* Only root raises what a limit may become, and changes the limits of other users. */
static bool may_see_limits(const struct thread *thread, const struct process *process, int number)
{
    const struct thread *named = thread_find(number);
    const struct cred *theirs = named ? named->cred : process_cred(process);

    return number == 0 || named == thread || cred_may_limit(thread->cred, theirs);
}

static int check_limit(const struct thread *thread, unsigned resource, const struct abi_rlimit *old,
                       const struct abi_rlimit *limit)
{
    if (limit->rlim_cur > limit->rlim_max) {
        return -EINVAL;
    }
    if (resource == RLIMIT_NOFILE && limit->rlim_max > FDTABLE_MAX) {
        return -EPERM;
    }
    return limit->rlim_max > old->rlim_max && !cred_is_privileged(thread->cred) ? -EPERM : 0;
}

int64_t sys_prlimit64(struct thread *thread, const uint64_t *args)
{
    struct process *process = args[0] == 0 ? thread->process : process_find_by_thread((int)args[0]);
    unsigned resource = (unsigned)args[1];
    struct abi_rlimit limit;
    int error = args[2] ? user_read(&limit, args[2], sizeof(limit)) : 0;

    if (error) {
        return error;
    }
    if (!process) {
        return -ESRCH;
    }
    if (!may_see_limits(thread, process, (int)args[0])) {
        return -EPERM;
    }
    if (resource >= RLIMIT_NLIMITS) {
        return -EINVAL;
    }
    error = args[2] ? check_limit(thread, resource, &process->limits[resource], &limit) : 0;
    if (!error && args[3]) {
        error = user_write(args[3], &process->limits[resource], sizeof(limit));
    }
    if (!error && args[2]) {
        process->limits[resource] = limit;
        if (resource == RLIMIT_CPU) {
            cpu_limit_set(process);
        }
    }
    return error;
}
