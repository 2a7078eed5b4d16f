/*
 * What follows a snapshot follows again when it is restored: byte by byte in the trace and on the
 * console. And what a snapshot costs.
 *
 *     library_replay INITRAMFS
 */
#include <eft.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    DISTANCE = 211,     /* steps from one snapshot to the next */
    BEYOND = 150,       /* steps that are undone */
    CYCLES = 400,       /* of taking, going on, restoring and forgetting */
    SLACK_PAGES = 1024, /* that the host's allocator may keep */
};

static uint64_t hash;
static uint64_t traced;

static void note(void *context, const char *bytes, size_t len)
{
    (void)context;
    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
    }
    traced += len;
}

static void expect(int holds, const char *what)
{
    if (!holds) {
        printf("not so: %s\n", what);
        exit(1);
    }
}

static void *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");

    expect(file != NULL, "the initramfs is there");
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    void *bytes = malloc(*size);
    expect(bytes && fread(bytes, 1, *size, file) == *size, "the initramfs can be read");
    fclose(file);
    return bytes;
}

static void boot(const struct eft_options *options)
{
    hash = UINT64_C(0xcbf29ce484222325);
    traced = 0;
    expect(!eft_boot(options), "it boots");
}

/* Goes on to the end, and gives the hash of all that was told. */
static uint64_t finish(void)
{
    expect(eft_run(EFT_NO_LIMIT) == EFT_OFF, "it ends");
    expect(eft_status() == 0, "with status 0");
    return hash ^ eft_hash();
}

static void replay(const struct eft_options *options)
{
    boot(options);
    uint64_t whole = finish();
    uint64_t len = traced;

    boot(options);
    while (eft_run(DISTANCE) == EFT_RAN) {
        struct eft_snapshot *snapshot = eft_snapshot();
        uint64_t hash_then = hash;
        uint64_t traced_then = traced;
        expect(snapshot != NULL, "there is memory for a snapshot");
        for (int i = 0; i < 2; i++) {
            (void)eft_run(BEYOND);
            eft_check();
            expect(!eft_restore(snapshot), "a snapshot is restored");
            hash = hash_then;
            traced = traced_then;
            eft_check();
        }
        eft_forget(snapshot);
    }
    expect(traced == len, "as much is told with snapshots as without");
    expect((hash ^ eft_hash()) == whole, "the same is told with snapshots as without");

    boot(options);
    (void)eft_run(1000);
    struct eft_snapshot *snapshot = eft_snapshot();
    uint64_t hash_then = hash;
    expect(finish() == whole, "a snapshot changes nothing");
    expect(!eft_restore(snapshot), "the end can be undone");
    hash = hash_then;
    expect(finish() == whole, "and comes again");
    expect(!eft_boot(options), "it boots in between");
    (void)eft_run(2000);
    expect(!eft_restore(snapshot), "and that can be undone");
    hash = hash_then;
    expect(finish() == whole, "and the end comes again");
    eft_forget(snapshot);
    printf("the same after each snapshot: %lu bytes told\n", (unsigned long)len);
}

static long pages_in_use(void)
{
    long size;
    long resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    expect(file && fscanf(file, "%ld %ld", &size, &resident) == 2, "statm");
    fclose(file);
    return resident;
}

static double microseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void cycle(struct eft_options options)
{
    double took = 0;
    long pages = 0;

    options.trace = NULL;
    boot(&options);
    (void)eft_run(500);
    uint64_t frames = eft_free_frames();
    for (int i = 0; i < CYCLES; i++) {
        if (i == CYCLES / 4) {
            pages = pages_in_use();
        }
        struct eft_snapshot *snapshot = eft_snapshot();
        (void)eft_run(100);
        double start = microseconds();
        expect(!eft_restore(snapshot), "a snapshot is restored");
        took += microseconds() - start;
        eft_forget(snapshot);
    }
    expect(pages_in_use() < pages + SLACK_PAGES, "nothing leaks");
    expect(eft_free_frames() == frames, "and no frame is lost");
    printf("%lu MiB, %lu frames free: %.0f us a restore\n", (unsigned long)(options.ram_size >> 20),
           (unsigned long)frames, took / CYCLES);
}

int main(int argc, char **argv)
{
    struct eft_options options = {
        .cmdline = "init=/bin/story",
        .console = note,
        .trace = note,
        .has_seed = true,
    };

    expect(argc == 2, "usage: library_replay INITRAMFS");
    options.initrd = read_file(argv[1], &options.initrd_size);
    for (uint64_t seed = 0; seed < 3; seed++) {
        static const enum eft_tlb modes[] = {EFT_TLB_ADVERSARIAL, EFT_TLB_NATURAL, EFT_TLB_NONE};
        options.seed = seed;
        options.tlb = modes[seed];
        options.ram_size = (uint64_t)(8 << seed) << 20;
        replay(&options);
    }
    options.tlb = EFT_TLB_DEFAULT;
    options.ram_size = 8 << 20;
    cycle(options);
    options.ram_size = 64 << 20;
    cycle(options);
    eft_end();
    free((void *)(uintptr_t)options.initrd);
    return 0;
}
