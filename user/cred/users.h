/* The sections of users, which checks what a kernel does with users and groups. */
#ifndef USERS_USERS_H
#define USERS_USERS_H

#include "catch/catch.h"

#define KEEP ((unsigned)-1) /* in a call: as it is */

enum { EFFECTIVE = 2, SAVED = 3 }; /* of a process that acts for three users: the real one is 1 */

/* The real, effective and saved user. */
struct three {
    int real;
    int effective;
    int saved;
};

static inline long become(unsigned real, unsigned effective, unsigned saved)
{
    return sys_setresuid(real, effective, saved);
}

/* A child that becomes that user with all IDs, and sleeps until a signal ends it; when this
 * returns, it has. */
int start_user(unsigned user);

/* The same with three IDs that differ. */
int start_three(const struct three *ids);

void end_child(int pid);

void check_set(void);
void check_groups(void);
void check_signal(void);
void check_info(void);
void check_death(void);
void check_exec(void);
void check_nproc(void);
void check_limits(void);
void check_queued(void);
void check_files(void);

#endif
