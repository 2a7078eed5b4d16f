#include "fuzz/driver/found.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz/driver/sha1.h"
#include "fuzz/input/text.h"
#include "fuzz/model/give_up.h"
#include "platform/hosted/machine.h"
#include "platform/hosted/report.h"
#include "platform/hosted/terminal.h"
#include "platform/platform.h"

enum { PANIC_MAX = 400 };

void (*found_hook)(const char *check, const char *details);
const char *found_directory = "build/fuzz/findings";

static struct {
    const struct run *run;
    char panic[PANIC_MAX]; /* the words of a panic */
    size_t panic_len;
    bool is_printing;
    bool is_found;
} found;

void repro_of_run(struct repro *repro, const struct run *run, const char *check)
{
    memset(repro, 0, sizeof(*repro));
    repro->input = *run->input;
    snprintf(repro->check, sizeof(repro->check), "%s", check);
    for (unsigned i = 0; i < repro->input.count; i++) {
        repro->has_expected[i] = true;
        repro->expected[i] = run->outcomes[i];
    }
}

/* What programs print is of no interest; the words of a panic are. */
static void hear(const char *bytes, size_t len)
{
    static const char begins[] = "\neft: panic: ";
    size_t head = sizeof(begins) - 1;

    if (found.is_printing) {
        fwrite(bytes, 1, len, stderr);
        return;
    }
    if (found.panic_len == 0 && (len < head || memcmp(bytes, begins, head) != 0)) {
        return;
    }
    if (found.panic_len == 0) {
        bytes += head;
        len -= head;
    }
    for (size_t i = 0; i < len && found.panic_len < PANIC_MAX - 1; i++) {
        char c = bytes[i];
        found.panic[found.panic_len++] = (char)(c == '\n' ? ' ' : c);
    }
    found.panic[found.panic_len] = '\0';
}

static const char *text_of_run(const char *check)
{
    static struct repro repro;
    static char text[REPRO_TEXT_MAX];

    if (!found.run) {
        return "";
    }
    repro_of_run(&repro, found.run, check);
    repro_print(&repro, text, sizeof(text));
    return text;
}

void found_print(FILE *file, const char *check, const char *details)
{
    fprintf(file, "\neft: FOUND %s: %s\n", check, details);
    if (give_up_why()) {
        fprintf(file, "the model had given up: %s\n", give_up_name(give_up_why()));
    }
    fprintf(file, "\n%s\n", text_of_run(check));
    fflush(file);
}

/* With those that it is in. */
static void make_folder(const char *path)
{
    char part[256];

    for (int len = 1; path[len - 1]; len++) {
        if (path[len] == '/' || path[len] == '\0') {
            snprintf(part, sizeof(part), "%.*s", len, path);
            mkdir(part, 0777);
        }
    }
}

void found_write(const char *check)
{
    char path[512];
    char name[SHA1_TEXT_SIZE];
    const char *text = text_of_run(check);

    sha1_text((const uint8_t *)text, strlen(text), name);
    make_folder(found_directory);
    snprintf(path, sizeof(path), "%s/%s-%s.repro", found_directory, check, name);
    FILE *file = fopen(path, "w");
    if (!file) {
        fprintf(stderr, "eft: cannot write %s\n", path);
        return;
    }
    fputs(text, file);
    if (fclose(file) == 0) {
        fprintf(stderr, "eft: the program is in %s\n", path);
    }
}

/* true: it is for us to print. */
static bool tell(const char *check, const char *details)
{
    if (found.is_found) {
        return false; /* what printing it has led to */
    }
    if (found_hook) {
        found_hook(check, details);
        return false;
    }
    found.is_found = true;
    found_print(stderr, check, details);
    found_write(check);
    found.is_printing = true;
    return true;
}

/* The machine goes on to print the history of the frame and what the kernel knows. */
static void tell_report(const char *name, const char *details)
{
    if (!tell(name, details)) {
        abort();
    }
}

static void tell_panic(void)
{
    found.panic_len = 0;
    if (tell("kernel.panic", found.panic)) {
        kernel_dump();
    }
    abort();
}

static void tell_sanitizer(const void *address)
{
    (void)address;
    tell("sanitizer", "see its report");
}

void found_init(void)
{
    report_hook = tell_report;
    machine_on_stop = tell_panic;
    report_death_hook = tell_sanitizer;
}

void found_expect(const struct run *run)
{
    found.run = run;
    terminal_sink = hear; /* the machine has been started since */
}
