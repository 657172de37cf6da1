/* libFuzzer: what comes over ssh's stream, in both directions: a greeting, frames, a job, what a host has, addresses of
 * ranks, what mpirun --doctor and its hosts say; what ssh says; and what comes first through TCP, at both ends, and the
 * sealed records behind it. The first byte decides which. */
#include "mpirun/addrpack.h"
#include "mpirun/doctor.h"
#include "mpirun/exchange.h"
#include "mpirun/hello.h"
#include "mpirun/jobpack.h"
#include "mpirun/knock.h"
#include "mpirun/remote.h"
#include "mpirun/topopack.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void stream(const char *text, size_t size)
{
    struct bytes b = {0};
    struct hello hello;
    struct frame head;
    struct words why;
    const char *payload;
    size_t noise;
    char out[WORDS_SIZE];
    bytes_append(&b, text, size);
    if (hello_find(&b, &hello, &noise, &why) == 1)
        hello_check(&hello, HELLO_AGENT, "front", "node3", &why);
    while (proto_peek(&b, &head, &payload, &why) > 0) {
        if (head.length >= WORDS_SIZE)
            proto_words(out, sizeof out, payload);
        bytes_drop(&b, sizeof head + head.length);
    }
    bytes_free(&b);
}

static void pack(const char *text, size_t size)
{
    struct job job;
    struct words why;
    if (jobpack_get(text, size, &job, &why) == 0) {
        struct bytes again = {0};
        jobpack_put(&again, &job, job.environment); /* what was understood can be told */
        char **command;
        for (uint32_t i = 0; i < (uint32_t)job.node_count && i < 3; i++)
            if (remote_command(&job, i, &command, &why) == 0)
                remote_free(command);
        for (uint32_t i = 0; i < (uint32_t)job.size; i++)
            if (jobpack_node_of(&job, i) >= (uint32_t)job.node_count)
                abort();
        bytes_free(&again);
    }
    jobpack_free(&job);
}

/* All that mpirun --doctor and its hosts may hear, and the table that comes of it. */
static void doctor(const char *text, size_t size)
{
    struct doctor_patient patients[2] = {{.name = "a", .is_local = 1, .told = 1}, {.name = "node3", .told = 1}};
    unsigned char reach[2 * DOCTOR_ADDRESSES] = {0};
    struct doctor_question question;
    struct doctor_round round;
    struct doctor_finds finds;
    struct doctor_findings findings;
    struct words why;
    long n = doctor_block(text, size);
    if (n <= 0)
        return;
    doctor_get_question(text, (size_t)n, &question, &why);
    doctor_get_round(text, (size_t)n, &round, &why);
    free(round.list);
    doctor_get_finds(text, (size_t)n, &finds, &why);
    for (int i = 0; i < finds.count; i++)
        if (finds.list[i].host < 2)
            memcpy(reach + finds.list[i].host * DOCTOR_ADDRESSES, finds.list[i].at, DOCTOR_ADDRESSES);
    free(finds.list);
    if (doctor_get_facts(text, (size_t)n, &patients[1].facts, &why) == 0) {
        int wrong;
        patients[0].facts = patients[1].facts;
        patients[0].reach = reach;
        doctor_judge(patients, 2, "1", &findings);
        free(doctor_table(&findings, patients, 2, 80, &wrong));
        free(findings.list);
    }
}

static void topology(const char *text, size_t size)
{
    struct place_cpu *cpus, *again;
    struct bytes b = {0};
    struct words why;
    int usable, count = topopack_get(text, size, &cpus, &usable, &why);
    if (count < 0)
        return;
    topopack_put(&b, cpus, count, usable); /* what was understood can be told, and is understood again */
    if (topopack_get(bytes_front(&b), bytes_count(&b), &again, &usable, &why) != count ||
        memcmp(cpus, again, (size_t)count * sizeof *cpus) != 0)
        abort();
    free(cpus);
    free(again);
    bytes_free(&b);
}

static void entry(void *owner, uint32_t rank, const void *address, uint32_t size)
{
    struct addrpack *p = owner;
    if (rank >= 1000 || (size > NODE_ADDRESS_MAX && size != NODE_ADDRESS_NONE))
        abort();
    addrpack_add(p, rank, address, size);
}

static void passed(void *owner, const void *payload, size_t n)
{
    struct words why;
    struct addrpack p;
    struct bytes again = {0};
    (void)owner;
    if (n < sizeof(struct frame_addresses) || n > FRAME_MAX)
        abort();
    addrpack_open(&p, &again);
    addrpack_read((const char *)payload + sizeof(struct frame_addresses), n - sizeof(struct frame_addresses), 1000, entry,
                  &p, &why);
    addrpack_close(&p);
    bytes_free(&again);
}

/* Answers one behind the other, each with its length, in two bytes, before it. */
static void addresses(const char *text, size_t size)
{
    struct exchange x;
    struct words why;
    exchange_open(&x, 3, 1);
    while (size >= 2) {
        size_t n = (unsigned char)text[0] | (size_t)(unsigned char)text[1] << 8;
        text += 2;
        size -= 2;
        n = n < size ? n : size;
        if (exchange_came(&x, text, n, passed, NULL, &why))
            break;
        text += n;
        size -= n;
    }
    bytes_free(&x.packs);
}

/* In pieces of as many bytes as each one's first byte says. Nobody who has not the key is let in. */
static void knocks(const char *text, size_t size, int is_caller)
{
    static const unsigned char key[SECRET_KEY] = "nobody has it";
    struct knock k;
    struct words why;
    if (secret_open(&why) || knock_open(&k))
        return;
    while (size > 1) {
        size_t n = (unsigned char)*text, wants = knock_wants(&k, is_caller);
        n = n < size - 1 ? n : size - 1;
        n = n < wants ? n : wants;
        int rc = is_caller ? knock_call(&k, text + 1, n, 3, key) : knock_hear(&k, text + 1, n, key);
        if (rc == 1)
            abort();
        if (rc < 0 || n == 0)
            return;
        text += 1 + n;
        size -= 1 + n;
    }
}

static void records(const char *text, size_t size)
{
    struct seal seal = {{1}, {2}, 0, 0};
    struct bytes in = {0}, out = {0};
    struct words why;
    if (secret_open(&why))
        return;
    bytes_append(&in, text, size);
    seal_get(&seal, &in, &out);
    if (bytes_count(&out))
        abort();
    bytes_free(&in);
    bytes_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct words words;
    if (size == 0)
        return 0;
    char *text = malloc(size); /* memory of exactly the size */
    memcpy(text, data + 1, size - 1);
    if (data[0] == 'd')
        doctor(text, size - 1);
    else if (data[0] == 'j')
        pack(text, size - 1);
    else if (data[0] == 's')
        remote_judge(text, size - 1, 0, "node3", &words);
    else if (data[0] == 't')
        topology(text, size - 1);
    else if (data[0] == 'a')
        addresses(text, size - 1);
    else if (data[0] == 'k' || data[0] == 'c')
        knocks(text, size - 1, data[0] == 'c');
    else if (data[0] == 'r')
        records(text, size - 1);
    else
        stream(text, size - 1);
    free(text);
    return 0;
}
