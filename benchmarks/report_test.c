/* Tests of what godwit-bench writes: quantities, the table, JSON and files. CSV: csv_test.c. */
#define _GNU_SOURCE
#include "benchmarks/kind.h"
#include "benchmarks/report_test.h"
#include "benchmarks/stats.h"

#include <dirent.h>
#include <fcntl.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- quantities ---- */

static void bytes_are(size_t bytes, const char *expected)
{
    char text[QUANTITY];
    ck_assert_str_eq(quantity_bytes(text, bytes), expected);
}

START_TEST(sizes_are_exact)
{
    bytes_are(0, "0 B");
    bytes_are(8, "8 B");
    bytes_are(1000, "1000 B");
    bytes_are(1023, "1023 B");
    bytes_are(1024, "1 KiB");
    bytes_are(1536, "1536 B");
    bytes_are(64 << 10, "64 KiB");
    bytes_are(1 << 20, "1 MiB");
    bytes_are((1 << 20) + 1, "1048577 B");
    bytes_are((size_t)3 << 30, "3 GiB");
    bytes_are((size_t)1 << 60, "1 EiB");
    bytes_are(999999999, "999999999 B");
    bytes_are(1000000001, "954 MiB");
    bytes_are(SIZE_MAX, "16 EiB");
}
END_TEST

/* A row has the unit of its median, as long as that can be read. */
START_TEST(times_of_a_row)
{
    static const struct {
        double seconds, like;
        const char *text;
    } expected[] = {{18e-9, 3.4e-9, "18.0 ns"},    {3.4e-9, 20e-9, "0.003 us"}, {2.13e-3, 111e-6, "2130 us"},
                    {0.2, 111e-6, "200 ms"},        {0.5e-6, 1.2e-3, "0.500 us"}, {0.8e-3, 1.2e-3, "0.800 ms"},
                    {1.5e-6, 0.3e-6, "1.50 us"},    {1e-6, 0, "1.00 us"},         {0, 1e-6, "-"}};
    char text[QUANTITY];
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        ck_assert_str_eq(quantity_time_as(text, expected[i].seconds, expected[i].like), expected[i].text);
}
END_TEST

START_TEST(how_many_times)
{
    static const struct {
        double times;
        const char *text;
    } expected[] = {{1.456, "1.46x"}, {28.44, "28.4x"}, {459.4, "459x"}, {0.04, "0.04x"}, {0.004, "0.004x"},
                    {1e-9, "<0.001x"}, {1e9, ">99999x"}, {0, "-"}, {NAN, "-"}};
    char text[QUANTITY];
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        ck_assert_str_eq(quantity_times(text, expected[i].times), expected[i].text);
}
END_TEST

/* ---- words ---- */

START_TEST(libraries)
{
    static const char *const expected[][2] = {{"Open MPI v6.0.0rc2", "Open MPI 6.0.0rc2"},
                                              {"Open MPI v6.0.0, package: x", "Open MPI 6.0.0"},
                                              {"MPICH Version:      5.0.2", "MPICH 5.0.2"},
                                              {"Godwit 0.1.0 (x)", "Godwit 0.1.0"},
                                              {"vast\tv", "vast v"},
                                              {"", ""}};
    char text[LIBRARY_NAME], longer[300];
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        ck_assert_str_eq(library_name(text, expected[i][0]), expected[i][1]);
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = 0;
    ck_assert_uint_eq(strlen(library_name(text, longer)), LIBRARY_NAME - 1);
}
END_TEST

