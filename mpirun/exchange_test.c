/* Tests of the exchange, and the start of a job on 1000 hosts in one process: guards and agents that are made of the
 * pure parts (the tree, frames and their way, the job as bytes, the exchange), with queues in memory between them. */
#include "mpirun/addrpack.h"
#include "mpirun/exchange.h"
#include "mpirun/grow.h"
#include "mpirun/jobpack.h"
#include "mpirun/nodes.h"
#include "tests/unit.h"

#include <stdio.h>
#include <string.h>

enum { NODES = 1000, RANKS_OF_NODE = 4, RANKS = NODES * RANKS_OF_NODE };

/* ---- the exchange alone ---- */

struct sent {
    int frames;
    uint32_t nodes;
    struct bytes packs;
};

static void keep(void *owner, const void *payload, size_t n)
{
    struct sent *s = owner;
    struct frame_addresses head;
    ck_assert_uint_le(n, FRAME_MAX);
    memcpy(&head, payload, sizeof head);
    s->frames++;
    s->nodes += head.nodes;
    bytes_append(&s->packs, (const char *)payload + sizeof head, n - sizeof head);
}

/* An answer with so many bytes of packs. */
static size_t make_answer(char *to, uint32_t nodes, uint32_t bytes)
{
    uint32_t rest = bytes ? bytes - 4 : 0;
    memcpy(to, &nodes, 4);
    memset(to + 4, 0, bytes);
    if (bytes)
        memcpy(to + 4, &rest, 4);
    return 4 + bytes;
}

START_TEST(first_answers_are_put_together)
{
    struct exchange x;
    struct sent s = {0};
    char text[200];
    exchange_open(&x, 4, 1);
    exchange_without(&x);
    ck_assert_int_eq(exchange_wanted(&x), 1);
    ck_assert_int_eq(exchange_wanted(&x), 0);
    exchange_collect(&x, keep, &s);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(s.frames, 0);
        ck_assert_int_eq(exchange_came(&x, text, make_answer(text, 0, 8), keep, &s, NULL), 0); /* a part */
        ck_assert_int_eq(exchange_came(&x, text, make_answer(text, 1, 16), keep, &s, NULL), 0);
    }
    ck_assert_int_eq(s.frames, 1);
    ck_assert_uint_eq(s.nodes, 4);
    ck_assert_uint_eq(bytes_count(&s.packs), 3 * 24);
    ck_assert_int_eq(exchange_came(&x, text, make_answer(text, 0, 12), keep, &s, NULL), 0); /* later: at once */
    ck_assert_int_eq(s.frames, 2);
    ck_assert_uint_eq(s.nodes, 4);
    bytes_free(&s.packs);
}
END_TEST

START_TEST(nobody_has_ranks)
{
    struct exchange x;
    struct sent s = {0};
    exchange_open(&x, 1, 1);
    exchange_without(&x);
    exchange_collect(&x, keep, &s);
    exchange_collect(&x, keep, &s);
    ck_assert_int_eq(s.frames, 1);
    ck_assert_uint_eq(s.nodes, 1);
    bytes_free(&s.packs);
}
END_TEST

START_TEST(large_ones_are_cut)
{
    static char text[FRAME_MAX];
    struct exchange x;
    struct sent s = {0};
    exchange_open(&x, 100, 0);
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(exchange_came(&x, text, make_answer(text, 1, 30000), keep, &s, NULL), 0);
    ck_assert_int_eq(s.frames, (100 + 7) / 8);
    ck_assert_uint_eq(s.nodes, 1);
    ck_assert_uint_eq(bytes_count(&s.packs), 3000000);
    bytes_free(&s.packs);
}
END_TEST

START_TEST(wrong_answers)
{
    struct exchange x;
    struct sent s = {0};
    struct words why;
    char text[100];
    exchange_open(&x, 2, 0);
    ck_assert_int_eq(exchange_came(&x, text, 3, keep, &s, &why), -1);
    ck_assert_int_eq(exchange_came(&x, text, make_answer(text, 3, 8), keep, &s, &why), -1);
    ck_assert_int_eq(exchange_came(&x, text, make_answer(text, 2, 8) - 1, keep, &s, &why), -1);
    ck_assert_int_eq(exchange_came(&x, text, make_answer(text, 2, 8), keep, &s, &why), 0);
    ck_assert_int_eq(exchange_came(&x, text, make_answer(text, 1, 8), keep, &s, &why), -1);
    ck_assert_msg(strstr(why.s, "more than once") != NULL, "%s", why.s);
    ck_assert_int_eq(s.frames, 1);
    bytes_free(&s.packs);
}
END_TEST

