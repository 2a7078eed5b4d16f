/*
 * How long interrupts stay masked: the rule is that nothing runs more than 50,000 instructions
 * without a window. Test images measure it; elsewhere nothing of this is compiled.
 */
#ifndef AARCH64_MASKED_H
#define AARCH64_MASKED_H

#if EFT_TEST
/* Interrupts cannot be taken from here on; they can again. */
void masked_begin(void);
void masked_end(void);

/* Prints the longest stretch, if the command line has the word aarch64.masked. */
void masked_print(const char *cmdline);
#else
static inline void masked_begin(void)
{
}

static inline void masked_end(void)
{
}

static inline void masked_print(const char *cmdline)
{
    (void)cmdline;
}
#endif

#endif
