/*
 * The structure block is a sequence of 4-byte aligned tokens:
 *     BEGIN_NODE name\0 { PROP len name-offset data } { BEGIN_NODE ... END_NODE } END_NODE END
 * with NOP anywhere. check_structure walks it once, with every bound checked; what it accepts,
 * the readers below may walk without looking at bounds again.
 */
#include "dev/fdt.h"

#include "base/string.h"

enum {
    MAGIC = 0xd00dfeed,
    VERSION = 17,

    TOKEN_BEGIN_NODE = 1,
    TOKEN_END_NODE = 2,
    TOKEN_PROP = 3,
    TOKEN_NOP = 4,
    TOKEN_END = 9,

    /* Header fields, by byte. */
    HEADER_MAGIC = 0,
    HEADER_TOTAL_SIZE = 4,
    HEADER_STRUCTURE = 8,
    HEADER_STRINGS = 12,
    HEADER_RESERVATIONS = 16,
    HEADER_VERSION = 20,
    HEADER_LAST_COMPATIBLE = 24,
    HEADER_STRINGS_LEN = 32,
    HEADER_STRUCTURE_LEN = 36,

    RESERVATION_BYTES = 16,
};

/* Everything but strings is big-endian and lies at a multiple of 4 bytes. */
static uint32_t read32(const uint8_t *at)
{
    return __builtin_bswap32(*(const uint32_t *)(const void *)at);
}

static uint64_t read64(const uint8_t *at)
{
    return (uint64_t)read32(at) << 32 | read32(at + 4);
}

static uint32_t align4(uint32_t offset)
{
    return (offset + 3) & ~(uint32_t)3;
}

/* Whether a NUL ends the string at bytes[start] before bytes[end]; *len without it. */
static bool string_ends(const char *bytes, uint32_t start, uint32_t end, uint32_t *len)
{
    for (uint32_t at = start; at < end; at++) {
        if (!bytes[at]) {
            *len = at - start;
            return true;
        }
    }
    return false;
}

/* ---- checking ---- */

/* The part of a structure block that is still to be checked, and what may come in it. */
struct check {
    const struct fdt *fdt;
    uint32_t at;
    unsigned depth;          /* of nodes that are open */
    bool properties_allowed; /* they come before the nodes within */
};

static enum fdt_error check_begin_node(struct check *check)
{
    uint32_t len;

    if (check->depth == FDT_DEPTH_MAX) {
        return FDT_TOO_DEEP;
    }
    if (!string_ends((const char *)check->fdt->structure, check->at, check->fdt->structure_len,
                     &len)) {
        return FDT_BAD_STRING;
    }
    check->at = align4(check->at + len + 1);
    check->depth++;
    check->properties_allowed = true;
    return FDT_OK;
}

static enum fdt_error check_property(struct check *check)
{
    const struct fdt *fdt = check->fdt;
    uint32_t rest = fdt->structure_len - check->at;
    uint32_t ignored;

    if (!check->properties_allowed || rest < 8) {
        return FDT_BAD_STRUCTURE;
    }
    uint32_t len = read32(fdt->structure + check->at);
    uint32_t name = read32(fdt->structure + check->at + 4);
    if (len > rest - 8) {
        return FDT_BAD_STRUCTURE;
    }
    if (!string_ends(fdt->strings, name, fdt->strings_len, &ignored)) {
        return FDT_BAD_STRING;
    }
    check->at = align4(check->at + 8 + len);
    return FDT_OK;
}

/* One tree, then END. */
static enum fdt_error check_structure(const struct fdt *fdt)
{
    struct check check = {.fdt = fdt};
    bool had_root = false;

    while (check.at < fdt->structure_len) {
        enum fdt_error error = FDT_OK;
        uint32_t token = read32(fdt->structure + check.at);

        check.at += 4;
        if (token == TOKEN_BEGIN_NODE && (check.depth || !had_root)) {
            had_root = true;
            error = check_begin_node(&check);
        } else if (token == TOKEN_END_NODE && check.depth) {
            check.depth--;
            check.properties_allowed = false;
        } else if (token == TOKEN_PROP) {
            error = check_property(&check);
        } else if (token == TOKEN_END && had_root && !check.depth) {
            return FDT_OK;
        } else if (token != TOKEN_NOP) {
            error = FDT_BAD_STRUCTURE;
        }
        if (error) {
            return error;
        }
    }
    return FDT_BAD_STRUCTURE;
}

