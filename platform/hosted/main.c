/*
 * The program `eft`: options, the initramfs, and the exit status.
 *
 * Wrong options and files that cannot be had end with one line and status 2; otherwise the status
 * is that of the kernel, which is init's.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "choice.h"
#include "el0/el0.h"
#include "gdbstub.h"
#include "hash.h"
#include "machine.h"
#include "record.h"
#include "sanitizer.h"
#include "terminal.h"

#define EFT_VERSION "0.1"

enum { STATUS_USAGE = 2 };

static const char help[] =
    "usage: eft [OPTION]... [-- PROGRAM [ARGUMENT]...]\n"
    "\n"
    "Boots Eft in this process and runs init, which starts PROGRAM or /bin/sh.\n"
    "The exit status is init's.\n"
    "\n"
    "  --initrd FILE        the initramfs, a cpio archive (default: initramfs.cpio\n"
    "                       in the folder above that of this program)\n"
    "  --ram SIZE           how much RAM, with K, M or G (default: 64M)\n"
    "  --cmdline WORDS      words for the kernel, such as det=1 or init=/bin/sh\n"
    "  --trace FILE         writes a trace of the run: the kernel word trace=FILE\n"
    "  --strace             prints each system call: the kernel word strace\n"
    "  --time real|virtual  whose time passes (default: real on a terminal); virtual:\n"
    "                       an instruction takes a nanosecond, and idling no time\n"
    "  --seed N             draws every choice of the machine from the seed N\n"
    "  --record FILE        writes down the machine, the initramfs and every choice\n"
    "  --replay FILE        runs what was written down again, and says whether it went\n"
    "                       the same way: status 1 if not\n"
    "  --gdb PORT           waits for gdb on a TCP port of this host (0: any), to debug\n"
    "                       PROGRAM from its first instruction on\n"
    "  --hash               prints at the end what the run comes to: every register\n"
    "                       at every trap, every choice, every byte on the console\n"
    "  --tlb MODE           adversarial: caches all that the architecture allows, and\n"
    "                       reports what the kernel forgot to flush; natural: a small\n"
    "                       one; none: no checks (default: adversarial in builds that\n"
    "                       check, none in a release)\n"
    "  --check-hits         compares whatever the interpreter of programs remembers with\n"
    "                       what it finds out anew, each time; in builds that check\n"
    "  --asid-bits N        1 to 16 (default: 16, or a choice of the seed)\n"
    "  --help, --version\n"
    "\n"
    "On a terminal Ctrl-A x leaves, Ctrl-A h prints all such keys.\n";

struct options {
    const char *initrd;
    const char *cmdline;
    const char *trace;
    bool is_strace;
    const char *record;
    const char *replay;
    const char *of_machine;     /* an option that a replay has no use for, or NULL */
    const char *const *program; /* NULL-terminated, maybe empty */
    uint64_t ram_size;
    uint64_t seed;
    bool has_seed;
    bool is_real_time;
    bool wants_hash;
    bool checks_hits;
    bool wants_gdb;
    unsigned gdb_port;
    enum vtlb_mode tlb;
    unsigned asid_bits;
};

static _Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

