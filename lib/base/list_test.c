/* Tests of lists: order, both ends, and that taking out twice does no harm. */
#include "base/list.h"
#include "tests/unit.h"

struct item {
    int number;
    struct list link;
};

/* The numbers of a list forward and, in reverse, backward must be these. */
static void expect(const struct list *l, const int *numbers, int count)
{
    int n = 0;
    for (const struct list *i = l->next; i != l; i = i->next, n++) {
        ck_assert_int_lt(n, count);
        ck_assert_int_eq(list_entry(i, struct item, link)->number, numbers[n]);
    }
    ck_assert_int_eq(n, count);
    for (const struct list *i = l->prev; i != l; i = i->prev)
        ck_assert_int_eq(list_entry(i, struct item, link)->number, numbers[--n]);
    ck_assert_int_eq(n, 0);
    ck_assert_int_eq(list_empty(l), count == 0);
}

START_TEST(adds_at_the_end_and_removes_anywhere)
{
    struct list l;
    struct item items[5];
    list_init(&l);
    expect(&l, NULL, 0);
    for (int i = 0; i < 5; i++) {
        items[i].number = i;
        list_add(&l, &items[i].link);
    }
    expect(&l, (int[]){0, 1, 2, 3, 4}, 5);
    list_remove(&items[2].link);
    expect(&l, (int[]){0, 1, 3, 4}, 4);
    list_remove(&items[0].link);
    list_remove(&items[4].link);
    expect(&l, (int[]){1, 3}, 2);
    list_remove(&items[2].link); /* again */
    ck_assert_int_eq(list_empty(&items[2].link), 1);
    expect(&l, (int[]){1, 3}, 2);
    list_add(&l, &items[2].link);
    expect(&l, (int[]){1, 3, 2}, 3);
    list_remove(&items[1].link);
    list_remove(&items[3].link);
    list_remove(&items[2].link);
    expect(&l, NULL, 0);
}
END_TEST

/* Against an array, in which every operation is plain. */
START_TEST(random_operations)
{
    enum { ITEMS = 50 };
    struct list l;
    struct item items[ITEMS];
    int order[ITEMS], count = 0;
    uint64_t seed = 21;
    list_init(&l);
    for (int i = 0; i < ITEMS; i++) {
        items[i].number = i;
        list_init(&items[i].link);
    }
    for (int step = 0; step < 3000; step++) {
        int pick = (int)unit_below(&seed, ITEMS), at = 0;
        while (at < count && order[at] != pick)
            at++;
        if (at == count) {
            ck_assert_int_eq(list_empty(&items[pick].link), 1);
            list_add(&l, &items[pick].link);
            order[count++] = pick;
        } else {
            list_remove(&items[pick].link);
            for (count--; at < count; at++)
                order[at] = order[at + 1];
        }
        expect(&l, order, count);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("list");
    TCase *list = unit_case(suite, "list");
    tcase_add_test(list, adds_at_the_end_and_removes_anywhere);
    tcase_add_test(list, random_operations);
    return unit_run(suite);
}
