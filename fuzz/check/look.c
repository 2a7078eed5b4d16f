#include "fuzz/check/look.h"

struct look look;

void look_begin(void)
{
    const struct frame_state *frames = frame_state();

    look = (struct look){
        .base = frames->ram.base,
        .size = frames->ram.size,
        .bytes = plat_phys_ptr(frames->ram.base, 1),
        .frames = frames,
    };
}
