/* To be debugged: variables, a call, a child that shares pages, a loop of exclusives, a fault. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

volatile int counter = 41;
volatile double half = 0.5;
static const char *volatile word = "forty-two";

static int __attribute__((noinline)) add_one(int value)
{
    counter = value + 1;
    return counter;
}

static void __attribute__((noinline)) in_child(void)
{
    printf("child: counter %d, %s\n", counter, word);
    fflush(stdout);
    _exit(0);
}

static void __attribute__((noinline)) crash(void)
{
    *(volatile int *)8 = 1;
}

int main(int argc, char **argv)
{
    int sum = add_one(counter);

    __atomic_fetch_add(&counter, 1, __ATOMIC_SEQ_CST);
    half *= 3;
    if (fork() == 0) {
        in_child();
    }
    wait(NULL);
    printf("parent: counter %d, sum %d, %.1f, %s\n", counter, sum, half, word);
    fflush(stdout);
    if (argc > 1 && argv[1][0] == 'c') {
        crash();
    }
    return 7;
}
