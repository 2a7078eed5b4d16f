/*
 * Programs as they are handed to a machine: a file that a boot loader puts into its memory.
 *
 * PACK_MAGIC, the number of programs; for each the length of its words for the kernel with the NUL
 * behind them, the length of its input, the words, the input as bytes (fuzz/input). Numbers are of
 * 32 bits, little endian, at any address.
 *
 * A machine answers on its console with lines of its own, between whatever else is printed:
 *     ~program N               begins
 *     PACK_OUTCOME             for each instruction, from 0
 *     ~found CHECK: DETAILS    behind these, if there was something
 *     ~stop N WHY              instruction N and those behind it cannot be told
 *     ~end DIGEST              of all events, if the program came to its end
 *     ~done                    behind the last
 */
#ifndef REPLAY_PACK_H
#define REPLAY_PACK_H

#define PACK_MAGIC UINT32_C(0x4b504645)

/* Fields of struct outcome: number, kind, has_blocked, has_fired, pid, result, wait_status,
 * parts. */
#define PACK_OUTCOME "~did %u %u %u %u %d %ld %d %ld %ld\n"

#endif
