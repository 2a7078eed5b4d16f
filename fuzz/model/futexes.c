#include "fuzz/model/futexes.h"

#include "fuzz/model/give_up.h"
#include "fuzz/model/memory.h"

static bool is_same(const struct word *a, const struct word *b)
{
    return a->kind == b->kind && a->owner == b->owner && a->place == b->place;
}

/* What is shared is told by what is mapped. */
static int find_shared(struct proc *self, uint64_t at, struct word *word)
{
    const struct map *map = memory_find(memory_of(self), at);
    uint64_t offset = at - map->start;

    if (map->object >= 0) {
        *word = (struct word){WORD_OF_OBJECT, map->object, map->index * PAGE + offset};
    } else if (map->prot & PROT_WRITE) {
        *word = (struct word){WORD_OF_SPACE, memory_of(self)->serial, at};
    } else if (map->bytes && round_down(offset) < map->len) {
        *word = (struct word){WORD_OF_FILE, 0, (uintptr_t)map->bytes + offset};
    } else {
        return -EFAULT; /* it will never change */
    }
    return 0;
}

int futexes_find(struct proc *self, uint64_t at, bool is_shared, bool to_write, struct word *word)
{
    if (at % sizeof(uint32_t) != 0) {
        return -EINVAL;
    }
    if (at >= END_OF_MEMORY) {
        return -EFAULT;
    }
    *word = (struct word){WORD_OF_PROCESS, memory_of(self)->serial, at};
    if (!is_shared) {
        return 0;
    }
    if (!memory_can(self, at, sizeof(uint32_t), ACCESS_WRITE) &&
        (to_write || !memory_can(self, at, sizeof(uint32_t), ACCESS_READ))) {
        return -EFAULT;
    }
    return find_shared(self, at, word);
}

/* Places of the more urgent are lower; a place keeps its rank. */
enum { RANK_SHIFT = 56, PRIORITY_MAX = 99 };

static void place_at_end(struct doing *doing, const struct word *word)
{
    doing->word = *word;
    doing->place = doing->place >> RANK_SHIFT << RANK_SHIFT | ++world.places;
}

void futexes_wait(struct proc *self, const struct word *word, uint32_t bitset)
{
    self->doing.bitset = bitset;
    self->doing.place = (uint64_t)(PRIORITY_MAX - self->priority) << RANK_SHIFT;
    place_at_end(&self->doing, word);
}

/* Who is next of those who wait for a word, of those whose place is above another; NULL: nobody. */
static struct proc *find_next(const struct word *word, uint32_t bitset, uint64_t place)
{
    struct proc *first = NULL;

    for (unsigned i = 0; i < world.proc_count; i++) {
        struct proc *proc = &world.procs[i];
        const struct doing *doing = &proc->doing;
        if (is_thread(proc) && doing->place > place && (doing->bitset & bitset) &&
            is_same(&doing->word, word) && (!first || doing->place < first->doing.place)) {
            first = proc;
        }
    }
    return first;
}

static void wake(struct proc *proc)
{
    proc->doing.place = 0;
    proc->doing.is_woken = true;
}

int64_t futexes_wake(const struct word *word, int count, uint32_t bitset, bool does_it)
{
    struct proc *proc = find_next(word, bitset, 0);
    int64_t woken = 0;

    while (proc && (woken < count || woken == 0)) {
        struct proc *next = find_next(word, bitset, proc->doing.place);
        if (does_it) {
            wake(proc);
        }
        woken++;
        proc = next;
    }
    return woken;
}

void futexes_wake_shared(struct proc *self, uint64_t at)
{
    struct word word;

    /* Stacks that have grown without memory have been taken over. */
    if (at % sizeof(uint32_t) == 0 && (!world.was_refused || memory_find(memory_of(self), at)) &&
        memory_can(self, at, sizeof(uint32_t), ACCESS_READ) && find_shared(self, at, &word) == 0) {
        if (world.was_refused && futexes_wake(&word, 1, UINT32_MAX, false) > 0) {
            give_up_for(
                GIVE_UP_MEMORY); /* whether there was memory to look at it nobody can tell */
        }
        (void)futexes_wake(&word, 1, UINT32_MAX, true);
    }
}

int64_t futexes_move(const struct word *from, int wake_count, const struct word *to, int move,
                     bool does_it)
{
    struct proc *proc = find_next(from, UINT32_MAX, 0);
    int64_t done = 0;

    while (proc && done < (int64_t)wake_count + move) {
        struct proc *next = find_next(from, UINT32_MAX, proc->doing.place);
        if (does_it && done < wake_count) {
            wake(proc);
        } else if (does_it && !is_same(from, to)) {
            place_at_end(&proc->doing, to);
        }
        done++;
        proc = next;
    }
    return done;
}
