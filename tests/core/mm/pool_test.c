#include "mm/pool.h"

#include "base/random.h"
#include "base/string.h"
#include "mm/frame.h"
#include "test.h"
#include "tests/core/fixture.h"

enum {
    OBJECT_MAX = 4048, /* what a slab has room for beside its header */
    SLAB_MAX = 64,
    MODEL_OBJECTS = 300,
};

static struct pool pool;

static void *alloc(void)
{
    void *object = pool_alloc(&pool);

    EXPECT(object != NULL);
    return object;
}

static void begin(size_t object_size)
{
    fixture_begin(FIXTURE_FRAMES_MAX);
    pool_init(&pool, "test", object_size);
}

/* Each byte says which object it is in. */
static void expect_filled(const uint8_t *object, size_t size, uint8_t byte)
{
    for (size_t i = 0; i < size; i++) {
        EXPECT_EQ(object[i], byte);
    }
}

/* Fills two slabs and one object more, and empties them again. */
static void fill_and_empty(size_t size, unsigned slab_count)
{
    static uint8_t *objects[2 * SLAB_MAX + 1];
    unsigned count = 2 * slab_count + 1;

    test_note("objects of %lu bytes", size);
    begin(size);
    for (unsigned i = 0; i < count; i++) {
        objects[i] = alloc();
        EXPECT_EQ((uintptr_t)objects[i] % 16, 0);
        expect_filled(objects[i], size, 0);
        memset(objects[i], (int)i + 1, size);
        EXPECT_EQ(pool.frames, i / slab_count + 1);
        EXPECT_EQ(fixture_frames_used(), pool.frames);
    }
    EXPECT_EQ(pool.used, count);
    for (unsigned i = 0; i < count; i++) {
        expect_filled(objects[i], size, (uint8_t)(i + 1));
        pool_free(&pool, objects[i]);
        pool_check(&pool);
    }
    EXPECT_EQ(pool.used, 0);
    EXPECT_EQ(pool.frames, 0);
    fixture_end();
}

TEST(pool_objects_of_all_sizes)
{
    fill_and_empty(1, SLAB_MAX);
    fill_and_empty(15, SLAB_MAX);
    fill_and_empty(16, SLAB_MAX);
    fill_and_empty(17, SLAB_MAX);
    fill_and_empty(OBJECT_MAX / SLAB_MAX, SLAB_MAX - 1); /* 63, rounded up to 64 */
    fill_and_empty(65, OBJECT_MAX / 80);
    fill_and_empty(1000, 4);
    fill_and_empty(OBJECT_MAX / 2, 1); /* 2024, rounded up to 2032 */
    fill_and_empty(OBJECT_MAX / 2 - 8, 2);
    fill_and_empty(OBJECT_MAX, 1);
}

TEST(pool_objects_are_zeroed_again)
{
    begin(100);
    uint8_t *kept = alloc();
    uint8_t *object = alloc();
    memset(object, 0xff, 100);
    pool_free(&pool, object);
    EXPECT(alloc() == object);
    expect_filled(object, 100, 0);
    pool_free(&pool, object);
    pool_free(&pool, kept);
    fixture_end();
}

TEST(pool_gives_back_a_slab_in_the_middle)
{
    void *objects[3];

    begin(OBJECT_MAX);
    for (unsigned i = 0; i < 3; i++) {
        objects[i] = alloc();
    }
    pool_free(&pool, objects[1]);
    EXPECT_EQ(pool.frames, 2);
    pool_free(&pool, objects[0]);
    pool_free(&pool, objects[2]);
    fixture_end();
}

TEST(pool_fills_up_a_slab_that_was_full)
{
    void *objects[8];

    begin(1000);
    for (unsigned i = 0; i < 8; i++) {
        objects[i] = alloc();
    }
    pool_free(&pool, objects[2]);
    EXPECT(alloc() == objects[2]);
    EXPECT_EQ(pool.frames, 2);
    for (unsigned i = 0; i < 8; i++) {
        pool_free(&pool, objects[i]);
    }
    fixture_end();
}

