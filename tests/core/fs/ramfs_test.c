#include "fs/ramfs.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/inject.h"
#include "base/string.h"
#include "test.h"
#include "tests/core/fixture.h"

static const uint8_t bytes[] = "contents";

static void begin(void)
{
    fixture_begin(200);
    EXPECT_EQ(ramfs_init(), 0);
}

static int add_file(const char *path)
{
    return ramfs_add(path, RAMFS_REGULAR | 0755, bytes, sizeof(bytes));
}

static int add_directory(const char *path)
{
    return ramfs_add(path, RAMFS_DIRECTORY | 0700, NULL, 0);
}

static const struct ramfs_node *find(const char *path)
{
    const struct ramfs_node *node = NULL;

    EXPECT_EQ(ramfs_find(path, &node), 0);
    return node;
}

static void expect_error(const char *path, int error)
{
    const struct ramfs_node *node = NULL;

    test_note("%s", path);
    EXPECT_EQ(ramfs_find(path, &node), error);
    EXPECT(node == NULL);
}

TEST(ramfs_root_is_a_directory)
{
    begin();
    EXPECT_EQ(ramfs_count(), 1);
    EXPECT_EQ(find("/")->mode & RAMFS_TYPE_MASK, RAMFS_DIRECTORY);
    EXPECT(find("/") == find("."));
    EXPECT(find("///") == find("/./."));
    EXPECT(find("/..") == find("/"));
}

TEST(ramfs_file_is_what_was_added)
{
    begin();
    EXPECT_EQ(add_file("init"), 0);
    const struct ramfs_node *node = find("/init");
    EXPECT_EQ(node->mode, RAMFS_REGULAR | 0755);
    EXPECT(node->bytes == bytes);
    EXPECT_EQ(node->size, sizeof(bytes));
    EXPECT_EQ(node->name_len, 4);
    EXPECT_MEMEQ(node->name, "init", 4);
    EXPECT_EQ(ramfs_count(), 2);
}

TEST(ramfs_every_way_to_write_a_path)
{
    static const char *const paths[] = {
        "/bin/sh",        "bin/sh",     "./bin/./sh",  "//bin///sh",
        "/bin/../bin/sh", "/../bin/sh", "bin/x/../sh",
    };

    begin();
    EXPECT_EQ(add_file("bin/sh"), 0);
    EXPECT_EQ(add_directory("/bin/x"), 0);
    for (unsigned i = 0; i < ARRAY_LEN(paths); i++) {
        test_note("%s", paths[i]);
        EXPECT(find(paths[i]) == find("bin/sh"));
    }
}

TEST(ramfs_makes_directories_on_the_way)
{
    begin();
    EXPECT_EQ(add_file("/a/b/c"), 0);
    EXPECT_EQ(ramfs_count(), 4);
    EXPECT_EQ(find("/a")->mode, RAMFS_DIRECTORY | 0755);
    EXPECT_EQ(find("/a/b")->mode, RAMFS_DIRECTORY | 0755);
    EXPECT_EQ(add_directory("a/b"), 0);
    EXPECT_EQ(find("/a/b")->mode, RAMFS_DIRECTORY | 0700);
    EXPECT(find("/a/b/c")->bytes == bytes);
    EXPECT_EQ(ramfs_count(), 4);
}

TEST(ramfs_names_are_compared_whole)
{
    begin();
    EXPECT_EQ(add_file("abc"), 0);
    expect_error("ab", -ENOENT);
    expect_error("abcd", -ENOENT);
    expect_error("ABC", -ENOENT);
    EXPECT_EQ(add_file("ab"), 0);
    EXPECT_EQ(add_file("..."), 0);
    EXPECT_EQ(add_file(".x"), 0);
    EXPECT(find("abc") != find("ab"));
    EXPECT(find("...") != find(".x"));
}

TEST(ramfs_what_is_not_there)
{
    begin();
    EXPECT_EQ(add_file("bin/sh"), 0);
    expect_error("", -ENOENT);
    expect_error("/sh", -ENOENT);
    expect_error("/bin/sh2", -ENOENT);
    expect_error("/lib/sh", -ENOENT);
    expect_error("/lib/../bin/sh", -ENOENT);
}

