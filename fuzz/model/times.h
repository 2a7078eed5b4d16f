/* Times that calls are given: how long to wait. */
#ifndef MODEL_TIMES_H
#define MODEL_TIMES_H

#include "fuzz/model/world.h"

#define NSEC_PER_SEC UINT64_C(1000000000)
#define LAST_MOMENT ((uint64_t)INT64_MAX) /* of time */

static inline bool time_is_valid(const struct abi_timespec *time)
{
    return time->tv_sec >= 0 && time->tv_nsec >= 0 && (uint64_t)time->tv_nsec < NSEC_PER_SEC;
}

/* The moment so long after now; the last one if there is none. */
static inline uint64_t time_after(uint64_t now, const struct abi_timespec *duration)
{
    if ((uint64_t)duration->tv_sec >= LAST_MOMENT / NSEC_PER_SEC) {
        return LAST_MOMENT;
    }
    uint64_t len = (uint64_t)duration->tv_sec * NSEC_PER_SEC + (uint64_t)duration->tv_nsec;
    return len > LAST_MOMENT - now ? LAST_MOMENT : now + len;
}

static inline struct abi_timespec time_timespec(uint64_t time)
{
    return (struct abi_timespec){(int64_t)(time / NSEC_PER_SEC), (int64_t)(time % NSEC_PER_SEC)};
}

#endif
