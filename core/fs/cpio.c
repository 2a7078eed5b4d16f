#include "fs/cpio.h"

#include "base/string.h"

enum {
    HEADER_SIZE = 110,
    FIELD_DIGITS = 8,
    FIELDS_START = 6, /* behind the magic */
    FIELD_INODE = 0,
    FIELD_MODE = 1,
    FIELD_USER = 2,
    FIELD_GROUP = 3,
    FIELD_LINKS = 4,
    FIELD_SIZE = 6,
    FIELD_PLACE_MAJOR = 7,
    FIELD_PLACE_MINOR = 8,
    FIELD_DEVICE_MAJOR = 9,
    FIELD_DEVICE_MINOR = 10,
    FIELD_NAME_SIZE = 11,
    FIELDS = 12,
};

static uint64_t align4(uint64_t offset)
{
    return (offset + 3) / 4 * 4;
}

static bool read_field(const uint8_t *header, unsigned field, uint64_t *value)
{
    const uint8_t *digits = header + FIELDS_START + field * FIELD_DIGITS;

    *value = 0;
    for (unsigned i = 0; i < FIELD_DIGITS; i++) {
        uint8_t c = digits[i];
        if (c >= '0' && c <= '9') {
            *value = *value * 16 + (uint64_t)(c - '0');
        } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
            *value = *value * 16 + (uint64_t)((c | 0x20) - 'a' + 10);
        } else {
            return false;
        }
    }
    return true;
}

/* Times are not looked at. */
static const uint8_t known_fields[] = {
    FIELD_INODE,        FIELD_MODE,         FIELD_USER,        FIELD_GROUP,
    FIELD_LINKS,        FIELD_SIZE,         FIELD_PLACE_MAJOR, FIELD_PLACE_MINOR,
    FIELD_DEVICE_MAJOR, FIELD_DEVICE_MINOR, FIELD_NAME_SIZE,
};

static enum cpio_result read_member(struct cpio *cpio, struct cpio_member *member)
{
    const uint8_t *header = cpio->bytes + cpio->offset;
    uint64_t fields[FIELDS];

    if (cpio->size - cpio->offset < HEADER_SIZE) {
        return CPIO_TRUNCATED;
    }
    if (memcmp(header, "070701", 6) != 0 && memcmp(header, "070702", 6) != 0) {
        return CPIO_BAD_MAGIC;
    }
    for (unsigned i = 0; i < ARRAY_LEN(known_fields); i++) {
        unsigned field = known_fields[i];
        if (!read_field(header, field, &fields[field])) {
            return CPIO_BAD_HEADER;
        }
    }
    uint64_t size = fields[FIELD_SIZE];
    uint64_t name_size = fields[FIELD_NAME_SIZE];
    uint64_t name = cpio->offset + HEADER_SIZE;
    uint64_t bytes = align4(name + name_size); /* sums of 32-bit numbers: no overflow */
    if (name + name_size > cpio->size || bytes + size > cpio->size) {
        return CPIO_TRUNCATED;
    }
    if (name_size < 2 || cpio->bytes[name + name_size - 1] != '\0') {
        return CPIO_BAD_HEADER;
    }
    member->name = (const char *)cpio->bytes + name;
    member->mode = (uint32_t)fields[FIELD_MODE];
    member->user = (uint32_t)fields[FIELD_USER];
    member->group = (uint32_t)fields[FIELD_GROUP];
    member->links = (uint32_t)fields[FIELD_LINKS];
    member->identity =
        fields[FIELD_PLACE_MAJOR] << 48 ^ fields[FIELD_PLACE_MINOR] << 32 ^ fields[FIELD_INODE];
    member->device =
        (uint32_t)(fields[FIELD_DEVICE_MAJOR] << 8 | (fields[FIELD_DEVICE_MINOR] & 0xff));
    member->bytes = cpio->bytes + bytes;
    member->size = size;
    cpio->offset = min_u64(align4(bytes + size), cpio->size);
    return CPIO_MEMBER;
}

static void skip_zeroes(struct cpio *cpio)
{
    while (cpio->offset < cpio->size && cpio->bytes[cpio->offset] == 0) {
        cpio->offset++;
    }
}

enum cpio_result cpio_next(struct cpio *cpio, struct cpio_member *member)
{
    for (;;) {
        if (cpio->offset == cpio->size) {
            return CPIO_END;
        }
        enum cpio_result result = read_member(cpio, member);
        if (result != CPIO_MEMBER || !str_equal(member->name, "TRAILER!!!")) {
            return result;
        }
        skip_zeroes(cpio);
    }
}

const char *cpio_result_text(enum cpio_result result)
{
    switch (result) {
    case CPIO_MEMBER:
        return "a member";
    case CPIO_END:
        return "the end";
    case CPIO_TRUNCATED:
        return "it is cut short";
    case CPIO_BAD_MAGIC:
        return "no cpio header of format newc where one must be";
    case CPIO_BAD_HEADER:
        return "a header with a field that makes no sense";
    }
    return "";
}
