/*
 * What a tool says of itself when it is asked. Hosted only.
 */
#ifndef DRIVER_HELP_H
#define DRIVER_HELP_H

/* If --help is among the arguments: prints the usage on standard output and ends, status 0. */
void help_if_asked(int argc, char **argv, const char *usage);

#endif
