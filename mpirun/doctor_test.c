/* Tests of mpirun --doctor: what is said between hosts, what follows from it, and the table. */
#define _GNU_SOURCE
#include "mpirun/doctor.h"
#include "tests/unit.h"

#include <stdio.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define TOKEN "0123456789abcdef0123456789abcdef"

static const struct doctor_facts well = {
    .self = "/opt/godwit/bin/mpirun",
    .library = "/opt/godwit/lib/libmpi_abi.so.1",
    .ports = "32768-60999",
    .clock_in = 1000000000000000000,
    .clock_out = 1000000000000000007,
    .library_print = UINT64_MAX - 1,
    .cpus = 8,
    .online = 8,
    .memory_kib = 8 << 20,
    .shared_kib = 100,
    .nofile = 1 << 20,
    .nproc = UINT64_MAX,
    .memlock = 8 << 20,
    .port = 40000,
    .address_count = 3,
    .addresses = {{"docker0", "172.17.0.1", 16}, {"eth0", "10.77.0.2", 24}, {"eth0", "fd77::2", 64}}};

/* ---- what is said ---- */

START_TEST(facts_there_and_back)
{
    struct bytes b = {0};
    struct doctor_facts back;
    struct words why;
    doctor_put_facts(&b, &well);
    bytes_append(&b, "more", 4);
    long n = doctor_block(bytes_front(&b), bytes_count(&b));
    ck_assert_int_eq(n, (long)bytes_count(&b) - 4);
    ck_assert_msg(doctor_get_facts(bytes_front(&b), (size_t)n, &back, &why) == 0, "%s", why.s);
    ck_assert_str_eq(back.self, well.self);
    ck_assert_str_eq(back.library, well.library);
    ck_assert_str_eq(back.copy_wrong, "");
    ck_assert_uint_eq(back.library_print, well.library_print);
    ck_assert_uint_eq(back.nproc, UINT64_MAX);
    ck_assert_uint_eq(back.clock_out - back.clock_in, 7);
    ck_assert_uint_eq(back.port, 40000);
    ck_assert_int_eq(back.address_count, 3);
    ck_assert_str_eq(back.addresses[2].text, "fd77::2");
    ck_assert_str_eq(back.addresses[0].interface, "docker0");
    ck_assert_int_eq(back.addresses[1].prefix, 24);
    for (size_t cut = 0; cut < (size_t)n; cut++) {
        ck_assert_int_eq(doctor_block(bytes_front(&b), cut), 0);
        ck_assert_int_eq(doctor_get_facts(bytes_front(&b), cut, &back, &why), -1);
    }
    bytes_free(&b);
}
END_TEST

START_TEST(a_line_end_in_a_text)
{
    struct doctor_facts bad = well, back;
    struct bytes b = {0};
    strcpy(bad.library_wrong, "two\nend\nlines");
    doctor_put_facts(&b, &bad);
    ck_assert_int_eq(doctor_get_facts(bytes_front(&b), bytes_count(&b), &back, NULL), 0);
    ck_assert_str_eq(back.library_wrong, "two?end?lines");
    bytes_free(&b);
}
END_TEST

START_TEST(facts_that_are_none)
{
    static const char *const texts[] = {
        "end",
        "nonsense 1\nend\n",
        "cpus x\nend\n",
        "cpus -1\nend\n",
        "cpus 18446744073709551616\nend\n",
        "cpus 1 2\nend\n",
        "port 65536\nend\n",
        "address 24 10.0.0.1\nend\n",
        "address 129 ::1 eth0\nend\n",
        "address 8 10.0.0 eth0\nend\n",
        "address 8 10.0.0.1 abcdefghijklmnopq\nend\n",
        "ports 123456789012345678901234567890123\nend\n",
        "cpus\nend\n",
        "address 8 10.0.0.1 a\naddress 8 10.0.0.1 a\naddress 8 10.0.0.1 a\naddress 8 10.0.0.1 a\naddress 8 "
        "10.0.0.1 a\n"
        "address 8 10.0.0.1 a\naddress 8 10.0.0.1 a\naddress 8 10.0.0.1 a\naddress 8 10.0.0.1 a\nend\n"};
    struct doctor_facts back;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct words why = {""};
        ck_assert_msg(doctor_get_facts(texts[i], strlen(texts[i]), &back, &why) == -1, "%s", texts[i]);
        ck_assert_str_ne(why.s, "");
    }
    ck_assert_int_eq(doctor_get_facts("cpus 1\0\nend\n", 12, &back, NULL), -1);
    ck_assert_int_eq(doctor_get_facts("end\n", 4, &back, NULL), 0);
}
END_TEST

