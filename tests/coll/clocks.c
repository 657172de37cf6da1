/* A clock for each rank goes through its steps. A message leaves when its sender has come to it and what was sent
 * before is out, takes the latency, and comes in through the receiver's one door, byte by byte, after what came
 * before. There is no common clock: a rank goes on until it waits for a message that has not been sent, and is
 * taken up again by whoever sends it. */
#include "tests/coll/sim.h"

#include "base/words.h"

#include <stdlib.h>
#include <string.h>

struct message {
    int32_t source, dest, chain;
    uint32_t next; /* in its bucket, or of those unused */
    uint64_t bytes;
    double head; /* when its first byte is there */
};

struct rank {
    uint64_t next, block, seen; /* steps: the next; the first since a wait; receives before it have come */
    double now, out, in;        /* its clock; when its doors are free */
    int waits_for;              /* the source of a message that has not been sent; -1 */
    int chain;
    uint64_t messages, bytes;
};

struct sim {
    const struct sim_steps *steps;
    const struct sim_model *model;
    int ranks, alike;
    struct rank *rank;
    int *ready;
    int ready_count;
    struct message *pool;
    uint32_t pool_count, pool_room, unused, buckets, *bucket;
    uint64_t under_way;
    struct coming { double head, took; } *coming; /* those of one wait */
    uint64_t coming_room;
    struct words *why;
};

static uint32_t *bucket_of(struct sim *s, int source, int dest)
{
    uint64_t key = ((uint64_t)(uint32_t)source << 32 | (uint32_t)dest) * 0x9e3779b97f4a7c15;
    return &s->bucket[key >> 32 & (s->buckets - 1)];
}

static int no_memory(struct sim *s)
{
    return words_set(s->why, "no memory for %u messages", s->pool_room);
}

/* Behind all others of the same two. */
static int message_put(struct sim *s, struct message m)
{
    uint32_t i = s->unused;
    if (i) {
        s->unused = s->pool[i].next;
    } else {
        if (s->pool_count == s->pool_room) {
            size_t room = 2 * (size_t)s->pool_room;
            void *grown = room <= UINT32_MAX ? realloc(s->pool, room * sizeof m) : NULL;
            if (!grown)
                return no_memory(s);
            s->pool = grown;
            s->pool_room *= 2;
        }
        i = s->pool_count++;
    }
    uint32_t *at = bucket_of(s, m.source, m.dest);
    while (*at)
        at = &s->pool[*at].next;
    m.next = 0;
    s->pool[i] = m;
    *at = i;
    s->under_way++;
    return 0;
}

static const struct message *message_take(struct sim *s, int source, int dest)
{
    for (uint32_t *at = bucket_of(s, source, dest); *at; at = &s->pool[*at].next) {
        uint32_t i = *at;
        struct message *m = &s->pool[i];
        if (m->source != source || m->dest != dest)
            continue;
        *at = m->next;
        m->next = s->unused;
        s->unused = i;
        s->under_way--;
        return m;
    }
    return NULL;
}

static struct sim_link link_of(const struct sim *s, int a, int b)
{
    int n = s->model->per_node;
    return a / n == b / n ? s->model->near : s->model->far;
}

static int send(struct sim *s, int r, const struct sim_step *step)
{
    struct rank *me = &s->rank[r];
    struct sim_link link = link_of(s, r, step->peer);
    me->now += s->model->overhead;
    double start = me->now > me->out ? me->now : me->out;
    me->out = start + (double)step->bytes * link.byte;
    me->messages++;
    me->bytes += step->bytes;
    /* Where all are alike, what comes from as far before me as this goes behind me leaves there just now. */
    int source = s->alike ? (s->ranks - step->peer) % s->ranks : r, dest = s->alike ? 0 : step->peer;
    struct message m = {source, dest, me->chain + 1, 0, step->bytes, start + link.latency};
    if (message_put(s, m))
        return -1;
    if (dest != r && s->rank[dest].waits_for == r) {
        s->rank[dest].waits_for = -1;
        s->ready[s->ready_count++] = dest;
    }
    return 0;
}

static int by_head(const void *a, const void *b)
{
    double x = ((const struct coming *)a)->head, y = ((const struct coming *)b)->head;
    return (x > y) - (x < y);
}

static int coming_add(struct sim *s, uint64_t n, double head, double took)
{
    if (n == s->coming_room) {
        void *grown = realloc(s->coming, 2 * s->coming_room * sizeof *s->coming);
        if (!grown)
            return no_memory(s);
        s->coming = grown;
        s->coming_room *= 2;
    }
    s->coming[n] = (struct coming){head, took};
    return 0;
}