/* ---- 1000 hosts ---- */

/* A guard with its agent, or (up == NULL) the launcher. */
struct host_sim {
    struct host_sim *up;
    uint32_t node, until, depth;
    struct host_sim **below;
    int below_count, has_job, started;
    struct bytes from_above, from_below; /* what has been sent to it */
    struct bytes packed;
    struct exchange exchange;
    uint32_t known; /* addresses that its agent has been told */
};

/* What the whole took. */
struct figures {
    uint32_t frames_at_root, frames, deepest, most_below;
    size_t bytes_at_root, book;
    int rounds;
};

static struct host_sim *hosts;
static struct figures figures;
static struct bytes job_bytes;
static uint32_t fanout;
static int ready_nodes, wants_at_root;

static void send_up(struct host_sim *h, uint32_t node, enum frame_type type, const void *payload, size_t n)
{
    proto_put_for(&h->up->from_below, node, type, 0, 0, payload, n);
}

static void pass_down(struct host_sim *h, const struct frame *head, const char *payload)
{
    for (int i = 0; i < h->below_count; i++)
        if (proto_is_for(head, h->below[i]->node, h->below[i]->until))
            proto_put_for(&h->below[i]->from_above, head->node, head->type, head->flags, 0, payload, head->length);
}

/* As nodes_start does it. */
static void start_below(struct host_sim *h, uint32_t node)
{
    uint32_t count = h->until - node, parts = count < fanout ? count : fanout;
    for (uint32_t i = 0; i < parts; i++) {
        struct host_sim *b = &hosts[nodes_part(node, h->until, parts, i)];
        *b = (struct host_sim){.up = h, .node = nodes_part(node, h->until, parts, i), .depth = h->depth + 1,
                               .until = nodes_part(node, h->until, parts, i + 1)};
        h->below = grow_by_one(h->below, (size_t)h->below_count, sizeof *h->below);
        h->below[h->below_count++] = b;
        struct frame_start start = {.until = b->until};
        proto_put(&b->from_above, FRAME_START, 0, 0, &start, sizeof start);
        for (size_t at = 0; at < bytes_count(&job_bytes); at += FRAME_MAX) {
            size_t rest = bytes_count(&job_bytes) - at;
            proto_put(&b->from_above, FRAME_JOB, rest > FRAME_MAX ? JOB_GOES_ON : 0, 0, bytes_front(&job_bytes) + at,
                      rest > FRAME_MAX ? FRAME_MAX : rest);
        }
    }
    figures.most_below = parts > figures.most_below ? parts : figures.most_below;
}

static void make_address(uint32_t rank, unsigned char *out)
{
    const unsigned char text[16] = {2, 0, (unsigned char)(rank >> 8), (unsigned char)rank, 10, 0, (unsigned char)(rank % NODES)};
    memcpy(out, text, sizeof text);
}

/* The agent's answer: its ranks are node, node + NODES, ... */
static void answer(struct host_sim *h, struct bytes *out)
{
    struct frame_addresses head = {1};
    struct addrpack p;
    unsigned char address[16];
    bytes_append(out, &head, sizeof head);
    addrpack_open(&p, out);
    for (uint32_t rank = h->node; rank < RANKS; rank += NODES) {
        make_address(rank, address);
        addrpack_add(&p, rank, address, sizeof address);
    }
    addrpack_close(&p);
}

static void to_guard_above(void *owner, const void *payload, size_t n)
{
    struct host_sim *h = owner;
    send_up(h, h->node, FRAME_ADDRESSES, payload, n);
}

static void to_all(void *owner, const void *payload, size_t n)
{
    struct frame head = {(uint32_t)n, FRAME_BOOK, 0, 0, FRAME_ALL};
    figures.book += n;
    pass_down(owner, &head, payload);
}

static void check_address(void *owner, uint32_t rank, const void *address, uint32_t size)
{
    struct host_sim *h = owner;
    unsigned char want[16];
    make_address(rank, want);
    if (size != sizeof want || memcmp(address, want, sizeof want) != 0) /* millions: each assertion of Check costs a write */
        ck_abort_msg("node %u was told another address of rank %u", h->node, rank);
    h->known++;
}

