/* Tests of godwit-bench's command line. */
#include "benchmarks/options.h"
#include "tests/unit.h"

#include <stdio.h>
#include <string.h>

enum { WORDS = 32 };
static struct options o;
static char error[512];

/* Splits the line at blanks and parses it. */
static int parse(const char *line)
{
    static char copy[1024];
    char *argv[WORDS + 2] = {(char *)"godwit-bench"};
    int argc = 1;
    ck_assert_uint_lt(strlen(line), sizeof copy);
    strcpy(copy, line);
    error[0] = 0;
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) {
        ck_assert_int_lt(argc, WORDS);
        argv[argc++] = word;
    }
    return options_parse(&o, argc, argv, error, sizeof error);
}

static void accepts(const char *line)
{
    ck_assert_msg(parse(line) == 0, "%s: %s", line, error);
}

START_TEST(defaults)
{
    accepts("pingpong");
    ck_assert_int_eq(o.command, COMMAND_PINGPONG);
    ck_assert_int_eq(o.size_count, 0);
    ck_assert(o.seconds == 0.2 && o.iterations == 0 && o.warmup == -1);
    ck_assert_int_eq(o.window, 64);
    ck_assert(!o.rotate && !o.check && !o.memory && !o.csv && !o.json && !o.plot);
    ck_assert_int_eq(o.floor, FLOOR_AUTO);
    ck_assert_int_eq(o.pin, PIN_KEEP);
}
END_TEST

START_TEST(every_subcommand)
{
    static const struct {
        const char *line;
        enum command command;
    } t[] = {
        {"pingpong", COMMAND_PINGPONG}, {"stream", COMMAND_STREAM}, {"bistream", COMMAND_BISTREAM},
        {"rate", COMMAND_RATE}, {"modes", COMMAND_MODES}, {"overlap", COMMAND_OVERLAP},
        {"coll bcast", COMMAND_COLL}, {"sweep", COMMAND_SWEEP}, {"floor", COMMAND_FLOOR}, {"start", COMMAND_START},
        {"-h", COMMAND_HELP}, {"--help", COMMAND_HELP}, {"pingpong --help", COMMAND_HELP},
        {"--version", COMMAND_VERSION}, {"-V", COMMAND_VERSION},
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        accepts(t[i].line);
        ck_assert_int_eq(o.command, t[i].command);
        if (!strpbrk(t[i].line, " -"))
            ck_assert_str_eq(options_command(o.command), t[i].line);
    }
}
END_TEST

START_TEST(every_option)
{
    accepts("stream --sizes 8:32 --seconds 1.5 --warmup 0 --window 7 --buffers rotate --floor tcp "
            "--pin 0,2,4-6 --json=a --csv - --plot=c.svg");
    ck_assert_int_eq(o.size_count, 3);
    ck_assert(o.seconds == 1.5);
    ck_assert_int_eq(o.warmup, 0);
    ck_assert_int_eq(o.window, 7);
    ck_assert(o.rotate && !o.check);
    ck_assert_int_eq(o.floor, FLOOR_TCP);
    ck_assert_int_eq(o.pin, PIN_LIST);
    ck_assert_int_eq(o.cpu_count, 5);
    ck_assert(o.cpus[0] == 0 && o.cpus[1] == 2 && o.cpus[2] == 4 && o.cpus[3] == 5 && o.cpus[4] == 6);
    ck_assert_str_eq(o.json, "a");
    ck_assert_str_eq(o.csv, "-");
    ck_assert_str_eq(o.plot, "c.svg");
    accepts("--iterations 1000000 pingpong --buffers same --floor=off --pin=core");
    ck_assert(o.iterations == 1000000 && !o.rotate && o.floor == FLOOR_OFF && o.pin == PIN_CORE);
    accepts("coll barrier,iallreduce bcast --ranks 2,4,8 --pin one --floor memory");
    ck_assert_int_eq(o.op_count, 3);
    ck_assert_str_eq(o.ops[0], "barrier");
    ck_assert_str_eq(o.ops[1], "iallreduce");
    ck_assert_str_eq(o.ops[2], "bcast");
    ck_assert(o.rank_count == 3 && o.ranks[0] == 2 && o.ranks[1] == 4 && o.ranks[2] == 8);
    ck_assert(o.pin == PIN_ONE && o.floor == FLOOR_MEMORY);
    accepts("modes --ops send,any-source");
    ck_assert(o.op_count == 2 && strcmp(o.ops[1], "any-source") == 0);
    accepts("pingpong --check --floor off");
    ck_assert(o.check && o.floor == FLOOR_OFF);
    accepts("floor --pin 1,0");
    ck_assert(o.pin == PIN_LIST && o.cpu_count == 2 && o.cpus[0] == 1);
    accepts("start --memory");
    ck_assert(o.memory);
}
END_TEST

