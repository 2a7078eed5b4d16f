/* What processes do with their memory in the scenarios. */
#include "scenario.h"

#include "abi/eft.h"
#include "base/types.h"
#include "mm/space.h"
#include "mm/tlb.h"

#define STATUS(code) ((code) << 8)
#define PAGE ((uint64_t)PAGE_SIZE)
#define TABLE_SPAN ((uint64_t)2 << 20)
#define HERE ((uint64_t)0x30000000) /* nothing lies there */

enum { RW = PROT_READ | PROT_WRITE };

void memory_mappings(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    const uint64_t low = (uint64_t)0x20000000;
    const uint64_t border = low + TABLE_SPAN; /* another table begins here */
    const uint64_t flags = MAP_PRIVATE | MAP_ANONYMOUS;
    const uint64_t rw = PROT_READ | PROT_WRITE;

    CALL(p, mmap, N(border - 2 * PAGE), N(4 * PAGE), N(rw), N(flags | MAP_FIXED), N(-1), N(0));
    program_result(p, (int64_t)(border - 2 * PAGE));
    program_store(p, border - PAGE, 1);
    program_store(p, border, 2);
    program_store(p, border + PAGE, 3);
    CALL(p, mprotect, N(border - PAGE), N(2 * PAGE), N(PROT_READ));
    program_result(p, 0);
    program_load(p, 20, border - PAGE);
    program_expect(p, X(20), N(1));
    CALL(p, mprotect, N(border - PAGE), N(2 * PAGE), N(PROT_NONE));
    program_result(p, 0);
    CALL(p, mprotect, N(border - PAGE), N(2 * PAGE), N(rw));
    program_result(p, 0);
    program_load(p, 20, border);
    program_expect(p, X(20), N(2));
    program_store(p, border, 4);
    CALL(p, munmap, N(border - PAGE), N(PAGE));
    program_result(p, 0);
    CALL(p, munmap, N(border), N(PAGE));
    program_result(p, 0);
    program_load(p, 20, border + PAGE);
    program_expect(p, X(20), N(3));
    CALL(p, mprotect, N(border - 2 * PAGE), N(4 * PAGE), N(PROT_READ)); /* a hole */
    program_result(p, -ENOMEM);
    CALL(p, mmap, N(border), N(PAGE), N(rw), N(flags | MAP_FIXED_NOREPLACE), N(-1), N(0));
    program_result(p, (int64_t)border);
    CALL(p, mmap, N(border), N(PAGE), N(rw), N(flags | MAP_FIXED_NOREPLACE), N(-1), N(0));
    program_result(p, -EEXIST);
    program_load(p, 20, border);
    program_expect(p, X(20), N(0));
    CALL(p, mmap, N(border), N(2 * PAGE), N(rw), N(flags | MAP_FIXED), N(-1), N(0));
    program_result(p, (int64_t)border);
    program_load(p, 20, border + PAGE);
    program_expect(p, X(20), N(0));
    CALL(p, munmap, N(low), N(2 * TABLE_SPAN));
    program_result(p, 0);
    CALL(p, mmap, N(0), N(3 * PAGE), N(rw), N(flags), N(-1), N(0));
    program_no_memory(p);
    program_move(p, 21, X(0));
    CALL(p, uname, X(21)); /* the kernel writes to pages that are not there yet */
    program_result(p, 0);
    CALL(p, munmap, X(21), N(3 * PAGE));
    program_result(p, 0);
    CALL(p, uname, X(21));
    program_result(p, -EFAULT);
    program_exit(p, 0);
}

/* Every way in which a page comes to be executed: rights that come later, a copy, an image in
 * memory. */
