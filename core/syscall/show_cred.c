#include "syscall/show_cred.h"

enum { SHOWN_GROUPS = 32 };

void show_user(struct text *text, uint32_t id)
{
    if (id == UINT32_MAX) {
        text_printf(text, "-1");
    } else {
        text_printf(text, "%u", id);
    }
}

void show_groups(const struct view *view, uaddr_t at, int64_t count)
{
    uint32_t groups[SHOWN_GROUPS];
    unsigned shown = (unsigned)(count < SHOWN_GROUPS ? count : SHOWN_GROUPS);

    if (count < 0) {
        show_address(view, at);
        return;
    }
    if (count > 0 && !show_fetch(view, at, groups, shown * sizeof(groups[0]))) {
        return;
    }
    text_char(view->text, '[');
    for (unsigned i = 0; i < shown; i++) {
        text_printf(view->text, i > 0 ? ", " : "");
        show_user(view->text, groups[i]);
    }
    text_printf(view->text, count > shown ? ", ...]" : "]");
}
