/*
 * Any bytes as a flattened device tree: taken or refused as the Devicetree Specification has it, by
 * a second reading that knows nothing of the first; and of a tree that is taken each node, property
 * and number must be the same by both.
 */
#include "dev/fdt.h"

#include "base/string.h"
#include "fuzz/driver/harness.h"

enum {
    NODES_MAX = 256,
    PROPERTIES_MAX = 256,
    TREE_MAX = 32 << 10,
    HEADER = 40,
    RESERVATION = 16,
};

enum token { BEGIN = 1, END_NODE = 2, PROP = 3, NOP = 4, END = 9 };

struct property {
    unsigned node;
    const char *name;
    uint64_t data; /* where it is in the tree */
    uint64_t len;
};

struct node {
    const char *name;
    unsigned depth;
    unsigned parent; /* itself, of the root */
};

static struct {
    const uint8_t *bytes;
    uint64_t size; /* as the header says */
    uint64_t structure;
    uint64_t structure_end;
    uint64_t strings;
    uint64_t strings_end;
    uint64_t reservations;
    unsigned node_count;
    unsigned property_count;
    struct node nodes[NODES_MAX];
    struct property properties[PROPERTIES_MAX];
    bool is_too_long; /* for these arrays */
} tree;

static uint64_t big(uint64_t at, unsigned size)
{
    uint64_t number = 0;

    for (unsigned i = 0; i < size; i++) {
        number = number << 8 | tree.bytes[at + i];
    }
    return number;
}

/* Where the string that begins at ends; limit: it does not. */
static uint64_t string_end(uint64_t at, uint64_t limit)
{
    while (at < limit && tree.bytes[at] != 0) {
        at++;
    }
    return at;
}

/* ---- the second reading ---- */

static bool read_header(const uint8_t *bytes, uint64_t size)
{
    tree.bytes = bytes;
    if (size < HEADER || big(0, 4) != 0xd00dfeed || big(20, 4) < 17 || big(24, 4) > 17) {
        return false;
    }
    tree.size = big(4, 4);
    tree.structure = big(8, 4);
    tree.strings = big(12, 4);
    tree.reservations = big(16, 4);
    tree.structure_end = tree.structure + big(36, 4);
    tree.strings_end = tree.strings + big(32, 4);
    if (tree.size > size || tree.size < HEADER) {
        return false;
    }
    return tree.structure >= HEADER && tree.strings >= HEADER && tree.reservations >= HEADER &&
           tree.structure_end <= tree.size && tree.strings_end <= tree.size &&
           tree.reservations <= tree.size && tree.structure % 4 == 0 &&
           tree.structure_end % 4 == 0 && tree.reservations % 8 == 0;
}

/* The number of reservations, up to a pair of zeros; -1: there is none. */
static int64_t count_reservations(void)
{
    int64_t count = 0;

    for (uint64_t at = tree.reservations; at + RESERVATION <= tree.size; at += RESERVATION) {
        if (big(at, 8) == 0 && big(at + 8, 8) == 0) {
            return count;
        }
        count++;
    }
    return -1;
}

static void note_node(const char *name, unsigned depth, unsigned parent)
{
    if (tree.node_count == NODES_MAX) {
        tree.is_too_long = true;
        return;
    }
    tree.nodes[tree.node_count++] = (struct node){name, depth, parent};
}

static void note_property(unsigned node, const char *name, uint64_t data, uint64_t len)
{
    if (tree.property_count == PROPERTIES_MAX) {
        tree.is_too_long = true;
        return;
    }
    tree.properties[tree.property_count++] = (struct property){node, name, data, len};
}

/* A property whose token is at *at; *at goes behind it. */
static bool read_property(uint64_t *at, unsigned node)
{
    if (*at + 12 > tree.structure_end) {
        return false;
    }
    uint64_t len = big(*at + 4, 4);
    uint64_t name = tree.strings + big(*at + 8, 4);
    if (len > tree.structure_end - *at - 12 || name >= tree.strings_end ||
        string_end(name, tree.strings_end) == tree.strings_end) {
        return false;
    }
    note_property(node, (const char *)tree.bytes + name, *at + 12, len);
    *at += (12 + len + 3) & ~(uint64_t)3;
    return true;
}

