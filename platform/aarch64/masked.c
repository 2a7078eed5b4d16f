#include "masked.h"

#if EFT_TEST
#include "base/print.h"
#include "base/string.h"
#include "platform/platform.h"

static nsec_t begun;
static nsec_t longest;

void masked_begin(void)
{
    begun = plat_clock_now();
}

void masked_end(void)
{
    nsec_t length = plat_clock_now() - begun;

    if (length > longest) {
        longest = length;
    }
}

void masked_print(const char *cmdline)
{
    for (const char *at = cmdline; *at; at++) {
        if (str_starts(at, "aarch64.masked", NULL)) {
            kprintf("eft: interrupts were masked for %lu ns at the longest\n", longest);
            return;
        }
    }
}
#endif
