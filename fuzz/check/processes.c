#include "fuzz/check/processes.h"

#include "fuzz/check/checks.h"

#include "abi/linux.h"
#include "dev/console.h"

/* ---- numbers ---- */

enum { NUMBER_SLOTS = 512 };

/* What uses a number. */
struct number {
    uint32_t round; /* slots of earlier rounds are empty */
    const struct pid *pid;
    unsigned uses;
    unsigned members;
};

static struct {
    uint32_t round;
    unsigned count;
    struct number slots[NUMBER_SLOTS]; /* by number, modulo, then the next */
    struct number *used[NUMBER_SLOTS]; /* the first count of them */
} numbers;

/* The slot of a number; NULL: there are too many. */
static struct number *find_number(const struct pid *pid)
{
    for (unsigned i = 0; i < NUMBER_SLOTS; i++) {
        struct number *slot = &numbers.slots[((unsigned)pid->number + i) % NUMBER_SLOTS];
        if (slot->round != numbers.round) {
            *slot = (struct number){.round = numbers.round, .pid = pid};
            numbers.used[numbers.count++] = slot;
        }
        if (slot->pid->number == pid->number) {
            CHECK_THAT(PROCESS_NUMBERS, slot->pid == pid, "number %d was given twice", pid->number);
            return slot;
        }
    }
    return NULL;
}

static void use_number(const struct pid *pid, bool is_member)
{
    struct number *slot = find_number(pid);

    if (slot) {
        slot->uses++;
        slot->members += is_member;
    }
}

static void check_number(const struct number *number)
{
    const struct pid *pid = number->pid;
    unsigned members = 0;

    CHECK_THAT(PROCESS_NUMBERS, pid->refs == number->uses, "number %d counts %u users, and has %u",
               pid->number, pid->refs, number->uses);
    for (const struct list *link = pid->members.next;
         link != &pid->members && members <= number->members; link = link->next) {
        CHECK_THAT(PROCESS_NUMBERS, CONTAINER_OF(link, struct process, group_link)->group == pid,
                   "who is on the list of group %d is of another", pid->number);
        members++;
    }
    CHECK_THAT(PROCESS_NUMBERS, members == number->members,
               "group %d has %u members, and %u on its list", pid->number, number->members,
               members);
}

static void use_numbers(const struct process *process)
{
    use_number(process->pid, false);
    use_number(process->group, true);
    use_number(process->session, false);
    CHECK_THAT(PROCESS_NUMBERS, process->pid->process == process,
               "number %d is not known as that of its process", process->pid->number);
    LOOK_THREADS(thread, process) {
        use_number(thread->pid, false);
        CHECK_THAT(PROCESS_NUMBERS,
                   thread->pid->thread == thread && thread->pid->number == thread->tid,
                   "number %d is not known as that of its thread", thread->tid);
    }
}

/* ---- the tree ---- */

static bool is_linked(const struct list *link)
{
    return link->next->prev == link && link->prev->next == link;
}

/* Compares addresses only: there may be nothing at it any more. */
static bool is_thread_of(const struct thread *wanted, const struct process *process)
{
    unsigned count = 0;

    LOOK_THREADS(thread, process) {
        if (thread == wanted || ++count == CHECK_WALK_MAX) {
            return thread == wanted;
        }
    }
    return false;
}

/* Those on one of a process's lists. */
static void check_list(const struct process *parent, const struct list *list,
                       enum process_state state)
{
    unsigned count = 0;

    for (const struct list *link = list->next; link != list; link = link->next) {
        const struct process *child = CONTAINER_OF(link, struct process, sibling);
        CHECK_THAT(PROCESS_TREE, is_linked(link) && ++count < CHECK_WALK_MAX,
                   "the list of children of process %d is broken", parent->pid->number);
        CHECK_THAT(PROCESS_TREE, child->parent == parent,
                   "process %d is on the list of %d, and has another parent", child->pid->number,
                   parent->pid->number);
        CHECK_THAT(PROCESS_TREE,
                   parent->state == PROCESS_ZOMBIE || is_thread_of(child->parent_thread, parent),
                   "process %d hangs at a thread that %d does not have", child->pid->number,
                   parent->pid->number);
        CHECK_THAT(PROCESS_TREE, child->state == state,
                   "process %d is on the list of %s of %d, and its state is %d", child->pid->number,
                   state == PROCESS_LIVE ? "children" : "zombies", parent->pid->number,
                   (int)child->state);
    }
}

