/* Memory of the host. */
#include "host.h"

#include "test.h"

enum { SIZE = 1 << 20 };

TEST(host_map_gives_zeros_again_at_the_same_place)
{
    struct host_map map = {0};
    unsigned char *at = host_map(&map, SIZE);

    EXPECT(at != NULL);
    EXPECT_EQ(at[SIZE - 1], 0);
    at[SIZE - 1] = 1;
    EXPECT(host_map(&map, SIZE) == at);
    EXPECT_EQ(at[SIZE - 1], 0);
    at = host_map(&map, 2 * SIZE);
    EXPECT(at != NULL);
    EXPECT_EQ(at[2 * SIZE - 1], 0);
    EXPECT(host_map(&map, 0) == NULL);
    EXPECT(host_map(&map, 0) == NULL);
    EXPECT(host_map(&map, (uint64_t)1 << 60) == NULL);
    EXPECT(map.at == NULL);
}
