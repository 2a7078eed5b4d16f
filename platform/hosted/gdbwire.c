#include "gdbwire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * A packet is $text#sum, where } makes the next byte another one; until told otherwise each is
 * answered by + or -, and what is answered by - is sent again. A byte 3 outside of packets asks for
 * a stop.
 */

enum { INTERRUPT = 3, ESCAPE = '}', ESCAPED = 0x20, REPEATS_MAX = 8 };

static struct {
    int fd; /* -1: nobody is connected */
    bool has_acks;
    size_t start; /* of what was read and not looked at */
    size_t len;
    char buffer[4096];
} wire = {.fd = -1};

static int listen_at(unsigned port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t size = sizeof(address);
    const int yes = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (bind(fd, (const struct sockaddr *)&address, size) != 0 || listen(fd, 1) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    fprintf(stderr, "eft: waiting for gdb: target remote 127.0.0.1:%u\n", ntohs(address.sin_port));
    return fd;
}

int gdbwire_accept(unsigned port)
{
    const int yes = 1;
    int listener = listen_at(port);

    if (listener < 0) {
        return errno;
    }
    do {
        wire.fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    } while (wire.fd < 0 && errno == EINTR);
    int error = wire.fd < 0 ? errno : 0;
    close(listener);
    if (!error) {
        setsockopt(wire.fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    }
    wire.has_acks = true;
    wire.start = 0;
    wire.len = 0;
    return error;
}

int gdbwire_fd(void)
{
    return wire.fd;
}

void gdbwire_close(void)
{
    if (wire.fd >= 0) {
        close(wire.fd);
        wire.fd = -1;
    }
}

/* ---- bytes ---- */

/* Reads what has come; waits for it. false: the client has gone, and is let go of. */
static bool fill(void)
{
    while (wire.fd >= 0) {
        ssize_t count = recv(wire.fd, wire.buffer, sizeof(wire.buffer), 0);
        if (count > 0) {
            wire.start = 0;
            wire.len = (size_t)count;
            return true;
        }
        if (count == 0 || errno != EINTR) {
            gdbwire_close();
        }
    }
    return false;
}

/* The next byte, or -1. */
static int next_byte(void)
{
    if (wire.len == 0 && !fill()) {
        return -1;
    }
    wire.len--;
    return (unsigned char)wire.buffer[wire.start++];
}

static void send_all(const char *bytes, size_t len)
{
    while (wire.fd >= 0 && len > 0) {
        ssize_t count = send(wire.fd, bytes, len, MSG_NOSIGNAL);
        if (count < 0 && errno != EINTR) {
            gdbwire_close();
        } else if (count > 0) {
            bytes += count;
            len -= (size_t)count;
        }
    }
}

bool gdbwire_is_interrupted(void)
{
    struct pollfd in = {.fd = wire.fd, .events = POLLIN};

    if (wire.fd < 0) {
        return false;
    }
    if (wire.len == 0 && (poll(&in, 1, 0) <= 0 || !fill())) {
        return wire.fd < 0;
    }
    /* While the program runs nothing else is to come; a packet stays for the stop. */
    if (wire.buffer[wire.start] == INTERRUPT) {
        next_byte();
        return true;
    }
    if (wire.buffer[wire.start] != '$') {
        next_byte();
        return false;
    }
    return true;
}

/* ---- packets ---- */

static int digit_of(int byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    if (byte >= 'a' && byte <= 'f') {
        return byte - 'a' + 10;
    }
    return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

/* The rest of a packet, behind its $. Its length, or -1: it is damaged or too long. */
static int receive_rest(char *packet)
{
    unsigned sum = 0;
    int len = 0;
    bool is_escaped = false;
    int byte;

    while ((byte = next_byte()) != '#') {
        if (byte < 0) {
            return -1;
        }
        sum += (unsigned)byte;
        if (byte == ESCAPE && !is_escaped) {
            is_escaped = true;
            continue;
        }
        if (len < GDBWIRE_PACKET_MAX - 1) {
            packet[len] = (char)(is_escaped ? byte ^ ESCAPED : byte);
        }
        is_escaped = false;
        len++;
    }
    int high = digit_of(next_byte());
    int low = digit_of(next_byte());
    if (high < 0 || low < 0 || (sum & 0xff) != (unsigned)(high << 4 | low)) {
        return -1;
    }
    /* What is too long is a packet, which nobody knows: it would come again otherwise. */
    return len < GDBWIRE_PACKET_MAX ? len : 0;
}

bool gdbwire_receive(char packet[static GDBWIRE_PACKET_MAX])
{
    for (;;) {
        int byte = next_byte();
        if (byte < 0) {
            return false;
        }
        if (byte != '$') {
            continue;
        }
        int len = receive_rest(packet);
        if (wire.has_acks) {
            send_all(len < 0 ? "-" : "+", 1);
        }
        if (len >= 0) {
            packet[len] = '\0';
            return true;
        }
    }
}

void gdbwire_send(const char *packet)
{
    static char framed[2 * GDBWIRE_PACKET_MAX];
    size_t len = strlen(packet);
    unsigned sum = 0;

    for (size_t i = 0; i < len; i++) {
        sum += (unsigned char)packet[i];
    }
    int size = snprintf(framed, sizeof(framed), "$%s#%02x", packet, sum & 0xff);
    for (unsigned i = 0; i < REPEATS_MAX; i++) {
        send_all(framed, (size_t)size);
        int answer = '+';
        while (wire.has_acks && (answer = next_byte()) >= 0 && answer != '+' && answer != '-') {
        }
        if (answer != '-') {
            return;
        }
    }
    gdbwire_close(); /* it never understands */
}

void gdbwire_stop_acks(void)
{
    wire.has_acks = false;
}

/* ---- hexadecimal text ---- */

void gdbwire_put_hex(char *text, const void *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *from = bytes;

    for (size_t i = 0; i < len; i++) {
        text[2 * i] = digits[from[i] >> 4];
        text[2 * i + 1] = digits[from[i] & 15];
    }
    text[2 * len] = '\0';
}

size_t gdbwire_get_hex(const char *text, void *bytes, size_t capacity)
{
    uint8_t *to = bytes;
    size_t count = 0;

    while (count < capacity && digit_of(text[2 * count]) >= 0 &&
           digit_of(text[2 * count + 1]) >= 0) {
        to[count] = (uint8_t)(digit_of(text[2 * count]) << 4 | digit_of(text[2 * count + 1]));
        count++;
    }
    return count;
}

bool gdbwire_get_number(const char **text, uint64_t *number)
{
    unsigned digits = 0;

    *number = 0;
    while (digit_of(**text) >= 0) {
        *number = *number << 4 | (unsigned)digit_of(**text);
        (*text)++;
        digits++;
    }
    return digits > 0 && digits <= 16;
}

bool gdbwire_get_range(const char **text, uint64_t *addr, uint64_t *len)
{
    if (!gdbwire_get_number(text, addr) || *(*text)++ != ',') {
        return false;
    }
    bool is_number = gdbwire_get_number(text, len);
    *len = *len < GDBWIRE_DATA_MAX ? *len : GDBWIRE_DATA_MAX;
    return is_number;
}
