/* Tests of the numbers of handles. */
#include "base/handle.h"
#include "tests/unit.h"

#include <limits.h>
#include <pthread.h>
#include <string.h>

enum { MANY = 10000, THREADS = 4, ROUNDS = 3000 };

static struct obj objects[MANY];

START_TEST(constants_are_their_own_number)
{
    for (uintptr_t c = 0; c < HANDLE_CONSTANTS; c++) {
        ck_assert(handle_is_constant((void *)c));
        ck_assert_int_eq(handle_to_int((void *)c), (int)c);
        ck_assert_ptr_eq(handle_from_int((int)c), (void *)c);
        ck_assert_ptr_null(handle_object((void *)c, OBJ_INFO));
    }
    ck_assert(!handle_is_constant((void *)(uintptr_t)HANDLE_CONSTANTS));
    ck_assert(!handle_is_constant(&objects[0]));
}
END_TEST

START_TEST(objects_get_a_number_once)
{
    int a = handle_to_int(&objects[0]), b = handle_to_int(&objects[1]);
    ck_assert_int_ge(a, (int)HANDLE_CONSTANTS);
    ck_assert_int_ge(b, (int)HANDLE_CONSTANTS);
    ck_assert_int_ne(a, b);
    ck_assert_int_eq(handle_to_int(&objects[0]), a);
    ck_assert_int_eq(handle_to_int(&objects[1]), b);
    ck_assert_ptr_eq(handle_from_int(a), &objects[0]);
    ck_assert_ptr_eq(handle_from_int(b), &objects[1]);
}
END_TEST

START_TEST(numbers_that_nothing_has)
{
    int a = handle_to_int(&objects[0]);
    static const int odd[] = {-1, -2, -4095, -4096, -4097, INT_MIN, INT_MIN + 1, INT_MIN + 4095,
                              INT_MIN + 4096, INT_MAX};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        ck_assert_ptr_null(handle_from_int(odd[i]));
    for (int i = 1; i < 1000; i++)
        ck_assert_ptr_null(handle_from_int(a + i));
}
END_TEST

START_TEST(before_any_object)
{
    ck_assert_ptr_null(handle_from_int((int)HANDLE_CONSTANTS));
    ck_assert_ptr_null(handle_from_int((int)HANDLE_CONSTANTS + 63));
    handle_forget(&objects[0]); /* never had a number */
    ck_assert_int_eq(objects[0].number, 0);
}
END_TEST

START_TEST(forgotten_numbers_are_used_again)
{
    int n[5];
    for (int i = 0; i < 5; i++)
        n[i] = handle_to_int(&objects[i]);
    handle_forget(&objects[3]);
    handle_forget(&objects[1]);
    ck_assert_ptr_null(handle_from_int(n[1]));
    ck_assert_ptr_null(handle_from_int(n[3]));
    ck_assert_int_eq(objects[1].number, 0);
    int a = handle_to_int(&objects[10]), b = handle_to_int(&objects[11]);
    ck_assert((a == n[1] && b == n[3]) || (a == n[3] && b == n[1]));
    ck_assert_ptr_eq(handle_from_int(a), &objects[10]);
    for (int i = 0; i < 5; i += 2)
        ck_assert_ptr_eq(handle_from_int(n[i]), &objects[i]);
    /* one that comes back gets a number of its own */
    int c = handle_to_int(&objects[1]);
    for (int i = 0; i < 5; i++)
        ck_assert(c != n[i]);
    handle_forget(&objects[1]);
    handle_forget(&objects[1]); /* the second time does nothing */
    ck_assert_ptr_eq(handle_from_int(n[0]), &objects[0]);
}
END_TEST

START_TEST(many_objects)
{
    static unsigned char used[MANY];
    for (int i = 0; i < MANY; i++) {
        int n = handle_to_int(&objects[i]) - (int)HANDLE_CONSTANTS;
        ck_assert_msg(n >= 0 && n < MANY && !used[n], "object %d has the number %d", i, n);
        used[n] = 1;
    }
    for (int i = 0; i < MANY; i++)
        ck_assert_ptr_eq(handle_from_int(objects[i].number), &objects[i]);
    for (int i = 0; i < MANY; i += 2)
        handle_forget(&objects[i]);
    for (int i = 0; i < MANY; i++)
        if (i % 2)
            ck_assert_ptr_eq(handle_from_int(objects[i].number), &objects[i]);
    /* the holes are filled before the table grows */
    for (int i = 0; i < MANY; i += 2)
        ck_assert_int_lt(handle_to_int(&objects[i]), (int)HANDLE_CONSTANTS + MANY);
}
END_TEST

