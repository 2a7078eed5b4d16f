#include "fs/ramfs.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/panic.h"
#include "base/string.h"
#include "mm/pool.h"
#include "proc/cred.h"

static struct {
    struct pool pool;
    struct ramfs_node *root;
    uint32_t last_number;
    struct list linked; /* ramfs_node.linked: files that may have several names */
} ramfs;

static struct ramfs_node *node_create(struct ramfs_node *parent, const char *name, size_t name_len)
{
    struct ramfs_node *node = pool_alloc(&ramfs.pool);

    if (node) {
        list_init(&node->children);
        list_init(&node->sibling);
        list_init(&node->linked);
        node->links = 1;
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
    list_init(&ramfs.linked);
    ramfs.root = node_create(NULL, "", 0);
    return ramfs.root ? 0 : -ENOMEM;
}

/* Cuts the next component out of *path; false at the end. */
static bool next_component(const char **path, const char *end, const char **name, size_t *len)
{
    const char *at = *path;

    while (at < end && *at == '/') {
        at++;
    }
    *name = at;
    while (at < end && *at != '/') {
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
    const char *end = path + str_len(path);
    const char *name;
    size_t len;

    while (next_component(&path, end, &name, &len)) {
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

/* A name that becomes another file: the others are one less. */
static void leave(struct ramfs_node *node)
{
    list_remove(&node->linked);
    LIST_FOR(link, &ramfs.linked) {
        struct ramfs_node *other = CONTAINER_OF(link, struct ramfs_node, linked);
        if (other->identity == node->identity) {
            other->links--;
        }
        plat_irq_window();
    }
    node->links = 1;
    node->number = ++ramfs.last_number;
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
    if (!list_is_empty(&node->linked)) {
        leave(node);
    }
    node->mode = mode;
    node->user = 0;
    node->group = 0;
    node->device = 0;
    node->bytes = NULL;
    node->size = 0;
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

/* All names of a file are the same file. */
static void join(struct ramfs_node *node, const struct ramfs_node *file, unsigned links)
{
    node->number = file->number;
    node->mode = file->mode;
    node->user = file->user;
    node->group = file->group;
    node->bytes = file->bytes;
    node->size = file->size;
    node->links = links;
}

int ramfs_add_name(const char *path, uint32_t mode, const uint8_t *bytes, uint64_t size,
                   uint64_t identity)
{
    struct ramfs_node *node;
    struct ramfs_node *first = NULL;
    unsigned links = 1;
    int error = add(path, mode, &node);

    if (error) {
        return error;
    }
    node->bytes = bytes;
    node->size = size;
    node->identity = identity;
    LIST_FOR(link, &ramfs.linked) {
        struct ramfs_node *other = CONTAINER_OF(link, struct ramfs_node, linked);
        if (other->identity == identity) {
            first = first ? first : other;
            links++;
        }
        plat_irq_window();
    }
    list_append(&ramfs.linked, &node->linked);
    if (!first) {
        return 0;
    }
    node->number = first->number;
    const struct ramfs_node file = size > 0 ? *node : *first;
    LIST_FOR(link, &ramfs.linked) {
        struct ramfs_node *other = CONTAINER_OF(link, struct ramfs_node, linked);
        if (other->identity == identity) {
            join(other, &file, links);
        }
        plat_irq_window();
    }
    return 0;
}

int ramfs_add_device(const char *path, uint32_t mode, uint32_t device,
                     const struct ramfs_node **node)
{
    struct ramfs_node *added;
    int error = add(path, mode, &added);

    if (!error) {
        added->device = device;
        *node = added;
    }
    return error;
}

int ramfs_set_owner(const char *path, uint32_t user, uint32_t group)
{
    struct ramfs_node *node;
    int error = make_node(path, &node);

    if (error) {
        return error;
    }
    node->user = user;
    node->group = group;
    if (list_is_empty(&node->linked)) {
        return 0;
    }
    LIST_FOR(link, &ramfs.linked) {
        struct ramfs_node *other = CONTAINER_OF(link, struct ramfs_node, linked);
        if (other->identity == node->identity) {
            other->user = user;
            other->group = group;
        }
        plat_irq_window();
    }
    return 0;
}

const struct ramfs_node *ramfs_root(void)
{
    return ramfs.root;
}

int ramfs_find(const char *path, const struct ramfs_node **node)
{
    return ramfs_find_from(ramfs.root, path, node);
}

bool ramfs_may(const struct ramfs_node *node, const struct cred *cred, uint32_t wanted)
{
    enum { OF_OWNER = 6, OF_GROUP = 3, OF_OTHERS = 0 };
    bool executes = wanted & RAMFS_MAY_EXECUTE;

    if (!cred || cred->user.fs == 0) {
        return !executes || ramfs_is_directory(node) || (node->mode & RAMFS_EXECUTABLE);
    }
    unsigned shift = node->user == cred->user.fs           ? OF_OWNER
                     : cred_is_in_group(cred, node->group) ? OF_GROUP
                                                           : OF_OTHERS;
    return (wanted & ~(node->mode >> shift)) == 0;
}

/* A walk along a path that begins at a node, and on the way along those of links. */
struct walk {
    const struct ramfs_node *at;
    const struct cred *cred;
    unsigned links_left;
};

/* A link does not end with a terminator, so the end of the path is given. */
static int walk_path(struct walk *walk, const char *path, const char *end, bool follows_last);

/* Goes on to what a component names in the node where the walk is. */
static int walk_name(struct walk *walk, const char *name, size_t len, bool follows)
{
    const struct ramfs_node *directory = walk->at;

    if (!ramfs_is_directory(directory)) {
        return -ENOTDIR;
    }
    if (!ramfs_may(directory, walk->cred, RAMFS_MAY_EXECUTE)) {
        return -EACCES;
    }
    if (is_dot(name, len)) {
        return 0;
    }
    if (is_dot_dot(name, len)) {
        walk->at = directory->parent ? directory->parent : directory;
        return 0;
    }
    if (len > RAMFS_NAME_MAX) {
        return -ENAMETOOLONG;
    }
    const struct ramfs_node *child = find_child(directory, name, len);
    if (!child) {
        return -ENOENT;
    }
    if (!ramfs_is_link(child) || !follows) {
        walk->at = child;
        return 0;
    }
    if (walk->links_left == 0) {
        return -ELOOP;
    }
    walk->links_left--;
    const char *target = (const char *)child->bytes;
    return walk_path(walk, target, target + child->size, true);
}

static int walk_path(struct walk *walk, const char *path, const char *end, bool follows_last)
{
    const char *name;
    size_t len;

    if (path == end) {
        return -ENOENT;
    }
    if (*path == '/') {
        walk->at = ramfs.root;
    }
    bool wants_directory = end[-1] == '/';
    while (next_component(&path, end, &name, &len)) {
        const char *rest = path;
        bool is_last = !next_component(&rest, end, &(const char *){NULL}, &(size_t){0});
        bool follows = !is_last || follows_last || wants_directory;
        int error = walk_name(walk, name, len, follows);
        if (error) {
            return error;
        }
        plat_irq_window();
    }
    return wants_directory && !ramfs_is_directory(walk->at) ? -ENOTDIR : 0;
}

int ramfs_find_as(const struct cred *cred, const struct ramfs_node *directory, const char *path,
                  bool follows, const struct ramfs_node **node)
{
    struct walk walk = {.at = directory, .cred = cred, .links_left = RAMFS_LINKS_MAX};
    int error = walk_path(&walk, path, path + str_len(path), follows);

    if (!error) {
        *node = walk.at;
    }
    return error;
}

int ramfs_find_from(const struct ramfs_node *directory, const char *path,
                    const struct ramfs_node **node)
{
    return ramfs_find_as(NULL, directory, path, true, node);
}

int ramfs_find_link(const struct ramfs_node *directory, const char *path,
                    const struct ramfs_node **node)
{
    return ramfs_find_as(NULL, directory, path, false, node);
}

void ramfs_status(const struct ramfs_node *node, struct abi_stat *status)
{
    *status = (struct abi_stat){
        .st_dev = 1,
        .st_ino = node->number,
        .st_mode = node->mode,
        .st_nlink = node->links,
        .st_uid = node->user,
        .st_gid = node->group,
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
