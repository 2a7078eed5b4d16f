#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "hash.h"
#include "machine.h"
#include "source_id.h"

/*
 * A record is a line that says what it is, and chunks: a head with a sum of head and contents, and
 * contents. First come the machine, its words and its initramfs; then, as the run goes on, choices
 * and marks; and last, if the kernel switched off, the end. A process that is killed leaves a file
 * that stops anywhere: all complete chunks in it count.
 *
 * A choice is a byte of kind and number of bytes, and that many bytes of the answer, least
 * significant first: most answers are 0 and take one byte. A mark is 16 bits of the trace hash at a
 * trap. As a hash does not find back, the first mark that differs is that of the trap, or, once in
 * 65,536, one soon after it.
 */

static const char magic[] = "Eft record 1\n";

enum {
    MAGIC_LEN = sizeof(magic) - 1,
    BUFFER_BYTES = 4096,
    KIND_MAX = 31,
    ENTRY_MAX = 5,
    MARK_BYTES = 2,
    STATUS_DIFFERS = 1,
};

enum chunk_kind {
    CHUNK_MACHINE = 'M',
    CHUNK_WORDS = 'W',
    CHUNK_PROGRAM = 'P',
    CHUNK_INITRD = 'I',
    CHUNK_CHOICES = 'C',
    CHUNK_MARKS = 'T',
    CHUNK_END = 'E',
};

struct chunk_head {
    uint64_t sum; /* of the contents, and of kind and size */
    uint16_t kind;
    uint16_t check; /* of kind and size: how far to read must be known first */
    uint32_t size;  /* of the contents */
};

struct machine_chunk {
    uint64_t source_id; /* of the kernel and the hosted machine */
    uint64_t ram_size;
    uint32_t tlb;
    uint32_t asid_bits;
    uint32_t has_real_time;
    uint32_t is_test;
};

struct end_chunk {
    struct hash hash;
    uint64_t status;
};

struct buffer {
    size_t len;
    uint8_t bytes[BUFFER_BYTES];
};

/* The record that is written. */
static struct {
    int fd; /* -1: none */
    bool is_flushing;
    struct buffer choices;
    struct buffer marks;
} out = {.fd = -1};

struct bytes {
    uint8_t *at; /* NULL: no room has been made */
    size_t len;
    size_t capacity;
};

/* The record that is replayed. */
static struct {
    const char *path; /* NULL: none */
    struct bytes file;
    struct bytes choices;
    struct bytes marks;
    size_t choice; /* the next, in choices */
    size_t mark;
    bool has_end;
    struct end_chunk end;
    bool differs;
} in;

/* ---- writing ---- */

static uint64_t chunk_sum(const struct chunk_head *head, const void *contents)
{
    return hash_bytes((uint64_t)head->kind << 32 | head->size, contents, head->size);
}

static uint16_t head_check(const struct chunk_head *head)
{
    return (uint16_t)hash_bytes(head->kind, &head->size, sizeof(head->size));
}

static void stop_writing(void)
{
    static const char words[] = "eft: cannot write the record: it ends here\n";
    ssize_t ignored = write(STDERR_FILENO, words, sizeof(words) - 1);

    (void)ignored;
    close(out.fd);
    out.fd = -1;
}

static void write_all(const void *bytes, size_t len)
{
    const char *at = bytes;

    while (out.fd >= 0 && len > 0) {
        ssize_t count = write(out.fd, at, len);
        if (count < 0 && errno != EINTR) {
            stop_writing(); /* a full disk ends the record, not the run */
        } else if (count > 0) {
            at += count;
            len -= (size_t)count;
        }
    }
}

static void write_chunk(enum chunk_kind kind, const void *contents, size_t size)
{
    struct chunk_head head = {.kind = (uint16_t)kind, .size = (uint32_t)size};

    head.check = head_check(&head);
    head.sum = chunk_sum(&head, contents);
    write_all(&head, sizeof(head));
    write_all(contents, size);
}

static void flush_buffer(enum chunk_kind kind, struct buffer *buffer)
{
    if (buffer->len > 0) {
        write_chunk(kind, buffer->bytes, buffer->len);
        buffer->len = 0;
    }
}

void record_flush(void)
{
    if (out.fd < 0 || out.is_flushing) {
        return; /* a signal came in the middle: what is written is all that there will be */
    }
    out.is_flushing = true;
    flush_buffer(CHUNK_CHOICES, &out.choices);
    flush_buffer(CHUNK_MARKS, &out.marks);
    out.is_flushing = false;
}

