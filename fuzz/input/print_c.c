#include "fuzz/input/print_c.h"

#include "abi/linux.h"
#include "base/print.h"
#include "fuzz/input/image.h"
#include "fuzz/input/insn.h"
#include "fuzz/input/symbols.h"

enum { LINE_MAX_BYTES = 512, SIGNAL_NAMED_MAX = 31 };

/* ---- what is the same in all programs ---- */

static const char head[] = "#define _GNU_SOURCE\n"
                           "#include <errno.h>\n"
                           "#include <fcntl.h>\n"
                           "#include <linux/futex.h>\n"
                           "#include <sched.h>\n"
                           "#include <signal.h>\n"
                           "#include <stdint.h>\n"
                           "#include <stdio.h>\n"
                           "#include <stdlib.h>\n"
                           "#include <string.h>\n"
                           "#include <sys/mman.h>\n"
                           "#include <sys/prctl.h>\n"
                           "#include <sys/syscall.h>\n"
                           "#include <sys/wait.h>\n"
                           "#include <time.h>\n"
                           "#include <unistd.h>\n"
                           "\n"
                           "/* Seen by all processes. Instruction number turn is next. */\n"
                           "static volatile struct {\n"
                           "    int turn;\n"
                           "    long result[64]; /* -1: none, or an error */\n"
                           "    long part[64][2];\n"
                           "} *all;\n"
                           "\n";

static const char turns[] =
    "static void rest(long ns)\n"
    "{\n"
    "    nanosleep(&(struct timespec){0, ns}, NULL);\n"
    "}\n"
    "\n"
    "/* Waits until it is instruction number n's turn. Who waits for something else for long, or "
    "is no\n"
    " * more, loses its turn. false: that was us. */\n"
    "static int take_turn(int n)\n"
    "{\n"
    "    int seen = -1;\n"
    "\n"
    "    for (int patience = 0; all->turn < n; patience++) {\n"
    "        int turn = all->turn;\n"
    "        if (turn != seen) {\n"
    "            seen = turn;\n"
    "            patience = 0;\n"
    "        }\n"
    "        if (patience == 300) {\n"
    "            __sync_bool_compare_and_swap(&all->turn, turn, turn + 1);\n"
    "        }\n"
    "        rest(1000000);\n"
    "    }\n"
    "    return all->turn == n;\n"
    "}\n"
    "\n"
    "static void end_turn(int n)\n"
    "{\n"
    "    __sync_bool_compare_and_swap(&all->turn, n, n + 1);\n"
    "}\n"
    "\n"
    "/* The result of instruction number n. */\n"
    "static void gave(int n, const char *what, long result)\n"
    "{\n"
    "    const char *error = result == -1 ? strerrorname_np(errno) : NULL;\n"
    "\n"
    "    all->result[n] = result;\n"
    "    if (error) {\n"
    "        dprintf(2, \"%d: %s -> %s\\n\", n, what, error);\n"
    "    } else {\n"
    "        dprintf(2, \"%d: %s -> %ld\\n\", n, what, result);\n"
    "    }\n"
    "    end_turn(n);\n"
    "}\n"
    "\n"
    "static void live(int me, int from);\n"
    "\n";

static const char children[] =
    "static int begin(void *number)\n"
    "{\n"
    "    int n = (int)(long)number;\n"
    "\n"
    "    live(n + 1, n + 1);\n"
    "    return 0;\n"
    "}\n"
    "\n"
    "/* A child, which does what instruction n + 1 and those that follow have for it. With "
    "CLONE_VM it\n"
    " * has a stack of its own. */\n"
    "static __attribute__((unused)) long make_child(int n, unsigned long flags)\n"
    "{\n"
    "    if (flags & CLONE_VM) {\n"
    "        enum { STACK = 65536 };\n"
    "        char *stack = malloc(STACK);\n"
    "        if (flags & CLONE_VFORK) {\n"
    "            end_turn(n);\n"
    "        }\n"
    "        return clone(begin, stack + STACK, (int)flags, (void *)(long)n);\n"
    "    }\n"
    "    long child = syscall(SYS_clone, flags, 0, 0, 0, 0);\n"
    "    if (child == 0) {\n"
    "        begin((void *)(long)n);\n"
    "    }\n"
    "    return child;\n"
    "}\n"
    "\n"
    "/* The program is this one, whatever its name is here; it goes on behind instruction n. */\n"
    "static __attribute__((unused)) long exec_again(int me, int n)\n"
    "{\n"
    "    char numbers[3][24];\n"
    "\n"
    "    snprintf(numbers[0], sizeof(numbers[0]), \"%d\", me);\n"
    "    snprintf(numbers[1], sizeof(numbers[1]), \"%d\", n + 1);\n"
    "    end_turn(n);\n"
    "    return execl(\"/proc/self/exe\", \"again\", numbers[0], numbers[1], (char *)NULL);\n"
    "}\n"
    "\n";

