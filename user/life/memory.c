/* mmap(2), mprotect(2), mremap(2), madvise(2) and brk(2), and what faults are sent for. */
#include "life.h"

enum {
    PRIVATE = MAP_PRIVATE | MAP_ANONYMOUS,
    SHARED = MAP_SHARED | MAP_ANONYMOUS,
    ACCESS = PROT_READ | PROT_WRITE,
};

static int reads(uint64_t address)
{
    return *(volatile char *)address;
}

static int writes(uint64_t address)
{
    *(volatile char *)address = 7;
    return 7;
}

static int calls(uint64_t address)
{
    ((void (*)(void))address)();
    return 7;
}

static int writes_words(uint64_t words)
{
    for (unsigned i = 0; i < 3; i++)
        ((volatile int *)words)[i * 1024] = (int)i + 1;
    return 0;
}

static bool is_zero(const char *bytes, uint64_t len)
{
    for (uint64_t i = 0; i < len; i++)
        if (bytes[i])
            return false;
    return true;
}

static void check_map(void)
{
    char *pages = map_private(3 * PAGE);

    check(is_zero(pages, 3 * PAGE), "mmap: memory is zero at first");
    memset(pages, 'a', 3 * PAGE);
    check_is(sys_munmap(ADDR(pages) + PAGE, PAGE), 0, "munmap: of the middle page");
    check_is(run_fork(reads, ADDR(pages) + PAGE), signalled(SIGSEGV), "munmap: it is gone");
    check(pages[0] == 'a' && pages[2 * PAGE] == 'a', "munmap: and its neighbours are there");
    check_is(sys_mmap(ADDR(pages) + PAGE, PAGE, ACCESS, PRIVATE | MAP_FIXED_NOREPLACE, -1, 0),
             (long)pages + PAGE, "mmap: MAP_FIXED_NOREPLACE takes a hole");
    check_is(sys_mmap(ADDR(pages), PAGE, ACCESS, PRIVATE | MAP_FIXED_NOREPLACE, -1, 0), -EEXIST,
             "mmap: and gives EEXIST where something is");
    check_is(pages[0], 'a', "mmap: which stays");
    check_is(sys_mmap(ADDR(pages), PAGE, ACCESS, PRIVATE | MAP_FIXED, -1, 0), (long)pages,
             "mmap: MAP_FIXED takes its place");
    check_is(pages[0], 0, "mmap: and it is new");
    check_is(sys_munmap(ADDR(pages), 3 * PAGE), 0, "munmap: of all");
    check_is(sys_munmap(ADDR(pages), 3 * PAGE), 0, "munmap: of nothing is no error");
}

static void check_map_errors(void)
{
    check_is(sys_mmap(0, 0, ACCESS, PRIVATE, -1, 0), -EINVAL, "mmap: of nothing gives EINVAL");
    check_is(sys_mmap(0, PAGE, ACCESS, MAP_ANONYMOUS, -1, 0), -EINVAL,
             "mmap: neither private nor shared gives EINVAL");
    check_is(sys_mmap(1, PAGE, ACCESS, PRIVATE | MAP_FIXED, -1, 0), -EINVAL,
             "mmap: a fixed address inside a page gives EINVAL");
    check_is(sys_mmap(0, 1ull << 60, ACCESS, PRIVATE, -1, 0), -ENOMEM,
             "mmap: more than there is gives ENOMEM");
    check_is(sys_mmap(0, PAGE, PROT_READ, MAP_PRIVATE, 77, 0), -EBADF,
             "mmap: of a closed descriptor gives EBADF");
    check_is(sys_munmap(1, PAGE), -EINVAL, "munmap: inside a page gives EINVAL");
    check_is(sys_munmap(PAGE, 0), -EINVAL, "munmap: of no length gives EINVAL");
}

static void check_shared(void)
{
    volatile int *shared = map_shared(3 * PAGE), *private = map_private(3 * PAGE);

    shared[0] = private[0] = 9;
    run_fork(writes_words, ADDR(shared));
    run_fork(writes_words, ADDR(private));
    check_is(shared[0], 1, "shared: what a child writes reaches the parent");
    check_is(shared[2048], 3, "shared: also where nobody had written");
    check_is(private[0] * 10 + private[2048], 90, "shared: which private memory does not");
    check_is(sys_madvise(ADDR(shared), PAGE, MADV_DONTNEED), 0, "shared: DONTNEED");
    check_is(shared[0], 1, "shared: does not lose it");
    sys_munmap(ADDR(shared), 3 * PAGE);
    sys_munmap(ADDR(private), 3 * PAGE);
}

