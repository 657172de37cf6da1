/* Probing addresses: of listeners, of nobody, of something else than TCP. */
#include "wire/ofi_probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit.h"

static int listener;
static struct ofi_card card;

/* A port at which somebody listens, or (closed at once) nobody. */
static void add(int listens)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, 4) == 0);
    ck_assert(getsockname(fd, (struct sockaddr *)&a, &size) == 0);
    memcpy(card.addresses + card.count++ * sizeof a, &a, sizeof a);
    if (listens)
        listener = fd;
    else
        close(fd);
}

static void begin(void)
{
    card = (struct ofi_card){.provider = "net", .format = FI_SOCKADDR_IN, .each = sizeof(struct sockaddr_in)};
    listener = -1;
}

static int probe(struct ofi_probe *p)
{
    int found;
    for (int64_t now = 1; (found = ofi_probe_step(p, &card, card.count, now)) == PROBE_GOES_ON; now++)
        usleep(100);
    ofi_probe_end(p);
    close(listener);
    return found;
}

START_TEST(a_listener_answers)
{
    struct ofi_probe p = {0};
    begin();
    add(1);
    ck_assert_int_eq(probe(&p), PROBE_ANSWERED);
    ck_assert_int_eq(ofi_probe_step(&p, &card, 1, 5), PROBE_ANSWERED);
}
END_TEST

START_TEST(nobody_listens)
{
    struct ofi_probe p = {0};
    begin();
    add(0);
    add(0);
    ck_assert_int_eq(probe(&p), PROBE_FAILED);
    ck_assert_int_eq(p.error, ECONNREFUSED);
    ck_assert_int_eq(ofi_probe_step(&p, &card, card.count, 5), PROBE_FAILED);
}
END_TEST

START_TEST(one_of_two_listens)
{
    struct ofi_probe p = {0};
    begin();
    add(0);
    add(1);
    ck_assert_int_eq(probe(&p), PROBE_ANSWERED);
}
END_TEST

START_TEST(other_addresses_are_believed)
{
    struct ofi_probe p = {0};
    begin();
    add(0);
    card.format = FI_ADDR_IB_UD;
    ck_assert_int_eq(probe(&p), PROBE_ANSWERED);
    card.format = FI_SOCKADDR_IN;
    card.each = 200; /* from a stranger: longer than the card */
    p = (struct ofi_probe){.route = 1};
    ck_assert_int_eq(ofi_probe_step(&p, &card, 2, 1), PROBE_ANSWERED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ofi_probe");
    TCase *t = unit_case(suite, "probe");
    tcase_add_test(t, a_listener_answers);
    tcase_add_test(t, nobody_listens);
    tcase_add_test(t, one_of_two_listens);
    tcase_add_test(t, other_addresses_are_believed);
    return unit_run(suite);
}
