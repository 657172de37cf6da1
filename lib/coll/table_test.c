/* Tests of the table of algorithms: whatever is asked, a row fits, and it is one for what is asked. */
#include "coll/table.h"

#include "tests/unit.h"

static const uint64_t sizes[] = {0, 1, 128, 129, 1024, 1025, 8192, 8193, 1 << 20, UINT32_MAX, UINT64_MAX};
static const int ranks[] = {1, 2, 3, 4, 5, 7, 8, 9, 1000, 1000000, INT32_MAX};

/* The ways that each operation knows. */
static const unsigned known[TABLE_OPS] = {
    [TABLE_BCAST] = 1 << WAY_TREE | 1 << WAY_SCATTER,
    [TABLE_GATHER] = 1 << WAY_TREE | 1 << WAY_DIRECT,
    [TABLE_ALLGATHER] = 1 << WAY_BRUCK | 1 << WAY_RING,
    [TABLE_ALLTOALL] = 1 << WAY_BRUCK | 1 << WAY_DIRECT,
    [TABLE_REDUCE] = 1 << WAY_TREE | 1 << WAY_HALVING,
    [TABLE_ALLREDUCE] = 1 << WAY_DOUBLING | 1 << WAY_HALVING,
    [TABLE_REDUCE_SCATTER] = 1 << WAY_PAIRS | 1 << WAY_TREE,
};

START_TEST(every_question_has_an_answer)
{
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (unsigned k = 0; k < sizeof ranks / sizeof *ranks; k++)
            for (int commutative = 0; commutative < 2; commutative++)
                ck_assert_uint_ne(known[_i] >> table_choose((enum table_op)_i, sizes[i], ranks[k], commutative) & 1, 0);
}
END_TEST

START_TEST(pairs_are_for_what_commutes)
{
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (unsigned k = 0; k < sizeof ranks / sizeof *ranks; k++)
            ck_assert_int_ne(table_choose(TABLE_REDUCE_SCATTER, sizes[i], ranks[k], 0), WAY_PAIRS);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("table");
    TCase *c = unit_case(s, "table");
    tcase_add_loop_test(c, every_question_has_an_answer, 0, TABLE_OPS);
    tcase_add_test(c, pairs_are_for_what_commutes);
    return unit_run(s);
}