/* A value may look like anything. */
START_TEST(pinned_within)
{
    accepts("stream --pin core:1,3-4");
    ck_assert_int_eq(o.pin, PIN_CORE);
    ck_assert_int_eq(o.cpu_count, 3);
    ck_assert_int_eq(o.cpus[2], 4);
    accepts("stream --pin 1,2 --pin core");
    ck_assert_int_eq(o.pin, PIN_CORE);
    ck_assert_int_eq(o.cpu_count, 0);
    ck_assert_int_eq(parse("stream --pin core:"), -1);
    ck_assert_int_eq(parse("stream --pin core:x"), -1);
}
END_TEST

START_TEST(values_that_look_like_words)
{
    accepts("--csv stream --json --help pingpong --plot=--sizes");
    ck_assert_int_eq(o.command, COMMAND_PINGPONG);
    ck_assert_str_eq(o.csv, "stream");
    ck_assert_str_eq(o.json, "--help");
    ck_assert_str_eq(o.plot, "--sizes");
    accepts("coll --csv bcast barrier");
    ck_assert(o.op_count == 1 && strcmp(o.ops[0], "barrier") == 0 && strcmp(o.csv, "bcast") == 0);
    ck_assert(options_value("--csv") == 1 && options_value("--csv=x") == 0 && options_value("--check") == 0);
    ck_assert(options_value("stream") < 0 && options_value("--cs") < 0 && options_value("") < 0);
}
END_TEST

START_TEST(the_last_one_counts)
{
    accepts("modes --sizes 8,16 --sizes 1K --ops send,ssend --ops bsend --csv a --csv b");
    ck_assert(o.size_count == 1 && o.sizes[0] == 1024);
    ck_assert(o.op_count == 1 && strcmp(o.ops[0], "bsend") == 0);
    ck_assert_str_eq(o.csv, "b");
}
END_TEST

START_TEST(sizes)
{
    static const struct {
        const char *text;
        int count;
        size_t first, last;
    } t[] = {
        {"8", 1, 8, 8}, {"1", 1, 1, 1}, {"1:1", 1, 1, 1}, {"8:4M", 20, 8, 4 << 20}, {"1k,64K,8", 3, 8, 65536},
        {"8,8,8", 1, 8, 8}, {"3:100", 7, 3, 100}, {"1G", 1, 1 << 30, 1 << 30},
        {"2147483647", 1, 2147483647, 2147483647}, {"1:2147483647", 32, 1, 2147483647},
        {"1023K,1M", 2, 1023 << 10, 1 << 20}, {"007", 1, 7, 7},
    };
    size_t found[OPTIONS_SIZES];
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        int count = options_sizes(t[i].text, found, OPTIONS_SIZES, error, sizeof error);
        ck_assert_msg(count == t[i].count, "%s: %d sizes, %s", t[i].text, count, error);
        ck_assert_uint_eq(found[0], t[i].first);
        ck_assert_uint_eq(found[count - 1], t[i].last);
        for (int k = 1; k < count; k++)
            ck_assert_uint_gt(found[k], found[k - 1]);
    }
}
END_TEST