int record_create(const char *path, const struct record_machine *machine)
{
    const struct machine_chunk chunk = {
        .source_id = SOURCE_ID,
        .ram_size = machine->ram_size,
        .tlb = (uint32_t)machine->tlb,
        .asid_bits = machine->asid_bits,
        .has_real_time = machine->has_real_time,
        .is_test = EFT_TEST,
    };

    out.fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (out.fd < 0) {
        return errno;
    }
    out.is_flushing = false;
    out.choices.len = 0;
    out.marks.len = 0;
    write_all(magic, MAGIC_LEN);
    write_chunk(CHUNK_MACHINE, &chunk, sizeof(chunk));
    write_chunk(CHUNK_WORDS, machine->words, strlen(machine->words) + 1);
    write_chunk(CHUNK_PROGRAM, machine->program, strlen(machine->program) + 1);
    write_chunk(CHUNK_INITRD, machine->initrd, machine->initrd_size);
    return 0;
}

/* Adds an entry whole, as seen by a signal handler that flushes. */
static void append(struct buffer *buffer, const uint8_t *entry, size_t len)
{
    if (buffer->len + len > BUFFER_BYTES) {
        record_flush();
    }
    memcpy(buffer->bytes + buffer->len, entry, len);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    buffer->len += len;
}

void record_choice(unsigned kind, uint32_t value)
{
    uint8_t entry[ENTRY_MAX];
    uint8_t len = 0;

    if (out.fd < 0) {
        return;
    }
    for (uint32_t rest = value; rest != 0; rest >>= 8) {
        entry[1 + len++] = (uint8_t)rest;
    }
    entry[0] = (uint8_t)(kind << 3 | len);
    append(&out.choices, entry, 1 + (size_t)len);
}

static uint16_t mark_now(void)
{
    const struct hash *now = hash_now();

    return (uint16_t)(now->registers ^ now->choices);
}

/* ---- reading ---- */

