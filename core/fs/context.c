#include "fs/context.h"

#include "base/panic.h"
#include "fs/ramfs.h"
#include "mm/pool.h"

enum { FIRST_UMASK = 022 };

static struct pool pool;

void fs_context_init(void)
{
    pool_init(&pool, "fs", sizeof(struct fs_context));
}

struct fs_context *fs_context_create(void)
{
    struct fs_context *made = pool_alloc(&pool);

    if (made) {
        *made = (struct fs_context){.users = 1, .cwd = ramfs_root(), .umask = FIRST_UMASK};
    }
    return made;
}

struct fs_context *fs_context_fork(const struct fs_context *context)
{
    struct fs_context *made = pool_alloc(&pool);

    if (made) {
        *made = *context;
        made->users = 1;
    }
    return made;
}

struct fs_context *fs_context_get(struct fs_context *context)
{
    ASSERT(context->users > 0);
    context->users++;
    return context;
}

void fs_context_put(struct fs_context *context)
{
    ASSERT(context->users > 0);
    if (--context->users == 0) {
        pool_free(&pool, context);
    }
}

bool fs_context_check(struct fs_context *context)
{
    if (++context->seen < context->users) {
        return false;
    }
    context->seen = 0;
    return true;
}

size_t fs_context_count(void)
{
    return pool.used;
}
