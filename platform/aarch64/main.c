/* The kernel runs from here on, until it has switched off. */
#include "boot.h"
#include "masked.h"
#include "power.h"

_Noreturn void boot_run(const struct plat_boot *boot)
{
    masked_begin();
    kernel_boot(boot);
    while (kernel_step() != KERNEL_OFF) {
    }
    masked_print(boot->cmdline);
    power_end();
}
