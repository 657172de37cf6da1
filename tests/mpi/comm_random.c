/* Random communicators, overlapping and of both kinds, each held against a model that every rank computes of all of
 * them: SEED STEPS [THREADS]. All ranks walk through the same steps and take part in those that concern them; threads
 * do so independently of each other, each from a duplicate of MPI_COMM_WORLD. */
#include "test.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 32, POOL = 12 };

struct side {
    int n, world[MOST];
};

struct model {
    int used, inter, serial;
    struct side side[2]; /* inter 0: only the first */
    MPI_Comm comm;       /* MPI_COMM_NULL: this process is not in it */
};

struct walk {
    unsigned long seed;
    int steps, serial;
    MPI_Comm base;
    struct model pool[POOL];
    /* started and not waited for: of a communicator that may be freed meanwhile */
    int pending, out[64], in[64], expected[64];
    MPI_Request requests[128];
};

static int rank, size;

static int below(struct walk *w, int n)
{
    w->seed ^= w->seed << 13;
    w->seed ^= w->seed >> 7;
    w->seed ^= w->seed << 17;
    return (int)((w->seed >> 20) % (unsigned long)n);
}

static int find(const struct side *s, int r)
{
    for (int i = 0; i < s->n; i++)
        if (s->world[i] == r)
            return i;
    return -1;
}

/* Which side this process is on; -1: none. */
static int my_side(const struct model *m)
{
    return find(&m->side[0], rank) >= 0 ? 0 : m->inter && find(&m->side[1], rank) >= 0 ? 1 : -1;
}

static void check_group(MPI_Group g, const struct side *s)
{
    int n, all[MOST], ranks[MOST];
    MPI_Group world;
    MPI_Comm_group(MPI_COMM_WORLD, &world);
    MPI_Group_size(g, &n);
    CHECK(n == s->n);
    for (int i = 0; i < s->n; i++)
        ranks[i] = i;
    MPI_Group_translate_ranks(g, s->n, ranks, world, all);
    CHECK(memcmp(all, s->world, (size_t)s->n * sizeof(int)) == 0);
    MPI_Group_free(&world);
    MPI_Group_free(&g);
}

static void wait_pending(struct walk *w)
{
    MPI_Waitall(2 * w->pending, w->requests, MPI_STATUSES_IGNORE);
    for (int i = 0; i < w->pending; i++)
        CHECK(w->in[i] == w->expected[i]);
    w->pending = 0;
}

/* One message to the next and one from the last peer, not waited for. */
static void talk(struct walk *w, const struct model *m)
{
    int side = my_side(m), me, to, from, i = w->pending++;
    const struct side *own = &m->side[side], *peers = &m->side[m->inter ? !side : 0];
    me = find(own, rank);
    /* rank i of a side sends to i mod n of the other; so does the other, and everybody knows who sends to him */
    if (!m->inter) {
        to = (me + 1) % own->n;
        from = (me + own->n - 1) % own->n;
    } else if (me < peers->n && own->n >= 1 && me < own->n) {
        to = from = me;
    } else {
        w->pending--;
        return;
    }
    w->out[i] = rank * 100000 + m->serial;
    w->expected[i] = peers->world[from] * 100000 + m->serial;
    MPI_Irecv(&w->in[i], 1, MPI_INT, m->serial % 2 && !m->inter ? MPI_ANY_SOURCE : from, 1, m->comm,
              &w->requests[2 * i]);
    MPI_Isend(&w->out[i], 1, MPI_INT, to, 1, m->comm, &w->requests[2 * i + 1]);
    if (w->pending == 64)
        wait_pending(w);
}

