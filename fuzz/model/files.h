/* Descriptors, what they name, and the files of the initramfs. */
#ifndef MODEL_FILES_H
#define MODEL_FILES_H

#include "fuzz/model/world.h"

/* Reads the initramfs once. */
void files_read_archive(void);

/* What a path names from a directory on. -errno. */
int files_find(const struct users *users, int from, const char *path, bool follows_last, int *node);

/* Whether they may do all of this with a file; path_resolution(7). NULL: the kernel. */
enum { MAY_EXECUTE = 1, MAY_WRITE = 2, MAY_READ = 4 };
bool files_may(const struct users *users, int node, uint32_t wanted);

bool files_is_directory(int node);
bool files_is_regular(int node);
bool files_is_link(int node);

/* The entry of a descriptor, or NULL. */
struct fd *files_entry(struct proc *proc, int number);

/* What a descriptor names, or NULL; the second: not where it was opened with O_PATH. */
struct file *files_get(struct proc *proc, int number);
struct file *files_get_open(struct proc *proc, int number);

bool files_may_read(const struct file *file);
bool files_may_write(const struct file *file);

/* A description without a reference. */
struct file *files_create(enum file_kind kind, uint32_t flags);

/* The lowest free number from min on, below the limit; -1: none. */
int files_lowest(const struct proc *proc, unsigned min);

/* Another reference, under a number that is free. */
void files_install(struct proc *proc, int number, struct file *file, bool closes);

void files_close(struct proc *proc, int number);
void files_close_for_exec(struct proc *proc);

/* The child has its parent's descriptors, directory and umask: a copy, or the same, as the flags of
 * clone say. */
void files_inherit(struct proc *child, const struct proc *parent, uint64_t flags);

/* It has none of these any more. */
void files_leave(struct proc *proc);

/* Its descriptors are its alone from now on. */
void files_unshare(struct proc *proc);

/* So are its directory and its umask. */
void files_unshare_context(struct proc *proc);

/* A call that waits keeps what it reads or writes, whatever becomes of its descriptor. */
void files_hold(struct proc *proc, const struct file *file);
void files_let_go(struct doing *doing);

/* Init's: the console as 0, 1 and 2, the root, and 022. */
void files_open_console(struct proc *proc);

#endif
