#include "base/plant.h"

#include "abi/errno.h"
#include "base/string.h"

#if EFT_TEST
enum plant plant_active;
int plant_memory;

int plant_select(const char *id)
{
    static const char *const ids[PLANT_COUNT] = {
        [PLANT_NONE] = "none",     [PLANT_SEED_1] = "seed-1", [PLANT_SEED_2] = "seed-2",
        [PLANT_SEED_3] = "seed-3", [PLANT_T_1] = "t-1",       [PLANT_T_2] = "t-2",
        [PLANT_T_3] = "t-3",       [PLANT_T_4] = "t-4",       [PLANT_K_7] = "k-7",
        [PLANT_K_15] = "k-15",     [PLANT_K_21] = "k-21",     [PLANT_M_44] = "m-44",
        [PLANT_K_11] = "k-11",     [PLANT_K_12] = "k-12",     [PLANT_K_14] = "k-14",
        [PLANT_K_16] = "k-16",     [PLANT_K_17] = "k-17",     [PLANT_K_18] = "k-18",
        [PLANT_K_19] = "k-19",     [PLANT_X_27] = "x-27",     [PLANT_X_33] = "x-33",
        [PLANT_M_36] = "m-36",     [PLANT_M_39] = "m-39",     [PLANT_A_50] = "a-50",
        [PLANT_L_72] = "l-72",     [PLANT_L_76] = "l-76",     [PLANT_I_116] = "i-116",
        [PLANT_K_4] = "k-4",       [PLANT_K_8] = "k-8",       [PLANT_K_10] = "k-10",
        [PLANT_K_13] = "k-13",     [PLANT_X_30] = "x-30",     [PLANT_X_31] = "x-31",
        [PLANT_A_56] = "a-56",     [PLANT_L_69] = "l-69",     [PLANT_F_96] = "f-96",
        [PLANT_N_99] = "n-99",     [PLANT_X_28] = "x-28",     [PLANT_LEAK_1] = "leak-1",
        [PLANT_LEAK_2] = "leak-2", [PLANT_OWN_1] = "own-1",   [PLANT_OWN_2] = "own-2",
        [PLANT_OWN_3] = "own-3",   [PLANT_OWN_4] = "own-4",   [PLANT_OWN_5] = "own-5",
        [PLANT_OWN_6] = "own-6",   [PLANT_OWN_7] = "own-7",   [PLANT_OWN_8] = "own-8",
        [PLANT_OWN_9] = "own-9",   [PLANT_OWN_10] = "own-10", [PLANT_OWN_11] = "own-11",
        [PLANT_OWN_12] = "own-12", [PLANT_OWN_13] = "own-13", [PLANT_OWN_14] = "own-14",
        [PLANT_OWN_15] = "own-15", [PLANT_OWN_16] = "own-16", [PLANT_OWN_17] = "own-17",
        [PLANT_OWN_18] = "own-18", [PLANT_OWN_19] = "own-19", [PLANT_OWN_20] = "own-20",
        [PLANT_OWN_21] = "own-21", [PLANT_L_86] = "l-86",     [PLANT_M_43] = "m-43",
        [PLANT_X_23] = "x-23",     [PLANT_FUT_1] = "fut-1",   [PLANT_FUT_2] = "fut-2",
        [PLANT_FUT_3] = "fut-3",   [PLANT_FUT_4] = "fut-4",   [PLANT_K_20] = "k-20",
        [PLANT_SIG_1] = "sig-1",   [PLANT_SIG_2] = "sig-2",   [PLANT_SIG_3] = "sig-3",
        [PLANT_SIG_4] = "sig-4",   [PLANT_SIG_5] = "sig-5",   [PLANT_SIG_6] = "sig-6",
        [PLANT_STP_1] = "stp-1",   [PLANT_STP_2] = "stp-2",   [PLANT_THR_1] = "thr-1",
        [PLANT_THR_2] = "thr-2",   [PLANT_USR_1] = "usr-1",   [PLANT_USR_2] = "usr-2",
        [PLANT_TIM_1] = "tim-1",   [PLANT_TIM_2] = "tim-2",   [PLANT_OWN_22] = "own-22",
        [PLANT_OWN_23] = "own-23",
    };

    for (unsigned i = 0; i < PLANT_COUNT; i++) {
        if (str_equal(id, ids[i])) {
            plant_active = (enum plant)i;
            plant_memory = 0;
            return 0;
        }
    }
    return -EINVAL;
}
#else
_Static_assert(EINVAL, "this file has nothing to say in a product build");
#endif
