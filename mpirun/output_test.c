/* Tests of mpirun's outputs: who speaks when, tags, and readers that are slow or gone. */
#define _GNU_SOURCE
#include "mpirun/output.h"

#include "base/conf.h"
#include "tests/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static struct loop loop;
static size_t paid;
static int idle_calls, failures;

static void count_written(struct output *o, size_t bytes)
{
    (void)o;
    paid += bytes;
    idle_calls += !bytes;
}

static void count_failure(struct output *o)
{
    ck_assert_int_ne(o->error, 0);
    failures++;
}

static void open_output(struct output *o, int fd, int tag)
{
    output_open(o, &loop, fd, tag);
    o->written = count_written;
    o->failed = count_failure;
}

static void begin(void)
{
    signal(SIGPIPE, SIG_IGN); /* as mpirun does */
    ck_assert_int_eq(loop_open(&loop), 0);
}

static int rounds_left, settled;

static void next_round(struct watch *watch, uint32_t events)
{
    (void)watch, (void)events;
    if (--rounds_left <= 0)
        settled = 1;
}

/* Rounds of the loop, whether anything is ready or not. */
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

static void rank_says(struct output *o, uint32_t rank, const char *text)
{
    output_rank(o, rank, text, strlen(text));
}

/* What a pipe, socket or file holds now. */
static const char *read_now(int fd)
{
    static char text[10000];
    fcntl(fd, F_SETFL, O_NONBLOCK);
    ssize_t n = read(fd, text, sizeof text - 1);
    text[n > 0 ? n : 0] = 0;
    return text;
}

static void pipe_output(struct output *o, int pair[2], int tag)
{
    begin();
    ck_assert_int_eq(pipe(pair), 0);
    open_output(o, pair[1], tag);
}

START_TEST(plain_lines)
{
    struct output o;
    int p[2];
    pipe_output(&o, p, CONF_TAG_NONE);
    rank_says(&o, 0, "a\n");
    rank_says(&o, 1, "b\nc\n");
    output_line(&o, "mpirun: text");
    ck_assert_str_eq(read_now(p[0]), "a\nb\nc\nmpirun: text\n");
    ck_assert_uint_eq(paid, 6);
    ck_assert(output_empty(&o));
    output_rank(&o, 0, "n\0l\n", 4);
    ck_assert_mem_eq(read_now(p[0]), "n\0l\n", 4);
    paid = 0;
    output_rank(&o, 0, NULL, 0);
    ck_assert_str_eq(read_now(p[0]), "");
    ck_assert_uint_eq(paid, 0);
}
END_TEST

START_TEST(half_lines_of_different_ranks)
{
    struct output o;
    int p[2];
    pipe_output(&o, p, CONF_TAG_NONE);
    rank_says(&o, 0, "half");
    rank_says(&o, 0, " and half");
    ck_assert_str_eq(read_now(p[0]), "half and half");
    rank_says(&o, 1, "other");
    ck_assert_str_eq(read_now(p[0]), "\nother");
    output_line(&o, "mpirun: text");
    ck_assert_str_eq(read_now(p[0]), "\nmpirun: text\n");
    rank_says(&o, 1, " goes on\n");
    rank_says(&o, 0, "x\n");
    rank_says(&o, 0, "y");
    output_rank(&o, 1, "", 0); /* nothing is no turn */
    rank_says(&o, 0, "z\n");
    ck_assert_str_eq(read_now(p[0]), " goes on\nx\nyz\n");
}
END_TEST

START_TEST(tags_of_ranks)
{
    struct output o;
    int p[2];
    pipe_output(&o, p, CONF_TAG_RANK);
    rank_says(&o, 3, "a\nb\n\n");
    ck_assert_str_eq(read_now(p[0]), "[3] a\n[3] b\n[3] \n");
    rank_says(&o, 3, "half");
    rank_says(&o, 3, " whole\nnext");
    ck_assert_str_eq(read_now(p[0]), "[3] half whole\n[3] next");
    rank_says(&o, 999999, "x\n");
    ck_assert_str_eq(read_now(p[0]), "\n[999999] x\n");
    rank_says(&o, 3, "rest\n");
    output_line(&o, "mpirun: no tag");
    ck_assert_str_eq(read_now(p[0]), "[3] rest\nmpirun: no tag\n");
    ck_assert_uint_eq(paid, 5 + 4 + 11 + 2 + 5); /* tags cost nobody credit */
}
END_TEST

