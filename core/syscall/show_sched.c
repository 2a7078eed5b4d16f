#include "syscall/show_sched.h"

#include "abi/linux.h"
#include "syscall/names.h"

void show_sched_attr(const struct view *view, uaddr_t at)
{
    struct abi_sched_attr attr;
    struct text *text = view->text;

    if (!show_fetch(view, at, &attr, SCHED_ATTR_SIZE_VER0)) {
        return;
    }
    text_printf(text, "{size=%u, sched_policy=", attr.size);
    names_put_one(text, &names_policy, attr.sched_policy);
    text_printf(text, ", sched_flags=0x%lx, sched_nice=%d, sched_priority=%u, ...}",
                attr.sched_flags, attr.sched_nice, attr.sched_priority);
}