static _Noreturn void fail(const char *format, ...)
{
    va_list args;

    fputs("eft: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(STATUS_USAGE);
}

/* ---- options ---- */

static uint64_t parse_number(const char *option, const char *text, const char **rest)
{
    char *end;

    errno = 0;
    unsigned long long value = strtoull(text, &end, 0);
    if (text[0] < '0' || text[0] > '9' || errno != 0 || (!rest && *end)) {
        fail("%s: '%s' is not a number", option, text);
    }
    if (rest) {
        *rest = end;
    }
    return value;
}

static uint64_t parse_size(const char *option, const char *text)
{
    static const char units[] = "KMG";
    const char *unit;
    uint64_t value = parse_number(option, text, &unit);
    unsigned shift = 0;

    if (*unit) {
        const char *known = strchr(units, *unit);
        if (!known || unit[1]) {
            fail("%s: '%s' is not a size, such as 64M", option, text);
        }
        shift = 10 * (unsigned)(known - units + 1);
    }
    if (value > UINT64_MAX >> shift) {
        fail("%s: '%s' is too much", option, text);
    }
    return value << shift;
}

static unsigned parse_word(const char *option, const char *text, const char *const *words)
{
    for (unsigned i = 0; words[i]; i++) {
        if (strcmp(text, words[i]) == 0) {
            return i;
        }
    }
    fail("%s: '%s' is not one of its words; see eft --help", option, text);
}

static void parse_option(struct options *options, int option)
{
    static const char *const times[] = {"virtual", "real", NULL};
    static const char *const tlbs[] = {
        [VTLB_ADVERSARIAL] = "adversarial", [VTLB_NATURAL] = "natural", [VTLB_NONE] = "none", NULL};
    uint64_t number;

    switch (option) {
    case 'g':
        number = parse_number("--gdb", optarg, NULL);
        if (number > UINT16_MAX) {
            fail("--gdb: '%s' is not a port", optarg);
        }
        options->wants_gdb = true;
        options->gdb_port = (unsigned)number;
        break;
    case 'H':
        options->wants_hash = true;
        break;
    case 'C':
        options->checks_hits = true;
        break;
    case 'i':
        options->initrd = optarg;
        break;
    case 'm':
        options->ram_size = parse_size("--ram", optarg);
        break;
    case 'c':
        options->cmdline = optarg;
        break;
    case 't':
        options->trace = optarg;
        break;
    case 'S':
        options->is_strace = true;
        break;
    case 'T':
        options->is_real_time = parse_word("--time", optarg, times);
        break;
    case 's':
        options->seed = parse_number("--seed", optarg, NULL);
        options->has_seed = true;
        break;
    case 'r':
        options->record = optarg;
        break;
    case 'p':
        options->replay = optarg;
        break;
    case 'l':
        options->tlb = parse_word("--tlb", optarg, tlbs);
        break;
    case 'a':
        number = parse_number("--asid-bits", optarg, NULL);
        if (number < 1 || number > 16) {
            fail("--asid-bits: '%s' is not 1 to 16", optarg);
        }
        options->asid_bits = (unsigned)number;
        break;
    case 'h':
        fputs(help, stdout);
        exit(0);
    case 'v':
        puts("eft " EFT_VERSION);
        exit(0);
    default: /* getopt has said what is wrong, but for where to look */
        exit(STATUS_USAGE);
    }
}

static void parse_options(struct options *options, int argc, char **argv)
{
    static const struct option known[] = {
        {"initrd", required_argument, NULL, 'i'},
        {"ram", required_argument, NULL, 'm'},
        {"cmdline", required_argument, NULL, 'c'},
        {"trace", required_argument, NULL, 't'},
        {"strace", no_argument, NULL, 'S'},
        {"time", required_argument, NULL, 'T'},
        {"seed", required_argument, NULL, 's'},
        {"gdb", required_argument, NULL, 'g'},
        {"hash", no_argument, NULL, 'H'},
        {"check-hits", no_argument, NULL, 'C'},
        {"record", required_argument, NULL, 'r'},
        {"replay", required_argument, NULL, 'p'},
        {"tlb", required_argument, NULL, 'l'},
        {"asid-bits", required_argument, NULL, 'a'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
        {NULL, 0, NULL, 0},
    };
    static char name[] = "eft"; /* how getopt begins its line */
    int option;
    int which = 0;

    argv[0] = name;
    while ((option = getopt_long(argc, argv, "+", known, &which)) != -1) {
        parse_option(options, option);
        if (strchr("imcSTsla", option)) {
            options->of_machine = known[which].name;
        }
    }
    if (optind < argc && strcmp(argv[optind - 1], "--") != 0) {
        fail("'%s': a program stands behind --; see eft --help", argv[optind]);
    }
    options->program = (const char *const *)&argv[optind];
    if (options->replay && (options->of_machine || options->program[0])) {
        fail("--replay: the record says what the machine is; %s%s has no use",
             options->program[0] ? "a program" : "--",
             options->program[0] ? "" : options->of_machine);
    }
    if (options->replay && options->record) {
        fail("--replay and --record: a replay makes no choices of its own");
    }
}

/* ---- what the kernel gets ---- */

/* Appends text to a string of the heap; a NULL string is empty. */
static void append(char **to, const char *text)
{
    size_t len = *to ? strlen(*to) : 0;

    *to = realloc(*to, len + strlen(text) + 1);
    if (!*to) {
        fail("no memory");
    }
    memcpy(*to + len, text, strlen(text) + 1);
}

/* Appends a word to a command line, quoted as Linux does it. */
static void add_word(char **line, const char *prefix, const char *word)
{
    const char *quote = !*word || strpbrk(word, " \t\r\n") ? "\"" : "";

    if (strchr(word, '"')) {
        fail("'%s': the kernel's command line cannot hold a quotation mark", word);
    }
    append(line, *line && **line ? " " : "");
    append(line, quote);
    append(line, prefix);
    append(line, word);
    append(line, quote);
}

/* The words for the kernel that are recorded with the run. */
static const char *make_words(const struct options *options)
{
    char *line = NULL;

    append(&line, options->cmdline);
    if (options->is_strace) {
        add_word(&line, "strace", "");
    }
    return line;
}

/* What stands behind the words for the kernel: the program and its arguments. */
static const char *make_program(const struct options *options)
{
    char *line = NULL;

    append(&line, "");
    if (options->program[0]) {
        add_word(&line, "", "--");
    }
    for (unsigned i = 0; options->program[i]; i++) {
        add_word(&line, "", options->program[i]);
    }
    return line;
}

/* A trace only watches, so that a run with one is the same run as without. */
static const char *make_cmdline(const struct options *options, const struct record_machine *machine)
{
    char *line = NULL;

    append(&line, machine->words);
    if (options->trace) {
        add_word(&line, "trace=", options->trace);
    }
    if (*machine->program) {
        append(&line, *line ? " " : "");
        append(&line, machine->program);
    }
    return line;
}

/* build/hosted/eft -> build/initramfs.cpio; PREFIX/bin/eft -> PREFIX/share/eft/initramfs.cpio */
static const char *default_initrd(void)
{
    static char path[PATH_MAX];
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self));

    for (unsigned up = 0; up < 2 && len > 0; up++) {
        const char *slash = memrchr(self, '/', (size_t)len);
        len = slash ? slash - self : 0;
    }
    int size = snprintf(path, sizeof(path), "%.*s/share/eft/initramfs.cpio", (int)len, self);
    if (access(path, R_OK) != 0) {
        size = snprintf(path, sizeof(path), "%.*s/initramfs.cpio", (int)len, self);
    }
    if (len < 0 || (size_t)size >= sizeof(path)) {
        fail("cannot tell where this program lies: give --initrd");
    }
    return path;
}

