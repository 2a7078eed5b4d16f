/*
 * The console as a terminal: echo and line editing, control characters, and the process group in
 * the foreground (termios(3), the part that a small shell needs). Output goes out as it is.
 *
 * Input: the platform's bytes -> the line being edited -> committed bytes, which read takes a line
 * at a time. In raw mode (ICANON off) bytes are committed at once.
 */
#ifndef DEV_CONSOLE_H
#define DEV_CONSOLE_H

#include "abi/linux.h"
#include "base/types.h"
#include "proc/pid.h"
#include "sync/waitq.h"

void console_init(void);

/* Takes what the platform has, as long as another line fits behind what nobody has read yet; the
 * rest waits in the platform, so that nothing is lost of what is piped in. With one_commit takes no
 * more than one line, and none while another is not read. Outside any upcall. Whether there may be
 * more: it is to be called again. */
bool console_poll(bool one_commit);

/* Takes one byte as if the platform had had it; it is lost if there is no room for another line.
 * Outside any upcall. */
void console_put(char c);

/* How many bytes a read of count would give now; -EAGAIN: it has to wait. 0: end of file. */
MUST_CHECK int64_t console_ready(uint64_t count);

/* What is committed and not taken, and behind it the line that is being typed, by index: a byte, or
 * above 255 an end; -1: nothing more. */
int console_peek(size_t index);

/* Takes count bytes, of which console_ready has spoken; with 0 an end of file that was typed. */
void console_take(char *bytes, uint64_t count);

/* Readers wait here. */
struct waitq *console_waitq(void);

void console_write(const char *bytes, size_t len);

/* The attributes; setting them with flush drops what was typed and not read. */
void console_get_termios(struct abi_termios *termios);
void console_set_termios(const struct abi_termios *termios, bool flush);

/* The group that Ctrl-C ends; NULL: none. Setting takes a reference. */
struct pid *console_foreground(void);
void console_set_foreground(struct pid *group);

#endif