static void check_protect(void)
{
    char *pages = map_private(2 * PAGE);

    pages[0] = 5;
    check_is(sys_mprotect(ADDR(pages), PAGE, PROT_READ), 0, "mprotect: to read only");
    check_is(run_fork(reads, ADDR(pages)), exited(5), "mprotect: reading goes on");
    check_is(run_fork(writes, ADDR(pages)), signalled(SIGSEGV), "mprotect: writing is SIGSEGV");
    check_is(run_fork(writes, ADDR(pages) + PAGE), exited(7), "mprotect: not on the next page");
    check_is(run_fork(calls, ADDR(pages)), signalled(SIGSEGV), "mprotect: running is SIGSEGV");
    check_is(sys_mprotect(ADDR(pages), PAGE, PROT_NONE), 0, "mprotect: to nothing");
    check_is(run_fork(reads, ADDR(pages)), signalled(SIGSEGV), "mprotect: reading is SIGSEGV");
    check_is(sys_mprotect(ADDR(pages), PAGE, ACCESS), 0, "mprotect: and back");
    check_is(pages[0], 5, "mprotect: what was there still is");
    check_is(sys_mprotect(ADDR(pages) + 1, PAGE, ACCESS), -EINVAL,
             "mprotect: inside a page gives EINVAL");
    check_is(sys_mprotect(ADDR(pages), PAGE, 0x100), -EINVAL,
             "mprotect: an unknown right gives EINVAL");
    sys_munmap(ADDR(pages) + PAGE, PAGE);
    check_is(sys_mprotect(ADDR(pages), 2 * PAGE, ACCESS), -ENOMEM,
             "mprotect: where nothing is gives ENOMEM");
    sys_munmap(ADDR(pages), PAGE);
}

static void check_remap(void)
{
    char *pages = map_private(4 * PAGE);

    for (unsigned i = 0; i < 4; i++)
        pages[i * PAGE] = (char)('a' + i);
    check_is(sys_mremap(ADDR(pages), 4 * PAGE, 2 * PAGE, 0, 0), (long)pages, "mremap: shrinks");
    check_is(run_fork(reads, ADDR(pages) + 2 * PAGE), signalled(SIGSEGV),
             "mremap: what was behind is gone");
    check_is(sys_mremap(ADDR(pages), 2 * PAGE, 3 * PAGE, 0, 0), (long)pages, "mremap: grows");
    check_is(pages[PAGE] * 256 + pages[2 * PAGE], 'b' * 256, "mremap: with zeros");
    sys_mmap(ADDR(pages) + 3 * PAGE, PAGE, PROT_READ, SHARED | MAP_FIXED, -1, 0);
    check_is(sys_mremap(ADDR(pages), 3 * PAGE, 4 * PAGE, 0, 0), -ENOMEM,
             "mremap: where there is no room it gives ENOMEM");
    char *moved = (char *)sys_mremap(ADDR(pages), 3 * PAGE, 64 * PAGE, MREMAP_MAYMOVE, 0);
    check(!is_error((long)moved) && moved != pages, "mremap: unless it may move");
    if (is_error((long)moved))
        return;
    check_is(moved[0] * 256 + moved[PAGE], 'a' * 256 + 'b', "mremap: with what was there");
    check_is(run_fork(reads, ADDR(pages)), signalled(SIGSEGV), "mremap: from where it is gone");
    char *place = map_private(2 * PAGE);
    place[0] = 'z';
    check_is(
        sys_mremap(ADDR(moved), 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, ADDR(place)),
        (long)place, "mremap: to a place that is named");
    check_is(place[0], 'a', "mremap: whatever was there");
    check_is(sys_mremap(ADDR(place), PAGE, 0, MREMAP_MAYMOVE, 0), -EINVAL,
             "mremap: to nothing gives EINVAL");
    check_is(sys_mremap(ADDR(place), PAGE, PAGE, 64, 0), -EINVAL,
             "mremap: an unknown flag gives EINVAL");
    check_is(sys_mremap(ADDR(place) + 1, PAGE, PAGE, 0, 0), -EINVAL,
             "mremap: inside a page gives EINVAL");
    check_is(sys_mremap(ADDR(pages), PAGE, 2 * PAGE, MREMAP_MAYMOVE, 0), -EFAULT,
             "mremap: of nothing gives EFAULT");
    sys_munmap(ADDR(place), 2 * PAGE);
    sys_munmap(ADDR(moved), 64 * PAGE);
    sys_munmap(ADDR(pages), 4 * PAGE);
}

