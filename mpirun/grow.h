/* Memory for what lives as long as mpirun: a job's options, hosts and places. Where there is none, mpirun says so
 * and ends; nothing has been started by then. */
#ifndef MPIRUN_GROW_H
#define MPIRUN_GROW_H

#include <stddef.h>

/* The array, with room for one more than count items; always grown by this function, one by one. */
void *grow_by_one(void *array, size_t count, size_t item);

/* count items of zeros (at least one); and a copy of n bytes with a NUL behind them. */
void *grow_new(size_t count, size_t item);
char *grow_text(const char *text, size_t n);

#endif
