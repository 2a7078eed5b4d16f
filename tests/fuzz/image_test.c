#include "fuzz/input/image.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/string.h"
#include "fs/cpio.h"
#include "fuzz/input/insn.h"
#include "kernel.h"
#include "mm/space.h"
#include "platform/hosted/choice.h"
#include "platform/hosted/machine.h"
#include "proc/process.h"
#include "test.h"

static uint8_t archive[IMAGE_ARCHIVE_MAX];

static struct plat_user *boot(void)
{
    const struct machine_config config = {
        .ram_size = 8 << 20,
        .initrd = archive,
        .initrd_size = image_archive(archive),
        .cmdline = "det=1",
        .asid_bits = 16,
    };
    const char *complaint;

    choice_init();
    complaint = machine_start(&config);
    EXPECT_STREQ(complaint, NULL);
    return &process_find(1)->thread->user;
}

/* Steps until an operation that begins at an offset in the code page has trapped. Returns x0. */
static int64_t operate(uint64_t at, uint64_t number, uint64_t x0, uint64_t x1, uint64_t x2)
{
    struct plat_user *user = &process_find(1)->thread->user;

    user->x[0] = x0;
    user->x[1] = x1;
    user->x[2] = x2;
    user->x[8] = number;
    user->pc = IMAGE_CODE + at;
    for (unsigned steps = 0; steps < 20; steps++) {
        kernel_step();
        if (user->pc > IMAGE_CODE + at) {
            return (int64_t)user->x[0];
        }
    }
    FAIL("it does not end");
}

static uint64_t load(uint64_t address, unsigned log2)
{
    EXPECT_EQ(operate(IMAGE_LOAD + IMAGE_SPAN * log2, IMAGE_NO_CALL, 0, address, 0), -ENOSYS);
    return process_find(1)->thread->user.x[9];
}

static void store(uint64_t address, uint64_t value, unsigned log2)
{
    EXPECT_EQ(operate(IMAGE_STORE + IMAGE_SPAN * log2, IMAGE_NO_CALL, 0, address, value), -ENOSYS);
}

TEST(image_archive_is_read_as_it_was_meant)
{
    size_t size = image_archive(archive);
    struct cpio cpio = {archive, size, 0};
    struct cpio_member member;
    unsigned members = 0;

    EXPECT(size <= sizeof(archive));
    while (cpio_next(&cpio, &member) == CPIO_MEMBER) {
        members++;
    }
    EXPECT_EQ(cpio_next(&cpio, &member), CPIO_END);
    EXPECT_EQ(cpio.offset, size);
    EXPECT_EQ(members, 11);
}

TEST(image_makes_calls)
{
    boot();
    EXPECT_EQ(operate(IMAGE_CALL, NR_getpid, 0, 0, 0), 1);
    EXPECT_EQ(operate(IMAGE_CALL, 4999, 0, 0, 0), -ENOSYS);
}

TEST(image_loads_and_stores_each_size)
{
    static const uint64_t expected[] = {0x88, 0x7788, 0x55667788, 0x1122334455667788};
    static const uint64_t kept[] = {0xffffffffffffff00, 0xffffffffffff0000, 0xffffffff00000000, 0};

    boot();
    EXPECT_EQ(load(IMAGE_ZEROS, 3), 0);
    store(IMAGE_ZEROS, 0x1122334455667788, 3);
    for (unsigned log2 = 0; log2 < 4; log2++) {
        EXPECT_EQ(load(IMAGE_ZEROS, log2), expected[log2]);
    }
    for (unsigned log2 = 0; log2 < 4; log2++) {
        store(IMAGE_ZEROS + 8, UINT64_MAX, 3);
        store(IMAGE_ZEROS + 8, 0, log2);
        EXPECT_EQ(load(IMAGE_ZEROS + 8, 3), kept[log2]);
    }
}

