/* Host files, in the forms that Open MPI and MPICH know: one host a line, "node slots=4 max-slots=8", "node:4",
 * "user@node", "node[01-16] slots=2", and comments after '#'. Pure: the caller has read the file. */
#ifndef MPIRUN_HOSTFILE_H
#define MPIRUN_HOSTFILE_H

#include "mpirun/hosts.h"

/* Adds the hosts of the text; `name` is the file's, for the words. */
int hostfile_parse(struct hosts *hosts, const char *name, const char *text, size_t size,
                   const struct own_names *own, struct words *why);

/* For all files that are read line by line: the next line of a text in which *at begins, without comment,
 * blanks at its ends and empty ones before it; *number counts. NULL at the end. */
struct line {
    const char *text;
    size_t length;
    int number;
};
int line_next(struct line *line, const char *text, size_t size, size_t *at);

/* The next word of it from *at on, 0 at its end. */
int line_word(const struct line *line, size_t *at, const char **word, size_t *length);

#endif
