#include "syscall/describe_futex.h"

#include "abi/linux.h"
#include "syscall/names.h"
#include "syscall/show_time.h"

/* Where the arguments are. */
enum { OPERATION = 1, VALUE = 2, ARGUMENT = 3, OTHER = 4, LAST = 5 };

/* What an argument is. */
enum use {
    UNUSED,
    NUMBER,
    HEXADECIMAL,
    ADDRESS,
    TIME,
    BITSET,
    OP, /* of FUTEX_WAKE_OP */
};

struct uses {
    uint8_t value;
    uint8_t argument;
    uint8_t other;
    uint8_t last;
};

static const struct uses all_uses[] = {
    [FUTEX_WAIT] = {NUMBER, TIME, UNUSED, UNUSED},
    [FUTEX_WAKE] = {NUMBER, UNUSED, UNUSED, UNUSED},
    [FUTEX_FD] = {NUMBER, UNUSED, UNUSED, UNUSED},
    [FUTEX_REQUEUE] = {NUMBER, NUMBER, ADDRESS, UNUSED},
    [FUTEX_CMP_REQUEUE] = {NUMBER, NUMBER, ADDRESS, NUMBER},
    [FUTEX_WAKE_OP] = {NUMBER, NUMBER, ADDRESS, OP},
    [FUTEX_LOCK_PI] = {UNUSED, TIME, UNUSED, UNUSED},
    [FUTEX_UNLOCK_PI] = {UNUSED, UNUSED, UNUSED, UNUSED},
    [FUTEX_TRYLOCK_PI] = {UNUSED, UNUSED, UNUSED, UNUSED},
    [FUTEX_WAIT_BITSET] = {NUMBER, TIME, UNUSED, BITSET},
    [FUTEX_WAKE_BITSET] = {NUMBER, UNUSED, UNUSED, BITSET},
    [FUTEX_WAIT_REQUEUE_PI] = {NUMBER, TIME, ADDRESS, UNUSED},
    [FUTEX_CMP_REQUEUE_PI] = {NUMBER, NUMBER, ADDRESS, NUMBER},
    [FUTEX_LOCK_PI2] = {UNUSED, TIME, UNUSED, UNUSED},
};

static enum use use_of(const uint64_t *args, unsigned index)
{
    static const struct uses unknown = {NUMBER, ADDRESS, ADDRESS, HEXADECIMAL};
    const int flags = FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME;
    unsigned command = (unsigned)((int)args[OPERATION] & ~flags);
    const struct uses *uses = command < ARRAY_LEN(all_uses) ? &all_uses[command] : &unknown;

    switch (index) {
    case VALUE:
        return uses->value;
    case ARGUMENT:
        return uses->argument;
    case OTHER:
        return uses->other;
    case LAST:
        return uses->last;
    default:
        return ADDRESS;
    }
}

bool describe_futex_uses(const uint64_t *args, unsigned index)
{
    return use_of(args, index) != UNUSED;
}

static void put_operation(struct text *text, uint32_t encoded)
{
    static const char *const operations[8] = {"FUTEX_OP_SET", "FUTEX_OP_ADD", "FUTEX_OP_OR",
                                              "FUTEX_OP_ANDN", "FUTEX_OP_XOR"};
    static const char *const comparisons[16] = {"FUTEX_OP_CMP_EQ", "FUTEX_OP_CMP_NE",
                                                "FUTEX_OP_CMP_LT", "FUTEX_OP_CMP_LE",
                                                "FUTEX_OP_CMP_GT", "FUTEX_OP_CMP_GE"};
    const char *operation = operations[encoded >> 28 & 7];
    const char *comparison = comparisons[encoded >> 24 & 15];

    text_printf(text, encoded >> 28 & FUTEX_OP_ARG_SHIFT ? "FUTEX_OP_OPARG_SHIFT<<28|" : "");
    if (operation) {
        text_printf(text, "%s<<28", operation);
    } else {
        text_printf(text, "0x%x<<28 /* FUTEX_OP_??? */", encoded >> 28 & 7);
    }
    text_printf(text, encoded >> 12 & 0xfff ? "|0x%x<<12|" : "|%x<<12|", encoded >> 12 & 0xfff);
    if (comparison) {
        text_printf(text, "%s<<24", comparison);
    } else {
        text_printf(text, "0x%x<<24 /* FUTEX_OP_CMP_??? */", encoded >> 24 & 15);
    }
    text_printf(text, encoded & 0xfff ? "|0x%x" : "|%x", encoded & 0xfff);
}

void describe_futex(const struct view *view, const uint64_t *args, unsigned index)
{
    uint32_t value = (uint32_t)args[index];

    switch (use_of(args, index)) {
    case NUMBER:
        text_printf(view->text, "%u", value);
        break;
    case TIME:
        show_timespec(view, args[index]);
        break;
    case BITSET:
        text_printf(view->text, value == FUTEX_BITSET_MATCH_ANY ? "FUTEX_BITSET_MATCH_ANY" : "0x%x",
                    value);
        break;
    case OP:
        put_operation(view->text, value);
        break;
    case HEXADECIMAL:
        text_printf(view->text, "0x%x", value);
        break;
    default:
        show_address(view, args[index]);
        break;
    }
}
