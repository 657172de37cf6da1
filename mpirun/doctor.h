/* mpirun --doctor: looks at hosts as a job would find them, and says what is wrong and what mends it. Nothing of a
 * job is started. mpirun's side is doctor.c; what ssh starts on a host is doctor_host.c. What they say to each
 * other (doctor_text.c), what follows from it (doctor_judge.c) and the table for people (doctor_table.c) are pure.
 */
#ifndef MPIRUN_DOCTOR_H
#define MPIRUN_DOCTOR_H

#include "mpirun/bytes.h"
#include "mpirun/job.h"

enum {
    DOCTOR_ADDRESSES = 8,   /* of one host, at most; more are not looked at */
    DOCTOR_TOKEN = 32,      /* letters of what a host is known by in one visit */
    DOCTOR_PEERS = 64,      /* so many other hosts are tried from each */
    DOCTOR_HOSTS = 1024,    /* of one visit */
    DOCTOR_BLOCK = 1 << 20, /* bytes of all that is said at once */
};

/* ---- what is said: lines of words, of which "end" is the last ---- */

struct doctor_address {
    char interface[16];
    char text[46];
    int prefix;
};

/* What a host tells of itself. Texts that end with _wrong are empty where all is well; UINT64_MAX: no limit. */
struct doctor_facts {
    char self[256], library[256], library_wrong[256], memory_wrong[256], copy_wrong[256], listen_wrong[256],
        ports[32];
    uint64_t clock_in, clock_out; /* ns since 1970, when the question came and when this was sent */
    uint64_t library_print;       /* of the library's bytes */
    uint64_t cpus, online, memory_kib, shared_kib, nofile, nproc, memlock, infiniband, port;
    int address_count;
    struct doctor_address addresses[DOCTOR_ADDRESSES];
};

/* The question: for how many hosts, how long it may take, and what this host is known by. */
struct doctor_question {
    uint64_t hosts, limit_ms;
    char ask[DOCTOR_TOKEN + 1], answer[DOCTOR_TOKEN + 1];
};

/* Who is to be tried from a host. It is asked by its one token and answers with the other. */
struct doctor_peer {
    uint64_t host, port;
    char ask[DOCTOR_TOKEN + 1], answer[DOCTOR_TOKEN + 1];
    int address_count;
    char addresses[DOCTOR_ADDRESSES][46];
};

struct doctor_round {
    uint64_t limit_ms;
    int count;
    struct doctor_peer *list; /* the owner's to free */
};

enum doctor_reach {
    REACH_UNTRIED,
    REACH_PROVED,
    REACH_REFUSED,
    REACH_SILENT,
    REACH_NO_WAY,
    REACH_STRANGER,
    REACH_FAILED,
    REACH_COUNT
};

/* What was found at each address of a peer. */
struct doctor_found {
    uint64_t host;
    unsigned char at[DOCTOR_ADDRESSES];
};

struct doctor_finds {
    int count;
    struct doctor_found *list; /* the owner's to free */
};

/* The bytes of the first whole block, "end" and all; 0: it goes on; -1: it is too long. */
long doctor_block(const char *text, size_t n);

void doctor_put_facts(struct bytes *out, const struct doctor_facts *facts);
void doctor_put_question(struct bytes *out, const struct doctor_question *question);
void doctor_put_round(struct bytes *out, const struct doctor_round *round);
void doctor_put_finds(struct bytes *out, const struct doctor_finds *finds);

/* From the n bytes of a block. -1 and words when it is nothing of the kind. */
int doctor_get_facts(const char *text, size_t n, struct doctor_facts *out, struct words *why);
int doctor_get_question(const char *text, size_t n, struct doctor_question *out, struct words *why);
int doctor_get_round(const char *text, size_t n, struct doctor_round *out, struct words *why);
int doctor_get_finds(const char *text, size_t n, struct doctor_finds *out, struct words *why);

/* ---- what follows from it ---- */

enum doctor_check {
    CHECK_REACH,
    CHECK_LOGIN,
    CHECK_GODWIT,
    CHECK_LIBRARY,
    CHECK_CLOCK,
    CHECK_CPUS,
    CHECK_MEMORY,
    CHECK_LIMITS,
    CHECK_COPY,
    CHECK_ADDRESSES,
    CHECK_CONNECTIONS,
    CHECK_COUNT
};

enum doctor_level { DOCTOR_OK, DOCTOR_NOTE, DOCTOR_WRONG };

struct doctor_patient {
    const char *name;
    int is_local;
    int failed; /* 1 + the check where its visit ended, and why: */
    char failure[WORDS_SIZE];
    struct doctor_facts facts;
    double answer_s;        /* from the start of ssh to the greeting */
    double skew_s, doubt_s; /* its clock against ours, and how sure that is */
    int told;               /* its finds are in `reach` */
    unsigned char *reach;   /* by peer and address: enum doctor_reach */
};

struct doctor_finding {
    enum doctor_check check;
    enum doctor_level level;
    int host;
    char words[WORDS_SIZE];
};

struct doctor_findings {
    int count;
    struct doctor_finding *list;
};

/* Which check do these words of a failed start belong to? */
enum doctor_check doctor_blame(const char *words);

/* Is `to` to be tried from `from`, of so many hosts? */
int doctor_is_tried(int from, int to, int count);

void doctor_judge(const struct doctor_patient *patients, int count, const char *version,
                  struct doctor_findings *out);

/* The table: a line for each check and result, with the hosts that have it; lines to `width` columns (0: as long
 * as they come). How many findings are wrong, a group of hosts being one: *wrong. The text is the caller's to
 * free. */
char *doctor_table(const struct doctor_findings *findings, const struct doctor_patient *patients, int count,
                   int width, int *wrong);

/* ---- who does it ---- */

/* Visits the job's hosts and prints the table: 0 when all is well, 1 when something is wrong or cannot be done. */
int doctor_run(struct job *job);

/* On a host: answers what comes from `in`, of which `early` has come already, until that ends. */
int doctor_attend(int in, int out, struct bytes *early);

/* Everything of this host but what it is reached by. */
void doctor_examine(struct doctor_facts *facts, uint64_t hosts);

#endif
