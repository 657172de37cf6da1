/* Tests of how the output of ranks is read and cut: pipes in, a link out, one loop for both ends. The clock stands
 * still unless a test moves it, so that what depends on time does not depend on the machine's. */
#define _GNU_SOURCE
#include "mpirun/streams.h"
#include "tests/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { RANKS = 5, PIPE_ROOM = 1 << 20 };

static int64_t now_ns; /* 0: the real time */

/* In place of the C library's, for loop.c. */
int clock_gettime(clockid_t clock, struct timespec *t)
{
    if (!now_ns || clock != CLOCK_MONOTONIC)
        return (int)syscall(SYS_clock_gettime, clock, t);
    *t = (struct timespec){now_ns / 1000000000, now_ns % 1000000000};
    return 0;
}

static struct loop loop;
static struct link agent, launcher; /* the two ends */
static struct streams streams;
static struct stream ranks[RANKS][2];
static int pipes[RANKS][2]; /* the ends that ranks write to, by channel */
static int ended;

/* What has come, as text: "rank channel flags bytes|". */
static struct bytes frames;
static struct bytes arrived[RANKS][2];
static int64_t total;
static int pay; /* give credit back for what comes */
static void (*on_frame)(const struct frame *head, const char *payload);

static void take_frames(struct link *link)
{
    struct frame head;
    const char *payload;
    int found;
    struct words why = {""};
    while ((found = proto_peek(&link->in, &head, &payload, &why)) > 0) {
        char text[64];
        if (head.type != FRAME_OUTPUT || head.rank >= RANKS || !head.length)
            ck_abort_msg("type %u, rank %u, length %u", head.type, head.rank, head.length);
        snprintf(text, sizeof text, "%u%s%s ", head.rank, head.flags & OUTPUT_STDERR ? "e" : "o",
                 head.flags & OUTPUT_LINE_GOES_ON ? "+" : "");
        bytes_append(&frames, text, strlen(text));
        bytes_append(&frames, payload, head.length < 40 ? head.length : 3);
        bytes_append(&frames, "|", 1);
        bytes_append(&arrived[head.rank][head.flags & OUTPUT_STDERR], payload, head.length);
        total += head.length;
        if (on_frame)
            on_frame(&head, payload);
        if (pay)
            streams_credit(&streams, head.length);
        bytes_drop(&link->in, sizeof head + head.length);
    }
    ck_assert_msg(found == 0, "%s", why.s);
}

static void nothing_comes_back(struct link *link)
{
    ck_assert_int_eq(link->broken, 0);
}

static void count_end(struct streams *s)
{
    ck_assert_int_eq(s->open, 0);
    ended++;
}

