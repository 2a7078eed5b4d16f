/*
 * Programs of 30 instructions, always the same: what of the fuzzer's time goes where.
 *
 *     programs write FOLDER COUNT   as files, for a harness
 *     programs run WATCH SECONDS    programs a CPU-second; WATCH: 0, 1 the model, 2 the checks, 3
 *     programs reset SECONDS        microseconds that a reset behind a program takes, the median
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fuzz/input/generate.h"
#include "fuzz/input/normal.h"
#include "fuzz/run/body_hosted.h"
#include "fuzz/run/run.h"

enum { PROGRAMS = 500, CALLS = 30, TIMES_MAX = 1 << 20 };

static struct input inputs[PROGRAMS];
static struct run run;

static void make_inputs(void)
{
    struct random random = {1};

    for (unsigned n = 0; n < PROGRAMS; n++) {
        do {
            generate_input(&inputs[n], &random, GENERATE_SCHEDULES);
        } while (inputs[n].count < CALLS);
        inputs[n].count = CALLS;
        input_normalise(&inputs[n]);
    }
}

static double now(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int write_files(const char *folder, unsigned count)
{
    for (unsigned n = 0; n < count && n < PROGRAMS; n++) {
        uint8_t bytes[INPUT_SIZE_MAX];
        char path[4096];
        size_t size = input_encode(&inputs[n], bytes);

        snprintf(path, sizeof(path), "%s/%03u", folder, n);
        FILE *file = fopen(path, "wb");
        if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) {
            perror(path);
            return 1;
        }
    }
    return 0;
}

static void run_for(unsigned watch, double seconds)
{
    double start = now(CLOCK_PROCESS_CPUTIME_ID);
    double end = start;
    unsigned long count = 0, steps = 0;

    while (end < start + seconds) {
        for (unsigned n = 0; n < PROGRAMS; n++) {
            body_reset(&inputs[n].config);
            run_input(&run, &inputs[n], watch);
            steps += run.stats.steps;
        }
        count += PROGRAMS;
        end = now(CLOCK_PROCESS_CPUTIME_ID);
    }
    printf("%.0f %.1f\n", (double)count / (end - start), (double)steps / (double)count);
}

static int compare(const void *a, const void *b)
{
    const double *first = a, *second = b;

    return *first < *second ? -1 : *first > *second;
}

static void time_resets(double seconds)
{
    static double times[TIMES_MAX];
    double start = now(CLOCK_PROCESS_CPUTIME_ID);
    size_t count = 0;

    for (unsigned n = 0; count < TIMES_MAX && now(CLOCK_PROCESS_CPUTIME_ID) < start + seconds;
         n = (n + 1) % PROGRAMS) {
        const struct input *next = &inputs[(n + 1) % PROGRAMS];

        body_reset(&inputs[n].config);
        run_input(&run, &inputs[n], RUN_ALL);
        double before = now(CLOCK_MONOTONIC);
        body_reset(&next->config);
        times[count++] = now(CLOCK_MONOTONIC) - before;
    }
    qsort(times, count, sizeof(*times), compare);
    printf("%.3f\n", times[count / 2] * 1e6);
}

int main(int argc, char **argv)
{
    make_inputs();
    body_reset(&inputs[0].config);
    if (argc == 4 && strcmp(argv[1], "write") == 0) {
        return write_files(argv[2], (unsigned)atoi(argv[3]));
    }
    if (argc == 4 && strcmp(argv[1], "run") == 0) {
        run_for((unsigned)atoi(argv[2]), atof(argv[3]));
        return 0;
    }
    if (argc == 3 && strcmp(argv[1], "reset") == 0) {
        time_resets(atof(argv[2]));
        return 0;
    }
    fprintf(stderr, "usage: programs write FOLDER COUNT | run WATCH SECONDS | reset SECONDS\n");
    return 2;
}
