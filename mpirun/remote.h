/* Starting an agent on another host: the command line for ssh, and what its failures mean. Pure. */
#ifndef MPIRUN_REMOTE_H
#define MPIRUN_REMOTE_H

#include "mpirun/job.h"

/* The words of the command that starts the agent of a node: a list that ends with NULL; -1 and words when the
 * launcher that was asked for is not known. */
int remote_command(const struct job *job, uint32_t node, char ***out, struct words *why);
void remote_free(char **command);

enum remote_fate { REMOTE_AGAIN, REMOTE_FINAL };

/* What has been heard of a start that failed: the last line of `said`, which ssh and the host have written to
 * standard error, and ssh's status as wait(2) gives it. Is it worth another try? The words say what happened,
 * without the host, and what may help: "ssh says 'Permission denied (publickey).' (`ssh node3 true` must work
 * without a password)". */
enum remote_fate remote_judge(const char *said, size_t n, int status, const char *host, struct words *words);

/* Is this line how ssh says that a connection has come to its end? It belongs into the sentence about that. */
int remote_is_last_word(const char *line, size_t n);

/* A host that could not be started, and why. */
struct remote_failure {
    uint32_t node;
    const char *host;
    char words[WORDS_SIZE];
};

struct remote_failures {
    struct remote_failure *list; /* in the order of the nodes */
    int count;
};

void remote_add(struct remote_failures *failures, uint32_t node, const char *host, const char *words);

/* Hosts that failed for the same reason share a sentence: the i-th sentence into out; 0 when there are no more. */
int remote_sentence(const struct remote_failures *failures, int i, char *out, size_t size);

/* "node[1-3,7],front": names that differ in a number are folded; at most size bytes, ended by "..." where it is
 * cut. */
void remote_fold(const char *const *names, int count, char *out, size_t size);

#endif
