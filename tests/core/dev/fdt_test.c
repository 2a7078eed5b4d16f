/*
 * The device-tree reader, with trees compiled by dtc, made by hand and damaged. Every blob is a
 * heap block of exactly its size, so that the sanitizer sees a read outside.
 */
#include "dev/fdt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/random.h"
#include "test.h"

static const char source[] =
    "/dts-v1/;\n"
    "/memreserve/ 0x1000 0x2000;\n"
    "/memreserve/ 0x100000000 0x10;\n"
    "/ {\n"
    "  #address-cells = <2>; #size-cells = <2>; interrupt-parent = <&gic>;\n"
    "  compatible = \"linux,dummy-virt\";\n"
    "  aliases { serial0 = \"/bus/uart@9000000\"; };\n"
    "  chosen {\n"
    "    bootargs = \"det=1 -- /bin/story\"; linux,initrd-start = <0x48000000>;\n"
    "    linux,initrd-end = <0x1 0x48001000>; three = <1 2 3>;\n"
    "    empty; raw = [61 62]; two-strings = \"first\", \"second\";\n"
    "  };\n"
    "  memory@40000000 { device_type = \"memory\"; reg = <0 0x40000000 1 0>, <2 0 0 0x1000>; };\n"
    "  wrap { reg = <0xffffffff 0xffffffff 0 2>; };\n"
    "  short { reg = <0 1 2>; };\n"
    "  gic: intc@8000000 {\n"
    "    compatible = \"arm,cortex-a15-gic\"; #interrupt-cells = <3>; interrupt-controller;\n"
    "    reg = <0 0x8000000 0 0x10000>, <0 0x8010000 0 0x10000>;\n"
    "  };\n"
    "  gpio: gpio { #interrupt-cells = <2>; interrupt-controller; };\n"
    "  bus {\n"
    "    #address-cells = <1>; #size-cells = <1>;\n"
    "    uart@9000000 {\n"
    "      compatible = \"arm,pl011\", \"arm,primecell\"; reg = <0x9000000 0x1000>;\n"
    "      interrupts = <0 1 4>, <1 11 4>, <2 0 4>; child { reg = <0 5 6>; };\n"
    "    };\n"
    "    off { compatible = \"vendor,off\"; status = \"disabled\"; };\n"
    "    on { compatible = \"vendor,off\"; status = \"okay\"; };\n"
    "    key { interrupts = <1 2>; interrupt-parent = <&gpio>; };\n"
    "    lost { interrupts = <0 3 4>; interrupt-parent = <0x7777>; };\n"
    "    no-size { #size-cells = <0>; #address-cells = <1>; cpu@7 { reg = <7>; }; };\n"
    "    wide { #address-cells = <3>; device { reg = <1 2 3 4>; }; };\n"
    "  };\n"
    "};\n";

struct blob {
    uint8_t *bytes;
    size_t size;
};

/* What a shell command writes when it is given input. */
static struct blob run(const char *command, const char *input)
{
    char path[] = "/tmp/fdt_test.XXXXXX", line[512];
    struct blob blob = {0};
    int fd = mkstemp(path);
    long size;

    EXPECT(fd >= 0);
    snprintf(line, sizeof(line), command, path);
    FILE *pipe = popen(line, "w");
    EXPECT(pipe);
    fputs(input, pipe);
    EXPECT_EQ(pclose(pipe), 0);
    close(fd);
    FILE *file = fopen(path, "rb"); /* it may be another file by now */
    EXPECT(file);
    fseek(file, 0, SEEK_END);
    size = ftell(file);
    rewind(file);
    EXPECT(size > 0);
    blob.size = (size_t)size;
    blob.bytes = malloc(blob.size);
    EXPECT_EQ(fread(blob.bytes, 1, blob.size, file), blob.size);
    fclose(file);
    unlink(path);
    return blob;
}

static struct blob compile(const char *text)
{
    return run("dtc -q -I dts -O dtb -o %s -", text);
}

static struct blob copy(const uint8_t *bytes, size_t size)
{
    struct blob blob = {malloc(size ? size : 1), size};

    memcpy(blob.bytes, bytes, size);
    return blob;
}

static void open_source(struct fdt *fdt)
{
    struct blob blob = compile(source);

    EXPECT_EQ(fdt_open(fdt, blob.bytes, blob.size), FDT_OK);
}