START_TEST(tags_of_streams)
{
    struct output out, err;
    int p[2], e[2];
    pipe_output(&out, p, CONF_TAG_STREAM);
    rank_says(&out, 3, "a\nb");
    ck_assert_str_eq(read_now(p[0]), "[1,3]<stdout>: a\n[1,3]<stdout>: b");
    ck_assert_int_eq(pipe(e), 0);
    fflush(NULL);
    ck_assert_int_eq(dup2(e[1], STDERR_FILENO), STDERR_FILENO);
    open_output(&err, STDERR_FILENO, CONF_TAG_STREAM);
    rank_says(&err, 3, "a\n");
    ck_assert_str_eq(read_now(e[0]), "[1,3]<stderr>: a\n");
}
END_TEST

/* Standard output and error on one terminal or file share the end of the last line. */
START_TEST(joined)
{
    struct output out, err, apart;
    int p[2], other[2];
    pipe_output(&out, p, CONF_TAG_NONE);
    fflush(NULL);
    ck_assert_int_eq(dup2(p[1], STDERR_FILENO), STDERR_FILENO);
    open_output(&err, STDERR_FILENO, CONF_TAG_NONE);
    output_join(&out, &err);
    rank_says(&out, 0, "out");
    rank_says(&err, 0, "err"); /* another stream of the same rank */
    rank_says(&err, 0, "or\n");
    rank_says(&out, 0, "out");
    output_line(&err, "mpirun: text");
    ck_assert_str_eq(read_now(p[0]), "out\nerror\nout\nmpirun: text\n");
    /* not when they are different files */
    ck_assert_int_eq(pipe(other), 0);
    open_output(&apart, other[1], CONF_TAG_NONE);
    output_join(&out, &apart);
    rank_says(&apart, 0, "out");
    rank_says(&err, 0, "err\n");
    ck_assert_str_eq(read_now(p[0]), "err\n");
    ck_assert_str_eq(read_now(other[0]), "out");
}
END_TEST

/* Sends more than fits, then reads all of it: nothing blocks, is lost, or comes twice. */
static void overflow(struct output *o, int reader, int limited)
{
    enum { PIECES = 3000, SIZE = 1000 };
    char piece[SIZE], *all = malloc(PIECES * SIZE);
    size_t got = 0;
    for (int i = 0; i < PIECES; i++) {
        memset(piece, 'a' + i % 26, SIZE - 1);
        piece[SIZE - 1] = '\n';
        output_rank(o, 0, piece, SIZE);
    }
    ck_assert(!output_empty(o));
    ck_assert_uint_lt(paid, PIECES * SIZE);
    size_t before = paid;
    run(20);
    ck_assert(!output_empty(o));
    if (!limited)
        ck_assert_uint_eq(paid, before);
    idle_calls = 0;
    fcntl(reader, F_SETFL, O_NONBLOCK);
    while (got < PIECES * SIZE) {
        ssize_t n = read(reader, all + got, PIECES * SIZE - got);
        if (n < 0)
            ck_assert_int_eq(errno, EAGAIN);
        got += n > 0 ? (size_t)n : 0;
        run(2);
    }
    run(5);
    ck_assert(output_empty(o));
    ck_assert_uint_eq(paid, PIECES * SIZE);
    ck_assert_int_eq(failures, 0);
    for (size_t i = 0; i < got; i++)
        if (all[i] != (i % SIZE == SIZE - 1 ? '\n' : (char)('a' + i / SIZE % 26)))
            ck_abort_msg("byte %zu is wrong", i);
    ck_assert_int_lt(read(reader, all, 1), 1);
    ck_assert(!o->watch.watched); /* an idle output costs nothing */
    free(all);
    bytes_free(&o->queue);
}