START_TEST(titles_and_rows)
{
    char title[KIND_TITLE], row[KIND_ROW];
    struct point p = {.test = "rate", .bytes = 8, .ranks = 8};
    ck_assert_str_eq(kind_title(title, &p), "Message rate, all pairs of ranks together: 4 pairs");
    p = (struct point){.test = "modes", .variant = "sendrecv", .bytes = 8, .ranks = 2, .moved = 8};
    ck_assert_str_eq(kind_title(title, &p), "Ways to send, half of a round trip: 8 B");
    ck_assert_str_eq(kind_row(row, &p), "sendrecv (whole exchange)");
    strcpy(p.variant, "self");
    ck_assert_str_eq(kind_row(row, &p), "self (whole message)");
    strcpy(p.variant, "isend");
    ck_assert_str_eq(kind_row(row, &p), "isend");
    ck_assert_int_eq(kind_figure(&p), FIGURE_TIME);
    strcpy(p.test, "stream");
    ck_assert_int_eq(kind_figure(&p), FIGURE_BANDWIDTH);
    p.moved = 0;
    ck_assert_int_eq(kind_figure(&p), FIGURE_TIME);
    strcpy(p.test, "unheard-of");
    ck_assert_str_eq(kind_title(title, &p), "unheard-of");
}
END_TEST

START_TEST(spreads)
{
    double values[] = {9, 1, 5, 1000, 3}, few[] = {3, 1, 2};
    struct spread s = values_spread(values, 5);
    ck_assert(s.median == 5 && s.low == 3 && s.high == 9 && s.min == 1 && s.max == 1000 && s.count == 5);
    s = values_spread(few, 3);
    ck_assert(s.median == 2 && s.low == 1 && s.high == 3);
    s = values_spread(values, 4); /* 1 3 5 9 */
    ck_assert(s.median == 4 && s.low == 2.5 && s.high == 6);
    ck_assert_int_eq(values_spread(values, 0).count, 0);
    ck_assert(values_spread(values, 1).high == 1);
}
END_TEST

START_TEST(powers_of_two)
{
    static const double values[] = {1, 2, 10, 1000, 0.1, 1e-9, 3, 7.5, 1e100, 1e-100, 123456.789};
    static const double logs[] = {0, 1, 3.32192809488736, 9.96578428466209, -3.32192809488736, -29.8973528539862,
                                  1.58496250072116, 2.90689059560852, 332.192809488736, -332.192809488736,
                                  16.9136466481983};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        ck_assert_msg(fabs(stats_log2(values[i]) - logs[i]) < 1e-9 * (1 + fabs(logs[i])), "%g", values[i]);
        ck_assert_msg(fabs(stats_exp2(logs[i]) / values[i] - 1) < 1e-9, "%g", values[i]);
    }
}
END_TEST

static void time_is(double seconds, const char *expected)
{
    char text[QUANTITY];
    ck_assert_str_eq(quantity_time(text, seconds), expected);
}

START_TEST(times_have_three_digits)
{
    time_is(3.4e-9, "3.40 ns");
    time_is(9.994e-9, "9.99 ns");
    time_is(9.996e-9, "0.010 us");
    time_is(83e-9, "0.083 us");
    time_is(0.9994e-6, "0.999 us");
    time_is(0.9996e-6, "1.00 us");
    time_is(9.994e-6, "9.99 us");
    time_is(9.996e-6, "10.0 us");
    time_is(12.4e-6, "12.4 us");
    time_is(99.96e-6, "100 us");
    time_is(999.4e-6, "999 us");
    time_is(999.6e-6, "1.00 ms");
    time_is(3.21e-3, "3.21 ms");
    time_is(0.9996, "1.00 s");
    time_is(59.94, "59.9 s");
    time_is(1234.4, "1234 s");
}
END_TEST

START_TEST(speeds_have_three_digits)
{
    char text[QUANTITY];
    ck_assert_str_eq(quantity_bandwidth(text, 41.3e9), "41.3 GB/s");
    ck_assert_str_eq(quantity_bandwidth(text, 880e6), "880 MB/s");
    ck_assert_str_eq(quantity_bandwidth(text, 999.6e6), "1.00 GB/s");
    ck_assert_str_eq(quantity_bandwidth(text, 12), "12.0 B/s");
    ck_assert_str_eq(quantity_rate(text, 15.2e6), "15.2 M/s");
    ck_assert_str_eq(quantity_rate(text, 1), "1.00 /s");
    ck_assert_str_eq(quantity_rate(text, 26e3), "26.0 k/s");
}
END_TEST