static void find(const struct fdt *fdt, const char *path, struct fdt_node *node)
{
    test_note("path %s", path);
    EXPECT(fdt_find(fdt, path, node));
}

static uint32_t be32(uint32_t value)
{
    return __builtin_bswap32(value);
}

/* The header's field at an offset, and a change to it. */
static uint32_t get32(const uint8_t *bytes, size_t offset)
{
    uint32_t value;

    memcpy(&value, bytes + offset, 4);
    return be32(value);
}

static void put32(uint8_t *bytes, size_t offset, uint32_t value)
{
    value = be32(value);
    memcpy(bytes + offset, &value, 4);
}

TEST(fdt_walks_in_order)
{
    static const char *const names[] = {
        "",      "aliases",      "chosen",       "memory@40000000",
        "wrap",  "short",        "intc@8000000", "gpio",
        "bus",   "uart@9000000", "child",        "off",
        "on",    "key",          "lost",         "no-size",
        "cpu@7", "wide",         "device",
    };
    static const unsigned depths[] = {0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3, 2, 2, 2, 2, 2, 3, 2, 3};
    struct fdt fdt;
    struct fdt_node node;
    size_t count = 0;

    open_source(&fdt);
    fdt_root(&fdt, &node);
    do {
        EXPECT(count < ARRAY_LEN(names));
        EXPECT_STREQ(fdt_name(&fdt, &node), names[count]);
        EXPECT_EQ(node.depth, depths[count]);
        count++;
    } while (fdt_next(&fdt, &node));
    EXPECT_EQ(count, ARRAY_LEN(names));
}

TEST(fdt_finds_paths)
{
    static const char *const absent[] = {
        "",           "chosen",    "/chose",   "/chosenx", "/bus/uart@9000001", "/uart@9000000",
        "/bus/uart@", "/chosen/x", "/memory@4"};
    struct fdt fdt;
    struct fdt_node node;

    open_source(&fdt);
    find(&fdt, "/", &node);
    EXPECT_EQ(node.depth, 0);
    find(&fdt, "/memory", &node);
    EXPECT_STREQ(fdt_name(&fdt, &node), "memory@40000000");
    find(&fdt, "/bus/uart@9000000/child", &node);
    EXPECT_EQ(node.depth, 3);
    find(&fdt, "//bus//uart/", &node);
    EXPECT_EQ(node.depth, 2);
    for (size_t i = 0; i < ARRAY_LEN(absent); i++) {
        test_note("path %s", absent[i]);
        EXPECT(!fdt_find(&fdt, absent[i], &node));
    }
}

TEST(fdt_reads_properties)
{
    struct fdt fdt;
    struct fdt_node node;
    struct fdt_property property;
    uint64_t value = 99;

    open_source(&fdt);
    find(&fdt, "/chosen", &node);
    EXPECT_STREQ(fdt_string(&fdt, &node, "bootargs"), "det=1 -- /bin/story");
    EXPECT_STREQ(fdt_string(&fdt, &node, "two-strings"), "first");
    EXPECT_STREQ(fdt_string(&fdt, &node, "empty"), NULL);
    EXPECT_STREQ(fdt_string(&fdt, &node, "raw"), NULL);
    EXPECT_STREQ(fdt_string(&fdt, &node, "bootarg"), NULL);
    EXPECT(fdt_property(&fdt, &node, "empty", &property));
    EXPECT_EQ(property.len, 0);
    EXPECT(fdt_property(&fdt, &node, "raw", &property));
    EXPECT_EQ(property.len, 2);
    EXPECT_MEMEQ(property.data, "ab", 2);
    EXPECT(!fdt_number(&fdt, &node, "three", &value));
    EXPECT(!fdt_number(&fdt, &node, "empty", &value));
    EXPECT(!fdt_number(&fdt, &node, "absent", &value));
    EXPECT_EQ(value, 99);
    EXPECT(fdt_number(&fdt, &node, "linux,initrd-start", &value));
    EXPECT_EQ(value, 0x48000000);
    EXPECT(fdt_number(&fdt, &node, "linux,initrd-end", &value));
    EXPECT_EQ(value, 0x148001000);
}

