/* Timers, and whom they belong to. */
#ifndef CHECK_TIMERS_H
#define CHECK_TIMERS_H

/* Looks at all that are armed. */
void timers_check(void);

#endif