TEST(pool_agrees_with_a_model)
{
    enum { SIZE = 200, STEPS = 30000 };
    static uint8_t *objects[MODEL_OBJECTS];
    struct random random = {3};
    size_t used = 0;

    begin(SIZE);
    for (unsigned step = 0; step < STEPS; step++) {
        /* Now mostly taking, now mostly giving back. */
        bool is_growing = step / 2000 % 2 == 0;
        unsigned i = (unsigned)(random_next(&random) % MODEL_OBJECTS);
        bool takes = random_next(&random) % 4 ? is_growing : !is_growing;
        if (takes && !objects[i]) {
            objects[i] = alloc();
            memset(objects[i], (int)i, SIZE);
            used++;
        } else if (!takes && objects[i]) {
            expect_filled(objects[i], SIZE, (uint8_t)i);
            pool_free(&pool, objects[i]);
            objects[i] = NULL;
            used--;
        }
        EXPECT_EQ(pool.used, used);
        if (step % 100 == 0) {
            pool_check(&pool);
        }
    }
    for (unsigned i = 0; i < MODEL_OBJECTS; i++) {
        if (objects[i]) {
            pool_free(&pool, objects[i]);
        }
    }
    fixture_end();
}

TEST(pool_without_memory_gives_null)
{
    fixture_begin(1);
    pool_init(&pool, "test", OBJECT_MAX);
    void *object = alloc();
    EXPECT(pool_alloc(&pool) == NULL);
    EXPECT_EQ(pool.used, 1);
    pool_free(&pool, object);
    EXPECT(alloc() == object);
    pool_free(&pool, object);
    fixture_end();
}

TEST(pool_alloc_can_be_told_to_fail)
{
    begin(100);
    inject_arm(1, false);
    EXPECT(pool_alloc(&pool) == NULL); /* where a slab is to be made */
    EXPECT_EQ(fixture_frames_used(), 0);
    void *object = alloc();
    inject_arm(1, false);
    EXPECT(pool_alloc(&pool) == NULL); /* where one is there */
    EXPECT_EQ(pool.used, 1);
    pool_free(&pool, object);
    fixture_end();
}

TEST_DIES(pool_object_of_no_size, "pool_init: object_size > 0")
{
    pool_init(&pool, "test", 0);
}

TEST_DIES(pool_object_too_large, "pool_init: size <= PAGE_SIZE - HEADER_SIZE")
{
    pool_init(&pool, "test", OBJECT_MAX + 1);
}

TEST_DIES(pool_free_twice, "pool_free: !(slab->free >> index & 1)")
{
    begin(100);
    (void)alloc();
    void *object = alloc();
    pool_free(&pool, object);
    pool_free(&pool, object);
}

TEST_DIES(pool_free_of_another_pools_object, "pool_free: slab->pool == pool")
{
    struct pool other;

    begin(100);
    pool_init(&other, "other", 100);
    pool_free(&other, alloc());
}

TEST_DIES(pool_free_of_the_inside_of_an_object, "pool_free: offset == HEADER_SIZE")
{
    begin(100);
    pool_free(&pool, (char *)alloc() + 16);
}

TEST_DIES(pool_free_behind_the_last_object, "pool_free: index < pool->slab_count")
{
    begin(2000); /* two in a slab, and 48 bytes that are in none */
    pool_free(&pool, (char *)alloc() + 2 * 2000);
}

TEST_DIES(pool_object_touched_when_free, "AddressSanitizer: use-after-poison")
{
    begin(100);
    (void)alloc();
    void *object = alloc();
    pool_free(&pool, object);
    memset(object, 1, 1);
}

TEST_DIES(pool_check_sees_a_wrong_count, "pool_check: pool->used + free")
{
    begin(100);
    (void)alloc();
    pool.used++;
    pool_check(&pool);
}
