#include "proc/exec.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/cpu.h"
#include "base/entropy.h"
#include "base/panic.h"
#include "base/plant.h"
#include "base/string.h"
#include "fs/ramfs.h"
#include "mm/limit.h"
#include "mm/uaccess.h"
#include "platform/scratch.h"
#include "proc/script.h"
#include "proc/sigframe.h"

enum {
    AUX_COUNT = 20,
    STACK_ALIGN = 16, /* of sp at entry, AAPCS64 6.4.5.1 */
    RANDOM_BYTES = 16,
    PREFIX_MAX = 1 + 2 * (SCRIPT_DEPTH_MAX + 1), /* each script: its interpreter, an argument */
};

#define BYTES_LEAST ((uint64_t)128 << 10) /* that strings and pointers may have */
#define BYTES_MOST ((uint64_t)6 << 20)

/* The initial stack, from low to high: argc, argv, 0, envp, 0, auxv; then the strings (System V
 * ABI, process initialisation). */
struct stack {
    struct space *space;
    uaddr_t sp;
    uaddr_t next_word;   /* where the next pointer goes */
    uaddr_t next_string; /* where the next string goes */
};

/* Strings that the kernel puts before those of a vector, in the place of the first skipped of
 * them. */
struct prefix {
    const char *strings[PREFIX_MAX]; /* the last one comes first */
    uint64_t count;
    uint64_t skipped;
};

struct measure {
    uint64_t count; /* of the strings, with the prefix */
    uint64_t given; /* of the caller's */
    uint64_t bytes; /* with their ends */
};

/* What is found out before anything is made. */
struct plan {
    struct elf_source source; /* of the program itself */
    struct prefix prefix;     /* of argv */
    struct measure argv;
    struct measure envp;
    uint64_t room;         /* bytes that the strings may have yet */
    struct exec_cred cred; /* that the program has: a reference, when it is known */
};

/* The first lines of the scripts that are being run. */
static char lines[SCRIPT_DEPTH_MAX + 1][SCRIPT_LINE_BYTES];

SCRATCH(lines);

static uint64_t announced; /* of AT_HWCAP, besides what every CPU has */

void exec_announce(uint64_t hwcap)
{
    announced = hwcap;
}

int exec_use(const struct cred *cred, const struct ramfs_node *node, struct elf_source *source)
{
    if ((node->mode & RAMFS_TYPE_MASK) != RAMFS_REGULAR ||
        !ramfs_may(node, cred, RAMFS_MAY_EXECUTE)) {
        return -EACCES;
    }
    *source = (struct elf_source){.bytes = node->bytes, .len = node->size, .file = node};
    return 0;
}

int exec_find(const struct cred *cred, const struct ramfs_node *directory, const char *path,
              struct elf_source *source)
{
    const struct ramfs_node *node;
    int error = ramfs_find_as(cred, directory, path, true, &node);

    return error ? error : exec_use(cred, node, source);
}

/* The pointer at index of a vector of the caller's. */
static int pointer_at(const struct exec_vector *vector, uint64_t index, uint64_t *pointer)
{
    return user_read(pointer, vector->user + index * sizeof(*pointer), sizeof(*pointer));
}

/* Counts what the caller gives. More pointers than there may be bytes are E2BIG. */
static int count_vector(const struct exec_vector *vector, struct measure *measure)
{
    uint64_t pointer = 0;
    uint64_t count = vector->is_kernel ? vector->kernel_count : 0;

    while (!vector->is_kernel && vector->user != 0) {
        int error = pointer_at(vector, count, &pointer);
        if (error) {
            return error;
        }
        if (pointer == 0) {
            break;
        }
        if (++count > BYTES_MOST / sizeof(pointer)) {
            return -E2BIG;
        }
        plat_irq_window();
    }
    *measure = (struct measure){.count = count, .given = count};
    return 0;
}

/* The string at index of the caller's, which have been counted: where it is and how long. */
static int string_at(const struct exec_vector *vector, uint64_t index, uint64_t *string,
                     uint64_t *len)
{
    if (vector->is_kernel) {
        *string = (uintptr_t)vector->kernel[index];
        *len = str_len(vector->kernel[index]);
        return 0;
    }
    int error = pointer_at(vector, index, string);
    ASSERT(!error);
    error = user_string_len(*string, EXEC_STRING_MAX, len);
    return error == -ENAMETOOLONG ? -E2BIG : error;
}

/* Takes room for that many bytes of strings. */
static int take_room(struct plan *plan, uint64_t bytes)
{
    if (bytes > plan->room) {
        return -E2BIG;
    }
    plan->room -= bytes;
    return 0;
}

/* From the last string to the first, as Linux copies them, so that of two errors it is the same
 * one. */