TEST(fdt_reads_reg)
{
    struct fdt fdt;
    struct fdt_node node;
    uint64_t base = 99, size = 99;

    open_source(&fdt);
    find(&fdt, "/memory", &node);
    EXPECT(fdt_reg(&fdt, &node, 0, &base, &size));
    EXPECT(base == 0x40000000 && size == 0x100000000);
    EXPECT(fdt_reg(&fdt, &node, 1, &base, &size));
    EXPECT(base == 0x200000000 && size == 0x1000);
    EXPECT(!fdt_reg(&fdt, &node, 2, &base, &size));
    EXPECT(!fdt_reg(&fdt, &node, UINT32_MAX, &base, &size));
    EXPECT(base == 0x200000000 && size == 0x1000);
    find(&fdt, "/bus/uart", &node);
    EXPECT(fdt_reg(&fdt, &node, 0, &base, &size));
    EXPECT(base == 0x9000000 && size == 0x1000);
    find(&fdt, "/bus/uart/child", &node); /* the parent names no cells: 2 and 1 */
    EXPECT(fdt_reg(&fdt, &node, 0, &base, &size));
    EXPECT(base == 5 && size == 6);
    find(&fdt, "/bus/no-size/cpu", &node);
    EXPECT(fdt_reg(&fdt, &node, 0, &base, &size));
    EXPECT(base == 7 && size == 0);
    find(&fdt, "/bus/wide/device", &node);
    EXPECT(!fdt_reg(&fdt, &node, 0, &base, &size));
    find(&fdt, "/wrap", &node);
    EXPECT(!fdt_reg(&fdt, &node, 0, &base, &size));
    find(&fdt, "/short", &node);
    EXPECT(!fdt_reg(&fdt, &node, 0, &base, &size));
    find(&fdt, "/chosen", &node);
    EXPECT(!fdt_reg(&fdt, &node, 0, &base, &size));
    find(&fdt, "/", &node);
    EXPECT(!fdt_reg(&fdt, &node, 0, &base, &size));
}

TEST(fdt_finds_compatible)
{
    struct fdt fdt;
    struct fdt_node node;

    open_source(&fdt);
    EXPECT(fdt_find_compatible(&fdt, "linux,dummy-virt", &node));
    EXPECT_EQ(node.depth, 0);
    EXPECT(fdt_find_compatible(&fdt, "arm,primecell", &node));
    EXPECT_STREQ(fdt_name(&fdt, &node), "uart@9000000");
    EXPECT(fdt_is_compatible(&fdt, &node, "arm,pl011"));
    EXPECT(!fdt_is_compatible(&fdt, &node, "arm,pl01"));
    EXPECT(!fdt_is_compatible(&fdt, &node, "arm,pl0111"));
    EXPECT(!fdt_is_compatible(&fdt, &node, ""));
    EXPECT(fdt_find_compatible(&fdt, "vendor,off", &node));
    EXPECT_STREQ(fdt_name(&fdt, &node), "on");
    EXPECT(!fdt_find_compatible(&fdt, "arm,gic-v3", &node));
}

TEST(fdt_reads_interrupts)
{
    struct fdt fdt;
    struct fdt_node node;
    struct fdt_interrupt interrupt;

    open_source(&fdt);
    find(&fdt, "/bus/uart", &node);
    EXPECT(fdt_interrupt(&fdt, &node, 0, &interrupt));
    EXPECT(!interrupt.is_private && interrupt.number == 1);
    EXPECT(fdt_interrupt(&fdt, &node, 1, &interrupt));
    EXPECT(interrupt.is_private && interrupt.number == 11);
    EXPECT(!fdt_interrupt(&fdt, &node, 2, &interrupt)); /* neither SPI nor PPI */
    EXPECT(!fdt_interrupt(&fdt, &node, 3, &interrupt));
    find(&fdt, "/bus/key", &node);
    EXPECT(!fdt_interrupt(&fdt, &node, 0, &interrupt));
    find(&fdt, "/bus/lost", &node);
    EXPECT(!fdt_interrupt(&fdt, &node, 0, &interrupt));
    find(&fdt, "/chosen", &node);
    EXPECT(!fdt_interrupt(&fdt, &node, 0, &interrupt));
}

