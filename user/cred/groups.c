/* getgroups(2), setgroups(2). */
#include "users.h"

enum { MANY = 65536 };

static int has_many(uint64_t count)
{
    uint32_t *groups = map_private((count + 1) * sizeof(uint32_t));

    for (uint64_t i = 0; i < count; i++)
        groups[i] = (uint32_t)(count - i);
    if (sys_setgroups((int)count, groups) != 0)
        return 2;
    for (uint64_t i = 0; i < count; i++)
        groups[i] = 0;
    if (sys_getgroups((int)count, groups) != (long)count)
        return 3;
    for (uint64_t i = 0; i < count; i++)
        if (groups[i] != i + 1)
            return 4;
    return 1;
}

static int inherits(uint64_t unused)
{
    uint32_t groups[4] = {0};

    (void)unused;
    return sys_getgroups(4, groups) == 2 && groups[0] == 3 && groups[1] == 8;
}

static int has_two(uint64_t unused)
{
    const uint32_t groups[2] = {8, 3};

    (void)unused;
    if (sys_setgroups(2, groups) != 0 || !inherits(0) || run_fork(inherits, 0) != exited(1))
        return 2;
    become(5, 5, 5);
    if (!inherits(0) || sys_setgroups(2, groups) != -EPERM || sys_setgroups(0, NULL) != -EPERM)
        return 3;
    return sys_getgroups(0, NULL) == 2 && sys_getgroups(1, (uint32_t *)BAD_ADDRESS) == -EINVAL &&
           sys_getgroups(2, (uint32_t *)BAD_ADDRESS) == -EFAULT &&
           sys_getgroups(-1, NULL) == -EINVAL;
}

static int drops(uint64_t unused)
{
    uint32_t group = 3;

    (void)unused;
    return sys_setgroups(1, &group) == 0 && sys_setgroups(0, NULL) == 0 &&
           sys_getgroups(0, NULL) == 0 && sys_getgroups(1, (uint32_t *)BAD_ADDRESS) == 0;
}

void check_groups(void)
{
    const uint32_t wrong[2] = {1, KEEP};
    const uint32_t twice[3] = {4, 2, 4};
    uint32_t told[3] = {0};

    check_is(run_fork(has_many, 33), exited(1), "groups: more than 32, in the order of numbers");
    check_is(run_fork(has_many, 5000), exited(1), "groups: thousands");
    check_is(run_fork(has_many, MANY), exited(1), "groups: as many as there may be");
    check_is(sys_setgroups(MANY + 1, wrong), -EINVAL, "groups: one more gives EINVAL");
    check_is(sys_setgroups(-1, wrong), -EINVAL, "groups: so does -1");
    check_is(sys_setgroups(2, wrong), -EINVAL, "groups: and the number -1");
    check_is(sys_setgroups(1, (const uint32_t *)BAD_ADDRESS), -EFAULT,
             "groups: a bad address gives EFAULT");
    check_is(run_fork(has_two, 0), exited(1), "groups: a user keeps them and cannot set them");
    check_is(run_fork(drops, 0), exited(1), "groups: there may be none");
    check(sys_setgroups(3, twice) == 0 && sys_getgroups(3, told) == 3 && told[0] == 2 &&
              told[1] == 4 && told[2] == 4,
          "groups: one may be there twice");
    sys_setgroups(0, NULL);
}
