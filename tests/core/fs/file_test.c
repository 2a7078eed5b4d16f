#include "fs/file.h"

#include "abi/errno.h"
#include "base/inject.h"
#include "dev/device.h"
#include "test.h"
#include "tests/core/fixture.h"

static unsigned released;

static void count_release(struct file *file)
{
    (void)file;
    released++;
}

static const struct file_ops counting = {.release = count_release};

static void begin(void)
{
    fixture_begin(FIXTURE_FRAMES_MAX);
    EXPECT_EQ(ramfs_init(), 0);
    EXPECT_EQ(ramfs_add("text", RAMFS_REGULAR | 0644, (const uint8_t *)"abc", 3), 0);
    EXPECT_EQ(ramfs_add("fifo", S_IFIFO | 0644, NULL, 0), 0);
    EXPECT_EQ(device_init(), 0);
    fixture_keep_frames();
}

static const struct ramfs_node *find(const char *path)
{
    const struct ramfs_node *node = NULL;

    EXPECT_EQ(ramfs_find(path, &node), 0);
    return node;
}

static struct file *open(const char *path, uint32_t flags)
{
    struct file *file = NULL;

    EXPECT_EQ(file_open(find(path), flags, &file), 0);
    return file;
}

TEST(file_goes_with_its_last_reference)
{
    begin();
    released = 0;
    struct file *file = file_create(&counting, NULL, O_RDONLY);
    EXPECT(file_get(file) == file);
    file_put(file);
    EXPECT_EQ(released, 0);
    EXPECT_EQ(file_count(), 1);
    file_put(file);
    EXPECT_EQ(released, 1);
    EXPECT_EQ(file_count(), 0);
    fixture_end();
}

TEST(file_access_modes)
{
    static const struct {
        uint32_t flags;
        bool reads;
        bool writes;
    } modes[] = {{O_RDONLY, true, false},         {O_WRONLY, false, true},
                 {O_RDWR | O_APPEND, true, true}, {O_ACCMODE, false, false},
                 {O_PATH, false, false},          {O_PATH | O_RDWR, false, false}};

    begin();
    for (unsigned i = 0; i < ARRAY_LEN(modes); i++) {
        const struct file file = {.flags = modes[i].flags};
        EXPECT_EQ(file_may_read(&file), modes[i].reads);
        EXPECT_EQ(file_may_write(&file), modes[i].writes);
    }
    fixture_end();
}

TEST(file_open_what_there_is)
{
    static const char *const paths[] = {"/", "/text", "/dev/null", "/dev/console"};
    struct abi_stat status;

    begin();
    for (unsigned i = 0; i < ARRAY_LEN(paths); i++) {
        struct file *file = open(paths[i], O_RDONLY);
        file_status(file, &status);
        EXPECT_EQ(status.st_ino, find(paths[i])->number);
        file_put(file);
    }
    fixture_end();
}

TEST(file_open_what_cannot_be_opened)
{
    struct file *file = NULL;

    begin();
    EXPECT_EQ(file_open(find("/fifo"), O_RDONLY, &file), -ENXIO);
    file_put(open("/fifo", O_PATH));
    inject_arm(1, false);
    EXPECT_EQ(file_open(find("/text"), O_RDONLY, &file), -ENOMEM);
    EXPECT(file == NULL);
    fixture_end();
}

TEST(file_check_counts_references)
{
    begin();
    struct file *file = file_get(open("/text", O_RDONLY));
    file_check_begin();
    file_see(file);
    file_see(file);
    file_check_end();
    file_put(file);
    file_put(file);
    fixture_end();
}

TEST_DIES(file_check_sees_a_missing_reference, "file_check_end: file->seen == file->refs")
{
    begin();
    struct file *file = file_get(open("/text", O_RDONLY));
    file_check_begin();
    file_see(file);
    file_check_end();
}