void memory_code(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};
    const uint64_t at = (uint64_t)0x30000000;
    const uint64_t flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    const uint64_t rw = PROT_READ | PROT_WRITE;

    CALL(p, mmap, N(at), N(2 * PAGE), N(rw), N(flags), N(-1), N(0));
    program_result(p, (int64_t)at);
    program_store(p, at, 0xd503201f);
    CALL(p, mprotect, N(at), N(PAGE), N(PROT_READ | PROT_EXEC));
    program_result(p, 0);
    program_op(p, (struct script_op){.kind = SCRIPT_FETCH, .args = {N(at)}});
    CALL(p, mprotect, N(at), N(PAGE), N(rw | PROT_EXEC));
    program_result(p, 0);
    program_fork(p, 20, &child);
    program_store(p, at + 4, 0xd503201f);
    program_op(p, (struct script_op){.kind = SCRIPT_FETCH, .args = {N(at)}});
    program_wait(p, X(20), STATUS(0));
    CALL(p, mprotect, N(at + PAGE), N(PAGE), N(PROT_READ | PROT_EXEC)); /* never touched before */
    program_result(p, 0);
    program_op(p, (struct script_op){.kind = SCRIPT_FETCH, .args = {N(at + PAGE)}});
    CALL(p, mprotect, N(at + PAGE), N(PAGE), N(PROT_READ));
    program_result(p, 0);
    program_op(p, (struct script_op){.kind = SCRIPT_FETCH, .args = {N(at + PAGE)}});
    program_exit(p, 1);
    program_place(p, &child);
    program_store(p, at + 8, 0xd503201f);
    program_op(p, (struct script_op){.kind = SCRIPT_FETCH, .args = {N(at)}});
    program_exit(p, 0);
}

/* One page more than a flush batch holds, all in one table: the batch is flushed before the table
 * is unlinked. */
void memory_a_full_batch(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label again = {0};
    const uint64_t at = (uint64_t)0x30000000;
    const uint64_t len = (TLB_BATCH_FRAMES + 1) * PAGE;

    CALL(p, mmap, N(at), N(len), N(PROT_READ | PROT_WRITE),
         N(MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED), N(-1), N(0));
    program_result(p, (int64_t)at);
    program_move(p, 20, N(at));
    program_place(p, &again);
    program_op(p, (struct script_op){.kind = SCRIPT_STORE, .args = {X(20), X(20)}});
    program_op(p, (struct script_op){.kind = SCRIPT_MOVE, .to = 20, .args = {X(20), N(PAGE)}});
    program_op(p, (struct script_op){
                      .kind = SCRIPT_JUMP_UNLESS, .to = again.at, .args = {X(20), N(at + len)}});
    CALL(p, munmap, N(at), N(len));
    program_result(p, 0);
    program_exit(p, 0);
}

void memory_heap(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    const uint64_t start = DATA + DATA_PAGES * PAGE;

    CALL(p, brk, N(0));
    program_result(p, (int64_t)start);
    CALL(p, brk, N(start + 5 * PAGE + 1));
    program_op(p, (struct script_op){.kind = SCRIPT_JUMP_IF, .to = 3, .args = {X(0), N(start)}});
    program_result(p, (int64_t)(start + 5 * PAGE + 1));
    program_store(p, start + 5 * PAGE + 8, 9);
    CALL(p, brk, N(start + PAGE));
    program_result(p, (int64_t)(start + PAGE));
    CALL(p, brk, N(start + 6 * PAGE));
    program_op(
        p, (struct script_op){.kind = SCRIPT_JUMP_IF, .to = 3, .args = {X(0), N(start + PAGE)}});
    program_load(p, 20, start + 5 * PAGE + 8); /* zeroed again */
    program_expect(p, X(20), N(0));
    CALL(p, brk, N((uint64_t)1 << 50));
    program_result(p, (int64_t)(start + 6 * PAGE));
    program_exit(p, 0);
}

/* Memory that three generations share: each writes what the next one reads, pages that were there
 * before the fork and pages that come afterwards, and it outlives whoever made it. */
