/* Files of timers: timerfd_create, timerfd_settime, timerfd_gettime. */
#include "syscall/handlers.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "fs/anon.h"
#include "fs/timerfd.h"
#include "mm/uaccess.h"
#include "proc/clock.h"
#include "proc/clock_id.h"
#include "proc/process.h"

int64_t sys_timerfd_create(struct thread *thread, const uint64_t *args)
{
    uint32_t flags = (uint32_t)args[1];

    if (flags & ~(uint32_t)(TFD_CLOEXEC | TFD_NONBLOCK)) {
        return -EINVAL;
    }
    switch ((int)args[0]) {
    case CLOCK_REALTIME:
    case CLOCK_MONOTONIC:
    case CLOCK_BOOTTIME:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_BOOTTIME_ALARM:
        break;
    default:
        return -EINVAL;
    }
    struct file *file = timerfd_create(flags & O_NONBLOCK);
    return file ? anon_install(thread, file, flags) : -ENOMEM;
}

static int find(const struct thread *thread, int fd, struct file **file)
{
    *file = fdtable_find_open(thread->fds, fd);
    if (!*file) {
        return -EBADF;
    }
    return (*file)->timerfd ? 0 : -EINVAL;
}

static struct abi_itimerspec itimerspec_of(const struct file *file)
{
    return (struct abi_itimerspec){
        .it_interval = clock_timespec(file->timerfd->interval),
        .it_value = clock_timespec(timerfd_left(file)),
    };
}

/* No clock is ever set, so that there is nothing that could cancel one
 * (TFD_TIMER_CANCEL_ON_SET). Linux has set it when it finds that the old value cannot be
 * written. */
int64_t sys_timerfd_settime(struct thread *thread, const uint64_t *args)
{
    const struct clock_id clock = {0};
    uint32_t flags = (uint32_t)args[1];
    struct abi_itimerspec wanted;
    struct file *file;
    int error = user_read(&wanted, args[2], sizeof(wanted));

    if (error) {
        return error;
    }
    if ((flags & ~(uint32_t)(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) ||
        !clock_is_valid(&wanted.it_value) || !clock_is_valid(&wanted.it_interval)) {
        return -EINVAL;
    }
    error = find(thread, (int)args[0], &file);
    if (!error && args[3]) {
        const struct abi_itimerspec old = itimerspec_of(file);
        error = user_write(args[3], &old, sizeof(old));
    }
    if (error) {
        return error;
    }
    nsec_t when = clock_time(&wanted.it_value);
    if (when && !(flags & TFD_TIMER_ABSTIME)) {
        when = clock_id_after(&clock, when);
    }
    timerfd_set(file, when, clock_time(&wanted.it_interval));
    return 0;
}

int64_t sys_timerfd_gettime(struct thread *thread, const uint64_t *args)
{
    struct file *file;
    int error = find(thread, (int)args[0], &file);

    if (error) {
        return error;
    }
    const struct abi_itimerspec value = itimerspec_of(file);
    error = user_write(args[1], &value, sizeof(value));
    if (!error) {
        timerfd_go_on(file);
    }
    return error;
}
