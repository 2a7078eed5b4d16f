#include "base/panic.h"

#include "base/print.h"

void panic(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    kprintf("\neft: panic: ");
    kvprintf(format, args);
    kprintf("\n");
    va_end(args);
    kernel_dump();
    plat_stop();
}
