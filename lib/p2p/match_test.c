/* Tests of matching, against a model that is nothing but the standard's order: two arrays, one of the receives
 * in the order in which they were posted and one of the messages in the order in which they arrived; the first
 * that fits. */
#include "p2p/match.h"
#include "tests/unit.h"

#include <string.h>

enum { MOST = 6000 };

/* Each entry is there twice: in the queues under test, and as a pointer in the model. */
struct receive {
    struct match_posted p;
    int source, tag;
};
struct message {
    struct match_arrived a;
    int source, tag;
};

static struct match match;
static struct receive *posted[MOST];
static struct message *arrived[MOST];
static int posted_count, arrived_count;

static int fits(int source, int tag, const struct message *m)
{
    return (source == MATCH_ANY_SOURCE || source == m->source) && (tag == MATCH_ANY_TAG || tag == m->tag);
}

static struct receive *model_arrival(const struct message *m)
{
    for (int i = 0; i < posted_count; i++)
        if (fits(posted[i]->source, posted[i]->tag, m))
            return posted[i];
    return NULL;
}

static struct message *model_look(int source, int tag)
{
    for (int i = 0; i < arrived_count; i++)
        if (fits(source, tag, arrived[i]))
            return arrived[i];
    return NULL;
}

static void forget_receive(struct receive *r)
{
    int i = 0;
    while (posted[i] != r)
        i++;
    memmove(&posted[i], &posted[i + 1], (size_t)(--posted_count - i) * sizeof posted[0]);
    free(r);
}

static void forget_message(struct message *m)
{
    int i = 0;
    while (arrived[i] != m)
        i++;
    memmove(&arrived[i], &arrived[i + 1], (size_t)(--arrived_count - i) * sizeof arrived[0]);
    free(m);
}

static void arrive(int source, int tag)
{
    struct message *m = malloc(sizeof *m);
    *m = (struct message){.source = source, .tag = tag};
    struct receive *want = model_arrival(m);
    struct match_posted *got = match_arrival(&match, source, tag);
    ck_assert_ptr_eq(got, want ? &want->p : NULL);
    if (want) {
        ck_assert(list_empty(&want->p.link));
        forget_receive(want);
        free(m);
    } else {
        match_keep(&match, &m->a, source, tag);
        arrived[arrived_count++] = m;
    }
}

static void look(int source, int tag)
{
    struct message *want = model_look(source, tag);
    uint64_t receives, messages;
    ck_assert_ptr_eq(match_look(&match, source, tag), want ? &want->a : NULL);
    match_lengths(&match, &receives, &messages);
    ck_assert_uint_eq(receives, (uint64_t)posted_count);
    ck_assert_uint_eq(messages, (uint64_t)arrived_count);
}

static void post(int source, int tag)
{
    struct message *want = model_look(source, tag);
    struct match_arrived *got = match_look(&match, source, tag);
    ck_assert_ptr_eq(got, want ? &want->a : NULL);
    if (want) {
        ck_assert_int_eq(got->source, want->source);
        ck_assert_int_eq(got->tag, want->tag);
        match_take(&match, got);
        forget_message(want);
        return;
    }
    struct receive *r = malloc(sizeof *r);
    *r = (struct receive){.source = source, .tag = tag};
    match_post(&match, &r->p, source, tag);
    posted[posted_count++] = r;
}

static void begin(void)
{
    match_init(&match);
    posted_count = arrived_count = 0;
}

static void end(void)
{
    while (posted_count) {
        match_withdraw(&match, &posted[0]->p);
        forget_receive(posted[0]);
    }
    while (arrived_count) {
        match_take(&match, &arrived[0]->a);
        forget_message(arrived[0]);
    }
    ck_assert_uint_eq(match.count, 0);
    ck_assert(list_empty(&match.all) && list_empty(&match.wild));
    for (uint32_t i = 0; i <= match.mask; i++)
        ck_assert(list_empty(&match.posted[i]) && list_empty(&match.arrived[i]));
    match_fini(&match);
}

START_TEST(messages_of_one_sender_keep_their_order)
{
    begin();
    arrive(1, 5);
    arrive(1, 6);
    arrive(2, 5);
    arrive(1, 5);
    post(1, 5);
    post(MATCH_ANY_SOURCE, 5);
    post(1, MATCH_ANY_TAG);
    post(MATCH_ANY_SOURCE, MATCH_ANY_TAG);
    ck_assert_int_eq(arrived_count, 0);
    end();
}
END_TEST

