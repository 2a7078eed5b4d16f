#include "fuzz/model/calls.h"

call_model *calls_find(uint32_t nr)
{
    switch (nr) {
#define CALL(number, name)                                                                         \
    case number:                                                                                   \
        return call_##name;
#include "fuzz/model/calls.def"
#undef CALL
    default:
        return NULL;
    }
}

const char *calls_name(uint32_t nr)
{
    switch (nr) {
#define CALL(number, name)                                                                         \
    case number:                                                                                   \
        return #name;
#include "fuzz/model/calls.def"
#undef CALL
    default:
        return "?";
    }
}
