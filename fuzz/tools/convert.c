/*
 * Programs from one form into another: text (.repro), bytes (what harnesses are given), C.
 */
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/driver/help.h"
#include "fuzz/driver/read.h"
#include "fuzz/input/print_c.h"

static const char usage[] = "usage: convert [--c] FILE\n"
                            "       convert --bytes FOLDER FILE.repro...\n"
                            "  prints the program in FILE, which is text (FILE.repro) or bytes, as "
                            "text, with\n"
                            "  --c as a C program for Linux; --bytes writes FOLDER/FILE for each\n";

enum { PATH_SIZE = 4096 };

static struct repro repro;
static char bytes[PRINT_C_MAX];

static _Noreturn void give_up(const char *path, const char *why)
{
    fprintf(stderr, "convert: %s: %s\n", path, why);
    exit(2);
}

static void read_program(const char *path)
{
    char error[REPRO_ERROR_MAX];

    if (!repro_read(&repro, path, error)) {
        give_up(path, error);
    }
}

static void write_bytes(const char *folder, char *path)
{
    char to[PATH_SIZE];

    read_program(path);
    size_t size = input_encode(&repro.input, (uint8_t *)bytes);
    snprintf(to, sizeof(to), "%s/%s", folder, basename(path));
    char *end = strrchr(to, '.');
    if (end && strcmp(end, ".repro") == 0) {
        *end = '\0';
    }
    FILE *file = fopen(to, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) {
        give_up(to, "cannot be written");
    }
}

int main(int argc, char **argv)
{
    bool is_c = argc == 3 && strcmp(argv[1], "--c") == 0;

    help_if_asked(argc, argv, usage);
    if (argc >= 3 && strcmp(argv[1], "--bytes") == 0) {
        for (int i = 3; i < argc; i++) {
            write_bytes(argv[2], argv[i]);
        }
        return 0;
    }
    if (argc != 2 + is_c || argv[argc - 1][0] == '-') {
        fputs(usage, stderr);
        return 2;
    }
    read_program(argv[argc - 1]);
    if (is_c) {
        repro_print_c(&repro, bytes, sizeof(bytes));
    } else {
        repro_print(&repro, bytes, sizeof(bytes));
    }
    fputs(bytes, stdout);
    return 0;
}
