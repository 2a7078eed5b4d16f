/* The connection to a debugger: one TCP client of this host, and packets of gdb's remote serial
 * protocol (gdb manual, appendix E) as text. */
#ifndef HOSTED_GDBWIRE_H
#define HOSTED_GDBWIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GDBWIRE_PACKET_MAX = 8192,
    GDBWIRE_DATA_MAX = (GDBWIRE_PACKET_MAX - 64) / 2, /* bytes that a packet can hold in hex */
};

/* Waits for a client on 127.0.0.1:port, or on any port if it is 0; says on stderr where. 0, or an
 * errno value. */
int gdbwire_accept(unsigned port);

/* The socket, or -1: nobody is connected. */
int gdbwire_fd(void);

/* Lets go of the client. */
void gdbwire_close(void);

/* The next packet, NUL-terminated; waits for it. false: the client has gone. An interrupt that
 * comes while nothing runs is dropped. */
bool gdbwire_receive(char packet[static GDBWIRE_PACKET_MAX]);

/* Whether the client has asked for a stop, or has gone; does not wait. */
bool gdbwire_is_interrupted(void);

void gdbwire_send(const char *packet);

/* Packets are not acknowledged from now on. */
void gdbwire_stop_acks(void);

/* Hexadecimal text: bytes two digits each, numbers big end first. hex_bytes returns the bytes that
 * it could take, hex_number moves *text behind the digits; false: there are none, or too many. */
void gdbwire_put_hex(char *text, const void *bytes, size_t len);
size_t gdbwire_get_hex(const char *text, void *bytes, size_t capacity);
bool gdbwire_get_number(const char **text, uint64_t *number);

/* ADDR,LENGTH of a packet; no more is given than fits into an answer. */
bool gdbwire_get_range(const char **text, uint64_t *addr, uint64_t *len);

#endif
