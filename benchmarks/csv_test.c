/* Tests of points as CSV: written and read back; damaged in every way, and read or refused, but never believed. */
#define _GNU_SOURCE
#include "benchmarks/report_test.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static char *to_text(const struct points *points, size_t *length)
{
    char *text = NULL;
    FILE *f = open_memstream(&text, length);
    ck_assert_ptr_nonnull(f);
    csv_write(f, &some_facts, points);
    ck_assert_int_eq(fclose(f), 0);
    return text;
}

/* ---- whole documents ---- */

static int read_text(const char *text, size_t length, struct facts *facts, struct points *points, char *error,
                     size_t room)
{
    FILE *f = fmemopen((void *)(uintptr_t)text, length, "r");
    ck_assert_ptr_nonnull(f);
    int rc = csv_read(f, facts, points, error, room);
    fclose(f);
    return rc;
}

static int near(double a, double b)
{
    return a == b || fabs(a - b) <= 1e-8 * fabs(b);
}

static void same_points(const struct points *a, const struct points *b)
{
    ck_assert_uint_eq(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        const struct point *p = &a->at[i], *q = &b->at[i];
        ck_assert_str_eq(p->test, q->test);
        ck_assert_str_eq(p->variant, q->variant);
        ck_assert_uint_eq(p->bytes, q->bytes);
        ck_assert_int_eq(p->ranks, q->ranks);
        ck_assert_int_eq(p->samples, q->samples);
        ck_assert(near(p->min, q->min) && near(p->median, q->median) && near(p->p99, q->p99) &&
                  near(p->max, q->max));
        ck_assert(near(p->moved, q->moved) && near(p->messages, q->messages) && near(p->floor, q->floor));
        ck_assert(near(p->overlap, q->overlap));
    }
}

/* Between what launchers print before and after, even without a newline at its end. */
START_TEST(csv_comes_back)
{
    struct points points = {0}, back = {0};
    struct facts facts;
    char error[256], *whole = NULL;
    size_t length, whole_length;
    add_all(&points);
    char *text = to_text(&points, &length);
    FILE *f = open_memstream(&whole, &whole_length);
    fputs("launcher: hello\n# godwit: no\n", f);
    for (int i = 0; i < 100000; i++)
        fputc('x', f);
    fwrite("\0\n", 1, 2, f);
    fwrite(text, 1, length, f);
    fputs("bye\n# godwit-bench: not again\npingpong,1", f);
    fclose(f);
    ck_assert_msg(read_text(whole, whole_length, &facts, &back, error, sizeof error) == 0, "%s", error);
    same_points(&back, &points);
    ck_assert_str_eq(facts.version, some_facts.version);
    ck_assert_str_eq(facts.library, some_facts.library);
    ck_assert_str_eq(facts.host, some_facts.host);
    ck_assert_str_eq(facts.cpu, some_facts.cpu);
    ck_assert_str_eq(facts.pinning, some_facts.pinning);
    ck_assert_str_eq(facts.buffers, some_facts.buffers);
    ck_assert_int_eq(facts.pinned, 1);
    ck_assert_int_eq(facts.ranks, some_facts.ranks);
    /* Again: appended. */
    ck_assert_int_eq(read_text(text, length, &facts, &back, error, sizeof error), 0);
    ck_assert_uint_eq(back.count, 2 * points.count);
    /* Without its last end of a line, and with another job behind it. */
    ck_assert_int_eq(read_text(text, length - 1, &facts, &back, error, sizeof error), -1);
    char *two = malloc(2 * length);
    memcpy(two, text, length);
    memcpy(two + length, text, length);
    ck_assert_int_eq(read_text(two, 2 * length, &facts, &back, error, sizeof error), -1);
    ck_assert_ptr_nonnull(strstr(error, "another job"));
    free(two);
    ck_assert_uint_eq(back.count, 2 * points.count);
    free(whole);
    free(text);
    points_free(&points);
    points_free(&back);
}
END_TEST

START_TEST(csv_with_windows_line_ends)
{
    struct points points = {0}, back = {0};
    struct facts facts;
    char error[256], *other = NULL;
    size_t length, other_length;
    add(&points, "pingpong", "", 8, 1e-6);
    char *text = to_text(&points, &length);
    FILE *f = open_memstream(&other, &other_length);
    for (size_t i = 0; i < length; i++)
        fprintf(f, text[i] == '\n' ? "\r%c" : "%c", text[i]);
    fclose(f);
    ck_assert_msg(read_text(other, other_length, &facts, &back, error, sizeof error) == 0, "%s", error);
    same_points(&back, &points);
    free(other);
    free(text);
    points_free(&points);
    points_free(&back);
}
END_TEST