TEST(fdt_reads_reservations)
{
    struct fdt fdt;
    uint64_t base, size;

    open_source(&fdt);
    EXPECT(fdt_reservation(&fdt, 0, &base, &size));
    EXPECT(base == 0x1000 && size == 0x2000);
    EXPECT(fdt_reservation(&fdt, 1, &base, &size));
    EXPECT(base == 0x100000000 && size == 0x10);
    EXPECT(!fdt_reservation(&fdt, 2, &base, &size));
}

TEST(fdt_reads_the_tree_of_qemu)
{
    struct blob blob = run(
        "qemu-system-aarch64 -M virt,dumpdtb=%s -cpu cortex-a57 -m 300M -display none -nodefaults "
        "> /dev/null 2>&1",
        "");
    struct fdt fdt;
    struct fdt_node node;
    struct fdt_interrupt interrupt;
    uint64_t base, size;

    EXPECT_EQ(fdt_open(&fdt, blob.bytes, blob.size), FDT_OK);
    find(&fdt, "/memory", &node);
    EXPECT(fdt_reg(&fdt, &node, 0, &base, &size));
    EXPECT(base == 0x40000000 && size == 300 << 20);
    EXPECT(fdt_find_compatible(&fdt, "arm,pl011", &node));
    EXPECT(fdt_reg(&fdt, &node, 0, &base, &size) && base == 0x9000000);
    EXPECT(fdt_interrupt(&fdt, &node, 0, &interrupt));
    EXPECT(!interrupt.is_private && interrupt.number == 1);
    EXPECT(fdt_find_compatible(&fdt, "arm,armv8-timer", &node));
    EXPECT(fdt_interrupt(&fdt, &node, 2, &interrupt));
    EXPECT(interrupt.is_private && interrupt.number == 11);
    EXPECT(fdt_find_compatible(&fdt, "arm,cortex-a15-gic", &node));
    EXPECT(fdt_reg(&fdt, &node, 1, &base, &size) && base == 0x8010000);
    EXPECT(fdt_find_compatible(&fdt, "arm,psci-1.0", &node));
    EXPECT_STREQ(fdt_string(&fdt, &node, "method"), "hvc");
}

/* ---- trees by hand ---- */

enum { BEGIN = 1, END_NODE = 2, PROP = 3, NOP = 4, END = 9, NAME = 0x61000000 /* "a" */ };

enum { HEADER = 40, RESERVATIONS = HEADER, STRUCTURE = RESERVATIONS + 16 };

/* A tree of these tokens; its strings are "p", at 0, and "q". */
static struct blob by_hand(const uint32_t *tokens, size_t count)
{
    size_t strings = STRUCTURE + count * 4;
    struct blob blob = {calloc(1, strings + 4), strings + 4};
    const uint32_t header[] = {
        0xd00dfeed, (uint32_t)blob.size,  STRUCTURE, (uint32_t)strings, RESERVATIONS, 17, 16, 0,
        4,          (uint32_t)(count * 4)};

    for (size_t i = 0; i < ARRAY_LEN(header); i++) {
        put32(blob.bytes, i * 4, header[i]);
    }
    for (size_t i = 0; i < count; i++) {
        put32(blob.bytes, STRUCTURE + i * 4, tokens[i]);
    }
    memcpy(blob.bytes + strings, "p\0q", 4);
    return blob;
}

static enum fdt_error open_tokens(const uint32_t *tokens, size_t count)
{
    struct blob blob = by_hand(tokens, count);
    struct fdt fdt;

    return fdt_open(&fdt, blob.bytes, blob.size);
}

