/*
 * The life of a process, told by one that checks each line before it prints it: fork gives two
 * equal and then independent memories, wait gives what the child gave to exit, and spawn works
 * where a fork has failed for lack of memory. The first thing that does not hold ends it, with
 * status 1.
 */
#include "lib/print.h"
#include "lib/start.h"
#include "lib/str.h"
#include "lib/sys.h"
#include "lib/wait.h"

enum {
    PAGE = 4096,
    TABLE_SPAN = 512 * PAGE, /* what one last-level translation table maps */
    AREA_PAGES = 5,
    STACK_PAGES = 4,
    SPARSE_PAGES = 512, /* each with a table of its own: so many must a fork copy */
    SPARE_PAGES = 64,   /* enough for a spawn, and fewer than those tables */
    NAP_NS = 50 * 1000 * 1000,
    CHILD_STATUS = 42,
};

static const uint64_t DENSE_BYTES = 16ull << 30;

static const char *who = "[parent]";

static void check(bool holds, const char *what)
{
    if (holds)
        return;
    print("%s FAILED: %s\n", who, what);
    sys_leave(1);
}

/* ---- memory of every kind, and what it must hold ---- */

static uint64_t data_area[AREA_PAGES * PAGE / sizeof(uint64_t)] = {1};
static uint64_t zero_area[AREA_PAGES * PAGE / sizeof(uint64_t)];

struct areas {
    uint64_t *at[4];
    uint64_t words[4];
};

