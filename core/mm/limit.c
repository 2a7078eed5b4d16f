#include "mm/limit.h"

#include "abi/linux.h"
#include "base/cpu.h"

static struct abi_rlimit limit_of(unsigned resource)
{
    const struct abi_rlimit *limits = cpu_this()->limits;

    if (limits) {
        return limits[resource];
    }
    return (struct abi_rlimit){
        .rlim_cur = resource == RLIMIT_STACK ? LIMIT_STACK_USUAL : RLIM_INFINITY,
        .rlim_max = RLIM_INFINITY,
    };
}

uint64_t limit_now(unsigned resource)
{
    return limit_of(resource).rlim_cur;
}

bool limit_allows(const struct space *space, uint64_t pages)
{
    return space->regions.pages + pages <= limit_now(RLIMIT_AS) >> PAGE_SHIFT;
}

bool limit_allows_data(const struct space *space, uint64_t pages)
{
    struct abi_rlimit limit = limit_of(RLIMIT_DATA);
    /* As on Linux, which lets a limit of 0 mean the hard one, for programs that were written when
     * RLIMIT_DATA limited the break alone. */
    uint64_t bytes = limit.rlim_cur == 0 ? limit.rlim_max : limit.rlim_cur;

    return space->regions.data_pages + pages <= bytes >> PAGE_SHIFT;
}

bool limit_allows_region(const struct space *space, const struct region *given)
{
    uint64_t pages = (given->end - given->start) >> PAGE_SHIFT;
    uint64_t more = pages - region_pages_in(&space->regions, given->start, given->end);

    return limit_allows(space, more) && (!region_is_data(given) || limit_allows_data(space, more));
}