TEST(ramfs_file_is_no_directory)
{
    begin();
    EXPECT_EQ(add_file("bin/sh"), 0);
    expect_error("/bin/sh/x", -ENOTDIR);
    expect_error("/bin/sh/.", -ENOTDIR);
    expect_error("/bin/sh/..", -ENOTDIR);
    expect_error("/bin/sh/", -ENOTDIR);
    EXPECT(find("/bin/") == find("/bin"));
    EXPECT_EQ(add_file("/bin/sh/x"), -ENOTDIR);
    EXPECT_EQ(add_directory("/bin/sh/x/y"), -ENOTDIR);
}

TEST(ramfs_later_file_replaces_the_first)
{
    static const uint8_t other[] = "other";

    begin();
    EXPECT_EQ(add_file("init"), 0);
    EXPECT_EQ(ramfs_add("/init", RAMFS_REGULAR | 0644, other, sizeof(other)), 0);
    EXPECT(find("init")->bytes == other);
    EXPECT_EQ(find("init")->mode, RAMFS_REGULAR | 0644);
    EXPECT_EQ(ramfs_count(), 2);
}

TEST(ramfs_file_does_not_replace_a_full_directory)
{
    begin();
    EXPECT_EQ(add_file("a/b"), 0);
    EXPECT_EQ(add_file("a"), -EISDIR);
    EXPECT_EQ(add_file("/"), -EISDIR);
    EXPECT_EQ(add_file("."), -EISDIR);
    EXPECT_EQ(add_directory("/"), 0); /* as archives have it: "." */
    EXPECT(find("a/b")->bytes == bytes);
}

TEST(ramfs_refuses_to_add_above_itself)
{
    begin();
    EXPECT_EQ(add_file("../x"), -EINVAL);
    EXPECT_EQ(add_file("a/../x"), -EINVAL);
    EXPECT_EQ(add_file(".."), -EINVAL);
}

TEST(ramfs_add_without_memory)
{
    begin();
    for (uint64_t n = 1; n <= 3; n++) {
        begin();
        inject_arm(n, false);
        EXPECT_EQ(add_file("a/b/c"), -ENOMEM);
        EXPECT_EQ(ramfs_count(), n); /* the root, and what was made before */
        EXPECT_EQ(add_file("a/b/c"), 0);
        EXPECT(find("a/b/c")->bytes == bytes);
    }
}

TEST(ramfs_init_without_memory)
{
    fixture_begin(200);
    inject_arm(1, false);
    EXPECT_EQ(ramfs_init(), -ENOMEM);
}

TEST(ramfs_many_files)
{
    static char paths[500][12];

    begin();
    for (unsigned i = 0; i < 500; i++) {
        char *p = paths[i];
        const char text[] = {'d', (char)('a' + i % 26), '/', (char)('a' + i / 26), 'x', '\0'};
        for (unsigned k = 0; k < sizeof(text); k++) {
            p[k] = text[k];
        }
        EXPECT_EQ(ramfs_add(p, RAMFS_REGULAR, bytes, i), 0);
    }
    for (unsigned i = 0; i < 500; i++) {
        EXPECT_EQ(find(paths[i])->size, i);
    }
    EXPECT_EQ(ramfs_count(), 1 + 26 + 500);
}

/* ---- symbolic links ---- */

static void add_link(const char *path, const char *target)
{
    EXPECT_EQ(ramfs_add(path, RAMFS_LINK | 0777, (const uint8_t *)target, str_len(target)), 0);
}

static const struct ramfs_node *find_link(const char *path)
{
    const struct ramfs_node *node = NULL;

    EXPECT_EQ(ramfs_find_link(ramfs_root(), path, &node), 0);
    return node;
}

TEST(ramfs_links_are_followed)
{
    begin();
    EXPECT_EQ(add_file("usr/bin/sh"), 0);
    add_link("bin", "usr/bin");
    add_link("usr/bin/ash", "sh");
    add_link("usr/up", "..");
    add_link("abs", "/usr/bin/");
    add_link("chain", "abs/../bin/ash");
    const struct ramfs_node *shell = find("/usr/bin/sh");
    EXPECT(find("/bin/sh") == shell);
    EXPECT(find("/bin/ash") == shell);
    EXPECT(find("/usr/up/bin/sh") == shell);
    EXPECT(find("/abs/ash") == shell);
    EXPECT(find("chain") == shell);
    EXPECT(find_link("/bin/sh") == shell);
    EXPECT(find_link("/bin/ash") != shell);
    EXPECT(ramfs_is_link(find_link("/bin")));
    EXPECT(find_link("/bin/") == find("/usr/bin"));
    EXPECT(find_link("/bin/.") == find("/usr/bin"));
    expect_error("/usr/bin/ash/", -ENOTDIR);
    expect_error("/chain/x", -ENOTDIR);
}

