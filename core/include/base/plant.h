/*
 * Planted bugs: real bugs of other kernels, switched on at run time (--plant=ID, the kernel word
 * plant=ID) to prove that the checks see them. They exist in test builds only; elsewhere PLANTED is
 * false and nothing of them is compiled. The list with the origin of each is in fuzz/planted/.
 */
#ifndef BASE_PLANT_H
#define BASE_PLANT_H

#include "base/types.h"

enum plant {
    PLANT_NONE,
    PLANT_SEED_1, /* clean-up of a failed fork gives back a frame that is the parent's */
    PLANT_SEED_2, /* exit neither records the status nor wakes the parent */
    PLANT_SEED_3, /* a woken wait4 gives ECHILD instead of looking again */
    PLANT_T_1,    /* rights are reduced without a flush */
    PLANT_T_2,    /* a new entry is used before it is published */
    PLANT_T_3,    /* an output address changes in place */
    PLANT_T_4,    /* a table is freed after a flush that came before its unlinking */
    PLANT_K_7,    /* fork does not count the child's references to writers */
    PLANT_K_15,   /* exit does not close descriptors */
    PLANT_K_21,   /* the child can run before its descriptors are complete */
    PLANT_M_44,   /* pipe2 leaves its descriptors where their numbers cannot be told */
    PLANT_K_11,   /* the status goes to the parent's address in the child's memory */
    PLANT_K_12,   /* each fork leaks a table */
    PLANT_K_14,   /* a reaped process is not given back */
    PLANT_K_16,   /* a wait for one child takes another */
    PLANT_K_17,   /* a wait for nobody's child waits for ever if there is another */
    PLANT_K_18,   /* a wait that blocked gives eight bits of the status */
    PLANT_K_19,   /* orphans stay with the dead */
    PLANT_X_27,   /* a fork without memory leaves half a child */
    PLANT_X_33,   /* the signal that ended a process ends the next one too */
    PLANT_M_36,   /* a wait that a signal woke gives EINTR before it has looked */
    PLANT_M_39,   /* parent and child share their signal actions */
    PLANT_A_50,   /* a zombie is reaped before its children are given away */
    PLANT_L_72,   /* two forks are given one number */
    PLANT_L_76,   /* kill negates the lowest number */
    PLANT_I_116,  /* a child that leaves nothing wakes nobody */
    PLANT_K_4,    /* giving back a space frees 512 frames for a page */
    PLANT_K_8,    /* of a segment only what precedes a border of tables is mapped */
    PLANT_K_10,   /* exec does not load the new root */
    PLANT_K_13,   /* a failed fork gives back one page of each region */
    PLANT_X_30,   /* a failed fork forgets the page that it was at */
    PLANT_X_31,   /* a child may read and write all that is mapped */
    PLANT_A_56,   /* fork leaves the parent's pages writable */
    PLANT_L_69,   /* what a page that nobody may access holds is not counted */
    PLANT_F_96,   /* the third who shares a page writes to it */
    PLANT_N_99,   /* a page that is copy-on-write already is not after another fork */
    PLANT_X_28,   /* exec finds no memory when the old program is gone */
    PLANT_LEAK_1, /* the rest of a file's last page is not cleared */
    PLANT_LEAK_2, /* what a waitid does not fill in is not cleared */
    PLANT_L_86,   /* a signal to the group in the middle of a fork misses the child */
    PLANT_M_43,   /* a wait sleeps on by what was so when it was woken */
    PLANT_X_23,   /* a reader sleeps on by what was so when the pipe was emptied */
    PLANT_FUT_1,  /* a waiter whose time is over stays on the queue */
    PLANT_FUT_2,  /* words in two pages of an object are one futex */
    PLANT_FUT_3,  /* a waiter that is woken for no reason gives EINTR */
    PLANT_FUT_4,  /* what was being released when its owner ended wakes nobody */
    PLANT_K_20,   /* a handler reaps the child, and the wait that it interrupted gives it again */
    PLANT_SIG_1,  /* a child has the signals that are pending for its parent */
    PLANT_SIG_2,  /* SIGKILL and SIGSTOP can be blocked */
    PLANT_SIG_3,  /* a signal that is ignored from now on stays pending */
    PLANT_SIG_4,  /* whoever queues a signal may say that the kernel has sent it */
    PLANT_SIG_5,  /* the handler that ends a sigsuspend goes back to its mask */
    PLANT_SIG_6,  /* who shares memory with its parent shares the alternate stack too */
    PLANT_STP_1,  /* a wait that has not asked for it is told that a child has stopped */
    PLANT_STP_2,  /* SIGCONT makes a zombie a child again */
    PLANT_THR_1,  /* exec leaves the other threads alive */
    PLANT_THR_2,  /* the words that a thread owns are remembered over exec */
    PLANT_USR_1,  /* who acts for another is told of its parent's end as before */
    PLANT_USR_2,  /* kill asks for the effective user of the other and not the saved one */
    /* Of our own, for what no other bug breaks. */
    PLANT_OWN_1,  /* the end of a pipe forgets the bytes that nobody has read */
    PLANT_OWN_2,  /* what is mapped may be executed by the kernel */
    PLANT_OWN_3,  /* a new session keeps the number of the old one */
    PLANT_OWN_4,  /* a descriptor that is replaced keeps the file that it named */
    PLANT_OWN_5,  /* a child has only those registers that calls use */
    PLANT_OWN_6,  /* what is unmapped is not given back */
    PLANT_OWN_7,  /* the right to execute stays */
    PLANT_OWN_8,  /* who is woken still counts as blocked */
    PLANT_OWN_9,  /* who waits for a group is not woken when a child leaves it */
    PLANT_OWN_10, /* a table that loses its last entry is not given back */
    PLANT_OWN_11, /* who copies a page keeps its reference to the other's */
    PLANT_OWN_12, /* fork leaves the stack writable */
    PLANT_OWN_13, /* of what other rights are given, data is not counted anew */
    PLANT_OWN_14, /* an exec that fails forgets set_tid_address */
    PLANT_OWN_15, /* the timer of a sleep wakes the sleeper out of its next wait too */
    PLANT_OWN_16, /* who waits for the console throws away the line that is being typed */
    PLANT_OWN_17, /* getrandom tells of bytes that it had no memory for */
    PLANT_OWN_18, /* what those have used for whom nobody waited counts as children's */
    PLANT_OWN_19, /* a zombie that is given away hangs at the thread of the one before */
    PLANT_OWN_20, /* who is given the right to write may write what others share */
    PLANT_OWN_21, /* an exec that fails at its last step counts as one that was done */
    PLANT_TIM_1,  /* a timer counts the time that its signal tells of among the others */
    PLANT_TIM_2,  /* the signal of a timer that exec deletes stays */
    PLANT_OWN_22, /* the timer of all used time goes by that in user mode */
    PLANT_OWN_23, /* a sleep of no time that there is, by used time, is not permitted */
    PLANT_COUNT,
};

/* What l-86 remembers: that it is in the middle of a fork, that the signal has come then, or the
 * number of the process that it misses. */
enum { PLANT_FORKING = -1, PLANT_INTERRUPTED = -2 };

#if EFT_TEST
extern enum plant plant_active;
#define PLANTED(bug) (plant_active == PLANT_##bug)

/* What a bug remembers where the kernel does not. */
extern int plant_memory;

/* -EINVAL: no such bug. */
MUST_CHECK int plant_select(const char *id);
#else
#define PLANTED(bug) false
extern int plant_memory; /* nowhere: what would use it is not compiled */
#endif

#endif
