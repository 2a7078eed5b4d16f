#include "fuzz/model/files.h"

#include "fuzz/input/image.h"

static uint8_t archive[IMAGE_ARCHIVE_MAX];
static bool has_archive;

bool files_is_directory(int node)
{
    return (world.nodes[node].mode & S_IFMT) == S_IFDIR;
}

bool files_is_regular(int node)
{
    return (world.nodes[node].mode & S_IFMT) == S_IFREG;
}

bool files_is_link(int node)
{
    return (world.nodes[node].mode & S_IFMT) == S_IFLNK;
}

/* ---- the initramfs ---- */

static int find_child(int parent, const char *name, unsigned len)
{
    for (unsigned i = 1; i < world.node_count; i++) {
        const struct node *node = &world.nodes[i];
        if (node->parent == parent && node->name_len == len && bytes_same(node->name, name, len)) {
            return (int)i;
        }
    }
    return -1;
}

static int add_node(const char *path, unsigned len)
{
    int at = 0;

    for (unsigned from = 0, to; from < len; from = to + 1) {
        for (to = from; to < len && path[to] != '/'; to++) {
        }
        if (to == from || (to == from + 1 && path[from] == '.')) {
            continue;
        }
        int child = find_child(at, path + from, to - from);
        if (child < 0 && world.node_count < NODES_MAX) {
            child = (int)world.node_count++;
            world.nodes[child] = (struct node){
                .parent = at, .name = path + from, .name_len = to - from, .mode = S_IFDIR | 0755};
        }
        at = child;
    }
    return at;
}

