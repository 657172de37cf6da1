/* What the launcher asks hosts for: what they have, before ranks are placed by it; and addresses of ranks, which they
 * exchange. See launcher_state.h. */
#define _GNU_SOURCE
#include "mpirun/launcher_state.h"

#include "base/log.h"
#include "mpirun/agent.h"
#include "mpirun/ask.h"
#include "mpirun/jobpack.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CODE_USAGE = 2 };

extern char **environ;

static struct launcher *launcher; /* for become_agent */

/* ---- places that depend on what hosts have ---- */

/* The agent of this host is forked when there are streams to others, which are not its. */
static int become_agent(int stream, const struct job *job)
{
    nodes_forget(&launcher->nodes);
    close(launcher->signals.fd);
    loop_close(&launcher->loop);
    sigprocmask(SIG_SETMASK, &launcher->mask, NULL);
    return agent_run(stream, job);
}

/* Nothing runs, and nothing will. */
static void end_unplaced(struct launcher *l, int code, const char *words)
{
    if (!launcher_decide(l, code))
        return;
    if (words)
        launcher_say(l, "%s", words);
    launcher_end_ranks(l, 0);
}

/* The ranks have places: the job goes to all hosts, which are waiting for it. */
static void start_placed(struct launcher *l)
{
    struct job *job = l->job;
    struct bytes packed = {0};
    struct words why;
    uint32_t here = (uint32_t)job->here;
    launcher = l;
    l->place = NULL;
    input_open(&l->input, &l->loop, job);
    jobpack_put(&packed, job, environ);
    for (size_t at = 0; at < bytes_count(&packed); at += FRAME_MAX) {
        size_t rest = bytes_count(&packed) - at;
        nodes_send(&l->nodes, FRAME_ALL, FRAME_JOB, rest > FRAME_MAX ? JOB_GOES_ON : 0, bytes_front(&packed) + at,
                   rest > FRAME_MAX ? FRAME_MAX : rest);
    }
    bytes_free(&packed);
    if (job->here < 0)
        return;
    if (job->hosts.list[job->nodes[here]].rank_count == 0) {
        job->here = -1;
        exchange_without(&l->exchange);
        launcher_node_done(l, here);
        launcher_node_ready(l);
    } else if (nodes_start_agent(&l->nodes, here, become_agent, &why)) {
        launcher_node_done(l, here);
        if (launcher_decide(l, 1))
            launcher_say(l, "%s", why.s);
        launcher_end_ranks(l, SIGTERM);
    }
}

/* A host has told what it has; when all have, the ranks get their places. */
void launcher_told(struct launcher *l, uint32_t node, const void *answer, size_t size)
{
    struct words why;
    char *shown = NULL;
    int rc = l->place && !l->ended ? ask_answered(l->job, node, answer, size, &why) : 0;
    l->told_count += rc > 0;
    if (rc == 0 || (rc > 0 && l->told_count < ask_count(l->job)))
        return;
    if (rc > 0)
        rc = l->place(l->job, &shown, &why);
    for (char *line = rc ? NULL : strtok(shown, "\n"); line; line = strtok(NULL, "\n"))
        output_line(&l->err, line);
    free(shown);
    if (rc)
        end_unplaced(l, CODE_USAGE, why.s);
    else if (l->job->do_not_launch)
        end_unplaced(l, 0, NULL);
    else
        start_placed(l);
}

/* ---- addresses ---- */

static void send_book(void *owner, const void *payload, size_t n)
{
    struct launcher *l = owner;
    nodes_send(&l->nodes, FRAME_ALL, FRAME_BOOK, 0, payload, n);
}

void launcher_addresses(struct launcher *l, const struct frame *head, const char *payload)
{
    struct words why;
    const char *name = jobpack_node_name(l->job, head->node);
    if (head->type == FRAME_WANT_ADDRESSES) {
        if (!exchange_wanted(&l->exchange))
            return;
        nodes_send(&l->nodes, FRAME_ALL, FRAME_COLLECT, 0, NULL, 0);
        if (log_on(LOG_INFO))
            log_write(LOG_INFO, "the addresses of ranks are exchanged, as a rank on %s needs one", name);
    } else if (exchange_came(&l->exchange, payload, head->length, send_book, l, &why) && launcher_decide(l, 1)) {
        launcher_say(l, "the agent of mpirun on %s %s", name, why.s);
        launcher_end_ranks(l, SIGTERM);
    }
}