/* Cut off anywhere before its last figure is complete: an error, and nothing is left of it. */
START_TEST(csv_cut_off)
{
    struct points points = {0}, back = {0};
    struct facts facts;
    char error[256];
    size_t length;
    add(&points, "pingpong", "", 8, 1e-6);
    add(&points, "pingpong", "", 16, 2e-6);
    char *text = to_text(&points, &length);
    size_t last_field = (size_t)(strrchr(text, ',') - text) + 1;
    for (size_t cut = 1; cut <= last_field; cut++) {
        error[0] = 0;
        ck_assert_msg(read_text(text, cut, &facts, &back, error, sizeof error) == -1, "cut at %zu", cut);
        ck_assert_uint_eq(back.count, 0);
        ck_assert_int_ne(error[0], 0);
    }
    free(text);
    points_free(&points);
    points_free(&back);
}
END_TEST

/* A whole document around one row. */
static int read_row(const char *row, size_t row_length, char *error, size_t room)
{
    static const char head[] =
        "# godwit-bench: 1\n# mpi: m\n# host: h\n# cpu: c\n# pinning: p\n# buffers: b\n# pinned: no\n"
        "# ranks: 2\n# points: 1\n"
        "test,variant,bytes,ranks,samples,min_us,median_us,p99_us,max_us,moved_bytes,messages,"
        "overlap,floor_us\n";
    struct points points = {0};
    struct facts facts;
    char *text = NULL;
    size_t length;
    FILE *f = open_memstream(&text, &length);
    fwrite(head, 1, sizeof head - 1, f);
    fwrite(row, 1, row_length, f);
    fputc('\n', f);
    fclose(f);
    int rc = read_text(text, length, &facts, &points, error, room);
    ck_assert_uint_eq(points.count, rc == 0);
    free(text);
    points_free(&points);
    return rc;
}

START_TEST(csv_rows_that_are_refused)
{
    static const char *const good[] = {"t,,8,2,10,1,2,3,4,8,1,,0", "t,v,0,1,0,0,0,0,0,0,0,0.5,0",
                                       "\"t\",\"a,\"\"b\"\"\",8,2,10,1e-3,2.5E+1,3,4,8,1,1,0.25",
                                       "123456789012345,1234567890123456789012345678901,0,1,2,1,2,3,4,8,1,,0",
                                       "t,,18446744073709551615,2147483647,9223372036854775807,1,2,3,4,8,1,,0"};
    static const char *const bad[] = {"",
                                      ",,,,,,,,,,,,",
                                      "t",
                                      "t,,8,2,10,1,2,3,4,8,1,",
                                      "t,,8,2,10,1,2,3,4,8,1,,0,",
                                      "t,,8,2,10,1,2,3,4,8,1,,",
                                      ",,8,2,10,1,2,3,4,8,1,,0",
                                      "t,,-8,2,10,1,2,3,4,8,1,,0",
                                      "t,,8,-2,10,1,2,3,4,8,1,,0",
                                      "t,,8,2,10,-1,2,3,4,8,1,,0",
                                      "t,,8,2,10,nan,2,3,4,8,1,,0",
                                      "t,,8,2,10,inf,2,3,4,8,1,,0",
                                      "t,,8,2,10,0x1p3,2,3,4,8,1,,0",
                                      "t,,8,2,10,1e999,2,3,4,8,1,,0",
                                      "t,,8,2,10, 1,2,3,4,8,1,,0",
                                      "t,,8,2,10,1,2,3,4,8,1,1.01,0",
                                      "t,,8,2,10,1,2,3,4,8,1,-1,0",
                                      "t,,8,2,10,1,2,3,4,8,1,,-0.5",
                                      "t,,18446744073709551616,2,10,1,2,3,4,8,1,,0",
                                      "t,,8,2147483648,10,1,2,3,4,8,1,,0",
                                      "t,,8,2,9223372036854775808,1,2,3,4,8,1,,0",
                                      "t,,8.5,2,10,1,2,3,4,8,1,,0",
                                      "t,,,2,10,1,2,3,4,8,1,,0",
                                      "1234567890123456,,8,2,10,1,2,3,4,8,1,,0",
                                      "t,12345678901234567890123456789012,8,2,10,1,2,3,4,8,1,,0",
                                      "\"t,,8,2,10,1,2,3,4,8,1,,0",
                                      "t\",,8,2,10,1,2,3,4,8,1,,0",
                                      "\"t\"x,,8,2,10,1,2,3,4,8,1,,0",
                                      "t,\x01,8,2,10,1,2,3,4,8,1,,0",
                                      "t,,8,2,10,1,2,3,4,8,1,,0e",
                                      "t,,8,0,10,1,2,3,4,8,1,,0",
                                      "t,,8,2,10,1,0.0000001,3,4,8,1,,0",
                                      "t,,8,2,10,1,1.1e15,3,4,8,1,,0",
                                      "t,,8,2,10,1,2,3,4,8,1,,0\nt,,8,2,10,1,2,3,4,8,1,,0",
                                      "t,,8,2,10,1.2.3,2,3,4,8,1,,0",
                                      "t,,8,2,10,1e16,2,3,4,8,1,,0"};
    char error[256], huge[5000];
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        ck_assert_msg(read_row(good[i], strlen(good[i]), error, sizeof error) == 0, "'%s': %s", good[i], error);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(read_row(bad[i], strlen(bad[i]), error, sizeof error) == -1, "'%s' was accepted", bad[i]);
        ck_assert_msg(strstr(error, "line 11") || strstr(error, "line 12") || strstr(error, "after line 10"), "%s", error);
    }
    ck_assert_int_eq(read_row("t,\0,8,2,10,1,2,3,4,8,1,,0", 25, error, sizeof error), -1);
    memset(huge, 'v', sizeof huge);
    memcpy(huge, "t,", 2);
    ck_assert_int_eq(read_row(huge, sizeof huge, error, sizeof error), -1);
}
END_TEST

