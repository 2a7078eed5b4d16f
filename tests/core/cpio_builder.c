#include "tests/core/cpio_builder.h"

#include "base/string.h"
#include "test.h"

static void put(struct cpio_archive *archive, const void *bytes, uint64_t len)
{
    EXPECT(archive->len + len <= CPIO_ARCHIVE_MAX);
    memcpy(archive->bytes + archive->len, bytes, len);
    archive->len += len;
}

static void pad(struct cpio_archive *archive)
{
    while (archive->len % 4 != 0) {
        put(archive, "", 1);
    }
}

void cpio_put_number(uint8_t *at, uint64_t value)
{
    for (unsigned digit = 0; digit < 8; digit++) {
        /* Both cases of letters are in use. */
        const char *digits = digit % 2 ? "0123456789abcdef" : "0123456789ABCDEF";
        at[digit] = (uint8_t)digits[value >> (28 - 4 * digit) & 15];
    }
}

uint64_t cpio_add(struct cpio_archive *archive, const char *name, uint32_t mode, const void *bytes,
                  uint64_t size)
{
    static const char magic[6] = {'0', '7', '0', '7', '0', '1'};
    uint8_t header[CPIO_HEADER];
    uint64_t name_size = str_len(name) + 1;

    memset(header, '0', sizeof(header));
    memcpy(header + CPIO_MAGIC, magic, sizeof(magic));
    cpio_put_number(header + CPIO_MODE, mode);
    cpio_put_number(header + CPIO_SIZE, size);
    cpio_put_number(header + CPIO_NAME_SIZE, name_size);
    put(archive, header, sizeof(header));
    put(archive, name, name_size);
    pad(archive);
    put(archive, bytes, size);
    uint64_t end = archive->len;
    pad(archive);
    return end;
}
