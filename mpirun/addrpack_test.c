/* Tests of addresses as bytes. */
#include "mpirun/addrpack.h"
#include "tests/unit.h"

#include <string.h>

enum { RANKS = 5000 };

struct table {
    uint32_t sizes[RANKS];
    unsigned char bytes[RANKS][NODE_ADDRESS_MAX];
};

static struct table made, got;

static void take(void *owner, uint32_t rank, const void *address, uint32_t size)
{
    struct table *t = owner;
    ck_assert_uint_lt(rank, RANKS);
    ck_assert(size == NODE_ADDRESS_NONE || size <= NODE_ADDRESS_MAX);
    t->sizes[rank] = size;
    if (size != NODE_ADDRESS_NONE)
        memcpy(t->bytes[rank], address, size);
}

static void check_read(struct bytes *b)
{
    struct words why = {""};
    memset(&got, 0, sizeof got);
    ck_assert_msg(addrpack_read(bytes_front(b), bytes_count(b), RANKS, take, &got, &why) == 0, "%s", why.s);
    ck_assert_mem_eq(&got, &made, sizeof made);
}

/* What an address of TCP looks like: family, port, address, eight zeros. */
static void make_sockets(void)
{
    memset(&made, 0, sizeof made);
    for (uint32_t i = 0; i < RANKS; i++) {
        const unsigned char text[16] = {2, 0, (unsigned char)((40000 + 7 * i) >> 8), (unsigned char)(7 * i), 10, 1,
                                        (unsigned char)(i % 50), 9};
        made.sizes[i] = sizeof text;
        memcpy(made.bytes[i], text, sizeof text);
    }
}

/* 50 nodes, ranks dealt out to them in turns, put together as a guard does. */
START_TEST(sockets)
{
    struct bytes b = {0};
    make_sockets();
    for (uint32_t node = 0; node < 50; node++) {
        struct addrpack p;
        addrpack_open(&p, &b);
        for (uint32_t i = node; i < RANKS; i += 50)
            addrpack_add(&p, i, made.bytes[i], made.sizes[i]);
        addrpack_close(&p);
    }
    check_read(&b);
    ck_assert_uint_le(bytes_count(&b), RANKS * 6 + 50 * 32);
    bytes_free(&b);
}
END_TEST

START_TEST(any_bytes)
{
    uint64_t seed = 5;
    struct bytes b = {0};
    struct addrpack p;
    addrpack_open(&p, &b);
    memset(&made, 0, sizeof made);
    for (uint32_t k = 0; k < RANKS; k++) {
        uint32_t i = (k * 37) % RANKS; /* not in order */
        made.sizes[i] = unit_below(&seed, 10) ? unit_below(&seed, NODE_ADDRESS_MAX + 1) : NODE_ADDRESS_NONE;
        for (uint32_t n = 0; made.sizes[i] != NODE_ADDRESS_NONE && n < made.sizes[i]; n++)
            made.bytes[i][n] = (unsigned char)unit_below(&seed, k % 3 ? 2 : 256);
        addrpack_add(&p, i, made.bytes[i], made.sizes[i]);
    }
    addrpack_close(&p);
    check_read(&b);
    /* In parts, each of them complete. */
    size_t n;
    memset(&got, 0, sizeof got);
    int parts = 0;
    for (; bytes_count(&b); bytes_drop(&b, n), parts++) {
        n = addrpack_fit(bytes_front(&b), bytes_count(&b), 100000);
        ck_assert_uint_gt(n, 0);
        ck_assert_int_eq(addrpack_read(bytes_front(&b), n, RANKS, take, &got, NULL), 0);
    }
    ck_assert_int_gt(parts, 3);
    ck_assert_mem_eq(&got, &made, sizeof made);
    bytes_free(&b);
}
END_TEST

static void ignore(void *owner, uint32_t rank, const void *address, uint32_t size)
{
    unsigned char sum = 0;
    (void)owner;
    ck_assert_uint_lt(rank, 100);
    for (uint32_t i = 0; size != NODE_ADDRESS_NONE && i < size; i++)
        sum ^= ((const unsigned char *)address)[i]; /* read, for the sanitizers */
    *(volatile unsigned char *)&sum = sum;
}

START_TEST(random_bytes)
{
    uint64_t seed = 9;
    int results[2] = {0};
    struct bytes b = {0};
    struct addrpack p;
    make_sockets();
    addrpack_open(&p, &b);
    for (uint32_t i = 0; i < 10; i++)
        addrpack_add(&p, 9 * i, made.bytes[i], made.sizes[i]);
    addrpack_close(&p);
    for (int round = 0; round < 100000; round++) {
        size_t n = bytes_count(&b);
        unsigned char *memory = malloc(n);
        memcpy(memory, bytes_front(&b), n);
        for (uint32_t i = 0; i <= unit_below(&seed, 3); i++)
            memory[unit_below(&seed, (uint32_t)n)] = (unsigned char)unit_random(&seed);
        int rc = addrpack_read(memory, n, 100, ignore, NULL, NULL);
        ck_assert_uint_le(addrpack_fit(memory, n, n), n);
        results[rc == 0]++;
        free(memory);
    }
    ck_assert_int_gt(results[0], 0);
    ck_assert_int_gt(results[1], 0);
    for (size_t n = 1; n < bytes_count(&b); n++)
        ck_assert_int_eq(addrpack_read(bytes_front(&b), n, 100, ignore, NULL, NULL), -1);
    bytes_free(&b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("addrpack");
    TCase *tcase = unit_case(suite, "all");
    tcase_add_test(tcase, sockets);
    tcase_add_test(tcase, any_bytes);
    tcase_add_test(tcase, random_bytes);
    return unit_run(suite);
}
