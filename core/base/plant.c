#include "base/plant.h"

#include "abi/errno.h"
#include "base/string.h"

#if EFT_TEST
enum plant plant_active;

int plant_select(const char *id)
{
    static const char *const ids[PLANT_COUNT] = {
        [PLANT_NONE] = "none",     [PLANT_SEED_1] = "seed-1", [PLANT_SEED_2] = "seed-2",
        [PLANT_SEED_3] = "seed-3", [PLANT_T_1] = "t-1",       [PLANT_T_2] = "t-2",
        [PLANT_T_3] = "t-3",       [PLANT_T_4] = "t-4",       [PLANT_K_7] = "k-7",
        [PLANT_K_15] = "k-15",     [PLANT_K_21] = "k-21",     [PLANT_M_44] = "m-44",
    };

    for (unsigned i = 0; i < PLANT_COUNT; i++) {
        if (str_equal(id, ids[i])) {
            plant_active = (enum plant)i;
            return 0;
        }
    }
    return -EINVAL;
}
#else
_Static_assert(EINVAL, "this file has nothing to say in a product build");
#endif
