/* Which points of all series belong to a panel, a curve or a row: see plot_choice.h. */
#include "benchmarks/plot_choice.h"

#include <string.h>

static int chosen(const struct point *p, const struct choice *c)
{
    return strcmp(p->test, c->test) == 0 && (!c->variant || strcmp(p->variant, c->variant) == 0) &&
           (!c->like || strncmp(p->variant, c->like, strlen(c->like)) == 0) &&
           (!c->but || strncmp(p->variant, c->but, strlen(c->but)) != 0) && (!c->ranks || p->ranks == c->ranks) &&
           (c->sized < 0 || c->sized == (p->bytes > 0)) && (!c->bytes || p->bytes == c->bytes);
}

const struct point *choice_next(const struct source *s, const struct choice *c, struct cursor *cursor)
{
    for (; cursor->series < s->count; cursor->series++, cursor->at = 0) {
        const struct series *one = &s->at[cursor->series];
        while ((!c->of || c->of == one) && cursor->at < one->points->count) {
            const struct point *p = &one->points->at[cursor->at++];
            if (chosen(p, c))
                return p;
        }
    }
    return NULL;
}

const struct point *choice_first(const struct source *s, struct choice c)
{
    struct cursor cursor = {0, 0};
    return choice_next(s, &c, &cursor);
}

int choice_has(const struct source *s, const char *test)
{
    return choice_first(s, (struct choice){.test = test, .sized = -1}) != NULL;
}

int choice_several(const struct source *s, struct choice c, int sizes)
{
    struct cursor cursor = {0, 0};
    const struct point *first = choice_next(s, &c, &cursor), *p;
    while ((p = choice_next(s, &c, &cursor)))
        if (sizes ? p->bytes != first->bytes : p->ranks != first->ranks)
            return 1;
    return 0;
}

int choice_several_of_one(const struct source *s, struct choice c, int sizes)
{
    struct cursor cursor = {0, 0};
    const struct point *p;
    while ((p = choice_next(s, &c, &cursor))) {
        struct choice same = c;
        same.variant = p->variant;
        if (choice_several(s, same, sizes))
            return 1;
    }
    return 0;
}

size_t choice_next_value(const struct source *s, struct choice c, size_t after, int sizes)
{
    struct cursor cursor = {0, 0};
    const struct point *p;
    size_t next = 0;
    while ((p = choice_next(s, &c, &cursor))) {
        size_t value = sizes ? p->bytes : (size_t)p->ranks;
        if (value > after && (!next || value < next))
            next = value;
    }
    return next;
}

size_t choice_values(const struct source *s, struct choice c, int sizes)
{
    size_t count = 0;
    for (size_t value = 0; (value = choice_next_value(s, c, value, sizes));)
        count++;
    return count;
}

int choice_is_first(const struct source *s, struct choice c, const struct point *p)
{
    c.variant = p->variant;
    return choice_first(s, c) == p;
}

int choice_variants(const struct source *s, struct choice c)
{
    int variants = 0;
    const struct point *p;
    for (struct cursor at = {0, 0}; (p = choice_next(s, &c, &at));)
        variants += choice_is_first(s, c, p);
    return variants;
}