#define OPEN(...)                                                                                  \
    open_tokens((const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / 4)

TEST(fdt_checks_the_structure)
{
    EXPECT_EQ(OPEN(BEGIN, 0, END_NODE, END), FDT_OK);
    EXPECT_EQ(OPEN(NOP, BEGIN, 0, NOP, PROP, 0, 0, NOP, END_NODE, NOP, END), FDT_OK);
    EXPECT_EQ(OPEN(BEGIN, 0, END_NODE, END, 77), FDT_OK); /* END is the end */
    EXPECT_EQ(OPEN(BEGIN, 0, PROP, 3, 2, NAME, BEGIN, NAME, END_NODE, END_NODE, END), FDT_OK);
    EXPECT_EQ(OPEN(BEGIN, 0, END_NODE), FDT_BAD_STRUCTURE);
    EXPECT_EQ(OPEN(BEGIN, 0, END), FDT_BAD_STRUCTURE);
    EXPECT_EQ(OPEN(BEGIN, 0), FDT_BAD_STRUCTURE);
    EXPECT_EQ(OPEN(END), FDT_BAD_STRUCTURE);
    EXPECT_EQ(OPEN(NOP), FDT_BAD_STRUCTURE);
    EXPECT_EQ(OPEN(END_NODE, END), FDT_BAD_STRUCTURE);
    EXPECT_EQ(OPEN(PROP, 0, 0, BEGIN, 0, END_NODE, END), FDT_BAD_STRUCTURE);
    EXPECT_EQ(OPEN(BEGIN, 0, END_NODE, PROP, 0, 0, END), FDT_BAD_STRUCTURE);
    EXPECT_EQ(OPEN(BEGIN, 0, END_NODE, END_NODE, END), FDT_BAD_STRUCTURE);
    EXPECT_EQ(OPEN(BEGIN, 0, END_NODE, BEGIN, 0, END_NODE, END), FDT_BAD_STRUCTURE);
    EXPECT_EQ(OPEN(BEGIN, 0, BEGIN, NAME, END_NODE, PROP, 0, 0, END_NODE, END), FDT_BAD_STRUCTURE);
    EXPECT_EQ(OPEN(BEGIN, 0, 5, END_NODE, END), FDT_BAD_STRUCTURE);
    EXPECT_EQ(OPEN(BEGIN, 0, 0, END_NODE, END), FDT_BAD_STRUCTURE);
    EXPECT_EQ(OPEN(BEGIN, 0, PROP, 0), FDT_BAD_STRUCTURE);
    EXPECT_EQ(OPEN(BEGIN, 0, PROP, 12, 0, END_NODE, END), FDT_BAD_STRUCTURE);
    EXPECT_EQ(OPEN(BEGIN, 0, PROP, 0xffffffff, 0, END_NODE, END), FDT_BAD_STRUCTURE);
    EXPECT_EQ(OPEN(BEGIN, 0, PROP, 0xfffffff8, 0, END_NODE, END), FDT_BAD_STRUCTURE);
    EXPECT_EQ(OPEN(BEGIN, 0, PROP, 0, 4, END_NODE, END), FDT_BAD_STRING);
    EXPECT_EQ(OPEN(BEGIN, 0, PROP, 0, 0xffffffff, END_NODE, END), FDT_BAD_STRING);
    EXPECT_EQ(OPEN(BEGIN), FDT_BAD_STRING);
    EXPECT_EQ(OPEN(BEGIN, 0x61616161, 0x61616161), FDT_BAD_STRING);
}

TEST(fdt_skips_nops)
{
    static const uint32_t tokens[] = {NOP,  BEGIN, 0,        NOP, PROP,     4,   0,   5,
                                      NOP,  NOP,   PROP,     4,   2,        6,   NOP, BEGIN,
                                      NAME, NOP,   END_NODE, NOP, END_NODE, NOP, END};
    struct blob blob = by_hand(tokens, ARRAY_LEN(tokens));
    struct fdt fdt;
    struct fdt_node node;
    uint64_t value;

    EXPECT_EQ(fdt_open(&fdt, blob.bytes, blob.size), FDT_OK);
    fdt_root(&fdt, &node);
    EXPECT(fdt_number(&fdt, &node, "q", &value));
    EXPECT_EQ(value, 6);
    EXPECT(fdt_next(&fdt, &node));
    EXPECT_STREQ(fdt_name(&fdt, &node), "a");
    EXPECT(!fdt_number(&fdt, &node, "q", &value));
    EXPECT(!fdt_next(&fdt, &node));
}

TEST(fdt_limits_depth)
{
    for (size_t depth = FDT_DEPTH_MAX; depth <= FDT_DEPTH_MAX + 1; depth++) {
        uint32_t tokens[3 * (FDT_DEPTH_MAX + 1) + 1];
        size_t count = 0;

        for (size_t i = 0; i < depth; i++) {
            tokens[count++] = BEGIN;
            tokens[count++] = i ? NAME : 0;
        }
        for (size_t i = 0; i < depth; i++) {
            tokens[count++] = END_NODE;
        }
        tokens[count++] = END;
        EXPECT_EQ(open_tokens(tokens, count), depth > FDT_DEPTH_MAX ? FDT_TOO_DEEP : FDT_OK);
    }
}

/* ---- damage ---- */

static volatile uint64_t answers; /* so that they are computed */

/* Asks every question about every node. */
static void ask_all(const struct fdt *fdt)
{
    static const char *const names[] = {
        "reg",         "compatible",       "status",
        "bootargs",    "linux,initrd-end", "interrupts",
        "empty",       "interrupt-parent", "#address-cells",
        "#size-cells", "phandle",          "device_type",
        "p",
    };
    static const char *const paths[] = {"/", "/chosen", "/bus/uart", "/bus/uart@9000000/child",
                                        "x"};
    struct fdt_node node;
    struct fdt_interrupt interrupt;
    struct fdt_property property;
    uint64_t base, size, sum = 0;
    const char *string;

    fdt_root(fdt, &node);
    do {
        sum += strlen(fdt_name(fdt, &node)) + fdt_is_enabled(fdt, &node);
        sum += fdt_is_compatible(fdt, &node, "none such");
        for (size_t i = 0; i < ARRAY_LEN(names); i++) {
            sum += fdt_number(fdt, &node, names[i], &base);
            string = fdt_string(fdt, &node, names[i]);
            sum += string ? strlen(string) : 0;
            if (fdt_property(fdt, &node, names[i], &property)) {
                for (uint32_t at = 0; at < property.len; at++) {
                    sum += property.data[at];
                }
            }
        }
        for (unsigned i = 0; i < 3; i++) {
            sum += fdt_reg(fdt, &node, i, &base, &size);
            sum += fdt_interrupt(fdt, &node, i, &interrupt);
        }
    } while (fdt_next(fdt, &node));
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        sum += fdt_find(fdt, paths[i], &node);
    }
    for (uint32_t i = 0; fdt_reservation(fdt, i, &base, &size); i++) {
        sum += base;
    }
    answers += sum;
}