void memory_shared(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};
    struct label grandchild = {0};

    CALL(p, mmap, N(HERE), N(4 * PAGE), N(RW), N(MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED), N(-1),
         N(0));
    program_result(p, (int64_t)HERE);
    program_store(p, HERE, 1);
    program_store(p, DATA + 8, 1);
    program_fork(p, 20, &child);
    program_wait(p, X(20), STATUS(0));
    program_load(p, 21, HERE);
    program_expect(p, X(21), N(2));
    program_load(p, 21, HERE + PAGE);
    program_expect(p, X(21), N(3));
    program_wait(p, N(-1), STATUS(0));
    program_load(p, 21, HERE + 3 * PAGE);
    program_expect(p, X(21), N(4));
    program_load(p, 21, DATA + 8);
    program_expect(p, X(21), N(1));
    program_exit(p, 0);

    program_place(p, &child);
    program_load(p, 21, HERE);
    program_expect(p, X(21), N(1));
    program_store(p, HERE, 2);
    program_store(p, DATA + 8, 2);
    program_fork(p, 20, &grandchild);
    program_yield(p, 3);
    program_store(p, HERE + PAGE, 3);
    CALL(p, munmap, N(HERE + 2 * PAGE), N(PAGE)); /* one's own view only */
    program_result(p, 0);
    CALL(p, mprotect, N(HERE), N(PAGE), N(PROT_READ));
    program_result(p, 0);
    program_exit(p, 0);

    program_place(p, &grandchild);
    program_yield(p, 12);
    program_store(p, HERE + 2 * PAGE, 9);
    program_load(p, 21, HERE + PAGE);
    program_expect(p, X(21), N(3));
    program_store(p, HERE, 2);
    program_store(p, HERE + 3 * PAGE, 4);
    CALL(p, munmap, N(HERE), N(4 * PAGE));
    program_result(p, 0);
    program_exit(p, 0);
}

/* The stack grows down to its limit and not beyond, not even with a mapping in the way. */
void memory_stack(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};
    struct label grandchild = {0};
    const uint64_t top = SPACE_STACK_TOP;
    const uint64_t limit = (uint64_t)1 << 20;

    program_store(p, DATA, limit);
    program_store(p, DATA + 8, limit);
    CALL(p, prlimit64, N(0), N(RLIMIT_STACK), N(DATA), N(0));
    program_result(p, 0);
    program_store(p, top - limit / 2, 1);
    program_fork(p, 20, &child);
    program_wait(p, X(20), SIGSEGV);
    program_fork(p, 20, &grandchild);
    program_wait(p, X(20), SIGSEGV);
    program_exit(p, 0);

    program_place(p, &child);
    program_load(p, 21, top - limit / 2);
    program_expect(p, X(21), N(1));
    program_store(p, top - limit, 2);
    CALL(p, uname, N(top - limit + 8)); /* the kernel writes there too */
    program_result(p, 0);
    program_store(p, top - limit - 8, 3);
    program_exit(p, 1);

    program_place(p, &grandchild);
    CALL(p, mmap, N(top - limit - SPACE_STACK_GUARD + PAGE), N(PAGE), N(RW),
         N(MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED), N(-1), N(0));
    program_result(p, (int64_t)(top - limit - SPACE_STACK_GUARD + PAGE));
    program_store(p, top - limit + 2 * PAGE, 3);
    program_store(p, top - limit + PAGE, 3);
    program_exit(p, 1);
}

