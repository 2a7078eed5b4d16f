#include "fuzz/check/changed.h"

#include "platform/hosted/ram.h"

const uint32_t *changed_stamps(void)
{
    return ram_stamps();
}

uint32_t changed_tick(void)
{
    return ram_tick();
}