static uint64_t *map(uint64_t bytes)
{
    long got = sys_mmap(0, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return got < 0 && got > -PAGE ? NULL : (uint64_t *)got;
}

static void areas_fill(const struct areas *areas, uint64_t seed)
{
    for (unsigned i = 0; i < 4; i++)
        for (uint64_t word = 0; word < areas->words[i]; word++)
            areas->at[i][word] = seed * 1000003 + i * 65537 + word;
}

static bool areas_hold(const struct areas *areas, uint64_t seed)
{
    for (unsigned i = 0; i < 4; i++)
        for (uint64_t word = 0; word < areas->words[i]; word++)
            if (areas->at[i][word] != seed * 1000003 + i * 65537 + word)
                return false;
    return true;
}

/* ---- time and children ---- */

static int64_t now_ns(void)
{
    struct abi_timespec time = {0, 0};

    check(sys_clock_gettime(CLOCK_MONOTONIC, &time) == 0, "the clock can be read");
    return time.tv_sec * 1000000000 + time.tv_nsec;
}

static void nap(void)
{
    struct abi_timespec time = {0, NAP_NS};

    check(sys_nanosleep(&time, NULL) == 0, "nanosleep sleeps");
}

static void check_no_children(void)
{
    int status;

    check(sys_wait4(-1, &status, 0, 0) == -ECHILD, "without children wait4 gives ECHILD");
    check(sys_wait4(-1, &status, WNOHANG, 0) == -ECHILD, "so it does with WNOHANG");
}

/* Waits for pid, and checks that it exited with that status. Returns the status. */
static int check_exit(int pid, int expected, const char *what)
{
    int status = -1;

    check(sys_wait4(pid, &status, 0, NULL) == pid, "wait4 gives the PID of the child that ended");
    check(wait_signal(status) == 0, "the child was not ended by a signal");
    check(wait_exit_status(status) == expected, what);
    return wait_exit_status(status);
}

/* ---- fork ---- */

static _Noreturn void child_of_fork(const struct areas *areas, int parent)
{
    who = "[child]";
    check(sys_getppid() == parent, "the child's parent is the process that forked");
    check(sys_getpid() != parent, "the child has a PID of its own");
    check(areas_hold(areas, 1), "at fork the child's memory equals the parent's");
    areas_fill(areas, 2);
    nap(); /* the parent writes its own memory, and blocks in wait4 */
    check(areas_hold(areas, 2), "what the parent writes after fork does not reach the child");
    check_no_children();
    print("[child] I'm the child! PID=%d\n", (int)sys_getpid());
    sys_leave(0);
}

static void tell_fork(const struct areas *areas)
{
    int parent = (int)sys_getpid();
    int status = -1;

    areas_fill(areas, 1);
    int64_t started = now_ns();
    int child = sys_fork();
    if (child == 0)
        child_of_fork(areas, parent);
    check(child > 0 && child != parent, "fork gives the parent the child's PID");
    check(sys_getpid() == parent, "the parent keeps its PID");
    print("[parent] fork() returned child PID=%d\n", child);

    areas_fill(areas, 3);
    check(sys_wait4(child, &status, WNOHANG, 0) == 0, "WNOHANG gives 0 while the child lives");
    check(sys_wait4(-1, &status, WNOHANG, 0) == 0, "so it does for any child");
    int exited = check_exit(child, 0, "the status is the one that the child gave to exit");
    check(now_ns() - started >= NAP_NS, "wait4 blocked until the child ended, and was woken");
    check(areas_hold(areas, 3), "what the child wrote after fork does not reach the parent");
    check(sys_wait4(child, &status, 0, 0) == -ECHILD, "a child can be waited for once");
    print("[parent] Child exited with status=%d\n", exited);
}

/* Not told, but true: another status, the child's own idea of its PID, and the end by a signal. */
static void check_ends(void)
{
    int status = -1;

    int child = sys_fork();
    if (child == 0)
        sys_leave(CHILD_STATUS);
    check_exit(child, CHILD_STATUS, "the status is the one that the child gave to exit");

    child = sys_fork();
    if (child == 0)
        sys_leave((int)(sys_getpid() & 0xff));
    check_exit(child, child & 0xff, "getpid in the child is what fork gave to the parent");

    child = sys_fork();
    if (child == 0)
        for (;;)
            nap();
    check(sys_wait4(child, &status, WNOHANG, 0) == 0, "WNOHANG gives 0 while the child lives");
    check(sys_kill(child, SIGKILL) == 0, "a parent can kill its child");
    check(sys_wait4(child, &status, 0, 0) == child, "a killed child can be waited for");
    check(wait_signal(status) == SIGKILL, "its status names the signal");
}

/* ---- spawn, with hardly any memory left ---- */

/* Memory taken until there was none. Each page holds a clock reading and its own address. */
struct hoard {
    char *spare;  /* SPARE_PAGES, to give back first */
    char *sparse; /* SPARSE_PAGES, one in each TABLE_SPAN */
    char *dense;  /* the rest */
    uint64_t dense_pages;
};

/* The call writes to a fresh page; a page that cannot be had is an error and not a signal. */
static bool take_page(char *page)
{
    long result = sys_clock_gettime(CLOCK_MONOTONIC, (struct abi_timespec *)page);

    if (result == 0)
        ((uint64_t *)page)[2] = (uint64_t)page;
    else
        check(result == -ENOMEM, "a call that finds no memory for its result gives ENOMEM");
    return result == 0;
}

static void hoard_take_all(struct hoard *hoard)
{
    uint64_t taken = 0;

    /* The spare comes last: at the edge of what is mapped it can be unmapped without memory. */
    hoard->sparse = (char *)map((uint64_t)SPARSE_PAGES * TABLE_SPAN);
    hoard->dense = (char *)map(DENSE_BYTES);
    hoard->spare = (char *)map((uint64_t)SPARE_PAGES * PAGE);
    check(hoard->sparse && hoard->dense && hoard->spare, "addresses can be had without memory");
    while (taken < SPARE_PAGES && take_page(hoard->spare + taken * PAGE))
        taken++;
    while (taken < SPARE_PAGES + SPARSE_PAGES &&
           take_page(hoard->sparse + (taken - SPARE_PAGES) * TABLE_SPAN))
        taken++;
    check(taken == SPARE_PAGES + SPARSE_PAGES, "there is memory enough for this story (8 MiB)");
    hoard->dense_pages = 0;
    while (hoard->dense_pages < DENSE_BYTES / PAGE &&
           take_page(hoard->dense + hoard->dense_pages * PAGE))
        hoard->dense_pages++;
    /* With det=1 a time slice is a number of calls. How many calls this took depends on the
     * machine; what follows shall not. */
    sys_sched_yield();
}

/* Whether the pages of the hoard but the spare ones hold what was written to them. */
static bool hoard_is_intact(const struct hoard *hoard)
{
    for (uint64_t i = 0; i < SPARSE_PAGES; i++) {
        char *page = hoard->sparse + i * TABLE_SPAN;
        if (((uint64_t *)page)[2] != (uint64_t)page)
            return false;
    }
    for (uint64_t i = 0; i < hoard->dense_pages; i++) {
        char *page = hoard->dense + i * PAGE;
        if (((uint64_t *)page)[2] != (uint64_t)page)
            return false;
    }
    return true;
}

static void check_fork_fails(const char *what)
{
    int child = sys_fork();

    if (child == 0)
        sys_leave(0);
    check(child == -ENOMEM || child == -EAGAIN, what);
}

static void hoard_give_spare(const struct hoard *hoard)
{
    check(sys_munmap((uint64_t)hoard->spare, (uint64_t)SPARE_PAGES * PAGE) == 0,
          "memory can be given back when there is none");
}

static void hoard_give_all(const struct hoard *hoard)
{
    check(sys_munmap((uint64_t)hoard->dense, DENSE_BYTES) == 0 &&
              sys_munmap((uint64_t)hoard->sparse, (uint64_t)SPARSE_PAGES * TABLE_SPAN) == 0,
          "memory can be given back");
}

static void tell_spawn(const struct areas *areas)
{
    static char path[] = "/bin/hello";
    char *argv[] = {path, NULL};
    struct abi_spawn request = {.path = (uint64_t)path, .argv = (uint64_t)argv};
    struct hoard hoard;

    long answer = sys_spawn(NULL);
    check(answer != -ENOSYS, "this kernel has spawn (it is Eft's own call)");
    check(answer == -EFAULT, "spawn without a request gives EFAULT");

    areas_fill(areas, 4);
    hoard_take_all(&hoard);
    check_fork_fails("fork without memory gives ENOMEM or EAGAIN");
    hoard_give_spare(&hoard);
    check_fork_fails("fork with less memory than its tables need fails too");
    check_no_children();
    check(areas_hold(areas, 4) && hoard_is_intact(&hoard), "a failed fork changes no memory");

    int child = (int)sys_spawn(&request);
    check(child > 0, "spawn works with too little memory for a fork");
    check_exit(child, 0, "the spawned program ends well");
    check(areas_hold(areas, 4) && hoard_is_intact(&hoard), "a spawn changes no memory");
    check_fork_fails("after it, fork still fails");
    hoard_give_all(&hoard);

    child = sys_fork();
    if (child == 0)
        sys_leave(areas_hold(areas, 4) ? 0 : 1);
    check_exit(child, 0, "fork works again when memory is there again");
}

int main(int argc, char **argv, char **envp)
{
    uint64_t stack_area[STACK_PAGES * PAGE / sizeof(uint64_t)];
    struct areas areas = {
        .at = {data_area, zero_area, stack_area, map(AREA_PAGES * PAGE)},
        .words = {sizeof(data_area) / 8, sizeof(zero_area) / 8, sizeof(stack_area) / 8,
                  AREA_PAGES * PAGE / 8},
    };

    (void)argc, (void)argv, (void)envp;
    check(areas.at[3] != NULL, "memory can be mapped");
    check_no_children();
    print("--- Fork Test ---\n");
    tell_fork(&areas);
    check_ends();
    print("--- Spawn Test ---\n");
    tell_spawn(&areas);
    check_no_children();
    print("=== Init complete ===\n");
    return 0;
}
