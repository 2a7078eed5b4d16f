#include "base/inject.h"

#if EFT_TEST
/* The linker makes these at the borders of the section. */
extern struct alloc_site __start_alloc_sites[];
extern struct alloc_site __stop_alloc_sites[];

static uint64_t refusals;
static uint64_t forgiven;

static struct {
    uint64_t countdown; /* 0: not armed */
    bool forever;
    bool fired;
} armed;

void inject_init(void)
{
    inject_arm(0, false);
    refusals = 0;
    forgiven = 0;
}

void inject_arm(uint64_t n, bool forever)
{
    armed.countdown = n;
    armed.forever = forever;
    armed.fired = false;
}

bool inject_has_fired(void)
{
    return armed.fired;
}

uint64_t inject_refusals(void)
{
    return refusals;
}

void inject_note_refusal(void)
{
    refusals++;
}

uint64_t inject_forgiven(void)
{
    return forgiven;
}

void inject_forgive(void)
{
    refusals--;
    forgiven++;
}

size_t inject_sites(struct alloc_site **sites)
{
    *sites = __start_alloc_sites;
    return (size_t)(__stop_alloc_sites - __start_alloc_sites);
}

static bool is_due(void)
{
    if (armed.countdown == 0) {
        return armed.forever && armed.fired;
    }
    armed.countdown--;
    if (armed.countdown == 0) {
        armed.fired = true;
    }
    return armed.countdown == 0;
}

bool inject_fails(struct alloc_site *site)
{
    bool fails = is_due() || plat_choose(PLAT_CHOOSE_FAIL, 2) != 0;

    site->calls++;
    if (fails) {
        site->failures++;
        refusals++;
    }
    return fails;
}
#else
void inject_init(void)
{
}

void inject_note_refusal(void)
{
}

void inject_forgive(void)
{
}

bool inject_fails(struct alloc_site *site)
{
    (void)site;
    return plat_choose(PLAT_CHOOSE_FAIL, 2) != 0;
}
#endif
