/*
 * The image that replays programs in QEMU: it boots the kernel again for each one in the pack that
 * comes as the initrd, runs it as it is run hosted, and prints what became of each instruction.
 */
#include "base/print.h"
#include "base/string.h"
#include "boot.h"
#include "fuzz/replay/leave.h"
#include "fuzz/replay/pack.h"
#include "fuzz/run/body_aarch64.h"
#include "fuzz/run/run.h"
#include "masked.h"
#include "power.h"

enum { CMDLINE_MAX = 256 };

static struct {
    const uint8_t *at;
    const uint8_t *end;
} pack;

static struct leave_point before;
static struct input input;
static struct run run;
static char cmdline[CMDLINE_MAX];

static uint32_t next_number(void)
{
    uint32_t number = 0;

    if (pack.end - pack.at >= (ptrdiff_t)sizeof(number)) {
        memcpy(&number, pack.at, sizeof(number));
        pack.at += sizeof(number);
    }
    return number;
}

/* NULL: there are not so many. */
static const void *next_bytes(uint32_t len)
{
    const uint8_t *bytes = pack.at;

    if (pack.end - bytes < (ptrdiff_t)len) {
        return NULL;
    }
    pack.at += len;
    return bytes;
}

static void print_outcomes(void)
{
    for (unsigned i = 0; i < input.count; i++) {
        const struct outcome *outcome = &run.outcomes[i];
        kprintf(PACK_OUTCOME, i, outcome->kind, outcome->has_blocked, outcome->has_fired,
                outcome->pid, outcome->result, outcome->wait_status, outcome->parts[0],
                outcome->parts[1]);
    }
}

void body_found(const char *check, const char *details)
{
    plat_window_hook = NULL;
    kprintf("\n");
    print_outcomes();
    kprintf("~found %s: %s\n", check, details);
    leave_to(&before);
}

static void replay(void)
{
    memset(&run, 0, sizeof(run));
    if (leave_mark(&before) != 0) {
        return;
    }
    body_set_cmdline(cmdline);
    body_reset(&input.config);
    run_input(&run, &input, RUN_ALL);
    kprintf("\n");
    print_outcomes();
    kprintf("~end %lx\n", run.stats.digest);
}

static bool take_program(void)
{
    uint32_t words_len = next_number();
    uint32_t input_len = next_number();
    const char *words = next_bytes(words_len);
    const uint8_t *bytes = next_bytes(input_len);
    struct text text = {.bytes = cmdline, .capacity = CMDLINE_MAX - 1};

    if (!words || !bytes || words_len == 0 || words[words_len - 1] != '\0') {
        return false;
    }
    text_printf(&text, "det=1 %s", words);
    cmdline[text.len] = '\0';
    input_decode(&input, bytes, input_len);
    return true;
}

static void replay_all(const struct plat_boot *boot)
{
    pack.at = boot->initrd.size ? plat_phys_ptr(boot->initrd.base, boot->initrd.size) : NULL;
    pack.end = pack.at + boot->initrd.size;
    if (next_number() != PACK_MAGIC || !body_init(boot)) {
        kprintf("eft: there is nothing to replay, or no room for it\n");
        plat_power_off(1);
        return;
    }
    uint32_t count = next_number();
    for (uint32_t i = 0; i < count && take_program(); i++) {
        kprintf("\n~program %u\n", i);
        replay();
    }
    kprintf("~done\n");
}

_Noreturn void boot_run(const struct plat_boot *boot)
{
    masked_begin();
    replay_all(boot);
    power_end();
}