/* May end with the first bytes beyond limit: then it does not fit, and machine_start says so. */
static const void *read_initrd(const char *path, uint64_t limit, size_t *size)
{
    FILE *file = fopen(path, "rb");
    size_t capacity = 1 << 20;
    char *bytes = malloc(capacity);

    if (!file) {
        fail("cannot read the initramfs %s: %s", path, strerror(errno));
    }
    *size = 0;
    while (bytes) {
        *size += fread(bytes + *size, 1, capacity - *size, file);
        if (*size < capacity || *size > limit) {
            break;
        }
        capacity *= 2;
        char *more = realloc(bytes, capacity);
        if (!more) {
            free(bytes);
        }
        bytes = more;
    }
    if (!bytes) {
        fail("no memory for the initramfs %s", path);
    }
    if (ferror(file)) {
        fail("cannot read the initramfs %s: %s", path, strerror(errno));
    }
    if (*size == 0) {
        fail("the initramfs %s is empty", path);
    }
    fclose(file);
    return bytes;
}

/* The machine that the options ask for. */
static void describe_machine(const struct options *options, struct record_machine *machine)
{
    *machine = (struct record_machine){
        .ram_size = options->ram_size,
        .tlb = options->tlb,
        .asid_bits = options->asid_bits,
        .has_real_time = options->is_real_time,
        .words = make_words(options),
        .program = make_program(options),
    };
    machine->initrd = read_initrd(options->initrd ? options->initrd : default_initrd(),
                                  options->ram_size, &machine->initrd_size);
}

