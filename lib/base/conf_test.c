/* Tests of the settings: the table itself, how values are read, and who said what. */
#include "base/conf.h"
#include "tests/unit.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

static int entry_of(const char *name)
{
    for (int i = 0; i < conf_count; i++)
        if (strcmp(conf_table[i].name, name) == 0)
            return i;
    ck_abort_msg("there is no setting %s", name);
    return -1;
}

static void assert_seconds(const char *text, double want)
{
    double got = conf_seconds(text);
    ck_assert_msg(got > want * (1 - 1e-12) - 1e-300 && got < want * (1 + 1e-12) + 1e-300, "'%s' is %g, not %g", text,
                  got, want);
}

START_TEST(seconds_that_are_times)
{
    static const struct {
        const char *text;
        double seconds;
    } good[] = {{"0", 0},        {"90", 90},       {"0.5", 0.5},   {".5", 0.5},        {"1.", 1},       {"00012", 12},
                {"500ms", 0.5},  {"250us", 25e-5}, {"3s", 3},      {"2m", 120},        {"2min", 120},   {"1h", 3600},
                {"1d", 86400},   {"1.5h", 5400},   {"1e3", 1000},  {"1e-3s", 1e-3},    {"1e-999", 0},   {"0d", 0},
                {"366d", 31622400}, {"1e12", 1e12}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_seconds(good[i].text, good[i].seconds);
}
END_TEST

START_TEST(seconds_that_are_none)
{
    static const char *const bad[] = {"",      " ",    "-1",   "-0",   "+1",    " 5",       "5 ",    "5 s",  "s",
                                      ".",     ".s",   "0x10", "0X1p3", "nan",  "NAN",      "inf",   "infinity",
                                      "1e999", "2e12", "1e13d", "5S",  "5M",    "5sec",     "1h30m", "1,5",  "1:30",
                                      "one",   "5\n",  "--1",  "1..2", "1e",    "99999999999999999999", "5mss"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        double got = conf_seconds(bad[i]);
        ck_assert_msg(got == -1, "'%s' is %g", bad[i], got);
    }
}
END_TEST

/* A program may have called setlocale before MPI_Init; a decimal comma is not ours. */
static const char *comma_locale(void)
{
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "fr_FR.utf8", "nl_NL.UTF-8",
                                        "ru_RU.UTF-8", "de_DE",      "fr_FR",       "pt_BR.UTF-8", "es_ES.UTF-8"};
    const char *found = NULL;
    for (size_t i = 0; !found && i < sizeof names / sizeof names[0]; i++)
        if (setlocale(LC_NUMERIC, names[i]) && strcmp(localeconv()->decimal_point, ",") == 0)
            found = names[i];
    setlocale(LC_NUMERIC, "C");
    return found;
}

START_TEST(seconds_in_a_locale_with_commas)
{
    struct conf conf;
    ck_assert_ptr_nonnull(setlocale(LC_NUMERIC, comma_locale()));
    assert_seconds("0.5", 0.5);
    ck_assert(conf_seconds("0,5") == -1);
    clearenv();
    ck_assert_int_eq(conf_load(&conf, NULL), 0);
}
END_TEST

START_TEST(table_is_sound)
{
    ck_assert_int_gt(conf_count, 0);
    for (int i = 0; i < conf_count; i++) {
        const struct conf_entry *e = &conf_table[i];
        ck_assert_msg(strncmp(e->name, "GODWIT_", 7) == 0, "%s", e->name);
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(e->name, conf_table[j].name);
        ck_assert_msg(*e->sentence && e->sentence[strlen(e->sentence) - 1] == '.', "%s: '%s'", e->name, e->sentence);
        if (e->kind == CONF_TIME) {
            const char *to = strstr(e->allowed, " to ");
            ck_assert_msg(to && conf_seconds(to + 4) > 0, "%s: '%s'", e->name, e->allowed);
        }
    }
}
END_TEST

START_TEST(every_default_is_allowed)
{
    for (int i = 0; i < conf_count; i++) {
        struct conf conf;
        struct words why = {""};
        char shown[64];
        memset(&conf, 0xff, sizeof conf);
        ck_assert_msg(conf_set(&conf, i, "here", conf_table[i].initial, CONF_DEFAULT, &why) == 0, "%s", why.s);
        conf_show(&conf, i, shown, sizeof shown);
        if (conf_table[i].kind != CONF_TIME)
            ck_assert_str_eq(shown, conf_table[i].initial);
        else
            ck_assert(strtod(shown, NULL) == conf_seconds(conf_table[i].initial));
    }
}
END_TEST

