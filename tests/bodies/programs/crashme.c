/*
 * Executes random instructions, each time in a child of its own, and goes on behind what faults.
 * What comes of the children is nobody's business, but that each ends, and that the kernel is still
 * there.
 *
 *     crashme SEED CHILDREN
 *
 * lines.h: a mask and a value for each line of the interpreter's table.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static const struct {
    uint32_t mask, value;
} lines[] = {
#include "lines.h"
};

enum {
    PAGE = 4096,
    CODE_PAGES = 2,
    DATA_PAGES = 4,
    FAULTS_MAX = 2000,
    LIFE_MS = 20,
    PATIENCE_MS = 200,
};

static uint64_t state;
static uint32_t *code;
static uint8_t *data;
static volatile sig_atomic_t faults;

static uint64_t next(void)
{
    state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = (state ^ state >> 30) * UINT64_C(0xbf58476d1ce4e5b9);

    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint32_t word(void)
{
    uint64_t random = next();
    unsigned n = (unsigned)(next() % (sizeof(lines) / sizeof(lines[0])));

    return random >> 60 == 0 ? (uint32_t)random
                             : ((uint32_t)random & ~lines[n].mask) | lines[n].value;
}

static uint64_t number(void)
{
    uint64_t random = next();

    switch (random >> 61) {
    case 0:
        return random % 64;
    case 1:
        return next();
    case 2:
        return (uint64_t)code + random % (CODE_PAGES * PAGE);
    default:
        return (uint64_t)data + random % (DATA_PAGES * PAGE);
    }
}

/* Goes on behind the instruction, or somewhere if there was none, with some registers anew. */
static void go_on(int signal, siginfo_t *info, void *at)
{
    ucontext_t *context = at;
    uint64_t pc = context->uc_mcontext.pc + 4;

    (void)signal;
    (void)info;
    if (++faults > FAULTS_MAX) {
        _exit(0);
    }
    if (pc < (uint64_t)code || pc >= (uint64_t)code + CODE_PAGES * PAGE) {
        pc = (uint64_t)code + next() % (CODE_PAGES * PAGE / 4) * 4;
    }
    context->uc_mcontext.pc = pc;
    for (unsigned i = 0; i < 31; i++) {
        if (next() % 4 == 0) {
            context->uc_mcontext.regs[i] = number();
        }
    }
    context->uc_mcontext.sp = (uint64_t)data + next() % (DATA_PAGES * PAGE) / 16 * 16;
}

static _Noreturn void child(void)
{
    static uint8_t stack[64 * 1024];
    static const int caught[] = {SIGSEGV, SIGILL, SIGBUS, SIGTRAP, SIGFPE};
    const stack_t own = {.ss_sp = stack, .ss_size = sizeof(stack)};
    const struct itimerval life = {{0, 0}, {0, LIFE_MS * 1000}};
    struct sigaction action = {.sa_sigaction = go_on,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};

    for (unsigned i = 0; i < CODE_PAGES * PAGE / 4; i++) {
        code[i] = word();
    }
    for (unsigned i = 0; i < DATA_PAGES * PAGE / 8; i++) {
        ((uint64_t *)data)[i] = number();
    }
    __builtin___clear_cache((char *)code, (char *)code + CODE_PAGES * PAGE);
    mprotect(data + PAGE, PAGE, PROT_READ);
    mprotect(data + (size_t)2 * PAGE, PAGE, PROT_NONE);
    sigaltstack(&own, NULL);
    for (unsigned i = 0; i < sizeof(caught) / sizeof(caught[0]); i++) {
        sigaction(caught[i], &action, NULL);
    }
    setpgid(0, 0); /* what it kills is itself */
    close(0);
    close(1);
    close(2);
    setitimer(ITIMER_REAL, &life, NULL);
    raise(SIGILL);
    ((void (*)(void))code)();
    _exit(0);
}

static void run(uint64_t seed, unsigned ends[3])
{
    const struct timespec patience = {0, PATIENCE_MS * 1000000};
    sigset_t chld;
    int status;

    state = seed;
    pid_t pid = fork();
    if (pid == 0) {
        child();
    }
    if (pid < 0) {
        perror("fork");
        exit(1);
    }
    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    sigtimedwait(&chld, NULL, &patience);
    kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) != pid) {
    }
    ends[WIFEXITED(status) ? 0 : WTERMSIG(status) == SIGKILL ? 1 : 2]++;
    kill(-pid, SIGKILL); /* what it has left behind */
    while (waitpid(-1, &status, WNOHANG) > 0) {
    }
}

int main(int argc, char **argv)
{
    uint64_t seed = argc == 3 ? strtoull(argv[1], NULL, 0) : 1;
    unsigned count = argc == 3 ? (unsigned)strtoul(argv[2], NULL, 0) : 1;
    unsigned ends[3] = {0};
    sigset_t chld;

    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    sigprocmask(SIG_BLOCK, &chld, NULL);
    code = mmap(NULL, CODE_PAGES * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    data =
        mmap(NULL, DATA_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (code == MAP_FAILED || data == MAP_FAILED) {
        perror("mmap");
        return 1;
    }
    for (unsigned n = 0; n < count; n++) {
        run(seed + n, ends);
    }
    printf("%u children: %u exited, %u were killed, %u ended by other signals\n", count, ends[0],
           ends[1], ends[2]);
    return 0;
}