/* What is no figure is shown as none, and the largest and smallest numbers stay inside of their text. */
START_TEST(odd_numbers_are_harmless)
{
    const double odd[] = {0, -1, NAN, INFINITY, -INFINITY, -0.0};
    const double far[] = {DBL_MAX, DBL_MIN, 1e300, 1e-300, 1e15, 1e-15, DBL_TRUE_MIN};
    char text[QUANTITY];
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        ck_assert_str_eq(quantity_time(text, odd[i]), "-");
        ck_assert_str_eq(quantity_bandwidth(text, odd[i]), "-");
        ck_assert_str_eq(quantity_rate(text, odd[i]), "-");
    }
    for (size_t i = 0; i < sizeof far / sizeof far[0]; i++) {
        ck_assert_uint_lt(strlen(quantity_time(text, far[i])), QUANTITY - 1);
        ck_assert_uint_lt(strlen(quantity_bandwidth(text, far[i])), QUANTITY - 1);
        ck_assert_uint_lt(strlen(quantity_rate(text, far[i])), QUANTITY - 1);
    }
}
END_TEST

static char *to_json(const struct facts *facts, const struct points *points)
{
    char *text = NULL;
    size_t length;
    FILE *f = open_memstream(&text, &length);
    ck_assert_ptr_nonnull(f);
    json_write(f, facts, points);
    ck_assert_int_eq(fclose(f), 0);
    return text;
}

/* ---- the table ---- */

/* Every row of a section is as long as its header: all lines between an empty line, its title and the next empty
 * one. */
static void check_alignment(char *text)
{
    int sections = 0, line_of_section = -1;
    size_t width = 0;
    for (char *line = strtok(text, "\n"), *end; line; line = end) {
        /* strtok leaves out empty lines; a title is the line that does not begin with a blank. */
        end = strtok(NULL, "\n");
        if (*line != ' ') {
            line_of_section = 0;
            sections++;
            continue;
        }
        if (sections == 1)
            continue; /* the facts */
        if (++line_of_section == 1)
            width = strlen(line);
        ck_assert_msg(strlen(line) == width, "'%s' is not %zu characters long", line, width);
        ck_assert_uint_le(strlen(line), 115);
    }
    ck_assert_int_gt(sections, TESTS);
}

START_TEST(rows_are_as_long_as_headers)
{
    struct points points = {0};
    struct table table;
    char *text = NULL;
    size_t length;
    add_all(&points);
    add(&points, "pingpong", "", 8, 1e300);
    add(&points, "pingpong", "", 8, 1e-300);
    add(&points, "rate", "x\x1b[31m\ny", 8, 1e-3);
    points.at[points.count - 1].ranks = INT_MAX;
    FILE *f = open_memstream(&text, &length);
    table_begin(&table, f, &some_facts);
    for (size_t i = 0; i < points.count; i++)
        table_row(&table, &points.at[i]);
    table_end(&table);
    ck_assert_int_eq(table.rows, (int)points.count);
    ck_assert_int_eq(fclose(f), 0);
    for (const char *c = text; *c; c++)
        ck_assert_msg(*c == '\n' || (*c >= 0x20 && *c < 0x7f), "character %d in a table", *c);
    check_alignment(text);
    free(text);
    points_free(&points);
}
END_TEST

/* One section for all sizes of a ping-pong, one per size for modes, related to the first row. */
START_TEST(sections)
{
    struct points points = {0};
    struct table table;
    char *text = NULL;
    size_t length;
    add(&points, "pingpong", "", 8, 83e-9);
    add(&points, "pingpong", "", 65536, 12.4e-6);
    add(&points, "modes", "send", 8, 100e-9);
    add(&points, "modes", "ssend", 8, 250e-9);
    add(&points, "modes", "bsend", 64, 250e-9);
    FILE *f = open_memstream(&text, &length);
    table_begin(&table, f, &some_facts);
    for (size_t i = 0; i < points.count; i++)
        table_row(&table, &points.at[i]);
    table_end(&table);
    fclose(f);
    ck_assert_ptr_nonnull(strstr(text, "godwit-bench 0.1.0\n  MPI      Open MPI 6.0.0\n"));
    ck_assert_ptr_nonnull(strstr(text, "12.4 us"));
    ck_assert_ptr_nonnull(strstr(text, "0.083 us"));
    ck_assert_ptr_nonnull(strstr(text, "vs send"));
    ck_assert_ptr_nonnull(strstr(text, "vs bsend"));
    ck_assert_ptr_nonnull(strstr(text, "2.50x"));
    ck_assert_ptr_nonnull(strstr(text, "3.00x"));
    int headers = 0;
    for (const char *at = text; (at = strstr(at, "x floor")); at++)
        headers++;
    ck_assert_int_eq(headers, 3);
    free(text);
    points_free(&points);
}
END_TEST

