#include "scenario.h"

#include <stdio.h>

#include "base/inject.h"
#include "base/random.h"
#include "base/string.h"
#include "kernel.h"
#include "mm/frame.h"
#include "platform/hosted/choice.h"
#include "platform/hosted/machine.h"
#include "platform/hosted/report.h"
#include "platform/hosted/terminal.h"
#include "proc/deliver.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "state.h"
#include "test.h"

enum {
    RAM_BYTES = 8 << 20,
    STEPS_MAX = 200000,
    REG_STATUS = 28, /* of the orderly end */
    OP_MISMATCH = 1,
    OP_NO_MEMORY = 3,
    SPURIOUS_ONE_IN = 4,
    CALL_NUMBERS = 5000,
};

/* ---- assembling ---- */

void program_op(struct program *p, struct script_op op)
{
    EXPECT(p->count < PROGRAM_OPS);
    p->ops[p->count++] = op;
}

/* What each program begins with: the ways to end. Init ends all others first. */
static void program_start(struct program *p)
{
    enum { FIRST = 10, END = 9, KILL = 4, WAIT = 7 };

    p->count = 0;
    program_op(p, (struct script_op){.kind = SCRIPT_JUMP, .to = FIRST});
    program_move(p, REG_STATUS, N(STATUS_MISMATCH));
    program_op(p, (struct script_op){.kind = SCRIPT_JUMP, .to = KILL});
    program_move(p, REG_STATUS, N(STATUS_NO_MEMORY));
    CALL(p, getpid, N(0));
    program_op(p, (struct script_op){.kind = SCRIPT_JUMP_UNLESS, .to = END, .args = {X(0), N(1)}});
    CALL(p, kill, N(-1), N(SIGKILL));
    CALL(p, wait4, N(-1), N(0), N(0), N(0));
    program_op(
        p, (struct script_op){.kind = SCRIPT_JUMP_UNLESS, .to = WAIT, .args = {X(0), N(-ECHILD)}});
    CALL(p, exit_group, X(REG_STATUS));
    EXPECT_EQ(p->count, FIRST);
}

void program_call(struct program *p, unsigned nr, const struct script_value *args)
{
    struct script_op op = {.kind = SCRIPT_CALL, .nr = nr};

    memcpy(op.args, args, sizeof(op.args));
    program_op(p, op);
}

static void jump_fixed(struct program *p, enum script_kind kind, struct script_value a,
                       struct script_value b, unsigned to)
{
    program_op(p, (struct script_op){.kind = kind, .to = to, .args = {a, b}});
}

void program_no_memory(struct program *p)
{
    jump_fixed(p, SCRIPT_JUMP_IF, X(0), N(-ENOMEM), OP_NO_MEMORY);
    jump_fixed(p, SCRIPT_JUMP_IF, X(0), N(-EAGAIN), OP_NO_MEMORY);
}

void program_expect(struct program *p, struct script_value a, struct script_value b)
{
    jump_fixed(p, SCRIPT_JUMP_UNLESS, a, b, OP_MISMATCH);
}

void program_result(struct program *p, int64_t expected)
{
    if (expected != -ENOMEM && expected != -EAGAIN) {
        program_no_memory(p);
    }
    program_expect(p, X(0), N(expected));
}

void program_load(struct program *p, unsigned to, uint64_t va)
{
    program_op(p, (struct script_op){.kind = SCRIPT_LOAD, .to = to, .args = {N(va)}});
}

void program_store(struct program *p, uint64_t va, uint64_t value)
{
    program_op(p, (struct script_op){.kind = SCRIPT_STORE, .args = {N(va), N(value)}});
}

void program_move(struct program *p, unsigned to, struct script_value value)
{
    program_op(p, (struct script_op){.kind = SCRIPT_MOVE, .to = to, .args = {value, N(0)}});
}

void program_string(struct program *p, uint64_t va, const char *s)
{
    size_t size = str_len(s) + 1;
    uint64_t word;

    for (size_t at = 0; at < size; at += sizeof(word)) {
        word = 0;
        memcpy(&word, s + at, min_u64(sizeof(word), size - at));
        program_store(p, va + at, word);
    }
}

void program_exit(struct program *p, int code)
{
    CALL(p, exit_group, N(code));
}

static void use(struct program *p, struct label *label, struct script_op op)
{
    if (label->is_placed) {
        op.to = label->at;
    } else {
        EXPECT(label->use_count < sizeof(label->uses) / sizeof(label->uses[0]));
        label->uses[label->use_count++] = p->count;
    }
    program_op(p, op);
}