START_TEST(csv_of_nothing)
{
    struct points points = {0};
    struct facts facts;
    char error[256];
    ck_assert_int_eq(read_text("\n", 1, &facts, &points, error, sizeof error), -1);
    ck_assert_int_eq(read_text("# godwit-bench: 1\n", 18, &facts, &points, error, sizeof error), -1);
    size_t length;
    char *text = to_text(&points, &length);
    ck_assert_int_eq(read_text(text, length, &facts, &points, error, sizeof error), 0);
    ck_assert_uint_eq(points.count, 0);
    free(text);
    points_free(&points);
}
END_TEST

/* Whatever is changed: an answer, a reason with every no, and only figures that are possible with every yes. */
START_TEST(csv_fuzz)
{
    struct points points = {0};
    uint64_t state = 20240229;
    size_t length;
    int accepted = 0, refused = 0;
    add(&points, "pingpong", "", 8, 1e-6);
    add(&points, "modes", "with,comma", 64, 2e-6);
    add(&points, "coll", "barrier", 0, 3e-6);
    char *text = to_text(&points, &length), *copy = malloc(length + 64);
    for (int round = 0; round < 20000; round++) {
        struct points back = {0};
        struct facts facts = {0};
        char error[200] = "";
        size_t now = length;
        memcpy(copy, text, length);
        for (uint32_t changes = 1 + unit_below(&state, 4); changes; changes--) {
            size_t at = unit_below(&state, (uint32_t)now);
            static const char likely[] = "0123456789,\"\n\r.-+eExnif# \0";
            switch (unit_below(&state, 4)) {
            case 0:
                copy[at] = (char)unit_random(&state);
                break;
            case 1:
                copy[at] = likely[unit_below(&state, sizeof likely)];
                break;
            case 2:
                memmove(copy + at, copy + at + 1, now - at - 1);
                now--;
                break;
            default:
                memmove(copy + at + 1, copy + at, now - at);
                copy[at] = likely[unit_below(&state, sizeof likely)];
                now++;
            }
        }
        if (read_text(copy, now, &facts, &back, error, sizeof error) == 0) {
            accepted++;
            for (size_t i = 0; i < back.count; i++) {
                const struct point *p = &back.at[i];
                ck_assert(isfinite(p->min) && isfinite(p->median) && isfinite(p->p99) && isfinite(p->max));
                ck_assert(p->min >= 0 && p->median >= 0 && p->p99 >= 0 && p->max >= 0 && p->floor >= 0);
                ck_assert(p->overlap >= -1 && p->overlap <= 1 && p->ranks >= 0 && p->samples >= 0);
                ck_assert(memchr(p->test, 0, sizeof p->test) && memchr(p->variant, 0, sizeof p->variant));
            }
        } else {
            refused++;
            ck_assert_uint_eq(back.count, 0);
            ck_assert_int_ne(error[0], 0);
        }
        points_free(&back);
    }
    ck_assert_int_gt(accepted, 0);
    ck_assert_int_gt(refused, 0);
    free(copy);
    free(text);
    points_free(&points);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("csv");
    TCase *csv = unit_case(suite, "csv");
    tcase_add_test(csv, csv_comes_back);
    tcase_add_test(csv, csv_with_windows_line_ends);
    tcase_add_test(csv, csv_cut_off);
    tcase_add_test(csv, csv_rows_that_are_refused);
    tcase_add_test(csv, csv_of_nothing);
    tcase_add_test(csv, csv_fuzz);
    return unit_run(suite);
}
