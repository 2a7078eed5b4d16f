/*
 * Names what a snapshot of the machine holds beside RAM and core: each file of the machine says so
 * of its own state, where it is defined.
 *
 * A part is plain bytes: no descriptor of a file of the host, nothing that waits to be written, and
 * no pointer but to what stays where it is while the machine has the RAM that it has.
 */
#ifndef HOSTED_SNAPSHOT_PART_H
#define HOSTED_SNAPSHOT_PART_H

#include <stdbool.h>
#include <stddef.h>

struct snapshot_part {
    void *at;
    size_t size;
    const size_t *len; /* if not NULL: while it is 0, the part means nothing */
};

#define SNAPSHOT_PART(variable_) SNAPSHOT_PART_DEFINE_(variable_, NULL)
#define SNAPSHOT_PART_IF(variable_, len_) SNAPSHOT_PART_DEFINE_(variable_, &(len_))

#define SNAPSHOT_PART_DEFINE_(variable_, len_)                                                     \
    static const struct snapshot_part snapshot_part_##variable_ = {&(variable_),                   \
                                                                   sizeof(variable_), len_};       \
    static const struct snapshot_part *const snapshot_entry_##variable_                            \
        __attribute__((used, section("eft_parts"))) = &snapshot_part_##variable_

#endif
