#include "proc/exec.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/cpu.h"
#include "base/entropy.h"
#include "base/panic.h"
#include "base/string.h"
#include "fs/ramfs.h"
#include "mm/uaccess.h"

enum {
    AUX_COUNT = 20,
    STACK_ALIGN = 16, /* of sp at entry, AAPCS64 6.4.5.1 */
    RANDOM_BYTES = 16,
};

/* The initial stack, from low to high: argc, argv, 0, envp, 0, auxv; then the strings (System V
 * ABI, process initialisation). */
struct stack {
    struct space *space;
    uaddr_t sp;
    uaddr_t next_word;   /* where the next pointer goes */
    uaddr_t next_string; /* where the next string goes */
};

struct measure {
    uint64_t count;
    uint64_t bytes;
};

struct measures {
    struct measure argv;
    struct measure envp;
};

int exec_find(const char *path, struct elf_source *source)
{
    const struct ramfs_node *node;
    int error = ramfs_find(path, &node);

    if (error) {
        return error;
    }
    if ((node->mode & RAMFS_TYPE_MASK) != RAMFS_REGULAR || !(node->mode & RAMFS_EXECUTABLE)) {
        return -EACCES;
    }
    *source = (struct elf_source){.bytes = node->bytes, .len = node->size};
    return 0;
}

/* The string at index: where it is and how long; *end behind the last. */
static int vector_at(const struct exec_vector *vector, uint64_t index, uint64_t *string,
                     uint64_t *len, bool *end)
{
    *end = false;
    if (vector->is_kernel) {
        *end = index == vector->kernel_count;
        if (!*end) {
            *string = (uintptr_t)vector->kernel[index];
            *len = str_len(vector->kernel[index]);
        }
        return 0;
    }
    if (vector->user == 0) {
        *end = true;
        return 0;
    }
    int error = user_read(string, vector->user + index * sizeof(uint64_t), sizeof(*string));
    if (error) {
        return error;
    }
    *end = *string == 0;
    if (*end) {
        return 0;
    }
    error = user_string_len(*string, EXEC_BYTES_MAX, len);
    return error == -ENAMETOOLONG ? -E2BIG : error;
}

static int measure_vector(const struct exec_vector *vector, struct measure *measure)
{
    *measure = (struct measure){0};
    for (;;) {
        uint64_t string;
        uint64_t len;
        bool end;
        int error = vector_at(vector, measure->count, &string, &len, &end);
        if (error || end) {
            return error;
        }
        measure->count++;
        measure->bytes += len + 1;
        plat_irq_window();
        if (measure->count > EXEC_ARGS_MAX || measure->bytes > EXEC_BYTES_MAX) {
            return -E2BIG;
        }
    }
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

/* Copies len bytes of user memory, of the space in use, to where the next string goes. */
static int push_user_bytes(struct stack *stack, uaddr_t from, uint64_t len)
{
    char chunk[256];

    for (uint64_t done = 0, count; done < len; done += count) {
        count = min_u64(sizeof(chunk), len - done);
        int error = user_read(chunk, from + done, count);
        if (!error) {
            error = space_write(stack->space, stack->next_string + done, chunk, count);
        }
        if (error) {
            return error;
        }
        plat_irq_window();
    }
    stack->next_string += len;
    return 0;
}

/* The strings and the pointers to them, with the 0 that ends them. */
static int push_vector(struct stack *stack, const struct exec_vector *vector, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        uint64_t string;
        uint64_t len;
        bool end;
        int error = vector_at(vector, i, &string, &len, &end);
        if (error) {
            return error;
        }
        ASSERT(!end); /* it was measured, and nobody has run since */
        error = push_word(stack, stack->next_string);
        if (!error && vector->is_kernel) {
            error = push_string(stack, vector->kernel[i]);
        } else if (!error) {
            error = push_user_bytes(stack, string, len + 1);
        }
        if (error) {
            return error;
        }
    }
    return push_word(stack, 0);
}

static int push_auxv(struct stack *stack, const struct elf_image *image, const char *path)
{
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
        {AT_UID, 0},
        {AT_EUID, 0},
        {AT_GID, 0},
        {AT_EGID, 0},
        {AT_SECURE, 0},
        {AT_CLKTCK, 100},
        {AT_HWCAP, HWCAP_FP | HWCAP_ASIMD | HWCAP_CRC32},
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

static int measure_request(const struct exec_request *request, struct measures *measures)
{
    struct measure *argv = &measures->argv;
    struct measure *envp = &measures->envp;
    int error = measure_vector(&request->argv, argv);

    if (!error) {
        error = measure_vector(&request->envp, envp);
    }
    if (error) {
        return error;
    }
    bool is_too_much =
        argv->count + envp->count > EXEC_ARGS_MAX || argv->bytes + envp->bytes > EXEC_BYTES_MAX;
    return is_too_much ? -E2BIG : 0;
}

static int build_stack(struct space *space, const struct exec_request *request,
                       const struct measures *measures, const struct elf_image *image, uaddr_t *sp)
{
    const struct measure argv = measures->argv;
    const struct measure envp = measures->envp;
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
    error = push_word(&stack, argv.count);
    if (!error) {
        error = push_vector(&stack, &request->argv, argv.count);
    }
    if (!error) {
        error = push_vector(&stack, &request->envp, envp.count);
    }
    if (!error) {
        error = push_auxv(&stack, image, request->path);
    }
    *sp = stack.sp;
    return error;
}

int exec_build(const struct exec_request *request, struct space **space, struct plat_user *user)
{
    struct measures measures;
    struct elf_image image;
    struct space *made;
    uaddr_t sp;
    int error = measure_request(request, &measures);

    if (!error) {
        error = space_create(&made);
    }
    if (error) {
        return error;
    }
    error = elf_load(made, &request->source, &image);
    if (!error) {
        error = build_stack(made, request, &measures, &image, &sp);
    }
    if (error) {
        space_put(made);
        return error;
    }
    *user = (struct plat_user){.pc = image.entry, .sp = sp};
    *space = made;
    return 0;
}

int exec_replace(struct process *process, const struct exec_request *request)
{
    struct cpu *cpu = cpu_this();
    struct thread *thread = process->thread;
    struct space *old = process->space;
    struct space *made;
    struct plat_user user;
    int error = exec_build(request, &made, &user);

    if (error) {
        return error;
    }
    fdtable_exec(process->fds);
    process_leave_space(process);
    signal_reset_handlers(process);
    process->space = made;
    space_use(made);
    space_put(old);
    thread->user = user;
    if (cpu->fp_owner == thread) {
        plat_fp_use(NULL);
        cpu->fp_owner = NULL;
    }
    memset(&thread->fp, 0, sizeof(thread->fp));
    process_note_exec(process);
    process_set_name(process, request->path);
    return 0;
}

int exec_spawn(struct process *parent, const struct exec_request *request, struct process **child)
{
    struct process *made;
    int error = process_create(parent, &made);

    if (error) {
        return error;
    }
    error = process_inherit_files(made, parent);
    if (!error) {
        error = exec_build(request, &made->space, &made->thread->user);
    }
    if (error) {
        process_discard(made);
        return error;
    }
    fdtable_exec(made->fds);
    made->has_execed = true;
    process_set_name(made, request->path);
    process_start(made, parent);
    signal_reset_handlers(made);
    *child = made;
    return 0;
}