/* Gives a copy to the reader; if it takes it, asks. */
static enum fdt_error try(const uint8_t *bytes, size_t size)
{
    struct blob blob = copy(bytes, size);
    struct fdt fdt = {0};
    enum fdt_error error = fdt_open(&fdt, blob.bytes, blob.size);

    if (error) {
        EXPECT(!fdt.structure); /* written only on success */
        EXPECT(strlen(fdt_error_text(error)) > 0);
    } else {
        ask_all(&fdt);
    }
    free(blob.bytes);
    return error;
}

static enum fdt_error try_field(size_t field, uint32_t value)
{
    struct blob blob = compile(source);

    put32(blob.bytes, field, value);
    test_note("header field at %lu is %x", field, value);
    return try(blob.bytes, blob.size);
}

TEST(fdt_checks_the_header)
{
    struct blob blob = compile(source);
    uint32_t total = (uint32_t)blob.size;
    uint32_t strings_len = get32(blob.bytes, 32), structure = get32(blob.bytes, 8);
    struct fdt fdt;

    EXPECT_EQ(try(blob.bytes, blob.size), FDT_OK);
    EXPECT_EQ(try_field(0, 0xd00dfeee), FDT_BAD_MAGIC);
    EXPECT_EQ(try_field(4, total + 1), FDT_BAD_SIZE);
    EXPECT_EQ(try_field(4, 39), FDT_BAD_SIZE);
    EXPECT_EQ(try_field(4, 0xffffffff), FDT_BAD_SIZE);
    EXPECT_EQ(try_field(4, total - 1), FDT_BAD_LAYOUT);
    EXPECT_EQ(try_field(8, structure + 2), FDT_BAD_LAYOUT);
    EXPECT_EQ(try_field(8, 0), FDT_BAD_LAYOUT);
    EXPECT_EQ(try_field(8, 0xfffffff0), FDT_BAD_LAYOUT);
    EXPECT_EQ(try_field(12, total - strings_len + 1), FDT_BAD_LAYOUT);
    EXPECT_EQ(try_field(12, 39), FDT_BAD_LAYOUT);
    EXPECT_EQ(try_field(16, 44), FDT_BAD_LAYOUT);
    EXPECT_EQ(try_field(16, (total + 8) & ~7u), FDT_BAD_LAYOUT);
    EXPECT_EQ(try_field(16, total & ~7u), FDT_BAD_LAYOUT); /* no end of the reservations */
    EXPECT_EQ(try_field(20, 16), FDT_BAD_VERSION);
    EXPECT_EQ(try_field(20, 18), FDT_OK);
    EXPECT_EQ(try_field(24, 18), FDT_BAD_VERSION);
    EXPECT_EQ(try_field(32, 0xffffffff), FDT_BAD_LAYOUT);
    EXPECT_EQ(try_field(32, 0), FDT_BAD_STRING);
    EXPECT_EQ(try_field(36, 0xfffffffc), FDT_BAD_LAYOUT);
    EXPECT_EQ(try_field(36, get32(blob.bytes, 36) - 4), FDT_BAD_STRUCTURE);
    EXPECT_EQ(try_field(36, get32(blob.bytes, 36) - 1), FDT_BAD_LAYOUT);
    EXPECT_EQ(try_field(36, 0), FDT_BAD_STRUCTURE);

    uint8_t *shifted = malloc(blob.size + 4);
    memcpy(shifted + 4, blob.bytes, blob.size);
    enum fdt_error error = fdt_open(&fdt, shifted + 4, blob.size);
    free(shifted);
    EXPECT_EQ(error, FDT_BAD_LAYOUT);
}

