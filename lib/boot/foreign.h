/* Was this process started by another MPI's launcher? Then it is a world of one although somebody wanted more,
 * and says so: N programs that each believe to be rank 0 are the most common silent failure of MPIs. */
#ifndef BOOT_FOREIGN_H
#define BOOT_FOREIGN_H

#include "base/words.h"

/* Looks at the environment; 1 and words when a foreign launcher started several processes and this is its first
 * (so that it is said once per job), else 0. lookup is conf_env, or a test's table. */
int foreign_find(const char *(*lookup)(const char *name), struct words *what);

/* Says it on standard error. */
void foreign_warn(void);

#endif