static void unpack_job(struct host_sim *h)
{
    struct job job;
    struct words why = {""};
    ck_assert_uint_eq(bytes_count(&h->packed), bytes_count(&job_bytes));
    ck_assert_int_eq(memcmp(bytes_front(&h->packed), bytes_front(&job_bytes), bytes_count(&job_bytes)), 0);
    if (h->node % 50 == 0) { /* the same bytes everywhere: some look inside */
        ck_assert_msg(jobpack_get(bytes_front(&h->packed), bytes_count(&h->packed), &job, &why) == 0, "%s", why.s);
        ck_assert_int_eq(job.hosts.list[h->node].rank_count, RANKS_OF_NODE);
        ck_assert_uint_eq(job.hosts.list[h->node].rank_list[1], h->node + NODES);
        jobpack_free(&job);
    }
    bytes_free(&h->packed);
    h->has_job = 1;
    exchange_open(&h->exchange, h->until - h->node, 1);
    start_below(h, h->node + 1);
    send_up(h, h->node, FRAME_READY, NULL, 0);
}

static void guard_hears(struct host_sim *h, const struct frame *head, const char *payload)
{
    struct frame_start start;
    struct bytes out = {0};
    switch (head->type) {
    case FRAME_START:
        memcpy(&start, payload, sizeof start);
        ck_assert_uint_eq(start.until, h->until);
        return;
    case FRAME_JOB:
        bytes_append(&h->packed, payload, head->length);
        if (!(head->flags & JOB_GOES_ON))
            unpack_job(h);
        return;
    case FRAME_GO:
        ck_assert_int_eq(h->has_job, 1);
        h->started++;
        if (exchange_wanted(&h->exchange)) /* its ranks ask at once */
            send_up(h, h->node, FRAME_WANT_ADDRESSES, NULL, 0);
        break;
    case FRAME_COLLECT:
        exchange_collect(&h->exchange, to_guard_above, h);
        answer(h, &out);
        ck_assert_int_eq(exchange_came(&h->exchange, bytes_front(&out), bytes_count(&out), to_guard_above, h, NULL), 0);
        bytes_free(&out);
        break;
    case FRAME_BOOK:
        ck_assert_int_eq(addrpack_read(payload + 4, head->length - 4, RANKS, check_address, h, NULL), 0);
        break;
    default:
        ck_abort_msg("frame of type %u from above", head->type);
    }
    pass_down(h, head, payload);
}

static void guard_hears_from_below(struct host_sim *h, const struct frame *head, const char *payload)
{
    struct words why = {""};
    if (head->type == FRAME_WANT_ADDRESSES) {
        if (exchange_wanted(&h->exchange))
            send_up(h, head->node, FRAME_WANT_ADDRESSES, NULL, 0);
    } else if (head->type == FRAME_ADDRESSES) {
        ck_assert_msg(exchange_came(&h->exchange, payload, head->length, to_guard_above, h, &why) == 0, "%s", why.s);
    } else {
        send_up(h, head->node, head->type, payload, head->length);
    }
}

static void launcher_hears(struct host_sim *h, const struct frame *head, const char *payload)
{
    struct frame go = {0, FRAME_GO, 0, 0, FRAME_ALL}, collect = {0, FRAME_COLLECT, 0, 0, FRAME_ALL};
    struct words why = {""};
    figures.frames_at_root++;
    figures.bytes_at_root += sizeof *head + head->length;
    if (head->type == FRAME_READY && ++ready_nodes == NODES)
        pass_down(h, &go, NULL);
    if (head->type == FRAME_WANT_ADDRESSES && wants_at_root++ == 0)
        pass_down(h, &collect, NULL);
    if (head->type == FRAME_ADDRESSES)
        ck_assert_msg(exchange_came(&h->exchange, payload, head->length, to_all, h, &why) == 0, "%s", why.s);
}

typedef void hears(struct host_sim *h, const struct frame *head, const char *payload);

/* What has come until now; what that causes comes in the next round. */
static int deliver(struct host_sim *h, struct bytes *from, hears *f)
{
    struct bytes now = *from;
    struct frame head;
    const char *payload;
    struct words why = {""};
    int count = 0, rc;
    *from = (struct bytes){0};
    for (; (rc = proto_peek(&now, &head, &payload, &why)) > 0; count++) {
        f(h, &head, payload);
        bytes_drop(&now, sizeof head + head.length);
    }
    ck_assert_msg(rc == 0 && bytes_count(&now) == 0, "%s", why.s);
    bytes_free(&now);
    figures.frames += (uint32_t)count;
    return count;
}

