/* Who uses spaces, shared objects and tables of actions. */
#ifndef CHECK_USERS_H
#define CHECK_USERS_H

/* Looks at all of them: they count their users. */
void users_check(void);

#endif