START_TEST(no_sizes)
{
    static const struct {
        const char *text, *word; /* the word that the sentence must have */
    } t[] = {
        {"0", "smallest"}, {"0K", "smallest"}, {"0:8", "smallest"}, {"8,0", "smallest"}, {"00", "smallest"},
        {"-8", "neither"}, {"8:-1", "no range"}, {"-1:8", "neither"}, {"", "neither"}, {",", "neither"},
        {"8,", "neither"}, {":", "neither"}, {"8:", "no range"}, {":8", "neither"}, {"8:16:32", "no range"},
        {"8,16:32", "neither"}, {"8:16,32", "no range"}, {"4M:8", "ends before"}, {"8:0", "ends before"},
        {"8:7", "ends before"}, {"2G", "largest"}, {"2147483648", "largest"},
        {"99999999999999999999999999", "largest"}, {"4294967296", "largest"}, {"18446744073709551624", "largest"},
        {"2097152K", "largest"}, {"8:2G", "largest"}, {"8x", "neither"}, {"8KB", "neither"}, {"8 ", "neither"},
        {" 8", "neither"}, {"1.5K", "neither"}, {"0x10", "smallest"}, {"eight", "neither"}, {"K", "neither"},
        {"8:K", "no range"}, {"+8", "neither"},
    };
    size_t found[OPTIONS_SIZES];
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        error[0] = 0;
        ck_assert_msg(options_sizes(t[i].text, found, OPTIONS_SIZES, error, sizeof error) == -1, "'%s'", t[i].text);
        ck_assert_msg(strstr(error, t[i].word) && strstr(error, t[i].text), "'%s': %s", t[i].text, error);
    }
}
END_TEST

START_TEST(too_many_sizes)
{
    size_t found[4] = {0};
    ck_assert_int_eq(options_sizes("1,2,3", found, 3, error, sizeof error), 3);
    ck_assert_int_eq(options_sizes("1,2,3,4", found, 3, error, sizeof error), -1);
    ck_assert_int_eq(options_sizes("1:8", found, 3, error, sizeof error), -1);
    ck_assert_int_eq(options_sizes("1:7", found, 3, error, sizeof error), -1);
    ck_assert_int_eq(options_sizes("1:4", found, 3, error, sizeof error), 3);
    ck_assert_uint_eq(found[3], 0);
}
END_TEST

START_TEST(refused)
{
    static const struct {
        const char *line, *word;
    } t[] = {
        {"", "no subcommand"}, {"--sizes 8", "no subcommand"}, {"pong", "'pong'"}, {"pingpong stream", "'stream'"},
        {"pingpong -x", "'-x'"}, {"pingpong --frob=3", "'--frob'"}, {"pingpong -", "'-'"}, {"pingpong --", "'--'"},
        {"pingpong --sizes", "--sizes needs"}, {"pingpong --sizes 0", "--sizes '0'"},
        {"pingpong --sizes=", "--sizes ''"}, {"pingpong --size 8", "'--size'"},
        {"pingpong --seconds", "--seconds needs"}, {"pingpong --seconds 0", "--seconds"},
        {"pingpong --seconds -1", "'-1'"}, {"pingpong --seconds nan", "'nan'"},
        {"pingpong --seconds inf", "'inf'"}, {"pingpong --seconds 1e3", "'1e3'"},
        {"pingpong --seconds 1.2.3", "'1.2.3'"}, {"pingpong --seconds 3601", "3600"},
        {"pingpong --seconds .", "'.'"}, {"pingpong --seconds 1s", "'1s'"},
        {"pingpong --seconds 0.0000001", "0.001"}, {"pingpong --iterations 0", "--iterations"},
        {"pingpong --iterations -5", "'-5'"}, {"pingpong --iterations 10x", "'10x'"},
        {"pingpong --iterations 99999999999999999999", "1000000000000"},
        {"pingpong --iterations 10 --seconds 1", "give one"}, {"pingpong --warmup -1", "'-1'"},
        {"pingpong --warmup many", "'many'"}, {"stream --window 0", "--window"},
        {"stream --window 65537", "65536"}, {"pingpong --window 4", "pingpong does not use --window"},
        {"pingpong --buffers", "same or rotate"}, {"pingpong --buffers other", "'other'"},
        {"pingpong --floor on", "'on'"}, {"pingpong --check=yes", "--check takes no"},
        {"pingpong --pin", "--pin needs"}, {"pingpong --pin cpu", "'cpu'"}, {"pingpong --pin 0,", "'0,'"},
        {"pingpong --pin 3-1", "'3-1'"}, {"pingpong --pin 0-", "'0-'"}, {"pingpong --pin 1,,2", "'1,,2'"},
        {"pingpong --pin -3", "'-3'"}, {"pingpong --pin 99999", "'99999'"},
        {"pingpong --pin 0-8000", "at most 1024"}, {"pingpong --csv", "a file name"},
        {"pingpong --csv=", "a file name"}, {"pingpong --csv - --json -", "'-'"},
        {"pingpong --csv a --plot a", "--csv and --plot"}, {"pingpong --json a --plot a", "--json and --plot"},
        {"pingpong --ops send", "pingpong does not use --ops"}, {"modes --ops", "--ops needs"},
        {"modes --ops ,", "empty"}, {"modes --ops send,,bsend", "empty"}, {"coll", "coll needs"},
        {"coll ,", "empty"}, {"coll bcast,", "empty"}, {"coll bcast --ops send", "coll does not use --ops"},
        {"coll bcast --ranks", "--ranks needs"}, {"coll bcast --ranks 0", "'0'"},
        {"coll bcast --ranks 2,x", "'2,x'"}, {"coll bcast --ranks -2", "'-2'"}, {"coll bcast --ranks 2,", "'2,'"},
        {"modes --ranks 2", "modes does not use --ranks"}, {"start --csv x", "start does not use --csv"},
        {"start memory", "'memory'"}, {"pingpong --memory", "--memory"},
        {"floor --iterations 3", "floor does not use --iterations"},
        {"floor --check", "floor does not use --check"}, {"floor --floor off", "floor does not use --floor"},
        {"start --sizes 8", "start does not use --sizes"},
        {"pingpong --check --floor memory", "--check and --floor"},
        {"pingpong --floor=tcp --check", "--check and --floor"},
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        ck_assert_msg(parse(t[i].line) == -1, "'%s' is accepted", t[i].line);
        ck_assert_msg(strstr(error, t[i].word) != NULL, "'%s': %s", t[i].line, error);
        ck_assert_msg(!strchr(error, '\n'), "'%s': more than one line", t[i].line);
    }
}
END_TEST

