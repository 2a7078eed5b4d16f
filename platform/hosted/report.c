#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "machine.h"
#include "ram.h"
#include "sanitizer.h"

enum { DETAILS_MAX = 512 };

void (*report_hook)(const char *name, const char *details);
void (*report_death_hook)(const void *address);

static void last_words(const void *address)
{
    paddr_t pa;

    machine_save();
    if (report_death_hook) {
        report_death_hook(address);
    }
    if (address && ram_find_host(address, &pa)) {
        ram_print_history(pa);
    }
}

void report_init(void)
{
    sanitizer_on_death(last_words);
}

void report(const char *name, paddr_t frame, const char *details, ...)
{
    static bool is_reporting;
    char text[DETAILS_MAX];
    va_list args;

    if (is_reporting) {
        abort(); /* the dump below went wrong too: the first report is on the screen */
    }
    va_start(args, details);
    vsnprintf(text, sizeof(text), details, args);
    va_end(args);
    if (report_hook) {
        report_hook(name, text);
    }
    is_reporting = true;
    machine_save();
    fprintf(stderr, "eft: REPORT %s: %s\n", name, text);
    if (frame != REPORT_NO_FRAME) {
        ram_print_history(frame);
    }
    kernel_dump();
    abort();
}
