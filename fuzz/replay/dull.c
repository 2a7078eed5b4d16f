#include "fuzz/replay/dull.h"

void dull(struct input *input)
{
    input->config.frames = INPUT_FRAMES_MAX;
    input->config.schedule = SCHEDULE_EAGER;
    input->config.change_count = 0;
    for (unsigned i = 0; i < input->count; i++) {
        struct insn *insn = &input->insns[i];
        insn->preempt = INSN_NOBODY;
        insn->fail_nth = 0;
        insn->fails_forever = false;
        insn->window = 0;
        insn->window_event = WINDOW_NOTHING;
    }
}
