/* Foreign launchers: see foreign.h. */
#include "boot/foreign.h"

#include "base/conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How each launcher shows itself: a variable that only it sets, the size of its world, the rank in it. Those
 * without a size are only recognised as present; the more specific ones come first. */
static const struct {
    const char *mark, *size, *rank, *name;
} launchers[] = {
    {"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK", "Open MPI's mpirun"},
    {"MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_RANK", "MVAPICH's launcher"},
    {"FLUX_JOB_SIZE", "FLUX_JOB_SIZE", "FLUX_TASK_RANK", "Flux"},
    {"SLURM_STEP_NUM_TASKS", "SLURM_STEP_NUM_TASKS", "SLURM_PROCID", "Slurm's srun"},
    {"SLURM_NTASKS", "SLURM_NTASKS", "SLURM_PROCID", "Slurm"},
    {"PMI_FD", "PMI_SIZE", "PMI_RANK", "a PMI launcher such as MPICH's mpiexec"},
    {"PMI_PORT", "PMI_SIZE", "PMI_RANK", "a PMI launcher such as MPICH's mpiexec"},
    {"PMI_RANK", "PMI_SIZE", "PMI_RANK", "a PMI launcher"},
    {"PMIX_RANK", NULL, "PMIX_RANK", "a PMIx launcher such as Open MPI's mpirun or srun --mpi=pmix"},
};

int foreign_find(const char *(*lookup)(const char *name), struct words *what)
{
    if (lookup("GODWIT_SIZE")) /* Godwit's own mpirun; somebody has unset GODWIT_NODE on purpose */
        return 0;
    for (size_t i = 0; i < sizeof launchers / sizeof launchers[0]; i++) {
        const char *mark = lookup(launchers[i].mark);
        if (!mark || !*mark)
            continue;
        const char *size = launchers[i].size ? lookup(launchers[i].size) : NULL;
        const char *rank = lookup(launchers[i].rank);
        if (size && atol(size) <= 1)
            continue;
        if (rank && atol(rank) != 0)
            return 0;
        char shown[32];
        words_clean(shown, sizeof shown, size ? size : "N");
        words_set(what,
                  "%s started this program (%s is set), but Godwit cannot join that launcher's job: each process is "
                  "a world of one. Start it with Godwit's own launcher: mpirun -n %s PROGRAM (GODWIT_FOREIGN=ignore "
                  "silences this)",
                  launchers[i].name, launchers[i].mark, shown);
        return 1;
    }
    return 0;
}

void foreign_warn(void)
{
    struct words what;
    if (foreign_find(conf_env, &what))
        fprintf(stderr, "godwit: %s\n", what.s);
}
