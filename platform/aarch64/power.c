/*
 * With semihosting QEMU ends with our status; without it, PSCI switches off and the status is lost.
 * Trace bytes go to the host through a buffer that is written when it is full and at every end.
 */
#include "power.h"

#include "access.h"
#include "base/print.h"
#include "base/string.h"
#include "report.h"
#include "uart.h"

enum {
    SYS_OPEN = 0x01,
    SYS_CLOSE = 0x02,
    SYS_WRITE = 0x05,
    SYS_EXIT_EXTENDED = 0x20,
    OPEN_WRITE_BINARY = 5,              /* fopen's "wb" */
    STOPPED_APPLICATION_EXIT = 0x20026, /* the reason that carries a status */

    TRACE_BYTES = 16384,
    STATUS_STOP = 134, /* what a shell shows of a process that aborted, as Eft hosted does */
};

#define PSCI_SYSTEM_OFF 0x84000008u

static int exit_status;
static void (*psci)(uint32_t function);

static struct {
    bool is_open;
    uint64_t handle;
    size_t len;
    char bytes[TRACE_BYTES];
} trace;

void power_init(const struct fdt *fdt)
{
    struct fdt_node node;
    const char *method;

    if ((fdt_find_compatible(fdt, "arm,psci-1.0", &node) ||
         fdt_find_compatible(fdt, "arm,psci-0.2", &node)) &&
        (method = fdt_string(fdt, &node, "method"))) {
        psci = str_equal(method, "hvc") ? access_hvc : str_equal(method, "smc") ? access_smc : NULL;
    }
}

/* Forgets what the host does not take: a trace without its end still has its beginning. */
static void trace_flush(void)
{
    uint64_t block[] = {trace.handle, (uintptr_t)trace.bytes, trace.len};

    if (trace.len && access_semihost(SYS_WRITE, block) != 0) {
        trace.is_open = false;
        kprintf("eft: the host does not take the trace any more\n");
    }
    trace.len = 0;
}

static void trace_close(void)
{
    if (trace.is_open) {
        uint64_t block[] = {trace.handle};

        trace_flush();
        trace.is_open = false;
        access_semihost(SYS_CLOSE, block);
    }
}

static _Noreturn void end(int status)
{
    uint64_t block[] = {STOPPED_APPLICATION_EXIT, (uint64_t)status};

    trace_close();
    uart_finish();
    access_semihost(SYS_EXIT_EXTENDED, block);
    if (psci) {
        psci(PSCI_SYSTEM_OFF);
    }
    kprintf("eft: nothing ends this machine; switch it off\n");
    for (;;) {
        __asm__ volatile("wfi");
    }
}

_Noreturn void power_end(void)
{
    end(exit_status);
}

void plat_power_off(int status)
{
    exit_status = status;
}

#if EFT_TEST
void (*power_on_stop)(void);
#endif

_Noreturn void plat_stop(void)
{
    struct cpu *cpu = cpu_this();

#if EFT_TEST
    if (power_on_stop) {
        power_on_stop();
    }
#endif
    if (!cpu->is_reporting) {
        cpu->is_reporting = true;
        report_backtrace((uintptr_t)__builtin_frame_address(0));
    }
    end(STATUS_STOP);
}

bool plat_trace_open(const char *path)
{
    uint64_t block[] = {(uintptr_t)path, OPEN_WRITE_BINARY, str_len(path)};
    int64_t handle = access_semihost(SYS_OPEN, block);

    trace.is_open = handle >= 0;
    trace.handle = (uint64_t)handle;
    trace.len = 0;
    return trace.is_open;
}

void plat_trace_write(const char *bytes, size_t len)
{
    while (trace.is_open && len) {
        size_t part = len < TRACE_BYTES - trace.len ? len : TRACE_BYTES - trace.len;

        memcpy(trace.bytes + trace.len, bytes, part);
        trace.len += part;
        bytes += part;
        len -= part;
        if (trace.len == TRACE_BYTES) {
            trace_flush();
        }
    }
}
