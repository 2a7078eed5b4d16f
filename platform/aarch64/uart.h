/* The console: one PL011 (Arm DDI 0183). Bytes that come in wait in a ring until core reads them.
 */
#ifndef AARCH64_UART_H
#define AARCH64_UART_H

#include "dev/fdt.h"
#include "platform/platform.h"

/* Takes the UART that /chosen stdout-path names, else the first enabled one; until then output
 * goes to that of QEMU's virt machine. False: there is none. intid: of its receive interrupt. */
bool uart_init(const struct fdt *fdt, unsigned *intid);

/* Its interrupt: moves what came in to the ring. False: nothing came. */
bool uart_take(void);

/* Says what was lost, if anything was. */
void uart_finish(void);

#endif
