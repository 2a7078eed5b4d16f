#include "base/tree.h"

#include "base/panic.h"
#include "base/random.h"

static uint64_t tree_secret;

void tree_set_secret(uint64_t secret)
{
    tree_secret = secret;
}

void tree_init(struct tree *tree)
{
    tree->root = NULL;
    tree->seed = tree_secret;
}

/* Where the pointer to node is kept. */
static struct tree_node **link_to(struct tree *tree, const struct tree_node *node)
{
    struct tree_node *parent = node->parent;

    return parent ? &parent->child[parent->child[1] == node] : &tree->root;
}

/* Lifts node above its parent. */
static void rotate_up(struct tree *tree, struct tree_node *node)
{
    struct tree_node *parent = node->parent;
    unsigned side = parent->child[1] == node;
    struct tree_node *inner = node->child[!side];

    *link_to(tree, parent) = node;
    node->parent = parent->parent;
    node->child[!side] = parent;
    parent->parent = node;
    parent->child[side] = inner;
    if (inner) {
        inner->parent = parent;
    }
}

void tree_insert(struct tree *tree, struct tree_node *node, uint64_t key)
{
    struct tree_node *parent = NULL;
    struct tree_node **link = &tree->root;
    struct random random = {tree->seed};

    while (*link) {
        parent = *link;
        link = &parent->child[key >= parent->key];
    }
    *node = (struct tree_node){.parent = parent, .key = key, .priority = random_next(&random)};
    tree->seed = random.state;
    *link = node;
    while (node->parent && node->parent->priority < node->priority) {
        rotate_up(tree, node);
    }
}

void tree_remove(struct tree *tree, struct tree_node *node)
{
    ASSERT(*link_to(tree, node) == node);
    while (node->child[0] && node->child[1]) {
        unsigned higher = node->child[1]->priority > node->child[0]->priority;
        rotate_up(tree, node->child[higher]);
    }
    struct tree_node *only = node->child[0] ? node->child[0] : node->child[1];
    *link_to(tree, node) = only;
    if (only) {
        only->parent = node->parent;
    }
}

struct tree_node *tree_find_le(const struct tree *tree, uint64_t key)
{
    struct tree_node *found = NULL;

    for (struct tree_node *at = tree->root; at; at = at->child[at->key <= key]) {
        if (at->key <= key) {
            found = at;
        }
    }
    return found;
}

struct tree_node *tree_find_ge(const struct tree *tree, uint64_t key)
{
    struct tree_node *found = NULL;

    for (struct tree_node *at = tree->root; at; at = at->child[at->key < key]) {
        if (at->key >= key) {
            found = at;
        }
    }
    return found;
}
