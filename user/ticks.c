/*
 * Tells when it began: the nanoseconds that the system counter had counted when its main began.
 * Under QEMU's -icount shift=0 these are instructions since power on.
 */
#include "lib/print.h"
#include "lib/start.h"

int main(int argc, char **argv, char **envp)
{
    uint64_t started;
    uint64_t frequency;

    (void)argc, (void)argv, (void)envp;
    __asm__ volatile("isb\n mrs %0, cntvct_el0" : "=r"(started));
    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
    print("ticks: %lu ns\n", started * (1000000000 / 1000) / (frequency / 1000));
    return 0;
}
