#include "fuzz/model/pages.h"

int pages_take(void)
{
    unsigned page;

    if (world.free_count > 0) {
        page = world.free_pages[--world.free_count];
    } else if (world.page_count < PAGES_MAX) {
        page = world.page_count++;
    } else {
        world.lost = "too many pages";
        return -1;
    }
    world.page_refs[page] = 1;
    return (int)page;
}

void pages_get(uint16_t page)
{
    world.page_refs[page]++;
}

void pages_put(uint16_t page)
{
    if (--world.page_refs[page] == 0) {
        world.free_pages[world.free_count++] = page;
    }
}

/* The index of the first one whose number is not lower. */
static unsigned place_of(const struct leaf *leaves, unsigned count, uint32_t number)
{
    unsigned low = 0;
    unsigned high = count;

    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (leaves[middle].number >= number) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

struct leaf *pages_find(struct leaf *leaves, unsigned count, uint32_t number)
{
    unsigned place = place_of(leaves, count, number);

    return place < count && leaves[place].number == number ? &leaves[place] : NULL;
}

bool pages_add(struct leaf *leaves, unsigned *count, unsigned most_of, uint32_t number,
               uint16_t page)
{
    unsigned place = place_of(leaves, *count, number);

    if (*count == most_of) {
        world.lost = "too many pages in one place";
        return false;
    }
    for (unsigned i = (*count)++; i > place; i--) {
        leaves[i] = leaves[i - 1];
    }
    leaves[place] = (struct leaf){.number = number, .page = page};
    return true;
}
