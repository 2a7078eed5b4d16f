/* What processes can observe, compared with what the kernel has. */
#ifndef MODEL_COMPARE_H
#define MODEL_COMPARE_H

#include "fuzz/model/world.h"

/* All processes and their memory; it objects to the first difference. is_complete: as for
 * model_compare. */
void compare_all(bool is_complete);

#endif
