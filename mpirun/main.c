/* mpirun (and mpiexec): from the command line to a running job. */
#define _GNU_SOURCE
#include "config.h"

#include "base/log.h"
#include "mpirun/around.h"
#include "mpirun/bindings.h"
#include "mpirun/doctor.h"
#include "mpirun/launcher.h"
#include "mpirun/loop.h"
#include "mpirun/options.h"
#include "mpirun/relay.h"
#include "mpirun/topo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum { CODE_USAGE = 2 };

static const char help[] =
    "Usage: mpirun [options] PROGRAM [arguments] [: [options] PROGRAM [arguments]]...\n"
    "\n"
    "  -n, -np N             ranks of this program (default: one per usable cpu)\n"
    "  -H A,B:4, --hostfile  hosts, each with the number of its slots\n"
    "  --map-by, --bind-to   where ranks go: slot, core, l3cache, numa, package, node, ppr:2:package, ...\n"
    "  --report-bindings     show that\n"
    "  --doctor [HOSTS]      start nothing: look at the hosts, and say what is wrong and what mends it\n"
    "  -x NAME[=VALUE]       set a variable for the ranks; all others are passed on anyway\n"
    "  -env NAME VALUE       the same; -genv for all programs, -envnone and -envlist A,B for fewer\n"
    "  -wdir DIR             working directory of the ranks\n"
    "  -path DIRS            where to look for the program before PATH\n"
    "  -l, --tag-output      begin each line of output with its rank: [3], or [1,3]<stdout>:\n"
    "  --stdin RANK|all|none who gets standard input (default: rank 0)\n"
    "  --timeout TIME        end the job after TIME (90, 0.5, 2m) with exit code 124\n"
    "  -initial-errhandler H mpi_errors_are_fatal, mpi_errors_abort or mpi_errors_return\n"
    "  -v, --verbose         say what happens; GODWIT_LOG=debug says more\n"
    "  -V, -h, --help        version; this text (`man mpirun` has the rest)\n"
    "\n"
    "Options have one dash or two; those of Open MPI's mpirun and of MPICH's mpiexec are understood.\n"
    "The exit code is that of the first rank that fails (128 + signal if one killed it), 124 at the time\n"
    "limit, 2 for a wrong command line, 126 and 127 for a program that cannot be run or found.\n"
    "\n"
    "  mpirun -n 4 ./solver input.dat\n"
    "  mpirun -n 1 ./master : -n 7 -x DEBUG=1 ./worker\n";

/* Descriptors 0 to 2 must exist, or the next file that is opened becomes somebody's standard output. */
static int check_descriptors(void)
{
    int output_is_closed = fcntl(STDOUT_FILENO, F_GETFD) < 0;
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd) {
            fprintf(stderr, "mpirun: descriptor %d is closed, and /dev/null cannot take its place: %s\n", fd,
                    strerror(errno));
            return 1;
        }
    if (output_is_closed)
        fprintf(stderr, "mpirun: standard output is closed; redirect it to a file or to /dev/null\n");
    return output_is_closed;
}

static int print(const char *text)
{
    if (fputs(text, stdout) < 0 || fflush(stdout)) {
        fprintf(stderr, "mpirun: cannot write to standard output: %s\n", strerror(errno));
        return 1;
    }
    return 0;
}

/* A variable that is to be passed on but does not exist is a misspelling, most likely. */
static void note_unset(const struct env_edits *env)
{
    for (int i = 0; i < env->count; i++)
        if (env->edits[i].verb == ENV_PASS && !conf_env(env->edits[i].text))
            fprintf(stderr, "mpirun: note: the variable %s is not set, so the ranks do not get it\n",
                    env->edits[i].text);
}

