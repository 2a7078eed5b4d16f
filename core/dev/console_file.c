#include "dev/console_file.h"

#include "abi/errno.h"
#include "base/panic.h"
#include "base/plant.h"
#include "dev/console.h"
#include "mm/uaccess.h"
#include "proc/sched.h"
#include "syscall/table.h"

enum {
    CHUNK = 512, /* bytes copied at a time, on the stack */
};

static int64_t read_console(struct file *file, struct transfer *transfer, uint64_t *offset)
{
    struct thread *thread = transfer->thread;
    char chunk[CHUNK];

    (void)offset;
    if (transfer_left(transfer) == 0) {
        return 0;
    }
    int64_t ready = console_ready(transfer_left(transfer));
    if (ready == -EAGAIN && file_is_impatient(file, thread)) {
        return -EAGAIN;
    }
    if (ready == -EAGAIN) {
        if (PLANTED(OWN_16)) {
            struct abi_termios termios;
            console_get_termios(&termios);
            console_set_termios(&termios, true);
        }
        return sched_block(thread, WAIT_CONSOLE, 0, console_waitq(), PLAT_NEVER);
    }
    int error = transfer_prepare(transfer, (uint64_t)ready);
    if (error) {
        return error;
    }
    if (ready == 0) {
        console_take(chunk, 0);
    }
    for (uint64_t done = 0, len; done < (uint64_t)ready; done += len) {
        len = min_u64(CHUNK, (uint64_t)ready - done);
        console_take(chunk, len);
        error = transfer_to_user(transfer, chunk, len);
        ASSERT(error == 0); /* it was prepared */
        transfer_advance(transfer, len);
    }
    return ready;
}

/* Stops where others may have to run: CALL_AGAIN. */
static int64_t write_console(struct file *file, struct transfer *transfer, uint64_t *offset)
{
    char chunk[CHUNK];
    uint64_t stop = *transfer->done + FILE_STRETCH;

    (void)file;
    (void)offset;
    while (transfer_left(transfer) > 0) {
        if (*transfer->done >= stop) {
            return CALL_AGAIN;
        }
        uint64_t len = min_u64(min_u64(CHUNK, transfer_piece(transfer)), stop - *transfer->done);
        int error = transfer_from_user(transfer, chunk, len);
        if (error) {
            return transfer_result(transfer, error);
        }
        console_write(chunk, len);
        transfer_advance(transfer, len);
        plat_irq_window();
    }
    return transfer_result(transfer, 0);
}

static int set_foreground(uaddr_t from)
{
    int number;
    int error = user_read(&number, from, sizeof(number));

    if (error) {
        return error;
    }
    struct pid *group = number > 0 ? pid_find(number) : NULL;
    if (!group || list_is_empty(&group->members)) {
        return number < 0 ? -EINVAL : -ESRCH;
    }
    console_set_foreground(group);
    return 0;
}

static int64_t control_console(struct file *file, uint32_t request, uaddr_t argument)
{
    const struct abi_winsize no_size = {0};
    struct abi_termios termios;
    const struct pid *group = console_foreground();
    int number = group ? group->number : 0;
    int error;

    (void)file;
    switch (request) {
    case TCGETS:
        console_get_termios(&termios);
        return user_write(argument, &termios, sizeof(termios));
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
        error = user_read(&termios, argument, sizeof(termios));
        if (!error) {
            console_set_termios(&termios, request == TCSETSF);
        }
        return error;
    case TIOCGPGRP:
        return user_write(argument, &number, sizeof(number));
    case TIOCSPGRP:
        return set_foreground(argument);
    case TIOCGWINSZ:
        return user_write(argument, &no_size, sizeof(no_size));
    default:
        return -ENOTTY;
    }
}

const struct file_ops console_file_ops = {
    .read = read_console,
    .write = write_console,
    .control = control_console,
    .is_written_at_once = true,
};
