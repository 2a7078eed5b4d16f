/*
 * A machine on which every thread that waits is woken for no reason, at every point: between any
 * two steps of others, each is woken once. What it prints is the console; in the end the wakes are
 * counted, on stderr. The words behind the command line are lines that are typed, each after some
 * steps, and then the end of input.
 *
 *     spurious INITRAMFS CMDLINE [LINE]...
 */
#include <eft.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 20000 }; /* from one line that is typed to the next */

static uint64_t wakes;
static uint32_t woken; /* since something else was asked to run */

/* Who was woken, and waits again, is the last of those that wait. */
static uint32_t choose(void *context, unsigned kind, uint32_t bound, uint32_t answer)
{
    (void)context;
    if (kind != EFT_CHOOSE_SPURIOUS) {
        return answer;
    }
    if (woken + 1 >= bound) {
        woken = 0;
        return 0;
    }
    woken++;
    wakes++;
    return 1;
}

static void print(void *context, const char *bytes, size_t len)
{
    (void)context;
    fwrite(bytes, 1, len, stdout);
}

static void *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    void *bytes = NULL;

    if (file && fseek(file, 0, SEEK_END) == 0) {
        *size = (size_t)ftell(file);
        rewind(file);
        bytes = malloc(*size);
        if (bytes && fread(bytes, 1, *size, file) != *size) {
            exit(2);
        }
        fclose(file);
    }
    return bytes;
}

int main(int argc, char **argv)
{
    struct eft_options options = {.choose = choose, .console = print};

    options.initrd = argc >= 3 ? read_file(argv[1], &options.initrd_size) : NULL;
    if (!options.initrd) {
        fprintf(stderr, "usage: spurious INITRAMFS CMDLINE [LINE]...\n");
        return 2;
    }
    options.cmdline = argv[2];
    const char *complaint = eft_boot(&options);
    if (complaint) {
        fprintf(stderr, "spurious: %s\n", complaint);
        return 2;
    }
    for (int i = 3; i < argc; i++) {
        (void)eft_run(STEPS);
        eft_type(argv[i], strlen(argv[i]));
        eft_type("\n", 1);
    }
    if (argc > 3) {
        (void)eft_run(STEPS);
        eft_type_end();
    }
    enum eft_state state = eft_run(EFT_NO_LIMIT);
    fprintf(stderr, "%lu wakes for no reason\n", (unsigned long)wakes);
    return state == EFT_OFF ? eft_status() : 1;
}