static const char tail[] =
    "static void map(unsigned long at, unsigned long size, int prot)\n"
    "{\n"
    "    if (mmap((void *)at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | "
    "MAP_FIXED,\n"
    "             -1, 0) == MAP_FAILED) {\n"
    "        perror(\"mmap\");\n"
    "        exit(2);\n"
    "    }\n"
    "    if (at == 0x10001000) {\n"
    "        memcpy((void *)at, scratch, sizeof(scratch));\n"
    "    }\n"
    "    for (unsigned long i = 0; prot == PROT_READ && i < size / 8; i++) {\n"
    "        ((uint64_t *)at)[i] = i + 1;\n"
    "    }\n"
    "    mprotect((void *)at, size, prot);\n"
    "}\n"
    "\n"
    "int main(int argc, char **argv)\n"
    "{\n"
    "    enum { SHARED = 99 };\n"
    "    int me = argc == 3 ? atoi(argv[1]) : 0;\n"
    "\n"
    "    if (argc != 3) {\n"
    "        int fd = memfd_create(\"all\", 0);\n"
    "        if (ftruncate(fd, sizeof(*all)) != 0 || dup2(fd, SHARED) != SHARED) {\n"
    "            perror(\"memfd_create\");\n"
    "            return 2;\n"
    "        }\n"
    "        close(fd);\n"
    "    }\n"
    "    all = mmap(NULL, sizeof(*all), PROT_READ | PROT_WRITE, MAP_SHARED, SHARED, 0);\n"
    "    map(0x10001000, 0x4000, PROT_READ | PROT_WRITE);\n"
    "    map(0x10005000, 0x1000, PROT_READ);\n"
    "    if (argc == 3) {\n"
    "        live(me, atoi(argv[2]));\n"
    "    }\n"
    "    for (int i = 0; i < 64; i++) {\n"
    "        all->result[i] = -1;\n"
    "    }\n"
    "    pid_t init = fork();\n"
    "    if (init == 0) {\n"
    "        prctl(PR_SET_CHILD_SUBREAPER, 1);\n"
    "        prctl(PR_SET_PDEATHSIG, SIGKILL);\n"
    "        setpgid(0, 0);\n"
    "        live(0, 0);\n"
    "    }\n"
    "    take_turn(COUNT);\n"
    "    kill(-init, SIGKILL);\n"
    "    for (int i = 0; i < COUNT; i++) {\n"
    "        if (all->result[i] > 1 && is_child[i]) {\n"
    "            kill((pid_t)all->result[i], SIGKILL);\n"
    "        }\n"
    "    }\n"
    "    waitpid(init, NULL, 0);\n"
    "    return 0;\n"
    "}\n";

/* ---- arguments ---- */

/* Names that the headers above have in both architectures, where the numbers differ or it helps. */
static bool has_safe_name(unsigned kind, int64_t value)
{
    if (value < 0 || value > UINT32_MAX) {
        return false;
    }
    switch (kind) {
    case ARG_SIG:
        return value > 0 && value <= SIGNAL_NAMED_MAX;
    case ARG_CLONE_FLAGS:
        return (value & CLONE_SIGNAL_MASK) <= SIGNAL_NAMED_MAX;
    case ARG_OPEN_FLAGS:
    case ARG_FD_FLAGS:
    case ARG_MAP_FLAGS:
    case ARG_WAIT_FLAGS:
    case ARG_WHENCE:
        return true;
    case ARG_PROT:
        return value <= (PROT_READ | PROT_WRITE | PROT_EXEC);
    default:
        return kind == ARG_DIRFD && value == AT_FDCWD;
    }
}

static void put_number(struct text *text, unsigned kind, int64_t value)
{
    if (has_safe_name(kind, value)) {
        symbol_put(text, kind, value);
    } else if (value > -4096 && value < 4096) {
        text_printf(text, "%ld", (long)value);
    } else {
        text_printf(text, "0x%lxL", (unsigned long)value);
    }
}

