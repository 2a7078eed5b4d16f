#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/plant.h"
#include "fuzz/driver/harness.h"
#include "platform/hosted/terminal.h"

bool harness_mistake;

void harness_options(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (strncmp(word, "--", 2) != 0) {
            continue;
        }
        bool is_plant = strncmp(word, "--plant=", 8) == 0;
        if (is_plant && plant_select(word + 8) != 0) {
            fprintf(stderr, "%s: no such bug: %s\n", argv[0], word + 8);
            exit(2);
        }
        if (strcmp(word, "--mistake") == 0) {
            harness_mistake = true;
        } else if (!is_plant) {
            fprintf(stderr, "%s: %s? there are --plant=ID and --mistake\n", argv[0], word);
            exit(2);
        }
    }
}

/* All that comes behind the first word of a panic. */
static void show_panic(const char *bytes, size_t len)
{
    static const char first[] = "\neft: panic";
    static bool has_begun;

    has_begun = has_begun || (len >= strlen(first) && memcmp(bytes, first, strlen(first)) == 0);
    if (has_begun) {
        fwrite(bytes, 1, len, stderr);
    }
}

void harness_silence(void)
{
    terminal_sink = show_panic;
}
