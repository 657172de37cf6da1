/* Tests of the words around starts on other hosts. */
#include "mpirun/remote.h"
#include "tests/unit.h"

#include <stdlib.h>
#include <string.h>

static char name[] = "node3", me[] = "me";
static struct host host = {.name = name};
static int nodes[] = {0};
static struct job job = {.hosts = {.list = &host, .count = 1}, .nodes = nodes, .node_count = 1,
                         .self = "/opt/it's/mpirun", .conf = {.start_timeout = 30}};

/* The words of the command with | between them. */
static const char *command(const struct job *j)
{
    static char text[2000];
    char **words;
    struct words why = {""};
    text[0] = 0;
    if (remote_command(j, 0, &words, &why))
        return strcpy(text, why.s);
    for (int i = 0; words[i]; i++)
        strcat(strcat(text, i ? "|" : ""), words[i]);
    remote_free(words);
    return text;
}

static int begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

START_TEST(commands)
{
    struct job j = job;
    const char *text = command(&j);
    ck_assert_msg(begins(text, "ssh|-T|-x|-oBatchMode=yes|-oConnectTimeout=15|node3|exec /bin/sh -c '"), "%s", text);
    ck_assert_msg(strstr(text, "' sh '/opt/it'\\''s/mpirun'") != NULL, "%s", text);
    /* within the quotes of the script nothing that shells read differently */
    const char *script = strchr(text, '\'') + 1;
    ck_assert_uint_eq(strcspn(script, "\\!'"), strcspn(script, "'"));
    host.user = me;
    host.port = 2222;
    j.launcher_args = " -F 'my file'  -oBatchMode=no ";
    text = command(&j);
    ck_assert_msg(begins(text, "ssh|-T|-x|-F|my file|-oBatchMode=no|-oBatchMode=yes|-oConnectTimeout=15|-p|2222|-l|me|node3|"),
                  "%s", text);
    j.launcher_exec = "/usr/bin/ssh -v";
    j.launcher_args = NULL;
    text = command(&j);
    ck_assert_msg(begins(text, "/usr/bin/ssh|-v|-T|-x|-oBatchMode=yes|"), "%s", text);
    j.launcher_exec = "lxc-run";
    j.launcher = "exec";
    text = command(&j);
    ck_assert_msg(begins(text, "lxc-run|-l|me|node3|exec "), "%s", text);
    host.user = NULL;
    host.port = 0;
    j.launcher_exec = NULL;
    ck_assert_msg(strstr(command(&j), "needs --launcher-exec"), "%s", command(&j));
    j.launcher = "pdsh";
    ck_assert_msg(strstr(command(&j), "pdsh is not built"), "%s", command(&j));
    j = job;
    j.prefix = "/opt/godwit//";
    text = command(&j);
    ck_assert_msg(strstr(text, "' sh '/opt/godwit/bin/mpirun'") && !strstr(text, "PATH"), "%s", text);
    j.prefix = NULL;
    j.self = NULL;
    ck_assert_msg(strstr(command(&j), "' sh 'mpirun'"), "%s", command(&j));
}
END_TEST

static const struct {
    const char *said;
    enum remote_fate fate;
    const char *words;
} cases[] = {
    {"ssh: connect to host node3 port 22: Connection refused\r\n", REMOTE_AGAIN, "'connect to host node3 port 22: Connection refused'"},
    {"ssh: connect to host node3 port 22: No route to host\r\n", REMOTE_AGAIN, "switched on"},
    {"ssh: connect to host node3 port 22: Connection timed out\r\n", REMOTE_AGAIN, "firewall"},
    {"kex_exchange_identification: Connection closed by remote host\r\n", REMOTE_AGAIN, "MaxStartups"},
    {"kex_exchange_identification: read: Connection reset by peer\r\nConnection reset by 10.0.0.3 port 22\r\n", REMOTE_AGAIN, "10.0.0.3"},
    {"Warning: added key\r\nroot@node3: Permission denied (publickey).\r\n\n", REMOTE_FINAL, "`ssh node3 true` must work without a password"},
    {"@@@\nHost key verification failed.\r\n", REMOTE_FINAL, "once by hand"},
    {"ssh: Could not resolve hostname node3: Name or service not known\r\n", REMOTE_FINAL, "'node3' spelled"},
    {"sh: 1: mpirun: command not found\n", REMOTE_FINAL, "--prefix"},
    {"there is neither /a/mpirun nor an mpirun in PATH\n", REMOTE_FINAL, "--prefix"},
    {"what is this\033[2J", REMOTE_FINAL, "ssh says 'what is this?[2J'"},
    {"", REMOTE_FINAL, "code 7"},
};

