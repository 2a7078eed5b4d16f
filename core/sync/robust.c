#include "sync/robust.h"

#include "abi/linux.h"
#include "base/plant.h"
#include "mm/uaccess.h"
#include "proc/process.h"
#include "sync/futex.h"

/* An entry that another one, or the head, leads to. */
struct entry {
    uaddr_t at;
    bool is_pi; /* of the operations that are not here: it is marked, and nobody is woken */
};

static bool read_entry(struct space *space, uaddr_t from, struct entry *entry)
{
    uint64_t word;

    if (space_read(space, &word, from, sizeof(word)) != 0) {
        return false;
    }
    *entry = (struct entry){.at = word & ~UINT64_C(1), .is_pi = word & 1};
    return true;
}

/* Marks a word as that of a thread that is gone, if it is. What was about to be released may be
 * nobody's already, and its waiters not yet woken (is_pending). Nothing comes between the look at
 * the word and the change. false: it cannot be done. */
static bool end_word(const struct thread *thread, uaddr_t at, bool is_pi, bool is_pending)
{
    struct space *space = thread->process->space;
    uint32_t word;

    if (at % sizeof(word) != 0 || space_read(space, &word, at, sizeof(word)) != 0) {
        return false;
    }
    if (is_pending && !is_pi && (word & FUTEX_TID_MASK) == 0) {
        futex_wake_shared(space, at);
        return true;
    }
    if ((word & FUTEX_TID_MASK) != (uint32_t)thread->tid) {
        return true;
    }
    const uint32_t marked = (word & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
    if (space_write(space, at, &marked, sizeof(marked)) != 0) {
        return false;
    }
    if (!is_pi && (word & FUTEX_WAITERS)) {
        futex_wake_shared(space, at);
    }
    return true;
}

void robust_end(struct thread *thread)
{
    struct space *space = thread->process->space;
    const uaddr_t at = thread->robust_list;
    struct abi_robust_list_head head;
    struct entry pending;
    struct entry entry;

    thread->robust_list = PLANTED(THR_2) ? at : 0;
    if (at == 0 || space_read(space, &head, at, sizeof(head)) != 0) {
        return;
    }
    const uint64_t offset = (uint64_t)head.futex_offset;
    entry = (struct entry){head.list & ~UINT64_C(1), head.list & 1};
    pending = (struct entry){head.list_op_pending & ~UINT64_C(1), head.list_op_pending & 1};
    for (unsigned i = 0; i < ROBUST_LIST_LIMIT && entry.at != at; i++) {
        struct entry next;
        /* The next one first: whoever is woken may take this one away. */
        bool has_next = read_entry(space, entry.at, &next);
        if ((entry.at != pending.at && !end_word(thread, entry.at + offset, entry.is_pi, false)) ||
            !has_next) {
            return;
        }
        entry = next;
        plat_irq_window();
    }
    if (pending.at && !PLANTED(FUT_4)) {
        (void)end_word(thread, pending.at + offset, pending.is_pi, true);
    }
}
