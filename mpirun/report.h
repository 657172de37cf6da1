/* What mpirun says about ranks: sentences made of facts. Pure functions on memory. */
#ifndef MPIRUN_REPORT_H
#define MPIRUN_REPORT_H

#include "mpirun/proto.h"

/* One sentence on how a rank ended. The job's exit code if that was an abnormal end, else 0. */
int report_exit(uint32_t rank, const struct frame_exit *e, const char *host, struct words *out);

/* Where a rank stands, without its number: "waiting in MPI_Recv for rank 3, tag 7, communicator 0, for 12.1 s". */
void report_state(const struct frame_state *s, int64_t now_ns, struct words *out);

/* "0-3,7" out of sorted ranks, at most size bytes of it, ended by "..." where it is cut. */
void report_ranks(const uint32_t *ranks, uint32_t count, char *out, size_t size);

#endif
