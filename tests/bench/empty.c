/* What libFuzzer itself costs: a target that does nothing. */
#include "fuzz/driver/harness.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    (void)bytes;
    (void)size;
    return 0;
}
