#include "proc/group.h"

#include "proc/process.h"

bool group_is_orphaned(const struct pid *group)
{
    LIST_FOR(link, &group->members) {
        const struct process *member = CONTAINER_OF(link, struct process, group_link);
        const struct process *parent = member->parent;
        if (member->state == PROCESS_LIVE && parent && parent->parent && parent->group != group &&
            parent->session == member->session) {
            return false;
        }
        plat_irq_window();
    }
    return true;
}

static bool has_stopped(const struct pid *group)
{
    LIST_FOR(link, &group->members) {
        const struct process *member = CONTAINER_OF(link, struct process, group_link);
        if (member->signals.is_stopped) {
            return true;
        }
        plat_irq_window();
    }
    return false;
}

void group_tell_orphaned(const struct process *child, const struct process *parent)
{
    if (parent->group == child->group || parent->session != child->session ||
        !has_stopped(child->group) || !group_is_orphaned(child->group)) {
        return;
    }
    signal_send_group(child->group, SIGHUP);
    signal_send_group(child->group, SIGCONT);
}
