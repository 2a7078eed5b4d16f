/* User mode: runs threads at EL0 by one of the two engines, and copies as they would. */
#ifndef HOSTED_USER_H
#define HOSTED_USER_H

/* No FP registers owned. */
void user_init(void);

#endif
