/* godwit-info: what this copy of Godwit is, how it is set, and what machine it sees. */
#define _GNU_SOURCE
#include "config.h"

#include "base/conf.h"
#include "mpirun/cpus.h"
#include "mpirun/topo.h"
#include "wire/ofi.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static const char help[] = "Usage: godwit-info [settings|machine|network|version]\n"
                           "\n"
                           "Shows the version and the build of Godwit, its settings with their values and where they\n"
                           "came from, the machine, and its network. A word shows that part only.\n";

static void show_version(void)
{
    printf("Godwit %s, MPI 5.0, standard ABI 1.0\n", PACKAGE_VERSION);
    printf("  built for      %s\n", GODWIT_BUILD);
    printf("  libraries      hwloc " HWLOC_VERSION ", libfabric " LIBFABRIC_VERSION "\n");
}

static int show_settings(void)
{
    static const char *const sources[] = {"default", "environment", "option"};
    struct conf conf;
    struct words why;
    if (conf_load(&conf, &why)) {
        fprintf(stderr, "godwit-info: %s\n", why.s);
        return 1;
    }
    printf("Settings (environment variables; man 7 godwit)\n");
    for (int i = 0; i < conf_count; i++) {
        char value[64];
        conf_show(&conf, i, value, sizeof value);
        printf("  %-14s = %-7s (%s; %s)\n      %s\n", conf_table[i].name, value, sources[conf_source(i)],
               conf_table[i].allowed, conf_table[i].sentence);
    }
    for (int i = 0; conf_unknown(i); i++)
        printf("  %.*s is set, and is no setting of Godwit\n", (int)strcspn(conf_unknown(i), "="), conf_unknown(i));
    return 0;
}

static int show_machine(void)
{
    char text[1024], host[256] = "";
    struct words why;
    struct utsname system;
    gethostname(host, sizeof host - 1);
    if (topo_describe(text, sizeof text, &why)) {
        fprintf(stderr, "godwit-info: %s\n", why.s);
        return 1;
    }
    printf("Machine %s\n", host);
    if (uname(&system) == 0)
        printf("  %s %s, %s\n", system.sysname, system.release, system.machine);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        printf("  %s\n", line);
    int n = cpus_usable();
    printf("  usable by a job started here: %d %s (affinity and cgroup quota counted)\n", n, n == 1 ? "cpu" : "cpus");
    return 0;
}

/* What other hosts would be reached by. That there is none is no error here. */
static void show_network(void)
{
    char text[1024];
    struct conf conf;
    struct words why;
    conf_load(&conf, NULL);
    const char *provider = strcmp(conf.provider.s, "auto") ? conf.provider.s : NULL;
    const char *iface = strcmp(conf.iface.s, "auto") ? conf.iface.s : NULL;
    int rc = ofi_describe(provider, iface, text, sizeof text, &why);
    printf("Network between hosts\n");
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        printf("  %s\n", line);
    if (rc)
        printf("  %s\n", why.s);
}

int main(int argc, char **argv)
{
    const char *part = argc > 1 ? argv[1] : "";
    int all = !*part, rc = 0;
    if (strcmp(part, "-h") == 0 || strcmp(part, "--help") == 0) {
        fputs(help, stdout);
        return 0;
    }
    if (strcmp(part, "-V") == 0 || strcmp(part, "--version") == 0)
        part = "version";
    if (argc > 2 || (!all && strcmp(part, "settings") && strcmp(part, "machine") && strcmp(part, "network") && strcmp(part, "version"))) {
        fprintf(stderr, "godwit-info: unknown argument '%s' (godwit-info --help)\n", argv[argc > 2 ? 2 : 1]);
        return 2;
    }
    if (all || strcmp(part, "version") == 0)
        show_version();
    if (all || strcmp(part, "settings") == 0)
        rc |= show_settings();
    if (all || strcmp(part, "machine") == 0)
        rc |= show_machine();
    if (all || strcmp(part, "network") == 0)
        show_network();
    if (fflush(stdout)) {
        fprintf(stderr, "godwit-info: cannot write to standard output: %s\n", strerror(errno));
        return 1;
    }
    return rc;
}