static void begin(int count)
{
    int pair[2], fd[2];
    now_ns = loop_now();
    ck_assert_int_eq(loop_open(&loop), 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    link_open(&agent, &loop, pair[0], nothing_comes_back, NULL);
    link_open(&launcher, &loop, pair[1], take_frames, NULL);
    ck_assert_int_eq(streams_open(&streams, &loop, &agent, count_end, NULL, NULL), 0);
    for (int rank = 0; rank < count; rank++)
        for (unsigned channel = 0; channel < 2; channel++) {
            ck_assert_int_eq(pipe2(fd, O_CLOEXEC), 0);
            fcntl(fd[1], F_SETPIPE_SZ, PIPE_ROOM);
            ck_assert_int_eq(fcntl(fd[1], F_SETFL, O_NONBLOCK), 0);
            pipes[rank][channel] = fd[1];
            ck_assert_int_eq(streams_add(&streams, &ranks[rank][channel], fd[0], (uint32_t)rank, channel, NULL), 0);
        }
}

/* Rounds of the loop, each of which sees whatever is ready; so many that all settles. */
static int rounds_left, settled;

static void next_round(struct watch *watch, uint32_t events)
{
    (void)watch, (void)events;
    if (--rounds_left <= 0)
        settled = 1;
}

static void run(int rounds)
{
    int always[2];
    ck_assert_int_eq(pipe(always), 0);
    close(always[0]); /* a pipe without a reader is always ready */
    struct watch watch = {.fd = always[1], .ready = next_round};
    ck_assert_int_eq(loop_add(&loop, &watch, EPOLLOUT), 0);
    rounds_left = rounds;
    settled = 0;
    loop_run(&loop, &settled);
    loop_remove(&loop, &watch);
    close(always[1]);
}

static void settle(void)
{
    run(60);
}

static void pass(int ms)
{
    now_ns += (int64_t)ms * 1000000;
    settle();
}

static void put(int rank, int channel, const char *text)
{
    ck_assert_int_eq(write(pipes[rank][channel], text, strlen(text)), (ssize_t)strlen(text));
}

static void put_many(int rank, int channel, char c, size_t n)
{
    static char block[PIPE_ROOM];
    memset(block, c, n);
    ck_assert_int_eq(write(pipes[rank][channel], block, n), (ssize_t)n);
}

static void close_all(int count)
{
    for (int i = 0; i < 2 * count; i++)
        if (pipes[i / 2][i % 2] >= 0)
            close(pipes[i / 2][i % 2]);
}

/* What came since the last time. */
static const char *came(void)
{
    static char text[10000];
    size_t n = bytes_count(&frames);
    ck_assert_uint_lt(n, sizeof text);
    if (n)
        memcpy(text, bytes_front(&frames), n);
    text[n] = 0;
    bytes_drop(&frames, n);
    return text;
}

static void finish(void)
{
    link_close(&agent);
    link_close(&launcher);
    bytes_free(&frames);
    for (int i = 0; i < RANKS; i++)
        for (int c = 0; c < 2; c++)
            bytes_free(&arrived[i][c]);
    free(streams.scratch);
    now_ns = 0; /* check measures how long a test takes */
}

START_TEST(whole_lines)
{
    begin(2);
    put(0, 0, "hello\n");
    settle();
    ck_assert_str_eq(came(), "0o hello\n|");
    put(1, 1, "a\nb\n\n");
    settle();
    ck_assert_str_eq(came(), "1e a\nb\n\n|");
    put(0, 0, "beg");
    settle();
    put(0, 0, "inn");
    settle();
    ck_assert_str_eq(came(), "");
    put(1, 0, "other\n");
    settle();
    ck_assert_str_eq(came(), "1o other\n|");
    put(0, 0, "ing\nnext");
    settle();
    ck_assert_str_eq(came(), "0o beginning\n|");
    put(0, 0, "\n");
    settle();
    ck_assert_str_eq(came(), "0o next\n|");
    pass(10000); /* no time shows half a line */
    put(0, 0, "half");
    pass(10000);
    ck_assert_str_eq(came(), "");
    close_all(2);
    settle();
    ck_assert_str_eq(came(), "0o half|");
    ck_assert_int_eq(ended, 1);
    finish();
}
END_TEST

START_TEST(bytes_of_any_kind)
{
    static const char data[] = "nul\0and\xff\r\0\n";
    begin(2);
    ck_assert_int_eq(write(pipes[0][0], data, sizeof data - 1), sizeof data - 1);
    settle();
    ck_assert_uint_eq(bytes_count(&arrived[0][0]), sizeof data - 1);
    ck_assert_mem_eq(bytes_front(&arrived[0][0]), data, sizeof data - 1);
    close_all(2);
    settle();
    finish();
}
END_TEST

START_TEST(the_end)
{
    begin(2);
    put(0, 0, "partial");
    close(pipes[0][0]); /* the data are read before the end is seen */
    pipes[0][0] = -1;
    settle();
    ck_assert_str_eq(came(), "0o partial|");
    ck_assert_int_eq(ended, 0);
    put(1, 1, "x\ny");
    close_all(2);
    settle();
    ck_assert_str_eq(came(), "1e x\n|1e y|");
    ck_assert_int_eq(ended, 1);
    settle();
    ck_assert_int_eq(ended, 1);
    finish();
}
END_TEST

/* Lengths around STREAM_LINE: up to it a line comes whole, beyond it in pieces, of which none is lost. */
START_TEST(lines_of_the_limit)
{
    static const int around[] = {-2, -1, 0, 1, 2};
    begin(2);
    for (int i = 0; i < 5; i++) {
        size_t n = (size_t)((int)STREAM_LINE + around[i]);
        put_many(0, 0, 'l', n);
        settle();
        put(0, 0, "\n");
        settle();
        ck_assert_uint_eq(bytes_count(&arrived[0][0]), n + 1);
        for (size_t j = 0; j < n; j++)
            if (bytes_front(&arrived[0][0])[j] != 'l')
                ck_abort_msg("byte %zu is wrong", j);
        bytes_drop(&arrived[0][0], n + 1);
        const char *text = came();
        ck_assert_msg(strcmp(text, n <= STREAM_LINE ? "0o lll|" : "0o+ lll|0o \n|") == 0, "%zu bytes: %s", n, text);
    }
    close_all(2);
    settle();
    finish();
}
END_TEST

static void others_speak(const struct frame *head, const char *payload)
{
    (void)payload;
    if (head->rank == 0 && head->flags & OUTPUT_LINE_GOES_ON) {
        put(1, 0, "other\n");
        put(1, 1, "error\n");
        on_frame = NULL;
    }
}

START_TEST(a_long_line_makes_others_wait)
{
    begin(3);
    on_frame = others_speak;
    put_many(0, 0, 'l', 300000);
    settle();
    ck_assert_uint_eq(bytes_count(&arrived[0][0]), 300000);
    ck_assert_uint_eq(bytes_count(&arrived[1][0]), 0);
    ck_assert_mem_eq(bytes_front(&arrived[1][1]), "error\n", 6); /* the other channel goes on */
    came();
    put(2, 0, "third\n");
    pass(249);
    ck_assert_str_eq(came(), "");
    put(0, 0, "more"); /* which begins the silence anew */
    settle();
    ck_assert_str_eq(came(), "0o+ more|");
    pass(249);
    ck_assert_str_eq(came(), "");
    put(0, 0, "end\n");
    settle();
    const char *text = came();
    ck_assert_msg(strncmp(text, "0o end\n|", 8) == 0 && strstr(text, "|1o other\n|") && strstr(text, "|2o third\n|"),
                  "%s", text);
    close_all(3);
    settle();
    ck_assert_int_eq(ended, 1);
    finish();
}
END_TEST

START_TEST(silence_releases_the_others)
{
    begin(2);
    put_many(0, 0, 'l', 200000);
    settle();
    came();
    put(1, 0, "other\n");
    pass(249);
    ck_assert_str_eq(came(), "");
    pass(2);
    ck_assert_str_eq(came(), "1o other\n|");
    /* the rest comes when it is whole, or long again */
    put(0, 0, "rest");
    settle();
    ck_assert_str_eq(came(), "");
    put(1, 0, "two\n");
    settle();
    ck_assert_str_eq(came(), "1o two\n|");
    put(0, 0, "\n");
    settle();
    ck_assert_str_eq(came(), "0o rest\n|");
    ck_assert_uint_eq(bytes_count(&arrived[0][0]), 200005);
    close_all(2);
    settle();
    finish();
}
END_TEST

START_TEST(the_speaker_ends)
{
    begin(2);
    put_many(0, 0, 'l', 200000);
    settle();
    came();
    put(1, 0, "other\n");
    settle();
    ck_assert_str_eq(came(), "");
    close(pipes[0][0]);
    pipes[0][0] = -1;
    settle();
    ck_assert_str_eq(came(), "1o other\n|");
    close_all(2);
    settle();
    ck_assert_int_eq(ended, 1);
    finish();
}
END_TEST

START_TEST(without_credit_nothing_is_read)
{
    begin(2);
    char line[1000];
    memset(line, 'c', sizeof line);
    line[999] = '\n';
    int64_t written = 0, before;
    for (int round = 0; round < 200; round++) { /* far more than the window */
        ssize_t n;
        while ((n = write(pipes[round % 2][0], line, sizeof line)) == (ssize_t)sizeof line && written < 8 * PIPE_ROOM)
            written += n;
        ck_assert(n == (ssize_t)sizeof line || errno == EAGAIN);
        run(5);
    }
    settle();
    ck_assert_int_ge(total, OUTPUT_WINDOW);
    ck_assert_int_le(total, OUTPUT_WINDOW + 2 * STREAM_LINE);
    before = total;
    put(1, 1, "error\n"); /* credit is for both channels */
    pass(1000);
    ck_assert_int_eq(total, before);
    streams_credit(&streams, 10);
    if (streams.credit <= 0)
        streams_credit(&streams, (uint32_t)-streams.credit + 10);
    settle();
    ck_assert_int_gt(total, before);
    ck_assert_int_le(total, before + 3 * STREAM_LINE);
    streams_credit(&streams, 100 << 20);
    close_all(2);
    while (!ended)
        settle();
    ck_assert_int_eq(total, written + 6);
    finish();
}
END_TEST

/* Neither the silence nor the others get through while there is no credit for the speaker. */
START_TEST(a_speaker_without_credit)
{
    begin(2);
    put_many(0, 0, 'l', 1000000);
    settle();
    put_many(0, 0, 'l', 200000);
    settle();
    int64_t before = total;
    ck_assert_int_le(streams.credit, 0);
    put(1, 0, "other\n");
    pass(1000);
    pass(1000);
    ck_assert_int_eq(total, before);
    came();
    put(0, 0, "\n");
    pay = 1;
    streams_credit(&streams, 1 << 20);
    settle();
    const char *text = came(), *other = strstr(text, "1o other\n|"), *end = strrchr(text, '0');
    ck_assert_msg(other && end && other > end, "%s", text);
    ck_assert_uint_eq(bytes_count(&arrived[0][0]), 1200001);
    close_all(2);
    settle();
    finish();
}
END_TEST

START_TEST(one_rank_alone)
{
    begin(1);
    streams.alone = 1;
    put(0, 0, "progress: 1%");
    settle();
    ck_assert_str_eq(came(), "0o+ progress: 1%|");
    put(0, 0, "\r2%");
    settle();
    ck_assert_str_eq(came(), "0o+ \r2%|");
    put(0, 0, "\nnext");
    settle();
    ck_assert_str_eq(came(), "0o \n|0o+ next|");
    put(0, 1, "x\n");
    settle();
    ck_assert_str_eq(came(), "0e x\n|");
    put_many(0, 0, 'l', 300000);
    close_all(1);
    settle();
    ck_assert_uint_eq(bytes_count(&arrived[0][0]), 12 + 3 + 5 + 300000);
    ck_assert_int_eq(ended, 1);
    finish();
}
END_TEST

START_TEST(a_prompt_is_shown_after_a_moment)
{
    begin(2);
    streams.prompt = &ranks[0][0];
    put(0, 0, "name? ");
    put(1, 0, "not a prompt");
    settle();
    pass(29);
    ck_assert_str_eq(came(), "");
    pass(2);
    ck_assert_str_eq(came(), "0o+ name? |");
    pass(1000);
    ck_assert_str_eq(came(), "");
    put(0, 0, "thanks\n");
    settle();
    ck_assert_str_eq(came(), "0o thanks\n|");
    put(0, 0, "quick");
    settle();
    put(0, 0, " line\n");
    pass(1000);
    ck_assert_str_eq(came(), "0o quick line\n|");
    put(0, 0, "last");
    close(pipes[0][0]); /* before the moment is over */
    pipes[0][0] = -1;
    settle();
    pass(1000);
    ck_assert_str_eq(came(), "0o last|");
    close_all(2);
    settle();
    finish();
}
END_TEST

static struct {
    int speaker; /* a rank in the middle of a line, or -1 */
} channels[2] = {{-1}, {-1}};

/* The rule that all else serves: within a channel nobody breaks into another's line. */
static void check_order(const struct frame *head, const char *payload)
{
    int channel = head->flags & OUTPUT_STDERR, *speaker = &channels[channel].speaker;
    if (*speaker >= 0 && *speaker != (int)head->rank)
        ck_abort_msg("rank %u speaks in the middle of rank %d's line", head->rank, *speaker);
    if (head->flags & OUTPUT_LINE_GOES_ON) {
        *speaker = (int)head->rank;
    } else {
        *speaker = -1;
        if (payload[head->length - 1] != '\n')
            ck_abort_msg("rank %u: half a line is called whole", head->rank);
    }
}

START_TEST(random_writes)
{
    enum { EACH = 600000 };
    static char text[2 * RANKS][EACH];
    static uint32_t at[RANKS][2];
    uint64_t seed = (uint64_t)_i + 1;
    int left = 2 * RANKS;
    begin(RANKS);
    for (int i = 0; i < 2 * RANKS; i++) { /* short lines, and for long stretches or in one rank long ones */
        for (uint32_t n = 0; n < EACH; n++) {
            int longer = i < 2 || n % 400000 > 250000;
            text[i][n] = unit_below(&seed, longer ? 90000 : 60) == 0 ? '\n' : (char)('a' + unit_below(&seed, 26));
        }
        text[i][EACH - 1] = '\n'; /* so that check_order holds to the end */
    }
    on_frame = check_order;
    while (left) {
        int rank = (int)unit_below(&seed, RANKS), channel = (int)unit_below(&seed, 2);
        uint32_t *done = &at[rank][channel], n = 1 + unit_below(&seed, unit_below(&seed, 5) ? 300 : 40000);
        if (*done == EACH + 1)
            continue;
        n = n < EACH - *done ? n : EACH - *done;
        ssize_t wrote = write(pipes[rank][channel], text[2 * rank + channel] + *done, n);
        if (wrote > 0)
            *done += (uint32_t)wrote;
        if (*done == EACH) {
            close(pipes[rank][channel]);
            pipes[rank][channel] = -1;
            *done = EACH + 1;
            left--;
        }
        if (unit_below(&seed, 4) == 0)
            run(1 + (int)unit_below(&seed, 3));
        if (unit_below(&seed, 50) == 0) { /* credit comes late and in lumps */
            pay = (int)unit_below(&seed, 2);
            if (streams.credit < OUTPUT_WINDOW)
                streams_credit(&streams, (uint32_t)(OUTPUT_WINDOW - streams.credit));
        }
    }
    pay = 1;
    streams_credit(&streams, 1 << 30);
    while (!ended)
        settle();
    settle();
    for (int i = 0; i < 2 * RANKS; i++) {
        struct bytes *b = &arrived[i / 2][i % 2];
        ck_assert_uint_eq(bytes_count(b), EACH);
        for (uint32_t n = 0; n < EACH; n++)
            if (bytes_front(b)[n] != text[i][n])
                ck_abort_msg("rank %d, channel %d, byte %u", i / 2, i % 2, n);
    }
    finish();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("streams");
    TCase *lines = unit_case(suite, "lines"), *turns = unit_case(suite, "turns"), *all = unit_case(suite, "all");
    tcase_add_test(lines, whole_lines);
    tcase_add_test(lines, bytes_of_any_kind);
    tcase_add_test(lines, the_end);
    tcase_add_test(lines, lines_of_the_limit);
    tcase_add_test(lines, one_rank_alone);
    tcase_add_test(lines, a_prompt_is_shown_after_a_moment);
    tcase_add_test(turns, a_long_line_makes_others_wait);
    tcase_add_test(turns, silence_releases_the_others);
    tcase_add_test(turns, the_speaker_ends);
    tcase_add_test(turns, without_credit_nothing_is_read);
    tcase_add_test(turns, a_speaker_without_credit);
    tcase_add_loop_test(all, random_writes, 0, 3);
    return unit_run(suite);
}
