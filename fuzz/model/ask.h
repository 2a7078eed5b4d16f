/*
 * The question whether what the kernel has answered is among what is allowed. For each event the
 * calls below name what is, one by one; each says whether it is what has happened, and then its
 * effect is to be followed.
 */
#ifndef MODEL_ASK_H
#define MODEL_ASK_H

#include "fuzz/model/world.h"

/* A new event. */
void ask_begin(const struct event *event);

/* The call may end with this. */
bool ask_result(int64_t value);

/* With something from first to last, of which count are meant. */
bool ask_range(int64_t first, int64_t last, uint64_t count);

/* With any error, which is to have changed nothing: of what the model does not tell. */
bool ask_any_error(void);

/* It may have to wait. false too if it must not, as a signal is to be taken: it is interrupted. */
bool ask_block(void);

/* It may have done a part, which is no answer and does not count as one. */
bool ask_again(void);

/* A handler may have been called, before anything was done. */
bool ask_caught(void);

/* The process may be stopped, and nothing else be known yet. */
bool ask_stopped(void);

/* The load or the store may have been made. */
bool ask_access(void);

/* The thread may end, and others of its process go on. */
bool ask_left(void);

/* The process may end with this status. */
bool ask_end(int status);

/* Something else is wrong: what was written, say. format knows %d, %u, %x (64 bits each) and %s. */
void ask_object(const char *format, ...);

/* Whether what has happened has been named. */
bool ask_is_answered(void);

/* How many things have been named. */
uint64_t ask_count(void);

/* NULL, or what it has objected to. */
const char *ask_objection(void);

/* NULL, or what is wrong: that too, or that what has happened has not been named. */
const char *ask_text(void);

#endif