void program_jump(struct program *p, struct label *label)
{
    use(p, label, (struct script_op){.kind = SCRIPT_JUMP});
}

void program_jump_if(struct program *p, struct script_value a, struct script_value b,
                     struct label *label)
{
    use(p, label, (struct script_op){.kind = SCRIPT_JUMP_IF, .args = {a, b}});
}

void program_place(struct program *p, struct label *label)
{
    label->at = p->count;
    label->is_placed = true;
    for (unsigned i = 0; i < label->use_count; i++) {
        p->ops[label->uses[i]].to = label->at;
    }
}

void program_fork(struct program *p, unsigned to, struct label *child)
{
    CALL(p, clone, N(SIGCHLD));
    program_no_memory(p);
    program_jump_if(p, X(0), N(0), child);
    program_move(p, to, X(0));
}

void program_wait(struct program *p, struct script_value pid, int wait_status)
{
    CALL(p, wait4, pid, N(DATA), N(0), N(0));
    program_no_memory(p);
    if (pid.is_register) {
        program_expect(p, X(0), pid);
    }
    program_op(p, (struct script_op){.kind = SCRIPT_LOAD, .size = 4, .to = 27, .args = {N(DATA)}});
    program_expect(p, X(27), N(wait_status));
}

void program_yield(struct program *p, unsigned count)
{
    while (count-- > 0) {
        CALL(p, sched_yield, N(0));
    }
}

/* ---- the initramfs ---- */

struct archive {
    uint8_t bytes[16384];
    size_t len;
};

static void put(struct archive *archive, const void *bytes, size_t len)
{
    EXPECT(archive->len + len + 4 <= sizeof(archive->bytes));
    memcpy(archive->bytes + archive->len, bytes, len);
    archive->len += len;
    while (archive->len % 4 != 0) {
        archive->bytes[archive->len++] = 0;
    }
}

static void put_member(struct archive *archive, const char *name, uint32_t mode, const void *bytes,
                       size_t len)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t fields[13] = {0};
    char header[110 + 64] = "070701";
    size_t at = 6;

    fields[1] = mode;
    fields[6] = len;
    fields[11] = str_len(name) + 1;
    for (unsigned i = 0; i < 13; i++) {
        for (int shift = 28; shift >= 0; shift -= 4) {
            header[at++] = digits[fields[i] >> shift & 15];
        }
    }
    memcpy(header + at, name, str_len(name) + 1);
    put(archive, header, at + str_len(name) + 1);
    put(archive, bytes, len);
}

struct segment {
    uint32_t type, flags;
    uint64_t offset, va, pa, file_size, memory_size, align;
};

/* A program's file: it has no code, only an entry and memory to write to. */
struct image {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, segments_at, sections_at;
    uint32_t flags;
    uint16_t header_size, segment_size, segment_count, section_size, section_count, names;
    struct segment segments[2];
};

static struct image make_image(unsigned program, uint16_t segment_count)
{
    return (struct image){
        .ident = {0x7f, 'E', 'L', 'F', 2, 1, 1},
        .type = 2,
        .machine = 183,
        .entry = SCRIPT_PC(program, 0),
        .segments_at = offsetof(struct image, segments),
        .header_size = offsetof(struct image, segments),
        .segment_size = sizeof(struct segment),
        .segment_count = segment_count,
        .segments = {{.type = 1,
                      .flags = 6,
                      .va = DATA,
                      .memory_size = DATA_PAGES * PAGE_SIZE,
                      .align = PAGE_SIZE},
                     {.type = 1,
                      .flags = 6,
                      .offset = LONG_START % PAGE_SIZE,
                      .va = LONG_START,
                      .file_size = LONG_WORDS * sizeof(uint64_t),
                      .memory_size = LONG_END - LONG_START,
                      .align = PAGE_SIZE}},
    };
}

static void put_program(struct archive *archive, const char *name, unsigned program)
{
    const struct image image = make_image(program, 1);

    put_member(archive, name, 0100755, &image, sizeof(image));
}

static void number_words(uint64_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        words[i] = i + 1;
    }
}

static void put_long_program(struct archive *archive, const char *name, unsigned program)
{
    static union {
        struct image image;
        uint64_t words[LONG_START % PAGE_SIZE / sizeof(uint64_t) + LONG_WORDS];
    } file;

    file.image = make_image(program, 2);
    number_words(file.words + LONG_START % PAGE_SIZE / sizeof(uint64_t), LONG_WORDS);
    put_member(archive, name, 0100755, &file, sizeof(file));
}