START_TEST(slow_pipe)
{
    struct output o;
    int p[2];
    pipe_output(&o, p, CONF_TAG_NONE);
    ck_assert_int_eq(o.kind, OUTPUT_OWN);
    overflow(&o, p[0], 0);
    ck_assert_int_eq(fcntl(p[1], F_GETFL) & O_NONBLOCK, 0);
}
END_TEST

/* A pipe that cannot be opened a second time. */
START_TEST(slow_pipe_of_others)
{
    struct output o;
    int p[2];
    pipe_output(&o, p, CONF_TAG_NONE);
    close(o.fd);
    o.fd = o.watch.fd = p[1];
    o.kind = OUTPUT_SHARED_PIPE;
    overflow(&o, p[0], 1);
    ck_assert_int_eq(fcntl(p[1], F_GETFL) & O_NONBLOCK, 0);
}
END_TEST

START_TEST(slow_socket)
{
    struct output o;
    int s[2];
    begin();
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
    open_output(&o, s[1], CONF_TAG_NONE);
    ck_assert_int_eq(o.kind, OUTPUT_SOCKET);
    overflow(&o, s[0], 0);
    ck_assert_int_eq(fcntl(s[1], F_GETFL) & O_NONBLOCK, 0);
}
END_TEST

/* What comes after the reader went is dropped, said once, and still paid for: the ranks are not held up. */
static void reader_is_gone(struct output *o, int error)
{
    for (int i = 0; i < 10; i++)
        rank_says(o, 0, "lost\n");
    output_line(o, "lost as well");
    run(5);
    ck_assert_int_eq(o->error, error);
    ck_assert_int_eq(failures, 1);
    ck_assert_uint_eq(paid, 50);
    ck_assert(output_empty(o));
    ck_assert(!o->watch.watched);
}

START_TEST(closed_pipe)
{
    struct output o;
    int p[2];
    pipe_output(&o, p, CONF_TAG_NONE);
    close(p[0]);
    reader_is_gone(&o, EPIPE);
}
END_TEST

START_TEST(pipe_that_was_closed_before)
{
    struct output o;
    int p[2];
    begin();
    ck_assert_int_eq(pipe(p), 0);
    close(p[0]);
    open_output(&o, p[1], CONF_TAG_NONE);
    reader_is_gone(&o, EPIPE);
}
END_TEST

START_TEST(closed_socket)
{
    struct output o;
    int s[2];
    begin();
    signal(SIGPIPE, SIG_DFL); /* would end the test */
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
    open_output(&o, s[1], CONF_TAG_NONE);
    close(s[0]);
    reader_is_gone(&o, EPIPE);
}
END_TEST

START_TEST(full_device)
{
    struct output o;
    begin();
    int fd = open("/dev/full", O_WRONLY);
    ck_assert_int_ge(fd, 0);
    open_output(&o, fd, CONF_TAG_NONE);
    reader_is_gone(&o, ENOSPC);
}
END_TEST

START_TEST(closed_descriptor)
{
    struct output o;
    begin();
    int fd = open("/dev/null", O_WRONLY);
    close(fd);
    open_output(&o, fd, CONF_TAG_NONE);
    ck_assert_int_eq(o.kind, OUTPUT_PLAIN);
    reader_is_gone(&o, EBADF);
}
END_TEST

/* The reader goes while much waits. */
START_TEST(closed_in_the_middle)
{
    static char data[1 << 20];
    struct output o;
    int p[2];
    pipe_output(&o, p, CONF_TAG_NONE);
    memset(data, '\n', sizeof data);
    output_rank(&o, 0, data, sizeof data);
    ck_assert(!output_empty(&o));
    ck_assert_uint_eq(paid, 0);
    close(p[0]);
    run(10);
    ck_assert_int_eq(o.error, EPIPE);
    ck_assert_int_eq(failures, 1);
    ck_assert(output_empty(&o));
    ck_assert_uint_eq(paid, sizeof data);
    bytes_free(&o.queue);
}
END_TEST

