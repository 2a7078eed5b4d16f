/*
 * The main harness, for libFuzzer and what is called like it: an input is a program of system calls
 * with a schedule and failing allocations (fuzz/input), run with the model and all checks.
 */
#include <stdio.h>
#include <string.h>

#include "fuzz/driver/found.h"
#include "fuzz/driver/harness.h"
#include "fuzz/input/mutate.h"
#include "fuzz/run/body.h"
#include "fuzz/run/body_hosted.h"

enum { TWICE_ONE_IN = 256 };

static struct input input;
static struct run run;
static struct run again;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static char words[64];

    harness_options(*argc, *argv);
    for (int i = 1; i < *argc; i++) {
        if (strncmp((*argv)[i], "--plant=", 8) == 0) {
            snprintf(words, sizeof(words), "%s", (*argv)[i] + 2);
            body_set_words(words);
        }
    }
    found_init();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static unsigned executions;

    input_decode(&input, bytes, size);
    body_reset(&input.config);
    found_expect(&run);
    run_input(&run, &input, RUN_ALL);
    if (++executions % TWICE_ONE_IN == 0) {
        body_reset(&input.config);
        run_input(&again, &input, RUN_ALL);
        if (again.stats.digest != run.stats.digest) {
            finding("run.determinism", "two runs of one input have gone different ways");
        }
    }
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t size_max, unsigned seed)
{
    return mutate_bytes(bytes, size, size_max, seed);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size,
                                 uint8_t *out, size_t out_max, unsigned seed)
{
    return mutate_splice(a, a_size, b, b_size, out, out_max, seed);
}
