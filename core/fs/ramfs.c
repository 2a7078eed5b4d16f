#include "fs/ramfs.h"

#include "abi/errno.h"
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

static bool is_directory(const struct ramfs_node *node)
{
    return (node->mode & RAMFS_TYPE_MASK) == RAMFS_DIRECTORY;
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

int ramfs_add(const char *path, uint32_t mode, const uint8_t *bytes, uint64_t size)
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
        if (!is_directory(node)) {
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
    bool becomes_directory = (mode & RAMFS_TYPE_MASK) == RAMFS_DIRECTORY;
    if (!becomes_directory && (node == ramfs.root || !list_is_empty(&node->children))) {
        return -EISDIR;
    }
    node->mode = mode;
    node->bytes = bytes;
    node->size = size;
    return 0;
}

int ramfs_find(const char *path, const struct ramfs_node **node)
{
    const struct ramfs_node *at = ramfs.root;
    size_t path_len = str_len(path);
    bool wants_directory = path_len > 0 && path[path_len - 1] == '/';
    const char *name;
    size_t len;

    if (path_len == 0) {
        return -ENOENT;
    }
    while (next_component(&path, &name, &len)) {
        if (!is_directory(at)) {
            return -ENOTDIR;
        }
        if (is_dot(name, len)) {
            continue;
        }
        if (is_dot_dot(name, len)) {
            at = at->parent ? at->parent : at;
            continue;
        }
        at = find_child(at, name, len);
        if (!at) {
            return -ENOENT;
        }
    }
    if (wants_directory && !is_directory(at)) {
        return -ENOTDIR;
    }
    *node = at;
    return 0;
}

size_t ramfs_count(void)
{
    return ramfs.pool.used;
}