START_TEST(receives_keep_their_order)
{
    static const int places[][2] = {
        {3, 7}, {MATCH_ANY_SOURCE, 7}, {3, MATCH_ANY_TAG}, {MATCH_ANY_SOURCE, MATCH_ANY_TAG}};
    for (int order = 0; order < 256; order++) { /* each of the four kinds at each of four places */
        begin();
        for (int i = 0; i < 4; i++)
            post(places[order >> 2 * i & 3][0], places[order >> 2 * i & 3][1]);
        struct match_posted *expected[4];
        for (int i = 0; i < 4; i++)
            expected[i] = &posted[i]->p;
        for (int i = 0; i < 4; i++) { /* all four fit, so they go in the order in which they came */
            ck_assert_ptr_eq(&posted[0]->p, expected[i]);
            arrive(3, 7);
        }
        ck_assert_int_eq(posted_count, 0);
        end();
    }
}
END_TEST

START_TEST(what_was_withdrawn_is_not_found)
{
    begin();
    post(1, 1);
    post(MATCH_ANY_SOURCE, 1);
    post(1, 1);
    match_withdraw(&match, &posted[1]->p);
    forget_receive(posted[1]);
    match_withdraw(&match, &posted[0]->p);
    forget_receive(posted[0]);
    arrive(1, 1);
    ck_assert_int_eq(posted_count, 0);
    arrive(1, 1);
    ck_assert_int_eq(arrived_count, 1);
    end();
}
END_TEST

/* Extreme values, which share bins at will. */
START_TEST(odd_sources_and_tags)
{
    static const int values[] = {0, 1, 63, 64, 65535, 65536, 0x7fffffff, 0x7ffffffe, 0x40000000};
    enum { N = sizeof values / sizeof values[0] };
    begin();
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            arrive(values[i], values[j]);
    for (int i = N; i-- > 0;)
        for (int j = N; j-- > 0;)
            post(values[i], values[j]);
    ck_assert_int_eq(arrived_count, 0);
    ck_assert_int_eq(posted_count, 0);
    end();
}
END_TEST

/* How a run mixes its operations; the queues get as long as the keys are many. */
static const struct mix {
    uint32_t sources, tags, wild; /* wild: one of so many has a wildcard */
    int steps, longest;           /* longest: so many entries must have stood in a queue at some time */
} mixes[] = {
    {1, 1, 4, 60000, 50},
    {2, 3, 5, 100000, 50},
    {5, 20, 20, 150000, 100},
    {64, 64, 200, 150000, 1500},
    {7, 100000, 1000, 150000, 3000},
};

START_TEST(random_operations_as_the_model)
{
    const struct mix *mix = &mixes[_i];
    uint64_t seed = 4100 + (uint64_t)_i;
    /* how likely a message is to come, against a receive: it swings, so that both queues get long */
    uint32_t eager = 50;
    int longest_posted = 0, longest_arrived = 0;
    begin();
    for (int step = 0; step < mix->steps; step++) {
        int source = (int)unit_below(&seed, mix->sources), tag = (int)unit_below(&seed, mix->tags);
        int wanted_source = source, wanted_tag = tag;
        if (step % 15000 == 0)
            eager = step % 30000 ? 15 : 85;
        if (unit_below(&seed, mix->wild) == 0) {
            uint32_t which = unit_below(&seed, 3);
            wanted_source = which == 1 ? source : MATCH_ANY_SOURCE;
            wanted_tag = which == 2 ? tag : MATCH_ANY_TAG;
        }
        uint32_t what = unit_below(&seed, 100);
        if (what < 5 && posted_count) {
            struct receive *r = posted[unit_below(&seed, (uint32_t)posted_count)];
            match_withdraw(&match, &r->p);
            ck_assert(list_empty(&r->p.link));
            forget_receive(r);
        } else if (what < 10) {
            look(wanted_source, wanted_tag);
        } else if (unit_below(&seed, 100) < eager) {
            if (arrived_count < MOST)
                arrive(source, tag);
        } else if (posted_count < MOST) {
            post(wanted_source, wanted_tag);
        }
        longest_posted = posted_count > longest_posted ? posted_count : longest_posted;
        longest_arrived = arrived_count > longest_arrived ? arrived_count : longest_arrived;
    }
    ck_assert_int_ge(longest_posted, mix->longest);
    ck_assert_int_ge(longest_arrived, mix->longest);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("match");
    TCase *rules = unit_case(suite, "rules"), *model = unit_case(suite, "model");
    tcase_add_test(rules, messages_of_one_sender_keep_their_order);
    tcase_add_test(rules, receives_keep_their_order);
    tcase_add_test(rules, what_was_withdrawn_is_not_found);
    tcase_add_test(rules, odd_sources_and_tags);
    tcase_add_loop_test(model, random_operations_as_the_model, 0, sizeof mixes / sizeof mixes[0]);
    return unit_run(suite);
}