TEST(ramfs_links_that_lead_nowhere)
{
    const struct ramfs_node *node = NULL;

    begin();
    add_link("none", "no/such/file");
    add_link("empty", "");
    add_link("self", "self");
    add_link("a", "b/x");
    add_link("b", "a/x");
    expect_error("none", -ENOENT);
    expect_error("empty", -ENOENT);
    expect_error("self", -ELOOP);
    expect_error("a", -ELOOP);
    EXPECT_EQ(ramfs_find_link(ramfs_root(), "self/", &node), -ELOOP);
    EXPECT(ramfs_is_link(find_link("self")));
}

TEST(ramfs_links_up_to_the_limit)
{
    static char names[RAMFS_LINKS_MAX + 2][3];

    begin();
    for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
        names[i][0] = (char)('a' + i / 26);
        names[i][1] = (char)('a' + i % 26);
    }
    EXPECT_EQ(add_file(names[0]), 0);
    for (unsigned i = 1; i < ARRAY_LEN(names); i++) {
        add_link(names[i], names[i - 1]);
    }
    EXPECT(find(names[RAMFS_LINKS_MAX]) == find(names[0]));
    expect_error(names[RAMFS_LINKS_MAX + 1], -ELOOP);
}

/* ---- names of one file ---- */

static int add_name(const char *path, uint64_t size, uint64_t identity)
{
    return ramfs_add_name(path, RAMFS_REGULAR | 0755, bytes, size, identity);
}

TEST(ramfs_names_share_the_bytes_of_the_last)
{
    static const char *const names[] = {"a", "dir/b", "c"};
    struct abi_stat status;

    begin();
    EXPECT_EQ(add_name("other", 1, 8), 0);
    EXPECT_EQ(add_name("a", 0, 7), 0);
    EXPECT_EQ(add_name("dir/b", 0, 7), 0);
    EXPECT_EQ(add_name("c", sizeof(bytes), 7), 0);
    for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
        ramfs_status(find(names[i]), &status);
        EXPECT_EQ(status.st_size, sizeof(bytes));
        EXPECT_EQ(status.st_nlink, 3);
        EXPECT_EQ(status.st_ino, find("a")->number);
    }
    EXPECT_EQ(find("other")->size, 1);
    EXPECT_EQ(find("other")->links, 1);
}

TEST(ramfs_names_share_the_bytes_of_the_first)
{
    begin();
    EXPECT_EQ(add_name("a", 5, 7), 0);
    EXPECT_EQ(add_name("b", 0, 7), 0);
    EXPECT_EQ(find("b")->size, 5);
    EXPECT(find("b")->bytes == bytes);
}

TEST(ramfs_name_becomes_another_file)
{
    begin();
    EXPECT_EQ(add_name("a", 5, 7), 0);
    EXPECT_EQ(add_name("b", 0, 7), 0);
    EXPECT_EQ(add_file("a"), 0);
    EXPECT_EQ(find("a")->links, 1);
    EXPECT_EQ(find("b")->links, 1);
    EXPECT(find("a")->number != find("b")->number);
    EXPECT_EQ(add_name("c", 3, 7), 0);
    EXPECT_EQ(find("a")->size, sizeof(bytes));
    EXPECT_EQ(find("b")->size, 3);
    EXPECT_EQ(add_name("c", 3, 9), 0);
    EXPECT_EQ(find("b")->links, 1);
    EXPECT_EQ(add_name("../x", 3, 9), -EINVAL);
}

TEST(ramfs_device_that_becomes_a_file)
{
    const struct ramfs_node *node = NULL;

    begin();
    EXPECT_EQ(ramfs_add_device("tty", RAMFS_CHARACTER | 0600, 5 << 8, &node), 0);
    EXPECT_EQ(node->device, 5 << 8);
    EXPECT_EQ(add_file("tty"), 0);
    EXPECT_EQ(node->device, 0);
    EXPECT_EQ(ramfs_add_device("../tty", RAMFS_CHARACTER | 0600, 5 << 8, &node), -EINVAL);
}
