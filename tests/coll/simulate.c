/* Prints what the collective algorithms of lib/coll cost on machines that nobody here has: the real schedules, up
 * to a hundred thousand ranks, under a model of latency, bandwidth and work of the processor (sim.h). One line for
 * each way to do an operation; * marks the one that the table of algorithms chooses.
 *
 *     tests/coll/simulate --op allreduce --ranks 16,1000,100000 --sizes 8,64K,1M --latency 1.5 --bandwidth 12.5
 *
 * The model: messages leave at once (nobody asks before a long one), the network between is never full, and the
 * ranks of a node share its bandwidth equally. */
#include "tests/coll/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kind {
    const char *name;
    enum coll_kind kind;
    int op;
    unsigned ways, alike; /* bits; alike: those where all ranks do the same, seen from themselves */
    int sized;
};
#define WAY(w) (1u << WAY_##w)

static const struct kind kinds[] = {
    {"barrier", COLL_BARRIER, -1, 1, 1, 0},
    {"bcast", COLL_BCAST, TABLE_BCAST, WAY(TREE) | WAY(SCATTER), 0, 1},
    {"gather", COLL_GATHER, TABLE_GATHER, WAY(TREE) | WAY(DIRECT), 0, 1},
    {"scatter", COLL_SCATTER, TABLE_GATHER, WAY(TREE) | WAY(DIRECT), 0, 1},
    {"allgather", COLL_ALLGATHER, TABLE_ALLGATHER, WAY(BRUCK) | WAY(RING), WAY(BRUCK) | WAY(RING), 1},
    {"alltoall", COLL_ALLTOALL, TABLE_ALLTOALL, WAY(BRUCK) | WAY(DIRECT), WAY(BRUCK) | WAY(DIRECT), 1},
    {"reduce", COLL_REDUCE, TABLE_REDUCE, WAY(TREE) | WAY(HALVING), 0, 1},
    {"allreduce", COLL_ALLREDUCE, TABLE_ALLREDUCE, WAY(DOUBLING) | WAY(HALVING), 0, 1},
    {"reduce_scatter", COLL_REDUCE_SCATTER, TABLE_REDUCE_SCATTER, WAY(PAIRS) | WAY(TREE), WAY(PAIRS), 1},
    {"scan", COLL_SCAN, -1, 1, 0, 1},
    {"exscan", COLL_EXSCAN, -1, 1, 0, 1},
};
enum { KINDS = sizeof kinds / sizeof *kinds, LONGEST = 200, WAYS = 8 };
static const char *const ways[WAYS] = {[WAY_TREE] = "tree", [WAY_DIRECT] = "direct", [WAY_BRUCK] = "bruck",
                                       [WAY_RING] = "ring", [WAY_DOUBLING] = "doubling", [WAY_HALVING] = "halving",
                                       [WAY_SCATTER] = "scatter", [WAY_PAIRS] = "pairs"};

struct numbers {
    uint64_t list[LONGEST];
    int count;
};
struct settings {
    unsigned kinds; /* bits */
    struct numbers ranks, sizes;
    double latency, bandwidth, near_latency, near_bandwidth, overhead, copy, reduce; /* us, GB/s */
    double per_node, most, root;
    int full, ordered;
};

static _Noreturn void wrong(const char *option, const char *value)
{
    fprintf(stderr, "simulate: %s does not take '%s'\n", option, value);
    exit(2);
}

static uint64_t number(const char **text, const char *option, const char *all)
{
    char *end;
    unsigned long long n = strtoull(*text, &end, 10);
    if (end == *text || **text == '-' || n > 1ull << 40)
        wrong(option, all);
    int shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
    *text = end + (shift > 0);
    return (uint64_t)n << shift;
}

/* 1,2,4-8,64K */
static void numbers(struct numbers *n, const char *option, const char *text, uint64_t least, uint64_t most)
{
    n->count = 0;
    for (const char *at = text;; at++) {
        uint64_t from = number(&at, option, text), to = from;
        if (*at == '-' && at++)
            to = number(&at, option, text);
        if (from < least || to < from || to > most || to - from >= (uint64_t)(LONGEST - n->count))
            wrong(option, text);
        if (*at && *at != ',')
            wrong(option, text);
        for (uint64_t i = from; i <= to; i++)
            n->list[n->count++] = i;
        if (!*at)
            return;
    }
}

static void one_number(double *out, const char *option, const char *text, double least)
{
    char *end;
    *out = strtod(text, &end);
    if (end == text || *end || !(*out >= least && *out <= 1e12))
        wrong(option, text);
}

static void one_kind(struct settings *s, const char *name)
{
    for (int i = 0; i < KINDS; i++)
        if (!strcmp(kinds[i].name, name)) {
            s->kinds |= 1u << i;
            return;
        }
    wrong("--op", name);
}

static void usage(void)
{
    puts("simulate [--op NAME]... [--ranks N,N-N,...] [--sizes BYTES,...] [--root R] [--ordered]\n"
         "    [--latency US] [--bandwidth GB/S] [--near-latency US] [--near-bandwidth GB/S] [--per-node RANKS]\n"
         "    [--overhead US] [--copy GB/S] [--reduce GB/S] [--most STEPS] [--full]\n"
         "bytes: of the vector; of gather, scatter, allgather and alltoall, of one block\n"
         "--ordered: reductions that do not commute; --near-...: between ranks of a node\n"
         "--full: all ranks go through their steps, even where they all do the same\n"
         "--most: no more steps of all ranks together, 24 bytes each");
}

