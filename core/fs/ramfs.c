#include "fs/ramfs.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/panic.h"
#include "base/string.h"
#include "mm/pool.h"

static struct {
    struct pool pool;
    struct ramfs_node *root;
    uint32_t last_number;
} ramfs;

static struct ramfs_node *node_create(struct ramfs_node *parent, const char *name, size_t name_len)
{
    struct ramfs_node *node = pool_alloc(&ramfs.pool);

    if (node) {
        list_init(&node->children);
        list_init(&node->sibling);
        node->parent = parent;
        node->name = name;
        node->name_len = name_len;
        node->number = ++ramfs.last_number;
        node->mode = RAMFS_DIRECTORY | 0755;
        if (parent) {
            list_append(&parent->children, &node->sibling);
        }
    }
    return node;
}

int ramfs_init(void)
{
    pool_init(&ramfs.pool, "ramfs", sizeof(struct ramfs_node));
    ramfs.last_number = 0;
    ramfs.root = node_create(NULL, "", 0);
    return ramfs.root ? 0 : -ENOMEM;
}

/* Cuts the next component out of *path; false at the end. */
static bool next_component(const char **path, const char **name, size_t *len)
{
    const char *at = *path;

    while (*at == '/') {
        at++;
    }
    *name = at;
    while (*at && *at != '/') {
        at++;
    }
    *len = (size_t)(at - *name);
    *path = at;
    return *len > 0;
}

static bool is_dot(const char *name, size_t len)
{
    return len == 1 && name[0] == '.';
}

static bool is_dot_dot(const char *name, size_t len)
{
    return len == 2 && name[0] == '.' && name[1] == '.';
}

static struct ramfs_node *find_child(const struct ramfs_node *node, const char *name, size_t len)
{
    LIST_FOR(link, &node->children) {
        struct ramfs_node *child = CONTAINER_OF(link, struct ramfs_node, sibling);
        if (child->name_len == len && memcmp(child->name, name, len) == 0) {
            return child;
        }
    }
    return NULL;
}

/* The node that path names, made with the directories on the way where it is not there. */
static int make_node(const char *path, struct ramfs_node **made)
{
    struct ramfs_node *node = ramfs.root;
    const char *name;
    size_t len;

    while (next_component(&path, &name, &len)) {
        if (is_dot(name, len)) {
            continue;
        }
        if (is_dot_dot(name, len)) {
            return -EINVAL;
        }
        if (!ramfs_is_directory(node)) {
            return -ENOTDIR;
        }
        struct ramfs_node *child = find_child(node, name, len);
        if (!child) {
            child = node_create(node, name, len);
            if (!child) {
                return -ENOMEM;
            }
        }
        node = child;
    }
    *made = node;
    return 0;
}

static int add(const char *path, uint32_t mode, struct ramfs_node **added)
{
    struct ramfs_node *node;
    int error = make_node(path, &node);

    if (error) {
        return error;
    }
    bool becomes_directory = (mode & RAMFS_TYPE_MASK) == RAMFS_DIRECTORY;
    if (!becomes_directory && (node == ramfs.root || !list_is_empty(&node->children))) {
        return -EISDIR;
    }
    node->mode = mode;
    *added = node;
    return 0;
}

int ramfs_add(const char *path, uint32_t mode, const uint8_t *bytes, uint64_t size)
{
    struct ramfs_node *node;
    int error = add(path, mode, &node);

    if (!error) {
        node->bytes = bytes;
        node->size = size;
    }
    return error;
}

int ramfs_add_device(const char *path, uint32_t mode, uint32_t device,
                     const struct ramfs_node **node)
{
    struct ramfs_node *added;
    int error = add(path, mode, &added);

    if (!error) {
        added->bytes = NULL;
        added->size = 0;
        added->device = device;
        *node = added;
    }
    return error;
}

const struct ramfs_node *ramfs_root(void)
{
    return ramfs.root;
}

int ramfs_find(const char *path, const struct ramfs_node **node)
{
    return ramfs_find_from(ramfs.root, path, node);
}

int ramfs_find_from(const struct ramfs_node *directory, const char *path,
                    const struct ramfs_node **node)
{
    const struct ramfs_node *at = path[0] == '/' ? ramfs.root : directory;
    size_t path_len = str_len(path);
    bool wants_directory = path_len > 0 && path[path_len - 1] == '/';
    const char *name;
    size_t len;

    if (path_len == 0) {
        return -ENOENT;
    }
    while (next_component(&path, &name, &len)) {
        if (!ramfs_is_directory(at)) {
            return -ENOTDIR;
        }
        if (is_dot(name, len)) {
            continue;
        }
        if (is_dot_dot(name, len)) {
            at = at->parent ? at->parent : at;
            continue;
        }
        if (len > RAMFS_NAME_MAX) {
            return -ENAMETOOLONG;
        }
        at = find_child(at, name, len);
        if (!at) {
            return -ENOENT;
        }
    }
    if (wants_directory && !ramfs_is_directory(at)) {
        return -ENOTDIR;
    }
    *node = at;
    return 0;
}

void ramfs_status(const struct ramfs_node *node, struct abi_stat *status)
{
    *status = (struct abi_stat){
        .st_dev = 1,
        .st_ino = node->number,
        .st_mode = node->mode,
        .st_nlink = 1,
        .st_rdev = node->device,
        .st_size = (int64_t)node->size,
        .st_blksize = PAGE_SIZE,
        .st_blocks = (int64_t)((node->size + 511) / 512),
    };
}

size_t ramfs_count(void)
{
    return ramfs.pool.used;
}