START_TEST(a_table_of_nothing)
{
    struct table table;
    struct point p = {.test = "pingpong"};
    table_begin(&table, NULL, &some_facts);
    table_row(&table, &p);
    table_end(&table);
    ck_assert_int_eq(table.rows, 0);
}
END_TEST

/* ---- JSON ---- */

START_TEST(json_is_escaped)
{
    struct points points = {0};
    struct facts facts = some_facts;
    snprintf(facts.host, sizeof facts.host, "a\"b\\c\n\x01\xff\xc3\xa9\xe2\x82\xac\xed\xa0\x80\xf5\x7f");
    add(&points, "pingpong", "", 8, 1e-6);
    points.at[0].p99 = NAN;
    char *text = to_json(&facts, &points);
    ck_assert_ptr_nonnull(
        strstr(text, "\"host\": \"a\\\"b\\\\c\\u000a\\u0001\\ufffd\xc3\xa9\xe2\x82\xac\\ufffd\\ufffd\\ufffd"
                     "\\ufffd\\u007f\""));
    ck_assert_ptr_nonnull(strstr(text, "\"p99_us\": null"));
    ck_assert_ptr_nonnull(strstr(text, "\"median_us\": 1,"));
    ck_assert_ptr_nonnull(strstr(text, "\"overlap\": null"));
    ck_assert_ptr_nonnull(strstr(text, "\"bytes_per_second\": 8000000"));
    ck_assert_ptr_nonnull(strstr(text, "\"pinned\": true"));
    int depth = 0;
    for (const char *c = text; *c; c++)
        depth += *c == '{' || *c == '[' ? 1 : *c == '}' || *c == ']' ? -1 : 0;
    ck_assert_int_eq(depth, 0);
    free(text);
    points_free(&points);
}
END_TEST