/* A node and those within: its BEGIN is at *at, *at goes behind its END_NODE. At most FDT_DEPTH_MAX
 * deep. */
static bool read_node(uint64_t *at, unsigned depth, unsigned parent)
{
    unsigned self = tree.node_count;
    uint64_t name = *at + 4;
    bool had_nodes = false;

    if (depth == FDT_DEPTH_MAX || string_end(name, tree.structure_end) == tree.structure_end) {
        return false;
    }
    note_node((const char *)tree.bytes + name, depth, parent);
    *at = (string_end(name, tree.structure_end) + 1 + 3) & ~(uint64_t)3;
    while (*at + 4 <= tree.structure_end) {
        switch (big(*at, 4)) {
        case BEGIN:
            had_nodes = true;
            if (!read_node(at, depth + 1, self)) {
                return false;
            }
            break;
        case END_NODE:
            *at += 4;
            return true;
        case PROP:
            if (had_nodes || !read_property(at, self)) {
                return false;
            }
            break;
        case NOP:
            *at += 4;
            break;
        default:
            return false;
        }
    }
    return false;
}

static bool skip_nops(uint64_t *at)
{
    while (*at + 4 <= tree.structure_end && big(*at, 4) == NOP) {
        *at += 4;
    }
    return *at + 4 <= tree.structure_end;
}

static bool read_structure(void)
{
    uint64_t at = tree.structure;

    return skip_nops(&at) && big(at, 4) == BEGIN && read_node(&at, 0, 0) && skip_nops(&at) &&
           big(at, 4) == END;
}

/* ---- comparing ---- */

/* The first property of a node that has this name, or NULL. */
static const struct property *find_property(unsigned node, const char *name)
{
    for (unsigned i = 0; i < tree.property_count; i++) {
        if (tree.properties[i].node == node && str_equal(tree.properties[i].name, name)) {
            return &tree.properties[i];
        }
    }
    return NULL;
}

/* A number of one cell, or what holds without it. */
static uint64_t cell_of(unsigned node, const char *name, uint64_t otherwise)
{
    const struct property *property = find_property(node, name);

    return property && property->len == 4 ? big(property->data, 4) : otherwise;
}

static void compare_property(const struct fdt *fdt, const struct fdt_node *at, unsigned node,
                             const char *name)
{
    const struct property *expected = find_property(node, name);
    struct fdt_property property;
    uint64_t number = 0;
    bool is_number = expected && (expected->len == 4 || expected->len == 8);

    SAME("fdt.property", fdt_property(fdt, at, name, &property), expected != NULL);
    SAME("fdt.number", fdt_number(fdt, at, name, &number), is_number);
    if (!expected) {
        HOLDS("fdt.string", !fdt_string(fdt, at, name));
        return;
    }
    SAME("fdt.property", property.len, expected->len + (harness_mistake && expected->len > 8));
    HOLDS("fdt.property", property.data == tree.bytes + expected->data);
    if (is_number) {
        SAME("fdt.number", number, big(expected->data, (unsigned)expected->len));
    }
    uint64_t end = expected->data + expected->len;
    bool is_string = string_end(expected->data, end) < end;
    HOLDS("fdt.string", fdt_string(fdt, at, name) ==
                            (is_string ? (const char *)tree.bytes + expected->data : NULL));
}

static void compare_reg(const struct fdt *fdt, const struct fdt_node *at, unsigned node)
{
    const struct property *reg = find_property(node, "reg");
    uint64_t parent = tree.nodes[node].parent;
    uint64_t address = cell_of((unsigned)parent, "#address-cells", 2);
    uint64_t size = cell_of((unsigned)parent, "#size-cells", 1);
    bool is_sane = reg && node > 0 && address >= 1 && address <= 2 && size <= 2;

    for (unsigned i = 0; i < 3; i++) {
        uint64_t entry = reg ? reg->data + i * 4 * (address + size) : 0;
        uint64_t base = 0;
        uint64_t len = 0;
        bool expected = is_sane && entry + 4 * (address + size) <= reg->data + reg->len;
        uint64_t wanted_base = expected ? big(entry, (unsigned)address * 4) : 0;
        uint64_t wanted_len = expected ? big(entry + 4 * address, (unsigned)size * 4) : 0;
        expected = expected && wanted_len <= UINT64_MAX - wanted_base;
        SAME("fdt.reg", fdt_reg(fdt, at, i, &base, &len), expected);
        SAME("fdt.reg", base, expected ? wanted_base : 0);
        SAME("fdt.reg", len, expected ? wanted_len : 0);
    }
}

