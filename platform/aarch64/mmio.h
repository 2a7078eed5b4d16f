/* Registers of devices, in windows of Device-nGnRE memory. */
#ifndef AARCH64_MMIO_H
#define AARCH64_MMIO_H

#include <stdint.h>

static inline uint32_t mmio_read32(const uint8_t *window, uint32_t offset)
{
    return *(const volatile uint32_t *)(const void *)(window + offset);
}

static inline void mmio_write32(uint8_t *window, uint32_t offset, uint32_t value)
{
    *(volatile uint32_t *)(void *)(window + offset) = value;
}

#endif
