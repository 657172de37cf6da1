/* Tests of the node segment: layout, the check of what is mapped, and the wait record under a reader. */
#define _GNU_SOURCE
#include "boot/node.h"
#include "tests/unit.h"
#include "wire/shm_ring.h"

#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

START_TEST(layout_has_room_for_all)
{
    static const uint32_t ranks[] = {1, 2, 3, 7, 8, 1000, NODE_MAX_RANKS - 1, NODE_MAX_RANKS};
    static const uint32_t cpus[] = {0, 1, 2, 3, 16, 65536};
    for (size_t i = 0; i < sizeof ranks / sizeof ranks[0]; i++) {
        uint64_t before = 0;
        for (size_t j = 0; j < sizeof cpus / sizeof cpus[0]; j++) {
            struct node_layout l;
            ck_assert_int_eq(node_lay_out(ranks[i], cpus[j], NULL, &l, NULL), 0);
            ck_assert_uint_ge(l.cpus_at, sizeof(struct node_head));
            ck_assert_uint_eq(l.ranks_at % NODE_PAGE, 0);
            ck_assert_uint_ge(l.ranks_at, l.cpus_at + (uint64_t)cpus[j] * sizeof(struct node_cpu));
            ck_assert_uint_eq(l.cpus_at % _Alignof(struct node_cpu), 0);
            ck_assert_uint_ge(l.room_at, l.ranks_at + (uint64_t)ranks[i] * sizeof(struct node_rank));
            ck_assert_uint_eq(l.room_at % NODE_PAGE, 0);
            ck_assert_uint_ge(l.room_at, l.taken_at + sizeof(struct node_boards) + ranks[i] * sizeof(struct node_member));
            ck_assert_uint_eq(l.taken_at % NODE_LINE, 0);
            ck_assert_uint_ge(l.boards_at, l.room_at + shm_room(ranks[i]));
            ck_assert_uint_eq(l.boards_at % NODE_PAGE, 0);
            ck_assert_uint_eq(l.size % NODE_PAGE, 0);
            ck_assert_uint_lt(l.size, 1ull << 46); /* addresses that a process has on every 64-bit machine */
            ck_assert_uint_ge(l.size, before);
            before = l.size;
        }
    }
}
END_TEST

START_TEST(layout_grows_with_ranks)
{
    struct node_layout l, last = {0};
    for (uint32_t ranks = 1; ranks <= 1000; ranks++) {
        ck_assert_int_eq(node_lay_out(ranks, 4, NULL, &l, NULL), 0);
        ck_assert_uint_ge(l.size, last.size);
        last = l;
    }
    ck_assert_uint_ge(last.size, 1000 * sizeof(struct node_rank));
}
END_TEST

START_TEST(layout_out_of_range)
{
    struct node_layout l = {.ranks_at = 1, .cpus_at = 2, .room_at = 3, .size = 4};
    struct words why;
    ck_assert_int_eq(node_lay_out(0, 1, NULL, &l, &why), -1);
    ck_assert_msg(strstr(why.s, "0 ranks") != NULL, "%s", why.s);
    ck_assert_int_eq(node_lay_out(NODE_MAX_RANKS + 1, 1, NULL, &l, &why), -1);
    ck_assert_msg(strstr(why.s, "16385 ranks") != NULL, "%s", why.s);
    ck_assert_int_eq(node_lay_out(UINT32_MAX, 1, NULL, &l, &why), -1);
    ck_assert_int_eq(node_lay_out(1, NODE_MAX_CPUS + 1, NULL, &l, &why), -1);
    ck_assert_msg(strstr(why.s, "65537 cpus") != NULL, "%s", why.s);
    ck_assert_int_eq(node_lay_out(1, UINT32_MAX, NULL, &l, NULL), -1);
    ck_assert(l.ranks_at == 1 && l.cpus_at == 2 && l.room_at == 3 && l.size == 4);
}
END_TEST