/* Whether the header's block [start, start + len) lies behind the header and inside the tree. */
static bool is_inside(uint32_t start, uint32_t len, uint32_t total)
{
    return start >= FDT_HEADER_BYTES && start <= total && len <= total - start;
}

/* Counts the reservations in front of the pair of zeros that must end them. */
static bool count_reservations(struct fdt *fdt, uint32_t len)
{
    for (uint32_t count = 0; count < len / RESERVATION_BYTES; count++) {
        const uint8_t *entry = fdt->reservations + (size_t)count * RESERVATION_BYTES;

        if (!read64(entry) && !read64(entry + 8)) {
            fdt->reservation_count = count;
            return true;
        }
    }
    return false;
}

enum fdt_error fdt_length(const void *header, uint32_t *len)
{
    const uint8_t *bytes = header;

    if (read32(bytes + HEADER_MAGIC) != MAGIC) {
        return FDT_BAD_MAGIC;
    }
    *len = read32(bytes + HEADER_TOTAL_SIZE);
    return FDT_OK;
}

enum fdt_error fdt_open(struct fdt *fdt, const void *blob, size_t size)
{
    const uint8_t *bytes = blob;
    struct fdt found = {0};
    uint32_t total;
    enum fdt_error error;

    if ((uintptr_t)blob % 8) {
        return FDT_BAD_LAYOUT;
    }
    if (size < FDT_HEADER_BYTES) {
        return FDT_BAD_SIZE;
    }
    error = fdt_length(bytes, &total);
    if (error) {
        return error;
    }
    if (read32(bytes + HEADER_VERSION) < VERSION ||
        read32(bytes + HEADER_LAST_COMPATIBLE) > VERSION) {
        return FDT_BAD_VERSION;
    }
    if (total > size || total < FDT_HEADER_BYTES) {
        return FDT_BAD_SIZE;
    }

    uint32_t structure = read32(bytes + HEADER_STRUCTURE);
    uint32_t strings = read32(bytes + HEADER_STRINGS);
    uint32_t reservations = read32(bytes + HEADER_RESERVATIONS);
    found.structure_len = read32(bytes + HEADER_STRUCTURE_LEN);
    found.strings_len = read32(bytes + HEADER_STRINGS_LEN);
    if (!is_inside(structure, found.structure_len, total) || structure % 4 ||
        found.structure_len % 4 || !is_inside(strings, found.strings_len, total) ||
        !is_inside(reservations, 0, total) || reservations % 8) {
        return FDT_BAD_LAYOUT;
    }
    found.structure = bytes + structure;
    found.strings = (const char *)bytes + strings;
    found.reservations = bytes + reservations;
    if (!count_reservations(&found, total - reservations)) {
        return FDT_BAD_LAYOUT;
    }

    error = check_structure(&found);
    if (!error) {
        *fdt = found;
    }
    return error;
}

const char *fdt_error_text(enum fdt_error error)
{
    static const char *const texts[] = {
        [FDT_OK] = "no error",
        [FDT_BAD_MAGIC] = "no device tree there (wrong magic number)",
        [FDT_BAD_VERSION] = "not compatible with version 17",
        [FDT_BAD_SIZE] = "cut off",
        [FDT_BAD_LAYOUT] = "a block lies outside of it, or is misaligned",
        [FDT_BAD_STRUCTURE] = "its structure is damaged",
        [FDT_BAD_STRING] = "a name has no end",
        [FDT_TOO_DEEP] = "nodes are nested too deeply",
    };

    return texts[error];
}

bool fdt_reservation(const struct fdt *fdt, uint32_t index, uint64_t *base, uint64_t *size)
{
    if (index >= fdt->reservation_count) {
        return false;
    }
    const uint8_t *entry = fdt->reservations + (size_t)index * RESERVATION_BYTES;
    *base = read64(entry);
    *size = read64(entry + 8);
    return true;
}

/* ---- walking ---- */

/* The first token at or behind `at` that is not a NOP. */
static uint32_t skip_nops(const struct fdt *fdt, uint32_t at)
{
    while (read32(fdt->structure + at) == TOKEN_NOP) {
        at += 4;
    }
    return at;
}

/* Where a node's first property would be. */
static uint32_t node_body(const struct fdt *fdt, uint32_t node)
{
    const char *name = (const char *)fdt->structure + node + 4;

    return skip_nops(fdt, align4(node + 4 + (uint32_t)str_len(name) + 1));
}