START_TEST(judgements)
{
    struct words words;
    ck_assert_int_eq(remote_judge(cases[_i].said, strlen(cases[_i].said), 7 << 8, "node3", &words), cases[_i].fate);
    ck_assert_msg(strstr(words.s, cases[_i].words) != NULL, "%s", words.s);
}
END_TEST

START_TEST(judges_any_bytes)
{
    uint64_t seed = 3;
    char text[700];
    struct words words;
    for (int round = 0; round < 20000; round++) {
        size_t n = unit_below(&seed, sizeof text);
        for (size_t i = 0; i < n; i++)
            text[i] = (char)unit_random(&seed);
        remote_judge(text, n, (int)unit_random(&seed), "node3", &words);
        ck_assert_uint_lt(strlen(words.s), sizeof words.s);
    }
}
END_TEST

static const struct {
    const char *names[8], *folded;
} folds[] = {
    {{"a"}, "a"},
    {{"a", "b"}, "a, b"},
    {{"node1", "node2", "node3", "node7", "front"}, "node[1-3,7], front"},
    {{"node1", "node2"}, "node[1,2]"},
    {{"n08", "n09", "n10", "n11"}, "n[08-11]"},
    {{"n8", "n9", "n10"}, "n[8-10]"},
    {{"n2", "n1"}, "n2, n1"},
    {{"n1.a", "n2.a", "n3.b"}, "n[1,2].a, n3.b"},
    {{"10.0.0.1", "10.0.0.2"}, "10.0.0.1, 10.0.0.2"},
    {{"n01", "n1"}, "n01, n1"},
};

START_TEST(names_are_folded)
{
    char text[100];
    int count = 0;
    while (count < 8 && folds[_i].names[count])
        count++;
    remote_fold(folds[_i].names, count, text, sizeof text);
    ck_assert_str_eq(text, folds[_i].folded);
    for (size_t size = 1; size < 30; size++) {
        char *small = malloc(size);
        remote_fold(folds[_i].names, count, small, size);
        ck_assert_uint_lt(strlen(small), size);
        free(small);
    }
}
END_TEST

START_TEST(sentences)
{
    struct remote_failures f = {0};
    char text[2000];
    remote_add(&f, 5, "n5", "ssh says 'n5: no'");
    remote_add(&f, 2, "n2", "ssh says 'n2: no'");
    remote_add(&f, 9, "m", "ssh says 'yes'");
    remote_add(&f, 3, "n3", "ssh says 'n3: no'");
    ck_assert_int_eq(remote_sentence(&f, 0, text, sizeof text), 1);
    ck_assert_str_eq(text, "cannot start on 3 hosts (n[2,3,5]); of the first one, ssh says 'n2: no'");
    ck_assert_int_eq(remote_sentence(&f, 1, text, sizeof text), 1);
    ck_assert_str_eq(text, "cannot start on m: ssh says 'yes'");
    ck_assert_int_eq(remote_sentence(&f, 2, text, sizeof text), 0);
    free(f.list);
}
END_TEST

START_TEST(last_words)
{
    ck_assert_int_eq(remote_is_last_word("Connection to node2 closed by remote host.", 42), 1);
    ck_assert_int_eq(remote_is_last_word("client_loop: send disconnect: Broken pipe", 41), 1);
    ck_assert_int_eq(remote_is_last_word("Connection", 10), 0);
    ck_assert_int_eq(remote_is_last_word("[debug] agent: hello", 20), 0);
    ck_assert_int_eq(remote_is_last_word("", 0), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("remote");
    TCase *all = unit_case(suite, "all");
    tcase_add_test(all, commands);
    tcase_add_loop_test(all, judgements, 0, sizeof cases / sizeof cases[0]);
    tcase_add_test(all, judges_any_bytes);
    tcase_add_loop_test(all, names_are_folded, 0, sizeof folds / sizeof folds[0]);
    tcase_add_test(all, sentences);
    tcase_add_test(all, last_words);
    return unit_run(suite);
}