START_TEST(load_without_environment)
{
    struct conf conf;
    clearenv();
    ck_assert_int_eq(conf_load(&conf, NULL), 0);
    ck_assert_int_eq(conf.log, 0);
    ck_assert(conf.grace == 0.5);
    ck_assert(conf.timeout == 0);
    ck_assert_int_eq(conf.tag, CONF_TAG_NONE);
    ck_assert_int_eq(conf.foreign, CONF_FOREIGN_WARN);
    for (int i = 0; i < conf_count; i++)
        ck_assert_int_eq(conf_source(i), CONF_DEFAULT);
}
END_TEST

START_TEST(load_from_environment)
{
    struct conf conf;
    clearenv();
    setenv("GODWIT_TAG", "stream", 1);
    setenv("GODWIT_GRACE", "1500ms", 1);
    setenv("GODWIT_LOG", "", 1); /* as if it were not there */
    ck_assert_int_eq(conf_load(&conf, NULL), 0);
    ck_assert_int_eq(conf.tag, CONF_TAG_STREAM);
    ck_assert(conf.grace == 1.5);
    ck_assert_int_eq(conf_source(entry_of("GODWIT_TAG")), CONF_ENVIRONMENT);
    ck_assert_int_eq(conf_source(entry_of("GODWIT_GRACE")), CONF_ENVIRONMENT);
    ck_assert_int_eq(conf_source(entry_of("GODWIT_LOG")), CONF_DEFAULT);
    ck_assert_int_eq(conf_source(entry_of("GODWIT_TIMEOUT")), CONF_DEFAULT);
    ck_assert_int_eq(conf_set(&conf, entry_of("GODWIT_TAG"), "here", "rank", CONF_OPTION, NULL), 0);
    ck_assert_int_eq(conf.tag, CONF_TAG_RANK);
    ck_assert_int_eq(conf_source(entry_of("GODWIT_TAG")), CONF_OPTION);
    unsetenv("GODWIT_TAG");
    ck_assert_int_eq(conf_load(&conf, NULL), 0);
    ck_assert_int_eq(conf.tag, CONF_TAG_NONE);
    ck_assert_int_eq(conf_source(entry_of("GODWIT_TAG")), CONF_DEFAULT);
}
END_TEST

