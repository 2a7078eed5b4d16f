/* What a wait status says (wait(2)). */
#ifndef LIB_WAIT_H
#define LIB_WAIT_H

#include <stdbool.h>

/* The signal that ended the process, or 0: it exited. */
static inline int wait_signal(int status)
{
    return status & 0x7f;
}

/* Whether the process was stopped, and has not ended. */
static inline bool wait_is_stop(int status)
{
    return (status & 0xff) == 0x7f;
}

/* Which signal stopped it. */
static inline int wait_stop_signal(int status)
{
    return status >> 8 & 0xff;
}

/* Whether the process goes on after a stop, and has not ended. */
static inline bool wait_is_continued(int status)
{
    return status == 0xffff;
}

/* What it gave to exit. */
static inline int wait_exit_status(int status)
{
    return status >> 8 & 0xff;
}

#endif
