/*
 * The smallest programs that show each planted bug, fuzz/planted/ID.repro: with the bug its check
 * fires, and without it nothing does and everything is as the file expects.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "fuzz/driver/attempt.h"
#include "fuzz/driver/found.h"
#include "fuzz/input/text.h"
#include "fuzz/run/body_hosted.h"
#include "test.h"

enum { FILES_MAX = 128 };

static const char folder[] = "fuzz/planted";
static const char only_with_msan[] = "| leak-2 |";

struct file {
    char bug[32];
    struct repro repro;
};

static struct file files[FILES_MAX];
static unsigned file_count;

static void read_file(const char *name)
{
    static char text[REPRO_TEXT_MAX];
    char path[300];
    char error[200];
    struct file *file = &files[file_count++];

    EXPECT(file_count <= FILES_MAX);
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    test_note("%s", path);
    FILE *stream = fopen(path, "r");
    EXPECT(stream != NULL);
    size_t len = fread(text, 1, sizeof(text), stream);
    fclose(stream);
    if (!repro_parse(&file->repro, text, len, error, sizeof(error))) {
        FAIL("%s: %s", path, error);
    }
    snprintf(file->bug, sizeof(file->bug), "%.*s", (int)(strlen(name) - strlen(".repro")), name);
}

static void read_all(void)
{
    const struct dirent *entry;
    DIR *all = opendir(folder);

    EXPECT(all != NULL);
    file_count = 0;
    while ((entry = readdir(all))) {
        const char *end = strstr(entry->d_name, ".repro");
        if (end && end[strlen(".repro")] == '\0') {
            read_file(entry->d_name);
        }
    }
    closedir(all);
    found_init();
}

/* The bugs of the list, each with a program; but for the one that only MemorySanitizer can see:
 * tests/fuzz/libfuzzer_long_test.py. */
TEST(planted_each_has_a_program)
{
    unsigned listed = 0;
    char line[1000];
    char id[32];
    FILE *list = fopen("fuzz/planted/README.md", "r");

    read_all();
    EXPECT(list != NULL);
    while (fgets(line, sizeof(line), list)) {
        if (sscanf(line, "| %31[a-z]-%*[0-9] |", id) != 1 || strcmp(id, "id") == 0 ||
            strncmp(line, only_with_msan, strlen(only_with_msan)) == 0) {
            continue;
        }
        snprintf(id, sizeof(id), "%.*s", (int)(strchr(line + 2, ' ') - line - 2), line + 2);
        bool has_program = false;
        for (unsigned i = 0; i < file_count; i++) {
            has_program |= strcmp(files[i].bug, id) == 0;
        }
        test_note("%s", id);
        EXPECT(has_program);
        listed++;
    }
    fclose(list);
    EXPECT(listed >= 36);
    EXPECT_EQ(listed, file_count);
}

TEST(planted_with_the_bug_its_check_fires)
{
    char words[64];
    static struct attempt attempt;

    read_all();
    for (unsigned i = 0; i < file_count; i++) {
        snprintf(words, sizeof(words), "plant=%s", files[i].bug);
        body_set_words(words);
        test_note("%s", files[i].bug);
        EXPECT(attempt_one(&attempt, &files[i].repro.input, RUN_ALL));
        EXPECT_STREQ(attempt.check, files[i].repro.check);
    }
    test_note("%u programs", file_count);
}

TEST(planted_without_it_all_is_as_expected)
{
    static struct run run;
    unsigned compared = 0;

    read_all();
    for (unsigned i = 0; i < file_count; i++) {
        const struct repro *repro = &files[i].repro;
        body_reset(&repro->input.config);
        test_note("%s", files[i].bug);
        found_expect(&run);
        run_input(&run, &repro->input, RUN_ALL);
        for (unsigned at = 0; at < repro->input.count; at++) {
            test_note("%s, instruction %u", files[i].bug, at);
            EXPECT(repro->has_expected[at]);
            EXPECT(repro_is_as_expected(&repro->input.insns[at], &repro->expected[at],
                                        &run.outcomes[at]));
            compared++;
        }
    }
    EXPECT(compared >= 2 * file_count);
}
