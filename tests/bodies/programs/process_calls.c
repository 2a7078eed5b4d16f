/*
 * What a C library makes of a kernel's calls for processes: each line says what was found, and is
 * the same everywhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char *told(int status)
{
    static char text[64];

    if (WIFEXITED(status))
        snprintf(text, sizeof(text), "exit %d", WEXITSTATUS(status));
    else
        snprintf(text, sizeof(text), "signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    return text;
}

static int ended(pid_t pid)
{
    int status = -1;

    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        printf("no child: %s\n", strerror(errno));
    return status;
}

static void use_memory(void)
{
    char *bytes[64];
    unsigned long sum = 0;

    for (unsigned i = 0; i < 64; i++) {
        bytes[i] = malloc((i + 1) * 5000);
        memset(bytes[i], (int)i, (i + 1) * 5000);
    }
    bytes[7] = realloc(bytes[7], 1 << 20);
    for (unsigned i = 0; i < 64; i++)
        sum += (unsigned char)bytes[i][(i + 1) * 5000 - 1];
    for (unsigned i = 0; i < 64; i++)
        free(bytes[i]);
    printf("malloc: %lu, %.3f, %-6s|%08x|\n", sum, (double)sum / 7, "left", 0xbeefu);
}

static void use_fork(void)
{
    fflush(stdout);
    pid_t pid = fork();

    if (pid == 0) {
        printf("fork: child of %s\n", getppid() > 0 ? "somebody" : "nobody");
        exit(3);
    }
    printf("fork: %s\n", told(ended(pid)));
    pid = fork();
    if (pid == 0)
        abort();
    printf("abort: %s\n", told(ended(pid)));
}

static void use_vfork(void)
{
    fflush(stdout);
    pid_t pid = vfork();

    if (pid == 0) {
        execl("/bin/echo", "echo", "vfork:", "in the child", (char *)NULL);
        _exit(127);
    }
    printf("vfork: %s\n", told(ended(pid)));
    pid = vfork();
    if (pid == 0)
        _exit(9);
    printf("vfork: %s\n", told(ended(pid)));
}

static void use_system(void)
{
    fflush(stdout);
    printf("system: a shell: %d\n", system(NULL) != 0);
    fflush(stdout);
    printf("system: %s\n", told(system("echo \"from  the\" 'shell' && exit 5")));
    fflush(stdout);
    printf("system: %s\n", told(system("none-such 2>/dev/null")));
    fflush(stdout);
    printf("system: %s\n", told(system("echo a | false || echo failed; sh -c 'exit 6'")));
}

static void use_popen(void)
{
    char line[80];
    FILE *file = popen("echo one; echo two; exit 4", "r");

    while (file && fgets(line, sizeof(line), file))
        printf("popen: %s", line);
    printf("popen: %s\n", file ? told(pclose(file)) : "cannot");
    fflush(stdout);
    file = popen("sh -c 'exit 8'", "w");
    printf("popen: %s\n", file ? told(pclose(file)) : "cannot");
}

/* Spawned with its output in a pipe, a group of its own, and signals as they were not before. */
static void use_posix_spawn(void)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int ends[2];
    pid_t pid;
    sigset_t set;
    char text[80] = "";
    char *words[] = {"echo", "in a pipe", NULL};
    char *shell[] = {"sh", "-c", "echo $NAME; exit 2", NULL};
    char *environment[] = {"NAME=given", NULL};

    if (pipe(ends))
        printf("pipe: %s\n", strerror(errno));
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_addclose(&actions, ends[1]);
    posix_spawn_file_actions_addopen(&actions, 9, "/dev/null", O_RDONLY, 0);
    posix_spawnattr_init(&attributes);
    sigemptyset(&set);
    posix_spawnattr_setsigmask(&attributes, &set);
    sigaddset(&set, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &set);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF);
    fflush(stdout);
    int error = posix_spawn(&pid, "/bin/echo", &actions, &attributes, words, environ);
    close(ends[1]);
    ssize_t got = read(ends[0], text, sizeof(text) - 1);
    printf("posix_spawn: %d, %zd bytes: %s", error, got, text);
    printf("posix_spawn: the pipe's end: %zd, its group: %d\n", read(ends[0], text, 1),
           getpgid(pid) == pid);
    printf("posix_spawn: %s\n", told(ended(pid)));
    close(ends[0]);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);

    error = posix_spawn(&pid, "/bin/none", NULL, NULL, words, environ);
    printf("posix_spawn: %s\n", strerror(error));
    fflush(stdout);
    error = posix_spawnp(&pid, "/bin/sh", NULL, NULL, shell, environment);
    printf("posix_spawnp: %d, %s\n", error, told(ended(pid)));
}

static void use_wait(void)
{
    siginfo_t info;
    struct rusage usage;
    int status;

    memset(&info, 0, sizeof(info));
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        raise(SIGTERM);
        _exit(1);
    }
    int result = waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
    printf("waitid: %d, %d, signal %d, %d\n", result, info.si_code == CLD_KILLED, info.si_status,
           info.si_pid == pid);
    result = wait4(pid, &status, 0, &usage) == pid;
    printf("wait4: %d, %s, %d\n", result, told(status), usage.ru_utime.tv_sec < 100);
    result = wait(&status);
    printf("wait: %d, %s\n", result, strerror(errno));
    signal(SIGCHLD, SIG_IGN);
    fflush(stdout);
    if (fork() == 0)
        _exit(0);
    result = wait(&status);
    printf("wait: %d, %s\n", result, strerror(errno));
    signal(SIGCHLD, SIG_DFL);
}

static void at_the_end(void)
{
    printf("atexit\n");
}

int main(int argc, char **argv)
{
    printf("%d word: %s\n", argc, argc > 0 ? argv[0] : "");
    atexit(at_the_end);
    use_memory();
    use_fork();
    use_vfork();
    use_system();
    use_popen();
    use_posix_spawn();
    use_wait();
    fprintf(stderr, "stderr\n");
    return 11;
}
