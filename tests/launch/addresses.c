/* Ranks that exchange made-up addresses, as a network wire will, without MPI; they do what their arguments say, one
 * after the other:
 *
 *   @R, @!R, @   what follows is for rank R, for all others, for everybody
 *   publish      this rank's address
 *   all S        know the addresses of all ranks within S seconds, and check them: "R knows N", or the sentence
 *   of R S       the same of one rank
 *   sleep MS, exit N, raise N, say TEXT */
#define _GNU_SOURCE
#include "boot/address.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SURPRISE = 99 };

static struct node_head *node;
static struct node_rank *me;

static void surprise(const char *what)
{
    fprintf(stderr, "addresses: %s: %s\n", what, strerror(errno));
    exit(SURPRISE);
}

/* As proc.c does it. */
static void join(void)
{
    const char *text = getenv("GODWIT_NODE");
    struct words why;
    struct stat st;
    int fd, agent;
    uint32_t local;
    if (!text || sscanf(text, "%d:%d:%" SCNu32, &fd, &agent, &local) != 3 || fstat(fd, &st))
        surprise("no job");
    node = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (node == MAP_FAILED || node_check(node, (uint64_t)st.st_size, &why))
        surprise("no node segment");
    me = node_rank_at(node, local);
}

/* Neighbours differ in length too. */
static uint32_t make(uint32_t rank, unsigned char *out)
{
    uint32_t size = 16 + rank % 5 * 59;
    for (uint32_t i = 0; i < size; i++)
        out[i] = (unsigned char)(i < 8 ? i : i * rank + rank);
    return size;
}

static int knows(uint32_t rank, double seconds)
{
    unsigned char want[NODE_ADDRESS_MAX];
    struct words why;
    const struct node_address *address = address_of(node, rank, seconds, &why);
    uint32_t size = make(rank, want);
    if (!address) {
        printf("%u: %s\n", me->world_rank, why.s);
        return 0;
    }
    if (address->size != size || memcmp(address->bytes, want, size) != 0) {
        printf("%u: the address of rank %u is not its address\n", me->world_rank, rank);
        return 0;
    }
    return 1;
}

static void know_all(double seconds)
{
    uint32_t known = 0;
    for (uint32_t i = 0; i < node->world_size; i++)
        known += (uint32_t)knows(i, seconds);
    printf("%u knows %u\n", me->world_rank, known);
}

static void doze(long ms)
{
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&left, &left) && errno == EINTR)
        ;
}

static void act(const char *verb, const char *const *values)
{
    unsigned char bytes[NODE_ADDRESS_MAX];
    struct words why;
    if (strcmp(verb, "publish") == 0) {
        if (address_publish(node, me, bytes, make(me->world_rank, bytes), &why))
            surprise(why.s);
    } else if (strcmp(verb, "all") == 0) {
        know_all(atof(values[0]));
    } else if (strcmp(verb, "of") == 0) {
        if (knows((uint32_t)atoi(values[0]), atof(values[1])))
            printf("%u knows %s\n", me->world_rank, values[0]);
    } else if (strcmp(verb, "sleep") == 0) {
        doze(atol(values[0]));
    } else if (strcmp(verb, "say") == 0) {
        puts(values[0]);
    } else if (strcmp(verb, "raise") == 0) {
        raise(atoi(values[0]));
    } else if (strcmp(verb, "exit") == 0) {
        exit(atoi(values[0]));
    }
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *verb;
        int values;
    } verbs[] = {{"publish", 0}, {"all", 1}, {"of", 2}, {"sleep", 1}, {"say", 1}, {"raise", 1}, {"exit", 1}};
    int doing = 1;
    join();
    for (int i = 1; i < argc; i++) {
        const char *verb = argv[i];
        size_t k = 0;
        if (verb[0] == '@') {
            uint32_t rank = (uint32_t)atoi(verb + (verb[1] == '!' ? 2 : 1));
            doing = !verb[1] || (verb[1] == '!') != (rank == me->world_rank);
            continue;
        }
        while (k < sizeof verbs / sizeof verbs[0] && strcmp(verb, verbs[k].verb) != 0)
            k++;
        if (k == sizeof verbs / sizeof verbs[0] || i + verbs[k].values >= argc) {
            fprintf(stderr, "addresses: what is '%s'?\n", verb);
            return SURPRISE;
        }
        if (doing)
            act(verb, (const char *const *)argv + i + 1);
        i += verbs[k].values;
    }
    return 0;
}
