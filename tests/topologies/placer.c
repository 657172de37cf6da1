/* Placement on machines that are not this one: reads a file of hosts and command lines, and prints where each
 * rank goes. For maps.sh, which compares that with what is expected. Nothing is started.
 *
 *     host NAME xml FILE | synthetic DESCRIPTION [; cpus LIST] [; quota N]
 *     files hosts=TEXT rankfile=TEXT         "\n" in TEXT begins a new line
 *     env SLURM_JOB_NODELIST=...             variables of an allocation
 *     $ -n 4 --bind-to core                  one job; what is expected follows, up to an empty line
 */
#include "boot/node.h"
#include "mpirun/bindings.h"
#include "mpirun/layout.h"
#include "mpirun/options.h"
#include "mpirun/topo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MACHINES = 16, WORDS = 64 };

static struct machine {
    char name[64];
    struct place_cpu *cpus;
    int cpu_count, usable;
} machines[MACHINES];
static int machine_count;
static struct alloc_texts alloc;
static char *hostfile, *rankfile;
static const char *folder;

static void die(const char *what, const char *text)
{
    fprintf(stderr, "placer: %s: %s\n", what, text);
    exit(2);
}

/* The text with "\n" as line ends; lives on. */
static char *lines_of(const char *text)
{
    char *copy = strdup(text), *to = copy;
    for (const char *p = copy; *p; p++)
        if (p[0] == '\\' && p[1] == 'n') {
            *to++ = '\n';
            p++;
        } else {
            *to++ = *p;
        }
    *to = 0;
    return copy;
}

static char *whole_file(const char *name, int *size)
{
    char path[4096], *text = NULL;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "r");
    if (!f || fseek(f, 0, SEEK_END) || !(text = calloc(1, (size_t)ftell(f) + 1)))
        die("cannot read", path);
    size_t length = (size_t)ftell(f);
    rewind(f);
    if (fread(text, 1, length, f) != length)
        die("cannot read", path);
    fclose(f);
    *size = (int)length + 1;
    return text;
}

static void add_machine(char *line)
{
    struct machine *m = &machines[machine_count++];
    struct topo_source from = {0};
    struct cpuset cpus = {0};
    struct words why;
    char kind[16], what[256];
    if (machine_count > MACHINES || sscanf(line, "%63s %15s %255[^;]", m->name, kind, what) != 3)
        die("no host", line);
    char *text = NULL, *also = strstr(line, "; cpus "), *quota = strstr(line, "; quota ");
    for (size_t n = strlen(what); n && what[n - 1] == ' ';)
        what[--n] = 0;
    if (strcmp(kind, "xml") == 0)
        from.xml = text = whole_file(what, &from.xml_size);
    else
        from.synthetic = what;
    if (also) {
        also += 7;
        if (cpuset_parse(&cpus, also, strcspn(also, " ;"), "cpus", &why))
            die(why.s, also);
        from.allowed = &cpus;
    }
    m->cpu_count = topo_table(&from, &m->cpus, &why);
    if (m->cpu_count < 0)
        die(why.s, line);
    m->usable = quota ? atoi(quota + 8) : m->cpu_count;
    free(text);
    cpuset_free(&cpus);
}

static void set_variable(const char *line)
{
    const struct {
        const char *name, **to;
    } all[] = {{"SLURM_JOB_NODELIST=", &alloc.slurm_nodes}, {"SLURM_TASKS_PER_NODE=", &alloc.slurm_tasks_on_node},
               {"SLURM_JOB_CPUS_PER_NODE=", &alloc.slurm_cpus_on_node}, {"SLURM_NTASKS=", &alloc.slurm_tasks},
               {"PBS_NODEFILE=", &alloc.pbs_nodes}, {"PE_HOSTFILE=", &alloc.sge_hosts},
               {"LSB_MCPU_HOSTS=", &alloc.lsf_counts}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (strncmp(line, all[i].name, strlen(all[i].name)) == 0) {
            *all[i].to = lines_of(line + strlen(all[i].name));
            return;
        }
    die("no variable", line);
}

static void add_files(const char *line)
{
    if (strncmp(line, "hosts=", 6) == 0)
        hostfile = lines_of(line + 6);
    else if (strncmp(line, "rankfile=", 9) == 0)
        rankfile = lines_of(line + 9);
    else
        die("no file", line);
}

/* Ranks of a host that have the same cpus share a line. */
static void print_places(const struct job *job)
{
    for (int i = 0; i < job->size; i++) {
        const struct place *place = &job->placement.places[i];
        char cpus[200];
        cpuset_text(&place->cpus, cpus, sizeof cpus);
        printf("%d %s %d %s\n", i, job->hosts.list[place->host].name, place->local, *cpus ? cpus : "-");
    }
}

/* One job, on the machines that have been described. */
static void run_line(char *line)
{
    static struct job job;
    char *argv[WORDS] = {(char *)"mpirun"}, *copy = strdup(line);
    struct words why = {""};
    int argc = 1;
    for (char *word = strtok(copy, " "); word && argc < WORDS - 2; word = strtok(NULL, " "))
        argv[argc++] = word;
    if (argc == 1 || !strstr(line, "prog"))
        argv[argc++] = (char *)"prog";
    memset(&job, 0, sizeof job);
    snprintf(job.host, sizeof job.host, "%s", machines[0].name);
    const char *names[] = {job.host};
    struct file_text file = {"hosts", hostfile ? hostfile : "", hostfile ? strlen(hostfile) : 0};
    struct surroundings around = {.own = {names, 1}, .alloc = alloc, .hostfiles = &file,
                                  .usable = machines[0].usable};
    around.rankfile = (struct file_text){"ranks", rankfile ? rankfile : "", rankfile ? strlen(rankfile) : 0};
    if (conf_load(&job.conf, &why) || options_parse(argc, argv, &job, &why) != OPTIONS_RUN ||
        layout_hosts(&job, &around, &why)) {
        printf("error: %s\n", why.s);
        return;
    }
    for (int i = 0; i < job.hosts.count; i++)
        for (int k = 0; k < machine_count; k++)
            if (strcmp(job.hosts.list[i].name, machines[k].name) == 0) {
                job.hosts.list[i].usable = machines[k].usable;
                job.hosts.list[i].cpus = machines[k].cpus;
                job.hosts.list[i].cpu_count = machines[k].cpu_count;
            }
    if (layout_place(&job, &around, &why)) {
        printf("error: %s\n", why.s);
        return;
    }
    if (job.placement.note[0])
        printf("note: %s\n", job.placement.note);
    char *text = job.show ? bindings_text(&job, job.show) : NULL;
    if (text)
        fputs(text, stdout);
    else
        print_places(&job);
    free(text);
}

int main(int argc, char **argv)
{
    char line[4096];
    int expected = 0;
    FILE *f = argc == 3 ? fopen(argv[2], "r") : NULL;
    if (!f)
        die("usage", "placer FOLDER FILE");
    folder = argv[1];
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = 0;
        if (expected && *line)
            continue; /* what some other run has printed */
        expected = 0;
        puts(line);
        if (strncmp(line, "host ", 5) == 0)
            add_machine(line + 5);
        else if (strncmp(line, "env ", 4) == 0)
            set_variable(line + 4);
        else if (strncmp(line, "files ", 6) == 0)
            add_files(line + 6);
        else if (strncmp(line, "$ ", 2) == 0) {
            run_line(line + 2);
            expected = 1;
        } else if (*line && *line != '#')
            die("no line of a map", line);
    }
    fclose(f);
    return fflush(stdout) ? 1 : 0;
}
