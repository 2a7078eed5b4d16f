/*
 * Any bytes as an initramfs: read member by member as cpio(5) has it, and unpacked into a tree that
 * a flat list of paths has too. Then the kernel boots with it, and may find that there is no init.
 * The last byte says what fails.
 */
#include "fs/cpio.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/string.h"
#include "dev/device.h"
#include "fs/ramfs.h"
#include "fuzz/driver/harness.h"
#include "mm/frame.h"
#include "platform/hosted/ram.h"

enum {
    FRAMES = 200,
    HEADER_SIZE = 110,
    ENTRIES_MAX = 128,
    PATH_MAX_HERE = 512, /* longer ones are not followed */
    ARCHIVE_MAX = 64 << 10,
    BOOTS_ONE_IN = 4,
};

struct entry {
    char path[PATH_MAX_HERE]; /* "/a/b"; the root is "" */
    uint32_t mode;
    uint32_t user;
    uint32_t group;
    uint32_t device;
    const uint8_t *bytes;
    uint64_t size;
    bool has_identity;
    uint64_t identity;
};

static struct entry entries[ENTRIES_MAX];
static unsigned entry_count;
static bool is_too_long; /* a path, or the list of them */

/* ---- the format, read once more ---- */

static bool read_hex(const uint8_t *text, uint64_t *number)
{
    *number = 0;
    for (unsigned i = 0; i < 8; i++) {
        static const char digits[] = "0123456789abcdef0123456789ABCDEF";
        unsigned value = 0;
        while (value < 32 && (uint8_t)digits[value] != text[i]) {
            value++;
        }
        if (value == 32) {
            return false;
        }
        *number = *number << 4 | value % 16;
    }
    return true;
}

/* The fields by their places in cpio(5); times and the sum are nobody's concern. */
enum { INODE, MODE, UID, GID, LINKS, TIME, SIZE, MAJOR, MINOR, RMAJOR, RMINOR, NAME, SUM, FIELDS };

/* What cpio_next must say of the header at *at, and the member; *at goes behind it. */
static enum cpio_result read_one(const uint8_t *bytes, uint64_t size, uint64_t *at,
                                 struct cpio_member *member)
{
    uint64_t field[FIELDS] = {0};
    uint64_t name = *at + HEADER_SIZE;

    if (name > size) {
        return CPIO_TRUNCATED;
    }
    if (memcmp(bytes + *at, "07070", 5) != 0 || (bytes[*at + 5] != '1' && bytes[*at + 5] != '2')) {
        return CPIO_BAD_MAGIC;
    }
    for (unsigned i = 0; i < SUM; i++) {
        bool matters = i != TIME;
        if (!read_hex(bytes + *at + 6 + i * 8, &field[i]) && matters) {
            return CPIO_BAD_HEADER;
        }
    }
    uint64_t start = (name + field[NAME] + 3) & ~(uint64_t)3;
    if (name + field[NAME] > size || start + field[SIZE] > size) {
        return CPIO_TRUNCATED;
    }
    if (field[NAME] < 2 || bytes[name + field[NAME] - 1] != 0) {
        return CPIO_BAD_HEADER;
    }
    *member = (struct cpio_member){
        .name = (const char *)bytes + name,
        .mode = (uint32_t)field[MODE],
        .user = (uint32_t)field[UID],
        .group = (uint32_t)field[GID],
        .links = (uint32_t)field[LINKS],
        .identity = field[MAJOR] << 48 ^ field[MINOR] << 32 ^ field[INODE],
        .device = (uint32_t)(field[RMAJOR] << 8 | (field[RMINOR] & 0xff)),
        .bytes = bytes + start,
        .size = field[SIZE] + (harness_mistake && field[SIZE] > 0),
    };
    *at = min_u64((start + field[SIZE] + 3) & ~(uint64_t)3, size);
    return CPIO_MEMBER;
}

static enum cpio_result read_next(const uint8_t *bytes, uint64_t size, uint64_t *at,
                                  struct cpio_member *member)
{
    while (*at < size) {
        enum cpio_result result = read_one(bytes, size, at, member);
        if (result != CPIO_MEMBER || !str_equal(member->name, "TRAILER!!!")) {
            return result;
        }
        while (*at < size && bytes[*at] == 0) {
            ++*at;
        }
    }
    return CPIO_END;
}

static void check_member(const struct cpio_member *member, const struct cpio_member *expected)
{
    HOLDS("cpio.member", member->name == expected->name);
    SAME("cpio.member", member->mode, expected->mode);
    SAME("cpio.member", member->user, expected->user);
    SAME("cpio.member", member->group, expected->group);
    SAME("cpio.member", member->links, expected->links);
    SAME("cpio.member", member->identity, expected->identity);
    SAME("cpio.member", member->device, expected->device);
    HOLDS("cpio.member", member->bytes == expected->bytes);
    SAME("cpio.member", member->size, expected->size);
}

