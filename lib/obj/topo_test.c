/* Tests of topologies: balanced factors against all that there are, and grids against counting. */
#include "obj/topo.h"
#include "tests/unit.h"

#include <limits.h>
#include <string.h>

/* The best by trying all: the smallest in the order of their largest, then second largest ... */
static void try_all(int n, int count, int limit, int *now, int at, int *best, int *found)
{
    if (at == count) {
        if (n == 1 && (!*found || memcmp(now, best, (size_t)count * sizeof *now))) {
            int i = 0;
            while (*found && i < count && now[i] == best[i])
                i++;
            if (!*found || (i < count && now[i] < best[i]))
                memcpy(best, now, (size_t)count * sizeof *now);
            *found = 1;
        }
        return;
    }
    for (int f = 1; f <= n && f <= limit; f++)
        if (n % f == 0) {
            now[at] = f;
            try_all(n / f, count, f, now, at + 1, best, found);
        }
}

START_TEST(factors_are_balanced)
{
    for (int n = 1; n <= 360; n++)
        for (int count = 1; count <= 5; count++) {
            int dims[5] = {0}, now[5], best[5], found = 0;
            try_all(n, count, n, now, 0, best, &found);
            ck_assert_int_eq(topo_dims(n, count, dims), 0);
            for (int i = 0; i < count; i++)
                ck_assert_msg(dims[i] == best[i], "%d in %d: factor %d is %d, not %d", n, count, i, dims[i], best[i]);
        }
}
END_TEST

START_TEST(factors_of_large_numbers)
{
    static const int numbers[] = {INT_MAX, 1 << 30, 223092870, 735134400, 2147483646, 1073741789};
    for (int k = 0; k < 6; k++)
        for (int count = 1; count <= 12; count++) {
            int dims[12] = {0};
            int64_t product = 1;
            ck_assert_int_eq(topo_dims(numbers[k], count, dims), 0);
            for (int i = 0; i < count; i++) {
                product *= dims[i];
                ck_assert(i == 0 || dims[i] <= dims[i - 1]);
            }
            ck_assert_int_eq(product, numbers[k]);
        }
    int dims[40] = {0};
    ck_assert_int_eq(topo_dims(1 << 30, 40, dims), 0);
    ck_assert_int_eq(dims[29], 2);
    ck_assert_int_eq(dims[30], 1);
}
END_TEST

START_TEST(what_is_given_stays)
{
    int a[3] = {0, 3, 0}, b[2] = {5, 0}, c[2] = {2, 3}, d[1] = {-1}, e[2] = {2, 2};
    ck_assert_int_eq(topo_dims(24, 3, a), 0);
    ck_assert_int_eq(a[0], 4);
    ck_assert_int_eq(a[1], 3);
    ck_assert_int_eq(a[2], 2);
    ck_assert_int_eq(topo_dims(24, 2, b), MPI_ERR_DIMS);
    ck_assert_int_eq(topo_dims(6, 2, c), 0);
    ck_assert_int_eq(topo_dims(1, 1, d), MPI_ERR_DIMS);
    ck_assert_int_eq(topo_dims(8, 2, e), MPI_ERR_DIMS);
    ck_assert_int_eq(topo_dims(1, 0, NULL), 0);
    ck_assert_int_eq(topo_dims(2, 0, NULL), MPI_ERR_DIMS);
}
END_TEST

START_TEST(grids_count_in_order)
{
    static const int dims[3] = {3, 4, 5};
    for (int mask = 0; mask < 8; mask++) {
        int periods[3] = {mask & 1, mask & 2, mask & 4}, rank = 0, bad = -1, coords[3];
        struct topo *t = topo_cart(3, dims, periods);
        ck_assert_int_eq(t->size, 60);
        for (int x = 0; x < 3; x++)
            for (int y = 0; y < 4; y++)
                for (int z = 0; z < 5; z++, rank++) {
                    topo_cart_coords(t, rank, 3, coords);
                    ck_assert(coords[0] == x && coords[1] == y && coords[2] == z);
                    ck_assert_int_eq(topo_cart_rank(t, coords, &bad), rank);
                    for (int direction = 0; direction < 3; direction++)
                        for (int disp = -12; disp <= 12; disp++) {
                            int moved[3] = {x, y, z};
                            moved[direction] += disp;
                            int to = topo_cart_rank(t, moved, &bad);
                            ck_assert_int_eq(topo_cart_neighbour(t, rank, direction, disp),
                                             to < 0 ? MPI_PROC_NULL : to);
                            ck_assert(to >= 0 || bad == direction);
                        }
                }
        topo_cart_neighbour(t, 0, 0, INT_MIN);
        topo_cart_neighbour(t, 59, 2, -(int64_t)INT_MIN);
        topo_put(t);
    }
    static const int bad[2] = {3, 0}, huge[2] = {65536, 65536};
    ck_assert_int_eq(topo_cart_size(2, bad), -1);
    ck_assert_int_eq(topo_cart_size(2, huge), -1);
    ck_assert_int_eq(topo_cart_size(0, NULL), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("topo");
    TCase *topo = unit_case(suite, "topo");
    tcase_add_test(topo, factors_are_balanced);
    tcase_add_test(topo, factors_of_large_numbers);
    tcase_add_test(topo, what_is_given_stays);
    tcase_add_test(topo, grids_count_in_order);
    return unit_run(suite);
}
