/* Programs: how they are found and what memory they begin with; execve(2), elf(5). */
#ifndef MODEL_PROGRAM_H
#define MODEL_PROGRAM_H

#include "fuzz/model/world.h"

enum { PROGRAM_SEGMENTS_MAX = 8 };

/* What a call wants to run. */
struct program_wanted {
    int directory; /* a descriptor, or AT_FDCWD */
    uint64_t path;
    uint64_t image; /* a file in memory instead, of spawn; 0: none */
    uint64_t image_len;
    uint64_t argv;
    uint64_t envp;
    uint32_t flags;
    bool is_refused; /* with EAGAIN, when its path has been read */
};

struct program_segment {
    uint64_t start; /* a page */
    uint64_t end;
    uint64_t offset; /* in the file, of what is at start */
    uint64_t len;    /* of the file */
    uint32_t prot;
};

/* What was found out about it. */
struct program_plan {
    bool has_path;          /* its path could be read */
    int node;               /* the file; -1: it is in memory */
    struct proc *memory_of; /* then: whose, and where */
    uint64_t image;
    uint64_t len;     /* of the file */
    uint64_t strings; /* bytes that the strings and pointers take at most */
    char name[NAME_MAX];
    unsigned segment_count;
    struct program_segment segments[PROGRAM_SEGMENTS_MAX];
};

/* -errno, or 0. */
int program_find(struct proc *self, const struct program_wanted *wanted, struct program_plan *plan);

/* Gives a process the memory that the program begins with. */
void program_load(struct proc *proc, const struct program_plan *plan);

void program_start_init(struct proc *init);

#endif