TEST(fdt_cut_off_anywhere)
{
    struct blob blob = compile(source);

    for (size_t size = 0; size < blob.size; size++) {
        test_note("%lu bytes of %lu", size, blob.size);
        EXPECT_EQ(try(blob.bytes, size), FDT_BAD_SIZE);
    }
    /* And with a header that knows. */
    for (size_t size = HEADER; size < blob.size; size++) {
        test_note("%lu bytes of %lu, as the header says", size, blob.size);
        put32(blob.bytes, 4, (uint32_t)size);
        EXPECT(try(blob.bytes, size) != FDT_OK);
    }
    put32(blob.bytes, 4, (uint32_t)blob.size);
    /* A structure block that ends early, the rest being there. */
    for (uint32_t len = get32(blob.bytes, 36); len > 0;) {
        len -= 4;
        test_note("structure of %u bytes", len);
        put32(blob.bytes, 36, len);
        EXPECT(try(blob.bytes, blob.size) != FDT_OK);
    }
}

TEST(fdt_damage_in_every_byte)
{
    static const uint8_t changes[] = {0x01, 0x80, 0xff, 0x08};
    struct blob blob = compile(source);
    struct random random = {1};

    for (size_t at = 0; at < blob.size; at++) {
        uint8_t right = blob.bytes[at];

        for (size_t i = 0; i <= ARRAY_LEN(changes); i++) {
            uint8_t change = i < ARRAY_LEN(changes) ? changes[i] : (uint8_t)random_next(&random);

            test_note("byte %lu of %lu xor %x", at, blob.size, change);
            blob.bytes[at] = right ^ change;
            try(blob.bytes, blob.size);
        }
        blob.bytes[at] = right;
    }
}

TEST(fdt_damage_in_many_places)
{
    enum { RUNS = 20000, CHANGES_MAX = 8 };
    struct blob blob = compile(source), damaged = copy(blob.bytes, blob.size);
    unsigned taken = 0;

    for (unsigned run_number = 0; run_number < RUNS; run_number++) {
        struct random random = {run_number};
        uint64_t changes = 1 + random_next(&random) % CHANGES_MAX;

        test_note("seed %u", run_number);
        memcpy(damaged.bytes, blob.bytes, blob.size);
        while (changes--) {
            /* Whole words, now and then with a value that means something. */
            static const uint32_t values[] = {BEGIN, END_NODE,   PROP,       NOP, END,
                                              0,     0xffffffff, 0x80000000, 4,   8};
            size_t at =
                4 + random_next(&random) % (blob.size / 4 - 1) * 4; /* not the magic number */
            uint64_t dice = random_next(&random);
            uint32_t value =
                dice & 1 ? values[dice / 2 % ARRAY_LEN(values)] : (uint32_t)(dice >> 32);

            put32(damaged.bytes, at, value);
        }
        taken += try(damaged.bytes, damaged.size) == FDT_OK;
    }
    EXPECT(taken > RUNS / 100); /* the questions were asked, too */
}