static void put_pages(struct archive *archive, const char *name)
{
    static uint64_t words[FILE_WORDS];

    number_words(words, FILE_WORDS);
    put_member(archive, name, 0100644, words, sizeof(words));
}

static const struct archive *initramfs(void)
{
    static struct archive archive;

    archive.len = 0;
    put_program(&archive, "init", 0);
    put_program(&archive, "p1", 1);
    put_program(&archive, "p2", 2);
    put_long_program(&archive, "p3", 3);
    put_pages(&archive, "pages");
    put_member(&archive, "text", 0100644, "no program\n", 11);
    put_member(&archive, "bad", 0100755, "no program\n", 11);
    put_member(&archive, "script", 0100755, "#!p1 -x\n", 8);
    put_member(&archive, "lost", 0100755, "#!/none\n", 8);
    put_member(&archive, "loop", 0100755, "#!/loop\n", 8);
    put_member(&archive, "TRAILER!!!", 0, "", 0);
    return &archive;
}

/* ---- running ---- */

/* What is looked at around a call. */
static struct {
    const struct run *run;
    const char *input; /* not typed yet; NULL: none */
    bool is_byte_due;
    uint64_t boot_allocations; /* so far; counted while is_booting */
    bool is_booting;
    bool has_failed_boot;
    bool in_call;
    bool had_failed;
    int tid;
    unsigned nr;
    uint64_t before;
    uint64_t handlers; /* called before */
    struct random random;
    uint64_t calls_checked;
    bool has_panicked;
} watch;

/* What programs write is of no interest; the words of a panic are. */
static void drop_output(const char *bytes, size_t len)
{
    static const char panic_begins[] = "\neft: panic: ";
    size_t head = sizeof(panic_begins) - 1;

    watch.has_panicked |= len >= head && memcmp(bytes, panic_begins, head) == 0;
    if (watch.has_panicked) {
        fwrite(bytes, 1, len, stderr);
    }
}

/* What the console has: how many bytes, and then that byte; at last its end, which is the highest
 * number, or nothing more. */
static uint32_t type(uint32_t bound)
{
    if ((uint8_t)*watch.input == INPUT_GOES_ON) {
        return 0;
    }
    watch.is_byte_due = !watch.is_byte_due && *watch.input;
    if (watch.is_byte_due) {
        return 1;
    }
    return *watch.input ? (uint8_t)*watch.input++ : bound - 1;
}

static uint32_t choose(unsigned kind, uint32_t bound, uint32_t answer)
{
    if (watch.run->has_spurious && kind == PLAT_CHOOSE_SPURIOUS &&
        random_next(&watch.random) % SPURIOUS_ONE_IN == 0) {
        return (uint32_t)(random_next(&watch.random) % bound);
    }
    if (kind == PLAT_CHOOSE_FAIL && watch.is_booting &&
        ++watch.boot_allocations == watch.run->fail_boot_nth) {
        watch.has_failed_boot = true;
        return 1;
    }
    return kind == CHOOSE_CONSOLE && watch.input ? type(bound) : answer;
}

static bool called[CALL_NUMBERS];

bool scenario_has_called(unsigned nr)
{
    return nr < CALL_NUMBERS && called[nr];
}

static void see_operation(const struct plat_user *user, const struct script_op *op)
{
    if (op->kind == SCRIPT_CALL && op->nr < CALL_NUMBERS) {
        called[op->nr] = true;
    }
    if (op->kind != SCRIPT_CALL || !watch.run->is_checked) {
        return;
    }
    watch.in_call = true;
    watch.had_failed = inject_has_fired();
    watch.tid = CONTAINER_OF(user, struct thread, user)->tid;
    watch.nr = op->nr;
    watch.before = state_hash();
    watch.handlers = deliver_handlers();
}

static bool gives_parts(unsigned nr)
{
    switch (nr) {
    case SYS_getrandom:
    case SYS_read:
    case SYS_readv:
    case SYS_pread64:
    case SYS_write:
    case SYS_writev:
        return true;
    default:
        return false;
    }
}

static bool sends(unsigned nr)
{
    return nr == SYS_kill || nr == SYS_tkill || nr == SYS_tgkill || nr == SYS_rt_sigqueueinfo ||
           nr == SYS_rt_tgsigqueueinfo || nr == SYS_pidfd_send_signal;
}