static void put_value(struct text *text, const struct input *input, const struct operand *operand,
                      unsigned kind)
{
    unsigned count;
    const int64_t *values;
    unsigned index = operand->index % INPUT_INSNS_MAX;

    switch ((enum operand_kind)operand->kind) {
    case OPERAND_RESULT:
        if (insn_gives(&input->insns[index]) == GIVES_FDS && kind != ARG_PID) {
            text_printf(text, "all->part[%u][%u]", index, operand->part);
        } else {
            text_printf(text, "%sall->result[%u]", operand->part ? "-" : "", index);
        }
        break;
    case OPERAND_NAMED:
        values = insn_values(kind, &count);
        put_number(text, kind, values[operand->index % count]);
        return;
    case OPERAND_SLOT:
        text_printf(text, "slot_%s", image_slots[operand->index % image_slot_count].name);
        break;
    default:
        put_number(text, kind, operand->value);
        return;
    }
    if (operand->value != 0) {
        text_printf(text, " + %ldL", (long)operand->value);
    }
}

/* ---- instructions ---- */

static void put_call(struct text *text, const struct input *input, const struct insn *insn)
{
    const struct insn_type *type = insn_type_find(insn->op, insn->nr);

    text_printf(text, "syscall(SYS_%s", type->name);
    for (unsigned i = 0; i < type->arg_count; i++) {
        text_printf(text, ", (long)(");
        put_value(text, input, &insn->args[i], type->kinds[i]);
        text_char(text, ')');
    }
    text_char(text, ')');
}

/* What clone3 and spawn are asked for is in memory; who reads this sees it in the slot. */
static void put_child(struct text *text, const struct input *input, const struct insn *insn,
                      unsigned index)
{
    text_printf(text, "make_child(%u, (unsigned long)(", index);
    if (insn->nr == NR_clone) {
        put_value(text, input, &insn->args[0], ARG_CLONE_FLAGS);
    } else if (insn->nr == NR_clone3 && insn->args[0].kind == OPERAND_SLOT) {
        text_printf(text, "*(uint64_t *)slot_%s | SIGCHLD",
                    image_slots[insn->args[0].index % image_slot_count].name);
    } else {
        text_printf(text, "SIGCHLD");
    }
    text_printf(text, "))");
}

static bool runs_again(const struct insn *insn)
{
    const struct operand *path = &insn->args[insn->nr == NR_execveat];

    return insn->op == OP_CALL && (insn->nr == NR_execve || insn->nr == NR_execveat) &&
           path->kind == OPERAND_SLOT && path->value == 0 &&
           (path->index == SLOT_path_init || path->index == SLOT_path_long ||
            path->index == SLOT_path_script || path->index == SLOT_path_over);
}

static void put_result_of(struct text *text, const struct input *input, const struct insn *insn,
                          unsigned index)
{
    if (insn_makes_process(insn)) {
        put_child(text, input, insn, index);
    } else if (runs_again(insn)) {
        text_printf(text, "exec_again(me, %u)", index);
    } else {
        put_call(text, input, insn);
    }
}

static unsigned access_bits(const struct insn *insn, unsigned arg)
{
    return 8 * (unsigned)insn->args[arg].value;
}

static void put_access(struct text *text, const struct input *input, const struct insn *insn)
{
    bool is_load = insn->op == OP_LOAD;

    text_printf(text, "*(volatile uint%u_t *)(", access_bits(insn, is_load ? 1 : 2));
    put_value(text, input, &insn->args[0], ARG_PLACE);
    text_char(text, ')');
    if (!is_load) {
        text_printf(text, " = (uint%u_t)(", access_bits(insn, 2));
        put_value(text, input, &insn->args[1], ARG_VALUE);
        text_char(text, ')');
    }
}

/* A call, whose result is noted before the turn ends. */
static void put_noted(struct text *text, const struct input *input, unsigned index)
{
    const struct insn *insn = &input->insns[index];
    bool has_parts = insn_gives(insn) == GIVES_FDS && insn->args[0].kind == OPERAND_SLOT;

    text_printf(text, "        given = ");
    put_result_of(text, input, insn, index);
    text_printf(text, ";\n");
    for (unsigned part = 0; has_parts && part < 2; part++) {
        text_printf(text, "        all->part[%u][%u] = ((int *)(", index, part);
        put_value(text, input, &insn->args[0], ARG_OUT_FDS);
        text_printf(text, "))[%u];\n", part);
    }
    text_printf(text, "        gave(n, text[n], given);\n");
}

