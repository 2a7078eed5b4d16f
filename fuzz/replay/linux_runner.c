/*
 * The init of a Linux machine that runs the programs of a pack, which is a file beside it, and says
 * what became of each instruction. What calls do is what is looked at: nothing fails, and whoever
 * can go on does so at once, whatever the input says.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "fuzz/input/insn.h"
#include "fuzz/input/operand.h"
#include "fuzz/replay/linux_tracee.h"
#include "fuzz/replay/linux_world.h"
#include "fuzz/replay/pack.h"

enum { PACK_MAX = 4 << 20 };

static uint8_t bytes[PACK_MAX];
static struct {
    size_t len;
    size_t at;
} pack;

static struct input input;
static struct run run;

static void load(void)
{
    FILE *file = fopen("/pack", "rb");

    if (!file) {
        world_give_up("/pack");
    }
    pack.len = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
}

static uint32_t next_number(void)
{
    uint32_t number = 0;

    if (pack.at + sizeof(number) <= pack.len) {
        memcpy(&number, bytes + pack.at, sizeof(number));
        pack.at += sizeof(number);
    }
    return number;
}

static bool take_program(void)
{
    uint32_t words_len = next_number();
    uint32_t input_len = next_number();

    if (words_len > pack.len - pack.at || input_len > pack.len - pack.at - words_len) {
        return false;
    }
    input_decode(&input, bytes + pack.at + words_len, input_len);
    pack.at += words_len + input_len;
    return true;
}

static int pid_of(unsigned actor)
{
    const struct outcome *made = actor ? &run.outcomes[actor - 1] : NULL;

    return actor == 0                                                        ? 1
           : insn_makes_process(&input.insns[actor - 1]) && made->result > 0 ? (int)made->result
                                                                             : -1;
}

static void carry_out(unsigned number)
{
    const struct insn *insn = &input.insns[number];
    struct outcome *outcome = &run.outcomes[number];
    uint64_t args[INPUT_ARGS];
    struct tracee *tracee;

    operand_values(insn, run.outcomes, args);
    switch ((enum operation)insn->op) {
    case OP_TICK:
        outcome->kind = tracee_tick() ? EVENT_TIME : EVENT_SKIPPED;
        break;
    case OP_TYPE:
        world_type((char)args[0]);
        outcome->kind = EVENT_TYPED;
        tracee_settle();
        break;
    case OP_SPURIOUS: /* who waits on Linux looks again and waits on, and nobody sees it */
        outcome->kind = tracee_waits(pid_of(insn->actor)) ? EVENT_AGAIN : EVENT_SKIPPED;
        break;
    default:
        tracee = tracee_find_free(pid_of(insn->actor));
        if (tracee) {
            tracee_do(tracee, number, args);
        }
        break;
    }
}

static bool goes_on(void)
{
    return !tracee_is_over() && !tracee_complaint();
}

/* As a run ends on Eft: those who sleep wake up, and when all are at rest they are killed. */
static void end(void)
{
    while (goes_on() && tracee_tick()) {
    }
    if (goes_on()) {
        tracee_kill_all_but_init();
    }
    while (goes_on() && tracee_tick()) {
    }
}

static void print_outcomes(void)
{
    for (unsigned i = 0; i < input.count; i++) {
        const struct outcome *outcome = &run.outcomes[i];
        printf(PACK_OUTCOME, i, (unsigned)outcome->kind, (unsigned)outcome->has_blocked,
               (unsigned)outcome->has_fired, outcome->pid, (long)outcome->result,
               outcome->wait_status, (long)outcome->parts[0], (long)outcome->parts[1]);
    }
}

static void replay(void)
{
    unsigned done = 0;

    memset(&run, 0, sizeof(run));
    run.input = &input;
    for (unsigned i = 0; i < input.count; i++) {
        run.outcomes[i].kind = EVENT_SKIPPED;
        run.outcomes[i].result = -1;
    }
    tracee_begin(&run, world_begin());
    while (done < input.count && goes_on()) {
        carry_out(done++);
    }
    end();
    print_outcomes();
    if (tracee_complaint()) {
        printf("~stop %u %s\n", done - 1, tracee_complaint());
    }
    printf("~end 0\n");
    tracee_end();
    world_end();
}

int main(void)
{
    uint32_t count;

    world_init();
    load();
    if (next_number() != PACK_MAGIC) {
        world_give_up("/pack is no pack");
    }
    count = next_number();
    for (uint32_t i = 0; i < count && take_program(); i++) {
        printf("\n~program %u\n", i);
        fflush(stdout);
        replay();
        fflush(stdout);
    }
    printf("~done\n");
    fflush(stdout);
    if (getpid() == 1) {
        reboot(RB_POWER_OFF);
    }
    return 0;
}