/* ---- the tree, as a list ---- */

static struct entry *find_entry(const char *path)
{
    for (unsigned i = 0; i < entry_count; i++) {
        if (str_equal(entries[i].path, path)) {
            return &entries[i];
        }
    }
    return NULL;
}

static struct entry *add_entry(const char *path)
{
    struct entry *entry = &entries[entry_count];

    if (entry_count == ENTRIES_MAX) {
        is_too_long = true;
        return NULL;
    }
    *entry = (struct entry){.mode = RAMFS_DIRECTORY | 0755};
    str_copy(entry->path, path, PATH_MAX_HERE);
    entry_count++;
    return entry;
}

static bool is_directory(const struct entry *entry)
{
    return (entry->mode & RAMFS_TYPE_MASK) == RAMFS_DIRECTORY;
}

static bool has_children(const struct entry *parent)
{
    size_t len = str_len(parent->path);

    for (unsigned i = 0; i < entry_count; i++) {
        const char *rest;
        if (str_starts(entries[i].path, parent->path, &rest) && *rest == '/' &&
            entries[i].path[len] == '/') {
            return true;
        }
    }
    return false;
}

/* The file at a path, made with the directories on the way. */
static int make_path(const char *text, struct entry **made)
{
    char path[PATH_MAX_HERE] = "";
    size_t len = 0;

    *made = &entries[0]; /* the root */
    while (*text) {
        size_t part = 0;
        while (*text == '/') {
            text++;
        }
        while (text[part] && text[part] != '/') {
            part++;
        }
        if (part == 0 || (part == 1 && text[0] == '.')) {
            text += part;
            continue;
        }
        if (part == 2 && text[0] == '.' && text[1] == '.') {
            return -EINVAL;
        }
        if (!is_directory(*made)) {
            return -ENOTDIR;
        }
        if (len + part + 2 > sizeof(path)) {
            is_too_long = true;
            return 0;
        }
        path[len++] = '/';
        memcpy(path + len, text, part);
        len += part;
        path[len] = '\0';
        text += part;
        struct entry *entry = find_entry(path);
        *made = entry ? entry : add_entry(path);
        if (!*made) {
            return 0;
        }
    }
    return 0;
}

/* All names of a file have the bytes that came last with any. */
static void join(struct entry *entry)
{
    for (unsigned i = 0; i < entry_count; i++) {
        struct entry *other = &entries[i];
        if (other == entry || !other->has_identity || other->identity != entry->identity) {
            continue;
        }
        struct entry *from = entry->size > 0 ? entry : other;
        struct entry *to = entry->size > 0 ? other : entry;
        to->mode = from->mode;
        to->user = from->user;
        to->group = from->group;
        to->bytes = from->bytes;
        to->size = from->size;
    }
}

/* What must become of a member. */
static int note_member(const struct cpio_member *member)
{
    uint32_t type = member->mode & RAMFS_TYPE_MASK;
    struct entry *entry;
    int error = make_path(member->name, &entry);

    if (error || is_too_long) {
        return error;
    }
    if (type != RAMFS_DIRECTORY && (entry->path[0] == '\0' || has_children(entry))) {
        return -EISDIR;
    }
    bool is_device = type == RAMFS_CHARACTER;
    entry->mode = member->mode;
    entry->user = member->user;
    entry->group = member->group;
    entry->device = is_device ? member->device : 0;
    entry->bytes = is_device ? NULL : member->bytes;
    entry->size = is_device ? 0 : member->size;
    entry->has_identity = type == RAMFS_REGULAR && member->links > 1;
    entry->identity = member->identity;
    if (entry->has_identity) {
        join(entry);
    }
    return 0;
}

static unsigned count_names(const struct entry *entry)
{
    unsigned names = 0;

    for (unsigned i = 0; i < entry_count; i++) {
        names += entries[i].has_identity && entries[i].identity == entry->identity;
    }
    return entry->has_identity ? names : 1;
}

static bool has_long_name(const char *path)
{
    size_t len = 0;

    for (; *path; path++) {
        len = *path == '/' ? 0 : len + 1;
        if (len > RAMFS_NAME_MAX) {
            return true;
        }
    }
    return false;
}

