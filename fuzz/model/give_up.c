#include "fuzz/model/give_up.h"

#include "fuzz/model/world.h"

static uint64_t counts[GIVE_UP_REASONS];

void give_up_begin(void)
{
    world.gave_up = GIVE_UP_NOT;
    counts[GIVE_UP_NOT]++;
}

void give_up_for(enum give_up_reason reason)
{
    if (world.gave_up == GIVE_UP_NOT) {
        world.gave_up = reason;
        counts[reason]++;
    }
}

enum give_up_reason give_up_why(void)
{
    return world.gave_up;
}

uint64_t give_up_count(enum give_up_reason reason)
{
    return counts[reason];
}

const char *give_up_name(enum give_up_reason reason)
{
    static const char *const names[] = {
        [GIVE_UP_NOT] = "nothing",   [GIVE_UP_TIMER] = "timer",   [GIVE_UP_HANDLER] = "handler",
        [GIVE_UP_CALL] = "call",     [GIVE_UP_MEMORY] = "memory", [GIVE_UP_CODE] = "code",
        [GIVE_UP_GROUPS] = "groups",
    };

    return names[reason];
}
