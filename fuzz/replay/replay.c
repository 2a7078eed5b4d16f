/*
 * Reads programs, runs them hosted, and packs them for the machines that run them elsewhere; says
 * what became of each instruction as those do (pack.h). replay.py puts it all side by side.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/random.h"
#include "fuzz/driver/attempt.h"
#include "fuzz/driver/found.h"
#include "fuzz/driver/help.h"
#include "fuzz/driver/number.h"
#include "fuzz/driver/read.h"
#include "fuzz/input/generate.h"
#include "fuzz/input/insn.h"
#include "fuzz/input/text.h"
#include "fuzz/replay/dull.h"
#include "fuzz/replay/pack.h"
#include "fuzz/run/body.h"
#include "fuzz/run/body_hosted.h"

static const char usage[] =
    "usage: replay run [OPTION | FILE]...\n"
    "       replay pack TO [OPTION | FILE]...\n"
    "       replay show ANSWERS [OPTION | FILE]...\n"
    "       replay draw FOLDER SEED COUNT\n"
    "FILE is a .repro, or an input as bytes. ANSWERS is what a machine said of just these.\n"
    "Options count for the files behind them:\n"
    "  --words=WORDS   more words for the kernel\n"
    "  --dull          no failures, and nobody's turn but in order\n";

enum {
    STATUS_NONSENSE = 2,
    HANG_SECONDS = 60,
    CAPACITY_MIN = 64,
    LINE_MAX = 1024,
    DRAWN_MAX = 1000 * 1000,
    ERRNO_LOWEST = -4095
};

struct program {
    const char *words;
    struct repro repro;
};

static struct {
    struct program *programs;
    unsigned count;
    unsigned capacity;
} list;

static struct run run;

static _Noreturn void give_up(const char *what, const char *why)
{
    fprintf(stderr, "replay: %s: %s\n", what, why);
    exit(2);
}

/* ---- what there is to run ---- */

static void load(struct repro *repro, const char *path)
{
    char error[REPRO_ERROR_MAX];

    if (!repro_read(repro, path, error)) {
        give_up(path, error);
    }
}

static struct program *add(void)
{
    if (list.count == list.capacity) {
        list.capacity = list.capacity ? 2 * list.capacity : CAPACITY_MIN;
        list.programs = realloc(list.programs, list.capacity * sizeof(*list.programs));
        if (!list.programs) {
            give_up("programs", "there is no room for so many");
        }
    }
    return &list.programs[list.count++];
}

static void take(int count, char **arguments)
{
    static const char words_option[] = "--words=";
    const char *words = "";
    bool is_dull = false;

    for (int i = 0; i < count; i++) {
        if (strncmp(arguments[i], words_option, sizeof(words_option) - 1) == 0) {
            words = arguments[i] + sizeof(words_option) - 1;
        } else if (strcmp(arguments[i], "--dull") == 0) {
            is_dull = true;
        } else {
            struct program *program = add();
            program->words = words;
            load(&program->repro, arguments[i]);
            if (is_dull) {
                dull(&program->repro.input);
            }
        }
    }
}

/* ---- packing ---- */

static void put(FILE *file, const void *bytes, size_t len)
{
    if (fwrite(bytes, 1, len, file) != len) {
        give_up("the pack", "cannot be written");
    }
}

static void put_number(FILE *file, size_t number)
{
    uint32_t value = (uint32_t)number;

    put(file, &value, sizeof(value));
}

static void pack(const char *path)
{
    static uint8_t bytes[INPUT_SIZE_MAX];
    FILE *file = fopen(path, "wb");

    if (!file) {
        give_up(path, "cannot be written");
    }
    put_number(file, PACK_MAGIC);
    put_number(file, list.count);
    for (unsigned i = 0; i < list.count; i++) {
        const struct program *program = &list.programs[i];
        size_t len = input_encode(&program->repro.input, bytes);
        put_number(file, strlen(program->words) + 1);
        put_number(file, len);
        put(file, program->words, strlen(program->words) + 1);
        put(file, bytes, len);
    }
    if (fclose(file) != 0) {
        give_up(path, "cannot be written");
    }
}

/* ---- running, each in a process of its own ---- */

static void print_outcomes(void)
{
    for (unsigned i = 0; run.input && i < run.input->count; i++) {
        const struct outcome *outcome = &run.outcomes[i];
        printf(PACK_OUTCOME, i, (unsigned)outcome->kind, (unsigned)outcome->has_blocked,
               (unsigned)outcome->has_fired, outcome->pid, (long)outcome->result,
               outcome->wait_status, (long)outcome->parts[0], (long)outcome->parts[1]);
    }
}

static void tell(const char *check, const char *details)
{
    print_outcomes();
    printf("~found %s: %s\n", check, details);
    fflush(stdout);
    if (strcmp(check, "sanitizer") != 0) {
        _exit(0);
    }
}

static _Noreturn void run_one(const struct program *program)
{
    found_hook = tell;
    found_init();
    alarm(HANG_SECONDS);
    body_set_words(program->words);
    body_reset(&program->repro.input.config);
    run_input(&run, &program->repro.input, RUN_ALL);
    print_outcomes();
    printf("~end %lx\n", (unsigned long)run.stats.digest);
    fflush(stdout);
    _exit(0);
}

