#include "base/tree.h"

#include "base/random.h"
#include "test.h"

enum { NODES = 500 };

/* Shape: links agree, keys are in order, priorities form a heap. Returns the number of nodes. */
static unsigned check(const struct tree_node *node, const struct tree_node *parent, uint64_t low,
                      uint64_t high)
{
    if (!node) {
        return 0;
    }
    EXPECT(node->parent == parent);
    EXPECT(node->key >= low && node->key <= high);
    EXPECT(!parent || parent->priority >= node->priority);
    return 1 + check(node->child[0], node, low, node->key) +
           check(node->child[1], node, node->key, high);
}

TEST(tree_agrees_with_a_flat_model)
{
    static struct tree_node nodes[NODES];
    static bool is_in[NODES];
    struct random random = {1};
    struct tree tree;
    unsigned count = 0;

    tree_init(&tree);
    for (unsigned step = 0; step < 20000; step++) {
        uint64_t key = random_next(&random) % NODES;
        if (is_in[key]) {
            tree_remove(&tree, &nodes[key]);
            count--;
        } else {
            tree_insert(&tree, &nodes[key], key * 3);
            count++;
        }
        is_in[key] = !is_in[key];
        uint64_t probe = random_next(&random) % (3 * NODES);
        int64_t le = (int64_t)(probe / 3);
        uint64_t ge = (probe + 2) / 3;
        while (le >= 0 && !is_in[le]) {
            le--;
        }
        while (ge < NODES && !is_in[ge]) {
            ge++;
        }
        EXPECT(tree_find_le(&tree, probe) == (le >= 0 ? &nodes[le] : NULL));
        EXPECT(tree_find_ge(&tree, probe) == (ge < NODES ? &nodes[ge] : NULL));
        if (step % 100 == 0) {
            EXPECT_EQ(check(tree.root, NULL, 0, UINT64_MAX), count);
        }
    }
}

TEST(tree_keeps_equal_keys_in_order)
{
    struct tree_node nodes[50];
    struct tree tree;

    tree_init(&tree);
    for (unsigned i = 0; i < 50; i++) {
        tree_insert(&tree, &nodes[i], i / 10);
    }
    for (unsigned i = 0; i < 50; i++) {
        EXPECT(tree_first(&tree) == &nodes[i]);
        tree_remove(&tree, &nodes[i]);
    }
    EXPECT(tree_first(&tree) == NULL);
}

TEST(tree_next_of_the_highest_key)
{
    struct tree_node nodes[2];
    struct tree tree;

    tree_init(&tree);
    tree_insert(&tree, &nodes[0], 5);
    tree_insert(&tree, &nodes[1], UINT64_MAX);
    EXPECT(tree_next(&tree, &nodes[0]) == &nodes[1]);
    EXPECT(tree_next(&tree, &nodes[1]) == NULL);
}