/* Reads the property at *at and steps behind it; false: no more properties. */
static bool read_property(const struct fdt *fdt, uint32_t *at, struct fdt_property *property)
{
    const uint8_t *token = fdt->structure + *at;

    if (read32(token) != TOKEN_PROP) {
        return false;
    }
    property->len = read32(token + 4);
    property->name = fdt->strings + read32(token + 8);
    property->data = token + 12;
    *at = skip_nops(fdt, align4(*at + 12 + property->len));
    return true;
}

static bool node_property(const struct fdt *fdt, uint32_t node, const char *name,
                          struct fdt_property *property)
{
    uint32_t at = node_body(fdt, node);
    struct fdt_property found;

    while (read_property(fdt, &at, &found)) {
        if (found.name[0] == name[0] && str_equal(found.name, name)) {
            *property = found;
            return true;
        }
    }
    return false;
}

/* A property of exactly one cell, or the default. */
static uint32_t node_cell(const struct fdt *fdt, uint32_t node, const char *name, uint32_t absent)
{
    struct fdt_property property;

    if (!node_property(fdt, node, name, &property) || property.len != 4) {
        return absent;
    }
    return read32(property.data);
}

void fdt_root(const struct fdt *fdt, struct fdt_node *node)
{
    node->depth = 0;
    node->path[0] = skip_nops(fdt, 0);
}

bool fdt_next(const struct fdt *fdt, struct fdt_node *node)
{
    uint32_t at = node_body(fdt, node->path[node->depth]);
    unsigned open = node->depth + 1;
    struct fdt_property ignored;

    while (read_property(fdt, &at, &ignored)) {
    }
    while (open && read32(fdt->structure + at) == TOKEN_END_NODE) {
        open--;
        at = skip_nops(fdt, at + 4);
    }
    if (!open) {
        return false;
    }
    node->depth = open;
    node->path[open] = at;
    return true;
}

const char *fdt_name(const struct fdt *fdt, const struct fdt_node *node)
{
    return (const char *)fdt->structure + node->path[node->depth] + 4;
}

/* Whether a node's name is the path part [part, part + len), its unit address aside if part has
 * none. */
static bool name_fits(const char *name, const char *part, size_t len)
{
    bool has_unit = false;

    for (size_t i = 0; i < len; i++) {
        has_unit |= part[i] == '@';
        if (name[i] != part[i]) {
            return false;
        }
    }
    return !name[len] || (name[len] == '@' && !has_unit);
}

/* Steps from *node to the child that fits. */
static bool find_child(const struct fdt *fdt, struct fdt_node *node, const char *part, size_t len)
{
    struct fdt_node at = *node;

    while (fdt_next(fdt, &at) && at.depth > node->depth) {
        if (at.depth == node->depth + 1 && name_fits(fdt_name(fdt, &at), part, len)) {
            *node = at;
            return true;
        }
    }
    return false;
}

bool fdt_find(const struct fdt *fdt, const char *path, struct fdt_node *node)
{
    struct fdt_node at;

    if (*path != '/') {
        return false;
    }
    fdt_root(fdt, &at);
    for (;;) {
        size_t len = 0;

        while (*path == '/') {
            path++;
        }
        while (path[len] && path[len] != '/') {
            len++;
        }
        if (!len) {
            *node = at;
            return true;
        }
        if (!find_child(fdt, &at, path, len)) {
            return false;
        }
        path += len;
    }
}

/* ---- properties ---- */

bool fdt_property(const struct fdt *fdt, const struct fdt_node *node, const char *name,
                  struct fdt_property *property)
{
    return node_property(fdt, node->path[node->depth], name, property);
}

const char *fdt_string(const struct fdt *fdt, const struct fdt_node *node, const char *name)
{
    struct fdt_property property;
    uint32_t ignored;

    if (!fdt_property(fdt, node, name, &property) ||
        !string_ends((const char *)property.data, 0, property.len, &ignored)) {
        return NULL;
    }
    return (const char *)property.data;
}

bool fdt_number(const struct fdt *fdt, const struct fdt_node *node, const char *name,
                uint64_t *value)
{
    struct fdt_property property;

    if (!fdt_property(fdt, node, name, &property) || (property.len != 4 && property.len != 8)) {
        return false;
    }
    *value = property.len == 4 ? read32(property.data) : read64(property.data);
    return true;
}