static void run_all(void)
{
    for (unsigned i = 0; i < list.count; i++) {
        int status = 0;
        printf("~program %u\n", i);
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            run_one(&list.programs[i]);
        }
        if (child < 0 || waitpid(child, &status, 0) != child) {
            give_up("fork", "cannot be had");
        }
        if (WIFEXITED(status) && WEXITSTATUS(status) == STATUS_NONSENSE) {
            exit(STATUS_NONSENSE); /* it has said why */
        }
        if (status != 0) {
            printf("~found %s: wait status 0x%x; see what was printed\n",
                   attempt_name_of_end(status), (unsigned)status);
        }
    }
    printf("~done\n");
}

/* ---- telling what machines have said ---- */

/* Whether the number is one that only this machine could give. */
static bool is_address(const struct insn *insn, const struct outcome *outcome)
{
    return insn_gives(insn) == GIVES_ADDRESS && outcome->kind == EVENT_RESULT &&
           (outcome->result >= 0 || outcome->result < ERRNO_LOWEST);
}

/* Number, "as" expected or "other" than it or "free", "address" or "value", the outcome, what was
 * expected, the instruction. */
static void show_insn(const struct repro *repro, unsigned number, const struct outcome *outcome)
{
    const struct insn *insn = &repro->input.insns[number];
    const struct outcome *expected = &repro->expected[number];
    char actual_text[LINE_MAX], expected_text[LINE_MAX] = "", insn_text[LINE_MAX];

    if (repro->has_expected[number]) {
        repro_print_outcome(insn, expected, expected_text, sizeof(expected_text));
    }
    repro_print_outcome(insn, outcome, actual_text, sizeof(actual_text));
    repro_print_insn(&repro->input, number, insn_text, sizeof(insn_text));
    const char *judged = !repro->has_expected[number]                    ? "free"
                         : repro_is_as_expected(insn, expected, outcome) ? "as"
                                                                         : "other";
    printf("%u\t%s\t%s\t%s\t%s\t%s\n", number, judged,
           is_address(insn, outcome) ? "address" : "value", actual_text, expected_text, insn_text);
}

/* Lines of pack.h pass, but for PACK_OUTCOME, which become what show_insn prints. */
static void show_line(const char *line)
{
    static const struct program *program;
    struct outcome outcome = {0};
    unsigned number, kind, has_blocked, has_fired;
    long result, parts[2];

    if (sscanf(line, "~program %u", &number) == 1) {
        program = number < list.count ? &list.programs[number] : NULL;
    }
    if (!program ||
        sscanf(line, PACK_OUTCOME, &number, &kind, &has_blocked, &has_fired, &outcome.pid, &result,
               &outcome.wait_status, &parts[0], &parts[1]) != 9) {
        fputs(line, stdout);
        return;
    }
    outcome.kind = kind;
    outcome.has_blocked = has_blocked;
    outcome.has_fired = has_fired;
    outcome.result = result;
    outcome.parts[0] = parts[0];
    outcome.parts[1] = parts[1];
    if (number < program->repro.input.count) {
        show_insn(&program->repro, number, &outcome);
    }
}

static void show(const char *path)
{
    char line[LINE_MAX];
    FILE *file = fopen(path, "rb");

    if (!file) {
        give_up(path, "cannot be read");
    }
    while (fgets(line, sizeof(line), file)) {
        if (line[0] == '~') {
            show_line(line);
        }
    }
    fclose(file);
}

/* ---- programs from nowhere ---- */

static void draw(const char *folder, const char *seed, const char *how_many)
{
    static char text[REPRO_TEXT_MAX];
    struct random random;
    struct repro repro = {0};
    char path[LINE_MAX];
    uint64_t count;

    if (!number_parse(seed, &random.state)) {
        give_up(seed, "is no seed");
    }
    if (!number_parse(how_many, &count) || count == 0 || count > DRAWN_MAX) {
        give_up(how_many, "is no number of programs");
    }
    for (unsigned i = 0; i < count; i++) {
        generate_input(&repro.input, &random, GENERATE_SCHEDULES);
        snprintf(path, sizeof(path), "%s/%s-%u.repro", folder, seed, i);
        FILE *file = fopen(path, "wb");
        if (!file) {
            give_up(path, "cannot be written");
        }
        put(file, text, repro_print(&repro, text, sizeof(text)));
        fclose(file);
        puts(path);
    }
}

int main(int argc, char **argv)
{
    help_if_asked(argc, argv, usage);
    if (argc >= 2 && strcmp(argv[1], "run") == 0) {
        take(argc - 2, argv + 2);
        run_all();
    } else if (argc >= 3 && strcmp(argv[1], "pack") == 0) {
        take(argc - 3, argv + 3);
        pack(argv[2]);
    } else if (argc >= 3 && strcmp(argv[1], "show") == 0) {
        take(argc - 3, argv + 3);
        show(argv[2]);
    } else if (argc == 5 && strcmp(argv[1], "draw") == 0) {
        draw(argv[2], argv[3], argv[4]);
    } else {
        fputs(usage, stderr);
        return 2;
    }
    return 0;
}
