#include "base/plant.h"

#include "abi/errno.h"
#include "test.h"

TEST(plant_none_is_active)
{
    EXPECT(!PLANTED(SEED_1));
    EXPECT(!PLANTED(T_4));
}

TEST(plant_by_name)
{
    static const char *const ids[] = {
        "none",   "seed-1", "seed-2", "seed-3", "t-1",    "t-2",    "t-3",    "t-4",    "k-7",
        "k-15",   "k-21",   "m-44",   "k-11",   "k-12",   "k-14",   "k-16",   "k-17",   "k-18",
        "k-19",   "x-27",   "x-33",   "m-36",   "m-39",   "a-50",   "l-72",   "l-76",   "i-116",
        "k-4",    "k-8",    "k-10",   "k-13",   "x-30",   "x-31",   "a-56",   "l-69",   "f-96",
        "n-99",   "x-28",   "leak-1", "leak-2", "l-86",   "m-43",   "x-23",   "fut-1",  "fut-2",
        "fut-3",  "fut-4",  "k-20",   "sig-1",  "sig-2",  "sig-3",  "sig-4",  "sig-5",  "sig-6",
        "stp-1",  "stp-2",  "thr-1",  "thr-2",  "usr-1",  "usr-2",  "own-1",  "own-2",  "own-3",
        "own-4",  "own-5",  "own-6",  "own-7",  "own-8",  "own-9",  "own-10", "own-11", "own-12",
        "own-13", "own-14", "own-15", "own-16", "own-17", "own-18", "own-19", "own-20", "own-21",
        "tim-1",  "tim-2",  "own-22", "own-23"};

    for (unsigned i = 0; i < ARRAY_LEN(ids); i++) {
        EXPECT_EQ(plant_select(ids[i]), 0);
        EXPECT_EQ(plant_active, i);
    }
    EXPECT_EQ(ARRAY_LEN(ids), PLANT_COUNT);
    EXPECT(PLANTED(OWN_23));
    EXPECT(!PLANTED(T_4));
}

TEST(plant_that_does_not_exist)
{
    EXPECT_EQ(plant_select("t-4"), 0);
    EXPECT_EQ(plant_select("t-5"), -EINVAL);
    EXPECT_EQ(plant_select(""), -EINVAL);
    EXPECT_EQ(plant_select("T-4"), -EINVAL);
    EXPECT_EQ(plant_active, PLANT_T_4);
}
