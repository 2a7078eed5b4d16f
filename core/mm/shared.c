#include "mm/shared.h"

#include "abi/errno.h"
#include "base/panic.h"
#include "base/string.h"
#include "mm/frame.h"
#include "mm/pool.h"

static struct {
    struct pool objects;
    struct pool pages;
    struct list all;
    uint64_t last_id;
} shared;

void shared_init(void)
{
    pool_init(&shared.objects, "shared", sizeof(struct shared));
    pool_init(&shared.pages, "shared page", sizeof(struct shared_page));
    list_init(&shared.all);
    shared.last_id = 0;
}

struct shared *shared_create(uint64_t pages)
{
    struct shared *object = pool_alloc(&shared.objects);

    if (object) {
        object->id = ++shared.last_id;
        object->pages = pages;
        object->refs = 1;
        tree_init(&object->tree);
        list_append(&shared.all, &object->link);
    }
    return object;
}

struct shared *shared_get(struct shared *object)
{
    ASSERT(object->refs > 0);
    object->refs++;
    return object;
}

static struct shared_page *page_of(struct tree_node *node)
{
    return node ? CONTAINER_OF(node, struct shared_page, node) : NULL;
}

static void destroy_page(struct shared *object, struct shared_page *page)
{
    tree_remove(&object->tree, &page->node);
    frame_put(page->pa);
    pool_free(&shared.pages, page);
}

void shared_put(struct shared *object)
{
    struct tree_node *node;

    ASSERT(object->refs > 0);
    object->refs--;
    if (object->refs > 0) {
        return;
    }
    while ((node = tree_first(&object->tree)) != NULL) {
        destroy_page(object, page_of(node));
        plat_irq_window();
    }
    list_remove(&object->link);
    pool_free(&shared.objects, object);
}

static struct shared_page *find(const struct shared *object, uint64_t index)
{
    struct shared_page *page = page_of(tree_find_le(&object->tree, index));

    return page && page->node.key == index ? page : NULL;
}

bool shared_find(const struct shared *object, uint64_t index, paddr_t *pa)
{
    const struct shared_page *page = find(object, index);

    if (page) {
        *pa = page->pa;
    }
    return page;
}

int shared_page(struct shared *object, uint64_t index, paddr_t *pa, bool *made)
{
    ASSERT(index < object->pages);
    *made = !shared_find(object, index, pa);
    if (!*made) {
        return 0;
    }
    struct shared_page *page = pool_alloc(&shared.pages);
    if (!page) {
        return -ENOMEM;
    }
    if (frame_alloc(FRAME_USER, &page->pa) != 0) {
        pool_free(&shared.pages, page);
        return -ENOMEM;
    }
    memset(plat_phys_ptr(page->pa, PAGE_SIZE), 0, PAGE_SIZE);
    plat_mem_mark(page->pa, PAGE_SIZE, PLAT_MEM_DEFINED);
    tree_insert(&object->tree, &page->node, index);
    *pa = page->pa;
    return 0;
}

void shared_drop(struct shared *object, uint64_t index)
{
    destroy_page(object, find(object, index));
}

bool shared_next(const struct shared *object, uint64_t *index, paddr_t *pa)
{
    const struct shared_page *page = page_of(tree_find_ge(&object->tree, *index));

    if (page) {
        *index = page->node.key;
        *pa = page->pa;
    }
    return page;
}

uint64_t shared_check_all(void)
{
    size_t objects = 0;
    uint64_t pages = 0;

    pool_check(&shared.objects);
    pool_check(&shared.pages);
    LIST_FOR(link, &shared.all) {
        struct shared *object = CONTAINER_OF(link, struct shared, link);
        paddr_t pa;
        ASSERT(object->refs > 0);
        for (uint64_t i = 0; shared_next(object, &i, &pa); i++) {
            ASSERT(i < object->pages);
            ASSERT(frame_of(pa)->kind == FRAME_USER);
            pages++;
        }
        object->seen = 0;
        objects++;
    }
    ASSERT(objects == shared.objects.used);
    ASSERT(pages == shared.pages.used);
    return pages;
}

void shared_check_user(struct shared *object)
{
    object->seen++;
}

void shared_check_users(void)
{
    LIST_FOR(link, &shared.all) {
        const struct shared *object = CONTAINER_OF(link, struct shared, link);
        ASSERT(object->seen == object->refs);
    }
}

size_t shared_count(void)
{
    return shared.objects.used;
}

const struct list *shared_all(void)
{
    return &shared.all;
}
