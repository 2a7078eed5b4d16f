/* SHA-1 (FIPS 180-4), by which libFuzzer names what it has found. */
#ifndef DRIVER_SHA1_H
#define DRIVER_SHA1_H

#include <stddef.h>
#include <stdint.h>

enum { SHA1_TEXT_SIZE = 41 };

/* The sum of some bytes, in hexadecimal with the end. No memory is allocated. */
void sha1_text(const uint8_t *bytes, size_t size, char text[SHA1_TEXT_SIZE]);

#endif