/* The tables of a job on several nodes stand behind the cpus, and before what ranks may write. */
START_TEST(layout_of_several_nodes)
{
    const struct node_world world = {1000, 3, 21}, one = {1000, 1, 7}, bad[] = {
        {NODE_MAX_WORLD + 1, 2, 9}, {10, NODE_MAX_NODES + 1, 1u << 20}, {10, 3, 2}, {10, 2, 513}};
    struct node_layout l, alone;
    struct words why;
    ck_assert_int_eq(node_lay_out(7, 16, &world, &l, NULL), 0);
    ck_assert_int_eq(node_lay_out(7, 16, NULL, &alone, NULL), 0);
    ck_assert_uint_ge(l.node_of_at, l.cpus_at + 16 * sizeof(struct node_cpu));
    ck_assert_uint_eq(l.node_of_at % sizeof(uint32_t), 0);
    ck_assert_uint_ge(l.names_at, l.node_of_at + 4000);
    ck_assert_uint_ge(l.ranks_at, l.names_at + 21);
    ck_assert_uint_eq(l.addresses_at % NODE_PAGE, 0);
    ck_assert_uint_ge(l.addresses_at, l.room_at + shm_room(7));
    ck_assert_uint_ge(l.size, l.addresses_at + 1000 * NODE_ADDRESS);
    ck_assert_int_eq(node_lay_out(7, 16, &one, &l, NULL), 0);
    ck_assert_int_eq(memcmp(&l, &alone, sizeof l), 0); /* one node pays nothing */
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(node_lay_out(7, 16, &bad[i], &l, &why), -1);
        ck_assert_msg(strstr(why.s, "nodes") != NULL, "%s", why.s);
    }
}
END_TEST

