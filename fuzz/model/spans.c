#include "fuzz/model/spans.h"

enum { VECTORS_MAX = 1024 };

struct spans {
    unsigned count;
    uint64_t total;
    struct abi_iovec vectors[VECTORS_MAX];
};

static struct spans spans;

/* Those that a process goes on with, by its place. */
static struct spans kept[PROCS_MAX];

#define TOTAL_MAX UINT64_C(0x7ffff000)

static bool is_range(uint64_t at, uint64_t len)
{
    return at <= END_OF_MEMORY && len <= END_OF_MEMORY - at;
}

bool spans_set_one(uint64_t at, uint64_t len)
{
    spans.count = 1;
    spans.vectors[0] = (struct abi_iovec){at, len};
    spans.total = least(len, TOTAL_MAX);
    return is_range(at, len);
}

int spans_set(struct proc *self, uint64_t at, uint64_t count)
{
    if (count > VECTORS_MAX) {
        return -EINVAL;
    }
    if (!memory_read(self, at, spans.vectors, count * sizeof(spans.vectors[0]))) {
        return -EFAULT;
    }
    spans.count = (unsigned)count;
    spans.total = 0;
    for (unsigned i = 0; i < spans.count; i++) {
        if (spans.vectors[i].iov_len > INT64_MAX) {
            return -EINVAL;
        }
    }
    for (unsigned i = 0; i < spans.count; i++) {
        if (!is_range(spans.vectors[i].iov_base, spans.vectors[i].iov_len)) {
            return -EFAULT;
        }
        spans.total = least(spans.total + spans.vectors[i].iov_len, TOTAL_MAX);
    }
    return 0;
}

static void copy(struct spans *to, const struct spans *from)
{
    to->count = from->count;
    to->total = from->total;
    for (unsigned i = 0; i < from->count; i++) {
        to->vectors[i] = from->vectors[i];
    }
}

void spans_keep(struct proc *self)
{
    copy(&kept[self - world.procs], &spans);
    self->doing.has_spans = true;
}

void spans_take_kept(struct proc *self)
{
    copy(&spans, &kept[self - world.procs]);
}

uint64_t spans_total(void)
{
    return spans.total;
}

/* The part of [from, from + len) that is in one page of one range; its address. */
static uint64_t part(uint64_t from, uint64_t len, uint64_t *at)
{
    uint64_t before = 0;

    for (unsigned i = 0; i < spans.count; i++) {
        const struct abi_iovec *vector = &spans.vectors[i];
        if (from - before < vector->iov_len) {
            *at = vector->iov_base + (from - before);
            uint64_t rest = vector->iov_len - (from - before);
            return least(least(rest, len), PAGE - (*at & (PAGE - 1)));
        }
        before += vector->iov_len;
    }
    *at = 0;
    return len;
}

uint64_t spans_prefix(struct proc *self, uint64_t from, uint64_t len, enum access access)
{
    for (uint64_t done = 0, count; done < len; done += count) {
        uint64_t at;
        count = part(from + done, len - done, &at);
        if (!memory_can(self, at, count, access)) {
            return done;
        }
    }
    return len;
}

bool spans_can(struct proc *self, uint64_t from, uint64_t len, enum access access)
{
    return spans_prefix(self, from, len, access) == len;
}

void spans_store(struct proc *self, uint64_t from, const void *bytes, uint64_t len)
{
    for (uint64_t done = 0, count; done < len; done += count) {
        uint64_t at;
        count = part(from + done, len - done, &at);
        memory_store(memory_of(self), at, (const uint8_t *)bytes + done, count);
    }
}

void spans_look(struct proc *self, uint64_t from, void *bytes, uint64_t len)
{
    for (uint64_t done = 0, count; done < len; done += count) {
        uint64_t at;
        count = part(from + done, len - done, &at);
        memory_look(memory_of(self), at, (uint8_t *)bytes + done, count);
    }
}

uint64_t spans_range_rest(uint64_t from)
{
    uint64_t before = 0;

    for (unsigned i = 0; i < spans.count; i++) {
        uint64_t len = spans.vectors[i].iov_len;
        if (from == 0 || from - before < len) {
            return len - (from - before);
        }
        before += len;
    }
    return 0;
}

void spans_peek(struct proc *self, uint64_t from, void *bytes, uint64_t len)
{
    for (uint64_t done = 0, count; done < len; done += count) {
        uint64_t at;
        count = part(from + done, len - done, &at);
        (void)world.eyes->peek(self->pid, at, (uint8_t *)bytes + done, count);
    }
}

void spans_adopt(struct proc *self, uint64_t len)
{
    for (uint64_t done = 0, count; done < len; done += count) {
        uint64_t at;
        count = part(done, len - done, &at);
        memory_adopt(self, at, count);
    }
}
