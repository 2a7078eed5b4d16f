#include "fuzz/model/program.h"

#include "fuzz/model/ask.h"
#include "fuzz/model/calls.h"
#include "fuzz/model/files.h"
#include "fuzz/model/memory.h"
#include "fuzz/model/text.h"

enum {
    SCRIPTS_MAX = 5, /* that stand for one another */
    LINE_MAX = 256,  /* bytes of a script that are looked at */
    STRING_MAX = 128 * 1024,
    OTHER_STACK = 1024, /* bytes that are on the stack besides strings and pointers, at most */
};

/* ---- strings ---- */

/* -errno, or the number of strings. */
static int64_t count_strings(struct proc *self, uint64_t vector)
{
    const int64_t most_of = (6 << 20) / 8;
    uint64_t pointer = 0;

    for (int64_t count = 0; vector != 0; count++) {
        if (!memory_read(self, vector + 8 * (uint64_t)count, &pointer, sizeof(pointer))) {
            return -EFAULT;
        }
        if (pointer == 0) {
            return count;
        }
        if (count == most_of) {
            return -E2BIG;
        }
    }
    return 0;
}

/* Takes the bytes of the strings, from the last to the first, from *room. */
static int take_strings(struct proc *self, uint64_t vector, int64_t count, uint64_t *room)
{
    while (count-- > 0) {
        uint64_t pointer;
        if (!memory_read(self, vector + 8 * (uint64_t)count, &pointer, sizeof(pointer))) {
            return -EFAULT;
        }
        int64_t len = text_length(self, pointer, STRING_MAX);
        if (len < 0) {
            return len == -EFAULT ? -EFAULT : -E2BIG;
        }
        if ((uint64_t)len + 1 > *room) {
            return -E2BIG;
        }
        *room -= (uint64_t)len + 1;
    }
    return 0;
}

static int measure(struct proc *self, const struct program_wanted *wanted, uint64_t path_len,
                   uint64_t *used)
{
    uint64_t limit =
        most(least(6 << 20, self->process->limits[RLIMIT_STACK].rlim_cur / 4), 128 << 10);
    int64_t argc = count_strings(self, wanted->argv);
    int64_t envc = argc < 0 ? argc : count_strings(self, wanted->envp);

    if (envc < 0) {
        return (int)envc;
    }
    uint64_t pointers = 8 * (most((uint64_t)argc, 1) + (uint64_t)envc);
    if (limit <= pointers + path_len) {
        return -E2BIG;
    }
    uint64_t room = limit - pointers - path_len - 1;
    int error = take_strings(self, wanted->envp, envc, &room);
    if (!error) {
        error = take_strings(self, wanted->argv, argc, &room);
    }
    *used = limit - room;
    return error;
}

/* ---- finding ---- */

static int use(const struct proc *self, int node)
{
    bool can_run = files_is_regular(node) && files_may(&self->users, node, MAY_EXECUTE);

    return can_run ? 0 : -EACCES;
}