START_TEST(long_arguments)
{
    char text[1000], line[1100], small[40];
    char *argv[] = {(char *)"godwit-bench", line, NULL};
    memset(text, '7', sizeof text - 1);
    text[sizeof text - 1] = 0;
    snprintf(line, sizeof line, "--sizes=%s", text);
    ck_assert_int_eq(options_parse(&o, 2, argv, small, sizeof small), -1);
    ck_assert_uint_eq(strlen(small), sizeof small - 1);
    snprintf(line, sizeof line, "%s", text);
    ck_assert_int_eq(options_parse(&o, 2, argv, small, sizeof small), -1);
    /* a name that is too long is cut, and stays a name that nobody has */
    char *coll[] = {(char *)"godwit-bench", (char *)"coll", text, NULL};
    ck_assert_int_eq(options_parse(&o, 3, coll, error, sizeof error), 0);
    ck_assert_uint_eq(strlen(o.ops[0]), OPTIONS_NAME - 1);
    /* as many names as there is room for, and one more */
    text[0] = 0;
    for (int i = 0; i < OPTIONS_OPS; i++)
        strcat(text, i ? ",a" : "a");
    ck_assert_int_eq(options_parse(&o, 3, coll, error, sizeof error), 0);
    strcat(text, ",a");
    ck_assert_int_eq(options_parse(&o, 3, coll, error, sizeof error), -1);
}
END_TEST

START_TEST(no_control_bytes_on_the_terminal)
{
    accepts("pingpong");
    ck_assert_int_eq(parse("ping\x1b[31m"), -1);
    ck_assert(!strchr(error, '\x1b'));
    ck_assert_int_eq(parse("pingpong --buffers a\nb"), -1);
    ck_assert(!strchr(error, '\n'));
}
END_TEST

START_TEST(help_fits)
{
    int lines = 0;
    size_t width = 0, longest = 0;
    for (const char *p = options_help; *p; p++) {
        width = *p == '\n' ? 0 : width + 1;
        lines += *p == '\n';
        longest = width > longest ? width : longest;
    }
    ck_assert_int_le(lines, 30);
    ck_assert_uint_le(longest, 110);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bench options");
    TCase *right = unit_case(suite, "right"), *wrong = unit_case(suite, "wrong");
    tcase_add_test(right, defaults);
    tcase_add_test(right, every_subcommand);
    tcase_add_test(right, every_option);
    tcase_add_test(right, pinned_within);
    tcase_add_test(right, values_that_look_like_words);
    tcase_add_test(right, the_last_one_counts);
    tcase_add_test(right, sizes);
    tcase_add_test(right, help_fits);
    tcase_add_test(wrong, no_sizes);
    tcase_add_test(wrong, too_many_sizes);
    tcase_add_test(wrong, refused);
    tcase_add_test(wrong, long_arguments);
    tcase_add_test(wrong, no_control_bytes_on_the_terminal);
    return unit_run(suite);
}