static void check_thread(const struct process *process, const struct thread *thread)
{
    int number = thread->tid;

    CHECK_THAT(PROCESS_TREE, thread->process == process, "thread %d is another process's", number);
    CHECK_THAT(PROCESS_TREE, thread->fds && thread->fs,
               "thread %d lives, and has not what it needs", number);
    CHECK_THAT(PROCESS_TREE, (thread == process->thread) == (number == process->pid->number),
               "thread %d is not known for its number", number);
    CHECK_THAT(PROCESS_TREE, !thread->vfork_parent || thread->vfork_parent->vfork_child == thread,
               "thread %d has the memory of one that does not wait for it", number);
    CHECK_THAT(PROCESS_TREE, !thread->vfork_child || thread->vfork_child->vfork_parent == thread,
               "thread %d waits for one that has not its memory", number);
}

static void check_live(const struct process *process)
{
    unsigned count = 0;

    CHECK_THAT(PROCESS_TREE, process->space && process->signals.actions,
               "process %d lives, and has not what it needs", process->pid->number);
    LOOK_THREADS(thread, process) {
        CHECK_THAT(PROCESS_TREE, ++count < CHECK_WALK_MAX && is_linked(&thread->process_link),
                   "the list of threads of process %d is broken", process->pid->number);
        check_thread(process, thread);
    }
    CHECK_THAT(PROCESS_TREE, count > 0 && count == process->thread_count,
               "process %d counts %u threads, and has %u", process->pid->number,
               process->thread_count, count);
}

static void check_zombie(const struct process *process)
{
    int number = process->pid->number;

    CHECK_THAT(PROCESS_TREE, !process->space && !process->thread && process->thread_count == 0,
               "zombie %d has more than a status", number);
    if (process->parent) { /* init leaves what it has to nobody: the machine has ended */
        CHECK_THAT(PROCESS_TREE,
                   list_is_empty(&process->children) && list_is_empty(&process->zombies),
                   "zombie %d has children", number);
        CHECK_THAT(PROCESS_TREE, process->parent->state == PROCESS_LIVE || !process->parent->parent,
                   "the parent of zombie %d has ended", number);
    }
}

void processes_check(void)
{
    const struct pid *foreground = console_foreground();
    size_t count = 0;

    numbers.round++;
    numbers.count = 0;
    LOOK_PROCESSES(process) {
        check_list(process, &process->children, PROCESS_LIVE);
        check_list(process, &process->zombies, PROCESS_ZOMBIE);
        if (process->state == PROCESS_LIVE) {
            check_live(process);
        } else {
            check_zombie(process);
        }
        use_numbers(process);
        count++;
        CHECK_THAT(PROCESS_TREE, count <= process_count(), "the tree of processes goes in circles");
    }
    CHECK_THAT(PROCESS_TREE, count == process_count(), "%lu of %lu processes hang in the tree",
               count, process_count());
    if (foreground) {
        use_number(foreground, false);
    }
    for (unsigned i = 0; i < numbers.count; i++) {
        check_number(numbers.used[i]);
    }
    CHECK_THAT(PROCESS_NUMBERS, numbers.count == pid_count(),
               "%u numbers have users, and %lu are in use", numbers.count, pid_count());
}

void processes_check_waited(const struct event *event)
{
    enum { CALL_WAIT4 = 260 };
    bool has_waited = event->kind == EVENT_RESULT && event->nr == CALL_WAIT4 && event->result > 0;

    const struct process *child = has_waited ? look_process((int)event->result) : NULL;
    bool was_told_of_stop =
        child && child->state == PROCESS_LIVE && (event->args[2] & (WUNTRACED | WCONTINUED));

    CHECK_THAT(PROCESS_TREE, !child || was_told_of_stop,
               "process %d was waited for by %d and is still there", (int)event->result,
               event->pid);
}
