/*
 * Ordered sets with the links inside the members: a treap, whose shape depends on the order of
 * insertions and on a secret, without which nobody can choose an order that makes it deep. Keys are
 * 64-bit numbers; members with equal keys stay in the order of their insertion. Expected O(log n) a
 * call.
 */
#ifndef BASE_TREE_H
#define BASE_TREE_H

#include "base/types.h"

struct tree_node {
    struct tree_node *child[2]; /* lower, higher keys */
    struct tree_node *parent;
    uint64_t key;
    uint64_t priority; /* a heap upwards: a parent's is not less than its child's */
};

struct tree {
    struct tree_node *root;
    uint64_t seed; /* of the priorities */
};

/* The secret of trees initialised from now on. */
void tree_set_secret(uint64_t secret);

void tree_init(struct tree *tree);

void tree_insert(struct tree *tree, struct tree_node *node, uint64_t key);
void tree_remove(struct tree *tree, struct tree_node *node);

/* The last member with the highest key not above, or the first with the lowest not below; NULL if
 * none. */
struct tree_node *tree_find_le(const struct tree *tree, uint64_t key);
struct tree_node *tree_find_ge(const struct tree *tree, uint64_t key);

static inline struct tree_node *tree_first(const struct tree *tree)
{
    return tree->root ? tree_find_ge(tree, 0) : NULL;
}

/* The first member with the next higher key, or NULL. */
static inline struct tree_node *tree_next(const struct tree *tree, const struct tree_node *node)
{
    return node->key == UINT64_MAX ? NULL : tree_find_ge(tree, node->key + 1);
}

#endif
