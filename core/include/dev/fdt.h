/*
 * A reader of flattened device trees (Devicetree Specification 0.4, chapters 2, 3 and 5): pure
 * functions over bytes that a loader gave us and nobody has checked. fdt_open checks the whole
 * tree once and never looks outside [blob, blob + size); the others then cannot fail in any way
 * but "not there". No state, no locks.
 */
#ifndef DEV_FDT_H
#define DEV_FDT_H

#include "base/types.h"

enum {
    FDT_HEADER_BYTES = 40,
    FDT_DEPTH_MAX = 16, /* nodes inside each other, the root included */
};

enum fdt_error {
    FDT_OK,
    FDT_BAD_MAGIC,
    FDT_BAD_VERSION,   /* not compatible with version 17 */
    FDT_BAD_SIZE,      /* cut off: the header promises more than there is, or there is no header */
    FDT_BAD_LAYOUT,    /* a block lies outside the tree, or it or the tree is misaligned */
    FDT_BAD_STRUCTURE, /* a token that may not come there, or none where one must come */
    FDT_BAD_STRING,    /* a name without its end */
    FDT_TOO_DEEP,
};

struct fdt {
    const uint8_t *structure;
    uint32_t structure_len;
    const char *strings;
    uint32_t strings_len;
    const uint8_t *reservations;
    uint32_t reservation_count;
};

/* A place in the tree: a value, to be copied freely. Its address in the structure block and those
 * of the nodes around it. */
struct fdt_node {
    unsigned depth; /* 0: the root */
    uint32_t path[FDT_DEPTH_MAX];
};

struct fdt_property {
    const char *name;
    const uint8_t *data;
    uint32_t len;
};

/* As the interrupt controllers GICv2 and GICv3 number them. */
struct fdt_interrupt {
    bool is_private; /* a PPI, else an SPI; number counts within its kind */
    uint32_t number;
};

/* Reads what the first FDT_HEADER_BYTES, at a multiple of 4 bytes, say of the tree's length.
 * FDT_OK or FDT_BAD_MAGIC. */
MUST_CHECK enum fdt_error fdt_length(const void *header, uint32_t *len);

/* Checks [blob, blob + size), which must not change from now on, and sets *fdt if all is well. A
 * tree begins at a multiple of 8 bytes. */
MUST_CHECK enum fdt_error fdt_open(struct fdt *fdt, const void *blob, size_t size);

/* A few words for a person. */
const char *fdt_error_text(enum fdt_error error);

/* An entry of the memory reservation block; false: there is no such entry. */
bool fdt_reservation(const struct fdt *fdt, uint32_t index, uint64_t *base, uint64_t *size);

/* Walks all nodes in the order of the tree: first the root, then the one behind *node, if any. */
void fdt_root(const struct fdt *fdt, struct fdt_node *node);
bool fdt_next(const struct fdt *fdt, struct fdt_node *node);

/* The node's name with its unit address; "" for the root. */
const char *fdt_name(const struct fdt *fdt, const struct fdt_node *node);

/* The node with an absolute path. A part without '@' also fits a name with any unit address. */
bool fdt_find(const struct fdt *fdt, const char *path, struct fdt_node *node);

/* The first enabled node that lists this string in its compatible property. */
bool fdt_find_compatible(const struct fdt *fdt, const char *compatible, struct fdt_node *node);
bool fdt_is_compatible(const struct fdt *fdt, const struct fdt_node *node, const char *compatible);

/* False if the status property says anything but "okay" or "ok". */
bool fdt_is_enabled(const struct fdt *fdt, const struct fdt_node *node);

bool fdt_property(const struct fdt *fdt, const struct fdt_node *node, const char *name,
                  struct fdt_property *property);

/* The first string of a property; NULL: no such property, or no string. */
const char *fdt_string(const struct fdt *fdt, const struct fdt_node *node, const char *name);

/* A property of one or of two cells. */
bool fdt_number(const struct fdt *fdt, const struct fdt_node *node, const char *name,
                uint64_t *value);

/* An address and a size of reg, by the cells that the parent names (2 and 1 where it names none).
 * False: no such entry, cells other than 0 to 2, or a range that wraps. No ranges are applied. */
bool fdt_reg(const struct fdt *fdt, const struct fdt_node *node, unsigned index, uint64_t *base,
             uint64_t *size);

/* An entry of interrupts whose parent, named here or above, takes three cells. */
bool fdt_interrupt(const struct fdt *fdt, const struct fdt_node *node, unsigned index,
                   struct fdt_interrupt *interrupt);

#endif