static int measure_strings(struct plan *plan, const struct exec_vector *vector,
                           struct measure *measure)
{
    for (uint64_t i = measure->given; i-- > 0;) {
        uint64_t string;
        uint64_t len;
        int error = string_at(vector, i, &string, &len);
        if (!error) {
            error = take_room(plan, len + 1);
        }
        if (error) {
            return error;
        }
        measure->bytes += len + 1;
        plat_irq_window();
    }
    return 0;
}

static int add_prefix(struct plan *plan, const char *string)
{
    uint64_t size = str_len(string) + 1;
    int error = take_room(plan, size);

    if (!error) {
        plan->prefix.strings[plan->prefix.count++] = string;
        plan->argv.count++;
        plan->argv.bytes += size;
    }
    return error;
}

/* How many bytes the strings of argv and envp and the pointers to them may have (execve(2)): a
 * quarter of the stack's limit, but not above 6 MiB nor below 128 KiB. */
static uint64_t bytes_allowed(void)
{
    return max_u64(min_u64(BYTES_MOST, limit_now(RLIMIT_STACK) / 4), BYTES_LEAST);
}

static int measure_request(const struct exec_request *request, struct plan *plan)
{
    uint64_t allowed = bytes_allowed();
    int error = count_vector(&request->argv, &plan->argv);

    if (!error) {
        error = count_vector(&request->envp, &plan->envp);
    }
    if (error) {
        return error;
    }
    uint64_t pointers = (max_u64(plan->argv.count, 1) + plan->envp.count) * sizeof(uint64_t);
    if (allowed <= pointers) {
        return -E2BIG;
    }
    plan->room = allowed - pointers;
    error = take_room(plan, str_len(request->path) + 1);
    if (!error) {
        error = measure_strings(plan, &request->envp, &plan->envp);
    }
    if (!error) {
        error = measure_strings(plan, &request->argv, &plan->argv);
    }
    if (!error && plan->argv.count == 0) {
        error = add_prefix(plan, ""); /* a program may rely on its argv[0] */
    }
    return error;
}

/* Gives back the room of argv[0], which a script replaces. */
static void drop_first(const struct exec_request *request, struct plan *plan)
{
    uint64_t string;
    uint64_t len;

    if (plan->prefix.count > 0) {
        len = str_len(plan->prefix.strings[--plan->prefix.count]);
    } else {
        int error = string_at(&request->argv, 0, &string, &len);
        ASSERT(!error); /* it has been measured */
        plan->prefix.skipped = 1;
    }
    plan->argv.count--;
    plan->argv.bytes -= len + 1;
    plan->room += len + 1;
}

/* In the place of a script comes its interpreter, with the script's name as an argument. */
static int plan_script(const struct exec_request *request, struct plan *plan, const char *name,
                       const struct script *script)
{
    drop_first(request, plan);
    int error = add_prefix(plan, name);
    if (!error && script->argument) {
        error = add_prefix(plan, script->argument);
    }
    return error ? error : add_prefix(plan, script->interpreter);
}

/* Follows scripts to the program that is to run. */
static int find_program(const struct exec_request *request, const struct cred *cred,
                        struct plan *plan)
{
    const char *name = request->path;
    struct script script;

    plan->source = request->source;
    for (unsigned depth = 0;
         plan->source.bytes && script_is_one(plan->source.bytes, plan->source.len); depth++) {
        int error = script_read(plan->source.bytes, plan->source.len, lines[depth], &script);
        if (!error && request->is_unreachable) {
            error = -ENOENT;
        }
        if (!error) {
            error = plan_script(request, plan, name, &script);
        }
        if (!error) {
            error = exec_find(cred, request->directory, script.interpreter, &plan->source);
        }
        if (!error && depth == SCRIPT_DEPTH_MAX) {
            error = -ELOOP;
        }
        if (error) {
            return error;
        }
        name = script.interpreter;
    }
    return 0;
}

static int push_word(struct stack *stack, uint64_t word)
{
    int error = space_write(stack->space, stack->next_word, &word, sizeof(word));

    stack->next_word += sizeof(word);
    return error;
}

static int push_string(struct stack *stack, const char *s)
{
    uint64_t size = str_len(s) + 1;
    int error = space_write(stack->space, stack->next_string, s, size);

    stack->next_string += size;
    return error;
}

/* Copies len bytes of user memory, of the space in use, which have been read, to where the next
 * string goes. */
static int push_user_bytes(struct stack *stack, uaddr_t from, uint64_t len)
{
    char chunk[256];

    for (uint64_t done = 0, count; done < len; done += count) {
        count = min_u64(sizeof(chunk), len - done);
        int error = user_read(chunk, from + done, count);
        ASSERT(!error);
        error = space_write(stack->space, stack->next_string + done, chunk, count);
        if (error) {
            return error;
        }
        plat_irq_window();
    }
    stack->next_string += len;
    return 0;
}

