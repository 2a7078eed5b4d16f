/*
 * Robust lists: the words that a thread says it owns, so that whoever waits for one hears of it
 * when the thread is gone, get_robust_list(2). The kernel reads them at its end and its exec only.
 */
#ifndef SYNC_ROBUST_H
#define SYNC_ROBUST_H

struct thread;

/* The thread will not use its memory any more: marks the words that it owns and wakes one of those
 * who wait for each, up to the first that cannot be read or written. */
void robust_end(struct thread *thread);

#endif