/* Pages that a fork shares and pages of one's own move, and are copied by whoever writes. */
void memory_moves(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};
    const uint64_t far = HERE + 5 * TABLE_SPAN - PAGE;
    const uint64_t flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;

    CALL(p, mmap, N(HERE), N(4 * PAGE), N(RW), N(flags), N(-1), N(0));
    program_result(p, (int64_t)HERE);
    program_store(p, HERE, 1);
    program_store(p, HERE + PAGE, 2);
    program_fork(p, 20, &child);
    CALL(p, mremap, N(HERE), N(4 * PAGE), N(6 * PAGE), N(MREMAP_MAYMOVE | MREMAP_FIXED), N(far));
    program_result(p, (int64_t)far);
    program_store(p, far, 3);
    program_yield(p, 3);
    program_wait(p, X(20), SIGSEGV);
    program_load(p, 21, far);
    program_expect(p, X(21), N(3));
    program_load(p, 21, far + PAGE);
    program_expect(p, X(21), N(2));
    CALL(p, mremap, N(far + PAGE), N(PAGE), N(2 * PAGE), N(0), N(0));
    program_expect(p, X(0), N(-ENOMEM));
    CALL(p, mremap, N(far), N(6 * PAGE), N(7 * PAGE), N(0), N(0));
    program_result(p, (int64_t)far);
    CALL(p, mremap, N(far), N(7 * PAGE), N(PAGE), N(0), N(0));
    program_result(p, (int64_t)far);
    CALL(p, mremap, N(far), N(PAGE), N(PAGE), N(MREMAP_MAYMOVE | MREMAP_DONTUNMAP), N(HERE));
    program_result(p, (int64_t)HERE);
    program_load(p, 21, HERE);
    program_expect(p, X(21), N(3));
    program_load(p, 21, far);
    program_expect(p, X(21), N(0));
    program_exit(p, 0);

    program_place(p, &child);
    CALL(p, mremap, N(HERE + PAGE), N(PAGE), N(2 * PAGE), N(MREMAP_MAYMOVE), N(0));
    program_no_memory(p);
    program_move(p, 22, X(0));
    program_op(p, (struct script_op){.kind = SCRIPT_LOAD, .to = 21, .args = {X(22)}});
    program_expect(p, X(21), N(2));
    program_op(p, (struct script_op){.kind = SCRIPT_STORE, .args = {X(22), N(9)}});
    program_load(p, 21, HERE);
    program_expect(p, X(21), N(1));
    program_load(p, 21, HERE + PAGE); /* it has moved away */
    program_exit(p, 1);
}

/* A child forgets pages that it shares with its parent, both ways of sharing. */
void memory_advice(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};

    CALL(p, mmap, N(HERE), N(PAGE), N(RW), N(MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED), N(-1), N(0));
    program_result(p, (int64_t)HERE);
    CALL(p, mmap, N(HERE + PAGE), N(PAGE), N(RW), N(MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED), N(-1),
         N(0));
    program_result(p, (int64_t)(HERE + PAGE));
    program_store(p, HERE, 1);
    program_store(p, HERE + PAGE, 2);
    program_fork(p, 20, &child);
    program_wait(p, X(20), STATUS(0));
    program_load(p, 21, HERE);
    program_expect(p, X(21), N(1));
    program_exit(p, 0);

    program_place(p, &child);
    CALL(p, madvise, N(HERE), N(3 * PAGE), N(MADV_DONTNEED));
    program_expect(p, X(0), N(-ENOMEM)); /* the third page is not mapped */
    program_load(p, 21, HERE);
    program_expect(p, X(21), N(0));
    program_load(p, 21, HERE + PAGE);
    program_expect(p, X(21), N(2));
    program_exit(p, 0);
}

/* Every page of a program's segments is there, on both sides of a border of tables. */
void memory_of_a_long_segment(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];

    program_string(p, DATA, "/p3");
    program_store(p, DATA + 32 + offsetof(struct abi_spawn, path), DATA);
    CALL(p, spawn, N(DATA + 32));
    program_no_memory(p);
    program_move(p, 20, X(0));
    program_wait(p, X(20), STATUS(33));
    program_exit(p, 0);

    p = &programs[3];
    program_load(p, 20, LONG_START);
    program_expect(p, X(20), N(1));
    program_load(p, 20, LONG_BORDER);
    program_expect(p, X(20), N(1 + LONG_WORDS / 2));
    program_load(p, 20, LONG_BORDER + LONG_WORDS / 2 * 8);
    program_expect(p, X(20), N(0));
    program_load(p, 20, LONG_END - 8);
    program_expect(p, X(20), N(0));
    for (uint64_t at = LONG_BORDER - 8; at < LONG_END; at += PAGE) {
        program_store(p, at, at);
        program_load(p, 20, at);
        program_expect(p, X(20), N(at));
    }
    program_exit(p, 33);
}

