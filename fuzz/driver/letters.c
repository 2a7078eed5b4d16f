#include "fuzz/driver/letters.h"

#include <string.h>

#include "abi/linux.h"
#include "fuzz/input/image.h"
#include "fuzz/input/insn.h"

const struct letter_kind letters[LETTER_COUNT] = {
    [LETTER_FORK] = {"fork", false},
    [LETTER_EXIT_0] = {"exit0", false},
    [LETTER_EXIT_1] = {"exit1", false},
    [LETTER_WAIT] = {"wait", false},
    [LETTER_WAIT_CHILD] = {"wait-child", true},
    [LETTER_WAIT_NOHANG] = {"wait-nohang", false},
    [LETTER_KILL_CHILD] = {"kill-child", true},
    [LETTER_STORE] = {"store", false},
    [LETTER_LOAD] = {"load", false},
    [LETTER_KILL_GROUP] = {"kill-group", false},
    [LETTER_THREAD] = {"thread", false},
    [LETTER_LEAVE] = {"leave", false},
    [LETTER_FUTEX_WAIT] = {"futex-wait", false},
    [LETTER_FUTEX_WAKE] = {"futex-wake", false},
    [LETTER_EXEC] = {"exec", false},
};

bool letters_parse(char *names, unsigned *alphabet)
{
    *alphabet = 0;
    for (char *name = strtok(names, ","); name; name = strtok(NULL, ",")) {
        unsigned letter = 0;
        while (letter < LETTER_COUNT && strcmp(letters[letter].name, name) != 0) {
            letter++;
        }
        if (letter == LETTER_COUNT) {
            return false;
        }
        *alphabet |= 1u << letter;
    }
    return *alphabet != 0;
}

/* ---- instructions ---- */

static struct operand number_of(int64_t value)
{
    return (struct operand){.kind = OPERAND_NUMBER, .value = value};
}

/* The PID of a process that an actor is. */
static struct operand pid_of(unsigned actor)
{
    return (struct operand){.kind = OPERAND_RESULT, .index = (uint8_t)(actor - 1)};
}

static struct operand slot_of(const char *name)
{
    unsigned slot = 0;

    while (strcmp(image_slots[slot].name, name) != 0) {
        slot++;
    }
    return (struct operand){.kind = OPERAND_SLOT, .index = (uint8_t)slot};
}

static void set_wait(struct insn *insn, struct operand who, int64_t options)
{
    insn->nr = NR_wait4;
    insn->args[0] = who;
    insn->args[1] = slot_of("status");
    insn->args[2] = number_of(options);
}

static void set_kill(struct insn *insn, struct operand who)
{
    insn->nr = NR_kill;
    insn->args[0] = who;
    insn->args[1] = number_of(SIGKILL);
}

/* The first word of memory of its own that begins with zeros. */
static void set_access(struct insn *insn, unsigned op, int64_t value)
{
    enum { SIZE = 8 };

    insn->op = (uint8_t)op;
    insn->args[0] = number_of((int64_t)IMAGE_ZEROS);
    insn->args[1] = number_of(op == OP_STORE ? value : SIZE);
    insn->args[2] = number_of(op == OP_STORE ? SIZE : 0);
}

/* One word, which nobody changes. */
static void set_futex(struct insn *insn, int64_t command, int64_t value)
{
    insn->nr = NR_futex;
    insn->args[0] = slot_of("futex");
    insn->args[1] = number_of(command | FUTEX_PRIVATE_FLAG);
    insn->args[2] = number_of(value);
}

/* What only threads do. */
static void set_of_thread(struct insn *insn, unsigned letter)
{
    switch (letter) {
    case LETTER_THREAD:
        insn->nr = NR_clone;
        insn->args[0] = number_of(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD);
        break;
    case LETTER_LEAVE:
        insn->nr = NR_exit;
        break;
    case LETTER_FUTEX_WAIT:
        set_futex(insn, FUTEX_WAIT, 0);
        break;
    case LETTER_FUTEX_WAKE:
        set_futex(insn, FUTEX_WAKE, 1);
        break;
    default:
        insn->nr = NR_execve;
        insn->args[0] = slot_of("path_init");
        insn->args[1] = slot_of("argv_one");
        break;
    }
}

struct insn letter_insn(unsigned letter, unsigned actor, unsigned child, unsigned number)
{
    struct insn insn = {.op = OP_CALL, .actor = (uint8_t)actor, .preempt = INSN_NOBODY};

    switch (letter) {
    case LETTER_FORK:
        insn.nr = NR_clone;
        insn.args[0] = number_of(SIGCHLD);
        break;
    case LETTER_EXIT_0:
    case LETTER_EXIT_1:
        insn.nr = NR_exit_group;
        insn.args[0] = number_of(letter == LETTER_EXIT_1);
        break;
    case LETTER_WAIT:
    case LETTER_WAIT_NOHANG:
        set_wait(&insn, number_of(-1), letter == LETTER_WAIT_NOHANG ? WNOHANG : 0);
        break;
    case LETTER_WAIT_CHILD:
        set_wait(&insn, pid_of(child), 0);
        break;
    case LETTER_KILL_CHILD:
        set_kill(&insn, pid_of(child));
        break;
    case LETTER_KILL_GROUP:
        set_kill(&insn, number_of(0));
        break;
    case LETTER_STORE:
    case LETTER_LOAD:
        set_access(&insn, letter == LETTER_STORE ? OP_STORE : OP_LOAD, (int64_t)number + 1);
        break;
    case LETTER_THREAD:
    case LETTER_LEAVE:
    case LETTER_FUTEX_WAIT:
    case LETTER_FUTEX_WAKE:
    case LETTER_EXEC:
        set_of_thread(&insn, letter);
        break;
    default:
        insn.op = OP_SPURIOUS;
        break;
    }
    return insn;
}