static void put_operation(struct text *text, const struct input *input, unsigned index)
{
    const struct insn *insn = &input->insns[index];

    switch ((enum operation)insn->op) {
    case OP_CALL:
        if (insn->nr == NR_exit || insn->nr == NR_exit_group) {
            text_printf(text, "        end_turn(n);\n        ");
            put_call(text, input, insn);
            text_printf(text, ";\n");
        } else {
            put_noted(text, input, index);
        }
        break;
    case OP_LOAD:
        text_printf(text, "        gave(n, text[n], (long)");
        put_access(text, input, insn);
        text_printf(text, ");\n");
        break;
    case OP_STORE:
        text_printf(text, "        ");
        put_access(text, input, insn);
        text_printf(text, ";\n        gave(n, text[n], 0);\n");
        break;
    case OP_JUMP:
        text_printf(text, "        ((void (*)(void))(");
        put_value(text, input, &insn->args[0], ARG_PLACE);
        text_printf(text, "))();\n");
        break;
    default: /* time passes; keys are typed by somebody else */
        text_printf(text, "        rest(2000000);\n        gave(n, text[n], 0);\n");
        break;
    }
}

static void put_texts(struct text *text, const struct input *input)
{
    char line[LINE_MAX_BYTES];

    text_printf(text, "static const char *const text[] = {\n");
    for (unsigned i = 0; i < input->count; i++) {
        repro_print_insn(input, i, line, sizeof(line));
        text_printf(text, "    \"%s\",\n", line);
    }
    text_printf(text, "    NULL,\n};\n\nstatic const int is_child[] = {");
    for (unsigned i = 0; i < input->count; i++) {
        text_printf(text, "%u, ", insn_makes_process(&input->insns[i]));
    }
    text_printf(text, "0};\n\n");
}

static void put_live(struct text *text, const struct repro *repro)
{
    const struct input *input = &repro->input;
    char outcome[LINE_MAX_BYTES];

    text_printf(text,
                "/* What process me does from an instruction on: 0 is init, n + 1 the one that\n"
                " * instruction n has made. */\n"
                "static void step(int me, int n)\n{\n"
                "    long given;\n\n    (void)me;\n    (void)given;\n    switch (n) {\n");
    for (unsigned i = 0; i < input->count; i++) {
        text_printf(text, "    case %u:", i);
        if (repro->has_expected[i]) {
            repro_print_outcome(&input->insns[i], &repro->expected[i], outcome, sizeof(outcome));
            text_printf(text, " /* -> %s */", outcome);
        }
        text_char(text, '\n');
        put_operation(text, input, i);
        text_printf(text, "        break;\n");
    }
    text_printf(text, "    default:\n        break;\n    }\n}\n\n"
                      "static const int actor[] = {");
    for (unsigned i = 0; i < input->count; i++) {
        text_printf(text, "%u, ", input->insns[i].actor);
    }
    text_printf(text, "-1};\n\n"
                      "static void live(int me, int from)\n{\n"
                      "    for (int n = from; n < COUNT; n++) {\n"
                      "        if (actor[n] == me && take_turn(n)) {\n"
                      "            step(me, n);\n"
                      "        }\n    }\n"
                      "    for (;;) {\n        pause();\n    }\n}\n\n");
}

static void put_scratch(struct text *text)
{
    const uint8_t *bytes = image_scratch();
    unsigned end = 4096;

    for (unsigned i = 0; i < image_slot_count; i++) {
        text_printf(text, "#define slot_%s ((char *)0x%lx)\n", image_slots[i].name,
                    (unsigned long)(IMAGE_SCRATCH + image_slots[i].offset));
    }
    text_printf(text, "\nstatic const unsigned char scratch[4096] = {");
    for (unsigned at = 0; at < end; at++) {
        if (bytes[at]) {
            text_printf(text, "[%u] = %u, ", at, bytes[at]);
        }
    }
    text_printf(text, "};\n\n");
}

size_t repro_print_c(const struct repro *repro, char *bytes, size_t size)
{
    struct text text = {bytes, size - 1, 0};

    text_printf(&text, "/* Made from a .repro: %s. To be built with gcc, and run on Linux. */\n",
                repro->check[0] ? repro->check : "nothing was found");
    text_printf(&text, "%s", head);
    text_printf(&text, "enum { COUNT = %u };\n\n", repro->input.count);
    put_scratch(&text);
    put_texts(&text, &repro->input);
    text_printf(&text, "%s%s", turns, children);
    put_live(&text, repro);
    text_printf(&text, "%s", tail);
    bytes[text.len] = '\0';
    return text.len;
}