static void check_advice(void)
{
    char *pages = map_private(3 * PAGE);

    memset(pages, 'a', 3 * PAGE);
    check_is(sys_madvise(ADDR(pages) + PAGE, PAGE, MADV_DONTNEED), 0, "madvise: DONTNEED");
    check(pages[0] == 'a' && is_zero(pages + PAGE, PAGE) && pages[2 * PAGE] == 'a',
          "madvise: makes that page zero, and no other");
    check_is(sys_madvise(ADDR(pages), PAGE, MADV_WILLNEED), 0, "madvise: WILLNEED changes nothing");
    check_is(sys_madvise(ADDR(pages), PAGE, 9999), -EINVAL, "madvise: unknown advice gives EINVAL");
    check_is(sys_madvise(ADDR(pages) + 1, PAGE, MADV_DONTNEED), -EINVAL,
             "madvise: inside a page gives EINVAL");
    sys_munmap(ADDR(pages) + PAGE, PAGE);
    check_is(sys_madvise(ADDR(pages), 3 * PAGE, MADV_DONTNEED), -ENOMEM,
             "madvise: across a hole gives ENOMEM");
    check(pages[0] == 0 && pages[2 * PAGE] == 0, "madvise: after it has done the rest");
    sys_munmap(ADDR(pages), 3 * PAGE);
}

static void check_heap(void)
{
    uint64_t end = (uint64_t)sys_brk(0);

    check_is(sys_brk(end + 2 * PAGE), (long)end + 2 * PAGE, "brk: grows");
    *(volatile char *)(end + PAGE) = 'a';
    check_is(sys_brk(end), (long)end, "brk: shrinks");
    sys_brk(end + 2 * PAGE);
    check_is(*(volatile char *)(end + PAGE), 0, "brk: what comes again is zero");
    check_is(sys_brk(1), (long)end + 2 * PAGE, "brk: below its start changes nothing");
    sys_brk(end);
}

/* A mapping of this program's own file. */
void check_file(void)
{
    int fd = (int)sys_openat(AT_FDCWD, self, O_RDONLY, 0);
    uint64_t size = (uint64_t)sys_lseek(fd, 0, SEEK_END);
    uint64_t pages = (size + PAGE - 1) / PAGE * PAGE;
    char *map = (char *)sys_mmap(0, pages + PAGE, ACCESS, MAP_PRIVATE, fd, 0);
    char byte = 0;

    if (is_error((long)map)) {
        check(false, "file: can be mapped");
        sys_close(fd);
        return;
    }
    check(memcmp(map, "\177ELF", 4) == 0, "file: can be mapped");
    sys_pread64(fd, &byte, 1, (long)size - 1);
    check_is(map[size - 1], byte, "file: to its last byte");
    check(is_zero(map + size, pages - size), "file: behind which the page is zero");
    check_is(run_fork(reads, ADDR(map) + pages), signalled(SIGBUS),
             "file: pages behind its end are SIGBUS");
    map[1] = 'x';
    sys_pread64(fd, &byte, 1, 1);
    check_is(byte, 'E', "file: what is written is private");
    sys_munmap(ADDR(map), pages + PAGE);
    map = (char *)sys_mmap(0, PAGE, PROT_READ, MAP_SHARED, fd, 0);
    check(!is_error((long)map) && map[1] == 'E', "file: can be shared to read");
    check_is(sys_mmap(0, PAGE, ACCESS, MAP_SHARED, fd, 0), -EACCES,
             "file: not to write, if it was not opened for that");
    sys_close(fd);
    check_is(map[2], 'L', "file: stays mapped when it is closed");
    sys_munmap(ADDR(map), PAGE);
}

void check_memory(void)
{
    check_map();
    check_map_errors();
    check_shared();
    check_protect();
    check_remap();
    check_advice();
    check_heap();
}

void check_fault(void)
{
    check_is(run_fork(reads, BAD_ADDRESS), signalled(SIGSEGV), "fault: reading where nothing is");
    check_is(run_fork(writes, BAD_ADDRESS), signalled(SIGSEGV), "fault: writing there");
    check_is(run_fork(calls, BAD_ADDRESS), signalled(SIGSEGV), "fault: running there");
    check_is(run_fork(reads, 0xffff000000000000), signalled(SIGSEGV),
             "fault: reading the kernel's half");
    check_is(run_fork(writes, ADDR(check_fault)), signalled(SIGSEGV),
             "fault: writing the program's code");
}