static bool complain(char *complaint, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool complain(char *complaint, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(complaint, RECORD_COMPLAINT_MAX, format, args);
    va_end(args);
    return false;
}

static void add_bytes(struct bytes *to, const uint8_t *from, size_t len)
{
    while (to->capacity - to->len < len) {
        to->capacity = to->capacity ? 2 * to->capacity : (size_t)1 << 16;
        to->at = realloc(to->at, to->capacity);
        if (!to->at) {
            fprintf(stderr, "eft: no memory for the record\n");
            exit(STATUS_DIFFERS);
        }
    }
    memcpy(to->at + to->len, from, len);
    to->len += len;
}

static bool read_file(const char *path, struct bytes *file, char *complaint)
{
    FILE *from = fopen(path, "rbe");
    uint8_t part[BUFFER_BYTES];
    size_t count;

    if (!from) {
        return complain(complaint, "cannot read %s: %s", path, strerror(errno));
    }
    while ((count = fread(part, 1, sizeof(part), from)) > 0) {
        add_bytes(file, part, count);
    }
    bool is_read = !ferror(from);
    if (!is_read) {
        complain(complaint, "cannot read %s: %s", path, strerror(errno));
    }
    fclose(from);
    return is_read;
}

/* The chunk at *at, whose contents come to *contents; *at moves behind it. 0: the file stops before
 * its end. */
static int next_chunk(const struct bytes *file, size_t *at, struct chunk_head *head,
                      uint8_t **contents)
{
    if (file->len - *at < sizeof(*head)) {
        return 0;
    }
    memcpy(head, file->at + *at, sizeof(*head));
    if (head_check(head) != head->check) {
        return -1;
    }
    if (file->len - *at - sizeof(*head) < head->size) {
        return 0;
    }
    *contents = file->at + *at + sizeof(*head);
    if (chunk_sum(head, *contents) != head->sum) {
        return -1;
    }
    *at += sizeof(*head) + head->size;
    return 1;
}

static bool is_text(const uint8_t *contents, size_t size)
{
    return size > 0 && memchr(contents, 0, size) == contents + size - 1;
}

static bool take_machine(const uint8_t *contents, size_t size, struct record_machine *machine)
{
    struct machine_chunk chunk;

    if (size != sizeof(chunk)) {
        return false;
    }
    memcpy(&chunk, contents, sizeof(chunk));
    machine->ram_size = chunk.ram_size;
    machine->tlb = (enum vtlb_mode)chunk.tlb;
    machine->asid_bits = chunk.asid_bits;
    machine->has_real_time = chunk.has_real_time;
    if (chunk.source_id != SOURCE_ID || chunk.is_test != EFT_TEST) {
        fprintf(stderr, "eft: %s was recorded by another kernel; it may go another way in this\n",
                in.path);
    }
    return chunk.tlb <= VTLB_NONE && chunk.asid_bits <= 16;
}

/* false: it is not what such a chunk holds. */
static bool take_chunk(const struct chunk_head *head, uint8_t *contents,
                       struct record_machine *machine)
{
    switch ((enum chunk_kind)head->kind) {
    case CHUNK_MACHINE:
        return take_machine(contents, head->size, machine);
    case CHUNK_WORDS:
        machine->words = (const char *)contents;
        return is_text(contents, head->size);
    case CHUNK_PROGRAM:
        machine->program = (const char *)contents;
        return is_text(contents, head->size);
    case CHUNK_INITRD:
        machine->initrd = contents;
        machine->initrd_size = head->size;
        return head->size > 0;
    case CHUNK_CHOICES:
        add_bytes(&in.choices, contents, head->size);
        return true;
    case CHUNK_MARKS:
        add_bytes(&in.marks, contents, head->size);
        return head->size % MARK_BYTES == 0;
    case CHUNK_END:
        in.has_end = head->size == sizeof(in.end);
        memcpy(&in.end, contents, in.has_end ? sizeof(in.end) : 0);
        return in.has_end;
    }
    return false;
}

bool record_open(const char *path, struct record_machine *machine,
                 char complaint[static RECORD_COMPLAINT_MAX])
{
    struct chunk_head head;
    uint8_t *contents;
    size_t at = MAGIC_LEN;
    int found;

    record_close();
    if (!read_file(path, &in.file, complaint)) {
        return false;
    }
    if (in.file.len < MAGIC_LEN || memcmp(in.file.at, magic, MAGIC_LEN) != 0) {
        return complain(complaint, "%s is not a record of this version of Eft", path);
    }
    in.path = path;
    *machine = (struct record_machine){0};
    while ((found = next_chunk(&in.file, &at, &head, &contents)) > 0 && !in.has_end) {
        if (!take_chunk(&head, contents, machine)) {
            found = -1;
            break;
        }
    }
    if (found < 0) {
        return complain(complaint, "%s is damaged, at byte %zu", path, at);
    }
    if (machine->ram_size == 0 || !machine->words || !machine->program || !machine->initrd) {
        return complain(complaint, "%s is cut off before the run begins", path);
    }
    return true;
}

/* ---- replaying ---- */

static void differ(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Says the first time how the replay differs, at once: nobody knows how it will go on. */
static void differ(const char *format, ...)
{
    va_list args;

    if (in.differs) {
        return;
    }
    in.differs = true;
    fprintf(stderr, "eft: the replay of %s differs from trap %" PRIu64 " on: ", in.path,
            hash_now()->traps);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

static _Noreturn void end_of_choices(void)
{
    uint64_t traps = hash_now()->traps;

    machine_save();
    if (in.has_end) {
        differ("it needs more choices than were made");
    }
    fprintf(stderr, "eft: %s ends here, after %" PRIu64 " traps%s\n", in.path, traps,
            in.differs ? "" : ", and all was the same");
    exit(in.differs ? STATUS_DIFFERS : 0);
}

uint32_t record_next(unsigned kind, uint32_t bound)
{
    uint32_t value = 0;

    if (in.choice >= in.choices.len) {
        end_of_choices();
    }
    unsigned tag = in.choices.at[in.choice++];
    for (unsigned i = 0; i < (tag & 7) && in.choice < in.choices.len; i++) {
        value |= (uint32_t)in.choices.at[in.choice++] << (8 * i & 31);
    }
    if (tag >> 3 != kind || value >= bound) {
        differ("it asks for a choice of kind %u below %u, and %u of kind %u was made", kind, bound,
               value, tag >> 3);
    }
    return value < bound ? value : 0;
}

static void compare_mark(uint64_t pc)
{
    uint16_t mark;

    if (in.mark + MARK_BYTES > in.marks.len) {
        if (in.has_end) {
            differ("it goes on, at pc 0x%" PRIx64, pc);
        }
        return;
    }
    memcpy(&mark, in.marks.at + in.mark, sizeof(mark));
    in.mark += MARK_BYTES;
    if (mark != mark_now()) {
        differ("other registers, at pc 0x%" PRIx64, pc);
    }
}

void record_trap(uint64_t pc)
{
    if (out.fd >= 0) {
        const uint16_t mark = mark_now();
        uint8_t entry[MARK_BYTES];

        memcpy(entry, &mark, sizeof(entry));
        append(&out.marks, entry, sizeof(entry));
    }
    if (in.path && !in.differs) {
        compare_mark(pc);
    }
}

int record_end(int status)
{
    const struct end_chunk end = {.hash = *hash_now(), .status = (uint64_t)status};

    if (out.fd >= 0) {
        record_flush();
        write_chunk(CHUNK_END, &end, sizeof(end));
    }
    if (!in.path) {
        return status;
    }
    if (!in.has_end) {
        differ("it switches off");
    } else if (memcmp(&end, &in.end, sizeof(end)) != 0) {
        differ("it ends another way");
    }
    if (in.differs) {
        return STATUS_DIFFERS;
    }
    fprintf(stderr, "eft: the replay was the same: %" PRIu64 " traps, %" PRIu64 " choices\n",
            end.hash.traps, end.hash.choice_count);
    return status;
}

void record_close(void)
{
    if (out.fd >= 0) {
        record_flush();
        close(out.fd);
        out.fd = -1;
    }
    free(in.file.at);
    free(in.choices.at);
    free(in.marks.at);
    memset(&in, 0, sizeof(in));
}
