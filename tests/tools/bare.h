/*
 * Runs the tests of an image that has no operating system below it, hosted or in QEMU: in order, in
 * one process, with the words of test.c. A failed expectation ends the image, by plat_stop.
 */
#ifndef TESTS_TOOLS_BARE_H
#define TESTS_TOOLS_BARE_H

/* Runs all tests and prints the closing line. Returns only if none failed. */
void bare_run(void);

#endif