static void check(struct walk *w, const struct model *m)
{
    int side = my_side(m), n, flag;
    MPI_Group g;
    CHECK((m->comm != MPI_COMM_NULL) == (side >= 0));
    if (side < 0 || m->comm == MPI_COMM_NULL)
        return;
    CHECK(MPI_Comm_rank(m->comm, &n) == MPI_SUCCESS && n == find(&m->side[side], rank));
    CHECK(MPI_Comm_size(m->comm, &n) == MPI_SUCCESS && n == m->side[side].n);
    CHECK(MPI_Comm_test_inter(m->comm, &flag) == MPI_SUCCESS && flag == m->inter);
    MPI_Comm_group(m->comm, &g);
    check_group(g, &m->side[side]);
    if (m->inter) {
        MPI_Comm_remote_group(m->comm, &g);
        check_group(g, &m->side[!side]);
    }
    talk(w, m);
}

static void release(struct model *m)
{
    if (m->comm != MPI_COMM_NULL)
        MPI_Comm_free(&m->comm);
    m->used = 0;
}

/* A place in the pool; what was there is freed. */
static void keep(struct walk *w, const struct model *made)
{
    struct model *m = &w->pool[below(w, POOL)];
    if (m->used)
        release(m);
    *m = *made;
    m->used = 1;
    m->serial = ++w->serial;
    check(w, m);
}

/* Some of a side, in any order. */
static struct side part(struct walk *w, const struct side *s, int least)
{
    struct side p = *s;
    p.n = least + below(w, s->n - least + 1);
    for (int i = 0; i < p.n; i++) {
        int j = i + below(w, s->n - i), r = p.world[i];
        p.world[i] = p.world[j];
        p.world[j] = r;
    }
    return p;
}

static MPI_Group group_of(const struct side *s)
{
    MPI_Group world, g;
    MPI_Comm_group(MPI_COMM_WORLD, &world);
    MPI_Group_incl(world, s->n, s->world, &g);
    MPI_Group_free(&world);
    return g;
}

static void duplicate(struct walk *w, const struct model *m)
{
    struct model made = *m;
    int how = below(w, 3), side = my_side(m);
    MPI_Request r;
    made.comm = MPI_COMM_NULL;
    if (side >= 0 && how == 0) {
        MPI_Comm_dup(m->comm, &made.comm);
    } else if (side >= 0) {
        MPI_Comm_idup(m->comm, &made.comm, &r);
        if (how == 2)
            talk(w, m);
        MPI_Wait(&r, MPI_STATUS_IGNORE);
    }
    keep(w, &made);
}

static void create(struct walk *w, const struct model *m)
{
    struct model made = {.inter = m->inter, .comm = MPI_COMM_NULL};
    int side = my_side(m), by_group = below(w, 2);
    for (int i = 0; i <= m->inter; i++)
        made.side[i] = part(w, &m->side[i], !m->inter);
    if (side >= 0) {
        MPI_Group g = group_of(&made.side[side]);
        if (!m->inter && by_group && my_side(&made) >= 0)
            MPI_Comm_create_group(m->comm, g, w->serial, &made.comm);
        else if (m->inter || !by_group)
            MPI_Comm_create(m->comm, g, &made.comm);
        MPI_Group_free(&g);
    }
    if (made.side[0].n && (!made.inter || made.side[1].n))
        keep(w, &made);
    else
        CHECK(made.comm == MPI_COMM_NULL);
}

static struct side of_color(const struct side *s, const int *colors, const int *keys, int color)
{
    struct side p = {.n = 0};
    for (int key = 0; key < 4; key++)
        for (int i = 0; i < s->n; i++)
            if (colors[s->world[i]] == color && keys[s->world[i]] == key)
                p.world[p.n++] = s->world[i];
    return p;
}

static void split(struct walk *w, const struct model *from)
{
    int colors[MOST], keys[MOST], count = 1 + below(w, 3);
    struct model m = *from; /* its place may be taken by one of the parts */
    MPI_Comm mine = MPI_COMM_NULL;
    for (int i = 0; i < size; i++) {
        colors[i] = below(w, 6) ? below(w, count) : MPI_UNDEFINED;
        keys[i] = below(w, 4);
    }
    if (my_side(&m) >= 0)
        MPI_Comm_split(m.comm, colors[rank], keys[rank], &mine);
    for (int color = 0; color < count; color++) {
        struct model made = {.inter = m.inter, .comm = MPI_COMM_NULL};
        for (int i = 0; i <= m.inter; i++)
            made.side[i] = of_color(&m.side[i], colors, keys, color);
        if (made.side[0].n == 0 || (m.inter && made.side[1].n == 0))
            continue;
        if (my_side(&made) >= 0) {
            made.comm = mine;
            mine = MPI_COMM_NULL;
        }
        keep(w, &made);
    }
    CHECK(mine == MPI_COMM_NULL);
}