START_TEST(discard)
{
    static char data[1 << 20];
    struct output o;
    int p[2];
    pipe_output(&o, p, CONF_TAG_NONE);
    memset(data, '\n', sizeof data);
    output_rank(&o, 0, data, sizeof data);
    ck_assert(!output_empty(&o));
    output_discard(&o);
    ck_assert(output_empty(&o));
    ck_assert(!o.watch.watched);
    ck_assert_uint_eq(paid, sizeof data);
    rank_says(&o, 0, "more");
    output_discard(&o);
    ck_assert_uint_eq(paid, sizeof data + 4);
    ck_assert_int_eq(failures, 0); /* nothing failed */
    ck_assert_int_gt(idle_calls, 0);
    bytes_free(&o.queue);
}
END_TEST

START_TEST(file)
{
    struct output o;
    begin();
    FILE *f = tmpfile();
    ck_assert_ptr_nonnull(f);
    open_output(&o, fileno(f), CONF_TAG_RANK);
    ck_assert_int_eq(o.kind, OUTPUT_PLAIN);
    for (int i = 0; i < 1000; i++)
        rank_says(&o, (uint32_t)i, "line\n");
    ck_assert(output_empty(&o));
    ck_assert_uint_eq(paid, 5000);
    rewind(f);
    for (int i = 0; i < 1000; i++) {
        char line[32], want[32];
        snprintf(want, sizeof want, "[%d] line\n", i);
        ck_assert_ptr_nonnull(fgets(line, sizeof line, f));
        ck_assert_str_eq(line, want);
    }
    ck_assert_ptr_null(fgets((char[8]){0}, 8, f));
    fclose(f);
}
END_TEST

/* The flags of a terminal belong to the shell as well. */
START_TEST(terminal)
{
    struct output o;
    begin();
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    ck_assert_int_ge(master, 0);
    ck_assert(grantpt(master) == 0 && unlockpt(master) == 0);
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    ck_assert_int_ge(slave, 0);
    open_output(&o, slave, CONF_TAG_NONE);
    ck_assert_int_eq(o.kind, OUTPUT_OWN);
    ck_assert_int_eq(fcntl(slave, F_GETFL) & O_NONBLOCK, 0);
    ck_assert_int_ne(fcntl(o.fd, F_GETFL) & O_NONBLOCK, 0);
    rank_says(&o, 0, "x\n");
    char text[8] = "";
    ck_assert_int_eq(read(master, text, sizeof text), 3);
    ck_assert_str_eq(text, "x\r\n");
}
END_TEST

static int has_terminals(void)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master >= 0)
        close(master);
    return master >= 0;
}

int main(void)
{
    Suite *suite = suite_create("output");
    TCase *lines = unit_case(suite, "lines"), *readers = unit_case(suite, "readers"),
          *kinds = unit_case(suite, "kinds");
    tcase_add_test(lines, plain_lines);
    tcase_add_test(lines, half_lines_of_different_ranks);
    tcase_add_test(lines, tags_of_ranks);
    tcase_add_test(lines, tags_of_streams);
    tcase_add_test(lines, joined);
    tcase_add_test(readers, slow_pipe);
    tcase_add_test(readers, slow_pipe_of_others);
    tcase_add_test(readers, slow_socket);
    tcase_add_test(readers, closed_pipe);
    tcase_add_test(readers, pipe_that_was_closed_before);
    tcase_add_test(readers, closed_socket);
    tcase_add_test(readers, full_device);
    tcase_add_test(readers, closed_descriptor);
    tcase_add_test(readers, closed_in_the_middle);
    tcase_add_test(readers, discard);
    tcase_add_test(kinds, file);
    if (has_terminals())
        tcase_add_test(kinds, terminal);
    return unit_run(suite);
}