START_TEST(load_fails_in_words)
{
    static const struct {
        const char *name, *value;
    } bad[] = {{"GODWIT_LOG", "loud"}, {"GODWIT_GRACE", "soon"}, {"GODWIT_TIMEOUT", "-1"}, {"GODWIT_FOREIGN", "2"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct conf conf;
        struct words why = {""};
        clearenv();
        setenv(bad[i].name, bad[i].value, 1);
        ck_assert_int_eq(conf_load(&conf, &why), -1);
        ck_assert_msg(strstr(why.s, bad[i].name) && strstr(why.s, bad[i].value), "%s", why.s);
        ck_assert_int_eq(conf_load(&conf, NULL), -1);
    }
}
END_TEST

START_TEST(choices_by_their_names)
{
    int entry = entry_of("GODWIT_LOG");
    static const char *const names[] = {"none", "warn", "info", "debug"};
    static const char *const bad[] = {"", " ", "Debug", "debug ", " none", "non", "nonee", "warn info", "0", "3",
                                      "none warn info debug"};
    struct conf conf = {.log = 77};
    for (int i = 0; i < 4; i++) {
        char shown[16];
        ck_assert_int_eq(conf_set(&conf, entry, "here", names[i], CONF_OPTION, NULL), 0);
        ck_assert_int_eq(conf.log, i);
        conf_show(&conf, entry, shown, sizeof shown);
        ck_assert_str_eq(shown, names[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct words why = {""};
        conf.log = 77;
        ck_assert_msg(conf_set(&conf, entry, "here", bad[i], CONF_OPTION, &why) == -1, "'%s' was taken", bad[i]);
        ck_assert_int_eq(conf.log, 77);
        ck_assert_msg(strstr(why.s, "none warn info debug") != NULL, "%s", why.s);
    }
}
END_TEST

START_TEST(times_up_to_their_maximum)
{
    int grace = entry_of("GODWIT_GRACE"), timeout = entry_of("GODWIT_TIMEOUT");
    struct conf conf = {.grace = 77};
    struct words why = {""};
    ck_assert_int_eq(conf_set(&conf, grace, "here", "86401", CONF_OPTION, &why), -1);
    ck_assert_msg(strstr(why.s, "here") && strstr(why.s, "86401") && strstr(why.s, "0 to 1d"), "%s", why.s);
    ck_assert_int_eq(conf_set(&conf, grace, "here", "1.001d", CONF_OPTION, NULL), -1);
    ck_assert_int_eq(conf_set(&conf, grace, "here", "1e12", CONF_OPTION, NULL), -1);
    ck_assert(conf.grace == 77);
    ck_assert_int_eq(conf_set(&conf, grace, "here", "1d", CONF_OPTION, NULL), 0);
    ck_assert(conf.grace == 86400);
    ck_assert_int_eq(conf_set(&conf, grace, "here", "24h", CONF_OPTION, NULL), 0);
    ck_assert_int_eq(conf_set(&conf, timeout, "here", "366d", CONF_OPTION, NULL), 0);
    ck_assert_int_eq(conf_set(&conf, timeout, "here", "367d", CONF_OPTION, NULL), -1);
}
END_TEST

/* Whatever the text is, the message about it stays in bounds. */
START_TEST(hostile_values)
{
    struct conf conf;
    struct words why;
    static char text[100000];
    memset(text, '9', sizeof text - 1);
    for (int i = 0; i < conf_count; i++) {
        ck_assert_int_eq(conf_set(&conf, i, "here", text, CONF_OPTION, &why), -1);
        ck_assert_uint_lt(strlen(why.s), sizeof why.s);
    }
}
END_TEST

START_TEST(show_stays_inside)
{
    struct conf conf = {.log = 3};
    char shown[4] = "xyz";
    conf_show(&conf, entry_of("GODWIT_LOG"), shown, 3);
    ck_assert_str_eq(shown, "de");
}
END_TEST

START_TEST(unknown_variables)
{
    clearenv();
    ck_assert_ptr_null(conf_unknown(0));
    for (int i = 0; i < conf_count; i++)
        setenv(conf_table[i].name, "x", 1);
    setenv("GODWIT_NODE", "1:2:3:4", 1);
    setenv("GODWIT_RANK", "0", 1);
    setenv("GODWIT_SIZE", "1", 1);
    setenv("GODWIT_LOCAL_RANK", "0", 1);
    setenv("GODWIT_LOCAL_SIZE", "1", 1);
    setenv("GODWITLOG", "1", 1);
    setenv("XGODWIT_LOG", "1", 1);
    setenv("PATH", "GODWIT_X=1", 1);
    ck_assert_ptr_null(conf_unknown(0));
    setenv("GODWIT_LO", "1", 1);
    setenv("GODWIT_LOGS", "2", 1);
    setenv("GODWIT_", "3", 1);
    setenv("GODWIT_log", "4", 1);
    int seen = 0;
    for (int i = 0; i < 4; i++) {
        const char *u = conf_unknown(i);
        ck_assert_ptr_nonnull(u);
        seen |= strcmp(u, "GODWIT_LO=1") == 0 ? 1 : strcmp(u, "GODWIT_LOGS=2") == 0 ? 2 : 0;
        seen |= strcmp(u, "GODWIT_=3") == 0 ? 4 : strcmp(u, "GODWIT_log=4") == 0 ? 8 : 0;
    }
    ck_assert_int_eq(seen, 15);
    ck_assert_ptr_null(conf_unknown(4));
}
END_TEST

START_TEST(variables_of_others)
{
    clearenv();
    ck_assert_ptr_null(conf_env("PMI_RANK"));
    setenv("PMI_RANK", "7", 1);
    ck_assert_str_eq(conf_env("PMI_RANK"), "7");
}
END_TEST

/* What programs see of a setting: its value, and the words of one that is a choice. */
START_TEST(values_and_choices)
{
    struct conf conf;
    char word[16];
    ck_assert_int_eq(conf_load(&conf, NULL), 0);
    int log = entry_of("GODWIT_LOG"), grace = entry_of("GODWIT_GRACE");
    ck_assert_ptr_eq(conf_value(&conf, log), &conf.log);
    ck_assert_ptr_eq(conf_value(&conf, grace), &conf.grace);
    ck_assert_int_eq(conf_choices(log), 4);
    ck_assert_int_eq(conf_choices(grace), 0);
    conf_choice(log, 0, word, sizeof word);
    ck_assert_str_eq(word, "none");
    conf_choice(log, 3, word, sizeof word);
    ck_assert_str_eq(word, "debug");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("conf");
    TCase *seconds = unit_case(suite, "seconds"), *table = unit_case(suite, "table"), *set = unit_case(suite, "set");
    tcase_add_test(seconds, seconds_that_are_times);
    tcase_add_test(seconds, seconds_that_are_none);
    if (comma_locale())
        tcase_add_test(seconds, seconds_in_a_locale_with_commas);
    tcase_add_test(table, table_is_sound);
    tcase_add_test(table, every_default_is_allowed);
    tcase_add_test(set, load_without_environment);
    tcase_add_test(set, load_from_environment);
    tcase_add_test(set, load_fails_in_words);
    tcase_add_test(set, choices_by_their_names);
    tcase_add_test(set, times_up_to_their_maximum);
    tcase_add_test(set, hostile_values);
    tcase_add_test(set, show_stays_inside);
    tcase_add_test(set, unknown_variables);
    tcase_add_test(set, variables_of_others);
    tcase_add_test(set, values_and_choices);
    return unit_run(suite);
}