START_TEST(questions)
{
    struct doctor_question q = {7, 30000, TOKEN, TOKEN}, back;
    struct bytes b = {0};
    doctor_put_question(&b, &q);
    ck_assert_int_eq(doctor_get_question(bytes_front(&b), bytes_count(&b), &back, NULL), 0);
    ck_assert_uint_eq(back.hosts, 7);
    ck_assert_uint_eq(back.limit_ms, 30000);
    ck_assert_str_eq(back.answer, TOKEN);
    bytes_free(&b);
    static const char *const texts[] = {"end\n",
                                        "hosts 1\nask " TOKEN "\nend\n",
                                        "hosts 1025\nask " TOKEN "\nanswer " TOKEN "\nend\n",
                                        "ask " TOKEN "0\nanswer " TOKEN "\nend\n",
                                        "ask " TOKEN "\nanswer 0123456789abcdef0123456789abcdeX\nend\n",
                                        "peer 1 1\nend\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        ck_assert_msg(doctor_get_question(texts[i], strlen(texts[i]), &back, NULL) == -1, "%s", texts[i]);
}
END_TEST

START_TEST(rounds)
{
    struct doctor_peer peers[] = {{3, 4000, TOKEN, TOKEN, 2, {"10.0.0.3", "fd00::3"}},
                                  {9, 1, TOKEN, TOKEN, 0, {""}}};
    struct doctor_round round = {2000, 2, peers}, back;
    struct bytes b = {0};
    doctor_put_round(&b, &round);
    ck_assert_int_eq(doctor_get_round(bytes_front(&b), bytes_count(&b), &back, NULL), 0);
    ck_assert_uint_eq(back.limit_ms, 2000);
    ck_assert_int_eq(back.count, 2);
    ck_assert_uint_eq(back.list[0].host, 3);
    ck_assert_uint_eq(back.list[0].port, 4000);
    ck_assert_str_eq(back.list[0].addresses[1], "fd00::3");
    ck_assert_int_eq(back.list[1].address_count, 0);
    ck_assert_str_eq(back.list[1].answer, TOKEN);
    free(back.list);
    bytes_free(&b);
    static const char *const texts[] = {"at 10.0.0.1\nend\n",       "peer 1024 1\nend\n",
                                        "peer 1 65536\nend\n",      "peer 1 1\nend\n",
                                        "peer 1 1\nat host\nend\n", "peer 1 1\nask x\nend\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        ck_assert_msg(doctor_get_round(texts[i], strlen(texts[i]), &back, NULL) == -1, "%s", texts[i]);
        free(back.list);
    }
}
END_TEST

START_TEST(finds_there_and_back)
{
    struct doctor_found list[] = {{5, {REACH_PROVED, REACH_SILENT}}, {6, {REACH_FAILED}}};
    struct doctor_finds finds = {2, list}, back;
    struct bytes b = {0};
    doctor_put_finds(&b, &finds);
    ck_assert_int_eq(doctor_get_finds(bytes_front(&b), bytes_count(&b), &back, NULL), 0);
    ck_assert_int_eq(back.count, 2);
    ck_assert_uint_eq(back.list[0].host, 5);
    ck_assert_int_eq(memcmp(back.list[0].at, list[0].at, DOCTOR_ADDRESSES), 0);
    free(back.list);
    bytes_free(&b);
    static const char *const texts[] = {"reach 1\nend\n", "reach 1 7 0 0 0 0 0 0 0\nend\n",
                                        "reach 1024 0 0 0 0 0 0 0 0\nend\n", "reach 1 0 0 0 0 0 0 0 0 0\nend\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        ck_assert_msg(doctor_get_finds(texts[i], strlen(texts[i]), &back, NULL) == -1, "%s", texts[i]);
        free(back.list);
    }
}
END_TEST

START_TEST(too_much_at_once)
{
    size_t n = DOCTOR_BLOCK + 100;
    char *text = malloc(n);
    memset(text, 'x', n);
    ck_assert_int_eq(doctor_block(text, n), -1);
    ck_assert_int_eq(doctor_block(text, 1000), 0);
    free(text);
}
END_TEST

/* ---- a host ---- */

/* Until a whole block has come; behind what stands before it, when `skip` is found there. */
static void read_block(int fd, struct bytes *b, const char *skip)
{
    char piece[4096];
    for (;;) {
        const char *found =
            skip && bytes_count(b) ? memmem(bytes_front(b), bytes_count(b), skip, strlen(skip)) : NULL;
        if (found) {
            bytes_drop(b, (size_t)(found - bytes_front(b)) + strlen(skip));
            return;
        }
        if (!skip && doctor_block(bytes_front(b), bytes_count(b)) > 0)
            return;
        ssize_t n = read(fd, piece, sizeof piece);
        ck_assert_int_gt(n, 0);
        bytes_append(b, piece, (size_t)n);
    }
}

static int connect_to(uint64_t port)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

/* What is answered to this, until the end. */
static const char *answer_to(uint64_t port, const char *words)
{
    static char text[100];
    int fd = connect_to(port), got = 0;
    ck_assert_int_eq(send(fd, words, strlen(words), MSG_NOSIGNAL), (ssize_t)strlen(words));
    for (ssize_t n; (n = recv(fd, text + got, sizeof text - 1 - (size_t)got, 0)) > 0;)
        got += (int)n;
    close(fd);
    text[got] = 0;
    return text;
}

START_TEST(a_port_that_knows_its_own)
{
    static const char answer[] = "fedcba9876543210fedcba9876543210";
    int down[2], up[2], guests[200];
    struct bytes b = {0}, none = {0};
    struct doctor_question q = {2, 60000, TOKEN, ""};
    struct doctor_facts facts;
    struct words why;
    strcpy(q.answer, answer);
    ck_assert_int_eq(pipe(down) || pipe(up), 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(down[1]);
        close(up[0]);
        _exit(doctor_attend(down[0], up[1], &none));
    }
    close(down[0]);
    close(up[1]);
    read_block(up[0], &b, "\nhere\n");
    doctor_put_question(&none, &q);
    ck_assert_int_eq(write(down[1], bytes_front(&none), bytes_count(&none)), (ssize_t)bytes_count(&none));
    bytes_free(&none);
    read_block(up[0], &b, NULL);
    ck_assert_msg(doctor_get_facts(bytes_front(&b), (size_t)doctor_block(bytes_front(&b), bytes_count(&b)), &facts,
                                   &why) == 0,
                  "%s", why.s);
    bytes_free(&b);
    ck_assert_uint_gt(facts.port, 0);
    ck_assert_uint_gt(facts.cpus, 0);
    ck_assert_uint_ge(facts.clock_out, facts.clock_in);
    ck_assert_str_eq(facts.memory_wrong, "");
    for (int i = 0; i < 200; i++) /* more than it keeps, and silent */
        guests[i] = connect_to(facts.port);
    ck_assert_str_eq(answer_to(facts.port, TOKEN), answer);
    ck_assert_str_eq(answer_to(facts.port, answer), "");
    ck_assert_str_eq(answer_to(facts.port, "GET / HTTP/1.1\r\nHost: node3 \r\n\r\n"), "");
    ck_assert_str_eq(answer_to(facts.port, "0123456789abcdef0123456789abcdeF"), "");
    ck_assert_str_eq(answer_to(facts.port, TOKEN), answer);
    for (int i = 0; i < 200; i++)
        close(guests[i]);
    /* It tries itself, by an address where it is, and one port where nobody is. */
    struct doctor_peer peers[2] = {{0, facts.port, TOKEN, "", 2, {"127.0.0.1", "127.0.0.2"}},
                                   {1, 1, TOKEN, TOKEN, 1, {"127.0.0.1"}}};
    struct doctor_round round = {20000, 2, peers};
    struct doctor_finds finds;
    strcpy(peers[0].answer, answer);
    doctor_put_round(&none, &round);
    ck_assert_int_eq(write(down[1], bytes_front(&none), bytes_count(&none)), (ssize_t)bytes_count(&none));
    read_block(up[0], &b, NULL);
    ck_assert_int_eq(doctor_get_finds(bytes_front(&b), bytes_count(&b), &finds, NULL), 0);
    ck_assert_int_eq(finds.count, 2);
    ck_assert_int_eq(finds.list[0].at[0], REACH_PROVED);
    ck_assert_int_eq(finds.list[0].at[1], REACH_PROVED);
    ck_assert_int_eq(finds.list[0].at[2], REACH_UNTRIED);
    ck_assert_int_eq(finds.list[1].at[0], REACH_REFUSED);
    free(finds.list);
    bytes_free(&none);
    bytes_free(&b);
    int status;
    close(down[1]); /* the stream's end is its end */
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    close(up[0]);
}
END_TEST

/* ---- what follows ---- */

enum { HOSTS = 4 };
static struct doctor_patient patients[HOSTS];
static unsigned char reach[HOSTS][HOSTS * DOCTOR_ADDRESSES];
static struct doctor_findings findings;

/* Four hosts that are well: the first is mpirun's own, and docker0 leads nowhere. */
static void all_well(void)
{
    static const char *const names[] = {"node1", "node2", "node3", "node4"};
    for (int i = 0; i < HOSTS; i++) {
        patients[i] = (struct doctor_patient){
            .name = names[i], .is_local = i == 0, .facts = well, .told = 1, .reach = reach[i], .answer_s = 0.21};
        for (int k = 0; k < HOSTS; k++) {
            reach[i][k * DOCTOR_ADDRESSES] = REACH_REFUSED;
            reach[i][k * DOCTOR_ADDRESSES + 1] = reach[i][k * DOCTOR_ADDRESSES + 2] = REACH_PROVED;
        }
    }
}

static void cut(int from, int to, enum doctor_reach how)
{
    reach[from][to * DOCTOR_ADDRESSES + 1] = reach[from][to * DOCTOR_ADDRESSES + 2] = (unsigned char)how;
}

/* The table of the hosts as they are now; how many things are wrong with them has to be this. */
static const char *table(int count, int wrong)
{
    static char *text;
    int found;
    free(text);
    free(findings.list);
    doctor_judge(patients, count, "1.2.3", &findings);
    text = doctor_table(&findings, patients, count, 0, &found);
    ck_assert_msg(found == wrong, "%d instead of %d are wrong:\n%s", found, wrong, text);
    return text;
}

#define has(text, part) ck_assert_msg(strstr(text, part) != NULL, "no '%s' in:\n%s", part, text)

START_TEST(nothing_is_wrong)
{
    all_well();
    const char *t = table(HOSTS, 0);
    has(t, "  reachable    ok    node[2-4]: its name is known");
    has(t, "  ssh login    ok    node[2-4]: without a question, in 0.3 s at most\n");
    has(t, "  Godwit       ok    all: 1.2.3, /opt/godwit/bin/mpirun\n");
    has(t, "  cpus         ok    all: 8\n");
    has(t, "  limits       ok    all: 1048576 open files and any number of processes\n");
    has(t, "  addresses    note  all: docker0 172.17.0.0/16: no other host gets there, so this is not used");
    has(t, "               ok    all: eth0 10.77.0.0/24, eth0 fd77::/64\n");
    has(t, "  connections  ok    all: TCP");
}
END_TEST

START_TEST(one_host_alone)
{
    all_well();
    const char *t = table(1, 0);
    has(t, "  Godwit       ok    1.2.3, /opt/godwit/bin/mpirun\n");
    has(t, "  addresses    ok    docker0 172.17.0.0/16, eth0 10.77.0.0/24, eth0 fd77::/64\n");
    ck_assert_ptr_null(strstr(t, "connections"));
    ck_assert_ptr_null(strstr(t, "clock"));
}
END_TEST

START_TEST(each_kind_of_host)
{
    all_well();
    strcpy(patients[1].facts.library_wrong, "cannot be loaded: x");
    patients[2].skew_s = -3.25;
    patients[3].facts.nofile = 79; /* 8 cpus need 80 */
    const char *t = table(HOSTS, 3);
    has(t, "  library      WRONG node2: /opt/godwit/lib/libmpi_abi.so.1 cannot be loaded: x\n");
    has(t, "  clock        WRONG node3: 3.2 s behind this host's");
    has(t, "  limits       WRONG node4: 79 open files are allowed, and a rank on each cpu takes 80: ");
    all_well();
    strcpy(patients[1].facts.memory_wrong, "cannot be reserved");
    strcpy(patients[2].facts.copy_wrong, "Operation not permitted");
    patients[3].facts.nproc = 10;
    patients[0].facts.cpus = 2;
    patients[2].facts.library_print = 5;
    patients[3].facts.infiniband = 1;
    patients[1].skew_s = 1.5;
    patients[1].doubt_s = 0.6;
    t = table(HOSTS, 2);
    has(t, "  memory       WRONG node2: cannot be reserved\n");
    has(t, "  direct copy  note  node3: between processes is not allowed (Operation not permitted)");
    has(t, "  limits       WRONG node4: 10 processes are allowed");
    has(t, "  cpus         note  node1: 2 of 8 may be used");
    has(t, "  library      note  node3: /opt/godwit/lib/libmpi_abi.so.1 is another build than that of node1");
    has(t, "  clock        ok    node[2-4]");
    all_well();
    patients[3].facts.infiniband = 1;
    patients[2].facts.address_count = 0;
    patients[1].facts.memory_kib = 1000;
    strcpy(patients[0].facts.listen_wrong, "no TCP port can be opened: x");
    patients[0].facts.port = 0;
    t = table(HOSTS, 2);
    has(t, "  limits       note  node4: 8192 KiB of memory may be locked");
    has(t, "  addresses    WRONG node3: there is none but loopback");
    has(t, "  memory       note  node2: only 0 MiB are free");
    has(t, "  connections  WRONG node1: no TCP port can be opened: x\n");
}
END_TEST

START_TEST(hosts_that_cannot_be_visited)
{
    all_well();
    for (int i = 1; i < 3; i++) {
        patients[i].failed = 1 + CHECK_LOGIN;
        snprintf(patients[i].failure, sizeof patients[i].failure, "ssh says 'no' (`ssh %s true`)",
                 patients[i].name);
    }
    patients[3].failed = 1 + CHECK_REACH;
    strcpy(patients[3].failure, "is off");
    const char *t = table(HOSTS, 2);
    has(t, "  reachable    WRONG node4: is off\n               ok    node[2,3]: ");
    has(t, "  ssh login    WRONG node[2,3]: of the first one, ssh says 'no' (`ssh node2 true`)\n");
    strcpy(patients[2].failure, "no answer within 3 s");
    t = table(HOSTS, 3);
    has(t, "  reachable    WRONG node4: is off\n               ok    node2: ");
    patients[1].name = "i";
    strcpy(patients[1].failure, "no answer within 3 s"); /* has an i, which is not the host */
    t = table(HOSTS, 2);
    has(t, "  ssh login    WRONG i, node3: no answer within 3 s\n");
    has(t, "  Godwit       ok    node1: ");
}
END_TEST

START_TEST(connections)
{
    all_well();
    cut(1, 2, REACH_SILENT);
    has(table(HOSTS, 1),
        "  connections  WRONG node3: no TCP connection gets there from node2 (docker0 IPv4: refused, eth0 "
        "IPv4: no answer, eth0 IPv6: no answer): its firewall has to let the ports 32768-60999 in");
    cut(0, 2, REACH_SILENT);
    cut(3, 2, REACH_SILENT);
    const char *t = table(HOSTS, 1);
    has(t, "  connections  WRONG node3: no TCP connection gets there from any other host (");
    has(t, "  addresses    note  node[1,2,4]: docker0");
    all_well();
    cut(2, 1, REACH_STRANGER);
    has(table(HOSTS, 1), "from node3 (docker0 IPv4: refused, eth0 IPv4: something else answers");
    all_well();
    for (int to = 0; to < HOSTS; to++)
        cut(1, to, REACH_NO_WAY);
    has(table(HOSTS, 1),
        "  connections  WRONG node2: reaches no other host (docker0 IPv4: refused, eth0 IPv4: no way there");
    cut(0, 1, REACH_SILENT);
    cut(2, 1, REACH_SILENT);
    cut(3, 1, REACH_SILENT);
    has(table(HOSTS, 1),
        "  connections  WRONG node2: no TCP connection gets there from any other host, nor out (docker0 IPv4: "
        "refused, eth0 IPv4: no answer, eth0 IPv6: no answer): its firewall has to let the ports 32768-60999 in");
    all_well();
    patients[3].told = 0;
    has(table(HOSTS, 1), "  connections  WRONG node4: did not tell in time whom it reaches\n");
}
END_TEST

START_TEST(blame)
{
    ck_assert_int_eq(doctor_blame("ssh says 'connect to host a port 22: Connection refused'"), CHECK_REACH);
    ck_assert_int_eq(doctor_blame("ssh says 'Could not resolve hostname a: x'"), CHECK_REACH);
    ck_assert_int_eq(doctor_blame("ssh says 'connect to host a port 22: No route to host'"), CHECK_REACH);
    ck_assert_int_eq(doctor_blame("ssh says 'a: Permission denied (publickey).'"), CHECK_LOGIN);
    ck_assert_int_eq(doctor_blame("ssh says 'Host key verification failed.'"), CHECK_LOGIN);
    ck_assert_int_eq(doctor_blame("a has Godwit 1 (protocol 1) and b has Godwit 2 (protocol 1)"), CHECK_GODWIT);
    ck_assert_int_eq(doctor_blame("ssh says 'there is neither /x nor an mpirun in PATH'"), CHECK_GODWIT);
    ck_assert_int_eq(doctor_blame("there is no program 'ssh' in PATH here"), CHECK_LOGIN);
}
END_TEST

START_TEST(who_is_tried)
{
    int tried = 0;
    for (int to = 0; to < 1000; to++)
        tried += doctor_is_tried(990, to, 1000);
    ck_assert_int_eq(tried, DOCTOR_PEERS);
    for (int from = 0; from < 5; from++)
        for (int to = 0; to < 5; to++)
            ck_assert_int_eq(doctor_is_tried(from, to, 5), from != to);
}
END_TEST

START_TEST(lines_of_a_width)
{
    all_well();
    strcpy(patients[1].facts.memory_wrong,
           "many words that go on and on, so that they need more than one line of a screen");
    int wrong;
    free(findings.list);
    doctor_judge(patients, HOSTS, "1.2.3", &findings);
    char *text = doctor_table(&findings, patients, HOSTS, 60, &wrong);
    has(text, "  memory       WRONG node2: many words that go on and on, so\n"
              "                     that they need more than one line of a\n"
              "                     screen\n");
    for (const char *line = text; *line; line = strchr(line, '\n') + 1)
        ck_assert_uint_le(strcspn(line, "\n"), 60);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("doctor");
    TCase *said = unit_case(suite, "said");
    tcase_add_test(said, facts_there_and_back);
    tcase_add_test(said, a_line_end_in_a_text);
    tcase_add_test(said, facts_that_are_none);
    tcase_add_test(said, questions);
    tcase_add_test(said, rounds);
    tcase_add_test(said, finds_there_and_back);
    tcase_add_test(said, too_much_at_once);
    tcase_add_test(said, a_port_that_knows_its_own);
    TCase *follows = unit_case(suite, "follows");
    tcase_add_test(follows, nothing_is_wrong);
    tcase_add_test(follows, one_host_alone);
    tcase_add_test(follows, each_kind_of_host);
    tcase_add_test(follows, hosts_that_cannot_be_visited);
    tcase_add_test(follows, connections);
    tcase_add_test(follows, blame);
    tcase_add_test(follows, who_is_tried);
    tcase_add_test(follows, lines_of_a_width);
    return unit_run(suite);
}
