/* The scenarios that are not in scenarios.c itself, by subject. */
#ifndef SCENARIO_LIVES_H
#define SCENARIO_LIVES_H

#include "scenario.h"

/* lives_process.c: sharing memory with a child, waiting, signals, sessions. */
void vfork_shares_memory(struct program programs[PROGRAMS]);
void vfork_until_exec(struct program programs[PROGRAMS]);
void vfork_until_death(struct program programs[PROGRAMS]);
void turns_are_talked_about(struct program programs[PROGRAMS]);
void signals_are_waited_for(struct program programs[PROGRAMS]);
void timers_send_signals(struct program programs[PROGRAMS]);
void vfork_parent_is_killed(struct program programs[PROGRAMS]);
void clone3_and_its_words(struct program programs[PROGRAMS]);
void waitid_leaves_and_takes(struct program programs[PROGRAMS]);
void nobody_wants_zombies(struct program programs[PROGRAMS]);
void signals_are_blocked(struct program programs[PROGRAMS]);
void actions_are_inherited(struct program programs[PROGRAMS]);
void sessions_and_groups(struct program programs[PROGRAMS]);
void a_subreaper_inherits(struct program programs[PROGRAMS]);
void usage_adds_up(struct program programs[PROGRAMS]);
void a_wait_looks_before_it_ends(struct program programs[PROGRAMS]);
void an_orphan_of_one_that_left_nothing(struct program programs[PROGRAMS]);

/* lives_anon.c: descriptors of processes and of signals. */
void children_by_descriptor(struct program programs[PROGRAMS]);
void signals_are_read(struct program programs[PROGRAMS]);
void timers_are_read(struct program programs[PROGRAMS]);

/* lives_files.c: descriptors and pipes. */
void descriptors_over_fork(struct program programs[PROGRAMS]);
void descriptors_over_exec(struct program programs[PROGRAMS]);
void descriptors_that_were_not_made(struct program programs[PROGRAMS]);
void pipe_from_a_child(struct program programs[PROGRAMS]);
void pipe_that_is_full(struct program programs[PROGRAMS]);
void pipe_that_nobody_reads(struct program programs[PROGRAMS]);
void pipe_without_waiting(struct program programs[PROGRAMS]);

/* lives_exec.c: scripts, long arguments. */
void exec_of_scripts(struct program programs[PROGRAMS]);
void exec_with_long_arguments(struct program programs[PROGRAMS]);

/* lives_small.c: the calls that no other life makes. */
void names_and_directories(struct program programs[PROGRAMS]);
void vectors_and_offsets(struct program programs[PROGRAMS]);
void who_and_how_urgent(struct program programs[PROGRAMS]);
void who_acts_for_whom(struct program programs[PROGRAMS]);

#endif
