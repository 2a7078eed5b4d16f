#include "fuzz/model/owned.h"

#include "fuzz/model/futexes.h"
#include "fuzz/model/give_up.h"
#include "fuzz/model/memory.h"

/* false: the word cannot be read or not be written. */
static bool end_word(struct proc *proc, uint64_t at, bool hands_on, bool is_pending)
{
    uint32_t word;

    if (at % sizeof(word) != 0 || !memory_read(proc, at, &word, sizeof(word))) {
        return false;
    }
    int owner = (int)(word & FUTEX_TID_MASK);
    if (is_pending && !hands_on && owner == 0) {
        futexes_wake_shared(proc, at);
        return true;
    }
    if (owner != proc->tid) {
        return true;
    }
    uint32_t died = (word & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
    if (!memory_write(proc, at, &died, sizeof(died))) {
        return false;
    }
    if (!hands_on && (word & FUTEX_WAITERS)) {
        futexes_wake_shared(proc, at);
    }
    return true;
}

void owned_end(struct proc *proc)
{
    const uint64_t head_at = proc->robust;
    struct abi_robust_list_head head;

    proc->robust = 0;
    if (head_at == 0) {
        return;
    }
    if (world.was_refused) {
        give_up_for(GIVE_UP_MEMORY); /* how far it came without memory nobody can tell */
        return;
    }
    if (!memory_read(proc, head_at, &head, sizeof(head))) {
        return;
    }
    const uint64_t pending = head.list_op_pending & ~UINT64_C(1);
    uint64_t entry = head.list;
    for (unsigned i = 0; i < ROBUST_LIST_LIMIT && (entry & ~UINT64_C(1)) != head_at; i++) {
        uint64_t at = entry & ~UINT64_C(1);
        uint64_t next = 0;
        bool has_next = memory_read(proc, at, &next, sizeof(next));
        if (at != pending && !end_word(proc, at + (uint64_t)head.futex_offset, entry & 1, false)) {
            return;
        }
        if (!has_next) {
            return;
        }
        entry = next;
    }
    if (pending != 0) {
        (void)end_word(proc, pending + (uint64_t)head.futex_offset, head.list_op_pending & 1, true);
    }
}
