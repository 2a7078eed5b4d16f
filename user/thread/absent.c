/* What Eft does not have: rseq(2), and the operations of futex(2) that hand a priority on. A C
 * library that asks for them finds ENOSYS, with all that they would do undone. */
#include "threads.h"

enum { NR_RSEQ = 293, NOT_THERE = -ENOSYS };

static struct {
    uint64_t words[8];
} area __attribute__((aligned(64)));

static int word, other;

static void check_absent_rseq(void)
{
    check_differs(CALL(NR_RSEQ, &area, 32, 0, 0x53053053),
                  (struct result){NOT_THERE, "there is none"}, (struct result){0, "it is had"},
                  "absent: rseq");
    check_differs(CALL(NR_RSEQ, NULL, 0, 7, 0), (struct result){NOT_THERE, "whatever is asked for"},
                  (struct result){-EINVAL, "that it does not know"}, "absent: rseq of nonsense");
}

static long pi(int operation, const void *timeout)
{
    return CALL(NR_FUTEX, &word, operation, 1, timeout, &other, 0);
}

static void check_absent_pi(void)
{
    int own = (int)sys_gettid();

    word = 0;
    check_differs(pi(FUTEX_LOCK_PI, NULL), (struct result){NOT_THERE, "no lock"},
                  (struct result){0, "a free lock is taken"}, "absent: FUTEX_LOCK_PI");
    check_differs(word, (struct result){0, "the word is as it was"},
                  (struct result){own, "has the owner's number"}, "absent: what it does");
    check_differs(pi(FUTEX_TRYLOCK_PI, NULL), (struct result){NOT_THERE, "no lock"},
                  (struct result){-EDEADLK, "it is one's own"}, "absent: FUTEX_TRYLOCK_PI");
    check_differs(pi(FUTEX_UNLOCK_PI, NULL), (struct result){NOT_THERE, "no lock"},
                  (struct result){0, "it is given back"}, "absent: FUTEX_UNLOCK_PI");
    check_is(word, 0, "absent: then the word is 0");
    check_differs(pi(FUTEX_LOCK_PI2, NULL), (struct result){NOT_THERE, "no lock"},
                  (struct result){0, "taken again"}, "absent: FUTEX_LOCK_PI2");
    (void)pi(FUTEX_UNLOCK_PI, NULL);
    check_differs(pi(FUTEX_WAIT_REQUEUE_PI, NULL), (struct result){NOT_THERE, "no lock to go to"},
                  (struct result){-EAGAIN, "another value"}, "absent: FUTEX_WAIT_REQUEUE_PI");
    check_differs(CALL(NR_FUTEX, &word, FUTEX_CMP_REQUEUE_PI, 1, 0, &other, 0),
                  (struct result){NOT_THERE, "no lock to go to"},
                  (struct result){0, "nobody waits"}, "absent: FUTEX_CMP_REQUEUE_PI");
    check_is(CALL(NR_FUTEX, &word, 99, 0, NULL, NULL, 0), -ENOSYS,
             "absent: no kernel knows operation 99");
}

void check_absent(void)
{
    check_absent_rseq();
    check_absent_pi();
}
