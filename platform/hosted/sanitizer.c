#include "sanitizer.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>

/*
 * The defaults. Leaks are found by core's own accounts of frames and pools, so LeakSanitizer is
 * off: it would see one large array. Every report ends in abort(), for the debugger and for the
 * terminal.
 *
 * SANITIZER_QUARANTINE: how many MiB that were freed are kept from being allocated again. Only the
 * host's memory comes from there, simulated RAM does not.
 */
#ifdef SANITIZER_QUARANTINE
#define TEXT_OF(number) #number
#define QUARANTINE(number) ":quarantine_size_mb=" TEXT_OF(number)
#else
#define QUARANTINE(number) ""
#endif

__attribute__((used, visibility("default"))) const char *__asan_default_options(void)
{
    return "abort_on_error=1:detect_leaks=0:detect_stack_use_after_return=0:strict_string_checks="
           "1" QUARANTINE(SANITIZER_QUARANTINE);
}

__attribute__((used, visibility("default"))) const char *__ubsan_default_options(void)
{
    return "print_stacktrace=1:abort_on_error=1";
}

__attribute__((used, visibility("default"))) const char *__msan_default_options(void)
{
    return "abort_on_error=1";
}

#if SANITIZER_ASAN
static void (*on_death)(const void *address);

static void call_on_death(void)
{
    on_death(__asan_report_present() ? __asan_get_report_address() : NULL);
}

void sanitizer_on_death(void (*last_words)(const void *address))
{
    on_death = last_words;
    __sanitizer_set_death_callback(call_on_death);
}
#elif SANITIZER_MSAN
static void (*on_death)(const void *address);

static void call_on_death(void)
{
    on_death(NULL);
}

void sanitizer_on_death(void (*last_words)(const void *address))
{
    on_death = last_words;
    __msan_set_death_callback(call_on_death);
}
#else
void sanitizer_on_death(void (*last_words)(const void *address))
{
    (void)last_words;
}
#endif

#if SANITIZER_ASAN || SANITIZER_MSAN
void sanitizer_describe(const void *pc, char *text, size_t size)
{
    /* A return address may be the start of the next line: the call is in front of it. */
    __sanitizer_symbolize_pc((void *)((uintptr_t)pc - 1), "%f %s:%l", text, size);
}
#else
void sanitizer_describe(const void *pc, char *text, size_t size)
{
    Dl_info info;

    if (dladdr(pc, &info) && info.dli_sname) {
        snprintf(text, size, "%s+0x%lx", info.dli_sname,
                 (unsigned long)((uintptr_t)pc - (uintptr_t)info.dli_saddr));
    } else if (info.dli_fname) {
        snprintf(text, size, "%s+0x%lx", info.dli_fname,
                 (unsigned long)((uintptr_t)pc - (uintptr_t)info.dli_fbase));
    } else {
        snprintf(text, size, "%p", pc);
    }
}
#endif
