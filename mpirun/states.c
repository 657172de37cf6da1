/* Where all ranks stand: see states.h. */
#include "mpirun/states.h"

#include "mpirun/loop.h"
#include "mpirun/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void states_open(struct states *s, uint32_t size)
{
    *s = (struct states){.size = size, .list = calloc(size, sizeof *s->list), .ranks = calloc(size, sizeof *s->ranks)};
}

int states_add(struct states *s, uint32_t rank, const char *payload)
{
    if (!s->list || !s->ranks || s->count >= s->size)
        return 0;
    struct frame_state *state = &s->list[s->count];
    memcpy(state, payload, sizeof *state);
    state->wait.since_ns = loop_now() - state->wait.since_ns; /* by this host's clock */
    s->ranks[s->count++] = rank;
    return s->count == s->size;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

void states_show(const struct states *s, void (*show)(void *owner, const char *line), void *owner)
{
    int64_t now = loop_now();
    uint32_t *ranks = malloc((size_t)s->size * sizeof *ranks);
    char *shown = calloc(s->size, 1);
    for (uint32_t i = 0; ranks && shown && i < s->count; i++) {
        struct words text, other;
        char list[128], line[WORDS_SIZE + 160];
        uint32_t count = 0;
        if (shown[i])
            continue;
        report_state(&s->list[i], now, &text);
        for (uint32_t j = i; j < s->count; j++) {
            report_state(&s->list[j], now, &other);
            if (strcmp(text.s, other.s) == 0) {
                shown[j] = 1;
                ranks[count++] = s->ranks[j];
            }
        }
        qsort(ranks, count, sizeof *ranks, by_number);
        report_ranks(ranks, count, list, sizeof list);
        snprintf(line, sizeof line, "    %s %s: %s", count == 1 ? "rank" : "ranks", list, text.s);
        show(owner, line);
    }
    if (s->count < s->size)
        show(owner, "    the other ranks: no answer from the agent");
    free(ranks);
    free(shown);
}