bool fdt_is_compatible(const struct fdt *fdt, const struct fdt_node *node, const char *compatible)
{
    struct fdt_property list;
    uint32_t len;

    if (!fdt_property(fdt, node, "compatible", &list)) {
        return false;
    }
    for (uint32_t at = 0; string_ends((const char *)list.data, at, list.len, &len); at += len + 1) {
        if (str_equal((const char *)list.data + at, compatible)) {
            return true;
        }
    }
    return false;
}

bool fdt_is_enabled(const struct fdt *fdt, const struct fdt_node *node)
{
    struct fdt_property property;

    if (!fdt_property(fdt, node, "status", &property)) {
        return true;
    }
    const char *status = fdt_string(fdt, node, "status");
    return status && (str_equal(status, "okay") || str_equal(status, "ok"));
}

bool fdt_find_compatible(const struct fdt *fdt, const char *compatible, struct fdt_node *node)
{
    struct fdt_node at;

    fdt_root(fdt, &at);
    do {
        if (fdt_is_compatible(fdt, &at, compatible) && fdt_is_enabled(fdt, &at)) {
            *node = at;
            return true;
        }
    } while (fdt_next(fdt, &at));
    return false;
}

/* A number of cells cells, 0 to 2. */
static uint64_t read_cells(const uint8_t *at, uint32_t cells)
{
    return cells == 0 ? 0 : cells == 1 ? read32(at) : read64(at);
}

bool fdt_reg(const struct fdt *fdt, const struct fdt_node *node, unsigned index, uint64_t *base,
             uint64_t *size)
{
    struct fdt_property reg;

    if (!node->depth || !fdt_property(fdt, node, "reg", &reg)) {
        return false;
    }
    uint32_t parent = node->path[node->depth - 1];
    uint32_t address_cells = node_cell(fdt, parent, "#address-cells", 2);
    uint32_t size_cells = node_cell(fdt, parent, "#size-cells", 1);
    if (address_cells < 1 || address_cells > 2 || size_cells > 2) {
        return false;
    }
    uint32_t entry = 4 * (address_cells + size_cells);
    if (index >= reg.len / entry) {
        return false;
    }
    const uint8_t *at = reg.data + (size_t)index * entry;
    uint64_t found_base = read_cells(at, address_cells);
    uint64_t found_size = read_cells(at + (size_t)address_cells * 4, size_cells);
    if (found_size > UINT64_MAX - found_base) {
        return false;
    }
    *base = found_base;
    *size = found_size;
    return true;
}

/* The phandle of the node's interrupt parent: the property here or in the nearest node above. */
static bool interrupt_parent(const struct fdt *fdt, const struct fdt_node *node, uint32_t *phandle)
{
    struct fdt_property property;

    for (unsigned depth = node->depth + 1; depth-- > 0;) {
        if (node_property(fdt, node->path[depth], "interrupt-parent", &property)) {
            *phandle = property.len == 4 ? read32(property.data) : 0;
            return property.len == 4;
        }
    }
    return false;
}

static bool find_phandle(const struct fdt *fdt, uint32_t phandle, struct fdt_node *node)
{
    struct fdt_property property;

    fdt_root(fdt, node);
    do {
        if (fdt_property(fdt, node, "phandle", &property) && property.len == 4 &&
            read32(property.data) == phandle) {
            return true;
        }
    } while (fdt_next(fdt, node));
    return false;
}

bool fdt_interrupt(const struct fdt *fdt, const struct fdt_node *node, unsigned index,
                   struct fdt_interrupt *interrupt)
{
    enum { CELLS = 3, KIND_SPI = 0, KIND_PPI = 1 };
    struct fdt_property property;
    struct fdt_node controller;
    uint32_t phandle;

    if (!fdt_property(fdt, node, "interrupts", &property) ||
        !interrupt_parent(fdt, node, &phandle) || !find_phandle(fdt, phandle, &controller) ||
        node_cell(fdt, controller.path[controller.depth], "#interrupt-cells", 0) != CELLS ||
        index >= property.len / (CELLS * 4)) {
        return false;
    }
    const uint8_t *at = property.data + (size_t)index * CELLS * 4;
    uint32_t kind = read32(at);
    if (kind != KIND_SPI && kind != KIND_PPI) {
        return false;
    }
    interrupt->is_private = kind == KIND_PPI;
    interrupt->number = read32(at + 4);
    return true;
}
