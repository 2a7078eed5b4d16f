/*
 * A kernel that does what its command line says, all of it wrong: an image for crash_test.py, which
 * reads what a person would see.
 */
#include "base/panic.h"
#include "base/print.h"
#include "base/string.h"

/* So that the backtrace has its name. */
#define NOINLINE __attribute__((noinline))

struct crash {
    const char *name;
    void (*commit)(void);
};

static const char *wanted;
static paddr_t image;
static volatile int zero; /* what the compiler does not know */

static NOINLINE void crash_null(void)
{
    *(volatile int *)(uintptr_t)(8 + zero) = 1;
}

/* Goes on until the stack ends. */
static int crash_deeper(int depth)
{
    volatile char room[1024];

    if (depth < zero) {
        return 0;
    }
    room[depth & 1] = (char)depth;
    return crash_deeper(depth + 1) + room[0];
}

static NOINLINE void crash_overflow(void)
{
    zero = crash_deeper(zero);
}

static NOINLINE void crash_text(void)
{
    *(volatile int *)(uintptr_t)crash_text = 1;
}

static NOINLINE void crash_rodata(void)
{
    *(volatile char *)(uintptr_t) "constant" = 1;
}

static NOINLINE void crash_data(void)
{
    ((void (*)(void))(uintptr_t)&zero)();
    zero = 1; /* no tail call */
}

/* The image is mapped once, where it runs. */
static NOINLINE void crash_alias(void)
{
    *(volatile char *)plat_phys_ptr(image, 1) = 1;
}

static NOINLINE void crash_undefined(void)
{
    __asm__ volatile("udf #0");
}

static NOINLINE void crash_panic(void)
{
    panic("the number is %d", 42 + zero);
}

static NOINLINE void crash_assert(void)
{
    ASSERT(zero == 1);
}

void kernel_boot(const struct plat_boot *boot)
{
    wanted = boot->cmdline;
    image = boot->reserved[0].base; /* the loader puts it first */
}

enum kernel_state kernel_step(void)
{
    static const struct crash crashes[] = {
        {"null", crash_null},           {"overflow", crash_overflow}, {"text", crash_text},
        {"rodata", crash_rodata},       {"data", crash_data},         {"alias", crash_alias},
        {"undefined", crash_undefined}, {"panic", crash_panic},       {"assert", crash_assert},
    };

    for (size_t i = 0; i < ARRAY_LEN(crashes); i++) {
        if (str_equal(crashes[i].name, wanted)) {
            crashes[i].commit();
        }
    }
    kprintf("nothing happened\n");
    plat_power_off(0);
    return KERNEL_OFF;
}

void kernel_on_timer(void)
{
}

void kernel_on_console(void)
{
}

/* Called once in each report. If it is broken itself, the report says so and ends. */
void kernel_dump(void)
{
    kprintf("here core tells of its processes\n");
    crash_null();
}
