/* Descriptors, what they name, and pipes. */
#ifndef CHECK_FILES_H
#define CHECK_FILES_H

/* Looks at all tables of descriptors, all descriptions and all pipes. */
void files_check(void);

#endif