static bool lists(unsigned node, const char *name, const char *word)
{
    const struct property *property = find_property(node, name);
    uint64_t at = property ? property->data : 0;
    uint64_t end = property ? property->data + property->len : 0;

    while (string_end(at, end) < end) {
        if (str_equal((const char *)tree.bytes + at, word)) {
            return true;
        }
        at = string_end(at, end) + 1;
    }
    return false;
}

/* Whether its first string says so. */
static bool is_okay(const struct property *status)
{
    const char *text = (const char *)tree.bytes + status->data;
    uint64_t end = status->data + status->len;

    return string_end(status->data, end) < end &&
           (str_equal(text, "okay") || str_equal(text, "ok"));
}

static void compare_node(const struct fdt *fdt, const struct fdt_node *at, unsigned node)
{
    const char *more[] = {"reg", "status", "compatible", "interrupts", "absent"};
    const struct property *status = find_property(node, "status");
    struct fdt_interrupt interrupt;

    HOLDS("fdt.node", fdt_name(fdt, at) == tree.nodes[node].name);
    SAME("fdt.node", at->depth, tree.nodes[node].depth);
    for (unsigned i = 0; i < tree.property_count; i++) {
        if (tree.properties[i].node == node) {
            compare_property(fdt, at, node, tree.properties[i].name);
        }
    }
    for (unsigned i = 0; i < ARRAY_LEN(more); i++) {
        compare_property(fdt, at, node, more[i]);
    }
    compare_reg(fdt, at, node);
    SAME("fdt.compatible", fdt_is_compatible(fdt, at, "arm,pl011"),
         lists(node, "compatible", "arm,pl011"));
    SAME("fdt.status", fdt_is_enabled(fdt, at), !status || is_okay(status));
    for (unsigned i = 0; i < 3; i++) {
        (void)fdt_interrupt(fdt, at, i, &interrupt);
    }
}

static void compare_tree(const struct fdt *fdt)
{
    struct fdt_node at;
    unsigned node = 0;
    uint64_t base;
    uint64_t size;
    int64_t count = count_reservations();

    fdt_root(fdt, &at);
    do {
        HOLDS("fdt.node", node < tree.node_count);
        compare_node(fdt, &at, node++);
    } while (fdt_next(fdt, &at));
    SAME("fdt.node", node, tree.node_count);
    for (uint32_t i = 0; i < count; i++) {
        HOLDS("fdt.reservation", fdt_reservation(fdt, i, &base, &size));
        SAME("fdt.reservation", base, big(tree.reservations + (uint64_t)i * RESERVATION, 8));
        SAME("fdt.reservation", size, big(tree.reservations + (uint64_t)i * RESERVATION + 8, 8));
    }
    HOLDS("fdt.reservation", !fdt_reservation(fdt, (uint32_t)count, &base, &size));
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    harness_options(*argc, *argv);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct fdt fdt = {0};
    uint64_t len = min_u64(size, TREE_MAX);

    if ((uintptr_t)bytes % 8 != 0) {
        return 0; /* no driver does so: each gives a heap block of exactly this size */
    }
    tree.node_count = 0;
    tree.property_count = 0;
    tree.is_too_long = false;
    bool is_tree = read_header(bytes, len) && count_reservations() >= 0 && read_structure();
    enum fdt_error error = fdt_open(&fdt, bytes, len);
    HOLDS("fdt.text", fdt_error_text(error)[0] != '\0');
    SAME("fdt.accepted", error == FDT_OK, is_tree);
    if (is_tree && !tree.is_too_long) {
        compare_tree(&fdt);
    }
    return 0;
}
