/* Sentences about ranks: see report.h. */
#define _GNU_SOURCE
#include "mpirun/report.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

static void signal_name(int sig, char *out, size_t size)
{
    const char *abbreviation = sigabbrev_np(sig), *text = sigdescr_np(sig);
    if (abbreviation)
        snprintf(out, size, "signal %d (SIG%s%s%s)", sig, abbreviation, text ? ", " : "", text ? text : "");
    else
        snprintf(out, size, "signal %d", sig);
}

int report_exit(uint32_t rank, const struct frame_exit *e, const char *host, struct words *out)
{
    char who[320], text[WORDS_SIZE - 80], sig[96];
    snprintf(who, sizeof who, "rank %u (pid %d on %.255s)", rank, e->pid, host);
    words_clean(text, sizeof text, e->words);
    if (e->life == NODE_ABORTED || e->life == NODE_FAILED) {
        words_set(out, "%s %s%s", who, e->life == NODE_FAILED ? "failed: " : "", text);
        return e->code & 0xff ? e->code & 0xff : e->code || e->life == NODE_FAILED;
    }
    if (WIFSIGNALED(e->status)) {
        signal_name(WTERMSIG(e->status), sig, sizeof sig);
        words_set(out, "%s was killed by %s%s", who, sig, WCOREDUMP(e->status) ? ", and left a core dump" : "");
        return 128 + WTERMSIG(e->status);
    }
    if (WEXITSTATUS(e->status) == 0 && e->life == NODE_MPI) {
        words_set(out, "%s ended without calling MPI_Finalize", who);
        return 1;
    }
    words_set(out, "%s exited with code %d%s", who, WEXITSTATUS(e->status),
              e->life == NODE_MPI ? " without calling MPI_Finalize" : "");
    return WEXITSTATUS(e->status);
}

static const char *process_state(char letter)
{
    switch (letter) {
    case 'R':
        return "running";
    case 'S':
        return "sleeping";
    case 'D':
        return "waiting for a device";
    case 'T':
        return "stopped by a signal";
    case 't':
        return "stopped by a debugger";
    default:
        return "ending";
    }
}

void report_state(const struct frame_state *s, int64_t now_ns, struct words *out)
{
    char peer[40] = "", tag[40] = "", comm[40], call[sizeof s->wait.call];
    if (!s->pid) {
        words_set(out, s->process == 'N' ? "not started yet" : "ended");
        return;
    }
    if (s->waiting) {
        words_clean(call, sizeof call, s->wait.call);
        if (s->wait.peer >= 0)
            snprintf(peer, sizeof peer, " for rank %d", s->wait.peer);
        else if (s->wait.peer == -1)
            snprintf(peer, sizeof peer, " for any rank");
        if (s->wait.tag >= 0)
            snprintf(tag, sizeof tag, ", tag %d", s->wait.tag);
        if (s->wait.context == 0)
            snprintf(comm, sizeof comm, "MPI_COMM_WORLD");
        else if (s->wait.context == 1)
            snprintf(comm, sizeof comm, "MPI_COMM_SELF");
        else
            snprintf(comm, sizeof comm, "communicator %u", s->wait.context);
        words_set(out, "waiting in %s%s%s%s%s, for %.1f s", call, peer, tag, *peer ? ", " : "", *peer ? comm : "",
                  (double)(now_ns - s->wait.since_ns) / 1e9);
        return;
    }
    switch (s->life) {
    case NODE_STARTED:
        words_set(out, "not yet in MPI_Init, %s", process_state(s->process));
        break;
    case NODE_MPI:
        words_set(out, "outside of MPI calls, %s", process_state(s->process));
        break;
    case NODE_FINALIZED:
        words_set(out, "after MPI_Finalize, %s", process_state(s->process));
        break;
    default:
        words_set(out, "about to end");
    }
}

void report_ranks(const uint32_t *ranks, uint32_t count, char *out, size_t size)
{
    size_t at = 0;
    out[0] = 0;
    for (uint32_t i = 0; i < count;) {
        uint32_t last = i;
        char range[32];
        while (last + 1 < count && ranks[last + 1] == ranks[last] + 1)
            last++;
        if (last > i)
            snprintf(range, sizeof range, "%s%u-%u", i ? "," : "", ranks[i], ranks[last]);
        else
            snprintf(range, sizeof range, "%s%u", i ? "," : "", ranks[i]);
        if (at + strlen(range) + 4 >= size) {
            snprintf(out + at, size - at, "...");
            return;
        }
        strcpy(out + at, range);
        at += strlen(range);
        i = last + 1;
    }
}