static uint64_t hex(const uint8_t *digits)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < 8; i++) {
        uint8_t c = digits[i];
        value = value * 16 + (uint64_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value;
}

/* cpio(5), the new ASCII format. */
static void read_members(uint64_t size)
{
    enum { HEADER = 110, MODE = 14, SIZE = 54, NAME_SIZE = 94 };

    for (uint64_t at = 0; at + HEADER <= size;) {
        const uint8_t *header = archive + at;
        uint64_t name_size = hex(header + NAME_SIZE);
        uint64_t bytes_at = (at + HEADER + name_size + 3) & ~UINT64_C(3);
        uint64_t len = hex(header + SIZE);
        const char *name = (const char *)header + HEADER;
        if (name_size == 11 && bytes_same(name, "TRAILER!!!", 10)) {
            return;
        }
        struct node *node = &world.nodes[add_node(name, (unsigned)name_size - 1)];
        node->mode = (uint32_t)hex(header + MODE);
        node->bytes = archive + bytes_at;
        node->size = len;
        at = (bytes_at + len + 3) & ~UINT64_C(3);
    }
}

void files_read_archive(void)
{
    static const struct {
        const char *path;
        unsigned len;
        uint32_t mode;
        uint32_t device;
    } devices[] = {
        {"dev/null", 8, 0666, 1 << 8 | 3},
        {"dev/zero", 8, 0666, 1 << 8 | 5},
        {"dev/tty", 7, 0666, 5 << 8 | 0},
        {"dev/console", 11, 0600, 5 << 8 | 1},
    };

    if (has_archive) {
        return;
    }
    has_archive = true;
    world.nodes[0] = (struct node){.name = "", .mode = S_IFDIR | 0755};
    world.node_count = 1;
    for (unsigned i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
        struct node *node = &world.nodes[add_node(devices[i].path, devices[i].len)];
        node->mode = S_IFCHR | devices[i].mode;
        node->device = devices[i].device;
    }
    read_members(image_archive(archive));
}

/* ---- paths ---- */

/* All files are root's. */
bool files_may(const struct users *users, int node, uint32_t wanted)
{
    uint32_t mode = world.nodes[node].mode;
    uint32_t bits = mode;

    if (!users || users->user.fs == 0) {
        return !(wanted & MAY_EXECUTE) || files_is_directory(node) || (mode & 0111);
    }
    if (users->group.fs == 0 || (users->group_count > 0 && users->groups[0] == 0)) {
        bits = mode >> 3;
    }
    return (bits & wanted) == wanted;
}

struct walk {
    int at;
    const struct users *users;
    unsigned links;
};

static int walk_path(struct walk *walk, const char *path, uint64_t len, bool follows_last);

static int walk_name(struct walk *walk, const char *name, uint64_t len, bool follows)
{
    enum { LINKS_MAX = 40, COMPONENT_MAX = 255 };

    if (!files_is_directory(walk->at)) {
        return -ENOTDIR;
    }
    if (!files_may(walk->users, walk->at, MAY_EXECUTE)) {
        return -EACCES;
    }
    if (len == 1 && name[0] == '.') {
        return 0;
    }
    if (len == 2 && name[0] == '.' && name[1] == '.') {
        walk->at = world.nodes[walk->at].parent;
        return 0;
    }
    if (len > COMPONENT_MAX) {
        return -ENAMETOOLONG;
    }
    int child = find_child(walk->at, name, (unsigned)len);
    if (child < 0) {
        return -ENOENT;
    }
    if (!files_is_link(child) || !follows) {
        walk->at = child;
        return 0;
    }
    if (walk->links++ == LINKS_MAX) {
        return -ELOOP;
    }
    return walk_path(walk, (const char *)world.nodes[child].bytes, world.nodes[child].size, true);
}

/* path_resolution(7) */
static int walk_path(struct walk *walk, const char *path, uint64_t len, bool follows_last)
{
    uint64_t at = 0;

    if (len == 0) {
        return -ENOENT;
    }
    if (path[0] == '/') {
        walk->at = 0;
    }
    bool wants_directory = path[len - 1] == '/';
    for (;;) {
        while (at < len && path[at] == '/') {
            at++;
        }
        if (at == len) {
            break;
        }
        uint64_t end = at;
        while (end < len && path[end] != '/') {
            end++;
        }
        uint64_t next = end;
        while (next < len && path[next] == '/') {
            next++;
        }
        int error =
            walk_name(walk, path + at, end - at, next < len || follows_last || wants_directory);
        if (error) {
            return error;
        }
        at = end;
    }
    return wants_directory && !files_is_directory(walk->at) ? -ENOTDIR : 0;
}

int files_find(const struct users *users, int from, const char *path, bool follows_last, int *node)
{
    struct walk walk = {.at = from, .users = users};
    int error = walk_path(&walk, path, __builtin_strlen(path), follows_last);

    if (!error) {
        *node = walk.at;
    }
    return error;
}

/* ---- descriptors ---- */

struct fd *files_entry(struct proc *proc, int number)
{
    for (unsigned i = 0; i < proc->table->count; i++) {
        if (proc->table->fds[i].number == number) {
            return &proc->table->fds[i];
        }
    }
    return NULL;
}

struct file *files_get(struct proc *proc, int number)
{
    const struct fd *fd = files_entry(proc, number);

    return fd ? &world.files[fd->file] : NULL;
}

struct file *files_get_open(struct proc *proc, int number)
{
    struct file *file = files_get(proc, number);

    return file && file->kind != FILE_PATH ? file : NULL;
}

bool files_may_read(const struct file *file)
{
    uint32_t mode = file->flags & O_ACCMODE;

    return file->kind != FILE_PATH && (mode == O_RDONLY || mode == O_RDWR);
}

bool files_may_write(const struct file *file)
{
    uint32_t mode = file->flags & O_ACCMODE;

    return file->kind != FILE_PATH && (mode == O_WRONLY || mode == O_RDWR);
}

struct file *files_create(enum file_kind kind, uint32_t flags)
{
    struct file *file = &world.files[world.file_count];

    if (world.file_count == FILES_MAX - 1) {
        world.lost = "too many files";
    } else {
        world.file_count++;
    }
    *file = (struct file){.kind = kind, .flags = flags, .node = -1, .pipe = -1};
    if (kind == FILE_PIDFD || kind == FILE_SIGNALFD || kind == FILE_TIMERFD) {
        file->node = NO_TYPE;
    }
    return file;
}

int files_lowest(const struct proc *proc, unsigned min)
{
    uint64_t limit = least(proc->process->limits[RLIMIT_NOFILE].rlim_cur, FD_LIMIT);
    unsigned number = min;

    if (model_planted == MODEL_PLANT_FD && proc->table->count > 0) {
        number = (unsigned)most(min, (uint64_t)proc->table->fds[proc->table->count - 1].number + 1);
    }
    for (unsigned i = 0; i < proc->table->count; i++) {
        if (proc->table->fds[i].number == (int)number) {
            number++;
        }
    }
    return number < limit ? (int)number : -1;
}

void files_install(struct proc *proc, int number, struct file *file, bool closes)
{
    unsigned at = proc->table->count;

    if (proc->table->count == FDS_MAX) {
        world.lost = "too many descriptors";
        return;
    }
    for (; at > 0 && proc->table->fds[at - 1].number > number; at--) {
        proc->table->fds[at] = proc->table->fds[at - 1];
    }
    proc->table->fds[at] = (struct fd){(int16_t)number, (int16_t)(file - world.files), closes};
    proc->table->count++;
    file->refs++;
}

static void put(struct file *file)
{
    if (--file->refs == 0 && file->kind == FILE_PIPE) {
        struct pipe *pipe = &world.pipes[file->pipe];
        if (files_may_read(file)) {
            pipe->readers--;
        } else {
            pipe->writers -= model_planted != MODEL_PLANT_PIPE;
        }
    }
}

void files_close(struct proc *proc, int number)
{
    struct fd *fd = files_entry(proc, number);
    struct file *file = &world.files[fd->file];

    proc->table->count--;
    for (; fd < proc->table->fds + proc->table->count; fd++) {
        *fd = fd[1];
    }
    put(file);
}

static struct table *new_table(void)
{
    struct table *table = &world.tables[world.table_count];

    if (world.table_count == SHARED_MAX - 1) {
        world.lost = "too many tables of descriptors";
    } else {
        world.table_count++;
    }
    table->count = 0;
    return table;
}

static struct context *new_context(void)
{
    struct context *context = &world.contexts[world.context_count];

    if (world.context_count == SHARED_MAX - 1) {
        world.lost = "too many contexts";
    } else {
        world.context_count++;
    }
    return context;
}

static bool is_used(const struct table *table)
{
    for (unsigned i = 0; i < world.proc_count; i++) {
        if (world.procs[i].table == table) {
            return true;
        }
    }
    return false;
}

void files_leave(struct proc *proc)
{
    struct table *table = proc->table;

    proc->table = NULL;
    proc->context = NULL;
    if (!is_used(table)) {
        for (unsigned i = 0; i < table->count; i++) {
            put(&world.files[table->fds[i].file]);
        }
    }
    files_let_go(&proc->doing);
}

/* A copy of a table. */
static struct table *copy_table(const struct table *from)
{
    struct table *copy = new_table();

    copy->count = from->count;
    for (unsigned i = 0; i < from->count; i++) {
        copy->fds[i] = from->fds[i];
        world.files[from->fds[i].file].refs++;
    }
    return copy;
}

void files_unshare(struct proc *proc)
{
    struct table *shared = proc->table;

    proc->table = NULL;
    bool is_shared = is_used(shared);
    proc->table = is_shared ? copy_table(shared) : shared;
}

void files_unshare_context(struct proc *proc)
{
    struct context *own = new_context();

    *own = *proc->context;
    proc->context = own;
}

void files_hold(struct proc *proc, const struct file *file)
{
    if (!proc->doing.holds) {
        proc->doing.holds = true;
        proc->doing.file = (int)(file - world.files);
        world.files[proc->doing.file].refs++;
    }
}

void files_let_go(struct doing *doing)
{
    if (doing->holds) {
        doing->holds = false;
        put(&world.files[doing->file]);
    }
}

void files_close_for_exec(struct proc *proc)
{
    for (unsigned i = proc->table->count; i-- > 0;) {
        if (proc->table->fds[i].closes) {
            files_close(proc, proc->table->fds[i].number);
        }
    }
}

void files_inherit(struct proc *child, const struct proc *parent, uint64_t flags)
{
    child->table = flags & CLONE_FILES ? parent->table : copy_table(parent->table);
    child->context = parent->context;
    if (!(flags & CLONE_FS)) {
        child->context = new_context();
        *child->context = *parent->context;
    }
}

void files_open_console(struct proc *proc)
{
    struct file *file = files_create(FILE_CONSOLE, O_RDWR | O_LARGEFILE);

    proc->table = new_table();
    proc->context = new_context();
    *proc->context = (struct context){.umask = 022};
    (void)files_find(NULL, 0, "/dev/console", true, &file->node);
    for (int number = 0; number < 3; number++) {
        files_install(proc, number, file, false);
    }
}
