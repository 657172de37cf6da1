/* Control traffic through TCP: proofs, sealed streams, the door where hosts come in, and what strangers get there. */
#define _GNU_SOURCE
#include "mpirun/call.h"
#include "mpirun/door.h"
#include "mpirun/link.h"

#include "tests/unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static unsigned char key[KEY_SIZE] = "the key of this job, 32 bytes..", other_key[KEY_SIZE] = "the key of another job";

/* ---- proofs ---- */

/* Both sides, as far as the proof. */
static void knock_both(struct knock *door, struct knock *caller, const unsigned char *caller_key)
{
    ck_assert_int_eq(knock_open(door), 0);
    *caller = (struct knock){.got = 0};
    ck_assert_int_eq(knock_call(caller, &door->greeting, sizeof door->greeting, 7, caller_key), 2);
}

START_TEST(both_know_the_key)
{
    struct knock door, caller;
    unsigned char keys[4][SECRET_KEY];
    knock_both(&door, &caller, key);
    ck_assert_int_eq(knock_hear(&door, &caller.proof, sizeof caller.proof, key), 1);
    ck_assert_uint_eq(door.proof.node, 7);
    struct knock_answer answer = door.answer;
    ck_assert_int_eq(knock_call(&caller, &answer, sizeof answer, 7, key), 1);
    ck_assert(knock_id(&door) == knock_id(&caller) && knock_id(&door));
    knock_keys(&door, key, keys[0], keys[1]);
    knock_keys(&caller, key, keys[2], keys[3]);
    ck_assert_mem_eq(keys[0], keys[2], 2 * SECRET_KEY);
    ck_assert_mem_ne(keys[0], keys[1], SECRET_KEY);
}
END_TEST

START_TEST(byte_by_byte)
{
    struct knock door, caller = {.got = 0};
    int rc = 0;
    ck_assert_int_eq(knock_open(&door), 0);
    for (size_t i = 0; i < sizeof door.greeting; i++) {
        ck_assert_uint_eq(knock_wants(&caller, 1), sizeof door.greeting - i);
        rc = knock_call(&caller, (char *)&door.greeting + i, 1, 3, key);
        ck_assert_int_eq(rc, i + 1 < sizeof door.greeting ? 0 : 2);
    }
    for (size_t i = 0; i < sizeof caller.proof; i++) {
        ck_assert_uint_eq(knock_wants(&door, 0), sizeof caller.proof - i);
        rc = knock_hear(&door, (char *)&caller.proof + i, 1, key);
        ck_assert_int_eq(rc, i + 1 < sizeof caller.proof ? 0 : 1);
    }
}
END_TEST

START_TEST(another_key)
{
    struct knock door, caller;
    knock_both(&door, &caller, other_key);
    ck_assert_int_eq(knock_hear(&door, &caller.proof, sizeof caller.proof, key), -1);
    for (size_t i = 0; i < SECRET_MAC; i++)
        ck_assert(door.answer.mac[i] == 0); /* nothing was made for a stranger */
    knock_both(&door, &caller, key); /* and who listens may be the stranger */
    ck_assert_int_eq(knock_hear(&door, &caller.proof, sizeof caller.proof, other_key), -1);
    struct knock_answer answer = {{1, 2, 3}};
    ck_assert_int_eq(knock_call(&caller, &answer, sizeof answer, 7, key), -1);
    /* who sends a proof back as if it were an answer */
    knock_both(&door, &caller, key);
    memcpy(answer.mac, caller.proof.mac, sizeof answer.mac);
    ck_assert_int_eq(knock_call(&caller, &answer, sizeof answer, 7, key), -1);
}
END_TEST

START_TEST(replayed)
{
    struct knock door, caller;
    knock_both(&door, &caller, key);
    ck_assert_int_eq(knock_hear(&door, &caller.proof, sizeof caller.proof, key), 1);
    ck_assert_int_eq(knock_open(&door), 0);
    ck_assert_int_eq(knock_hear(&door, &caller.proof, sizeof caller.proof, key), -1);
}
END_TEST

START_TEST(changed)
{
    struct knock door, caller;
    knock_both(&door, &caller, key);
    for (size_t i = 0; i < sizeof caller.proof; i++) {
        struct knock again = {.greeting = door.greeting};
        struct knock_proof proof = caller.proof;
        ((unsigned char *)&proof)[i] ^= 0x10;
        ck_assert_int_eq(knock_hear(&again, &proof, sizeof proof, key), -1);
    }
    struct knock again = {.greeting = door.greeting};
    ck_assert_int_eq(knock_hear(&again, "GET / HTTP/1.1\r\n", 16, key), -1); /* at the first byte */
}
END_TEST

