/* Scripts and long arguments, on the way to another program. */
#include "lives.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/types.h"

#define STATUS(code) ((code) << 8)
#define PAGE ((uint64_t)PAGE_SIZE)
#define PATH (DATA + 256)
#define ARGV (DATA + 320)
#define LONG (DATA + PAGE)

/* What the child does until it runs a program is in init's; it ends with 31. */
static void exec_in_child(struct program *p, struct label *child)
{
    program_fork(p, 20, child);
    program_wait(p, X(20), STATUS(31));
    program_load(p, 22, LONG);
    program_exit(p, 0);
    program_place(p, child);
}

void exec_of_scripts(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};

    exec_in_child(p, &child);
    program_string(p, PATH, "/loop");
    CALL(p, execve, N(PATH), N(0), N(0));
    program_result(p, -ELOOP);
    program_string(p, PATH, "/lost");
    CALL(p, execveat, N(AT_FDCWD), N(PATH), N(0), N(0), N(0));
    program_result(p, -ENOENT);
    program_string(p, PATH, "script");
    program_store(p, ARGV, PATH);
    CALL(p, execve, N(PATH), N(ARGV), N(ARGV));
    program_result(p, 0); /* on failure only */
    program_exit(&programs[1], 31);
}

/* Three strings that each need pages of their own in the new stack. */
void exec_with_long_arguments(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};
    struct label more = {0};

    exec_in_child(p, &child);
    program_move(p, 21, N(LONG));
    program_place(p, &more);
    program_op(p, (struct script_op){.kind = SCRIPT_STORE, .args = {X(21), N(0x7878787878787878)}});
    program_op(p, (struct script_op){.kind = SCRIPT_MOVE, .to = 21, .args = {X(21), N(8)}});
    program_op(p, (struct script_op){.kind = SCRIPT_JUMP_UNLESS,
                                     .to = more.at,
                                     .args = {X(21), N(LONG + PAGE * 3 / 2)}});
    for (unsigned i = 0; i < 3; i++) {
        program_store(p, ARGV + i * 8, LONG);
    }
    program_string(p, PATH, "/p1");
    CALL(p, execve, N(PATH), N(ARGV), N(0));
    program_result(p, 0); /* on failure only */
    program_exit(&programs[1], 31);
}