/* What was asked to be shown of places, before anything starts; and what people should know. */
static int show(const struct job *job, FILE *f)
{
    char machine[1024] = "";
    struct words why;
    if (job->show & SHOW_TOPOLOGY)
        fprintf(f, "mpirun: %s: %s\n", job->host,
                topo_describe(machine, sizeof machine, &why) ? why.s : machine);
    if (job->placement.note[0])
        fprintf(f, "mpirun: note: %s\n", job->placement.note);
    if (!(job->show & ~(unsigned)SHOW_TOPOLOGY))
        return 0;
    char *text = bindings_text(job, job->show);
    int rc = !text || fprintf(f, "mpirun: %s", text) < 0;
    free(text);
    return rc;
}

static struct surroundings around; /* the job points into it */

/* Hosts and places. The topology is read only where they depend on it: that takes longer than a short job. */
static int lay_out(struct job *job, struct words *why)
{
    if (around_read(job, &around, why) || layout_hosts(job, &around, why))
        return -1;
    if (job->doctor)
        return layout_nodes(job, &around, why) || around_describe(job, why) ? -1 : 0;
    struct host *here = job->hosts.local ? &job->hosts.list[job->hosts.local - 1] : NULL;
    struct place_cpu *cpus;
    if (here && layout_needs_cpus(job)) {
        if ((here->cpu_count = topo_table(NULL, &cpus, why)) < 0)
            return -1;
        here->cpus = cpus;
    }
    job->asks = layout_asks(job, &around, why);
    return job->asks < 0 ? -1 : job->asks ? 0 : layout_place(job, &around, why);
}

/* The same for launcher_run, when the other hosts have been asked. */
static int place_later(struct job *job, char **shown, struct words *why)
{
    size_t size;
    if (layout_place(job, &around, why))
        return -1;
    FILE *f = open_memstream(shown, &size);
    if (!f || show(job, f) || fclose(f))
        return words_set(why, "no memory to show where ranks run");
    return 0;
}

int main(int argc, char **argv)
{
    static struct job job; /* lives as long as the process, and so does all it points to */
    struct words why;
    job.start_ns = loop_now();
    log_name("mpirun");
    if (argc == 2 && strcmp(argv[1], "--agent") == 0) /* started by another mpirun, through ssh */
        return relay_run(argv[0], job.start_ns);
    if (check_descriptors())
        return 1;
    if (gethostname(job.host, sizeof job.host - 1) || !job.host[0])
        strcpy(job.host, "localhost");
    job.title = argv[0];
    if (conf_load(&job.conf, &why))
        goto wrong;
    switch (options_parse(argc, argv, &job, &why)) {
    case OPTIONS_HELP:
        return print(help);
    case OPTIONS_VERSION:
        return print("mpirun (Godwit) " PACKAGE_VERSION "\n"
                     "MPI 5.0, ABI 1.0; understands the options of Open MPI's mpirun and of MPICH's mpiexec\n");
    case OPTIONS_WRONG:
        goto wrong;
    case OPTIONS_RUN:
        break;
    }
    log_level = job.conf.log;
    if (lay_out(&job, &why))
        goto wrong;
    for (int i = 0; conf_unknown(i); i++)
        fprintf(stderr, "mpirun: note: the variable %.*s is no setting of Godwit (godwit-info lists them)\n",
                (int)strcspn(conf_unknown(i), "="), conf_unknown(i));
    if (job.doctor)
        return doctor_run(&job);
    note_unset(&job.env);
    for (int i = 0; i < job.app_count; i++)
        note_unset(&job.apps[i].env);
    if (getrandom(&job.id, sizeof job.id, GRND_NONBLOCK) != sizeof job.id)
        job.id = (uint64_t)loop_now() ^ (uint64_t)getpid() << 40;
    if (job.asks)
        return launcher_run(&job, place_later);
    if (show(&job, stderr))
        return 1;
    return job.do_not_launch ? 0 : launcher_run(&job, NULL);
wrong:;
    char text[WORDS_SIZE];
    words_clean(text, sizeof text, why.s);
    fprintf(stderr, "mpirun: %s\n", text);
    return CODE_USAGE;
}
