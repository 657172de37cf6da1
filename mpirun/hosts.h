/* The hosts of a job: a table that lists on the command line, host files and allocations fill. Pure: nothing here
 * looks anything up. The names of this machine come from the caller. */
#ifndef MPIRUN_HOSTS_H
#define MPIRUN_HOSTS_H

#include "base/words.h"

#include <stddef.h>
#include <stdint.h>

struct place_cpu;

enum { HOSTS_MAX = 65536, HOSTS_MAX_SLOTS = 1 << 20, HOSTS_NAME_MAX = 255 };

struct host {
    char *name; /* as the user wrote it: what a connection goes to */
    char *user; /* NULL: not said */
    int port;   /* 0: not said */
    int slots;  /* ranks that it gets before the next host; 0: as many as it has usable cpus */
    int bare;   /* how often it was named without a number of slots */
    int max_slots; /* it never gets more; 0: not said */
    int is_local;  /* this machine, under whichever name */
    /* What the machine has; of others, not known before an agent runs there. */
    int usable;                   /* cpus that a job may use (mask and quota); 0: not known */
    const struct place_cpu *cpus; /* the table of them; NULL: not read */
    int cpu_count;
    int asked; /* it is a node of the job even without ranks: before they were placed, it was asked what it has */
    /* The job's ranks on it, as placed: local rank i is rank_list[i] of the world. */
    int rank_count;
    uint32_t *rank_list;
};

struct hosts {
    struct host *list;
    int count;
    int local;     /* 1 + the entry of this machine, if it is in the list */
    int *sequence; /* the entries in the order in which they were named, each time: for --map-by seq */
    int sequence_count;
    uint32_t *index; /* of names: 1 + entry, 0 where none is */
    uint32_t index_size;
};

/* What this machine is called: its names and the addresses of its interfaces, as text. */
struct own_names {
    const char *const *list;
    int count;
};

/* A host as one word names it: "[user@]name[:slots]", the name perhaps with ranges in it. */
struct host_word {
    const char *name, *user; /* not ended by NUL */
    size_t name_length, user_length;
    int slots; /* 0: not said */
};

int hosts_is_own(const char *name, const struct own_names *own);

/* May a user be called so? */
int hosts_is_user(const char *text, size_t n);

/* The entry of this name, or -1. */
int hosts_find(const struct hosts *hosts, const char *name, const struct own_names *own);

/* Taken apart and checked; `where` begins the words. */
int hosts_parse_word(const char *text, size_t n, const char *where, struct host_word *out, struct words *why);

/* Adds the hosts that the word names. max_slots and port: 0 where they are not said. */
int hosts_add(struct hosts *hosts, const struct host_word *word, int max_slots, int port,
              const struct own_names *own, const char *where, struct words *why);

/* Adds a list with commas between the words, "a,b:4,node[01-16]". */
int hosts_add_list(struct hosts *hosts, const char *list, const struct own_names *own, const char *where,
                   struct words *why);

/* When all is read: who was named several times without a number has that many slots; with `one`, once counts
 * too. */
void hosts_count_slots(struct hosts *hosts, int one);

void hosts_free(struct hosts *hosts);

#endif
