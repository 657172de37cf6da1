/* libFuzzer: host files and rank files of random bytes. The first byte decides which. */
#include "mpirun/hostfile.h"
#include "mpirun/rankfile.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"node7", "10.0.0.7", "fe80::7"};
    static const struct own_names own = {names, 3};
    struct hosts hosts = {0};
    struct rankfile file = {0};
    struct words why = {""};
    if (size == 0)
        return 0;
    const char *text = (const char *)data + 1;
    int rc = data[0] == 'r' ? rankfile_parse(&file, "ranks", text, size - 1, &hosts, 1, &own, &why)
                            : hostfile_parse(&hosts, "hosts", text, size - 1, &own, &why);
    if ((rc == 0) != (why.s[0] == 0)) /* a failure has words, and words are a failure */
        abort();
    hosts_count_slots(&hosts, data[0] & 1);
    for (int i = 0; i < hosts.count; i++)
        if (!hosts.list[i].name[0] || hosts.list[i].name[0] == '-' || hosts.list[i].slots < 0 ||
            (!hosts.list[i].is_local && hosts_find(&hosts, hosts.list[i].name, &own) != i))
            abort();
    hosts_free(&hosts);
    rankfile_free(&file);
    return 0;
}