/* ---- sealed streams ---- */

static const struct seal ab = {{1}, {2}, 0, 0}, ba = {{2}, {1}, 0, 0};

START_TEST(sealed_and_opened)
{
    uint64_t state = 42;
    struct seal a = ab, b = ba;
    struct bytes sent = {0}, plain = {0}, sealed = {0}, slow = {0}, got = {0};
    for (int i = 0; i < 30; i++) {
        size_t n = unit_below(&state, i % 5 ? 3000 : 200000) + 1;
        char *bytes = malloc(n);
        for (size_t k = 0; k < n; k++)
            bytes[k] = (char)unit_random(&state);
        bytes_append(&sent, bytes, n);
        bytes_append(&plain, bytes, n);
        free(bytes);
        while (bytes_count(&plain))
            seal_put(&a, &plain, &sealed);
        while (bytes_count(&sealed)) { /* as it may arrive */
            size_t some = unit_below(&state, 70000) + 1;
            some = some < bytes_count(&sealed) ? some : bytes_count(&sealed);
            bytes_append(&slow, bytes_front(&sealed), some);
            bytes_drop(&sealed, some);
            ck_assert_int_eq(seal_get(&b, &slow, &got), 0);
        }
    }
    ck_assert_uint_eq(bytes_count(&got), bytes_count(&sent));
    ck_assert_mem_eq(bytes_front(&got), bytes_front(&sent), bytes_count(&sent));
    bytes_free(&sent);
    bytes_free(&plain);
    bytes_free(&sealed);
    bytes_free(&slow);
    bytes_free(&got);
}
END_TEST

/* How many bytes come out of these records, in this order; negative: and then one was refused. */
static long opened(const struct bytes *records, const int *order, int count)
{
    struct seal b = ba;
    struct bytes in = {0}, out = {0};
    for (int i = 0; i < count; i++)
        bytes_append(&in, bytes_front(&records[order[i]]), bytes_count(&records[order[i]]));
    int rc = seal_get(&b, &in, &out);
    long n = (long)bytes_count(&out);
    bytes_free(&in);
    bytes_free(&out);
    return rc ? -n - 1 : n;
}

START_TEST(not_as_it_was_sealed)
{
    struct seal a = ab;
    struct bytes records[3] = {{0}}, plain = {0};
    for (int i = 0; i < 3; i++) {
        bytes_append(&plain, "twelve bytes", 12);
        seal_put(&a, &plain, &records[i]);
    }
    ck_assert(memmem(bytes_front(&records[0]), bytes_count(&records[0]), "twelve", 6) == NULL);
    ck_assert_int_eq(opened(records, (int[]){0, 1, 2}, 3), 36);
    ck_assert_int_eq(opened(records, (int[]){0, 2}, 2), -13);    /* left out */
    ck_assert_int_eq(opened(records, (int[]){0, 0}, 2), -13);    /* repeated */
    ck_assert_int_eq(opened(records, (int[]){1, 0, 2}, 3), -1); /* in another order */
    for (size_t i = 0; i < bytes_count(&records[1]); i++) {     /* changed; with a longer length more is awaited */
        bytes_front(&records[1])[i] ^= 1;
        ck_assert_int_eq(opened(records, (int[]){0, 1, 2, 2}, 4), i == 1 ? 12 : -13);
        bytes_front(&records[1])[i] ^= 1;
    }
    for (int i = 0; i < 3; i++)
        bytes_free(&records[i]);
    bytes_free(&plain);
    struct seal b = ba;
    struct bytes in = {0}, out = {0};
    uint32_t n = SEAL_MAX + 1;
    bytes_append(&in, &n, sizeof n); /* nothing is awaited that would be too long */
    ck_assert_int_eq(seal_get(&b, &in, &out), -1);
    bytes_free(&in);
    bytes_free(&out);
}
END_TEST

/* ---- the door ---- */

static struct loop loop;
static struct door door;
static struct call caller;
static struct job job;
static struct timer alarm_timer;
static int woken, called_fd;
static uint64_t called_id;
static struct seal called_seal;
static struct words called_words;

static void wake(struct timer *timer)
{
    (void)timer;
    woken = 1;
}

/* The loop runs for a few milliseconds. */
static void turn(void)
{
    woken = 0;
    loop_set(&alarm_timer, 5000000);
    loop_run(&loop, &woken);
}

static void called(struct call *call, int fd, uint64_t id, const struct seal *seal, const char *words)
{
    (void)call;
    called_fd = fd;
    called_id = id;
    if (seal)
        called_seal = *seal;
    words_set(&called_words, "%s", words);
}