/* Until all that was begun is over. 1: something has not been sent yet. */
static int wait_for_all(struct sim *s, int r)
{
    struct rank *me = &s->rank[r];
    struct sim_step *list = s->steps->list;
    uint64_t n = 0;
    for (; me->seen < me->next; me->seen++) {
        struct sim_step *step = &list[me->seen];
        if (step->kind != SIM_RECV)
            continue;
        const struct message *m = message_take(s, step->peer, r);
        if (!m) {
            me->waits_for = step->peer;
            return 1;
        }
        if (m->bytes != step->bytes)
            return words_set(s->why, "rank %d waits for %llu bytes of rank %d, which sends %llu", r,
                             (unsigned long long)step->bytes, step->peer, (unsigned long long)m->bytes);
        step->head = m->head;
        me->chain = m->chain > me->chain ? m->chain : me->chain;
        me->messages++;
    }
    for (uint64_t i = me->block; i < me->next; i++)
        if (list[i].kind == SIM_RECV &&
            coming_add(s, n++, list[i].head, (double)list[i].bytes * link_of(s, r, list[i].peer).byte))
            return -1;
    qsort(s->coming, n, sizeof *s->coming, by_head);
    for (uint64_t i = 0; i < n; i++) {
        me->in = (me->in > s->coming[i].head ? me->in : s->coming[i].head) + s->coming[i].took;
        me->now = (me->now > me->in ? me->now : me->in) + s->model->overhead;
    }
    me->now = me->now > me->out ? me->now : me->out;
    me->block = me->seen = me->next;
    return 0;
}

/* As far as it goes. */
static int go_on(struct sim *s, int r)
{
    struct rank *me = &s->rank[r];
    uint64_t end = s->steps->from[r + 1];
    for (;;) {
        const struct sim_step *step = &s->steps->list[me->next];
        if (me->next == end || step->kind == SIM_WAIT) {
            int rc = wait_for_all(s, r);
            if (rc)
                return rc < 0 ? -1 : 0;
            if (me->next == end)
                return 0;
        } else if (step->kind == SIM_SEND) {
            if (send(s, r, step))
                return -1;
        } else if (step->kind != SIM_RECV) {
            me->now += (double)step->bytes * (step->kind == SIM_COPY ? s->model->copy : s->model->reduce);
        }
        me->next++;
    }
}

static int go_all(struct sim *s, int own)
{
    for (int r = 0; r < own; r++) {
        struct rank *me = &s->rank[r];
        me->next = me->block = me->seen = s->steps->from[r];
        me->waits_for = -1;
    }
    for (int r = 0; r < own; r++) {
        if (go_on(s, r))
            return -1;
        while (s->ready_count)
            if (go_on(s, s->ready[--s->ready_count]))
                return -1;
    }
    for (int r = 0; r < own; r++)
        if (s->rank[r].waits_for >= 0)
            return words_set(s->why, "rank %d waits for a message of rank %d, which never sends it", r,
                             s->rank[r].waits_for);
    if (s->under_way)
        return words_set(s->why, "%llu messages are sent that nobody receives", (unsigned long long)s->under_way);
    return 0;
}

int sim_run(const struct sim_steps *steps, int ranks, int alike, const struct sim_model *model,
            struct sim_result *result, struct words *why)
{
    int own = alike ? 1 : ranks, rc;
    struct sim s = {.steps = steps, .model = model, .ranks = ranks, .alike = alike, .why = why, .buckets = 1024,
                    .pool_room = 1024, .pool_count = 1, .coming_room = 64};
    while (s.buckets < (uint32_t)ranks * 2)
        s.buckets *= 2;
    s.rank = calloc((size_t)own, sizeof *s.rank);
    s.ready = malloc((size_t)ranks * sizeof *s.ready);
    s.pool = malloc(s.pool_room * sizeof *s.pool);
    s.bucket = calloc(s.buckets, sizeof *s.bucket);
    s.coming = malloc(s.coming_room * sizeof *s.coming);
    if (s.rank && s.ready && s.pool && s.bucket && s.coming)
        rc = go_all(&s, own);
    else
        rc = no_memory(&s);
    *result = (struct sim_result){0};
    for (int r = 0; !rc && r < own; r++) {
        const struct rank *me = &s.rank[r];
        result->time = me->now > result->time ? me->now : result->time;
        result->chain = me->chain > result->chain ? me->chain : result->chain;
        result->messages = me->messages > result->messages ? me->messages : result->messages;
        result->bytes = me->bytes > result->bytes ? me->bytes : result->bytes;
    }
    free(s.rank), free(s.ready), free(s.pool), free(s.bucket), free(s.coming);
    return rc;
}