/* Behind a step in which a call was made: if an allocation failed inside, the call failed and
 * changed nothing. */
static void check_call(void)
{
    const struct process *process = process_find(watch.tid);

    if (!watch.in_call || watch.had_failed || !inject_has_fired() || watch.nr == SYS_exit_group) {
        return; /* what tells of an end does without */
    }
    if (process && process->wait_status == SIGKILL && deliver_handlers() != watch.handlers) {
        return; /* no memory for the stack of a handler */
    }
    EXPECT(process && process->state == PROCESS_LIVE);
    int64_t result = (int64_t)process->thread->user.x[0];
    if (result > 0 && gives_parts(watch.nr)) {
        return; /* a part was done, and the call says how much */
    }
    if (result == 0 && sends(watch.nr)) {
        return; /* without an info */
    }
    if (watch.nr == SYS_mremap && (process->thread->user.x[3] & MREMAP_FIXED)) {
        return; /* it has made room */
    }
    bool says_nothing = watch.nr == SYS_brk || watch.nr == SYS_setfsuid || watch.nr == SYS_setfsgid;
    if (!says_nothing) {
        EXPECT(result == -ENOMEM || result == -EAGAIN);
    }
    if (state_hash() != watch.before) {
        report("failed-call", REPORT_NO_FRAME, "call %u found no memory and changed something",
               watch.nr);
    }
    watch.calls_checked++;
}

static char *append(char *to, const char *text)
{
    size_t len = str_len(text);

    memcpy(to, text, len + 1);
    return to + len;
}

struct outcome scenario_run(const struct scenario *scenario, const struct run *run)
{
    static struct program programs[PROGRAMS];
    static char cmdline[512];
    const struct archive *archive = initramfs();
    struct outcome outcome = {0};
    enum kernel_state state = KERNEL_RAN;

    char *end = append(cmdline, "det=1 frames=256 ");
    end = append(end, run->words ? run->words : "");
    if (run->trace_path) {
        append(append(end, " trace="), run->trace_path);
    }
    script_reset();
    for (unsigned i = 0; i < PROGRAMS; i++) {
        program_start(&programs[i]);
    }
    scenario->assemble(programs);
    for (unsigned i = 0; i < PROGRAMS; i++) {
        script_attach(i, programs[i].ops, programs[i].count);
    }
    watch =
        (typeof(watch)){.run = run, .input = scenario->input, .random = {1}, .is_booting = true};
    script_watch = see_operation;
    choice_init();
    choice_hook = choose;
    terminal_sink = drop_output;
    const struct machine_config config = {
        .ram_size = RAM_BYTES,
        .initrd = archive->bytes,
        .initrd_size = archive->len,
        .cmdline = cmdline,
        .asid_bits = run->asid_bits ? run->asid_bits : 16,
    };
    const char *complaint = machine_start(&config);
    EXPECT_STREQ(complaint, NULL);
    watch.is_booting = false;
    inject_arm(run->fail_nth, run->fail_forever);
    while (state != KERNEL_OFF) {
        watch.in_call = false;
        state = kernel_step();
        outcome.has_booted = outcome.has_booted || state != KERNEL_OFF;
        if (run->is_checked) {
            check_call();
        }
        if (outcome.has_booted) {
            kernel_check();
        }
        EXPECT(++outcome.steps < STEPS_MAX);
    }
    outcome.has_failed = inject_has_fired() || watch.has_failed_boot;
    inject_arm(0, false);
    outcome.status = machine_run();
    outcome.frames_used = frame_total_count() - frame_free_count();
    outcome.calls_checked = watch.calls_checked;
    choice_hook = NULL;
    script_watch = NULL;
    machine_save();
    return outcome;
}

static void do_nothing(struct program programs[PROGRAMS])
{
    program_exit(&programs[0], 0);
}

uint64_t scenario_frames_at_rest(void)
{
    const struct scenario nothing = {"nothing", do_nothing, 0, NULL};
    struct outcome outcome = scenario_run(&nothing, &(struct run){0});

    EXPECT_EQ(outcome.status, 0);
    return outcome.frames_used;
}

const struct scenario *scenario_find(const char *name)
{
    for (unsigned i = 0; i < scenario_count; i++) {
        if (str_equal(scenarios[i].name, name)) {
            return &scenarios[i];
        }
    }
    FAIL("no scenario %s", name);
}
