/*
 * What this build checks, and the few calls into the sanitizers' runtime.
 *
 * SANITIZER_ASAN: AddressSanitizer is compiled in. SANITIZER_MSAN: MemorySanitizer.
 * HOSTED_CHECKED: the build is for finding bugs (sanitized, or made for tests), so that the
 * simulated machine is adversarial unless told otherwise.
 */
#ifndef HOSTED_SANITIZER_H
#define HOSTED_SANITIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZER_ASAN 1
#define SANITIZER_LOOKS
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZER_ASAN 1
#define SANITIZER_LOOKS
#endif
#if __has_feature(memory_sanitizer)
#define SANITIZER_MSAN 1
#define SANITIZER_LOOKS
#endif
#endif
#ifndef SANITIZER_ASAN
#define SANITIZER_ASAN 0
#endif
#ifndef SANITIZER_MSAN
#define SANITIZER_MSAN 0
#endif

enum { HOSTED_CHECKED = SANITIZER_ASAN || SANITIZER_MSAN || EFT_TEST };

/* For the few functions that touch memory which is poisoned for everyone else. The machine of a
 * build may be compiled without a sanitizer that the build has: nothing looks then. */
#if !defined(SANITIZER_LOOKS)
#define SANITIZER_UNCHECKED
#elif defined(__clang__)
#define SANITIZER_UNCHECKED __attribute__((no_sanitize("address", "memory"), noinline))
#else
#define SANITIZER_UNCHECKED __attribute__((no_sanitize("address"), noinline))
#endif

/* For those that do nothing but copy, and have to be fast: without any instrumentation. */
#if defined(__clang__)
#define SANITIZER_BARE __attribute__((no_sanitize("address", "memory", "undefined", "coverage")))
#else
#define SANITIZER_BARE __attribute__((no_sanitize("address"), no_sanitize("undefined")))
#endif

#if SANITIZER_ASAN
#include <sanitizer/asan_interface.h>

static inline void sanitizer_poison(const void *at, size_t size)
{
    __asan_poison_memory_region(at, size);
}

static inline void sanitizer_unpoison(const void *at, size_t size)
{
    __asan_unpoison_memory_region(at, size);
}

/* Whether any byte of [at, at + size) is poisoned. */
static inline bool sanitizer_has_poison(const void *at, size_t size)
{
    return __asan_region_is_poisoned((void *)(uintptr_t)at, size) != NULL;
}
#else
static inline void sanitizer_poison(const void *at, size_t size)
{
    (void)at;
    (void)size;
}

static inline void sanitizer_unpoison(const void *at, size_t size)
{
    (void)at;
    (void)size;
}
#endif

/* What MemorySanitizer knows: these bytes mean nothing until they are written; and how many of
 * them, from the start, do mean something. */
#if SANITIZER_MSAN
#include <sanitizer/msan_interface.h>

static inline void sanitizer_undefine(void *at, size_t size)
{
    __msan_allocated_memory(at, size);
}

static inline size_t sanitizer_defined(const void *at, size_t size)
{
    intptr_t first = __msan_test_shadow(at, size);

    return first < 0 ? size : (size_t)first;
}
#else
static inline void sanitizer_undefine(void *at, size_t size)
{
    (void)at;
    (void)size;
}

static inline size_t sanitizer_defined(const void *at, size_t size)
{
    (void)at;
    return size;
}
#endif

/* Calls last_words when a sanitizer has reported and is about to abort; address is the one that it
 * complains of, or NULL. Later calls replace it. */
void sanitizer_on_death(void (*last_words)(const void *address));

/* Writes where pc is, as a function, file and line if they can be had. */
void sanitizer_describe(const void *pc, char *text, size_t size);

/* Looked up by name in the runtimes; the environment (ASAN_OPTIONS) still overrides them. */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);
const char *__msan_default_options(void);

#endif
