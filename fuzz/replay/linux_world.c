#include "fuzz/replay/linux_world.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz/input/image.h"

#define ROOT "/root"

enum {
    FDS_MAX = 1024,
    STACK_MAX = 8 << 20,
    HEAD_BYTES = 110, /* of a member: cpio(5), newc */
    FIELD_BYTES = 8,
    NULL_MAJOR = 1,
    NULL_MINOR = 3,
    ZERO_MINOR = 5,
    OUT_BYTES = 4096,
};

static int keyboard = -1; /* the other side of the console */
static char console_path[64];

_Noreturn void world_give_up(const char *what)
{
    printf("replay: %s: %s\n", what, strerror(errno));
    fflush(stdout);
    if (getpid() == 1) {
        reboot(RB_POWER_OFF);
    }
    _exit(1);
}

const char *world_read_proc(pid_t host, const char *name)
{
    static char text[4096];
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/%s", host, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;
    if (fd >= 0) {
        close(fd);
    }
    text[len > 0 ? len : 0] = '\0';
    return text;
}

/* Below which nobody maps anything without a right. */
static void lowest_address(void)
{
    int fd = open("/proc/sys/vm/mmap_min_addr", O_WRONLY | O_CLOEXEC);

    if (fd < 0 || write(fd, "65536\n", 6) != 6) {
        world_give_up("mmap_min_addr");
    }
    close(fd);
}

void world_init(void)
{
    mkdir("/proc", 0755);
    mkdir("/dev", 0755);
    mkdir(ROOT, 0755);
    if (mount("proc", "/proc", "proc", 0, NULL) != 0) {
        world_give_up("/proc");
    }
    lowest_address();
    mkdir("/dev/pts", 0755);
    if (mount("devpts", "/dev/pts", "devpts", 0, "ptmxmode=666") != 0) {
        world_give_up("/dev/pts");
    }
    if (symlink("pts/ptmx", "/dev/ptmx") != 0) {
        world_give_up("/dev/ptmx");
    }
}

/* ---- files ---- */

static unsigned long field(const uint8_t *member, unsigned index)
{
    char text[FIELD_BYTES + 1] = {0};

    memcpy(text, member + 6 + (size_t)FIELD_BYTES * index, FIELD_BYTES);
    return strtoul(text, NULL, 16);
}

static void make_file(const char *path, mode_t mode, const uint8_t *bytes, size_t len)
{
    char target[256];
    bool is_made = false;

    if (S_ISDIR(mode)) {
        is_made = mkdir(path, mode & 07777) == 0;
    } else if (S_ISLNK(mode)) {
        snprintf(target, sizeof(target), "%.*s", (int)len, (const char *)bytes);
        is_made = symlink(target, path) == 0;
    } else {
        int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, mode & 07777);
        is_made = fd >= 0 && write(fd, bytes, len) == (ssize_t)len;
        close(fd);
    }
    if (!is_made) {
        world_give_up(path);
    }
}

static void unpack(void)
{
    static uint8_t archive[IMAGE_ARCHIVE_MAX];
    size_t size = image_archive(archive);

    for (size_t at = 0; at + HEAD_BYTES < size;) {
        const uint8_t *member = archive + at;
        const char *name = (const char *)member + HEAD_BYTES;
        size_t len = field(member, 6);
        size_t bytes_at = (at + HEAD_BYTES + field(member, 11) + 3) & ~(size_t)3;
        char path[256];

        if (strcmp(name, "TRAILER!!!") == 0) {
            return;
        }
        snprintf(path, sizeof(path), ROOT "/%s", name);
        make_file(path, (mode_t)field(member, 1), archive + bytes_at, len);
        at = (bytes_at + len + 3) & ~(size_t)3;
    }
}

static void make_devices(void)
{
    if (mkdir(ROOT "/dev", 0755) != 0 ||
        mknod(ROOT "/dev/null", S_IFCHR | 0666, makedev(NULL_MAJOR, NULL_MINOR)) != 0 ||
        mknod(ROOT "/dev/zero", S_IFCHR | 0666, makedev(NULL_MAJOR, ZERO_MINOR)) != 0 ||
        mknod(ROOT "/dev/console", S_IFREG | 0600, 0) != 0 ||
        mount(console_path, ROOT "/dev/console", NULL, MS_BIND, NULL) != 0) {
        world_give_up("devices");
    }
}

/* ---- the first process ---- */

static void limit(int resource, rlim_t soft, rlim_t hard)
{
    const struct rlimit limits = {soft, hard};

    if (setrlimit(resource, &limits) != 0) {
        world_give_up("limits");
    }
}