static void make_job(struct job *job)
{
    static char *program[] = {(char *)"./solver", NULL}, *environment[] = {(char *)"PATH=/bin", NULL};
    static struct app app = {.argv = program, .count = RANKS};
    static char names[NODES][16];
    *job = (struct job){.size = RANKS, .app_count = 1, .apps = &app,
                        .conf = {.fanout = (int)fanout, .detect = 5, .start_timeout = 30}};
    job->hosts.count = NODES;
    job->hosts.list = grow_new(NODES, sizeof *job->hosts.list);
    for (int i = 0; i < NODES; i++) {
        snprintf(names[i], sizeof names[i], "node%04d", i);
        job->hosts.list[i].name = names[i];
    }
    job->placement.places = grow_new(RANKS, sizeof *job->placement.places);
    for (int i = 0; i < RANKS; i++) {
        job->placement.places[i].host = i % NODES;
        job->hosts.list[i % NODES].rank_count++;
    }
    jobpack_number_nodes(job);
    jobpack_put(&job_bytes, job, environment);
    free(job->hosts.list);
    free(job->placement.places);
    free(job->nodes);
}

static void run(uint32_t width)
{
    struct host_sim launcher = {.until = NODES};
    struct job job;
    int moved = 1;
    fanout = width;
    figures = (struct figures){0};
    ready_nodes = wants_at_root = 0;
    hosts = grow_new(NODES, sizeof *hosts);
    make_job(&job);
    exchange_open(&launcher.exchange, NODES, 0);
    start_below(&launcher, 0);
    for (; moved; figures.rounds += moved > 0) {
        moved = 0;
        for (uint32_t i = NODES; i-- > 0;) /* those below first: nothing passes two levels in a round */
            if (hosts[i].up)
                moved += deliver(&hosts[i], &hosts[i].from_above, guard_hears);
        moved += deliver(&launcher, &launcher.from_below, launcher_hears);
        for (uint32_t i = 0; i < NODES; i++)
            if (hosts[i].up)
                moved += deliver(&hosts[i], &hosts[i].from_below, guard_hears_from_below);
    }
    for (uint32_t i = 0; i < NODES; i++) {
        ck_assert_int_eq(hosts[i].started, 1);
        ck_assert_uint_eq(hosts[i].known, RANKS);
        figures.deepest = hosts[i].depth > figures.deepest ? hosts[i].depth : figures.deepest;
        free(hosts[i].below);
    }
    printf("# %d hosts, %d ranks, fan-out %u: depth %u, %d rounds, %u frames (%u at the launcher, %zu KiB), job %zu KiB, "
           "book %zu KiB\n", NODES, RANKS, width, figures.deepest, figures.rounds, figures.frames, figures.frames_at_root,
           figures.bytes_at_root >> 10, bytes_count(&job_bytes) >> 10, figures.book >> 10);
    bytes_free(&job_bytes);
    free(launcher.below);
    free(hosts);
}

/* The depth of the tree: each level has `width` times as many nodes as the one above. */
static uint32_t depth_of(uint32_t width)
{
    uint64_t all = 0, level = 1;
    uint32_t depth = 0;
    while (all < NODES) {
        level *= width;
        all += level;
        depth++;
    }
    return depth;
}

START_TEST(a_thousand_hosts)
{
    static const uint32_t widths[] = {1024, 32, 8, 2};
    uint32_t width = widths[_i];
    run(width);
    ck_assert_uint_le(figures.most_below, width);
    ck_assert_uint_le(figures.deepest, depth_of(width) + (width < NODES)); /* equal parts, so it may be one more */
    ck_assert_int_eq(wants_at_root, width < NODES ? (int)width : NODES);
    /* a READY of each node; of each neighbour one who wants, and one answer */
    ck_assert_uint_eq(figures.frames_at_root, NODES + 2 * (width < NODES ? width : NODES));
    ck_assert_uint_le(figures.book, RANKS * 8 + NODES * 32);
    /* the start, ready, go, want, collect, answers, book: each takes the depth at most */
    ck_assert_int_le(figures.rounds, 7 * (int)figures.deepest + 7);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("exchange");
    TCase *tcase = unit_case(suite, "exchange"), *tree = unit_case(suite, "tree");
    tcase_add_test(tcase, first_answers_are_put_together);
    tcase_add_test(tcase, nobody_has_ranks);
    tcase_add_test(tcase, large_ones_are_cut);
    tcase_add_test(tcase, wrong_answers);
    tcase_add_loop_test(tree, a_thousand_hosts, 0, 4);
    return unit_run(suite);
}
