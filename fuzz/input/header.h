/*
 * The comments of a .repro that say something: the check that fired, and the configuration.
 */
#ifndef INPUT_HEADER_H
#define INPUT_HEADER_H

#include "fuzz/input/scan.h"
#include "fuzz/input/text.h"

/* Reads a comment, from behind its #. Of those that say something:
 *     check: NAME              at most once; it is one of fuzz/check/check.def and others.def
 *     config: SETTING=VALUE...
 * A word that is nearly one of the two, in front of a colon, is a mistake; other comments are not
 * looked at. settings: those that have been made, none at first. false: it is wrong. */
bool header_parse(struct scanner *scanner, struct repro *repro, unsigned *settings);

#endif
