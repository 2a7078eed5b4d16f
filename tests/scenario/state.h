/*
 * The canonical state: what processes can observe, as a number. Contents and rights by address, not
 * residency or sharing; parenthood, statuses, groups.
 */
#ifndef SCENARIO_STATE_H
#define SCENARIO_STATE_H

#include <stdint.h>

uint64_t state_hash(void);

#endif
