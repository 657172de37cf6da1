/* Where ranks run, as text for people: --report-bindings, --display map and --display alloc. Pure. */
#ifndef MPIRUN_BINDINGS_H
#define MPIRUN_BINDINGS_H

#include "mpirun/job.h"

/* The text, for the caller to free; NULL: no memory. `show` is of SHOW_MAP, SHOW_BINDINGS, SHOW_ALLOCATION. */
char *bindings_text(const struct job *job, unsigned show);

#endif