/* /pages at HERE, private, and its second page at HERE + 4 * PAGE, shared. */
static void map_file(struct program *p)
{
    CALL(p, openat, N(AT_FDCWD), N(DATA), N(O_RDONLY), N(0));
    program_result(p, 3);
    CALL(p, mmap, N(HERE), N(3 * PAGE), N(RW), N(MAP_PRIVATE | MAP_FIXED), N(3), N(0));
    program_result(p, (int64_t)HERE);
    CALL(p, mmap, N(0), N(PAGE), N(RW), N(MAP_SHARED), N(3), N(0));
    program_result(p, -EACCES);
    CALL(p, mmap, N(HERE + 4 * PAGE), N(2 * PAGE), N(PROT_READ), N(MAP_SHARED | MAP_FIXED), N(3),
         N(PAGE));
    program_result(p, (int64_t)(HERE + 4 * PAGE));
    CALL(p, close, N(3));
    program_result(p, 0);
}

static void expect_word(struct program *p, uint64_t va, uint64_t word)
{
    program_load(p, 21, va);
    program_expect(p, X(21), N(word));
}

/* Its bytes are there, writes are one's own, and behind its last page there is nothing. */
void memory_of_a_file(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};
    struct label writer = {0};

    program_string(p, DATA, "/pages");
    map_file(p);
    program_store(p, HERE + PAGE, 9);
    expect_word(p, HERE + 4 * PAGE, PAGE / 8 + 1);
    program_fork(p, 20, &child);
    program_wait(p, X(20), SIGBUS);
    program_fork(p, 20, &writer);
    program_wait(p, X(20), SIGSEGV);
    expect_word(p, HERE, 1);
    expect_word(p, HERE + PAGE, 9);
    CALL(p, uname, N(HERE + 2 * PAGE)); /* the kernel gets no further either */
    program_result(p, -EFAULT);
    CALL(p, munmap, N(HERE + PAGE), N(4 * PAGE));
    program_result(p, 0);
    expect_word(p, HERE + PAGE - 8, PAGE / 8);
    program_exit(p, 0);

    program_place(p, &child);
    expect_word(p, HERE, 1);
    expect_word(p, HERE + PAGE, 9);
    expect_word(p, HERE + PAGE + 8, PAGE / 8 + 2);
    expect_word(p, HERE + PAGE + 64, 0); /* the rest of the last page */
    program_store(p, HERE, 8);
    CALL(p, madvise, N(HERE), N(2 * PAGE), N(MADV_DONTNEED));
    program_result(p, 0);
    expect_word(p, HERE, 1);
    expect_word(p, HERE + PAGE, PAGE / 8 + 1);
    program_load(p, 21, HERE + 5 * PAGE);
    program_exit(p, 1);

    program_place(p, &writer);
    CALL(p, mprotect, N(HERE + 4 * PAGE), N(PAGE), N(RW));
    program_result(p, -EACCES);
    expect_word(p, HERE + 4 * PAGE, PAGE / 8 + 1);
    program_store(p, HERE + 4 * PAGE, 7);
    program_exit(p, 1);
}

static void set_limit(struct program *p, unsigned resource, uint64_t bytes)
{
    program_store(p, DATA, bytes);
    program_store(p, DATA + 8, RLIM_INFINITY);
    CALL(p, prlimit64, N(0), N(resource), N(DATA), N(0));
    program_result(p, 0);
}

/* What RLIMIT_DATA counts: what is private and may be written. */
static void exceed_data(struct program *p)
{
    const uint64_t fixed = MAP_ANONYMOUS | MAP_FIXED;
    const uint64_t heap = DATA + DATA_PAGES * PAGE;

    set_limit(p, RLIMIT_DATA, (DATA_PAGES + 2) * PAGE);
    CALL(p, mmap, N(HERE), N(3 * PAGE), N(RW), N(MAP_PRIVATE | fixed), N(-1), N(0));
    program_result(p, -ENOMEM);
    CALL(p, mmap, N(HERE), N(3 * PAGE), N(PROT_READ), N(MAP_PRIVATE | fixed), N(-1), N(0));
    program_result(p, (int64_t)HERE);
    CALL(p, mmap, N(HERE + 4 * PAGE), N(3 * PAGE), N(RW), N(MAP_SHARED | fixed), N(-1), N(0));
    program_result(p, (int64_t)(HERE + 4 * PAGE));
    CALL(p, mprotect, N(HERE), N(3 * PAGE), N(RW));
    program_result(p, -ENOMEM);
    CALL(p, mprotect, N(HERE), N(2 * PAGE), N(RW));
    program_result(p, 0);
    program_store(p, HERE + PAGE, 1);
    CALL(p, mremap, N(HERE), N(2 * PAGE), N(3 * PAGE), N(MREMAP_MAYMOVE), N(0));
    program_result(p, -ENOMEM);
    CALL(p, brk, N(heap + PAGE));
    program_result(p, (int64_t)heap);
    set_limit(p, RLIMIT_DATA, RLIM_INFINITY);
}

