#include "fuzz/check/whole.h"

#include "fuzz/check/digest.h"
#include "fuzz/check/look.h"
#include "fuzz/check/state.h"

static uint64_t sum_of_thread(const struct thread *thread)
{
    static struct state state;
    const struct call *call = &thread->call;

    if (!state_take(&state, thread->tid)) {
        return 0;
    }
    uint64_t sum = digest_mix(state.regions, state.stacks);
    sum = digest_mix(sum, state.signals);
    sum = digest_mix(sum, digest_bytes(state.pages, state.page_count * sizeof(state.pages[0])));
    sum = digest_mix(sum, (uint64_t)thread->state << 1 | call->is_pending);
    return digest_mix(digest_mix(sum, call->reason), (uint64_t)call->arg);
}

static uint64_t sum_of_life(const struct process *process)
{
    uint64_t sum = 0;

    LOOK_THREADS(thread, process) {
        sum = digest_mix(sum, sum_of_thread(thread));
    }
    return sum;
}

static uint64_t sum_of(const struct process *process)
{
    const struct process *parent = process->parent;
    uint64_t sum = digest_mix((uint64_t)process->pid->number, (uint64_t)process->state);

    sum = digest_mix(sum, parent ? (uint64_t)parent->pid->number : 0);
    sum = digest_mix(sum, (uint64_t)process->group->number);
    sum = digest_mix(sum, (uint64_t)process->session->number);
    return digest_mix(sum, process->state == PROCESS_ZOMBIE ? (uint64_t)process->wait_status
                                                            : sum_of_life(process));
}

uint64_t whole_sum(void)
{
    uint64_t sum = 0;

    look_at_processes();
    LOOK_PROCESSES(process) {
        sum += sum_of(process);
    }
    return sum;
}
