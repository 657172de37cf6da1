/* Output of ranks that has come and is not written yet, by the nodes that sent it: what is written is credit for them
 * again. Nodes that owe nothing cost nothing. */
#ifndef MPIRUN_DEBTS_H
#define MPIRUN_DEBTS_H

#include "mpirun/nodes.h"

struct debts {
    uint32_t *owed;  /* by node */
    uint32_t *nodes; /* those with any */
    int count;
};

void debts_open(struct debts *d, int node_count);
void debts_add(struct debts *d, uint32_t node, uint32_t bytes);
void debts_pay(struct debts *d, struct nodes *nodes); /* all has been written */

#endif