/* A child has its parent's limits: of all memory, which the stack counts to, and of the stack. */
void memory_limits(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};
    struct label stack = {0};
    const uint64_t flags = MAP_PRIVATE | MAP_ANONYMOUS;
    const uint64_t limit = (uint64_t)1 << 20;

    exceed_data(p);
    set_limit(p, RLIMIT_AS, limit);
    program_fork(p, 20, &child);
    program_wait(p, X(20), SIGSEGV);
    set_limit(p, RLIMIT_AS, RLIM_INFINITY);
    set_limit(p, RLIMIT_STACK, limit / 2);
    program_fork(p, 20, &stack);
    program_wait(p, X(20), SIGSEGV);
    program_exit(p, 0);

    program_place(p, &child);
    CALL(p, mmap, N(0), N(limit), N(PROT_NONE), N(flags), N(-1), N(0));
    program_result(p, -ENOMEM);
    CALL(p, mmap, N(HERE), N(3 * PAGE), N(RW), N(flags | MAP_FIXED), N(-1), N(0));
    program_result(p, (int64_t)HERE); /* in place of what is there */
    CALL(p, mremap, N(HERE), N(PAGE), N(limit), N(MREMAP_MAYMOVE), N(0));
    program_result(p, -ENOMEM);
    CALL(p, brk, N(DATA + limit));
    program_result(p, (int64_t)(DATA + DATA_PAGES * PAGE));
    program_store(p, SPACE_STACK_TOP - limit / 2, 1);
    program_store(p, SPACE_STACK_TOP - limit, 1); /* the stack alone has all of it */
    program_exit(p, 1);

    program_place(p, &stack);
    program_store(p, SPACE_STACK_TOP - limit / 2, 1);
    program_store(p, SPACE_STACK_TOP - limit / 2 - 8, 1);
    program_exit(p, 1);
}

/* A child has the rights to each page that its parent has, whether it was touched or not. */
void memory_rights(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label children[4] = {0};
    struct label reader = {0};

    CALL(p, mmap, N(HERE), N(4 * PAGE), N(RW), N(MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED), N(-1),
         N(0));
    program_result(p, (int64_t)HERE);
    program_store(p, HERE, 1);
    program_store(p, HERE + 2 * PAGE, 3);
    CALL(p, mprotect, N(HERE), N(2 * PAGE), N(PROT_NONE));
    program_result(p, 0);
    CALL(p, mprotect, N(HERE + 2 * PAGE), N(2 * PAGE), N(PROT_READ));
    program_result(p, 0);
    for (unsigned i = 0; i < 4; i++) {
        program_fork(p, 20, &children[i]);
        program_wait(p, X(20), SIGSEGV);
    }
    /* What nobody may access for now is the child's own too. */
    program_fork(p, 20, &reader);
    CALL(p, mprotect, N(HERE), N(PAGE), N(RW));
    program_result(p, 0);
    program_store(p, HERE, 2);
    program_yield(p, 3);
    program_wait(p, X(20), STATUS(0));
    program_exit(p, 0);

    for (unsigned i = 0; i < 4; i++) {
        program_place(p, &children[i]);
        program_store(p, HERE + i * PAGE, 5);
        program_exit(p, 1);
    }
    program_place(p, &reader);
    program_yield(p, 3);
    CALL(p, mprotect, N(HERE), N(PAGE), N(PROT_READ));
    program_result(p, 0);
    expect_word(p, HERE, 1);
    expect_word(p, HERE + 2 * PAGE, 3);
    program_exit(p, 0);
}
