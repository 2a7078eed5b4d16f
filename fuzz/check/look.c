#include "fuzz/check/look.h"

struct look look;

void look_begin(void)
{
    const struct frame_state *frames = frame_state();

    look.base = frames->ram.base;
    look.size = frames->ram.size;
    look.bytes = plat_phys_ptr(frames->ram.base, 1);
    look.frames = frames;
}

/* Those on a list, as far as it is one. */
static void add_list(const struct list *list)
{
    for (const struct list *link = list->next;
         link != list && look.process_count < LOOK_PROCESSES_MAX && link->next->prev == link;
         link = link->next) {
        look.processes[look.process_count++] = CONTAINER_OF(link, struct process, sibling);
    }
}

void look_at_processes(void)
{
    const struct process *init = process_first();

    look.process_count = 0;
    if (init) {
        look.processes[look.process_count++] = init;
    }
    for (unsigned i = 0; i < look.process_count; i++) {
        add_list(&look.processes[i]->children);
        add_list(&look.processes[i]->zombies);
    }
}
