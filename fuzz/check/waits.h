/* Who waits for what, and who can run. */
#ifndef CHECK_WAITS_H
#define CHECK_WAITS_H

/* Looks at all threads: nobody waits for what is so, unless it has been woken. */
void waits_check(void);

/* Nothing is ready and no time will pass: the same, of everybody. */
void waits_check_at_rest(void);

#endif