static void connect(struct walk *w, const struct model *a, const struct model *b)
{
    struct model made = {.inter = 1, .side = {a->side[0], b->side[0]}, .comm = MPI_COMM_NULL};
    for (int i = 0; i < a->side[0].n; i++)
        if (find(&b->side[0], a->side[0].world[i]) >= 0)
            return;
    int leaders[2] = {below(w, a->side[0].n), below(w, b->side[0].n)}, side = my_side(&made);
    if (side >= 0)
        MPI_Intercomm_create(side ? b->comm : a->comm, leaders[side], w->base, made.side[!side].world[leaders[!side]],
                             w->serial, &made.comm);
    keep(w, &made);
}

static void merge(struct walk *w, const struct model *m)
{
    struct model made = {.inter = 0, .comm = MPI_COMM_NULL};
    int high[2] = {below(w, 2), below(w, 2)}, side = my_side(m);
    int first = high[0] == high[1] ? m->side[0].world[0] > m->side[1].world[0] : high[0];
    if (side >= 0)
        MPI_Intercomm_merge(m->comm, high[side], &made.comm);
    made.side[0] = m->side[first];
    for (int i = 0; i < m->side[!first].n; i++)
        made.side[0].world[made.side[0].n++] = m->side[!first].world[i];
    keep(w, &made);
}

static void step(struct walk *w)
{
    const struct model *m = &w->pool[below(w, POOL)], *n = &w->pool[below(w, POOL)];
    if (!m->used || !n->used) {
        struct model all = {.side[0].n = size};
        for (int i = 0; i < size; i++)
            all.side[0].world[i] = i;
        MPI_Comm_dup(w->base, &all.comm);
        keep(w, &all);
        return;
    }
    switch (below(w, 8)) {
    case 0:
        duplicate(w, m);
        break;
    case 1:
        create(w, m);
        break;
    case 2:
    case 3:
        split(w, m);
        break;
    case 4:
    case 5:
        if (!m->inter && !n->inter)
            connect(w, m, n);
        break;
    case 6:
        if (m->inter)
            merge(w, m);
        break;
    case 7:
        if (below(w, 3) == 0)
            release((struct model *)m);
        else
            check(w, m);
    }
}

static void *walk(void *arg)
{
    struct walk *w = arg;
    for (int i = 0; i < w->steps; i++)
        step(w);
    wait_pending(w);
    for (int i = 0; i < POOL; i++)
        if (w->pool[i].used)
            release(&w->pool[i]);
    return NULL;
}

int main(int argc, char **argv)
{
    enum { THREADS = 8 };
    static struct walk walks[THREADS];
    pthread_t threads[THREADS];
    int seed = argc > 1 ? atoi(argv[1]) : 1, steps = argc > 2 ? atoi(argv[2]) : 200,
        count = argc > 3 ? atoi(argv[3]) : 1, level;
    MPI_Init_thread(&argc, &argv, count > 1 ? MPI_THREAD_MULTIPLE : MPI_THREAD_SINGLE, &level);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    CHECK(size <= MOST && count <= THREADS);
    for (int i = 0; i < count; i++) {
        walks[i].seed = (unsigned long)seed * 1000003 + (unsigned long)i * 77777 + 1;
        walks[i].steps = steps;
        MPI_Comm_dup(MPI_COMM_WORLD, &walks[i].base);
    }
    for (int i = 1; i < count; i++)
        pthread_create(&threads[i], NULL, walk, &walks[i]);
    walk(&walks[0]);
    for (int i = 1; i < count; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < count; i++)
        MPI_Comm_free(&walks[i].base);
    MPI_Finalize();
    return test_end();
}
