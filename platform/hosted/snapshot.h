/*
 * Snapshots: the whole machine as it is between two steps, to go back to as often as one likes.
 *
 * Going on from a snapshot is going on from that moment, exactly: the same choices give the same
 * run. What has left the machine stays out: console output, traces, records.
 */
#ifndef HOSTED_SNAPSHOT_H
#define HOSTED_SNAPSHOT_H

#include <stdint.h>

struct snapshot;

/* NULL: the host has no memory. */
struct snapshot *snapshot_take(void);

/* Makes the machine what it was. NULL, or why it can't: it has other RAM by now, or another model
 * of the TLB. Costs what is in use, not what RAM there is. */
const char *snapshot_restore(const struct snapshot *snapshot);

void snapshot_free(struct snapshot *snapshot);

/* A number for all that a snapshot would hold that is taken now: the same after a restore as it was
 * then. For tests; 0: the host has no memory. */
uint64_t snapshot_sum(void);

#endif