/* As Eft's first process has them; the rest is infinite. */
static void set_limits(void)
{
    for (int resource = 0; resource < RLIMIT_NLIMITS; resource++) {
        if (resource != RLIMIT_NOFILE) {
            limit(resource, RLIM_INFINITY, RLIM_INFINITY);
        }
    }
    limit(RLIMIT_STACK, STACK_MAX, RLIM_INFINITY);
    limit(RLIMIT_CORE, 0, RLIM_INFINITY);
    limit(RLIMIT_NOFILE, FDS_MAX, FDS_MAX);
    limit(RLIMIT_NICE, 0, 0);
    limit(RLIMIT_RTPRIO, 0, 0);
}

/* The right to map pages below that, which on Eft nobody has. */
static void drop_raw_io(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];

    if (syscall(SYS_capget, &header, data) != 0) {
        world_give_up("rights");
    }
    data[0].effective &= ~CAP_TO_MASK(CAP_SYS_RAWIO);
    data[0].permitted &= ~CAP_TO_MASK(CAP_SYS_RAWIO);
    if (prctl(PR_CAPBSET_DROP, CAP_SYS_RAWIO) != 0 || syscall(SYS_capset, &header, data) != 0) {
        world_give_up("rights");
    }
}

static _Noreturn void become_init(int go)
{
    char byte;

    static char path[] = "/init", home[] = "HOME=/", term[] = "TERM=linux";
    char *argv[] = {path, NULL};
    char *envp[] = {home, term, NULL};

    setsid();
    int console = open(console_path, O_RDWR | O_NOCTTY);
    if (console < 0) {
        world_give_up("console");
    }
    for (int fd = 0; fd < 3; fd++) {
        dup2(console, fd);
    }
    if (read(go, &byte, 1) != 1) {
        _exit(1);
    }
    syscall(SYS_close_range, 3, ~0U, 0);
    for (int signal_number = 1; signal_number < NSIG; signal_number++) {
        signal(signal_number, SIG_DFL);
    }
    umask(022);
    set_limits();
    personality(ADDR_NO_RANDOMIZE);
    drop_raw_io();
    if (chroot(ROOT) != 0 || chdir("/") != 0) {
        world_give_up("chroot");
    }
    execve(path, argv, envp);
    _exit(127);
}

/* The next stop of the first process, as wait4 tells it. */
static int next_stop(pid_t init)
{
    int status = 0;

    if (waitpid(init, &status, __WALL) != init || !WIFSTOPPED(status)) {
        world_give_up("the first process");
    }
    return status >> 8;
}

/* Until it stands in its program, which it has not begun. */
static void attach(pid_t init, int go)
{
    const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                         PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT |
                         PTRACE_O_EXITKILL;

    if (ptrace(PTRACE_SEIZE, init, 0, options) != 0 || write(go, "", 1) != 1) {
        world_give_up("attaching");
    }
    if (next_stop(init) != (SIGTRAP | PTRACE_EVENT_EXEC << 8) ||
        ptrace(PTRACE_SYSCALL, init, 0, 0) != 0 || next_stop(init) != (SIGTRAP | 0x80)) {
        world_give_up("exec");
    }
}

pid_t world_begin(void)
{
    int slave;
    int go[2];

    if (pipe2(go, O_CLOEXEC) != 0 || mount("files", ROOT, "tmpfs", 0, "mode=755") != 0 ||
        openpty(&keyboard, &slave, console_path, NULL, NULL) != 0) {
        world_give_up("files");
    }
    fcntl(keyboard, F_SETFL, O_NONBLOCK);
    unpack();
    make_devices();
    if (mount(NULL, ROOT, NULL, MS_REMOUNT | MS_RDONLY, NULL) != 0) {
        world_give_up("read-only files");
    }
    fflush(stdout);
    pid_t init = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
    if (init == 0) {
        become_init(go[0]);
    }
    close(slave);
    close(go[0]);
    if (init < 0) {
        world_give_up("clone");
    }
    attach(init, go[1]);
    close(go[1]);
    return init;
}

void world_type(char byte)
{
    if (write(keyboard, &byte, 1) != 1) {
        world_give_up("typing");
    }
}

void world_drain(void)
{
    char bytes[OUT_BYTES];

    while (read(keyboard, bytes, sizeof(bytes)) > 0) {
    }
}

void world_end(void)
{
    close(keyboard);
    if (umount(ROOT "/dev/console") != 0 || umount2(ROOT, MNT_DETACH) != 0) {
        world_give_up("umount");
    }
}
