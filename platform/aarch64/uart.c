/*
 * Output is polled. Input: while the ring is full, the receive interrupt is off and the UART
 * keeps what comes, so nothing is lost where the sender can be made to wait, as QEMU's can. What
 * the UART had to drop is counted, and said when the machine ends.
 */
#include "uart.h"

#include "base/print.h"
#include "gic.h"
#include "mmio.h"
#include "mmu.h"

enum {
    DEFAULT_BASE = 0x09000000, /* QEMU's virt machine */
    RING_BYTES = 1024,         /* a power of two */

    DR = 0x00,
    FR = 0x18,
    CR = 0x30,
    IMSC = 0x38,

    DR_BROKEN = 0x700, /* framing, parity, break: not a byte that was sent */
    DR_OVERRUN = 0x800,
    FR_RXFE = 1 << 4,
    FR_TXFF = 1 << 5,
    CR_ENABLE = 1 << 0 | 1 << 8 | 1 << 9, /* UARTEN, TXE, RXE */
    INT_RECEIVE = 1 << 4 | 1 << 6,        /* RX, and RT: bytes that stay below the level of RX */
};

static uint8_t *uart; /* its window; NULL: not used yet */

/* Indices count the bytes since boot. */
static struct {
    uint8_t bytes[RING_BYTES];
    unsigned read;
    unsigned written;
    unsigned overruns;
} ring;

static bool is_full(void)
{
    return ring.written - ring.read == RING_BYTES;
}

/* What stdout-path names: a path or an alias, in front of ":115200n8" or the like. */
static bool find_stdout(const struct fdt *fdt, struct fdt_node *node)
{
    enum { PATH_BYTES = 128 };
    char path[PATH_BYTES];
    struct fdt_node chosen, aliases;
    const char *value;
    size_t len = 0;

    if (!fdt_find(fdt, "/chosen", &chosen) || !(value = fdt_string(fdt, &chosen, "stdout-path"))) {
        return false;
    }
    for (; value[len] && value[len] != ':' && len < PATH_BYTES - 1; len++) {
        path[len] = value[len];
    }
    path[len] = '\0';
    if (path[0] == '/') {
        return fdt_find(fdt, path, node);
    }
    return fdt_find(fdt, "/aliases", &aliases) && (value = fdt_string(fdt, &aliases, path)) &&
           fdt_find(fdt, value, node);
}

bool uart_init(const struct fdt *fdt, unsigned *intid)
{
    struct fdt_node node;
    uint64_t base, size;
    uint8_t *window;

    if (!find_stdout(fdt, &node) || !fdt_is_compatible(fdt, &node, "arm,pl011")) {
        if (!fdt_find_compatible(fdt, "arm,pl011", &node)) {
            return false;
        }
    }
    if (!fdt_reg(fdt, &node, 0, &base, &size) || !gic_from_tree(fdt, &node, 0, intid) ||
        !(window = mmu_window(base, PLAT_PAGE_SIZE, MMU_WINDOW_DEVICE))) {
        return false;
    }
    uart = window;
    /* Rate, format and FIFOs stay as the firmware left them: switching the FIFOs on empties them,
     * and with them what was typed already. */
    mmio_write32(uart, CR, mmio_read32(uart, CR) | CR_ENABLE);
    mmio_write32(uart, IMSC, INT_RECEIVE);
    return true;
}

bool uart_take(void)
{
    unsigned before = ring.written;

    while (!is_full() && !(mmio_read32(uart, FR) & FR_RXFE)) {
        uint32_t data = mmio_read32(uart, DR);

        ring.overruns += (data & DR_OVERRUN) != 0;
        if (!(data & DR_BROKEN)) {
            ring.bytes[ring.written++ % RING_BYTES] = (uint8_t)data;
        }
    }
    if (is_full()) {
        mmio_write32(uart, IMSC, 0);
    }
    return ring.written != before;
}

void uart_finish(void)
{
    if (ring.overruns) {
        kprintf("eft: the console lost input, %u times\n", ring.overruns);
    }
}

int plat_console_read(void)
{
    if (ring.read == ring.written) {
        return PLAT_CONSOLE_NONE;
    }
    if (is_full()) {
        mmio_write32(uart, IMSC, INT_RECEIVE);
    }
    return ring.bytes[ring.read++ % RING_BYTES];
}

void plat_console_write(const char *bytes, size_t len)
{
    if (!uart) {
        uart = mmu_window(DEFAULT_BASE, PLAT_PAGE_SIZE, MMU_WINDOW_DEVICE);
    }
    for (size_t i = 0; i < len; i++) {
        while (mmio_read32(uart, FR) & FR_TXFF) {
            plat_cpu_relax();
        }
        mmio_write32(uart, DR, (uint8_t)bytes[i]);
    }
}
