#include "fuzz/run/body_hosted.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/input/image.h"
#include "mm/frame.h"
#include "mm/tlb.h"
#include "platform/hosted/choice.h"
#include "platform/hosted/hash.h"
#include "platform/hosted/machine.h"
#include "platform/hosted/mmu.h"
#include "platform/hosted/ram.h"
#include "platform/hosted/report.h"
#include "platform/hosted/snapshot.h"
#include "platform/hosted/terminal.h"
#include "platform/hosted/vtlb.h"

/*
 * There is one snapshot, of a machine that has booted and in which no process has run yet: up to
 * there a boot is the same in every configuration, as body_hosted_test.c shows. What an input
 * configures is set behind it.
 */

enum {
    WORDS_MAX = 256,
    DETAILS_MAX = 512,
};

static char words[WORDS_MAX];
static struct snapshot *booted;

void body_set_words(const char *more)
{
    snprintf(words, sizeof(words), "det=1 %s", more);
    snapshot_free(booted);
    booted = NULL;
}

static void drop_output(const char *bytes, size_t len)
{
    (void)bytes;
    (void)len;
}

/* A kernel that starts has nothing to say. */
static bool has_complained;

static void show_output(const char *bytes, size_t len)
{
    has_complained = true;
    fwrite(bytes, 1, len, stderr);
}

static _Noreturn void give_up(const char *why)
{
    fprintf(stderr, "eft: the machine to fuzz does not start: %s\n", why);
    exit(2);
}

static void boot(void)
{
    static uint8_t archive[IMAGE_ARCHIVE_MAX];
    const struct machine_config config = {
        .ram_size = BODY_RAM_BYTES,
        .initrd = archive,
        .initrd_size = image_archive(archive),
        .cmdline = words,
        .tlb = VTLB_ADVERSARIAL,
        .asid_bits = 16,
    };

    if (words[0] == '\0') {
        body_set_words("");
    }
    choice_init();
    hash_with_registers(false);
    terminal_sink = show_output;
    const char *complaint = machine_start(&config);
    terminal_sink = drop_output;
    if (!complaint && (has_complained || machine_status() != 0)) {
        complaint = "see what the kernel says";
    }
    booted = complaint ? NULL : snapshot_take();
    if (!booted) {
        give_up(complaint ? complaint : "there is no room for a snapshot");
    }
}

void body_reset(const struct input_config *config)
{
    if (!booted) {
        boot();
    }
    vtlb_mode = VTLB_ADVERSARIAL;
    const char *complaint = snapshot_restore(booted);
    if (complaint) {
        give_up(complaint);
    }
    vtlb_mode = config->is_natural_tlb ? VTLB_NATURAL : VTLB_ADVERSARIAL;
    mmu_set_asid_bits(config->asid_bits);
    tlb_init(config->asid_bits);
    frame_limit(config->frames);
    frame_reuse(config->is_lifo ? FRAME_REUSE_SOON : FRAME_REUSE_LATE);
}

/* The frame that the details of a finding tell of, whose history is of interest. */
static paddr_t frame_in(const char *text)
{
    const char *at = strstr(text, "frame 0x");
    paddr_t pa = at ? strtoull(at + strlen("frame "), NULL, 16) : 0;

    return at && ram_contains(pa, PLAT_PAGE_SIZE) ? pa : REPORT_NO_FRAME;
}

void finding(const char *check, const char *details, ...)
{
    char text[DETAILS_MAX];
    va_list args;

    va_start(args, details);
    vsnprintf(text, sizeof(text), details, args);
    va_end(args);
    report(check, frame_in(text), "%s", text);
}