/* A pointer to the string that comes next, and the string. */
static int push_kernel_string(struct stack *stack, const char *s)
{
    int error = push_word(stack, stack->next_string);

    return error ? error : push_string(stack, s);
}

/* The caller's strings from index first on and the pointers to them, with the 0 that ends them. */
static int push_vector(struct stack *stack, const struct exec_vector *vector, uint64_t first,
                       uint64_t count)
{
    for (uint64_t i = first; i < count; i++) {
        uint64_t string;
        uint64_t len;
        int error = string_at(vector, i, &string, &len);
        ASSERT(!error); /* it has been measured */
        if (vector->is_kernel) {
            error = push_kernel_string(stack, vector->kernel[i]);
        } else {
            error = push_word(stack, stack->next_string);
            if (!error) {
                error = push_user_bytes(stack, string, len + 1);
            }
        }
        if (error) {
            return error;
        }
        plat_irq_window();
    }
    return push_word(stack, 0);
}

static int push_argv(struct stack *stack, const struct exec_request *request,
                     const struct plan *plan)
{
    int error = push_word(stack, plan->argv.count);

    for (uint64_t i = plan->prefix.count; i-- > 0 && !error;) {
        error = push_kernel_string(stack, plan->prefix.strings[i]);
    }
    if (error) {
        return error;
    }
    return push_vector(stack, &request->argv, plan->prefix.skipped, plan->argv.given);
}

static int push_auxv(struct stack *stack, const struct elf_image *image, const struct exec_cred *of,
                     const char *path)
{
    const struct cred *cred = of->cred;
    uint8_t random[RANDOM_BYTES];
    uaddr_t random_at = stack->next_string;
    uaddr_t platform_at = random_at + sizeof(random);
    uaddr_t path_at = platform_at + sizeof("aarch64");
    const uint64_t auxv[][2] = {
        {AT_PHDR, image->headers},
        {AT_PHENT, 56},
        {AT_PHNUM, image->header_count},
        {AT_PAGESZ, PAGE_SIZE},
        {AT_BASE, 0},
        {AT_FLAGS, 0},
        {AT_ENTRY, image->entry},
        {AT_UID, cred->user.real},
        {AT_EUID, cred->user.effective},
        {AT_GID, cred->group.real},
        {AT_EGID, cred->group.effective},
        {AT_SECURE, of->is_secure},
        {AT_CLKTCK, 100},
        {AT_HWCAP, HWCAP_FP | HWCAP_ASIMD | HWCAP_CRC32 | announced},
        {AT_HWCAP2, 0},
        {AT_RANDOM, random_at},
        {AT_PLATFORM, platform_at},
        {AT_EXECFN, path_at},
        {AT_NULL, 0},
    };

    _Static_assert(ARRAY_LEN(auxv) <= AUX_COUNT, "room was made for AUX_COUNT pairs");
    entropy_read(random, sizeof(random));
    int error = space_write(stack->space, stack->next_word, auxv, sizeof(auxv));
    if (!error) {
        error = space_write(stack->space, random_at, random, sizeof(random));
    }
    stack->next_string = platform_at;
    if (!error) {
        error = push_string(stack, "aarch64");
    }
    return error ? error : push_string(stack, path);
}

static int build_stack(struct space *space, const struct exec_request *request,
                       const struct plan *plan, const struct elf_image *image, uaddr_t *sp)
{
    const struct measure argv = plan->argv;
    const struct measure envp = plan->envp;
    uint64_t strings =
        argv.bytes + envp.bytes + RANDOM_BYTES + sizeof("aarch64") + str_len(request->path) + 1;
    uint64_t words = 1 + argv.count + 1 + envp.count + 1 + 2 * (uint64_t)AUX_COUNT;
    int error = space_map_stack(space, strings + words * sizeof(uint64_t) + STACK_ALIGN);

    if (error) {
        return error;
    }
    struct stack stack = {.space = space};
    stack.next_string = SPACE_STACK_TOP - strings;
    stack.sp = (stack.next_string - words * sizeof(uint64_t)) & ~(uint64_t)(STACK_ALIGN - 1);
    stack.next_word = stack.sp;
    error = push_argv(&stack, request, plan);
    if (!error) {
        error = push_vector(&stack, &request->envp, 0, envp.given);
    }
    if (!error) {
        error = push_auxv(&stack, image, &plan->cred, request->path);
    }
    *sp = stack.sp;
    return error;
}

/* The memory of the program, and where it begins. */
static int build_space(const struct exec_request *request, const struct plan *plan,
                       struct exec_built *built)
{
    struct elf_image image;
    uaddr_t sp;
    int error = space_create(&built->space);

