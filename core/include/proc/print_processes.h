/* What a person wants to see of processes. */
#ifndef PROC_PRINT_PROCESSES_H
#define PROC_PRINT_PROCESSES_H

/* A line for each process: who it is, what it does, what it waits for. */
void print_processes(void);

#endif
