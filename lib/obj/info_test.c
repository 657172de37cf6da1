/* Tests of info objects. */
#include "obj/info.h"
#include "tests/unit.h"

#include <stdio.h>
#include <string.h>

START_TEST(new_is_empty)
{
    struct info *info = info_new();
    ck_assert_ptr_nonnull(info);
    ck_assert_int_eq(info->count, 0);
    ck_assert_ptr_null(info_get(info, "key"));
    ck_assert_ptr_null(info_get(info, ""));
    ck_assert_int_eq(info_delete(info, "key"), MPI_ERR_INFO_NOKEY);
    ck_assert_ptr_eq(info_of((MPI_Info)info), info);
    info_free(info);
}
END_TEST

START_TEST(set_get_delete)
{
    struct info *info = info_new();
    ck_assert_int_eq(info_set(info, "colour", "red"), 0);
    ck_assert_int_eq(info_set(info, "Colour", "blue"), 0);
    ck_assert_int_eq(info_set(info, "empty", ""), 0);
    ck_assert_str_eq(info_get(info, "colour"), "red");
    ck_assert_str_eq(info_get(info, "Colour"), "blue");
    ck_assert_str_eq(info_get(info, "empty"), "");
    ck_assert_ptr_null(info_get(info, "colou"));
    ck_assert_ptr_null(info_get(info, "colours"));
    ck_assert_int_eq(info_delete(info, "colour"), 0);
    ck_assert_ptr_null(info_get(info, "colour"));
    ck_assert_int_eq(info_delete(info, "colour"), MPI_ERR_INFO_NOKEY);
    ck_assert_str_eq(info_get(info, "Colour"), "blue");
    ck_assert_int_eq(info->count, 2);
    info_free(info);
}
END_TEST

START_TEST(set_replaces_in_place)
{
    struct info *info = info_new();
    info_set(info, "a", "1");
    info_set(info, "b", "2");
    ck_assert_int_eq(info_set(info, "a", "a much longer value than before"), 0);
    ck_assert_int_eq(info->count, 2);
    ck_assert_str_eq(info->pairs[0].key, "a");
    ck_assert_str_eq(info_get(info, "a"), "a much longer value than before");
    /* a value that is the info's own */
    ck_assert_int_eq(info_set(info, "a", info_get(info, "a")), 0);
    ck_assert_str_eq(info_get(info, "a"), "a much longer value than before");
    ck_assert_int_eq(info_set(info, "c", info_get(info, "b")), 0);
    ck_assert_str_eq(info_get(info, "c"), "2");
    info_free(info);
}
END_TEST

START_TEST(texts_are_copied)
{
    struct info *info = info_new();
    char key[8] = "key", value[8] = "value";
    info_set(info, key, value);
    strcpy(key, "xxx");
    strcpy(value, "yyy");
    ck_assert_str_eq(info_get(info, "key"), "value");
    info_free(info);
}
END_TEST

/* The order is that of the first set, also after deletions at both ends and in the middle. */
START_TEST(order_is_kept)
{
    struct info *info = info_new();
    char key[16];
    for (int i = 0; i < 100; i++) {
        snprintf(key, sizeof key, "key%d", i);
        ck_assert_int_eq(info_set(info, key, key + 3), 0);
    }
    for (int i = 0; i < 100; i += 3) { /* 0 and 99 are among them */
        snprintf(key, sizeof key, "key%d", i);
        ck_assert_int_eq(info_delete(info, key), 0);
    }
    ck_assert_int_eq(info->count, 66);
    int at = 0;
    for (int i = 0; i < 100; i++) {
        snprintf(key, sizeof key, "key%d", i);
        if (i % 3 == 0) {
            ck_assert_ptr_null(info_get(info, key));
            continue;
        }
        ck_assert_str_eq(info->pairs[at].key, key);
        ck_assert_str_eq(info->pairs[at++].value, key + 3);
    }
    info_set(info, "key0", "again");
    ck_assert_str_eq(info->pairs[66].key, "key0");
    while (info->count)
        ck_assert_int_eq(info_delete(info, info->pairs[info->count / 2].key), 0);
    ck_assert_int_eq(info_set(info, "key", "value"), 0);
    ck_assert_str_eq(info_get(info, "key"), "value");
    info_free(info);
}
END_TEST

START_TEST(dup_is_a_deep_copy)
{
    struct info *info = info_new(), *copy;
    char key[16];
    for (int i = 0; i < 20; i++) {
        snprintf(key, sizeof key, "k%d", i);
        info_set(info, key, "old");
    }
    handle_to_int(info);
    copy = info_dup(info);
    ck_assert_ptr_nonnull(copy);
    ck_assert_int_eq(copy->obj.number, 0); /* the number is not copied */
    ck_assert_int_eq(copy->count, 20);
    for (int i = 0; i < 20; i++) {
        ck_assert_str_eq(copy->pairs[i].key, info->pairs[i].key);
        ck_assert_ptr_ne(copy->pairs[i].value, info->pairs[i].value);
    }
    info_set(info, "k3", "new");
    info_delete(info, "k4");
    ck_assert_str_eq(info_get(copy, "k3"), "old");
    ck_assert_str_eq(info_get(copy, "k4"), "old");
    info_free(info);
    ck_assert_str_eq(info_get(copy, "k19"), "old");
    info_free(copy);
    info = info_new();
    copy = info_dup(info);
    ck_assert_int_eq(copy->count, 0);
    info_free(info);
    info_free(copy);
}
END_TEST

START_TEST(free_gives_the_number_back)
{
    struct info *info = info_new();
    int number = handle_to_int(info);
    ck_assert_ptr_eq(handle_from_int(number), info);
    info_free(info);
    ck_assert_ptr_null(handle_from_int(number));
}
END_TEST

START_TEST(handles)
{
    struct obj other = {.kind = OBJ_COMM};
    ck_assert_ptr_eq(info_of(MPI_INFO_ENV), &info_env);
    ck_assert_ptr_null(info_of(MPI_INFO_NULL));
    ck_assert_ptr_null(info_of((MPI_Info)(uintptr_t)MPI_COMM_WORLD));
    ck_assert_ptr_null(info_of((MPI_Info)&other));
    ck_assert_ptr_null(info_of(NULL));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("info");
    TCase *pairs = unit_case(suite, "pairs"), *objects = unit_case(suite, "objects");
    tcase_add_test(pairs, new_is_empty);
    tcase_add_test(pairs, set_get_delete);
    tcase_add_test(pairs, set_replaces_in_place);
    tcase_add_test(pairs, texts_are_copied);
    tcase_add_test(pairs, order_is_kept);
    tcase_add_test(objects, dup_is_a_deep_copy);
    tcase_add_test(objects, free_gives_the_number_back);
    tcase_add_test(objects, handles);
    return unit_run(suite);
}