TEST(image_memory_is_as_the_header_says)
{
    const uint8_t *scratch = image_scratch();
    uint64_t word;

    boot();
    for (uint64_t at = 0; at < 4096; at += 8) {
        memcpy(&word, scratch + at, 8);
        EXPECT_EQ(load(IMAGE_SCRATCH + at, 3), word);
    }
    EXPECT_EQ(load(IMAGE_END - 8, 3), 512);
    EXPECT_EQ(load(IMAGE_READONLY, 3), 1);
    EXPECT_EQ(load(IMAGE_READONLY - 8, 3), 0);
    store(IMAGE_READONLY - 8, 5, 3);
    EXPECT_EQ(operate(IMAGE_CALL, NR_brk, 0, 0, 0), IMAGE_END);
    EXPECT_EQ(operate(IMAGE_CALL, NR_getcwd, IMAGE_READONLY, 8, 0), -EFAULT);
}

/* The address of a slot. */
static uint64_t at(const char *name)
{
    for (unsigned i = 0; i < image_slot_count; i++) {
        if (str_equal(image_slots[i].name, name)) {
            return IMAGE_SCRATCH + image_slots[i].offset;
        }
    }
    FAIL("no slot %s", name);
}

TEST(image_long_crosses_a_border_of_tables)
{
    struct plat_user *user = boot();

    user->x[0] = at("path_long");
    user->x[1] = at("argv_three");
    user->x[2] = at("envp_one");
    user->x[8] = NR_execve;
    user->pc = IMAGE_CODE + IMAGE_CALL;
    while (process_find(1)->exec_count == 0) {
        kernel_step();
    }
    for (uint64_t i = 0; i < IMAGE_LONG_WORDS; i++) {
        EXPECT_EQ(load(IMAGE_LONG + 8 * i, 3), i + 1);
    }
    EXPECT_EQ(load(IMAGE_LONG + 8 * IMAGE_LONG_WORDS, 3), 0);
    EXPECT_EQ(load(IMAGE_LONG_END - 8, 3), 0);
    EXPECT_EQ(operate(IMAGE_CALL, NR_brk, 0, 0, 0), IMAGE_LONG_END);
}

/* Each path gives what its name says. */
TEST(image_paths)
{
    static const struct {
        const char *slot;
        int64_t result;
    } paths[] = {
        {"path_init", 3},        {"path_long", 4},      {"path_text", 5},
        {"path_pages", 6},       {"path_script", 7},    {"path_none", -ENOENT},
        {"path_dir", 8},         {"path_file", 9},      {"path_link", 10},
        {"path_loop", -ELOOP},   {"path_relative", 11}, {"path_up", 12},
        {"path_empty", -ENOENT}, {"path_null", 13},     {"path_zero", 14},
        {"path_console", 15},    {"path_bad", 16},      {"path_lost", 17},
        {"path_over", 18},
    };

    boot();
    for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        test_note("%s", paths[i].slot);
        EXPECT_EQ(operate(IMAGE_CALL, NR_openat, (uint64_t)AT_FDCWD, at(paths[i].slot), 0),
                  paths[i].result);
    }
}

/* 1 stands for any PID. */
TEST(image_spawns)
{
    static const struct {
        const char *slot;
        int64_t result;
    } spawns[] = {
        {"spawn_init", 1},          {"spawn_long", 1},   {"spawn_none", -ENOENT},
        {"spawn_bad", -ENOEXEC},    {"spawn_memory", 1}, {"spawn_cut", -ENOEXEC},
        {"spawn_invalid", -EINVAL},
    };

    boot();
    for (unsigned i = 0; i < sizeof(spawns) / sizeof(spawns[0]); i++) {
        test_note("%s", spawns[i].slot);
        int64_t result = operate(IMAGE_CALL, NR_spawn, at(spawns[i].slot), 0, 0);
        EXPECT_EQ(result > 0 ? 1 : result, spawns[i].result);
    }
}

TEST(image_slots_are_apart_and_aligned)
{
    for (unsigned i = 0; i < image_slot_count; i++) {
        const struct image_slot *slot = &image_slots[i];
        bool is_last = i + 1 == image_slot_count;
        test_note("%s", slot->name);
        EXPECT_EQ(slot->offset % 8 == 0, !is_last);
        EXPECT(is_last || slot->offset + slot->size <= image_slots[i + 1].offset);
        EXPECT(slot->offset + slot->size <= 4096);
    }
    EXPECT(image_slot_count <= 256);
}