static void compare_file(const struct entry *entry)
{
    const struct ramfs_node *node = NULL;
    const char *path = entry->path[0] ? entry->path : "/";
    int error = ramfs_find_link(ramfs_root(), path, &node);

    if (has_long_name(path)) {
        SAME("cpio.tree", error, -ENAMETOOLONG);
        return;
    }
    if (error) {
        WRONG("cpio.tree", "%s is not there: %d", path, error);
    }
    SAME("cpio.tree", node->mode, entry->mode);
    SAME("cpio.tree", node->user, entry->user);
    SAME("cpio.tree", node->group, entry->group);
    SAME("cpio.tree", node->size, entry->size);
    HOLDS("cpio.tree", node->bytes == entry->bytes);
    SAME("cpio.tree", node->device, entry->device);
    SAME("cpio.tree", node->links, count_names(entry));
}

/* ---- unpacking ---- */

/* What is there before the first member. */
static void note_tree(const struct ramfs_node *node, const char *path)
{
    struct entry *entry = add_entry(path);

    entry->mode = node->mode;
    entry->user = node->user;
    entry->group = node->group;
    entry->device = node->device;
    LIST_FOR(link, &node->children) {
        const struct ramfs_node *child = CONTAINER_OF(link, struct ramfs_node, sibling);
        char name[PATH_MAX_HERE];
        size_t len = str_len(path);
        str_copy(name, path, sizeof(name));
        name[len] = '/';
        memcpy(name + len + 1, child->name, child->name_len);
        name[len + 1 + child->name_len] = '\0';
        note_tree(child, name);
    }
}

/* As the kernel does it at boot. */
static int add_file(const struct cpio_member *member)
{
    const struct ramfs_node *node;
    uint32_t type = member->mode & RAMFS_TYPE_MASK;

    if (type == RAMFS_CHARACTER) {
        return ramfs_add_device(member->name, member->mode, member->device, &node);
    }
    if (type == RAMFS_REGULAR && member->links > 1) {
        return ramfs_add_name(member->name, member->mode, member->bytes, member->size,
                              member->identity);
    }
    return ramfs_add(member->name, member->mode, member->bytes, member->size);
}

static int add_member(const struct cpio_member *member)
{
    int error = add_file(member);

    return error ? error : ramfs_set_owner(member->name, member->user, member->group);
}

static void unpack(const uint8_t *bytes, uint64_t size)
{
    struct cpio cpio = {.bytes = bytes, .size = size};
    uint64_t at = 0;
    int error = 0;

    while (!error) {
        struct cpio_member member;
        struct cpio_member expected;
        enum cpio_result result = cpio_next(&cpio, &member);
        SAME("cpio.result", result, read_next(bytes, size, &at, &expected));
        HOLDS("cpio.result", cpio_result_text(result)[0] != '\0');
        if (result != CPIO_MEMBER) {
            break;
        }
        SAME("cpio.offset", cpio.offset, at);
        check_member(&member, &expected);
        error = add_member(&member);
        if (harness_was_refused()) {
            SAME("cpio.refusal", error, -ENOMEM);
            return;
        }
        int wanted = note_member(&expected);
        if (is_too_long) {
            return;
        }
        SAME("cpio.unpack", error, wanted);
    }
    for (unsigned i = 0; i < entry_count; i++) {
        compare_file(&entries[i]);
    }
    SAME("cpio.tree", ramfs_count(), entry_count);
}

/* The whole kernel with it: whatever it holds, boot ends in an orderly way. */
static void boot(const uint8_t *bytes, uint64_t size)
{
    const paddr_t base = RAM_BASE + HARNESS_RAM - page_up(size + 1);
    const struct plat_range range = {base, size};
    const struct plat_boot boot = {
        .ram = {.base = RAM_BASE, .size = HARNESS_RAM},
        .reserved = {range},
        .reserved_count = 1,
        .initrd = range,
        .cmdline = "det=1",
        .asid_bits = 16,
    };

    harness_machine(16);
    plat_mem_mark(base, page_up(size + 1), PLAT_MEM_DEFINED);
    memcpy(plat_phys_ptr(base, size + 1), bytes, size);
    kernel_boot(&boot);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    harness_options(*argc, *argv);
    harness_silence();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    uint64_t len = min_u64(size, ARCHIVE_MAX);
    struct feed arm = {bytes + size - min_u64(size, 1), min_u64(size, 1)};

    harness_core(16, FRAMES);
    int error = ramfs_init();
    error = error ? error : device_init();
    SAME("cpio.init", error, 0);
    entry_count = 0;
    is_too_long = false;
    note_tree(ramfs_root(), "");
    harness_arm(&arm);
    unpack(bytes, len);
    inject_arm(0, false);
    if (len % BOOTS_ONE_IN == 0) {
        boot(bytes, len);
    }
    return 0;
}
