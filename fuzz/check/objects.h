/* What is left when the processes have ended. */
#ifndef CHECK_OBJECTS_H
#define CHECK_OBJECTS_H

/* Counts what there is at the start of a run. */
void objects_begin(void);

/* Init has ended too: what processes had is given back. Frames are accounted for by frames.h. */
void objects_check_at_end(void);

#endif
