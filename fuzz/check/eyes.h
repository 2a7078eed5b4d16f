/* How the model sees the kernel: core's structures, told in its terms. */
#ifndef CHECK_EYES_H
#define CHECK_EYES_H

#include "fuzz/model/model.h"

extern const struct model_eyes run_eyes;

#endif
