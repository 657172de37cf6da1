/* The job's key: random bytes that all processes of a job on several hosts know, and nobody else. It goes from
 * host to host on ssh's streams only. It stands in a page of its own, which no core dump holds. */
#ifndef MPIRUN_KEY_H
#define MPIRUN_KEY_H

/* The page, all zero, or one that is filled; NULL and errno: it cannot be had. */
unsigned char *key_page(void);
unsigned char *key_make(void);

#endif
