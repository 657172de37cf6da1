/* Findings as a table for people: see doctor.h. A line for each check and result; hosts with the same result, but
 * for their own name in it, share one. */
#define _GNU_SOURCE
#include "mpirun/doctor.h"

#include "mpirun/grow.h"
#include "mpirun/remote.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const labels[CHECK_COUNT] = {[CHECK_REACH] = "reachable",
                                                [CHECK_LOGIN] = "ssh login",
                                                [CHECK_GODWIT] = "Godwit",
                                                [CHECK_LIBRARY] = "library",
                                                [CHECK_CLOCK] = "clock",
                                                [CHECK_CPUS] = "cpus",
                                                [CHECK_MEMORY] = "memory",
                                                [CHECK_LIMITS] = "limits",
                                                [CHECK_COPY] = "direct copy",
                                                [CHECK_ADDRESSES] = "addresses",
                                                [CHECK_CONNECTIONS] = "connections"};
static const char *const levels[] = {[DOCTOR_OK] = "ok", [DOCTOR_NOTE] = "note", [DOCTOR_WRONG] = "WRONG"};
enum { INDENT = 21 };

/* Does the text begin with this name, as a word? */
static int is_name(const char *text, const char *before, const char *name, size_t n)
{
    return strncmp(text, name, n) == 0 && !isalnum((unsigned char)text[n]) &&
           (text == before || !isalnum((unsigned char)text[-1]));
}

static int names_itself(const char *words, const char *name)
{
    for (const char *p = words; *p; p++)
        if (is_name(p, words, name, strlen(name)))
            return 1;
    return 0;
}

/* The same, when each one's own name is left out? */
static int same_words(const char *a, const char *name_a, const char *b, const char *name_b)
{
    size_t n_a = strlen(name_a), n_b = strlen(name_b);
    const char *first_a = a, *first_b = b;
    while (*a || *b) {
        if (is_name(a, first_a, name_a, n_a) && is_name(b, first_b, name_b, n_b)) {
            a += n_a;
            b += n_b;
        } else if (*a++ != *b++) {
            return 0;
        }
    }
    return 1;
}

static int alike(const struct doctor_finding *a, const struct doctor_finding *b,
                 const struct doctor_patient *patients)
{
    return a->check == b->check && a->level == b->level &&
           same_words(a->words, patients[a->host].name, b->words, patients[b->host].name);
}

/* The text behind `column`, in lines that end before `width`. */
static void put_wrapped(struct bytes *out, const char *text, size_t column, size_t width)
{
    size_t used = column;
    while (*text) {
        size_t word = strcspn(text, " ");
        if (width && used > column && used + 1 + word > width) {
            bytes_append(out, "\n", 1);
            for (size_t i = 0; i < column; i++)
                bytes_append(out, " ", 1);
            used = column;
        } else if (used > column) {
            bytes_append(out, " ", 1);
            used++;
        }
        bytes_append(out, text, word);
        used += word;
        text += word;
        text += strspn(text, " ");
    }
    bytes_append(out, "\n", 1);
}

/* One group: all findings like the first of them. */
static void put_group(struct bytes *out, const struct doctor_findings *f, int first,
                      const struct doctor_patient *patients, int count, int width, int labelled)
{
    const struct doctor_finding *one = &f->list[first];
    const char **names = grow_new((size_t)f->count, sizeof *names);
    char hosts[300], text[WORDS_SIZE + 400], clean[sizeof text], head[64];
    int same = 0;
    for (int i = first; i < f->count; i++)
        if (alike(one, &f->list[i], patients))
            names[same++] = patients[f->list[i].host].name;
    remote_fold(names, same, hosts, sizeof hosts);
    if (same == count)
        snprintf(hosts, sizeof hosts, "all");
    free(names);
    int is_of_one = same > 1 && names_itself(one->words, patients[one->host].name);
    if (count > 1)
        snprintf(text, sizeof text, "%s: %s%s", hosts, is_of_one ? "of the first one, " : "", one->words);
    else
        snprintf(text, sizeof text, "%s", one->words);
    words_clean(clean, sizeof clean, text);
    int n = snprintf(head, sizeof head, "  %-12s %-5s ", labelled ? labels[one->check] : "", levels[one->level]);
    bytes_append(out, head, (size_t)n);
    put_wrapped(out, clean, INDENT, width > INDENT + 20 ? (size_t)width : 0);
}

char *doctor_table(const struct doctor_findings *findings, const struct doctor_patient *patients, int count,
                   int width, int *wrong)
{
    struct bytes out = {0};
    *wrong = 0;
    for (int check = 0; check < CHECK_COUNT; check++) {
        int lines = 0;
        for (int level = DOCTOR_WRONG; level >= DOCTOR_OK; level--) {
            for (int i = 0; i < findings->count; i++) {
                const struct doctor_finding *f = &findings->list[i];
                int is_first = (int)f->check == check && (int)f->level == level;
                for (int k = 0; k < i && is_first; k++)
                    is_first = !alike(f, &findings->list[k], patients);
                if (!is_first)
                    continue;
                put_group(&out, findings, i, patients, count, width, lines++ == 0);
                *wrong += level == DOCTOR_WRONG;
            }
        }
    }
    char *text = grow_text(bytes_front(&out) ? bytes_front(&out) : "", bytes_count(&out));
    bytes_free(&out);
    return text;
}