static void read_options(struct settings *s, int argc, char **argv)
{
    struct {
        const char *name;
        double *value, least;
    } plain[] = {
        {"--latency", &s->latency, 0},           {"--bandwidth", &s->bandwidth, 1e-6},
        {"--near-latency", &s->near_latency, 0}, {"--near-bandwidth", &s->near_bandwidth, 1e-6},
        {"--overhead", &s->overhead, 0},         {"--copy", &s->copy, 1e-6},
        {"--reduce", &s->reduce, 1e-6},          {"--per-node", &s->per_node, 1},
        {"--most", &s->most, 1},                 {"--root", &s->root, 0},
    };
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i], *value = i + 1 < argc ? argv[i + 1] : "";
        unsigned k = 0;
        while (k < sizeof plain / sizeof *plain && strcmp(plain[k].name, name) != 0)
            k++;
        i++;
        if (k < sizeof plain / sizeof *plain)
            one_number(plain[k].value, name, value, plain[k].least);
        else if (!strcmp(name, "--op"))
            one_kind(s, value);
        else if (!strcmp(name, "--ranks"))
            numbers(&s->ranks, name, value, 1, 1u << 24);
        else if (!strcmp(name, "--sizes"))
            numbers(&s->sizes, name, value, 0, (uint64_t)1 << 40);
        else if (i--, !strcmp(name, "--full"))
            s->full = 1;
        else if (!strcmp(name, "--ordered"))
            s->ordered = 1;
        else if (!strcmp(name, "--help"))
            usage(), exit(0);
        else
            usage(), exit(2);
    }
}

static struct sim_model model_of(const struct settings *s)
{
    return (struct sim_model){.near = {s->near_latency * 1e-6, 1e-9 / s->near_bandwidth},
                              .far = {s->latency * 1e-6, 1e-9 / s->bandwidth * (double)(int)s->per_node},
                              .overhead = s->overhead * 1e-6, .copy = 1e-9 / s->copy, .reduce = 1e-9 / s->reduce,
                              .per_node = (int)s->per_node};
}

struct line {
    struct sim_result result;
    uint64_t bytes;
    const char *way;
    int chosen, too_many, failed;
};

static int simulate(const struct settings *s, const struct kind *k, const struct sim_case *c, struct line *line)
{
    static struct sim_steps steps;
    struct sim_model model = model_of(s);
    struct words why;
    unsigned bit = c->op < 0 ? 1 : 1u << c->way;
    int alike = !s->full && model.per_node == 1 && k->alike & bit;
    steps.most = (uint64_t)s->most;
    *line = (struct line){.bytes = sim_bytes(c), .way = c->op < 0 ? "-" : ways[c->way]};
    line->chosen = c->op < 0 || sim_choice(c) == c->way;
    if (sim_build(c, alike ? 1 : c->ranks, &steps)) {
        line->too_many = 1;
        return steps.too_many ? 0 : 1;
    }
    if (!sim_run(&steps, c->ranks, alike, &model, &line->result, &why))
        return 0;
    fprintf(stderr, "simulate: %s, %d ranks, %llu bytes, %s: %s\n", k->name, c->ranks,
            (unsigned long long)c->bytes, line->way, why.s);
    return line->failed = 1;
}

static int print_case(const struct settings *s, const struct kind *k, int ranks, uint64_t bytes)
{
    struct line lines[WAYS];
    double best = 0;
    int n = 0, rc = 0;
    for (int way = 0; way < WAYS; way++) {
        struct sim_case c = {k->kind, bytes, ranks, (int)((uint64_t)s->root % (uint64_t)ranks), !s->ordered, k->op,
                             way};
        if (!(k->ways >> way & 1) || (s->ordered && way == WAY_PAIRS))
            continue;
        rc |= simulate(s, k, &c, &lines[n]);
        if (!lines[n].too_many && !lines[n].failed && (best == 0 || lines[n].result.time < best))
            best = lines[n].result.time;
        n++;
    }
    for (int i = 0; i < n; i++) {
        const struct line *l = &lines[i];
        printf("%9d %12llu  %c %-9s", ranks, (unsigned long long)l->bytes, l->chosen ? '*' : ' ', l->way);
        if (l->too_many || l->failed)
            puts(l->failed ? " wrong" : " more steps than --most");
        else
            printf(" %8d %10llu %15llu %15.2f %9.2f\n", l->result.chain, (unsigned long long)l->result.messages,
                   (unsigned long long)l->result.bytes, l->result.time * 1e6,
                   best > 0 ? l->result.time / best : 1.0);
    }
    return rc;
}

int main(int argc, char **argv)
{
    static struct settings s = {.latency = 1.5, .bandwidth = 12.5, .near_latency = 0.2, .near_bandwidth = 10,
                                .overhead = 0.2, .copy = 10, .reduce = 5, .per_node = 1, .most = 2e7};
    int rc = 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    numbers(&s.ranks, "--ranks", "2,16,128,1000,10000,100000", 1, 100000);
    numbers(&s.sizes, "--sizes", "8,1K,64K,1M,16M", 0, 1u << 30);
    read_options(&s, argc, argv);
    if (!s.kinds)
        s.kinds = ~0u;
    for (int i = 0; i < KINDS; i++) {
        const struct kind *k = &kinds[i];
        if (!(s.kinds >> i & 1))
            continue;
        printf("%s%s\n    ranks        bytes  %c %-9s %8s %10s %15s %15s %9s\n", k->name,
               k->op < 0 ? "" : "; * is the table's choice", ' ', "way", "in a row", "messages", "bytes sent",
               "us", "x fastest");
        for (int r = 0; r < s.ranks.count; r++)
            for (int b = 0; b < (k->sized ? s.sizes.count : 1); b++)
                rc |= print_case(&s, k, (int)s.ranks.list[r], k->sized ? s.sizes.list[b] : 0);
    }
    return rc;
}