START_TEST(utf8)
{
    ck_assert_uint_eq(text_utf8(""), 0);
    ck_assert_uint_eq(text_utf8("a"), 1);
    ck_assert_uint_eq(text_utf8("\xc3\xa9"), 2);
    ck_assert_uint_eq(text_utf8("\xe2\x82\xac"), 3);
    ck_assert_uint_eq(text_utf8("\xf0\x9f\x90\xa6"), 4);
    static const char *const bad[] = {"\x80",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xc3",
                                      "\xe0\x80\x80",
                                      "\xed\xa0\x80",
                                      "\xe2\x82",
                                      "\xf0\x80\x80\x80",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xff",
                                      "\xef\xbf\xbf"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_uint_eq(text_utf8(bad[i]), 0);
}
END_TEST

/* ---- files ---- */

static char folder[64];

static void folder_make(void)
{
    snprintf(folder, sizeof folder, "/tmp/godwit-report-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

static void folder_remove(void)
{
    DIR *dir = opendir(folder);
    for (struct dirent *e; dir && (e = readdir(dir));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            remove(e->d_name);
    if (dir)
        closedir(dir);
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(rmdir(folder), 0);
}

static int entries(void)
{
    DIR *dir = opendir(folder);
    int count = -2;
    ck_assert_ptr_nonnull(dir);
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

static void content_is(const char *path, const char *expected)
{
    char text[100] = "";
    FILE *f = fopen(path, "re");
    ck_assert_ptr_nonnull(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    ck_assert_uint_eq(n, strlen(expected));
    ck_assert_str_eq(text, expected);
}

START_TEST(files_are_replaced)
{
    char error[256], path[128];
    struct stat status;
    ck_assert_int_eq(file_can_be_written("new", error, sizeof error), 0);
    ck_assert_int_eq(entries(), 0);
    ck_assert_int_eq(file_write("new", "first text", 10, error, sizeof error), 0);
    content_is("new", "first text");
    ck_assert_int_eq(chmod("new", 0640), 0);
    ck_assert_int_eq(file_can_be_written("new", error, sizeof error), 0);
    content_is("new", "first text");
    ck_assert_int_eq(file_write("./new", "second", 6, error, sizeof error), 0);
    content_is("new", "second");
    ck_assert_int_eq(stat("new", &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0640);
    /* Through a link: the file behind it. */
    ck_assert_int_eq(symlink("new", "link"), 0);
    ck_assert_int_eq(file_write("link", "", 0, error, sizeof error), 0);
    content_is("new", "");
    ck_assert_int_eq(lstat("link", &status), 0);
    ck_assert(S_ISLNK(status.st_mode));
    snprintf(path, sizeof path, "%s/absolute", folder);
    ck_assert_int_eq(file_write(path, "x", 1, error, sizeof error), 0);
    content_is("absolute", "x");
    ck_assert_int_eq(entries(), 3);
}
END_TEST

START_TEST(files_that_cannot_be_written)
{
    char error[PATH_MAX + 256], longer[400], path[PATH_MAX + 10];
    ck_assert_int_eq(file_write("file", "old", 3, error, sizeof error), 0);
    ck_assert_int_eq(symlink("nowhere", "dangling"), 0);
    memset(longer, 'n', sizeof longer);
    longer[sizeof longer - 1] = 0;
    memset(path, 'p', sizeof path);
    path[sizeof path - 1] = 0;
    const char *const bad[] = {"",         "missing/file", "file/below", ".", "file/",
                               "missing/", "dangling",     longer,       path};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        /* A name that is too long for the file system shows itself when the file is asked for. */
        ck_assert_msg(file_can_be_written(bad[i], error, sizeof error) == -1, "'%.40s'", bad[i]);
        ck_assert_ptr_nonnull(strstr(error, "cannot write '"));
        error[0] = 0;
        ck_assert_msg(file_write(bad[i], "new", 3, error, sizeof error) == -1, "'%.40s'", bad[i]);
        ck_assert_ptr_nonnull(strstr(error, "cannot write '"));
    }
    ck_assert_int_eq(file_can_be_written("missing/file", error, sizeof error), -1);
    ck_assert_str_eq(error, "cannot write 'missing/file': No such file or directory");
    content_is("file", "old");
    ck_assert_int_eq(entries(), 2);
}
END_TEST

/* For root everything is writable, so this says something to others only. */
START_TEST(files_without_permission)
{
    char error[256];
    ck_assert_int_eq(file_write("file", "old", 3, error, sizeof error), 0);
    ck_assert_int_eq(chmod("file", 0444), 0);
    if (geteuid() != 0) {
        ck_assert_int_eq(file_can_be_written("file", error, sizeof error), -1);
        ck_assert_int_eq(file_write("file", "new", 3, error, sizeof error), -1);
        ck_assert_int_eq(chmod(folder, 0500), 0);
        ck_assert_int_eq(file_can_be_written("other", error, sizeof error), -1);
        ck_assert_int_eq(file_write("other", "new", 3, error, sizeof error), -1);
        ck_assert_int_eq(chmod(folder, 0700), 0);
        content_is("file", "old");
    }
    ck_assert_int_eq(entries(), 1);
}
END_TEST

/* A full device is noticed; a device and a pipe are written, not replaced. */
START_TEST(files_that_are_none)
{
    char error[256], got[8] = "";
    struct stat status;
    ck_assert_int_eq(file_can_be_written("/dev/null", error, sizeof error), 0);
    ck_assert_int_eq(file_write("/dev/null", "x", 1, error, sizeof error), 0);
    ck_assert_int_eq(stat("/dev/null", &status), 0);
    ck_assert(S_ISCHR(status.st_mode));
    if (access("/dev/full", W_OK) == 0)
        ck_assert_int_eq(file_write("/dev/full", "x", 1, error, sizeof error), -1);
    ck_assert_int_eq(mkfifo("pipe", 0600), 0);
    int fd = open("pipe", O_RDONLY | O_NONBLOCK);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(file_can_be_written("pipe", error, sizeof error), 0);
    ck_assert_int_eq(file_write("pipe", "piped", 5, error, sizeof error), 0);
    ck_assert_int_eq((int)read(fd, got, sizeof got), 5);
    ck_assert_str_eq(got, "piped");
    close(fd);
    ck_assert_int_eq(file_can_be_written("-", error, sizeof error), 0);
    ck_assert_int_eq(entries(), 1);
}
END_TEST

static int make_it(const void *arg, enum output which, FILE *f)
{
    fprintf(f, "%s %d", (const char *)arg, (int)which);
    return strcmp(arg, "nothing") == 0 && which == OUTPUT_PLOT ? -1 : 0;
}

START_TEST(files_of_a_run)
{
    char error[256];
    struct outputs o = {{"c", NULL, "p.svg"}};
    ck_assert_int_eq(outputs_check(&o, error, sizeof error), 0);
    ck_assert_int_eq(outputs_write(&o, make_it, "text", error, sizeof error), 0);
    content_is("c", "text 0");
    content_is("p.svg", "text 2");
    ck_assert_int_eq(outputs_write(&o, make_it, "nothing", error, sizeof error), -1);
    ck_assert_str_eq(error, "there is nothing that --plot could draw");
    content_is("c", "text 0"); /* none, where one cannot be made */
    ck_assert_int_eq(outputs_to_stdout(&o), 0);
    o.paths[OUTPUT_JSON] = "-";
    ck_assert_int_eq(outputs_to_stdout(&o), 1);
    o.paths[OUTPUT_CSV] = "-";
    ck_assert_int_eq(outputs_check(&o, error, sizeof error), -1);
    ck_assert_str_eq(error, "--csv and --json both write '-'");
    const char *const others[] = {"p.png", "svg", ".svg", "p.svg.gz", ""};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        o = (struct outputs){{NULL, NULL, others[i]}};
        ck_assert_msg(outputs_check(&o, error, sizeof error) == -1, "%s", others[i]);
        ck_assert_ptr_nonnull(strstr(error, ".svg"));
    }
    o.paths[OUTPUT_PLOT] = "/dev/null";
    ck_assert_int_eq(outputs_check(&o, error, sizeof error), 0);
    ck_assert_int_eq(entries(), 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report");
    TCase *quantities = unit_case(suite, "quantities"), *table = unit_case(suite, "table");
    TCase *words = unit_case(suite, "words");
    TCase *json = unit_case(suite, "json"), *files = unit_case(suite, "files");
    tcase_add_test(quantities, sizes_are_exact);
    tcase_add_test(quantities, times_have_three_digits);
    tcase_add_test(quantities, speeds_have_three_digits);
    tcase_add_test(quantities, odd_numbers_are_harmless);
    tcase_add_test(quantities, times_of_a_row);
    tcase_add_test(quantities, how_many_times);
    tcase_add_test(quantities, spreads);
    tcase_add_test(quantities, powers_of_two);
    tcase_add_test(words, libraries);
    tcase_add_test(words, titles_and_rows);
    tcase_add_test(table, rows_are_as_long_as_headers);
    tcase_add_test(table, sections);
    tcase_add_test(table, a_table_of_nothing);
    tcase_add_test(json, json_is_escaped);
    tcase_add_test(json, utf8);
    tcase_add_checked_fixture(files, folder_make, folder_remove);
    tcase_add_test(files, files_are_replaced);
    tcase_add_test(files, files_that_cannot_be_written);
    tcase_add_test(files, files_without_permission);
    tcase_add_test(files, files_that_are_none);
    tcase_add_test(files, files_of_a_run);
    return unit_run(suite);
}