static void open_record(const struct options *options, const struct record_machine *machine)
{
    int error = record_create(options->record, machine);

    if (error) {
        fail("cannot write %s: %s", options->record, strerror(error));
    }
}

/* The name of the program that is debugged: what the kernel starts as init, or init starts. */
static const char *debugged_program(const struct record_machine *machine)
{
    static char name[PATH_MAX];
    const char *word = strstr(machine->words, "init=");

    if (word) {
        word += strlen("init=");
    } else {
        word = *machine->program ? machine->program + strlen("-- ") : "/bin/sh";
    }
    word += *word == '"';
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, " \""), word);
    return name;
}

static void wait_for_gdb(const struct options *options, const struct record_machine *machine)
{
    int error = gdbstub_start(options->gdb_port, debugged_program(machine));

    if (error) {
        fail("--gdb: cannot listen on port %u: %s", options->gdb_port, strerror(error));
    }
}

static void print_hash(void)
{
    const struct hash *hash = hash_now();

    fprintf(stderr,
            "eft: trace hash %016" PRIx64 ": registers %016" PRIx64 " of %" PRIu64
            " traps, choices %016" PRIx64 " of %" PRIu64 ", console %016" PRIx64 " of %" PRIu64
            " bytes\n",
            hash_total(hash), hash->registers, hash->traps, hash->choices, hash->choice_count,
            hash->console, hash->console_bytes);
}

int main(int argc, char **argv)
{
    struct options options = {
        .cmdline = "",
        .ram_size = (uint64_t)64 << 20,
        .is_real_time = isatty(STDIN_FILENO),
        .tlb = HOSTED_CHECKED ? VTLB_ADVERSARIAL : VTLB_NONE,
    };
    static struct record_machine machine; /* kept: the kernel's command line is used to the end */
    char complaint[RECORD_COMPLAINT_MAX];

    parse_options(&options, argc, argv);
    choice_init();
    if (options.replay) {
        if (!record_open(options.replay, &machine, complaint)) {
            fail("%s", complaint);
        }
        choice_use_record();
        terminal_save_at_end();
    } else {
        describe_machine(&options, &machine);
    }
    if (options.has_seed) {
        choice_use_seed(options.seed);
    }
    const struct machine_config config = {
        .ram_size = machine.ram_size,
        .initrd = machine.initrd,
        .initrd_size = machine.initrd_size,
        .cmdline = make_cmdline(&options, &machine),
        .tlb = machine.tlb,
        .asid_bits = machine.asid_bits,
        .has_input = !options.replay,
        .has_real_time = machine.has_real_time,
        .has_entropy = !options.has_seed,
    };
    const char *wrong = machine_check(&config);
    if (wrong) {
        fail("%s", wrong);
    }
    if (!el0_check_hits(options.checks_hits)) {
        fail("--check-hits: a release remembers without checks");
    }
    if (options.record) {
        open_record(&options, &machine); /* last: it empties the file */
    }
    if (options.wants_gdb) {
        wait_for_gdb(&options, &machine);
    }
    if (options.wants_hash) {
        atexit(print_hash);
    }
    hash_with_registers(options.wants_hash || options.record || options.replay);
    wrong = machine_start(&config);
    if (wrong) {
        fail("%s", wrong);
    }
    int status = record_end(machine_run());
    gdbstub_end(status);
    return status;
}