static int find_source(struct proc *self, const struct program_wanted *wanted, const char *path,
                       int *node)
{
    int from = self->context->cwd;

    if (wanted->flags & ~(uint32_t)(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) {
        return -EINVAL;
    }
    if (wanted->directory != AT_FDCWD && path[0] != '/') {
        const struct file *file = files_get(self, wanted->directory);
        if (!file) {
            return -EBADF;
        }
        if (path[0] && (file->node < 0 || !files_is_directory(file->node))) {
            return -ENOTDIR;
        }
        if (file->node < 0) {
            return -EACCES;
        }
        from = file->node;
    }
    *node = from;
    int error =
        path[0] ? files_find(&self->users, from, path, !(wanted->flags & AT_SYMLINK_NOFOLLOW), node)
                : 0;
    if (!error && files_is_link(*node)) {
        error = -ELOOP;
    }
    return error ? error : use(self, *node);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The interpreter that a script names, terminated in the line. NULL: none. */
static char *find_interpreter(const struct node *node, char line[LINE_MAX + 1])
{
    uint64_t len = least(node->size, LINE_MAX);
    char *end;
    char *name;

    bytes_zero(line, LINE_MAX + 1);
    bytes_copy(line, node->bytes, len);
    for (end = line; end < line + LINE_MAX && *end && *end != '\n'; end++) {
    }
    bool is_cut = end == line + LINE_MAX;
    for (name = line + 2; name < end && is_blank(*name); name++) {
    }
    char *stop = name;
    while (stop < end && !is_blank(*stop)) {
        stop++;
    }
    if (stop == name || (is_cut && stop == end)) {
        return NULL;
    }
    *stop = '\0';
    return name;
}

static bool is_script(const struct node *node)
{
    return node->size >= 2 && node->bytes[0] == '#' && node->bytes[1] == '!';
}

/* Follows scripts to what they are run by. */
static int follow_scripts(struct proc *self, bool is_unreachable, int *node)
{
    char line[LINE_MAX + 1];

    for (unsigned depth = 0; is_script(&world.nodes[*node]); depth++) {
        const char *name = find_interpreter(&world.nodes[*node], line);
        if (!name) {
            return -ENOEXEC;
        }
        if (is_unreachable) {
            return -ENOENT;
        }
        int error = files_find(&self->users, self->context->cwd, name, true, node);
        if (!error) {
            error = use(self, *node);
        }
        if (error) {
            return error;
        }
        if (depth == SCRIPTS_MAX) {
            return -ELOOP;
        }
    }
    return 0;
}

/* The last part of a path, or of what /dev/fd would have for a descriptor. */
static void set_name(struct program_plan *plan, const char *path, int directory)
{
    char digits[12];
    unsigned count = sizeof(digits) - 1;
    const char *name = path;

    for (const char *at = path; *at; at++) {
        if (*at == '/' && at[1]) {
            name = at + 1;
        }
    }
    if (!path[0]) {
        digits[count] = '\0';
        for (unsigned left = (unsigned)directory; count > 0 && (left || name == path); left /= 10) {
            digits[--count] = (char)('0' + left % 10);
            name = digits + count;
        }
    }
    bytes_zero(plan->name, NAME_MAX);
    for (unsigned i = 0; i < NAME_MAX - 1 && name[i]; i++) {
        plan->name[i] = name[i];
    }
}

/* ---- the program ---- */

/* Bytes of the file. -ENOEXEC: there are not so many; -EFAULT. */
static int read_file(const struct program_plan *plan, uint64_t offset, void *bytes, uint64_t len)
{
    if (offset > plan->len || len > plan->len - offset) {
        return -ENOEXEC;
    }
    if (plan->node < 0) {
        return memory_read(plan->memory_of, plan->image + offset, bytes, len) ? 0 : -EFAULT;
    }
    bytes_copy(bytes, world.nodes[plan->node].bytes + offset, len);
    return 0;
}

/* Of elf(5), what there is of it here. */
struct file_header {
    uint8_t ident[16];
    uint16_t type;
    uint16_t machine;
    uint32_t version;
    uint64_t entry;
    uint64_t table;
    uint64_t sections;
    uint32_t flags;
    uint16_t size;
    uint16_t segment_size;
    uint16_t segment_count;
    uint16_t others[3];
};

struct segment_header {
    uint32_t type;
    uint32_t flags;
    uint64_t offset;
    uint64_t address;
    uint64_t physical;
    uint64_t in_file;
    uint64_t in_memory;
    uint64_t align;
};

enum { MACHINE_AARCH64 = 183, TYPE_FIXED = 2, LOADED = 1, INTERPRETER = 3 };

static int read_segment(struct program_plan *plan, const struct segment_header *header)
{
    uint64_t lead = header->address & (PAGE - 1);
    bool is_sane = header->in_file <= header->in_memory && header->offset <= plan->len &&
                   header->in_file <= plan->len - header->offset &&
                   header->address <= END_OF_MEMORY &&
                   header->in_memory <= END_OF_MEMORY - header->address &&
                   (header->offset & (PAGE - 1)) == lead;

    if (header->type == INTERPRETER) {
        return -ENOEXEC;
    }
    if (header->type != LOADED || header->in_memory == 0) {
        return 0;
    }
    if (!is_sane || plan->segment_count == PROGRAM_SEGMENTS_MAX) {
        return -ENOEXEC;
    }
    plan->segments[plan->segment_count++] = (struct program_segment){
        .start = header->address - lead,
        .end = round_up(header->address + header->in_memory),
        .offset = header->offset - lead,
        .len = header->in_file > 0 ? lead + header->in_file : 0,
        .prot =
            (uint32_t)((header->flags & 4 ? PROT_READ : 0) | (header->flags & 2 ? PROT_WRITE : 0) |
                       (header->flags & 1 ? PROT_EXEC : 0)),
    };
    return 0;
}

static int read_headers(struct program_plan *plan)
{
    struct file_header header;
    struct segment_header segment;
    int error = read_file(plan, 0, &header, sizeof(header));

    plan->segment_count = 0;
    if (!error && (!bytes_same(header.ident, "\177ELF\2\1", 6) || header.type != TYPE_FIXED ||
                   header.machine != MACHINE_AARCH64 || header.segment_size != sizeof(segment) ||
                   header.segment_count == 0)) {
        error = -ENOEXEC;
    }
    for (unsigned i = 0; !error && i < header.segment_count; i++) {
        error = read_file(plan, header.table + i * sizeof(segment), &segment, sizeof(segment));
        error = error ? error : read_segment(plan, &segment);
    }
    return error || plan->segment_count > 0 ? error : -ENOEXEC;
}

/* A file in memory is copied. false: it cannot be read. */
static bool copy_segment(struct space *space, const struct program_plan *plan,
                         const struct program_segment *segment)
{
    uint8_t bytes[PAGE];

    for (uint64_t done = 0, count; done < segment->len; done += count) {
        count = least(PAGE, segment->len - done);
        if (read_file(plan, segment->offset + done, bytes, count) != 0) {
            return false;
        }
        memory_store(space, segment->start + done, bytes, count);
    }
    return true;
}

static void map_segments(struct space *space, const struct program_plan *plan)
{
    for (unsigned i = 0; i < plan->segment_count; i++) {
        const struct program_segment *segment = &plan->segments[i];
        struct map map = {
            .start = segment->start, .end = segment->end, .prot = segment->prot, .object = -1};
        if (plan->node >= 0 && segment->len > 0) {
            map.bytes = world.nodes[plan->node].bytes + segment->offset;
            map.len = segment->len;
        }
        memory_insert(space, &map);
        if (plan->node < 0) {
            (void)copy_segment(space, plan, segment);
        }
        space->break_start = map.end;
        space->break_end = map.end;
    }
}

/* How far down the kernel has made the stack, and what it has put there, is loose. */
static void adopt_stack(struct proc *proc, uint64_t used)
{
    uint64_t low = TOP_OF_STACK - (UINT64_C(16) << 20);
    uint64_t high = TOP_OF_STACK - PAGE;
    uint8_t byte;

    while (low < high) {
        uint64_t middle = round_down(low + (high - low) / 2);
        if (world.eyes->peek(proc->pid, middle, &byte, 1)) {
            high = middle;
        } else {
            low = middle + PAGE;
        }
    }
    struct map map = {.start = high,
                      .end = TOP_OF_STACK,
                      .prot = PROT_READ | PROT_WRITE,
                      .grows = true,
                      .object = -1};
    memory_insert(memory_of(proc), &map);
    uint64_t len = least(round_up(used + OTHER_STACK) + PAGE, map.end - map.start);
    memory_adopt(proc, map.end - len, len);
}

/* What a handler returns to: mov x8, #139 (rt_sigreturn); svc #0. */
static void map_trampoline(struct space *space)
{
    static const uint8_t code[] = {0x68, 0x11, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4};
    const struct map map = {.start = TRAMPOLINE,
                            .end = TRAMPOLINE + PAGE,
                            .prot = PROT_READ | PROT_EXEC,
                            .bytes = code,
                            .len = sizeof(code),
                            .object = -1};

    memory_insert(space, &map);
}

/* The file at a path, or what runs it if it is a script. */
static int find_file(struct proc *self, const struct program_wanted *wanted, const char *path,
                     struct program_plan *plan)
{
    bool is_by_descriptor = wanted->directory != AT_FDCWD && path[0] != '/';
    int error = find_source(self, wanted, path, &plan->node);

    if (error) {
        return error;
    }
    bool is_unreachable = is_by_descriptor && files_entry(self, wanted->directory) &&
                          files_entry(self, wanted->directory)->closes;
    error = follow_scripts(self, is_unreachable, &plan->node);
    plan->len = world.nodes[plan->node].size;
    return error;
}

int program_find(struct proc *self, const struct program_wanted *wanted, struct program_plan *plan)
{
    char path[TEXT_PATH_MAX] = "(image)";
    int error = wanted->image ? 0 : text_read_path(self, wanted->path, path);

    if (error == -ENOENT && (wanted->flags & AT_EMPTY_PATH)) {
        error = 0;
    }
    plan->has_path = error == 0;
    if (!error && wanted->is_refused) {
        error = -EAGAIN;
    }
    if (!error) {
        error = measure(self, wanted, __builtin_strlen(path), &plan->strings);
    }
    set_name(plan, path, wanted->directory);
    plan->node = -1;
    plan->memory_of = self;
    plan->image = wanted->image;
    plan->len = wanted->image_len;
    if (!error && !wanted->image) {
        error = find_file(self, wanted, path, plan);
    }
    if (!error) {
        error = read_headers(plan);
    }
    for (unsigned i = 0; !error && plan->node < 0 && i < plan->segment_count; i++) {
        const struct program_segment *segment = &plan->segments[i];
        bool can_read = memory_can(self, plan->image + segment->offset, segment->len, ACCESS_READ);
        error = can_read ? 0 : -EFAULT;
    }
    return error;
}

void program_load(struct proc *proc, const struct program_plan *plan)
{
    proc->altstack.ss_sp = 0;
    proc->altstack.ss_size = 0;
    proc->space = memory_create();
    map_segments(memory_of(proc), plan);
    adopt_stack(proc, plan->strings);
    map_trampoline(memory_of(proc));
    bytes_copy(proc->name, plan->name, NAME_MAX);
}

void program_start_init(struct proc *init)
{
    struct program_plan plan = {.strings = 256, .name = "init"};

    if (files_find(NULL, 0, "/init", true, &plan.node) != 0) {
        world.lost = "there is no /init";
        return;
    }
    plan.len = world.nodes[plan.node].size;
    if (read_headers(&plan) != 0) {
        world.lost = "/init is no program";
    }
    program_load(init, &plan);
}
