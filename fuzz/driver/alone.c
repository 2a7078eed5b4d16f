/*
 * Drives a harness without libFuzzer: files, then random inputs, of which half are made from the
 * files. What finds something is left behind as libFuzzer does it.
 *
 *     space [-runs=N] [-seed=N] [-max_len=N] [-artifact_prefix=PATH] [FILE|FOLDER]...
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/random.h"
#include "fuzz/driver/harness.h"
#include "fuzz/driver/sha1.h"

enum { FILES_MAX = 1024, PATH_SIZE = 4096, LEN_USUAL = 1024, CHANGES_MAX = 8 };

struct file {
    uint8_t *bytes;
    size_t size;
};

static struct {
    const char *name;
    uint64_t runs;
    uint64_t seed;
    size_t max_len;
    const char *prefix;
    struct file files[FILES_MAX];
    unsigned file_count;
    const uint8_t *bytes; /* of the input that runs */
    size_t size;
    char path[PATH_SIZE];
    size_t path_len;
} driver = {.seed = 1, .max_len = LEN_USUAL, .prefix = "./"};

static _Noreturn void give_up(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s: %s\n", driver.name, what, why);
    exit(2);
}

/* ---- what finds something ---- */

/* Where the input that runs would go: a handler of a signal may not work it out. */
static void name_input(void)
{
    char sum[SHA1_TEXT_SIZE];

    sha1_text(driver.bytes, driver.size, sum);
    driver.path_len =
        (size_t)snprintf(driver.path, sizeof(driver.path), "%scrash-%s", driver.prefix, sum);
}

static void say(const char *text, size_t len)
{
    if (write(STDERR_FILENO, text, len) < 0) {
        raise(SIGKILL); /* nobody listens */
    }
}

static void leave_input(int number)
{
    static const char done[] = "the input is in ";
    static const char failed[] = "the input cannot be written to ";
    int fd = open(driver.path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

    if (fd >= 0 && write(fd, driver.bytes, driver.size) == (ssize_t)driver.size) {
        say(done, sizeof(done) - 1);
    } else {
        say(failed, sizeof(failed) - 1);
    }
    say(driver.path, driver.path_len);
    say("\n", 1);
    signal(number, SIG_DFL);
    raise(number);
}

static void run(const uint8_t *bytes, size_t size)
{
    /* Of exactly this size on the heap, where a sanitizer sees what is read behind it. */
    uint8_t *copy = malloc(size + 1);

    if (!copy) {
        give_up("an input", "no memory");
    }
    uint8_t *exact = realloc(copy, size > 0 ? size : 1);
    if (size > 0) {
        memcpy(exact, bytes, size);
    }
    driver.bytes = exact;
    driver.size = size;
    name_input();
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

/* ---- files ---- */

static void read_file(const char *path)
{
    struct stat status;
    FILE *stream = fopen(path, "rb");

    if (!stream || fstat(fileno(stream), &status) != 0) {
        give_up(path, "cannot be read");
    }
    if (driver.file_count == FILES_MAX) {
        give_up(path, "too many files");
    }
    struct file *file = &driver.files[driver.file_count++];
    file->size = (size_t)status.st_size;
    file->bytes = malloc(file->size + 1);
    if (!file->bytes || fread(file->bytes, 1, file->size, stream) != file->size) {
        give_up(path, "cannot be read");
    }
    fclose(stream);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void read_path(const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_visible, alphasort);

    if (count < 0) {
        read_file(path);
        return;
    }
    for (int i = 0; i < count; i++) {
        char name[PATH_SIZE];
        snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
        read_file(name);
        free(entries[i]);
    }
    free(entries);
}

/* ---- random inputs ---- */

static size_t make_bytes(struct random *random, uint8_t *bytes)
{
    size_t size = random_next(random) % (driver.max_len + 1);

    if (random_next(random) % 2) {
        size %= 64; /* short ones are read more easily */
    }
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)random_next(random);
    }
    return size;
}

static void change(struct random *random, uint8_t *bytes, size_t size)
{
    static const uint64_t values[] = {0, 1, 4, 8, 0x7fffffff, 0x80000000, UINT32_MAX, UINT64_MAX};
    size_t at = random_next(random) % size;
    uint64_t value = values[random_next(random) % (sizeof(values) / sizeof(values[0]))];
    size_t width = (size_t)1 << random_next(random) % 4;

    switch (random_next(random) % 3) {
    case 0:
        bytes[at] = (uint8_t)random_next(random);
        break;
    case 1:
        bytes[at] ^= (uint8_t)(1u << random_next(random) % 8);
        break;
    default:
        memcpy(bytes + at, &value, width < size - at ? width : size - at);
    }
}

static size_t change_file(struct random *random, uint8_t *bytes)
{
    const struct file *file = &driver.files[random_next(random) % driver.file_count];
    size_t size = file->size < driver.max_len ? file->size : driver.max_len;
    uint64_t changes = 1 + random_next(random) % CHANGES_MAX;

    memcpy(bytes, file->bytes, size);
    if (random_next(random) % 8 == 0) {
        size = random_next(random) % (size + 1);
    }
    for (uint64_t i = 0; size > 0 && i < changes; i++) {
        change(random, bytes, size);
    }
    return size;
}

/* Each input depends on the seed and its own number alone. */
static void run_random(uint8_t *bytes, uint64_t number)
{
    struct random random = {driver.seed * UINT64_C(0x9e3779b97f4a7c15) + number};
    bool is_made = driver.file_count == 0 || random_next(&random) % 2 == 0;

    run(bytes, is_made ? make_bytes(&random, bytes) : change_file(&random, bytes));
}

/* ---- the command line ---- */

static bool read_number(const char *word, const char *name, uint64_t *number)
{
    size_t len = strlen(name);
    char *end;

    if (strncmp(word, name, len) != 0) {
        return false;
    }
    *number = strtoull(word + len, &end, 10);
    if (end == word + len || *end) {
        give_up(word, "that is no number");
    }
    return true;
}

static void read_word(const char *word)
{
    static const char prefix[] = "-artifact_prefix=";
    uint64_t number;

    if (strncmp(word, prefix, sizeof(prefix) - 1) == 0) {
        driver.prefix = word + sizeof(prefix) - 1;
    } else if (read_number(word, "-max_len=", &number)) {
        driver.max_len = number;
    } else if (word[0] != '-') {
        read_path(word);
    } else if (strncmp(word, "--", 2) != 0 && !read_number(word, "-runs=", &driver.runs) &&
               !read_number(word, "-seed=", &driver.seed)) {
        give_up(word, "there are -runs=, -seed=, -max_len= and -artifact_prefix=");
    }
}

int main(int argc, char **argv)
{
    driver.name = argv[0];
    for (int i = 1; i < argc; i++) {
        read_word(argv[i]);
    }
    LLVMFuzzerInitialize(&argc, &argv);
    signal(SIGABRT, leave_input);
    for (unsigned i = 0; i < driver.file_count; i++) {
        run(driver.files[i].bytes, driver.files[i].size);
    }
    uint8_t *bytes = malloc(driver.max_len + 1);
    for (uint64_t i = 0; bytes && i < driver.runs; i++) {
        run_random(bytes, i);
    }
    free(bytes);
    printf("%u files and %lu random inputs of seed %lu: nothing found\n", driver.file_count,
           driver.runs, driver.seed);
    return 0;
}