static void set_up(void)
{
    struct words why;
    job = (struct job){.key = key};
    strcpy(job.conf.iface.s, "auto");
    called_fd = -2;
    ck_assert_int_eq(loop_open(&loop), 0);
    loop_timer(&loop, &alarm_timer, wake, NULL);
    ck_assert_int_eq(door_open(&door, &loop, &job, &why), 0);
    caller = (struct call){.key = key, .node = 5, .connected = called};
}

static void tear_down(void)
{
    unsigned strangers;
    call_end(&caller);
    door_shut(&door, &strangers);
    loop_close(&loop);
    free(door.guests);
}

/* This host, in any case; and by IPv6, which it may have. */
static struct frame_door here(void)
{
    struct frame_door where = {.port = door.where.port, .count = 2};
    memcpy(where.addresses[0].at, (unsigned char[]){127, 0, 0, 1}, 4);
    where.addresses[1].is_six = 1;
    where.addresses[1].at[15] = 1;
    return where;
}

static int stranger(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(door.where.port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

/* Has the other side hung up? What it said before is left out. */
static int is_over(int fd)
{
    char bytes[256];
    ssize_t n;
    while ((n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
        ;
    return n == 0 || errno != EAGAIN;
}

static void until_strangers(unsigned count)
{
    while (door.strangers < count)
        turn();
    ck_assert_uint_eq(door.strangers, count);
}

static struct link up, down;
static int frames_up, frames_down;

static void frame_came(struct link *link)
{
    struct frame head;
    const char *payload;
    struct words why;
    while (proto_peek(&link->in, &head, &payload, &why) > 0) {
        *(link == &up ? &frames_down : &frames_up) += 1;
        ck_assert_uint_eq(head.type, FRAME_OUTPUT);
        bytes_drop(&link->in, sizeof head + head.length);
    }
}

static void call_here(void)
{
    struct frame_door where = here();
    call_start(&caller, &loop, &where, NULL, 60);
    while (called_fd == -2)
        turn();
}

START_TEST(a_host_comes_in)
{
    static char much[FRAME_MAX];
    struct seal seal;
    call_here();
    ck_assert_msg(called_fd >= 0, "%s", called_words.s);
    ck_assert_int_eq(door_take(&door, 4, called_id, &seal), -1); /* another host */
    ck_assert_int_eq(door_take(&door, 5, called_id + 1, &seal), -1);
    int fd = door_take(&door, 5, called_id, &seal);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(door_take(&door, 5, called_id, &seal), -1); /* once */
    link_open_sealed(&up, &loop, called_fd, &called_seal, frame_came, NULL);
    link_open_sealed(&down, &loop, fd, &seal, frame_came, NULL);
    for (int i = 0; i < 20; i++) {
        link_send(&up, FRAME_OUTPUT, 0, 0, much, sizeof much);
        link_send(&down, FRAME_OUTPUT, 0, 0, much, (size_t)i);
    }
    while (frames_up < 20 || frames_down < 20)
        turn();
    ck_assert(!up.broken && !down.broken);
    ck_assert_uint_eq(link_waiting(&up), 0);
    send(up.watch.fd, "nothing that was sealed at all", 30, 0);
    while (!down.broken)
        turn();
    ck_assert_int_eq(down.error, EBADMSG);
    link_close(&up);
    link_close(&down);
    for (int i = 0; i < 10; i++) /* the other way in, by IPv6, was no stranger's */
        turn();
    call_end(&caller);
    turn();
    ck_assert_uint_eq(door.strangers, 0);
}
END_TEST

START_TEST(scanned)
{
    for (int i = 0; i < 20; i++)
        close(stranger());
    until_strangers(20);
    call_here();
    ck_assert_int_ge(called_fd, 0);
    close(called_fd);
}
END_TEST

START_TEST(garbage)
{
    static const char *const said[] = {"GET / HTTP/1.1\r\n\r\n", "\n", "SSH-2.0-OpenSSH_9.2\r\n", "\377\377\377\377"};
    struct knock k;
    for (int i = 0; i < 4; i++) {
        int fd = stranger();
        ck_assert_int_gt(send(fd, said[i], strlen(said[i]), 0), 0);
        while (!is_over(fd))
            turn();
        close(fd);
    }
    until_strangers(4);
    /* what looks like a proof, with another key */
    int fd = stranger();
    struct knock_greeting greeting;
    turn();
    ck_assert_int_eq(recv(fd, &greeting, sizeof greeting, MSG_WAITALL), sizeof greeting);
    k = (struct knock){.got = 0};
    ck_assert_int_eq(knock_call(&k, &greeting, sizeof greeting, 5, other_key), 2);
    ck_assert_int_gt(send(fd, &k.proof, sizeof k.proof, 0), 0);
    char byte;
    struct pollfd end = {.fd = fd, .events = POLLIN};
    while (poll(&end, 1, 0) == 0)
        turn();
    ck_assert_int_le(recv(fd, &byte, 1, 0), 0); /* without an answer */
    close(fd);
    until_strangers(5);
}
END_TEST

START_TEST(silence)
{
    int fd[3];
    door.patience_ns = 30000000;
    for (int i = 0; i < 3; i++)
        fd[i] = stranger();
    send(fd[1], "", 1, 0); /* the first byte is right */
    until_strangers(3);
    for (int i = 0; i < 3; i++) {
        ck_assert(is_over(fd[i]));
        close(fd[i]);
    }
}
END_TEST

START_TEST(too_many)
{
    enum { MANY = 3 * DOOR_STRANGERS };
    int fd[MANY];
    for (int i = 0; i < MANY; i++) {
        fd[i] = stranger();
        if (i % 50 == 0)
            turn();
    }
    until_strangers(MANY - DOOR_STRANGERS);
    for (int i = 0; i < MANY; i++)
        ck_assert_int_eq(is_over(fd[i]), i < MANY - DOOR_STRANGERS);
    call_here(); /* nobody is kept out */
    ck_assert_int_ge(called_fd, 0);
    close(called_fd);
    for (int i = 0; i < MANY; i++)
        close(fd[i]);
    until_strangers(MANY);
}
END_TEST

START_TEST(shut)
{
    unsigned strangers;
    int fd = stranger();
    for (int i = 0; i < 3; i++)
        close(stranger());
    until_strangers(3);
    door_shut(&door, &strangers);
    ck_assert_uint_eq(strangers, 3); /* who is still here may have become one of ours */
    ck_assert(is_over(fd));
    close(fd);
    struct frame_door where = here();
    call_start(&caller, &loop, &where, "10.0.0.1x", 60);
    while (called_fd == -2)
        turn();
    ck_assert_int_eq(called_fd, -1);
    ck_assert_msg(strstr(called_words.s, "port "), "%s", called_words.s);
}
END_TEST

/* Who listens at the address may be anybody. */
static void call_somebody(const char *says)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int port = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(port, (struct sockaddr *)&at, sizeof at), 0);
    ck_assert_int_eq(listen(port, 5), 0);
    ck_assert_int_eq(getsockname(port, (struct sockaddr *)&at, &size), 0);
    struct frame_door where = here();
    where.port = ntohs(at.sin_port);
    where.count = 1;
    call_start(&caller, &loop, &where, NULL, says ? 60 : 0.03);
    int fd = accept(port, NULL, NULL);
    if (says)
        send(fd, says, strlen(says), 0);
    while (called_fd == -2)
        turn();
    ck_assert_int_eq(called_fd, -1);
    ck_assert(is_over(fd) == (says != NULL)); /* late, but not broken off */
    close(fd);
    close(port);
}

START_TEST(somebody_else_answers)
{
    call_somebody("SSH-2.0-OpenSSH_9.2\r\n");
    ck_assert_msg(strstr(called_words.s, "127.0.0.1 port ") && strstr(called_words.s, "who answers there is not of this job"),
                  "%s", called_words.s);
}
END_TEST

START_TEST(nobody_answers)
{
    call_somebody(NULL);
    ck_assert_msg(strstr(called_words.s, "no answer within ") && strstr(called_words.s, " s from 127.0.0.1 port "), "%s",
                  called_words.s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("door");
    struct words why;
    if (secret_open(&why)) {
        fprintf(stderr, "%s\n", why.s);
        return EXIT_FAILURE;
    }
    TCase *proofs = unit_case(suite, "proofs");
    tcase_add_test(proofs, both_know_the_key);
    tcase_add_test(proofs, byte_by_byte);
    tcase_add_test(proofs, another_key);
    tcase_add_test(proofs, replayed);
    tcase_add_test(proofs, changed);
    TCase *seals = unit_case(suite, "sealed streams");
    tcase_add_test(seals, sealed_and_opened);
    tcase_add_test(seals, not_as_it_was_sealed);
    TCase *strangers = unit_case(suite, "the door");
    tcase_add_checked_fixture(strangers, set_up, tear_down);
    tcase_add_test(strangers, a_host_comes_in);
    tcase_add_test(strangers, scanned);
    tcase_add_test(strangers, garbage);
    tcase_add_test(strangers, silence);
    tcase_add_test(strangers, too_many);
    tcase_add_test(strangers, shut);
    tcase_add_test(strangers, somebody_else_answers);
    tcase_add_test(strangers, nobody_answers);
    return unit_run(suite);
}