/* Random use against a plain model. */
START_TEST(random_use)
{
    static struct obj *owner[200];
    uint64_t seed = 1;
    for (int round = 0; round < 100000; round++) {
        struct obj *o = &objects[unit_below(&seed, 100)];
        if (unit_below(&seed, 2)) {
            int had = o->number, n = handle_to_int(o);
            ck_assert_int_lt(n - (int)HANDLE_CONSTANTS, 100);
            struct obj **slot = &owner[n - (int)HANDLE_CONSTANTS];
            ck_assert(had ? *slot == o && n == had : !*slot);
            *slot = o;
        } else {
            if (o->number)
                owner[o->number - (int)HANDLE_CONSTANTS] = NULL;
            handle_forget(o);
        }
        int probe = (int)unit_below(&seed, 200);
        ck_assert_ptr_eq(handle_from_int((int)HANDLE_CONSTANTS + probe), owner[probe]);
    }
}
END_TEST

/* The number of failures in one thread; asserts belong to the main one. */
static void *use_handles(void *argument)
{
    struct obj *mine = argument;
    intptr_t wrong = 0;
    uint64_t seed = (uintptr_t)mine;
    for (int round = 0; round < ROUNDS; round++) {
        struct obj *o = &mine[unit_below(&seed, 50)];
        int n = handle_to_int(o);
        wrong += handle_from_int(n) != o || handle_to_int(o) != n;
        if (round % 3 == 0)
            handle_forget(o);
        else
            wrong += handle_from_int(n) != o;
    }
    return (void *)wrong;
}

START_TEST(threads_with_objects_of_their_own)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, use_handles, &objects[i * 50]), 0);
    for (int i = 0; i < THREADS; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        ck_assert_int_eq((intptr_t)wrong, 0);
    }
    for (int i = 0; i < THREADS * 50; i++)
        for (int j = 0; j < i; j++)
            if (objects[i].number && objects[i].number == objects[j].number)
                ck_abort_msg("two objects have the number %d", objects[i].number);
}
END_TEST

static void *ask_once(void *argument)
{
    return (void *)(intptr_t)handle_to_int(argument);
}

/* Threads that ask for the number of one object at the same time get the same. */
START_TEST(threads_and_one_object)
{
    for (int i = 0; i < 200; i++) {
        pthread_t threads[THREADS];
        void *numbers[THREADS];
        for (int t = 0; t < THREADS; t++)
            ck_assert_int_eq(pthread_create(&threads[t], NULL, ask_once, &objects[i]), 0);
        for (int t = 0; t < THREADS; t++)
            pthread_join(threads[t], &numbers[t]);
        for (int t = 0; t < THREADS; t++)
            ck_assert_int_eq((intptr_t)numbers[t], objects[i].number);
    }
}
END_TEST

START_TEST(objects_by_kind)
{
    struct obj o = {.kind = OBJ_INFO};
    ck_assert_ptr_eq(handle_object(&o, OBJ_INFO), &o);
    ck_assert_ptr_null(handle_object(&o, OBJ_COMM));
    ck_assert_ptr_null(handle_object(&o, OBJ_ERRHANDLER));
    o.kind = (enum obj_kind)0;
    ck_assert_ptr_null(handle_object(&o, OBJ_INFO));
    /* an address that no object can have is not looked at */
    ck_assert_ptr_null(handle_object((void *)(uintptr_t)(HANDLE_CONSTANTS + 1), OBJ_INFO));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("handle");
    TCase *numbers = unit_case(suite, "numbers"), *threaded = unit_case(suite, "threads"),
          *kinds = unit_case(suite, "kinds");
    tcase_add_test(numbers, constants_are_their_own_number);
    tcase_add_test(numbers, objects_get_a_number_once);
    tcase_add_test(numbers, numbers_that_nothing_has);
    tcase_add_test(numbers, before_any_object);
    tcase_add_test(numbers, forgotten_numbers_are_used_again);
    tcase_add_test(numbers, many_objects);
    tcase_add_test(numbers, random_use);
    tcase_add_test(threaded, threads_with_objects_of_their_own);
    tcase_add_test(threaded, threads_and_one_object);
    tcase_add_test(kinds, objects_by_kind);
    return unit_run(suite);
}