/* A good segment, in memory of exactly its size, of which no more is taken than is touched. */
static struct node_head *make_segment(uint32_t ranks, uint32_t cpus)
{
    struct node_layout l;
    ck_assert_int_eq(node_lay_out(ranks, cpus, NULL, &l, NULL), 0);
    struct node_head *head =
        mmap(NULL, l.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ck_assert_ptr_ne(head, MAP_FAILED);
    *head = (struct node_head){.magic = NODE_MAGIC,
                               .version = NODE_VERSION,
                               .head_size = sizeof *head,
                               .size = l.size,
                               .room_at = l.room_at,
                               .world_size = ranks,
                               .node_count = 1,
                               .rank_count = ranks,
                               .addresses_at = l.addresses_at,
                               .taken_at = l.taken_at,
                               .boards_at = l.boards_at,
                               .ranks_at = l.ranks_at,
                               .cpus_at = l.cpus_at,
                               .cpu_room = cpus,
                               .agent_pid = 1,
                               .initial_errhandler = 0x141};
    return head;
}

START_TEST(check_takes_a_good_one)
{
    static const uint32_t ranks[] = {1, 2, 1000, NODE_MAX_RANKS};
    for (int i = 0; i < 4; i++) {
        struct node_head *head = make_segment(ranks[i], 16);
        struct words why = {""};
        ck_assert_msg(node_check(head, head->size, &why) == 0, "%s", why.s);
        ck_assert_ptr_eq(node_rank_at(head, 0), (char *)head + head->ranks_at);
        ck_assert((char *)(node_rank_at(head, ranks[i] - 1) + 1) <= (char *)head + head->size);
        ck_assert_ptr_eq(node_cpus(head), (char *)head + head->cpus_at);
        ck_assert((char *)(node_address_at(head, ranks[i] - 1) + 1) <= (char *)head + head->boards_at);
        ck_assert(node_has_boards(head));
        ck_assert((char *)&node_board_at(head, 0)->members[ranks[i]] <= (char *)head + head->room_at);
        uint64_t slots = (uint64_t)ranks[i] * NODE_BOARD_SLOTS * NODE_BOARD_STRIDE;
        for (uint32_t number = 0; number < NODE_BOARDS; number++) {
            char *next = number + 1 < NODE_BOARDS ? (char *)node_board_at(head, number + 1) : (char *)head + head->size;
            if (number)
                ck_assert((char *)&node_board_at(head, number)->members[ranks[i]] <= node_board_slots(head, number));
            ck_assert(node_board_slots(head, number) >= (char *)head + head->boards_at);
            ck_assert(node_board_slots(head, number) + slots <= next);
            ck_assert_uint_eq((uintptr_t)node_board_slots(head, number) % NODE_PAGE, (uintptr_t)head % NODE_PAGE);
        }
        uint64_t size = head->size;
        head->size = head->boards_at; /* without boards */
        ck_assert_int_eq(node_check(head, head->size, &why), 0);
        ck_assert(!node_has_boards(head));
        munmap(head, size);
    }
}
END_TEST

/* Part of a bigger world: who is where, and what the nodes are called. */
START_TEST(several_nodes)
{
    static const char names[] = "front\0node2\0node3";
    const struct node_world world = {6, 3, sizeof names};
    struct node_layout l;
    ck_assert_int_eq(node_lay_out(2, 4, &world, &l, NULL), 0);
    struct node_head *head =
        mmap(NULL, l.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ck_assert_ptr_ne(head, MAP_FAILED);
    *head = (struct node_head){.magic = NODE_MAGIC, .version = NODE_VERSION, .head_size = sizeof *head, .size = l.size,
                               .room_at = l.room_at, .world_size = 6, .node_count = 3, .node_index = 2, .rank_count = 2,
                               .ranks_at = l.ranks_at, .cpus_at = l.cpus_at, .cpu_room = 4, .node_of_at = l.node_of_at,
                               .names_at = l.names_at, .names_size = sizeof names, .exchange_at = l.exchange_at,
                               .addresses_at = l.addresses_at, .taken_at = l.taken_at, .boards_at = l.boards_at};
    memcpy((char *)head + l.names_at, names, sizeof names);
    for (uint32_t i = 0; i < 6; i++)
        node_of_table(head)[i] = i % 3;
    struct words why = {""};
    ck_assert_msg(node_check(head, head->size, &why) == 0, "%s", why.s);
    ck_assert_uint_eq(node_of_rank(head, 0), 0);
    ck_assert_uint_eq(node_of_rank(head, 5), 2);
    ck_assert_str_eq(node_name(head, 0), "front");
    ck_assert_str_eq(node_name(head, 2), "node3");
    ck_assert_str_eq(node_name(head, 3), "?");
    memset((char *)head + l.names_at, 'x', sizeof names); /* no NUL anywhere */
    ck_assert_str_eq(node_name(head, 0), "?");
    uint32_t *fields[] = {&head->node_of_at, &head->names_at, &head->names_size, &head->node_count};
    for (int i = 0; i < 4; i++) {
        uint32_t was = *fields[i];
        *fields[i] = was == 3 ? 2 : was + 4096;
        if (i < 3) /* the tables of two nodes take as much as those of three */
            ck_assert_int_eq(node_check(head, head->size, NULL), -1);
        *fields[i] = was;
    }
    munmap(head, l.size);
}
END_TEST

static const struct {
    const char *name;
    size_t at, size;
    uint64_t bad[7];
    int count;
} mutations[] = {
    {"magic", offsetof(struct node_head, magic), 8, {0, NODE_MAGIC + 1, NODE_MAGIC << 8, UINT64_MAX}, 4},
    {"version", offsetof(struct node_head, version), 4, {0, NODE_VERSION - 1, NODE_VERSION + 1, UINT32_MAX}, 4},
    {"head_size", offsetof(struct node_head, head_size), 4,
     {0, 64, sizeof(struct node_head) - 1, sizeof(struct node_head) + 8, UINT32_MAX}, 5},
    {"size", offsetof(struct node_head, size), 8, {0, 2048, 4096, 1u << 20, UINT64_MAX}, 5},
    {"room_at", offsetof(struct node_head, room_at), 8, {0, 4096, 1u << 20, UINT64_MAX - 4095, UINT64_MAX}, 5},
    {"taken_at", offsetof(struct node_head, taken_at), 8, {0, 64, 4096, UINT64_MAX}, 4},
    {"boards_at", offsetof(struct node_head, boards_at), 8, {0, 4096, 1u << 20, UINT64_MAX}, 4},
    {"world_size", offsetof(struct node_head, world_size), 4, {0, 3, 1u << 31, UINT32_MAX}, 4},
    {"node_count", offsetof(struct node_head, node_count), 4, {0}, 1},
    {"node_index", offsetof(struct node_head, node_index), 4, {1, 2, UINT32_MAX}, 3},
    {"rank_count", offsetof(struct node_head, rank_count), 4,
     {0, 3, 5, NODE_MAX_RANKS, NODE_MAX_RANKS + 1, UINT32_MAX}, 6},
    {"ranks_at", offsetof(struct node_head, ranks_at), 4, {0, 64, 8192, 1u << 31, UINT32_MAX}, 5},
    {"cpus_at", offsetof(struct node_head, cpus_at), 4, {0, 64, 4096, 1u << 31, UINT32_MAX}, 5},
    {"cpu_room", offsetof(struct node_head, cpu_room), 4, {60000, 65536, 65537, UINT32_MAX}, 4},
};

START_TEST(check_finds_each_wrong_field)
{
    for (int i = 0; i < mutations[_i].count; i++) {
        struct node_head *head = make_segment(4, 16);
        uint64_t size = head->size;
        struct words why = {""};
        if (mutations[_i].size == 8)
            *(uint64_t *)((char *)head + mutations[_i].at) = mutations[_i].bad[i];
        else
            *(uint32_t *)((char *)head + mutations[_i].at) = (uint32_t)mutations[_i].bad[i];
        ck_assert_msg(node_check(head, size, &why) == -1, "%s %llu was taken", mutations[_i].name,
                      (unsigned long long)mutations[_i].bad[i]);
        ck_assert_str_ne(why.s, "");
        ck_assert_int_eq(node_check(head, size, NULL), -1);
        munmap(head, size);
    }
}
END_TEST

START_TEST(check_finds_other_versions)
{
    struct node_head *head = make_segment(1, 0);
    struct words why;
    head->version = 7;
    ck_assert_int_eq(node_check(head, head->size, &why), -1);
    ck_assert_msg(strstr(why.s, "different versions") && strstr(why.s, "7"), "%s", why.s);
    munmap(head, head->size);
}
END_TEST

/* Memory of every smaller size: nothing outside of it is read (the sanitizers see), and it is refused. */
START_TEST(check_of_what_was_cut_off)
{
    struct node_head *head = make_segment(2, 4);
    for (uint64_t size = 0; size < head->size; size += size < 600 ? 1 : size < 20000 ? 97 : 9999991) {
        char *cut = malloc(size + !size);
        memcpy(cut, head, size);
        ck_assert_int_eq(node_check(cut, size, NULL), -1);
        free(cut);
    }
    ck_assert_int_eq(node_check(head, head->size + 1, NULL), -1);
    ck_assert_int_eq(node_check(head, head->size + 4096, NULL), -1);
    munmap(head, head->size);
}
END_TEST

/* Heads with random fields: whatever passes leads nowhere outside. */
START_TEST(check_of_random_heads)
{
    struct node_head *good = make_segment(4, 16), *head = make_segment(4, 16);
    uint64_t seed = 4711, size = good->size;
    int taken = 0;
    for (int round = 0; round < 300000; round++) {
        memcpy(head, good, sizeof *head);
        for (uint32_t changes = unit_below(&seed, 3); changes-- > 0;) {
            uint32_t *field = (uint32_t *)head + unit_below(&seed, offsetof(struct node_head, host) / 4);
            uint32_t kind = unit_below(&seed, 3);
            *field = kind == 0 ? unit_random(&seed) : kind == 1 ? *field ^ 1u << unit_below(&seed, 32)
                                                                : unit_below(&seed, 20);
        }
        if (node_check(head, size, NULL))
            continue;
        taken++;
        char *end = (char *)head + size;
        if ((char *)(node_rank_at(head, head->rank_count - 1) + 1) > end ||
            (char *)(node_cpus(head) + head->cpu_room) > end || head->node_index >= head->node_count ||
            head->rank_count > head->world_size || head->rank_count < 1 || head->world_size > INT_MAX)
            ck_abort_msg("round %d: a head that leads outside was taken", round);
    }
    ck_assert_int_gt(taken, 0);
    ck_assert_int_lt(taken, 300000);
    munmap(good, size);
    munmap(head, size);
}
END_TEST

START_TEST(wait_begin_read_end)
{
    struct node_head *head = make_segment(2, 0);
    struct node_rank *rank = node_rank_at(head, 1);
    struct node_wait w;
    memset(&w, 'x', sizeof w);
    ck_assert_int_eq(node_wait_read(rank, &w), 1);
    ck_assert_str_eq(w.call, ""); /* waits for nothing */
    node_wait_begin(rank, "MPI_Recv", 3, -7, 9, 123456789012345);
    ck_assert_int_eq(node_wait_read(rank, &w), 1);
    ck_assert_str_eq(w.call, "MPI_Recv");
    ck_assert_int_eq(w.peer, 3);
    ck_assert_int_eq(w.tag, -7);
    ck_assert_uint_eq(w.context, 9);
    ck_assert_int_eq(w.since_ns, 123456789012345);
    node_wait_end(rank);
    ck_assert_int_eq(node_wait_read(rank, &w), 1);
    ck_assert_str_eq(w.call, "");
    munmap(head, head->size);
}
END_TEST

START_TEST(wait_with_long_names)
{
    struct node_rank rank = {0};
    struct node_wait w;
    char name[100];
    memset(rank.words, 'g', sizeof rank.words);
    for (size_t len = 30; len < sizeof name; len++) {
        memset(name, 'n', len);
        name[len] = 0;
        node_wait_begin(&rank, name, 0, 0, 0, 0);
        ck_assert_int_eq(node_wait_read(&rank, &w), 1);
        ck_assert_uint_eq(strlen(w.call), len < sizeof w.call ? len : sizeof w.call - 1);
        ck_assert_int_eq(strncmp(w.call, name, strlen(w.call)), 0);
        ck_assert_int_eq(rank.words[0], 'g');
    }
}
END_TEST

/* A rank that died while it wrote, and a name that nothing ends. */
START_TEST(wait_record_is_broken)
{
    struct node_rank rank = {0};
    struct node_wait w;
    atomic_store(&rank.wait.turn, 5);
    ck_assert_int_eq(node_wait_read(&rank, &w), 0);
    atomic_store(&rank.wait.turn, 6);
    memset(rank.wait.call, 'n', sizeof rank.wait.call);
    ck_assert_int_eq(node_wait_read(&rank, &w), 1);
    ck_assert_uint_eq(strlen(w.call), sizeof w.call - 1);
    atomic_store(&rank.wait.turn, UINT32_MAX - 1); /* the count runs over */
    node_wait_begin(&rank, "MPI_Send", 1, 2, 3, 4);
    ck_assert_int_eq(node_wait_read(&rank, &w), 1);
    ck_assert_str_eq(w.call, "MPI_Send");
}
END_TEST

static struct node_rank shared;
static _Atomic int stop;

/* Every field of a record comes from one counter. */
static void *write_records(void *unused)
{
    for (uint32_t n = 1; !atomic_load_explicit(&stop, memory_order_relaxed); n++) {
        char call[40];
        snprintf(call, sizeof call, "%0*u", n % 2 ? 10 : 38, n);
        node_wait_begin(&shared, call, (int)n, (int)~n, n * 3, (int64_t)n << 20);
        for (volatile int i = 0; i < 200; i++)
            ;
        if (n % 64 == 0)
            sched_yield(); /* on one cpu the reader has to get its turn while there is something to read */
        node_wait_end(&shared);
    }
    return unused;
}

START_TEST(wait_under_a_reader)
{
    enum { WANTED = 500000 };
    pthread_t writer;
    uint32_t last = 0;
    int different = 0, whole = 0;
    ck_assert_int_eq(pthread_create(&writer, NULL, write_records, NULL), 0);
    while (whole < WANTED || different < 10) { /* the limit of the test case ends it when no record is ever new */
        struct node_wait w;
        if (!node_wait_read(&shared, &w) || !w.call[0]) {
            sched_yield();
            continue;
        }
        uint32_t n = w.context / 3;
        char call[40];
        snprintf(call, sizeof call, "%0*u", n % 2 ? 10 : 38, n);
        if (w.peer != (int)n || w.tag != (int)~n || w.since_ns != (int64_t)n << 20 || strcmp(w.call, call) != 0)
            ck_abort_msg("torn: peer %d, tag %d, context %u, since %lld, %s", w.peer, w.tag, w.context,
                         (long long)w.since_ns, w.call);
        if (n < last)
            ck_abort_msg("an older record, %u after %u", n, last);
        different += n != last;
        last = n;
        whole++;
    }
    atomic_store(&stop, 1);
    pthread_join(writer, NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("node");
    TCase *layout = unit_case(suite, "layout"), *check = unit_case(suite, "check"), *wait = unit_case(suite, "wait");
    tcase_add_test(layout, layout_has_room_for_all);
    tcase_add_test(layout, layout_grows_with_ranks);
    tcase_add_test(layout, layout_out_of_range);
    tcase_add_test(layout, layout_of_several_nodes);
    tcase_add_test(layout, several_nodes);
    tcase_add_test(check, check_takes_a_good_one);
    tcase_add_loop_test(check, check_finds_each_wrong_field, 0, sizeof mutations / sizeof mutations[0]);
    tcase_add_test(check, check_finds_other_versions);
    tcase_add_test(check, check_of_what_was_cut_off);
    tcase_add_test(check, check_of_random_heads);
    tcase_add_test(wait, wait_begin_read_end);
    tcase_add_test(wait, wait_with_long_names);
    tcase_add_test(wait, wait_record_is_broken);
    tcase_add_test(wait, wait_under_a_reader);
    return unit_run(suite);
}
