/* The agent's part in the exchange of addresses (exchange.h): hears ranks that have published theirs or need others',
 * answers for them, and writes what comes from other nodes into the node segment. Of a job on several nodes only. */
#ifndef MPIRUN_BOOK_H
#define MPIRUN_BOOK_H

#include "boot/node.h"
#include "mpirun/link.h"

struct book {
    struct node_head *node; /* NULL: the job has one node */
    struct node_exchange *exchange;
    struct node_address *addresses; /* of all ranks of the world */
    size_t size;                    /* bytes of these */
    struct link *link;
    const uint32_t *ranks; /* of this node */
    char *ended, *told;    /* of each of these: has it, and has its address been sent? */
    struct watch woken;
    struct timer patience; /* after which those that have none keep nobody from having the others' */
    uint32_t next;         /* the first that has neither published nor ended, before the first answer */
    int asked, collecting, answered, writable;
};

/* 0, or -1 and words. */
int book_open(struct book *b, struct loop *loop, struct link *link, struct node_head *node, int node_fd,
              const uint32_t *ranks, struct words *why);

void book_collect(struct book *b);                  /* FRAME_COLLECT */
void book_rank_ended(struct book *b, uint32_t local);
int book_came(struct book *b, const void *payload, size_t n, struct words *why); /* FRAME_BOOK */

/* What rank 0 talks to other nodes through, as soon as that is known here. 1 and words, or 0: not known, or not here. */
int book_network(struct node_head *node, int ended, struct words *words);

#endif