    if (error) {
        return error;
    }
    error = elf_load(built->space, &plan->source, &image);
    if (!error) {
        error = build_stack(built->space, request, plan, &image, &sp);
    }
    if (!error) {
        error = sigframe_map_trampoline(built->space);
        if (PLANTED(OWN_21)) {
            plant_memory = error != 0;
        }
    }
    if (error) {
        space_put(built->space);
        return error;
    }
    built->user = (struct plat_user){.pc = image.entry, .sp = sp};
    return 0;
}

int exec_build(const struct exec_request *request, struct cred *cred, enum exec_gain gain,
               struct exec_built *built)
{
    struct plan plan = {0};
    int error = measure_request(request, &plan);

    if (!error) {
        error = request->source_error;
    }
    if (!error) {
        error = find_program(request, cred, &plan);
    }
    if (!error) {
        error = exec_cred_find(cred, plan.source.file, gain, &plan.cred);
    }
    if (error) {
        return error;
    }
    error = build_space(request, &plan, built);
    if (error) {
        cred_put(plan.cred.cred);
        return error;
    }
    built->cred = plan.cred;
    return 0;
}

/* The planted bug x-28: the old program's memory is gone, and then something needs memory. */
static int lose_old(struct space *old)
{
    struct space *late;
    int error = space_unmap(old, 0, USER_END);

    if (!error) {
        error = space_create(&late);
    }
    if (!error) {
        space_put(late);
    }
    return error;
}

/* The users of a thread's descriptors that are threads of its own process. */
static unsigned own_users(const struct thread *thread)
{
    unsigned count = 0;

    LIST_FOR(link, &thread->process->threads) {
        count += CONTAINER_OF(link, struct thread, process_link)->fds == thread->fds;
        plat_irq_window();
    }
    return count;
}

/* What another process shares is the program's alone from now on: its actions, which are a copy
 * with the same contents, and its descriptors, for which *fds are to be taken. The current
 * directory and the umask stay shared. -ENOMEM. */
static int unshare(const struct thread *thread, struct fdtable **fds)
{
    int error = 0;

    if (thread->fds->users > own_users(thread)) {
        error = fdtable_fork(thread->fds, fds);
    }
    if (error) {
        return error;
    }
    error = signal_unshare(thread->process);
    if (error && *fds) {
        fdtable_put(*fds);
    }
    return error;
}

int exec_replace(struct thread *thread, const struct exec_request *request)
{
    struct cpu *cpu = cpu_this();
    struct process *process = thread->process;
    struct space *old = process->space;
    struct exec_built made;
    struct fdtable *fds = NULL;
    int error = exec_build(request, thread->cred, exec_cred_gain(thread), &made);

    if (error && PLANTED(OWN_14)) {
        thread->clear_tid = 0;
    }
    if (error && PLANTED(OWN_21) && plant_memory != 0) {
        process->has_execed = true;
    }
    if (error) {
        return error;
    }
    error = PLANTED(X_28) ? lose_old(old) : unshare(thread, &fds);
    if (error) {
        space_put(made.space);
        cred_put(made.cred.cred);
        return error;
    }
    process_keep_thread(thread);
    if (fds) {
        fdtable_put(thread->fds);
        thread->fds = fds;
    }
    fdtable_exec(thread->fds);
    thread_leave_space(thread);
    usage_leave_space(process);
    signal_reset_handlers(process);
    posix_timer_end(process);
    if (!PLANTED(TIM_2)) {
        pending_drop_timers(&process->signals.pending);
        pending_drop_timers(&thread->pending);
    }
    exec_cred_take(thread, &made.cred);
    process->space = made.space;
    if (PLANTED(K_10)) {
        cpu->space = made.space;
    }
    space_use(made.space);
    space_put(old);
    thread->user = made.user;
    if (cpu->fp_owner == thread) {
        plat_fp_use(NULL);
        cpu->fp_owner = NULL;
    }
    memset(&thread->fp, 0, sizeof(thread->fp));
    sigframe_exec(thread);
    process_note_exec(process);
    process_set_name(process, request->path);
    return 0;
}

int exec_spawn(struct thread *parent, const struct exec_request *request, struct process **child)
{
    struct process *made;
    struct exec_built built;
    int error = process_create(parent, 0, &made);

    if (error) {
        return error;
    }
    error = process_inherit(made, parent, 0);
    if (!error) {
        error = exec_build(request, made->thread->cred,
                           made->thread->no_new_privs ? EXEC_GAINS_NOTHING : EXEC_MAY_GAIN, &built);
    }
    if (error) {
        process_discard(made);
        return error;
    }
    made->space = built.space;
    made->thread->user = built.user;
    fdtable_exec(made->thread->fds);
    sigframe_exec(made->thread);
    made->has_execed = true;
    process_set_name(made, request->path);
    process_start(made, parent, 0);
    exec_cred_take(made->thread, &built.cred);
    signal_reset_handlers(made);
    *child = made;
    return 0;
}
