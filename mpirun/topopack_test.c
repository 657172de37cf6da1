/* Tests of tables of cpus as bytes. */
#include "mpirun/topopack.h"
#include "boot/node.h"
#include "tests/unit.h"

#include <stdio.h>
#include <string.h>

static void same(const struct place_cpu *cpus, int count, int usable, size_t most)
{
    struct bytes b = {0};
    struct place_cpu *got;
    struct words why = {""};
    int time = 0;
    topopack_put(&b, cpus, count, usable);
    ck_assert_msg(bytes_count(&b) <= most, "%zu bytes for %d cpus", bytes_count(&b), count);
    ck_assert_msg(topopack_get(bytes_front(&b), bytes_count(&b), &got, &time, &why) == count, "%s", why.s);
    ck_assert_int_eq(time, usable);
    ck_assert_mem_eq(got, cpus, (size_t)count * sizeof *cpus);
    free(got);
    for (size_t n = 0; n < bytes_count(&b); n++) /* cut anywhere, it is none */
        ck_assert_int_eq(topopack_get(bytes_front(&b), n, &got, &time, &why), -1);
    bytes_append(&b, "", 1);
    ck_assert_int_eq(topopack_get(bytes_front(&b), bytes_count(&b), &got, &time, &why), -1);
    bytes_free(&b);
}

/* Two packages of cores with two threads each, as hwloc numbers them; `cores` in each cache. */
static struct place_cpu *machine(int count, int cores)
{
    struct place_cpu *cpus = calloc((size_t)count, sizeof *cpus);
    for (int i = 0; i < count; i++) {
        int core = i / 2;
        cpus[i].os = core + i % 2 * count / 2;
        cpus[i].at[PLACE_HWTHREAD] = i;
        cpus[i].at[PLACE_CORE] = cpus[i].at[PLACE_L1] = cpus[i].at[PLACE_L2] = core;
        cpus[i].at[PLACE_L3] = core / cores;
        cpus[i].at[PLACE_NUMA] = i / (count / 4);
        cpus[i].at[PLACE_PACKAGE] = i / (count / 2);
    }
    return cpus;
}

START_TEST(machines)
{
    static const struct {
        int cpus, cores;
        size_t most;
    } kinds[] = {{4, 1, 80}, {8, 2, 80}, {256, 8, 160}, {384, 6, 160}, {1024, 32, 500}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct place_cpu *cpus = machine(kinds[i].cpus, kinds[i].cores);
        same(cpus, kinds[i].cpus, kinds[i].cpus - 1, kinds[i].most);
        free(cpus);
    }
}
END_TEST

START_TEST(odd_machines)
{
    static const struct place_cpu one = {7, {-1, -1, -1, -1, -1, -1, -1, -1}};
    uint64_t seed = 3;
    same(&one, 1, 1, 40);
    for (int round = 0; round < 300; round++) {
        int count = 1 + (int)unit_below(&seed, 90);
        struct place_cpu *cpus = calloc((size_t)count, sizeof *cpus);
        for (int i = 0; i < count; i++) {
            cpus[i].os = (int32_t)unit_below(&seed, NODE_MAX_CPUS);
            for (int k = 0; k < PLACE_LEVELS; k++)
                cpus[i].at[k] = (int32_t)unit_below(&seed, round % 2 ? 3 : NODE_MAX_CPUS) - 1;
        }
        same(cpus, count, 1 + round, 9 * 5 * 100);
        free(cpus);
    }
}
END_TEST

/* Random bytes, and good ones with a change, in memory of exactly their number. */
START_TEST(random_bytes)
{
    uint64_t seed = 11;
    int results[2] = {0};
    struct place_cpu *cpus = machine(16, 2);
    struct bytes b = {0};
    topopack_put(&b, cpus, 16, 16);
    for (int round = 0; round < 100000; round++) {
        size_t n = round % 2 ? bytes_count(&b) : unit_below(&seed, 60);
        unsigned char *memory = malloc(n + !n);
        for (size_t i = 0; i < n; i++)
            memory[i] = round % 2 ? (unsigned char)bytes_front(&b)[i] : (unsigned char)unit_below(&seed, 8);
        if (round % 2)
            memory[unit_below(&seed, (uint32_t)n)] = (unsigned char)unit_random(&seed);
        struct place_cpu *got;
        struct words why;
        int time, count = topopack_get(memory, n, &got, &time, &why);
        results[count > 0]++;
        ck_assert(count == -1 || count > 0);
        if (count > 0)
            free(got);
        free(memory);
    }
    ck_assert_int_gt(results[0], 0);
    ck_assert_int_gt(results[1], 0);
    bytes_free(&b);
    free(cpus);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("topopack");
    TCase *tcase = unit_case(suite, "all");
    tcase_add_test(tcase, machines);
    tcase_add_test(tcase, odd_machines);
    tcase_add_test(tcase, random_bytes);
    return unit_run(suite);
}
